"""The whole job on the demo company: published whole, repeatable, rebuilt from the lake, never half."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import reading, running
from pipelines.publish import targets
from pipelines.publish.release import DATABASE, current_release, list_releases, read_facts
from pipelines.settings import PostgresTarget, Settings, load_settings
from tests import columns

pytestmark = pytest.mark.whole_run

# What names the run itself: everything else must be the same for the same lake.
_OF_THE_RUN = {"run_steps", "release_info"}
_OF_THE_LOOK = {
    "quality_checks": "exclude (run_id)",
    "quality_issues": "exclude (last_seen_at)",
}
# What tells when an extraction was, in a lake that began at another time.
_OF_THE_EXTRACTION = {
    "quality_issues": "exclude (first_seen_at, last_seen_at)",
    "quality_corrections": "exclude (corrected_at)",
    "source_freshness": "exclude (last_extracted_at, lag_hours)",
}


def run(settings: Settings, **options) -> dict:
    return running.run_nightly(
        settings,
        as_of=options.get("as_of"),
        is_full=options.get("is_full", False),
        now=datetime.now(UTC),
        progress=lambda text: None,
    )


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    from pipelines.demo.write import write_demo

    home = tmp_path_factory.mktemp("night") / "home"
    found = load_settings(environment={"SALESOPS_HOME": str(home)})
    write_demo(found.base, scale=0.1)
    outcome = run(found)
    assert outcome["exit_code"] == 0, outcome["message"]
    return found


def rows_of(release: Path, left_out: dict[str, str] | None = None) -> dict[str, list[tuple]]:
    """Every mart's rows, but for what names the run or says when it last looked."""
    found = {}
    with duckdb.connect(str(release / DATABASE), read_only=True) as connection:
        for name in read_facts(release)["rows"]:
            if name in _OF_THE_RUN:
                continue
            without = {**_OF_THE_LOOK, **(left_out or {})}.get(name, "")
            rows = connection.execute(
                f"select * {without} from marts.{name} order by all"
            ).fetchall()
            # Doubles are the same within 1e-9: a sum's last bit depends on its order.
            found[name] = [
                tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows
            ]
    return found


def test_a_night_publishes_a_release_that_anyone_can_read(settings):
    release = current_release(settings.home)
    assert release is not None
    names = {file.name for file in release.iterdir()}
    assert {
        "salesops.duckdb",
        "report.zh.html",
        "report.en.html",
        "report.xlsx",
        "release.json",
        "scorecards",
    } <= names
    cards = {f"scorecards/{file.name}" for file in (release / "scorecards").iterdir()}
    assert {"scorecards/index.zh.html", "scorecards/U101.zh.html"} <= cards
    assert cards < set(read_facts(release)["files"])
    assert len(list((release / "parquet").glob("*.parquet"))) == len(read_facts(release)["rows"])
    assert (
        columns.differences(columns.locked_columns(), columns.released_columns(release / DATABASE))
        == []
    ), columns.NEEDED
    [row] = reading._rows(release / DATABASE, "select net_sales from sales_by_period "
                          "where period_type = 'all' and dimension = 'total'")  # fmt: skip
    [facts] = reading._rows(
        release / DATABASE, "select sum(net_sales) as net_sales from fct_order_line where is_valid"
    )
    assert row["net_sales"] > 0
    assert abs(row["net_sales"] - facts["net_sales"]) < 1_000_000


def test_two_fresh_homes_on_the_same_sources_publish_the_same(settings, tmp_path):
    # Before any other night: some checks look back at the one before.
    other = settings.model_copy(update={"home": tmp_path / "other"})
    assert run(other, as_of=None)["exit_code"] == 0
    releases = [current_release(s.home) for s in (settings, other)]
    assert None not in releases
    one, another = (rows_of(release, _OF_THE_EXTRACTION) for release in releases if release)
    assert [name for name in one if one[name] != another[name]] == []


def test_nothing_new_publishes_nothing(settings):
    before = current_release(settings.home)
    assert run(settings)["status"] == "nothing new"
    assert current_release(settings.home) == before


def test_the_warehouse_is_rebuilt_from_the_lake(settings):
    before = current_release(settings.home)
    assert before is not None
    settings.warehouse.unlink()
    assert run(settings, is_full=True)["exit_code"] == 0
    after = current_release(settings.home)
    assert after is not None
    assert after != before
    one, other = rows_of(before), rows_of(after)
    different = [name for name in one if one[name] != other[name] and name != "quality_checks"]
    assert different == []


@pytest.mark.component
def test_postgres_shows_what_the_release_holds(settings, postgres_url):
    import psycopg

    release = current_release(settings.home)
    assert release is not None
    target = PostgresTarget(kind="postgres", url=postgres_url, schema="night")
    targets.deliver(
        settings.model_copy(update={"publish": (target,)}), release, say=lambda text: None
    )
    address = postgres_url.replace("postgresql+psycopg", "postgresql")
    with (
        psycopg.connect(address) as postgres,
        duckdb.connect(str(release / DATABASE), read_only=True) as connection,
    ):
        for zoned in (postgres, connection):
            zoned.execute("set timezone = 'UTC'")
        for mart in read_facts(release)["rows"]:
            names = ", ".join(
                f'"{name}"' for name, *_ in connection.execute(f"describe marts.{mart}").fetchall()
            )
            expected = connection.execute(f"select {names} from marts.{mart}").fetchall()
            shown = postgres.execute(f"select {names} from night.{mart}").fetchall()
            # Instants are equal whatever a driver calls their zone.
            assert Counter(map(_plain, shown)) == Counter(map(_plain, expected)), mart


def _plain(row: tuple) -> tuple:
    return tuple(v.timestamp() if isinstance(v, datetime) else v for v in row)


def test_a_second_run_at_once_is_refused_and_names_the_first(settings):
    with running.only_one(settings, "salesops run"):
        outcome = run(settings)
    assert outcome["exit_code"] == 1
    assert f"salesops run (process {os.getpid()}" in outcome["message"]


def test_a_killed_run_leaves_the_release_in_use_whole(settings):
    chance = random.Random(7)
    environment = {**os.environ, "SALESOPS_HOME": str(settings.home)}
    command = [str(Path(sys.executable).parent / "salesops"), "run", "--full-refresh"]
    before = current_release(settings.home)
    for _ in range(2):
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            cwd=settings.home.parent,
        )  # fmt: skip
        time.sleep(chance.uniform(2, 20))
        process.kill()
        process.wait()
        release = current_release(settings.home)
        assert release is not None
        assert reading._rows(release / DATABASE, "select count(*) as n from kpis")[0]["n"] > 0
    assert run(settings, is_full=True)["exit_code"] == 0
    after = current_release(settings.home)
    assert after is not None
    assert before is not None
    assert rows_of(after).keys() == rows_of(before).keys()
    assert not list((settings.home / "releases").glob("*.tmp"))
    assert after in list_releases(settings.home)
