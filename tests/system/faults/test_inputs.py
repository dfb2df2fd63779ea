"""Bad input files: what is wrong, where, and what to do; the rows and reports of before stay."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.harness import DBT, GOOD, ROOT, Project
from tests.support.long import IS_LONG
from tests.system.faults.starting import WITHOUT_RIGHTS
from warehouse.inputs import headers

HEADER = b"date,campaign,ad_cost_usd\n"
ROW = b"2026-01-05,A,10\n"
LONG_BYTES = 1_000_000_000 if IS_LONG else 20_000_000
NUL = "contains NUL bytes: see line {}. It is damaged or UTF-16 text. Export it again as UTF-8."
LINE_ENDS = (
    "has different line ends: line {} ends with {}, the lines before it with {}. Save it with"
    " one kind."
)
UNCLOSED = (
    "has an unclosed quote: see line {}. Close the quote, or double it if it belongs to the value."
    " If the file is truncated, export it again."
)
LONG_LINE = (
    "has a line of more than 2,000,000 characters: see line 2. Export it again, with one line per"
    " row."
)
NOT_UTF8 = (
    "is not UTF-8 text: see line {}. Save it as UTF-8. Or leave it so, outside of seeds/, and name"
    " its encoding in var inputs (docs/inputs.md)."
)
UTF16 = (
    "is UTF-16 text. Save it as UTF-8. Or leave it so, outside of seeds/, and name its path in var"
    " inputs (docs/inputs.md)."
)
# Found before dbt starts, by `python -m warehouse inputs`, with which `make build` begins.
FOUND_BEFORE: dict[str, tuple[bytes, str]] = {
    "cut inside a character": (HEADER + ROW + "2026-01-06,é".encode()[:-1], NOT_UTF8.format(3)),
    "Latin-1": (HEADER + ROW + "2026-01-06,é,1\n".encode("latin-1"), NOT_UTF8.format(3)),
    "UTF-16": ((HEADER + ROW).decode().encode("utf-16"), UTF16),
    "UTF-16 without a mark": ((HEADER + ROW).decode().encode("utf-16-le"), NUL.format(1)),
    "gzip": (b"\x1f\x8b\x08\x08" + bytes(range(1, 200)), NOT_UTF8.format(1)),
    "NUL in a value": (HEADER + ROW + b"2026-01-06,A\0B,1\n", NUL.format(3)),
    "block of NULs at the end": (HEADER + ROW + b"\0" * 4096, NUL.format(3)),
    "CRLF, then LF": (HEADER.replace(b"\n", b"\r\n") + ROW, LINE_ENDS.format(2, "LF", "CRLF")),
    "LF, then CRLF far behind": (
        HEADER + ROW * 100_000 + b"2026-01-06,A,1\r\n",
        LINE_ENDS.format(100_002, "CRLF", "LF"),
    ),
    "blank first lines": (
        b"\n\n" + HEADER + ROW,
        "begins with a blank line; its header is line 3. Remove the lines before the header.",
    ),
    "cut inside quotes": (HEADER + ROW + b'2026-01-06,"A', UNCLOSED.format(3)),
    "LF, then CR": (HEADER + ROW[:-1] + b"\r" + ROW, LINE_ENDS.format(2, "CR", "LF")),
}
MUST = " Rename or add what is missing; it must have date,campaign,ad_cost_usd"
SEPARATED = "is separated by {} and not by commas. Export it again with commas; it must have"
# Found by every engine, in seeds and in landing: what follows the name of the file.
BAD_HEADERS: dict[str, tuple[bytes, str]] = {
    "other case": (
        b"Date,Campaign,AD_COST_USD\n" + ROW,
        "has no column date, campaign, ad_cost_usd. It has: Date, Campaign, AD_COST_USD. Did you"
        " mean date by Date, campaign by Campaign, ad_cost_usd by AD_COST_USD?" + MUST,
    ),
    "spaces for underscores": (
        b"date,campaign,Ad Cost USD\n" + ROW,
        "has no column ad_cost_usd. It has: date, campaign, Ad Cost USD. Did you mean ad_cost_usd"
        " by Ad Cost USD?" + MUST,
    ),
    "invisible characters": (
        "date,campaign\u200b,ad_cost_usd\n".encode() + ROW,
        "has no column campaign. It has: date, campaign<U+200B>, ad_cost_usd. Did you mean campaign"
        " by campaign<U+200B>?" + MUST,
    ),
    "a letter of another alphabet": (
        "date,\u0441ampaign,ad_cost_usd\n".encode() + ROW,
        "has no column campaign. It has: date, \u0441<U+0441>ampaign, ad_cost_usd." + MUST,
    ),
    "semicolons": ((HEADER + ROW).replace(b",", b";"), SEPARATED.format(";")),
    "semicolons and quotes": (
        b'"date";"campaign";"ad_cost_usd"\n"2026-01-05";"A";"4,99"\n',
        SEPARATED.format(";"),
    ),
    "tabs": ((HEADER + ROW).replace(b",", b"\t"), SEPARATED.format("tabs")),
    "page of an error": (
        b"<!DOCTYPE html>\n<html>503</html>\n",
        "has no column date, campaign, ad_cost_usd. It has: <!DOCTYPE html>." + MUST,
    ),
    "a column twice": (
        b"date,campaign,ad_cost_usd,date\n2026-01-05,A,10,x\n",
        "names a column twice: date. It has: date, campaign, ad_cost_usd, date. Remove one of them",
    ),
}
# Found by dbt, as it reads the files.
FOUND_BY_DBT: dict[str, tuple[bytes, str]] = {
    "cut inside a line": (
        HEADER + ROW + b"2026-01-06,A",
        "line 3: Expected Number of Columns: 3 Found: 2: 2026-01-06,A",
    ),
    "cut inside quotes": (
        HEADER + ROW + b'2026-01-06,"A',
        UNCLOSED.format(3),
    ),
    "quotes that never close": (
        HEADER + b'2026-01-05,"A,10\n' + ROW * 50_000,
        UNCLOSED.format(2),
    ),
    "quotes that never close in a large file": (
        HEADER + b'2026-01-05,"A,10\n' + ROW * 200_000,
        "has a value of more than 2,000,000 characters or an unclosed quote: see line 2.",
    ),
    "text behind quotes": (
        HEADER + b'2026-01-05,"A"B,10\n',
        "line 2: Value with unterminated quote found.",
    ),
    "several lines": (
        HEADER + ROW + b'2026-01-06,A\n2026-01-06,A,4,99\n2026-01-07,"A"B,1\n',
        "has lines that are not valid CSV, so none of it is loaded. Correct them (a comma inside a"
        " value needs double quotes around the value) and run again:"
        " line 3: Expected Number of Columns: 3 Found: 2: 2026-01-06,A"
        " line 4: Expected Number of Columns: 3 Found: 4: 2026-01-06,A,4,99"
        " line 5: Value with unterminated quote found.",
    ),
    "nothing": (
        b"",
        "is empty. Put the export there, with the header line date,campaign,ad_cost_usd",
    ),
    "byte order mark and nothing else": (b"\xef\xbb\xbf", "is empty. Put the export there"),
    "line ends and nothing else": (b"\n\n\n", "is empty. Put the export there"),
    "CRLF, then LF, seen by dbt": FOUND_BEFORE["CRLF, then LF"],
    "blank first lines, seen by dbt": FOUND_BEFORE["blank first lines"],
    "NUL in a value, seen by dbt": FOUND_BEFORE["NUL in a value"],
    "two byte order marks": (
        b"\xef\xbb\xbf" * 2 + HEADER + ROW,
        "has no column date. It has: <U+FEFF>date, campaign, ad_cost_usd. Did you mean date by"
        " <U+FEFF>date?",
    ),
    **{f"header, {case}": found for case, found in BAD_HEADERS.items()},
}
# Taken as they are meant: the rows that come of them.
TAKEN: dict[str, bytes] = {
    "byte order mark": b"\xef\xbb\xbf" + HEADER + ROW,
    "CRLF": (HEADER + ROW).replace(b"\n", b"\r\n"),
    "CR alone": (HEADER + ROW).replace(b"\n", b"\r"),
    "no line end at the end": HEADER + ROW[:-1],
    "spaces around names": b" date , campaign , ad_cost_usd \n" + ROW,
    "columns in another order": b"ad_cost_usd,date,campaign\n10,2026-01-05,A\n",
    "blank lines": HEADER + b"\n" + ROW + b"\n\n",
    "comma in the name of a further column": (
        b'date,campaign,ad_cost_usd,"spend, local"\n2026-01-05,A,10,"9,20"\n'
    ),
    "further columns that are named alike": (
        b"Date,date,note,Note,campaign,ad_cost_usd,,column_1\n,2026-01-05,x,y,A,10,,z\n"
    ),
    "line break in the name of a further column": (
        b'date,campaign,ad_cost_usd,"spend\nlocal"\n2026-01-05,A,10,9\n'
    ),
}
# Runs dbt once for each case in one process, which parses once: argv[1] is a folder of files to put
# in the place of the costs, in turn.
SEEDER = """
import shutil, sys
from pathlib import Path

import duckdb
from dbt.cli.main import dbtRunner

sys.path.insert(0, ".")
dbt = dbtRunner(manifest=dbtRunner().invoke(["--quiet", "parse"]).result)

def show():
    # Not read-only, because dbt keeps its connection.
    with duckdb.connect("warehouse/gamehouse.duckdb") as warehouse:
        print(warehouse.sql("select date, campaign, ad_cost_usd from raw.costs_daily").fetchall())

for kind in ("taken", "refused"):
    for case in sorted(Path(sys.argv[1], kind).iterdir()):
        shutil.copy(case, "seeds/costs_daily.csv")
        print(f"CASE {case.name}", flush=True)
        run = dbt.invoke(["--quiet", "--no-use-colors", "seed", "--select", "costs_daily"])
        print(f"PASSED {run.success}", flush=True)
        if kind == "taken":
            show()
print("CASE last")
show()
"""


def fault_of(folder: Path) -> str:
    """What `python -m warehouse inputs` would say of the one file that is bad."""
    (fault,) = headers.faults(folder)
    path = folder / "costs_daily.csv"
    assert fault.startswith(f"{path} ")
    return fault.removeprefix(f"{path} ")


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder of good inputs."""
    folder = tmp_path / "seeds"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    for name, header in headers.OPTIONAL_HEADERS.items():
        (folder / name).write_text(f"{header}\n", encoding="utf-8")
    assert headers.faults(folder) == []
    return folder


@pytest.mark.parametrize("case", FOUND_BEFORE)
def test_input_is_refused_before_dbt_starts(seeds: Path, case: str) -> None:
    content, told = FOUND_BEFORE[case]
    (seeds / "costs_daily.csv").write_bytes(content)
    assert fault_of(seeds) == told


@pytest.mark.parametrize("case", TAKEN)
def test_input_is_taken_before_dbt_starts(seeds: Path, case: str) -> None:
    (seeds / "costs_daily.csv").write_bytes(TAKEN[case])
    assert headers.faults(seeds) == []


def test_line_ends_inside_of_values_may_differ(seeds: Path) -> None:
    row = b'2026-01-05,"a ""quoted""\r\nvalue\rwith all",10\n'
    (seeds / "costs_daily.csv").write_bytes(HEADER + row * 3)
    assert headers.faults(seeds) == []


def test_input_is_a_folder_or_a_link_to_nowhere(seeds: Path) -> None:
    costs = seeds / "costs_daily.csv"
    costs.unlink()
    costs.mkdir()
    assert fault_of(seeds) == "is a folder. Replace it with the exported file."
    costs.rmdir()
    costs.symlink_to("/nowhere/costs.csv")
    told = "links to /nowhere/costs.csv, which does not exist. Put the export there."
    assert fault_of(seeds) == told


def test_input_may_not_be_read(seeds: Path) -> None:
    (seeds / "costs_daily.csv").chmod(0)
    command = [sys.executable, "-m", "warehouse", "inputs", "--folder", str(seeds)]
    run = subprocess.run(
        [*WITHOUT_RIGHTS, *command], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stderr == (
        f"{seeds}/costs_daily.csv cannot be read: Permission denied."
        " Give this user read access, and run again.\n"
    )


def test_line_without_an_end_takes_little_memory(seeds: Path) -> None:
    with (seeds / "costs_daily.csv").open("wb") as file:
        file.write(HEADER + b"2026-01-05,")
        for _ in range(LONG_BYTES // 1_000_000):
            file.write(b"A" * 1_000_000)
        file.write(b",10\n")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fault_of(seeds) == LONG_LINE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64_000  # kilobytes


def test_inputs_meet_dbt(good: Project, tmp_path: Path) -> None:
    """All in one process of dbt. What is refused leaves the rows and reports of before."""
    long_line = HEADER + b"2026-01-05," + b"A" * 20_000_000 + b",10\n"
    refused = FOUND_BY_DBT | {"long line": (long_line, LONG_LINE)}
    for kind in ("taken", "refused"):
        (tmp_path / kind).mkdir()
    for case, content in TAKEN.items():
        (tmp_path / "taken" / case).write_bytes(content)
    for case, (content, _) in refused.items():
        (tmp_path / "refused" / case).write_bytes(content)
    before = good.report_bytes()
    run = good.run(sys.executable, "-c", SEEDER, str(tmp_path))
    assert run.exit_code == 0, run.output
    assert "Traceback" not in run.output
    said = {
        name: " ".join(text.split())
        for name, _, text in (part.partition("\n") for part in run.output.split("CASE ")[1:])
    }
    assert sorted(said) == sorted([*refused, *TAKEN, "last"])
    for case, (_, told) in refused.items():
        assert "PASSED False" in said[case], said[case]
        assert "seeds/costs_daily.csv" in said[case]
        assert told in said[case], said[case]
    for case in TAKEN:
        assert "PASSED True" in said[case], said[case]
    for case in [*TAKEN, "last"]:
        assert said[case].endswith("[('2026-01-05', 'A', '10')]"), said[case]
    assert good.report_bytes() == before


if IS_LONG:

    def test_file_is_replaced_while_dbt_reads(good: Project) -> None:
        """The rows are of one of both files, and the next build reads the new one."""
        costs = good.root / "seeds/costs_daily.csv"
        costs.write_bytes(HEADER + ROW * 100_000)
        other = costs.with_name("other.tmp")
        other.write_bytes(HEADER + b"2026-01-06,B,20\n" * 100_000)
        seed = good.start(DBT, "seed", "--select", "costs_daily")
        assert seed.stdout is not None
        assert any("START seed file raw.costs_daily" in line for line in seed.stdout)
        os.replace(other, costs)
        output, _ = seed.communicate()
        assert seed.returncode == 0, output
        assert len(good.query("select distinct campaign from raw.costs_daily")) == 1
        assert good.dbt("seed", "--select", "costs_daily").exit_code == 0
        assert good.query("select distinct campaign from raw.costs_daily") == [("B",)]
