"""What Dagster shows: every asset with its words, the job, the schedule, and what importing reads."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from pipelines.definitions import build_defs
from pipelines.schedules import build_freshness
from pipelines.settings import Company, Schedule, Settings, load_settings

SNAPSHOT = Path(__file__).with_name("assets.txt")
# Schemas of tables that other steps write without an asset of their own.
WRITTEN_ELSEWHERE = {"run", "gate", "corrections"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("definitions") / "home"
    return build_defs(load_settings(environment={"SALESOPS_HOME": str(home)}))


def specs(graph: dg.Definitions) -> list[dg.AssetSpec]:
    return sorted(graph.resolve_all_asset_specs(), key=lambda spec: spec.key)


def test_every_asset_and_its_group_are_those_of_the_snapshot(graph):
    """With SALESOPS_SNAPSHOT=write it is written anew, for the commit that changes it on purpose."""
    listed = sorted(f"{spec.group_name}: {spec.key.to_user_string()}" for spec in specs(graph))
    if os.environ.get("SALESOPS_SNAPSHOT") == "write":
        SNAPSHOT.write_text("\n".join(listed) + "\n", encoding="utf-8")
    assert listed == SNAPSHOT.read_text(encoding="utf-8").splitlines()


def test_every_asset_has_its_words_its_kind_and_its_owner(graph):
    for spec in specs(graph):
        assert (spec.description or "").strip(), spec.key
        assert spec.kinds, spec.key
        assert list(spec.owners) == ["team:sales-operations"], spec.key
        assert spec.group_name not in (None, "default"), spec.key


def test_every_table_shows_its_columns_with_types_before_it_is_built(graph):
    for spec in specs(graph):
        name = spec.key.path[-1]
        is_mart = spec.key.path[0] not in {*WRITTEN_ELSEWHERE, "publish", "seeds"}
        if name.startswith("accepted_") or (is_mart and not name.startswith("int_")):
            if name.endswith("_versions"):
                continue
            columns = spec.metadata["dagster/column_schema"].columns
            assert columns, spec.key
            assert {c.type for c in columns}.isdisjoint({"unknown", ""}), spec.key


def test_the_only_job_holds_every_asset_and_starts_at_night_in_the_companys_zone(graph):
    [job] = [j for j in graph.resolve_all_job_defs() if not j.name.startswith("__")]
    assert job.name == "nightly"
    left_out = {spec.key for spec in specs(graph)} - job.asset_layer.executable_asset_keys
    assert {key.path[0] for key in left_out} == WRITTEN_ELSEWHERE
    assert not [key for key in left_out if key.path[-1].startswith("accepted_")]
    schedule = graph.resolve_schedule_def("nightly_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Asia/Shanghai")


def test_what_is_published_must_be_new_and_nothing_else(graph):
    due = {spec.key.path[0] for spec in specs(graph) if spec.freshness_policy}
    assert due == {
        "core", "customers", "market", "people", "pipeline", "platform", "publish", "quality",
        "sales",
    }  # fmt: skip
    assert not [s.key for s in specs(graph) if s.freshness_policy and "int_" in s.key.path[-1]]


@pytest.mark.parametrize(
    ("cron", "deadline", "since"),
    [
        ("0 3 * * *", "0 6 * * *", timedelta(hours=6)),
        ("30 1 * * 1-5", "30 4 * * 1-5", timedelta(hours=4, minutes=30)),
        # Later than the day has hours, or more than once a day: by the end of the day.
        ("0 22 * * *", "59 23 * * *", timedelta(hours=23, minutes=59)),
        ("0 */6 * * 1", "59 23 * * 1", timedelta(hours=23, minutes=59)),
        ("@daily", "59 23 * * *", timedelta(hours=23, minutes=59)),
    ],
)
def test_marts_are_due_three_hours_after_the_start_and_built_since_midnight(cron, deadline, since):
    settings = Settings(
        schedule=Schedule(cron=cron), company=Company(name="Acme", timezone="Europe/Berlin")
    )
    policy = build_freshness(settings)
    assert (policy.deadline_cron, policy.lower_bound_delta, policy.timezone) == (
        deadline, since, "Europe/Berlin",
    )  # fmt: skip


def test_the_release_is_checked_mart_by_mart_and_a_failure_publishes_nothing(graph):
    keys = graph.resolve_asset_graph().asset_check_keys
    found = {key.name for key in keys if key.asset_key.path == ["publish", "release"]}
    published = {
        spec.key.path[-1]
        for spec in specs(graph)
        if spec.freshness_policy and spec.key.path[0] != "publish"
    }
    assert found == {*(f"{mart}_block" for mart in published), "all_marts_warn"}
    nodes = graph.resolve_asset_graph()
    assert {nodes.get(key).blocking for key in keys if key.name.endswith("_block")} == {True}


def test_importing_the_definitions_reads_nothing(tmp_path):
    told = subprocess.run(
        [
            sys.executable,
            "-B",
            "-c",
            "import sys\n"
            "opened = []\n"
            "def watch(event, arguments):\n"
            "    if event == 'open': opened.append(str(arguments[0]))\n"
            "    if event in ('sqlite3.connect', 'socket.connect'): opened.append(event)\n"
            "import dagster, dagster_dbt\n"
            "sys.addaudithook(watch)\n"
            "import pipelines.definitions\n"
            "heavy = {'duckdb', 'pyarrow', 'great_expectations', 'pandas', 'numpy'}\n"
            "print(sorted(heavy & set(sys.modules)))\n"
            "print([f for f in opened if not f.endswith(('.py', '.pyc', '.so'))])",
        ],
        cwd=tmp_path,
        env={"SALESOPS_CONFIG": str(tmp_path / "missing.yaml"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.stdout.splitlines(), told.stderr) == (["[]", "[]"], "")
