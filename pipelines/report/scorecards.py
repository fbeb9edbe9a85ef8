"""Write the scorecard of each rep as a page of its own, in each language, and an index of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.report.cards import FEWEST_PEERS, MEASURES, Card, Cards, Measure, Spread, gather
from pipelines.report.coaching import hints, strengths
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import Language, is_number
from pipelines.report.page import LANGUAGE_TAGS, environment_of, style_of
from pipelines.report.release import Row, opened
from pipelines.report.words import Words, words_of

FOLDER = "scorecards"
LANGUAGES: tuple[Language, ...] = ("zh", "en")
_HISTORY = 6
_STRIP = 160
_FEW_DEALS = 10
# Names that a disk that knows no case, or Windows, keeps for something else.
_TAKEN = re.compile(r"index|con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)
# Capitals and digits alone: two ids never differ in case alone, then.
_PLAIN = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,59}")


def file_name(user_id: str, language: str) -> str:
    """The name of a rep's page: the id itself where every disk can hold it, else what is left of it
    and a hash, so that no two ids share a file."""
    if _PLAIN.fullmatch(user_id) and not _TAKEN.fullmatch(user_id):
        return f"{user_id}.{language}.html"
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", user_id)[:40].strip("_") or "rep"
    return f"{kept}-{hashlib.sha256(user_id.encode()).hexdigest()[:10]}.{language}.html"


def render_scorecards(
    release: Path, folder: Path, *, company: CompanyFacts, templates: Path | None = None
) -> list[Path]:
    """Write `scorecards/` into a folder; gives the index of each language.

    There is no such folder where no rep has a figure. `templates` may hold a company's own
    `scorecard.html`, `scorecards.html` and `scorecard.css`. Raises FileNotFoundError where there is
    no release.
    """
    with opened(release) as marts:
        cards = gather(marts)
        if cards is None:
            return []
        spoken = [words_of(marts, language, company.timezone) for language in LANGUAGES]
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    environment = environment_of(templates)
    style, policy = style_of(environment, "scorecard.css")
    page = environment.get_template("scorecard.html")
    index = environment.get_template("scorecards.html")
    written = []
    for words in spoken:
        shared = {
            "company": company,
            "language": LANGUAGE_TAGS[words.language],
            "say": words.say,
            "style": style,
            "policy": policy,
            "period": _period(cards, words),
            "as_of": "" if cards.as_of is None else words.numbers.day(cards.as_of),
            "currency": words.choice("currency", company.currency),
        }
        for card in cards.cards:
            text = page.render(**shared, **_page(card, cards, words))
            _write(target / file_name(card.user_id, words.language), text)
        place = target / f"index.{words.language}.html"
        _write(place, index.render(**shared, cards=_listed(cards, words)))
        written.append(place)
    return written


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _period(cards: Cards, words: Words) -> str:
    name = words.numbers.period(cards.period_type, cards.start)
    return name if cards.is_complete else name + words.say("word.running")


def _listed(cards: Cards, words: Words) -> list[Row]:
    """A line of the index for each card."""
    return [
        {
            "name": card.name,
            "team": card.team or words.say("word.no_member"),
            "attainment": words.value("rate", card.periods[cards.start]["attainment"]),
            "position": _position(card.periods[cards.start], words),
            "file": file_name(card.user_id, words.language),
        }
        for card in cards.cards
    ]


def _position(row: Row, words: Words) -> str:
    known = row["position"] in ("top", "middle", "needs_help")
    return words.say(f"position.{row['position']}") if known else words.say("card.not_compared")


def _page(card: Card, cards: Cards, words: Words) -> dict[str, Any]:
    """What the template shows of one rep."""
    numbers, now = words.numbers, card.periods[cards.start]

    def value(kind: Any, of: Any) -> str:
        return words.value(kind, of, short=kind == "money")

    return {
        "name": card.name,
        "facts": [
            (words.say(f"card.{key}"), text)
            for key, text in (
                ("team", card.team),
                ("manager", card.manager),
                ("region", card.region),
                ("hired", None if card.hired is None else numbers.day(card.hired)),
            )
            if text
        ],
        "lead": _lead(card, cards, words),
        "position": _position(now, words).capitalize(),
        "position_key": now["position"] or "none",
        "why": _why(now, cards, words),
        "hints": hints(card, cards, words),
        "strengths": strengths(card, cards, words),
        "figures": [
            _figure(measure, card, cards, words, value)
            for measure in MEASURES
            if any(row.get(measure.key) is not None for row in card.periods.values())
        ],
        "peers": cards.peers if cards.spreads else 0,
        "fewest": FEWEST_PEERS,
        "history": _history(card, cards, words),
        "stalled": [
            [row["name"], row["stage"], value("money", row["amount"]),
             value("days", row["days_in_stage"]),
             value("day", words.local_day(row["last_activity_at"])), row["next_step"] or "–"]
            for row in card.stalled
        ],
        "fixes": [
            [row["entity"], row["record_id"], value("money", row["amount_at_risk"]),
             row[f"message_{words.language}"]]
            for row in card.fixes
        ],
        "more_fixes": card.open_fixes - len(card.fixes),
        "pay": words.say(
            "card.pay",
            period=numbers.period(card.pay["period_type"], card.pay["period_start"]),
            total=numbers.whole(card.pay["total"]),
            commission=numbers.whole(card.pay["commission"]),
            claw_back=numbers.whole(card.pay["claw_back"]),
            cap=numbers.whole(card.pay["cap_applied"]),
        )
        if card.pay
        else "",
    }  # fmt: skip


def _lead(card: Card, cards: Cards, words: Words) -> str:
    """How the period went, in a sentence; and that few deals say little."""
    numbers, now, quota = words.numbers, card.periods[cards.start], card.quota
    if quota and is_number(now["attainment"]):
        said = words.say(
            "card.reached" if cards.is_complete else "card.so_far",
            name=card.name,
            period=numbers.period(cards.period_type, cards.start),
            attainment=numbers.rate(now["attainment"]),
            credited=numbers.short(quota["credited"]),
            quota=numbers.short(quota["quota"]),
            measure=words.choice("measure", quota["measure"]),
        )
    else:
        said = words.say(
            "card.no_quota",
            name=card.name,
            period=numbers.period(cards.period_type, cards.start),
            bookings=numbers.short(now["bookings"]),
            net_sales=numbers.short(now["net_sales"]),
        )
    few = words.say("card.few_deals", n=now["n"]) if now["n"] < _FEW_DEALS else ""
    return words.join(said, few)


def _why(now: Row, cards: Cards, words: Words) -> str:
    """The figures behind the standing, or why there is none."""
    numbers = words.numbers
    if now["position"] is None:
        is_few = "fewer than" in (now["position_reason"] or "")
        return words.say("card.few_reps" if is_few else "card.ramping")
    parts = []
    if is_number(now["attainment"]):
        parts.append(words.say("people.why_attainment", value=numbers.rate(now["attainment"])))
    spread = cards.spreads.get("win_rate_adjusted")
    if is_number(now["win_rate_adjusted"]) and spread is not None:
        parts.append(
            words.say("people.why_win_rate", value=numbers.rate(now["win_rate_adjusted"]),
                      n=numbers.whole(now["n"]), median=numbers.rate(spread.median))
        )  # fmt: skip
    if is_number(now["csat_adjusted"]):
        parts.append(
            words.say("people.why_csat", value=numbers.rate(now["csat_adjusted"]),
                      n=numbers.whole(now["csat_answers"]))
        )  # fmt: skip
    if "twice running" in (now["position_reason"] or ""):
        parts.append(words.say("card.short_twice"))
    return words.say("word.semicolon").join(parts) or words.say("people.why_position")


def _figure(
    measure: Measure, card: Card, cards: Cards, words: Words, value: Callable[[Any, Any], str]
) -> Row:
    """One line of the card: this period, the one before, a year ago, and where it lies."""
    now, key = card.periods[cards.start], measure.key
    n = {"win_rate_adjusted": now["n"], "csat_adjusted": now["csat_answers"]}.get(key)
    # Some are named on the card as its readers know them, others as the dictionary does.
    own = f"card.name_{key}"
    name = words.say(own) if words.knows(own) else words.term(key)
    spread = cards.spreads.get(key)
    return {
        "name": name,
        "definition": words.definition(key),
        "now": value(measure.kind, now[key]),
        "n": "" if n is None else f"n = {words.numbers.whole(n)}",
        "before": value(measure.kind, card.periods.get(cards.before, {}).get(key)),
        "year_ago": value(measure.kind, card.periods.get(cards.year_ago, {}).get(key)),
        "median": value(measure.kind, None if spread is None else spread.median),
        "strip": None if spread is None else _strip(spread, now[key]),
        "told": ""
        if spread is None
        else words.say(
            "card.spread",
            low=value(measure.kind, spread.low),
            quarter=value(measure.kind, spread.quarter),
            three_quarters=value(measure.kind, spread.three_quarters),
            high=value(measure.kind, spread.high),
        ),
        "is_lower_better": measure.lower_is_better,
    }


def _strip(spread: Spread, value: Any) -> dict[str, int | None]:
    """Places of the spread on a strip of pixels, for the template to draw."""
    width = spread.high - spread.low

    def at(number: float) -> int:
        # All alike: the middle.
        share = 0.5 if width == 0 else (number - spread.low) / width
        return round(6 + share * (_STRIP - 12))

    return {
        "quarter": at(spread.quarter),
        "median": at(spread.median),
        "three_quarters": at(spread.three_quarters),
        "own": at(float(value)) if is_number(value) else None,
    }


def _history(card: Card, cards: Cards, words: Words) -> list[list[str]]:
    """The last periods, newest first."""
    numbers = words.numbers

    def sampled(rate: Any, n: Any) -> str:
        return f"{numbers.rate(rate)} · n = {numbers.whole(n)}" if is_number(rate) else "–"

    return [
        [
            numbers.period(cards.period_type, start),
            numbers.rate(row["attainment"]),
            words.value("money", row["bookings"]),
            words.value("money", row["net_sales"]),
            sampled(row["win_rate"], row["n"]),
            sampled(row["csat"], row["csat_answers"]),
        ]
        for start, row in list(card.periods.items())[:_HISTORY]
    ]
