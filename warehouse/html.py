"""The pages of the reports: HTML from `templates/`, each a single file that loads nothing."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined


def templates() -> Environment:
    """Make the environment of the templates; it escapes all values."""
    return Environment(
        loader=PackageLoader("warehouse", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
