"""Change the SQL of the marts, one small change at a time, and see that a test notices each.

What `make mutate` runs; `make mutate MART=win_rates` looks at one mart. The golden companies are
played once and kept below data/mutate. A change is shown to its model's unit tests first; then, in
one company after the other, its model is built again, and, where its rows came out different, the
models that read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines import nightly
from pipelines.transform import models
from tests.golden.companies import AS_OF_MAY, BARE, CLIENTS, CLIENTS_IN_JANUARY, DEALS, SHOP
from tests.golden.company import Company, night_of, play, play_again
from tests.golden.conftest import PREPARED
from tests.golden.crew import CREW
from tests.mutations import (
    CORE,
    CUSTOMERS,
    MARKET,
    MUTATIONS,
    PEOPLE,
    PIPELINE,
    PLATFORM,
    QUALITY,
    Mutation,
)

REPOSITORY = Path(__file__).resolve().parents[1]
WORK = REPOSITORY / "data" / "mutate"
SHIPPED = REPOSITORY / "dbt_project"
# Which companies show a change, in the order in which they are asked, and the tests that ask them.
ROUNDS_OF_SALES = ((SHOP, "test_sales.py"), (BARE, "test_bare.py"))
ROUNDS_OF_PIPELINE = (
    (DEALS, "test_pipeline.py"),
    (BARE, "test_bare.py"),
    (AS_OF_MAY, "test_pipeline.py"),
)
ROUNDS_OF_CORE = (
    (SHOP, "test_sales.py"),
    (DEALS, "test_pipeline.py"),
    (AS_OF_MAY, "test_pipeline.py"),
    (BARE, "test_bare.py"),
    (CLIENTS, "test_customers.py"),
    (CREW, "test_people.py test_market.py test_platform.py"),
)
ROUNDS_OF_CUSTOMERS = (
    (CLIENTS, "test_customers.py"),
    (CLIENTS_IN_JANUARY, "test_customers.py"),
)
ROUNDS_OF_PEOPLE = ((CREW, "test_people.py"),)
ROUNDS_OF_MARKET = ((CREW, "test_market.py"),)
ROUNDS_OF_PLATFORM = ((CREW, "test_platform.py"),)
ROUNDS_OF_QUALITY = ()


@dataclass(frozen=True)
class Verdict:
    """What became of a change: who noticed it, or nobody."""

    mutation: Mutation
    noticed_by: str
    seconds: float


class _FirstFailure:
    """Keeps the name of the first test that fails."""

    name = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.name:
            self.name = report.nodeid.split("::")[-1]


def _hash() -> str:
    """Of all that the prepared warehouses are made of."""
    digest = hashlib.sha256()
    files = [
        *(REPOSITORY / "tests" / "golden").glob("c*.py"),
        *(file for file in SHIPPED.rglob("*") if file.suffix in (".sql", ".yml", ".csv")),
    ]
    for file in sorted(files):
        digest.update(str(file.relative_to(REPOSITORY)).encode() + file.read_bytes())
    return digest.hexdigest()


def prepare() -> None:
    """Copy the project and play every golden company in the copy, unless that was done before."""
    stamp = WORK / "hash"
    if stamp.is_file() and stamp.read_text() == _hash():
        return
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    ignored = shutil.ignore_patterns("target", "logs")
    shutil.copytree(SHIPPED, WORK / "dbt_project", ignore=ignored)
    for company in (SHOP, DEALS, BARE, CLIENTS, CREW):
        print(f"· play {company.name}", file=sys.stderr, flush=True)
        play(company, WORK / company.name)
    play_again(AS_OF_MAY, WORK / DEALS.name, WORK / AS_OF_MAY.name)
    play_again(CLIENTS_IN_JANUARY, WORK / CLIENTS.name, WORK / CLIENTS_IN_JANUARY.name)
    stamp.write_text(_hash())


def parse() -> Any:
    """The manifest of the changed project; only what changed is parsed."""
    from dbt.cli.main import dbtRunner

    project = str(WORK / "dbt_project")
    result = dbtRunner().invoke(
        [
            "--quiet", "--log-level", "none", "parse",
            "--project-dir", project, "--profiles-dir", project,
            "--target-path", str(WORK / "target"), "--log-path", str(WORK / "logs"),
        ]
    )  # fmt: skip
    if not result.success:
        raise models.TransformFailed(f"the changed project does not parse: {result.exception}")
    return result.result


@contextlib.contextmanager
def changed(mutation: Mutation) -> Iterator[None]:
    """Hold the change in the copied project."""
    file = WORK / "dbt_project" / "models" / "marts" / mutation.file
    text = file.read_text(encoding="utf-8")
    assert mutation.old in text, (mutation.file, mutation.old)
    file.write_text(text.replace(mutation.old, mutation.new, 1), encoding="utf-8")
    try:
        yield
    finally:
        file.write_text(text, encoding="utf-8")


def noticed_by(mutation: Mutation) -> str:
    """The build, test or golden case that fails under the change; empty where none does."""
    manifest = parse()
    model = mutation.mart if "macros" in mutation.file else Path(mutation.file).stem
    found = _unit_test(manifest, model)
    if found:
        return found
    rounds: tuple[tuple[Company, str], ...] = ROUNDS_OF_SALES
    if mutation in CORE:
        rounds = ROUNDS_OF_CORE
    elif mutation in PIPELINE:
        rounds = ROUNDS_OF_PIPELINE
    elif mutation in PEOPLE:
        rounds = ROUNDS_OF_PEOPLE
    elif mutation in MARKET:
        rounds = ROUNDS_OF_MARKET
    elif mutation in PLATFORM:
        rounds = ROUNDS_OF_PLATFORM
    elif mutation in CUSTOMERS:
        rounds = ROUNDS_OF_CUSTOMERS
    elif mutation in QUALITY:
        rounds = ROUNDS_OF_QUALITY
    for company, tests in rounds:
        found = _noticed_in(company, tests, manifest, model)
        if found:
            return found
    return ""


def _noticed_in(company: Company, tests: str, manifest: Any, model: str) -> str:
    night = night_of(company, WORK / company.name)
    warehouse = night.settings.warehouse
    kept = warehouse.with_suffix(".kept")
    shutil.copyfile(warehouse, kept)
    try:
        nightly.build(night, manifest, [model])
        if _has_same_rows(model, warehouse, kept):
            return ""
        nightly.build(
            night, manifest, [f"{model}+,path:models/marts/{area}" for area in company.areas]
        )
        return _golden(tests)
    except models.TransformFailed:
        return "the build"
    except nightly.GateRefused as error:
        return str(error).split(": ")[1]
    finally:
        os.replace(kept, warehouse)


def _has_same_rows(model: str, warehouse: Path, kept: Path) -> bool:
    """Whether a model came out as it was before the change, so that nobody can notice."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute(f"attach '{kept}' as kept (read_only)")
        ((schema, columns),) = connection.execute(
            "select table_schema, list(column_name order by ordinal_position)"
            " from information_schema.columns where table_catalog <> 'kept' and table_name = ?"
            " group by table_schema",
            [model],
        ).fetchall()
        name = f'"{schema}"."{model}"'
        named = ", ".join(f'"{column}"' for column in columns)
        now, before = f"select {named} from {name}", f"select {named} from kept.{name}"
        return not connection.execute(
            f"from ({now} except all {before}) union all from ({before} except all {now}) limit 1"
        ).fetchall()


def _golden(tests: str) -> str:
    first = _FirstFailure()
    with contextlib.redirect_stdout(io.StringIO()):
        pytest.main(
            [
                "-x", "-p", "no:cacheprovider", "-c", str(REPOSITORY / "pyproject.toml"),
                *(str(REPOSITORY / "tests" / "golden" / file) for file in tests.split()),
            ],
            plugins=[first],
        )  # fmt: skip
    return first.name


def _unit_test(manifest: Any, model: str) -> str:
    from dbt.cli.main import dbtRunner

    # Unit tests take the types of their rows from tables, and this company has those of every area.
    os.environ["SALESOPS_WAREHOUSE"] = str(WORK / CREW.name / "warehouse.duckdb")
    project = str(WORK / "dbt_project")
    result = dbtRunner(manifest=manifest).invoke(
        [
            "--quiet", "--log-level", "none", "test", "--select", f"{model},test_type:unit",
            "--project-dir", project, "--profiles-dir", project,
            "--target-path", str(WORK / "target"), "--log-path", str(WORK / "logs"),
        ]
    )  # fmt: skip
    failed = [
        item.node.name
        for item in getattr(result.result, "results", [])
        if str(item.status) != "pass"
    ]
    return failed[0] if failed else ""


def main(marts: Sequence[str]) -> int:
    """Try the changes of the marts named, or of all; returns 1 where one is not noticed."""
    os.environ[PREPARED] = str(WORK)
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    # The steps build the project that ships with the product: here its copy.
    models.project_folder = lambda: WORK / "dbt_project"
    prepare()
    verdicts = []
    for mutation in MUTATIONS:
        if marts and mutation.mart not in marts:
            continue
        started = time.monotonic()
        with changed(mutation):
            found = noticed_by(mutation)
        verdict = Verdict(mutation, found, time.monotonic() - started)
        verdicts.append(verdict)
        was, is_now = (" ".join(text.split())[:44] for text in (mutation.old, mutation.new))
        print(
            f"{mutation.mart:22} {was:44} → {is_now:44} {found or '** nobody **'}"
            f" ({verdict.seconds:.0f} s)",
            flush=True,
        )
    missed = [v for v in verdicts if not v.noticed_by]
    print(f"{len(verdicts)} changes, {len(missed)} not noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main([mart for mart in sys.argv[1:] if mart]))
