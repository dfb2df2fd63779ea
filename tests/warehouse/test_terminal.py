"""What is shown of values that are markup, act on a terminal, or show nothing."""

from __future__ import annotations

import io
import logging
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from tests.support.harness import ROOT
from warehouse.checkpoints.outcome import CheckpointOutcome, Outcome, Verdict
from warehouse.checkpoints.table import print_checkpoint
from warehouse.checkpoints.wording import examples
from warehouse.terminal import PrintableStream, cell, print_line, print_table, printable


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("WINTER_QUEST_US", "WINTER_QUEST_US"),
        ("Sale [/EU] [#1] [@ads] :smile:", "Sale [/EU] [#1] [@ads] :smile:"),
        ("é 冬のクエスト Ελλάδα 🎮", "é 冬のクエスト Ελλάδα 🎮"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc\x7f", r"a\x0d\x0ab\x09c\x7f"),
        ("a\u202egpj", r"a\u202egpj"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("a\u200bb\u200d\ufeff", r"a\u200bb\u200d\ufeff"),
        ("a\u00a0b\u3000c", r"a\xa0b\u3000c"),
        ("a\u00adb\u034f\ufe0f\u3164\u2800", r"a\xadb\u034f\ufe0f\u3164\u2800"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("\U000e0041\ue000\udc80", r"\U000e0041\ue000\udc80"),
        (None, "None"),
        (3, "3"),
    ],
)
def test_all_of_a_value_is_seen(value: object, seen: str) -> None:
    assert printable(value) == seen


def test_line_ends_of_a_message_stay() -> None:
    assert printable("a\nb\x1b", keep="\n") == "a\nb\\x1b"


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("a" * 10, "a" * 10),
        ("a" * 11, f"{'a' * 7}..."),
        ("冬" * 5, "冬" * 5),
        ("冬" * 6, "冬冬冬..."),
        ("\x1b" * 5, r"\x1b\x1..."),
        ("a" + "\u0301" * 1000, "a" + "\u0301" * 6 + "..."),
    ],
)
def test_a_long_value_is_cut_by_its_cells(value: str, seen: str) -> None:
    assert printable(value, 10) == seen
    assert cell_len(seen) <= 10


def test_lines_and_tables_take_text_for_text() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=40)
    table = Table("name")
    table.add_row(cell("[bold]x\x1b]0;y\x07"))
    print_table(console, table)
    print_line(console, "Backup: a[/b]c", (" [red]\x1b[2J", "bold"))
    printed = screen.getvalue()
    assert r"[bold]x\x1b]0;y\x07" in printed
    assert "Backup: a[/b]c" in printed
    assert r"[red]\x1b[2J" in printed
    assert "\x1b[2J" not in printed
    assert "\x07" not in printed


def test_what_is_logged_with_a_traceback_does_not_act() -> None:
    screen = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(PrintableStream(screen)))
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        logger.exception("said \x9b")
    assert "\nValueError: \\x1b[2J\n" in screen.getvalue()
    assert screen.getvalue().startswith("said \\x9b\n")


def test_a_row_with_a_long_name_still_tells_its_numbers() -> None:
    rows = {"partial_unexpected_index_list": [{"campaign": "Q" * 500, "share": 0.25}]}
    told = examples({**rows, "observed_value": 1}, ["campaign"])
    assert told == f"1: {'Q' * 77}... = 0.25"


@pytest.mark.parametrize("brief", [True, False])
def test_a_checkpoint_names_rows_without_their_acting(brief: bool) -> None:
    screen = io.StringIO()
    outcome = Outcome(
        name="spending_campaigns_earn",
        table="quality.qa_campaigns",
        column="campaign",
        expected="\x1b[3J",
        observed="\x1b[2J",
        verdict=Verdict.FAILED,
        description="Says [/it].",
        details="1 row: Sale [/EU]\x1b[2J\nlanded: 1 expectation, all hold",
    )
    console = Console(file=screen, width=100)
    print_checkpoint(console, CheckpointOutcome("landed", (outcome,)), brief=brief)
    assert "\x1b" not in screen.getvalue()
    assert r"Sale [/EU]\x1b[2J\x0alanded: 1 expectation" in screen.getvalue()
    assert "Says [/it]." in screen.getvalue()


def test_one_module_prints() -> None:
    """Whatever else prints would have to think of all this again."""
    printing = [
        f"{path.relative_to(ROOT)}: {text.strip()}"
        for path in sorted((ROOT / "warehouse").rglob("*.py"))
        if path.name != "terminal.py"
        for text in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\bprint\(|= print\b|\.print\b|\bConsole\(|\bstd(out|err)\.write", text)
    ]
    assert printing == []
