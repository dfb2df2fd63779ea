"""What came of an expectation, and of a checkpoint as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from warehouse.checkpoints import wording
from warehouse.checkpoints.project import Expectation, Suite

# The expectations that pass, and observe nothing, where there is too little data to judge.
NULL_IS_TOO_LITTLE = {"expect_measure_to_be_between", "expect_counts_to_lie_between"}


class Verdict(Enum):
    """What an expectation says about the data; the value is the word for it."""

    OK = "ok"
    FAILED = "FAILED"
    ERROR = "ERROR"
    TOO_LITTLE_DATA = wording.TOO_LITTLE_DATA
    NOT_COMPARED = "not compared"


@dataclass(frozen=True)
class Outcome:
    """What came of one expectation.

    Attributes:
        name: The expectation's name.
        table: The table that it judges.
        column: The column; blank where it judges the table as a whole.
        demanded: What it demands.
        found: What was found, in a word or two.
        verdict: What it says.
        description: What it means, in a sentence.
        details: What does not hold, or why nothing could be said; None where there is no more to
            say.
    """

    name: str
    table: str
    column: str
    demanded: str
    found: str
    verdict: Verdict
    description: str
    details: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether it does not hold; what cannot be judged for an error may not hold."""
        return self.verdict in (Verdict.FAILED, Verdict.ERROR)


@dataclass(frozen=True)
class CheckpointOutcome:
    """What came of a checkpoint."""

    name: str
    outcomes: tuple[Outcome, ...]

    @property
    def failed(self) -> list[Outcome]:
        """The expectations that do not hold."""
        return [outcome for outcome in self.outcomes if outcome.is_failed]

    @property
    def held(self) -> list[Outcome]:
        """The expectations that hold."""
        return [outcome for outcome in self.outcomes if outcome.verdict is Verdict.OK]

    @property
    def passed(self) -> bool:
        """Whether something was judged, and all of it holds."""
        return not self.failed and bool(self.held)


def judged(expectation: Expectation, suite: Suite, evaluated: Mapping[str, Any]) -> Outcome:
    """Read what Great Expectations says of an expectation.

    Args:
        expectation: It.
        suite: Where it stands.
        evaluated: The result, as the JSON object that Great Expectations makes of it.
    """
    configuration, result = evaluated["expectation_config"], evaluated["result"]
    kind, kwargs = configuration["type"], configuration["kwargs"]
    details = _error(evaluated["exception_info"])
    if details is not None:
        verdict = Verdict.ERROR
    elif not evaluated["success"]:
        verdict, details = Verdict.FAILED, wording.named(result, suite.key)
    else:
        verdict = Verdict.TOO_LITTLE_DATA if _is_too_little(kind, result) else Verdict.OK
    return Outcome(
        name=expectation.name,
        table=suite.table,
        column=wording.subject(kwargs),
        demanded=wording.demanded(kind, kwargs),
        found=wording.found(result),
        verdict=verdict,
        description=expectation.description,
        details=details,
    )


def not_compared(expectation: Expectation, suite: Suite, reason: str) -> Outcome:
    """Say that an expectation was left out.

    Args:
        expectation: It.
        suite: Where it stands.
        reason: Why.
    """
    return Outcome(
        name=expectation.name,
        table=suite.table,
        column="",
        demanded="",
        found="",
        verdict=Verdict.NOT_COMPARED,
        description=expectation.description,
        details=reason,
    )


def _is_too_little(kind: str, result: Mapping[str, Any]) -> bool:
    if "element_count" in result:
        return wording.judged_rows(result) == 0
    return kind in NULL_IS_TOO_LITTLE and result["observed_value"] is None


def _error(info: Mapping[str, Any]) -> str | None:
    """Give the first line of an error: of the expectation, or of a metric that it rests on."""
    for error in [info] if "raised_exception" in info else info.values():
        if error["raised_exception"]:
            return str(error["exception_message"]).strip().split("\n", maxsplit=1)[0]
    return None
