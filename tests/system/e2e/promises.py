"""A model that breaks each kind of check of the data test `holds`, for any engine."""

from __future__ import annotations

import re

from tests.support.harness import GOOD, Project, Run

ROWS = """\
select *
from (
    values
    (1, 'a', 'x', 'one', 10),
    (1, 'b', 'x', 'two', 10),
    (null, 'a', 'y', 'three', -1),
    (2, null, null, null, null),
    (3, null, null, 'one', 10)
) as listed (row_id, part, code, kind, amount)
"""
PROPERTIES = """\
models:
  - name: pieces
    data_tests:
      - holds:
          name: pieces_hold
          arguments:
            key: [row_id]
            never_null: [part]
            unique: [code]
            one_of:
              kind: [one, two]
              part: [a, b]
            conditions: [amount > 0, "part is null or code != 'z'"]
      - holds:
          name: pairs_hold
          arguments:
            key: [part, code]
"""
BROKEN = {
    'pieces_hold: "row_id is never null" is broken, rows: 1',
    'pieces_hold: "part is never null" is broken, rows: 2',
    'pieces_hold: "kind is one of one, two" is broken, rows: 1',
    'pieces_hold: "amount > 0" is broken, rows: 2',
    'pieces_hold: "row_id is unique" is broken, rows: 1',
    'pieces_hold: "code is unique" is broken, rows: 1',
    'pairs_hold: "part, code are unique together" is broken, rows: 1',
}


def broken_build(project: Project, *arguments: str, environment: dict[str, str]) -> Run:
    """Build the model and a dependent one."""
    project.write_inputs(GOOD)
    models = project.root / "models/staging"
    (models / "pieces.sql").write_text(ROWS)
    (models / "pieces.yml").write_text(PROPERTIES)
    (models / "heaps.sql").write_text("select * from {{ ref('pieces') }}")
    return project.dbt("build", "--select", "pieces+", *arguments, environment=environment)


def assert_told_and_stopped(run: Run) -> None:
    """Each broken check is named once, no other is named, and the dependent model is not built."""
    assert run.exit_code == 1, run.output
    told = re.findall(r"\S+: \".+\" is broken, rows: \d+", run.output)
    assert sorted(told) == sorted(BROKEN), run.output
    assert re.search(r"SKIP relation \S*heaps", run.output), run.output
