"""Generates inputs of any size together with the expected results.

`generate_game` writes the four input files with the same kinds of traps as `generate_sample`, at
the rates of a real game. In `truth/` it writes five files with the expected results: the
disposition of every purchase row, its confirmation, the days on which a campaign's ROAS
collapsed, the payments of the install cohorts, and who came back. So tests can measure precision
and recall at any size.

DuckDB generates the rows with the files of `scale_sql/`, which is much faster than Python and uses
the disk if the memory is too small. Start with `plan.sql`: it lists all cases and their shares.

The same seed and size give the same bytes on every platform and version: random numbers are MD5
hashes of the seed and the row number, all arithmetic is on integers, and every file has a total
order.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from warehouse.terminal import print_line

# With fewer, campaigns have days without revenue, which can hide a collapse.
MIN_PURCHASES = 1_000
# With more, two sales without a receipt could have the same second; plan.sql says why that matters.
MAX_PURCHASES = 1_000_000_000

BEGINS_AT = datetime(2026, 1, 1, tzinfo=UTC)
EXPORTED_AT_HOUR = 9

# A million purchases are 90 days of 20 campaigns. The days, the campaigns and the sales of a
# campaign on a day each grow with the cube root.
DAYS_AT_A_MILLION, FEWEST_DAYS = 90, 14
CAMPAIGNS_AT_A_MILLION, FEWEST_CAMPAIGNS = 20, 3

# The rows of a thousand sales in purchases_raw.csv, with the shares in plan.sql.
ROWS_PER_THOUSAND_SALES = 1_031

# Averages.
SALES_PER_PAYER = 4
PLAYERS_PER_PAYER = 4

# Enough to sort a million rows in memory; larger sorts use the disk.
MEMORY_LIMIT = "1GB"


@dataclass(frozen=True)
class Step:
    """One SQL file, and the views to write as files.

    Attributes:
        script: The name of the file in `scale_sql/`, without `.sql`.
        title: The text for the progress bar.
        outputs: The files to write, relative to the output folder, by the names of their views.
        weight: The share in the time of all steps, in per cent.
    """

    script: str
    title: str
    outputs: dict[str, str]
    weight: int


STEPS = (
    Step("plan", "the plan", {}, 1),
    Step("sales", "sales", {}, 19),
    Step("purchase_rows", "purchases", {"purchases_raw": "purchases_raw.csv"}, 22),
    Step("truth_purchases", "their truth", {"truth_purchases": "truth/purchases.csv"}, 6),
    Step(
        "confirmation_rows",
        "confirmations",
        {"confirmed_purchases": "confirmed_purchases.csv"},
        18,
    ),
    Step("truth_matches", "their truth", {"truth_matches": "truth/matches.csv"}, 9),
    Step("session_rows", "sessions", {"sessions": "sessions.csv"}, 20),
    Step("truth_retention", "their truth", {"truth_retention": "truth/retention.csv"}, 2),
    Step("cost_rows", "costs", {"costs_daily": "costs_daily.csv"}, 1),
    Step("truth_anomalies", "their truth", {"truth_anomalies": "truth/anomalies.csv"}, 1),
    Step("truth_cohorts", "their truth", {"truth_cohorts": "truth/cohorts.csv"}, 1),
)


def generate_game(
    out: Path,
    purchases: int,
    seed: int = 7,
    on_step: Callable[[Step], None] | None = None,
    threads: int | None = None,
) -> dict[str, int]:
    """Write the four input files into the folder `out`, and the expected results into `out/truth`.

    The files replace existing ones when all are complete. Meanwhile `out` needs about twice their
    size on disk. The memory is limited at any size.

    Args:
        out: The folder to write to, created if it is missing.
        purchases: The approximate number of rows in `purchases_raw.csv`, 1,000 to 1,000,000,000.
            There are as many confirmations, and twice as many sessions.
        seed: Any integer.
        on_step: Called after each of `STEPS`.
        threads: The threads of DuckDB, by default one per core. They do not affect the bytes.

    Returns:
        The number of rows below the header of each file, by its path relative to `out`.

    Raises:
        ValueError: `purchases` is out of range.
        OSError: `out` cannot be created, or a file in it cannot be written.
        duckdb.Error: DuckDB has run out of disk space.
    """
    if not MIN_PURCHASES <= purchases <= MAX_PURCHASES:
        raise ValueError(f"purchases is {purchases:,}, not {MIN_PURCHASES:,} to {MAX_PURCHASES:,}")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".generating-", dir=out) as name:
        scratch = Path(name)
        (scratch / "truth").mkdir()
        counts = _write(scratch, _plan(purchases, seed), on_step, threads)
        (out / "truth").mkdir(exist_ok=True)
        for file in counts:
            (scratch / file).replace(out / file)
    return counts


def _plan(purchases: int, seed: int) -> dict[str, int]:
    """Return the variables of the SQL files; `plan.sql` describes them."""
    sales = purchases * 1_000 // ROWS_PER_THOUSAND_SALES
    days = max(FEWEST_DAYS, _cube_root_share(DAYS_AT_A_MILLION, purchases))
    campaigns = max(FEWEST_CAMPAIGNS, _cube_root_share(CAMPAIGNS_AT_A_MILLION, purchases))
    payers = max(1, sales // days // SALES_PER_PAYER)
    begins_at = int(BEGINS_AT.timestamp())
    return {
        "seed": seed,
        "sale_count": sales,
        "day_count": days,
        "d1_no": days - 2,
        "campaign_count": campaigns,
        "payer_pool": payers,
        "player_pool": payers * PLAYERS_PER_PAYER,
        "begins_at": begins_at,
        "exported_at": begins_at + ((days - 1) * 24 + EXPORTED_AT_HOUR) * 3_600,
    }


def _cube_root_share(at_a_million: int, purchases: int) -> int:
    """Scale a number by the cube root of the size, rounded up, without floating point."""
    scaled = 1
    while scaled**3 * 1_000_000 < at_a_million**3 * purchases:
        scaled += 1
    return scaled


def _write(
    folder: Path,
    variables: dict[str, int],
    on_step: Callable[[Step], None] | None,
    threads: int | None,
) -> dict[str, int]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(folder / "spilled"),
        # The joins in the scripts are in the best order. The optimizer could swap them, and then
        # build a hash table of the large side.
        "disabled_optimizers": "join_order,build_side_probe_side",
    }
    if threads is not None:
        config["threads"] = threads
    counts = {}
    with duckdb.connect(config=config) as game:
        for name, value in variables.items():
            game.execute(f"set variable {name} = {value}")
        for step in STEPS:
            game.execute(
                (files("warehouse.sample") / f"scale_sql/{step.script}.sql").read_text("utf-8")
            )
            for view, file in step.outputs.items():
                counts[file] = _copy(game, view, folder / file)
            if on_step is not None:
                on_step(step)
    return counts


def _copy(game: duckdb.DuckDBPyConnection, view: str, path: Path) -> int:
    """Write a view as CSV, in its order; return the number of rows."""
    quoted = str(path).replace("'", "''")
    copied = game.execute(f"copy (from {view}) to '{quoted}' (header, delimiter ',')")
    [[count]] = copied.fetchall()
    return int(count)


def generate_with_progress(out: Path, purchases: int, seed: int, console: Console) -> None:
    """Call `generate_game` with a progress bar on a terminal, and print the files."""
    columns = (
        SpinnerColumn(),
        TextColumn("Making {task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(STEPS[0].title, total=sum(step.weight for step in STEPS))

        def show(done: Step) -> None:
            following = STEPS[STEPS.index(done) + 1 :]
            title = following[0].title if following else done.title
            bar.update(task, advance=done.weight, description=title)

        counts = generate_game(out, purchases, seed, show)
    written = ", ".join(f"{file} ({count:,} rows)" for file, count in counts.items())
    print_line(console, f"Wrote {written} to {out}")
