"""The dbt project as Dagster assets: staging, core and the marts, each built in this process."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from pipelines.asset_parts import (
    OWNER,
    POOL,
    Say,
    column_schema,
    entity_schema,
    night_of,
    staging_key,
    table_columns,
    table_rows,
)
from pipelines.extract import contract
from pipelines.schedules import build_freshness
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.nightly import Night

# Steps in the order in which they run, by the name of their op.
_STEPS = ("stage", "core", "marts")


class _Translator(DagsterDbtTranslator):
    """Keys are schema and table; groups are the step with its domain or area."""

    def __init__(self) -> None:
        # What tests found stands with the tables: a check of its own takes Dagster 50 ms, and a
        # test that fails ends the run anyway.
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=False))
        self._entities = {
            staging_key(entity): entity_schema(entity) for entity in contract.entities().values()
        }

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        parts = dbt_resource_props["fqn"]
        if parts[1] == "staging":
            return f"staging_{parts[2]}"
        if parts[1] == "marts":
            return str(parts[2])
        return str(dbt_resource_props["schema"])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        return [OWNER]

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        columns = dbt_resource_props.get("columns", {})
        declared = column_schema(
            (name, c.get("data_type") or "", c.get("description") or "")
            for name, c in columns.items()
        )
        key = self.get_asset_key(dbt_resource_props)
        schema = declared if columns else self._entities.get(key)
        return {
            "dagster/table_name": ".".join(key.path),
            **({"dagster/column_schema": schema} if schema else {}),
        }


def _step_of(node: Mapping[str, Any]) -> str | None:
    """The step that builds a node of the manifest; None for what is no table."""
    if node["resource_type"] == "seed":
        return "core"
    if node["resource_type"] != "model":
        return None
    folder, area = node["fqn"][1:3]
    if folder == "staging":
        return "stage"
    return "core" if area == "core" else "marts"


def _tests_by_table(manifest: Mapping[str, Any], step: str) -> dict[str, list[str]]:
    """The tests of each table of a step, both by unique id. A test of tables of several steps runs
    in the last of them, and there speaks of each table it reads."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] != "test":
            continue
        steps = {
            table: _step_of(manifest["nodes"][table])
            for table in node["depends_on"]["nodes"]
            if table in manifest["nodes"]
        }
        last = max((s for s in steps.values() if s), key=_STEPS.index, default=None)
        for table in steps:
            if last == step == steps[table]:
                found[table].append(node["unique_id"])
    return found


def _build_step(
    settings: Settings,
    manifest: Mapping[str, Any],
    translator: _Translator,
    say: Say,
    *,
    name: str,
) -> dg.AssetsDefinition:
    nodes = {
        node["unique_id"]: node for node in manifest["nodes"].values() if _step_of(node) == name
    }
    tests = _tests_by_table(manifest, name)
    keys = {unique_id: translator.get_asset_key(node) for unique_id, node in nodes.items()}
    freshness = build_freshness(settings)
    specs = []
    for unique_id in nodes:
        # Not build_dbt_asset_specs: what it selects by would take half a second at each load.
        spec = translator.get_asset_spec(manifest, unique_id, None)
        specs.append(
            spec.replace_attributes(freshness_policy=freshness) if _is_published(spec.key) else spec
        )

    @dg.multi_asset(
        name=name,
        specs=specs,
        can_subset=True,
        pool=POOL,
    )
    def step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        """The tables of this step; the grain of each stands in its own description."""
        from pipelines import nightly
        from pipelines.transform import models

        night = night_of(context, settings, say)
        parsed = models.parse_project(settings)
        wanted = {u: key for u, key in keys.items() if key in context.selected_asset_keys}
        refusal = None
        try:
            if len(wanted) == len(keys):
                whole = {
                    "stage": nightly.stage,
                    "core": nightly.build_core,
                    "marts": nightly.build_marts,
                }
                results = whole[name](night, parsed)
            else:
                results = nightly.build(night, parsed, [key.path[-1] for key in wanted.values()])
        except nightly.GateRefused as error:
            # What was built is there, though it must not be published.
            results, refusal = list(error.found), error
        yield from _materialized(night, results, wanted, tests)
        if refusal is not None:
            raise refusal

    return step


def _is_published(key: dg.AssetKey) -> bool:
    """Whether a table goes into releases: all of the marts but what only they read."""
    return key.path[0] not in ("staging", "seeds") and not key.path[-1].startswith("int_")


def published_keys(tables: Iterable[dg.AssetsDefinition | dg.AssetSpec]) -> list[dg.AssetKey]:
    """The tables that releases are made of."""
    return sorted(
        key
        for step in tables
        if isinstance(step, dg.AssetsDefinition)
        for key in step.keys
        if _is_published(key)
    )


def _materialized(
    night: "Night",
    results: Sequence[Any],
    keys: Mapping[str, dg.AssetKey],
    tests: Mapping[str, Sequence[str]],
) -> Iterator[dg.MaterializeResult[Any]]:
    """What was built, in the order in which dbt built it: each after what it reads."""
    from pipelines.transform.lineage import kept_column_sources
    from pipelines.transform.models import lineage_file

    settings = night.settings
    by_id = {result.unique_id: result for result in results}
    built = [r for r in results if r.unique_id in keys and r.status == "success"]
    rows = table_rows(settings, [".".join(keys[r.unique_id].path) for r in built])
    columns = table_columns(settings)
    # Without what names the night, its queries are those of the night before.
    named = re.compile(f"{night.as_of}|{night.run_id}")
    queries = {r.unique_id: named.sub("", r.compiled) for r in built if r.compiled}
    sources = kept_column_sources(queries, columns, lineage_file(settings))
    for result in built:
        key = keys[result.unique_id]
        schema, table = key.path
        ran = [by_id[test] for test in tests.get(result.unique_id, ()) if test in by_id]
        yield dg.MaterializeResult(
            asset_key=key,
            metadata={
                "dagster/row_count": rows.get(f"{schema}.{table}"),
                "seconds": round(result.seconds, 3),
                **({"tests": {r.name: r.message or "holds" for r in ran}} if ran else {}),
                **_lineage(sources.get(result.unique_id)),
                **_columns(result, columns[schema][table]),
            },
        )


def _columns(result: Any, columns: Mapping[str, str]) -> dict[str, Any]:
    """The columns as built, of tables whose columns nobody declares."""
    if result.name.startswith("int_") or result.kind == "seed":
        return {
            "dagster/column_schema": column_schema((n, t.lower(), "") for n, t in columns.items())
        }
    return {}


def _lineage(sources: Mapping[str, Iterable[Any]] | None) -> dict[str, Any]:
    if sources is None:
        return {}
    return {
        "dagster/column_lineage": dg.TableColumnLineage(
            deps_by_column={
                column: [
                    dg.TableColumnDep(dg.AssetKey([found.schema, found.table]), found.column)
                    for found in origins
                ]
                for column, origins in sources.items()
            }
        )
    }


def _written_elsewhere(
    manifest: Mapping[str, Any], translator: _Translator
) -> Iterator[dg.AssetSpec]:
    """Tables that the models read and that steps write without an asset of their own."""
    staged = [staging_key(entity) for entity in contract.entities().values()]
    for node in manifest["sources"].values():
        schema = node["schema"]
        if schema in ("lake", "predict") or node["name"].startswith("accepted_"):
            continue
        yield dg.AssetSpec(
            translator.get_asset_key(node),
            # The gate judges what was staged.
            deps=staged if schema == "gate" else [],
            description=node["description"],
            group_name=schema,
            kinds={"duckdb"},
            owners=[OWNER],
        )


def build_assets(
    settings: Settings, manifest: Mapping[str, Any], say: Say
) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Staging, core and the marts: one step each, and one asset for each table. What else the
    models read is described beside them."""
    translator = _Translator()
    return [
        *(_build_step(settings, manifest, translator, say, name=name) for name in _STEPS),
        *_written_elsewhere(manifest, translator),
    ]
