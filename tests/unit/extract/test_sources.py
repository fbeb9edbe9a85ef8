"""How a night treats its sources: incremental, compared whole, stale, drifted, never delivered."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.extract import lake
from pipelines.extract.night import SourceNeverDelivered
from tests.unit.extract.sources import SURVEY, extracted, landed, settings_for, write_sqlite

SOURCE = '  - {name: crm, url: "sqlite:///crm.db"}'


@pytest.fixture
def settings(tmp_path):
    write_sqlite(tmp_path / "crm.db", SURVEY)
    return settings_for(tmp_path, SOURCE)


def status(extraction, entity):
    [found] = [s for s in extraction.statuses if s.entity == entity]
    return found


def test_every_table_with_a_contract_name_lands(settings):
    extraction = extracted(settings, 0)
    assert {s.entity: (s.status, s.rows_landed) for s in extraction.statuses} == {
        "surveys": ("landed", 1),
        "survey_questions": ("landed", 1),
        "survey_responses": ("landed", 2),
        "survey_answers": ("landed", 2),
    }
    # Naive times are the company's; a bare date is that day in its zone.
    assert landed(settings, "crm", "survey_responses", "submitted_at") == [
        (datetime(2026, 1, 2, 15, 30, tzinfo=UTC),),
        (datetime(2026, 1, 2, 16, tzinfo=UTC),),
    ]


def test_nothing_new_lands_nothing(settings):
    extracted(settings, 0)
    again = extracted(settings, 1)
    assert {s.status for s in again.statuses} == {"unchanged"}
    assert len(lake.batch_files(settings.lake, "crm", "survey_answers")) == 1


def test_a_table_without_cursor_is_compared_whole(settings, tmp_path):
    extracted(settings, 0)
    write_sqlite(
        tmp_path / "crm.db",
        "update survey_answers set value_number = 7 where response_id = 'R1';"
        "insert into survey_answers values ('R3', 'Q1', '', 1);",
    )
    assert status(extracted(settings, 1), "survey_answers").rows_landed == 2
    assert landed(settings, "crm", "survey_answers", "_record_id, value_number") == [
        ("R1|Q1|", Decimal(7)),
        ("R2|Q1|", Decimal(3)),
        ("R3|Q1|", Decimal(1)),
    ]


USERS = """
create table users (user_id text primary key, name text, updated_at text);
insert into users values ('U1', 'a', '2026-01-09 10:00:00'), ('U2', 'b', '2026-01-01 10:00:00'),
    ('U3', 'c', null), ('U4', 'd', '2026-01-09 09:00:00'), ('U5', 'e', '2026-01-02 10:00:00'),
    ('U6', 'f', '2026-01-02 10:00:00');
"""


def test_a_cursor_reads_what_is_new_with_a_lag_and_what_has_no_cursor(settings, tmp_path):
    write_sqlite(tmp_path / "crm.db", USERS)
    extracted(settings, 0)
    write_sqlite(
        tmp_path / "crm.db",
        # U2 changed without its cursor: an incremental read cannot know. U4 came late, within 2 h.
        "update users set name = 'B' where user_id = 'U2';"
        "update users set name = 'C' where user_id = 'U3';"
        "update users set name = 'D' where user_id = 'U4';"
        "delete from users where user_id = 'U5';",
    )
    users = status(extracted(settings, 1), "users")
    assert (users.rows_read, users.rows_landed, users.rows_deleted) == (3, 2, 1)
    assert landed(settings, "crm", "users", "name") == [("a",), ("b",), ("C",), ("D",), ("f",)]
    assert status(extracted(settings, 2, is_full=True), "users").rows_landed == 1
    assert landed(settings, "crm", "users", "name")[1] == ("B",)


LAX_USERS = """
create table users (user_id text, name text, updated_at text);
insert into users values ('U1', 'a', '2026-01-01 10:00:00'), ('U2', 'b', '2026-01-01 10:00:00'),
    ('U3', 'c', '2026-01-09 10:00:00'), ('U4', 'd', '2026-01-01 10:00:00'),
    ('U5', 'e', '2026-01-01 10:00:00'), ('U6', 'f', '2026-01-01 10:00:00');
"""


def names_of(settings):
    """The names in the newest extraction of each user that is not gone."""
    files = lake.batch_files(settings.lake, "crm", "users")
    with lake.open_memory() as connection:
        return connection.execute(
            f"select user_id, name from ({lake.current_rows(files)}) where not _is_tombstone"
            " order by all"
        ).fetchall()


def test_a_second_row_of_an_old_key_is_read_beside_the_first_until_it_is_gone(settings, tmp_path):
    write_sqlite(tmp_path / "crm.db", LAX_USERS)
    extracted(settings, 0)
    write_sqlite(tmp_path / "crm.db", "insert into users values ('U1', 'A', '2026-01-11 02:00:00')")
    extracted(settings, 1)
    assert names_of(settings)[:3] == [("U1", "A"), ("U1", "a"), ("U2", "b")]
    # Nothing of the row that stays tells that the other one went.
    write_sqlite(tmp_path / "crm.db", "delete from users where name = 'A'")
    extracted(settings, 2)
    assert names_of(settings)[:2] == [("U1", "a"), ("U2", "b")]


def test_a_row_without_its_key_stays_until_it_is_filled_in(settings, tmp_path):
    write_sqlite(tmp_path / "crm.db", LAX_USERS)
    write_sqlite(tmp_path / "crm.db", "insert into users values (null, 'x', '2026-01-01 10:00:00')")
    extracted(settings, 0)
    assert status(extracted(settings, 1), "users").rows_deleted == 0
    assert (None, "x") in names_of(settings)
    # Two of seven at once are more than a fifth, and no sign of a broken source.
    write_sqlite(
        tmp_path / "crm.db",
        "delete from users where user_id = 'U6';"
        "update users set user_id = 'U7', updated_at = '2026-01-11 10:00:00' where name = 'x'",
    )
    assert status(extracted(settings, 2), "users").rows_deleted == 2
    assert names_of(settings)[-2:] == [("U5", "e"), ("U7", "x")]


def test_a_cursor_that_is_no_time_is_read_every_night(settings, tmp_path):
    write_sqlite(tmp_path / "crm.db", LAX_USERS)
    extracted(settings, 0)
    write_sqlite(
        tmp_path / "crm.db", "update users set name = 'A', updated_at = 'soon' where name = 'a'"
    )
    assert status(extracted(settings, 1), "users").rows_landed == 1
    assert names_of(settings)[0] == ("U1", "A")


def test_a_source_that_is_down_is_stale_by_name(settings, tmp_path):
    extracted(settings, 0)
    (tmp_path / "crm.db").unlink()
    extraction = extracted(settings, 1)
    assert extraction.stale_sources == ("crm",)
    assert len(extraction.stale) == 4
    assert "crm.db does not exist" in extraction.stale[0].message
    assert not (tmp_path / "crm.db").exists()


def test_a_source_that_never_delivered_ends_the_run(tmp_path):
    settings = settings_for(tmp_path, SOURCE)
    with pytest.raises(SourceNeverDelivered, match=r"source 'crm' cannot be read.*crm\.db"):
        extracted(settings, 0)


def test_a_domain_needs_all_of_its_bold_entities(tmp_path):
    write_sqlite(tmp_path / "crm.db", "create table surveys (survey_id text, name text);")
    settings = settings_for(tmp_path, SOURCE)
    with pytest.raises(SourceNeverDelivered, match="survey needs survey_questions"):
        extracted(settings, 0)


def test_a_column_that_went_away_is_drift_until_it_is_meant(settings, tmp_path):
    extracted(settings, 0)
    write_sqlite(tmp_path / "crm.db", "alter table survey_responses drop column submitted_at;")
    extraction = extracted(settings, 1)
    assert [s.entity for s in extraction.stale] == ["survey_responses"]
    assert "absent: [survey_responses.submitted_at]" in extraction.stale[0].message
    meant = settings_for(
        tmp_path,
        '  - {name: crm, url: "sqlite:///crm.db", absent: [survey_responses.submitted_at]}',
    )
    assert extracted(meant, 2).stale == ()


def test_a_required_column_that_is_missing_is_named(settings, tmp_path):
    extracted(settings, 0)
    write_sqlite(tmp_path / "crm.db", "alter table surveys rename column name to title;")
    [stale] = extracted(settings, 1).stale
    assert stale.message == (
        "table surveys: the column surveys.name, which every row needs, is missing. "
        "Deliver it, or map it by a view or a `mapping` file"
    )


def test_a_table_that_went_away_is_stale(settings, tmp_path):
    extracted(settings, 0)
    write_sqlite(tmp_path / "crm.db", "drop table survey_answers;")
    [stale] = extracted(settings, 1).stale
    assert (stale.entity, "absent: [survey_answers]" in stale.message) == ("survey_answers", True)


def test_a_new_column_is_kept_and_told(settings, tmp_path):
    write_sqlite(tmp_path / "crm.db", "alter table surveys add column colour text default 'red';")
    extraction = extracted(settings, 0)
    assert extraction.notes == (
        "crm: surveys has columns beyond the contract, kept as they are: colour.",
    )


def test_text_in_a_number_column_of_sqlite_is_kept(settings, tmp_path):
    write_sqlite(
        tmp_path / "crm.db",
        "update survey_answers set value_number = 'nine' where response_id = 'R1';",
    )
    extracted(settings, 0)
    assert landed(settings, "crm", "survey_answers", "value_number, _rejected_values")[0] == (
        None,
        '{"value_number":"nine"}',
    )


def test_tables_may_carry_a_prefix(tmp_path):
    write_sqlite(
        tmp_path / "crm.db",
        SURVEY + "create view v_users as select 'U1' as user_id, 'Ann' as name;",
    )
    settings = settings_for(
        tmp_path, SOURCE + '\n  - {name: views, url: "sqlite:///crm.db", table_prefix: v_}'
    )
    extracted(settings, 0)
    assert landed(settings, "views", "users", "user_id, name") == [("U1", "Ann")]
