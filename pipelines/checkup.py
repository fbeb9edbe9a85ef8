"""Try what the settings name before a run does, and write the settings file to begin from."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from pipelines.extract import contract, files, lake, sql
from pipelines.extract.reading import SourceUnavailable
from pipelines.settings import (
    Analysis,
    Company,
    Corrections,
    FilesTarget,
    Privacy,
    Schedule,
    Settings,
    SettingsError,
    Source,
)


def _read_through(source: Source, name: str, item: files.EntityFiles) -> tuple[str, bool]:
    """What the files of an entity hold, or the first thing that is wrong with one of them."""
    entity, rows = contract.entities()[name], 0
    columns: dict[str, None] = {}
    try:
        for file in item.files:
            for table in files.read_file(file, entity, encoding=source.encoding):
                rows += table.num_rows
                columns |= dict.fromkeys(n for n in table.column_names if n != lake.ROW_NUMBER)
    except SourceUnavailable as error:
        return f"{name}: {error}", False
    told = _told_of_columns(name, tuple(columns))
    of = item.files[0].name if item.is_whole else f"{len(item.files)} parts"
    return f"{told} ({of}, {rows:,} rows)", "lacks" not in told


def _told_of_columns(name: str, columns: tuple[str, ...]) -> str:
    entity = contract.entities()[name]
    lower = {column.lower() for column in columns}
    missing = [c.name for c in entity.columns if c.is_required and c.name not in lower]
    optional = [c.name for c in entity.columns if not c.is_required and c.name not in lower]
    text = f"{name}: {len(lower & set(entity.column_names))} columns"
    if missing:
        text += f"; lacks {', '.join(missing)}, which every row needs"
    if optional:
        text += f"; without {', '.join(optional)}"
    return text


def _describe(settings: Settings, source: Source) -> dict[str, Any]:
    details: list[str] = []
    is_ok = True
    try:
        if source.url is not None:
            with sql.open_sql(
                source.url.get_secret_value(),
                schema=source.db_schema,
                base=settings.base,
                table_prefix=source.table_prefix,
            ) as reader:
                delivered = reader.delivered()
            details = [_told_of_columns(name, columns) for name, columns in delivered.items()]
            told = f"a database with {len(delivered)} entities of the contract"
            is_ok = bool(delivered) and not any("lacks" in line for line in details)
        elif source.mapping is not None:
            from pipelines.extract.mapping import load_mapping, read_raw

            assert source.path is not None
            mapping = load_mapping(settings.resolved(source.mapping))
            for table in mapping.tables:
                file = settings.resolved(source.path) / table.file
                try:
                    rows = sum(part.num_rows for part in read_raw(table, file, source))
                    details.append(f"{table.file}: {rows:,} rows")
                except SourceUnavailable as error:
                    details.append(str(error))
                    is_ok = False
            told = f"mapped files that give {', '.join(mapping.selects)}"
        else:
            assert source.path is not None
            folder = settings.resolved(source.path)
            if source.system == "generic":
                found = files.find_files(folder)
                read = [_read_through(source, name, item) for name, item in found.items()]
                details = [text for text, _ in read]
                details += [
                    f"{file}: left out, it has no entity's name"
                    + (f". Should it be {near}?" if near else "")
                    for file, near in files.unknown_files(folder).items()
                ]
                told = f"files of {len(found)} entities of the contract"
                is_ok = bool(found) and all(is_read for _, is_read in read)
            else:
                exports = sorted(file.name for file in folder.glob("*.csv"))
                told, details, is_ok = f"exports of {source.system}", exports, bool(exports)
    except (SourceUnavailable, SettingsError) as error:
        told, is_ok = str(error), False
    return {"source": source.name, "is_ok": is_ok, "told": told, "details": details}


def describe_sources(settings: Settings) -> list[dict[str, Any]]:
    """What each source would deliver, and what it lacks of the contract. Nothing is extracted."""
    if settings.is_demo and not (settings.base / "salesops.yaml").is_file():
        return [
            {
                "source": source.name,
                "is_ok": True,
                "told": "the demo company: `salesops run` writes it",
                "details": [],
            }
            for source in settings.sources
        ]
    return [_describe(settings, source) for source in settings.sources]


def describe_targets(settings: Settings) -> list[dict[str, Any]]:
    """Whether each target can be written. Nothing is."""
    from pipelines.publish.postgres import try_target

    rows = []
    for target in settings.publish:
        if isinstance(target, FilesTarget):
            told, is_ok = f"releases below {settings.home}, the newest {target.keep} are kept", True
        else:
            told, is_ok = try_target(target)
        rows.append(
            {"source": f"target {target.kind}", "is_ok": is_ok, "told": told, "details": []}
        )
    return rows


def describe_spellings(settings: Settings) -> list[dict[str, Any]]:
    """Whether the company's own list of spellings can be used; nothing where it has none."""
    from pipelines.transform import corrections

    if settings.corrections.spellings is None:
        return []
    try:
        told, is_ok = f"{len(corrections.own_spellings(settings))} known spellings", True
    except SettingsError as error:
        told, is_ok = str(error), False
    return [{"source": "corrections", "is_ok": is_ok, "told": told, "details": []}]


def describe_rules() -> list[dict[str, Any]]:
    """Mistakes in the suites that say what must hold of the data; nothing where there are none."""
    from data_quality.mistakes import mistakes
    from data_quality.suites.contract import suites

    found = mistakes(suites().items())
    if not found:
        return []
    told = f"{len(found)} mistakes in the suites; nothing can be checked until they are mended"
    return [{"source": "rules", "is_ok": False, "told": told, "details": found}]


def _commented(model: Any, indent: str) -> list[str]:
    lines = []
    for name, item in model.model_fields.items():
        default = item.get_default(call_default_factory=True)
        if isinstance(default, SecretStr | type(None)):
            text = ""
        elif isinstance(default, tuple):
            text = "[" + ", ".join(str(value) for value in default) + "]"
        elif isinstance(default, bool):
            text = str(default).lower()
        elif isinstance(default, str):
            text = f'"{default}"'
        else:
            text = str(default)
        lines.append(f"{indent}# {item.description}")
        lines.append(f"{indent}{item.alias or name}: {text}".rstrip())
    return lines


def commented_settings() -> str:
    """The text of a salesops.yaml with every setting, its default and what it means."""
    lines = [
        "# Settings of salesops. Every one has a default; ${NAME} is read from the environment."
    ]
    lines += ["", "company:", *_commented(Company, "  ")]
    lines += ["", "analysis:", *_commented(Analysis, "  ")]
    lines += [
        "",
        "# A source delivers whichever tables of the contract it has, named as in the contract.",
        "sources:",
        '  - {name: crm, system: generic, url: "sqlite:///crm.db"}',
        '  # - {name: shop, url: "postgresql+psycopg://reader:${SHOP_PASSWORD}@host/shop", schema: public}',
        "  # - {name: survey, path: inbox/survey}          # <entity>.csv, .xlsx, .parquet or .jsonl",
        "  # - {name: files, path: inbox, mapping: files.yaml}   # files of any shape",
        "  # Every setting of a source:",
    ]
    for name, item in Source.model_fields.items():
        lines.append(f"  #   {item.alias or name}: {item.description}")
    lines += [
        "",
        "publish:",
        "  - {kind: files, keep: 30}",
        '  # - {kind: postgres, url: "${SALESOPS_BI_URL}", schema: marts, reader_role: bi_reader}',
        "",
        "corrections:",
        *_commented(Corrections, "  "),
        "",
        "privacy:",
        *_commented(Privacy, "  "),
        "",
        "schedule:",
        *_commented(Schedule, "  "),
    ]
    return "\n".join(lines) + "\n"
