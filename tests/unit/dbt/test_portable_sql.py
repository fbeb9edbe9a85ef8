"""The SQL of the project says only what DuckDB and Spark read alike, and the lint sees what does not."""

import pytest

from tests import portable_sql
from tests.portable_sql import RULES, Rule, findings


def test_the_project_keeps_to_what_both_engines_read_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert (portable_sql.main(), capsys.readouterr().out) == (0, "")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.bad)
def test_each_rule_finds_its_bad_text_and_says_what_to_write(rule: Rule) -> None:
    assert rule.instead in {instead for _, _, instead in findings(rule.bad)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.good)
def test_no_rule_minds_what_another_rule_asks_for(rule: Rule) -> None:
    assert findings(rule.good) == []


def test_what_stands_in_comments_and_quotes_is_not_sql() -> None:
    assert findings("-- a :: b\nselect 'unnest(x)' as a, {# strftime(d) #} b /* // */ from t") == []


def test_a_finding_names_its_line() -> None:
    assert [line for line, *_ in findings("select\n    a,\n    b::date\nfrom t")] == [3]


@pytest.mark.parametrize(
    ("sql", "keys"),
    [
        ("over (partition by a order by b asc)", ["order by b asc"]),
        ("over (partition by a order by b asc nulls last, c desc)", ["order by c desc"]),
        ("order by all_rows.a nulls last rows unbounded preceding", []),
        ("order by a rows between 1 preceding and current row", ["order by a"]),
        (
            "select * from t order by coalesce(a, b), c limit 5",
            ["order by c", "order by coalesce(a, b)"],
        ),
        ("within group (order by cast(x as double) nulls last)", []),
    ],
)
def test_every_key_of_an_order_says_where_nulls_go(sql: str, keys: list[str]) -> None:
    assert sorted(what for _, what, _ in findings(sql)) == keys


def test_a_pattern_is_written_without_escapes() -> None:
    assert [what for _, what, _ in findings(r"regexp_extract(x, '\d+')")] == [r"\d"]
