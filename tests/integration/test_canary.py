"""No value of a personal field stands in what a run logs, tells or reports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import reading
from pipelines.demo.faults.plant import plant_faults
from pipelines.demo.stores import opened_sources
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.publish.release import DATABASE, current_release

pytestmark = pytest.mark.whole_run

# Each value is of a form that brings an issue or a correction, and holds the mark that is searched.
MARK = "kanarienvogel"
CANARIES: tuple[tuple[str, dict[str, str]], ...] = (
    ("contacts", {"name": f"  Test {MARK}", "email": f"{MARK}@@lab.example", "phone": f"{MARK} 12"}),
    ("contacts", {"name": f"{MARK}\u200b", "email": f" {MARK}@lab.example", "phone": f"ext {MARK}"}),
    ("accounts", {"email": f"ｉnfo{MARK}@lab.example ", "phone": f"{MARK}"}),
    ("customers", {"email": f"{MARK}@", "phone": f"\u3000{MARK}"}),
    ("users", {"email": f"{MARK}.at.lab.example"}),
    ("opportunities", {"next_step": f"write to {MARK}@lab.example"}),
    ("activities", {"outcome": f"mail {MARK}@lab.example, 13912345678"}),
    ("survey_answers", {"value_text": f"Call me: {MARK}@lab.example "}),
    ("research_notes", {"body": f"{MARK}@lab.example said so"}),
)  # fmt: skip
COMMANDS = (
    ("status",),
    ("quality",),
    ("quality", "--json"),
    ("correct", "list"),
    ("status", "--json"),
)
QUALITY = ("quality_issues", "quality_corrections", "quality_checks", "quality_scores")


def plant(draft: Path) -> tuple[Any, ...]:
    """The demo's faults, and the canaries in living rows that have none."""
    faults = plant_faults(draft, seed=5, as_of=DEFAULT_AS_OF)
    spoilt = {(fault.entity, fault.record_id) for fault in faults}
    with opened_sources(draft) as sources:
        for number, (entity, changes) in enumerate(CANARIES):
            filled = " and ".join(f"coalesce({column}, '') <> ''" for column in changes)
            places = sources.places(entity, filled, 200)
            place = next(
                place
                for place in places[number:]
                if (entity, next(iter(sources.row(entity, place).values()))) not in spoilt
            )
            sources.update(entity, place, changes)
    return faults


def said(name: str, *arguments: str, home: Path) -> str:
    environment = {**os.environ, "SALESOPS_HOME": str(home)}
    command = [str(Path(sys.executable).parent / "salesops"), *arguments]
    done = subprocess.run(
        command, cwd=home.parent / "demo", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, (name, done.stderr)
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The home after a night on the demo with canaries, and what each command said."""
    folder: Path = tmp_path_factory.mktemp("canary")
    write_demo(folder / "demo", scale=0.2, plant=plant)
    home = folder / "home"
    outputs = {"run": said("run", "run", home=home)}
    outputs |= {" ".join(words): said(" ".join(words), *words, home=home) for words in COMMANDS}
    outputs["check-config"] = said("check-config", "check-config", home=home)
    return home, outputs


def written(home: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the home but the data themselves: the lake, the warehouse, the marts."""
    for file in sorted(home.rglob("*")):
        place = file.relative_to(home)
        is_data = place.parts[0] == "lake" or file.suffix in (".duckdb", ".parquet", ".wal")
        if is_data or file.is_symlink() or not file.is_file():
            continue
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                for name in book.namelist():
                    yield f"{place}/{name}", book.read(name)
        else:
            yield str(place), file.read_bytes()


def test_the_canaries_bring_issues(night: tuple[Path, dict[str, str]]) -> None:
    release = current_release(night[0])
    assert release is not None
    with reading.open_release(release / DATABASE) as connection:
        rows = connection.execute("select distinct rule from quality_issues").fetchall()
    assert {rule for (rule,) in rows} >= {
        "contacts.email.email",
        "customers.email.email",
        "users.email.email",
    }


def test_no_command_says_a_personal_value(night: tuple[Path, dict[str, str]]) -> None:
    telling = [name for name, text in night[1].items() if MARK in text.lower()]
    assert telling == []


def test_no_log_or_report_holds_a_personal_value(night: tuple[Path, dict[str, str]]) -> None:
    files = dict(written(night[0]))
    assert any(name.startswith("dagster/") for name in files)
    assert any(name.endswith("report.zh.html") for name in files)
    assert any(".xlsx/" in name for name in files)
    assert [name for name, content in files.items() if MARK.encode() in content.lower()] == []


def test_no_mart_of_quality_holds_a_personal_value(night: tuple[Path, dict[str, str]]) -> None:
    release = current_release(night[0])
    assert release is not None
    with reading.open_release(release / DATABASE) as connection:
        for mart in QUALITY:
            rows = connection.execute(f"select * from {mart}").fetchall()
            assert rows, mart
            telling = [row for row in rows if MARK in json.dumps(row, default=str).lower()]
            assert telling == [], mart
