"""The error of `events.yml`."""


class TaxonomyError(ValueError):
    """The file cannot be used; the message says why, where, and what to do."""
