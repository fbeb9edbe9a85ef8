"""Bring a sealed release to its readers: report files beside it, PostgreSQL, and `current` last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.publish.postgres import PublishFailed, publish_postgres, published_release
from pipelines.publish.release import (
    DATABASE,
    current_release,
    list_releases,
    point_at,
    read_facts,
)
from pipelines.settings import PostgresTarget, Settings

if TYPE_CHECKING:
    from pipelines.report.facts import CompanyFacts

Say = Callable[[str], None]


def write_reports(database: Path, folder: Path, settings: Settings) -> list[Path]:
    """Write report.zh.html, report.en.html, report.xlsx and a scorecard of each rep of a release's
    database into a folder; gives the reports and the index of the scorecards in each language."""
    return [*write_pages(database, folder, settings), *write_tables(database, folder, settings)]


def write_pages(database: Path, folder: Path, settings: Settings) -> list[Path]:
    """Write report.zh.html and report.en.html of a release's database into a folder."""
    from pipelines.report.page import render_html
    from pipelines.report.scorecards import LANGUAGES

    company = _company(settings)
    return [
        render_html(
            database, folder / f"report.{language}.html", language=language, company=company
        )
        for language in LANGUAGES
    ]


def write_tables(database: Path, folder: Path, settings: Settings) -> list[Path]:
    """Write what has no chart to draw of a release's database into a folder: report.xlsx and the
    scorecards; gives the workbook and the index of the scorecards in each language."""
    from pipelines.report.scorecards import render_scorecards
    from pipelines.report.workbook import write_workbook

    company = _company(settings)
    return [
        write_workbook(database, folder / "report.xlsx", company=company),
        *render_scorecards(database, folder, company=company),
    ]


def get_ready_to_draw() -> None:
    """Start what draws the pages' charts: a process is quick at it from its second chart on."""
    from pipelines.report.charts import trend
    from pipelines.report.numbers import Numbers
    from pipelines.report.page import draw

    draw(trend([], Numbers("en"), form="amount"), "")


def trust_told(database: Path, settings: Settings) -> dict[str, str]:
    """By language, whether the figures of a release's database can be trusted, and why."""
    from pipelines.report.headlines import trust_text

    company = _company(settings)
    return {
        "en": trust_text(database, language="en", company=company),
        "zh": trust_text(database, language="zh", company=company),
    }


def _company(settings: Settings) -> CompanyFacts:
    from pipelines.report.facts import CompanyFacts

    company = settings.company
    return CompanyFacts(company.name, company.currency, company.timezone, company.language)


def deliver(settings: Settings, release: Path, *, say: Say) -> None:
    """Bring a whole release to every target that does not show it, then point `current` at it.

    Raises PublishFailed where a target cannot be written: `current` stays where it is then, and the
    same call later goes on with the targets that are left.
    """
    current = current_release(settings.home)
    marts = list(read_facts(release)["rows"])
    # A mart that an earlier release had is ours to take away.
    earlier = {name for r in list_releases(settings.home) for name in read_facts(r)["rows"]}
    for target in settings.publish:
        if not isinstance(target, PostgresTarget):
            continue
        try:
            if published_release(target) == release.name:
                continue
            say(f"publish to PostgreSQL schema {target.db_schema}")
            publish_postgres(
                target,
                release / DATABASE,
                marts,
                retired=sorted(earlier - set(marts)),
                say=say,
            )
        except PublishFailed as error:
            told = (
                f"The release {release.name} stays in use in the files."
                if release == current
                else f"The release {release.name} is whole but not in use: `current` and this "
                "target stay at the last good one."
            )
            raise PublishFailed(
                f"{error} {told} Mend the target and run again: what is built is delivered then, "
                "not built again."
            ) from None
    if release != current:
        point_at(settings.home, release)
