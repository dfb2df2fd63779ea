"""The error of the checkpoints."""

from __future__ import annotations


class CannotCheckError(Exception):
    """The checkpoints cannot run; the message says why and what to do."""
