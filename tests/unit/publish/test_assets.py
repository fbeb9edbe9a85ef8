"""What the audit found, as Dagster shows it."""

from __future__ import annotations

import dagster as dg

from pipelines.publish.assets import WARN, audit_results, audit_specs
from pipelines.publish.audit import AuditCheck

MARTS = ("kpis", "win_rates")


def check(rule: str, action: str, rows_failed: int = 0, did_run: bool = True) -> AuditCheck:
    return AuditCheck(
        run_id="r1",
        check_id=f"{rule}:release",
        entity=rule.partition(".")[0],
        dimension="validity",
        action=action,
        rows_checked=10,
        rows_failed=rows_failed,
        is_passed=did_run and not rows_failed,
        did_run=did_run,
        observed=None if did_run else "no such column",
        told="",
    )


def told(*checks: AuditCheck) -> dict[str, tuple[bool, str, dict[str, object]]]:
    return {
        str(result.check_name): (
            result.passed,
            result.severity.value,
            {name: value.value for name, value in result.metadata.items()},
        )
        for result in audit_results(MARTS, checks)
    }


def test_only_what_blocks_keeps_the_release_back():
    specs = audit_specs(MARTS)
    assert {s.name: s.blocking for s in specs} == {
        "kpis_block": True,
        "win_rates_block": True,
        WARN: False,
    }
    assert {s.asset_key for s in specs} == {dg.AssetKey(["publish", "release"])}


def test_a_failing_expectation_is_named_by_its_mart_and_the_others_are_not():
    found = told(
        check("kpis.key.unique", "block"),
        check("kpis.value.range", "block", rows_failed=3),
        check("win_rates.key.unique", "block"),
        check("win_rates.rows.no_jump", "warn", rows_failed=1),
    )
    assert found == {
        "kpis_block": (False, "ERROR", {"kpis.value.range": "3 of 10 rows fail"}),
        "win_rates_block": (True, "ERROR", {"win_rates.key.unique": "0 of 10 rows fail"}),
        WARN: (False, "WARN", {"win_rates.rows.no_jump": "1 of 10 rows fail"}),
    }


def test_a_check_that_did_not_run_is_an_error_whatever_its_action():
    found = told(check("kpis.rows.no_jump", "warn", did_run=False))
    assert found[WARN] == (
        False,
        "ERROR",
        {"kpis.rows.no_jump": "did not run: no such column"},
    )
