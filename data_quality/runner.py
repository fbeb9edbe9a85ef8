"""Run expectations with Great Expectations, by SQL inside DuckDB. The only module that opens it.

The file is opened read-only and closed in, so nobody else in the process may hold it open for
writing meanwhile.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from string import Template
from types import ModuleType
from typing import TYPE_CHECKING, Any

from data_quality.expectations import Expectation

if TYPE_CHECKING:
    import pyarrow as pa

KEY_COLUMNS = ("source_system", "_record_id")


@dataclass(frozen=True)
class Outcome:
    """What one expectation found in one table.

    `rows_failed` counts every failing row. `failing` holds their keys, every one of them, or None
    where no keys were asked for or none failed. `sources` are the sources that fail as a whole,
    without any of their rows (kind `sources`). An expectation that raised has `did_run` False,
    is not passed, and says in `error` why.
    """

    expectation: Expectation
    table: str
    did_run: bool
    is_passed: bool
    rows_failed: int
    observed: str | None = None
    error: str | None = None
    failing: pa.Table | None = None
    sources: tuple[str, ...] = ()


def run_suite(
    warehouse: Path,
    table: str,
    expectations: Sequence[Expectation],
    *,
    parameters: Mapping[str, str] | None = None,
    key_columns: Sequence[str] = KEY_COLUMNS,
) -> list[Outcome]:
    """What each expectation found in `table` (`schema.table`) of the DuckDB file, in their order.

    `parameters` fill the `$names` of conditions. Without `key_columns` failures are only counted.
    """
    return run_suites(
        warehouse, {table: expectations}, parameters=parameters, key_columns=key_columns
    )


def run_suites(
    warehouse: Path,
    suites: Mapping[str, Sequence[Expectation]],
    *,
    parameters: Mapping[str, str] | None = None,
    key_columns: Sequence[str] = KEY_COLUMNS,
) -> list[Outcome]:
    """The same for several tables of one file. Where nothing is to be run nothing is imported."""
    asked = {table: expectations for table, expectations in suites.items() if expectations}
    if not asked:
        return []
    from data_quality import duckdb_dialect

    gx = _great_expectations()
    duckdb_dialect.register()
    found: list[Outcome] = []
    unreadable = _unreadable(warehouse, asked)
    try:
        assets = _assets(gx, warehouse, [table for table in asked if table not in unreadable])
        for table, expectations in asked.items():
            if table in unreadable:
                found += [_failed_to_run(e, table, unreadable[table]) for e in expectations]
            else:
                found += _table_outcomes(
                    gx, assets[table], warehouse, expectations, parameters or {}, key_columns
                )
    finally:
        # The file can be opened for writing only when every connection of ours is gone.
        duckdb_dialect.close_all(warehouse)
    return found


def get_ready() -> None:
    """Begin to import Great Expectations in a thread: it takes seconds, in which others may wait for
    a database. Who asks for it meanwhile gets it when it is there."""
    threading.Thread(target=_great_expectations, daemon=True).start()


_importing = threading.Lock()


def _great_expectations() -> Any:
    with _importing:
        return _imported()


def _imported() -> Any:
    # Read when it is first imported: no usage statistics leave the machine.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Whoever runs us may listen to every library's small talk; the night's output is ours.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    # A third of its import would go into these, and 80 MB, for expectations that we do not use.
    with _imported_when_used("altair", "scipy.stats"):
        import great_expectations

    return great_expectations


class _Later(ModuleType):
    """Stands for a module, which is imported when something in it is asked for."""

    def __getattr__(self, attribute: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), attribute)


@contextmanager
def _imported_when_used(*names: str) -> Iterator[None]:
    """Let what is imported within get these modules only when it uses them."""
    stand_ins = {name: _Later(name) for name in names if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _context(gx: Any) -> Any:
    """A context that lives in memory, draws no bars and keeps no pages of failing rows."""
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
    )

    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
        ),
    )
    context.variables.progress_bars = {"globally": False}
    return context


def _unreadable(warehouse: Path, tables: Iterable[str]) -> dict[str, str]:
    """Why tables cannot be asked: they are not there, or cannot be read."""
    from data_quality import duckdb_dialect

    found = {}
    connection = duckdb_dialect.connect(warehouse)
    try:
        for table in tables:
            try:
                connection.execute(f"select 1 from {table} limit 1").fetchall()
            except duckdb_dialect.Error as error:
                found[table] = str(error)
    finally:
        connection.close()
    return found


def _assets(gx: Any, warehouse: Path, tables: Sequence[str]) -> dict[str, Any]:
    """The data asset of each table, in one data source of a context.

    All at once: for each that is added later Great Expectations writes its settings again.
    """
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

    from data_quality import duckdb_dialect

    source = _context(gx).data_sources.add_sql(
        "warehouse",
        connection_string=duckdb_dialect.url(warehouse),
        # A temporary table would need a database that can be written.
        create_temp_table=False,
        assets=[
            TableAsset(name=table, table_name=name, schema_name=schema or None)
            for table in tables
            for schema, _, name in (table.rpartition("."),)
        ],
    )
    return {asset.name: asset for asset in source.assets}


def _table_outcomes(
    gx: Any,
    asset: Any,
    warehouse: Path,
    expectations: Sequence[Expectation],
    parameters: Mapping[str, str],
    key_columns: Sequence[str],
) -> list[Outcome]:
    table = asset.name
    batch = asset.get_batch(asset.build_batch_request())
    statements = {
        e.rule: _statement(e.condition or "", parameters, _selected(e, key_columns))
        for e in expectations
        if e.kind in ("rows", "sources")
    }
    quiet = _quiet(gx, batch, expectations, parameters)
    asked = [e for e in expectations if e.rule not in quiet]
    # Counting first, asking for keys only where something failed: a tenth of the cost.
    results = _validated(gx, batch, asked, statements, {"result_format": "BOOLEAN_ONLY"})
    counted = {e.rule: result for e, result in zip(asked, results, strict=True)}
    failed = [e for e in asked if _error(counted[e.rule]) is None and not counted[e.rule].success]
    detailed = {}
    if failed:
        format_: dict[str, Any] = {"result_format": "SUMMARY", "partial_unexpected_count": 1}
        if key_columns:
            format_ |= {
                "unexpected_index_column_names": list(key_columns),
                "return_unexpected_index_query": True,
            }
        results = _validated(gx, batch, failed, statements, format_)
        detailed = {e.rule: result for e, result in zip(failed, results, strict=True)}
    found = []
    for expectation in expectations:
        result = counted.get(expectation.rule)
        problem = _error(result) if result is not None else None
        if problem is not None:
            found.append(_failed_to_run(expectation, table, problem))
        elif result is None or result.success:
            found.append(Outcome(expectation, table, did_run=True, is_passed=True, rows_failed=0))
        else:
            found.append(
                _failed_outcome(
                    warehouse,
                    table,
                    expectation,
                    detailed[expectation.rule],
                    statements.get(expectation.rule),
                    key_columns,
                )
            )
    return found


# How many conditions one look goes through.
_LOOK = 10


def _quiet(
    gx: Any, batch: Any, expectations: Sequence[Expectation], parameters: Mapping[str, str]
) -> set[str]:
    """The rules that nothing breaks, found by looks at several conditions together.

    Most rules find nothing on most nights. A look asks for rows that meet any of its conditions;
    where it finds some, or cannot run, each of its rules is asked for itself.
    """
    rules: dict[str, list[Expectation]] = {}
    for e in expectations:
        if e.kind == "rows":
            rules.setdefault(e.only_where or e.condition or "", []).append(e)
    conditions = list(rules)
    looks: dict[str, str] = {}
    shared: dict[str, list[Expectation]] = {}
    for start in range(0, len(conditions), _LOOK):
        chosen = conditions[start : start + _LOOK]
        mine = [e for condition in chosen for e in rules[condition]]
        either = " or ".join(f"({condition})" for condition in chosen)
        looks[mine[0].rule] = _statement(either, parameters, ())
        shared[mine[0].rule] = mine
    # Each look goes by the name of its first rule.
    first = [mine[0] for mine in shared.values()]
    results = _validated(gx, batch, first, looks, {"result_format": "BOOLEAN_ONLY"})
    return {
        e.rule
        for look, result in zip(first, results, strict=True)
        if _error(result) is None and result.success
        for e in shared[look.rule]
    }


def _validated(
    gx: Any,
    batch: Any,
    expectations: Sequence[Expectation],
    statements: Mapping[str, str],
    result_format: dict[str, Any],
) -> list[Any]:
    if not expectations:
        return []
    # Results come back in an order of their own: the rule rides along to tell which is which.
    suite = gx.ExpectationSuite(
        name="suite", expectations=[_translated(e, statements) for e in expectations]
    )
    results = batch.validate(suite, result_format=result_format).results
    by_rule = {result.expectation_config.meta["rule"]: result for result in results}
    return [by_rule[e.rule] for e in expectations]


def _translated(expectation: Expectation, statements: Mapping[str, str]) -> Any:
    import great_expectations.expectations as gxe

    meta = {"rule": expectation.rule}
    minimum, maximum = _number(expectation.minimum), _number(expectation.maximum)
    match expectation.kind:
        case "not_null":
            return gxe.ExpectColumnValuesToNotBeNull(column=expectation.columns[0], meta=meta)
        case "in_set":
            return gxe.ExpectColumnValuesToBeInSet(
                column=expectation.columns[0], value_set=list(expectation.values), meta=meta
            )
        case "between":
            return gxe.ExpectColumnValuesToBeBetween(
                column=expectation.columns[0], min_value=minimum, max_value=maximum, meta=meta
            )
        case "matches":
            return gxe.ExpectColumnValuesToMatchRegex(
                column=expectation.columns[0], regex=expectation.pattern or "", meta=meta
            )
        case "rows" | "sources":
            return _counted_rows()(unexpected_rows_query=statements[expectation.rule], meta=meta)
        case "row_count":
            return gxe.ExpectTableRowCountToBeBetween(
                min_value=None if minimum is None else int(minimum),
                max_value=None if maximum is None else int(maximum),
                meta=meta,
            )
    raise ValueError(f"{expectation.rule}: no kind of expectation is called {expectation.kind}")


@cache
def _counted_rows() -> Any:
    """The expectation of no unexpected rows, which counts them and fetches none.

    Its parent runs each query twice, for the count and for a sample that we have no use for.
    """
    from great_expectations.expectations import UnexpectedRowsExpectation

    class ExpectNoUnexpectedRows(UnexpectedRowsExpectation):
        metric_dependencies = ("unexpected_rows_query.row_count",)

        def _validate(
            self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None
        ) -> Any:
            count = metrics["unexpected_rows_query.row_count"]
            return {"success": count == 0, "result": {"observed_value": count}}

    return ExpectNoUnexpectedRows


def _selected(expectation: Expectation, key_columns: Sequence[str]) -> Sequence[str]:
    return ("source_system",) if expectation.kind == "sources" else key_columns


def _number(text: str | None) -> int | float | None:
    if text is None:
        return None
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _statement(condition: str, parameters: Mapping[str, str], key_columns: Sequence[str]) -> str:
    selected = ", ".join(f'this."{column}"' for column in key_columns) or "1 as failing"
    condition = Template(condition).substitute(parameters)
    # The batch arrives with a name of its own, which conditions should not have to know.
    return f"select {selected} from (select * from {{batch}}) as this where {condition}"


def _error(result: Any) -> str | None:
    information = result.exception_info or {}
    if "raised_exception" in information:
        return str(information["exception_message"]) if information["raised_exception"] else None
    # One for each metric that raised.
    raised = [entry for entry in information.values() if entry.get("raised_exception")]
    return str(raised[0]["exception_message"]) if raised else None


def _failed_to_run(expectation: Expectation, table: str, error: str) -> Outcome:
    return Outcome(
        expectation, table, did_run=False, is_passed=False, rows_failed=0, error=error.strip()
    )


def _failed_outcome(
    warehouse: Path,
    table: str,
    expectation: Expectation,
    result: Any,
    statement: str | None,
    key_columns: Sequence[str],
) -> Outcome:
    error = _error(result)
    if error is not None:
        return _failed_to_run(expectation, table, error)
    details = result.result
    if expectation.kind == "row_count":
        return Outcome(
            expectation,
            table,
            did_run=True,
            is_passed=False,
            rows_failed=0,
            observed=str(details["observed_value"]),
        )
    if expectation.kind == "sources":
        sources = _keys(warehouse, str(statement).format(batch=table), ("source_system",))
        return Outcome(
            expectation,
            table,
            did_run=True,
            is_passed=False,
            rows_failed=0,
            sources=tuple(sorted(sources.column("source_system").to_pylist())),
        )
    count = details["observed_value"] if statement is not None else details["unexpected_count"]
    failing = None
    if key_columns:
        query = (
            statement.format(batch=table)
            if statement is not None
            else str(details["unexpected_index_query"])
        )
        failing = _keys(warehouse, query, key_columns)
        if failing.num_rows != count:
            return _failed_to_run(
                expectation, table, f"{count} rows failed and {failing.num_rows} keys were found"
            )
    return Outcome(
        expectation,
        table,
        did_run=True,
        is_passed=False,
        rows_failed=int(count),
        observed=str(count),
        failing=failing,
    )


def _keys(warehouse: Path, query: str, key_columns: Sequence[str]) -> pa.Table:
    # Great Expectations cuts its own lists; the query that it reports brings them all.
    from data_quality import duckdb_dialect

    connection = duckdb_dialect.connect(warehouse)
    try:
        columns = ", ".join(f'"{column}"' for column in key_columns)
        keys = f"select {columns} from ({query.rstrip(';')}) as failing"
        found: pa.Table = connection.sql(keys).to_arrow_table()
        return found
    finally:
        connection.close()
