"""Files of other shapes: mapping files that users write, and SurveyMonkey's exports."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pipelines.extract import lake
from pipelines.extract.night import SourceNeverDelivered
from pipelines.settings import SettingsError
from tests.unit.extract.sources import SURVEY, extracted, landed, settings_for, write_sqlite

MAPPING = """
files:
  answers:
    file: answers.csv
    key: [who]
    columns: {who: text, score: decimal}
entities:
  surveys: select 'S' as survey_id, 'One' as name
  survey_questions: select 'Q' as question_id, 'S' as survey_id, 'rating' as kind
  survey_responses: select who as response_id, 'S' as survey_id from answers
  survey_answers: |
    select who as response_id, 'Q' as question_id, score as value_number from answers
"""


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "answers.csv").write_text("who,score\nann,9.5\nbob,3\n")
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    return settings_for(tmp_path, "  - {name: poll, path: in, mapping: mapping.yaml}")


def test_selects_over_raw_files_land_as_contract_rows(settings):
    extracted(settings, 0)
    assert landed(settings, "poll", "survey_answers", "_record_id, value_number") == [
        ("ann|Q|", Decimal("9.5")),
        ("bob|Q|", Decimal("3")),
    ]
    assert lake.read_info(lake.batch_files(settings.lake, "poll", "raw_answers")[0]).rows == 2


def test_a_mapped_row_that_changes_is_a_new_version_and_one_that_goes_a_tombstone(
    settings, tmp_path
):
    lines = [f"p{number},1" for number in range(9)]
    (tmp_path / "in" / "answers.csv").write_text("\n".join(["who,score", *lines]))
    extracted(settings, 0)
    (tmp_path / "in" / "answers.csv").write_text("\n".join(["who,score", "p1,2", *lines[2:]]))
    [answers] = [s for s in extracted(settings, 1).statuses if s.entity == "survey_answers"]
    assert (answers.rows_landed, answers.rows_deleted) == (1, 1)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("score: decimal", "score: money", r"line 6: 'money' is no type"),
        ("surveys: select", "survey: select", r"line 8: 'survey' is no entity"),
        ("key: [who]", "keys: [who]", r"line 5: unknown setting 'keys'"),
        ("files:", "file:", r"line 2: unknown part 'file'"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_line(settings, tmp_path, before, after, told):
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace(before, after))
    with pytest.raises(SettingsError, match=told):
        extracted(settings, 0)


def test_a_select_that_does_not_run_names_its_entity(settings, tmp_path):
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("from answers\n", "from answer\n", 1))
    with pytest.raises(SourceNeverDelivered, match="survey_responses"):
        extracted(settings, 0)


def test_a_select_cannot_read_other_files(settings, tmp_path):
    other = tmp_path / "secret.csv"
    other.write_text("a\n1\n")
    (tmp_path / "mapping.yaml").write_text(
        MAPPING.replace("select 'S' as survey_id, 'One' as name", f"select * from '{other}'")
    )
    with pytest.raises(SourceNeverDelivered, match="SELECT for surveys fails"):
        extracted(settings, 0)


EXPORT = (
    "RespondentID,StartDate,Have you bought?,Which? Select all.,,,How likely are you?,Rank them.,,Why?\n"
    ",,Response,Lamp,Chair,Other (please specify),,Lamp,Chair,Open-Ended Response\n"
    "11,01/15/2026 10:00:00,Yes,Lamp,Chair,,9,1,2,nice Ê\n"
    "12,01/16/2026 11:30:00,No,,,stool,6,,,\n"
)


@pytest.fixture
def survey(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "spring.csv").write_bytes(EXPORT.encode("mac_roman"))
    return settings_for(
        tmp_path,
        "  - {name: sm, system: surveymonkey, path: in, encoding: mac_roman,"
        ' submitted_on: 2026-01-31, questions: {"How likely are you?": nps}}',
    )


def test_a_surveymonkey_export_becomes_contract_rows(survey):
    extracted(survey, 0)
    assert landed(survey, "sm", "surveys", "survey_id, kind") == [("spring", "nps")]
    assert landed(survey, "sm", "survey_questions", "question_id, kind, measure, scale_max") == [
        ("spring:2", "single_choice", None, None),
        ("spring:3", "multiple_choice", None, None),
        ("spring:6", "rating", "nps", Decimal(10)),
        ("spring:7", "rating", None, Decimal(1)),
        ("spring:8", "rating", None, Decimal(2)),
        ("spring:9", "text", None, None),
    ]
    assert landed(
        survey, "sm", "survey_answers", "question_id, choice, value_number, value_text"
    ) == [
        ("spring:2", "Yes", None, "Yes"),
        ("spring:3", "Chair", None, "Chair"),
        ("spring:3", "Lamp", None, "Lamp"),
        ("spring:6", "", Decimal(9), None),
        ("spring:7", "", Decimal(1), None),
        ("spring:8", "", Decimal(2), None),
        ("spring:9", "", None, "nice Ê"),
        ("spring:2", "No", None, "No"),
        ("spring:3", "Other (please specify)", None, "stool"),
        ("spring:6", "", Decimal(6), None),
    ]
    # Without an end of its own a response counts on the day that the settings give.
    assert landed(survey, "sm", "survey_responses", "started_at, submitted_at")[0] == (
        datetime(2026, 1, 15, 2, tzinfo=UTC),
        datetime(2026, 1, 30, 16, tzinfo=UTC),
    )


def test_an_export_with_one_header_row_splits_question_and_choice(survey, tmp_path):
    (tmp_path / "in" / "spring.csv").write_text(
        "RespondentID,Which? - Lamp,Which? - Chair,A - b\n1,Lamp,,x\n"
    )
    extracted(survey, 0)
    assert landed(survey, "sm", "survey_questions", "text, kind") == [
        ("Which?", "multiple_choice"),
        ("A - b", "single_choice"),
    ]


def test_without_any_date_a_response_keeps_the_day_on_which_it_was_first_seen(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "s.csv").write_text("RespondentID,Q?\n1,Yes\n")
    settings = settings_for(tmp_path, "  - {name: sm, system: surveymonkey, path: in}")
    first = extracted(settings, 0)
    assert "`submitted_on`" in first.notes[0]
    second = extracted(settings, 5)
    assert {s.status for s in second.statuses} == {"unchanged"}


def test_a_base_domain_is_not_switched_on_by_users(tmp_path):
    write_sqlite(tmp_path / "crm.db", "create table users (user_id text, name text);")
    settings = settings_for(tmp_path, '  - {name: crm, url: "sqlite:///crm.db"}')
    with pytest.raises(SourceNeverDelivered, match="switches a domain on"):
        extracted(settings, 0)
    write_sqlite(tmp_path / "crm.db", SURVEY)
    assert len(extracted(settings, 1).statuses) == 5
