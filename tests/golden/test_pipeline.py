"""What the marts of the pipeline must say of the deals, worked by hand from their histories."""

from __future__ import annotations

import pytest

from tests.golden.company import Marts


def near(value: float) -> object:
    """A double computed last compares within 1e-9."""
    return pytest.approx(value, abs=1e-9)


# ------------------------------------------------------------------------------------- leads


def test_leads_convert_within_a_window_that_is_over(deals: Marts) -> None:
    columns = (
        "select leads, converted, mature_leads, converted_within_window, conversion_rate,"
        " median_response_hours, is_mature from pipeline.lead_conversion"
    )
    # web, March: L1 after 90 days (in), L2 after 91 (not in), L3 not, 90 days old on the day asked
    # (mature); L4 is 89 days old: converted, and not yet measured. L6 is deleted.
    # Replies after 2, 5 and 4 hours: median 4. 31 March + 90 days is later than the day asked.
    assert deals.row(
        f"{columns} where cohort_month = '2025-03-01' and dimension = 'source' and member = 'web'"
    ) == (4, 3, 3, 1, near(1 / 3), 4, False)
    # L5 converts on the day after the day asked. 28 February + 90 days = 29 May.
    assert deals.row(
        f"{columns} where cohort_month = '2025-02-01' and dimension = 'source'"
        " and member = '(none)'"
    ) == (1, 0, 1, 0, 0, None, True)
    # L4 is Vic's only one and has no rate yet.
    assert deals.row(
        f"{columns} where cohort_month = '2025-03-01' and dimension = 'owner' and member = 'ow2'"
    ) == (1, 1, 0, 0, None, 4, False)
    # A month without leads has a row and no rate.
    assert deals.row(
        f"{columns} where cohort_month = '2025-04-01' and dimension = 'source' and member = 'web'"
    ) == (0, 0, 0, 0, None, None, False)


def test_a_lead_is_mature_on_the_last_day_of_its_window(deals_in_may: Marts) -> None:
    # L5, 10 February + 90 days = 11 May, the day asked; L1 and L2 convert later.
    assert deals_in_may.rows(
        "select cohort_month, leads, converted, mature_leads, conversion_rate"
        " from pipeline.lead_conversion where dimension = 'total' and leads > 0 order by 1"
    ) == [("2025-02-01", 1, 0, 1, 0), ("2025-03-01", 4, 1, 0, None)]


# --------------------------------------------------------------------------------- win rates


def wins(
    marts: Marts, columns: str, start: str, period_type: str = "month", **member: str
) -> tuple:
    """One row of win_rates."""
    dimension, name = next(iter(member.items()), ("total", "all"))
    return marts.row(
        f"select {columns} from pipeline.win_rates where period_type = '{period_type}'"
        f" and period_start = '{start}' and dimension = '{dimension}' and member = '{name}'"
    )


def test_win_rate_has_its_wilson_interval(deals: Marts) -> None:
    # D1, D2, D3 won, D4 lost: p = 0.75, n = 4, z² = 3.841459.
    # Centre (0.75 + 3.841459 ÷ 8) ÷ (1 + 3.841459 ÷ 4) = 1.230182 ÷ 1.960365 = 0.627527;
    # half 1.959964·√(0.75·0.25 ÷ 4 + 3.841459 ÷ 64) ÷ 1.960365 = 0.326885.
    assert wins(
        deals, "won, lost, win_rate, win_rate_low, win_rate_high", "2025-01-01", owner="ow"
    ) == (3, 1, 0.75, pytest.approx(0.300642, abs=1e-6), pytest.approx(0.954413, abs=1e-6))
    # No loss: the interval ends at 1 and begins at 1 ÷ (1 + z²) = 0.206549.
    assert wins(
        deals, "won, lost, win_rate, win_rate_low, win_rate_high", "2025-05-01", owner="ow3"
    ) == (1, 0, 1, pytest.approx(0.206549, abs=1e-6), pytest.approx(1, abs=1e-9))


def test_no_decision_is_lost_and_shown_beside(deals: Marts) -> None:
    assert wins(deals, "won, lost, no_decision", "2025-01-01", owner="ow") == (3, 1, 1)


def test_amounts_are_won_and_lost_at_the_last_one_above_zero(deals: Marts) -> None:
    columns = "won_amount, lost_amount, amount_win_rate, average_won_amount"
    # 100 + 50 + 60 against 70: 210 ÷ 280.
    assert wins(deals, columns, "2025-01-01", owner="ow") == (210, 70, 0.75, 70)
    # D6 was lost at 0 after 40, D7 never had an amount: no rate.
    assert wins(deals, columns, "2025-01-01", owner="ow2") == (80, 40, None, 80)
    # D8 90 and D10 10 against D9's 40, which had been 55 and then 40: 100 ÷ 140.
    assert wins(deals, columns, "2025-02-01", owner="ow2") == (100, 40, near(100 / 140), 50)
    assert deals.by(
        "select opportunity_id, lost_amount from core.fct_opportunity"
        " where opportunity_id in ('D4', 'D6', 'D7', 'D9', 'D1')"
    ) == {"D1": None, "D4": 70, "D6": 40, "D7": None, "D9": 40}


def test_cycles_are_differences_of_dates_and_a_negative_one_is_none(deals: Marts) -> None:
    # 40, 30 and 20 days: median 30, three quarters up 35, mean 30.
    assert wins(
        deals, "median_cycle_days, p75_cycle_days, mean_cycle_days", "2025-01-01", owner="ow"
    ) == (30, 35, 30)
    # D8 31 days; D10 closed five days before it was created.
    assert wins(deals, "won, median_cycle_days, mean_cycle_days", "2025-02-01", owner="ow2") == (
        2,
        31,
        31,
    )


def test_a_deal_may_count_for_several_competitors(deals: Marts) -> None:
    # x in D1 (won) and D4 (lost), y in D1.
    assert wins(deals, "won, lost, win_rate, member_label", "2025-01-01", competitor="x") == (
        (1, 1, 0.5, "Xerxes")
    )
    assert wins(deals, "won, lost, win_rate", "2025-01-01", competitor="y") == (1, 0, 1)


def test_a_deals_region_is_its_accounts_else_its_owners(deals: Marts) -> None:
    # D1's account is one and the same as a1, in the north; D2, D3 and D4 are Wu's, of RW.
    assert wins(deals, "won, lost", "2025-01-01", region="North") == (1, 0)
    assert wins(deals, "won, lost", "2025-01-01", region="RW") == (2, 1)
    assert wins(deals, "won, lost", "2025-01-01", segment="Enterprise") == (1, 0)
    assert wins(deals, "won, lost", "2025-01-01", industry="Tech") == (1, 0)
    assert wins(deals, "won, lost", "2025-01-01", source="web") == (2, 1)
    assert wins(deals, "won, lost", "2025-01-01", type="renewal") == (1, 0)
    assert wins(deals, "won, lost, member_label", "2025-01-01", team="tw") == (3, 1, "Team tw")


def test_a_stage_decides_what_became_of_a_deal_and_its_flags_where_it_names_none(
    deals: Marts,
) -> None:
    assert deals.row("select status from core.fct_opportunity where opportunity_id = 'D13'") == (
        ("won",)
    )
    assert wins(deals, "won, won_amount", "2025-05-01", owner="ux") == (1, 2)


def test_a_deal_is_the_team_of_its_owner_at_close(deals: Marts) -> None:
    # Cem was in tq when we looked on 1 April and in tr on 15 May: C1 closed on the 10th, C2 on the 20th.
    assert wins(deals, "won, won_amount", "2025-05-01", team="tq") == (1, 3)
    assert wins(deals, "won, won_amount", "2025-05-01", team="tr") == (1, 4)
    # What he has open goes with him.
    assert opened(deals, "deals, amount", "team", "tr") == (1, 7)
    assert waterfall(deals, WATERFALL, "2025-05-01", "team", "tq") == (
        7, 3, 0, 0, 0, 0, 0, 0, 7, 3, 0, 0,
    )  # fmt: skip
    assert waterfall(deals, WATERFALL, "2025-05-01", "team", "tr") == (
        0, 4, 0, 0, 7, 0, 0, 0, 0, 4, 0, 7,
    )  # fmt: skip


def test_months_without_closed_deals_have_a_row_and_no_rate(deals: Marts) -> None:
    assert wins(
        deals, "won, lost, win_rate, won_amount, amount_win_rate, win_rate_low", "2025-02-01",
        owner="ow",
    ) == (0, 0, None, 0, None, None)  # fmt: skip


def test_all_time_counts_every_closed_deal_once(deals: Marts) -> None:
    # Won: D1 D2 D3 D5 D8 D10 D11 D13 D14, C1 C2, F1 F5, X1-X5, W2 W8.
    # Lost: D4 D6 D7 D9 D15 D16, F2 F3, H2, Y1-Y5, Z1, W5 W10.
    # W7 was lost and opened again, W13 is won a day later, W9 is deleted and W12 merged away.
    assert wins(deals, "won, lost, win_rate", "2024-03-31", "all") == (20, 17, near(20 / 37))


def test_a_cohort_of_deals_is_mature_when_the_window_of_its_last_day_is_over(deals: Marts) -> None:
    columns = "created, won, lost, still_open, win_rate, is_mature"
    sql = f"select {columns} from pipeline.cohort_win_rates where dimension = 'owner'"
    # 31 December + 166 days = 15 June, the day asked.
    assert deals.row(f"{sql} and member = 'ow' and cohort_month = '2024-12-01'") == (
        (4, 3, 1, 0, 0.75, True)
    )
    # D5, D8 won, D6, D7, D9 lost.
    assert deals.row(f"{sql} and member = 'ow2' and cohort_month = '2025-01-01'") == (
        (5, 2, 3, 0, 0.4, False)
    )
    # D0 is open: no rate yet.
    assert deals.row(f"{sql} and member = 'ow' and cohort_month = '2025-06-01'") == (
        (1, 0, 0, 1, None, False)
    )
    assert deals.row(f"{sql} and member = 'ow' and cohort_month = '2025-03-01'") == (
        (0, 0, 0, 0, None, False)
    )


# ------------------------------------------------------------------ funnel, stages, bottlenecks


def test_a_skipped_stage_counts_as_reached(deals: Marts) -> None:
    # F1 s1 s2 s3 won, F2 s1 s3 lost, F3 s1 s2 s1 s2 lost, F4 s1 open, F5 s1 won;
    # amounts 10, 20, 30, 40, 50. s2 is reached by F1, F2 (later stage), F3, F5 (won); s3 by F1, F2, F5.
    assert deals.by(
        "select stage_id, position, entered, reached_later, won, lost, still_open,"
        " rate_of_previous, rate_of_first, drop_off_rate, amount_entered, is_mature"
        " from pipeline.funnel_by_cohort"
        " where cohort_month = '2025-03-01' and pipeline_id = 'P1'"
    ) == {
        "s1": (1, 5, 4, 2, 2, 1, None, 1, 0, 150, False),
        # F3's last visit was here: 1 ÷ 4.
        "s2": (2, 4, 3, 2, 2, 0, 0.8, 0.8, 0.25, 110, False),
        # F2's last visit was here: 1 ÷ 3.
        "s3": (3, 3, 2, 2, 1, 0, 0.75, 0.6, near(1 / 3), 80, False),
    }


def test_a_deal_that_goes_back_visits_a_stage_again(deals: Marts) -> None:
    assert deals.rows(
        "select stage_id, visit_number, entered_at, exited_at, days, business_days, is_open,"
        " is_reentry, next_stage_id from core.fct_stage_visit where opportunity_id = 'F3' order by entered_at"
    ) == [
        ("s1", 1, "2025-03-03 02:00:00", "2025-03-07 02:00:00", 4, 4, False, False, "s2"),
        ("s2", 1, "2025-03-07 02:00:00", "2025-03-09 02:00:00", 2, 0, False, False, "s1"),
        ("s1", 2, "2025-03-09 02:00:00", "2025-03-19 02:00:00", 10, 8, False, True, "s2"),
        ("s2", 2, "2025-03-19 02:00:00", "2025-03-29 02:00:00", 10, 7, False, True, "lost"),
    ]
    # Working days after the first: Tuesday to Friday; none to Sunday; 10-14 and 17-19; 20-28.
    # The day asked is in: from 10 March 10:00 to 16 June 0:00, 97 days and 14 hours.
    assert deals.row(
        "select is_open, exited_at, days from core.fct_stage_visit where opportunity_id = 'F4'"
    ) == (True, None, near(97 + 14 / 24))


def test_a_history_that_begins_with_a_move_from_nowhere_is_cut_off(deals: Marts) -> None:
    # H1 was created in January; the first that is told is that it came to c2 in April.
    assert deals.rows(
        "select stage_id, is_left_censored, entered_at, days, is_open from core.fct_stage_visit"
        " where opportunity_id = 'H1'"
    ) == [("c2", True, None, None, True)]
    assert deals.row(
        "select visits, open_visits, median_days from pipeline.stage_durations"
        " where period_start = '2025-05-01' and pipeline_id = 'P3' and stage_id = 'c2'"
    ) == (0, 1, None)


def test_stage_medians_are_over_visits_ended_and_open_at_their_age(deals: Marts) -> None:
    # s1: 4 (F1), 10 (F2), 4 and 10 (F3), 10 (F5), and F4 open at the age of 21 days 14 hours.
    # Sorted 4 4 10 10 10 21.58: median 10, three quarters up 10, mean 59.58 ÷ 6.
    # s2: 10 (F1), 2 and 10 (F3). s3: 10 (F1), 10 (F2).
    # Nothing ended in the 12 months before: the baseline is the other stages' median, for s1 of
    # 2 10 10 10 10, for s2 of 4 4 10 10 10 10 10 21.58, for s3 of 2 4 4 10 10 10 10 10 21.58: 10.
    assert deals.by(
        "select stage_id, visits, open_visits, median_days, p75_days, mean_days,"
        " baseline_median_days from pipeline.stage_durations"
        " where period_start = '2025-03-01' and pipeline_id = 'P1'"
    ) == {
        "s1": (5, 1, 10, 10, near((38 + 21 + 14 / 24) / 6), 10),
        "s2": (3, 0, 10, 10, near(22 / 3), 10),
        "s3": (2, 0, 10, 10, 10, 10),
    }


def test_the_bottleneck_costs_most_and_of_equals_it_is_the_earlier_stage(deals: Marts) -> None:
    # b1: six visits of 5 days (Y1-Y5, Z2) and Z1 open at 6: median 5; in March X1-X5 took 2.
    # b2: five of 7 days (Y1-Y5) and Z2 open at 24.6: median 7; in March X1-X5 took 4.
    # Each 3 days more with one deal waiting: 3 = 3.
    assert deals.by(
        "select stage_id, median_days, baseline_median_days, excess_days, deals_waiting,"
        " amount_waiting, cost_score, rank, is_bottleneck from pipeline.stage_bottlenecks"
        " where period_start = '2025-04-01' and pipeline_id = 'P2'"
    ) == {"b1": (5, 2, 3, 1, 5, 3, 1, True), "b2": (7, 4, 3, 1, 9, 3, 1, False)}
    # March: b1 2 days against b2's 4 is no excess; b2 4 against 2 is, over five visits, which is
    # enough. H2 waits in b2 and is not among them: when it came nobody knows.
    assert deals.by(
        "select stage_id, median_days, baseline_median_days, excess_days, deals_waiting,"
        " cost_score, is_bottleneck from pipeline.stage_bottlenecks"
        " where period_start = '2025-03-01' and pipeline_id = 'P2'"
    ) == {"b1": (2, 4, 0, 0, 0, False), "b2": (4, 2, 2, 1, 2, True)}


def test_what_costs_nothing_is_no_bottleneck(deals: Marts) -> None:
    # P1 in March: every stage is at its baseline of 10 days; s1 has six visits and F4 waiting.
    assert deals.by(
        "select stage_id, excess_days, deals_waiting, cost_score, rank, is_bottleneck"
        " from pipeline.stage_bottlenecks where period_start = '2025-03-01' and pipeline_id = 'P1'"
    ) == {"s1": (0, 1, 0, 1, False), "s2": (0, 0, 0, 1, False), "s3": (0, 0, 0, 1, False)}


def test_friction_counts_returns_skips_hands_and_effort(deals: Marts) -> None:
    # Begun: s1 five and F3 again, s2 F1 and F3 twice, s3 F1 and F2.
    # Past s2 went F2 and F5: 2 ÷ (2 + 3); past s3 F5: 1 ÷ (1 + 2).
    # F1 changed hands as it entered s3. F1's call fell into s2, its e-mail into s3; the call after
    # the closing is not counted. F1 and F5 were won and both were in s1, F1 alone in s2 and s3.
    found = deals.by(
        "select stage_id, entered, reentry_rate, skip_rate, activities_per_won_deal"
        " from pipeline.process_friction where period_start = '2025-03-01' and pipeline_id = 'P1'"
    )
    assert found["s1"] == (6, near(1 / 6), 0, 0)
    assert found["s2"] == (3, near(1 / 3), 0.4, 1)
    assert found["s3"] == (2, 0, near(1 / 3), 1)
    # The pipeline: 11 visits begun, 2 of them again; 2 activities by 2 deals won; F1's one change
    # of hands by five deals.
    assert found["(all)"] == (11, near(2 / 11), near(3 / 14), 1)
    assert deals.row(
        "select owner_changes_per_deal from pipeline.process_friction"
        " where period_start = '2025-03-01' and pipeline_id = 'P1' and stage_id = '(all)'"
    ) == (0.2,)


# ----------------------------------------------------------------- open pipeline and waterfall


def opened(marts: Marts, columns: str, dimension: str, member: str) -> tuple:
    """One row of open_pipeline."""
    return marts.row(
        f"select {columns} from pipeline.open_pipeline"
        f" where dimension = '{dimension}' and member = '{member}'"
    )


def test_the_open_pipeline_is_weighted_by_the_deals_probability_else_its_stages(
    deals: Marts,
) -> None:
    columns = "deals, amount, weighted_amount, overdue_close_dates"
    # W1 100·0.5 (o2), W3 80·0.2, W4 40·0.2, W7 15·0.2 (o1), W11 33·0.9 (its own).
    # W1, W4 and W7 were expected in May.
    assert opened(deals, columns, "team", "ta") == (5, 268, 50 + 16 + 8 + 3 + 29.7, 3)
    # W6 25·0.2 and W13 6·0.2, which is won on the day after.
    assert opened(deals, columns, "team", "tb") == (2, 31, 6.2, 1)
    assert opened(deals, columns, "stage", "PO:o2") == (1, 100, 50, 1)


def test_a_deal_without_an_expected_date_has_no_close_month(deals: Marts) -> None:
    # F4 40, Z2 9, D12 30, W11 33 and H1 1.
    assert opened(deals, "deals, amount", "close_month", "(none)") == (5, 113)
    # W1 100, W4 40, W6 25, W7 15, C3 7.
    assert opened(deals, "deals, amount, overdue_close_dates", "close_month", "2025-05") == (
        (5, 187, 5)
    )


def test_stalled_is_long_in_its_stage_and_untouched(deals: Marts) -> None:
    # Longer than 30 days without activity: C3, F4, W4, W6, W7; W1 too, as its note of 10 June is none.
    # Z2 is longer in b2 than 7 days: of the ten visits ended in 12 months, 4·5 and 7·5 days, three
    # quarters lie at 7. W3 was called on 5 June; D0, D12, W11 and W13 are young; how long H1 has been
    # in its stage nobody knows.
    assert deals.by(
        "select opportunity_id, stage_p75_days, amount, days_in_stage"
        " from pipeline.stalled_opportunities"
    ) == {
        "C3": (30, 7, near(87 + 14 / 24)),
        "F4": (30, 40, near(97 + 14 / 24)),
        "W1": (30, 100, near(75 + 14 / 24)),
        "W4": (30, 40, near(92 + 14 / 24)),
        "W6": (30, 25, near(92 + 14 / 24)),
        "W7": (30, 15, near(38 + 14 / 24)),
        "Z2": (7, 9, near(70 + 14 / 24)),
    }
    assert opened(deals, "stalled_deals, stalled_amount", "team", "ta") == (3, 155)


WATERFALL = (
    "start_amount, created, pulled_in, reopened, transferred_in, increased, decreased,"
    " pushed_out, transferred_out, won, lost, end_amount"
)


def waterfall(
    marts: Marts, columns: str, start: str, dimension: str, member: str, period_type: str = "month"
) -> tuple:
    """One row of pipeline_waterfall."""
    return marts.row(
        f"select {columns} from pipeline.pipeline_waterfall where period_type = '{period_type}'"
        f" and period_start = '{start}' and dimension = '{dimension}' and member = '{member}'"
    )


def test_a_deal_enters_once_and_leaves_once(deals: Marts) -> None:
    # May of ta. Start: W1 100, W3 70, W5 30 (overdue), W6 20, W8 90. Created: W2 at the 60 it is won
    # at, W10 12 (no expected date, seen as it closes). Pulled in: W4 40. Reopened: W7 15.
    # Increased: W3 by 10, then pushed out at 80. Decreased: W8 by 15, won at 75.
    # Handed to tb: W6 20. Won: W2 60 + W8 75. Lost: W5 at its last open 30, W10 12.
    # End: W1 100, W4 40, W7 15.
    assert waterfall(deals, WATERFALL, "2025-05-01", "team", "ta") == (
        310, 72, 40, 15, 0, 10, 15, 80, 20, 135, 42, 155,
    )  # fmt: skip
    # What W6 grew by is the receiver's.
    assert waterfall(deals, WATERFALL, "2025-05-01", "team", "tb") == (
        0, 0, 0, 0, 20, 5, 0, 0, 0, 0, 0, 25,
    )  # fmt: skip
    assert waterfall(deals, WATERFALL, "2025-05-01", "owner", "ub") == (
        0, 0, 0, 0, 20, 5, 0, 0, 0, 0, 0, 25,
    )  # fmt: skip
    # The company: nothing is handed over. Without a date Z1 is lost at 5, D11, D13, C1 and C2 are won
    # at 20, 2, 3 and 4; C3 stays at 7.
    assert waterfall(deals, WATERFALL, "2025-05-01", "total", "all") == (
        317, 72 + 5 + 29, 40, 15, 0, 15, 15, 80, 0, 135 + 29, 42 + 5, 187,
    )  # fmt: skip
    assert waterfall(deals, "start_deals, end_deals", "2025-05-01", "team", "ta") == (5, 3)


def test_a_period_starts_with_what_the_last_one_ended_with(deals: Marts) -> None:
    # June of ta: nothing new is expected. Of tb: W6, and W13 created; of tw: D0 created.
    assert waterfall(deals, WATERFALL, "2025-06-01", "team", "ta") == (
        155, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 155,
    )  # fmt: skip
    assert waterfall(deals, WATERFALL, "2025-06-01", "team", "tb") == (
        25, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 31,
    )  # fmt: skip
    assert waterfall(deals, WATERFALL, "2025-06-01", "team", "tw") == (
        0, 500, 0, 0, 0, 0, 0, 0, 0, 0, 0, 500,
    )  # fmt: skip


def test_start_and_end_of_a_quarter_are_compared_whatever_happened_between(deals: Marts) -> None:
    # On 1 April: W1 100, W3 70, W5 30, W6 20, W7 15, W8 90 are open and expected by 30 June.
    # W7 was lost in April and reopened in May: at both ends it is open, unchanged.
    assert waterfall(deals, WATERFALL, "2025-04-01", "team", "ta", "quarter") == (
        325, 72, 40, 0, 0, 10, 15, 80, 20, 135, 42, 155,
    )  # fmt: skip
    # In April itself it is lost. W5 was expected on 10 April, W8 and the rest in May.
    # Start: W5 30. W7, expected in May, is pulled in as it closes: 15.
    assert waterfall(deals, WATERFALL, "2025-04-01", "team", "ta") == (
        30, 0, 15, 0, 0, 0, 0, 0, 0, 0, 15, 30,
    )  # fmt: skip


def test_slip_rate_is_of_the_deals_expected_within_the_period(deals: Marts) -> None:
    # W1, W3, W6 and W8 were expected in May, W5 before; W3 moved on to July.
    assert waterfall(deals, "slip_rate", "2025-05-01", "team", "ta") == (0.25,)
    # Nothing of tb was expected as May began.
    assert waterfall(deals, "slip_rate", "2025-05-01", "team", "tb") == (None,)


def test_pushes_are_moves_to_a_later_day(deals: Marts) -> None:
    assert deals.by(
        "select opportunity_id, close_date_pushes, age_days from core.fct_opportunity"
        " where opportunity_id in ('W1', 'W3', 'W4')"
    ) == {"W1": (0, 92), "W3": (1, 92), "W4": (0, 92)}


# ----------------------------------------------------------------------- coverage and velocity


def coverage(marts: Marts, columns: str, start: str, dimension: str, member: str) -> tuple:
    """One row of pipeline_coverage."""
    return marts.row(
        f"select {columns} from pipeline.pipeline_coverage where period_start = '{start}'"
        f" and dimension = '{dimension}' and member = '{member}'"
    )


def test_coverage_is_what_is_expected_by_what_is_left_of_the_quota(deals: Marts) -> None:
    columns = "open_amount, target, booked, remaining, coverage, coverage_needed, is_target_met"
    # ta has a quota of its own, 400; W2 60 and W8 75 are booked; W1, W4 and W7 are expected.
    assert coverage(deals, columns, "2025-04-01", "team", "ta") == (
        155, 400, 135, 265, near(155 / 265), None, False,
    )  # fmt: skip
    # Ana's own quota of 100 is met: nothing is left to cover.
    assert coverage(deals, columns, "2025-04-01", "owner", "ua") == (
        155, 100, 135, -35, None, None, True,
    )  # fmt: skip
    # Of Bob's 365 for 365 days 91 fall into the quarter: W6 25 and W13 6 of 91. tb has only his.
    # In the four quarters to March he won 30 of 120 (D14, D15), so 4 is needed; D16 closed before them.
    assert coverage(deals, columns, "2025-04-01", "team", "tb") == (
        31, 91, 0, 91, near(31 / 91), 4, False,
    )  # fmt: skip
    # tw won 210 of 280 in the four complete quarters: 1 ÷ 0.75. D0 500 of 1000.
    assert coverage(deals, columns, "2025-04-01", "team", "tw") == (
        500, 1000, 0, 1000, 0.5, near(4 / 3), False,
    )  # fmt: skip
    # The company is held to what its reps owe: 100 + 91 + 1000. Booked: W2 60, W8 75, D11 20, D13 2,
    # C1 3, C2 4.
    assert coverage(deals, "target, booked, remaining", "2025-04-01", "total", "all") == (
        1191, 164, 1027,
    )  # fmt: skip
    # W3 moved to July, where ta has no quota.
    assert coverage(deals, "open_amount, target, coverage", "2025-07-01", "team", "ta") == (
        80, None, None,
    )  # fmt: skip


def test_velocity_is_deals_times_rate_times_amount_by_cycle(deals: Marts) -> None:
    columns = "open_deals, win_rate, average_won_amount, median_cycle_days, velocity_per_day"
    sql = f"select {columns} from pipeline.pipeline_velocity where dimension = "
    # D0; 3 of 4; 210 ÷ 3; 30 days: 1·0.75·70 ÷ 30.
    assert deals.row(f"{sql} 'owner' and member = 'ow'") == (1, 0.75, 70, 30, near(1.75))
    # RW has D2 and D3 (D1's account is in the north): 1·(2 ÷ 3)·55 ÷ 25.
    assert deals.row(f"{sql} 'region' and member = 'RW'") == (
        1, near(2 / 3), 55, 25, near(2 / 3 * 55 / 25),
    )  # fmt: skip
    # D11 was won on the day it was created: no speed out of no time.
    assert deals.row(f"{sql} 'owner' and member = 'ow3'") == (1, 1, 20, 0, None)


# -------------------------------------------------------------------------------- an earlier day


def test_an_earlier_day_sees_deals_as_they_stood(deals_in_may: Marts) -> None:
    # On 11 May: W2 is open at 50, W3 already at 80 for July, W4 still for July, W5 lost, W6 still
    # Ana's at 20, W7 open again, W8 open at 90, W10 open, W11 not yet created.
    assert deals_in_may.by(
        "select opportunity_id, status, stage_id, amount, owner_id, expected_close_date, closed_date"
        " from core.fct_opportunity where pipeline_id = 'PO'"
    ) == {
        "W1": ("open", "o2", 100, "ua", "2025-05-20", None),
        "W2": ("open", "o1", 50, "ua", "2025-05-25", None),
        "W3": ("open", "o1", 80, "ua", "2025-07-01", None),
        "W4": ("open", "o1", 40, "ua", "2025-07-10", None),
        "W5": ("lost", "lost", 0, "ua", "2025-04-10", "2025-05-10"),
        "W6": ("open", "o1", 20, "ua", "2025-05-31", None),
        "W7": ("open", "o1", 15, "ua", "2025-05-28", None),
        "W8": ("open", "o1", 90, "ua", "2025-05-30", None),
        "W10": ("open", "o1", 12, "ua", None, None),
        "C3": ("open", "o1", 7, "uc", "2025-05-31", None),
    }
    # 100 + 50 + 80 + 40 + 20 + 15 + 90 + 12.
    assert opened(deals_in_may, "deals, amount", "team", "ta") == (8, 407)
    # C2 is won later: no history tells of its stage, so it is in the first one of its pipeline, and
    # for how long nobody knows. Cem is still in tq.
    assert deals_in_may.row(
        "select status, stage_id, amount, team_id, days_in_stage from core.fct_opportunity"
        " where opportunity_id = 'C2'"
    ) == ("open", "a", 4, "tq", None)
    assert opened(deals_in_may, "deals, amount", "team", "tq") == (2, 11)
    # W2 and W8 are not booked yet: nothing is.
    assert coverage(deals_in_may, "booked", "2025-04-01", "team", "ta") == (0,)


# ------------------------------------------------------------------------- what is not there


def test_without_orders_the_marts_of_sales_are_there_and_empty(deals: Marts) -> None:
    for mart in (
        "fulfilment_by_period",
        "price_volume_mix",
        "product_launches",
        "return_rates",
        "sales_by_period",
    ):
        assert deals.rows(f"select * from sales.{mart}") == [], mart
