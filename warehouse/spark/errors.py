"""What can go wrong with Spark that somebody has to do something about."""


class CannotUseSparkError(Exception):
    """There is no Spark to work with; the message says why and what to do."""
