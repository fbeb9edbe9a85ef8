"""What the marts of people must say of the crew, worked by hand from its rows."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


# ------------------------------------------------------------------------------------- teams


def team(marts: Marts, columns: str, team_id: str, start: str, period_type: str = "month") -> tuple:
    """One row of team_attainment of bookings."""
    return marts.row(
        f"select {columns} from people.team_attainment where measure = 'bookings'"
        f" and team_id = '{team_id}' and period_start = '{start}' and period_type = '{period_type}'"
    )


def test_a_team_is_held_to_its_own_quota_and_credited_with_who_was_in_it(crew: Marts) -> None:
    columns = "quota, credited, attainment, gap, reps_at_quota, reps_with_quota, is_complete"
    # Own quota 364 over 91 days, May 31 of them: 124. Mo's d1 (100) and Sam's d5 (90); d2 came when
    # Mo had left. Mo reached the quota of May (100 + 200 + 30 of 310), Sam did not (90 of 100).
    assert team(crew, columns, "ta", "2025-05-01") == (124, 190, near(190 / 124), -66, 1, 2, True)
    # Su's quota 31 x 10, and of Mo's 310 the 16 days from the 16th: 310 + 160. d2 200, and d3 50,
    # which Mo and Su share, once.
    assert team(crew, columns, "tb", "2025-05-01") == (470, 250, near(250 / 470), 220, 1, 2, True)


def test_a_rep_who_moves_is_in_the_new_team_from_that_day_on(crew: Marts) -> None:
    # Mo's quotas of units are 31 for May and 16 from the 16th, when Mo went from Alpha to Beta.
    assert crew.rows(
        "select team_id, quota from people.team_attainment where measure = 'units'"
        " and period_type = 'month' and period_start = '2025-05-01' and team_id <> 'g' order by 1"
    ) == [("ta", 15), ("tb", 32)]
    # Two periods that end together are two.
    assert crew.rows(
        "select period_start, quota from people.quota_attainment where measure = 'units'"
        " and period_type = 'quota' order by 1"
    ) == [("2025-05-01", 31), ("2025-05-16", 16)]


def test_the_teams_below_count_with_their_own_quotas(crew: Marts) -> None:
    # ta's own 124 stands for its reps'; tb's reps bring 470. Mo is one rep in both.
    assert team(crew, "quota, credited, reps_at_quota, reps_with_quota", "g", "2025-05-01") == (
        594,
        440,
        1,
        3,
    )
    # In April: ta's 30 x 4 and Su's 30 x 10; Sam's quota of 100 is under ta's.
    assert team(crew, "quota, credited", "g", "2025-04-01") == (420, 50)
    # In March only Sam's: 100 x 29 of 31 days, from the 3rd.
    assert team(crew, "quota, reps_with_quota", "g", "2025-03-01") == (93.5484, 1)


def test_a_running_period_keeps_its_quota_and_shows_what_is_due(crew: Marts) -> None:
    # 920 over 92 days, July 31 of them: 310. Of its 23 working days 8 are over: 107.8261.
    assert team(crew, "quota, credited, expected_to_date, is_complete", "ta", "2025-07-01") == (
        310, 0, 107.8261, False,
    )  # fmt: skip
    # The quota's own dates are a period too: 66 working days, 8 over: 920 x 8 / 66 = 111.5152.
    assert team(crew, "quota, expected_to_date, is_complete", "ta", "2025-07-01", "quota") == (
        920,
        111.5152,
        False,
    )


def test_reps_rank_by_attainment_and_equals_share_a_rank(crew: Marts) -> None:
    # 180 and 150 of 100, Mo's 330 of 310, Sam's 90 of 100, Su's 20 of 310; of the eleven who train
    # nobody won anything in May. Of the credit of Beta, 350, Mo has 330 and Su 20.
    rows = crew.by(
        "select user_id, rank, share_of_team from people.quota_attainment where quota > 0"
        " and period_type = 'month' and period_start = '2025-05-01' and measure = 'bookings'"
    )
    assert [rows.pop(user) for user in ("c1", "c2", "m1", "s3", "s2")] == [
        (1, None), (2, None), (3, near(330 / 350)), (4, 1), (5, near(20 / 350)),
    ]  # fmt: skip
    assert set(rows.values()) == {(6, None)}
    # Each of Sam's quotas is a period of its own. Of March the days since the 3rd.
    assert crew.rows(
        "select period_start, quota, credited from people.quota_attainment"
        " where user_id = 's3' and period_type = 'quota' order by 1"
    ) == [
        ("2025-03-01", 93.5484, 0), ("2025-04-01", 100, 50), ("2025-05-01", 100, 90),
        ("2025-06-01", 100, 110),
    ]  # fmt: skip


# ------------------------------------------------------------------------------- commission


def statement(marts: Marts, user: str, start: str) -> list[tuple]:
    """The tiers of a statement."""
    return marts.rows(
        "select tier, bookings_in_tier, commission, claw_back, cap_applied, total"
        f" from people.commission_statement where user_id = '{user}' and period_start = '{start}'"
        " order by 1"
    )


def test_each_tier_pays_its_part_and_a_threshold_belongs_to_the_upper_one(crew: Marts) -> None:
    # 100 of 100: exactly at b's threshold, so b is reached and pays on nothing.
    assert statement(crew, "c1", "2025-04-01") == [
        ("a", 100, 5, 0, 0, 5),
        ("b", 0, 0, 0, 0, 0),
        ("c", 0, 0, 0, 0, 0),
    ]
    # 180: 100 at 5 %, 50 at 10 %, 30 at 20 %.
    assert statement(crew, "c1", "2025-05-01") == [
        ("a", 100, 5, 0, 0, 5),
        ("b", 50, 5, 0, 0, 5),
        ("c", 30, 6, 0, 0, 6),
    ]


def test_a_return_takes_back_what_was_paid_in_the_month_of_the_return(crew: Marts) -> None:
    # 20 at 5 %; 36 came back of what May paid 16 on 180 for: 3.2.
    assert statement(crew, "c1", "2025-06-01") == [
        ("a", 20, 1, 3.2, 0, -2.2),
        ("b", 0, 0, 0, 0, 0),
        ("c", 0, 0, 0, 0, 0),
    ]


def test_a_retroactive_tier_pays_on_everything_up_to_its_cap(crew: Marts) -> None:
    # 150 at 10 % are 15; 20 came back in the same month, at 15 on 150: 2; of 13 the cap leaves 12.
    assert statement(crew, "c2", "2025-05-01") == [
        ("1", 0, 0, 0, 0, 0),
        ("2", 150, 15, 2, 1, 12),
    ]
    # 100 of 100, exactly at the second's threshold: 10 % on everything.
    assert statement(crew, "c2", "2025-06-01") == [
        ("1", 0, 0, 0, 0, 0),
        ("2", 100, 10, 0, 0, 10),
    ]
    # No quota in July: nothing above the tier from 0 can be reached.
    assert statement(crew, "c2", "2025-07-01") == [("1", 40, 2, 0, 0, 2), ("2", 0, 0, 0, 0, 0)]


def test_a_plan_on_revenue_pays_before_returns_and_takes_them_back_after_its_end(
    crew: Marts,
) -> None:
    # 200 less 20 discount at 10 %; of that 10 came back in the month itself.
    assert statement(crew, "c3", "2025-05-01") == [("1", 180, 18, 1, 0, 17)]
    # The plan ended in May; 50 came back in June, at 18 on 180: 5.
    assert statement(crew, "c3", "2025-06-01") == [("1", 0, 0, 5, 0, -5)]


# ------------------------------------------------------------------------ ramp and training


def test_a_rep_is_ramped_from_the_month_that_ends_three_at_80_percent(crew: Marts) -> None:
    columns = (
        "select months_to_ramp, is_ramped, rolling_attainment, ramp_reason from people.rep_ramp"
    )
    # Sam, hired in March: March to May 140 of 293.5484, April to June 250 of 300.
    assert crew.row(f"{columns} where user_id = 's3'") == (3, True, near(250 / 300), None)
    # Su: 20 of 910 in the only three months. Cui has no quota.
    assert crew.row(f"{columns} where user_id = 's2'") == (
        None, False, near(20 / 910), "not yet at 80 % over three complete months",
    )  # fmt: skip
    assert crew.row(f"{columns} where user_id = 'c3'") == (
        None, None, None, "no quota of bookings or revenue",
    )  # fmt: skip
    # Pa made exactly 80 of 100 from March to May, but came in 2021, long before December 2024, when
    # the quotas that are known begin: from when on nobody knows.
    assert crew.row(f"{columns} where user_id = 'p1'") == (
        None, True, pytest.approx(0.8, abs=1e-6), "hired more than 90 days before the first known quota",
    )  # fmt: skip
    # Na made 50 of 100.
    assert crew.row(f"{columns} where user_id = 'n1'") == (
        None, False, pytest.approx(0.5, abs=1e-6), "not yet at 80 % over three complete months",
    )  # fmt: skip


def test_training_is_what_it_changed_more_than_time_did(crew: Marts) -> None:
    # Before, each made 50 of 100. After: the trained 80, 90, 100, 110, 120, the others 50, 60, 70,
    # 40, 30. Changes 0.5 and 0 on average: effect 0.5. Residuals -0.2 to 0.2 on both sides: scores
    # (half of them) squared and summed 0.05; x 10/9 reps x 9/8 rows = 0.0625, root 0.25; ÷ 10 x
    # 0.25 = 0.1; x t(9) = 2.262157.
    assert crew.row(
        "select attended, sessions, attendance_rate, exam_score, feedback_score, cost,"
        " n_trained, n_control, effect, effect_low, effect_high, reason"
        " from people.training_effect where course = 'Listen' and metric = 'attainment'"
    ) == (
        7, 2, near(7 / 8), near(0.85), near(0.75), 1200,
        5, 5, near(0.5), pytest.approx(0.5 - 0.2262157, abs=1e-7),
        pytest.approx(0.5 + 0.2262157, abs=1e-7), None,
    )  # fmt: skip
    # All won what they closed, before and after.
    assert crew.row(
        "select n_trained, n_control, effect, effect_low, effect_high"
        " from people.training_effect where course = 'Listen' and metric = 'win_rate'"
    ) == (5, 5, 0, 0, 0)


def test_four_against_six_say_nothing(crew: Marts) -> None:
    assert crew.row(
        "select n_trained, n_control, effect, effect_low, effect_high, reason"
        " from people.training_effect where course = 'Talk' and metric = 'attainment'"
    ) == (4, 6, None, None, None, "fewer than 5 reps a side: 4 trained, 6 not yet trained")


# -------------------------------------------------------------------------- time and capacity


def test_time_is_shared_out_by_what_took_it(crew: Marts) -> None:
    assert crew.rows(
        "select activity_type, activities, minutes, share, high_value_share"
        " from people.time_allocation where user_id = 'm1' and period_start = '2025-05-01'"
        " order by 1"
    ) == [
        ("call", 1, 30, near(1 / 3), near(2 / 3)),
        ("demo", 1, 20, near(2 / 9), near(2 / 3)),
        ("email", 1, 0, 0, near(2 / 3)),
        ("meeting", 1, 40, near(4 / 9), near(2 / 3)),
    ]
    # A month without any has rows and no shares.
    assert crew.rows(
        "select activities, minutes, share, high_value_share, is_complete"
        " from people.time_allocation"
        " where user_id = 'm1' and period_start = '2025-06-01' and activity_type = 'demo'"
    ) == [(0, 0, None, None, True)]


def test_load_is_told_against_the_teams_median(crew: Marts) -> None:
    # 12 April to 10 July are 64 working days. Mo: d1, d2 and one open; Su: d3 and 14 open.
    assert crew.rows(
        "select user_id, open_deals, open_pipeline, deals_per_business_day, team_median, load"
        " from people.capacity where user_id in ('m1', 's2') order by 1"
    ) == [
        ("m1", 1, 10, near(3 / 64), near(9 / 64), "under"),
        ("s2", 14, 140, near(15 / 64), near(9 / 64), "over"),
    ]


def test_the_card_of_a_past_month_holds_the_pipeline_of_its_end(crew: Marts) -> None:
    assert crew.rows(
        "select period_start, open_pipeline from people.rep_scorecard"
        " where user_id = 's2' and period_type = 'month' and period_start >= '2025-05-01'"
        " order by 1"
    ) == [("2025-05-01", 0), ("2025-06-01", 140), ("2025-07-01", 140)]


def test_the_card_holds_the_share_of_the_regions_market_where_it_is_sized(crew: Marts) -> None:
    # Cui sold 60 in the first quarter; the newest figures have 300 for East. May is not sized.
    assert crew.rows(
        "select period_type, period_start, market_share from people.rep_scorecard"
        " where user_id = 'c3' and period_start in ('2025-01-01', '2025-05-01')"
        " and period_type in ('quarter', 'month') order by 1, 2"
    ) == [("month", "2025-05-01", None), ("quarter", "2025-01-01", near(0.2))]


def test_a_reps_position_is_by_mean_rank_among_five_or_more(crew: Marts) -> None:
    columns = "select user_id, position, position_reason from people.rep_scorecard"
    # In January the five who are ramped made the same, 50 of 100 x 31 / 90, and won all they closed:
    # equals share the upper quarter. The others still come up to speed.
    assert crew.rows(
        f"{columns} where period_type = 'month' and period_start = '2025-01-01'"
        " and user_id in ('n1', 'p1', 'p5') order by 1"
    ) == [
        ("n1", None, "not compared: has left or is still ramping up"),
        ("p1", "top", "mean rank 0.0, attainment 1.452, adjusted win rate 1.0"),
        ("p5", "top", "mean rank 0.0, attainment 1.452, adjusted win rate 1.0"),
    ]
    # From April to June eight: attainment ranks 0 to 7 of 7, all win rates alike: mean ranks 0 to
    # 7/14. The upper quarter begins at 5.25/14, the lower ends at 1.75/14.
    assert crew.by(
        "select user_id, position from people.rep_scorecard where position is not null"
        " and period_type = 'quarter' and period_start = '2025-04-01'"
    ) == {
        "s3": "needs_help", "c1": "needs_help", "p1": "middle", "p2": "middle", "p3": "middle",
        "p4": "middle", "p5": "top", "n6": "top",
    }  # fmt: skip
    # In June nine are at work and ramped, but only two have a figure: no peers to be held against.
    assert crew.rows(
        f"{columns} where period_type = 'month' and period_start = '2025-06-01'"
        " and user_id in ('c1', 'c3') order by 1"
    ) == [
        ("c1", None, "not compared: fewer than 5 active, ramped reps with a figure"),
        ("c3", None, "not compared: no figure in this period"),
    ]
