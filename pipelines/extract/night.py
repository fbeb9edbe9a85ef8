"""Extract every source into the lake: what is read whole, in part, or left out as stale."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from pipelines.extract import contract, files, lake, sql
from pipelines.extract.contract import Entity
from pipelines.extract.reading import SourceUnavailable, SourceUnreadable
from pipelines.settings import Settings, Source

Say = Callable[[str], None]


class SourceNeverDelivered(Exception):
    """A source or a needed table never delivered anything: there is nothing to run on."""


@dataclass(frozen=True)
class EntityStatus:
    """How the extraction of one entity of one source went. Counts are rows; instants are UTC."""

    source: str
    entity: str
    status: str  # landed | unchanged | stale
    message: str = ""
    rows_read: int = 0
    rows_landed: int = 0
    rows_deleted: int = 0

    @property
    def is_stale(self) -> bool:
        return self.status == "stale"


@dataclass(frozen=True)
class Extraction:
    """What a night brought in: the state of every entity, and what people should be told."""

    at: datetime
    statuses: tuple[EntityStatus, ...]
    notes: tuple[str, ...]

    @property
    def stale(self) -> tuple[EntityStatus, ...]:
        return tuple(status for status in self.statuses if status.is_stale)

    @property
    def stale_sources(self) -> tuple[str, ...]:
        return tuple(sorted({status.source for status in self.stale}))

    @property
    def rows_landed(self) -> int:
        return sum(status.rows_landed + status.rows_deleted for status in self.statuses)


def file_hash(file: Path) -> str:
    """The SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def landed_entities(lake_folder: Path, source: str) -> list[str]:
    """The contract entities that a source ever delivered."""
    return [name for name in contract.entities() if lake.batch_files(lake_folder, source, name)]


def _sentence(text: str) -> str:
    return f"{text.rstrip('. ')}."


def _drift(
    settings: Settings, source: Source, entity: Entity, columns: tuple[str, ...], place: str
) -> tuple[str, str]:
    """What is missing (empty: nothing) and what is new of an entity's columns at that place."""
    lower = {name.lower() for name in columns}
    missing = [c.name for c in entity.columns if c.is_required and c.name not in lower]
    if missing:
        return (
            f"{place}: the column {entity.name}.{missing[0]}, which every row needs, is missing. "
            "Deliver it, or map it by a view or a `mapping` file",
            "",
        )
    last = lake.last_info(settings.lake, source.name, entity.name)
    gone = [
        name
        for name in (last.columns if last else ())
        if name not in lower and f"{entity.name}.{name}" not in source.absent
    ]
    if gone:
        return (
            f"{place}: the column {entity.name}.{gone[0]}, which the last extraction had, is missing; "
            f"if that is meant, write `absent: [{entity.name}.{gone[0]}]` at the source",
            "",
        )
    extra = sorted(lower - set(entity.column_names))
    note = f"{entity.name} has columns beyond the contract, kept as they are: {', '.join(extra)}"
    return "", note if extra else ""


def _near_file(settings: Settings, source: Source, name: str) -> str:
    """A file whose name is nearly that of an entity, as a sentence; empty where there is none."""
    folder = settings.resolved(source.path) if source.path else None
    if folder is None or not folder.is_dir() or source.mapping or source.system != "generic":
        return ""
    near = [file for file, entity in files.unknown_files(folder).items() if entity == name]
    return f" Is it {folder / near[0]}? Then rename it." if near else ""


def _gone_entities(settings: Settings, source: Source, delivered: set[str]) -> list[EntityStatus]:
    kind = "file" if source.path is not None else "table"
    return [
        EntityStatus(
            source.name,
            name,
            "stale",
            f"the {kind} {name}, which {source.name} delivered before, is missing; "
            f"if that is meant, write `absent: [{name}]` at the source."
            + _near_file(settings, source, name),
        )
        for name in landed_entities(settings.lake, source.name)
        if name not in delivered and name not in source.absent
    ]


def _landed(source: Source, entity: Entity, landing: lake.Landing) -> EntityStatus:
    is_new = landing.rows_landed or landing.rows_deleted
    return EntityStatus(
        source.name,
        entity.name,
        "landed" if is_new else "unchanged",
        rows_read=landing.rows_read,
        rows_landed=landing.rows_landed,
        rows_deleted=landing.rows_deleted,
    )


def _extract_sql(
    settings: Settings, source: Source, at: datetime, say: Say, notes: list[str], is_full: bool
) -> list[EntityStatus]:
    assert source.url is not None
    statuses = []
    with sql.open_sql(
        source.url.get_secret_value(),
        schema=source.db_schema,
        base=settings.base,
        table_prefix=source.table_prefix,
    ) as reader:
        delivered = reader.delivered()
        if not delivered:
            raise SourceUnavailable("it has no table or view with a name of the contract")
        for name, columns in delivered.items():
            entity = contract.entities()[name]
            problem, note = _drift(settings, source, entity, columns, f"table {name}")
            if note:
                notes.append(f"{source.name}: {note}.")
            if problem:
                statuses.append(EntityStatus(source.name, name, "stale", problem))
                continue
            say(f"extract {source.name}.{name}")
            cursor = lake.last_cursor(settings.lake, source.name, name)
            is_whole = (
                is_full
                or cursor is None
                or (entity.cursor or "") not in columns
                or lake.needs_whole(settings.lake, source.name, entity)
            )
            since = None if is_whole or not cursor else cursor - timedelta(hours=source.lag_hours)
            zone = settings.zone_of(source)
            try:
                with reader.guarded():
                    landing = lake.land(
                        settings.lake,
                        source.name,
                        entity,
                        reader.rows(entity, since=since, zone=zone),
                        at=at,
                        zone=zone,
                        company_zone=settings.company.timezone,
                        is_whole=is_whole,
                        keys=None if is_whole else reader.keys(entity),
                        vanish_limit=source.vanish_limit,
                        origin=f"table {name}",
                    )
            except (SourceUnavailable, lake.TooManyVanished) as error:
                statuses.append(EntityStatus(source.name, name, "stale", str(error)))
                continue
            statuses.append(_landed(source, entity, landing))
    return statuses + _gone_entities(settings, source, set(delivered))


def _checked_columns(
    settings: Settings,
    source: Source,
    entity: Entity,
    tables: Iterator[pa.Table],
    notes: list[str],
    file: Path,
) -> Iterator[pa.Table]:
    """The same tables; raises SourceUnavailable where the first shows that columns are missing."""
    for number, table in enumerate(tables):
        if number == 0:
            names = tuple(n for n in table.column_names if n != lake.ROW_NUMBER)
            problem, note = _drift(settings, source, entity, names, str(file))
            if problem:
                raise SourceUnavailable(problem)
            if note:
                notes.append(f"{source.name}: {note}.")
        yield table


def _extract_files(
    settings: Settings, source: Source, at: datetime, say: Say, notes: list[str]
) -> list[EntityStatus]:
    assert source.path is not None
    found = files.find_files(settings.resolved(source.path))
    notes += [
        f"{source.name}: {file} was left out: it has no entity's name."
        + (f" Should it be {near}?" if near else "")
        for file, near in files.unknown_files(settings.resolved(source.path)).items()
    ]
    if not found and not landed_entities(settings.lake, source.name):
        raise SourceUnavailable(
            f"the folder {settings.resolved(source.path)} holds no file of the contract's names"
        )
    statuses = []
    for name, delivered in found.items():
        entity = contract.entities()[name]
        say(f"extract {source.name}.{name}")
        try:
            landings = []
            known = {
                lake.read_info(file).origin
                for file in lake.batch_files(settings.lake, source.name, name)
            }
            for number, file in enumerate(delivered.files):
                origin = f"file {file.name} sha256 {file_hash(file)}"
                # A part was taken once: read again, its old rows would pass for the newest.
                if not delivered.is_whole and origin in known:
                    continue
                if file.suffix.lower() in (".csv", ".jsonl") and file.stat().st_size:
                    encoding = files.find_encoding(file, source.encoding)
                    if encoding not in ("utf-8", "utf-8-sig"):
                        notes.append(f"{source.name}: {file.name} was read as {encoding}.")
                tables = files.read_file(file, entity, encoding=source.encoding)
                landings.append(
                    lake.land(
                        settings.lake,
                        source.name,
                        entity,
                        _checked_columns(settings, source, entity, tables, notes, file),
                        at=at + timedelta(microseconds=number),
                        zone=settings.zone_of(source),
                        company_zone=settings.company.timezone,
                        is_whole=delivered.is_whole,
                        vanish_limit=source.vanish_limit,
                        origin=origin,
                        is_always_kept=not delivered.is_whole,
                    )
                )
        except (SourceUnavailable, lake.TooManyVanished) as error:
            statuses.append(EntityStatus(source.name, name, "stale", str(error)))
            continue
        total = lake.Landing(
            sum(landing.rows_read for landing in landings),
            sum(landing.rows_landed for landing in landings),
            sum(landing.rows_deleted for landing in landings),
            None,
        )
        statuses.append(_landed(source, entity, total))
    return statuses + _gone_entities(settings, source, set(found))


def extract_source(
    settings: Settings, source: Source, *, at: datetime, say: Say, is_full: bool = False
) -> tuple[list[EntityStatus], list[str]]:
    """Extract one source; returns the state of each of its entities, and notes for people.

    A source that cannot be reached after three tries is stale as a whole, and keeps its last
    batches. Raises SourceNeverDelivered where there are none.
    """
    from pipelines.extract import mapping

    notes: list[str] = []

    def attempt() -> list[EntityStatus]:
        if source.url is not None:
            return _extract_sql(settings, source, at, say, notes, is_full)
        if source.mapping is not None or source.system != "generic":
            return mapping.extract_mapped(settings, source, at=at, say=say, notes=notes)
        return _extract_files(settings, source, at, say, notes)

    tries = Retrying(
        # A file that must not be guessed at is as bad a second later.
        retry=retry_if_exception(
            lambda e: isinstance(e, SourceUnavailable) and not isinstance(e, SourceUnreadable)
        ),
        stop=stop_after_attempt(3 if source.url is not None else 1),
        wait=wait_exponential(multiplier=0.3, max=3),
        reraise=True,
    )
    try:
        statuses = tries(attempt)
    except SourceUnavailable as error:
        kept = landed_entities(settings.lake, source.name)
        if not kept:
            raise SourceNeverDelivered(
                f"source {source.name!r} cannot be read and never delivered anything: "
                f"{_sentence(str(error))}"
            ) from None
        statuses = [EntityStatus(source.name, name, "stale", str(error)) for name in kept]
    never = [
        status
        for status in statuses
        if status.is_stale and not lake.batch_files(settings.lake, source.name, status.entity)
    ]
    if never and len(never) == len(statuses):
        raise SourceNeverDelivered(
            f"source {source.name!r} never delivered anything that can be read: "
            + " ".join(f"{status.entity}: {_sentence(status.message)}" for status in never[:3])
        )
    return statuses, notes


def check_domains(settings: Settings, statuses: tuple[EntityStatus, ...] = ()) -> tuple[str, ...]:
    """The domains that are on. Raises SourceNeverDelivered where one lacks an entity it needs."""
    delivered = {
        name for source in settings.sources for name in landed_entities(settings.lake, source.name)
    }
    refused = {status.entity: status for status in statuses if status.is_stale}
    on = []
    for domain in contract.domains():
        needed = contract.needed_entities(domain)
        if not any(name in delivered or name in refused for name in needed):
            continue
        on.append(domain)
        for name in needed:
            if name in delivered:
                continue
            if name in refused:
                raise SourceNeverDelivered(
                    f"the domain {domain} needs {name}, and no source ever delivered it so that it "
                    f"can be read. {refused[name].source}: {_sentence(refused[name].message)}"
                )
            near = "".join(_near_file(settings, source, name) for source in settings.sources)
            raise SourceNeverDelivered(
                f"the domain {domain} needs {name}, and no source ever delivered it. "
                f"Give a source a table, view or file named {name}; it may be empty.{near}"
            )
    if not on:
        raise SourceNeverDelivered(
            "no source delivers a table that switches a domain on "
            "(for example opportunities, orders or survey_responses)."
        )
    return tuple(on)


def extract_all(settings: Settings, *, at: datetime, say: Say, is_full: bool = False) -> Extraction:
    """Extract all sources of the settings at `at` (UTC) into the lake and return what came.

    Raises SourceNeverDelivered where a needed source never delivered.
    """
    lake.sweep_drafts(settings.lake)
    statuses: list[EntityStatus] = []
    notes: list[str] = []
    for source in settings.sources:
        came, told = extract_source(settings, source, at=at, say=say, is_full=is_full)
        statuses += came
        notes += told
    check_domains(settings, tuple(statuses))
    return Extraction(at, tuple(statuses), tuple(dict.fromkeys(notes)))
