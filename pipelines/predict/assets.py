"""Predictions as Dagster assets: what is fitted to the facts of core, for the marts to read."""

from typing import Any

import dagster as dg

from pipelines.asset_parts import OWNER, POOL, Say, column_schema, night_of
from pipelines.predict.value import COLUMNS
from pipelines.settings import Settings

CUSTOMER_VALUE = dg.AssetKey(["predict", "customer_value"])


def build_assets(settings: Settings, say: Say) -> list[dg.AssetsDefinition]:
    """The table of each prediction."""

    @dg.asset(
        key=CUSTOMER_VALUE,
        deps=[dg.AssetKey(["core", "fct_order"]), dg.AssetKey(["core", "fct_order_line"])],
        group_name="predict",
        kinds={"python", "duckdb"},
        owners=[OWNER],
        pool=POOL,
        metadata={
            "dagster/table_name": "predict.customer_value",
            "dagster/column_schema": column_schema(
                (name, type_, text) for name, (type_, text) in COLUMNS.items()
            ),
        },
    )
    def customer_value(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        """One row for each customer who ordered: whether they still buy, and what a year brings."""
        from pipelines import nightly

        rows = nightly.predict(night_of(context, settings, say))
        return dg.MaterializeResult(metadata={"dagster/row_count": rows})

    return [customer_value]
