"""What the headline figures must say of the crew, worked by hand from its rows."""

from __future__ import annotations

import pytest

from data_quality.suites.crm import KPIS
from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


def kpi(marts: Marts, metric: str, start: str, columns: str, period_type: str = "month") -> tuple:
    """One figure of the whole company."""
    return marts.row(
        f"select {columns} from platform.kpis where metric = '{metric}' and dimension = 'total'"
        f" and period_start = '{start}' and period_type = '{period_type}'"
    )


PARTS = "numerator, denominator, n, value"


def test_figures_of_surveys_are_of_all_customers_last_answers(crew: Marts) -> None:
    # 10 against 3 and 5 would be -33; 9 was taken back by the second answer of cu.
    assert kpi(crew, "nps", "2025-05-01", PARTS) == (-1, 3, 3, near(-100 / 3))
    # Effort from 1 to 7: 6 and 5 are two thirds of the way or more, 4 is not.
    assert kpi(crew, "ces", "2025-05-01", PARTS) == (2, 3, 3, near(2 / 3))
    # Of 1 to 5: 4 is among the top two, 3 is not.
    assert kpi(crew, "csat", "2025-05-01", PARTS) == (1, 2, 2, 0.5)
    # Of the other survey in June a 5; a 9 is off the scale. Both of the quarter: 4 and 5 of three.
    assert kpi(crew, "csat", "2025-06-01", PARTS) == (1, 1, 1, 1)
    assert kpi(crew, "csat", "2025-04-01", PARTS, "quarter") == (2, 3, 3, near(2 / 3))
    # What the team answered from January to March is no customer's.
    assert crew.row(
        "select min(period_start) from platform.kpis where metric = 'csat'"
        " and period_type = 'month'"
    ) == ("2025-05-01",)


def test_figures_of_cohorts_stand_in_the_month_of_their_beginning(crew: Marts) -> None:
    # Of l1 and l2 the second converted after 13 days; it waited for four hours.
    assert kpi(crew, "conversion_rate", "2025-01-01", PARTS) == (1, 2, 2, 0.5)
    assert kpi(crew, "median_response_hours", "2025-01-01", "value, n") == (4, None)
    assert kpi(crew, "referred_leads", "2025-01-01", "value, n, previous_value") == (1, 1, None)
    # cu ordered in November and, after 125 days, in March.
    assert kpi(crew, "repeat_rate", "2024-11-01", PARTS) == (0, 1, 1, 0)


def test_recurring_revenue_is_kept_grown_and_lost(crew: Marts) -> None:
    # May began with 100 of cu, 50 of cv and 30 of cw; cv left, cu adds 20, and cw pays 10 less.
    assert kpi(crew, "end_amount", "2025-05-01", "value, previous_value") == (140, 180)
    assert kpi(crew, "logo_churn_rate", "2025-05-01", PARTS) == (1, 3, 3, near(1 / 3))
    assert kpi(crew, "gross_retention", "2025-05-01", PARTS) == (120, 180, 3, near(120 / 180))
    assert kpi(crew, "net_retention", "2025-05-01", PARTS) == (140, 180, 3, near(140 / 180))


def test_a_share_is_of_the_whole_market_where_that_is_sized(crew: Marts) -> None:
    share = f"{PARTS}, dimension, member"
    rows = crew.rows(
        f"select {share} from platform.kpis where metric = 'share' and period_type = 'quarter'"
        " and period_start = '2025-01-01' order by dimension, member"
    )
    assert rows == [
        # The newest vintage has 300 for East, where 60 were sold.
        (60, 300, None, near(0.2), "region", "East"),
        (0, 1000, None, 0, "region", "West"),
        # Not 60 of 1,300: the whole is sized.
        (60, 6000, None, near(0.01), "total", "all"),
    ]
    # Of the quarter before East alone is sized.
    assert kpi(crew, "share", "2024-10-01", PARTS, "quarter") == (10, 500, None, near(0.02))


def test_selling_cost_is_spread_over_the_days_it_was_paid_for(crew: Marts) -> None:
    columns = "numerator, denominator, value"
    # Before the first cost that is known nobody knows.
    assert kpi(crew, "selling_cost_rate", "2024-11-01", columns) == (None, 10, None)
    # Two courses: 500 + 100, of 60 sold.
    assert kpi(crew, "selling_cost_rate", "2025-03-01", columns) == (600, 60, 10)
    # Apple's 100 over 61 days: 30 of them are 49.1803. Cai's commission is 5. Nothing was sold.
    assert kpi(crew, "selling_cost_rate", "2025-04-01", columns) == (54.1803, 0, None)
    # The other 31 days: 50.8197. Commission 16 + 12 + 17. Sold 180 + 150 + 180 less 30.
    assert kpi(crew, "selling_cost_rate", "2025-05-01", columns) == (
        95.8197, 480, near(95.8197 / 480),
    )  # fmt: skip
    # 700 for the second workshop; of commission -2.2 + 10 - 5. More came back than was sold.
    assert kpi(crew, "selling_cost_rate", "2025-06-01", columns) == (702.8, -86, None)
    # Chen's commission of the ten days of July.
    assert kpi(crew, "selling_cost_rate", "2025-07-01", columns) == (2, 0, None)
    # The quarter's are its months', to the cent.
    assert kpi(crew, "selling_cost_rate", "2025-04-01", columns, "quarter") == (
        852.8, 394, near(852.8 / 394),
    )  # fmt: skip


def test_a_running_month_compares_with_as_many_days_and_a_stock_with_the_last_end(
    crew: Marts,
) -> None:
    columns = "value, previous_value, year_ago_value, is_complete"
    # 1 to 10 July: e6. 1 to 10 June: e3; e5 and d6 came later. The data begin in November 2024.
    assert kpi(crew, "bookings", "2025-07-01", columns) == (40, 20, None, False)
    assert kpi(crew, "average_won_amount", "2025-07-01", columns) == (40, 20, None, False)
    # 36 came back in those days of June; 3 of it in units, which stay sold.
    assert kpi(crew, "net_sales", "2025-07-01", columns) == (0, -36, None, False)
    assert kpi(crew, "units", "2025-07-01", columns) == (0, 0, None, False)
    # June had a lead by then, whom nobody had sent.
    assert kpi(crew, "referred_leads", "2025-07-01", columns) == (0, 0, None, False)
    assert kpi(crew, "end_amount", "2025-07-01", columns) == (140, 140, None, False)
    # Not known by day, so nothing to compare with yet; a month that is over is compared whole.
    assert kpi(crew, "median_cycle_days", "2025-07-01", columns) == (213, None, None, False)
    assert kpi(crew, "logo_churn_rate", "2025-07-01", columns) == (0, None, None, False)
    assert kpi(crew, "logo_churn_rate", "2025-05-01", columns) == (near(1 / 3), 0, None, True)


def test_a_target_is_of_its_period_and_what_adds_up_fills_longer_ones(crew: Marts) -> None:
    columns = "value, target, status"
    # Of 261 working days of the year 137 are over: 900 x 137 / 261 = 472.4; 454 is 96 % of it.
    assert kpi(crew, "net_sales", "2025-01-01", columns, "year") == (454, 900, "watch")
    # A year's target is none of its months'.
    assert kpi(crew, "net_sales", "2025-05-01", columns) == (480, None, "no_target")
    # 10 + 20 + 28 for the quarter, of which 53 is 91 %.
    assert kpi(crew, "units", "2025-04-01", columns, "quarter") == (53, 58, "watch")
    # Three months at one half are no quarter at three halves.
    assert kpi(crew, "otif_rate", "2025-04-01", columns, "quarter") == (0.5, None, "no_target")
    assert kpi(crew, "otif_rate", "2025-05-01", columns) == (0.5, 0.5, "on_track")
    # What people set comes before quotas of 1,286.67 in May: 780 is 87 % of 900.
    assert kpi(crew, "bookings", "2025-05-01", columns) == (780, 900, "off_track")
    # Mo's, Su's, Sam's and those of c1 and c2 in June: 300 + 100 + 100 + 100.
    assert kpi(crew, "bookings", "2025-06-01", "target") == (600,)
    # A running month owes of a stock all, not what has passed of it: 140 is 93 % of 150.
    assert kpi(crew, "end_amount", "2025-07-01", columns) == (140, 150, "watch")


def test_where_lower_is_better_the_target_is_a_limit(crew: Marts) -> None:
    columns = "value, target, status"
    # Two hours and four: exactly at the limit.
    assert kpi(crew, "median_first_response_hours", "2025-05-01", columns) == (3, 3, "on_track")
    # 24 x 0.9 = 21.6 is within it.
    assert kpi(crew, "median_resolution_hours", "2025-05-01", columns) == (24, 22, "watch")
    # 0.1996 x 0.9 = 0.18 is above 0.15.
    assert kpi(crew, "selling_cost_rate", "2025-05-01", "target, status") == (0.15, "off_track")


def test_a_target_that_no_figure_is_held_against_is_told(crew: Marts) -> None:
    assert crew.rows("select rule, record_id from gate.issues where entity = 'targets'") == [
        ("targets.metric.known", "glory|2025-05-01|total|all")
    ]


def test_a_figure_is_its_owners(crew: Marts) -> None:
    owners = {
        "units": "sales.sales_by_period", "gross_margin": "sales.sales_by_period",
        "average_won_amount": "pipeline.win_rates", "slip_rate": "pipeline.pipeline_waterfall",
        "on_time_rate": "sales.fulfilment_by_period",
        "median_resolution_hours": "customers.service_levels",
        "reopened_rate": "customers.service_levels",
    }  # fmt: skip
    for metric, owner in owners.items():
        assert crew.row(
            "select count(kpis.value) > 0, count_if(kpis.value is distinct from"
            f" cast(owner.{metric} as double)) from platform.kpis inner join {owner} as owner"
            " using (period_type, period_start, dimension, member)"
            f" where kpis.metric = '{metric}'"
        ) == (metric != "slip_rate", 0), metric
    # As of now: 17 open deals, and what is still to be booked of the quarter's 920 after 40.
    assert kpi(crew, "velocity_per_day", "2025-07-01", "n, value")[0] == 17
    assert crew.row(
        "select count(distinct kpis.value), max(abs(kpis.value - owner.velocity_per_day))"
        " from platform.kpis inner join pipeline.pipeline_velocity as owner"
        " using (dimension, member) where kpis.metric = 'velocity_per_day' and member = 'all'"
    ) == (1, 0)
    assert kpi(crew, "coverage", "2025-07-01", "numerator, denominator, value", "quarter") == (
        0, 880, 0,
    )  # fmt: skip


def test_figures_have_the_members_that_targets_may_name(crew: Marts) -> None:
    found = crew.rows("select distinct metric, dimension from platform.kpis")
    assert set(found) == {
        (metric, dimension)
        for metric, dimensions in KPIS.items()
        for dimension in ("total", *dimensions)
    }
