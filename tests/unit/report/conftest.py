"""A small release for the report's tests, made once, and copies of it with something changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipelines.report.facts import CompanyFacts
from tests.unit.report.small_release import write_release

Changed = Callable[..., Path]


@pytest.fixture(scope="session")
def release_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release") / "salesops.duckdb")


@pytest.fixture(scope="session")
def empty_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("empty") / "salesops.duckdb", with_rows=False)


@pytest.fixture
def company() -> CompanyFacts:
    return CompanyFacts("极光仪器", "CNY", "Asia/Shanghai", "zh")


@pytest.fixture
def changed(release_file: Path, tmp_path: Path) -> Changed:
    """A copy of the release after some statements, such as "delete from kpis"."""

    def change(*statements: str) -> Path:
        copy = tmp_path / f"changed_{abs(hash(statements))}.duckdb"
        shutil.copy(release_file, copy)
        connection = duckdb.connect(str(copy))
        connection.execute("set schema = 'marts'")
        for statement in statements:
            connection.execute(statement)
        connection.close()
        return copy

    return change
