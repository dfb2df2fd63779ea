"""The game of any size: reproducible, of the wanted size and shape, and true to its own truth.

The truth is checked against `tests/system/e2e/reference.py`, which reads the written files and
knows nothing of how they came about.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from tests.support.harness import ROOT, Project
from tests.support.long import IS_LONG
from tests.system.e2e import reference
from warehouse.inputs.headers import HEADERS
from warehouse.sample.scale import STEPS, generate_game, generate_with_progress

EVENT_NAMES = ("purchase", "af_purchase")
WINDOW = timedelta(minutes=10)
TRUTH_HEADERS = {
    "truth/purchases.csv": "source_row_number,disposition,duplicate_of,is_charged_back,story",
    "truth/matches.csv": "purchase_row_number,confirmation_row_number,story",
    "truth/anomalies.csv": "campaign,date,is_anomaly,story",
    "truth/cohorts.csv": "campaign,install_date,age_days,revenue_usd,payers,ad_cost_usd",
    "truth/retention.csv": "first_session_date,age_days,players,returned",
}
FILES = {
    **HEADERS,
    "purchases_raw.csv": HEADERS["purchases_raw.csv"] + ",install_time_utc",
    **TRUTH_HEADERS,
}
PURCHASES = 3_000

# The bytes are a promise for every platform, Python and DuckDB. A change of the generator changes
# them on purpose; then these are what the failing test prints.
DIGESTS_OF_1000 = {
    "purchases_raw.csv": "c536ca4a4cf76449",
    "confirmed_purchases.csv": "3ea005f987174fa5",
    "costs_daily.csv": "f911013295f01d72",
    "sessions.csv": "41ca0e70763492a3",
    "truth/purchases.csv": "ac7a1d54245e7efe",
    "truth/matches.csv": "15adf9bffec847ba",
    "truth/anomalies.csv": "ff06b6c02ab24270",
    "truth/cohorts.csv": "d1f6816dfa4ef5e5",
    "truth/retention.csv": "7899520483b14024",
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:16] for name in FILES}


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a small game. Read them, do not change them."""
    folder = tmp_path_factory.mktemp("game")
    generate_game(folder, PURCHASES)
    return folder


@pytest.fixture(scope="module")
def judged(game: Path) -> tuple[list[reference.Row], list[reference.Curated]]:
    """What the reference makes of the purchases."""
    records = reference.read_csv((game / "purchases_raw.csv").read_text(encoding="utf-8"))
    return reference.classify(records, EVENT_NAMES, receipts_of(game))


def receipts_of(folder: Path) -> reference.Receipts:
    """Which receipts are genuine."""
    text = (folder / "confirmed_purchases.csv").read_text(encoding="utf-8")
    return reference.known_receipts(reference.read_confirmations(reference.read_csv(text)))


# --- Reproducible ---------------------------------------------------------------------------------


def test_bytes_are_those_of_every_platform(tmp_path: Path) -> None:
    generate_game(tmp_path, 1_000)
    assert digests(tmp_path) == DIGESTS_OF_1000


def test_other_seeds_give_other_games(tmp_path: Path) -> None:
    generate_game(tmp_path / "one", 1_000, seed=-1)
    generate_game(tmp_path / "two", 1_000, seed=2)
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    assert [name for name in FILES if one[name] == two[name]] == []


def test_threads_do_not_change_a_byte(tmp_path: Path) -> None:
    """DuckDB hands out tables in parts of 122,880 rows, so a smaller game would prove nothing."""
    generate_game(tmp_path / "one", 150_000, threads=1)
    generate_game(tmp_path / "four", 150_000, threads=4)
    assert digests(tmp_path / "one") == digests(tmp_path / "four")


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_header_is_the_documented_one(game: Path, name: str) -> None:
    assert (game / name).read_bytes().split(b"\n")[0].decode() == FILES[name]


def test_nothing_else_is_left_behind(game: Path) -> None:
    found = [str(path.relative_to(game)) for path in game.rglob("*") if path.is_file()]
    assert sorted(found) == sorted(FILES)
    assert sorted(path.name for path in game.iterdir() if path.is_dir()) == ["truth"]


def test_counts_are_those_of_the_files(tmp_path: Path) -> None:
    counts = generate_game(tmp_path, 1_000)
    assert counts == {name: len(read(tmp_path / name)) for name in FILES}


@pytest.mark.parametrize("purchases", [1_000, 50_000])
def test_size_is_the_wanted_one(tmp_path: Path, purchases: int) -> None:
    counts = generate_game(tmp_path, purchases)
    assert counts["purchases_raw.csv"] == pytest.approx(purchases, rel=0.02)
    assert counts["confirmed_purchases.csv"] == pytest.approx(purchases, rel=0.08)
    assert counts["sessions.csv"] == pytest.approx(2 * purchases, rel=0.05)


@pytest.mark.parametrize("purchases", [0, 999, 1_000_000_001])
def test_a_size_that_cannot_be_is_refused(tmp_path: Path, purchases: int) -> None:
    with pytest.raises(ValueError, match="1,000 to 1,000,000,000"):
        generate_game(tmp_path, purchases)


def test_a_failure_leaves_the_files_of_before(tmp_path: Path) -> None:
    generate_game(tmp_path, 1_000)
    before = digests(tmp_path)

    def fail(step: object) -> None:
        if step is STEPS[-1]:
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        generate_game(tmp_path, 1_000, seed=2, on_step=fail)
    assert digests(tmp_path) == before
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == len(FILES)


# --- The shape of a game --------------------------------------------------------------------------


def test_neighbouring_days_have_similar_volumes(game: Path) -> None:
    """The first and the last day are cut, the other ones are whole."""
    for name, column in (
        ("purchases_raw.csv", "event_time_utc"),
        ("confirmed_purchases.csv", "event_time_utc"),
        ("sessions.csv", "event_timestamp_utc"),
    ):
        times = (reference.parse_time(row[column]) for row in read(game / name))
        volumes = Counter(time.date() for time in times if time is not None)
        days = sorted(volumes)
        assert (days[-1] - days[0]).days + 1 == len(days) == 14
        ratios = [volumes[after] / volumes[before] for before, after in pairwise(days[:-1])]
        assert 1 / 1.5 < min(ratios) <= max(ratios) < 1.5, name


def test_a_day_has_a_night_and_an_evening(game: Path) -> None:
    times = (
        reference.parse_time(row["event_time_utc"]) for row in read(game / "purchases_raw.csv")
    )
    hours = Counter(time.hour for time in times if time is not None)
    assert hours[20] > 5 * hours[4]


def test_few_players_buy_much_and_most_buy_little(
    judged: tuple[list[reference.Row], list[reference.Curated]],
) -> None:
    purchases = Counter(each.purchase.appsflyer_id for each in judged[1])
    counts = sorted(purchases.values(), reverse=True)
    top_tenth = sum(counts[: len(counts) // 10])
    assert 0.25 < top_tenth / sum(counts) < 0.6
    assert counts.count(1) > len(counts) / 2


def test_players_rarely_buy_twice_within_the_window(
    judged: tuple[list[reference.Row], list[reference.Curated]],
) -> None:
    """Else matching would mostly be guessing, which it is not in a real game."""
    times: defaultdict[str, list[datetime]] = defaultdict(list)
    for each in judged[1]:
        times[each.purchase.appsflyer_id].append(each.purchase.at)
    close = sum(
        after - before <= WINDOW for each in times.values() for before, after in pairwise(each)
    )
    assert 0 < close < 0.03 * len(judged[1])


# --- The traps ------------------------------------------------------------------------------------


def test_every_story_happens(game: Path) -> None:
    """Of a thousand sales in a row each story has its exact share, so even the smallest has all."""
    stories = Counter(row["story"] for row in read(game / "truth/purchases.csv"))
    matched = Counter(row["story"] for row in read(game / "truth/matches.csv"))
    assert {"plain", "exact_triplicate", "overtaken_by_retry", "charged_back_retry"} <= set(stories)
    assert {"lost_purchase", "never_confirmed", "repeated_confirmation"} <= set(matched)
    assert len(set(stories) | set(matched)) == 35


def test_texts_are_written_in_every_way(game: Path) -> None:
    rows = read(game / "purchases_raw.csv")
    columns: dict[str, set[str]] = {name: {row[name] for row in rows} for name in rows[0]}
    assert {"", "Organic", "(organic)", " Winter_Quest_US ", "winter_quest_us"} <= columns[
        "campaign"
    ]
    assert {"4,99", " 0.99 ", "1,234", "abc", "1e3", "$4.99", "", "0.00"} <= columns["revenue_usd"]
    assert {"", "BADREC-1", "rcp-12", "RCP-"} <= columns["receipt_id"]
    assert {"success", "Success", "failed", "", "chargeback", "refund"} <= columns["status"]
    assert {"", "  "} <= columns["appsflyer_id"]
    endings = {time[19:] for time in columns["event_time_utc"] if time[:4] in ("2025", "2026")}
    assert endings >= {"Z", "+02:00", "-05:00", "+05:30", "", ".007Z"}


def test_some_rows_of_the_other_files_are_unreadable(tmp_path: Path) -> None:
    generate_game(tmp_path, 20_000)
    costs, sessions = read(tmp_path / "costs_daily.csv"), read(tmp_path / "sessions.csv")
    confirmations = read(tmp_path / "confirmed_purchases.csv")
    assert any(reference.parse_date(row["date"]) is None for row in costs)
    assert any(not row["campaign"].strip() for row in costs)
    assert any(reference.parse_amount(row["ad_cost_usd"]) is None for row in costs)
    assert any(row["ad_cost_usd"] == "0.00" for row in costs)
    assert any("," in row["ad_cost_usd"] for row in costs)
    assert any(not row["user_id"].strip() for row in sessions)
    assert any(reference.parse_time(row["event_timestamp_utc"]) is None for row in sessions)
    assert any(not row["appsflyer_id"] for row in confirmations)
    assert any(reference.parse_time(row["event_time_utc"]) is None for row in confirmations)
    assert any(reference.parse_amount(row["revenue_usd"]) is None for row in confirmations)


# --- The truth ------------------------------------------------------------------------------------


def test_the_reference_finds_the_disposition_of_every_row(
    game: Path, judged: tuple[list[reference.Row], list[reference.Curated]]
) -> None:
    truth = [
        (
            row["disposition"],
            int(row["duplicate_of"]) if row["duplicate_of"] else None,
            row["is_charged_back"] == "true",
            row["story"] == "orphan_chargeback" and row["disposition"] == "chargeback",
        )
        for row in read(game / "truth/purchases.csv")
    ]
    found = [
        (row["disposition"], row["duplicate_of"], row["is_charged_back"], row["is_orphan"])
        for row in judged[0]
    ]
    assert [int(row["source_row_number"]) for row in read(game / "truth/purchases.csv")] == list(
        range(1, len(found) + 1)
    )
    assert truth == found


def test_a_retry_may_stand_before_what_it_repeats(game: Path) -> None:
    repeated = {
        int(row["source_row_number"]): int(row["duplicate_of"])
        for row in read(game / "truth/purchases.csv")
        if row["duplicate_of"]
    }
    assert any(kept > number for number, kept in repeated.items())


def test_true_pairs_belong_together(game: Path) -> None:
    """Where both sides have an id and a receipt, both must be the same."""
    purchases, confirmations = (
        read(game / name) for name in ("purchases_raw.csv", "confirmed_purchases.csv")
    )
    pairs = [
        (purchases[int(row["purchase_row_number"]) - 1], confirmations[int(number) - 1])
        for row in read(game / "truth/matches.csv")
        if row["purchase_row_number"] and (number := row["confirmation_row_number"])
    ]
    assert len(pairs) > 0.9 * len(purchases)
    for purchase, confirmation in pairs:
        for column in ("appsflyer_id", "receipt_id"):
            if purchase[column].strip() and confirmation[column]:
                assert purchase[column] == confirmation[column]


def test_truth_has_every_confirmation_and_every_purchase_once(game: Path) -> None:
    rows = read(game / "truth/matches.csv")
    confirmations = [row["confirmation_row_number"] for row in rows]
    numbers = sorted(int(number) for number in confirmations if number)
    assert numbers == list(range(1, len(read(game / "confirmed_purchases.csv")) + 1))
    bought = [
        row["source_row_number"]
        for row in read(game / "truth/purchases.csv")
        if row["disposition"] in ("curated", "malformed")
    ]
    assert [row["purchase_row_number"] for row in rows if row["purchase_row_number"]] == bought


def test_the_edge_of_the_window_is_hit_on_both_sides(game: Path) -> None:
    purchases, confirmations = (
        read(game / name) for name in ("purchases_raw.csv", "confirmed_purchases.csv")
    )
    apart = {
        seconds_apart(
            purchases[int(row["purchase_row_number"]) - 1]["event_time_utc"],
            confirmations[int(row["confirmation_row_number"]) - 1]["event_time_utc"],
        )
        for row in read(game / "truth/matches.csv")
        if row["story"] in ("exactly_600_seconds", "exactly_601_seconds")
    }
    assert apart == {600, -600, 601, -601}


def seconds_apart(purchased: str, confirmed: str) -> float:
    start, end = reference.parse_time(purchased), reference.parse_time(confirmed)
    assert start is not None
    assert end is not None
    return (end - start).total_seconds()


@pytest.mark.parametrize("seed", range(1, 21) if IS_LONG else [7, 1])
@pytest.mark.parametrize("purchases", [1_000, 20_000])
def test_a_planted_collapse_is_beyond_doubt_and_nothing_else_is_near(
    tmp_path: Path, purchases: int, seed: int
) -> None:
    """Far from half the average on both sides, so that no rounding can decide a flag."""
    generate_game(tmp_path, purchases, seed)
    truth = {
        (row["campaign"], date.fromisoformat(row["date"])): row["is_anomaly"] == "true"
        for row in read(tmp_path / "truth/anomalies.csv")
    }
    flagged = set()
    for key, share in shares_of_average(tmp_path).items():
        assert not Fraction("0.35") < share < Fraction("0.65"), key
        if share < Fraction("0.5"):
            flagged.add(key)
    assert flagged == {key for key, is_anomaly in truth.items() if is_anomaly}
    last_day = max(day for _, day in truth)
    assert any(day == last_day - timedelta(days=1) for _, day in flagged)


def shares_of_average(folder: Path) -> dict[tuple[str, date], Fraction]:
    """ROAS of each campaign and day as a share of its average over the seven days before."""
    revenue: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    receipts = receipts_of(folder)
    text = (folder / "purchases_raw.csv").read_text(encoding="utf-8")
    for number, (record, row) in enumerate(
        zip(reference.read_csv(text), read(folder / "truth/purchases.csv"), strict=True), start=1
    ):
        purchase = reference.read_purchase(number, record, receipts)
        is_earned = row["disposition"] == "curated" and row["is_charged_back"] == "false"
        if is_earned and purchase is not None and purchase.campaign is not None:
            revenue[purchase.campaign, purchase.at.date()] += purchase.amount
    costs: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for cost in reference.read_costs(
        reference.read_csv((folder / "costs_daily.csv").read_text(encoding="utf-8"))
    ):
        costs[cost.campaign, cost.day] += cost.amount
    roas = {key: Fraction(revenue[key]) / Fraction(cost) for key, cost in costs.items() if cost > 0}
    shares = {}
    for (campaign, day), value in roas.items():
        before = ((campaign, day - timedelta(days=count)) for count in range(1, 8))
        history = [roas[key] for key in before if key in roas]
        if len(history) >= 3:
            shares[campaign, day] = value / (sum(history, Fraction(0)) / len(history))
    return shares


# --- The command ----------------------------------------------------------------------------------


def test_command_says_one_line_when_nobody_watches(tmp_path: Path) -> None:
    run = Project(ROOT).run(
        *(sys.executable, "-m", "warehouse", "generate"),
        *("--purchases", "1000", "--seed", "7", "--out", str(tmp_path)),
    )
    assert run.exit_code == 0, run.output
    [line] = run.output.splitlines()
    rows = len(read(tmp_path / "purchases_raw.csv"))
    assert line.startswith(f"Wrote purchases_raw.csv ({rows:,} rows), ")
    assert line.endswith(f" to {tmp_path}")
    assert digests(tmp_path) == DIGESTS_OF_1000


def test_command_shows_a_bar_on_a_terminal(tmp_path: Path) -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    generate_with_progress(tmp_path, 1_000, 7, console)
    assert "Making the plan" in screen.getvalue()


@pytest.mark.parametrize("size", ["999", "many", "1.5"])
def test_command_refuses_a_size_that_cannot_be(tmp_path: Path, size: str) -> None:
    run = Project(ROOT).run(
        *(sys.executable, "-m", "warehouse", "generate"),
        *("--purchases", size, "--out", str(tmp_path)),
    )
    assert run.exit_code == 2
    assert "--purchases" in run.output.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


def test_command_says_what_it_cannot_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = Project(ROOT).run(
        *(sys.executable, "-m", "warehouse", "generate"),
        *("--purchases", "1000", "--out", str(tmp_path / "file")),
    )
    assert run.exit_code == 2
    [line] = run.output.splitlines()
    assert line.startswith(f"Cannot write to {tmp_path / 'file'}: ")
