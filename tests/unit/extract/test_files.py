"""What files get: read as they are, or refused with the file and the line; never a guess."""

from __future__ import annotations

import zipfile
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.extract import files
from pipelines.extract.night import SourceNeverDelivered
from tests.unit.extract.sources import SURVEY, extracted, landed, settings_for, write_sqlite

SOURCES = '  - {name: base, url: "sqlite:///crm.db"}\n  - {name: inbox, path: inbox}'


@pytest.fixture
def inbox(tmp_path):
    write_sqlite(tmp_path / "crm.db", SURVEY)
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(inbox, tmp_path):
    return settings_for(tmp_path, SOURCES)


def teams(settings, columns="team_id, name"):
    return landed(settings, "inbox", "teams", columns)


def refusal(settings, number=0):
    with pytest.raises(SourceNeverDelivered) as caught:
        extracted(settings, number)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encoding_it_is_in(settings, inbox, encoding):
    (inbox / "teams.csv").write_bytes("team_id,name\nT1,华东\n".encode(encoding))
    extraction = extracted(settings, 0)
    assert teams(settings) == [("T1", "华东")]
    told = ("inbox: teams.csv was read as gb18030.",) if encoding == "gb18030" else ()
    assert extraction.notes == told


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_shows_the_contract(settings, inbox, delimiter):
    text = f"team_id{delimiter}name\nT1{delimiter}a\n"
    (inbox / "teams.csv").write_text(text)
    extracted(settings, 0)
    assert teams(settings) == [("T1", "a")]


def test_quotes_and_line_breaks_inside_a_cell_are_kept_with_the_line(settings, inbox):
    (inbox / "teams.csv").write_text('team_id,name\nT1,"a\n""b"", c"\nT2,d\n')
    extracted(settings, 0)
    assert teams(settings, "team_id, name, _row_number") == [("T1", 'a\n"b", c', 2), ("T2", "d", 4)]


def test_xlsx_rows_are_read_from_the_sheet_of_the_name(settings, inbox):
    workbook = openpyxl.Workbook()
    workbook.active.title = "notes"
    sheet = workbook.create_sheet("teams")
    sheet.append(["team_id", "name"])
    sheet.append([1001, "=1+1 is text"])
    workbook.save(inbox / "teams.xlsx")
    extracted(settings, 0)
    assert teams(settings, "team_id, _row_number") == [("1001", 2)]


def test_jsonl_keeps_numbers_exactly(settings, inbox):
    (inbox / "quotas.jsonl").write_text(
        '{"quota_id": 1, "period_start": "2026-01-01", "period_end": "2026-03-31",'
        ' "measure": "bookings", "amount": 12345678901.0001}\n'
    )
    extracted(settings, 0)
    assert landed(settings, "inbox", "quotas", "quota_id, amount") == [
        ("1", Decimal("12345678901.0001"))
    ]


def test_parquet_is_read_in_its_own_types(settings, inbox):
    table = pa.table(
        {"team_id": ["T1"], "name": ["a"], "updated_at": pa.array([0], pa.timestamp("us", "UTC"))}
    )
    pq.write_table(table, inbox / "teams.parquet")
    extracted(settings, 0)
    assert teams(settings, "cast(timezone('UTC', updated_at) as varchar)") == [
        ("1970-01-01 00:00:00",)
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("teams.csv", b"", "is empty: not even a header"),
        ("teams.csv", b"team_id,name\nT1,a\nT2\n", "line 3: 1 cells where the header has 2"),
        ("teams.csv", b"team_id,name\nT1,a,b\n", "line 2: 3 cells where the header has 2"),
        (
            "teams.csv",
            b'team_id,name\nT1,a\nT2,"b\n',
            "from line 3: a quote is opened and never closed",
        ),
        ("teams.csv", b"team_id,name,Name\nT1,a,b\n", "line 1: the column 'name' comes twice"),
        ("teams.csv", b"a,b\n1,2\n", "line 1: the header names no column of the contract"),
        ("teams.csv", b"team_id,name\nT1,\xff\xfe\x81\n", "is neither utf-8 nor gb18030"),
        ("teams.csv", b"PK\x03\x04", "is an Excel workbook, not text"),
        ("teams.csv", b"team_id\nT1\n", "the column teams.name, which every row needs, is missing"),
        ("teams.xls", b"<html><table></table></html>", "is an HTML page, not a table"),
        ("teams.xls", b"\xd0\xcf\x11\xe0", "is in the old Excel format"),
        ("teams.xlsx", b"<html></html>", "is an HTML page"),
        ("teams.xlsx", b"PK\x03\x04 cut off", "is a damaged workbook"),
        ("teams.parquet", b"PAR1", "is no whole Parquet file"),
        ("teams.jsonl", b'{"team_id": "T1"}\n{"team_id"', "line 2: no JSON"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(settings, inbox, name, content, told):
    (inbox / name).write_bytes(content)
    message = refusal(settings)
    assert told in message
    assert "inbox" in message


def test_a_bad_file_leaves_the_last_good_rows_and_is_stale(settings, inbox):
    (inbox / "teams.csv").write_text("team_id,name\nT1,a\n")
    extracted(settings, 0)
    (inbox / "teams.csv").write_text("team_id,name\nT1\n")
    [stale] = extracted(settings, 1).stale
    assert (stale.source, stale.entity) == ("inbox", "teams")
    assert teams(settings) == [("T1", "a")]


def test_a_missing_file_is_stale_and_not_empty(settings, inbox):
    (inbox / "teams.csv").write_text("team_id,name\nT1,a\n")
    extracted(settings, 0)
    (inbox / "teams.csv").unlink()
    [stale] = extracted(settings, 1).stale
    assert "teams, which inbox delivered before, is missing" in stale.message
    assert teams(settings) == [("T1", "a")]


def test_a_workbook_that_would_unpack_to_gigabytes_is_refused(settings, inbox, monkeypatch):
    monkeypatch.setattr(files, "MAX_UNPACKED_BYTES", 1 << 20)
    with zipfile.ZipFile(inbox / "teams.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (2 << 20))
    assert "would unpack to 2 MB, more than 1 MB" in refusal(settings)


def test_parts_of_a_folder_add_and_never_delete(settings, inbox):
    folder = inbox / "teams"
    folder.mkdir()
    (folder / "2026-01.csv").write_text("team_id,name\nT1,a\nT2,b\n")
    extracted(settings, 0)
    (folder / "2026-02.csv").write_text("team_id,name\nT2,B\n")
    extracted(settings, 1)
    assert teams(settings) == [("T1", "a"), ("T2", "B")]
    # Read again, January's T2 would pass for the newest.
    extracted(settings, 2)
    assert teams(settings) == [("T1", "a"), ("T2", "B")]


def test_two_files_of_one_entity_are_refused(settings, inbox):
    (inbox / "teams.csv").write_text("team_id,name\nT1,a\n")
    (inbox / "teams.jsonl").write_text('{"team_id": "T1", "name": "a"}\n')
    assert "both deliver teams" in refusal(settings)
