"""A source in which too much fails ends the run with 3, names the entity and publishes nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines import reading, running
from pipelines.demo.write import write_demo
from pipelines.publish.release import current_release
from pipelines.settings import load_settings

pytestmark = pytest.mark.whole_run


def test_a_broken_source_is_refused_by_name(tmp_path: Path) -> None:
    import dagster as dg

    settings = load_settings(environment={"SALESOPS_HOME": str(tmp_path / "home")})
    write_demo(settings.base, scale=0.05)
    with sqlite3.connect(settings.base / "shop.db") as shop:
        shop.execute("update order_lines set unit_price = -1 where rowid % 10 = 0")
        (broken, lines) = shop.execute(
            "select count(*) filter (where rowid % 10 = 0), count(*) from order_lines"
        ).fetchone()
    outcome = running.run_nightly(
        settings, as_of=None, is_full=False, now=datetime.now(UTC), progress=lambda text: None
    )
    assert (outcome["exit_code"], outcome["status"]) == (3, "refused")
    assert outcome["message"] == (
        f"The gate blocked the night: shop.order_lines: {broken} of {lines} rows of order_lines "
        "from shop are rejected. Nothing was published; the last good release stays. "
        "`salesops quality` lists the records."
    )
    assert current_release(settings.home) is None
    with dg.DagsterInstance.from_config(str(settings.home / "dagster")) as instance:
        (run,) = instance.get_runs()
        events = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
        checks = [e.dagster_event.asset_check_evaluation_data for e in events if e.dagster_event]
    blocked = [c for c in checks if c.check_name == "block" and not c.passed]
    assert [(c.asset_key.path[-1], c.severity, c.blocking) for c in blocked] == [
        ("accepted_orders__order_lines", dg.AssetCheckSeverity.ERROR, True)
    ]
    # After a blocked night the records can still be listed.
    issues = reading.quality(settings, entity="order_lines")["issues"]
    held = [issue["rule"] for issue in issues if issue["action"] == "reject"]
    assert held == ["order_lines.unit_price.range"] * broken
