"""The gate as Dagster assets: accepted rows of each entity, with a check for each table and action."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from pipelines.asset_parts import (
    OWNER,
    POOL,
    Say,
    accepted_key,
    check_result,
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


def check_results(checks: Iterable[Any], blocks: Iterable[Any]) -> Iterator[dg.AssetCheckResult]:
    """What the gate found, as the results of `check_specs`: `block` fails where an entity stops the
    night, for whatever reason."""
    reasons: dict[str, dict[str, str]] = {}
    for block in blocks:
        reasons.setdefault(block.entity, {})[f"{block.source_system}: blocked"] = block.reason
    found: dict[tuple[str, str], list[Any]] = {}
    for check in checks:
        found.setdefault((check.entity, check.action), []).append(check)
    for entity in contract.entities().values():
        for action in (*_ACTIONS, "block"):
            mine = found.get((entity.name, action), [])
            stops = reasons.get(entity.name, {}) if action == "block" else {}
            yield check_result(
                accepted_key(entity),
                action,
                stops
                | {
                    check.check_id: f"{check.rows_failed} of {check.rows_checked} rows fail"
                    if check.did_run
                    else f"did not run: {check.error}"
                    for check in mine
                },
                failed=[*stops, *(check.check_id for check in mine if not check.is_passed)],
                refuses=action == "block",
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
        from pipelines.gate.results import Block

        try:
            summary = nightly.judge(night_of(context, settings, say))
        except nightly.GateRefused as refusal:
            blocks = [found for found in refusal.found if isinstance(found, Block)]
            yield from check_results([c for c in refusal.found if c not in blocks], blocks)
            raise
        for entity in contract.entities().values():
            yield dg.MaterializeResult(
                asset_key=accepted_key(entity),
                metadata={
                    "dagster/row_count": summary.accepted.get(entity.name, 0),
                    "rows_waiting": summary.rejected.get(entity.name, 0),
                },
            )
        yield from check_results(summary.checks, ())

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
