"""The demo's faults: of every kind, the same for a seed, each one in its record and nowhere else."""

from __future__ import annotations

import csv
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipelines.cli import cli
from pipelines.demo.faults.plant import kinds, plant_faults
from pipelines.demo.write import DEFAULT_AS_OF, DemoSummary, write_demo
from pipelines.extract import contract
from tests.unit.demo.conftest import Demo, opened

SCALE = 0.2


def written(folder: Path, *, seed: int = 7, scale: float = SCALE) -> DemoSummary:
    plant = partial(plant_faults, seed=seed, as_of=DEFAULT_AS_OF)
    return write_demo(folder / "aurora", scale=scale, seed=seed, plant=plant)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> DemoSummary:
    """A small demo with its faults."""
    return written(tmp_path_factory.mktemp("faulty"))


def rows_of(found: Demo) -> dict[str, list[tuple[Any, ...]]]:
    """Every entity's rows."""
    rows = {
        name: found.ask(f'select * from "{name}"') for name, entity in contract.entities().items()
    }
    found.connection.close()
    return rows


def ledger_of(summary: DemoSummary) -> list[dict[str, str]]:
    with (summary.folder / "faults.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_several_faults_of_each_kind(faulty: DemoSummary) -> None:
    counted = Counter(line["kind"] for line in ledger_of(faulty))
    assert set(counted) == {kind.name for kind in kinds()}
    assert min(counted.values()) >= 3


def test_the_ledger_names_columns_of_the_entity_or_of_what_belongs_to_it(
    faulty: DemoSummary,
) -> None:
    belonging = {("opportunities", "share"), ("survey_responses", "value_number")}
    for line in ledger_of(faulty):
        entity = contract.entities()[line["entity"]]
        for column in line["column"].split(","):
            assert column in entity.column_names or (entity.name, column) in belonging, line


def test_no_two_faults_stand_in_one_record(faulty: DemoSummary) -> None:
    records = [(f.entity, f.record_id) for f in faulty.faults if f.record_id]
    assert len(records) == len(set(records))


def test_the_same_seed_plants_the_same_faults_and_another_seed_others(
    faulty: DemoSummary, tmp_path: Path
) -> None:
    again, other = written(tmp_path / "again"), written(tmp_path / "other", seed=8)
    assert again.faults == faulty.faults
    assert rows_of(opened(again)) == rows_of(opened(faulty))
    assert {f.kind for f in other.faults} == {f.kind for f in faulty.faults}
    assert {f.record_id for f in other.faults} != {f.record_id for f in faulty.faults}


def test_a_demo_without_faults_forgets_the_ledger_of_one_with_them(tmp_path: Path) -> None:
    faulty = written(tmp_path)
    assert (faulty.folder / "faults.csv").is_file()
    write_demo(faulty.folder, scale=0.05)
    assert not (faulty.folder / "faults.csv").exists()


def test_a_demo_that_is_too_small_for_its_faults_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"the demo is too small: no row of .* is left"):
        written(tmp_path, scale=0.0005)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_how_many_faults_there_are_and_where(tmp_path: Path) -> None:
    folder = str(tmp_path / "aurora")
    done = CliRunner().invoke(cli, ["demo", folder, "--scale", "0.2", "--seed", "8", "--faults"])
    assert done.exit_code == 0, done.output
    with (tmp_path / "aurora" / "faults.csv").open(encoding="utf-8") as file:
        count = len(list(csv.DictReader(file)))
    assert f"{count} faults are planted and listed in {folder}/faults.csv." in done.output


def test_the_planter_knows_nothing_of_the_checks() -> None:
    for file in Path(plant_faults.__code__.co_filename).parents[1].rglob("*.py"):
        lines = file.read_text(encoding="utf-8").splitlines()
        imports = [line for line in lines if line.strip().startswith(("import ", "from "))]
        assert [line for line in imports if "data_quality" in line] == [], file
