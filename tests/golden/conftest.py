"""The golden companies, each played once in a session, or taken as `make mutate` prepared them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.golden.companies import AS_OF_MAY, BARE, CLIENTS, CLIENTS_IN_JANUARY, DEALS, SHOP
from tests.golden.company import Company, Marts, play, play_again
from tests.golden.crew import CREW

# A folder of prepared warehouses, one for each company, that `make mutate` changes and asks again.
PREPARED = "SALESOPS_GOLDEN_WAREHOUSES"


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Company], Path]:
    """Where a company was played; it is played once in a session."""
    homes: dict[str, Path] = {}
    folder = tmp_path_factory.mktemp("golden")

    def home_of(company: Company) -> Path:
        if PREPARED in os.environ:
            return Path(os.environ[PREPARED]) / company.name
        if company.name not in homes:
            homes[company.name] = folder / company.name
            play(company, homes[company.name])
        return homes[company.name]

    return home_of


@pytest.fixture(scope="session")
def shop(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """A company that sells: UTC+8, calendar years."""
    with closing(Marts(played(SHOP) / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def deals(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """A company that has deals and no orders: UTC+8, history from its source."""
    with closing(Marts(played(DEALS) / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def deals_in_may(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """The company with deals, asked for a day of the month before."""
    home = played(DEALS).parent / AS_OF_MAY.name
    if not home.exists():
        play_again(AS_OF_MAY, played(DEALS), home)
    with closing(Marts(home / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def bare(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """A company without costs, quotas and stage history: New York, fiscal years from April."""
    with closing(Marts(played(BARE) / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def crew(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """A company whose people are measured: teams in teams, quotas, commission, training."""
    with closing(Marts(played(CREW) / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def clients(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """A company of nine customers with orders, contracts and tickets: UTC+8."""
    with closing(Marts(played(CLIENTS) / "warehouse.duckdb")) as marts:
        yield marts


@pytest.fixture(scope="session")
def clients_in_january(played: Callable[[Company], Path]) -> Iterator[Marts]:
    """The company with customers, asked for a day on which one of them has ordered, once."""
    home = played(CLIENTS).parent / CLIENTS_IN_JANUARY.name
    if not home.exists():
        play_again(CLIENTS_IN_JANUARY, played(CLIENTS), home)
    with closing(Marts(home / "warehouse.duckdb")) as marts:
        yield marts
