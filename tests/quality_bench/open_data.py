"""Put real companies' open data before the gate: what it says of data that nobody spoiled."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.settings import load_settings
from tests.faults.judged import judged
from tests.integration import real


def judged_companies(
    data: Path, folder: Path, at: datetime
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The name of each company and its issues, as of a night at that time."""
    from pipelines.transform import models

    for name, example, environment in _companies(data, folder):
        home = str(folder / name / "home")
        settings = load_settings(example, environment={**environment, "SALESOPS_HOME": home})
        night = judged(settings, models.parse_project(settings), at)
        yield name, list(night.issues.values())


def _companies(data: Path, folder: Path) -> Iterator[tuple[str, Path, dict[str, str]]]:
    northwind = real.northwind_sqlite(data, folder)
    yield (
        "Northwind",
        real.EXAMPLES / "northwind" / "salesops.sqlite.yaml",
        {"NORTHWIND_URL": northwind},
    )
    maven = str((data / "maven_crm").resolve())
    yield "Maven CRM", real.EXAMPLES / "maven_crm" / "salesops.yaml", {"MAVEN_FOLDER": maven}
    poll = folder / "poll"
    poll.mkdir()
    shutil.copyfile(data / "surveys" / "StarWars.csv", poll / "StarWars.csv")
    yield (
        "Star Wars poll",
        real.EXAMPLES / "star_wars" / "salesops.yaml",
        {"POLL_FOLDER": str(poll)},
    )
