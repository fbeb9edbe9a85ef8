"""The headline figures, and whether to trust them, as plain data for a command line or a message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language
from pipelines.report.release import opened
from pipelines.report.sections.summary import headline_figures
from pipelines.report.sections.trust import trust
from pipelines.report.words import words_of

_SIGNS = {"up": "▲", "down": "▼", "flat": "●", "none": ""}


@dataclass(frozen=True)
class HeadlineText:
    """One headline figure in words: its period, value, change against last month and status."""

    metric: str
    name: str
    period: str
    value: str
    change: str
    status: str


def trust_text(release: Path, *, language: Language, company: CompanyFacts) -> str:
    """Whether the figures of a release's database can be trusted, and why, in a line."""
    with opened(release) as marts:
        box, _ = trust(marts, words_of(marts, language, company.timezone), company)
    return f"{box.word}. {box.sentence}"


def headlines(release: Path, *, language: Language) -> list[HeadlineText]:
    """The headline figures of a release's database, eight at most, in the report's order.

    `change` and `status` are empty where there is no earlier period or no target.
    Raises FileNotFoundError where there is no such file.
    """
    with opened(release) as marts:
        words = words_of(marts, language)
        figures = headline_figures(marts, words)
    told = []
    for figure in figures:
        change = figure.comparisons[0]
        told.append(
            HeadlineText(
                metric=figure.metric,
                name=figure.name,
                period=figure.period,
                value=figure.value_text,
                change=""
                if change.direction == "none"
                else f"{_SIGNS[change.direction]} {change.text} {change.label}",
                status="" if figure.status == "no_target" else figure.status_word,
            )
        )
    return told
