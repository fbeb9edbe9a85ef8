"""A page for each rep: its own figures against everybody's, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.report.cards import Card, Cards, Spread, gather
from pipelines.report.coaching import hints, strengths
from pipelines.report.facts import CompanyFacts
from pipelines.report.release import Release, Row, opened
from pipelines.report.scorecards import file_name, render_scorecards
from pipelines.report.words import Words
from tests.unit.report.small_release import REPS

Changed = Callable[..., Path]
Q1 = date(2026, 1, 1)
EVEN = Spread(0.2, 0.3, 0.4, 0.5, 0.6)


@pytest.fixture(scope="module")
def folder(release_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cards")
    company = CompanyFacts("极光仪器", "CNY", "Asia/Shanghai", "zh")
    render_scorecards(release_file, place, company=company)
    return place / "scorecards"


def page(folder: Path, user_id: str, language: str) -> str:
    return (folder / file_name(user_id, language)).read_text("utf-8")


def test_there_is_a_page_for_each_rep_and_language_and_an_index_that_links_them(
    folder: Path,
) -> None:
    written = {file.name for file in folder.iterdir()}
    for language in ("zh", "en"):
        index = (folder / f"index.{language}.html").read_text("utf-8")
        linked = set(re.findall(r'href="([^"]+)"', index))
        assert linked == {file_name(user, language) for user, *_ in REPS}
        assert linked < written
        assert all(name in index for _, name, _ in REPS)
    assert len(written) == 2 * len(REPS) + 2


def test_a_card_tells_of_the_last_complete_quarter_against_all(folder: Path) -> None:
    card = page(folder, "u1", "en")
    assert "In Q1 2026 陈晓明 reached 134% of the quota: 1.21M of 900K (bookings)." in card
    assert "<b>Strong</b>" in card
    # 61, 64, 79, 88, 98, 105, 112, 134: the middle is 93 %.
    assert re.search(r"Attainment</th>.*134%.*93%.*From 61% to 134%; half of all between", card)
    assert "81.6%" not in card
    assert '39% <span class="n">n = 15</span>' in card
    assert '82% <span class="n">n = 14</span>' in card
    assert "Reached the quota: 134%." in card


def test_a_figure_that_nobody_has_is_left_out(
    folder: Path, changed: Changed, company: CompanyFacts, tmp_path: Path
) -> None:
    assert "Entered within a day" not in page(folder, "u1", "en")
    path = changed("update rep_scorecard set entry_timeliness = 0.75")
    render_scorecards(path, tmp_path, company=company)
    card = page(tmp_path / "scorecards", "u1", "en")
    assert re.search(r"Entered within a day</th><td[^>]*>75%", card)


def test_a_card_names_nobody_else(folder: Path) -> None:
    for user, name, _ in REPS:
        for language in ("zh", "en"):
            others = {other for _, other, _ in REPS if other != name}
            assert not [other for other in others if other in page(folder, user, language)]


def test_a_card_lists_what_the_rep_has_to_mend(folder: Path) -> None:
    # Of 20 open issues u1 owns every third: 7 of them.
    card = page(folder, "u1", "zh")
    assert len(re.findall(r'<td class="long">', card)) == 7
    assert "待修正的记录：7 条" in card


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_card_needs_no_script_and_no_network(folder: Path, language: str) -> None:
    card = page(folder, "u1", language)
    assert not re.search(r"https?://|<script|<link|<img|<iframe|@import|url\(|javascript:", card)
    assert not re.search(r"<[^>]+\s(?:on[a-z]+|style)=", card)
    assert "default-src 'none'; style-src 'sha256-" in card.replace("&#39;", "'")
    assert len(card.encode()) < 40_000


@pytest.mark.parametrize(
    "user_id",
    ["u1", "U1", "a/b", "a\\b", "../../etc/passwd", "陈晓明", "x" * 300, "CON", "INDEX", "", ".",
     "sf:005x000001Sv6A", "sf:005x000001Sv6a", "o'neill\n", "%2e%2e"],
)  # fmt: skip
def test_any_id_has_a_file_of_its_own_on_every_disk(user_id: str) -> None:
    name = file_name(user_id, "zh")
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,60}\.zh\.html", name)
    assert name.lower() not in ("index.zh.html", "con.zh.html")
    others = {"u1", "U1", "a/b", "a\\b", "a_b", "sf:005x000001Sv6A", "sf:005x000001Sv6a"}
    taken = {file_name(other, "zh").lower() for other in others - {user_id}}
    assert name.lower() not in taken


def test_an_id_of_capitals_and_digits_is_its_own_name() -> None:
    assert file_name("U101", "en") == "U101.en.html"


def test_what_comes_from_data_is_escaped(
    changed: Changed, company: CompanyFacts, tmp_path: Path
) -> None:
    path = changed("update dim_rep set name = '<b>x</b>' where user_id = 'u1'")
    render_scorecards(path, tmp_path, company=company)
    card = page(tmp_path / "scorecards", "u1", "en")
    assert "&lt;b&gt;x&lt;/b&gt;" in card
    assert "<b>x</b>" not in card


def test_with_few_reps_nobody_is_compared(
    changed: Changed, company: CompanyFacts, tmp_path: Path
) -> None:
    path = changed(
        "delete from rep_scorecard where user_id not in ('u1', 'u2', 'u3', 'u4')",
        "update rep_scorecard set position = null, position_reason ="
        " 'not compared: fewer than 5 active, ramped reps'",
    )
    render_scorecards(path, tmp_path, company=company)
    card = page(tmp_path / "scorecards", "u1", "en")
    assert "With fewer than 5 reps nobody is compared" in card
    assert "<b>Not compared</b>: fewer than five reps to compare with." in card
    assert "<svg" not in card
    assert "Median</th>" not in card


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update rep_scorecard set is_complete = false, position = null, position_reason = 'x'",
         "So far in Q2 2026 陈晓明 has reached 134% of the quota"),
        ("update rep_scorecard set attainment = null",
         "In Q1 2026 陈晓明 booked 1.21M and sold –; no quota is set."),
        ("update rep_scorecard set won = 1, lost = 1", "Only 2 deals were closed"),
        ("update rep_scorecard set position = null, position_reason = 'not compared: has left'",
         "<b>Not compared</b>: still coming up to speed."),
        ("update rep_scorecard set position = 'needs_help', position_reason = 'attainment below"
         " 0.7 twice running'", "below 70% of the quota two periods running"),
    ],
)  # fmt: skip
def test_a_card_says_how_the_period_went(
    changed: Changed, company: CompanyFacts, tmp_path: Path, statement: str, said: str
) -> None:
    render_scorecards(changed(statement), tmp_path, company=company)
    assert said in page(tmp_path / "scorecards", "u1", "en")


def test_who_has_left_or_has_no_figure_has_no_card(changed: Changed) -> None:
    path = changed(
        "update dim_rep set is_active = false where user_id = 'u1'",
        "update rep_scorecard set won = 0, lost = 0, bookings = 0, attainment = null"
        " where user_id = 'u2'",
    )
    with opened(path) as release:
        cards = gather(release)
    assert cards is not None
    assert {card.user_id for card in cards.cards} == {"u3", "u4", "u5", "u6", "u7", "u8"}


def test_who_is_not_compared_is_not_among_those_who_are(changed: Changed) -> None:
    path = changed("update rep_scorecard set position = null, attainment = 9 where user_id = 'u1'")
    with opened(path) as release:
        cards = gather(release)
    assert cards is not None
    assert (len(cards.cards), cards.peers) == (8, 7)
    assert cards.spreads["attainment"].high == 1.12


def test_without_a_card_there_is_no_folder(
    empty_release: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    assert render_scorecards(empty_release, tmp_path, company=company) == []
    assert list(tmp_path.iterdir()) == []


def test_a_company_replaces_the_template(
    release_file: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    (tmp_path / "scorecard.html").write_text("<p>{{ name }} {{ position }}</p>")
    render_scorecards(release_file, tmp_path / "out", company=company, templates=tmp_path)
    assert page(tmp_path / "out" / "scorecards", "u1", "zh").startswith("<p>陈晓明 ")


def test_the_number_of_queries_does_not_grow_with_the_reps(
    release_file: Path, changed: Changed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    rows = Release.rows

    def counted(self: Release, query: str, parameters: list[Any] | None = None) -> list[Row]:
        asked.append(query)
        return rows(self, query, parameters)

    monkeypatch.setattr(Release, "rows", counted)
    counts = []
    for path in (release_file, changed("delete from rep_scorecard where user_id <> 'u1'")):
        asked.clear()
        with opened(path) as release:
            assert gather(release) is not None
        counts.append(len(asked))
    assert counts[0] == counts[1]


ROW: Row = {
    "attainment": 0.9, "win_rate_adjusted": 0.4, "median_cycle_days": 0.4, "csat_adjusted": 0.4,
    "activities": 0.4, "high_value_share": 0.4, "first_response_hours": 0.4, "n": 20,
    "csat_answers": 9, "position": "middle",
}  # fmt: skip


def _card(**changes: Any) -> tuple[Card, Cards]:
    fields = {key: value for key, value in changes.items() if key not in ROW}
    row = ROW | {key: value for key, value in changes.items() if key in ROW}
    card = Card("u", "Ann", None, None, None, None, periods={Q1: row}, **fields)
    spreads = {
        key: EVEN for key in ROW if key not in ("n", "csat_answers", "attainment", "position")
    }
    return card, Cards("quarter", Q1, Q1, Q1, True, Q1, spreads, 8, True, (card,))


def test_an_ordinary_card_has_no_hints() -> None:
    card, cards = _card()
    assert hints(card, cards, Words("en", {})) == strengths(card, cards, Words("en", {})) == []


LOST = {"lost_reason": "price", "lost": 7, "whole": 12}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"win_rate_adjusted": 0.25},
         "Wins less often than most: 25%, adjusted (n = 20), against 40%."),
        ({"win_rate_adjusted": 0.25, "lost_for": LOST},
         "Wins less often than most: 25%, adjusted (n = 20), against 40%. Most were lost for “price”"
         " (7 of 12 in a year): go through those together."),
        ({"win_rate_adjusted": 0.25, "lost_for": LOST | {"lost": 2}},
         "Wins less often than most: 25%, adjusted (n = 20), against 40%."),
        ({"median_cycle_days": 0.55}, "Deals take longer to win: 0.6 days against 0.4. See which"
                                      " stage holds them."),
        ({"csat_adjusted": 0.25}, "Customers are less content: 25%, adjusted (n = 9), against 40%."
                                  " Read what they wrote."),
        ({"activities": 0.25}, "Fewer contacts than most: 0.25 against 0.4."),
        ({"high_value_share": 0.25},
         "Less time goes into meetings and demos: 25% against 40%."),
        ({"first_response_hours": 0.55}, "New leads wait longer for an answer: 0.6 hours against 0.4."),
        ({"coverage": {"coverage": 1.5, "coverage_needed": 3.0, "period_start": date(2026, 4, 1),
                       "open_amount": 1500, "remaining": 1000}},
         "Too few open deals for Q2 2026: 1.5K against 1K still to be booked, 1.5 times that, and"
         " 3.0 times is needed. New deals come first."),
        ({"open": {"deals": 9, "stalled_deals": 3, "stalled_amount": 5000}},
         "3 of 9 open deals stand still, worth 5K: agree on a next step for each, or close them."),
        ({"open": {"deals": 9, "stalled_deals": 2, "stalled_amount": 5, "overdue_close_dates": 2}},
         "Open deals past their close date: 2. Give each a new one, or close it."),
        ({"load": {"load": "over", "deals_per_business_day": 1.5, "team_median": 0.5}},
         "Works on far more deals a day than the team (1.50 against 0.50): hand some over."),
        ({"open_fixes": 4}, "Records to mend: 4 (list below)."),
    ],
)  # fmt: skip
def test_a_hint_names_the_figure_and_what_to_do(changes: dict[str, object], said: str) -> None:
    card, cards = _card(**changes)
    assert hints(card, cards, Words("en", {})) == [said]
    assert strengths(card, cards, Words("en", {})) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"win_rate_adjusted": 0.25, "n": 9},  # of few deals nothing is said
        {"csat_adjusted": 0.25, "csat_answers": 4},
        {"win_rate_adjusted": None},
        {"win_rate_adjusted": 0.25, "position": None},  # still coming up to speed
        {"win_rate_adjusted": 0.3},  # on the edge of the quarter
        {"coverage": {"coverage": None, "coverage_needed": 3.0}},
        {"coverage": {"coverage": 3.0, "coverage_needed": 3.0}},
        {"load": {"load": "under"}},
    ],
)
def test_nothing_is_said_of_too_little(changes: dict[str, object]) -> None:
    card, cards = _card(**changes)
    assert hints(card, cards, Words("en", {})) == []


def test_a_difference_that_is_none_is_no_hint() -> None:
    card, cards = _card(win_rate_adjusted=0.385)
    narrow = Spread(0.38, 0.39, 0.4, 0.41, 0.42)
    cards = replace(cards, spreads=cards.spreads | {"win_rate_adjusted": narrow})
    assert hints(card, cards, Words("en", {})) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"attainment": 1.0}, "Reached the quota: 100%."),
        ({"win_rate_adjusted": 0.55}, "Wins more often than most: 55%, adjusted (n = 20), against 40%."),
        ({"median_cycle_days": 0.25}, "Deals are won sooner: 0.2 days against 0.4."),
        ({"csat_adjusted": 0.55}, "Customers are more content: 55%, adjusted (n = 9), against 40%."),
        ({"activities": 0.55}, "More contacts than most: 0.55 against 0.4."),
        ({"high_value_share": 0.55}, "More time goes into meetings and demos: 55% against 40%."),
        ({"first_response_hours": 0.25}, "New leads are answered sooner: 0.2 hours against 0.4."),
    ],
)  # fmt: skip
def test_a_strength_is_told_too(changes: dict[str, object], said: str) -> None:
    card, cards = _card(**changes)
    assert strengths(card, cards, Words("en", {})) == [said]
    assert hints(card, cards, Words("en", {})) == []


def test_the_weightiest_five_hints_are_enough() -> None:
    low = dict.fromkeys(
        ("win_rate_adjusted", "csat_adjusted", "activities", "high_value_share"), 0.2
    )
    card, cards = _card(
        **low, median_cycle_days=0.6, first_response_hours=0.6, open_fixes=3,
        open={"deals": 9, "stalled_deals": 3, "stalled_amount": 1},
    )  # fmt: skip
    found = hints(card, cards, Words("en", {}))
    assert [text.split(":")[0] for text in found] == [
        "Wins less often than most", "3 of 9 open deals stand still, worth 1",
        "Deals take longer to win", "Customers are less content", "Fewer contacts than most",
    ]  # fmt: skip
