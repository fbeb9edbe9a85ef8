"""Extraction as Dagster assets: one for each contract entity in the lake."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipelines.asset_parts import OWNER, POOL, Say, entity_schema, lake_key, night_of
from pipelines.extract import contract
from pipelines.settings import Settings


def build_assets(settings: Settings, say: Say) -> list[dg.AssetsDefinition]:
    """The lake: a batch of what changed for each entity of each source."""
    specs = [
        dg.AssetSpec(
            lake_key(entity),
            description=(
                f"One row for each version of each {entity.name} record that a source delivered: "
                "typed Parquet, append-only."
            ),
            group_name=f"extract_{entity.domain}",
            kinds={"parquet", "python"},
            owners=[OWNER],
            skippable=True,
            metadata={"dagster/column_schema": entity_schema(entity)},
        )
        for entity in contract.entities().values()
    ]

    @dg.multi_asset(name="extract", specs=specs, pool=POOL)
    def extract(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        """One row for each version of each record that a source delivered."""
        from pipelines import nightly

        night = night_of(context, settings, say)
        extraction = nightly.extract(night)
        # Nothing is yielded where a release has all of it: what follows is skipped.
        if nightly.is_delivered(night, extraction):
            context.log.info("nothing is new: the release in use is made of the same inputs")
            return
        by_entity: dict[str, list[Any]] = {}
        for status in extraction.statuses:
            by_entity.setdefault(status.entity, []).append(status)
        for entity in contract.entities().values():
            found = by_entity.get(entity.name, [])
            yield dg.MaterializeResult(
                asset_key=lake_key(entity),
                metadata={
                    "dagster/row_count": sum(s.rows_landed for s in found),
                    "rows_read": sum(s.rows_read for s in found),
                    "rows_deleted": sum(s.rows_deleted for s in found),
                    "sources": ", ".join(f"{s.source}: {s.status}" for s in found) or "none",
                },
            )

    return [extract]
