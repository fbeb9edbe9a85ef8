"""What a report is made of: sections with a sentence, figures, tables and their definitions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.report.release import Row

Kind = Literal[
    "text",
    "money",
    "count",
    "rate",
    "passed",
    "growth",
    "points",
    "score",
    "days",
    "hundredths",
    "times",
    "day",
    "month",
    "long",
    # Text of a figure, written already: rows of one column may differ in kind.
    "figure",
]
Direction = Literal["up", "down", "flat", "none"]
Status = Literal["on_track", "watch", "off_track", "no_target"]


@dataclass(frozen=True)
class Column:
    """A column of a table: key in the rows, heading, kind of value, and why a cell may be empty."""

    key: str
    label: str
    kind: Kind = "text"
    missing: str = ""


@dataclass(frozen=True)
class Native:
    """How the workbook draws a table: bars or lines of some columns over a column of labels."""

    shape: Literal["bar", "line", "column"]
    category: str
    series: tuple[str, ...]
    title: str
    rows: int = 30


@dataclass(frozen=True)
class Table:
    """Rows under headings. A page shows the first `shown` of them, the workbook all.

    `finding` is the sentence that opens the table, made from its rows.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: list[Row]
    shown: int = 10
    note: str = ""
    native: Native | None = None
    finding: str = ""


@dataclass(frozen=True)
class Figure:
    """One chart: a Vega-Lite specification with its title, unit and period, and alternative.

    `finding` is the sentence that the chart proves, made from the data.
    """

    key: str
    title: str
    subtitle: str
    alt: str
    spec: dict[str, Any]
    legend: tuple[tuple[str, str], ...] = ()
    is_wide: bool = False
    narrow_spec: dict[str, Any] | None = None
    finding: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a section: the sentence it gives the section's opening, its charts and tables."""

    sentence: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report that answers one question, opened by a sentence made from the data."""

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """A figure against an earlier one or a target: which way, by how much, and is that good."""

    label: str
    direction: Direction
    text: str
    word: str
    is_good: bool | None = None


@dataclass(frozen=True)
class Headline:
    """One headline figure as plain data."""

    metric: str
    name: str
    value_text: str
    period: str
    direction: Direction
    direction_word: str
    status: Status
    status_word: str
    comparisons: tuple[Comparison, ...] = ()
    target_text: str = ""
    sample: str = ""
    definition: str = ""
    missing: str = ""
    spark: dict[str, Any] | None = field(default=None, repr=False)
    value: float | None = None
    target: float | None = None
    kind: Kind = "count"


@dataclass(frozen=True)
class Trust:
    """Whether the figures can be used: in one word, one sentence and a few facts."""

    level: Literal["good", "care", "stale"]
    word: str
    sentence: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Report:
    """Everything a page or a workbook shows, in one language."""

    trust: Trust
    headline_lead: str
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    left_out: tuple[str, ...]
    dictionary: list[Row]
    fix_list: Table | None
    release_id: str
    as_of: str
    made_at: str
