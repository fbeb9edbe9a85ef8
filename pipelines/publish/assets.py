"""Publishing as a Dagster asset: the release, audited, reported and pointed at."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipelines import nightly
from pipelines.asset_parts import OWNER, POOL, Say, night_of
from pipelines.publish.release import read_facts
from pipelines.settings import Settings

JOB = "nightly"


def build_assets(
    settings: Settings, manifest: Mapping[str, Any], say: Say
) -> list[dg.AssetsDefinition]:
    """The release: all marts and the reports made of them."""
    deps = [dg.AssetKey([m.schema, m.name]) for m in nightly.published_marts(manifest)]

    @dg.asset(
        key=["publish", "release"],
        deps=deps,
        group_name="publish",
        kinds={"duckdb", "parquet", "greatexpectations", "excel"},
        owners=[OWNER],
        check_specs=[
            dg.AssetCheckSpec(
                "audit",
                asset=["publish", "release"],
                description="What published tables promise, and where tables must agree.",
            )
        ],
        pool=POOL,
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        """One folder for each night that was published: database, Parquet, reports."""
        # A single asset from the UI works on the private warehouse: only the whole job publishes.
        if context.job_name != JOB:
            raise dg.Failure("Only the job `nightly` publishes: start it, or run `salesops run`.")
        place = nightly.publish(night_of(context, settings, say), manifest)
        facts = read_facts(place)
        return dg.MaterializeResult(
            metadata={
                "release": place.name,
                "as_of_date": str(facts["as_of_date"]),
                "dagster/row_count": sum(facts["rows"].values()),
                "report": dg.MetadataValue.path(str(place / "report.en.html")),
            },
            check_results=[dg.AssetCheckResult(check_name="audit", passed=True)],
        )

    return [release]
