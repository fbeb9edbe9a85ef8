"""The marts find what the demo company hides: each figure here is one that a person would look up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from pipelines import nightly
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.settings import load_settings
from pipelines.transform import models
from tests import docs


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse of a night on the demo at scale 1, before anything is published."""
    home = tmp_path_factory.mktemp("findings") / "home"
    settings = load_settings(environment={"SALESOPS_HOME": str(home)})
    write_demo(settings.base)
    night = nightly.Night(
        settings=settings, as_of=DEFAULT_AS_OF, run_id="findings", at=datetime.now(UTC)
    )
    nightly.extract(night)
    manifest = models.parse_project(settings)
    nightly.stage(night, manifest)
    nightly.judge(night)
    nightly.build_core(night, manifest)
    nightly.predict(night)
    nightly.build_marts(night, manifest)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        yield connection


def test_the_bottleneck_is_named_from_the_quarter_in_which_it_appears(marts) -> None:
    found = marts.execute(
        "select period_start::varchar, stage_id from pipeline.stage_bottlenecks"
        " where is_bottleneck and pipeline_id = 'sales' and period_start >= '2025-09-01'"
        " and cost_score > 500 order by 1"
    ).fetchall()
    assert found == [(f"2026-0{month}-01", "proposal") for month in range(1, 7)]


def test_a_price_rise_is_the_largest_price_effect_of_its_year(marts) -> None:
    effects = marts.execute(
        "select period_start::varchar, sum(price_effect), sum(previous_net_sales)"
        " from sales.price_volume_mix join core.dim_product using (product_id)"
        " where category = '示波器' and period_start >= '2025-07-01'"
        " group by 1 order by sum(price_effect) desc limit 1"
    ).fetchone()
    month, effect, before = effects
    assert month == "2026-02-01"
    assert 0.05 < effect / before < 0.15


def test_buyers_who_turn_to_a_cheaper_meter_are_a_mix_effect(marts) -> None:
    effects = dict(
        marts.execute(
            "select sku, sum(mix_effect) from sales.price_volume_mix"
            " join core.dim_product using (product_id)"
            " where sku in ('DM-65', 'DM-80', 'DM-35')"
            " and period_start between '2025-08-01' and '2026-02-01' group by 1"
        ).fetchall()
    )
    assert effects["DM-65"] + effects["DM-80"] < -200_000
    assert effects["DM-35"] > 0


def test_a_launch_that_fails_stays_below_a_quarter_of_the_earlier_ones(marts) -> None:
    shares = marts.execute(
        "select sku, sum(net_sales) / sum(median_of_earlier_launches)"
        " from sales.product_launches join core.dim_product using (product_id)"
        " where months_since_launch between 1 and 6 and median_of_earlier_launches is not null"
        " group by 1 order by 1"
    ).fetchall()
    assert [sku for sku, _ in shares] == ["AX-2000E", "VS-05"]
    assert shares[0][1] > 1 > 0.25 > shares[1][1]


def test_the_region_that_lags_is_the_only_one_that_shrinks(marts) -> None:
    shrinking = marts.execute(
        "select member from sales.sales_by_period where dimension = 'region'"
        " and period_type = 'year' and period_start = '2026-01-01' and growth_yoy < -0.1"
    ).fetchall()
    assert shrinking == [("西南",)]


def test_the_team_that_pushes_its_dates_slips_most(marts) -> None:
    rates = marts.execute(
        "select member_label, sum(slipped_deals) / sum(expected_deals)"
        " from pipeline.pipeline_waterfall where dimension = 'team' and period_type = 'month'"
        " and period_start >= '2025-07-01' group by 1 order by 2 desc"
    ).fetchall()
    assert rates[0][0] == "华北组"
    assert rates[0][1] > 1.25 * rates[1][1]


def test_customers_entered_twice_are_one_whatever_gives_them_away(marts) -> None:
    rules = marts.execute(
        "select match_rule, count(*) from core.dim_customer where match_rule is not null"
        " group by 1 order by 1"
    ).fetchall()
    assert rules == [("email", 1), ("merged", 2), ("name_city", 1), ("phone", 1), ("tax_id", 1)]
    strays = marts.execute(
        "select count(*) from core.fct_order join core.dim_customer using (customer_id)"
        " where dim_customer.survivor_id <> fct_order.customer_id"
    ).fetchone()
    assert strays == (0,)
    assert (
        marts.execute(
            "select count(*) from core.fct_order where customer_id = 'K000021' and is_valid"
        ).fetchone()[0]
        > 15
    )


def test_the_pages_of_the_docs_show_the_demo_s_own_results(marts) -> None:
    shown = docs.shown_results()
    connection = marts.cursor()
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"set search_path = '{','.join(docs.areas())}'")
    found = {query: docs.answer(connection, query) for query in shown}
    differing = {
        query: (shown[query], found[query]) for query in shown if shown[query] != found[query]
    }
    assert len(shown) > 30
    assert differing == {}, docs.NEEDED


def test_the_segment_whose_budgets_were_cut_leaves(marts) -> None:
    rates = marts.execute(
        "select member, sum(churned) / sum(active_start) from customers.customer_churn"
        " where dimension = 'segment' and period_start between '2026-02-01' and '2026-05-01'"
        " group by 1 order by 2 desc nulls last"
    ).fetchall()
    assert rates[0][0] == "科研院校"
    assert rates[0][1] > 1.5 * rates[1][1]


def test_a_load_and_its_supply_are_bought_together_and_offered_to_who_has_one(marts) -> None:
    product, other, lift, significant = marts.execute(
        "select one.name, other.name, lift, is_significant from customers.product_affinity"
        " join core.dim_product as one using (product_id)"
        " join core.dim_product as other on other_product_id = other.product_id"
        " where orders_both >= 100 order by lift desc, one.name limit 1"
    ).fetchone()
    assert {product, other} == {"可编程电源", "电子负载"}
    assert lift > 4
    assert significant
    offered = marts.execute(
        "select count(*) from customers.next_products"
        " join core.dim_product as offer using (product_id)"
        " join core.dim_product as reason on because_product_id = reason.product_id"
        " where rank = 1 and offer.name = '电子负载' and reason.name = '可编程电源'"
    ).fetchone()
    assert offered[0] > 5


def test_a_service_slump_shows_in_answers_and_in_satisfaction(marts) -> None:
    hours = dict(
        marts.execute(
            "select period_start::varchar, median_first_response_hours"
            " from customers.service_levels where dimension = 'total' and period_type = 'quarter'"
            " and period_start >= '2025-07-01'"
        ).fetchall()
    )
    slump = hours.pop("2026-01-01")
    assert slump > 2 * max(hours.values())
    satisfied = dict(
        marts.execute(
            "select period_start::varchar, score from market.survey_scores"
            " where survey_id = 'S-TICKET' and dimension = 'total' and measure = 'csat'"
            " and period_type = 'quarter' and period_start >= '2025-07-01'"
        ).fetchall()
    )
    assert satisfied.pop("2026-01-01") < min(satisfied.values()) - 0.05


def test_who_is_gone_is_less_likely_to_be_alive(marts) -> None:
    alive = dict(
        marts.execute(
            "select churn_status, avg(probability_alive) from customers.customer_360"
            " where churn_status is not null group by 1"
        ).fetchall()
    )
    assert alive["churned"] < 0.5 < alive["at_risk"] < alive["active"]
    [(expected, last_year)] = marts.execute(
        "select (select sum(expected_orders_12m) from customers.customer_360),"
        " (select count(distinct (customer_id, order_date)) from core.fct_order"
        " where is_valid and customer_id is not null and order_date > '2025-06-30')"
    ).fetchall()
    # Without those who come new, a year brings less than the last one did.
    assert 0.6 < expected / last_year < 1


def test_the_star_stays_ahead_and_who_struggles_is_to_be_helped(marts) -> None:
    cards = {
        user: (adjusted, position)
        for user, adjusted, position in marts.execute(
            "select user_id, win_rate_adjusted, position from people.rep_scorecard"
            " where period_type = 'all' and position is not null order by win_rate_adjusted"
        ).fetchall()
    }
    worst, *_, best = cards
    assert (worst, best) == ("U108", "U101")
    assert cards["U108"][1] == "needs_help"
    assert cards["U101"][1] == "top"
    # Of few deals the rate is drawn to the others': in a quarter far, over all time hardly.
    drawn = dict(
        marts.execute(
            "select period_type, win_rate_adjusted - win_rate from people.rep_scorecard"
            " where user_id = 'U108' and (period_type = 'all'"
            " or (period_type = 'quarter' and period_start = '2026-04-01'))"
        ).fetchall()
    )
    assert drawn["quarter"] > 0.1 > 0.05 > drawn["all"] > 0


def test_who_won_the_only_deal_is_not_the_best(marts) -> None:
    won, lost, rate, adjusted, position, reason = marts.execute(
        "select won, lost, win_rate, win_rate_adjusted, position, position_reason"
        " from people.rep_scorecard where user_id = 'U109' and period_type = 'all'"
    ).fetchone()
    assert (won, lost, rate) == (1, 0, 1.0)
    best = marts.execute(
        "select max(win_rate_adjusted) from people.rep_scorecard"
        " where period_type = 'all' and user_id <> 'U109'"
    ).fetchone()[0]
    assert adjusted < best
    assert (position, reason) == (None, "not compared: has left or is still ramping up")


def test_the_training_that_works_is_told_from_the_one_that_does_not(marts) -> None:
    effects = {
        course: (trained, control, low, high, reason)
        for course, trained, control, low, high, reason in marts.execute(
            "select course, n_trained, n_control, effect_low, effect_high, reason"
            " from people.training_effect where metric = 'win_rate'"
        ).fetchall()
    }
    trained, control, low, high, _ = effects["谈判演练"]
    assert (trained, control) == (5, 5)
    assert 0 < low < high
    trained, control, low, high, _ = effects["产品线上课"]
    assert (trained, control) == (5, 5)
    assert low < 0 < high
    # Everybody at once: nobody is left to compare with.
    assert effects["需求挖掘"][2:4] == (None, None)
    assert effects["需求挖掘"][4].startswith("fewer than 5 reps a side")


def test_mails_pay_and_exhibitions_do_not_whatever_the_model(marts) -> None:
    gains: dict[str, dict[str, float]] = {}
    for model, kind, gain in marts.execute(
        "select model, type, sum(attributed_margin) - sum(campaign_performance.cost)"
        " from market.campaign_performance join core.dim_campaign using (campaign_id)"
        " group by 1, 2"
    ).fetchall():
        gains.setdefault(model, {})[kind] = gain
    assert len(gains) == 5
    for by_kind in gains.values():
        assert {kind for kind, gain in by_kind.items() if gain < 0} == {"展会"}
        assert max(by_kind, key=by_kind.__getitem__) == "邮件"
