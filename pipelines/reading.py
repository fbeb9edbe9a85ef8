"""Answer questions about what was published, read-only: status, issues, queries, releases."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines import nightly
from pipelines.publish.release import DATABASE, current_release, list_releases, read_facts
from pipelines.settings import Settings


class QueryFailed(Exception):
    """A query did not run. The message gives the engine's words."""


def open_release(database: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a release: no other file, no network, no settings to change."""
    connection = duckdb.connect(
        str(database),
        read_only=True,
        config={"enable_external_access": "false", "autoload_known_extensions": "false"},
    )
    connection.execute("set timezone = 'UTC'")
    connection.execute("set search_path = 'marts'")
    connection.execute("set lock_configuration = true")
    return connection


def _rows(database: Path, sql: str) -> list[dict[str, Any]]:
    with open_release(database) as connection:
        result = connection.execute(sql)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _table(rows: list[dict[str, Any]], limit: int = 200) -> str:
    """Rows as a plain table: numbers right, words left."""
    if not rows:
        return "(no rows)\n"
    names = list(rows[0])
    cells = [["" if r[n] is None else str(r[n]) for n in names] for r in rows[:limit]]
    widths = [max(len(n), *(len(row[i]) for row in cells)) for i, n in enumerate(names)]
    is_number = [
        all(
            isinstance(r[n], int | float) or hasattr(r[n], "as_tuple")
            for r in rows
            if r[n] is not None
        )
        for n in names
    ]
    lines = ["  ".join(n.ljust(w) for n, w in zip(names, widths, strict=True)).rstrip()]
    for row in cells:
        parts = zip(row, widths, is_number, strict=True)
        lines.append("  ".join(c.rjust(w) if num else c.ljust(w) for c, w, num in parts).rstrip())
    if len(rows) > limit:
        lines.append(f"… {len(rows) - limit} more rows; take --format csv for all")
    return "\n".join(lines) + "\n"


def query(settings: Settings, sql: str, form: str) -> str:
    """The result of a query on the release in use, as a table, CSV or JSON text.

    Raises QueryFailed where there is no release or the query does not run.
    """
    current = current_release(settings.home)
    if current is None:
        raise QueryFailed("there is no release yet. Next: salesops run")
    try:
        rows = _rows(current / DATABASE, sql)
    except duckdb.Error as error:
        raise QueryFailed(" ".join(str(error).split())) from None
    if form == "json":
        return json.dumps(rows, ensure_ascii=False, indent=1, default=str) + "\n"
    if form == "csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if rows:
            writer.writerow(rows[0])
            # A spreadsheet would take a text that begins like this for a formula.
            writer.writerows(
                [
                    f"'{v}" if isinstance(v, str) and v[:1] in ("=", "+", "-", "@") else v
                    for v in r.values()
                ]
                for r in rows
            )
        return text.getvalue()
    return _table(rows)


def status(settings: Settings, *, now: datetime) -> dict[str, Any]:
    """The last run, the release in use with its age in days, stale sources and failed checks."""
    current = current_release(settings.home)
    found: dict[str, Any] = {
        "home": str(settings.home),
        "last_run": nightly.last_outcome(settings),
        "release": None,
    }
    if current is None:
        return found
    facts = read_facts(current)
    created = datetime.fromisoformat(facts["created_at"])
    failed = _rows(
        current / DATABASE,
        "select check_id, entity, action, rows_failed, rows_checked, did_run from quality_checks "
        "where not is_passed order by action, rows_failed desc, check_id",
    )
    return {
        **found,
        "trust": facts.get("trust"),
        "release": current.name,
        "as_of_date": facts["as_of_date"],
        "age_hours": round((now - created).total_seconds() / 3600, 1),
        "is_degraded": facts["is_degraded"],
        "stale": facts["stale"],
        "failed_checks": failed,
    }


def status_text(found: dict[str, Any]) -> str:
    """`status` for people."""
    last = found["last_run"]
    # A release of an earlier version does not say.
    lines = [found["trust"]["en"]] if found.get("trust") else []
    lines.append(f"home       {found['home']}")
    if last is None:
        lines.append("last run   none yet. Next: salesops run")
    else:
        lines.append(f"last run   {last['status']} ({last['started_at']})")
        if last.get("message"):
            lines.append(f"           {last['message']}")
    if found["release"] is None:
        lines.append("release    none")
        return "\n".join(lines)
    lines.append(
        f"release    {found['release']}, as of {found['as_of_date']}, {found['age_hours']} hours old"
    )
    for item in found["stale"]:
        lines.append(f"stale      {item['source']}.{item['entity']}: {item['why']}")
    for check in found["failed_checks"][:20]:
        told = _failed_rows(check) if check["did_run"] else "did not run"
        lines.append(f"{check['action']:10} {check['check_id']}: {told}")
    if not found["failed_checks"]:
        lines.append("checks     all passed")
    return "\n".join(lines)


def _failed_rows(check: Mapping[str, Any]) -> str:
    """How much of the rows a failed check is about; what a source never fills, no row can help."""
    if ".never_filled:" in check["check_id"]:
        return f"none in any of the source's {check['rows_checked']} rows"
    return f"{check['rows_failed']} of {check['rows_checked']} rows"


def quality(settings: Settings, *, entity: str | None = None) -> dict[str, Any]:
    """Open issues and failed checks of the gate's last run, and what the last audit refused.

    It works after a blocked night too, when there is no new release.
    """
    audited = _audit_refusals(settings, entity)
    if not settings.warehouse.is_file():
        return {"issues": [], "failed_checks": [], "audit": audited}
    where = "" if entity is None else " and entity = ?"
    values = [] if entity is None else [entity]
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")

        def rows(sql: str) -> list[dict[str, Any]]:
            result = connection.execute(sql, values)
            names = [column[0] for column in result.description or []]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

        try:
            return {
                "audit": audited,
                "issues": rows(
                    "select issue_id, source_system, entity, record_id, column_name, rule, action, "
                    "status, owner_id, first_seen_at, message_zh, message_en from gate.issues "
                    f"where status in ('open', 'accepted'){where} "
                    "order by case action when 'block' then 0 when 'reject' then 1 else 2 end, "
                    "entity, rule, record_id"
                ),
                "failed_checks": rows(
                    "select check_id, entity, source_system, action, rows_failed, rows_checked "
                    f"from gate.check_results where not is_passed{where} order by check_id"
                ),
            }
        except duckdb.CatalogException:
            return {"issues": [], "failed_checks": [], "audit": audited}


def _audit_refusals(settings: Settings, entity: str | None) -> list[dict[str, Any]]:
    """What the last audit refused, of one mart or of all."""
    file = nightly.audit_file(settings)
    if not file.is_file():
        return []
    kept: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["refused"]
    return [check for check in kept if entity in (None, check["entity"])]


def quality_text(found: dict[str, Any]) -> str:
    """`quality` for people."""
    lines = []
    for check in found["audit"]:
        told = _failed_rows(check) if check["did_run"] else f"did not run: {check['observed']}"
        lines.append(f"audit   {check['check_id']}: {told}. {check['message_en']}")
        lines += [f"        {key}" for key in check["failing"]]
    if not found["issues"]:
        return "\n".join([*lines, "No open issues."])
    for issue in found["issues"][:100]:
        owner = f", owner {issue['owner_id']}" if issue["owner_id"] else ""
        lines.append(
            f"{issue['action']:7} {issue['entity']} {issue['record_id']} "
            f"({issue['source_system']}{owner}): {issue['message_en']}"
        )
        lines.append(f"        {issue['rule']}  id {issue['issue_id']}  {issue['status']}")
    if len(found["issues"]) > 100:
        lines.append(f"… {len(found['issues']) - 100} more; take --json or --entity")
    lines.append(f"\n{len(found['issues'])} issues. Mend them at the source, then: salesops run")
    return "\n".join(lines)


def corrections(settings: Settings) -> list[dict[str, Any]]:
    """Corrections that wait for a person, and those that were made or decided; what is personal is
    masked unless the settings publish it."""
    from pipelines.gate.corrections import corrections as known

    rows = []
    for row in known(settings.warehouse, settings.lake):
        is_hidden = row.pop("is_personal") and not settings.privacy.publish_personal_data
        rows.append(
            row | (dict.fromkeys(("value_before", "value_after"), "***") if is_hidden else {})
        )
    return rows


def corrections_text(rows: list[dict[str, Any]], limit: int = 100) -> str:
    """`corrections` for people."""
    if not rows:
        return "Nothing was corrected, and nothing waits."
    lines = []
    for row in rows[:limit]:
        before, after = (
            "(empty)" if row[name] is None else repr(row[name])
            for name in ("value_before", "value_after")
        )
        by = f" by {row['approved_by']}" if row["approved_by"] else ""
        lines.append(
            f"{row['correction_id'][:12]}  {row['status']}{by}: {row['entity']} {row['record_id']} "
            f"({row['source_system']}) {row['column_name']}: {before} → {after}  {row['rule']}"
        )
    if len(rows) > limit:
        lines.append(f"… {len(rows) - limit} more; take --json")
    waiting = sum(row["status"] == "waiting" for row in rows)
    made = sum(row["status"] == "made" for row in rows)
    lines.append(f"\n{waiting} wait: salesops correct approve ID… or reject ID…")
    lines.append(f"{made} were made: salesops correct undo ID… takes one back")
    return "\n".join(lines)


def releases(settings: Settings) -> list[dict[str, Any]]:
    """The releases, newest first, with the one in use marked."""
    current = current_release(settings.home)
    rows = []
    for folder in reversed(list_releases(settings.home)):
        facts = read_facts(folder)
        rows.append(
            {
                "release": folder.name,
                "as_of": facts["as_of_date"],
                "rows": sum(facts["rows"].values()),
                "degraded": facts["is_degraded"],
                "in_use": folder == current,
            }
        )
    return rows


def releases_text(rows: list[dict[str, Any]]) -> str:
    """`releases` for people."""
    if not rows:
        return "There is no release yet. Next: salesops run"
    return "\n".join(
        f"{'→' if r['in_use'] else ' '} {r['release']}  as of {r['as_of']}  {r['rows']:>10,} rows"
        + ("  degraded" if r["degraded"] else "")
        for r in rows
    )


def _listed(names: Sequence[str], most: int = 12) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def _corrections_line(settings: Settings) -> list[str]:
    """How many corrections were made and how many wait; nothing where there are none."""
    found = [(row["status"], row["approved_by"] == "rule") for row in corrections(settings)]
    made, by_rule = sum(s == "made" for s, _ in found), found.count(("made", True))
    waiting = sum(s == "waiting" for s, _ in found)
    if not made and not waiting:
        return []
    return [
        f"Corrections: {by_rule} made by rules, {made - by_rule} by people; {waiting} wait for one "
        "(salesops correct list)."
    ]


def summary_text(settings: Settings, outcome: dict[str, Any]) -> str:
    """What a person reads after a run: what was published, how it stands, what to open next."""
    from pipelines.report.headlines import headlines

    current = current_release(settings.home)
    assert current is not None
    facts = read_facts(current)
    database = current / DATABASE
    if outcome["status"] == "nothing new":
        first = f"Nothing new: release {current.name} is made of the same data, settings and code."
    else:
        first = (
            f"Published release {current.name} as of {facts['as_of_date']}: "
            f"{len(facts['rows'])} marts, {sum(facts['rows'].values()):,} rows, "
            f"{outcome['seconds']:.0f} s."
        )
    # The command line speaks English; the reports are in both languages.
    lines = [first, *([facts["trust"]["en"]] if "trust" in facts else []), ""]
    for item in headlines(database, language="en"):
        told = " · ".join(part for part in (item.period, item.change, item.status) if part)
        lines.append(f"  {item.name:24} {item.value:>12}  {told}".rstrip())
    checks = facts["checks"]
    lines += [
        "",
        f"Checks: {checks['passed']} passed, {checks['warned']} warned, "
        f"{checks['rejected']} hold rows back; {checks['open_issues']} open issues.",
    ]
    lines += _corrections_line(settings)
    for item in facts["stale"]:
        lines.append(f"Stale: {item['source']}.{item['entity']}: {item['why']}")
    lines += [f"Note: {note}" for note in facts["notes"]]
    # Where nothing was to be corrected, nothing is missing.
    empty = [n for n, count in facts["rows"].items() if not count and n != "quality_corrections"]
    if empty:
        absent = facts["absent"]
        why = (
            f"no source delivers {_listed(absent)}" if absent else "nothing of theirs is dated yet"
        )
        lines.append(f"Empty: {_listed(empty)} ({why}).")
    place = settings.home / "current"
    if place.is_relative_to(Path.cwd()):
        place = place.relative_to(Path.cwd())
    lines += [
        "",
        "Next:",
        f"  open {place / f'report.{settings.company.language}.html'}",
        '  salesops query "select * from kpis limit 10"',
        "  salesops quality       what is wrong, and who mends it",
        "  salesops ui            the same job in Dagster",
    ]
    return "\n".join(lines)
