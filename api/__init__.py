"""The game API: a small backend that game clients talk to, and where its events begin."""

__version__ = "1.0.0"
