"""One data test checks all row rules of a model and names the broken ones."""

from __future__ import annotations

from tests.support.harness import Project
from tests.system.e2e.promises import assert_told_and_stopped, broken_build


def test_broken_checks_are_told_and_stop_what_stands_on_them(project: Project) -> None:
    assert_told_and_stopped(broken_build(project, environment={}))
