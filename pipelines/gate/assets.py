"""The gate as Dagster assets: accepted rows of each entity, with a check for each table and action."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.asset_parts import (
    OWNER,
    POOL,
    Say,
    accepted_key,
    entity_schema,
    night_of,
    same_columns,
    staging_key,
)
from pipelines.extract import contract
from pipelines.settings import Settings

_ACTIONS = ("reject", "warn")


def check_specs() -> list[dg.AssetCheckSpec]:
    """One check for each table and action. `block` stops what is downstream."""
    return [
        dg.AssetCheckSpec(
            name=action,
            asset=accepted_key(entity),
            description=f"Expectations on {entity.name} whose action is {action}.",
            blocking=action == "block",
        )
        for entity in contract.entities().values()
        for action in (*_ACTIONS, "block")
    ]


def _check_result(
    entity: contract.Entity, action: str, checks: list[Any], blocks: list[Any]
) -> dg.AssetCheckResult:
    failed = [check for check in checks if not check.is_passed]
    return dg.AssetCheckResult(
        asset_key=accepted_key(entity),
        check_name=action,
        passed=not failed and not blocks,
        severity=dg.AssetCheckSeverity.ERROR if blocks else dg.AssetCheckSeverity.WARN,
        metadata={
            check.check_id: f"{check.rows_failed} of {check.rows_checked} rows fail"
            if check.did_run
            else f"did not run: {check.error}"
            for check in (failed or checks)[:50]
        },
    )


def build_assets(settings: Settings, say: Say) -> list[dg.AssetsDefinition]:
    """What core reads: staged rows that hold what the suites state, and families as last accepted."""
    specs = [
        dg.AssetSpec(
            accepted_key(entity),
            deps=[staging_key(entity), *_families(entity)],
            description=f"One row for each {entity.name} record that goes on to the marts.",
            group_name=f"gate_{entity.domain}",
            kinds={"greatexpectations", "duckdb"},
            owners=[OWNER],
            metadata={
                "dagster/column_schema": entity_schema(entity),
                "dagster/column_lineage": same_columns(staging_key(entity), entity),
            },
        )
        for entity in contract.entities().values()
    ]

    @dg.multi_asset(name="gate", specs=specs, check_specs=check_specs(), pool=POOL)
    def gate(
        context: dg.AssetExecutionContext,
    ) -> Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]:
        """One row for each record that goes on, as staged or as last accepted."""
        from pipelines import nightly

        summary = nightly.judge(night_of(context, settings, say))
        for entity in contract.entities().values():
            yield dg.MaterializeResult(
                asset_key=accepted_key(entity),
                metadata={
                    "dagster/row_count": summary.accepted.get(entity.name, 0),
                    "rows_waiting": summary.rejected.get(entity.name, 0),
                },
            )
            for action in (*_ACTIONS, "block"):
                found = [
                    c for c in summary.checks if c.entity == entity.name and c.action == action
                ]
                yield _check_result(entity, action, found, [])

    return [gate]


def _families(entity: contract.Entity) -> list[dg.AssetKey]:
    """The other members of the entity's family: they go on or wait as one."""
    from pipelines.gate import families

    names = contract.entities()
    return [
        staging_key(names[name])
        for name in families.members(families.root(entity.name))
        if name != entity.name
    ]
