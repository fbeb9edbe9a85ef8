"""Hints for one rep: which figures stand out against the others', and what to do about them."""

from __future__ import annotations

from pipelines.report.cards import Card, Cards, Spread
from pipelines.report.content import Kind
from pipelines.report.numbers import is_number
from pipelines.report.release import Row
from pipelines.report.words import Words

# Of fewer deals or answers a rate says nothing of the person.
_ENOUGH_DEALS = 10
_ENOUGH_ANSWERS = 5
_ENOUGH_LOST = 3
_MANY_STALLED = 3
_MOST_HINTS = 5
_MOST_STRENGTHS = 3
# Key of the figure → its column, kind, and whether less is better.
_COMPARED: dict[str, tuple[str, Kind, bool]] = {
    "win_rate": ("win_rate_adjusted", "rate", False),
    "cycle": ("median_cycle_days", "days", True),
    "csat": ("csat_adjusted", "rate", False),
    "activities": ("activities", "count", False),
    "time": ("high_value_share", "rate", False),
    "response": ("first_response_hours", "days", True),
}


def _is_enough(key: str, row: Row) -> bool:
    """Whether the figure rests on enough to be held against somebody."""
    if key in ("win_rate", "cycle"):
        return bool(row["n"] >= _ENOUGH_DEALS)
    return bool(row["csat_answers"] >= _ENOUGH_ANSWERS) if key == "csat" else True


def _side(value: float, spread: Spread, kind: str, lower_is_better: bool) -> int:
    """1 in the better quarter of all, −1 in the worse, else 0: on the edge, or hardly away from the
    median, is as the others."""
    least = 0.02 if kind == "rate" else 0.1 * abs(spread.median)
    if abs(value - spread.median) < least:
        return 0
    side = (value > spread.three_quarters) - (value < spread.quarter)
    return -side if lower_is_better else side


def _standing(card: Card, cards: Cards) -> dict[str, int]:
    row = card.periods[cards.start]
    if cards.is_ranked and row["position"] is None:
        # Who is still coming up to speed is not held against the others.
        return {}
    return {
        key: _side(float(row[column]), cards.spreads[column], kind, lower)
        for key, (column, kind, lower) in _COMPARED.items()
        if column in cards.spreads and is_number(row[column]) and _is_enough(key, row)
    }


def _said(words: Words, prefix: str, key: str, card: Card, cards: Cards) -> str:
    row = card.periods[cards.start]
    column, kind, _ = _COMPARED[key]
    return words.say(
        f"{prefix}.{key}",
        value=words.value(kind, row[column]),
        median=words.value(kind, cards.spreads[column].median),
        n=words.numbers.whole(row["csat_answers"] if key == "csat" else row["n"]),
    )


def hints(card: Card, cards: Cards, words: Words) -> list[str]:
    """What to work on, what weighs most first."""
    standing, numbers = _standing(card, cards), words.numbers
    found: list[str] = []
    cover = card.coverage
    if is_number(cover.get("coverage")) and is_number(cover.get("coverage_needed")) and (
        cover["coverage"] < cover["coverage_needed"]
    ):  # fmt: skip
        found.append(
            words.say(
                "hint.coverage",
                period=numbers.period("quarter", cover["period_start"]),
                open=numbers.short(cover["open_amount"]),
                remaining=numbers.short(cover["remaining"]),
                coverage=numbers.decimal(cover["coverage"]),
                needed=numbers.decimal(cover["coverage_needed"]),
            )
        )
    if standing.get("win_rate") == -1:
        lost = card.lost_for
        found.append(
            words.join(
                _said(words, "hint", "win_rate", card, cards),
                words.say("hint.lost_for", reason=lost["lost_reason"],
                          lost=numbers.whole(lost["lost"]), whole=numbers.whole(lost["whole"]))
                if lost and lost["lost"] >= _ENOUGH_LOST
                else "",
            )
        )  # fmt: skip
    if (card.open.get("stalled_deals") or 0) >= _MANY_STALLED:
        found.append(
            words.say(
                "hint.stalled",
                deals=numbers.whole(card.open["stalled_deals"]),
                amount=numbers.short(card.open["stalled_amount"]),
                open=numbers.whole(card.open["deals"]),
            )
        )
    found += [
        _said(words, "hint", key, card, cards)
        for key in ("cycle", "csat", "activities", "time", "response")
        if standing.get(key) == -1
    ]
    if card.open.get("overdue_close_dates"):
        found.append(words.say("hint.overdue", n=numbers.whole(card.open["overdue_close_dates"])))
    if card.load.get("load") == "over":
        found.append(
            words.say(
                "hint.load",
                value=numbers.whole(card.load["deals_per_business_day"], 2),
                median=numbers.whole(card.load["team_median"], 2),
            )
        )
    if card.open_fixes:
        found.append(words.say("hint.fix", n=numbers.whole(card.open_fixes)))
    return found[:_MOST_HINTS]


def strengths(card: Card, cards: Cards, words: Words) -> list[str]:
    """What goes well, at most three of it."""
    standing = _standing(card, cards)
    attained = card.periods[cards.start]["attainment"]
    found = []
    if cards.is_complete and is_number(attained) and attained >= 1:
        found.append(words.say("strength.attainment", value=words.numbers.rate(attained)))
    found += [
        _said(words, "strength", key, card, cards) for key in _COMPARED if standing.get(key) == 1
    ]
    return found[:_MOST_STRENGTHS]
