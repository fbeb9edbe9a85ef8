"""The command line `salesops`: parses, calls, prints. What it does stands in the other modules."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click

from pipelines.settings import Settings, SettingsError, load_settings

FAILED, WRONG_USE, REFUSED = 1, 2, 3


class _Day(click.ParamType):
    name = "date"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date of the form 2026-06-30", param, ctx)


def stop(message: str, code: int) -> NoReturn:
    """End with one paragraph on standard error and an exit code."""
    click.echo(f"salesops: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


def _settings(config: Path | None) -> Settings:
    try:
        return load_settings(config)
    except SettingsError as error:
        stop(str(error), WRONG_USE)


_config = click.option(
    "--config", type=click.Path(path_type=Path), help="Settings file (default: salesops.yaml here)."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _dump(content: Any) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=1, default=str))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="salesops")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
@click.pass_context
def cli(context: click.Context, debug: bool) -> None:
    """CRM, order and survey data to audited marts and reports, in one command.

    Without a settings file everything works on the embedded demo company.
    """
    context.obj = {"debug": debug}


@cli.command()
@_config
@click.option("--as-of", type=_Day(), help="The last day that counts (default: yesterday).")
@click.option("--full-refresh", is_flag=True, help="Read every source whole, judge all anew.")
@click.option("--dry-run", is_flag=True, help="Say what would be extracted, and do nothing.")
@_json
def run(
    config: Path | None, as_of: date | None, full_refresh: bool, dry_run: bool, as_json: bool
) -> None:
    """Run the nightly job: extract, check, build, audit, report, publish.

    Example: salesops run --as-of 2026-06-30
    """
    settings = _settings(config)
    if dry_run:
        from pipelines.checkup import describe_sources

        _print_sources(describe_sources(settings), as_json)
        return
    from pipelines import running

    outcome = running.run_nightly(
        settings, as_of=as_of, is_full=full_refresh, now=datetime.now(UTC), progress=_progress()
    )
    if as_json:
        _dump(outcome)
    elif outcome["exit_code"] == 0:
        click.echo(running.summary_text(settings, outcome))
    if outcome["exit_code"]:
        stop(str(outcome["message"]), int(outcome["exit_code"]))


def _progress() -> Callable[[str], None]:
    """A moving line on a terminal; elsewhere a plain line for each step that begins."""
    if not sys.stderr.isatty():
        seen: set[str] = set()

        def say_plainly(text: str) -> None:
            step = text.split(" ")[0]
            line = text if step not in ("extract", "build") else step
            if line and line not in seen:
                seen.add(line)
                click.echo(f"· {line}", err=True)

        return say_plainly
    from rich.console import Console

    status = Console(stderr=True).status("starting")
    status.start()

    def say(text: str) -> None:
        if text == "":
            status.stop()
        else:
            status.update(text)

    return say


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@click.option("--scale", type=click.FloatRange(min=0, min_open=True), default=1.0)
@click.option("--seed", type=int, default=7)
@click.option("--as-of", type=_Day(), help="Last day of the data (default: 2026-06-30).")
@click.option("--faults", is_flag=True, help="Plant faults of every kind; faults.csv lists them.")
def demo(folder: Path, scale: float, seed: int, as_of: date | None, faults: bool) -> None:
    """Write the demo company's sources into FOLDER (default: demo).

    Example: salesops demo --scale 10, then salesops run --config demo/salesops.yaml
    """
    from pipelines.demo.faults.plant import plant_faults
    from pipelines.demo.write import DEFAULT_AS_OF, LEDGER, write_demo

    as_of = as_of or DEFAULT_AS_OF
    plant = partial(plant_faults, seed=seed, as_of=as_of) if faults else None
    try:
        summary = write_demo(folder, scale=scale, seed=seed, as_of=as_of, plant=plant)
    except ValueError as error:
        stop(f"{error}. Write a larger one: --scale 1.", WRONG_USE)
    for name, rows in summary.rows.items():
        click.echo(f"{name:32} {rows:>10,}")
    config = folder / "salesops.yaml"
    if faults:
        click.echo(f"\n{len(summary.faults)} faults are planted and listed in {folder / LEDGER}.")
        # A run for an earlier day opens no issue.
        click.echo(f"\nNext: salesops run --config {config}, then salesops quality")
    else:
        click.echo(f"\nNext: salesops run --config {config} --as-of {summary.as_of}")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("salesops.yaml"))
def init(file: Path) -> None:
    """Write a commented salesops.yaml to begin from.

    Example: salesops init
    """
    from pipelines.checkup import commented_settings

    if file.exists():
        stop(f"{file} exists already: move it away or name another file.", WRONG_USE)
    file.write_text(commented_settings(), encoding="utf-8")
    click.echo(f"{file} is written. Fill in `sources`, then: salesops check-config")


def _print_sources(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        _dump(rows)
        return
    for row in rows:
        mark = "✓" if row["is_ok"] else "✗"
        click.echo(f"{mark} {row['source']}: {row['told']}")
        for line in row["details"]:
            click.echo(f"    {line}")


@cli.command("check-config")
@_config
@_json
def check_config(config: Path | None, as_json: bool) -> None:
    """Try each source and target, and say what would be extracted and what is missing.

    Example: salesops check-config --config salesops.yaml
    """
    from pipelines.checkup import (
        describe_rules,
        describe_sources,
        describe_spellings,
        describe_targets,
    )

    settings = _settings(config)
    rows = describe_sources(settings) + describe_spellings(settings) + describe_targets(settings)
    rows += describe_rules()
    _print_sources(rows, as_json)
    if not all(row["is_ok"] for row in rows):
        raise SystemExit(FAILED)


@cli.command()
@_config
@_json
def status(config: Path | None, as_json: bool) -> None:
    """Say how the last run ended, which release is in use and what is stale.

    Example: salesops status
    """
    from pipelines import reading

    found = reading.status(_settings(config), now=datetime.now(UTC))
    _dump(found) if as_json else click.echo(reading.status_text(found))


@cli.group(invoke_without_command=True)
@_config
@click.option("--entity", help="Only this entity, for example orders.")
@_json
@click.pass_context
def quality(context: click.Context, config: Path | None, entity: str | None, as_json: bool) -> None:
    """List open issues and failed checks, with owner and how to mend them.

    Example: salesops quality --entity orders
    """
    if context.invoked_subcommand:
        return
    from pipelines import reading

    found = reading.quality(_settings(config), entity=entity)
    _dump(found) if as_json else click.echo(reading.quality_text(found))


@quality.command("accept")
@click.argument("issue_id")
@click.option("--reason", required=True, help="Why the oddity may stand.")
@click.option("--until", type=_Day(), required=True, help="Last day on which it may.")
@_config
def accept(issue_id: str, reason: str, until: date, config: Path | None) -> None:
    """Let an oddity stand until a day. The next run lets the row go on.

    Example: salesops quality accept 3f2a… --reason "agreed with finance" --until 2026-12-31
    """
    import getpass

    from pipelines.gate.issues import NotAcceptable, UnknownIssue, accept_issue

    settings = _settings(config)
    try:
        accept_issue(
            settings.lake,
            issue_id,
            reason=reason,
            until=until,
            by=getpass.getuser(),
            now=datetime.now(UTC),
        )
    except (UnknownIssue, NotAcceptable) as error:
        stop(str(error), WRONG_USE)
    click.echo(f"{issue_id} is accepted until {until}. Next: salesops run")


@cli.group()
def correct() -> None:
    """Corrections: those that wait for a person, and those that were made.

    Example: salesops correct list
    """


@correct.command("list")
@_config
@_json
def list_corrections(config: Path | None, as_json: bool) -> None:
    """List what waits for a yes, and what was corrected, with before and after.

    Example: salesops correct list
    """
    from pipelines import reading

    found = reading.corrections(_settings(config))
    _dump(found) if as_json else click.echo(reading.corrections_text(found))


def _decide(ids: tuple[str, ...], event: str, config: Path | None) -> None:
    import getpass

    from pipelines.gate.corrections import NotDecidable, UnknownCorrection, decide

    settings = _settings(config)
    try:
        found = decide(
            settings.warehouse,
            settings.lake,
            ids,
            event,
            by=getpass.getuser(),
            now=datetime.now(UTC),
        )
    except (UnknownCorrection, NotDecidable) as error:
        stop(str(error), WRONG_USE)
    for item in found:
        click.echo(f"{event}: {item['entity']} {item['record_id']} {item['column_name']}")
    if event != "rejected":
        click.echo("\nNext: salesops run")


@correct.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@_config
def approve(ids: tuple[str, ...], config: Path | None) -> None:
    """Let corrections be made: from the next run on the proposed values count.

    Example: salesops correct approve 3f2a81 90bb12
    """
    _decide(ids, "approved", config)


@correct.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@_config
def reject(ids: tuple[str, ...], config: Path | None) -> None:
    """Say no to proposals: they are not made again. Their issues stay open.

    Example: salesops correct reject 3f2a81
    """
    _decide(ids, "rejected", config)


@correct.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@_config
def undo(ids: tuple[str, ...], config: Path | None) -> None:
    """Take back corrections, or a no: from the next run on the source's values count.

    Example: salesops correct undo 3f2a81
    """
    _decide(ids, "undone", config)


@cli.command()
@click.argument("sql")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table")
@_config
def query(sql: str, form: str, config: Path | None) -> None:
    """Ask the release in use, read-only. Marts need no schema in front.

    Example: salesops query "select member_label, net_sales from sales_by_period limit 5"
    """
    from pipelines import reading

    try:
        click.echo(reading.query(_settings(config), sql, form), nl=False)
    except reading.QueryFailed as error:
        stop(str(error), FAILED)


@cli.command()
@_config
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Which to open (default: company's).")
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser.")
def report(config: Path | None, lang: str | None, is_opened: bool) -> None:
    """Render the reports and scorecards of the release in use again, into <home>/reports/<id>/.

    Example: salesops report --lang en --open
    """
    from pipelines.publish.release import DATABASE, current_release
    from pipelines.publish.targets import write_reports

    settings = _settings(config)
    current = current_release(settings.home)
    if current is None:
        stop("there is no release yet. Next: salesops run", FAILED)
    folder = settings.home / "reports" / current.name
    for file in write_reports(current / DATABASE, folder, settings):
        click.echo(str(file))
    if is_opened:
        click.launch(str(folder / f"report.{lang or settings.company.language}.html"))


@cli.command()
@_config
@_json
def releases(config: Path | None, as_json: bool) -> None:
    """List the releases, the one in use marked.

    Example: salesops releases
    """
    from pipelines import reading

    rows = reading.releases(_settings(config))
    _dump(rows) if as_json else click.echo(reading.releases_text(rows))


@cli.command()
@click.argument("release_id", required=False)
@_config
def rollback(release_id: str | None, config: Path | None) -> None:
    """Point `current` and every target at an earlier release (default: the one before).

    Example: salesops rollback 20261125T030000000000Z
    """
    from pipelines import running
    from pipelines.publish.postgres import PublishFailed
    from pipelines.publish.release import ReleaseError, find_release
    from pipelines.publish.targets import deliver

    settings = _settings(config)
    try:
        with running.only_one(settings, "rollback"):
            chosen = find_release(settings.home, release_id)
            deliver(settings, chosen, say=lambda text: click.echo(f"· {text}", err=True))
    except (PublishFailed, ReleaseError, running.AnotherAtWork) as error:
        stop(str(error), FAILED)
    click.echo(f"current → {chosen.name}")


@cli.command()
@_config
@click.option("--keep", type=click.IntRange(min=1), help="How many stay (default: the setting).")
def prune(config: Path | None, keep: int | None) -> None:
    """Remove old releases; never the one in use.

    Example: salesops prune --keep 10
    """
    from pipelines import running
    from pipelines.publish.release import prune_releases

    settings = _settings(config)
    try:
        with running.only_one(settings, "prune"):
            gone = prune_releases(settings.home, keep or settings.keep)
    except running.AnotherAtWork as error:
        stop(str(error), FAILED)
    click.echo(f"{len(gone)} releases removed" + (f": {', '.join(gone)}" if gone else ""))


@cli.command()
@_config
@click.option("--port", type=int, default=3000)
@click.option("--read-only", is_flag=True, help="For viewers: nothing can be started.")
def ui(config: Path | None, port: int, read_only: bool) -> None:
    """Open Dagster on 127.0.0.1. It has no login: do not bind it to another address.

    Example: salesops ui --port 3000
    """
    from pipelines import running

    settings = _settings(config)
    raise SystemExit(running.start_ui(settings, config=config, port=port, is_read_only=read_only))


def main() -> None:
    """The entry point: errors become one paragraph and a documented exit code."""
    from pipelines.errors import exit_code_of

    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        stop("interrupted.", FAILED)
    except click.ClickException as error:
        error.show()
        raise SystemExit(WRONG_USE) from None
    except Exception as error:
        if "--debug" in sys.argv:
            raise
        code = exit_code_of(error)
        hint = "" if code else " This is a defect of salesops: run it with `salesops --debug …`."
        stop(
            f"{error}{hint}" if code else f"{type(error).__name__}: {error}.{hint}", code or FAILED
        )
