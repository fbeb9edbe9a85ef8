"""Lay a report out as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.report.build import build_from
from pipelines.report.charts import draw
from pipelines.report.content import Column, Table
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language, is_number
from pipelines.report.words import Words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_TAGS = {"zh": "zh-Hans", "en": "en"}
_TEXT_KINDS = ("text", "long", "month", "day")
_SIGNS = {"up": "▲", "down": "▼", "flat": "●", "none": ""}


def environment_of(templates: Path | None) -> Environment:
    """Templates of a company's own folder, and ours where it lacks one. Values are escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    folders = [str(folder) for folder in (templates, TEMPLATES) if folder is not None]
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style_of(environment: Environment, name: str) -> tuple[Markup, str]:
    """A style sheet as it stands in a page, and the content policy that allows it and no more."""
    from markupsafe import Markup

    # The style is ours, not data; as an element's text it must stand as it is.
    style = environment.get_template(name).render()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return Markup(style), policy


def render_html(
    release: Path,
    target: Path,
    *,
    language: Language,
    company: CompanyFacts,
    templates: Path | None = None,
) -> Path:
    """Write the report of a release's database in one language.

    `templates` is a folder of a company's own `page.html` and `page.css`; what it lacks is taken
    from ours. Raises FileNotFoundError where there is no release.
    """
    environment = environment_of(templates)
    style, policy = style_of(environment, "page.css")
    built = build_from(release, language, company)
    report, words = built.report, built.words

    def cell(column: Column, row: dict[str, Any]) -> str:
        return words.value(column.kind, row[column.key], short=False)

    page = environment.get_template("page.html").render(
        report=report,
        company=company,
        language=LANGUAGE_TAGS[language],
        say=words.say,
        currency=words.choice("currency", company.currency),
        style=style,
        policy=policy,
        draw=draw,
        cell=cell,
        is_empty=lambda value: value is None or (isinstance(value, float) and not is_number(value)),
        is_number_kind=lambda kind: kind not in _TEXT_KINDS,
        reasons=lambda table: _reasons(table, words),
        signs=_SIGNS,
        definitions=lambda metrics: [
            (metric, words.term(metric), words.definition(metric))
            for metric in metrics
            if words.definition(metric)
        ],
        name_key=f"name_{language}",
        definition_key=f"definition_{language}",
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page, encoding="utf-8", newline="\n")
    return target


def _reasons(table: Table, words: Words) -> list[tuple[str, str]]:
    """Heading and reason of each column that shows a dash: what a hover tells, for print."""
    rows = table.rows[: table.shown]
    return [
        (column.label, column.missing or words.say("why.unknown"))
        for column in table.columns
        if any(row[column.key] is None for row in rows)
    ]
