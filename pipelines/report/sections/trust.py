"""Trust: as of when, of which release, checked how, and how fresh each source is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from pipelines.report.content import Column, Section, Table, Trust
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import NOTHING
from pipelines.report.release import Release, Row
from pipelines.report.words import Words


def _counts(release: Release) -> Row:
    """Checks that ran, failed and were out of order, and what waits to be mended."""
    counts: Row = {"ran": 0, "failed": 0, "not_run": 0, "issues": 0, "at_risk": None}
    if release.has("quality_checks"):
        counts |= release.rows(
            "select count(*) filter (where did_run) as ran,"
            " count(*) filter (where did_run and not is_passed) as failed,"
            " count(*) filter (where not did_run) as not_run from quality_checks"
        )[0]
    if release.has("quality_issues"):
        counts |= release.rows(
            "select count(*) as issues, sum(amount_at_risk) as at_risk"
            " from quality_issues where status = 'open'"
        )[0]
    return counts


def data_quality(release: Release) -> Row:
    """Tonight's score of all data with its change and target, weighted by money; NULL without."""
    nothing: Row = {"score": None, "trend": None, "target": None}
    if not release.has("quality_scores"):
        return nothing
    return release.rows(
        "select sum(weight * score) / sum(weight) as score,"
        # Of what was checked then too: a new rule is no change of the data.
        " sum(weight * trend_30d) / sum(weight) filter (where trend_30d is not null) as trend,"
        " sum(weight * target) / sum(weight) filter (where target is not null) as target"
        " from quality_scores where as_of_date = (select max(as_of_date) from quality_scores)"
    )[0]


def _quality_text(found: Row, words: Words) -> str:
    numbers = words.numbers
    if found["score"] is None:
        return NOTHING
    parts = [numbers.passed(found["score"])]
    if found["trend"] is not None:
        parts.append(words.say("trust.score_trend", change=numbers.points(found["trend"])))
    if found["target"] is not None:
        parts.append(words.say("trust.score_target", target=numbers.passed(found["target"])))
    return " · ".join(parts)


def _stale(release: Release) -> list[Row]:
    if not release.has("source_freshness"):
        return []
    return release.rows(
        "select source_system, entity, epoch(last_extracted_at) as since"
        " from source_freshness where is_stale order by last_extracted_at nulls first, 1, 2"
    )


def _instant(seconds: float | None, zone: str, words: Words) -> str:
    if seconds is None:
        return NOTHING
    return words.numbers.instant(datetime.fromtimestamp(float(seconds), ZoneInfo(zone)))


def trust(release: Release, words: Words, company: CompanyFacts) -> tuple[Trust, Row]:
    """The box at the top and the release's own row."""
    info: Row = {"release_id": NOTHING, "as_of_date": None, "created": None, "rows": None,
                 "is_degraded": False, "stale_sources": None}  # fmt: skip
    if release.has("release_info"):
        info |= release.rows(
            "select release_id, as_of_date, epoch(created_at) as created, code_version, rows,"
            " is_degraded, stale_sources from release_info limit 1"
        )[0]
    counts, stale, score = _counts(release), _stale(release), data_quality(release)
    as_of = words.numbers.day(info["as_of_date"]) if info["as_of_date"] else NOTHING
    passed = counts["ran"] - counts["failed"]
    if info["is_degraded"] or stale:
        names = sorted({str(row["source_system"]) for row in stale}) or [
            str(info["stale_sources"] or NOTHING)
        ]
        known = [row["since"] for row in stale if row["since"] is not None]
        since = _instant(min(known), company.timezone, words) if known else ""
        key = "trust.stale" if since else "trust.stale_unknown"
        level, sentence = "stale", words.say(key, as_of=as_of, stale=words.list(names),
                                             since=since)  # fmt: skip
    elif counts["failed"] or counts["issues"]:
        level, sentence = "care", words.say(
            "trust.failed"
            if not counts["issues"]
            else "trust.issues"
            if counts["at_risk"]
            else "trust.issues_free",
            as_of=as_of,
            passed=words.numbers.whole(passed),
            failed=words.numbers.whole(counts["failed"]),
            issues=words.numbers.whole(counts["issues"]),
            amount=words.numbers.short(counts["at_risk"] or 0),
        )  # fmt: skip
    elif counts["ran"]:
        level, sentence = (
            "good",
            words.say("trust.good", as_of=as_of, passed=words.numbers.whole(passed)),
        )
    else:
        level, sentence = "care", words.say("trust.unchecked", as_of=as_of)
    if score["score"] is not None and score["score"] < (score["target"] or 0):
        # Late data stay the worse news.
        level = "care" if level == "good" else level
        sentence = words.join(
            sentence,
            words.say("trust.below_target", score=words.numbers.passed(score["score"]),
                      target=words.numbers.passed(score["target"])),
        )  # fmt: skip
    facts = (
        (words.say("trust.fact_as_of"), as_of),
        (words.say("trust.fact_release"), str(info["release_id"])),
        (words.say("trust.fact_made"), _instant(info["created"], company.timezone, words)),
        (
            words.say("trust.fact_checks"),
            words.say("trust.checks", passed=passed, ran=counts["ran"]) if counts["ran"]
            else NOTHING,
        ),
        (words.say("trust.fact_score"), _quality_text(score, words)),
        (words.say("trust.fact_issues"), words.numbers.whole(counts["issues"])),
        (words.say("trust.fact_currency"), words.choice("currency", company.currency)),
    )  # fmt: skip
    return Trust(level, words.say(f"trust.word_{level}"), sentence, facts), info | {
        "as_of": as_of, "made_at": facts[2][1]}  # fmt: skip


def sources(release: Release, words: Words, company: CompanyFacts) -> Section | None:
    """How fresh each source is: one row for each source and entity."""
    if not release.has("source_freshness"):
        return None
    rows = release.rows(
        "select source_system, entity, epoch(last_extracted_at) as extracted, rows_read,"
        " rows_deleted, rows_rejected, is_stale, status from source_freshness"
        " order by is_stale desc, source_system, entity"
    )
    for row in rows:
        row["extracted"] = _instant(row["extracted"], company.timezone, words)
        row["status"] = words.say("freshness.stale" if row["is_stale"] else "freshness.fresh")
    stale = sum(1 for row in rows if row["is_stale"])
    systems = len({row["source_system"] for row in rows})
    lead = words.say("sources.stale" if stale else "sources.fresh", n=stale, sources=systems,
                     tables=len(rows))  # fmt: skip
    return Section(
        "sources",
        words.say("section.sources"),
        lead,
        tables=(
            Table(
                "sources",
                words.say("sources.table"),
                (
                    Column("source_system", words.say("column.source_system")),
                    Column("entity", words.say("column.entity")),
                    Column("status", words.say("column.status")),
                    Column("extracted", words.say("column.last_extracted_at")),
                    Column("rows_read", words.say("column.rows_read"), "count"),
                    Column("rows_rejected", words.say("column.rows_rejected"), "count"),
                ),
                rows,
            ),
        ),
    )
