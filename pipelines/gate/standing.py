"""Know which verdicts stand since the gate last judged, and what is to be judged again tonight.

A verdict stands until the row, a row that it is held against, or the rule changes. Schema
`standing` of the warehouse keeps, beside what they rest on (`basis` and `batches`), how each rule
came out (`rules`), which records failed it (`failures`), and by hashes which rows are linked with
which others (`seen_<entity>`). All of it can be lost at any time: then everything is judged.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from data_quality.expectations import Expectation
from data_quality.suites.contract import staging_table
from pipelines.extract import contract
from pipelines.extract import lake as lake_store
from pipelines.gate.tables import count
from pipelines.version import code_version

if TYPE_CHECKING:
    from data_quality.runner import Outcome

Suites = Mapping[str, Sequence[Expectation]]

# Where so many of an entity's rows are to be judged, a copy of them saves nothing.
_MOST = 0.25

_RECORD = "hash(source_system, _record_id)"
_OWN_BATCH = "{batch}"


@dataclass(frozen=True)
class Plan:
    """What is asked tonight: the expectations by table, and what becomes of the standing verdicts.

    `basis` and `batches` (source, entity, file, version) are what tonight's verdicts rest on.
    `narrow` are the rules that are asked of touched rows only; `whole` those asked of every row.
    All other rules stand.
    """

    asked: dict[str, list[Expectation]]
    basis: str
    batches: frozenset[tuple[str, str, str, str]]
    links: dict[str, tuple[str, ...]]
    is_first: bool
    narrow: dict[str, tuple[str, ...]] = field(default_factory=dict)
    whole: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def plan(
    connection: duckdb.DuckDBPyConnection,
    lake: Path,
    suites: Suites,
    basis: str,
    *,
    judges_all: bool = False,
) -> Plan:
    """Find what is to be judged. Whatever is doubtful is judged as a whole, all where `judges_all`.

    `basis` names all that decides how rows are staged, but for the lake and the code.
    """
    links = _links(suites)
    decided = lake_store.fingerprint(lake / "_salesops" / "corrections")
    parts = (basis, code_version(), decided, duckdb.__version__, repr(links))
    basis = hashlib.sha256(repr(parts).encode()).hexdigest()
    batches = _batches(lake)
    tables = {name: staging_table(name) for name in suites}
    first = Plan(
        {tables[name]: list(expectations) for name, expectations in suites.items()},
        basis,
        batches,
        links,
        is_first=True,
    )
    connection.execute("begin")
    added = None if judges_all else _added(connection, basis, batches)
    # Whoever is killed from here on leaves nothing that could be taken for a verdict.
    connection.execute("create schema if not exists standing")
    connection.execute("create or replace table standing.basis (basis varchar)")
    found = _narrowed(connection, first, suites, added) if added is not None else None
    connection.execute("commit")
    return found or first


def _links(suites: Suites) -> dict[str, tuple[str, ...]]:
    """The SQL expressions over a row (`{0}`) by which rows are linked with others, by entity."""
    names = _entity_names()
    found: dict[str, list[str]] = {name: [] for name in contract.entities()}
    for entity, expectations in suites.items():
        for e in expectations:
            for link in e.links:
                other = entity if link.table == _OWN_BATCH else names[link.table]
                found[entity].append(link.own)
                found[other].append(link.other)
    return {name: tuple(dict.fromkeys(expressions)) for name, expressions in found.items()}


@cache
def _entity_names() -> dict[str, str]:
    return {staging_table(name): name for name in contract.entities()}


def _batches(lake: Path) -> frozenset[tuple[str, str, str, str]]:
    return frozenset(
        (file.parts[-3], file.parts[-2], file.stem, f"{(s := file.stat()).st_size} {s.st_mtime_ns}")
        for file in lake.glob("*/*/*.parquet")
        if not file.parts[-3].startswith("_") and not file.name.startswith(".")
    )


def _added(
    connection: duckdb.DuckDBPyConnection,
    basis: str,
    batches: frozenset[tuple[str, str, str, str]],
) -> list[tuple[str, str, str]] | None:
    """The batches (source, entity, batch id) that came since, or None where all must be judged."""
    if not _exists(connection, "batches"):
        return None
    kept = connection.execute("select basis.basis from standing.basis").fetchall()
    known = set(connection.execute("from standing.batches").fetchall())
    if kept != [(basis,)] or not known <= batches:
        return None
    added = sorted((source, entity, batch) for source, entity, batch, _ in batches - known)
    # What a product calls things itself is staged with other entities' rows.
    if not {entity for _, entity, _ in added} <= contract.entities().keys():
        return None
    return added


def _narrowed(
    connection: duckdb.DuckDBPyConnection,
    first: Plan,
    suites: Suites,
    added: Iterable[tuple[str, str, str]],
) -> Plan | None:
    new: dict[str, list[tuple[str, str]]] = {}
    for source, entity, batch in added:
        new.setdefault(entity, []).append((source, batch))
    changed = []
    for entity, batches in new.items():
        is_changed = _find_changed(connection, entity, first.links[entity], batches)
        if is_changed is None:
            return None
        if is_changed:
            changed.append(entity)
    rules = {
        rule: (fingerprint, did_run)
        for rule, fingerprint, did_run in connection.execute(
            "select rule, fingerprint, did_run from standing.rules"
        ).fetchall()
    }
    narrow: dict[str, list[Expectation]] = {}
    whole: dict[str, list[Expectation]] = {}
    for entity, expectations in suites.items():
        touched = _find_touched(connection, entity, expectations, first.links, changed)
        rows = count(connection, f"select count(*) from {staging_table(entity)}")
        for e in expectations:
            stands = rules.get(e.rule) == (_fingerprint(e), True)
            if (
                not stands
                or _unlinked(entity, e).intersection(changed)
                or (touched and touched > _MOST * rows)
            ):
                whole.setdefault(entity, []).append(e)
            elif touched:
                narrow.setdefault(entity, []).append(e)
    asked = {staging_table(entity): list(expectations) for entity, expectations in whole.items()}
    _write_rows_to_check(connection, narrow, first.links)
    for entity, expectations in narrow.items():
        asked[f"standing.check_{entity}"] = [_narrow(entity, e) for e in expectations]
    return replace(
        first,
        asked=asked,
        is_first=False,
        narrow={name: tuple(e.rule for e in found) for name, found in narrow.items()},
        whole=tuple(e.rule for found in whole.values() for e in found),
        changed=tuple(changed),
    )


def _fingerprint(e: Expectation) -> str:
    return hashlib.sha256(repr(e).encode()).hexdigest()


def _reads(e: Expectation) -> set[str]:
    """The entities whose staged rows the verdict rests on, beside the row itself."""
    names = _entity_names()
    text = f"{e.condition or ''} {e.only_where or ''}"
    return {names[table] for table in re.findall(r"staging\.\w+", text)}


def _unlinked(entity: str, e: Expectation) -> set[str]:
    """The entities of which any row may matter to any verdict of the rule."""
    names = _entity_names()
    linked = {names.get(link.table, entity) for link in e.links}
    found = _reads(e) - linked
    if e.kind in ("sources", "row_count") or (
        _OWN_BATCH in (e.condition or "") and entity not in linked
    ):
        found.add(entity)
    return found


def _hashed(links: Sequence[str], alias: str) -> str:
    """SQL for the columns of a `seen` table. What is NULL is linked with nothing."""
    columns = [f"{_RECORD} as record"]
    for place, link in enumerate(links):
        value = link.format(alias)
        columns.append(f"case when {value} is not null then hash({value}) end as link_{place}")
    return ", ".join(columns)


def _find_changed(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    links: Sequence[str],
    batches: Sequence[tuple[str, str]],
) -> bool | None:
    """Table `standing.changed_<entity>`: rows that came or went since, as in `seen`, `is_new` or not.

    Whether there are any; None where what is staged is not what was seen and what came.
    """
    seen, changed, table = (
        f"standing.seen_{entity}",
        f"standing.changed_{entity}",
        staging_table(entity),
    )
    came = " or ".join(
        f"source_system = {lake_store.literal(source)} and _batch_id = {lake_store.literal(batch)}"
        for source, batch in batches
    )
    connection.execute(
        f"create or replace table {changed} as select {_hashed(links, 'this')}, true as is_new"
        f" from {table} as this where {came}"
    )
    connection.execute(
        f"insert into {changed} select *, false from {seen}"
        f" where record in (select record from {changed})"
    )
    new = count(connection, f"select count(*) from {changed} where is_new")
    staged = count(connection, f"select count(*) from {table}")
    left = f"select count(*) from {seen} where record not in (select record from {changed})"
    # Batches only add versions: of the rows that were seen, some may have been taken back.
    if count(connection, left) != staged - new:
        connection.execute(
            f"insert into {changed} select *, false from {seen}"
            f" where record not in (select {_RECORD} from {table})"
        )
    if count(connection, left) != staged - new:
        return None
    return bool(count(connection, f"select count(*) from {changed}"))


def _find_touched(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    expectations: Sequence[Expectation],
    links: Mapping[str, Sequence[str]],
    changed: Sequence[str],
) -> int:
    """Table `standing.touched_<entity>` (record): what changed, and what is linked with what did."""
    names = _entity_names()
    own, selects = links[entity], []
    if entity in changed:
        selects.append(f"select record from standing.changed_{entity}")
    for link in dict.fromkeys(link for e in expectations for link in e.links):
        other = names.get(link.table, entity)
        if other not in changed:
            continue
        theirs = f"link_{links[other].index(link.other)}"
        selects.append(
            f"select record from standing.seen_{entity} where link_{own.index(link.own)} in"
            f" (select {theirs} from standing.changed_{other} where {theirs} is not null)"
        )
        if entity in changed:
            selects.append(
                f"select record from standing.changed_{entity} where is_new and"
                f" link_{own.index(link.own)} in"
                f" (select {theirs} from standing.changed_{other} where {theirs} is not null)"
            )
    if not selects:
        return 0
    table = f"standing.touched_{entity}"
    connection.execute(f"create or replace table {table} as {' union '.join(selects)}")
    return count(connection, f"select count(*) from {table}")


def _write_rows_to_check(
    connection: duckdb.DuckDBPyConnection,
    narrow: Mapping[str, Sequence[Expectation]],
    links: Mapping[str, Sequence[str]],
) -> None:
    """Tables `standing.check_<entity>`, the rows to be judged, and `standing.near_<entity>`, all rows
    that they are held against by a link."""
    names = _entity_names()
    near: dict[str, list[str]] = {}
    for entity, expectations in narrow.items():
        connection.execute(
            f"create or replace table standing.check_{entity} as"
            f" {_rows_of(entity, f'select record from standing.touched_{entity}')}"
        )
        for link in dict.fromkeys(link for e in expectations for link in e.links):
            other = names.get(link.table, entity)
            near.setdefault(other, []).append(
                f"select hash({link.own.format('this')}) as linked,"
                f" {links[other].index(link.other)} as place"
                f" from standing.check_{entity} as this where {link.own.format('this')} is not null"
            )
    for other, selects in near.items():
        connection.execute(
            "create or replace temp table linked as"
            f" select distinct linked, place from ({' union all '.join(selects)})"
        )
        places = [
            place
            for (place,) in connection.execute(
                "select distinct place from linked order by place"
            ).fetchall()
        ]
        found = " or ".join(
            f"link_{place} in (select linked from linked where place = {place})" for place in places
        )
        # Rows that came tonight are not among those seen.
        records = [f"select record from standing.seen_{other} where {found}"] if places else []
        if _exists(connection, f"changed_{other}"):
            records.append(f"select record from standing.changed_{other}")
        found_rows = _rows_of(other, " union all ".join(records) or "select null where false")
        connection.execute(f"create or replace table standing.near_{other} as {found_rows}")


def _rows_of(entity: str, records: str) -> str:
    """SQL for the staged rows of these records."""
    table = staging_table(entity)
    # By their places: only these rows are read in every column.
    places = f"select rowid from {table} where {_RECORD} in ({records})"
    return f"select * from {table} where rowid in ({places})"


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    return bool(
        count(
            connection,
            "select count(*) from information_schema.tables where table_schema = 'standing'"
            f" and table_name = '{table}'",
        )
    )


def _narrow(entity: str, e: Expectation) -> Expectation:
    """The same, held against the rows near by."""
    names = _entity_names()

    def near(text: str | None) -> str | None:
        for link in e.links:
            table = staging_table(entity) if link.table == _OWN_BATCH else link.table
            pattern = re.escape(link.table) + ("" if link.table == _OWN_BATCH else r"\b")
            text = text and re.sub(pattern, f"standing.near_{names[table]}", text)
        return text

    return replace(e, condition=near(e.condition), only_where=near(e.only_where))


def keep(
    connection: duckdb.DuckDBPyConnection, plan: Plan, suites: Suites, outcomes: Sequence[Outcome]
) -> None:
    """Bring schema `standing` up to date with what was found: `rules` and `failures` hold tonight's
    verdicts, those that stand and those that are new."""
    if plan.is_first:
        _forget(connection)
        connection.execute(
            "create table standing.rules (rule varchar, fingerprint varchar, did_run boolean,"
            " is_passed boolean, sources varchar[], error varchar)"
        )
        connection.execute(
            "create table standing.failures (rule varchar, source_system varchar,"
            " record_id varchar, failed_rows bigint)"
        )
        for entity, links in plan.links.items():
            connection.execute(
                f"create table standing.seen_{entity} as select {_hashed(links, 'this')}"
                f" from {staging_table(entity)} as this"
            )
    for entity in plan.changed:
        connection.execute(
            f"delete from standing.seen_{entity} where record in"
            f" (select record from standing.changed_{entity})"
        )
        connection.execute(
            f"insert into standing.seen_{entity} select * exclude (is_new)"
            f" from standing.changed_{entity} where is_new"
        )
    for entity, rules in plan.narrow.items():
        connection.execute(
            "delete from standing.failures where rule in (select unnest(cast($rules as varchar[])))"
            " and hash(source_system, record_id) in"
            f" (select record from standing.touched_{entity})",
            {"rules": list(rules)},
        )
    known = {e.rule: e for expectations in suites.values() for e in expectations}
    gone = [*plan.whole, *(o.expectation.rule for o in outcomes if not o.did_run)]
    connection.execute(
        "delete from standing.failures where rule in (select unnest(cast($gone as varchar[])))"
        " or rule not in (select unnest(cast($known as varchar[])))",
        {"gone": gone, "known": list(known)},
    )
    for outcome in outcomes:
        if outcome.failing is None:
            continue
        connection.register("_failing", outcome.failing)
        connection.execute(
            "insert into standing.failures select $rule, source_system, _record_id, count(*)"
            " from _failing group by all",
            {"rule": outcome.expectation.rule},
        )
        connection.unregister("_failing")
    asked = pa.Table.from_pylist(
        [
            {
                "rule": o.expectation.rule,
                "fingerprint": _fingerprint(known[o.expectation.rule]),
                "did_run": o.did_run,
                "is_passed": o.is_passed,
                "sources": list(o.sources),
                "error": o.error,
            }
            for o in outcomes
        ],
        schema=pa.schema(
            [
                ("rule", pa.string()),
                ("fingerprint", pa.string()),
                ("did_run", pa.bool_()),
                ("is_passed", pa.bool_()),
                ("sources", pa.list_(pa.string())),
                ("error", pa.string()),
            ]
        ),
    )
    connection.register("_asked", asked)
    connection.execute(
        "delete from standing.rules where rule in (select rule from _asked)"
        " or rule not in (select unnest(cast($known as varchar[])))",
        {"known": list(known)},
    )
    connection.execute("insert into standing.rules from _asked")
    connection.unregister("_asked")
    _keep_basis(connection, plan)


def _keep_basis(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    fields = ("source_system", "entity", "batch_id", "version")
    batches = pa.table(
        [pa.array([row[n] for row in sorted(plan.batches)], pa.string()) for n in range(4)],
        names=list(fields),
    )
    connection.register("_batches", batches)
    connection.execute("create or replace table standing.batches as from _batches")
    connection.unregister("_batches")
    connection.execute("create or replace table standing.basis (basis varchar)")
    connection.execute("insert into standing.basis values (?)", [plan.basis])


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    for (table,) in connection.execute(
        "select table_name from information_schema.tables where table_schema = 'standing'"
    ).fetchall():
        connection.execute(f"drop table standing.{table}")


def drop_rows_to_check(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what only one night needs."""
    for (table,) in connection.execute(
        "select table_name from information_schema.tables where table_schema = 'standing'"
        " and regexp_matches(table_name, '^(check|near|touched|changed)_')"
    ).fetchall():
        connection.execute(f"drop table standing.{table}")
