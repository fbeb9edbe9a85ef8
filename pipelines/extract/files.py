"""Read contract entities from a folder of files: CSV, XLSX, Parquet and JSONL, never by guessing."""

from __future__ import annotations

import codecs
import csv
import difflib
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from pipelines.extract.contract import Entity, entities
from pipelines.extract.lake import ROW_NUMBER
from pipelines.extract.reading import SourceUnavailable, SourceUnreadable

_CHUNK = 50_000
_EXTENSIONS = (".csv", ".xlsx", ".parquet", ".jsonl")
_DELIMITERS = (",", ";", "\t", "|")
# An honest sales export is far below; what is above would fill the machine's memory.
MAX_UNPACKED_BYTES = 500 << 20
MAX_CELLS = 20_000_000


@dataclass(frozen=True)
class EntityFiles:
    """The files of one entity: one whole file, or the parts of a folder."""

    entity: str
    files: tuple[Path, ...]
    is_whole: bool


def find_files(folder: Path) -> dict[str, EntityFiles]:
    """The contract entities that a folder holds: `<entity>.<ext>` whole, or `<entity>/` in parts.

    Raises SourceUnavailable where the folder is missing, and SourceUnreadable where an entity
    comes in two files or in a format that is not read.
    """
    if not folder.is_dir():
        raise SourceUnavailable(
            f"the folder {folder} does not exist. Put it back, or correct the source's `path`"
        )
    found: dict[str, EntityFiles] = {}
    for name in entities():
        parts = folder / name
        files = sorted(
            f for f in folder.glob(f"{name}.*") if f.stem == name and not f.name.startswith(".")
        )
        known = [f for f in files if f.suffix.lower() in _EXTENSIONS]
        if parts.is_dir():
            inside = sorted(f for f in parts.iterdir() if f.suffix.lower() in _EXTENSIONS)
            if known:
                raise SourceUnreadable(f"{known[0]} and the folder {parts} both deliver {name}")
            if inside:
                found[name] = EntityFiles(name, tuple(inside), is_whole=False)
        elif len(known) > 1:
            raise SourceUnreadable(f"{known[0]} and {known[1].name} both deliver {name}: keep one")
        elif known:
            found[name] = EntityFiles(name, (known[0],), is_whole=True)
        elif files and files[0].suffix.lower() in (".xls", ".html", ".json", ".txt", ".tsv"):
            found[name] = EntityFiles(name, (files[0],), is_whole=True)
    return found


def unknown_files(folder: Path) -> dict[str, str | None]:
    """Files of a folder that belong to no entity, each with the entity that its name is near to."""
    names = list(entities())
    return {
        file.name: next(iter(difflib.get_close_matches(file.stem.lower(), names, 1, 0.75)), None)
        for file in sorted(folder.glob("*"))
        if file.is_file()
        and not file.name.startswith((".", "~"))
        and file.suffix.lower() in _EXTENSIONS
        and file.stem not in names
    }


def wait_until_complete(file: Path, *, seconds: float = 0.2, tries: int = 10) -> None:
    """Return when size and time of the file stand still; raises SourceUnreadable if they don't."""
    for _ in range(tries):
        before = file.stat()
        if time.time() - before.st_mtime > seconds * 10:
            return
        time.sleep(seconds)
        after = file.stat()
        if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
            return
    raise SourceUnreadable(f"{file} is still being written. It is taken when it is complete")


def find_encoding(file: Path, declared: str | None = None) -> str:
    """The encoding of a text file: declared, else by its BOM, else strict UTF-8, else GB18030.

    Raises SourceUnreadable where none of them decodes the whole file.
    """
    with file.open("rb") as stream:
        head = stream.read(4)
    if declared:
        candidates = [declared]
    elif head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for encoding in candidates:
        try:
            with file.open(encoding=encoding, errors="strict", newline="") as text:
                while text.read(1 << 20):
                    pass
        except UnicodeError:
            continue
        except LookupError:
            raise SourceUnreadable(f"{file}: the encoding {encoding!r} is not known") from None
        return encoding
    place = f"{file}{_undecoded_line(file, candidates[0])}"
    if declared:
        raise SourceUnreadable(f"{place} does not decode as {declared}, the source's `encoding`.")
    tried = " nor ".join(candidates)
    raise SourceUnreadable(f"{place} is neither {tried}. Say which with the source's `encoding`.")


def _undecoded_line(file: Path, encoding: str) -> str:
    """Which line does not decode, where lines can be told apart before they are decoded."""
    if encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32")):
        return ""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode(encoding)
            except UnicodeError:
                return f", line {number}:"
    return ""


def refuse_other_content(file: Path) -> None:
    """Raise where the content is not what the name says: HTML saved as .xls, an empty file."""
    with file.open("rb") as stream:
        head = stream.read(512)
    suffix = file.suffix.lower()
    start = head.lstrip(codecs.BOM_UTF8).lstrip().lower()
    if not head:
        raise SourceUnreadable(f"{file} is empty: not even a header. Export it again")
    if start.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta")):
        raise SourceUnreadable(f"{file} is an HTML page, not a table. Save it as .xlsx or .csv.")
    if suffix == ".xls":
        raise SourceUnreadable(f"{file} is in the old Excel format. Save it as .xlsx.")
    if suffix not in _EXTENSIONS:
        raise SourceUnreadable(
            f"{file}: {suffix} is not read. Deliver .csv, .xlsx, .parquet or .jsonl."
        )
    is_zip = head.startswith(b"PK")
    if suffix == ".xlsx" and not is_zip:
        raise SourceUnreadable(f"{file} is no Excel workbook, whatever its name says")
    if suffix in (".csv", ".jsonl") and (is_zip or head.startswith(b"\xd0\xcf\x11\xe0")):
        raise SourceUnreadable(f"{file} is an Excel workbook, not text. Name it .xlsx.")


def _find_delimiter(header: str, known: set[str], file: Path) -> str:
    """The delimiter under which the header holds the most names of the contract; one column only
    needs none."""
    found = {}
    for delimiter in _DELIMITERS:
        names = {n.strip().lower() for n in next(csv.reader([header], delimiter=delimiter), [])}
        found[delimiter] = len(names & known) if known else len(names)
    best = max(_DELIMITERS, key=lambda d: found[d])
    if known and found[best] == 0:
        raise SourceUnreadable(
            f"{file}, line 1: the header names no column of the contract. Name the columns as in "
            "the contract, or write a `mapping`"
        )
    return best


def _checked_header(names: list[str], file: Path, line: int = 1) -> list[str]:
    names = [name.strip() for name in names]
    lower = [name.lower() for name in names]
    for number, name in enumerate(names, start=1):
        if not name:
            raise SourceUnreadable(
                f"{file}, line {line}: column {number} has no name. Name it, or remove it"
            )
        if lower.count(name.lower()) > 1:
            raise SourceUnreadable(
                f"{file}, line {line}: the column {name!r} comes twice. Rename or remove one"
            )
    return names


def _table(names: list[str], rows: list[list[str | None]], numbers: list[int]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [() for _ in names]
    arrays = [pa.array(values, pa.string()) for values in columns]
    arrays.append(pa.array(numbers, pa.int64()))
    return pa.table(arrays, names=[*names, ROW_NUMBER])


def read_csv(
    file: Path, *, known: set[str], encoding: str | None = None, delimiter: str | None = None
) -> Iterator[pa.Table]:
    """Rows of a CSV as text, with the line of each. An empty cell is NULL.

    Raises SourceUnreadable, with the line, where a row has more or fewer cells than the header, a
    quote is left open or the text does not decode: half a file is never read in silence.
    """
    # A cell of a note may be long; the platform's own cap on the file stands elsewhere.
    csv.field_size_limit(16 << 20)
    chosen = find_encoding(file, encoding)
    with file.open(encoding=chosen, newline="") as stream:
        first = stream.readline()
        if not first.strip():
            raise SourceUnreadable(f"{file}, line 1: there is no header")
        delimiter = delimiter or _find_delimiter(first, known, file)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        line = 1
        try:
            names = _checked_header(next(reader), file)
            rows: list[list[str | None]] = []
            numbers: list[int] = []
            line = reader.line_num + 1
            for row in reader:
                if not row:
                    line = reader.line_num + 1
                    continue
                if len(row) != len(names):
                    raise SourceUnreadable(
                        f"{file}, line {line}: {len(row)} cells where the header has {len(names)}. "
                        "Nothing of the file was taken: export it again."
                    )
                rows.append([cell if cell != "" else None for cell in row])
                numbers.append(line)
                line = reader.line_num + 1
                if len(rows) == _CHUNK:
                    yield _table(names, rows, numbers)
                    rows, numbers = [], []
        except csv.Error as error:
            raise SourceUnreadable(f"{file}, from line {line}: {csv_problem(error)}") from None
        yield _table(names, rows, numbers)


def csv_problem(error: csv.Error) -> str:
    """What the reader's words mean, and what to do."""
    words = str(error)
    if "unexpected end of data" in words:
        words = "a quote is opened and never closed: the file is cut off, or a quote is missing"
    return f"{words}. Nothing of the file was taken: export it again"


def _cell_text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        # A cell of a date has midnight for its time: it is a date.
        is_midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if is_midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    return text if text != "" else None


def _refuse_bombs(file: Path) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile:
        raise SourceUnreadable(
            f"{file} is a damaged workbook: it does not unpack. Save it again"
        ) from None
    if unpacked > MAX_UNPACKED_BYTES:
        raise SourceUnreadable(
            f"{file} would unpack to {unpacked >> 20} MB, more than {MAX_UNPACKED_BYTES >> 20} MB. "
            "Deliver it as CSV or Parquet."
        )


def read_xlsx(file: Path, *, sheet: str) -> Iterator[pa.Table]:
    """Rows of the sheet of that name (else of the only sheet) as text, with the row of each.

    Raises SourceUnreadable where no sheet is meant for certain, or the workbook is damaged or
    would unpack to more than MAX_UNPACKED_BYTES.
    """
    import openpyxl

    _refuse_bombs(file)
    try:
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:
        raise SourceUnreadable(
            f"{file} is a damaged workbook: {type(error).__name__}. Save it again"
        ) from None
    try:
        by_name = {name.lower(): name for name in workbook.sheetnames}
        if sheet.lower() in by_name:
            chosen = by_name[sheet.lower()]
        elif len(by_name) == 1:
            chosen = workbook.sheetnames[0]
        else:
            raise SourceUnreadable(
                f"{file} has {len(by_name)} sheets and none is named {sheet!r}: rename the one meant"
            )
        lines = workbook[chosen].iter_rows(values_only=True)
        head = next(lines, None)
        if head is None:
            raise SourceUnreadable(f"{file}, sheet {chosen!r}: there is no header")
        texts = [_cell_text(cell) or "" for cell in head]
        while texts and not texts[-1]:
            texts.pop()
        names = _checked_header(texts, file)
        rows: list[list[str | None]] = []
        numbers: list[int] = []
        cells = 0
        for number, values in enumerate(lines, start=2):
            row = [_cell_text(value) for value in values]
            if any(cell is not None for cell in row[len(names) :]):
                raise SourceUnreadable(
                    f"{file}, sheet {chosen!r}, row {number}: a cell stands right of the header"
                )
            row = row[: len(names)] + [None] * (len(names) - len(row))
            cells += len(row)
            if cells > MAX_CELLS:
                raise SourceUnreadable(f"{file} has more than {MAX_CELLS} cells: deliver it as CSV")
            if any(cell is not None for cell in row):
                rows.append(row)
                numbers.append(number)
            if len(rows) == _CHUNK:
                yield _table(names, rows, numbers)
                rows, numbers = [], []
        yield _table(names, rows, numbers)
    finally:
        workbook.close()


def read_jsonl(file: Path, *, encoding: str | None = None) -> Iterator[pa.Table]:
    """Rows of a file with one JSON object a line, as text; nested values stay JSON."""
    chosen = find_encoding(file, encoding)
    names: dict[str, None] = {}
    rows: list[dict[str, str | None]] = []
    numbers: list[int] = []

    def table() -> pa.Table:
        columns = list(names)
        return _table(columns, [[row.get(name) for name in columns] for row in rows], numbers)

    with file.open(encoding=chosen) as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                item = json.loads(line, parse_float=str, parse_int=str)
            except json.JSONDecodeError as error:
                raise SourceUnreadable(
                    f"{file}, line {number}: no JSON: {error.msg}. Nothing of the file was taken: "
                    "export it again"
                ) from None
            if not isinstance(item, dict):
                raise SourceUnreadable(f"{file}, line {number}: expected an object by column name")
            row = {
                str(name): json.dumps(value, ensure_ascii=False)
                if isinstance(value, dict | list)
                else _cell_text(value)
                for name, value in item.items()
            }
            names.update(dict.fromkeys(row))
            rows.append(row)
            numbers.append(number)
            if len(rows) == _CHUNK:
                yield table()
                rows, numbers = [], []
    yield table()


def read_parquet(file: Path) -> Iterator[pa.Table]:
    """Rows of a Parquet file in its own types."""
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as parquet:
            is_empty = True
            for batch in parquet.iter_batches(batch_size=_CHUNK):
                is_empty = False
                yield pa.Table.from_batches([batch])
            if is_empty:
                yield parquet.schema_arrow.empty_table()
    except (pa.ArrowInvalid, OSError):
        raise SourceUnreadable(f"{file} is no whole Parquet file. Write it again") from None


def read_file(file: Path, entity: Entity, *, encoding: str | None = None) -> Iterator[pa.Table]:
    """Rows of one file of an entity, by its extension."""
    wait_until_complete(file)
    refuse_other_content(file)
    suffix = file.suffix.lower()
    if suffix == ".csv":
        yield from read_csv(file, known=set(entity.column_names), encoding=encoding)
    elif suffix == ".xlsx":
        yield from read_xlsx(file, sheet=entity.name)
    elif suffix == ".jsonl":
        yield from read_jsonl(file, encoding=encoding)
    else:
        yield from read_parquet(file)
