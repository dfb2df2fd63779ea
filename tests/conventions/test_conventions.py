"""The conventions of the project, checked on dbt's parsed manifest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import Built
from tests.support.harness import ROOT
from warehouse.inputs.headers import ALL_HEADERS

Node = dict[str, Any]

LAYERS = ["staging", "intermediate", "marts", "reports"]
NAMES = {
    "staging": r"stg_[a-z_]+__[a-z_]+s",
    "intermediate": r"int_[a-z_]+__[a-z_]+ed",
    "marts": r"(fct|dim)_[a-z_]+",
    "reports": r"rpt_[a-z0-9_]+",
    "quality": r"qa_[a-z_]+",
}
# Data tests that only warn, by design.
WARN_ONLY = {
    *("campaign_spellings_collide", "d1_is_in_the_data", "successes_are_curated"),
    "restated_figures_are_explained",
}
# A view over the file; `purchases_are_conserved` counts its keys.
COUNTED_ELSEWHERE = "stg_appsflyer__purchases"


@pytest.fixture(scope="module")
def manifest(built: Built) -> dict[str, Any]:
    """The parsed manifest of dbt, as in target/manifest.json."""
    path = built.project.root / "target/manifest.json"
    parsed: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return parsed


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[Node]:
    """All models of the project."""
    return list(_nodes(manifest, "model"))


def _nodes(manifest: dict[str, Any], resource_type: str) -> Iterator[Node]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == resource_type)


def _layer(model: Node) -> str:
    return str(model["fqn"][1])


def _file(node: Node) -> str:
    """The YAML file of the node, or else its own file."""
    return str(node.get("patch_path") or node["original_file_path"]).split("://")[-1]


def _hold(broken: list[Node] | list[str], todo: str) -> None:
    """Fail with a line for each node or file that breaks a rule: where, what, and an example.

    In `todo`, `{name}` stands for the name of the node.
    """
    lines = [
        f"{node}: {todo}"
        if isinstance(node, str)
        else f"{_file(node)}: {todo.replace('{name}', node['name'])}"
        for node in broken
    ]
    if lines:
        pytest.fail("\n".join(lines), pytrace=False)


def _macro_files() -> list[Path]:
    return [*(ROOT / "macros").rglob("*.sql")]


def _sql_files() -> list[Path]:
    return [*(ROOT / "models").rglob("*.sql"), *_macro_files()]


def test_a_broken_rule_says_where_and_what_to_do() -> None:
    own = {
        "name": "own",
        "fqn": ["gamehouse", "own"],
        "description": "",
        "original_file_path": "models/own.sql",
    }
    with pytest.raises(pytest.fail.Exception, match=r"models/own\.sql: own must be in"):
        test_models_are_named_after_their_layer([own])
    with pytest.raises(pytest.fail.Exception, match=r"models/own\.sql: .* such as description: "):
        test_every_description_begins_with_the_grain([own])


def test_models_are_named_after_their_layer(models: list[Node]) -> None:
    _hold(
        [m for m in models if not re.fullmatch(NAMES.get(_layer(m), ""), m["name"])],
        "{name} must be in the folder of its layer and be named after it, such as"
        " models/marts/purchases/fct_purchases.sql; "
        + ", ".join(f"{layer}: {name}" for layer, name in NAMES.items()),
    )


def test_staging_models_are_named_after_their_source(models: list[Node]) -> None:
    _hold(
        [
            m
            for m in models
            if _layer(m) == "staging" and not m["name"].startswith(f"stg_{m['fqn'][2]}__")
        ],
        "{name} must begin with its folder, such as staging/ads/stg_ads__costs",
    )


def test_data_flows_one_way(manifest: dict[str, Any], models: list[Node]) -> None:
    """A model reads its own layer or the previous one; only the reports' manifest reads the inputs.

    The checkpoints' measures read every layer, and no model reads the measures. What earlier builds
    recorded is no input: marts and reports read it.
    """
    back_doors = []
    for model in models:
        if _layer(model) not in LAYERS:
            continue
        own = LAYERS.index(_layer(model))
        for parent_id in model["depends_on"]["nodes"]:
            parent = (manifest["nodes"] | manifest["sources"])[parent_id]
            if parent.get("source_name") == "history":
                before = "marts"
            else:
                before = _layer(parent) if parent["resource_type"] == "model" else "input"
            steps = ["input", *LAYERS][own : own + 2]
            if before not in steps and model["name"] not in ("rpt_manifest", "rpt_period"):
                back_doors.append(
                    f"{model['original_file_path']}: {model['name']} reads {parent['name']}, of"
                    f" {before}. It may read {' and '.join(steps)}"
                )
    _hold(back_doors, "put a model between them, such as int_costs__accepted")


def test_only_staging_reads_an_input(manifest: dict[str, Any]) -> None:
    """One staging model reads each input; the reports' manifest hashes the files."""
    inputs = [node for node in _nodes(manifest, "seed") if "input" in node["tags"]]
    assert {node["name"] for node in inputs} == {Path(name).stem for name in ALL_HEADERS}
    sources = [node for node in manifest["sources"].values() if node["source_name"] != "history"]
    for node in [*inputs, *sources]:
        readers = [
            child.split(".")[-1]
            for child in manifest["child_map"][node["unique_id"]]
            if child.startswith(("model.", "test."))
        ]
        staging = [reader for reader in readers if reader.startswith("stg_")]
        assert len(staging) == 1
        others = ["rpt_manifest"] if node["resource_type"] == "seed" else []
        assert sorted(readers) == sorted([*staging, *others])


def test_every_description_begins_with_the_grain(models: list[Node]) -> None:
    _hold(
        [m for m in models if not re.match(r"Grain: one row[ .;]", m["description"])],
        "the description of {name} must begin with its grain, such as"
        ' description: "Grain: one row per campaign and day."',
    )


def test_every_column_has_a_description(manifest: dict[str, Any]) -> None:
    nodes = [*_nodes(manifest, "model"), *_nodes(manifest, "seed"), *manifest["sources"].values()]
    without = [
        f"{_file(node)}: column {name} of {node['name']}"
        for node in nodes
        for name, column in node["columns"].items()
        if not column["description"]
    ]
    _hold(without, "needs a description, such as {name: x, description: What x is.}")


def test_every_column_name_tells_its_type(built: Built) -> None:
    """`_at` is a timestamp, `_date` a date, `is_` and `has_` booleans, `_count` an integer."""
    wrong = built.project.query(
        """
        select table_name, column_name, data_type
        from information_schema.columns
        where
            table_schema in ('staging', 'intermediate', 'marts', 'quality')
            and (
                (column_name like '%\\_at' escape '\\') != (data_type = 'TIMESTAMP')
                or (column_name like '%\\_date' escape '\\') != (data_type = 'DATE')
                or regexp_matches(column_name, '^(is|has)_') != (data_type = 'BOOLEAN')
                or (column_name like '%\\_count' escape '\\' and data_type != 'BIGINT')
                or (column_name like '%\\_usd' escape '\\' and data_type not like 'DECIMAL%'
                    and column_name not in ('arpdau_usd', 'arppu_usd'))
            )
        """
    )
    assert wrong == []


def test_every_model_with_logic_has_a_unit_test(
    manifest: dict[str, Any], models: list[Node]
) -> None:
    tested = {unit_test["model"] for unit_test in manifest["unit_tests"].values()}
    untested = [
        m
        for m in models
        if (_layer(m) in ("intermediate", "marts", "quality") or "page" in m["fqn"])
        and m["name"] not in tested
    ]
    _hold(
        untested,
        "{name} needs a unit test in the file beside it that ends with __unit_tests.yml, such as"
        " those of fct_deep_links in models/marts/deep_links/_deep_links__unit_tests.yml",
    )


def test_unit_tests_are_named_after_their_model(manifest: dict[str, Any]) -> None:
    misnamed = [
        unit_test
        for unit_test in manifest["unit_tests"].values()
        if not unit_test["name"].startswith(f"{unit_test['model']}__")
    ]
    _hold(misnamed, "{name} must begin with its model, such as fct_deep_links__clicks_are_counted")


def test_promises_are_named_after_their_model(manifest: dict[str, Any]) -> None:
    names = [
        (node["name"], node["attached_node"].split(".")[-1])
        for node in _nodes(manifest, "test")
        if (node.get("test_metadata") or {}).get("name") == "holds"
    ]
    assert names
    _hold(
        [name for name, model in names if not name.startswith(f"{model}_holds")],
        "a test `holds` must be named after its model, such as name: fct_deep_links_holds",
    )


def test_every_model_with_a_key_has_it_tested(manifest: dict[str, Any], models: list[Node]) -> None:
    """A model below the reports has a test of its grain, unless its grain is one row.

    The checkpoints' measures have none, because it would compute them in every build.
    """
    tested = {
        node["attached_node"]
        for node in _nodes(manifest, "test")
        if (test := node.get("test_metadata") or {}).get("name") in ("holds", "splits_into")
        and test["kwargs"].get("key")
    }
    untested = [
        m
        for m in models
        if _layer(m) not in ("reports", "quality")
        and m["unique_id"] not in tested
        and m["name"] != COUNTED_ELSEWHERE
        and not re.match(r"Grain: one row[.;]", m["description"])
    ]
    _hold(
        untested,
        "{name} needs a test of its key, such as"
        " data_tests: [holds: {name: {name}_holds, arguments: {key: [x]}}]",
    )


def test_contracts_are_enforced_on_marts_and_reports(models: list[Node]) -> None:
    loose = [
        m
        for m in models
        if _layer(m) in ("marts", "reports") and not m["config"]["contract"]["enforced"]
    ]
    _hold(
        loose,
        "{name} needs `config: {contract: {enforced: true}}`, and each of its columns a data_type",
    )


def test_tests_stop_the_build_unless_they_warn_on_purpose(manifest: dict[str, Any]) -> None:
    warning = {
        node["name"]
        for node in _nodes(manifest, "test")
        if node["config"]["severity"].lower() != "error" or not node["config"]["enabled"]
    }
    assert warning == WARN_ONLY


def test_every_mart_stands_before_every_report(manifest: dict[str, Any]) -> None:
    marts = {m["unique_id"] for m in _nodes(manifest, "model") if _layer(m) == "marts"}
    for model in _nodes(manifest, "model"):
        if _layer(model) == "reports":
            assert marts <= _ancestors(manifest, model["unique_id"]), model["name"]


def test_every_mart_has_metrics(manifest: dict[str, Any], models: list[Node]) -> None:
    described = {
        parent
        for semantic_model in manifest["semantic_models"].values()
        for parent in semantic_model["depends_on"]["nodes"]
    }
    _hold(
        [m for m in models if _layer(m) == "marts" and m["unique_id"] not in described],
        "{name} needs a semantic model and metrics, in _<subject>__metrics.yml beside it",
    )


def _ancestors(manifest: dict[str, Any], node_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [node_id]
    while waiting:
        for parent in manifest["parent_map"].get(waiting.pop(), []):
            if parent not in found:
                found.add(parent)
                waiting.append(parent)
    return found


def test_every_report_file_has_an_exposure(built: Built, manifest: dict[str, Any]) -> None:
    labels = {exposure["label"] for exposure in manifest["exposures"].values()}
    files = {path.name for path in built.project.reports.iterdir()}
    assert labels == files | {"index.html", "game API", "checkpoints"}


def test_every_macro_is_used(manifest: dict[str, Any]) -> None:
    """A model, a test, a hook or another macro must use it."""
    own = {
        macro["name"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "gamehouse"
    }
    callers = [*_sql_files(), *(ROOT / "tests/dbt").rglob("*.sql")]
    callers += [*(ROOT / "models").rglob("*.yml"), ROOT / "dbt_project.yml"]
    callers += (ROOT / "warehouse/taxonomy/models").iterdir()
    text = "\n".join(path.read_text(encoding="utf-8") for path in callers)
    called_by_dbt = {
        "generate_schema_name",
        "duckdb__create_view_as",
        *(f"materialization_{name}_duckdb" for name in ("seed", "table", "view")),
        *(f"materialization_{name}_spark" for name in ("seed", "table", "view")),
        *("spark__get_columns_in_relation_raw", "spark__escape_single_quotes"),
    }
    # `input_presets` finds these by name, and the command `inspect` runs this.
    called_by_name = {name for name in own if name.startswith("preset_")} | {"inspect_files"}
    unused = [
        name
        for name in own - called_by_dbt - called_by_name
        if not re.search(
            rf"(?<!macro )(?<!test )\b{re.sub('^(test_|duckdb__|spark__)', '', name)}\b", text
        )
    ]
    _hold([f"macros: {name}" for name in unused], "is never called; call it or remove it")


def test_every_macro_says_what_it_does() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _macro_files()
        if not path.read_text(encoding="utf-8").startswith("{#")
    ]
    _hold(silent, "must begin with what the macro does, such as {# A value as an SQL string. #}")


def test_every_macro_has_a_file_of_its_name(manifest: dict[str, Any]) -> None:
    """The variants of an engine are in the file of the macro that dispatches to them."""
    misplaced = [
        macro
        for macro in manifest["macros"].values()
        if macro["package_name"] == "gamehouse"
        and macro["original_file_path"].startswith("macros/")
        and re.sub("^(duckdb|spark)__", "", macro["name"]) != Path(macro["original_file_path"]).stem
    ]
    _hold(misplaced, "{name} needs a file of its own, such as macros/engines/sql_string.sql")


def test_every_macro_is_in_a_folder_with_others() -> None:
    files = Counter(path.parent for path in _macro_files())
    assert ROOT / "macros" not in files
    _hold(
        [str(folder.relative_to(ROOT)) for folder, count in files.items() if count == 1],
        "has one macro; move it to the folder of its topic, such as macros/parsing",
    )


@pytest.mark.parametrize("forbidden", [r"\bnow\(\)", r"\bcurrent_(date|timestamp)\b", r"\bfloat\b"])
def test_models_ask_no_clock_and_keep_money_exact(forbidden: str) -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in _sql_files()
        if re.search(forbidden, path.read_text(encoding="utf-8"), re.IGNORECASE)
    ]
    _hold(
        found,
        f"must not contain {forbidden}. Days come from int_as_of__resolved, and money is"
        " decimal(24, 8)",
    )


def test_models_end_with_their_final_step() -> None:
    other = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "models").rglob("*.sql")
        if not path.read_text(encoding="utf-8").endswith("\n\nselect * from final\n")
    ]
    _hold(other, "must end with a blank line and `select * from final`; name the last CTE final")


def test_history_knows_every_rule() -> None:
    """A var on which no figure depends is listed here."""
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    text = (ROOT / "macros/history/rule_settings.sql").read_text(encoding="utf-8")
    others = {
        *("as_of_date", "landing", "allow_empty_inputs", "parquet_marts"),
        # names alone: any status that is not known fails, and any spelling is the same campaign
        *("failed_statuses", "acknowledged_campaign_spellings"),
        *(name for name in project["vars"] if name.startswith(("page_", "quality_"))),
        # history keeps neither the alternatives to the rule nor the sweep of windows
        *(name for name in project["vars"] if name.startswith("roas_trial_")),
        *("roas_daily_variation", "sweep_min_rows"),
        *("window_fit_min_share", "zone_shift_min_share"),
    }
    assert set(re.findall("'([a-z_]+)',", text)) == project["vars"].keys() - others


def test_lines_of_sql_fit_the_page() -> None:
    """The linter checks models and singular tests, but not macros and generic tests."""
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*_sql_files(), *(ROOT / "tests/dbt").rglob("*.sql")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if len(line) > 100
    ]
    _hold(long, "is longer than 100 characters; break the line")


def test_the_states_of_a_flag_are_the_same_everywhere(manifest: dict[str, Any]) -> None:
    """In the test of the mart, in the checkpoint and in the schema of the report."""
    (mart,) = [
        set(test["test_metadata"]["kwargs"]["one_of"]["anomaly_state"])
        for test in _nodes(manifest, "test")
        if test["name"] == "fct_campaign_roas_daily_holds"
    ]
    suites = yaml.safe_load((ROOT / "warehouse/checkpoints/suites.yml").read_text("utf-8"))
    (checkpoint,) = [
        set(expectation["kwargs"]["value_set"])
        for table in suites["reports"]
        for expectation in table["expectations"]
        if expectation["name"] == "anomaly_states_known"
    ]
    schema = json.loads((ROOT / "reports/schemas/roas_anomaly.schema.json").read_text("utf-8"))
    report = set(schema["items"]["properties"]["state"]["enum"])
    assert mart == checkpoint == report
