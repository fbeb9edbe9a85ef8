"""What the marts of sales must say of the shop, worked by hand from its orders and returns."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def period(marts: Marts, period_type: str, start: str, columns: str, **member: str) -> tuple:
    """One row of sales_by_period."""
    dimension, name = next(iter(member.items()), ("total", "all"))
    return marts.row(
        f"select {columns} from sales.sales_by_period where period_type = '{period_type}'"
        f" and period_start = '{start}' and dimension = '{dimension}' and member = '{name}'"
    )


def test_a_return_counts_on_its_day_and_lowers_its_order(shop: Marts) -> None:
    # January sold 100 (o1) + 200 (o2) + 30 (o3) and took 10 (r1) back.
    assert period(shop, "month", "2024-01-01", "gross_sales, returned_amount, net_sales") == (
        (330, 10, 320)
    )
    # February sold 50 (o4) + 80 (o5) + 150 - 6 (o6) and took 20 (r2, of January's o1) + 7 (r3) back.
    assert period(
        shop, "month", "2024-02-01", "gross_sales, discount_amount, returned_amount, net_sales"
    ) == (280, 6, 27, 247)
    # o1 itself: 100 - 10 - 20. o2 is lowered by r4, o17 (60 + 30 - 10) by r8, which names no line.
    assert shop.by(
        "select order_id, returned_amount, net_sales from core.fct_order"
        " where order_id in ('o1', 'o2', 'o17')"
    ) == {"o1": (30, 70), "o2": (20, 180), "o17": (9, 71)}
    # What comes back of o11, a test, is there and counts nowhere.
    assert shop.row("select amount, is_valid from core.fct_return where return_id = 'r10'") == (
        1000, False,
    )  # fmt: skip


def test_a_line_earns_what_is_left_of_it_less_the_cost_of_what_is_kept(shop: Marts) -> None:
    # o1: 100 - 30 of three returned, less 7 kept at 6. o6: 150 - 6 - 12 of one returned, less 11 at
    # 6. o4's product has no cost.
    assert shop.by(
        "select order_line_id, returned_amount, net_sales, gross_margin from core.fct_order_line"
        " where order_line_id in ('o1a', 'o6a', 'o4a')"
    ) == {"o1a": (30, 70, 28), "o6a": (12, 132, 66), "o4a": (0, 50, None)}
    # The 50 of o4 have no cost, and neither has o17's return of 9 that names no line.
    assert shop.by(
        "select order_id, gross_margin, net_sales_without_cost from core.fct_order"
        " where order_id in ('o1', 'o4', 'o17')"
    ) == {"o1": (28, 0), "o4": (None, 50), "o17": (34, -9)}


def test_a_customers_orders_are_numbered_without_those_that_do_not_count(shop: Marts) -> None:
    # c1: y1 to y5, f1, f2, o1, o3, o5 (of c3, who is c1) and o6 are eleven. o11, a test of the same
    # minute as o13, is none.
    assert shop.by(
        "select order_id, customer_order_number from core.fct_order"
        " where order_id in ('y1', 'o6', 'o11', 'o13')"
    ) == {"y1": 1, "o6": 11, "o11": None, "o13": 12}


def test_the_zone_comes_before_the_date(shop: Marts) -> None:
    # 15:30 Z is 23:30 on the 31st in Shanghai, 16:30 Z is 00:30 on the 1st.
    assert shop.by(
        "select order_id, order_date from core.fct_order where order_id in ('o3', 'o4')"
    ) == {"o3": "2024-01-31", "o4": "2024-02-01"}


def test_only_valid_orders_of_the_day_asked_count(shop: Marts) -> None:
    # Test, draft, deleted and cancelled ones are out, and so is what is ordered on the day after.
    # o13 is cancelled on the day after: on the day asked it is an order like any other.
    assert [
        order
        for (order,) in shop.rows(
            "select order_id from core.fct_order where is_valid and order_date >= '2024-03-01'"
            " order by 1"
        )
    ] == ["o10", "o13", "o7", "o8"]
    # o8 at 23:59 on the day asked is in it; orders without lines count with 0: o7 20, o13 10, o8 20.
    # Returns: r7 12 (o6 was delivered on 2 March), r4 20, r5 5; r6 comes a day later.
    assert period(
        shop, "month", "2024-03-01", "orders, units, gross_sales, returned_amount, net_sales"
    ) == (4, 4, 50, 37, 13)


def test_average_order_value_leaves_out_orders_without_lines(shop: Marts) -> None:
    # 13 ÷ 3 orders with lines = 4.3333…
    assert period(shop, "month", "2024-03-01", "average_order_value") == (4.3333,)
    # April to July 2023 hold no order with lines and a known value but May's: none in April.
    assert period(shop, "month", "2023-04-01", "orders, average_order_value") == (0, None)


def test_customers_are_survivors_and_guests_are_none(shop: Marts) -> None:
    # March: o7 (c4, merged into c2), o8 and o10 (c2), o13 (c1): two customers, none of them new.
    assert period(shop, "month", "2024-03-01", "customers, new_customers") == (2, 0)
    # February: o4 is a guest's, o5 (c3, who is c1) and o6 are c1's.
    assert period(shop, "month", "2024-02-01", "orders, customers, new_customers") == (3, 1, 0)
    assert shop.by("select customer_id, survivor_id from core.dim_customer") == {
        "c1": "c1",
        "c2": "c2",
        "c3": "c1",
        "c4": "c2",
    }
    assert shop.rows("select match_rule from core.dim_customer where customer_id = 'c3'") == [
        ("email",)
    ]
    # c1 came with y1, c2 with o17.
    assert shop.rows("select order_id from core.fct_order where is_new_customer order by 1") == [
        ("o17",),
        ("y1",),
    ]
    assert period(shop, "month", "2023-02-01", "new_customers, customers") == (1, 1)
    assert period(shop, "month", "2023-12-01", "new_customers, customers") == (1, 1)


def test_a_running_period_grows_against_as_many_days(shop: Marts) -> None:
    columns = "is_complete, net_sales, previous_net_sales, growth"
    # 1-15 February: o4 50 + o5 80 - r2 20 - r3 7 = 103; (13 - 103) ÷ 103.
    assert period(shop, "month", "2024-03-01", columns) == (
        False, 13, 103, pytest.approx(-90 / 103, abs=1e-9),
    )  # fmt: skip
    # February is over: against all of January, (247 - 320) ÷ 320.
    assert period(shop, "month", "2024-02-01", columns) == (True, 247, 320, -0.228125)
    # 75 days of the quarter: 320 + 247 + 13. Of the one before 1 October to 14 December: o17 80.
    assert period(shop, "quarter", "2024-01-01", columns) == (False, 580, 80, 6.25)
    # 75 days of 2023 reach to 16 March: 40 + 60 + 30 + 10; (580 - 140) ÷ 140.
    assert period(shop, "year", "2024-01-01", columns) == (
        False, 580, 140, pytest.approx(440 / 140, abs=1e-9),
    )  # fmt: skip
    # Monday to Friday: o8 20. The week before, to Friday: o7 20 - r4 20 - r5 5 = -5; o13 is Saturday's.
    assert period(shop, "week", "2024-03-11", columns) == (False, 20, -5, None)
    assert period(shop, "week", "2024-03-04", "is_complete, net_sales") == (True, 5)


def test_a_year_ago_is_the_same_dates_and_29_february_is_the_28th(shop: Marts) -> None:
    columns = "net_sales, year_ago_net_sales, growth_yoy"
    # February 2023: 40 + 60; (247 - 100) ÷ 100.
    assert period(shop, "month", "2024-02-01", columns) == (247, 100, 1.47)
    # The 29th sold 150 - 6; 28 February 2023 sold 60: (144 - 60) ÷ 60.
    assert period(shop, "day", "2024-02-29", columns) == (144, 60, 1.4)
    assert period(shop, "day", "2024-02-28", columns) == (0, 60, -1)
    # 1-15 March 2023: 30. The quarter and the year to 15 March 2023: 40 + 60 + 30.
    assert period(shop, "month", "2024-03-01", "year_ago_net_sales") == (30,)
    assert period(shop, "quarter", "2024-01-01", "year_ago_net_sales") == (130,)
    assert period(shop, "year", "2024-01-01", columns) == (
        580, 130, pytest.approx(450 / 130, abs=1e-9),
    )  # fmt: skip
    # 52 weeks before Monday 11 March 2024 is Monday 13 March 2023; to its Friday y5 sold 10.
    assert period(shop, "week", "2024-03-11", columns) == (20, 10, 1)


def test_all_time_starts_with_the_first_day_of_data(shop: Marts) -> None:
    # Its last day is the day asked, so it is complete.
    # 2023: 40 + 60 + 30 + 10 + 50, 70 - 14 in dollars, 10 + 10 + 5, and December
    # 60 + 30 - 10 - 9 + 35 = 106; together 377. 2024: 580.
    assert period(shop, "year", "2023-01-01", "net_sales") == (377,)
    assert period(shop, "all", "2023-02-10", "net_sales, is_complete, growth") == (957, True, None)
    assert shop.rows(
        "select distinct period_start from sales.sales_by_period where period_type = 'all'"
    ) == [("2023-02-10",)]


def test_margin_is_over_what_has_a_cost_and_a_return_gives_its_cost_back(shop: Marts) -> None:
    columns = "gross_margin, net_sales_without_cost, gross_margin_rate"
    # o5 80 - 4·10 = 40, o6 144 - 12·6 = 72, r2 -20 + 2·6 = -8, r3 -7 + 2 = -5; o4's 50 has no cost.
    assert period(shop, "month", "2024-02-01", columns) == (
        99, 50, pytest.approx(99 / 197, abs=1e-9),
    )  # fmt: skip
    # o7 20 - 12, o13 10 - 6, o8 20 - 8 (the line's cost, not the product's 10),
    # r4 (o2 has one line, so it is that line's) -20 + 10, r7 -12 + 6: 8 + 4 + 12 - 10 - 6.
    # r5 finds no line, so no cost: its -5 is beside.
    assert period(shop, "month", "2024-03-01", columns) == (
        8, -5, pytest.approx(8 / 18, abs=1e-9),
    )  # fmt: skip
    # p3 has no cost at all.
    assert period(shop, "month", "2024-02-01", columns, product="p3") == (0, 50, None)


def test_an_order_discount_is_spread_by_amount(shop: Marts) -> None:
    # 10 over 60 and 30: 6.6667, and the last line takes the rest.
    assert shop.by(
        "select order_line_id, discount_amount from core.fct_order_line where order_id = 'o17'"
    ) == {"o17a": 6.6667, "o17b": 3.3333}


def test_a_rate_is_carried_for_seven_days_and_returns_keep_the_orders_rate(shop: Marts) -> None:
    # 1 May to 8 May are 7 days, to 9 May 8: without a rate the order counts and its money does not.
    assert shop.rows(
        "select order_id, conversion_status = 'missing_rate', net_sales, exchange_rate"
        " from core.fct_order where order_id in ('f1', 'f2') order by 1"
    ) == [("f1", False, 70 - 14, 7), ("f2", True, None, None)]
    assert period(shop, "month", "2023-05-01", "orders, net_sales") == (2, 70)
    # 2 dollars at the order's 7, not at June's 8.
    assert period(shop, "month", "2023-06-01", "returned_amount, net_sales") == (14, -14)


def test_region_is_the_orders_else_the_customers_else_the_reps(shop: Marts) -> None:
    # East: o5 80 (c3 is c1) + o6 144. South: o4 50, a guest's, by its rep. West: -r3 7 (of c2's o16).
    # North: -r2 20 (o1 says North).
    assert shop.by(
        "select member, net_sales, rank, share_of_total from sales.sales_by_period"
        " where period_type = 'month' and period_start = '2024-02-01' and dimension = 'region'"
        " and net_sales <> 0"
    ) == {
        "East": (224, 1, pytest.approx(224 / 247, abs=1e-9)),
        "South": (50, 2, pytest.approx(50 / 247, abs=1e-9)),
        "West": (-7, 4, pytest.approx(-7 / 247, abs=1e-9)),
        "North": (-20, 5, pytest.approx(-20 / 247, abs=1e-9)),
    }


def test_segment_and_industry_are_the_customers_else_its_accounts(shop: Marts) -> None:
    # February: c1's 80 + 144 - 20 under its account's segment, c2's -7 under its own, the guest's 50.
    sql = (
        "select member, net_sales from sales.sales_by_period where period_type = 'month'"
        " and period_start = '2024-02-01' and net_sales <> 0 and dimension = "
    )
    assert shop.by(f"{sql} 'segment'") == {"Enterprise": 204, "SMB": -7, "(none)": 50}
    assert shop.by(f"{sql} 'industry'") == {"Tech": 204, "(none)": 43}
    # Country is the customer's.
    assert shop.by(f"{sql} 'country'") == {"CN": 197, "(none)": 50}


def test_a_team_is_that_of_the_rep_on_the_order_date(shop: Marts) -> None:
    # Uma went from t1 to t2 on 20 February: o5 (10 Feb) is t1's, o6 (29 Feb) t2's; r2 is o1's, t1.
    # Vera is t2: o4 50, r3 -7.
    assert shop.by(
        "select member, net_sales, member_label from sales.sales_by_period"
        " where period_type = 'month' and period_start = '2024-02-01' and dimension = 'team'"
        " and net_sales <> 0"
    ) == {"t1": (60, "Coast"), "t2": (187, "Hills")}
    assert shop.by(
        "select order_id, team_id from core.fct_order where order_id in ('o1', 'o5', 'o6', 'o7')"
    ) == {"o1": "t1", "o5": "t1", "o6": "t2", "o7": "t2"}
    assert shop.rows(
        "select team_id, valid_to is null from core.dim_rep_history where user_id = 'u1'"
        " order by valid_from"
    ) == [("t1", False), ("t2", True)]


def test_an_order_counts_once_for_each_product_and_category(shop: Marts) -> None:
    # December: o17 holds p1 and p2, both of category A and family F; o16 holds p4, of B and G.
    # r8, of o17 and no line, is no product's.
    sql = (
        "select member, orders, customers, net_sales from sales.sales_by_period where"
        " period_type = 'month' and period_start = '2023-12-01' and dimension = "
    )
    none = (0, 0, -9)
    assert shop.by(f"{sql} 'product'") == {
        "p1": (1, 1, 53.3333),
        "p2": (1, 1, 26.6667),
        "p4": (1, 1, 35),
        "(none)": none,
    }
    assert shop.by(f"{sql} 'category'") == {"A": (1, 1, 80), "B": (1, 1, 35), "(none)": none}
    assert shop.by(f"{sql} 'family'") == {"F": (1, 1, 80), "G": (1, 1, 35), "(none)": none}
    assert period(shop, "month", "2023-12-01", "orders, customers, net_sales") == (2, 1, 106)


def test_a_customer_counts_once_in_a_period_for_each_member(shop: Marts) -> None:
    # March 2023: y3 on the 1st, y5 and y4 are all c1's.
    assert period(shop, "month", "2023-03-01", "orders, customers") == (3, 1)
    # January 2024: o1 of the north and o3 of the east are both c1's.
    assert shop.by(
        "select member, customers from sales.sales_by_period where period_type = 'month'"
        " and period_start = '2024-01-01' and dimension = 'region' and orders > 0"
    ) == {"North": 1, "East": 1, "West": 1}
    # Who only sends something back has not bought: r3 in February.
    assert period(shop, "month", "2024-02-01", "orders, customers", product="p4") == (0, 0)


def test_a_return_without_an_order_is_of_its_customers_members(shop: Marts) -> None:
    # March of c1: o13 10, r7 12 (of o6), r5 5, which names him alone.
    assert period(shop, "month", "2024-03-01", "net_sales", region="East") == (-7,)
    assert period(shop, "month", "2024-03-01", "net_sales", segment="Enterprise") == (-7,)
    # r5 is of no channel and no rep.
    assert period(shop, "month", "2024-03-01", "net_sales", channel="(none)") == (-5,)


def test_equals_share_a_rank_and_the_next_one_is_skipped(shop: Marts) -> None:
    # August 2023: web 10, shop 10, phone 5.
    assert shop.by(
        "select member, net_sales, rank from sales.sales_by_period where period_type = 'month'"
        " and period_start = '2023-08-01' and dimension = 'channel'"
    ) == {"web": (10, 1), "shop": (10, 1), "phone": (5, 3)}


def test_every_period_since_a_members_first_fact_has_a_row(shop: Marts) -> None:
    # p5 sold in January only; phone in August 2023 only.
    assert shop.rows(
        "select period_start, orders, net_sales, gross_margin_rate, average_order_value, growth"
        " from sales.sales_by_period"
        " where period_type = 'month' and dimension = 'product' and member = 'p5' order by 1"
    ) == [
        ("2024-01-01", 1, 30, 0.9, 30, None),
        ("2024-02-01", 0, 0, None, None, -1),
        # 1-15 February sold nothing either: no growth out of nothing.
        ("2024-03-01", 0, 0, None, None, None),
    ]
    # August 2023 to March 2024.
    assert shop.row(
        "select count(*), sum(orders) from sales.sales_by_period where period_type = 'month'"
        " and dimension = 'channel' and member = 'phone'"
    ) == (8, 1)


def test_days_stand_for_total_region_and_channel_only(shop: Marts) -> None:
    assert sorted(
        shop.rows("select distinct dimension from sales.sales_by_period where period_type = 'day'")
    ) == [("channel",), ("region",), ("total",)]


def test_a_fact_of_the_last_day_is_in_and_one_after_it_is_unknown(shop: Marts) -> None:
    assert period(shop, "day", "2024-03-15", "orders, net_sales, is_complete") == (1, 20, True)
    assert shop.row("select max(period_start) from sales.sales_by_period") == ("2024-03-15",)
    assert shop.row("select count(*) from core.fct_return where return_id = 'r6'") == (0,)


# ------------------------------------------------------------------------- price, volume, mix


def test_change_is_price_volume_mix_new_discontinued_and_returns(shop: Marts) -> None:
    # January → February. In both: p1 10 for 100 → 12 for 144, p2 10 for 200 → 4 for 80;
    # units 20 → 16, so volume is a fifth less.
    # p1: price 144 - 10·12 = 24, volume 100·(-0.2) = -20, mix 144 - 100 - 24 + 20 = 40,
    #     returns 10 - 20 = -10; net 90 → 124.
    # p2: price 80 - 20·4 = 0, volume 200·(-0.2) = -40, mix 80 - 200 - 0 + 40 = -80.
    # p3 is new, p5 gone. Of p4 (sold in December) there is only a return of 7: it is none of them.
    assert shop.by(
        "select product_id, kind, previous_net_sales, net_sales, change, price_effect,"
        " volume_effect, mix_effect, new_effect, discontinued_effect, returns_effect"
        " from sales.price_volume_mix where period_start = '2024-02-01'"
        " and change <> 0"
    ) == {
        "p1": ("continuing", 90, 124, 34, 24, -20, 40, 0, 0, -10),
        "p2": ("continuing", 200, 80, -120, 0, -40, -80, 0, 0, 0),
        "p3": ("new", 0, 50, 50, 0, 0, 0, 50, 0, 0),
        "p4": (None, 0, -7, -7, 0, 0, 0, 0, 0, -7),
        "p5": ("discontinued", 30, 0, -30, 0, 0, 0, 0, -30, 0),
    }


def test_a_running_month_is_bridged_from_as_many_days(shop: Marts) -> None:
    # 1-15 March against 1-15 February. p1: sold 2 for 20 + 1 for 10, nothing before: new 30;
    # returns 12 (r7) + 5 (r5) against 20 (r2): +3; net -20 → 13.
    # p2: 4 for 80 → 1 for 20: price 20 - 20 = 0, volume 80·(1/4 - 1) = -60; r4 came back: -20.
    # p3: 50 → nothing. p4: r3's 7 before, nothing now: +7.
    assert shop.by(
        "select product_id, kind, previous_net_sales, net_sales, change, price_effect,"
        " volume_effect, mix_effect, new_effect, discontinued_effect, returns_effect"
        " from sales.price_volume_mix where period_start = '2024-03-01'"
        " and change <> 0"
    ) == {
        "p1": ("new", -20, 13, 33, 0, 0, 0, 30, 0, 3),
        "p2": ("continuing", 80, 0, -80, 0, -60, 0, 0, 0, -20),
        "p3": ("discontinued", 50, 0, -50, 0, 0, 0, 0, -50, 0),
        "p4": (None, -7, 0, 7, 0, 0, 0, 0, 0, 7),
    }


# ----------------------------------------------------------------------------------- returns


def test_what_comes_back_counts_in_the_month_of_its_sale(shop: Marts) -> None:
    # January's p1: 10 sold, 1 (r1) + 2 (r2) back.
    # February's p1: 12 sold, 1 (r7) back by the day asked; r6 comes a day later.
    assert shop.by(
        "select sale_month, units_sold, units_returned, return_rate, amount_returned"
        " from sales.return_rates where product_id = 'p1' and sale_month >= '2024-01-01'"
    ) == {
        "2024-01-01": (10, 3, pytest.approx(0.3, abs=1e-9), 30),
        "2024-02-01": (12, 1, pytest.approx(1 / 12, abs=1e-9), 12),
        "2024-03-01": (3, 0, 0, 0),
    }
    assert shop.row(
        "select units_sold, units_returned, return_rate from sales.return_rates"
        " where product_id = 'p4' and sale_month = '2023-12-01'"
    ) == (5, 1, 0.2)


def test_returns_without_a_line_are_left_out_and_counted(shop: Marts) -> None:
    # r8 names an order of two lines, r5 a product and a customer. r4 names an order of one line, so
    # the line is known: o2 sold 10 and took 1 back.
    assert shop.rows(
        "select sale_month, product_id, returns_without_line, units_returned"
        " from sales.return_rates where returns_without_line > 0 order by 1, 2"
    ) == [
        ("2023-12-01", "(none)", 1, 0),
        ("2024-03-01", "p1", 1, 0),
    ]
    assert shop.row(
        "select units_sold, units_returned from sales.return_rates"
        " where product_id = 'p2' and sale_month = '2024-01-01'"
    ) == (10, 1)
    assert shop.by(
        "select return_id, has_line, order_id, product_id, customer_id from core.fct_return"
        " where return_id in ('r1', 'r4', 'r5', 'r8')"
    ) == {
        "r1": (True, "o1", "p1", "c1"),
        "r4": (True, "o2", "p2", "c2"),
        "r5": (False, None, "p1", "c1"),
        "r8": (False, "o17", None, "c2"),
    }


def test_a_sale_cohort_is_mature_when_the_window_of_its_last_day_is_over(shop: Marts) -> None:
    # 31 December + 75 days = 15 March, the day asked.
    assert shop.rows(
        "select distinct sale_month, is_mature from sales.return_rates"
        " where sale_month >= '2023-12-01' order by 1"
    ) == [
        ("2023-12-01", True),
        ("2024-01-01", False),
        ("2024-02-01", False),
        ("2024-03-01", False),
    ]


# -------------------------------------------------------------------------------- fulfilment


def fulfilment(marts: Marts, start: str, columns: str, period_type: str = "month") -> tuple:
    """One period of fulfilment_by_period."""
    return marts.row(
        f"select {columns} from sales.fulfilment_by_period where period_type = '{period_type}'"
        f" and period_start = '{start}' and dimension = 'total'"
    )


def test_a_promise_is_the_first_one_known(shop: Marts) -> None:
    # o1 was promised for the 10th, later for the 20th, and came on the 15th.
    assert shop.row(
        "select promised_date, is_on_time, is_in_full, cycle_days from core.fct_order"
        " where order_id = 'o1'"
    ) == ("2024-01-10", False, True, 10)


def test_orders_are_on_time_and_in_full_by_their_last_parcel(shop: Marts) -> None:
    columns = "orders_due, on_time, late, in_full, on_time_in_full, open_past_due"
    # January: o1 late and whole, o2 on the day with 9 of 10.
    assert fulfilment(shop, "2024-01-01", columns) == (2, 1, 1, 1, 0, 0)
    # February: o3 (nothing sent), o4 (requested for the 5th, sent, not delivered where deliveries
    # are known: whole, and late) and o5 (in time, whole).
    assert fulfilment(shop, "2024-02-01", columns) == (3, 1, 2, 2, 1, 2)
    # March: o6's second parcel in time makes it whole; o13, due on the day asked, was sent whole and
    # comes a day later; o7 is promised for later, o8 not at all, o10 has no lines.
    assert fulfilment(shop, "2024-03-01", columns) == (2, 1, 1, 2, 1, 1)
    assert fulfilment(shop, "2024-03-01", "on_time_rate, otif_rate") == (0.5, 0.5)
    assert fulfilment(shop, "2024-02-01", "on_time_rate, otif_rate") == (
        pytest.approx(1 / 3, abs=1e-9),
        pytest.approx(1 / 3, abs=1e-9),
    )


def test_cycle_days_are_differences_of_dates(shop: Marts) -> None:
    columns = (
        "median_cycle_days, p90_cycle_days, mean_ship_days, median_confirm_days, median_ship_days,"
        " median_deliver_days"
    )
    # o1: ordered 5, shipped 12, delivered 15 January; o2: 10, 12, 20.
    # Cycle 10 and 10; ship 7 and 2, mean and median 4.5; deliver 3 and 8, median 5.5.
    assert fulfilment(shop, "2024-01-01", columns) == (10, 10, 4.5, None, 4.5, 5.5)
    # o5: ordered 10, confirmed 11, shipped 12, delivered 18 February; o4: ordered 1, shipped 3.
    assert fulfilment(shop, "2024-02-01", columns) == (8, 8, 2, 1, 2, 6)
    # o6 is complete with its last parcel, two days after 29 February.
    assert shop.row("select cycle_days from core.fct_order where order_id = 'o6'") == (2,)
    # The quarter: 2, 8, 10, 10; the median lies between 8 and 10, nine tenths up is 10.
    assert fulfilment(shop, "2024-01-01", "median_cycle_days, p90_cycle_days", "quarter") == (9, 10)


# ---------------------------------------------------------------------------------- launches


def test_a_launch_is_measured_against_the_launches_before_it(shop: Marts) -> None:
    # p4 sold 35 in its first month and took 7 back in its third; p5 sold 30, p3 50.
    # p1 and p2 were launched before the first order: neither measured against nor a measure.
    assert shop.rows("select distinct product_id from sales.product_launches order by 1") == [
        ("p3",),
        ("p4",),
        ("p5",),
    ]
    assert shop.rows(
        "select product_id, months_since_launch, net_sales, customers, median_of_earlier_launches"
        " from sales.product_launches order by 1, 2"
    ) == [
        # Earlier: p4 35 and p5 30.
        ("p3", 0, 50, 0, 32.5),
        # Earlier: p4 0 and p5 0.
        ("p3", 1, 0, 0, 0),
        ("p4", 0, 35, 1, None),
        ("p4", 1, 0, 0, None),
        ("p4", 2, -7, 0, None),
        ("p4", 3, 0, 0, None),
        ("p5", 0, 30, 1, 35),
        ("p5", 1, 0, 0, 0),
        ("p5", 2, 0, 0, -7),
    ]


# ------------------------------------------------------------------------- what is not there


def test_without_deals_the_marts_of_the_pipeline_are_there_and_empty(shop: Marts) -> None:
    for mart in (
        "cohort_win_rates",
        "funnel_by_cohort",
        "lead_conversion",
        "open_pipeline",
        "pipeline_coverage",
        "pipeline_velocity",
        "pipeline_waterfall",
        "process_friction",
        "stage_bottlenecks",
        "stage_durations",
        "stalled_opportunities",
        "win_rates",
    ):
        assert shop.rows(f"select * from pipeline.{mart}") == [], mart
