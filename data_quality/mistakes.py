"""Find what is wrong in the suites themselves, before a night does: names, words, SQL that does not bind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from string import Template

import duckdb

from data_quality.expectations import ACTIONS, DIMENSIONS, KINDS, Expectation
from data_quality.suites.contract import staging_table
from pipelines.extract import contract

# Bookkeeping of every staged table that conditions may use.
_BOOKKEEPING = (
    "source_system varchar, _record_id varchar, _row_hash varchar, _batch_id varchar,"
    " _extracted_at timestamptz, _rejected_values varchar, _extra varchar, _row_number bigint"
)


def mistakes(suites: Iterable[tuple[str, Sequence[Expectation]]]) -> list[str]:
    """What is wrong with the expectations of these entities, one sentence each: file, line, rule, what."""
    found = []
    seen: set[str] = set()
    with _empty_staging() as connection:
        for entity, expectations in suites:
            for e in expectations:
                wrong = _words(entity, e)
                wrong += ["another expectation has this name"] if e.rule in seen else []
                seen.add(e.rule)
                found += [f"{e.origin}: {e.rule}: {problem}" for problem in wrong]
            found += [
                f"{e.origin}: {e.rule}: its SQL does not bind: {error}"
                for e, error in _unbound(connection, entity, expectations)
            ]
    return found


def _words(entity: str, e: Expectation) -> list[str]:
    known = {column for other in contract.entities().values() for column in other.column_names}
    found = []
    if e.rule.split(".")[0] != entity or len(e.rule.split(".")) != 3:
        found.append(f"the name is not {entity}.<column or topic>.<kind>")
    if e.action not in ACTIONS:
        found.append(f"the action {e.action} is none of: {', '.join(ACTIONS)}")
    if e.dimension not in DIMENSIONS:
        found.append(f"the dimension {e.dimension} is none of: {', '.join(DIMENSIONS)}")
    if e.kind not in KINDS:
        found.append(f"the kind {e.kind} is none of: {', '.join(KINDS)}")
    if e.kind in ("rows", "sources"):
        # What is to be corrected may stand in a part of the record.
        unknown = set(e.columns) - known
    else:
        unknown = set(e.columns) - set(contract.entities()[entity].column_names)
    found += [f"{entity} has no column {column}" for column in sorted(unknown)]
    found += [
        f"it needs {name}, which is no entity"
        for name in e.needs
        if name not in contract.entities()
    ]
    return found


def _empty_staging() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema staging")
    for name, entity in contract.entities().items():
        columns = ", ".join(f'"{c.name}" {contract.SQL_TYPES[c.type]}' for c in entity.columns)
        connection.execute(f"create table {staging_table(name)} ({columns}, {_BOOKKEEPING})")
    return connection


def _unbound(
    connection: duckdb.DuckDBPyConnection, entity: str, expectations: Sequence[Expectation]
) -> list[tuple[Expectation, str]]:
    """The expectations whose SQL does not bind, with the reason; all are tried at once first."""
    conditions = [
        (e, condition)
        for e in expectations
        if e.kind == "rows"
        for condition in {e.condition or "", e.only_where or e.condition or ""}
    ]
    together = " or ".join(f"({condition})" for _, condition in conditions)
    alone = [(e, e.condition or "") for e in expectations if e.kind == "sources"]
    if together and _error(connection, entity, together):
        alone += conditions
    return [
        (e, error) for e, condition in alone if (error := _error(connection, entity, condition))
    ]


def _error(connection: duckdb.DuckDBPyConnection, entity: str, condition: str) -> str:
    table = staging_table(entity)
    try:
        filled = Template(condition).substitute(timezone="UTC").format(batch=table)
        selected = "this.source_system" if " group by this.source_system" in filled else "1"
        connection.execute(f"explain select {selected} from {table} as this where {filled}")
    except (duckdb.Error, KeyError, ValueError, IndexError) as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__
    return ""
