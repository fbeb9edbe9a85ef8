"""Propose corrections for open issues, and remember what people decide of corrections.

What is proposed stands in `gate.proposals`; what is decided, in the lake. Staging applies it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from data_quality import proposals
from pipelines.gate import memory

_FIELDS = (
    "source_system",
    "entity",
    "record_id",
    "column_name",
    "rule",
    "value_before",
    "value_after",
)
# From which state a decision leads where.
_DECISIONS = {
    "approved": ("waiting", "undone"),
    "rejected": ("waiting",),
    "undone": ("made", "approved", "rejected"),
}


class UnknownCorrection(Exception):
    """No correction has that id, or several begin with it."""


class NotDecidable(Exception):
    """The correction is in no state for that decision. The message says in which it is."""


def write_proposals(connection: duckdb.DuckDBPyConnection, lake: Path) -> int:
    """Write `gate.proposals`: a likely value for each open issue that has one; how many wait.

    Reads `gate.issues` and what is staged. What a person rejected is not proposed again.
    """
    memory.load(connection, lake, "corrections")
    connection.execute(
        "create or replace table gate.proposals (correction_id varchar, issue_id varchar,"
        " source_system varchar, entity varchar, record_id varchar, column_name varchar,"
        " rule varchar, value_before varchar, value_after varchar)"
    )
    kinds = "|".join(proposals.KINDS)
    doubts = connection.execute(
        "select distinct entity, rule, column_name from gate.issues where status = 'open'"
        " and regexp_full_match(rule, $pattern) order by all",
        {"pattern": f"[^.]+[.][^.]+[.]({kinds})"},
    ).fetchall()
    for entity, rule, column_name in doubts:
        column, kind = rule.split(".")[1:]
        proposal = proposals.proposal(entity, column, kind)
        if proposal is None:
            continue
        connection.execute(
            "create or replace temp table doubted as select issue_id, source_system, record_id"
            " from gate.issues where status = 'open' and rule = ? and column_name = ?",
            [rule, column_name],
        )
        connection.execute(
            "insert into gate.proposals select md5(concat_ws('|', doubted.source_system, $entity,"
            " doubted.record_id, $column, $rule, likely.value_before)), doubted.issue_id,"
            " doubted.source_system, $entity, doubted.record_id, $column, $rule,"
            " likely.value_before, likely.value_after"
            f" from doubted join (select *, count(*) over (partition by source_system, record_id)"
            f" as n from ({proposal.query}) as proposed) as likely"
            " on likely.source_system = doubted.source_system"
            " and likely.record_id = doubted.record_id"
            # Of two rows of one key nobody knows which is meant.
            " where likely.n = 1 and likely.value_after is not null"
            " and likely.value_after is distinct from likely.value_before",
            {"entity": entity, "column": proposal.column, "rule": rule},
        )
    connection.execute(
        "delete from gate.proposals where correction_id in (select correction_id"
        " from memory_corrections group by correction_id"
        " having max_by(event, _sequence) = 'rejected')"
    )
    return len(connection.execute("from gate.proposals").fetchall())


def corrections(warehouse: Path, lake: Path) -> list[dict[str, Any]]:
    """Every correction that waits or was decided or made, with its `status`: waiting, approved (from
    the next run on), made, undone or rejected. Waiting ones come first, then the newest."""
    if not warehouse.is_file():
        return []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set timezone = 'UTC'")
        memory.load(connection, lake, "corrections")
        fields = ", ".join(_FIELDS)
        try:
            result = connection.execute(
                "with decided as (select * from memory_corrections qualify row_number()"
                " over (partition by correction_id order by _sequence desc) = 1),"
                f" known as (select correction_id, {fields}, 'made' as state, corrected_at,"
                " approved_by, is_personal from corrections.log where not is_undone"
                f" union all select correction_id, {fields}, 'undone', corrected_at, approved_by,"
                " is_personal from corrections.log where is_undone"
                " and correction_id not in (select correction_id from gate.proposals)"
                f" union all select correction_id, {fields}, 'waiting', null, null, false"
                " from gate.proposals"
                f" union all select correction_id, {fields}, event, happened_at, decided_by, false"
                " from decided where rule is not null"
                " and correction_id not in (select correction_id from corrections.log)"
                " and correction_id not in (select correction_id from gate.proposals)),"
                " told as (select known.correction_id,"
                " case when known.state = 'waiting' and decided.event = 'undone' then 'waiting'"
                " when known.state = 'made' and decided.event = 'approved' then 'made'"
                f" else coalesce(decided.event, known.state) end as status, {_of('known')},"
                " known.corrected_at, known.approved_by, known.is_personal"
                " from known left join decided on decided.correction_id = known.correction_id)"
                " select * from told order by case status when 'waiting' then 0 when 'approved'"
                " then 1 when 'made' then 2 else 3 end, corrected_at desc, rule, record_id"
            )
        except duckdb.CatalogException:
            return []
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _of(alias: str) -> str:
    return ", ".join(f"{alias}.{field}" for field in _FIELDS)


def decide(
    warehouse: Path, lake: Path, ids: Sequence[str], event: str, *, by: str, now: datetime
) -> list[dict[str, Any]]:
    """Approve, reject or take back corrections: all of `ids`, or none. The next run follows it.

    An id may be shortened as long as one correction begins with it. Returns the corrections.
    Raises UnknownCorrection or NotDecidable.
    """
    known = corrections(warehouse, lake)
    chosen = []
    for wanted in ids:
        found = [c for c in known if c["correction_id"].startswith(wanted)]
        if len(found) != 1 or not re.fullmatch("[0-9a-f]+", wanted):
            what = "no correction" if not found else f"{len(found)} corrections"
            raise UnknownCorrection(
                f"{what} begin{'' if len(found) > 1 else 's'} with {wanted}; "
                "`salesops correct list` shows them"
            )
        if found[0]["status"] not in _DECISIONS[event]:
            raise NotDecidable(
                f"correction {wanted} is {found[0]['status']}: it cannot be {event}. "
                f"That is for those that are {' or '.join(_DECISIONS[event])}."
            )
        chosen += found
    records = []
    for correction in chosen:
        # What a rule corrected can be found again; its values may be personal and are not kept.
        is_rules = correction["approved_by"] == "rule"
        kept = {} if is_rules else {field: correction[field] for field in _FIELDS}
        records.append(
            {
                "correction_id": correction["correction_id"],
                "event": event,
                "happened_at": now,
                "decided_by": by,
                **kept,
            }
        )
    memory.append(lake, "corrections", memory.rows("corrections", records), now)
    return chosen
