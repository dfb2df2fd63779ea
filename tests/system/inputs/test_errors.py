"""What a mapping or a file that does not fit is told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.harness import GOOD, Project
from tests.system.inputs.exports import DATA_LOCKER, GOOGLE_PLAY, PULL_API

# var inputs, and what is wrong with it
WRONG_INPUTS: dict[str, tuple[object, str]] = {
    "input": (
        {"purchase_raw": {}},
        'input "purchase_raw" is unknown; did you mean purchases_raw? Known: confirmed_purchases,'
        " costs_daily, exchange_rates, purchases_raw, sessions",
    ),
    "key": (
        {"sessions": {"colums": {}}},
        'in sessions, key "colums" is unknown; did you mean columns?',
    ),
    "preset": (
        {"purchases_raw": {"preset": "appsflyer_pullapi"}},
        'in purchases_raw, preset "appsflyer_pullapi" is unknown; did you mean appsflyer_pull_api?',
    ),
    "preset of another input": (
        {"sessions": {"preset": "google_play_sales"}},
        "Known: adjust_csv, appsflyer_data_locker, appsflyer_pull_api, gamehouse",
    ),
    "column": (
        {"costs_daily": [{"columns": {"ad_costs_usd": "Cost"}}]},
        'in costs_daily, column "ad_costs_usd" is unknown; did you mean ad_cost_usd?',
    ),
    "form": (
        {"costs_daily": {"columns": {"cost": {"header": "Cost"}}}},
        "in costs_daily, column cost has the keys header, not column, or column and json, or",
    ),
    "number": ({"costs_daily": {"columns": {"cost": 5}}}, "column cost is 5; for a fixed value"),
    "path of a column": (
        {"costs_daily": {"columns": {"cost_version": {"path": "b=[0-9"}}}},
        "has a path that is no regular expression with a group in parentheses",
    ),
    "time zone": (
        {"sessions": {"timezone": "Berlin"}},
        'timezone is "Berlin", not "UTC" or "Europe/Berlin" or another IANA name',
    ),
    "encoding": (
        {"sessions": {"encoding": "ansi"}},
        'encoding is "ansi", not "utf-8" or "utf-16" or "latin-1" or "windows-1252"',
    ),
    "decimal": ({"sessions": {"decimal": "point"}}, 'decimal is "point", not "." or ","'),
    "same signs": (
        {"sessions": {"decimal": ".", "thousands": "."}},
        "decimal and thousands are the same",
    ),
    "delimiter": ({"sessions": {"delimiter": "::"}}, "not one character or tab"),
    "words": ({"sessions": {"null_words": "null"}}, "null_words is no list"),
    "no mapping": ({"sessions": "exports/sessions.csv"}, "is no mapping with keys such as preset"),
    "none": ({"sessions": {"preset": "gamehouse", "path": "x.csv"}, "purchases_raw": []}, ""),
}


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The fault of each var inputs; one run of dbt finds all."""
    project = Project.copy_to(tmp_path_factory.mktemp("vars") / "project")
    project.write_inputs(GOOD)
    cases = json.dumps({case: given for case, (given, _) in WRONG_INPUTS.items()})
    inline = (
        "{%- for case, given in fromjson(" + json.dumps(cases) + ").items() if execute -%}\n"
        "{{ case }}\t{{ inputs_fault(given) }}\n{% endfor -%}"
    )
    run = project.dbt("--quiet", "compile", "--inline", inline)
    assert run.exit_code == 0, run.output
    return dict(line.split("\t") for line in run.output.splitlines() if "\t" in line)


@pytest.mark.parametrize("case", WRONG_INPUTS)
def test_a_wrong_mapping_is_told(faults: dict[str, str], case: str) -> None:
    expected = WRONG_INPUTS[case][1]
    assert expected in faults[case]
    assert bool(expected) == bool(faults[case])


def header(names: list[str], delimiter: str = ",") -> bytes:
    return (delimiter.join(names) + "\n" + delimiter.join("x" for _ in names) + "\n").encode()


# The purchases in seeds/, without a mapping, and the message.
UNDECLARED: dict[str, tuple[bytes, str]] = {
    "Pull API": (
        header(PULL_API[0]),
        "It looks like a file of the preset appsflyer_pull_api. Write in dbt_project.yml:\n"
        "  vars:\n    inputs:\n      purchases_raw: {preset: appsflyer_pull_api}",
    ),
    "Data Locker with semicolons": (
        header(DATA_LOCKER[0], ";"),
        "purchases_raw: {preset: appsflyer_data_locker}",
    ),
}
# The confirmations of the preset google_play_sales, and the message.
UNFIT: dict[str, tuple[bytes, str]] = {
    "column missing": (
        header([name for name in GOOGLE_PLAY[0] if name != "Order Number"]),
        "google.csv has no column Order Number, which gives receipt_id in the preset"
        " google_play_sales. It has: Order Charged Date,",
    ),
    "column twice": (
        header([*GOOGLE_PLAY[0], "order_number", "ORDER NUMBER"]).replace(
            b"Order Number", b"order-no"
        ),
        "google.csv names a column twice: Order Number (case, spaces and underscores do not"
        " matter). Remove or rename one of them",
    ),
    "another export": (
        header(["Transaction ID", "Product ID", "Price", "Currency", "Purchased At"]).replace(
            b"Transaction ID,Product ID,Price", b"transaction_id,product_id,price"
        ),
        "confirmed_purchases: {preset: app_store_transactions}",
    ),
    "not UTF-8": (
        header(GOOGLE_PLAY[0]) + "ü".encode("latin-1"),
        "google.csv is not UTF-8 text: see line 3.",
    ),
    "broken UTF-16": (
        "a,b\n".encode("utf-16") + b"\x00",
        "google.csv is not utf-16 text: ",
    ),
    "empty": (b"", "google.csv is empty."),
    "too few values": (
        header(GOOGLE_PLAY[0]) + b"1,2\n",
        "google.csv has lines that are not valid CSV, so none of it is loaded.",
    ),
    "no rows": (
        (",".join(GOOGLE_PLAY[0]) + "\n").encode("utf-16"),
        "google.csv has a header and no rows, which is nearly always a failed export.",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What dbt says about each file, in two processes."""
    said: dict[str, str] = {}
    google = {"confirmed_purchases": {"preset": "google_play_sales", "path": "google.csv"}}
    for place, cases, inputs in (
        ("seeds/purchases_raw.csv", UNDECLARED, None),
        ("google.csv", UNFIT, google),
    ):
        project = Project.copy_to(tmp_path_factory.mktemp("told") / "project")
        project.write_inputs(GOOD)
        runs = {}
        for case, (content, _) in cases.items():
            (project.root / f"{case}.csv").write_bytes(content)
            runs[case] = [f"{case}.csv", place, json.dumps({"inputs": inputs})]
        run = project.run(sys.executable, "-c", COPYING_SEEDER, json.dumps(runs))
        said |= dict(part.split("\n", 1) for part in run.output.split("CASE ")[1:])
    return said


# Puts the file of each case in its place and runs dbt, in one process.
COPYING_SEEDER = """
import json, shutil, sys
from dbt.cli.main import dbtRunner

sys.path.insert(0, ".")
dbt = dbtRunner()
for case, (file, place, variables) in json.loads(sys.argv[1]).items():
    print(f"CASE {case}", flush=True)
    shutil.copy(file, place)
    dbt.invoke(["--quiet", "--no-use-colors", "seed", "--vars", variables])
"""


@pytest.mark.parametrize("case", [*UNDECLARED, *UNFIT])
def test_a_file_that_does_not_fit_is_told(told: dict[str, str], case: str) -> None:
    _, expected = (UNDECLARED | UNFIT)[case]
    assert expected in told[case]


def test_a_utf16_file_in_seeds_is_told_to_move(project: Project) -> None:
    """Even dbt itself reads all files in seeds/ as UTF-8."""
    project.write_inputs(GOOD)
    Path(project.root, "seeds/sessions.csv").write_text(GOOD["sessions"], encoding="utf-16")
    run = project.run(sys.executable, "-m", "warehouse", "inputs")
    assert run.exit_code == 1
    assert "Or leave it so, outside of seeds/, and name its path in var inputs" in run.output
