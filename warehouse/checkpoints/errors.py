"""Why a check could not run."""

from __future__ import annotations


class CannotCheckError(Exception):
    """The checkpoints cannot run as things stand; the message says why and what to do."""
