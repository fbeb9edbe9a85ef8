"""Make a release: copy the marts, seal them, put the folder in place, and point `current` at it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.extract.lake import literal, quoted, sync_folder

DATABASE = "salesops.duckdb"
# The oldest DuckDB that BI tools still bring along reads this storage.
STORAGE_VERSION = "v1.4.0"


class ReleaseError(Exception):
    """A release cannot be made, found or opened. The message says which and what to do."""


@dataclass(frozen=True)
class Mart:
    """One published table: where the warehouse keeps it, and what is said of it and its columns."""

    name: str
    schema: str
    description: str
    columns: Mapping[str, str]


def release_id(at: datetime) -> str:
    """The id of a release made at that instant; ids sort by time."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def copy_marts(warehouse: Path, target: Path, marts: Sequence[Mart]) -> dict[str, int]:
    """Copy the marts into a new database file, all in schema `marts`; returns rows by mart.

    The file can be read by DuckDB 1.4 and later. The warehouse is only read.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = {}
    with duckdb.connect(config={"memory_limit": "700MB", "threads": 2}) as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"attach {literal(str(warehouse))} as warehouse (read_only)")
        connection.execute(
            f"attach {literal(str(target))} as release (storage_version '{STORAGE_VERSION}')"
        )
        connection.execute("create schema release.marts")
        for mart in marts:
            table = f"release.marts.{quoted(mart.name)}"
            connection.execute(
                f"create table {table} as "
                f"select * from warehouse.{quoted(mart.schema)}.{quoted(mart.name)} order by all"
            )
            [(count,)] = connection.execute(f"select count(*) from {table}").fetchall()
            rows[mart.name] = int(count)
        # Together: a thousand commits take seconds.
        connection.execute("begin")
        for mart in marts:
            table = f"release.marts.{quoted(mart.name)}"
            connection.execute(f"comment on table {table} is {literal(mart.description)}")
            for column, text in mart.columns.items():
                if text:
                    connection.execute(
                        f"comment on column {table}.{quoted(column)} is {literal(text)}"
                    )
        connection.execute("commit")
        connection.execute("checkpoint release")
        connection.execute("detach release")
    return rows


def append_rows(database: Path, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows by column name to a mart that publishing itself completes."""
    if not rows:
        return
    names = list(rows[0])
    columns = ", ".join(quoted(name) for name in names)
    marks = ", ".join("?" for _ in names)
    with duckdb.connect(str(database)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute("begin")
        connection.executemany(
            f"insert into marts.{quoted(table)} ({columns}) values ({marks})",
            [[row[name] for name in names] for row in rows],
        )
        connection.execute("commit")
        connection.execute("checkpoint")


def seal(database: Path, rows: Mapping[str, int]) -> None:
    """Make sure that the file is whole: no write-ahead log beside it, and every table counted again
    by a new read-only connection.

    Raises ReleaseError where it is not (a full disk can leave a log and raise nothing).
    """
    with duckdb.connect(str(database)) as connection:
        connection.execute("force checkpoint")
    if database.with_name(database.name + ".wal").exists():
        raise ReleaseError(f"{database.name} was not written whole: is the disk full?")
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, expected in rows.items():
            [(count,)] = connection.execute(f"select count(*) from marts.{quoted(name)}").fetchall()
            if count != expected:
                raise ReleaseError(f"{name} holds {count} rows where {expected} were written")


def write_parquet(database: Path, folder: Path, names: Sequence[str]) -> None:
    """Write each mart as Parquet beside the database."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for name in names:
            target = literal(str(folder / f"{name}.parquet"))
            connection.execute(
                f"copy marts.{quoted(name)} to {target} (format parquet, compression zstd)"
            )


def _hash(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write JSON beside its place, sync it and rename it into place."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.tmp")
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, ensure_ascii=False, indent=1, default=str)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, file)


def finish_release(draft: Path, facts: Mapping[str, Any]) -> Path:
    """Write release.json with the hash of every file, sync all of it, make it read-only and rename
    the folder into its place; returns the release's folder. `current` does not move yet."""
    files = sorted(file for file in draft.rglob("*") if file.is_file())
    hashes = {str(file.relative_to(draft)): _hash(file) for file in files}
    write_json(draft / "release.json", {**facts, "files": hashes})
    for file in draft.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
            file.chmod(0o444)
    for folder in [*(f for f in draft.rglob("*") if f.is_dir()), draft]:
        sync_folder(folder)
    place = draft.with_name(draft.name.removesuffix(".tmp"))
    os.rename(draft, place)
    sync_folder(place.parent)
    return place


def current_release(home: Path) -> Path | None:
    """The folder of the release in use; None before the first."""
    pointer = home / "current"
    return pointer.resolve() if pointer.is_symlink() and pointer.exists() else None


def point_at(home: Path, release: Path) -> None:
    """Replace `current` in one step: a reader sees the old release or the new one."""
    pointer, draft = home / "current", home / ".current.tmp"
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path("releases") / release.name)
    os.replace(draft, pointer)
    sync_folder(home)


def read_facts(release: Path) -> dict[str, Any]:
    """What release.json says. Raises ReleaseError where the folder is no release."""
    try:
        facts: dict[str, Any] = json.loads((release / "release.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ReleaseError(f"{release} is no release: it has no readable release.json") from None
    return facts


def list_releases(home: Path) -> list[Path]:
    """The whole releases, oldest first."""
    folder = home / "releases"
    if not folder.is_dir():
        return []
    return sorted(f for f in folder.iterdir() if f.is_dir() and not f.name.endswith(".tmp"))


def find_release(home: Path, wanted: str | None = None) -> Path:
    """The folder of a release by its id; by default of the one before the one in use.

    Raises ReleaseError where there is none such.
    """
    releases = list_releases(home)
    current = current_release(home)
    if wanted is None:
        earlier = [r for r in releases if current is not None and r.name < current.name]
        if not earlier:
            raise ReleaseError("there is no earlier release to go back to")
        chosen = earlier[-1]
    else:
        found = [r for r in releases if r.name == wanted]
        if not found:
            names = ", ".join(r.name for r in releases[-5:]) or "none"
            raise ReleaseError(f"there is no release {wanted!r}. The newest are: {names}")
        chosen = found[0]
    read_facts(chosen)
    return chosen


def _remove(folder: Path) -> None:
    """Remove a release, from its name on: a reader never opens half of it."""
    doomed = folder.with_name(f"{folder.name}.tmp") if not folder.name.endswith(".tmp") else folder
    if doomed != folder:
        os.rename(folder, doomed)
    for file in doomed.rglob("*"):
        if file.is_file() and not file.is_symlink():
            file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    shutil.rmtree(doomed)


def prune_releases(home: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` releases, never `current`, and what killed runs left;
    returns the names of the releases removed."""
    current = current_release(home)
    releases = list_releases(home)
    doomed = [r for r in releases[: max(0, len(releases) - keep)] if r != current]
    for release in doomed:
        _remove(release)
    sweep_drafts(home)
    return [release.name for release in doomed]


def sweep_drafts(home: Path) -> None:
    """Remove the drafts of releases that killed runs left behind. Call it with the run lock held."""
    for draft in (home / "releases").glob("*.tmp"):
        _remove(draft)
    (home / ".current.tmp").unlink(missing_ok=True)
