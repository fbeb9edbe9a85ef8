"""Publishing as a Dagster asset: the release, audited, reported and pointed at."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from pipelines.asset_parts import JOB, OWNER, POOL, Say, check_result, night_of
from pipelines.beside import beside
from pipelines.schedules import build_freshness
from pipelines.settings import Settings

RELEASE = dg.AssetKey(["publish", "release"])
WARN = "all_marts_warn"


def _block(mart: str) -> str:
    return f"{mart}_block"


def audit_specs(marts: Iterable[str]) -> list[dg.AssetCheckSpec]:
    """One check for each mart whose failing keeps it from being published, and one for what is only
    told: Dagster takes 20 ms for each."""
    from data_quality.suites.marts import KEYS

    return [
        *(
            dg.AssetCheckSpec(
                _block(mart),
                asset=RELEASE,
                description=f"What {mart} must hold. A failure publishes nothing.",
                blocking=True,
            )
            for mart in marts
            if mart in KEYS
        ),
        dg.AssetCheckSpec(
            WARN,
            asset=RELEASE,
            description="What differs from the release before by more than a night explains.",
        ),
    ]


def audit_results(marts: Iterable[str], checks: Sequence[Any]) -> Iterator[dg.AssetCheckResult]:
    """What the audit found, as the results of `audit_specs`."""
    for spec in audit_specs(marts):
        found = [
            check
            for check in checks
            if (check.action == "warn" and spec.name == WARN)
            or (check.action == "block" and spec.name == _block(check.entity))
        ]
        yield check_result(
            RELEASE,
            spec.name,
            {
                check.check_id.removesuffix(":release"): (
                    f"{check.rows_failed} of {check.rows_checked} rows fail"
                    if check.did_run
                    else f"did not run: {check.observed}"
                )
                for check in found
            },
            failed=[c.check_id.removesuffix(":release") for c in found if not c.is_passed],
            refuses=spec.blocking or any(not c.did_run for c in found),
        )


def build_assets(
    settings: Settings,
    manifest: Mapping[str, Any],
    marts: Sequence[dg.AssetKey],
    say: Say,
) -> list[dg.AssetsDefinition]:
    """The release: all marts and the reports made of them."""
    names = [key.path[-1] for key in marts]

    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                RELEASE,
                deps=marts,
                description="One folder for each night that was published: database, Parquet, "
                "reports.",
                group_name="publish",
                kinds={"duckdb", "parquet", "greatexpectations", "excel"},
                owners=[OWNER],
                freshness_policy=build_freshness(settings),
            )
        ],
        check_specs=audit_specs(names),
        pool=POOL,
    )
    def publish(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        """One folder for each night that was published."""
        from pipelines import nightly
        from pipelines.publish.release import read_facts
        from pipelines.publish.targets import get_ready_to_draw

        # A single asset from the UI works on the private warehouse: only the whole job publishes.
        if context.run.job_name != JOB:
            raise dg.Failure("Only the job `nightly` publishes: start it, or run `salesops run`.")
        night = night_of(context, settings, say)
        with beside(1) as processes:
            processes.submit(get_ready_to_draw)
            try:
                checks = nightly.audit_marts(night, manifest)
            except nightly.GateRefused as refusal:
                yield from audit_results(names, refusal.found)
                raise
            place = nightly.publish(night, processes)
        facts = read_facts(place)
        yield dg.MaterializeResult(
            asset_key=RELEASE,
            metadata={
                "release": place.name,
                "as_of_date": str(facts["as_of_date"]),
                "dagster/row_count": sum(facts["rows"].values()),
                "report": dg.MetadataValue.path(str(place / "report.en.html")),
            },
        )
        yield from audit_results(names, checks)

    return [publish]
