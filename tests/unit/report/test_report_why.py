"""Why sales changed, where deals wait and whether the quarter will be made: every sentence said."""

import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from pipelines.report import charts
from pipelines.report.build import build
from pipelines.report.content import Report, Section, Table
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language, wilson
from pipelines.report.page import render_html
from pipelines.report.release import opened
from pipelines.report.workbook import write_workbook
from tests.unit.report.small_release import TABLES

Changed = Callable[..., Path]
MAY = "period_start = date '2026-05-01'"
ALL_BUT_ORDERS = [
    f"delete from {table}"
    for table in TABLES
    if table not in ("release_info", "metric_dictionary", "sales_by_period", "price_volume_mix")
]


def built(path: Path, language: Language, company: CompanyFacts) -> Report:
    with opened(path) as release:
        return build(release, language, company)


def section(report: Report, key: str) -> Section:
    return next(section for section in report.sections if section.key == key)


def finding(report: Report, key: str, figure: str) -> str:
    found = {item.key: item.finding for item in section(report, key).figures}
    return found.get(figure, "")


def table(report: Report, key: str, name: str) -> Table:
    return next(item for item in section(report, key).tables if item.key == name)


def test_the_bridge_names_what_moved_sales_largest_first(
    release_file: Path, company: CompanyFacts
) -> None:
    # Of 4.84M in April: 484,000 are 10 %, −350,000 are −7.2 %, 242,000 are 5 %.
    assert (
        "Behind the rise, in per cent of the month before: volume +10%, mix −7.2%, price +5%,"
        " products not sold the month before +1.7%, products not sold this month −1.2%, returns −1.2%."
    ) in section(built(release_file, "en", company), "sales").lead
    assert "增长的构成（占上月的百分比）：数量 +10%、结构 −7.2%、价格 +5%、" in (
        section(built(release_file, "zh", company), "sales").lead
    )


@pytest.mark.parametrize(
    ("statements", "en", "zh"),
    [
        (
            ("update price_volume_mix set net_sales = net_sales / 2",),
            "Behind the fall",
            "下降的构成",
        ),
        (
            (f"update price_volume_mix set net_sales = previous_net_sales where {MAY}",),
            "Beneath the level figure",
            "持平之下各因素相互抵消",
        ),
    ],
)
def test_the_bridge_says_which_way_sales_went(
    changed: Changed, company: CompanyFacts, statements: tuple[str, ...], en: str, zh: str
) -> None:
    path = changed(*statements)
    assert en in section(built(path, "en", company), "sales").lead
    assert zh in section(built(path, "zh", company), "sales").lead


@pytest.mark.parametrize(
    "statement",
    [
        "delete from price_volume_mix",
        "drop table price_volume_mix",
        "update price_volume_mix set previous_net_sales = 0",
        "update price_volume_mix set price_effect = 1, volume_effect = 0, mix_effect = 0,"
        " new_effect = 0, discontinued_effect = 0, returns_effect = 0",
    ],
)
def test_there_is_no_bridge_from_nothing_or_of_nothing(
    changed: Changed, company: CompanyFacts, statement: str
) -> None:
    sales = section(built(changed(statement), "en", company), "sales")
    assert "in per cent of the month before" not in sales.lead
    assert "bridge" not in {figure.key for figure in sales.figures}


def test_the_bridge_ends_where_the_month_stands(release_file: Path, company: CompanyFacts) -> None:
    rows = table(built(release_file, "en", company), "sales", "bridge").rows
    assert [(row["label"], row["value"]) for row in rows] == [
        ("Apr 2026", 4_840_000), ("Price", 242_000), ("Volume", 484_000), ("Mix", -350_000),
        ("New", 80_000), ("Discontinued", -60_000), ("Returns", -56_000),
        ("May 2026", 5_180_000),
    ]  # fmt: skip
    assert sum(row["value"] for row in rows[:-1]) == rows[-1]["value"]


def test_a_bridge_floats_its_steps_and_stands_its_totals_on_zero() -> None:
    spec = charts.bridge([
        {"label": "a", "value": 100, "text": "100", "is_total": True},
        {"label": "b", "value": -30, "text": "−30", "is_total": False},
        {"label": "c", "value": 10, "text": "+10", "is_total": False},
        {"label": "won", "value": -20, "text": "−20", "is_total": False, "is_good": True},
        {"label": "d", "value": 60, "text": "60", "is_total": True},
    ])  # fmt: skip
    assert [(v["from"], v["to"], v["kind"]) for v in spec["data"]["values"]] == [
        (0, 100, "total"), (100, 70, "bad"), (70, 80, "good"), (80, 60, "good"), (0, 60, "total"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("median", "en", "zh"),
    [
        # Seven complete months since November at 25,000 a month; June still runs.
        (
            "100000",
            "电源 PS-30, launched in Nov 2025, has sold 175K after 6 months, 75% less than",
            "电源 PS-30于2025年11月上市，6 个月共售出 17.5万，比此前新品同期（70万）少 75%。",
        ),
        ("12500", "100% more than earlier launches in the same months (87.5K)", "多 100%"),
        ("25000", "as much as earlier launches in the same months.", "与此前新品同期基本持平"),
        ("null", "there is no earlier launch to compare.", "没有更早的新品可比"),
    ],
)
def test_a_launch_is_told_against_those_before_it(
    changed: Changed, company: CompanyFacts, median: str, en: str, zh: str
) -> None:
    path = changed(f"update product_launches set median_of_earlier_launches = {median}")
    assert en in finding(built(path, "en", company), "sales", "launches")
    assert zh in finding(built(path, "zh", company), "sales", "launches")


def test_old_launches_are_no_news(changed: Changed, company: CompanyFacts) -> None:
    path = changed("update product_launches set launched_on = date '2023-01-10'")
    assert finding(built(path, "en", company), "sales", "launches") == ""


def test_returns_name_the_product_that_comes_back_most_of_those_sold_often(
    release_file: Path, company: CompanyFacts
) -> None:
    # 31 of 1,020 came back; p3 with 5 of 20 is too few to be named.
    report = built(release_file, "en", company)
    assert finding(report, "sales", "returns") == (
        "3% of units sold came back (n = 1,020); most of 示波器 AX-1000: 5%."
    )
    assert [row["return_rate"] for row in table(report, "sales", "returns").rows] == [
        0.25, 0.05, 0.01,
    ]  # fmt: skip


def test_returns_of_one_product_are_told_as_a_whole(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed("delete from return_rates where product_id <> 'p1'")
    said: str
    language: Language
    for language, said in (("en", "5% of units sold came back (n = 400)."),
                           ("zh", "售出的产品有 5% 被退回（n = 400）。")):  # fmt: skip
        assert table(built(path, language, company), "sales", "returns").note == said


def test_without_a_return_nothing_is_said_of_them(changed: Changed, company: CompanyFacts) -> None:
    path = changed("update return_rates set units_returned = 0")
    keys = {item.key for item in section(built(path, "en", company), "sales").tables}
    assert "returns" not in keys


@pytest.mark.parametrize(
    ("statements", "en", "zh"),
    [
        (
            ("select 1",),
            "The bottleneck of May 2026 is “方案报价”: deals stay 31.5 days there, 10.5 more than"
            " usual (21.0), and 40 worth 2.4M are waiting.",
            "2026年5月的瓶颈是“方案报价”：商机在此停留 31.5 天，比常态（21.0 天）多 10.5 天，"
            "40 个商机（240万）正在等待。",
        ),
        (
            ("update stage_bottlenecks set amount_waiting = 0",),
            "10.5 more than usual (21.0), and 40 are waiting.",
            "40 个商机正在等待。",
        ),
        (
            ("update stage_bottlenecks set is_bottleneck = false",),
            "In May 2026 no stage holds deals longer than usual.",
            "2026年5月没有哪个阶段比常态更慢。",
        ),
        (
            (
                "update stage_bottlenecks set pipeline_id = 'p2' where stage_id = 's1'",
                "update dim_stage set pipeline_name = '新业务'",
            ),
            "is “方案报价 (新业务)”",
            "是“方案报价（新业务）”",
        ),
    ],
)
def test_the_bottleneck_is_named_with_its_days_and_money(
    changed: Changed, company: CompanyFacts, statements: tuple[str, ...], en: str, zh: str
) -> None:
    path = changed(*statements)
    assert en in section(built(path, "en", company), "pipeline").lead
    assert zh in section(built(path, "zh", company), "pipeline").lead


def test_stages_without_a_usual_length_have_no_bottleneck_and_no_all_clear(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed(
        "update stage_bottlenecks set is_bottleneck = false, baseline_median_days = null,"
        " excess_days = null, cost_score = null"
    )
    said = section(built(path, "en", company), "pipeline").lead
    assert "bottleneck" not in said
    assert "no stage" not in said


@pytest.mark.parametrize(
    ("statements", "en", "zh"),
    [
        (
            ("select 1",),
            "Q2 2026 began with 8M expected by its end, and 2.4M has come in; so far 3M is won, 2M"
            " lost and 2.5M pushed out, and 3M is open. 20% of the deals expected at its start"
            " slipped to a later date (12 of 60).",
            "2026年二季度期初预计 800万，至今进来 240万；已赢单 300万、输单 200万、推迟 250万，"
            "尚未结 300万。期初预计成交的商机有 20% 推迟到之后（60 个中的 12 个）。",
        ),
        (
            (
                "update pipeline_waterfall set is_complete = true, expected_deals = 0,"
                " slip_rate = null",
            ),
            "3M was won, 2M lost and 2.5M pushed out, and 3M was open when it ended.",
            "赢单 300万、输单 200万、推迟 250万，期末未结 300万。",
        ),
    ],
)
def test_the_waterfall_says_what_came_and_went(
    changed: Changed, company: CompanyFacts, statements: tuple[str, ...], en: str, zh: str
) -> None:
    path = changed(*statements)
    assert finding(built(path, "en", company), "pipeline", "waterfall").endswith(en)
    assert finding(built(path, "zh", company), "pipeline", "waterfall").endswith(zh)


@pytest.mark.parametrize(
    ("change", "en", "zh"),
    [
        (
            "coverage = 2",
            "Q2 2026 is covered 2.0 times: 4M is open against 2M still to be booked, and 1.6 times"
            " is needed.",
            "2026年二季度覆盖充足：还差 200万，在手 400万，覆盖 2.0 倍，所需 1.6 倍。",
        ),
        (
            "coverage = 1.2",
            "Q2 2026 is short of deals: 4M is open against 2M still to be booked, 1.2 times that;"
            " 1.6 times is needed.",
            "商机不足：还差 200万，在手 400万，只覆盖 1.2 倍，所需 1.6 倍。",
        ),
        (
            "coverage_needed = null",
            "too few deals have closed to say how much is needed.",
            "已结商机太少，说不出需要几倍",
        ),
        (
            "is_target_met = true, coverage = null, booked = 3200000",
            "The target of Q2 2026 is met: 3.2M is booked of 3M.",
            "2026年二季度目标已经达成：目标 300万，已签约 320万。",
        ),
        (
            "target = null, remaining = null, coverage = null, is_target_met = null",
            "For Q2 2026, 4M is open; no target is set.",
            "2026年二季度在手商机 400万，没有设定目标。",
        ),
    ],
)
def test_coverage_says_whether_the_open_deals_are_enough(
    changed: Changed, company: CompanyFacts, change: str, en: str, zh: str
) -> None:
    path = changed(f"update pipeline_coverage set {change}")
    assert en in section(built(path, "en", company), "pipeline").lead
    assert zh in section(built(path, "zh", company), "pipeline").lead


def test_on_the_last_day_of_a_quarter_the_next_one_is_judged(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed(
        "update release_info set as_of_date = date '2026-03-31'",
        "update pipeline_coverage set coverage = 9 where period_start = date '2026-01-01'",
    )
    assert "Q2 2026 is covered 2.0 times" in section(built(path, "en", company), "pipeline").lead


def test_teams_with_too_little_are_marked_and_say_what_they_need(
    release_file: Path, company: CompanyFacts
) -> None:
    report = built(release_file, "zh", company)
    figure = next(f for f in section(report, "pipeline").figures if f.key == "coverage")
    values = {v["label"]: (v["text"], v["bad"]) for v in figure.spec["data"]["values"]}
    assert values == {"华东组": ("1.8×（需 1.6×）", False), "华南组": ("0.2×（需 1.6×）", True)}
    states = {row["member"]: row["state"] for row in table(report, "pipeline", "coverage").rows}
    assert states == {"整体": "● 充足", "华东组": "● 充足", "华南组": "▼ 不足"}


@pytest.mark.parametrize(
    ("statements", "en", "zh"),
    [
        (
            ("select 1",),
            "30% of the leads of Mar 2025 to Feb 2026 became deals within 90 days (n = 720): 50% of"
            " those from 转介绍, 20% of those from 网站.",
            "2025年3月至2026年2月的线索有 30% 在 90 天内成为商机（n = 720）：来自转介绍的有 50%，"
            "来自网站的只有 20%。",
        ),
        (
            (
                "update lead_conversion set converted_within_window = mature_leads * 0.3"
                " where dimension = 'source'",
            ),
            "the sources do not differ by more than chance.",
            "各来源的差别不超出偶然。",
        ),
        (
            (
                "update lead_conversion set mature_leads = 2, converted_within_window = 1"
                " where member = '转介绍'",
            ),
            "became deals within 90 days (n = 720).",
            "在 90 天内成为商机（n = 720）。",
        ),
    ],
)
def test_leads_say_how_many_became_deals_and_which(
    changed: Changed, company: CompanyFacts, statements: tuple[str, ...], en: str, zh: str
) -> None:
    path = changed(*statements)
    assert finding(built(path, "en", company), "pipeline", "lead_sources").endswith(en)
    assert finding(built(path, "zh", company), "pipeline", "lead_sources").endswith(zh)


def test_leads_of_one_source_are_told_beside_their_months(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed("delete from lead_conversion where dimension = 'source'")
    assert table(built(path, "en", company), "pipeline", "lead_months").note == (
        "30% of the leads of Mar 2025 to Feb 2026 became deals within 90 days (n = 720)."
    )


def test_young_leads_have_no_rate_yet(changed: Changed, company: CompanyFacts) -> None:
    path = changed("update lead_conversion set is_mature = false")
    rows = table(built(path, "zh", company), "pipeline", "lead_months").rows
    assert {row["conversion_rate"] for row in rows} == {None}


def test_a_company_with_leads_alone_reads_of_its_leads(
    changed: Changed, company: CompanyFacts
) -> None:
    path = changed(
        *(f"delete from {name}" for name in TABLES
          if name not in ("release_info", "lead_conversion", "metric_dictionary")),
    )  # fmt: skip
    said: str
    language: Language
    for language, said in (("en", "There are leads, but no deals yet."),
                           ("zh", "已有线索，还没有商机。")):  # fmt: skip
        report = built(path, language, company)
        assert [item.key for item in report.sections] == ["pipeline"]
        assert section(report, "pipeline").lead == said


def test_a_funnel_without_a_loss_says_so(changed: Changed, company: CompanyFacts) -> None:
    path = changed("update funnel_by_cohort set drop_off_rate = 0")
    assert finding(built(path, "en", company), "pipeline", "funnel") == (
        "None of these deals was lost."
    )
    assert finding(built(path, "zh", company), "pipeline", "funnel") == "这批商机没有丢单。"


def test_the_dearest_stalled_deals_come_first_with_the_day_in_the_company_s_zone(
    release_file: Path, company: CompanyFacts
) -> None:
    rows = table(built(release_file, "zh", company), "pipeline", "stalled").rows
    assert [row["amount"] for row in rows] == [10_000 * number for number in range(12, 0, -1)]
    # 20:00 UTC is already the next day in Shanghai.
    assert (rows[0]["name"], rows[0]["owner"], rows[0]["stage"], rows[0]["last_day"]) == (
        "商机 12", "陈晓明", "方案报价", date(2026, 5, 2),
    )  # fmt: skip
    assert rows[-1]["last_day"] is None


def test_an_interval_is_wilson_s() -> None:
    low, high = wilson(4, 10)
    assert (round(low, 4), round(high, 4)) == (0.1682, 0.6873)


PARTS = {
    "price_volume_mix": "bridge",
    "product_launches": "launches",
    "return_rates": "returns",
    "lead_conversion": "lead_months",
    "stage_bottlenecks": "stage_days",
    "pipeline_waterfall": "waterfall",
    "pipeline_coverage": "coverage",
    "pipeline_velocity": "velocity",
    "stalled_opportunities": "stalled",
}


@pytest.mark.parametrize(("mart", "key"), PARTS.items())
@pytest.mark.parametrize("way", ["delete from", "drop table"])
def test_a_part_without_data_is_left_out_and_the_others_stand(
    release_file: Path, changed: Changed, company: CompanyFacts, mart: str, key: str, way: str
) -> None:
    def keys(path: Path) -> set[str]:
        report = built(path, "en", company)
        return {item.key for part in report.sections for item in part.tables}

    gone = keys(release_file) - keys(changed(f"{way} {mart}"))
    assert key in gone
    assert not gone & (set(PARTS.values()) - {key})


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_company_with_orders_alone_has_its_sales(
    changed: Changed, company: CompanyFacts, tmp_path: Path, language: Language
) -> None:
    path = changed(*ALL_BUT_ORDERS)
    report = built(path, language, company)
    assert [item.key for item in report.sections] == ["sales"]
    page = render_html(path, tmp_path / "p.html", language=language, company=company)
    assert 'id="fig-bridge"' in page.read_text("utf-8")


def test_the_workbook_holds_the_new_tables_their_findings_and_their_charts(
    release_file: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    file = write_workbook(release_file, tmp_path / "report.xlsx", company=company)
    book = openpyxl.load_workbook(file)
    sheet = book["商机 Pipeline"]
    told = {str(cell.value) for row in sheet.iter_rows() for cell in row}
    assert {"停滞的商机（金额从高到低）", "商机 1", "代价（天 × 个）"} <= told
    assert any(text.startswith("2026年二季度期初预计 800万") for text in told)
    with zipfile.ZipFile(file) as archive:
        drawn = [
            archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name
        ]
    assert sum("与上月相比，差额从哪里来" in chart for chart in drawn) == 1
    # Months whose leads are still young would be drawn as nought: the line begins with February.
    conversion = next(chart for chart in drawn if "<a:t>线索转化率</a:t>" in chart)
    first = re.search(r"<c:cat>.*?\$A\$(\d+):", conversion)
    assert first is not None
    assert sheet[f"A{first.group(1)}"].value == datetime(2026, 2, 1)
