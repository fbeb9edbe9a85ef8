"""Real companies' data through the whole job: every figure equals the one computed elsewhere."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines import reading
from pipelines.publish.release import DATABASE
from tests.integration import real

pytestmark = [pytest.mark.whole_run, pytest.mark.component]


def unequal(figures: list[real.Figure]) -> list[str]:
    return [f"{f.name}: {f.expected} ≠ {f.published}" for f in figures if not f.is_equal]


def test_northwind_in_sqlite(open_data, tmp_path):
    url = real.northwind_sqlite(open_data, tmp_path)
    release = real.published(
        real.EXAMPLES / "northwind" / "salesops.sqlite.yaml",
        tmp_path / "home",
        as_of=date(1998, 6, 30),
        environment={"NORTHWIND_URL": url},
    )
    figures = real.compare(release, open_data / "northwind-expected.json", real.NORTHWIND)
    assert (len(figures), unequal(figures)) == (16, [])


def test_northwind_in_postgres(open_data, tmp_path, postgres_url):
    real.northwind_postgres(open_data, postgres_url)
    release = real.published(
        real.EXAMPLES / "northwind" / "salesops.yaml",
        tmp_path / "home",
        as_of=date(1998, 6, 30),
        environment={"NORTHWIND_URL": postgres_url},
    )
    figures = real.compare(release, open_data / "northwind-expected.json", real.NORTHWIND)
    assert (len(figures), unequal(figures)) == (16, [])


def test_maven_crm_in_files(open_data, tmp_path):
    release = real.published(
        real.EXAMPLES / "maven_crm" / "salesops.yaml",
        tmp_path / "home",
        as_of=date(2018, 1, 1),
        environment={"MAVEN_FOLDER": str(open_data / "maven_crm")},
    )
    figures = real.compare(release, open_data / "maven-expected.json", real.MAVEN)
    assert (len(figures), unequal(figures)) == (18, [])


def test_the_star_wars_poll_as_surveymonkey_exports_it(open_data, tmp_path):
    folder = tmp_path / "poll"
    folder.mkdir()
    export = open_data / "surveys" / "StarWars.csv"
    (folder / export.name).write_bytes(export.read_bytes())
    release = real.published(
        real.EXAMPLES / "star_wars" / "salesops.yaml",
        tmp_path / "home",
        as_of=date(2014, 6, 30),
        environment={"POLL_FOLDER": str(folder)},
    )
    with reading.open_release(release / DATABASE) as connection:
        assert connection.execute("select count(*) from fct_survey_response").fetchall() == [
            (1186,)
        ]
        # 936 of the file's 1,186 rows say Yes in its second column.
        assert connection.execute(
            "select count(*) from fct_survey_answer where question_id = 'StarWars:1' and choice = 'Yes'"
        ).fetchall() == [(936,)]
