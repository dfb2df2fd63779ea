"""Arbitrary bytes as an input file give the rows of the file, or an error with its location."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from dbt_common.clients.jinja import get_template
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.harness import ROOT
from tests.system.properties.profile import examples
from warehouse.inputs.csv_files import csv_header, csv_row_count
from warehouse.inputs.functions import register_functions
from warehouse.inputs.headers import ALL_HEADERS, faults

FILE = "costs_daily.csv"
COLUMNS = ALL_HEADERS[FILE].split(",")
# The seed as a macro sees it, and its file without a mapping.
NODE = SimpleNamespace(
    name="costs_daily",
    config=SimpleNamespace(meta={}),
    columns={
        name: SimpleNamespace(name=name, config=SimpleNamespace(meta={}))
        for name in [*COLUMNS, "source_row_number"]
    },
)
SOURCE = SimpleNamespace(format="csv", delimiter=",")
MACROS = [ROOT / "macros/engines/sql_string.sql", *(ROOT / "macros/inputs").rglob("*.sql")]

VALUE = st.one_of(
    # Files with NUL bytes are refused as a whole.
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    st.text("a,\"'\r\n \t;|\\\ufeff\x1f\u2028é", max_size=8),
    st.sampled_from(["", "null", "NULL", '""', "\\N", "#", "2026-01-05", "4,99", "x" * 300]),
)
ROWS = st.lists(
    st.lists(VALUE, min_size=len(COLUMNS), max_size=len(COLUMNS)), min_size=1, max_size=12
)


class ReturnedError(Exception):
    """Returns a non-text value from a dbt macro."""


class RefusedError(Exception):
    """Stops a build with a dbt macro's message."""


class Seeds:
    """The macros that load an input, on a separate connection."""

    def __init__(self, folder: Path, options: str = "") -> None:
        """Read the macros.

        Args:
            folder: Folder of the inputs.
            options: Additional DuckDB reader options, each with a trailing comma.
        """
        self.folder = folder
        self._options = options
        for name, header in ALL_HEADERS.items():
            (folder / name).write_text(f"{header}\n", encoding="utf-8")
        self._database = duckdb.connect(config={"threads": 1})
        self._macros: dict[str, Any] = {
            "return": self._return,
            "run_query": self._run_query,
            "exceptions": self,
            "adapter": self,
            "var": lambda _: None,
            "env_var": lambda _, default: default,
            "fromjson": json.loads,
            "context": {},  # without presets
            "modules": SimpleNamespace(re=re),
        }
        register_functions(self._database)
        # A macro finds others in its context, which is copied as its file is read: so all names are
        # there first, and each is looked up when it is called.
        loaded: dict[str, Callable[..., object]] = {}
        texts = [path.read_text(encoding="utf-8") for path in MACROS]
        for name in re.findall(r"(?<=\{% macro )\w+", "".join(texts)):
            self._macros[name] = partial(lambda name, *args: loaded[name](*args), name)
        for text in texts:
            for macro, call in vars(get_template(text, self._macros).module).items():
                if macro.startswith("dbt_macro__"):
                    loaded[macro.removeprefix("dbt_macro__")] = self._returning(call)

    def load(self, content: bytes) -> list[tuple[str | None, ...]]:
        """Load these bytes as the costs.

        Raises:
            RefusedError: The bytes are not a valid input.
        """
        (self.folder / FILE).write_bytes(content)
        if found := faults(self.folder):
            raise RefusedError("\n".join(found))
        path = self._macros["sql_string"](str(self.folder / FILE))
        header = self._macros["file_header"](SOURCE, str(self.folder / FILE))
        self._macros["assert_columns"](NODE, None, FILE, header)
        self._macros["drop_rejects"]("rejects")
        types = self._macros["csv_types"](NODE, None, header)
        options = self._macros["csv_options"](types, SOURCE.delimiter, "rejects")
        try:
            rows = self._database.execute(
                "select row_number() over () as source_row_number, *"  # noqa: S608 (a test's)
                f" from read_csv({path}, {self._options} {options})"
            )
        except duckdb.InvalidInputException as error:
            # dbt shows the message unchanged: the file and, if DuckDB knows it, the line.
            raise RefusedError(str(error)) from error
        names = [column[0] for column in rows.description or []]
        found_rows = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        self._macros["assert_csv_lines"]({str(self.folder / FILE): FILE}, "rejects")
        self._macros["assert_csv_rows"](NODE, FILE, len(found_rows))
        assert csv_row_count(str(self.folder / FILE)) == len(found_rows)
        assert [row["source_row_number"] for row in found_rows] == [*range(1, len(found_rows) + 1)]
        return [tuple(row[column] for column in COLUMNS) for row in found_rows]

    def names_on_spark(self, line: str) -> list[str]:
        """Return the column names that Spark's macro finds in the first line of a file."""
        names: list[str] = self._macros["csv_names"](line, SOURCE.delimiter)
        return names

    def dispatch(self, macro: str) -> object:
        """Replace dbt's `adapter.dispatch`."""
        return self._macros[f"duckdb__{macro}"]

    def raise_compiler_error(self, message: str) -> None:
        """Replace dbt's `exceptions.raise_compiler_error`."""
        raise RefusedError(message)

    def _return(self, value: object) -> None:
        raise ReturnedError(value)

    def _returning(self, macro: Any) -> Any:  # noqa: ANN401 (Jinja's own type)
        def call(*arguments: object) -> object:
            try:
                return macro(*arguments).strip()
            except ReturnedError as returned:
                return returned.args[0]

        return call

    def _run_query(self, sql: str) -> Result:
        answer = self._database.execute(sql)
        return Result(answer.fetchall() if answer.description else [])


class Result:
    """Query results as a dbt macro receives them."""

    def __init__(self, rows: list[tuple[Any, ...]]) -> None:
        """Hold these rows."""
        self.rows = rows
        self.columns = list(zip(*rows, strict=True))


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    """The macros with a folder for inputs."""
    return Seeds(tmp_path_factory.mktemp("seeds"))


def written(rows: list[list[str]], line_end: str, *, quotes_all: bool) -> bytes:
    """Write rows with Python's csv module."""
    text = io.StringIO(newline="")
    text.write(f"{ALL_HEADERS[FILE]}{line_end}")
    if quotes_all:
        writer = csv.writer(text, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    else:
        writer = csv.writer(text, lineterminator=line_end)
    writer.writerows(rows)
    return text.getvalue().encode()


def plain(rows: list[list[str]]) -> list[tuple[str | None, ...]]:
    """Return the loaded form of rows: DuckDB reads empty text as null."""
    return [tuple(value or None for value in row) for row in rows]


@examples(short=100, long=5000)
@given(ROWS, st.booleans(), st.booleans())
@example([["a\nb", 'say "hi"', "4,99"]], False, False)
@example([["", "", ""]], False, True)
@example([["\ufeff", "\x01", "\x1f"]], False, False)
def test_rows_come_back_as_csv_writer_wrote_them(
    seeds: Seeds, rows: list[list[str]], has_bom: bool, quotes_all: bool
) -> None:
    content = written(rows, "\r\n", quotes_all=quotes_all)
    if has_bom:
        content = b"\xef\xbb\xbf" + content
    assert seeds.load(content) == plain(rows)


@examples(short=200, long=8000)
@given(st.text('ab_ ,"\u200b\u00e9', min_size=1, max_size=30))
def test_names_on_spark_are_those_that_csv_reads(seeds: Seeds, line: str) -> None:
    path = seeds.folder / "header.csv"
    path.write_text(line, encoding="utf-8")
    assert seeds.names_on_spark(line) == json.loads(csv_header(str(path)))


HEADER = ALL_HEADERS[FILE].encode()


@examples(short=200, long=8000)
@given(
    st.one_of(
        st.binary(max_size=60),
        st.builds(
            lambda tail, end: HEADER + end + tail,
            st.one_of(
                st.binary(max_size=60),
                st.text("a1,\"\n\r'\\ ;\t", max_size=40).map(str.encode),
                ROWS.map(lambda rows: written(rows, "\n", quotes_all=False)),
            ),
            st.sampled_from([b"\n", b"\r\n", b"\r", b"", b",\n", b" \n"]),
        ),
    )
)
def test_any_bytes_are_rows_or_a_fault(seeds: Seeds, content: bytes) -> None:
    fault = None
    try:
        rows = seeds.load(content)
    except RefusedError as refusal:
        fault = str(refusal)
    if fault is not None:
        assert FILE in fault
        return
    # DuckDB and Python read the same rows, so no row is skipped or joined. Both ignore blank lines,
    # spaces before a quote and a comma at the end of a line.
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    _, *read = filter(None, csv.reader(text, skipinitialspace=True))
    width = len(COLUMNS)
    assert [trimmed(values) for values in rows] == [trimmed(values[:width]) for values in read]
    assert all(values[width:] in ([], [""]) for values in read)


def trimmed(values: Sequence[str | None]) -> list[str]:
    """Staging trims all values."""
    return [(value or "").strip(" ") for value in values]
