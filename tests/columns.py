"""Lock the published columns and their types: what `make columns` writes, and what tests compare."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import duckdb
from ruamel.yaml import YAML

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = REPOSITORY / "dbt_project"
LOCK = PROJECT / "published_columns.csv"
NEEDED = (
    "People build dashboards on published columns. If the change is meant: run `make columns`, and "
    "say in CHANGELOG.md what changes and what to do about it."
)

# One published column: mart, column, type as DuckDB names it.
Published = tuple[str, str, str]


def declared_columns() -> list[Published]:
    """The columns of every mart as the models' contracts declare them, which dbt enforces."""
    found = []
    with duckdb.connect() as connection:
        for file in (PROJECT / "models" / "marts").glob("*/_*__models.yml"):
            for model in YAML(typ="safe").load(file.read_text(encoding="utf-8"))["models"]:
                if model["name"].startswith("int_"):
                    continue
                for column in model["columns"]:
                    [(type_,)] = connection.execute(
                        f"select typeof(cast(null as {column['data_type']}))"
                    ).fetchall()
                    found.append((model["name"], column["name"], type_))
    return sorted(found)


def locked_columns() -> list[Published]:
    """The columns that the lock holds."""
    with LOCK.open(encoding="utf-8", newline="") as stream:
        return [(row["mart"], row["column"], row["type"]) for row in csv.DictReader(stream)]


def released_columns(database: Path) -> list[Published]:
    """The columns that a release's database has."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return sorted(
            connection.execute(
                "select table_name, column_name, data_type from duckdb_columns() "
                "where schema_name = 'marts'"
            ).fetchall()
        )


def differences(before: list[Published], after: list[Published]) -> list[str]:
    """What changed, a line each."""
    old, new = {c[:2]: c[2] for c in before}, {c[:2]: c[2] for c in after}
    return [
        f"{'.'.join(name)}: {old.get(name, 'not there')} → {new.get(name, 'gone')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def main() -> int:
    """Write the lock anew and say what changed in it."""
    after = declared_columns()
    changed = differences(locked_columns() if LOCK.is_file() else [], after)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("mart", "column", "type"))
    writer.writerows(after)
    LOCK.write_text(text.getvalue(), encoding="utf-8")
    print("\n".join(changed) or "nothing changed")
    if changed:
        print(f"\n{len(changed)} changes of published columns. {NEEDED}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
