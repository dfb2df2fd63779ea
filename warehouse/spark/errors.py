"""The error of the commands for Spark."""


class CannotUseSparkError(Exception):
    """Spark cannot be used; the message says why and what to do."""
