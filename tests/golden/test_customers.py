"""What the marts of customers must say, worked by hand from orders, contracts, tickets and leads."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


# ---------------------------------------------------------------------------- repeat purchase


def repeats(marts: Marts, month: str, dimension: str) -> dict:
    return marts.by(
        "select member, customers, mature_customers, repeat_customers, repeat_rate, is_mature"
        f" from customers.repeat_purchase where cohort_month = '{month}'"
        f" and dimension = '{dimension}' and customers > 0"
    )


def test_a_second_order_within_the_window_repeats(clients: Marts) -> None:
    # January: k1 again on the same day (in), k2 after 90 days (in), k3 after 91 (not in), k8 after
    # 170, k9 never. 31 January + 90 days is before the day asked.
    assert repeats(clients, "2024-01-01", "total") == {"all": (5, 5, 2, near(2 / 5), True)}
    # By the first order's channel: k1 and k2; k3, k8 and k9.
    assert repeats(clients, "2024-01-01", "channel") == {
        "web": (2, 2, 2, 1, True),
        "shop": (3, 3, 0, 0, True),
    }
    assert repeats(clients, "2024-01-01", "segment") == {
        "Big": (2, 2, 2, 1, True),
        "Small": (3, 3, 0, 0, True),
    }


def test_only_customers_whose_window_is_over_are_measured(clients: Marts) -> None:
    # k4, 1 April + 90 days = 30 June, the day asked; k6 is a day younger and came back after three
    # days: not measured yet. k6 has no segment.
    assert repeats(clients, "2024-04-01", "total") == {"all": (2, 1, 0, 0, False)}
    assert repeats(clients, "2024-04-01", "segment") == {
        "Small": (1, 1, 0, 0, False),
        "(none)": (1, 0, 0, None, False),
    }
    # Months without first orders have a row and no rate.
    assert clients.rows(
        "select cohort_month, customers, repeat_rate from customers.repeat_purchase"
        " where dimension = 'total' and customers = 0 order by 1"
    ) == [("2024-02-01", 0, None), ("2024-03-01", 0, None), ("2024-06-01", 0, None)]


def test_a_first_order_counts_once_under_each_of_its_categories(clients: Marts) -> None:
    # k9's first order holds A of X and D of Y; k8's holds A and B, both of X.
    assert repeats(clients, "2024-01-01", "category") == {
        "X": (2, 2, 0, 0, True),
        "Y": (4, 4, 2, 0.5, True),
    }


# ------------------------------------------------------------------------------------- churn


def test_customers_churn_by_the_gap_that_was_known_at_the_months_start(clients: Marts) -> None:
    assert clients.by(
        "select period_start, active_start, churned, churn_rate, reactivated, new_customers"
        " from customers.customer_churn where dimension = 'total'"
    ) == {
        # No gap is known: nobody can be told to have left.
        "2024-01-01": (0, 0, None, 0, 5),
        "2024-02-01": (5, 0, None, 0, 0),
        # k1's 30 days is the only gap: at the end of February all but k1 (20) are above it.
        "2024-03-01": (1, 0, 0, 0, 0),
        # 30 and 30. k1 is at 21, and on 30 April at 51. k2 and k3 come back; k4 and k6 are new.
        "2024-04-01": (1, 1, 1, 2, 2),
        # 3, 30, 30, 90, 91: p95 90 + 0.8. k1 to k4 and k6 are below it; k8 (119) and k9 (96) not.
        "2024-05-01": (5, 0, 0, 0, 1),
        # 3, 10, 10, 10, 30, 30, 90, 91: 90 + 0.65. k1, 82 days at its start, is at 112 on its last;
        # k4 at 90. k8 comes back after 170.
        "2024-06-01": (6, 1, near(1 / 6), 1, 0),
    }
    assert clients.by(
        "select member, active_start, churned, churn_rate, reactivated, new_customers"
        " from customers.customer_churn where dimension = 'segment'"
        " and period_start = '2024-06-01'"
    ) == {"Big": (2, 1, 0.5, 0, 0), "Small": (3, 0, 0, 1, 0), "(none)": (1, 0, 0, 0, 0)}
    assert clients.by(
        "select member, churned, reactivated from customers.customer_churn"
        " where dimension = 'region' and period_start = '2024-06-01'"
    ) == {"North": (1, 0), "South": (0, 1)}


def test_a_customer_is_at_risk_gone_or_back_by_all_gaps_so_far(clients: Marts) -> None:
    # 3, 10, 10, 10, 30, 30, 30, 51, 90, 91, 170: p80 is the ninth, 90; p95 91 + 0.5·79 = 130.5.
    # k1 waits 112 days; k4 90, not above; k9 157; k8 10, after 170 once. k5 never ordered.
    assert clients.by(
        "select customer_id, days_since_last_order, churn_status, churn_gap_days"
        " from customers.customer_360"
    ) == {
        "k1": (112, "at_risk", 130.5),
        "k2": (77, "active", 130.5),
        "k3": (20, "active", 130.5),
        "k4": (90, "active", 130.5),
        "k5": (None, None, None),
        "k6": (86, "active", 130.5),
        "k7": (0, "active", 130.5),
        "k8": (10, "reactivated", 130.5),
        "k9": (157, "churned", 130.5),
    }


# ------------------------------------------------------------------------- recurring revenue


def test_contracts_move_recurring_revenue(clients: Marts) -> None:
    assert clients.by(
        "select period_start, start_amount, new, expansion, resurrection, contraction, churn,"
        " end_amount, customers_start, customers_lost, logo_churn_rate, gross_retention,"
        " net_retention from customers.recurring_revenue where dimension = 'total'"
    ) == {
        # k1's 100 and, from the last day on, k2's 200.
        "2024-01-01": (0, 300, 0, 0, 0, 0, 300, 0, 0, None, None, None),
        # k1's second contract.
        "2024-02-01": (300, 0, 50, 0, 0, 0, 350, 2, 0, 0, 1, near(350 / 300)),
        # k3's comes and goes within March: never there on a last day.
        "2024-03-01": (350, 0, 0, 0, 0, 0, 350, 2, 0, 0, 1, 1),
        # Cancelled on the 1st: 31 March was k1's last day with two, and k2's last day of all.
        "2024-04-01": (350, 0, 0, 0, 50, 200, 100, 2, 1, 0.5, near(100 / 350), near(100 / 350)),
        "2024-05-01": (100, 60, 0, 0, 0, 0, 160, 1, 0, 0, 1, 1),
        # k2 returns; that k4's is cancelled in July is not known yet.
        "2024-06-01": (160, 0, 0, 80, 0, 0, 240, 2, 0, 0, 1, 1),
    }


def test_what_a_customer_adds_is_new_to_the_product(clients: Marts) -> None:
    assert clients.by(
        "select period_start, start_amount, new, churn, end_amount, customers_lost"
        " from customers.recurring_revenue where dimension = 'product' and member = 'B'"
    ) == {
        "2024-02-01": (0, 50, 0, 50, 0),
        "2024-03-01": (50, 0, 0, 50, 0),
        "2024-04-01": (50, 0, 50, 0, 1),
        "2024-05-01": (0, 0, 0, 0, 0),
        "2024-06-01": (0, 0, 0, 0, 0),
    }
    assert clients.by(
        "select member, member_label, end_amount from customers.recurring_revenue"
        " where dimension in ('product', 'segment') and period_start = '2024-06-01'"
    ) == {
        "A": ("Aroma", 100),
        "B": ("Blend", 0),
        "(none)": ("(none)", 140),
        "Big": ("Big", 180),
        "Small": ("Small", 60),
    }


# -------------------------------------------------------------------------- basket and offer


def test_products_go_together_by_all_pairs_in_five_orders(clients: Marts) -> None:
    # 20 orders; the guest's of 30 June 2022 is two years old. A in 6, B in 5, both in 5: 6 of the
    # C(20, 5) = 15,504 ways to choose B's orders. C and D in 10 each, both in 5: half of what is not
    # exactly 5, and all that is, C(10, 5)² of C(20, 10) = 184,756 ways.
    even = (1 + 252**2 / 184_756) / 2
    assert clients.by(
        "select product_id || other_product_id, orders_both, orders_product, orders_other,"
        " orders_total, support, confidence, lift, leverage, p_value, is_significant"
        " from customers.product_affinity"
    ) == {
        "AB": (5, 6, 5, 20, 0.25, near(5 / 6), near(10 / 3), near(0.175), near(6 / 15_504), True),
        "BA": (5, 5, 6, 20, 0.25, 1, near(10 / 3), near(0.175), near(6 / 15_504), True),
        "CD": (5, 10, 10, 20, 0.25, 0.5, 1, 0, near(even), False),
        "DC": (5, 10, 10, 20, 0.25, 0.5, 1, 0, near(even), False),
    }


def test_the_next_product_follows_from_one_that_was_bought(clients: Marts) -> None:
    # k9 has A and not B; who has B has A too, and C and D are ordered together by chance.
    assert clients.rows(
        "select customer_id, rank, product_id, score, because_product_id"
        " from customers.next_products"
    ) == [("k9", 1, "B", near(5 / 6), "A")]
    assert clients.by(
        "select customer_id, next_product_id from customers.customer_360"
        " where next_product_id is not null"
    ) == {"k9": "B"}


# ----------------------------------------------------------------------------------- service


def service(marts: Marts, where: str) -> tuple:
    return marts.row(
        "select tickets, answered, resolved, median_first_response_hours,"
        " p90_first_response_hours, median_resolution_hours,"
        " median_first_response_business_hours, median_resolution_business_hours, reopened_rate,"
        f" open_at_end from customers.service_levels where {where}"
    )


def test_tickets_are_answered_in_hours_and_in_business_hours(clients: Marts) -> None:
    # June: t1 after 2 hours; t2 on Saturday after 18, of which one was worked. t1 is resolved after
    # 24, 8 of them on Monday and one on Tuesday. Open on the 30th: t2 and t4.
    june = "period_type = 'month' and period_start = '2024-06-01'"
    assert service(clients, f"{june} and dimension = 'total'") == (
        3, 2, 1, 10, near(16.4), 24, near(1.5), 9, near(1 / 3), 2,
    )  # fmt: skip
    assert service(clients, f"{june} and dimension = 'priority' and member = 'high'") == (
        1, 1, 1, 2, 2, 24, 2, 9, 1, 0,
    )  # fmt: skip
    # t3 is resolved by the day asked, and was open at the end of its own month.
    assert service(
        clients, "period_type = 'month' and period_start = '2024-05-01' and dimension = 'total'"
    ) == (1, 0, 1, None, None, 120, None, 27, 0, 1)
    assert service(clients, f"{june} and dimension = 'category' and member = '(none)'") == (
        0, 0, 0, None, None, None, None, None, None, 0,
    )  # fmt: skip
    assert service(clients, "period_type = 'all' and dimension = 'total'")[::9] == (4, 2)
    assert clients.by(
        "select period_start, open_at_end from customers.service_levels"
        " where period_type = 'day' and dimension = 'total'"
        " and period_start in ('2024-06-04', '2024-06-05', '2024-06-06')"
    ) == {"2024-06-04": 1, "2024-06-05": 0, "2024-06-06": 0}


# --------------------------------------------------------------------------------- referrals


def test_referrals_bring_leads_when_they_come_and_deals_when_they_are_won(clients: Marts) -> None:
    # d4's lead was recommended by nobody, d3 was lost.
    assert clients.rows("select * from customers.referrals order by 1") == [
        ("2024-05-01", 2, 1, 0, 0),
        ("2024-06-01", 1, 1, 2, 800),
    ]


# ------------------------------------------------------------------------------ customer_360


def test_too_few_who_came_back_have_no_lifetime_value(clients: Marts) -> None:
    # k1, k2, k3, k6, k7 and k8 ordered on a second day.
    assert clients.by(
        "select clv_reason, count(*), count(clv_12m), count(probability_alive),"
        " count(expected_orders_12m) from customers.customer_360 group by 1"
    ) == {
        "6 customers ordered again: 30 are needed.": (8, 0, 0, 0),
        "No order yet.": (1, 0, 0, 0),
    }


def test_equal_values_share_a_score(clients: Marts) -> None:
    # Orders 1 (k4, k9), 2 (k2, k6, k8), 3 (k3), 4 (k1), 5 (k7): the cuts at 20, 40, 60 and 80 % are
    # 1.4, 2, 2.2 and 3.6.
    assert clients.by(
        "select customer_id, rfm_frequency from customers.customer_360 where orders > 0"
    ) == {"k4": 1, "k9": 1, "k2": 2, "k6": 2, "k8": 2, "k3": 4, "k1": 5, "k7": 5}


def test_customers_with_one_order_each_tell_no_limit(clients_in_january: Marts) -> None:
    # On 9 January k8 has ordered once, and k1 has a contract.
    assert clients_in_january.by(
        "select customer_id, orders, rfm_recency, rfm_frequency, rfm_monetary, churn_status,"
        " churn_gap_days, clv_reason from customers.customer_360 where orders > 0"
    ) == {"k8": (1, 5, 1, 1, None, None, "0 customers ordered again: 30 are needed.")}
    assert clients_in_january.rows(
        "select active_start, churned, churn_rate, new_customers from customers.customer_churn"
        " where dimension = 'total'"
    ) == [(0, 0, None, 1)]
    assert repeats(clients_in_january, "2024-01-01", "total") == {"all": (1, 0, 0, None, False)}
    assert clients_in_january.rows(
        "select start_amount, new, end_amount, net_retention from customers.recurring_revenue"
        " where dimension = 'total'"
    ) == [(0, 100, 100, None)]
    for mart in ("product_affinity", "next_products", "service_levels", "referrals"):
        assert clients_in_january.rows(f"select * from customers.{mart}") == []


def test_cohorts_come_back_month_by_month(clients: Marts) -> None:
    # January's five: k1 in February and March, k2 and k3 in April, k3 and k8 in June, which is over
    # on the day asked. Ten for each line: o1, o2 and o5 have one, o7, o15 and o19 two.
    assert clients.rows(
        "select month_number, cohort_size, active_customers, retention_rate, net_sales,"
        " cumulative_net_sales, is_complete from customers.customer_cohorts"
        " where cohort_month = '2024-01-01' order by 1"
    ) == [
        (0, 5, 5, 1, 90, 90, True),
        (1, 5, 1, near(0.2), 10, 100, True),
        (2, 5, 1, near(0.2), 10, 110, True),
        (3, 5, 2, near(0.4), 40, 150, True),
        (4, 5, 0, 0, 0, 150, True),
        (5, 5, 2, near(0.4), 40, 190, True),
    ]
