"""Read SurveyMonkey's exports: wide sheets with one or two header rows become contract rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipelines.extract import files, lake
from pipelines.extract.contract import Column, Entity
from pipelines.extract.mapping import Mapping, RawTable
from pipelines.extract.night import Say, file_hash
from pipelines.extract.reading import SourceUnavailable, SourceUnreadable
from pipelines.settings import Settings, Source

# One row a response and column, with both headers: exports differ by survey, this does not.
CELLS = Entity(
    "raw_cells",
    "raw",
    (
        Column("survey", "text"),
        Column("respondent", "text"),
        Column("column_number", "integer"),
        Column("question", "text"),
        Column("choice", "text"),
        Column("value", "text"),
    ),
    ("survey", "respondent", "column_number"),
)
# What the tool itself adds to every export: about the response, not an answer.
_ABOUT = {
    "respondentid", "collectorid", "startdate", "datecreated", "enddate", "datemodified",
    "ipaddress", "emailaddress", "firstname", "lastname", "customdata", "customdata1",
}  # fmt: skip


def _plain(header: str) -> str:
    return "".join(header.lower().split())


def _lines(file: Path, encoding: str | None) -> Iterator[tuple[int, list[str]]]:
    chosen = files.find_encoding(file, encoding)
    csv.field_size_limit(16 << 20)
    with file.open(encoding=chosen, newline="") as stream:
        reader = csv.reader(stream, strict=True)
        line = 1
        try:
            for row in reader:
                if row:
                    yield line, row
                line = reader.line_num + 1
        except csv.Error as error:
            raise SourceUnreadable(
                f"{file}, from line {line}: {files.csv_problem(error)}"
            ) from None


def _split_single_header(header: list[str]) -> tuple[list[str], list[str]]:
    """`question - choice` in one row: split where several columns share the question."""
    heads = [name.rpartition(" - ")[0] for name in header]
    questions, choices = [], []
    for name, head in zip(header, heads, strict=True):
        is_shared = head != "" and heads.count(head) > 1
        questions.append(head if is_shared else name)
        choices.append(name[len(head) + 3 :] if is_shared else "Response")
    return questions, choices


def _spread(header: list[str]) -> list[str]:
    """Blank cells of the first header row continue the question to their left."""
    spread: list[str] = []
    for name in header:
        spread.append(name.strip() or (spread[-1] if spread else ""))
    return spread


def read_cells(file: Path, *, encoding: str | None) -> Iterator[pa.Table]:
    """The cells of one export that hold something, in tables of CELLS's columns, with the line.

    Raises SourceUnreadable, with the line, for a file without respondents or a ragged row.
    """
    files.wait_until_complete(file)
    files.refuse_other_content(file)
    lines = _lines(file, encoding)
    _, header = next(lines, (1, []))
    if not header or _plain(header[0]) != "respondentid":
        raise SourceUnreadable(f"{file}, line 1: the first column is not RespondentID")
    second = next(lines, None)
    rows: list[tuple[int, list[str]]] = []
    if second is None:
        questions, choices = _split_single_header(header)
    elif second[1][0].strip() == "":
        questions, choices = _spread(header), [name.strip() for name in second[1]]
    else:
        questions, choices = _split_single_header(header)
        rows.append(second)
    names = [column.name for column in CELLS.columns]
    # A row without respondent for each column: a choice that nobody took is a choice all the same.
    found: list[tuple[object, ...]] = [
        (file.stem, None, number, questions[number], choices[number], None, 1)
        for number in range(len(header))
    ]
    for line, row in [*rows, *lines]:
        if len(row) != len(header):
            raise SourceUnreadable(
                f"{file}, line {line}: {len(row)} cells where the header has {len(header)}"
            )
        for number, value in enumerate(row):
            if value.strip():
                found.append(
                    (file.stem, row[0], number, questions[number], choices[number], value, line)
                )
    columns = list(zip(*found, strict=True)) if found else [() for _ in [*names, "line"]]
    yield pa.table(
        [pa.array([None if v is None else str(v) for v in c], pa.string()) for c in columns[:-1]]
        + [pa.array(columns[-1], pa.int64())],
        names=[*names, lake.ROW_NUMBER],
    )


def land_raw(
    settings: Settings, source: Source, *, at: datetime, say: Say, notes: list[str]
) -> list[str]:
    """Land the cells of every export of the folder; returns what could not be read."""
    assert source.path is not None
    folder = settings.resolved(source.path)
    if not folder.is_dir():
        raise SourceUnavailable(f"the folder {folder} does not exist")
    exports = sorted(folder.glob("*.csv"))
    if not exports:
        raise SourceUnavailable(f"the folder {folder} holds no export (*.csv)")
    say(f"extract {source.name}.cells")

    def cells() -> Iterator[pa.Table]:
        for export in exports:
            if source.encoding is None:
                found = files.find_encoding(export)
                if found not in ("utf-8", "utf-8-sig"):
                    notes.append(
                        f"{source.name}: {export.name} was read as {found}. If its accents look "
                        "wrong, set the source's `encoding` (an export from a Mac: mac_roman)."
                    )
            yield from read_cells(export, encoding=source.encoding)

    try:
        lake.land(
            settings.lake,
            source.name,
            CELLS,
            cells(),
            at=at,
            zone=settings.zone_of(source),
            company_zone=settings.company.timezone,
            is_whole=True,
            vanish_limit=source.vanish_limit,
            origin="; ".join(f"{file.name} {file_hash(file)}" for file in exports),
        )
    except (SourceUnavailable, lake.TooManyVanished) as error:
        return [str(error)]
    return []


def mapping(source: Source, *, notes: list[str]) -> Mapping:
    """The SELECTs that turn CELLS into surveys, questions, responses and answers."""
    about = ", ".join(lake.literal(name) for name in sorted(_ABOUT))
    measures = (
        ", ".join(
            f"({lake.literal(question)}, {lake.literal(measure)})"
            for question, measure in source.questions.items()
        )
        or "(null, null)"
    )
    if source.submitted_on is None:
        notes.append(
            f"{source.name}: where an export has no dates, responses count on the day of "
            "extraction. Set `submitted_on` to say when they were given."
        )
    zone = lake.literal(source.timezone or "UTC")
    day = (
        f"'{source.submitted_on}'"
        if source.submitted_on
        # Where nothing tells when: the day on which the response was first seen, which never moves.
        else f"cast(cast(timezone({zone}, first_extracted_at) as date) as varchar)"
    )
    classified = f"""
        with answers as (
            select * from cells where regexp_replace(lower(question), '\\s', '', 'g') not in ({about})
        ),
        columns as (
            select survey, column_number, any_value(question) as question, any_value(choice) as choice,
                bool_and(value = choice) as is_choice_itself,
                bool_and(try_cast(value as decimal(18, 4)) is not null)
                    filter (where value is not null) as is_number,
                min(try_cast(value as decimal(18, 4))) as lowest,
                max(try_cast(value as decimal(18, 4))) as highest
            from answers group by survey, column_number
        ),
        grouped as (
            select *, count(*) over (partition by survey, question) as width,
                min(column_number) over (partition by survey, question) as first_column,
                bool_and(is_choice_itself or lower(choice) like 'other%')
                    over (partition by survey, question) as is_multiple
            from columns
        ),
        classified as (
            select grouped.survey, grouped.column_number, grouped.choice, measures.measure,
                case
                    when width > 1 and is_multiple then grouped.survey || ':' || first_column
                    else grouped.survey || ':' || grouped.column_number
                end as question_id,
                case when width > 1 and is_multiple then first_column else grouped.column_number end
                    as position,
                case when width > 1 and not is_multiple then grouped.question || ' – ' || grouped.choice
                    else grouped.question end as text,
                case
                    when measures.measure is not null or (is_number and width > 1) then 'rating'
                    when width > 1 and is_multiple then 'multiple_choice'
                    when lower(grouped.choice) like '%open-ended%' then 'text'
                    else 'single_choice'
                end as kind,
                case when measures.measure = 'nps' then 0 when is_number then lowest end as scale_min,
                case when measures.measure = 'nps' then 10 when is_number then highest end as scale_max
            from grouped
            left join (values {measures}) as measures(question, measure)
                on grouped.question = measures.question
        )
    """
    selects = {
        "surveys": f"""
            {classified}
            select survey as survey_id, replace(survey, '_', ' ') as name,
                coalesce(max(measure), 'market_research') as kind
            from classified group by survey
        """,
        "survey_questions": f"""
            {classified}
            select question_id, survey as survey_id, min(position) as position,
                min(text) as text, min(kind) as kind, min(measure) as measure,
                case when min(kind) = 'rating' then min(scale_min) end as scale_min,
                case when min(kind) = 'rating' then max(scale_max) end as scale_max
            from classified group by question_id, survey
        """,
        "survey_responses": f"""
            with responses as (
                select survey, respondent,
                    max(value) filter (where regexp_replace(lower(question), '\\s', '', 'g')
                        in ('startdate', 'datecreated')) as started,
                    max(value) filter (where regexp_replace(lower(question), '\\s', '', 'g')
                        in ('enddate', 'datemodified')) as ended,
                    min(_first_extracted_at) as first_extracted_at
                from cells where respondent is not null group by survey, respondent
            )
            select survey || ':' || respondent as response_id, survey as survey_id,
                coalesce(cast(try_strptime(started, '%m/%d/%Y %H:%M:%S') as varchar), started)
                    as started_at,
                coalesce(cast(try_strptime(ended, '%m/%d/%Y %H:%M:%S') as varchar), ended, {day})
                    as submitted_at,
                'survey' as channel
            from responses
        """,
        "survey_answers": f"""
            {classified}
            select cells.survey || ':' || cells.respondent as response_id, classified.question_id,
                case classified.kind
                    when 'multiple_choice' then classified.choice
                    when 'single_choice' then cells.value
                    else ''
                end as choice,
                case when classified.kind = 'rating' then cells.value end as value_number,
                case when classified.kind <> 'rating' then cells.value end as value_text
            from cells
            inner join classified
                on cells.survey = classified.survey
                and cells.column_number = classified.column_number
            where cells.respondent is not null
        """,
    }
    return Mapping((RawTable(CELLS, file="*.csv"),), selects)
