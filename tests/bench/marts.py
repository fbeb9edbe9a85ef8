"""dbt's build of the marts against one DuckDB script, for each group of areas.

`python -m tests.bench.marts HOME GROUP` takes them in turns over copies of a home's warehouse, each in
a process of its own, compares every row, and prints time for each table and the ratio of the CPU time.
The script keeps intermediate tables to itself and writes its heaviest tables by hand (the group's SQL
file); the others it makes with the statements that the models compile to.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TURNS = 3


@dataclass(frozen=True)
class Group:
    """Areas that are built together; with `has_core` the core they stand on is built, too."""

    areas: tuple[str, ...]
    by_hand: str
    has_core: bool = False


GROUPS = {
    "sales": Group(("sales", "pipeline"), "marts.sql", has_core=True),
    "people": Group(("people", "customers", "market", "platform"), "people.sql"),
}
# Of two doubles that are equal but for their last bits one may be rounded up and the other down: a
# row differs where it does at both lengths.
_PLACES = (7, 5)


def cpu_seconds() -> float:
    """CPU time that this process has used, in user and system mode, all threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _variables(home: Path) -> dict[str, Any]:
    """The variables of a run on the demo company, as dbt takes them."""
    from pipelines.demo.write import DEFAULT_AS_OF
    from pipelines.settings import load_settings
    from pipelines.transform.models import model_variables

    settings = load_settings(environment={"SALESOPS_HOME": str(home)})
    return model_variables(settings, as_of=DEFAULT_AS_OF, run_id="bench")


def _folders(folder: Path) -> list[str]:
    from pipelines.transform.models import project_folder

    project = str(project_folder())
    return [
        "--project-dir", project, "--profiles-dir", project,
        "--target-path", str(folder / "target"), "--log-path", str(folder / "logs"),
    ]  # fmt: skip


def build_by_dbt(group: Group, folder: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """Build the models with dbt; its import and parsing, and what it does before them, count apart."""
    from dbt.cli.main import dbtRunner

    os.environ["SALESOPS_WAREHOUSE"] = str(folder / "warehouse.duckdb")
    os.environ["SALESOPS_TEMP_DIRECTORY"] = str(folder / "spill")
    begun: list[tuple[float, float]] = []
    tables: dict[str, float] = {}

    def on_event(event: Any) -> None:
        if event.info.name == "NodeStart":
            begun.append((cpu_seconds(), time.monotonic()))
        elif event.info.name == "NodeFinished":
            tables[event.data.node_info.node_name] = cpu_seconds() - begun[-1][0]

    quiet = ["--quiet", "--log-level", "none"]
    manifest: Any = dbtRunner().invoke([*quiet, "parse", *_folders(folder)]).result
    result = dbtRunner(manifest=manifest, callbacks=[on_event]).invoke(
        # One at a time: what a table takes is told apart by when it begins and ends.
        [*quiet, "run", "--threads", "1", *_folders(folder), "--vars", json.dumps(variables), "--exclude",
         "path:models/staging", "--select",
         *(f"{'+' if group.has_core else ''}path:models/marts/{area}" for area in group.areas)]
    )  # fmt: skip
    failed = [
        str(r.message) for r in getattr(result.result, "results", ()) if r.status != "success"
    ]
    assert result.success, result.exception or failed
    return _outcome(*begun[0], tables)


def _outcome(cpu: float, started: float, tables: dict[str, float]) -> dict[str, Any]:
    return {
        "cpu": cpu_seconds() - cpu,
        "seconds": time.monotonic() - started,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "tables": tables,
    }


def by_hand(file: str, variables: dict[str, Any], masked: Callable[[], str]) -> dict[str, str]:
    """The statements of a group's SQL file by the table that each makes.

    `masked` gives what the models write around the column `outcome` to hide personal data in it.
    """
    text = Path(__file__).with_name(file).read_text(encoding="utf-8")
    text = text.replace("{as_of_end}", "timezone('{zone}', date '{as_of}' + interval 1 day)")
    text = text.replace("{as_of}", variables["as_of_date"])
    text = text.replace("{zone}", variables["company_timezone"])
    text = text.replace("{currency}", variables["company_currency"])
    reasons = ", ".join(f"'{reason.lower()}'" for reason in variables["no_decision_reasons"])
    text = text.replace("{no_decision}", f"({reasons})")
    text = re.sub(r"{masked (\w+)}", lambda found: masked().replace("outcome", found[1], 1), text)
    parts = text.split("-- table: ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip().rstrip(";") for part in parts}


def _masked(folder: Path) -> str:
    """The expression that masks the column `outcome`, as the models compile it."""
    code = next(code for _, name, code in _in_order(folder) if name == "fct_activity")
    found = re.search(r"\n *(\S.*) as outcome,\n", code)
    assert found, code
    return found[1].replace("known_activities.", "")


def _in_order(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Schema, name and compiled statement of each model that dbt ran, in the order it ran them."""
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))
    for result in results["results"]:
        _, schema, name = (part.strip('"') for part in result["relation_name"].split("."))
        yield schema, name, result["compiled_code"]


def build_by_script(
    group: Group, folder: Path, compiled: Path, variables: dict[str, Any]
) -> dict[str, Any]:
    """Make the same tables in one connection; intermediate ones are temporary."""
    import duckdb

    statements = by_hand(group.by_hand, variables, lambda: _masked(compiled))
    tables: dict[str, float] = {}
    cpu, started = cpu_seconds(), time.monotonic()
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        connection.execute(
            f"set memory_limit = '{os.environ.get('SALESOPS_MEMORY_LIMIT', '700MB')}'"
        )
        connection.execute(f"set temp_directory = '{folder / 'spill'}'")
        for area in ("core", *group.areas):
            connection.execute(f"create schema if not exists {area}")
        own: list[str] = []
        for schema, name, code in _in_order(compiled):
            before = cpu_seconds()
            is_own = name.startswith("int_")
            statement = statements.get(f"{schema}.{name}", code)
            for made in own:
                statement = statement.replace(made, made.rsplit(".", 1)[1])
            target = f"temp table {name}" if is_own else f"table {schema}.{name}"
            connection.execute(f"create or replace {target} as {statement}")
            tables[name] = cpu_seconds() - before
            if is_own:
                own.append(f'"warehouse"."{schema}"."{name}"')
    return _outcome(cpu, started, tables)


def _differing(connection: Any, schema: str, table: str, places: int) -> int:
    columns = ", ".join(
        f'round("{name}", {places})' if type_ == "DOUBLE" else f'"{name}"'
        for name, type_, *_ in connection.execute(f"describe a.{schema}.{table}").fetchall()
    )
    first, second = (f"select {columns} from {side}.{schema}.{table}" for side in "ab")
    counts = connection.execute(
        f"select (select count(*) from ({first} except all {second})), "
        f"(select count(*) from ({second} except all {first}))"
    ).fetchone()
    return int(sum(counts))


def compared_rows(first: Path, second: Path, tables: list[tuple[str, str]]) -> dict[str, int]:
    """Rows of each table, after making sure that both warehouses hold the same ones.

    Raises AssertionError where a row differs by more than the last bits of a double.
    """
    import duckdb

    rows: dict[str, int] = {}
    with duckdb.connect() as connection:
        for side, file in (("a", first), ("b", second)):
            connection.execute(f"attach '{file}' as {side} (read_only)")
        connection.execute("set timezone = 'UTC'")
        for schema, name in tables:
            found = [_differing(connection, schema, name, places) for places in _PLACES]
            assert min(found) == 0, (schema, name, found)
            counted = connection.execute(f"select count(*) from a.{schema}.{name}").fetchone()
            assert counted is not None
            rows[name] = counted[0]
    return rows


def _turn(kind: str, group: str, home: Path, folder: Path, work: Path) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    shutil.copy(home / "warehouse.duckdb", folder / "warehouse.duckdb")
    module = [sys.executable, "-m", "tests.bench.marts"]
    command = [*module, kind, group, str(home), str(folder), str(work)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(home: Path, group: str, turns: int = TURNS) -> None:
    """Take both in turns and print what each table took and the ratio; the median of the turns."""
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        sides: dict[str, list[dict[str, Any]]] = {"dbt": [], "script": []}
        for _ in range(turns):
            for kind, found in sides.items():
                found.append(_turn(kind, group, home, work / kind, work / "dbt"))
        made = [(s, n) for s, n, _ in _in_order(work / "dbt") if not n.startswith("int_")]
        rows = compared_rows(
            work / "dbt" / "warehouse.duckdb", work / "script" / "warehouse.duckdb", made
        )
    print("| table | rows | dbt: CPU seconds | script: CPU seconds |\n|---|---:|---:|---:|")
    for table in sides["dbt"][0]["tables"]:
        cells = [
            f"{statistics.median(turn['tables'][table] for turn in found):.2f}"
            for found in sides.values()
        ]
        print(f"| {table} | {rows[table]:,} | " if table in rows else f"| {table} |  | ", end="")
        print(" | ".join(cells) + " |")
    medians = {
        kind: {key: statistics.median(turn[key] for turn in found) for key in ("cpu", "memory")}
        for kind, found in sides.items()
    }
    cells = [f"{medians[kind]['cpu']:.1f}" for kind in sides]
    print(f"| all | {sum(rows.values()):,} | " + " | ".join(cells) + " |")
    ratios = sorted(a["cpu"] / b["cpu"] for a, b in zip(*sides.values(), strict=True))
    print(
        f"\ndbt / script, CPU: {statistics.median(ratios):.2f} "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {turns} turns); the same rows; "
        f"peak memory {medians['dbt']['memory']:.0f} MB and {medians['script']['memory']:.0f} MB"
    )


def main(arguments: list[str]) -> None:
    """`HOME GROUP [TURNS]` compares; `dbt|script GROUP HOME FOLDER COMPILED` is one turn, in a process
    of its own."""
    if arguments[0] not in ("dbt", "script"):
        home, group, *turns = arguments
        compare(Path(home), group, int(turns[0]) if turns else TURNS)
        return
    chosen = GROUPS[arguments[1]]
    home_, folder, compiled = (Path(argument) for argument in arguments[2:])
    variables = _variables(home_)
    if arguments[0] == "dbt":
        outcome = build_by_dbt(chosen, folder, variables)
    else:
        outcome = build_by_script(chosen, folder, compiled, variables)
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
