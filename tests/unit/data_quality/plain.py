"""Judge expectations by SQL of our own: an oracle for the runner, and a quick stand-in for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

import duckdb

from data_quality.expectations import Expectation
from data_quality.runner import KEY_COLUMNS, Outcome


def plain_outcomes(
    warehouse: Path,
    suites: Mapping[str, Sequence[Expectation]],
    *,
    parameters: Mapping[str, str] | None = None,
    key_columns: Sequence[str] = KEY_COLUMNS,
) -> list[Outcome]:
    """What `run_suites` should find, without Great Expectations."""
    found = []
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table, expectations in suites.items():
            asked = [e for e in expectations if e.kind not in ("row_count", "sources")]
            quiet: set[str] = set()
            # Most rules find nothing: ten are asked for at once, and each where any of them does.
            for start in range(0, len(asked), 10):
                look = asked[start : start + 10]
                either = " or ".join(f"({_filled(e, table, parameters or {})})" for e in look)
                query = f"select 1 from {table} as this where {either} limit 1"
                if not connection.execute(query).fetchall():
                    quiet |= {e.rule for e in look}
            for e in expectations:
                if e.rule in quiet:
                    found.append(Outcome(e, table, True, True, 0))
                else:
                    found.append(plain_outcome(connection, table, e, parameters or {}, key_columns))
    return found


def _filled(e: Expectation, table: str, parameters: Mapping[str, str]) -> str:
    return Template(_condition(e)).substitute(parameters).format(batch=table)


def plain_outcome(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    e: Expectation,
    parameters: Mapping[str, str],
    key_columns: Sequence[str],
) -> Outcome:
    """What one expectation should find, over a connection that is open."""
    if e.kind == "row_count":
        ((count,),) = connection.execute(f"select count(*) from {table}").fetchall()
        is_passed = int(e.minimum or 0) <= count <= int(e.maximum or count)
        return Outcome(e, table, True, is_passed, 0, None if is_passed else str(count))
    condition = _filled(e, table, parameters)
    if e.kind == "sources":
        found = connection.execute(
            f"select source_system from {table} as this where {condition} order by source_system"
        ).fetchall()
        return Outcome(e, table, True, not found, 0, sources=tuple(name for (name,) in found))
    keys = ", ".join(key_columns) or "1 as failing"
    failing = connection.sql(
        f"select {keys} from {table} as this where {condition}"
    ).to_arrow_table()
    count = failing.num_rows
    if count == 0:
        return Outcome(e, table, True, True, 0)
    return Outcome(e, table, True, False, count, str(count), None, failing)


def _condition(e: Expectation) -> str:
    if e.kind in ("rows", "sources"):
        return e.condition or ""
    column = e.columns[0]
    if e.kind == "in_set":
        listed = ", ".join(f"'{value}'" for value in e.values)
        return f"this.{column} not in ({listed})"
    if e.kind == "matches":
        return f"not regexp_matches(this.{column}, '{e.pattern}')".replace("$", "$$")
    assert e.kind == "between", e.kind
    limits = [f"this.{column} < {e.minimum}"] if e.minimum is not None else []
    limits += [f"this.{column} > {e.maximum}"] if e.maximum is not None else []
    return " or ".join(limits)
