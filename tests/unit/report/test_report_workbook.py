"""The workbook holds every table, text stays text, and charts are the sheet's own."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipelines.report.facts import CompanyFacts
from pipelines.report.workbook import write_workbook
from tests.unit.report.small_release import table_of

Changed = Callable[..., Path]


@pytest.fixture(scope="module")
def file(release_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    company = CompanyFacts("极光仪器", "CNY", "Asia/Shanghai", "zh")
    return write_workbook(
        release_file, tmp_path_factory.mktemp("book") / "report.xlsx", company=company
    )


@pytest.fixture(scope="module")
def book(file: Path) -> Any:
    return openpyxl.load_workbook(file)


def cells(sheet: Any) -> list[Any]:
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_there_is_a_sheet_for_the_cover_each_section_dictionary_and_fix_list(book: Any) -> None:
    assert book.sheetnames == [
        "封面 Cover", "销售 Sales", "商机 Pipeline", "人员 People", "客户 Customers",
        "市场 Market", "履约 Service", "数据质量 Quality", "数据来源 Sources",
        "数据字典 Dictionary", "待修正 Fix list",
    ]  # fmt: skip


def test_text_that_begins_with_an_equals_sign_stays_text(book: Any) -> None:
    names = [cell for cell in cells(book["客户 Customers"]) if cell.value == "=1+1"]
    assert [(cell.data_type, cell.value) for cell in names] == [("s", "=1+1")]
    assert not [cell for sheet in book for cell in cells(sheet) if cell.data_type == "f"]


def test_the_workbook_holds_all_rows_not_ten(book: Any) -> None:
    found = {cell.value for cell in cells(book["客户 Customers"])}
    assert {f"客户 {number:02d}" for number in range(3, 31)} <= found


def test_numbers_and_dates_are_values_with_a_format(book: Any) -> None:
    sheet = book["销售 Sales"]
    assert sheet["A5"].value == "月份"
    assert (sheet["A7"].value, sheet["A7"].number_format) == (datetime(2026, 5, 1), "yyyy-mm")
    assert (sheet["C7"].value, sheet["C7"].number_format) == (5_180_000, "#,##0.00")


def test_headings_stay_in_sight_and_filter(book: Any) -> None:
    sheet = book["销售 Sales"]
    assert sheet.freeze_panes == "B6"
    assert sheet.auto_filter.ref == "A5:J29"
    assert sheet.column_dimensions["C"].width >= 12


def test_the_cover_links_to_every_sheet(book: Any) -> None:
    targets = {
        cell.hyperlink.location.split("!")[0].strip("'")
        for cell in cells(book["封面 Cover"])
        if cell.hyperlink
    }
    assert targets == set(book.sheetnames[1:])


def test_charts_are_native(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        pictures = [name for name in archive.namelist() if "media" in name]
    assert len(charts) >= 7
    assert pictures == []


def test_the_dictionary_defines_each_metric_in_both_languages(book: Any) -> None:
    found = {cell.value for cell in cells(book["数据字典 Dictionary"])}
    assert {"net_sales", "净销售额", "Net sales", "formula of nps"} <= found


def test_the_fix_list_has_every_open_issue_dearest_first(book: Any) -> None:
    sheet = book["待修正 Fix list"]
    amounts = [sheet.cell(row, 2).value for row in range(6, 26)]
    assert amounts == sorted(amounts, reverse=True)
    assert (amounts[0], sheet.cell(26, 2).value) == (10_019, None)


def test_an_empty_release_still_makes_a_workbook(
    empty_release: Path, company: CompanyFacts, tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(
        write_workbook(empty_release, tmp_path / "r.xlsx", company=company)
    )
    assert book.sheetnames == ["封面 Cover", "数据字典 Dictionary", "待修正 Fix list"]
    assert book["待修正 Fix list"]["A2"].value == "没有待修正的记录。"


def test_figures_of_several_kinds_in_a_column_are_text_and_hundredths_keep_their_decimals(
    changed: Changed, company: CompanyFacts, tmp_path: Path
) -> None:
    action = table_of(
        "action_id, metric, dimension, member, finding, owner_id, started_on, closed_on,"
        " value_before, value_after, change, change_low, change_high, expected_change, verdict,"
        " reason",
        "'a', 'win_rate', 'total', 'all', '=1+1', 'u1', date '2025-01-01', date '2025-06-01', 0.4,"
        " 0.5, 0.1, 0.05, 0.15, 0.04, 'better', null",
    )
    load = table_of(
        "user_id, accounts, open_deals, open_pipeline, deals_per_business_day, team_median, load",
        "'u1', 9, 5, 100, 1.237, 0.8, 'over'", "'u2', 9, 5, 100, 0.8, 0.8, 'normal'",
    )  # fmt: skip
    path = changed(
        f"create table improvement_actions as {action}", f"create table capacity as {load}"
    )
    book = openpyxl.load_workbook(
        write_workbook(path, tmp_path / "r.xlsx", company=company), data_only=True
    )
    told = {cell.value: cell for cell in cells(book["改进 Actions"])}
    assert (told["=1+1"].data_type, told["50%"].data_type) == ("s", "s")
    assert told["50%"].alignment.horizontal == "right"
    assert "+5.0 个百分点至+15.0 个百分点" in told
    people = {cell.value: cell for cell in cells(book["人员 People"])}
    assert people[1.237].number_format == "#,##0.00"
    # What is told under the chart of the page stands under the table here.
    assert "每个工作日跟进的商机远多于本团队：陈晓明。" in people
