"""What lands in the lake: typed, nothing lost, only what changed, tombstones for what vanished."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.extract import contract, lake
from tests.unit.extract.sources import a_night

OPPORTUNITIES = contract.entities()["opportunities"]
SPLITS = contract.entities()["opportunity_splits"]


def land(folder: Path, rows: list[dict[str, str | None]], number: int, **kwargs) -> lake.Landing:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["opportunity_id"]
    table = pa.table(
        {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    )
    options = {"is_whole": True, "entity": OPPORTUNITIES, **kwargs}
    return lake.land(
        folder,
        "crm",
        options.pop("entity"),
        [table],
        at=a_night(number),
        zone="America/New_York",
        company_zone="Asia/Shanghai",
        **options,
    )


def row(number: int, **values: str | None) -> dict[str, str | None]:
    return {"opportunity_id": f"D{number}", "pipeline_id": "p", "stage_id": "s", **values}


def current(folder: Path, columns: str, entity: str = "opportunities") -> list[tuple]:
    files = lake.batch_files(folder, "crm", entity)
    with lake.open_memory() as connection:
        return connection.execute(
            f"select {columns} from ({lake.current_rows(files)}) order by _record_id, _row_hash"
        ).fetchall()


def test_values_are_typed_by_the_declaration(tmp_path):
    land(
        tmp_path,
        [
            row(
                1,
                amount="1234.56789",
                probability="0.35",
                is_won="t",
                expected_close_date="2026-03-01",
                created_at="2026-01-01 20:00:00",
            )
        ],
        0,
    )
    [(amount, probability, is_won, expected, created)] = current(
        tmp_path, "amount, probability, is_won, expected_close_date, created_at"
    )
    assert amount == Decimal("1234.5679")
    assert probability == Decimal("0.35000000")
    assert is_won is True
    assert expected == date(2026, 3, 1)
    # A naive time is New York's, five hours behind UTC in winter.
    assert created == datetime(2026, 1, 2, 1, tzinfo=UTC)


def test_a_bare_date_is_that_day_in_the_company_zone(tmp_path):
    land(tmp_path, [row(1, created_at="2026-01-01"), row(2, created_at="2026-01-01T00:00:00Z")], 0)
    assert current(tmp_path, "created_at") == [
        (datetime(2025, 12, 31, 16, tzinfo=UTC),),
        (datetime(2026, 1, 1, tzinfo=UTC),),
    ]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("amount", "about 5"),
        ("amount", "1e309"),
        ("amount", "99999999999999999"),
        ("expected_close_date", "03/04/2026"),
        ("created_at", "2026-02-30 10:00:00"),
        ("is_won", "maybe"),
    ],
)
def test_a_value_that_does_not_fit_becomes_null_and_its_text_is_kept(tmp_path, column, text):
    land(tmp_path, [row(1, **{column: text})], 0)
    assert current(tmp_path, f"{column}, _rejected_values") == [(None, f'{{"{column}":"{text}"}}')]


def test_a_fraction_is_no_integer(tmp_path):
    account = contract.entities()["accounts"]
    rows = [
        {"account_id": "A", "employee_count": "5.5"},
        {"account_id": "B", "employee_count": "5.0"},
    ]
    land(tmp_path, rows, 0, entity=account)
    assert current(tmp_path, "employee_count, _rejected_values", "accounts") == [
        (None, '{"employee_count":"5.5"}'),
        (5, None),
    ]


def test_an_undeclared_column_is_kept(tmp_path):
    land(tmp_path, [row(1, colour="blue")], 0)
    assert current(tmp_path, "_extra") == [('{"colour":"blue"}',)]


def test_only_what_changed_is_landed_again(tmp_path):
    land(tmp_path, [row(1, amount="1"), row(2, amount="2")], 0)
    unchanged = land(tmp_path, [row(1, amount="1.00"), row(2, amount="2")], 1)
    changed = land(tmp_path, [row(1, amount="1"), row(2, amount="3")], 2)
    assert (unchanged.rows_read, unchanged.rows_landed, unchanged.batch) == (2, 0, None)
    assert changed.rows_landed == 1
    assert current(tmp_path, "opportunity_id, amount") == [("D1", 1), ("D2", 3)]


def test_a_vanished_key_becomes_a_tombstone_and_comes_back(tmp_path):
    everyone = [row(number) for number in range(6)]
    land(tmp_path, everyone, 0)
    assert land(tmp_path, everyone[1:], 1).rows_deleted == 1
    assert current(tmp_path, "_record_id, _is_tombstone")[0] == ("D0", True)
    assert land(tmp_path, everyone[1:], 2).rows_deleted == 0
    assert land(tmp_path, everyone, 3).rows_landed == 1
    assert current(tmp_path, "_record_id, _is_tombstone")[0] == ("D0", False)


def test_too_many_vanished_keys_delete_nothing(tmp_path):
    everyone = [row(number) for number in range(10)]
    land(tmp_path, everyone, 0)
    with pytest.raises(lake.TooManyVanished, match="3 of 10 records of opportunities"):
        land(tmp_path, everyone[3:], 1)
    assert len(lake.batch_files(tmp_path, "crm", "opportunities")) == 1
    assert land(tmp_path, everyone[2:], 2).rows_deleted == 2


def test_keys_of_the_source_tell_what_vanished_from_a_part(tmp_path):
    land(tmp_path, [row(number) for number in range(6)], 0)
    keys = pa.table({"opportunity_id": [f"D{number}" for number in range(5)]})
    landing = land(tmp_path, [row(1, amount="7")], 1, is_whole=False, keys=[keys])
    assert (landing.rows_landed, landing.rows_deleted) == (1, 1)


def test_two_rows_of_one_key_both_stay(tmp_path):
    land(tmp_path, [row(1, amount="1"), row(1, amount="2")], 0)
    assert current(tmp_path, "_record_id, amount") == [("D1", 1), ("D1", 2)] or current(
        tmp_path, "_record_id, amount"
    ) == [("D1", 2), ("D1", 1)]
    assert land(tmp_path, [row(1, amount="2"), row(1, amount="1")], 1).batch is None
    assert land(tmp_path, [row(1, amount="1")], 2).rows_landed == 1
    assert current(tmp_path, "_record_id, amount") == [("D1", 1)]


def test_a_row_without_its_key_is_known_by_its_hash(tmp_path):
    rows = [{"opportunity_id": "D1", "user_id": None, "share": "0.5"}]
    land(tmp_path, rows, 0, entity=SPLITS)
    [(record_id, row_hash)] = current(tmp_path, "_record_id, _row_hash", "opportunity_splits")
    assert record_id == row_hash
    assert land(tmp_path, rows, 1, entity=SPLITS).batch is None


def test_a_composite_key_is_joined_by_a_bar(tmp_path):
    land(tmp_path, [{"opportunity_id": "D1", "user_id": "U2", "share": "1"}], 0, entity=SPLITS)
    assert current(tmp_path, "_record_id", "opportunity_splits") == [("D1|U2",)]


def test_a_cursor_in_the_future_does_not_skip_what_comes_before(tmp_path):
    land(
        tmp_path,
        [row(1, updated_at="2026-01-09 08:00:00"), row(2, updated_at="2099-01-01 00:00:00")],
        0,
    )
    assert lake.last_cursor(tmp_path, "crm", "opportunities") == datetime(
        2026, 1, 9, 13, tzinfo=UTC
    )


def test_a_reader_that_fails_lands_nothing(tmp_path):
    def broken():
        yield pa.table({"opportunity_id": ["D1"], "pipeline_id": ["p"], "stage_id": ["s"]})
        raise RuntimeError("the line went dead")

    with pytest.raises(RuntimeError, match="went dead"):
        lake.land(
            tmp_path, "crm", OPPORTUNITIES, broken(), at=a_night(0), zone="UTC",
            company_zone="UTC", is_whole=True,
        )  # fmt: skip
    assert list((tmp_path / "crm" / "opportunities").iterdir()) == []


def test_every_entity_can_be_landed_empty_and_read(tmp_path):
    for entity in contract.entities().values():
        table = pa.table({name: pa.array([], pa.string()) for name in entity.column_names})
        lake.land(
            tmp_path, "crm", entity, [table], at=a_night(0), zone="UTC", company_zone="UTC",
            is_whole=True,
        )  # fmt: skip
        assert current(tmp_path, "*", entity.name) == []


def test_a_local_time_that_the_clocks_skipped_is_kept_as_after_it_and_noted(tmp_path: Path) -> None:
    times = {
        1: "2026-03-08 02:30:00",
        2: "2026-03-08 03:30:00",
        3: "2026-03-08T02:30:00-05:00",
        4: "2026-03-08",
        5: "2026-11-01 01:30:00",
        6: "soon",
    }
    land(tmp_path, [row(n, created_at=time) for n, time in times.items()], 0)
    assert current(tmp_path, "opportunity_id, created_at::varchar, _rejected_values") == [
        ("D1", "2026-03-08 07:30:00+00", '{"created_at in a gap":"2026-03-08 02:30:00"}'),
        ("D2", "2026-03-08 07:30:00+00", None),
        ("D3", "2026-03-08 07:30:00+00", None),
        ("D4", "2026-03-07 16:00:00+00", None),
        ("D5", "2026-11-01 06:30:00+00", None),
        ("D6", None, '{"created_at":"soon"}'),
    ]


@pytest.mark.parametrize(
    ("zone", "moves"),
    [("America/New_York", True), ("Europe/Berlin", True), ("Asia/Shanghai", False), ("UTC", False)],
)
def test_only_zones_that_move_their_clocks_have_gaps(zone: str, moves: bool) -> None:
    assert lake.moves_clocks(zone) is moves
