"""The headline figures: the value, and how it stands against target, last period and last year."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Comparison, Headline, Kind, Status
from pipelines.report.numbers import NOTHING, is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words, kind_of

# In the order of a reader's interest; the first eight that have a value are shown.
ORDER = ("net_sales", "gross_margin_rate", "bookings", "win_rate", "open_pipeline", "attainment",
         "new_customers", "nps", "csat", "orders", "average_order_value")  # fmt: skip
MOST = 8
_AS_OF_METRICS = ("open_pipeline",)
_SPARK_MONTHS = 13


def _history(release: Release, metric: str) -> list[Row]:
    return release.rows(
        "select period_type, period_start, value, numerator, denominator, n, unit, target,"
        " previous_value, year_ago_value, status, is_complete from kpis"
        " where metric = ? and dimension = 'total' and period_type = 'month'"
        " order by period_start",
        [metric],
    )


def _chosen(rows: list[Row], metric: str) -> Row | None:
    """The last complete month with a value; a stock figure is the latest there is."""
    valued = [row for row in rows if is_number(row["value"])]
    complete = [row for row in valued if row["is_complete"]]
    if metric in _AS_OF_METRICS:
        return valued[-1] if valued else None
    usable = complete or valued
    return usable[-1] if usable else None


def _target(row: Row, kind: Kind, words: Words) -> tuple[str, Status, Comparison | None]:
    status: Status = row["status"] if row["status"] in (
        "on_track", "watch", "off_track") else "no_target"  # fmt: skip
    if not is_number(row["target"]):
        return words.say("headline.no_target"), "no_target", None
    text = words.say("headline.target", target=words.value(kind, row["target"]))
    return text, status, None


def headline(release: Release, words: Words, metric: str) -> Headline | None:
    """One metric's headline; None where no period has a value."""
    rows = _history(release, metric)
    row = _chosen(rows, metric)
    if row is None:
        return None
    kind = kind_of(metric, row["unit"])
    is_lower_better = words.dictionary.get(metric, {}).get("direction") == "lower"
    is_stock = metric in _AS_OF_METRICS
    comparisons = tuple(
        words.compare(kind, row["value"], row[key], words.say(label),
                      lower_is_better=is_lower_better)
        for key, label in (
            ("previous_value", "headline.against_month"),
            ("year_ago_value", "headline.against_year"),
        )
    )  # fmt: skip
    target_text, status, _ = _target(row, kind, words)
    period = (
        words.say("headline.now")
        if is_stock
        else words.numbers.period("month", row["period_start"])
        + ("" if row["is_complete"] else words.say("word.running"))
    )
    sample = ""
    if kind in ("rate", "score") and is_number(row["n"]):
        sample = f"n = {words.numbers.whole(row['n'])}"
    history = [item for item in rows if item["period_start"] <= row["period_start"]]
    return Headline(
        metric=metric,
        name=words.term(metric),
        value_text=words.value(kind, row["value"]),
        period=period,
        direction=comparisons[0].direction,
        direction_word=comparisons[0].word,
        status=status,
        status_word=words.say(f"status.{status}"),
        comparisons=comparisons,
        target_text=target_text,
        sample=sample,
        definition=words.definition(metric),
        spark=charts.spark([item["value"] for item in history[-_SPARK_MONTHS:]]),
        value=float(row["value"]),
        target=float(row["target"]) if is_number(row["target"]) else None,
        kind=kind,
    )


def headline_figures(release: Release, words: Words) -> tuple[Headline, ...]:
    """The headline figures that have a value, eight at most."""
    if not release.has("kpis"):
        return ()
    found = (headline(release, words, metric) for metric in ORDER)
    return tuple([item for item in found if item is not None][:MOST])


def headline_sentence(figures: tuple[Headline, ...], words: Words) -> str:
    """How we stand, in one sentence."""
    if not figures:
        return words.say("headline.nothing")
    targeted = [figure for figure in figures if figure.status != "no_target"]
    off = [figure.name for figure in targeted if figure.status == "off_track"]
    watch = [figure.name for figure in targeted if figure.status == "watch"]
    first = figures[0]
    change = first.comparisons[0]
    opening = words.say(
        f"headline.opening_{change.direction}",
        period=first.period,
        name=first.name,
        value=first.value_text,
        change=words.size(change) if change.text != NOTHING else "",
    )
    if not targeted:
        return words.join(opening, words.say("headline.no_targets"))
    key = "off" if off else "watch" if watch else "all_on"
    return words.join(
        opening,
        words.say(
            f"headline.targets_{key}",
            n=len(targeted),
            on=len(targeted) - len(off) - len(watch),
            names=words.list(off or watch),
        ),
    )
