"""What the marts of the market must say of the crew, worked by hand from its rows."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


# ------------------------------------------------------------------------------- attribution


def credited(marts: Marts, deal: str, model: str) -> list[tuple]:
    """The touches of a deal with their weights and money."""
    return marts.rows(
        "select touch_id, campaign_id, weight, amount from market.attribution"
        f" where opportunity_id = '{deal}' and model = '{model}' order by 1"
    )


def test_a_deal_is_shared_out_among_its_touches_by_five_models(crew: Marts) -> None:
    # t1 by its lead, t2 by a contact, t3 by its account; t0 and t4 a minute outside the window.
    assert credited(crew, "g1", "first") == [
        ("t1", "cA", 1, 100), ("t2", "cB", 0, 0), ("t3", "cA", 0, 0),
    ]  # fmt: skip
    assert credited(crew, "g1", "last") == [
        ("t1", "cA", 0, 0), ("t2", "cB", 0, 0), ("t3", "cA", 1, 100),
    ]  # fmt: skip
    # A third each, cut at 33.3333 and 66.6667: every cent is somewhere.
    assert credited(crew, "g1", "linear") == [
        ("t1", "cA", near(1 / 3), 33.3333),
        ("t2", "cB", near(1 / 3), 33.3334),
        ("t3", "cA", near(1 / 3), 33.3333),
    ]
    assert credited(crew, "g1", "position") == [
        ("t1", "cA", near(0.4), 40), ("t2", "cB", near(0.2), 20), ("t3", "cA", near(0.4), 40),
    ]  # fmt: skip
    # 35, 21 and 7 days before the close: 1/32 : 1/8 : 1/2 = 1 : 4 : 16 of 21.
    assert credited(crew, "g1", "time_decay") == [
        ("t1", "cA", near(1 / 21), 4.7619),
        ("t2", "cB", near(4 / 21), 19.0476),
        ("t3", "cA", near(16 / 21), 76.1905),
    ]


def test_two_touches_share_a_position_alike_and_one_has_all(crew: Marts) -> None:
    assert credited(crew, "g2", "position") == [("t5", "cB", 0.5, 25), ("t6", "cA", 0.5, 25)]
    for model in ("first", "last", "linear", "position", "time_decay"):
        assert credited(crew, "g6", model) == [("t8", "cB", 1, 20)]


def test_a_deal_without_a_touch_is_nobodys(crew: Marts) -> None:
    assert credited(crew, "g3", "linear") == [("(none)", "(unattributed)", 1, 70)]


def test_a_campaign_pays_when_its_margin_exceeds_its_cost(crew: Marts) -> None:
    columns = (
        "touches, leads, opportunities, won, attributed_revenue, attributed_margin, budget, cost,"
        " roi, roas, new_customers, cac"
    )

    def campaign(campaign_id: str, model: str) -> tuple:
        return crew.row(
            f"select {columns} from market.campaign_performance"
            f" where campaign_id = '{campaign_id}' and model = '{model}'"
        )

    # Touched g1, g2 and g4 (open). g1's order brought 2 x (30 - 10) = 40: all of it by its first
    # touch. ROI (40 - 100) ÷ 100. g1 made a1 a customer.
    assert campaign("cA", "first") == (5, 1, 3, 2, 100, 40, 120, 100, near(-0.6), 1, 1, 100)
    # 33.3333 + 33.3333 of g1 and 25 of g2. Margin: 13.3333 + 13.3333, and g2's 50 at the company's
    # rate of 40 ÷ 60: 33.3333, half of it 16.6667. New: 2/3 of a1, 1/2 of a2: 7/6.
    assert campaign("cA", "linear") == (
        5, 1, 3, 2, 91.6666, 43.3333, 120, 100, near(-0.566667), near(0.916666),
        pytest.approx(7 / 6, abs=1e-8), pytest.approx(85.7143, abs=1e-4),
    )  # fmt: skip
    # It cost nothing: no return on nothing.
    # Of a4's deals g6 and g9 the first made it a customer: 20 + 10, at 2/3 13.3333 + 6.6667. It
    # touched g1, g2, g4 and, by its lead only, g7, which are not all won, and the lead of g7.
    assert campaign("cB", "last") == (4, 1, 6, 4, 30, 20, None, 0, None, None, 1, None)
    # Nobody was touched by it: all of its cost is lost.
    assert campaign("cC", "linear") == (0, 0, 0, 0, 0, 0, None, 50, -1, 0, 0, None)


# ------------------------------------------------------------------------------------ shares


def test_a_share_is_of_the_same_scope_period_and_vintage(crew: Marts) -> None:
    # y1's 60 in the first quarter, x0's 10 in the quarter before; v2 has nothing before to compare with.
    assert crew.rows(
        "select segment, region, period_start, vintage, own_sales, market_size, share, share_change"
        " from market.market_share order by 1, 2, 3, 4"
    ) == [
        ("SMB", "East", "2024-10-01", "v1", 10, 500, near(0.02), None),
        ("SMB", "East", "2025-01-01", "v1", 60, 600, near(0.1), near(0.08)),
        ("SMB", "East", "2025-01-01", "v2", 60, 300, near(0.2), None),
        ("SMB", "West", "2025-01-01", "v1", 0, 1000, 0, None),
        ("all", "all", "2025-01-01", "v1", 60, 6000, near(0.01), None),
    ]


def test_potential_is_what_others_sell_by_the_chance_to_win(crew: Marts) -> None:
    # The margin is y1's: of x0 no cost is known.
    # East: newest vintage 300 - 60 = 240; West 1,000; nobody lost or won a deal there: one half each.
    assert crew.rows(
        "select region, market_size, share, gross_margin_rate, customers, rank"
        " from market.segment_potential where segment = 'SMB' order by 1"
    ) == [("East", 300, near(0.2), near(2 / 3), 1, 3), ("West", 1000, 0, None, 0, 2)]


# ----------------------------------------------------------------------------------- surveys


def test_answers_are_counted_by_question_and_the_last_of_a_respondent_counts(crew: Marts) -> None:
    columns = (
        "select choice, n, respondents, share, mean_value from market.survey_answers_by_question"
    )
    # Of cu's two answers the second, 3; then 10 and 5.
    assert crew.rows(f"{columns} where question_id = 'qn' and dimension = 'total'") == [
        ("", 3, 3, 1, 6)
    ]
    # Two answered, both red, one blue too.
    assert crew.rows(f"{columns} where question_id = 'qc' and dimension = 'total' order by 1") == [
        ("blue", 1, 2, 0.5, None),
        ("red", 2, 2, 1, None),
    ]


def test_comments_say_what_they_are_about_and_who_waits(crew: Marts) -> None:
    assert crew.rows(
        "select response_id, text, measure_value, themes, needs_reply"
        " from market.survey_comments order by 1"
    ) == [
        # A detractor who waits.
        ("r2", "Delivery was LATE and 太贵", 3, "delivery, price", True),
        ("r3", "Fine", 10, None, False),
        # Replied to.
        ("r4", "Mail me at ***", 5, None, False),
        # The team's own words want no reply.
        ("r5", "Too much paperwork", None, "process", False),
    ]


def test_notes_have_an_age_and_no_phone_numbers(crew: Marts) -> None:
    assert crew.rows(
        "select note_id, kind, title, body, competitor_id, account_id, tags, age_days"
        " from market.market_intelligence order by 1"
    ) == [
        ("i1", "news", "Call ***", None, None, None, None, 9),
        # Of the last evening: today. An account that nobody knows is none. Later ones are unknown.
        ("i2", "social", "Cheaper", "Ask ***", "k1", None, "price", 0),
    ]


def test_a_competitor_is_met_in_every_deal_that_names_it(crew: Marts) -> None:
    columns = (
        "select competitor_id, competitor_name, won, lost, no_decision, win_rate, win_rate_low,"
        " win_rate_high, won_amount, lost_amount from market.competitor_win_loss"
    )
    # Of 2 in 4 Wilson's centre is one half, and half its width z x sqrt(1/16 + z²/64) by 1 + z²/4.
    half = 1.959964 * (1 / 16 + 1.959964**2 / 64) ** 0.5 / (1 + 1.959964**2 / 4)
    one = 1 / (1 + 1.959964**2)
    assert crew.rows(
        f"{columns} where period_type = 'month' and period_start = '2025-04-01' order by 1"
    ) == [
        # g2 50 and g3 70 were won; z1 30 and z2 60, which was no decision, lost.
        ("k1", "Kilo", 2, 2, 1, 0.5, near(0.5 - half), near(0.5 + half), 120, 90),
        # g2 counts for both.
        ("k2", "Kobo", 1, 0, 0, 1, near(one), 1, 50, 0),
    ]
    # Deals without a competitor are nobody's, and an open one is not decided.
    assert crew.rows(
        "select distinct competitor_id from market.competitor_win_loss order by 1"
    ) == [("k1",), ("k2",)]
    # July runs, and has none.
    assert crew.row(
        "select won, lost, win_rate, won_amount, is_complete from market.competitor_win_loss"
        " where competitor_id = 'k1' and period_type = 'month' and period_start = '2025-07-01'"
    ) == (0, 0, None, 0, False)


def score(marts: Marts, survey: str, columns: str, start: str, period_type: str = "month") -> tuple:
    """One score of everybody."""
    return marts.row(
        f"select {columns} from market.survey_scores where survey_id = '{survey}'"
        f" and dimension = 'total' and period_type = '{period_type}' and period_start = '{start}'"
    )


def test_nps_is_promoters_less_detractors_with_its_margin(crew: Marts) -> None:
    # 10 promotes; 3, cu's last word after 9, and 5 detract. 196 x sqrt((3/3 - 1/9) ÷ 3).
    margin = 196 * (8 / 27) ** 0.5
    columns = (
        "n, score, score_low, score_high, margin_of_error, promoters, passives, detractors,"
        " mean_value, invitations, responses, response_rate, previous_score"
    )
    assert crew.row(
        f"select {columns} from market.survey_scores where survey_id = 'sv' and measure = 'nps'"
        " and dimension = 'total' and period_type = 'month'"
    ) == (
        3, near(-100 / 3), -100, near(-100 / 3 + margin), near(margin), 1, 0, 2,
        6, 0, 3, None, None,
    )  # fmt: skip
    assert crew.rows(
        "select member, n, score from market.survey_scores where survey_id = 'sv'"
        " and measure = 'nps' and dimension = 'region' and period_type = 'quarter' order by 1"
    ) == [("East", 1, -100), ("West", 2, 0)]
    # Effort: (5 - 1) ÷ (7 - 1) is two thirds and easy, (4 - 1) ÷ 6 is not. No passives.
    assert crew.row(
        "select n, score, promoters, passives, detractors from market.survey_scores"
        " where survey_id = 'sv' and measure = 'ces' and dimension = 'total'"
        " and period_type = 'all'"
    ) == (3, near(2 / 3), None, None, None)


def test_who_was_reached_and_answered_rightly_is_the_response_rate(crew: Marts) -> None:
    # Of three invitations one bounced. r7 is off the scale and waits to be mended: one answer.
    assert score(crew, "sx", "n, score, invitations, responses, response_rate", "2025-06-01") == (
        1, 1, 2, 1, 0.5,
    )  # fmt: skip


def test_a_change_is_significant_from_thirty_answers_a_side(crew: Marts) -> None:
    columns = "n, score, previous_score, is_change_significant"
    assert score(crew, "sp", columns, "2025-01-01") == (30, 0.5, None, None)
    # 0.8 - 0.5 = 0.3; z = 0.3 ÷ sqrt((0.25 + 0.16) ÷ 30) = 2.57.
    assert score(crew, "sp", columns, "2025-02-01") == (30, near(0.8), 0.5, True)
    # 29 are too few, whatever they say.
    assert score(crew, "sp", columns, "2025-03-01") == (29, 0, near(0.8), None)
