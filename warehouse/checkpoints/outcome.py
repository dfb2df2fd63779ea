"""The outcomes of expectations and checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from warehouse.checkpoints import wording
from warehouse.checkpoints.project import Expectation, Suite

# The expectations that pass without an observed value if there is too little data to judge.
NULL_IS_TOO_LITTLE = {"expect_measure_to_be_between", "expect_counts_to_lie_between"}


class Verdict(Enum):
    """The verdict of an expectation; the value is its text."""

    OK = "ok"
    FAILED = "FAILED"
    ERROR = "ERROR"
    WARNING = "warning"
    TOO_LITTLE_DATA = "too little data"
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one expectation.

    Attributes:
        name: The name of the expectation.
        table: The table that it judges.
        column: The column; empty if it judges the whole table.
        expected: The condition.
        observed: What was observed, in a word or two.
        verdict: The verdict.
        description: The meaning of the expectation, in a sentence.
        details: The values that fail, or why there is no verdict; None without details.
    """

    name: str
    table: str
    column: str
    expected: str
    observed: str
    verdict: Verdict
    description: str
    details: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether it failed, which includes an error."""
        return self.verdict in (Verdict.FAILED, Verdict.ERROR)

    @property
    def needs_attention(self) -> bool:
        """Whether it failed or warns."""
        return self.is_failed or self.verdict is Verdict.WARNING

    @property
    def holds(self) -> bool:
        """Whether it was judged and holds."""
        return self.verdict is Verdict.OK


@dataclass(frozen=True)
class CheckpointOutcome:
    """The outcome of a checkpoint."""

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> list[Outcome]:
        """The expectations that failed."""
        return [outcome for outcome in self.outcomes if outcome.is_failed]

    @property
    def attention(self) -> list[Outcome]:
        """The expectations that failed or warn."""
        return [outcome for outcome in self.outcomes if outcome.needs_attention]

    @property
    def held(self) -> list[Outcome]:
        """The expectations that hold."""
        return [outcome for outcome in self.outcomes if outcome.holds]

    @property
    def passed(self) -> bool:
        """Whether at least one expectation holds or warns, and none failed."""
        return not self.failed and bool(self.held or self.attention)

    @property
    def verdict(self) -> str:
        """The verdict in a sentence."""
        count, held = len(self.outcomes), len(self.held)
        if failed := self.failed:
            names = ", ".join(outcome.name for outcome in failed)
            return f"{len(failed)} of {count} FAILED: {names}"
        if not count:
            return "FAILED: it has no expectations"
        if not self.passed:
            return f"FAILED: none of {count} expectations could be judged"
        if held == count:
            return f"{count} expectations, all hold"
        warned = [outcome.name for outcome in self.attention]
        words = [f"{held} of {count} expectations hold"]
        if warned:
            words.append(f"{len(warned)} warn: {', '.join(warned)}")
        if held + len(warned) < count:
            words.append("the rest cannot be judged")
        return ", ".join(words)


def judged(expectation: Expectation, suite: Suite, evaluated: Mapping[str, Any]) -> Outcome:
    """Convert a result of Great Expectations.

    Args:
        expectation: The expectation.
        suite: The suite of the expectation.
        evaluated: The result as a JSON object.
    """
    configuration, result = evaluated["expectation_config"], evaluated["result"]
    kind, kwargs = configuration["type"], configuration["kwargs"]
    details = _error(evaluated["exception_info"])
    if details is not None:
        verdict = Verdict.ERROR
    elif not evaluated["success"]:
        verdict = Verdict.WARNING if expectation.severity == "warning" else Verdict.FAILED
        details = wording.examples(result, suite.key)
    else:
        verdict = Verdict.TOO_LITTLE_DATA if _is_too_little(kind, result) else Verdict.OK
    return Outcome(
        name=expectation.name,
        table=suite.table,
        column=wording.subject(kwargs),
        expected=wording.expected(kind, kwargs),
        observed=wording.observed(result),
        verdict=verdict,
        description=expectation.description,
        details=details,
    )


def not_compared(expectation: Expectation, suite: Suite, reason: str) -> Outcome:
    """Make the outcome of an expectation that was skipped.

    Args:
        expectation: The expectation.
        suite: The suite of the expectation.
        reason: Why it was skipped.
    """
    return Outcome(
        name=expectation.name,
        table=suite.table,
        column="",
        expected="",
        observed="",
        verdict=Verdict.NOT_COMPARED,
        description=expectation.description,
        details=reason,
    )


def _is_too_little(kind: str, result: Mapping[str, Any]) -> bool:
    if "element_count" in result:
        return wording.judged_rows(result) == 0
    return kind in NULL_IS_TOO_LITTLE and result["observed_value"] is None


def _error(info: Mapping[str, Any]) -> str | None:
    """Return the first line of the error of an expectation or one of its metrics, if any."""
    for error in [info] if "raised_exception" in info else info.values():
        if error["raised_exception"]:
            return str(error["exception_message"]).strip().split("\n", maxsplit=1)[0]
    return None
