"""What bad input gets: one message that says what, where and what to do, and nothing wrong published."""

from __future__ import annotations

import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from pipelines import reading, running
from pipelines.cli import cli
from pipelines.extract import files, lake, night
from pipelines.extract.night import SourceNeverDelivered
from pipelines.publish.release import DATABASE, current_release, read_facts
from pipelines.settings import Settings, load_settings

FIRST_NIGHT = datetime(2026, 4, 30, 19, tzinfo=UTC)
LINES = "order_line_id,order_id,product_id,quantity,unit_price\n"
ORDERS = "order_id,customer_id,status,ordered_at\n"
SETTINGS = """\
company: {name: Lamps, timezone: Europe/Berlin, currency: EUR}
sources:
  - {name: crm, url: "sqlite:///crm.db"}
  - {name: inbox, path: inbox}
"""
# What belongs to persons, in the fields that are made for it and in what people write.
PLANTED = ("ada.planted@private.example", "+49 171 5550147", "13855501470")
SURVEY = """
create table surveys (survey_id text, name text);
create table survey_questions (question_id text, survey_id text, kind text, measure text);
create table survey_responses (response_id text, survey_id text, submitted_at text);
create table survey_answers (response_id text, question_id text, choice text, value_number numeric,
    value_text text);
insert into surveys values ('S1', 'After the sale');
insert into survey_questions values ('Q1', 'S1', 'rating', 'nps');
insert into survey_responses values ('R1', 'S1', '2026-04-02 10:00:00');
insert into survey_answers values ('R1', 'Q1', '', 9, null);
"""


def sql(file: Path, script: str) -> None:
    connection = sqlite3.connect(file)
    try:
        connection.executescript(script)
    finally:
        connection.close()


@pytest.fixture
def company(tmp_path) -> Path:
    """The folder of a company of two orders: a database of surveys and an inbox of files."""
    return write_company(tmp_path)


def write_company(folder: Path) -> Path:
    (folder / "salesops.yaml").write_text(SETTINGS)
    sql(folder / "crm.db", SURVEY)
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / "customers.csv").write_text("customer_id,name\nC1,Ada\nC2,Bo\n")
    (inbox / "products.csv").write_text("product_id,name,unit_cost\nP1,Lamp,4\n")
    (inbox / "orders.csv").write_text(
        ORDERS + "O1,C1,delivered,2026-04-05\nO2,C2,delivered,2026-04-06\n"
    )
    (inbox / "order_lines.csv").write_text(LINES + "L1,O1,P1,2,9.50\nL2,O2,P1,1,9.50\n")
    return folder


def settings_of(company: Path) -> Settings:
    return load_settings(
        company / "salesops.yaml", environment={"SALESOPS_HOME": str(company / "home")}
    )


def extract(company: Path, number: int) -> night.Extraction:
    """Extract as the night of that number."""
    return night.extract_all(
        settings_of(company), at=FIRST_NIGHT + timedelta(days=number), say=lambda text: None
    )


def rows(company: Path, source: str, entity: str, columns: str) -> list[tuple]:
    found = lake.batch_files(company / "home" / "lake", source, entity)
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from ({lake.current_rows(found)}) where not _is_tombstone order by 1"
        ).fetchall()


def check_config(company: Path) -> tuple[int, str]:
    result = CliRunner().invoke(
        cli,
        ["check-config", "--config", str(company / "salesops.yaml")],
        env={"SALESOPS_HOME": str(company / "home")},
    )
    return result.exit_code, result.output


def _cut_off(inbox: Path) -> None:
    (inbox / "order_lines.csv").write_text(LINES + 'L1,O1,P1,2,9.50\nL2,O2,"P1,1,9.50\n')


def _html(inbox: Path) -> None:
    (inbox / "orders.csv").unlink()
    (inbox / "orders.xls").write_text("<html><table><tr><td>order_id</td></tr></table></html>")


def _bomb(inbox: Path) -> None:
    (inbox / "orders.csv").unlink()
    with (
        zipfile.ZipFile(
            inbox / "orders.xlsx", "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as sheet,
    ):
        for _ in range((files.MAX_UNPACKED_BYTES >> 20) + 1):
            sheet.write(bytes(1 << 20))


def _write(name: str, content: bytes) -> Callable[[Path], None]:
    def write(inbox: Path) -> None:
        (inbox / name).write_bytes(content)

    return write


BAD_FILES = {
    "ragged": (
        _write("order_lines.csv", LINES.encode() + b"L1,O1,P1,2,9.50\nL2,O2,P1\n"),
        "order_lines",
        "{inbox}/order_lines.csv, line 3: 3 cells where the header has 5. "
        "Nothing of the file was taken: export it again",
    ),
    "cut off": (
        _cut_off,
        "order_lines",
        "{inbox}/order_lines.csv, from line 3: a quote is opened and never closed: the file is cut "
        "off, or a quote is missing. Nothing of the file was taken: export it again",
    ),
    "empty": (
        _write("order_lines.csv", b""),
        "order_lines",
        "{inbox}/order_lines.csv is empty: not even a header. Export it again",
    ),
    "encoding": (
        _write("customers.csv", b"customer_id,name\nC1,Ada\nC2,\xff\xfe\x81\n"),
        "customers",
        "{inbox}/customers.csv, line 3: is neither utf-8 nor gb18030. "
        "Say which with the source's `encoding`",
    ),
    "two columns of a name": (
        _write("products.csv", b"product_id,name,Name\nP1,Lamp,Lampe\n"),
        "products",
        "{inbox}/products.csv, line 1: the column 'name' comes twice. Rename or remove one",
    ),
    "html": (
        _html,
        "orders",
        "{inbox}/orders.xls is an HTML page, not a table. Save it as .xlsx or .csv",
    ),
    "bomb": (
        _bomb,
        "orders",
        "{inbox}/orders.xlsx would unpack to 501 MB, more than 500 MB. "
        "Deliver it as CSV or Parquet",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_left_out_by_name_and_the_last_good_rows_stay(company, name):
    plant, entity, told = BAD_FILES[name]
    told = told.format(inbox=company / "inbox")
    extract(company, 0)
    before = rows(company, "inbox", entity, "_record_id, _row_hash")
    plant(company / "inbox")
    [stale] = extract(company, 1).stale
    assert (stale.source, stale.entity) == ("inbox", entity)
    assert told in stale.message
    assert rows(company, "inbox", entity, "_record_id, _row_hash") == before
    code, output = check_config(company)
    assert code == 1
    assert "✗ inbox: files of 4 entities of the contract" in output
    assert told in output
    # On a first night the same words end the run.
    (first := company / "first").mkdir()
    plant((write_company(first)) / "inbox")
    with pytest.raises(SourceNeverDelivered) as caught:
        extract(first, 0)
    message = str(caught.value)
    assert f"needs {entity}, and no source ever delivered it so that it can be read" in message
    assert told.replace(str(company / "inbox"), str(first / "inbox")) in message
    assert ".." not in message


def test_a_required_column_that_is_missing_is_named_with_its_file(company):
    extract(company, 0)
    (company / "inbox" / "order_lines.csv").write_text(
        "order_line_id,order_id,product_id,unit_price\nL1,O1,P1,9.50\n"
    )
    [stale] = extract(company, 1).stale
    assert stale.message == (
        f"{company}/inbox/order_lines.csv: the column order_lines.quantity, which every row needs, "
        "is missing. Deliver it, or map it by a view or a `mapping` file"
    )
    assert (
        "order_lines: 4 columns; lacks quantity, which every row needs" in check_config(company)[1]
    )


def test_a_file_that_was_there_before_is_stale_and_not_empty(company):
    extract(company, 0)
    (company / "inbox" / "order_lines.csv").rename(company / "inbox" / "order_l*nes.csv")
    extraction = extract(company, 1)
    [stale] = extraction.stale
    assert stale.message == (
        "the file order_lines, which inbox delivered before, is missing; if that is meant, write "
        f"`absent: [order_lines]` at the source. Is it {company}/inbox/order_l*nes.csv? "
        "Then rename it."
    )
    assert extraction.notes == (
        "inbox: order_l*nes.csv was left out: it has no entity's name. Should it be order_lines?",
    )
    assert len(rows(company, "inbox", "order_lines", "_record_id")) == 2
    assert "order_l*nes.csv: left out, it has no entity's name" in check_config(company)[1]


def test_a_star_in_a_file_name_is_a_star(company):
    (company / "inbox" / "order_lines.csv").unlink()
    parts = company / "inbox" / "order_lines"
    parts.mkdir()
    (parts / "2026*.csv").write_text(LINES + "L1,O1,P1,2,9.50\n")
    (parts / "2026-04.csv").write_text(LINES + "L2,O2,P1,1,9.50\n")
    [landed] = [s for s in extract(company, 0).statuses if s.entity == "order_lines"]
    assert (landed.rows_read, landed.rows_landed) == (2, 2)
    assert rows(company, "inbox", "order_lines", "_record_id") == [("L1",), ("L2",)]


def test_a_source_that_is_down_is_stale_and_says_where_it_was_looked_for(company):
    extract(company, 0)
    (company / "crm.db").unlink()
    stale = extract(company, 1).stale
    assert [s.entity for s in stale] == [
        "surveys",
        "survey_questions",
        "survey_responses",
        "survey_answers",
    ]
    assert {s.message for s in stale} == {
        f"the database file {company}/crm.db does not exist. "
        "Put it back, or correct the source's `url`"
    }
    code, output = check_config(company)
    assert code == 1
    assert f"✗ crm: the database file {company}/crm.db does not exist" in output


def test_a_server_that_is_down_is_named_without_its_password(company):
    down = SETTINGS.replace(
        "sqlite:///crm.db", "postgresql+psycopg://reader:s3cret@127.0.0.1:1/crm"
    )
    (company / "salesops.yaml").write_text(down)
    with pytest.raises(SourceNeverDelivered) as caught:
        extract(company, 0)
    message = str(caught.value)
    assert message.startswith("source 'crm' cannot be read and never delivered anything: ")
    assert "port 1" in message
    assert "s3cret" not in message
    code, output = check_config(company)
    assert (code, "s3cret" in output) == (1, False)
    assert "✗ crm: connection failed" in output


def test_a_table_that_a_domain_needs_is_named(company):
    sql(company / "crm.db", "drop table survey_answers")
    with pytest.raises(SourceNeverDelivered) as caught:
        extract(company, 0)
    assert str(caught.value) == (
        "the domain survey needs survey_answers, and no source ever delivered it. "
        "Give a source a table, view or file named survey_answers; it may be empty."
    )


def test_a_misspelt_setting_is_refused_with_its_line(company):
    (company / "salesops.yaml").write_text(SETTINGS.replace("path: inbox", "pth: inbox"))
    code, output = check_config(company)
    assert code == 2
    assert output.strip() == (
        f"salesops: {company}/salesops.yaml, line 4: unknown setting 'sources.1.pth'. "
        "Did you mean 'path'?"
    )


@pytest.fixture(scope="module")
def bad_night(tmp_path_factory) -> Path:
    """The same company after a night in which half of what came was bad."""
    company = write_company(tmp_path_factory.mktemp("company"))
    sql(
        company / "crm.db",
        f"""
        insert into survey_questions values ('Q2', 'S1', 'text', null);
        insert into survey_answers values ('R1', 'Q2', '', null, 'Good lamps. Call {PLANTED[1]}, or '
        || 'write to {PLANTED[0]}');
        create table activities (
            activity_id text, type text, happened_at text, outcome text);
        insert into activities values ('A1', 'call', '2026-04-02 10:00:00', '电话{PLANTED[2]}谢谢');
        """,
    )
    (company / "inbox" / "customers.csv").write_text(
        f"customer_id,name,email,phone\nC1,Ada,{PLANTED[0]},{PLANTED[1]}\nC2,Bo,,\n"
    )
    (company / "inbox" / "returns.csv").write_text(
        "return_id,order_id,amount,returned_at,reason\n"
        f"X1,G1,1,2026-04-20,broken; refund to {PLANTED[0]}\n"
    )
    extract(company, 0)
    inbox = company / "inbox"
    (company / "crm.db").unlink()
    (inbox / "products.csv").write_text('product_id,name,unit_cost\nP1,"Lamp,4\n')
    good = [f"G{n},C1,delivered,2026-04-{n:02}" for n in range(1, 30)]
    (inbox / "orders.csv").write_text(
        ORDERS
        + "O1,C1,delivered,2026-04-05\nO2,C2,delivered,03/04/2026\nO3,C2,delivered,2026-04-07\n"
        + "\n".join(good)
        + "\n"
    )
    (inbox / "order_lines.csv").write_text(
        LINES
        + "L1,O1,P1,2,9.50\nL2,O2,P1,1,9.50\nL3,O3,P1,1e309,9.50\nL4,O1,P1,two,9.50\n"
        + "\n".join(f"H{n},G{n},P1,1,10" for n in range(1, 30))
        + "\n"
    )
    outcome = running.run_nightly(
        settings_of(company),
        as_of=None,
        is_full=False,
        now=datetime.now(UTC),
        progress=lambda text: None,
    )
    assert outcome["exit_code"] == 0, outcome["message"]
    return company


def texts_of(release: Path) -> Iterator[tuple[str, str]]:
    """Every text in every file of a release, with where it stands."""
    for file in sorted(f for f in release.rglob("*") if f.is_file()):
        name = str(file.relative_to(release))
        if file.suffix in (".html", ".json"):
            yield name, file.read_text(encoding="utf-8")
        elif file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as archive:
                for part in archive.namelist():
                    yield f"{name} {part}", archive.read(part).decode("utf-8", "replace")
        elif file.suffix in (".duckdb", ".parquet"):
            with duckdb.connect() as connection:
                tables = [f"'{file}'"]
                if file.suffix == ".duckdb":
                    connection.execute(f"attach '{file}' as release (read_only)")
                    tables = [
                        f"release.marts.{table}"
                        for (table,) in connection.execute(
                            "select table_name from duckdb_tables() where database_name = 'release'"
                        ).fetchall()
                    ]
                for table in tables:
                    for row in connection.execute(f"select * from {table}").fetchall():
                        yield f"{name} {table}", repr(row)
        else:
            raise AssertionError(f"nobody looks into {name}")


@pytest.mark.whole_run
def test_no_file_of_a_release_holds_an_email_or_phone_number_of_a_person(bad_night):
    release = current_release(settings_of(bad_night).home)
    assert release is not None
    found = [
        (place, planted)
        for place, text in texts_of(release)
        for planted in PLANTED
        if planted in text
    ]
    assert found == []
    with duckdb.connect(str(release / DATABASE), read_only=True) as connection:
        assert connection.execute(
            "select value_text from marts.fct_survey_answer where question_id = 'Q2' union all "
            "select outcome from marts.fct_activity union all select reason from marts.fct_return"
        ).fetchall() == [
            ("Good lamps. Call ***, or write to ***",),
            ("电话***谢谢",),
            ("broken; refund to ***",),
        ]


@pytest.mark.whole_run
def test_a_night_of_bad_input_publishes_what_is_good_and_says_the_rest(bad_night):
    company, inbox = bad_night, bad_night / "inbox"
    settings = settings_of(company)
    release = current_release(settings.home)
    assert release is not None
    told = reading.status_text(reading.status(settings, now=datetime.now(UTC)))
    assert f"stale      crm.surveys: the database file {company}/crm.db does not exist" in told
    assert (
        f"stale      inbox.products: {inbox}/products.csv, from line 2: a quote is opened" in told
    )
    assert read_facts(release)["is_degraded"] is True
    # Every row of the files is published or named as held back.
    with duckdb.connect(str(release / DATABASE), read_only=True) as connection:
        held = connection.execute(
            "select entity, record_id, column_name from marts.quality_issues "
            "where action = 'reject' and status = 'open' order by all"
        ).fetchall()
        [(orders, lines, net_sales)] = connection.execute(
            "select (select count(*) from marts.fct_order), "
            "(select count(*) from marts.fct_order_line), "
            "(select net_sales from marts.sales_by_period "
            "where period_type = 'all' and dimension = 'total')"
        ).fetchall()
    assert ("orders", "O2", "ordered_at") in held
    assert ("order_lines", "L3", "quantity") in held
    assert ("order_lines", "L4", "quantity") in held
    # An order waits with its lines: 32 orders and 33 lines came, each is published or held.
    assert (orders, lines) == (29, 29)
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        waiting = connection.execute("select distinct record_id from gate.rejected").fetchall()
    assert sorted(waiting) == [("L1",), ("L2",), ("L3",), ("L4",), ("O1",), ("O2",), ("O3",)]
    assert net_sales == Decimal("289.0000")
    issues = reading.quality_text(reading.quality(settings))
    assert "reject  order_lines L4 (inbox)" in issues
    assert "reject  orders O2 (inbox)" in issues
