"""What the report says of campaigns, competitors, market share, comments and improvement actions."""

from __future__ import annotations

import pytest

from pipelines.report.content import Part
from pipelines.report.sections import campaigns, rivals, voices
from pipelines.report.sections.actions import actions
from pipelines.report.sections.market import market
from pipelines.report.words import Words
from tests.unit.report.small_release import release_of, table_of


@pytest.fixture
def words() -> Words:
    return Words("en", {}, "Asia/Shanghai")


def performance(*rows: tuple[str, float, float, float]) -> dict[str, str]:
    """Campaigns of a type with a cost, a margin under `linear` and one under the others."""
    values = []
    for number, (_, cost, margin, other) in enumerate(rows):
        for model in ("first", "last", "linear", "position", "time_decay"):
            gained = margin if model == "linear" else other
            roi = f"{(gained - cost) / cost}" if cost else "null"
            values.append(
                f"'c{number}', '{model}', 9, 5, 4, 2, {gained * 2}, {gained}, {cost}, {roi}, 1.0,"
                " 1.0, 50"
            )
    values.append("'(unattributed)', 'linear', 0, 0, 9, 9, 900, 400, null, null, null, 0, null")
    return {
        "campaign_performance": table_of(
            "campaign_id, model, touches, leads, opportunities, won, attributed_revenue,"
            " attributed_margin, cost, roi, roas, new_customers, cac", *values
        ),
        "dim_campaign": table_of(
            "campaign_id, name, type, starts_on",
            *(f"'c{n}', 'Campaign {n}', '{row[0]}', date '2026-01-01'"
              for n, row in enumerate(rows)),
        ),
    }  # fmt: skip


AGREE = "Every way of attributing deals says the same of the best and the worst."
DIFFER = "Other ways of attributing deals judge differently (see the table)."


@pytest.mark.parametrize(
    ("rows", "lead", "under"),
    [
        ((("Mail", 10, 60, 50), ("Mail", 10, 40, 50), ("Fair", 100, 80, 70)),
         "Mail pays best: 100 of margin for 20 (campaigns: 2; 4.0× the cost in return)."
         " Fair cost 100 and brought 80 (campaigns: 1).", AGREE),
        ((("Mail", 10, 60, 50), ("Fair", 100, 80, 170)),
         "Mail pays best: 60 of margin for 10 (campaigns: 1; 5.0× the cost in return)."
         " Fair cost 100 and brought 80 (campaigns: 1).", DIFFER),
        ((("Mail", 10, 60, 50), ("Fair", 100, 180, 170)),
         "Mail pays best: 60 of margin for 10 (campaigns: 1; 5.0× the cost in return)."
         " Every kind brought in more than it cost.", AGREE),
        ((("Mail", 10, 6, 5), ("Fair", 100, 20, 30)),
         "No kind of campaign brought in what it cost; Mail came closest (6 of margin for 10;"
         " campaigns: 1).", AGREE),
    ],
)  # fmt: skip
def test_campaigns_say_what_paid_and_whether_every_model_agrees(
    words: Words, rows: tuple[tuple[str, float, float, float], ...], lead: str, under: str
) -> None:
    part = campaigns.campaigns(release_of(performance(*rows)), words)
    assert (part.sentence, part.figures[0].finding) == (lead, under)
    # What no campaign explains is no campaign.
    assert len(part.tables[0].rows) == len(rows)


def test_a_single_kind_of_campaign_and_one_without_cost(words: Words) -> None:
    one = campaigns.campaigns(release_of(performance(("Mail", 10, 60, 50))), words)
    assert one.figures == ()
    assert one.sentence == (
        f"Mail pays best: 60 of margin for 10 (campaigns: 1; 5.0× the cost in return). {AGREE}"
    )
    free = campaigns.campaigns(release_of(performance(("Mail", 0, 60, 50))), words)
    assert free.sentence == ""
    assert [row["roi"] for row in free.tables[0].rows] == [None]


def rates(*rows: tuple[str, int, int, float, float]) -> dict[str, str]:
    return {
        "competitor_win_loss": table_of(
            "period_type, period_start, competitor_id, competitor_name, won, lost, no_decision,"
            " win_rate, win_rate_low, win_rate_high, won_amount, lost_amount",
            *(f"'{kind}', date '2026-01-01', '{name}', '{name}', {won}, {lost}, 1,"
              f" {won / (won + lost)}, {low}, {high}, 10, 20"
              for kind in ("year", "all") for name, won, lost, low, high in rows),
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("Nord", 10, 30, 0.1, 0.35), ("Sud", 30, 10, 0.6, 0.9)),
         "In 2026 we win least against Nord (25%, n = 40) and most against Sud (75%, n = 40)."),
        ((("Nord", 18, 22, 0.3, 0.6), ("Sud", 22, 18, 0.4, 0.7)),
         "In 2026 win rates run from 45% against Nord (n = 40) to 55% against Sud (n = 40),"
         " which may be chance."),
        ((("Nord", 10, 30, 0.1, 0.35),), "In 2026 we win 25% of the deals against Nord (n = 40)."),
        # Too few deals in a year: over all time.
        ((("Nord", 1, 3, 0.1, 0.7),), "In all time we win 25% of the deals against Nord (n = 4)."),
    ],
)  # fmt: skip
def test_competitors_are_compared_with_their_n(
    words: Words, rows: tuple[tuple[str, int, int, float, float], ...], said: str
) -> None:
    part = rivals.competitors(release_of(rates(*rows)), words)
    told = part.figures[0].finding if part.figures else part.tables[0].finding
    assert told == said


def test_market_share_is_told_by_vintage(words: Words) -> None:
    shares = table_of(
        "segment, region, period_start, vintage, own_sales, market_size, share, share_change,"
        " source",
        "'Big', 'East', date '2025-01-01', '2026-03', 10, 100, 0.1, 0.02, 'x'",
        "'Big', 'West', date '2025-01-01', '2026-03', 30, 100, 0.3, -0.05, 'x'",
        # A scope that holds the two above is not added to them.
        "'Big', 'all', date '2025-01-01', '2026-03', 40, 200, 0.2, null, 'x'",
        "'Big', 'East', date '2025-01-01', '2025-03', 10, 80, 0.125, null, 'x'",
        "'Big', 'East', date '2024-01-01', '2025-03', 8, 80, 0.1, null, 'x'",
    )
    newest, whole = rivals.share(release_of({"market_share": shares}), words).tables
    assert newest.finding == (
        "For the period from Jan 2025 we hold 20% of the market, by the figures of 2026-03."
        " Most was gained in Big, East (+2.0 pp to 10%)."
        " Most was lost in Big, West (−5.0 pp to 30%)."
    )
    assert [(row["region"], row["earlier"]) for row in newest.rows] == [
        ("all", None), ("West", None), ("East", 0.125),
    ]  # fmt: skip
    assert [(str(row["period_start"]), row["vintage"], row["share"]) for row in whole.rows] == [
        ("2025-01-01", "2026-03", 0.2),
        ("2025-01-01", "2025-03", 0.125),
        ("2024-01-01", "2025-03", 0.1),
    ]


def test_a_market_sized_as_a_whole_alone_has_its_own_row(words: Words) -> None:
    shares = table_of(
        "segment, region, period_start, vintage, own_sales, market_size, share, share_change,"
        " source", "'all', 'all', date '2025-01-01', '2026', 10, 100, 0.1, null, 'x'"
    )  # fmt: skip
    [table] = rivals.share(release_of({"market_share": shares}), words).tables
    assert table.finding == (
        "For the period from Jan 2025 we hold 10% of the market, by the figures of 2026."
    )
    assert "earlier" not in {column.key for column in table.columns}


def test_potential_begins_with_the_most_room(words: Words) -> None:
    rows = table_of(
        "segment, region, market_size, share, growth_yoy, win_rate, gross_margin_rate, customers,"
        " clv_12m, rank",
        "'Big', 'East', 5000, 0.1, null, 0.4, 0.4, 3, 10, 1",
        "'Big', 'West', null, null, null, 0.4, 0.4, 3, 10, null",
    )
    [table] = rivals.potential(release_of({"segment_potential": rows}), words).tables
    assert table.finding == (
        "There is most room in Big, East: a market of 5K, of which we hold 10%."
    )
    assert len(table.rows) == 1


@pytest.mark.parametrize(
    ("age", "tags", "said"),
    [
        (20, "'price,service'", "Notes in 90 days: 1, most about: price, service."),
        (20, "null", "Notes in 90 days: 1."),
        (200, "'price'", "No note in 90 days."),
    ],
)
def test_notes_tell_what_the_newest_are_about(words: Words, age: int, tags: str, said: str) -> None:
    rows = table_of(
        "note_id, kind, noted_at, source, title, body, competitor_id, segment, tags, age_days",
        f"'n', 'news', timestamptz '2026-05-31 20:00:00+00', 's', 't', 'b', 'x', 'Big', {tags},"
        f" {age}",
    )
    [table] = rivals.notes(release_of({"market_intelligence": rows}), words).tables
    assert table.finding == said
    assert (str(table.rows[0]["noted_on"]), table.rows[0]["kind"]) == ("2026-06-01", "news")


COMMENTS = (
    "response_id, question_id, survey_id, submitted_date, text, measure, measure_value, themes,"
    " needs_reply"
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("'r1', 'q', 's', date '2026-05-01', 'late', 'nps', 3.0, 'delivery, price', true",
          "'r2', 'q', 's', date '2026-05-02', 'dear', 'nps', 9.0, 'price', false"),
         "Of 2 comments most are about price (2). Waiting for a reply: 1."),
        (("'r1', 'q', 's', date '2026-05-01', 'hm', null, null::double, '', false",),
         "Comments written: 1; none holds a word of the list of themes."
         " None waits for a reply."),
        (("'r1', 'q', 's', date '2026-05-01', 'late', null, null::double, 'delivery', true",),
         "Of 1 comments most are about delivery (1). Waiting for a reply: 1."),
    ],
)  # fmt: skip
def test_comments_tell_what_they_are_about_and_who_waits(
    words: Words, rows: tuple[str, ...], said: str
) -> None:
    release = release_of(
        {
            "survey_comments": table_of(COMMENTS, *rows),
            "fct_survey_response": table_of("response_id, customer_id", "'r1', 'c'"),
            "dim_customer": table_of("customer_id, name", "'c', 'Acme'"),
            "dim_survey": table_of("survey_id, name", "'s', 'May'"),
        }
    )
    part = voices.comments(release, words)
    told = part.figures[0].finding if part.figures else (
        part.tables[0].finding if part.tables else part.sentence)  # fmt: skip
    assert told == said
    waiting = [table for table in part.tables if table.key == "comments"]
    assert len(waiting) == ("reply: 1" in said)
    for table in waiting:
        [row] = table.rows
        assert (row["customer"], row["survey"], row["text"]) == ("Acme", "May", "late")
        assert row["rating"] == ("NPS 3" if row["measure"] else None)


def test_answers_show_shares_of_choices_and_means_of_ratings(words: Words) -> None:
    release = release_of(
        {
            "survey_answers_by_question": table_of(
                "question_id, choice, dimension, survey_id, n, respondents, share, mean_value",
                "'q1', '', 'total', 's', 9, 9, 1.0, 4.25", "'q2', 'No', 'total', 's', 3, 9, 0.25, null",
                "'q2', 'Yes', 'total', 's', 6, 9, 0.75, null", "'q3', '', 'total', 's', 9, 9, 1.0, null",
            ),
            "dim_question": table_of(
                "question_id, position, text, kind", "'q1', 1, 'How?', 'rating'",
                "'q2', 2, 'Again?', 'single_choice'", "'q3', 3, 'Else?', 'text'",
            ),
        }
    )  # fmt: skip
    [table] = voices.answers(release, words).tables
    assert [(r["question"], r["choice"], r["share"], r["mean_value"]) for r in table.rows] == [
        ("How?", None, None, 4.25), ("Again?", "Yes", 0.75, None), ("Again?", "No", 0.25, None),
    ]  # fmt: skip


def test_a_market_without_surveys_begins_with_its_campaigns(words: Words) -> None:
    section = market(release_of(performance(("Mail", 10, 60, 50), ("Fair", 100, 80, 70))), words)
    assert section is not None
    assert section.lead.startswith("Mail pays best: ")
    rival = market(release_of(rates(("Nord", 10, 30, 0.1, 0.35))), words)
    assert rival is not None
    assert rival.lead == "No survey has measured anything yet."


def test_market_parts_without_data_are_left_out(words: Words) -> None:
    for part in (campaigns.campaigns, rivals.competitors, rivals.share, rivals.potential,
                 rivals.notes, voices.comments, voices.answers):  # fmt: skip
        assert part(release_of({}), words) == Part()
    assert market(release_of({}), words) is None
    assert actions(release_of({}), words) is None


ACTIONS = (
    "action_id, metric, dimension, member, finding, owner_id, started_on, closed_on, value_before,"
    " value_after, change, change_low, change_high, expected_change, verdict, reason"
)


def action(key: str, verdict: str) -> str:
    known = "null, null, null" if verdict == "too_early" else "0.1, 0.05, 0.15"
    return (
        f"'{key}', 'win_rate', 'team', 't', 'Idea {key}', 'u', date '2026-01-01', null, 0.4, 0.5,"
        f" {known}, 0.04, '{verdict}', null"
    )


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("better", "worse", "no_effect", "too_early"),
         "Of 4 improvement actions 3 can be judged: 1 made it better, 1 worse, 1 showed no provable"
         " effect. “Idea 0”: Win rate went from 40% to 50%. Worse since: “Idea 1”, Win rate went"
         " from 40% to 50%."),
        (("too_early",), "None of the 1 improvement actions can be judged yet."),
        (("no_effect",), "Of 1 improvement actions 1 can be judged: 0 made it better, 0 worse,"
                         " 1 showed no provable effect."),
    ],
)  # fmt: skip
def test_actions_say_what_worked(words: Words, verdicts: tuple[str, ...], said: str) -> None:
    release = release_of(
        {
            "improvement_actions": table_of(
                ACTIONS, *(action(str(n), verdict) for n, verdict in enumerate(verdicts))
            ),
            "dim_team": table_of("team_id, name, parent_team_id", "'t', 'Team', null"),
        }
    )
    section = actions(release, words)
    assert section is not None
    assert section.lead == said
    row = section.tables[0].rows[0]
    assert (row["where"], row["value_before_text"], row["expected_change_text"]) == (
        "Team", "40%", "+4.0 pp",
    )  # fmt: skip
    if verdicts[0] == "better":
        assert row["interval"] == "+5.0 pp to +15.0 pp"
