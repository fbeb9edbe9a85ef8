"""Releases: whole or not there, pointed at in one step, rolled back, pruned, never the one in use."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from pipelines.extract.night import Extraction
from pipelines.nightly import Night, inputs_hash, is_delivered
from pipelines.publish import release as releases
from pipelines.publish.release import Mart, ReleaseError
from pipelines.settings import FilesTarget, parse_settings


@pytest.fixture
def warehouse(tmp_path):
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema sales; create schema core")
        connection.execute("create table sales.a as select 2 as x union all select 1")
        connection.execute("create table core.b as select 'z' as y where false")
    return file


MARTS = [Mart("a", "sales", "One row for each x.", {"x": "a number"}), Mart("b", "core", "", {})]


def make(home, warehouse, name, **facts):
    draft = home / "releases" / f"{name}.tmp"
    rows = releases.copy_marts(warehouse, draft / releases.DATABASE, MARTS)
    releases.seal(draft / releases.DATABASE, rows)
    releases.write_parquet(draft / releases.DATABASE, draft / "parquet", list(rows))
    return releases.finish_release(draft, {"release_id": name, "rows": rows, **facts})


def test_a_release_holds_the_marts_in_one_schema(tmp_path, warehouse):
    place = make(tmp_path, warehouse, "r1")
    with duckdb.connect(str(place / "salesops.duckdb"), read_only=True) as connection:
        assert connection.execute("select x from marts.a").fetchall() == [(1,), (2,)]
        assert connection.execute("select * from marts.b").fetchall() == []
        assert connection.execute(
            "select comment from duckdb_tables() where table_name = 'a'"
        ).fetchall() == [("One row for each x.",)]
    assert duckdb.sql(f"select sum(x) from '{place}/parquet/a.parquet'").fetchall() == [(3,)]


def test_every_file_is_hashed_and_read_only(tmp_path, warehouse):
    place = make(tmp_path, warehouse, "r1")
    facts = json.loads((place / "release.json").read_text())
    assert sorted(facts["files"]) == ["parquet/a.parquet", "parquet/b.parquet", "salesops.duckdb"]
    assert facts["rows"] == {"a": 2, "b": 0}
    modes = {stat.S_IMODE(f.stat().st_mode) for f in place.rglob("*") if f.is_file()}
    assert modes == {0o444}


def test_the_storage_is_the_one_that_older_clients_read(tmp_path, warehouse):
    place = make(tmp_path, warehouse, "r1")
    with duckdb.connect(str(place / "salesops.duckdb"), read_only=True) as connection:
        [(tags,)] = connection.execute(
            "select tags from duckdb_databases() where database_name = 'salesops'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.4.0")


def test_seal_refuses_a_file_that_lost_rows(tmp_path, warehouse):
    draft = tmp_path / "releases" / "r.tmp"
    releases.copy_marts(warehouse, draft / releases.DATABASE, MARTS)
    with pytest.raises(ReleaseError, match="a holds 2 rows where 3 were written"):
        releases.seal(draft / releases.DATABASE, {"a": 3})


def test_current_moves_in_one_step_and_back(tmp_path, warehouse):
    first, second = make(tmp_path, warehouse, "r1"), make(tmp_path, warehouse, "r2")
    assert releases.current_release(tmp_path) is None
    releases.point_at(tmp_path, first)
    releases.point_at(tmp_path, second)
    assert releases.current_release(tmp_path) == second
    assert releases.find_release(tmp_path) == first
    releases.point_at(tmp_path, first)
    assert releases.current_release(tmp_path) == first
    with pytest.raises(ReleaseError, match="no earlier release"):
        releases.find_release(tmp_path)
    with pytest.raises(ReleaseError, match=r"no release 'r9'\. The newest are: r1, r2"):
        releases.find_release(tmp_path, "r9")
    assert releases.find_release(tmp_path, "r2") == second


def test_pruning_keeps_the_newest_and_the_one_in_use(tmp_path, warehouse):
    places = [make(tmp_path, warehouse, f"r{number}") for number in range(5)]
    releases.point_at(tmp_path, places[0])
    assert releases.prune_releases(tmp_path, keep=2) == ["r1", "r2"]
    assert [r.name for r in releases.list_releases(tmp_path)] == ["r0", "r3", "r4"]


def test_drafts_of_killed_runs_are_swept(tmp_path, warehouse):
    draft = tmp_path / "releases" / "r9.tmp"
    releases.copy_marts(warehouse, draft / releases.DATABASE, MARTS)
    (draft / releases.DATABASE).chmod(0o444)
    releases.sweep_drafts(tmp_path)
    assert list((tmp_path / "releases").iterdir()) == []
    assert releases.list_releases(tmp_path) == []


def test_what_a_failed_delivery_left_is_delivered_and_not_built_again(tmp_path, warehouse):
    settings = parse_settings(
        "sources: [{name: a, path: a}]",
        file=tmp_path / "salesops.yaml",
        home=tmp_path,
        environment={},
    )
    night = Night(
        settings, as_of=date(2026, 6, 30), run_id="run", at=datetime(2026, 7, 1, tzinfo=UTC)
    )
    extraction = Extraction(night.at, (), ())
    in_use = make(tmp_path, warehouse, "r1")
    releases.point_at(tmp_path, in_use)
    assert not is_delivered(night, extraction)
    left = make(tmp_path, warehouse, "r2", inputs=inputs_hash(night, extraction))
    assert not is_delivered(replace(night, is_full=True), extraction)
    assert not is_delivered(replace(night, as_of=date(2026, 6, 29)), extraction)
    assert releases.current_release(tmp_path) == in_use
    assert is_delivered(night, extraction)
    assert releases.current_release(tmp_path) == left
    # A target more in the settings changes nothing of what a release is made of.
    more = settings.model_copy(update={"publish": (*settings.publish, FilesTarget(keep=3))})
    assert is_delivered(replace(night, settings=more), extraction)


def test_rollback_goes_back_and_says_where(tmp_path, warehouse):
    config = tmp_path / "salesops.yaml"
    config.write_text("sources: [{name: a, path: a}]\n")
    make(tmp_path, warehouse, "r1")
    releases.point_at(tmp_path, make(tmp_path, warehouse, "r2"))
    result = CliRunner().invoke(
        cli, ["rollback", "--config", str(config)], env={"SALESOPS_HOME": str(tmp_path)}
    )
    assert (result.exit_code, result.output) == (0, "current → r1\n")
    assert releases.current_release(tmp_path) == tmp_path / "releases" / "r1"
