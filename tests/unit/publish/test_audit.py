"""A refused audit: what it says, what it keeps for people to look at, and that nothing is published."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import nightly, reading
from pipelines.publish.release import current_release
from pipelines.settings import Settings, demo_settings

MANIFEST = {
    "nodes": {
        name: {
            "resource_type": "model",
            "original_file_path": f"models/marts/any/{name}.sql",
            "name": name,
            "schema": "any_area",
            "description": "",
            "columns": {},
        }
        for name in ("dim_competitor", "quality_checks", "quality_issues")
    }
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = demo_settings(tmp_path / "home")
    found.home.mkdir()
    with duckdb.connect(str(found.warehouse)) as connection:
        connection.execute("create schema any_area")
        connection.execute(
            "create table any_area.dim_competitor as select * from (values ('a', 'Acme'),"
            " ('b', 'Bolt'), ('b', 'Bolt Ltd'), (null, 'Nobody')) as t (competitor_id, name)"
        )
        connection.execute(
            "create table any_area.quality_checks (run_id varchar, check_id varchar,"
            " entity varchar, source_system varchar, dimension varchar, action varchar,"
            " rows_checked bigint, rows_failed bigint, is_passed boolean, did_run boolean,"
            " observed varchar, threshold varchar)"
        )
        connection.execute("create table any_area.quality_issues (issue_id varchar)")
    return found


def _night(settings: Settings) -> nightly.Night:
    return nightly.Night(
        settings=settings,
        as_of=date(2026, 6, 30),
        run_id="night",
        at=datetime(2026, 7, 1, tzinfo=UTC),
    )


def test_a_refused_audit_names_mart_check_rows_and_the_command_that_shows_them(
    settings: Settings,
) -> None:
    with pytest.raises(nightly.GateRefused) as refusal:
        nightly.audit_marts(_night(settings), MANIFEST)
    assert str(refusal.value) == (
        "The audit refused the marts: dim_competitor.key.unique:release fails for 3 of 4 rows: The "
        "key of dim_competitor (competitor_id) is empty or doubled. Report this fault. "
        "`salesops quality --entity dim_competitor` shows them. Nothing was published; the last "
        "good release stays."
    )
    assert current_release(settings.home) is None
    [shown] = reading.quality(settings, entity="dim_competitor")["audit"]
    assert sorted(shown["failing"]) == ["", "b", "b"]
    told = reading.quality_text(reading.quality(settings))
    assert "audit   dim_competitor.key.unique:release: 3 of 4 rows." in told
    assert reading.quality(settings, entity="win_rates")["audit"] == []


def test_an_audit_that_passes_takes_the_refusal_away(settings: Settings) -> None:
    with pytest.raises(nightly.GateRefused):
        nightly.audit_marts(_night(settings), MANIFEST)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute(
            "delete from any_area.dim_competitor where name in ('Bolt Ltd', 'Nobody')"
        )
    nightly.audit_marts(_night(settings), MANIFEST)
    assert reading.quality(settings)["audit"] == []
