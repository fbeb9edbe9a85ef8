"""Decide whether so much fails that nothing may be published."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data_quality.suites.contract import staging_table
from pipelines.gate.results import Block, CheckResult

# An entity of a source blocks the night when more than this share of its rows, and at least so
# many, fail by themselves: that is no longer a few bad rows but a broken source.
BLOCK_RATE = 0.05
BLOCK_ROWS = 20


def overflowing(
    connection: duckdb.DuckDBPyConnection,
    rows_by_source: dict[str, dict[str, int]],
    block_rate: float,
    block_rows: int,
) -> tuple[Block, ...]:
    """The entities of sources in which too many rows fail by themselves; relatives don't count."""
    found = []
    failing = connection.execute(
        "select distinct entity from failures where action = 'reject' and not is_let_go order by 1"
    ).fetchall()
    for (entity,) in failing:
        counts = connection.execute(
            f"select staged.source_system, count(*) from {staging_table(entity)} as staged"
            " where (staged.source_system, staged._record_id) in (select (source_system, record_id)"
            " from failures where entity = $entity and action = 'reject' and not is_let_go)"
            " group by staged.source_system order by staged.source_system",
            {"entity": entity},
        ).fetchall()
        for source, failed in counts:
            total = rows_by_source[entity][source]
            if failed >= block_rows and failed > block_rate * total:
                found.append(
                    Block(
                        entity,
                        source,
                        failed,
                        total,
                        f"{failed} of {total} rows of {entity} from {source} are rejected",
                    )
                )
    return tuple(found)


def stopped(checks: Sequence[CheckResult]) -> tuple[Block, ...]:
    """Checks that stop the night by themselves, and those that hold rows back and could not run."""
    found = []
    for check in checks:
        if not check.did_run and check.action != "warn":
            reason = f"check {check.rule} could not run: {check.error}"
        elif check.action == "block" and not check.is_passed:
            reason = f"{check.entity} had rows before and has none now"
        else:
            continue
        found.append(
            Block(check.entity, check.source_system, check.rows_failed, check.rows_checked, reason)
        )
    return tuple(found)
