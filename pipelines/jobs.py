"""The one job: what the schedule, the command line and the UI start."""

from __future__ import annotations

from typing import Any

import dagster as dg


def build_nightly() -> Any:
    """The job `nightly` over all assets, in one process: DuckDB has one writer at a time."""
    return dg.define_asset_job(
        "nightly",
        selection=dg.AssetSelection.all(),
        description="Extract, check, build, audit, report and publish: one release or none.",
        executor_def=dg.in_process_executor,
        tags={"dagster/max_retries": "1"},
    )
