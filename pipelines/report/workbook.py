"""Write a report as one XLSX workbook: a cover, a sheet per section, dictionary and fix list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.report.build import build_from
from pipelines.report.content import Column, Headline, Kind, Report, Section, Table
from pipelines.report.facts import CompanyFacts
from pipelines.report.numbers import NOTHING, Language, is_number
from pipelines.report.words import Words

COVER = "封面 Cover"
# A sheet's name may hold no slash: the two names are parted by a space.
DICTIONARY = "数据字典 Dictionary"
FIX_LIST = "待修正 Fix list"
SHEETS = {
    "sales": "销售 Sales",
    "pipeline": "商机 Pipeline",
    "people": "人员 People",
    "customers": "客户 Customers",
    "market": "市场 Market",
    "service": "履约 Service",
    "actions": "改进 Actions",
    "quality": "数据质量 Quality",
    "sources": "数据来源 Sources",
}
_BLUE, _LIGHT, _ORANGE = "#0B62A8", "#9DBAD5", "#A35200"
_WIDEST = 52
_TITLE_ROWS = 4

_FORMATS: dict[Kind, str] = {
    "money": "#,##0.00",
    "count": "#,##0",
    "rate": "0.0%",
    "passed": "0.00%",
    "growth": "+0.0%;-0.0%;0.0%",
    "points": "+0.0%;-0.0%;0.0%",
    "score": "0.0",
    "days": "#,##0.0",
    "hundredths": "#,##0.00",
    "times": '0.0"×"',
    "day": "yyyy-mm-dd",
    "month": "yyyy-mm",
}


@dataclass
class _Sheet:
    """A worksheet with the widths its columns have come to need."""

    book: Any
    page: Any
    name: str
    widths: dict[int, float]

    def fit(self, column: int, text: str, most: float = _WIDEST) -> None:
        width = sum(2.1 if ord(letter) > 0x2E7F else 1.1 for letter in text) + 2
        self.widths[column] = max(self.widths.get(column, 9.0), min(width, most))

    def close(self) -> None:
        for column, width in self.widths.items():
            self.page.set_column(column, column, width)


def write_workbook(release: Path, target: Path, *, company: CompanyFacts) -> Path:
    """Write the workbook of a release's database in the company's first language.

    Texts stay texts: nothing that begins with "=" or looks like an address is more than letters.
    Raises FileNotFoundError where there is no release.
    """
    import xlsxwriter

    built = build_from(release, language_of(company), company)
    report, words = built.report, built.words
    target.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(
        str(target),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": True,
        },
    )
    book.set_properties(
        {"title": words.say("page.title", company=company.name), "company": company.name}
    )
    looks = _looks(book)
    _cover(book, looks, report, words, company)
    for section in report.sections:
        _section(book, looks, section, words)
    _dictionary(book, looks, report, words)
    _fix_list(book, looks, report, words)
    book.close()
    return target


def language_of(company: CompanyFacts) -> Language:
    """The language of the workbook: the company's first, of those that the report speaks."""
    return "zh" if company.language == "zh" else "en"


def _looks(book: Any) -> dict[str, Any]:
    """The cell formats, by name; one for each kind of value."""
    looks = {
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": _BLUE}),
        "heading": book.add_format({"bold": True, "font_size": 12}),
        "lead": book.add_format({"font_size": 11, "text_wrap": True, "valign": "top"}),
        "note": book.add_format({"font_color": "#586273", "italic": True}),
        "link": book.add_format({"font_color": _BLUE, "underline": 1}),
        "header": book.add_format(
            {
                "align": "left",
                "indent": 1,
                "bold": True,
                "bg_color": "#E6F1FA",
                "bottom": 1,
                "valign": "vcenter",
            }
        ),
        "header_right": book.add_format(
            {"bold": True, "bg_color": "#E6F1FA", "bottom": 1, "align": "right",
             "valign": "vcenter"}
        ),
        "text": book.add_format({"valign": "top", "align": "left", "indent": 1}),
        "long": book.add_format({"text_wrap": True, "valign": "top", "align": "left", "indent": 1}),
        "muted": book.add_format({"font_color": "#586273", "valign": "top"}),
        "none": book.add_format({"align": "right", "font_color": "#586273", "valign": "top"}),
        "right": book.add_format({"align": "right", "valign": "top"}),
    }  # fmt: skip
    for kind, number_format in _FORMATS.items():
        looks[kind] = book.add_format({"num_format": number_format, "valign": "top"})
    return looks


def _sheet(book: Any, name: str) -> _Sheet:
    page = book.add_worksheet(name)
    page.hide_gridlines(2)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_footer("&L&A&R&P / &N")
    return _Sheet(book, page, name, {})


def _write(
    sheet: _Sheet, looks: dict[str, Any], row: int, column: int, kind: Kind, value: Any
) -> None:
    """One value in its kind's format; a missing one is a dash."""
    page = sheet.page
    if value is None or (isinstance(value, float) and not is_number(value)):
        page.write_string(row, column, NOTHING, looks["none"])
    elif isinstance(value, date):
        page.write_datetime(row, column, value, looks[kind])
        sheet.fit(column, "2026-06-30")
    elif is_number(value) and kind in _FORMATS:
        page.write_number(row, column, float(value), looks[kind])
        sheet.fit(column, f"{float(value):,.2f}" if kind == "money" else f"{float(value):,.0f} ")
    else:
        text = str(value)
        look = {"long": "long", "figure": "right"}.get(kind, "text")
        page.write_string(row, column, text, looks[look])
        sheet.fit(column, text)


def _head(sheet: _Sheet, looks: dict[str, Any], title: str, lead: str, words: Words) -> None:
    page = sheet.page
    page.write_string(0, 0, title, looks["title"])
    page.write_string(1, 0, lead, looks["note"])
    page.write_url(2, 0, f"internal:'{COVER}'!A1", looks["link"], words.say("workbook.back"))


def _table(
    sheet: _Sheet, looks: dict[str, Any], table: Table, top: int, *, has_filter: bool
) -> int:
    """Write a table with its heading row at `top`; gives the row after it."""
    page = sheet.page
    for offset, column in enumerate(table.columns):
        is_text = column.kind in ("text", "long")
        page.write_string(top, offset, column.label, looks["header" if is_text else "header_right"])
        sheet.fit(offset, column.label + "   ", most=30)
        if column.missing:
            page.write_comment(top, offset, f"{NOTHING}: {column.missing}")
    for below, row in enumerate(table.rows, 1):
        for offset, column in enumerate(table.columns):
            _write(sheet, looks, top + below, offset, column.kind, row[column.key])
    last = top + max(1, len(table.rows))
    if has_filter:
        page.autofilter(top, 0, last, len(table.columns) - 1)
    return last + 1


def _native_chart(sheet: _Sheet, table: Table, top: int, place: tuple[int, int]) -> int:
    """Draw the table's rows beside it; gives the number of rows the chart covers."""
    native = table.native
    keys = [column.key for column in table.columns]
    if native is None or len(table.rows) < 2 or native.category not in keys:
        return 0
    series = [key for key in native.series if key in keys]
    series = [key for key in series if any(is_number(row[key]) for row in table.rows)]
    if not series:
        return 0
    # A dash is drawn as nought: a table that begins with rows not yet known is drawn below them.
    skipped = next(
        number
        for number, row in enumerate(table.rows)
        if any(is_number(row[key]) for key in series)
    )
    shown = min(len(table.rows) - skipped, native.rows)
    chart = sheet.book.add_chart({"type": native.shape})
    first, last = top + 1 + skipped, top + skipped + shown
    for key, colour in zip(series, (_BLUE, _ORANGE, _LIGHT), strict=False):
        column = keys.index(key)
        entry: dict[str, Any] = {
            "name": [sheet.name, top, column],
            "categories": [sheet.name, first, keys.index(native.category), last,
                           keys.index(native.category)],
            "values": [sheet.name, first, column, last, column],
        }  # fmt: skip
        if native.shape == "line":
            entry["line"] = {"color": colour, "width": 2}
            entry["marker"] = {"type": "circle", "size": 4, "fill": {"color": colour},
                               "border": {"color": colour}}  # fmt: skip
        else:
            entry["fill"] = {"color": colour}
            entry["gap"] = 45
        chart.add_series(entry)
    kind = next(column.kind for column in table.columns if column.key == series[0])
    number_format = {"rate": "0%", "money": "#,##0", "count": "#,##0"}.get(kind, "General")
    chart.set_title({"name": native.title, "name_font": {"size": 12}, "overlay": False})
    legend: dict[str, Any] = {"none": True} if len(series) == 1 else {"position": "bottom"}
    chart.set_legend(legend)
    values = {"num_format": number_format, "min": 0,
              "major_gridlines": {"visible": True, "line": {"color": "#E4E8EE"}}}  # fmt: skip
    if any(is_number(row[key]) and row[key] < 0 for row in table.rows[skipped : skipped + shown]
           for key in series):  # fmt: skip
        values.pop("min")
    # A date axis would sort by itself: labels are text.
    # Rows are written from the top and tables begin with the newest month: the category axis runs
    # backwards, and the value axis crosses at its other end to stay left or below.
    category = {"num_format": "yyyy-mm", "label_position": "low", "reverse": True, "text_axis": True,
                "crossing": "max"}  # fmt: skip
    is_bar = native.shape == "bar"
    chart.set_x_axis(values if is_bar else category)
    chart.set_y_axis(category if is_bar else values)
    height = max(260, 26 * shown + 90) if native.shape == "bar" else 300
    chart.set_size({"width": 620, "height": height})
    sheet.page.insert_chart(
        place[0], place[1], chart,
        {"object_position": 3, "description": native.title},
    )  # fmt: skip
    return height // 20 + 2


def _section(book: Any, looks: dict[str, Any], section: Section, words: Words) -> None:
    sheet = _sheet(book, SHEETS[section.key])
    _head(sheet, looks, section.title, section.lead, words)
    # The table that has a chart leads; then short ones, or a long one would hide the others.
    first = next((table for table in section.tables if table.native), section.tables[0])
    others = [table for table in section.tables if table is not first]
    ordered = [first, *sorted(others, key=lambda table: len(table.rows))]
    findings = {figure.key: figure.finding for figure in section.figures}
    beside = max(len(table.columns) for table in ordered) + 1
    row, chart_row = _TITLE_ROWS, _TITLE_ROWS
    for number, table in enumerate(ordered):
        if number:
            row += 1
            sheet.page.write_string(row, 0, table.title, looks["heading"])
            row += 1
            if table.native is not None and table.native.shape != "line":
                chart_row = max(chart_row, row)
        else:
            sheet.page.write_string(row - 1, 0, table.title, looks["heading"])
        after = _table(sheet, looks, table, row, has_filter=number == 0)
        chart_row += _native_chart(sheet, table, row, (chart_row, beside))
        if number == 0:
            sheet.page.freeze_panes(row + 1, 1)
        for note in (table.finding or findings.get(table.key), table.note):
            if note:
                sheet.page.write_string(after, 0, note, looks["note"])
                after += 1
        row = after + 1
    known = [metric for metric in section.metrics if words.definition(metric)]
    if known:
        row += 1
        sheet.page.write_string(row, 0, words.say("page.definitions_here"), looks["heading"])
        for metric in known:
            row += 1
            sheet.page.write_string(row, 0, words.term(metric), looks["text"])
            sheet.page.write_string(row, 1, words.definition(metric), looks["muted"])
            sheet.fit(0, words.term(metric))
    sheet.close()


def _cover(
    book: Any, looks: dict[str, Any], report: Report, words: Words, company: CompanyFacts
) -> None:
    sheet = _sheet(book, COVER)
    page = sheet.page
    page.write_string(0, 0, words.say("page.title", company=company.name), looks["title"])
    page.write_string(2, 0, report.trust.word, looks["heading"])
    page.write_string(3, 0, report.trust.sentence, looks["text"])
    row = 5
    for name, value in report.trust.facts:
        page.write_string(row, 0, name, looks["muted"])
        page.write_string(row, 1, value, looks["text"])
        row += 1
    row += 1
    page.write_string(row, 0, words.say("page.headlines"), looks["heading"])
    page.write_string(row + 1, 0, report.headline_lead, looks["note"])
    row = _headline_table(sheet, looks, report.headlines, words, row + 2) + 1
    page.write_string(row, 0, words.say("workbook.contents"), looks["heading"])
    links = [(SHEETS[section.key], section.lead) for section in report.sections]
    links += [
        (DICTIONARY, words.say("page.definitions_lead", n=len(report.dictionary))),
        (FIX_LIST, words.say("quality.fix_note")),
    ]
    for name, lead in links:
        row += 1
        page.write_url(row, 0, f"internal:'{name}'!A1", looks["link"], name)
        page.write_string(row, 1, lead, looks["muted"])
    row += 2
    page.write_string(
        row,
        0,
        words.say("page.left_out", names=words.say("word.comma").join(report.left_out))
        if report.left_out
        else words.say("page.nothing_left_out"),
        looks["note"],
    )
    sheet.fit(0, "十二个汉字左右的宽度")
    sheet.close()
    page.activate()


def _headline_table(
    sheet: _Sheet, looks: dict[str, Any], headlines: tuple[Headline, ...], words: Words, top: int
) -> int:
    signs = {"up": "▲ ", "down": "▼ ", "flat": "● ", "none": ""}
    columns: list[tuple[str, bool]] = [
        (words.say("column.metric"), False),
        (words.say("column.value"), True),
        (words.say("column.period"), False),
        (words.say("column.against_month"), True),
        (words.say("column.against_year"), True),
        (words.say("column.target"), True),
        (words.say("column.status"), False),
    ]
    for column, (label, is_right) in enumerate(columns):
        sheet.page.write_string(top, column, label, looks["header_right" if is_right else "header"])
        sheet.fit(column, label)
    for below, item in enumerate(headlines, 1):
        row = top + below
        sheet.page.write_string(row, 0, item.name, looks["text"])
        _write(sheet, looks, row, 1, item.kind, item.value)
        sheet.page.write_string(row, 2, item.period, looks["text"])
        sheet.fit(2, item.period)
        for column, comparison in zip((3, 4), item.comparisons, strict=False):
            text = signs[comparison.direction] + comparison.text
            sheet.page.write_string(row, column, text, looks["right"])
            sheet.fit(column, text)
        _write(sheet, looks, row, 5, item.kind, item.target)
        sheet.page.write_string(row, 6, item.status_word, looks["text"])
        sheet.fit(6, item.status_word)
    return top + len(headlines) + 1


def _dictionary(book: Any, looks: dict[str, Any], report: Report, words: Words) -> None:
    other = "en" if words.language == "zh" else "zh"
    here = words.language
    rows = [
        {
            **row,
            "direction": words.say("word.no" if row["direction"] == "lower" else "word.yes"),
            "is_additive": words.say("word.yes" if row["is_additive"] else "word.no"),
        }
        for row in report.dictionary
    ]
    table = Table(
        "dictionary",
        words.say("section.definitions"),
        (
            Column("metric", words.say("column.metric_key")),
            Column(f"name_{here}", words.say("column.metric")),
            Column(f"definition_{here}", words.say("column.definition"), "long"),
            Column("formula", words.say("column.formula"), "long"),
            Column("unit", words.say("column.unit")),
            Column("grain", words.say("column.grain")),
            Column("direction", words.say("column.better")),
            Column("is_additive", words.say("column.additive")),
            Column("owner", words.say("column.owner")),
            Column("marts", words.say("column.entity")),
            Column(f"name_{other}", words.say("column.name_other")),
            Column(f"definition_{other}", words.say("column.definition_other"), "long"),
        ),
        rows,
    )
    sheet = _sheet(book, DICTIONARY)
    lead = words.say("page.definitions_lead", n=len(rows))
    _head(sheet, looks, words.say("section.definitions"), lead, words)
    _table(sheet, looks, table, _TITLE_ROWS, has_filter=True)
    sheet.page.freeze_panes(_TITLE_ROWS + 1, 2)
    sheet.close()


def _fix_list(book: Any, looks: dict[str, Any], report: Report, words: Words) -> None:
    sheet = _sheet(book, FIX_LIST)
    title = words.say("quality.fix_table")
    if report.fix_list is None:
        _head(sheet, looks, title, words.say("workbook.no_fixes"), words)
    else:
        _head(sheet, looks, title, words.say("quality.fix_note"), words)
        _table(sheet, looks, report.fix_list, _TITLE_ROWS, has_filter=True)
        sheet.page.freeze_panes(_TITLE_ROWS + 1, 1)
    sheet.close()
