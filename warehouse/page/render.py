"""Renders facts, charts, style and script as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import vl_convert
from markupsafe import Markup

from warehouse.html import templates
from warehouse.page import wording
from warehouse.page.charts import by_campaign, charts
from warehouse.page.facts import Facts
from warehouse.page.tiles import tiles


@dataclass(frozen=True)
class Link:
    """A file beside the page.

    Attributes:
        path: The path relative to the page.
        title: A description.
        exists: Whether the file exists.
    """

    path: str
    title: str
    exists: bool


def render(facts: Facts, folder: Path) -> str:
    """Render the page.

    Args:
        facts: The content.
        folder: The folder of the page and of the files that it links to.

    Returns:
        The HTML, which is deterministic.
    """
    environment = templates()
    for name in ("money", "count", "ratio", "name", "day", "moment", "seconds"):
        environment.filters[name] = getattr(wording, name)
    specs = charts(facts)
    return environment.get_template("page.html.j2").render(
        facts=facts,
        tiles=tiles(facts),
        campaign_days=by_campaign(facts.campaign_days),
        wording=wording,
        specs=specs,
        links=_links(facts, folder),
        # Not escaped, because it is a file of a library.
        runtime=Markup(_runtime() if specs else ""),  # noqa: S704  # nosec B704
    )


def _runtime() -> str:
    """Bundle Vega, Vega-Lite and Vega-Embed in the versions for Altair."""
    version = alt.SCHEMA_VERSION.removeprefix("v").rpartition(".")[0]
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version))


def _links(facts: Facts, folder: Path) -> Sequence[Link]:
    others = {
        "checkpoints.html": "every expectation of the checkpoints",
        "dbt_docs.html": "dbt docs: every model and column, and the lineage",
        "manifest.json": "what the reports were made from and with",
    }
    titles = {
        file["file"]: wording.rows(file["row_count"])
        for file in facts.manifest["files"]
        if file["kind"] == "report"
    }
    return [
        Link(path, title, (folder / path).exists()) for path, title in {**others, **titles}.items()
    ]
