"""What the command line tells of a release and its checks."""

from __future__ import annotations

from pipelines.reading import status_text


def test_a_column_that_a_source_never_fills_is_no_count_of_rows() -> None:
    checks = [
        ("opportunities.lost_reason.never_filled:crm", 0, 75, True),
        ("orders.amount.range:shop", 3, 40, True),
        ("orders.key.unique:shop", 0, 40, False),
    ]
    told = status_text(
        {
            "home": "home",
            "last_run": None,
            "release": "20260701",
            "as_of_date": "2026-06-30",
            "age_hours": 2,
            "stale": [],
            "failed_checks": [
                {
                    "check_id": check_id,
                    "action": "warn",
                    "rows_failed": failed,
                    "rows_checked": checked,
                    "did_run": did_run,
                }
                for check_id, failed, checked, did_run in checks
            ],
        }
    )
    assert told.splitlines()[-3:] == [
        "warn       opportunities.lost_reason.never_filled:crm: none in any of the source's 75 rows",
        "warn       orders.amount.range:shop: 3 of 40 rows",
        "warn       orders.key.unique:shop: did not run",
    ]
