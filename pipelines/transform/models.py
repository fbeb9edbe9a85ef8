"""Run the dbt project in process: parse once, then build a part of it, and say what came of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipelines.settings import Settings

Say = Callable[[str], None]
# Of what the project was before: branches that one goes to and fro between.
_PARSED_KEPT = 4
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class TransformFailed(Exception):
    """A model could not be built. The message names the model and gives the engine's words."""


class TestsFailed(Exception):
    """A test of the models failed: what was built must not be published. `results` say what was."""

    __test__ = False

    def __init__(self, message: str, results: Sequence[NodeResult]) -> None:
        super().__init__(message)
        self.results = tuple(results)


@dataclass(frozen=True)
class NodeResult:
    """What became of one model, seed or test. `rows` is NULL where dbt does not know."""

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    message: str
    # The SQL of a model as it was run.
    compiled: str = ""


def project_folder() -> Path:
    """The dbt project that ships with the product."""
    beside = Path(__file__).resolve().parents[2] / "dbt_project"
    if beside.is_dir():
        return beside
    import dbt_project

    return Path(next(iter(dbt_project.__path__)))


def business_hours(text: str) -> tuple[list[int], str, str]:
    """Working weekdays as ISO numbers, and the hours, of a setting like `Mon-Fri 09:00-18:00`."""
    days, hours = text.split(" ")
    first, last = (_WEEKDAYS.index(day) for day in days.split("-"))
    start, end = hours.split("-")
    count = (last - first) % 7 + 1
    return sorted((first + i) % 7 + 1 for i in range(count)), start, end


def model_variables(settings: Settings, *, as_of: date, run_id: str) -> dict[str, Any]:
    """The variables of the dbt project for one run: the only way in which settings reach SQL."""
    company, analysis = settings.company, settings.analysis
    weekdays, start, end = business_hours(analysis.business_hours)
    return {
        "as_of_date": as_of.isoformat(),
        "run_id": run_id,
        "company_timezone": company.timezone,
        "company_currency": company.currency,
        "fiscal_year_start": company.fiscal_year_start,
        "week_start": company.week_start,
        "business_weekdays": weekdays,
        "business_hours_start": start,
        "business_hours_end": end,
        "lead_window_days": analysis.lead_window_days,
        "deal_window_days": analysis.deal_window_days,
        "repeat_window_days": analysis.repeat_window_days,
        "return_window_days": analysis.return_window_days,
        "attribution_window_days": analysis.attribution_window_days,
        "no_decision_reasons": list(analysis.no_decision_reasons),
        "on_time_basis": analysis.on_time_basis,
        "publish_personal_data": settings.privacy.publish_personal_data,
    }


def _folders(target: Path, logs: Path) -> list[str]:
    project = str(project_folder())
    return [
        "--project-dir", project,
        "--profiles-dir", project,
        "--target-path", str(target),
        "--log-path", str(logs),
    ]  # fmt: skip


def _set_environment(settings: Settings) -> None:
    os.environ["SALESOPS_WAREHOUSE"] = str(settings.warehouse)
    os.environ["SALESOPS_TEMP_DIRECTORY"] = str(settings.home / "dbt" / "spill")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"


@lru_cache(maxsize=1)
def _cache() -> Path:
    """The folder of the user's caches that holds what was parsed, by project, place and dbt."""
    import platformdirs

    from pipelines.version import project_hash

    parts = [project_hash(), str(project_folder()), version("dbt-core"), version("dbt-duckdb")]
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("salesops") / key


def _parsed_folder(settings: Settings) -> Path:
    cache = _cache()
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return settings.home / "dbt" / cache.name
    return cache if os.access(cache.parent, os.W_OK) else settings.home / "dbt" / cache.name


def is_parsed(settings: Settings) -> bool:
    """Whether the project was parsed before, for this home or another."""
    return _parsed_folder(settings).is_dir()


def ensure_manifest(settings: Settings) -> None:
    """Parse the project where this user has not yet parsed it as it is now. It takes some ten
    seconds, and every home shares it. Raises TransformFailed where the project does not parse."""
    from filelock import FileLock

    folder = _parsed_folder(settings)
    if folder.is_dir():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / "parse.lock"):
        if folder.is_dir():
            return
        from dbt.cli.main import dbtRunner

        _set_environment(settings)
        with tempfile.TemporaryDirectory(dir=folder.parent) as draft:
            target, logs = Path(draft) / "target", Path(draft) / "logs"
            command = ["--quiet", "--log-level", "none", "parse", *_folders(target, logs)]
            result = dbtRunner().invoke(command)
            if not result.success:
                raise TransformFailed(f"the dbt project does not parse: {result.exception}")
            target.rename(folder)
        _forget_others(folder)


def _forget_others(folder: Path) -> None:
    """Keep the newest of what the project was before."""
    made = [f for f in folder.parent.iterdir() if f.is_dir() and f.name != folder.name]
    for old in sorted(made, key=lambda f: f.stat().st_mtime, reverse=True)[_PARSED_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def manifest_file(settings: Settings) -> Path:
    """Where the manifest stands as JSON, which Dagster's definitions read."""
    return _parsed_folder(settings) / "manifest.json"


def lineage_file(settings: Settings) -> Path:
    """Where it stands from where the columns of the project's models come."""
    return _parsed_folder(settings) / "lineage.json"


def parse_project(settings: Settings) -> Any:
    """The project's manifest, parsed where it was not yet; the steps of a night share it.

    Raises TransformFailed where the project does not parse.
    """
    ensure_manifest(settings)
    return _loaded(_parsed_folder(settings))


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Any:
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack((folder / "partial_parse.msgpack").read_bytes())
    # What dbt does itself with one that it has read.
    manifest.build_parent_and_child_maps()
    manifest.build_flat_graph()
    return manifest


def _close_warehouse() -> None:
    """Let go of the warehouse: dbt keeps its connection, and nobody else could open the file."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


# A lake of so many bytes is large: two models side by side would share the memory that one needs.
_LARGE_LAKE = 100 * 2**20


def _is_large(lake: Path) -> bool:
    return sum(file.stat().st_size for file in lake.glob("*/*/*.parquet")) > _LARGE_LAKE


def build_models(
    settings: Settings,
    manifest: Any,
    select: Sequence[str],
    *,
    variables: Mapping[str, Any],
    say: Say,
) -> list[NodeResult]:
    """Build the selected models with their data tests; unit tests are left to development.

    Raises TransformFailed where a model fails, TestsFailed where only tests do.
    """
    import json

    from dbt.cli.main import dbtRunner

    _set_environment(settings)

    def on_event(event: Any) -> None:
        if event.info.name == "LogStartLine":
            say(f"build {event.data.description.split(' ')[-1]}")

    runner = dbtRunner(manifest=manifest, callbacks=[on_event])
    result = runner.invoke(
        [
            "--quiet",
            "--log-level",
            "none",
            # What dbt keeps for those who read its files; the results come as they are.
            "--no-write-json",
            "build",
            *_folders(settings.home / "dbt" / "target", settings.home / "dbt" / "logs"),
            "--select",
            *select,
            "--vars",
            json.dumps(dict(variables), ensure_ascii=False),
            "--exclude-resource-type",
            "unit_test",
            # A test between two steps runs in the later one.
            "--indirect-selection",
            "cautious",
            *(["--threads", "1"] if _is_large(settings.lake) else []),
        ]
    )
    _close_warehouse()
    if result.exception is not None:
        raise TransformFailed(f"dbt could not run: {result.exception}")
    results = [
        NodeResult(
            unique_id=item.node.unique_id,
            name=item.node.name,
            kind=str(item.node.resource_type),
            status=str(item.status),
            seconds=item.execution_time,
            message=" ".join((item.message or "").split()),
            compiled=getattr(item.node, "compiled_code", None) or "",
        )
        for item in getattr(result.result, "results", [])
    ]
    failed = [r for r in results if r.status in ("error", "runtime error")]
    if failed:
        raise TransformFailed(
            f"{len(failed)} models could not be built; the first is {failed[0].name}: "
            f"{failed[0].message}"
        )
    broken = [r for r in results if r.status == "fail"]
    if broken:
        raise TestsFailed(
            f"{len(broken)} tests of the models failed: "
            + "; ".join(f"{r.name}: {r.message}" for r in broken[:5]),
            results,
        )
    return results
