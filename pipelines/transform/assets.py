"""The dbt project as Dagster assets: staging, core and the marts, each built in this process."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, build_dbt_asset_specs

from pipelines import nightly
from pipelines.asset_parts import OWNER, POOL, Say, column_schema, night_of, table_rows
from pipelines.settings import Settings


class _Translator(DagsterDbtTranslator):
    """Keys are schema and table; groups are the step with its domain or area."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        parts = dbt_resource_props["fqn"]
        if parts[1] == "staging":
            return f"staging_{parts[2]}"
        return parts[2] if parts[1] == "marts" else "seeds"

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return [OWNER]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        columns = dbt_resource_props.get("columns", {})
        return {
            "dagster/column_schema": column_schema(
                (name, c.get("data_type") or "", c.get("description") or "")
                for name, c in columns.items()
            )
        }


def _build_step(
    settings: Settings,
    manifest: Mapping[str, Any],
    say: Say,
    *,
    name: str,
    select: str,
    build: Any,
) -> dg.AssetsDefinition:
    translator = _Translator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=False))
    specs = build_dbt_asset_specs(
        manifest=manifest, dagster_dbt_translator=translator, select=select
    )
    specs = [spec.merge_attributes(kinds={"dbt", "duckdb"}) for spec in specs]

    @dg.multi_asset(name=name, specs=specs, can_subset=True, pool=POOL)
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        """The tables of this step; the grain of each stands in its own description."""
        from pipelines.transform import models

        night = night_of(context, settings, say)
        parsed = models.parse_project(settings)
        wanted = sorted(context.selected_asset_keys)
        is_whole = len(wanted) == len(specs)
        if is_whole:
            results = build(night, parsed)
        else:
            results = nightly.build(night, parsed, [key.path[-1] for key in wanted])
        rows = table_rows(settings, [".".join(key.path) for key in wanted])
        keys = {key.path[-1]: key for key in wanted}
        # In the order in which dbt built them: each after what it reads.
        for result in results:
            if result.name in keys and result.kind in ("model", "seed"):
                key = keys[result.name]
                yield dg.MaterializeResult(
                    asset_key=key,
                    metadata={
                        "dagster/row_count": rows.get(".".join(key.path)),
                        "seconds": round(result.seconds, 3),
                    },
                )

    return step


def build_assets(
    settings: Settings, manifest: Mapping[str, Any], say: Say
) -> list[dg.AssetsDefinition]:
    """Staging, core and the marts: one step each, and one asset for each table."""
    return [
        _build_step(
            settings,
            manifest,
            say,
            name="stage",
            select="fqn:salesops.staging",
            build=nightly.stage,
        ),
        _build_step(
            settings,
            manifest,
            say,
            name="core",
            select="fqn:salesops.marts.core",
            build=nightly.build_core,
        ),
        _build_step(
            settings,
            manifest,
            say,
            name="marts",
            select=" ".join(f"fqn:salesops.marts.{area}" for area in nightly.AREAS),
            build=nightly.build_marts,
        ),
    ]
