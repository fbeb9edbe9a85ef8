"""Start the nightly job in this process, one at a time, and say how it ended."""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from pipelines import nightly
from pipelines.beside import beside
from pipelines.errors import exit_code_of
from pipelines.event_log import quick_events
from pipelines.publish.release import current_release, read_facts, write_json
from pipelines.settings import Settings
from pipelines.transform.models import ensure_manifest, is_parsed

Say = Callable[[str], None]


# Homes that this process has locked: locks know of files, not of who asks.
_held: set[Path] = set()


class AnotherAtWork(Exception):
    """Another run holds the warehouse. The message names it."""


@contextmanager
def only_one(settings: Settings, what: str, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the home's lock; the operating system frees it when the process dies, however it dies.

    Raises AnotherAtWork, naming the holder, where it is held for longer than `wait_seconds`.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    holder = settings.home / "state" / "holder.json"
    lock = FileLock(settings.home / "run.lock", timeout=wait_seconds)
    try:
        lock.acquire()
    except Timeout:
        try:
            known = json.loads(holder.read_text(encoding="utf-8"))
            named = f"{known['what']} (process {known['process']}, since {known['since']})"
        except (OSError, ValueError, KeyError):
            named = "another process"
        raise AnotherAtWork(
            f"{named} is at work in {settings.home}. Wait until it ends, then try again."
        ) from None
    try:
        since = datetime.now().astimezone().isoformat(timespec="seconds")
        write_json(holder, {"what": what, "process": os.getpid(), "since": since})
        _held.add(settings.home)
        yield
    finally:
        _held.discard(settings.home)
        holder.unlink(missing_ok=True)
        lock.release()


def hold_until_exit(settings: Settings, what: str, *, wait_seconds: float) -> None:
    """Hold the home's lock for as long as this process lives, if it does not hold it yet.

    Dagster gives each of its runs a process and no place to begin and end it in. Raises
    AnotherAtWork where another process holds the lock for longer than `wait_seconds`.
    """
    if settings.home in _held:
        return
    kept = ExitStack()
    kept.enter_context(only_one(settings, what, wait_seconds=wait_seconds))
    atexit.register(kept.close)


def prepare_instance(settings: Settings) -> Path:
    """Dagster's home of this installation, with the product's dagster.yaml in it."""
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    shipped = Path(__file__).resolve().parent / "dagster.yaml"
    (folder / "dagster.yaml").write_text(shipped.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@contextmanager
def _prepared_meanwhile(settings: Settings, progress: Say) -> Iterator[None]:
    """Parse the dbt project and write the demo company, where that is still to be done, in
    processes of their own while the caller imports what it needs."""
    with beside(2) as processes:
        if not is_parsed(settings):
            processes.submit(ensure_manifest, settings)
        if nightly.lacks_demo(settings):
            progress("write the demo company")
            processes.submit(nightly.write_demo_sources, settings)
        yield
    # Where the other process failed, this says why; the extraction does so of the demo.
    ensure_manifest(settings)


def _cause(error: BaseException) -> BaseException:
    """The product's own error inside what Dagster wraps around it."""
    inner: BaseException | None = error
    seen: set[int] = set()
    # Chains of contexts can run in a circle.
    while inner is not None and id(inner) not in seen:
        if exit_code_of(inner):
            return inner
        seen.add(id(inner))
        inner = inner.__cause__ or inner.__context__
    return error


def run_nightly(
    settings: Settings,
    *,
    as_of: date | None,
    is_full: bool,
    now: datetime,
    progress: Say,
) -> dict[str, Any]:
    """Run the job `nightly` in this process and return how it ended, with `exit_code`.

    It is the same job that the schedule and the UI start. The outcome is kept for `status`.
    """
    day = as_of or nightly.default_as_of(settings, now)
    run_id = str(uuid.uuid4())
    before = current_release(settings.home)
    outcome: dict[str, Any] = {"run_id": run_id, "started_at": now, "as_of": day}
    try:
        with only_one(settings, "salesops run"):
            progress("start dagster")
            _execute(settings, day=day, is_full=is_full, run_id=run_id, progress=progress)
    except Exception as error:
        cause = _cause(error)
        code = exit_code_of(cause)
        if not code:
            raise
        if isinstance(cause, AnotherAtWork):
            return {**outcome, "exit_code": code, "message": str(cause)}
        outcome |= {"exit_code": code, "status": "refused" if code == 3 else "failed"}
        outcome["message"] = str(cause)
    else:
        after = current_release(settings.home)
        assert after is not None
        facts = read_facts(after)
        is_new = after != before
        outcome |= {
            "exit_code": 0,
            "status": "published" if is_new else "nothing new",
            "release": after.name,
            "stale": facts["stale"],
            "message": "",
        }
    finally:
        progress("")
    outcome["seconds"] = round((datetime.now(now.tzinfo) - now).total_seconds(), 1)
    nightly.keep_outcome(settings, outcome)
    return outcome


def _execute(settings: Settings, *, day: date, is_full: bool, run_id: str, progress: Say) -> None:
    import logging

    # Libraries and manifests live as long as the run: looking through them again and again for
    # what could be let go takes five seconds a night.
    gc.set_threshold(20_000, 10, 50)
    os.environ["DAGSTER_HOME"] = str(prepare_instance(settings))
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
    with _prepared_meanwhile(settings, progress):
        # What the definitions need, and what takes its time to import.
        importlib.import_module("dagster_dbt")
        from dagster import DagsterInstance

        from pipelines.definitions import build_defs
    for noisy in ("dagster", "great_expectations"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    # Dagster lowers its level again; without a handler its words would go to standard error.
    logging.getLogger("dagster").addHandler(logging.NullHandler())
    definitions = build_defs(settings, say=progress)
    job = definitions.resolve_job_def("nightly")
    with quick_events(settings.home / "dagster"), DagsterInstance.get() as instance:
        job.execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={"salesops/as_of": day.isoformat(), "salesops/full_refresh": str(is_full).lower()},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def summary_text(settings: Settings, outcome: dict[str, Any]) -> str:
    """What a person reads after a run: what was published, how it stands, what to open next."""
    from pipelines import reading

    return reading.summary_text(settings, outcome)


def start_ui(settings: Settings, *, config: Path | None, port: int, is_read_only: bool) -> int:
    """Run Dagster's web server and daemon on 127.0.0.1 until it is stopped; returns its exit code."""
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(prepare_instance(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "SALESOPS_HOME": str(settings.home),
    }
    if config is not None:
        environment["SALESOPS_CONFIG"] = str(config.absolute())
    ensure_manifest(settings)
    command = [str(Path(sys.executable).parent / "dagster")]
    if is_read_only:
        command[0] += "-webserver"
        command += ["--read-only"]
    else:
        command += ["dev"]
    command += ["-m", "pipelines.definitions", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.call(command, env=environment)
