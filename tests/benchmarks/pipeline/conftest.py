"""Measuring the pipeline takes a minute even for the smallest game."""

from __future__ import annotations

from tests.support.long import IS_LONG

collect_ignore = [] if IS_LONG else ["test_pipeline_bench.py"]
