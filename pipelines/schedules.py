"""When the nightly job starts by itself, and by when its tables must be new."""

from __future__ import annotations

from datetime import timedelta
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


# How long after its start a night may take before people should hear of it.
_GRACE_HOURS = 3


def build_freshness(settings: Settings) -> dg.FreshnessPolicy:
    """What is published must be new on each day of the schedule: built since midnight in the
    company's zone, by three hours after the start, or by the end of the day where the start is not
    one time of day."""
    fields = settings.schedule.cron.split()
    minute, hour, *days_of = fields if len(fields) == 5 else ["", "", "*", "*", "*"]
    days = " ".join(days_of)
    deadline, since_midnight = f"59 23 {days}", timedelta(hours=23, minutes=59)
    if minute.isdigit() and hour.isdigit() and int(hour) + _GRACE_HOURS < 24:
        due = int(hour) + _GRACE_HOURS
        deadline = f"{minute} {due} {days}"
        since_midnight = timedelta(hours=due, minutes=int(minute))
    return dg.FreshnessPolicy.cron(
        deadline_cron=deadline,
        lower_bound_delta=since_midnight,
        timezone=settings.company.timezone,
    )
