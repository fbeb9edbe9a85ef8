"""Data quality: which checks failed, and what each owner has to mend."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Section, Table
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

MOST_IN_WORKBOOK = 5000


def _owner(release: Release) -> tuple[str, str]:
    if not release.has("dim_rep"):
        return "quality_issues.owner_id", ""
    return (
        "coalesce(dim_rep.name, quality_issues.owner_id)",
        " left join dim_rep on quality_issues.owner_id = dim_rep.user_id",
    )


def _by_owner(release: Release) -> list[Row]:
    name, join = _owner(release)
    return release.rows(
        f"select {name} as owner, count(*) as issues, sum(amount_at_risk) as at_risk,"
        " count(*) filter (where action in ('reject', 'block')) as held_back"
        f" from quality_issues{join} where status = 'open' group by 1"
        " order by at_risk desc nulls last, issues desc, owner nulls last"
    )


def fix_list(release: Release, words: Words) -> Table | None:
    """Open issues, dearest first; None where there is none."""
    if not release.has("quality_issues"):
        return None
    name, join = _owner(release)
    # A release that is older than corrections has no proposals either.
    proposed = "proposed_value" if release.has("quality_corrections") else "null"
    rows = release.rows(
        f"select {name} as owner, quality_issues.source_system, entity, record_id, column_name,"
        f" rule, action, amount_at_risk, {proposed} as proposed_value,"
        f" message_{words.language} as message,"
        " cast(first_seen_at as date) as first_seen"
        f" from quality_issues{join} where status = 'open'"
        " order by amount_at_risk desc nulls last, issue_id limit ?",
        [MOST_IN_WORKBOOK],
    )
    if not rows:
        return None
    for row in rows:
        row["owner"] = row["owner"] or words.say("word.no_owner")
        row["action"] = words.choice("action", row["action"])
    no_amount = words.say("why.no_money_at_risk")
    return Table(
        "fix_list",
        words.say("quality.fix_table"),
        (
            Column("owner", words.say("column.owner")),
            Column("amount_at_risk", words.say("column.amount_at_risk"), "money", no_amount),
            Column("message", words.say("column.message"), "long"),
            Column("entity", words.say("column.entity")),
            Column("record_id", words.say("column.record_id")),
            Column("column_name", words.say("column.column_name")),
            Column("proposed_value", words.say("column.proposed_value")),
            Column("action", words.say("column.action")),
            Column("source_system", words.say("column.source_system")),
            Column("first_seen", words.say("column.first_seen_at"), "day"),
        ),
        rows,
        note=words.say("quality.fix_note"),
    )


def _corrections(release: Release, words: Words) -> list[Row]:
    """Corrections that count, by what was corrected and how."""
    rows = release.rows(
        "select entity, column_name, split_part(rule, '.', 3) as kind,"
        " count(*) filter (where approved_by = 'rule') as by_rule,"
        " count(*) filter (where approved_by <> 'rule') as by_people"
        " from quality_corrections where not is_undone group by all"
        " order by by_rule + by_people desc, entity, column_name, kind"
    )
    for row in rows:
        row["kind"] = words.choice("correction", row["kind"])
    return rows


def _corrections_told(release: Release, words: Words, rows: list[Row]) -> list[str]:
    """How many were made and how many wait for a yes; nothing where there are none."""
    by_rule, by_people = (sum(row[name] for row in rows) for name in ("by_rule", "by_people"))
    waiting = 0
    if release.has("quality_issues"):
        (found,) = release.rows(
            "select count(*) as n from quality_issues"
            " where status = 'open' and proposed_value is not null"
        )
        waiting = found["n"]
    if not by_rule + by_people + waiting:
        return []
    whole = words.numbers.whole
    return [
        words.say(
            "quality.corrections",
            by_rule=whole(by_rule),
            by_people=whole(by_people),
            waiting=whole(waiting),
        )
    ]


def _corrections_table(rows: list[Row], words: Words) -> Table:
    return Table(
        "corrections",
        words.say("quality.correction_table"),
        (
            Column("entity", words.say("column.entity")),
            Column("column_name", words.say("column.column_name")),
            Column("kind", words.say("column.correction")),
            Column("by_rule", words.say("column.by_rule"), "count"),
            Column("by_people", words.say("column.by_people"), "count"),
        ),
        rows,
    )


def _checks(release: Release, words: Words) -> list[Row]:
    rows = release.rows(
        "select dimension, count(*) filter (where did_run) as checks,"
        " count(*) filter (where did_run and is_passed) as passed,"
        " count(*) filter (where did_run and not is_passed) as failed,"
        " count(*) filter (where not did_run) as not_run,"
        " sum(rows_checked) as rows_checked, sum(rows_failed) as rows_failed"
        " from quality_checks group by dimension order by dimension"
    )
    for row in rows:
        row["pass_rate"] = row["passed"] / row["checks"] if row["checks"] else None
        row["dimension"] = words.choice("quality_dimension", row["dimension"])
    return rows


_TODAY = "as_of_date = (select max(as_of_date) from quality_scores)"


def _scores(release: Release, words: Words, parts: str) -> list[Row]:
    """Scores as of today by the named columns (`parts`), lowest first, weighted by money."""
    rows = release.rows(
        f"select {parts}, sum(checks) as checks, sum(weight * score) / sum(weight) as score,"
        " sum(weight * trend_30d) / sum(weight) filter (where trend_30d is not null) as trend_30d,"
        " sum(weight * target) / sum(weight) filter (where target is not null) as target"
        f" from quality_scores where {_TODAY} group by {parts} order by score, {parts}"
    )
    for row in rows:
        row["is_below"] = row["target"] is not None and row["score"] < row["target"]
        row["dimension"] = words.choice("quality_dimension", row["dimension"])
    return rows


def _score_figure(rows: list[Row], words: Words) -> Figure:
    numbers = words.numbers
    bars = [
        {"label": row["dimension"], "value": row["score"], "target": row["target"],
         "is_bad": row["is_below"],
         "text": f"{numbers.passed(row['score'])} · n = {numbers.whole(row['checks'])}"}
        for row in rows
    ]  # fmt: skip
    title = words.say("quality.score_title")
    return Figure(
        "score_dimension", title, words.say("quality.score_subtitle"),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars),
    )  # fmt: skip


def _score_tables(release: Release, words: Words) -> list[Table]:
    entities = _scores(release, words, "entity, dimension")
    days = release.rows(
        "select as_of_date, sum(checks) as checks, sum(weight * score) / sum(weight) as score"
        " from quality_scores group by as_of_date order by as_of_date desc limit 31"
    )
    found = [
        Table(
            "scores",
            words.say("quality.score_table"),
            (
                Column("entity", words.say("column.entity")),
                Column("dimension", words.say("column.quality_dimension")),
                Column("score", words.term("data_quality_score"), "passed"),
                Column("trend_30d", words.say("column.trend_30d"), "points",
                       words.say("why.no_month_before")),
                Column("target", words.say("column.target"), "passed", words.say("why.no_target")),
                Column("checks", words.say("column.checks"), "count"),
            ),
            entities,
        )
    ]  # fmt: skip
    if len(days) > 1:
        found.append(
            Table(
                "score_days",
                words.say("quality.day_table"),
                (
                    Column("as_of_date", words.say("column.as_of_date"), "day"),
                    Column("score", words.term("data_quality_score"), "passed"),
                    Column("checks", words.say("column.checks"), "count"),
                ),
                days,
            )
        )
    return found


def _failed(release: Release, words: Words) -> list[Row]:
    rows = release.rows(
        "select check_id, entity, source_system, action, rows_checked, rows_failed, observed"
        " from quality_checks where did_run and not is_passed"
        " order by rows_failed desc nulls last, check_id limit 500"
    )
    for row in rows:
        row["action"] = words.choice("action", row["action"])
    return rows


def quality(release: Release, words: Words) -> Section | None:
    """The section; None where nothing was checked."""
    if not (release.has("quality_checks") or release.has("quality_issues")):
        return None
    numbers = words.numbers
    checks = _checks(release, words) if release.has("quality_checks") else []
    ran = sum(row["checks"] for row in checks)
    failed = sum(row["failed"] for row in checks)
    owners = _by_owner(release) if release.has("quality_issues") else []
    for row in owners:
        row["owner"] = row["owner"] or words.say("word.no_owner")
    issues = sum(row["issues"] for row in owners)
    at_risk = sum(row["at_risk"] or 0 for row in owners)
    parts = [
        words.say(
            "quality.failed" if failed else "quality.passed",
            ran=numbers.whole(ran),
            failed=numbers.whole(failed),
        )
    ]
    if issues:
        parts.append(
            words.say(
                "quality.issues" if at_risk else "quality.issues_free",
                n=numbers.whole(issues),
                amount=numbers.short(at_risk),
                owner=owners[0]["owner"],
                part=numbers.whole(owners[0]["issues"]),
            )
        )
    else:
        parts.append(words.say("quality.no_issues"))
    made = []
    if release.has("quality_corrections"):
        made = _corrections(release, words)
        parts += _corrections_told(release, words, made)
    figures: list[Figure] = []
    if len(owners) > 1:
        rows = [
            {"label": row["owner"], "value": row["at_risk"] if at_risk else row["issues"],
             "text": words.say("quality.owner_text", amount=numbers.short(row["at_risk"] or 0),
                               n=numbers.whole(row["issues"]))}
            for row in owners[:10]
        ]  # fmt: skip
        title = words.say("quality.owner_title")
        figures.append(
            Figure("issues_owner", title, words.say("quality.owner_subtitle"),
                   words.say("alt.chart", title=title,
                             told="; ".join(f"{row['label']} {row['text']}" for row in rows)),
                   charts.bars(rows))
        )  # fmt: skip
    if release.has("quality_scores"):
        figures.append(_score_figure(_scores(release, words, "dimension"), words))
    tables: list[Table] = []
    to_fix = fix_list(release, words)
    if to_fix:
        tables.append(to_fix)
    if owners:
        tables.append(
            Table(
                "issues_owner",
                words.say("quality.owner_table"),
                (
                    Column("owner", words.say("column.owner")),
                    Column("issues", words.say("column.issues"), "count"),
                    Column("held_back", words.say("column.held_back"), "count"),
                    Column("at_risk", words.say("column.amount_at_risk"), "money",
                           words.say("why.no_money_at_risk")),
                ),
                owners,
                native=Native("bar", "owner", ("issues",), words.say("quality.owner_table"),
                              rows=15),
            )
        )  # fmt: skip
    if made:
        tables.append(_corrections_table(made, words))
    failures = _failed(release, words) if failed else []
    if failures:
        tables.append(
            Table(
                "checks_failed",
                words.say("quality.failed_table"),
                (
                    Column("check_id", words.say("column.check_id")),
                    Column("source_system", words.say("column.source_system")),
                    Column("action", words.say("column.action")),
                    Column("rows_failed", words.say("column.rows_failed"), "count"),
                    Column("rows_checked", words.say("column.rows_checked"), "count"),
                ),
                failures,
            )
        )
    if checks:
        tables.append(
            Table(
                "checks",
                words.say("quality.check_table"),
                (
                    Column("dimension", words.say("column.quality_dimension")),
                    Column("checks", words.say("column.checks"), "count"),
                    Column("failed", words.say("column.failed"), "count"),
                    Column("not_run", words.say("column.not_run"), "count"),
                    Column("pass_rate", words.say("column.pass_rate"), "rate",
                           words.say("why.not_run")),
                    Column("rows_checked", words.say("column.rows_checked"), "count"),
                    Column("rows_failed", words.say("column.rows_failed"), "count"),
                ),
                checks,
            )
        )  # fmt: skip
    if release.has("quality_scores"):
        tables += _score_tables(release, words)
    return Section(
        "quality",
        words.say("section.quality"),
        words.join(*parts),
        tuple(figures),
        tuple(tables),
        ("data_quality_score", "amount_at_risk"),
    )
