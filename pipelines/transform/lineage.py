"""Where each column of a query comes from, told by its SQL. Knows nothing of dbt and Dagster."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

# Schema → table → column → type.
Columns = Mapping[str, Mapping[str, Mapping[str, str]]]
_DIALECT = "duckdb"


@dataclass(frozen=True, order=True)
class ColumnSource:
    """A column that another one is computed from."""

    schema: str
    table: str
    column: str


def kept_column_sources(
    queries: Mapping[str, str], known: Columns, file: Path
) -> dict[str, dict[str, list[ColumnSource]]]:
    """The same as `column_sources`, which takes seconds for a night's queries, but for what an
    earlier night found and kept in the file."""
    keys = {
        name: hashlib.sha256(json.dumps([sql, _mentioned(sql, known)]).encode()).hexdigest()
        for name, sql in queries.items()
    }
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        kept = {}
    new = {name: sql for name, sql in queries.items() if keys[name] not in kept}
    if new:
        found = column_sources(new, known)
        # None for a query that cannot be read.
        kept |= dict.fromkeys((keys[name] for name in new), None)
        for name, columns in found.items():
            kept[keys[name]] = {c: [astuple(s) for s in sources] for c, sources in columns.items()}
        draft = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        draft.write_text(json.dumps(kept), encoding="utf-8")
        os.replace(draft, file)
    told = {name: kept[keys[name]] for name in queries if kept[keys[name]] is not None}
    return {
        name: {column: [ColumnSource(*s) for s in sources] for column, sources in columns.items()}
        for name, columns in told.items()
    }


def _mentioned(sql: str, known: Columns) -> list[tuple[str, str, list[str]]]:
    """The known tables whose names stand in a query, with their columns."""
    return [
        (schema, table, list(columns))
        for schema, tables in sorted(known.items())
        for table, columns in sorted(tables.items())
        if table in sql
    ]


def column_sources(
    queries: Mapping[str, str], known: Columns
) -> dict[str, dict[str, list[ColumnSource]]]:
    """For each query, by its name: each column of its result with the columns of `known` tables
    whose values go into it; none for a constant. What only filters or joins is no source.

    A query that cannot be read is left out.
    """
    from sqlglot import MappingSchema
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    schema = MappingSchema(
        {
            name: {t: dict(columns) for t, columns in tables.items()}
            for name, tables in known.items()
        },
        dialect=_DIALECT,
    )
    found = {}
    for name, sql in queries.items():
        try:
            # Qualified once for all columns; names that stay unknown are no reason to give up.
            nodes = lineage(
                None,
                sql,
                schema,
                dialect=_DIALECT,
                trim_selects=False,
                validate_qualify_columns=False,
            )
        except SqlglotError:
            # A company's own model may hold what the parser does not know: the night goes on.
            continue
        found[name] = {column: _leaves(node, known) for column, node in nodes.items()}
    return found


def _leaves(node: Any, known: Columns) -> list[ColumnSource]:
    """The columns of tables that the walk from a column ends in."""
    from sqlglot import exp

    found = set()
    seen = {id(node)}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        table = current.expression
        if isinstance(table, exp.Table):
            column = exp.to_column(current.name).name
            if column in known.get(table.db, {}).get(table.name, {}):
                found.add(ColumnSource(table.db, table.name, column))
        for below in current.downstream:
            if id(below) not in seen:
                seen.add(id(below))
                waiting.append(below)
    return sorted(found)
