"""When the nightly job starts by itself."""

from __future__ import annotations

from typing import Any

import dagster as dg

from pipelines.settings import Settings


def build_schedule(settings: Settings, job: Any) -> dg.ScheduleDefinition:
    """The nightly schedule, in the company's zone."""
    return dg.ScheduleDefinition(
        name="nightly_schedule",
        job=job,
        cron_schedule=settings.schedule.cron,
        execution_timezone=settings.company.timezone,
        description="Starts the nightly job in the company's zone. Turn it on in the UI.",
    )
