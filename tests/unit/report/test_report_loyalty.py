"""What the report says of who leaves, what contracts bring, what sells together and of tickets."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.report.release import Release
from pipelines.report.sections import loyalty
from pipelines.report.words import Words
from tests.unit.report.small_release import release_of

MARTS = {
    "sales_by_period": "select date '2026-05-01' as period_start, 'month' as period_type,"
    " 'total' as dimension, true as is_complete",
    "customer_churn": "select * from (values"
    " (date '2026-05-01', 'total', 'all', 'all', 40, 10, 0.25, 3, 2),"
    " (date '2026-05-01', 'segment', 'Big', 'Big', 20, 1, 0.05, 3, 2),"
    " (date '2026-05-01', 'segment', '(none)', '(none)', 20, 9, 0.45, 0, 0),"
    " (date '2026-06-01', 'total', 'all', 'all', 30, 0, 0.0, 0, 0)) as t (period_start, dimension,"
    " member, member_label, active_start, churned, churn_rate, reactivated, new_customers)",
    "recurring_revenue": "select date '2026-05-01' as period_start, 'total' as dimension,"
    " 100 as start_amount, 0 as new, 10 as expansion, 0 as resurrection, 0 as contraction,"
    " 20 as churn, 90 as end_amount, 0.5 as logo_churn_rate, 0.8 as gross_retention,"
    " 0.9 as net_retention",
    "dim_product": "select * from (values ('p', 'Probe'), ('s', 'Scope')) as t (product_id, name)",
    "product_affinity": "select * from (values ('p', 's', 20, 30, 40, 0.6667, 4.0, true),"
    " ('s', 'p', 20, 40, 30, 0.5, 4.0, true)) as t (product_id, other_product_id, orders_both,"
    " orders_product, orders_other, confidence, lift, is_significant)",
    "service_levels": "select date '2026-05-01' as period_start, 'month' as period_type,"
    " 'total' as dimension, 7 as tickets, 2.5 as median_first_response_hours,"
    " 30.0 as median_resolution_hours, 0.1 as reopened_rate, 4 as open_at_end, true as is_complete",
}


@pytest.fixture
def release() -> Release:
    return release_of(MARTS)


@pytest.fixture
def words() -> Words:
    return Words("en", {})


def test_the_last_whole_month_says_who_left(release: Release, words: Words) -> None:
    part = loyalty.churn(release, words)
    assert part.sentence == ("In May 2026 10 of 40 active customers left (25%), and 3 came back.")
    # The segment that lost most stands first.
    [table] = part.tables
    assert [(row["member"], row["churned"]) for row in table.rows] == [
        ("Unassigned", 9),
        ("Big", 1),
    ]
    assert table.rows[0]["period_start"] == date(2026, 5, 1)


def test_contracts_pairs_and_tickets_are_told_in_a_sentence_and_a_table(
    release: Release, words: Words
) -> None:
    contracts, pairs, tickets = (
        part(release, words) for part in (loyalty.recurring, loyalty.pairs, loyalty.tickets)
    )
    assert contracts.sentence == (
        "Contracts bring 90 a month at the end of May 2026; the customers of its start bring 90%"
        " of what they did, 80% without growth."
    )
    # Each pair once, in the direction that is surer.
    assert pairs.sentence == "66.7% of the orders of Probe hold Scope too (20 orders)."
    assert [len(part.tables[0].rows) for part in (contracts, pairs, tickets)] == [1, 1, 1]
    assert tickets.sentence == (
        "In May 2026 7 tickets came; the median first reply took 2.5 hours, and 4 were open at its"
        " end."
    )


def test_what_is_not_there_is_not_told(release: Release, words: Words) -> None:
    nothing = Release(release.connection, {})
    for part in (loyalty.churn, loyalty.recurring, loyalty.pairs, loyalty.tickets):
        found = part(nothing, words)
        assert (found.sentence, found.tables) == ("", ())
