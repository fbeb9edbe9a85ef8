"""A small release by hand: every mart the reports read, with figures that tests can foretell."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from pipelines.report.release import Release

AS_OF = date(2026, 6, 14)
FIRST_MONTH = date(2024, 7, 1)

_PERIOD = "period_type varchar, period_start date, dimension varchar, member varchar"
_LABEL = "member_label varchar"

TABLES = {
    "release_info": "release_id varchar, created_at timestamptz, as_of_date date,"
    " code_version varchar, run_id varchar, checks_passed bigint, checks_warned bigint,"
    " rows bigint, is_degraded boolean, stale_sources varchar",
    "run_steps": "run_id varchar, step varchar, started_at timestamptz, seconds double,"
    " rows bigint, peak_memory_mb double",
    "metric_dictionary": "metric varchar, name_zh varchar, name_en varchar, definition_zh varchar,"
    " definition_en varchar, formula varchar, unit varchar, grain varchar, marts varchar,"
    " owner varchar, direction varchar, is_additive boolean",
    "kpis": f"metric varchar, {_PERIOD}, {_LABEL}, value double, numerator double,"
    " denominator double, n bigint, unit varchar, target double, previous_value double,"
    " year_ago_value double, status varchar, is_complete boolean",
    "sales_by_period": f"{_PERIOD}, {_LABEL}, is_complete boolean, orders bigint,"
    " customers bigint, new_customers bigint, units double, gross_sales decimal(18, 4),"
    " discount_amount decimal(18, 4), returned_amount decimal(18, 4), net_sales decimal(18, 4),"
    " gross_margin decimal(18, 4), gross_margin_rate double,"
    " net_sales_without_cost decimal(18, 4), average_order_value decimal(18, 4),"
    " share_of_total double, rank bigint, previous_net_sales decimal(18, 4), growth double,"
    " year_ago_net_sales decimal(18, 4), growth_yoy double",
    "fulfilment_by_period": f"{_PERIOD}, {_LABEL}, orders_due bigint, on_time bigint, late bigint,"
    " in_full bigint, on_time_in_full bigint, on_time_rate double, otif_rate double,"
    " open_past_due bigint, median_cycle_days double, p90_cycle_days double,"
    " mean_ship_days double, median_confirm_days double, median_ship_days double,"
    " median_deliver_days double",
    "funnel_by_cohort": "cohort_month date, pipeline_id varchar, stage_id varchar,"
    " position bigint, entered bigint, reached_later bigint, won bigint, lost bigint,"
    " still_open bigint, rate_of_previous double, rate_of_first double, drop_off_rate double,"
    " amount_entered decimal(18, 4), is_mature boolean",
    "win_rates": f"{_PERIOD}, {_LABEL}, won bigint, lost bigint, no_decision bigint,"
    " win_rate double, win_rate_low double, win_rate_high double, won_amount decimal(18, 4),"
    " lost_amount decimal(18, 4), amount_win_rate double, average_won_amount decimal(18, 4),"
    " median_cycle_days double, p75_cycle_days double, mean_cycle_days double",
    "open_pipeline": f"as_of_date date, dimension varchar, member varchar, {_LABEL},"
    " deals bigint, amount decimal(18, 4), weighted_amount decimal(18, 4), stalled_deals bigint,"
    " stalled_amount decimal(18, 4), overdue_close_dates bigint",
    "quota_attainment": "period_type varchar, period_start date, user_id varchar,"
    " measure varchar, quota decimal(18, 4), credited decimal(18, 4), attainment double,"
    " gap decimal(18, 4), expected_to_date decimal(18, 4), is_prorated boolean,"
    " is_complete boolean, rank bigint, share_of_team double",
    "rep_scorecard": "period_type varchar, period_start date, user_id varchar, is_complete boolean,"
    " bookings decimal(18, 4), net_sales decimal(18, 4), orders bigint, won bigint, lost bigint,"
    " win_rate double, win_rate_adjusted double, average_won_amount decimal(18, 4),"
    " median_cycle_days double, open_pipeline decimal(18, 4), activities bigint,"
    " meetings bigint, first_response_hours double, csat double, csat_adjusted double,"
    " csat_answers bigint, market_share double, attainment double, entry_timeliness double,"
    " quality_issues bigint, training_sessions bigint, rank bigint, position varchar,"
    " position_reason varchar",
    "customer_360": "customer_id varchar, account_id varchar, first_order_date date,"
    " last_order_date date, orders bigint, net_sales decimal(18, 4), gross_margin decimal(18, 4),"
    " average_order_value decimal(18, 4), days_since_last_order double, rfm_recency bigint,"
    " rfm_frequency bigint, rfm_monetary bigint, rfm_segment varchar, suggested_action varchar,"
    " churn_status varchar, open_tickets bigint, last_nps double, last_csat double",
    "customer_cohorts": "cohort_month date, month_number bigint, cohort_size bigint,"
    " active_customers bigint, retention_rate double, net_sales decimal(18, 4),"
    " cumulative_net_sales decimal(18, 4), is_complete boolean",
    "survey_scores": "survey_id varchar, period_type varchar, period_start date, measure varchar,"
    f" dimension varchar, member varchar, {_LABEL}, n bigint, score double, score_low double,"
    " score_high double, margin_of_error double, promoters bigint, passives bigint,"
    " detractors bigint, mean_value double, invitations bigint, responses bigint,"
    " response_rate double, previous_score double, is_change_significant boolean",
    "quality_checks": "run_id varchar, check_id varchar, entity varchar, source_system varchar,"
    " dimension varchar, action varchar, rows_checked bigint, rows_failed bigint,"
    " is_passed boolean, did_run boolean, observed varchar, threshold varchar",
    "quality_issues": "issue_id varchar, source_system varchar, entity varchar,"
    " record_id varchar, column_name varchar, rule varchar, dimension varchar, action varchar,"
    " owner_id varchar, first_seen_at timestamptz, last_seen_at timestamptz, status varchar,"
    " accepted_by varchar, accepted_until date, amount_at_risk decimal(18, 4),"
    " proposed_value varchar, message_zh varchar, message_en varchar",
    "quality_corrections": "correction_id varchar, source_system varchar, entity varchar,"
    " record_id varchar, column_name varchar, rule varchar, value_before varchar,"
    " value_after varchar, corrected_at timestamptz, approved_by varchar, is_undone boolean",
    "source_freshness": "source_system varchar, entity varchar, last_extracted_at timestamptz,"
    " last_record_at timestamptz, rows_read bigint, rows_deleted bigint, rows_rejected bigint,"
    " lag_hours double, is_stale boolean, status varchar",
    "price_volume_mix": "period_start date, product_id varchar, kind varchar,"
    " net_sales decimal(18, 4), previous_net_sales decimal(18, 4), change decimal(18, 4),"
    " price_effect decimal(18, 4), volume_effect decimal(18, 4), mix_effect decimal(18, 4),"
    " new_effect decimal(18, 4), discontinued_effect decimal(18, 4),"
    " returns_effect decimal(18, 4)",
    "return_rates": "sale_month date, product_id varchar, units_sold decimal(18, 4),"
    " units_returned decimal(18, 4), return_rate double, amount_returned decimal(18, 4),"
    " returns_without_line bigint, is_mature boolean",
    "product_launches": "product_id varchar, months_since_launch bigint, launched_on date,"
    " net_sales decimal(18, 4), customers bigint, median_of_earlier_launches decimal(18, 4)",
    "lead_conversion": f"cohort_month date, dimension varchar, member varchar, {_LABEL},"
    " leads bigint, converted bigint, mature_leads bigint, converted_within_window bigint,"
    " conversion_rate double, window_days bigint, median_response_hours double, is_mature boolean",
    "stage_bottlenecks": "period_start date, pipeline_id varchar, stage_id varchar,"
    " median_days double, baseline_median_days double, excess_days double, deals_waiting bigint,"
    " amount_waiting decimal(18, 4), cost_score double, rank bigint, is_bottleneck boolean",
    "process_friction": "period_start date, pipeline_id varchar, stage_id varchar, entered bigint,"
    " reentry_rate double, skip_rate double, owner_changes_per_deal double,"
    " activities_per_won_deal double",
    "pipeline_waterfall": f"{_PERIOD}, {_LABEL}, is_complete boolean,"
    " start_amount decimal(18, 4), created decimal(18, 4), pulled_in decimal(18, 4),"
    " reopened decimal(18, 4), transferred_in decimal(18, 4), increased decimal(18, 4),"
    " decreased decimal(18, 4), pushed_out decimal(18, 4), transferred_out decimal(18, 4),"
    " won decimal(18, 4), lost decimal(18, 4), end_amount decimal(18, 4), start_deals bigint,"
    " end_deals bigint, expected_deals bigint, slipped_deals bigint, slip_rate double",
    "pipeline_coverage": "as_of_date date, period_start date, dimension varchar, member varchar,"
    f" {_LABEL}, open_amount decimal(18, 4), target decimal(18, 4), booked decimal(18, 4),"
    " remaining decimal(18, 4), coverage double, coverage_needed double, is_target_met boolean",
    "pipeline_velocity": f"as_of_date date, dimension varchar, member varchar, {_LABEL},"
    " open_deals bigint, win_rate double, average_won_amount decimal(18, 4),"
    " median_cycle_days double, velocity_per_day double",
    "stalled_opportunities": "opportunity_id varchar, owner_id varchar, stage_id varchar,"
    " days_in_stage double, stage_p75_days double, amount decimal(18, 4),"
    " last_activity_at timestamptz, next_step varchar",
    "fct_opportunity": "opportunity_id varchar, name varchar, pipeline_id varchar",
    "dim_product": "product_id varchar, name varchar",
    "dim_rep": "user_id varchar, name varchar, team_id varchar, manager_id varchar,"
    " role varchar, region varchar, hire_date date, leave_date date, is_active boolean,"
    " source_system varchar",
    "dim_team": "team_id varchar, name varchar, parent_team_id varchar, region varchar",
    "dim_stage": "pipeline_id varchar, stage_id varchar, pipeline_name varchar,"
    " stage_name varchar, position bigint, default_probability double, is_closed boolean,"
    " is_won boolean",
    "dim_customer": "customer_id varchar, account_id varchar, name varchar, segment varchar,"
    " industry varchar, country varchar, region varchar, city varchar",
    "dim_survey": "survey_id varchar, name varchar, kind varchar, opened_on date, closed_on date",
}

REGIONS = {"华东": 5, "华南": 3, "华北": 2}
PRODUCTS = ("示波器 AX-1000", "万用表 DM-30", "信号源 SG-100", "电源 PS-30", "探头 PB-100",
            "温度传感器", "压力传感器", "频谱仪", "逻辑分析仪", "标准校准", "年度维护",
            "测试线")  # fmt: skip
REPS = (("u1", "陈晓明", "t1"), ("u2", "王丽娟", "t1"), ("u3", "李国强", "t1"),
        ("u4", "黄志远", "t2"), ("u5", "林雅婷", "t2"), ("u6", "周子豪", "t2"),
        ("u7", "赵文静", "t3"), ("u8", "孙海波", "t3"))  # fmt: skip
TEAMS = {"t1": "华东组", "t2": "华南组", "t3": "华北组"}
ATTAINMENT = (1.34, 0.98, 0.61, 1.12, 0.88, 0.79, 1.05, 0.64)
STAGES = (("s1", "初步接洽", 1, 0.1), ("s2", "需求确认", 2, 0.3), ("s3", "方案报价", 3, 0.5),
          ("s4", "商务谈判", 4, 0.8))  # fmt: skip
DICTIONARY = (
    ("net_sales", "净销售额", "Net sales", "money", "higher", True,
     "数量 × 单价减折扣与退货,不含税与运费。",
     "Quantity times price less discounts and returns, without tax and freight."),
    ("orders", "订单数", "Orders", "count", "higher", False, "有效订单的数量。", "Valid orders."),
    ("average_order_value", "客单价", "Average order value", "money", "higher", False,
     "净销售额 ÷ 有明细的有效订单数。", "Net sales per valid order with lines."),
    ("gross_margin_rate", "毛利率", "Gross margin rate", "rate", "higher", False,
     "毛利 ÷ 有成本的净销售额。", "Gross margin over the net sales whose cost is known."),
    ("new_customers", "新客户数", "New customers", "count", "higher", False,
     "首个有效订单落在本期的客户。", "Customers whose first valid order falls in the period."),
    ("win_rate", "赢单率", "Win rate", "rate", "higher", False,
     "赢单 ÷(赢单+输单),按关闭日期。", "Won over won and lost, by the day of closing."),
    ("bookings", "签约额", "Bookings", "money", "higher", True, "赢单的金额。",
     "Amount of deals won."),
    ("open_pipeline", "在手商机", "Open pipeline", "money", "higher", True,
     "截至当日未关闭商机的金额。", "Amount of deals open at the as-of date."),
    ("attainment", "目标达成率", "Attainment", "rate", "higher", False, "业绩 ÷ 目标。",
     "Credit over quota."),
    ("nps", "净推荐值", "NPS", "score", "higher", False, "推荐者占比 − 贬损者占比。",
     "Share of promoters less share of detractors."),
    ("csat", "满意度", "CSAT", "rate", "higher", False, "最高两档占有效回答的比例。",
     "Share of the top two points of the scale."),
)  # fmt: skip


def release_of(queries: dict[str, str]) -> Release:
    """A release in memory whose marts are what these queries give."""
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    columns = {}
    for mart, query in queries.items():
        connection.execute(f"create table {mart} as {query}")
        found = connection.execute(f"describe {mart}").fetchall()
        columns[mart] = frozenset(row[0] for row in found)
    return Release(connection, columns)


def table_of(columns: str, *rows: str) -> str:
    """A query of literal rows, such as ("a, b", "1, 'x'")."""
    return f"select * from (values {', '.join(f'({row})' for row in rows)}) as t ({columns})"


def months(first: date, last: date) -> list[date]:
    """The first days of all months from one to another."""
    found = [first]
    while found[-1] < last.replace(day=1):
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


def sales_of(number: int) -> int:
    """Net sales of the n-th month: 4,000,000 growing by 40,000 a month, with a season."""
    return 4_000_000 + 40_000 * number + (300_000 if number % 12 in (4, 10) else 0)


def write_release(target: Path, *, with_rows: bool = True) -> Path:
    """Write the release; without rows every mart is there and empty."""
    connection = duckdb.connect(str(target))
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema marts")
    for table, columns in TABLES.items():
        connection.execute(f"create table marts.{table} ({columns})")
    # Rows together and one commit: statement by statement this took a dozen times as long.
    connection.begin()
    if with_rows:
        for table, rows in _rows().items():
            for names, alike in groupby(rows, key=tuple):
                values = [list(row.values()) for row in alike]
                marks = ", ".join(f"({', '.join('?' * len(names))})" for _ in values)
                connection.execute(
                    f"insert into marts.{table} ({', '.join(names)}) values {marks}",
                    [value for row in values for value in row],
                )
    connection.commit()
    connection.close()
    return target


def _complete(month: date) -> bool:
    return month < AS_OF.replace(day=1)


def _sales_row(period: date, dimension: str, member: str, number: int, part: float,
               rank: int, month_list: list[date]) -> dict[str, Any]:  # fmt: skip
    def amount(index: int) -> float | None:
        if index < 0:
            return None
        scale = 1.0 if _complete(month_list[index]) else 14 / 30
        return round(sales_of(index) * part * scale, 2)

    net = amount(number) or 0
    running = not _complete(period)
    previous = amount(number - 1)
    year_ago = amount(number - 12)
    if running and previous is not None and year_ago is not None:
        previous, year_ago = round(previous * 14 / 30, 2), round(year_ago * 14 / 30, 2)
    orders = round(net / 9000)
    return {
        "period_type": "month", "period_start": period, "dimension": dimension, "member": member,
        "member_label": member, "is_complete": not running, "orders": orders,
        "customers": round(orders * 0.7), "new_customers": 5 + number % 4, "units": orders * 6,
        "gross_sales": net * 1.1, "discount_amount": net * 0.07, "returned_amount": net * 0.03,
        "net_sales": net, "gross_margin": net * 0.44, "gross_margin_rate": 0.44,
        "net_sales_without_cost": 0, "average_order_value": net / orders if orders else None,
        "share_of_total": part, "rank": rank, "previous_net_sales": previous,
        "growth": (net - previous) / previous if previous else None,
        "year_ago_net_sales": year_ago,
        "growth_yoy": (net - year_ago) / year_ago if year_ago else None,
    }  # fmt: skip


def _rows() -> dict[str, list[dict[str, Any]]]:
    all_months = months(FIRST_MONTH, AS_OF)
    last = len(all_months) - 2
    rows: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    rows["release_info"].append({
        "release_id": "20260615T031500", "created_at": "2026-06-15 03:15:00+00",
        "as_of_date": AS_OF, "code_version": "0.1.0", "run_id": "r1", "checks_passed": 118,
        "checks_warned": 2, "rows": 41234, "is_degraded": False, "stale_sources": None,
    })  # fmt: skip
    for metric, zh, en, unit, direction, additive, text_zh, text_en in DICTIONARY:
        rows["metric_dictionary"].append({
            "metric": metric, "name_zh": zh, "name_en": en, "definition_zh": text_zh,
            "definition_en": text_en, "formula": f"formula of {metric}", "unit": unit,
            "grain": "period", "marts": "kpis", "owner": "sales", "direction": direction,
            "is_additive": additive,
        })  # fmt: skip
    values = {
        "net_sales": lambda i: sales_of(i), "orders": lambda i: round(sales_of(i) / 9000),
        "average_order_value": lambda i: 9000, "gross_margin_rate": lambda i: 0.44,
        "new_customers": lambda i: 5 + i % 4, "win_rate": lambda i: 0.40 - 0.02 * (i % 3),
        "bookings": lambda i: 2_000_000 + 25_000 * i, "open_pipeline": lambda i: 12_345_678,
        "attainment": lambda i: 0.93, "nps": lambda i: 30 + i % 5, "csat": lambda i: 0.8,
    }  # fmt: skip
    targets = {"net_sales": 4_700_000, "bookings": 2_600_000, "attainment": 1.0}
    for metric, value in values.items():
        for number, month in enumerate(all_months):
            is_complete = _complete(month)
            target = targets.get(metric)
            reached = value(number) / target if target else None
            rows["kpis"].append({
                "metric": metric, "period_type": "month", "period_start": month,
                "dimension": "total", "member": "all", "member_label": "all",
                "value": value(number) if is_complete else value(number) / 2, "n": 40,
                "unit": next(entry[3] for entry in DICTIONARY if entry[0] == metric),
                "target": target, "previous_value": value(number - 1) if number else None,
                "year_ago_value": value(number - 12) if number >= 12 else None,
                "status": "no_target" if reached is None else "on_track" if reached >= 1
                else "watch" if reached >= 0.9 else "off_track",
                "is_complete": is_complete,
            })  # fmt: skip
    for number, month in enumerate(all_months):
        rows["sales_by_period"].append(
            _sales_row(month, "total", "all", number, 1.0, 1, all_months)
        )
        for rank, (region, weight) in enumerate(REGIONS.items(), 1):
            rows["sales_by_period"].append(
                _sales_row(month, "region", region, number, weight / 10, rank, all_months)
            )
        for rank, (channel, part) in enumerate((("直销", 0.6), ("网店", 0.4)), 1):
            rows["sales_by_period"].append(
                _sales_row(month, "channel", channel, number, part, rank, all_months)
            )
        for rank, product in enumerate(PRODUCTS, 1):
            rows["sales_by_period"].append(
                _sales_row(month, "product", product, number, (13 - rank) / 78, rank, all_months)
            )
        due = 40 + number
        rows["fulfilment_by_period"].append(_fulfilment(month, "total", "all", due, 0.9, 3))
        for region in REGIONS:
            rows["fulfilment_by_period"].append(
                _fulfilment(month, "region", region, due // 3, 0.85, 1)
            )
        won, lost = 16 + number % 3, 24 - number % 2
        rows["win_rates"].append(_win("month", month, "total", "all", "all", won, lost))
    for quarter in [month for month in all_months if month.month % 3 == 1]:
        rows["win_rates"].append(_win("quarter", quarter, "total", "all", "all", 48, 70))
        for user, name, _ in REPS:
            rows["win_rates"].append(_win("quarter", quarter, "owner", user, name, 6, 9))
        for index, (user, _, _) in enumerate(REPS):
            rows["quota_attainment"].append({
                "period_type": "quarter", "period_start": quarter, "user_id": user,
                "measure": "bookings", "quota": 900_000,
                "credited": 900_000 * ATTAINMENT[index], "attainment": ATTAINMENT[index],
                "gap": 900_000 * (1 - ATTAINMENT[index]), "is_prorated": False,
                "is_complete": quarter < date(2026, 4, 1), "rank": index + 1,
            })  # fmt: skip
            needs_help = ATTAINMENT[index] < 0.7
            rows["rep_scorecard"].append({
                "period_type": "quarter", "period_start": quarter, "user_id": user,
                "is_complete": quarter < date(2026, 4, 1),
                "bookings": 900_000 * ATTAINMENT[index], "won": 6, "lost": 9, "win_rate": 0.4,
                "win_rate_adjusted": 0.39, "median_cycle_days": 42.5, "csat_adjusted": 0.82,
                "csat_answers": 14, "attainment": ATTAINMENT[index], "rank": index + 1,
                "position": "needs_help" if needs_help
                else "top" if ATTAINMENT[index] > 1.3 else "middle",
                "position_reason": f"attainment {ATTAINMENT[index]:.0%}" if needs_help else None,
            })  # fmt: skip
    for year in (date(2025, 1, 1), date(2026, 1, 1)):
        rows["win_rates"].append(_win("year", year, "total", "all", "all", 90, 140))
        for index, (user, name, _) in enumerate(REPS):
            rows["win_rates"].append(_win("year", year, "owner", user, name, 8 + index, 16))
        for source, won, lost in (("网站", 30, 60), ("展会", 22, 30), ("转介绍", 12, 6)):
            rows["win_rates"].append(_win("year", year, "source", source, source, won, lost))
    _add_reasons(rows, all_months)
    rows["open_pipeline"].append(_open("total", "all", "all", 210, 12_345_678, 18))
    for stage, name, position, _ in STAGES:
        rows["open_pipeline"].append(
            _open("stage", f"p1:{stage}", name, 80 - 15 * position, 2_000_000 + position * 437_000,
                  4)
        )  # fmt: skip
    for index, (user, name, _) in enumerate(REPS):
        rows["open_pipeline"].append(_open("owner", user, name, 20 + index, 1_543_209, index))
    entered = (100, 70, 45, 30)
    lost_here = (30, 25, 15, 9)
    for month in all_months[:-7]:
        for (stage, _, position, _), count, lost in zip(STAGES, entered, lost_here, strict=True):
            rows["funnel_by_cohort"].append({
                "cohort_month": month, "pipeline_id": "p1", "stage_id": stage,
                "position": position, "entered": count, "reached_later": count - lost,
                "won": 21, "lost": lost, "still_open": 0,
                "rate_of_first": count / 100, "drop_off_rate": lost / count,
                "amount_entered": count * 50_000, "is_mature": True,
            })  # fmt: skip
    for number in range(1, 31):
        label = {1: "=1+1", 2: "<b>华联精密</b>"}.get(number, f"客户 {number:02d}")
        rows["dim_customer"].append({
            "customer_id": f"c{number}", "name": label, "segment": "中型企业",
            "industry": "电子制造", "region": "华东",
        })  # fmt: skip
        rows["customer_360"].append({
            "customer_id": f"c{number}", "first_order_date": date(2024, 7, number),
            "last_order_date": date(2026, 6, 15 - number % 14), "orders": 40 - number,
            "net_sales": 3_100_000 - 100_000 * number, "gross_margin": 900_000,
            "average_order_value": 50_000, "days_since_last_order": number % 14,
        })  # fmt: skip
    for number, cohort in enumerate(all_months):
        for month_number in range(len(all_months) - number):
            rate = 1.0 if month_number == 0 else 0.5 - 0.01 * month_number
            rows["customer_cohorts"].append({
                "cohort_month": cohort, "month_number": month_number, "cohort_size": 20,
                "active_customers": round(20 * rate), "retention_rate": rate,
                "net_sales": 100_000 * rate, "cumulative_net_sales": 100_000,
                "is_complete": month_number < len(all_months) - number - 1,
            })  # fmt: skip
    for survey, name in (("v1", "客户满意度 2025"), ("v2", "客户满意度 2026")):
        rows["dim_survey"].append({"survey_id": survey, "name": name, "kind": "nps"})
        for measure, score, error in (("nps", 34.0, 6.1), ("csat", 0.81, 0.04)):
            row = {
                "survey_id": survey, "period_type": "all", "period_start": date(2025, 5, 1)
                if survey == "v1" else date(2026, 5, 1), "measure": measure,
                "dimension": "total", "member": "all", "member_label": "all", "n": 212,
                "score": score, "score_low": score - error, "score_high": score + error,
                "margin_of_error": error, "responses": 212, "invitations": 600,
                "response_rate": 212 / 600, "previous_score": 28.0 if measure == "nps" else 0.8,
                "is_change_significant": False,
            }  # fmt: skip
            rows["survey_scores"].append(row)
            for segment, n in (("大型企业", 60), ("中型企业", 120), ("小型企业", 22)):
                rows["survey_scores"].append(row | {
                    "dimension": "segment", "member": segment, "member_label": segment, "n": n,
                    "margin_of_error": error * 2, "score_low": score - 2 * error,
                    "score_high": score + 2 * error,
                })  # fmt: skip
    dimensions = ("completeness", "conformity", "accuracy", "uniqueness", "consistency")
    for number in range(120):
        failed = number in (7, 30)
        rows["quality_checks"].append({
            "run_id": "r1", "check_id": f"orders.check_{number}", "entity": "orders",
            "source_system": "shop", "dimension": dimensions[number % 5],
            "action": "reject" if number == 7 else "warn", "rows_checked": 1000,
            "rows_failed": 12 if failed else 0, "is_passed": not failed, "did_run": True,
        })  # fmt: skip
    for number in range(7):
        rows["quality_corrections"].append({
            "correction_id": f"c{number}", "source_system": "shop", "entity": "orders",
            "record_id": f"o{number}", "column_name": "currency_code",
            "rule": "orders.currency_code.case" if number < 5
            else "orders.currency_code.currency_mismatch",
            "value_before": "usd", "value_after": "USD",
            "corrected_at": "2026-06-01 02:00:00+00",
            "approved_by": "rule" if number < 5 else "ann", "is_undone": number == 6,
        })  # fmt: skip
    for number in range(24):
        rows["quality_issues"].append({
            "proposed_value": "USD" if number in (3, 4, 23) else None,
            "issue_id": f"i{number:02d}", "source_system": "shop", "entity": "orders",
            "record_id": f"o{number}", "column_name": "customer_id",
            "rule": "orders.check_7" if number % 2 else "orders.check_30",
            "dimension": "consistency", "action": "reject" if number % 2 else "warn",
            "owner_id": f"u{number % 3 + 1}", "first_seen_at": "2026-06-01 02:00:00+00",
            "last_seen_at": "2026-06-15 02:00:00+00",
            "status": "open" if number < 20 else "corrected", "amount_at_risk": 10_000 + number,
            "message_zh": f"订单 o{number} 没有客户,请补上。",
            "message_en": f"Order o{number} names no customer: add one.",
        })  # fmt: skip
    for source, entity in (("crm", "opportunities"), ("shop", "orders"), ("survey", "surveys")):
        rows["source_freshness"].append({
            "source_system": source, "entity": entity,
            "last_extracted_at": "2026-06-15 02:00:00+00",
            "last_record_at": "2026-06-14 10:00:00+00", "rows_read": 1234, "rows_deleted": 0,
            "rows_rejected": 1, "lag_hours": 16.0, "is_stale": False, "status": "fresh",
        })  # fmt: skip
    for user, name, team in REPS:
        rows["dim_rep"].append({"user_id": user, "name": name, "team_id": team,
                                "is_active": True})  # fmt: skip
    rows["dim_team"] = [{"team_id": key, "name": name} for key, name in TEAMS.items()]
    for stage, name, position, probability in STAGES:
        rows["dim_stage"].append({
            "pipeline_id": "p1", "stage_id": stage, "pipeline_name": "标准流程",
            "stage_name": name, "position": position, "default_probability": probability,
            "is_closed": False, "is_won": False,
        })  # fmt: skip
    assert all(_complete(month) for month in all_months[: last + 1])
    return rows


def _add_reasons(rows: dict[str, list[dict[str, Any]]], all_months: list[date]) -> None:
    """Why sales changed, where deals wait, whether the quarter will be made: figures to foretell."""
    rows["dim_product"] += [
        {"product_id": f"p{number}", "name": name} for number, name in enumerate(PRODUCTS, 1)
    ]
    may = date(2026, 5, 1)
    # May rose from 4.84M to 5.18M: price +242,000, volume +484,000, mix −350,000, and so on.
    rows["price_volume_mix"] += [
        {"period_start": may, "product_id": "p1", "kind": "continuing", "net_sales": 5_100_000,
         "previous_net_sales": 4_780_000, "change": 320_000, "price_effect": 242_000,
         "volume_effect": 484_000, "mix_effect": -350_000, "new_effect": 0,
         "discontinued_effect": 0, "returns_effect": -56_000},
        {"period_start": may, "product_id": "p2", "kind": "new", "net_sales": 80_000,
         "previous_net_sales": 0, "change": 80_000, "price_effect": 0, "volume_effect": 0,
         "mix_effect": 0, "new_effect": 80_000, "discontinued_effect": 0, "returns_effect": 0},
        {"period_start": may, "product_id": "p3", "kind": "discontinued", "net_sales": 0,
         "previous_net_sales": 60_000, "change": -60_000, "price_effect": 0, "volume_effect": 0,
         "mix_effect": 0, "new_effect": 0, "discontinued_effect": -60_000, "returns_effect": 0},
    ]  # fmt: skip
    for since in range(8):
        rows["product_launches"].append({
            "product_id": "p4", "months_since_launch": since, "launched_on": date(2025, 11, 20),
            "net_sales": 25_000, "customers": 3, "median_of_earlier_launches": 100_000,
        })  # fmt: skip
    for product, sold, back in (("p1", 400, 20), ("p2", 600, 6), ("p3", 20, 5)):
        rows["return_rates"].append({
            "sale_month": date(2026, 2, 1), "product_id": product, "units_sold": sold,
            "units_returned": back, "return_rate": back / sold, "amount_returned": 1000 * back,
            "returns_without_line": 0, "is_mature": True,
        })  # fmt: skip
    for month in all_months:
        is_mature = month <= date(2026, 2, 1)
        for dimension, member, leads, converted in (
            ("total", "all", 60, 18), ("source", "网站", 40, 8), ("source", "转介绍", 20, 10),
        ):  # fmt: skip
            rows["lead_conversion"].append({
                "cohort_month": month, "dimension": dimension, "member": member,
                "member_label": member, "leads": leads, "converted": converted,
                "mature_leads": leads if is_mature else 0,
                "converted_within_window": converted if is_mature else 0,
                "conversion_rate": converted / leads if is_mature else None, "window_days": 90,
                "median_response_hours": 3.5, "is_mature": is_mature,
            })  # fmt: skip
        for stage, _, position, _ in STAGES:
            is_worst = stage == "s3"
            days = 31.5 if is_worst else 10.0 + position
            rows["stage_bottlenecks"].append({
                "period_start": month, "pipeline_id": "p1", "stage_id": stage,
                "median_days": days, "baseline_median_days": 21.0 if is_worst else days,
                "excess_days": 10.5 if is_worst else 0.0, "deals_waiting": 40 if is_worst else 9,
                "amount_waiting": 2_400_000, "cost_score": 420.0 if is_worst else 0.0,
                "rank": 1 if is_worst else 2, "is_bottleneck": is_worst,
            })  # fmt: skip
            rows["process_friction"].append({
                "period_start": month, "pipeline_id": "p1", "stage_id": stage, "entered": 30,
                "reentry_rate": 0.1, "skip_rate": 0.05,
            })  # fmt: skip
    for quarter in (date(2026, 1, 1), date(2026, 4, 1)):
        for dimension, member, label, part in (
            ("total", "all", "all", 4), ("team", "t1", "华东组", 3), ("team", "t2", "华南组", 1),
        ):  # fmt: skip
            rows["pipeline_waterfall"].append({
                "period_type": "quarter", "period_start": quarter, "dimension": dimension,
                "member": member, "member_label": label, "is_complete": quarter.month == 1,
                "start_amount": 2_000_000 * part, "created": 500_000 * part,
                "pulled_in": 100_000 * part, "reopened": 0, "transferred_in": 0,
                "increased": 50_000 * part, "decreased": 25_000 * part,
                "pushed_out": 625_000 * part, "transferred_out": 0, "won": 750_000 * part,
                "lost": 500_000 * part, "end_amount": 750_000 * part, "start_deals": 20 * part,
                "end_deals": 8 * part, "expected_deals": 15 * part, "slipped_deals": 3 * part,
                "slip_rate": 0.2,
            })  # fmt: skip
        for dimension, member, label, open_amount in (
            ("total", "all", "all", 4_000_000), ("team", "t1", "华东组", 3_600_000),
            ("team", "t2", "华南组", 400_000),
        ):  # fmt: skip
            rows["pipeline_coverage"].append({
                "as_of_date": AS_OF, "period_start": quarter, "dimension": dimension,
                "member": member, "member_label": label, "open_amount": open_amount,
                "target": 3_000_000, "booked": 1_000_000, "remaining": 2_000_000,
                "coverage": open_amount / 2_000_000, "coverage_needed": 1.6,
                "is_target_met": False,
            })  # fmt: skip
    for dimension, member, label in (("total", "all", "all"), ("team", "t1", "华东组")):
        rows["pipeline_velocity"].append({
            "as_of_date": AS_OF, "dimension": dimension, "member": member, "member_label": label,
            "open_deals": 200, "win_rate": 0.4, "average_won_amount": 60_000,
            "median_cycle_days": 96, "velocity_per_day": 50_000,
        })  # fmt: skip
    for number in range(1, 13):
        rows["fct_opportunity"].append({
            "opportunity_id": f"d{number}", "name": f"商机 {number}", "pipeline_id": "p1",
        })  # fmt: skip
        rows["stalled_opportunities"].append({
            "opportunity_id": f"d{number}", "owner_id": "u1", "stage_id": "s3",
            "days_in_stage": 60.0 + number, "stage_p75_days": 40.0, "amount": 10_000 * number,
            "last_activity_at": "2026-05-01 20:00:00+00" if number > 1 else None,
            "next_step": None,
        })  # fmt: skip


def _fulfilment(period: date, dimension: str, member: str, due: int, rate: float,
                open_past_due: int) -> dict[str, Any]:  # fmt: skip
    on_time = round(due * rate)
    return {
        "period_type": "month", "period_start": period, "dimension": dimension, "member": member,
        "member_label": member, "orders_due": due, "on_time": on_time, "late": due - on_time,
        "in_full": due - 2, "on_time_in_full": on_time - 2, "on_time_rate": on_time / due,
        "otif_rate": (on_time - 2) / due, "open_past_due": open_past_due,
        "median_cycle_days": 6.0, "p90_cycle_days": 12.5,
    }  # fmt: skip


def _win(period_type: str, period: date, dimension: str, member: str, label: str, won: int,
         lost: int) -> dict[str, Any]:  # fmt: skip
    rate = won / (won + lost)
    return {
        "period_type": period_type, "period_start": period, "dimension": dimension,
        "member": member, "member_label": label, "won": won, "lost": lost, "no_decision": 3,
        "win_rate": rate, "win_rate_low": rate - 0.1, "win_rate_high": rate + 0.1,
        "won_amount": won * 125_000, "lost_amount": lost * 90_000,
        "average_won_amount": 125_000, "median_cycle_days": 47.0,
    }  # fmt: skip


def _open(dimension: str, member: str, label: str, deals: int, amount: int,
          stalled: int) -> dict[str, Any]:  # fmt: skip
    return {
        "as_of_date": AS_OF, "dimension": dimension, "member": member, "member_label": label,
        "deals": deals, "amount": amount, "weighted_amount": amount * 0.4,
        "stalled_deals": stalled, "stalled_amount": stalled * 60_000, "overdue_close_dates": 2,
    }  # fmt: skip
