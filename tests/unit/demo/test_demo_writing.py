"""Writing the demo: the same every time, whole or not at all, for any day and scale."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from pipelines.demo import write
from pipelines.demo.write import DEFAULT_AS_OF, write_demo
from pipelines.extract import contract

SURVEY_FILES = {
    "surveys.xlsx", "survey_questions.csv", "survey_invitations.parquet",
    "survey_responses.jsonl", "survey_answers.csv",
}  # fmt: skip


def contents(found) -> dict[str, object]:
    """Everything a demo says: rows of the databases, bytes of the files."""
    rows = {
        name: found.ask(f"select * from {name}")
        for name, entity in contract.entities().items()
        if entity.domain != "survey"
    }
    files = {path.name: path.read_bytes() for path in found.summary.files if path.suffix != ".db"}
    return rows | files


def test_the_same_seed_writes_the_same_rows_and_another_seed_others(small):
    first, again, other = contents(small()), contents(small()), contents(small(seed=8))
    assert first == again
    same = {name for name in first if first[name] == other[name]}
    assert not same & {"orders", "order_lines", "opportunities", "survey_answers.csv"}


def test_hash_seed_locale_and_zone_do_not_matter(small, tmp_path):
    code = (
        "import sys; from pathlib import Path; from pipelines.demo.write import write_demo;"
        "write_demo(Path(sys.argv[1]), scale=0.05)"
    )
    strange = {"PYTHONHASHSEED": "42", "LC_ALL": "C", "TZ": "America/New_York"}
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "other")],
        check=True, env={**os.environ, **strange}, cwd=Path(__file__).parents[3],
    )  # fmt: skip
    ours = small()
    for name in ("survey_answers.csv", "survey_responses.jsonl", "surveys.xlsx"):
        theirs = (tmp_path / "other" / "survey" / name).read_bytes()
        assert (ours.summary.folder / "survey" / name).read_bytes() == theirs, name


def test_a_known_demo_stays_as_it_is(small):
    """Figures of one small demo: whoever changes them changes everybody's demo."""
    found = small(seed=3)
    counts = {name: found.summary.rows[name] for name in ("orders", "order_lines", "activities")}
    assert counts == {"orders": 349, "order_lines": 1038, "activities": 668}
    first = found.ask("select order_id, ordered_at, total_amount from orders limit 1")
    assert first == [("SO0000001", "2023-07-03 09:56:51", 22801.08)]
    assert found.one("select sum(amount) from opportunities where is_won = 1") == 2_266_800


def test_a_small_company_has_every_entity_and_resolved_references(small):
    found = small()
    assert min(found.summary.rows.values()) > 0
    assert found.dangling() == {}


@pytest.mark.parametrize("as_of", [date(2024, 2, 28), date(2025, 2, 14)])
def test_any_as_of_day_is_the_last_one(small, as_of):
    found = small(as_of=as_of)
    assert found.later_than(f"{as_of} 15:59:59", f"{as_of}") == []
    assert found.one("select max(rate_date) from exchange_rates") == as_of.isoformat()
    # Three years, whatever the day.
    assert found.one("select min(date(ordered_at)) from orders")[:4] == str(as_of.year - 3)
    assert found.dangling() == {}


def test_scale_grows_customers_orders_and_deals_and_sellers_slower(small):
    one, nine = small(scale=0.25).summary.rows, small(scale=2.25).summary.rows
    for name in ("customers", "orders", "order_lines", "opportunities"):
        assert nine[name] / one[name] == pytest.approx(9, rel=0.2), name
    assert nine["users"] == one["users"] + 8 + 3
    assert date(2026, 6, 30) == DEFAULT_AS_OF


def test_the_folder_holds_the_sources_and_their_settings(small):
    folder = small().summary.folder
    assert {path.name for path in folder.iterdir()} == {
        "crm.db", "shop.db", "survey", "salesops.yaml",
    }  # fmt: skip
    assert {path.name for path in (folder / "survey").iterdir()} == SURVEY_FILES
    settings = (folder / "salesops.yaml").read_text(encoding="utf-8")
    assert 'url: "sqlite:///crm.db"' in settings
    assert "path: survey" in settings


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(write, "demo_chunks", _broken_off)
    with pytest.raises(KeyboardInterrupt):
        write_demo(tmp_path / "aurora", scale=0.05)
    assert not (tmp_path / "aurora").exists()


def test_an_interrupted_write_keeps_the_demo_before_it(small, monkeypatch):
    found = small()
    before = contents(found)
    monkeypatch.setattr(write, "demo_chunks", _broken_off)
    with pytest.raises(KeyboardInterrupt):
        write_demo(found.summary.folder, scale=0.05, seed=9)
    assert contents(found) == before


def test_writing_again_replaces_the_demo_and_leaves_other_files(small, tmp_path):
    folder = tmp_path / "aurora"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    write_demo(folder, scale=0.05, seed=8)
    write_demo(folder, scale=0.05)
    answers = (folder / "survey" / "survey_answers.csv").read_bytes()
    expected = small().summary.folder / "survey" / "survey_answers.csv"
    assert answers == expected.read_bytes()
    assert (folder / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["aurora"]


def test_a_scale_of_nothing_is_refused(tmp_path):
    with pytest.raises(ValueError, match="scale must be above 0, not 0"):
        write_demo(tmp_path / "aurora", scale=0)


def _broken_off(*_args):
    yield "teams", [("T-SALES", "销售中心", None, None, None)]
    raise KeyboardInterrupt
