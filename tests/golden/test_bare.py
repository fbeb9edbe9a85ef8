"""What the marts must say of a company that lacks much, in New York, with fiscal years from April."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


def period(marts: Marts, period_type: str, start: str, columns: str) -> tuple:
    """The whole company's row of sales_by_period."""
    return marts.row(
        f"select {columns} from sales.sales_by_period where period_type = '{period_type}'"
        f" and period_start = '{start}' and dimension = 'total'"
    )


# ---------------------------------------------------------------------------------- calendar


def test_a_fiscal_year_is_named_after_the_year_it_ends_in(bare: Marts) -> None:
    assert bare.by(
        "select date_day, fiscal_year, fiscal_year_start, fiscal_quarter, fiscal_quarter_start"
        " from core.dim_date where date_day in ('2024-03-31', '2024-04-01', '2025-03-20')"
    ) == {
        "2024-03-31": (2024, "2023-04-01", 4, "2024-01-01"),
        "2024-04-01": (2025, "2024-04-01", 1, "2024-04-01"),
        "2025-03-20": (2025, "2024-04-01", 4, "2025-01-01"),
    }


def test_quarters_divide_into_four_four_and_five_weeks(bare: Marts) -> None:
    # The quarter from 1 January: four weeks to the 28th, four to 25 February, the rest.
    assert bare.by(
        "select date_day, fiscal_period_445, fiscal_period_start from core.dim_date where"
        " date_day in ('2025-01-28', '2025-01-29', '2025-02-25', '2025-02-26', '2025-03-31')"
    ) == {
        "2025-01-28": (10, "2025-01-01"),
        "2025-01-29": (11, "2025-01-29"),
        "2025-02-25": (11, "2025-01-29"),
        "2025-02-26": (12, "2025-02-26"),
        "2025-03-31": (12, "2025-02-26"),
    }


def test_weeks_start_where_the_settings_say_and_holidays_are_no_working_days(bare: Marts) -> None:
    # The 20th is a Thursday; 20 January 2025 was Martin Luther King Day, a Monday.
    assert bare.row(
        "select week_start, is_business_day from core.dim_date where date_day = '2025-03-20'"
    ) == ("2025-03-16", True)
    assert bare.row(
        "select is_business_day, holiday_name from core.dim_date where date_day = '2025-01-20'"
    ) == (False, "Martin Luther King Jr. Day")


def test_dates_follow_daylight_saving(bare: Marts) -> None:
    # Summer time began on Sunday 9 March at 2:00. 04:30 Z was 23:30 on the 8th in winter time;
    # 06:30 Z 1:30 on the 9th; a day later 04:30 Z was 0:30 on the 10th in summer time.
    assert bare.by(
        "select order_id, order_date from core.fct_order where order_id in ('b5', 'b6', 'b7')"
    ) == {"b7": "2025-03-08", "b5": "2025-03-09", "b6": "2025-03-10"}


# ------------------------------------------------------------------------------------- sales


def test_a_february_without_a_29th_is_compared_with_28_days(bare: Marts) -> None:
    # February 2025: b4 30. 1-28 February 2024: b1 10; b2 of the 29th is not in it. (30 - 10) ÷ 10.
    assert period(bare, "month", "2025-02-01", "net_sales, year_ago_net_sales, growth_yoy") == (
        (30, 10, 2)
    )
    # Before the first day of data there is nothing to compare with.
    assert period(bare, "day", "2024-02-29", "net_sales, year_ago_net_sales") == (20, None)


def test_fiscal_periods_compare_like_the_others(bare: Marts) -> None:
    columns = "is_complete, net_sales, previous_net_sales, growth, year_ago_net_sales"
    # From 1 April 2024: b8 100, b14 110, b4 30, b7 13, b5 11, b6 12, b11 50, b12 8 = 334 in 354
    # days. 354 days from 1 April 2023 reach to 19 March 2024: b1 10 + b2 20.
    # The same dates a year before reach to the 20th: b10 5 too. b9 of the 31st is in neither.
    assert period(bare, "fiscal_year", "2024-04-01", columns) == (
        False, 334, 30, near(304 / 30), 35,
    )  # fmt: skip
    assert period(bare, "fiscal_year", "2023-04-01", "is_complete, net_sales") == (True, 42)
    # The quarter: b4 30 + 13 + 11 + 12 + 50 + 8; of the one before 79 days, to 18 December: b14 110.
    assert period(bare, "fiscal_quarter", "2025-01-01", columns) == (
        False, 124, 110, near(14 / 110), 35,
    )  # fmt: skip


def test_weeks_from_sunday_compare_with_the_weeks_before(bare: Marts) -> None:
    columns = "net_sales, previous_net_sales, year_ago_net_sales, growth_yoy"
    # Sunday 16 to Thursday 20: b12 8. The week before to its Thursday: b5 11 + b6 12, b11 is Friday's.
    # 52 weeks before: 17 to 21 March 2024, b10 5; (8 - 5) ÷ 5.
    assert period(bare, "week", "2025-03-16", columns) == (8, 23, 5, near(0.6))
    # A week that is over, against all of the one before: b7.
    assert period(bare, "week", "2025-03-09", "net_sales, previous_net_sales") == (73, 13)


def test_money_without_a_rate_is_out_of_sums_and_counted(bare: Marts) -> None:
    # The rate of 1 December holds to the 8th: 100·1.1. On 10 January there is none.
    assert bare.rows(
        "select order_id, net_sales, conversion_status = 'missing_rate' from core.fct_order"
        " where order_id in ('b13', 'b14') order by 1"
    ) == [("b13", None, True), ("b14", 110, False)]
    assert period(bare, "month", "2024-12-01", "orders, net_sales") == (1, 110)
    assert period(bare, "month", "2025-01-01", "orders, net_sales, average_order_value") == (
        (1, 0, None)
    )


def test_without_costs_there_is_no_margin_and_the_rest_is_there(bare: Marts) -> None:
    assert period(
        bare, "month", "2025-02-01",
        "net_sales, gross_margin, net_sales_without_cost, gross_margin_rate",
    ) == (30, 0, 30, None)  # fmt: skip
    assert bare.row("select gross_margin, net_sales from core.fct_order where order_id = 'b4'") == (
        (None, 30)
    )


def test_an_item_without_a_product_is_none(bare: Marts) -> None:
    assert bare.by(
        "select member, net_sales from sales.sales_by_period where period_type = 'month'"
        " and period_start = '2025-03-01' and dimension = 'product'"
    ) == {"p1": 44, "(none)": 50}


def test_on_time_may_be_measured_by_the_shipping(bare: Marts) -> None:
    # b4 was sent on the day and came two days later: on time, cycle 3 days. b11 was sent a day late.
    assert bare.by(
        "select order_id, is_on_time, cycle_days, delivery_basis from core.fct_order"
        " where order_id in ('b4', 'b11')"
    ) == {"b4": (True, 3, "shipped"), "b11": (False, 2, "shipped")}
    assert bare.by(
        "select period_start, orders_due, on_time, late, open_past_due"
        " from sales.fulfilment_by_period where period_type = 'month' and dimension = 'total'"
    ) == {"2025-02-01": (1, 1, 0, 0), "2025-03-01": (1, 0, 1, 0)}


# ------------------------------------------------------------ deals that extractions tell of


def test_a_visit_that_began_before_we_looked_is_left_censored(bare: Marts) -> None:
    # N1 was in q1 when we first looked, on 3 March, and in q2 on the 12th at 14:00 Z. To the end
    # of the 20th, 4:00 Z on the 21st, are 8 days and 14 hours.
    assert bare.rows(
        "select stage_id, is_left_censored, entered_at, exited_at, days, is_open"
        " from core.fct_stage_visit where opportunity_id = 'N1' order by stage_id"
    ) == [
        ("q1", True, None, "2025-03-12 14:00:00", None, False),
        ("q2", False, "2025-03-12 14:00:00", None, near(8 + 14 / 24), True),
    ]
    # N4's only visit ended as it closed, at 15:00 of summer time.
    assert bare.rows(
        "select stage_id, is_left_censored, exited_at, days from core.fct_stage_visit"
        " where opportunity_id = 'N4'"
    ) == [("q1", True, "2025-03-10 19:00:00", None)]


def test_days_in_a_stage_are_differences_of_instants(bare: Marts) -> None:
    # From noon of the 7th (17:00 Z) to ten on the 12th (14:00 Z) are 4 days and 21 hours: the night
    # of summer time is an hour short. Working days: 10, 11 and 12.
    assert bare.row(
        "select days, business_days, is_reentry from core.fct_stage_visit"
        " where opportunity_id = 'N3' and stage_id = 'q2'"
    ) == (4.875, 3, False)
    assert bare.row(
        "select is_open, is_reentry from core.fct_stage_visit"
        " where opportunity_id = 'N3' and stage_id = 'q1' and visit_number = 2"
    ) == (True, True)


def test_visits_of_unknown_beginning_are_out_of_durations(bare: Marts) -> None:
    # Ended in March with a known beginning: N3's visit of q2, 4.875 days, and N1's, open at 8.58:
    # half and three quarters of the way between them.
    assert bare.row(
        "select visits, open_visits, median_days, p75_days from pipeline.stage_durations"
        " where period_start = '2025-03-01' and stage_id = 'q2'"
    ) == (1, 1, near((4.875 + 8 + 14 / 24) / 2), near(4.875 + 0.75 * (8 + 14 / 24 - 4.875)))


def test_the_oldest_version_holds_before_it(bare: Marts) -> None:
    # On 1 March: N1 100, N3 50, N4 70, as we first saw them on the 3rd. N1 grew by 20, N4 by 5 to
    # the 75 it was won at; N5 was created. End: 120 + 50 + 9.
    assert bare.row(
        "select start_amount, created, increased, decreased, won, lost, end_amount, slip_rate"
        " from pipeline.pipeline_waterfall where period_type = 'month'"
        " and period_start = '2025-03-01' and dimension = 'total'"
    ) == (220, 9, 25, 0, 75, 0, 179, 0)


def test_members_are_ids_where_nobody_names_them_and_none_where_missing(bare: Marts) -> None:
    assert bare.by(
        "select member, member_label, deals, amount from pipeline.open_pipeline"
        " where dimension = 'owner'"
    ) == {"z1": ("z1", 2, 170), "z2": ("z2", 1, 12), "(none)": ("(none)", 1, 9)}
    assert bare.by("select member, deals from pipeline.open_pipeline where dimension = 'team'") == {
        "(none)": 4
    }


def test_deals_convert_at_the_day_they_close_and_open_ones_at_the_day_asked(bare: Marts) -> None:
    # The rate of 14 March holds on the 20th: 10·1.2. On 5 March there is none of the 7 days before.
    assert bare.by(
        "select opportunity_id, amount, amount_original, currency_code,"
        " conversion_status = 'missing_rate' from core.fct_opportunity where owner_id = 'z2'"
    ) == {"N6": (12, 10, "EUR", False), "N7": (None, 10, "EUR", True)}
    # N7 is counted; N4's 75 is all that is known of what was won.
    assert bare.row(
        "select won, won_amount, average_won_amount from pipeline.win_rates where"
        " period_type = 'month' and period_start = '2025-03-01' and dimension = 'total'"
    ) == (2, 75, 75)


def test_without_quotas_there_is_no_coverage_and_the_rest_is_there(bare: Marts) -> None:
    assert bare.row(
        "select open_amount, target, booked, remaining, coverage, is_target_met"
        " from pipeline.pipeline_coverage where period_start = '2025-01-01' and dimension = 'total'"
    ) == (179, None, 75, None, None, None)


def test_without_activities_effort_is_unknown(bare: Marts) -> None:
    assert bare.rows("select distinct activities_per_won_deal from pipeline.process_friction") == [
        (None,)
    ]


def test_without_leads_and_returns_their_marts_are_there_and_empty(bare: Marts) -> None:
    assert bare.rows("select * from pipeline.lead_conversion") == []
    assert bare.rows("select * from core.fct_lead") == []
    assert bare.rows("select * from core.fct_quota") == []
    assert bare.rows("select * from core.fct_return") == []
    # Without returns nothing is known of them: no rate of 0.
    assert bare.rows("select * from sales.return_rates") == []
