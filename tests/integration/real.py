"""Put the open data through the nightly job, and compare what is published with figures from elsewhere."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pipelines import reading, running
from pipelines.publish.release import DATABASE, current_release
from pipelines.settings import load_settings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_TOTAL = "from sales_by_period where period_type = 'all' and dimension = 'total'"
_WON = "from win_rates where period_type = 'all' and dimension = 'total'"
_DUE = "from fulfilment_by_period where period_type = 'all' and dimension = 'total'"

# The row of a mart that shows each expected figure.
NORTHWIND = {
    "orders": f"select orders {_TOTAL}",
    "order_lines": "select count(*) from fct_order_line",
    "gross_sales": f"select gross_sales {_TOTAL}",
    "net_sales": f"select net_sales {_TOTAL}",
    "net_sales_1997": "select net_sales from sales_by_period where period_type = 'year' "
    "and period_start = '1997-01-01' and dimension = 'total'",
    "net_sales_1998_04": "select net_sales from sales_by_period where period_type = 'month' "
    "and period_start = '1998-04-01' and dimension = 'total'",
    "growth_1998_04": "select growth from sales_by_period where period_type = 'month' "
    "and period_start = '1998-04-01' and dimension = 'total'",
    "average_order_value": f"select average_order_value {_TOTAL}",
    "net_sales_of_margaret_peacock": "select net_sales from sales_by_period "
    "where period_type = 'all' and dimension = 'rep' and member_label = 'Margaret Peacock'",
    "net_sales_region_eastern": "select net_sales from sales_by_period "
    "where period_type = 'all' and dimension = 'region' and member = 'Eastern'",
    "net_sales_beverages": "select net_sales from sales_by_period "
    "where period_type = 'all' and dimension = 'category' and member = 'Beverages'",
    "customers_with_orders": f"select customers {_TOTAL}",
    "customers_with_two_orders_or_more": "select count(*) from customer_360 where orders >= 2",
    "late_orders": f"select late - open_past_due {_DUE}",
    "on_time_rate_all_due_1998_06_30": f"select on_time_rate {_DUE}",
    "mean_days_to_ship": f"select mean_ship_days {_DUE}",
}
MAVEN = {
    "opportunities": "select count(*) from fct_opportunity",
    "won": f"select won {_WON}",
    "lost": f"select lost {_WON}",
    "open": "select deals from open_pipeline where dimension = 'total'",
    "win_rate": f"select win_rate {_WON}",
    "won_amount": f"select won_amount {_WON}",
    "average_won_amount": f"select average_won_amount {_WON}",
    "median_cycle_days": f"select median_cycle_days {_WON}",
    "mean_cycle_days": f"select mean_cycle_days {_WON}",
    "won_2017_q3": "select won from win_rates where period_type = 'quarter' "
    "and period_start = '2017-07-01' and dimension = 'total'",
    "win_rate_2017_q3": "select win_rate from win_rates where period_type = 'quarter' "
    "and period_start = '2017-07-01' and dimension = 'total'",
    "won_amount_region_west": "select won_amount from win_rates where period_type = 'all' "
    "and dimension = 'region' and member = 'West'",
    "won_of_product_gtx_pro": "select won from win_rates where period_type = 'all' "
    "and dimension = 'product' and member_label = 'GTX Pro'",
    "won_of_sector_medical": "select won from win_rates where period_type = 'all' "
    "and dimension = 'industry' and member = 'medical'",
    "best_agent": "select member_label from win_rates where period_type = 'all' "
    "and dimension = 'owner' order by won_amount desc limit 1",
    "open_pipeline_at_list": "select amount from open_pipeline where dimension = 'total'",
    "open_without_account": "select count(*) from fct_opportunity "
    "where status = 'open' and account_id is null",
    "open_without_engage_date": "select count(*) from fct_opportunity "
    "where status = 'open' and created_at is null",
}


@dataclass(frozen=True)
class Figure:
    """One expected figure, what is published of it, and the query that shows where."""

    name: str
    expected: Any
    published: Any
    query: str

    @property
    def is_exact(self) -> bool:
        """Equal in every place that the expected figure gives (six for ratios, four for money)."""
        if isinstance(self.expected, str):
            return self.is_equal
        return self.published is not None and abs(float(self.published) - self.expected) < (
            5e-5 if self.expected > 1000 else 1e-6
        )

    @property
    def is_equal(self) -> bool:
        if isinstance(self.expected, str):
            return bool(self.published == self.expected)
        # Ratios are given to six places. Northwind keeps prices as 4-byte reals (9.80000019): sums of
        # them differ from sums of exact decimals behind the cent, so money is compared to the cent.
        limit = 0.005 if self.expected > 1000 else 1e-6
        return self.published is not None and abs(float(self.published) - self.expected) < limit


def published(
    example: Path, home: Path, *, as_of: date | None, environment: Mapping[str, str]
) -> Path:
    """Run an example's settings in a home of its own and return its release.

    Raises RuntimeError with the run's message where it does not publish.
    """
    settings = load_settings(example, environment={**environment, "SALESOPS_HOME": str(home)})
    outcome = running.run_nightly(
        settings, as_of=as_of, is_full=False, now=datetime.now(UTC), progress=lambda text: None
    )
    if outcome["exit_code"]:
        raise RuntimeError(outcome["message"])
    release = current_release(home)
    assert release is not None
    return release


def compare(release: Path, expected: Path, queries: Mapping[str, str]) -> list[Figure]:
    """Every figure of an expected file with what the release shows."""
    figures = []
    with reading.open_release(release / DATABASE) as connection:
        for name, item in json.loads(expected.read_text(encoding="utf-8")).items():
            rows = connection.execute(queries[name]).fetchall()
            value = rows[0][0] if rows else None
            figures.append(Figure(name, item["value"], value, queries[name]))
    return figures


def northwind_sqlite(data: Path, folder: Path) -> str:
    """A copy of Northwind's SQLite file with the example's views; returns its address."""
    file = folder / "northwind.sqlite"
    shutil.copyfile(data / "northwind" / "northwind.sqlite", file)
    script = (EXAMPLES / "northwind" / "views.sqlite.sql").read_text(encoding="utf-8")
    connection = sqlite3.connect(file)
    try:
        connection.executescript(script)
    finally:
        connection.close()
    return f"sqlite:///{file}"


def northwind_postgres(data: Path, url: str) -> None:
    """Load Northwind's script and the example's views into a PostgreSQL."""
    import psycopg

    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for file in (
            data / "northwind" / "northwind.sql",
            EXAMPLES / "northwind" / "views.postgres.sql",
        ):
            connection.execute(file.read_text(encoding="utf-8").encode())
