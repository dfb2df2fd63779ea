"""Skip tests that cannot run on this machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def leave_out(reason: str) -> NoReturn:
    """Skip the test with a reason for the summary.

    With LEAVE_NOTHING_OUT=1, as in `.ci/run`, the test fails instead.
    """
    text = f"LEFT OUT: {reason}"
    if os.environ.get("LEAVE_NOTHING_OUT") == "1":
        pytest.fail(text)
    pytest.skip(text)
