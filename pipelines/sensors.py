"""What starts a run, or tells people, when something happens."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg

from pipelines.settings import Settings


def newest_file(settings: Settings) -> tuple[float, str] | None:
    """Time and name of the newest file of all file sources; None where there are none."""
    found = []
    for source in settings.sources:
        if source.path is None:
            continue
        folder = settings.resolved(source.path)
        for file in folder.rglob("*") if folder.is_dir() else ():
            if file.is_file() and not file.name.startswith("."):
                found.append((file.stat().st_mtime, file.name))
    return max(found, default=None)


def build_sensors(settings: Settings, job: Any) -> Sequence[dg.SensorDefinition]:
    """A sensor on the folders of file sources, and one on failed runs."""

    @dg.sensor(
        name="file_arrival",
        job=job,
        minimum_interval_seconds=60,
        description="Starts the nightly job when a file source's folder has a newer file.",
    )
    def file_arrival(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        newest = newest_file(settings)
        if newest is None:
            return dg.SkipReason("no file has arrived")
        cursor = f"{newest[0]}"
        if context.cursor is not None and newest[0] <= float(context.cursor):
            return dg.SkipReason("no newer file")
        return dg.SensorResult([dg.RunRequest(run_key=cursor)], cursor=cursor)

    @dg.run_failure_sensor(
        name="failed_run",
        monitored_jobs=[job],
        description="Keeps how a run of the schedule failed, for `salesops status`.",
    )
    def failed_run(context: dg.RunFailureSensorContext) -> None:
        from pipelines import nightly

        nightly.keep_outcome(
            settings,
            {
                "run_id": context.dagster_run.run_id,
                "started_at": datetime.now(UTC),
                "status": "failed",
                "exit_code": 1,
                "message": " ".join((context.failure_event.message or "").split()),
            },
        )

    return [file_arrival, failed_run]
