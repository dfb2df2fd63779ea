"""How many examples a property is tried on: few and always the same, or many and new ones."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from tests.support.harness import ROOT
from tests.support.long import IS_LONG

# What Hypothesis keeps about the code it drives belongs to no commit.
set_hypothesis_home_dir(ROOT / "target/hypothesis")


def examples(short: int, long: int, *, steps: int = 50) -> settings:
    """Set up a property.

    The short form takes the same examples in every run, so that it fails only where something was
    changed. The long form takes new ones, and prints the seed and the example where it fails.

    Args:
        short: Examples in the short form.
        long: Examples in the long form.
        steps: Of a state machine, the most per example.
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
