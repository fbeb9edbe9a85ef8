"""The pages of docs/ say what the definitions say, and leave no mart out."""

import duckdb
import pytest

from data_quality.suites.contract import suites
from tests import docs


def test_pages_are_what_the_definitions_make_them() -> None:
    pages, results = docs.written(), docs.shown_results()
    rendered = docs.render(lambda query: results.get(query, "(no result yet)"))
    differing = sorted(
        name for name in {*pages, *rendered} if pages.get(name) != rendered.get(name)
    )
    assert differing == [], docs.NEEDED


def test_every_mart_answers_a_question() -> None:
    marts = {mart.name: mart.area for mart in docs.declared_marts()}
    asked = {question.mart: area for area in docs.areas() for question in docs.questions(area)}
    assert {name for name, area in marts.items() if area != "core"} <= set(asked), (
        "say in docs/questions.yml what people ask of it, then run `make docs`"
    )
    assert {name: marts.get(name) for name in asked} == asked


def test_the_metric_pages_hold_every_metric_in_both_languages() -> None:
    pages = docs.written()
    for row in docs.metrics():
        for language, page in (("en", "metrics.md"), ("zh", "metrics.zh.md")):
            assert f'<a id="{row["metric"]}"></a>**{row[f"name_{language}"]}**' in pages[page]


def test_the_page_of_rules_holds_each_with_its_action_and_both_sentences() -> None:
    page = docs.written()["rules.md"]
    for entity, rules in suites().items():
        section = page.split(f"\n## {entity}\n")[1].split("\n## ")[0]
        for rule in rules:
            name = rule.rule.removeprefix(f"{entity}.")
            line = f"| `{name}` | {rule.dimension} | {rule.action} |"
            assert f"{line} {rule.message_en}<br>{rule.message_zh} |" in section


def test_a_result_is_a_table_with_its_numbers_to_the_right() -> None:
    with duckdb.connect() as connection:
        table = docs.answer(
            connection,
            "select * from (values (1, 1234.50::decimal(18, 4), 0.1 + 0.2, 'a|b', true,"
            " date '2026-06-01'), (2, null, -0.00001, null, null, null)) as t(n, m, d, s, b, day)",
        )
    assert table.splitlines() == [
        "| n | m | d | s | b | day |",
        "| ---: | ---: | ---: | --- | --- | --- |",
        "| 1 | 1,234.5 | 0.3 | a\\|b | true | 2026-06-01 |",
        "| 2 |  | 0 |  |  |  |",
    ]


@pytest.mark.parametrize("page", ["README.md", "metrics.md", "metrics.zh.md", "sales.md"])
def test_links_lead_somewhere(page: str) -> None:
    pages = docs.written()
    anchors = {
        name: {line[3:] for line in text.splitlines() if line.startswith("## ")}
        | {part.split('"')[0] for part in text.split('<a id="')[1:]}
        for name, text in pages.items()
    }
    for link in pages[page].split("](")[1:]:
        name, _, anchor = link.split(")")[0].partition("#")
        assert (name or page) in pages
        assert not anchor or anchor in anchors[name or page], link
