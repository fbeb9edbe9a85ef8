"""The steps of the nightly job as plain functions: extract, stage, gate, core, predict, marts, publish."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.extract import lake, night
from pipelines.extract.night import EntityStatus, Extraction
from pipelines.publish import release as releases
from pipelines.settings import Settings
from pipelines.version import code_version

Say = Callable[[str], None]
# In this order; what a step reads was written by the steps before it.
AREAS = ("sales", "pipeline", "people", "customers", "market", "quality", "platform")
# What people decided: with the batches, the inputs of a night.
_DECISIONS = ("quality_issues", "corrections")


class GateRefused(Exception):
    """The gate or the audit refused: nothing is published, the last good release stays.

    `found` is what every check or test came to, where the refusal is of one step's.
    """

    def __init__(self, message: str, found: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.found = tuple(found)


@dataclass(frozen=True)
class StepResult:
    """How a step went: seconds, rows written and the process's highest memory during it."""

    step: str
    started_at: datetime
    seconds: float
    rows: int
    peak_memory_mb: float


@dataclass
class Night:
    """One run: its settings, its day and its name. Instants are UTC."""

    settings: Settings
    as_of: date
    run_id: str
    at: datetime
    is_full: bool = False
    say: Say = lambda text: None
    rows: int = field(default=0, compare=False)

    @property
    def is_for_an_earlier_day(self) -> bool:
        return self.as_of < default_as_of(self.settings, self.at)


def default_as_of(settings: Settings, now: datetime) -> date:
    """Yesterday in the company's zone; the demo's last day in the demo."""
    if settings.is_demo:
        from pipelines.demo.write import DEFAULT_AS_OF

        return DEFAULT_AS_OF
    return now.astimezone(ZoneInfo(settings.company.timezone)).date() - timedelta(days=1)


def _state(settings: Settings, name: str) -> Path:
    return settings.home / "state" / name


def save_extraction(settings: Settings, extraction: Extraction) -> None:
    """Keep what the extraction found for the later steps, which may be another process."""
    releases.write_json(
        _state(settings, "extraction.json"),
        {
            "at": extraction.at.isoformat(),
            "statuses": [asdict(status) for status in extraction.statuses],
            "notes": list(extraction.notes),
        },
    )


def load_extraction(settings: Settings) -> Extraction:
    """What the last extraction found; an empty one where there was none."""
    file = _state(settings, "extraction.json")
    if not file.is_file():
        return Extraction(datetime.fromtimestamp(0, UTC), (), ())
    content = json.loads(file.read_text(encoding="utf-8"))
    return Extraction(
        datetime.fromisoformat(content["at"]),
        tuple(EntityStatus(**status) for status in content["statuses"]),
        tuple(content["notes"]),
    )


@contextmanager
def measured(night_: Night, step: str) -> Iterator[None]:
    """Time a step and watch the memory of the process; the result is kept for `run_steps`."""
    import psutil

    process = psutil.Process()
    peak = process.memory_info().rss
    is_over = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not is_over.wait(0.05):
            peak = max(peak, process.memory_info().rss)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started_at, started = datetime.now(UTC), time.monotonic()
    night_.rows = 0
    try:
        yield
    finally:
        is_over.set()
        watcher.join()
    result = StepResult(step, started_at, time.monotonic() - started, night_.rows, peak / (1 << 20))
    kept = [r for r in load_steps(night_) if r.step != step]
    releases.write_json(
        _state(night_.settings, "steps.json"),
        {"run_id": night_.run_id, "steps": [asdict(r) for r in [*kept, result]]},
    )


def load_steps(night_: Night) -> list[StepResult]:
    """The steps that this run has finished."""
    file = _state(night_.settings, "steps.json")
    if not file.is_file():
        return []
    content = json.loads(file.read_text(encoding="utf-8"))
    if content["run_id"] != night_.run_id:
        return []
    return [
        StepResult(**{**s, "started_at": datetime.fromisoformat(s["started_at"])})
        for s in content["steps"]
    ]


def inputs_hash(night_: Night, extraction: Extraction) -> str:
    """What a release is made of: batches, decisions, day, settings, code, and what was stale."""
    from pipelines.transform import corrections

    settings = night_.settings
    digest = hashlib.sha256()
    for source in settings.sources:
        digest.update(lake.fingerprint(settings.lake / source.name).encode())
    for name in _DECISIONS:
        digest.update(lake.fingerprint(settings.lake / "_salesops" / name).encode())
    digest.update(corrections.rules_hash(settings).encode())
    stale = sorted((s.source, s.entity) for s in extraction.stale)
    told = settings.model_dump_json(exclude={"home", "base", "schedule", "publish"})
    digest.update(f"{night_.as_of} {code_version()} {stale} {told}".encode())
    return digest.hexdigest()


def sales_basis(night_: Night) -> str:
    """A hash over what sales are made of, but for the day: batches of orders and what belongs to
    them, decisions, corrections, settings and code. While it is the same, no closed month changes.
    """
    from pipelines.extract import contract
    from pipelines.transform import corrections

    settings = night_.settings
    of_sales = [e.name for e in contract.entities().values() if e.domain == "orders"]
    folders = [settings.lake / s.name / entity for s in settings.sources for entity in of_sales]
    folders += [settings.lake / "_salesops" / name for name in _DECISIONS]
    told = settings.model_dump_json(exclude={"home", "base", "schedule", "publish"})
    parts = [*(lake.fingerprint(f) for f in folders), corrections.rules_hash(settings), told]
    return hashlib.sha256(" ".join([*parts, code_version()]).encode()).hexdigest()


def staging_basis(night_: Night) -> str:
    """A hash over what decides how batches are staged, but for the code and what people decided."""
    from pipelines.transform import corrections

    told = night_.settings.model_dump_json(exclude={"home", "base", "schedule", "publish"})
    parts = f"{told} {corrections.rules_hash(night_.settings)}"
    return hashlib.sha256(parts.encode()).hexdigest()


def is_delivered(night_: Night, extraction: Extraction) -> bool:
    """Whether a release made of the same inputs is there already: then nothing is to be built.

    It is the one in use, or one that a target refused or a kill left undelivered. Where a target
    shows another release, it is brought there. Raises PublishFailed where it cannot be.
    """
    from pipelines.publish import targets

    home = night_.settings.home
    kept = [] if night_.is_full else releases.list_releases(home)
    wanted = inputs_hash(night_, extraction) if kept else ""
    made = [release for release in kept if releases.read_facts(release).get("inputs") == wanted]
    if not made:
        return False
    current = releases.current_release(home)
    targets.deliver(night_.settings, current if current in made else made[-1], say=night_.say)
    return True


def lacks_demo(settings: Settings) -> bool:
    """Whether the demo company is what is to be extracted, and its sources are not there."""
    return settings.is_demo and not (settings.base / "salesops.yaml").is_file()


def write_demo_sources(settings: Settings) -> None:
    """Write the demo company's sources where the settings look for them."""
    from pipelines.demo.write import write_demo

    write_demo(settings.base)


def extract(night_: Night) -> Extraction:
    """Extract every source into the lake. Writes the demo's sources first where there are none."""
    settings = night_.settings
    with measured(night_, "extract"):
        if lacks_demo(settings):
            night_.say("write the demo company")
            write_demo_sources(settings)
        _remember_company(settings)
        extraction = night.extract_all(
            settings, at=night_.at, say=night_.say, is_full=night_.is_full
        )
        save_extraction(settings, extraction)
        night_.rows = extraction.rows_landed
    return extraction


class WrongHome(Exception):
    """The home folder belongs to another company."""


def _remember_company(settings: Settings) -> None:
    file = _state(settings, "company.json")
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))["name"]
        if known != settings.company.name:
            raise WrongHome(
                f"{settings.home} holds the data of {known!r}, not of {settings.company.name!r}. "
                "Set SALESOPS_HOME to another folder."
            )
        return
    releases.write_json(file, {"name": settings.company.name})


def release_facts(night_: Night, extraction: Extraction) -> dict[str, Any]:
    """What the release says of itself before it is audited."""
    return {
        "release_id": releases.release_id(night_.at),
        "created_at": night_.at,
        "as_of_date": night_.as_of,
        "code_version": code_version(),
        "run_id": night_.run_id,
        "is_degraded": bool(extraction.stale),
        "stale_sources": ", ".join(extraction.stale_sources) or None,
    }


def stage(night_: Night, manifest: Any) -> list[Any]:
    """Give dbt its inputs and build staging; returns what became of each node."""
    from data_quality import runner
    from pipelines.transform import dictionary, models, prepare

    settings = night_.settings
    with measured(night_, "stage"):
        # What was staged will be judged.
        runner.get_ready()
        extraction = load_extraction(settings)
        prepare.prepare_warehouse(
            settings,
            extraction,
            as_of=night_.as_of,
            run_id=night_.run_id,
            dictionary=dictionary.read_dictionary(models.project_folder() / "metrics.yml"),
            release=tuple(release_facts(night_, extraction).values()),
        )
        return build(night_, manifest, ["path:models/staging"])


def build(night_: Night, manifest: Any, select: list[str]) -> list[Any]:
    """Build a part of the dbt project; a failed test refuses the night."""
    from pipelines.transform import models

    variables = models.model_variables(night_.settings, as_of=night_.as_of, run_id=night_.run_id)
    try:
        return models.build_models(
            night_.settings, manifest, select, variables=variables, say=night_.say
        )
    except models.TestsFailed as error:
        raise GateRefused(str(error), error.results) from None


def judge(night_: Night) -> Any:
    """Run the gate over what was staged. Raises GateRefused where an entity blocks the night."""
    from pipelines.gate.run import run_gate

    settings = night_.settings
    with measured(night_, "gate"):
        night_.say("check what arrived")
        delivered = {
            name
            for source in settings.sources
            for name in night.landed_entities(settings.lake, source.name)
        }
        summary = run_gate(
            settings.warehouse,
            settings.lake,
            now=night_.at,
            run_id=night_.run_id,
            company_timezone=settings.company.timezone,
            as_of=night_.as_of,
            delivered=delivered,
            keeps_issues=not night_.is_for_an_earlier_day,
            basis=staging_basis(night_),
            judges_all=night_.is_full,
        )
        night_.rows = sum(summary.accepted.values())
    if summary.is_blocked:
        reasons = "; ".join(f"{b.source_system}.{b.entity}: {b.reason}" for b in summary.blocked)
        raise GateRefused(
            f"The gate blocked the night: {reasons}. Nothing was published; the last good release "
            "stays. `salesops quality` lists the records.",
            (*summary.checks, *summary.blocked),
        )
    return summary


def build_core(night_: Night, manifest: Any) -> list[Any]:
    """Build the star of facts and dimensions."""
    with measured(night_, "core"):
        return build(night_, manifest, ["path:seeds", "path:models/marts/core"])


def predict(night_: Night) -> int:
    """Fit what is expected of each customer to core; returns the rows written."""
    from pipelines.predict.value import predict_values

    with measured(night_, "predict"):
        night_.say("predict")
        night_.rows = predict_values(night_.settings.warehouse, night_.as_of)
    return night_.rows


def build_marts(night_: Night, manifest: Any) -> list[Any]:
    """Build the marts of every area, and the tests between them."""
    with measured(night_, "marts"):
        return build(
            night_,
            manifest,
            [*(f"path:models/marts/{area}" for area in AREAS), "path:tests"],
        )


def published_marts(manifest: Mapping[str, Any]) -> list[releases.Mart]:
    """The tables of a release: every model below marts/ but the intermediate ones."""
    found = []
    for node in manifest["nodes"].values():
        is_mart = node["resource_type"] == "model" and node["original_file_path"].startswith(
            "models/marts/"
        )
        if is_mart and not node["name"].startswith("int_"):
            found.append(
                releases.Mart(
                    node["name"],
                    node["schema"],
                    node["description"],
                    {name: c["description"] for name, c in node["columns"].items()},
                )
            )
    return sorted(found, key=lambda mart: mart.name)


def audit_marts(night_: Night, manifest: Mapping[str, Any]) -> list[Any]:
    """Copy the marts into the draft of a release and audit it; returns what each check found.

    Raises GateRefused where it must not be published.
    """
    from pipelines.publish import audit

    settings = night_.settings
    draft = _draft(night_)
    releases.sweep_drafts(settings.home)
    marts = published_marts(manifest)
    database = draft / releases.DATABASE
    with measured(night_, "audit"):
        night_.say("copy the marts")
        rows = releases.copy_marts(settings.warehouse, database, marts)
        night_.rows = sum(rows.values())
        night_.say("audit the marts")
        checks = audit.audit_release(
            database,
            previous=releases.current_release(settings.home),
            run_id=night_.run_id,
            sales_basis=sales_basis(night_),
        )
        releases.append_rows(database, "quality_checks", audit.check_rows(checks))
        audit.keep_refusal(audit_file(settings), checks)
        refused = audit.refusals(checks)
        if refused:
            raise GateRefused(
                "The audit refused the marts: "
                + " ".join(refused[:5])
                + " Nothing was published; the last good release stays.",
                checks,
            )
    return checks


def audit_file(settings: Settings) -> Path:
    """Where what the last audit refused is kept."""
    return _state(settings, "audit.json")


def _draft(night_: Night) -> Path:
    """Where the release of this run grows before it is put in place."""
    return night_.settings.releases / f"{releases.release_id(night_.at)}.tmp"


def publish(night_: Night, processes: Executor) -> Path:
    """Complete the audited draft, seal, report and put in place; then point `current` at it.

    `processes` draw the pages while this one writes the other files.
    """
    from pipelines.publish import audit, targets

    settings = night_.settings
    extraction = load_extraction(settings)
    draft = _draft(night_)
    database = draft / releases.DATABASE
    rows = audit.table_rows(database)
    with measured(night_, "report"):
        audit.complete_release_info(database, rows)
        steps = [
            {
                "run_id": night_.run_id,
                "step": s.step,
                "started_at": s.started_at,
                "seconds": s.seconds,
                "rows": s.rows,
                "peak_memory_mb": s.peak_memory_mb,
            }
            for s in load_steps(night_)
        ]
        releases.append_rows(database, "run_steps", steps)
        rows["run_steps"] += len(steps)
        releases.seal(database, rows)
        night_.say("write the reports")
        pages = processes.submit(targets.write_pages, database, draft, settings)
        targets.write_tables(database, draft, settings)
        releases.write_parquet(database, draft / "parquet", list(rows))
        told = targets.trust_told(database, settings)
        pages.result()
    with measured(night_, "publish"):
        place = releases.finish_release(
            draft,
            {
                "trust": told,
                **release_facts(night_, extraction),
                "inputs": inputs_hash(night_, extraction),
                "sales_basis": sales_basis(night_),
                "company": settings.company.name,
                "checks": audit.counts(database),
                "rows": rows,
                "absent": absent_entities(settings),
                "notes": list(extraction.notes),
                "stale": [
                    {"source": s.source, "entity": s.entity, "why": s.message}
                    for s in extraction.stale
                ],
            },
        )
        targets.deliver(settings, place, say=night_.say)
        releases.prune_releases(settings.home, settings.keep)
        night_.rows = sum(rows.values())
    return place


def absent_entities(settings: Settings) -> list[str]:
    """The contract's entities that no source delivers: what rests on them is empty or NULL."""
    from pipelines.transform.prepare import delivered_by

    return [name for name, sources in delivered_by(settings).items() if not sources]


def keep_outcome(settings: Settings, outcome: Mapping[str, Any]) -> None:
    """Keep how the last run ended, for `salesops status`."""
    releases.write_json(_state(settings, "last_run.json"), outcome)


def last_outcome(settings: Settings) -> dict[str, Any] | None:
    """How the last run ended; None before the first."""
    file = _state(settings, "last_run.json")
    if not file.is_file():
        return None
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
