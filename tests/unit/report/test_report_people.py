"""What the report says of teams, load, time, ramp, training and the cost of commission."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.report.content import Part
from pipelines.report.release import Row
from pipelines.report.sections import team
from pipelines.report.words import Words
from tests.unit.report.small_release import release_of, table_of

PEOPLE = {
    "dim_team": table_of(
        "team_id, name, parent_team_id", "'a', 'Alpha', 'all'", "'b', 'Beta', 'all'",
        "'all', 'Everyone', null"
    ),
    "dim_rep": table_of(
        "user_id, name, team_id", "'u1', 'Ann', 'a'", "'u2', 'Bob', 'a'", "'u3', 'Cid', 'b'"
    ),
}  # fmt: skip
QUARTER: Row = {
    "period_type": "quarter",
    "period_start": date(2026, 4, 1),
    "measure": "bookings",
    "is_complete": True,
}


@pytest.fixture
def words() -> Words:
    return Words("en", {})


def finding(part: Part) -> str:
    """The sentence of a part, under its chart or over its table."""
    return part.figures[0].finding if part.figures else part.tables[0].finding


def attained(*rates: float) -> str:
    names = ("a", "b")
    return table_of(
        "period_type, period_start, team_id, measure, quota, credited, attainment, gap,"
        " reps_at_quota, reps_with_quota, is_complete",
        *(f"'quarter', date '2026-04-01', '{name}', 'bookings', 100, {100 * rate}, {rate},"
          f" {100 - 100 * rate}, 1, 2, true" for name, rate in zip(names, rates, strict=False)),
        f"'quarter', date '2026-04-01', 'all', 'bookings', 200, 200, {rates[0]}, 0, 2, 3, true",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rates", "is_complete", "said"),
    [
        ((1.2, 1.0), True, "All 2 teams reached their quota; Alpha stands highest, at 120%."),
        ((0.6, 1.1), True, "1 of 2 teams reached their quota: Beta stands at 110%, Alpha at 60%."),
        ((0.6, 0.7), True, "None of the 2 teams reached its quota: Beta stands at 70%, Alpha at 60%."),
        ((0.6, 0.7), False,
         "So far 0 of 2 teams have reached their quota: Beta stands at 70%, Alpha at 60%."),
        ((1.2,), True, "Alpha stands at 120% of its quota."),
    ],
)  # fmt: skip
def test_teams_are_told_without_the_teams_of_teams(
    words: Words, rates: tuple[float, ...], is_complete: bool, said: str
) -> None:
    release = release_of(PEOPLE | {"team_attainment": attained(*rates)})
    part = team.teams(release, words, QUARTER | {"is_complete": is_complete})
    assert finding(part) == said
    # The table holds the team of teams too, and says what belongs to it.
    [table] = part.tables
    assert {(row["team"], row["parent"]) for row in table.rows} >= {
        ("Everyone", None), ("Alpha", "Everyone")
    }  # fmt: skip


@pytest.mark.parametrize(
    ("loads", "said"),
    [
        (("over", "normal", "under"),
         "Far more deals a working day than the team: Ann. Far fewer than the team: Cid."),
        (("normal", "normal", None), "Nobody works on far more or far fewer deals than the team."),
    ],
)  # fmt: skip
def test_load_names_who_has_too_much_and_too_little(
    words: Words, loads: tuple[str | None, ...], said: str
) -> None:
    rows = (
        f"'u{n + 1}', 9, 5, 100, {1.5 - n / 2}, 0.8, nullif('{load or ''}', '')"
        for n, load in enumerate(loads)
    )
    part = team.load(
        release_of(
            PEOPLE
            | {
                "capacity": table_of(
                    "user_id, accounts, open_deals, open_pipeline, deals_per_business_day,"
                    " team_median, load", *rows
                )
            }
        ),
        words,
    )  # fmt: skip
    assert finding(part) == said
    assert [row["name"] for row in part.tables[0].rows] == ["Ann", "Bob", "Cid"]


def test_time_tells_what_the_last_whole_month_went_into(words: Words) -> None:
    rows = (
        "date '2026-05-01', 'u1', 'meeting', true, true, 30, 1800, 0.75",
        "date '2026-05-01', 'u1', 'call', true, false, 60, 600, 0.75",
        "date '2026-05-01', 'u2', 'call', true, false, 60, 600, 0.0",
        # Half an hour says nothing of a person.
        "date '2026-05-01', 'u3', 'meeting', true, true, 1, 30, 1.0",
        "date '2026-06-01', 'u2', 'call', false, false, 6, 600, 0.0",
    )
    columns = (
        "period_start, user_id, activity_type, is_complete, is_high_value, activities, minutes,"
        " high_value_share"
    )
    part = team.time(release_of(PEOPLE | {"time_allocation": table_of(columns, *rows)}), words)
    # Meetings 1,830 of 3,030 minutes.
    assert finding(part) == (
        "In May 2026 60.4% of 50 recorded hours went into meetings and demos: 75% of the time of Ann,"
        " 0% of that of Bob."
    )
    assert [(row["name"], row["hours"], row["most"]) for row in part.tables[0].rows] == [
        ("Cid", 0.5, "Meetings"),
        ("Ann", 40.0, "Meetings"),
        ("Bob", 10.0, "Calls"),
    ]
    alone = team.time(release_of({"time_allocation": table_of(columns, *rows[:2])}), words)
    assert finding(alone) == "In May 2026 75% of 40 recorded hours went into meetings and demos."


def test_ramp_tells_how_long_it_took_and_who_is_on_the_way(words: Words) -> None:
    columns = "user_id, hire_date, months_to_ramp, is_ramped, rolling_attainment"
    rows = (
        "'u1', date '2025-01-01', 4, true, 0.9",
        "'u2', date '2025-06-01', 5, true, 0.9",
        "'u3', date '2026-05-01', null, false, 0.2",
        # Who was there before quotas were known has no ramp to tell of.
        "'u4', date '2019-01-01', null, true, 1.2",
        "'u5', date '2019-01-01', null, null, null",
    )
    part = team.ramp(release_of(PEOPLE | {"rep_ramp": table_of(columns, *rows)}), words)
    assert finding(part) == (
        "Those hired since quotas are known came up to speed in 4.5 months (median, n = 2)."
        " Still coming up to speed: Cid."
    )
    assert [row["name"] for row in part.tables[0].rows] == ["Cid", "Bob", "Ann"]
    nobody = team.ramp(release_of({"rep_ramp": table_of(columns, *rows[3:])}), words)
    assert nobody == Part()


COURSES = (
    "course, metric, attended, sessions, attendance_rate, exam_score, feedback_score, cost,"
    " n_trained, n_control, effect, effect_low, effect_high"
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("'Talk', 'win_rate', 9, 2, 0.9, 0.8, 0.8, 900, 6, 5, 0.12, 0.02, 0.22",),
         "“Talk” works: Win rate changed by +12.0 pp more than among those not yet trained"
         " (95% interval +2.0 pp to +22.0 pp; 6 trained, 5 not yet)."),
        (("'Talk', 'win_rate', 9, 2, 0.9, 0.8, 0.8, 900, 6, 5, -0.12, -0.22, -0.02",),
         "“Talk” does harm: Win rate changed by −12.0 pp against those not yet trained"
         " (95% interval −22.0 pp to −2.0 pp; 6 trained, 5 not yet)."),
        (("'Talk', 'win_rate', 9, 2, 0.9, 0.8, 0.8, 900, 6, 5, 0.02, -0.08, 0.12",),
         "“Talk”: Win rate changed by +2.0 pp against those not yet trained, which may be chance"
         " (95% interval −8.0 pp to +12.0 pp; 6 trained, 5 not yet)."),
        (("'Talk', 'win_rate', 9, 2, 0.9, 0.8, 0.8, 900, 6, 5, 0.12, 0.02, 0.22",
          "'Read', 'win_rate', 9, 2, 0.9, 0.8, 0.8, 900, 6, 5, 0.02, -0.08, 0.12",
          "'Walk', 'win_rate', 4, 1, 0.9, null, null, 900, 4, 4, null, null, null"),
         "“Talk” works: Win rate changed by +12.0 pp more than among those not yet trained"
         " (95% interval +2.0 pp to +22.0 pp; 6 trained, 5 not yet). Within chance: Read."
         " Too few reps a side to say what these changed: Walk."),
        (("'Walk', 'win_rate', 4, 1, 0.9, null, null, 900, 4, 4, null, null, null",),
         "Too few reps a side to say what these changed: Walk."),
    ],
)  # fmt: skip
def test_training_is_told_with_its_interval_or_refused(
    words: Words, rows: tuple[str, ...], said: str
) -> None:
    part = team.training(release_of({"training_effect": table_of(COURSES, *rows)}), words)
    assert finding(part) == said
    assert len(part.tables[0].rows) == len(rows)


def test_commission_is_told_by_plan_and_never_by_person(words: Words) -> None:
    columns = (
        "period_start, period_type, user_id, plan_id, tier, bookings_in_tier, commission,"
        " claw_back, cap_applied, total, is_complete"
    )
    rows = [
        f"date '2026-04-01', 'quarter', 'u{n}', 'P', '1', 1000, 30, 5, 1, 24, true"
        for n in range(3)
    ]
    rows += ["date '2026-04-01', 'quarter', 'u9', 'Q', '1', 1000, 99, 0, 0, 99, true"]
    part = team.pay(release_of({"commission_statement": table_of(columns, *rows)}), words)
    # 3 × 24 of 3 × 1,000.
    assert finding(part) == "P pays 3 reps 72 for Q2 2026, 2.4% of what it is paid on."
    plan, small = part.tables[0].rows
    assert (plan["total"], plan["claw_back"], plan["rate"]) == (72, 15, 0.024)
    # One on a plan alone could be told from its sum.
    assert (small["reps"], small["total"], small["base"], small["rate"]) == (1, None, None, None)
    assert "user_id" not in plan
    assert not {column.key for column in part.tables[0].columns} & {"user_id", "name"}


def test_people_parts_without_data_are_left_out(words: Words) -> None:
    nothing = release_of({})
    assert team.teams(nothing, words, QUARTER) == team.teams(nothing, words, None) == Part()
    for part in (team.load, team.time, team.ramp, team.training, team.pay):
        assert part(nothing, words) == Part()
