"""Sentences say what the data says: every branch, in both languages."""

import re
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import pytest

from pipelines.report.build import build
from pipelines.report.content import Report
from pipelines.report.facts import CompanyFacts
from pipelines.report.headlines import headlines
from pipelines.report.numbers import Language
from pipelines.report.release import opened
from pipelines.report.words import sentences

Changed = Callable[..., Path]
MAY = "period_start = date '2026-05-01'"
TOTAL_MAY = f"dimension = 'total' and period_type = 'month' and {MAY}"


def built(path: Path, language: Language, company: CompanyFacts) -> Report:
    with opened(path) as release:
        return build(release, language, company)


def lead(report: Report, key: str) -> str:
    return next(section.lead for section in report.sections if section.key == key)


def test_both_languages_have_every_sentence_with_the_same_fields() -> None:
    zh, en = sentences("zh"), sentences("en")
    assert set(zh) == set(en)
    fields = {
        language: {
            key: {name for _, name, _, _ in Formatter().parse(text) if name}
            for key, text in texts.items()
        }
        for language, texts in (("zh", zh), ("en", en))
    }
    assert {key for key in zh if fields["zh"][key] != fields["en"][key]} == set()


def test_every_sentence_renders_with_its_fields_filled() -> None:
    for language in ("zh", "en"):
        for key, text in sentences(language).items():
            names = {name for _, name, _, _ in Formatter().parse(text) if name}
            said = text.format(**{name: f"<{name}>" for name in names})
            assert not re.search(r"[{}]", said), (language, key)


def test_chinese_has_chinese_punctuation() -> None:
    for key, text in sentences("zh").items():
        assert not re.search(r"[\u4e00-\u9fff][,;:!?]", text), key


def test_the_sales_sentence_carries_the_mart_s_figures(
    release_file: Path, company: CompanyFacts
) -> None:
    # May 2026 is month 22: 4,000,000 + 22 × 40,000 + 300,000 in season; April has no season.
    said = lead(built(release_file, "en", company), "sales")
    assert said.startswith(
        "Net sales rose 7% on the month before, to 5.18M in May 2026, and is up 10.2% on a year"
        " ago. 华东 brought 50% of the rise (+170K). "
    )
    assert " Jun 2026 so far: " in said
    assert lead(built(release_file, "zh", company), "sales").startswith(
        "2026年5月净销售额 518万，环比增长 7%，同比增长 10.2%。"
        "华东贡献最大，占增量的 50%（多 17万）。"
    )


@pytest.mark.parametrize(
    ("change", "en", "zh"),
    [
        ("net_sales * 2", "fell 50% on the month before", "环比下降 50%"),
        ("net_sales", "held at 5.18M in May 2026", "与上月基本持平"),
        ("null", "the first month on record", "没有更早的月份可比"),
        ("0", "the first month on record", "没有更早的月份可比"),
    ],
)
def test_sales_say_which_way_they_went(
    changed: Changed, company: CompanyFacts, change: str, en: str, zh: str
) -> None:
    path = changed(
        f"update sales_by_period set previous_net_sales = {change} where period_type = 'month'"
    )
    assert en in lead(built(path, "en", company), "sales")
    assert zh in lead(built(path, "zh", company), "sales")


def test_sales_name_what_pulled_them_down(changed: Changed, company: CompanyFacts) -> None:
    path = changed(
        f"update sales_by_period set previous_net_sales = net_sales * 2 where {MAY}",
    )
    assert "华东 accounts for 50% of the fall (−2.59M)." in lead(
        built(path, "en", company), "sales"
    )


def test_headlines_stand_against_target_last_period_and_last_year(
    release_file: Path, company: CompanyFacts
) -> None:
    report = built(release_file, "en", company)
    sales = report.headlines[0]
    assert (sales.name, sales.value_text, sales.period) == ("Net sales", "5.18M", "May 2026")
    assert [item.text for item in sales.comparisons] == ["+7%", "+10.2%"]
    assert (sales.target_text, sales.status_word) == ("Target 4.7M", "on track")
    assert report.headline_lead == (
        "Net sales came to 5.18M in May 2026, up 7% on the period before."
        " 1 of 3 figures with a target are on track; close to it: Bookings, Attainment."
    )
    assert len(report.headlines) == 8


def test_headlines_without_targets_or_earlier_periods_say_so(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed(
        "update kpis set target = null, status = 'no_target', previous_value = null,"
        " year_ago_value = null"
    )
    assert built(path, "en", company).headline_lead == (
        "Net sales came to 5.18M in May 2026; there is no earlier period to compare."
        " No targets are set."
    )
    assert {item.status_word for item in built(path, "zh", company).headlines} == {"未设目标"}
    assert {(item.change, item.status) for item in headlines(path, language="en")} == {("", "")}


def test_headlines_name_what_is_off_track(changed: Changed, company: CompanyFacts) -> None:
    path = changed(f"update kpis set status = 'off_track' where metric = 'bookings' and {MAY}")
    assert "未达标的是签约额" in built(path, "zh", company).headline_lead


def test_a_lower_is_better_metric_that_falls_is_good(
    changed: Changed, company: CompanyFacts
) -> None:
    fell = "update kpis set previous_value = value * 2 where metric = 'net_sales'"
    up = built(changed(fell), "en", company).headlines[0].comparisons[0]
    path = changed(
        fell, "update metric_dictionary set direction = 'lower' where metric = 'net_sales'"
    )
    lower = built(path, "en", company).headlines[0].comparisons[0]
    assert (up.direction, up.is_good) == ("down", False)
    assert (lower.direction, lower.is_good) == ("down", True)


def test_headlines_are_plain_data(release_file: Path) -> None:
    first = headlines(release_file, language="en")[0]
    assert (first.metric, first.value, first.change, first.status) == (
        "net_sales",
        "5.18M",
        "▲ +7% on last period",
        "on track",
    )


@pytest.mark.parametrize(
    ("statements", "level", "en"),
    [
        ((), "care", "118 checks passed, 2 failed; records to mend: 20, with 200K"),
        (("delete from quality_issues",), "care", "2 failed; no record waits"),
        (("update quality_issues set amount_at_risk = 0",), "care", "no money at stake"),
        (
            ("delete from quality_issues", "update quality_checks set is_passed = true"),
            "good",
            "all 120 checks passed and every source is up to date",
        ),
        (
            ("update source_freshness set is_stale = true where source_system = 'crm'",),
            "stale",
            "Nothing new from crm since 15 Jun 2026 10:00",
        ),
        (
            ("update release_info set is_degraded = true, stale_sources = 'shop'",),
            "stale",
            "shop did not deliver on time",
        ),
        (
            ("delete from quality_checks", "delete from quality_issues"),
            "care",
            "no quality check is on record",
        ),
        (
            (
                "delete from quality_issues",
                "update quality_checks set is_passed = true",
                "create table quality_scores as select date '2026-06-30' as as_of_date,"
                " 'orders' as entity, 'accuracy' as dimension, 3 as checks, 10.0 as weight,"
                " 0.979999 as score, cast(null as double) as trend_30d, 0.98 as target",
            ),
            "care",
            "up to date. Data quality is 97.99%, below its target of 98%.",
        ),
    ],
)
def test_trust_says_whether_the_figures_can_be_used(
    changed: Changed,
    company: CompanyFacts,
    statements: tuple[str, ...],
    level: str,
    en: str,
) -> None:
    report = built(changed(*statements, "select 1"), "en", company)
    assert report.trust.level == level
    assert en in report.trust.sentence


def test_pipeline_says_what_is_open_won_and_lost(release_file: Path, company: CompanyFacts) -> None:
    report = built(release_file, "en", company)
    assert lead(report, "pipeline").startswith(
        "210 deals worth 12.3M are open; 18 of them (8.6%, worth 1.08M) are stalled."
        " The win rate of 2026 is 39.1% (n = 230). The bottleneck of May 2026 is "
    )
    pipeline = next(section for section in report.sections if section.key == "pipeline")
    assert {figure.key: figure.finding for figure in pipeline.figures}["funnel"] == (
        "Most is lost at “需求确认”: 300 of the 840 deals that got there (35.7%)."
    )


def test_pipeline_says_when_nothing_is_open_or_closed(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed("delete from open_pipeline", "delete from win_rates")
    assert "目前没有在手商机。还没有已结的商机。" in lead(built(path, "zh", company), "pipeline")


def test_few_deals_show_their_interval(changed: Changed, company: CompanyFacts) -> None:
    path = changed(
        "delete from win_rates where period_type = 'year' and period_start < date '2026-01-01'",
        "update win_rates set won = 4, lost = 6, win_rate = 0.4, win_rate_low = 0.168,"
        " win_rate_high = 0.687 where period_type = 'year' and dimension = 'total'",
        "update open_pipeline set stalled_deals = 0 where dimension = 'total'",
    )
    said = lead(built(path, "en", company), "pipeline")
    assert "none of them stalled" in said
    assert "40% on only 10 closed deals, 95% interval 16.8%–68.7%" in said


def test_people_are_told_by_their_spread_and_by_who_needs_help(
    release_file: Path, company: CompanyFacts
) -> None:
    assert lead(built(release_file, "en", company), "people") == (
        "3 of 8 reps with a quota reached it in Q1 2026; median attainment 93%, from 61% to 134%."
        " To be supported: 李国强, 孙海波 (reasons below)."
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update quota_attainment set attainment = 1.2", "设有目标的 8 名销售全部达成"),
        ("update quota_attainment set attainment = 0.2", "设有目标的 8 名销售无人达成"),
        ("update quota_attainment set is_complete = false", "2026年二季度尚未结束"),
        ("delete from quota_attainment", "没有个人目标"),
        ("update rep_scorecard set position = 'middle'", "没有人落入需要帮助的范围"),
    ],
)
def test_people_say_who_reached_their_quota(
    changed: Changed, company: CompanyFacts, statement: str, said: str
) -> None:
    assert said in lead(built(changed(statement), "zh", company), "people")


@pytest.mark.parametrize(
    ("as_of", "quarter"), [("2026-06-14", "2026年一季度"), ("2026-06-30", "2026年二季度")]
)
def test_without_quotas_people_are_told_by_the_last_complete_quarter(
    changed: Changed, company: CompanyFacts, as_of: str, quarter: str
) -> None:
    path = changed(
        "delete from quota_attainment", f"update release_info set as_of_date = date '{as_of}'"
    )
    assert lead(built(path, "zh", company), "people").startswith(f"{quarter}没有个人目标")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (30, "New customers in May 2026: 30, after 6 the month before."),
        (1, "New customers in May 2026: 1, down from 6 the month before."),
        (6, "New customers in May 2026: 6, as many as the month before."),
    ],
)
def test_customers_say_how_many_are_new(
    changed: Changed, company: CompanyFacts, new: int, said: str
) -> None:
    path = changed(f"update sales_by_period set new_customers = {new} where {TOTAL_MAY}")
    assert said in lead(built(path, "en", company), "customers")


def test_customers_say_how_much_the_largest_weigh(
    release_file: Path, company: CompanyFacts
) -> None:
    # 3.0M down to 2.1M make 25.5M of 46.5M.
    assert "前 10 大客户（共 30 家）占全部净销售额的 54.8%。" in lead(
        built(release_file, "zh", company), "customers"
    )


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("select 1", "NPS 34 ± 6.1 (n = 212), 6 above the wave before, within the margin"),
        ("update survey_scores set is_change_significant = true", "a significant rise"),
        ("update survey_scores set previous_score = 50", "16 below the wave before, within"),
        (
            "update survey_scores set previous_score = 50, is_change_significant = true",
            "a significant fall",
        ),
        ("update survey_scores set previous_score = score", "level with the wave before"),
        ("update survey_scores set previous_score = null", "there is no earlier wave"),
    ],
)
def test_surveys_say_whether_a_change_is_more_than_chance(
    changed: Changed, company: CompanyFacts, statement: str, said: str
) -> None:
    assert said in lead(built(changed(statement), "en", company), "market")


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ("0.97", "better than the month before"),
        ("0.5", "worse than the month before"),
        ("(select on_time_rate from fulfilment_by_period where dimension = 'total'"
         " and period_start = date '2026-04-01')", "level with the month before"),
    ],
)  # fmt: skip
def test_service_says_how_punctual_orders_were(
    changed: Changed, company: CompanyFacts, rate: str, said: str
) -> None:
    path = changed(f"update fulfilment_by_period set on_time_rate = {rate} where {TOTAL_MAY}")
    assert said in lead(built(path, "en", company), "service")


def test_service_says_what_is_past_due(changed: Changed, company: CompanyFacts) -> None:
    path = changed("update fulfilment_by_period set open_past_due = 0")
    assert "没有过期未交付的订单" in lead(built(path, "zh", company), "service")


def test_quality_says_what_failed_and_who_mends_it(
    changed: Changed, release_file: Path, company: CompanyFacts
) -> None:
    said = lead(built(release_file, "en", company), "quality")
    assert said.startswith("2 of 120 checks failed. Records to mend: 20, with 200K at")
    path = changed("delete from quality_issues", "update quality_checks set is_passed = true")
    assert lead(built(path, "en", company), "quality").startswith(
        "All 120 checks passed. No record waits to be mended."
    )


def test_quality_says_what_was_corrected_and_what_waits(
    changed: Changed, release_file: Path, company: CompanyFacts
) -> None:
    told = "Corrected: 5 by rules and 1 by people; {} wait for a yes"
    report = built(release_file, "en", company)
    assert told.format(2) in lead(report, "quality")
    (section,) = [s for s in report.sections if s.key == "quality"]
    (table,) = [t for t in section.tables if t.key == "corrections"]
    assert [(r["kind"], r["by_rule"], r["by_people"]) for r in table.rows] == [
        ("Upper and lower case", 5, 0),
        ("Currency", 0, 1),
    ]
    path = changed(
        "delete from quality_corrections", "update quality_issues set proposed_value = null"
    )
    assert "Corrected" not in lead(built(path, "en", company), "quality")
    path = changed("drop table quality_corrections")
    assert "Corrected" not in lead(built(path, "en", company), "quality")


def test_an_empty_release_has_nothing_to_report_and_says_so(
    empty_release: Path, company: CompanyFacts
) -> None:
    report = built(empty_release, "zh", company)
    assert report.headline_lead == sentences("zh")["headline.nothing"]
    assert report.sections == ()
    assert len(report.left_out) == 8
    assert headlines(empty_release, language="en") == []
