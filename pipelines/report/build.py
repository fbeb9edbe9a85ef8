"""Build a report of one language from a release: which sections there are, and which are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipelines.report.content import Report, Section
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language
from pipelines.report.release import Release, opened
from pipelines.report.sections.actions import actions
from pipelines.report.sections.customers import customers
from pipelines.report.sections.market import market
from pipelines.report.sections.people import people
from pipelines.report.sections.pipeline import pipeline
from pipelines.report.sections.quality import fix_list, quality
from pipelines.report.sections.sales import sales
from pipelines.report.sections.service import service
from pipelines.report.sections.summary import headline_figures, headline_sentence
from pipelines.report.sections.trust import sources, trust
from pipelines.report.words import Words, words_of

# In the order of the report.
SECTIONS: dict[str, Callable[[Release, Words], Section | None]] = {
    "sales": sales,
    "pipeline": pipeline,
    "people": people,
    "customers": customers,
    "market": market,
    "service": service,
    "actions": actions,
    "quality": quality,
}


@dataclass(frozen=True)
class Built:
    """A report of one language, and the words in which it is told."""

    report: Report
    words: Words


def build_from(release: Path, language: Language, company: CompanyFacts) -> Built:
    """The report of a release's database: a page and a workbook can be made of the same one.

    Raises FileNotFoundError where there is no release.
    """
    with opened(release) as marts:
        return Built(build(marts, language, company), words_of(marts, language, company.timezone))


def build(release: Release, language: Language, company: CompanyFacts) -> Report:
    """The whole report, ready to be laid out. A section without data is named in `left_out`."""
    words = words_of(release, language, company.timezone)
    box, info = trust(release, words, company)
    figures = headline_figures(release, words)
    found: list[Section] = []
    left_out: list[str] = []
    for key, make in SECTIONS.items():
        section = make(release, words)
        if section is None:
            left_out.append(words.say(f"left_out.{key}"))
        else:
            found.append(section)
    fresh = sources(release, words, company)
    if fresh is not None:
        found.append(fresh)
    return Report(
        trust=box,
        headline_lead=headline_sentence(figures, words),
        headlines=figures,
        sections=tuple(found),
        left_out=tuple(left_out),
        dictionary=sorted(words.dictionary.values(), key=lambda row: str(row["metric"])),
        fix_list=fix_list(release, words),
        release_id=str(info["release_id"]),
        as_of=info["as_of"],
        made_at=info["made_at"],
    )
