"""Numbers of examples: few and fixed in the short form, many and random in the long form."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.support.harness import ROOT
from tests.support.long import IS_LONG

# Hypothesis' data about the tested code does not belong in a commit.
set_hypothesis_home_dir(ROOT / "target/hypothesis")


def examples(short: int, long: int, *, steps: int = 50) -> settings:
    """Return the Hypothesis settings of a property.

    The short form uses the same examples in every run, so it fails only after a change. The long
    form uses random examples, and prints the seed and the example of a failure.

    Args:
        short: Examples in the short form.
        long: Examples in the long form.
        steps: Maximum number of steps of a state machine per example.
    """
    return settings(
        max_examples=long if IS_LONG else short,
        derandomize=not IS_LONG,
        database=None,
        deadline=None,
        print_blob=True,
        stateful_step_count=steps,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
