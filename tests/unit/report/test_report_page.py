"""The page needs nothing else, escapes what it shows, and names what it leaves out."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language
from pipelines.report.page import render_html

Changed = Callable[..., Path]


@pytest.fixture(scope="module")
def pages(release_file: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    company = CompanyFacts("极光仪器", "CNY", "Asia/Shanghai", "zh")
    return {
        "zh": render_html(
            release_file, folder / "report.zh.html", language="zh", company=company
        ).read_text("utf-8"),
        "en": render_html(
            release_file, folder / "report.en.html", language="en", company=company
        ).read_text("utf-8"),
    }


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_needs_no_script_and_no_network(pages: dict[str, str], language: str) -> None:
    page = pages[language]
    without_names = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|//[a-z]+\.", without_names)
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|javascript:", page)
    assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)=", page)
    assert "default-src 'none'; style-src 'sha256-" in page.replace("&#39;", "'")
    assert len(page.encode()) < 2 * 1024 * 1024


@pytest.mark.parametrize(("language", "tag"), [("zh", "zh-Hans"), ("en", "en")])
def test_a_page_says_its_language(pages: dict[str, str], language: str, tag: str) -> None:
    assert f'<html lang="{tag}">' in pages[language]


def test_what_comes_from_data_is_escaped(pages: dict[str, str]) -> None:
    assert "&lt;b&gt;华联精密&lt;/b&gt;" in pages["zh"]
    assert "<b>华联精密" not in pages["zh"]
    assert "<td>=1+1</td>" in pages["zh"]


def test_every_chart_has_an_alternative_and_follows_the_theme(pages: dict[str, str]) -> None:
    charts = re.findall(r"<svg[^>]*>", pages["en"])
    assert len(charts) > 15
    assert all("aria-hidden" in chart or 'role="img" aria-label="Chart: ' in chart
               for chart in charts)  # fmt: skip
    assert "var(--actual)" in pages["en"]
    assert not re.search(r'(?:fill|stroke)="#0102', pages["en"])


def test_text_in_charts_stays_text(pages: dict[str, str]) -> None:
    assert re.search(r"<text[^>]*>华东</text>", pages["zh"])


def test_sections_stand_in_the_report_s_order(pages: dict[str, str]) -> None:
    assert re.findall(r'<section id="([a-z]+)"', pages["en"]) == [
        "headlines", "sales", "pipeline", "people", "customers", "market", "service", "quality",
        "sources", "definitions",
    ]  # fmt: skip


def test_long_tables_show_ten_rows_and_say_where_the_rest_is(pages: dict[str, str]) -> None:
    assert "First 10 of 30 rows; the rest is in the workbook." in pages["en"]


def test_a_missing_value_is_a_dash_with_its_reason_on_hover_and_in_print(
    pages: dict[str, str],
) -> None:
    assert 'title="the first stage has none before it">–</td>' in pages["en"]
    assert "Of the stage before: the first stage has none before it." in pages["en"]


def test_the_currency_stands_once_above_the_figures(pages: dict[str, str]) -> None:
    assert "Amounts in Chinese yuan (CNY)" in pages["en"]
    assert "¥" not in pages["en"]


def test_a_section_without_data_is_left_out_and_named(
    changed: Changed, company: CompanyFacts, tmp_path: Path
) -> None:
    path = changed("delete from survey_scores", "drop table fulfilment_by_period")
    page = render_html(path, tmp_path / "p.html", language="en", company=company).read_text("utf-8")
    assert 'id="market"' not in page
    assert (
        "Left out, as no source delivers the data: market and surveys (no surveys, campaigns or"
        " competitors), fulfilment and service (no promised dates), improvement (no action on"
        " record)." in page
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_empty_release_still_makes_a_page(
    empty_release: Path, company: CompanyFacts, tmp_path: Path, language: Language
) -> None:
    page = render_html(
        empty_release,
        tmp_path / "p.html",
        language=language,
        company=company,
    )
    assert page.stat().st_size > 3000


def test_a_company_replaces_a_template(
    release_file: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text("<p>{{ company.name }} {{ report.as_of }}</p>")
    page = render_html(
        release_file, tmp_path / "own.html", language="zh", company=company, templates=tmp_path
    )
    assert page.read_text("utf-8") == "<p>极光仪器 2026年6月14日</p>"


def test_the_same_release_makes_the_same_page(
    release_file: Path, company: CompanyFacts, tmp_path: Path, pages: dict[str, str]
) -> None:
    again = render_html(release_file, tmp_path / "p.html", language="zh", company=company)
    assert again.read_text("utf-8") == pages["zh"]


def test_a_release_that_is_not_there_is_named(company: CompanyFacts, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="No release at"):
        render_html(tmp_path / "no.duckdb", tmp_path / "p.html", language="zh", company=company)
