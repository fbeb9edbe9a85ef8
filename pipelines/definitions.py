"""Assemble what Dagster loads: assets, checks, the nightly job, its schedule and sensors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import dagster as dg

from pipelines.settings import Settings


def build_defs(
    settings: Settings,
    manifest: dict[str, Any] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> dg.Definitions:
    """The definitions of one installation. Reads the dbt manifest (parsed where it is missing)
    unless it is given; tests build their own."""
    from pipelines import jobs, schedules, sensors
    from pipelines.extract import assets as extract_assets
    from pipelines.gate import assets as gate_assets
    from pipelines.predict import assets as predict_assets
    from pipelines.publish import assets as publish_assets
    from pipelines.transform import assets as transform_assets
    from pipelines.transform import models

    if manifest is None:
        models.ensure_manifest(settings)
        manifest = json.loads(models.manifest_file(settings).read_text(encoding="utf-8"))
    tables = transform_assets.build_assets(settings, manifest, say)
    assets = [
        *extract_assets.build_assets(settings, say),
        *tables,
        *gate_assets.build_assets(settings, say),
        *predict_assets.build_assets(settings, say),
        *publish_assets.build_assets(
            settings, manifest, transform_assets.published_keys(tables), say
        ),
    ]
    nightly = jobs.build_nightly()
    return dg.Definitions(
        assets=assets,
        jobs=[nightly],
        schedules=[schedules.build_schedule(settings, nightly)],
        sensors=sensors.build_sensors(settings, nightly),
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What `dagster dev` loads: importing this module reads nothing, calling it reads settings."""
    from pipelines.settings import load_settings

    return build_defs(load_settings())
