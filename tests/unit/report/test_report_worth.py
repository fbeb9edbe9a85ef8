"""What the report says of customers' worth, of who is about to leave, of offers and referrals."""

from __future__ import annotations

import pytest

from pipelines.report.content import Part
from pipelines.report.sections import worth
from pipelines.report.words import Words
from tests.unit.report.small_release import release_of, table_of

COLUMNS = (
    "customer_id, account_id, orders, net_sales, clv_12m, expected_orders_12m, probability_alive,"
    " probability_no_order_90d, clv_reason, churn_status, churn_gap_days, days_since_last_order,"
    " last_contact_at, open_tickets, next_product_id"
)
NAMES = {
    "dim_customer": table_of("customer_id, name", "'c1', 'Acme'", "'c2', 'Best'", "'c3', 'Cord'"),
    "dim_account": table_of("account_id, owner_id", "'a1', 'u1'"),
    "dim_rep": table_of("user_id, name, team_id", "'u1', 'Ann', null"),
    "dim_product": table_of("product_id, name", "'p', 'Probe'", "'s', 'Scope'", "'l', 'Load'"),
}


def customer(key: int, sales: int, value: str, status: str = "active", reason: str = "") -> str:
    said = f"'{reason}'" if reason else "null"
    return (
        f"'c{key}', 'a{key}', 3, {sales}, {value}, 4.2, 0.9, 0.1, {said}, '{status}', 80.0, 90,"
        " timestamptz '2026-05-31 20:00:00+00', 1, 'p'"
    )


def release(*rows: str, **marts: str):
    return release_of(NAMES | {"customer_360": table_of(COLUMNS, *rows)} | marts)


@pytest.fixture
def words() -> Words:
    return Words("en", {}, "Asia/Shanghai")


def test_worth_names_the_most_valuable_and_their_part(words: Words) -> None:
    rows = [customer(n, 100, "10.0") for n in range(1, 11)] + [customer(11, 100, "100.0")]
    [table] = worth.worth(release(*rows), words).tables
    # 100 + nine times 10 of 200.
    assert table.finding == (
        "11 customers should bring a margin of 200 in the next 12 months; the 10 most valuable make"
        " 95% of it."
    )
    assert table.rows[0]["clv_12m"] == 100
    assert (table.rows[1]["name"], table.rows[1]["next"]) == ("Acme", "Probe")
    [few] = worth.worth(release(customer(1, 100, "10.0")), words).tables
    assert few.finding == "1 customers should bring a margin of 10 in the next 12 months."


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("3 customers ordered again: 30 are needed.", "too few have ordered again"),
        ("No cost is known.", "no cost is known"),
        ("How often customers order fits no model.", "how they buy fits no model"),
    ],
)
def test_worth_that_cannot_be_told_is_refused_with_its_reason(
    words: Words, reason: str, said: str
) -> None:
    part = worth.worth(release(customer(1, 100, "null::double", reason=reason)), words)
    assert part == Part(f"What customers will be worth cannot be told: {said}.")


def test_who_is_about_to_leave_stands_by_size_with_owner_and_last_contact(words: Words) -> None:
    found = release(
        customer(1, 500, "1.0", "at_risk"), customer(2, 900, "1.0", "at_risk"),
        customer(3, 9000, "1.0", "churned"),
    )  # fmt: skip
    [table] = worth.leaving(found, words).tables
    assert table.finding == (
        "2 customers who brought 1.4K so far are silent for longer than usual; the largest is Best"
        " (900, 90 days without an order)."
    )
    assert [(row["name"], row["owner"]) for row in table.rows] == [("Best", None), ("Acme", "Ann")]
    # Of the company's day: it was past midnight there.
    assert str(table.rows[0]["last_contact"]) == "2026-06-01"
    assert worth.leaving(release(customer(1, 500, "1.0")), words) == Part()


def test_offers_say_what_to_whom_and_leave_out_who_is_gone(words: Words) -> None:
    offered = table_of(
        "customer_id, rank, product_id, score, because_product_id",
        "'c1', 1, 'p', 0.5, 's'", "'c1', 2, 'l', 0.4, 's'", "'c2', 1, 'p', 0.6, 'l'",
        "'c3', 1, 'l', 0.6, 's'", "'c4', 1, 's', 0.6, 'p'",
    )  # fmt: skip
    found = release(
        customer(1, 500, "1.0"), customer(2, 900, "1.0"), customer(3, 100, "1.0"),
        customer(4, 999, "1.0", "churned"), next_products=offered,
    )  # fmt: skip
    part = worth.offers(found, words)
    assert part.figures[0].finding == (
        "3 customers who still buy could be offered something next; most often Probe (2 of them)."
    )
    assert [(row["name"], row["product"], row["because"]) for row in part.tables[0].rows] == [
        ("Best", "Probe", "Load"), ("Acme", "Probe", "Scope"), ("Cord", "Load", "Scope"),
    ]  # fmt: skip
    alone = release(customer(1, 500, "1.0"), next_products=offered)
    assert worth.offers(alone, words).tables[0].finding.startswith("1 customers who still buy")


@pytest.mark.parametrize(
    ("won", "said"),
    [
        (2, "In 2 months 7 leads came by recommendation; 2 deals worth 5K were won from such."),
        (0, "In 2 months 7 leads came by recommendation; none of them has been won yet."),
    ],
)
def test_referrals_say_what_came_of_them(words: Words, won: int, said: str) -> None:
    rows = table_of(
        "period_start, referred_leads, referring_accounts, won, won_amount",
        f"date '2026-05-01', 4, 4, {won}, {won * 2500}", "date '2026-04-01', 3, 2, 0, 0",
    )  # fmt: skip
    [table] = worth.referrals(release_of({"referrals": rows}), words).tables
    assert (table.finding, len(table.rows)) == (said, 2)


def test_customer_parts_without_data_are_left_out(words: Words) -> None:
    for part in (worth.worth, worth.leaving, worth.offers, worth.referrals):
        assert part(release_of({}), words) == Part()
