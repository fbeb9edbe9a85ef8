"""Actions: what was done to improve a figure, and whether it did."""

from __future__ import annotations

from pipelines.report.content import Column, Section, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.sections.team import rep_names, team_names
from pipelines.report.words import Words, kind_of

_VERDICTS = ("better", "worse", "no_effect", "too_early")


def _value(words: Words, row: Row, key: str) -> str | None:
    """A figure of the action's metric as text: metrics of one table differ in kind."""
    if not is_number(row[key]):
        return None
    kind = kind_of(row["metric"], (words.dictionary.get(row["metric"]) or {}).get("unit"))
    if kind == "count":
        # Hours and days are means with decimals; counts of months are too.
        kind = "days"
    if key in ("value_before", "value_after"):
        return words.value(kind, row[key])
    sign = "+" if row[key] > 0 else ""
    return words.numbers.points(row[key]) if kind == "rate" else sign + words.value(kind, row[key])


def actions(release: Release, words: Words) -> Section | None:
    """The section; None where no action is on record."""
    if not release.has("improvement_actions"):
        return None
    rows = release.rows(
        "select action_id, metric, dimension, member, finding, owner_id, started_on, closed_on,"
        " value_before, value_after, change, change_low, change_high, expected_change, verdict,"
        " reason from improvement_actions order by started_on desc nulls last, action_id"
    )
    if not rows:
        return None
    people, teams = rep_names(release), team_names(release)
    counts = {verdict: 0 for verdict in _VERDICTS}
    for row in rows:
        counts[row["verdict"]] = counts.get(row["verdict"], 0) + 1
        known = {"team": teams, "rep": people, "owner": people}.get(row["dimension"], {})
        row["where"] = (
            words.choice("dimension", "total")
            if row["dimension"] == "total"
            else known.get(row["member"], {}).get("name") or row["member"]
        )
        row["owner"] = people.get(row["owner_id"], {}).get("name") or row["owner_id"]
        row["name"] = words.term(row["metric"])
        for key in ("value_before", "value_after", "change", "expected_change"):
            row[f"{key}_text"] = _value(words, row, key)
        low, high = _value(words, row, "change_low"), _value(words, row, "change_high")
        row["interval"] = None if low is None else words.say("word.from_to", first=low, last=high)
        row["told"] = words.choice("verdict", row["verdict"])
    judged = len(rows) - counts["too_early"]
    better = [row for row in rows if row["verdict"] == "better"]
    worse = [row for row in rows if row["verdict"] == "worse"]
    lead = words.join(
        words.say(
            "actions.judged" if judged else "actions.none_judged",
            n=len(rows),
            judged=judged,
            better=counts["better"],
            worse=counts["worse"],
            no_effect=counts["no_effect"],
        ),
        _example(words, better, "worked"),
        _example(words, worse, "harmed"),
    )
    early = words.say("why.too_early")
    columns = (
        Column("finding", words.say("column.finding"), "long"),
        Column("name", words.say("column.metric")),
        Column("where", words.say("column.member")),
        Column("owner", words.say("column.owner"), "text", words.say("why.no_owner")),
        Column("started_on", words.say("column.started_on"), "day"),
        Column("closed_on", words.say("column.closed_on"), "day", words.say("why.still_running")),
        Column("told", words.say("column.verdict")),
        Column("value_before_text", words.say("column.value_before"), "figure", early),
        Column("value_after_text", words.say("column.value_after"), "figure", early),
        Column("change_text", words.say("column.change"), "figure", early),
        Column("interval", words.say("column.interval"), "figure", early),
        Column("expected_change_text", words.say("column.expected_change"), "figure",
               words.say("why.nothing_expected_of_it")),
    )  # fmt: skip
    table = Table("actions", words.say("actions.table"), columns, rows,
                  note=words.say("actions.note"))  # fmt: skip
    return Section(
        "actions", words.say("section.actions"), lead, tables=(table,), metrics=("change",)
    )


def _example(words: Words, rows: list[Row], key: str) -> str:
    """The newest action of a verdict, with what it changed."""
    if not rows:
        return ""
    row = rows[0]
    return words.say(
        f"actions.{key}",
        finding=row["finding"],
        metric=row["name"],
        before=row["value_before_text"],
        after=row["value_after_text"],
    )
