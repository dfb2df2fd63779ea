"""The models judge the events of a taxonomy as the API does, and on both engines."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.schemas import dump_meta
from tests.support.harness import Project
from tests.system.e2e.nasty import BAD_TIMES
from tests.system.properties.profile import examples
from tests.system.properties.test_parsing import TIMES
from tests.system.spark.macro_queries import compiled, project_of
from tests.system.spark.sessions import session
from warehouse.spark.cluster import Cluster
from warehouse.taxonomy.dbt_models import macro_data
from warehouse.taxonomy.events_file import Taxonomy, column_of

HEROES = ["knight", "Ma'ge", "a\\b", "\U0001f409"]
FIELDS: dict[str, dict[str, object]] = {
    "name": {"type": "string"},
    "hero": {"type": "string", "one_of": HEROES, "required": True},
    "stars": {"type": "integer", "one_of": [0, 1, -3]},
    "level": {"type": "integer", "required": True},
    "speed": {"type": "number"},
    "isFree": {"type": "boolean"},
    "readyAt": {"type": "timestamp"},
    "user_id": {"type": "integer"},
}
TAXONOMY = Taxonomy.model_validate(
    {"events": {"jump": {"fields": FIELDS}, "chest.opened": {"fields": {"level": FIELDS["level"]}}}}
)
TYPES = ["jump", "jump", "jump", "chest.opened", "unheard_of"]

Meta = dict[str, Any]
# An event, and what of it does not fit: the field, the reason and what is expected.
Judged = dict[int, set[tuple[str | None, str, str]]]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
EDGES = [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, 10**39, -0.0, 1e16, 1e308, 5e-324]
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*EDGES, *HEROES, 10**308, 10**309, 1.0, "1", "true", "null", "{}", ""]),
    TEXTS,
    TIMES,
    st.sampled_from(BAD_TIMES),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(TEXTS, st.none(), max_size=2),
)
NAMES = st.one_of(
    st.sampled_from([*FIELDS, *FIELDS, "Level", "level ", "", "a.b", "$", 'say "x"', "it's", "*"]),
    TEXTS,
)
METAS = st.dictionaries(NAMES, VALUES, max_size=10)


@pytest.fixture(scope="module")
def events() -> list[tuple[str, Meta | None]]:
    """Event types and metas that Hypothesis makes, the same in every run."""
    made: list[tuple[str, Meta | None]] = [("jump", None), ("unheard_of", None)]

    @examples(short=400, long=4000)
    @given(st.sampled_from(TYPES), METAS)
    @example("jump", {"hero": "knight", "level": 3})
    def collect(event_type: str, meta: Meta) -> None:
        made.append((event_type, meta))

    collect()
    return made


@pytest.fixture(scope="module")
def project(
    events: list[tuple[str, Meta | None]], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """The project with one query for all events."""
    project = project_of([], tmp_path_factory.mktemp("event_types") / "project")
    rows = ", ".join(
        f"({number}, '{event_type}', {literal(meta)})"
        for number, (event_type, meta) in enumerate(events)
    )
    columns = [column_of(name) for name in FIELDS]
    typed = " union all ".join(
        f"""select
            event_id,
            'typed',
            '{column}',
            cast({{{{ adapter.quote('{column}') }}}} as {{{{ type_string() }}}}),
            null
        from typed"""  # noqa: S608 (ours)
        for column in columns
    )
    (project.root / "analyses/macro_cases.sql").write_text(
        f"""
        {{%- set taxonomy = {macro_data(TAXONOMY)} -%}}
        with events as (
            select
                event_id,
                event_type,
                meta,
                event_id as user_id,
                timestamp '2026-01-01' as occurred_at,
                timestamp '2026-01-01' as received_at
            from (values {rows}) as given_rows(event_id, event_type, meta)
        ),
        misfits as ({{{{ event_misfits(taxonomy.types, 'events') }}}}),
        typed as ({{{{ typed_events(taxonomy.types, 'jump', 'events') }}}})
        select event_id, 'misfit', field_name, reason, expected from misfits
        union all {typed}
        """,  # noqa: S608 (ours)
        encoding="utf-8",
    )
    return project


def literal(meta: Meta | None) -> str:
    return (
        "cast(null as {{ type_string() }})"
        if meta is None
        else f"{{{{ sql_string({dump_meta(meta)!a}) }}}}"
    )


Row = tuple[int, str, str | None, str | None, str | None]


def assert_judged_alike(rows: list[Row], events: list[tuple[str, Meta | None]]) -> None:
    found: Judged = defaultdict(set)
    typed: dict[int, Meta] = defaultdict(dict)
    for event_id, kind, field, text, expected in rows:
        if kind == "misfit":
            assert (field, str(text), str(expected)) not in found[event_id]
            found[event_id].add((field, str(text), str(expected)))
        else:
            typed[event_id][str(field)] = text
    reasons = {reason for misfits in found.values() for _, reason, _ in misfits}
    assert len(reasons) == 5
    assert any(event_id not in found for event_id in range(len(events)))
    for event_id, (event_type, meta) in enumerate(events):
        misfits = {
            (misfit.field, misfit.reason, misfit.expected)
            for misfit in TAXONOMY.misfits(event_type, meta)
        }
        assert found[event_id] == misfits, (event_type, meta)
        if event_type == "jump":
            assert set(typed[event_id]) == set(map(column_of, FIELDS))
            for name, declared in TAXONOMY.events["jump"].fields.items():
                value, text = (meta or {}).get(name), typed[event_id][column_of(name)]
                fits = value is not None and declared.value_type.fits(value)
                assert (text is not None) == fits, (name, value, text)
                if text is not None and value is not None:
                    assert declared.type == "timestamp" or is_same(value, text), (name, value, text)
        else:
            assert event_id not in typed


def is_same(value: object, text: str) -> bool:
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, float):
        return math.isclose(float(text), value)
    return math.isclose(float(text), value) if isinstance(value, int) else text == value


def test_events_are_judged_as_the_api_does(
    project: Project, events: list[tuple[str, Meta | None]]
) -> None:
    with duckdb.connect(config={"threads": 1}) as database:
        rows = database.execute(compiled(project, "duckdb")).fetchall()
    assert_judged_alike(rows, events)


def test_events_are_judged_alike_on_spark(
    project: Project, events: list[tuple[str, Meta | None]], cluster: Cluster
) -> None:
    with session(cluster) as cursor:
        cursor.execute(compiled(project, "spark"))
        rows = cursor.fetchall()
    assert_judged_alike(rows, events)
