"""Find what can be corrected without asking, log it, and lay corrections over the lake's views.

The batches of the lake stay as they came. Staging, its versions and what the gate last accepted are
all read through the views, so a correction holds everywhere or nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

from data_quality import corrections as rules
from data_quality.corrections import Spelling
from pipelines.extract import contract, lake
from pipelines.extract.contract import Entity
from pipelines.extract.lake import literal, quoted
from pipelines.gate import memory
from pipelines.settings import Settings, SettingsError, Source

# Rules come first; a person decides on the value that they left.
_LAYERS = ("approved_by = 'rule'", "approved_by <> 'rule'")


def spellings(settings: Settings) -> tuple[Spelling, ...]:
    """The known spellings: the company's own, then those that ship, then what the suites allow.

    Raises SettingsError where the company's list cannot be used.
    """
    from pipelines.transform.models import project_folder

    shipped = rules.read_spellings(project_folder() / "seeds" / "spellings.csv")
    return (*own_spellings(settings), *shipped, *rules.allowed_spellings())


def own_spellings(settings: Settings) -> tuple[Spelling, ...]:
    """The spellings of the company's own list; none where the settings name no list.

    Raises SettingsError where it cannot be used.
    """
    file = settings.corrections.spellings
    try:
        return rules.read_spellings(settings.resolved(file)) if file else ()
    except rules.WrongSpellings as error:
        raise SettingsError(str(error)) from None


def rules_hash(settings: Settings) -> str:
    """A hash over all that automatic corrections rest on."""
    code = Path(rules.__file__).read_bytes()
    return hashlib.sha256(code + repr(spellings(settings)).encode()).hexdigest()[:16]


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Schema `corrections`, where it is missing: files read, values found, and the log."""
    connection.execute("create schema if not exists corrections")
    connection.execute(
        "create table if not exists corrections.files"
        " (source_system varchar, entity varchar, file varchar, size bigint, rules varchar)"
    )
    connection.execute(
        "create table if not exists corrections.found (source_system varchar, entity varchar,"
        " record_id varchar, column_name varchar, kind varchar, value_before varchar,"
        " value_after varchar, extracted_at timestamptz)"
    )
    connection.execute(
        "create table if not exists corrections.log (correction_id varchar, source_system varchar,"
        " entity varchar, record_id varchar, column_name varchar, rule varchar, kind varchar,"
        " value_before varchar, value_after varchar, corrected_at timestamptz,"
        " last_seen_at timestamptz, approved_by varchar, is_undone boolean, is_personal boolean)"
    )


def find_corrections(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    delivered: dict[str, tuple[Source, ...]],
) -> None:
    """Look through the batches that were not yet looked through; `corrections.found` grows.

    Where the rules changed, or a batch is no longer what it was, everything is looked at again.
    """
    create_tables(connection)
    known, version = spellings(settings), rules_hash(settings)
    batches = [
        (source.name, entity, str(file), file.stat().st_size, version)
        for entity, sources in delivered.items()
        for source in sources
        for file in lake.batch_files(settings.lake, source.name, entity)
    ]
    seen = set(connection.execute("from corrections.files").fetchall())
    if not seen.issubset(batches):
        connection.execute("delete from corrections.files")
        connection.execute("delete from corrections.found")
        seen = set()
    new: dict[tuple[str, str], list[str]] = {}
    for batch in batches:
        if batch not in seen:
            new.setdefault((batch[0], batch[1]), []).append(batch[2])
    connection.execute(
        "create or replace temp table cells (source_system varchar, entity varchar,"
        " record_id varchar, extracted_at timestamptz, column_name varchar, treatment varchar,"
        " value varchar)"
    )
    for (source, entity), files in new.items():
        _collect_cells(connection, source, entity, files, known)
        _find_duplicates(connection, source, contract.entities()[entity], files)
    if not new:
        return
    _correct_cells(connection, known)
    connection.executemany(
        "insert into corrections.files values (?, ?, ?, ?, ?)",
        [batch for batch in batches if batch not in seen],
    )


def _files(files: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(map(literal, files))}])"


def _collect_cells(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    entity: str,
    files: Sequence[str],
    known: Iterable[Spelling],
) -> None:
    """Add the texts of every row in which something may be amiss to `cells`."""
    columns = rules.treatments(entity)
    if not columns:
        return
    cells = ", ".join(
        f"{{'name': {literal(name)}, 'treatment': {literal(treatment)}, 'value': {quoted(name)}}}"
        for name, treatment in columns.items()
    )
    connection.execute(
        f"insert into cells select {literal(source)}, {literal(entity)}, _record_id, _extracted_at,"
        f" cell.name, cell.treatment, cell.value from (select _record_id, _extracted_at,"
        f" unnest([{cells}]) as cell from {_files(files)}"
        f" where not _is_tombstone and ({rules.suspicious(entity, known)})) as rows_amiss"
        " where cell.value is not null"
    )


def _correct_cells(connection: duckdb.DuckDBPyConnection, known: Sequence[Spelling]) -> None:
    """Correct `cells`, and add to `corrections.found` what came out different."""
    connection.execute(
        "create or replace temp table spellings"
        " (entity varchar, column_name varchar, spelling varchar, meant varchar)"
    )
    # The company's own come first.
    chosen = {(s.entity, s.column, s.spelling.lower()): s.meant for s in reversed(known)}
    connection.executemany(
        "insert into spellings values (?, ?, ?, ?)",
        [(*key, meant) for key, meant in chosen.items()],
    )
    connection.execute(
        "insert into corrections.found"
        f" with unified as (select *, {rules.unified('value')} as with_blanks from cells),"
        f" narrowed as (select *, {rules.narrowed('with_blanks', 'treatment')} as narrow"
        " from unified),"
        f" visible as (select *, trim({rules.seen('narrow')}) as clean from narrowed),"
        f" meant as (select visible.*, coalesce(spellings.meant,"
        f" {rules.coded('visible.clean', 'visible.treatment')}) as target"
        " from visible left join spellings on spellings.entity = visible.entity"
        " and spellings.column_name = visible.column_name"
        " and spellings.spelling = lower(visible.clean))"
        " select source_system, entity, record_id, column_name,"
        " case when target = trim(with_blanks) then 'blanks'"
        " when target = trim(narrow) then 'width'"
        " when target = clean then 'invisible_characters'"
        " when lower(target) = lower(clean) then 'case' else 'spelling' end,"
        " value, nullif(target, ''), extracted_at from meant where target <> value"
    )


def _find_duplicates(
    connection: duckdb.DuckDBPyConnection, source: str, entity: Entity, files: Sequence[str]
) -> None:
    """Add the rows that one extraction holds more than once, equal in every column."""
    rows = _files(files)
    key = ",".join(entity.key)
    connection.execute(
        f"insert into corrections.found select {literal(source)}, {literal(entity.name)},"
        f" _record_id, {literal(key)}, 'duplicate', concat(count(*), ' rows'), '1 row',"
        f" _extracted_at from {rows} where not _is_tombstone and hash(_row_hash) in"
        f" (select hash(_row_hash) from {rows} where not _is_tombstone"
        " group by hash(_row_hash) having count(*) > 1)"
        " group by _record_id, _row_hash, _batch_id, _extracted_at having count(*) > 1"
    )


def write_log(connection: duckdb.DuckDBPyConnection, lake_folder: Path) -> None:
    """Write `corrections.log`: what the rules found and what people approved, one row each."""
    memory.load(connection, lake_folder, "corrections")
    personal = " or ".join(
        f"(entity = {literal(entity.name)} and column_name = {literal(column.name)})"
        for entity in contract.entities().values()
        for column in entity.columns
        if column.is_personal
    )
    topic = "case when kind = 'duplicate' then 'key' else column_name end"
    connection.execute("delete from corrections.log")
    connection.execute(
        "insert into corrections.log"
        " with automatic as (select source_system, entity, record_id, column_name,"
        f" concat_ws('.', entity, {topic}, kind) as rule, kind, value_before,"
        " any_value(value_after) as value_after, min(extracted_at) as corrected_at,"
        " max(extracted_at) as last_seen_at from corrections.found group by all),"
        " named as (select md5(concat_ws('|', source_system, entity, record_id, column_name, rule,"
        " value_before)) as correction_id, * from automatic),"
        " decided as (select * from memory_corrections"
        " qualify row_number() over (partition by correction_id order by _sequence desc) = 1),"
        " approved as (select correction_id, max(happened_at) as approved_at,"
        " max_by(decided_by, _sequence) as approved_by"
        " from memory_corrections where event = 'approved' group by correction_id)"
        " select named.*, 'rule', coalesce(decided.event = 'undone', false), false"
        " from named left join decided on decided.correction_id = named.correction_id"
        " union all select decided.correction_id, decided.source_system, decided.entity,"
        " decided.record_id, decided.column_name, decided.rule,"
        " split_part(decided.rule, '.', 3), decided.value_before, decided.value_after,"
        " approved.approved_at, decided.happened_at, approved.approved_by,"
        " decided.event = 'undone', false"
        " from decided join approved on approved.correction_id = decided.correction_id"
        " where decided.correction_id not in (select correction_id from named)"
        " and decided.event in ('approved', 'undone')"
    )
    connection.execute(f"update corrections.log set is_personal = true where {personal}")


def corrected(connection: duckdb.DuckDBPyConnection, entity: Entity, select: str) -> str:
    """The SELECT of an entity's versions with the corrections of `corrections.log` laid over it."""
    for layer in _LAYERS:
        found = connection.execute(
            "select distinct column_name from corrections.log where entity = ? and not is_undone"
            f" and kind <> 'duplicate' and {layer} order by column_name",
            [entity.name],
        ).fetchall()
        columns = [column for (column,) in found if column in entity.column_names]
        if columns:
            select = _laid_over(entity, select, columns, layer)
    undone = connection.execute(
        "select count(*) from corrections.log"
        " where entity = ? and kind = 'duplicate' and is_undone",
        [entity.name],
    ).fetchall()
    return _told_apart(entity, select) if undone != [(0,)] else select


def _laid_over(entity: Entity, select: str, columns: Sequence[str], layer: str) -> str:
    values, joins = [], []
    for column in entity.columns:
        name = quoted(column.name)
        if column.name not in columns:
            values.append(f"arrived.{name}")
            continue
        fix = quoted(f"fix_{column.name}")
        type_ = contract.SQL_TYPES[column.type]
        values.append(
            f"case when {fix}.correction_id is null then arrived.{name}"
            f" else cast({fix}.value_after as {type_}) end as {name}"
        )
        joins.append(
            f"left join (select * from corrections.log where entity = {literal(entity.name)}"
            f" and column_name = {literal(column.name)} and not is_undone and {layer}"
            # Of two yeses to one value the later counts.
            " qualify row_number() over (partition by source_system, record_id, value_before"
            f" order by corrected_at desc, correction_id) = 1) as {fix}"
            f" on {fix}.source_system = arrived.source_system"
            f" and {fix}.record_id = arrived._record_id"
            f" and {fix}.value_before is not distinct from cast(arrived.{name} as varchar)"
        )
    kept = ", ".join(f"arrived.{quoted(name)}" for name in ("source_system", *lake.BOOKKEEPING))
    return f"select {', '.join(values)}, {kept} from ({select}) as arrived {' '.join(joins)}"


def _told_apart(entity: Entity, select: str) -> str:
    """The same, where equal rows of one extraction are not to count as one."""
    return (
        "select arrived.* replace (case when undone.record_id is null then arrived._row_hash"
        " else concat_ws('|', arrived._row_hash, row_number() over (partition by"
        " arrived.source_system, arrived._record_id, arrived._batch_id, arrived._row_hash)) end"
        f" as _row_hash) from ({select}) as arrived left join"
        " (select distinct source_system, record_id from corrections.log"
        f" where entity = {literal(entity.name)} and kind = 'duplicate' and is_undone) as undone"
        " on undone.source_system = arrived.source_system"
        " and undone.record_id = arrived._record_id"
    )
