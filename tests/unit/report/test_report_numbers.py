"""Numbers and periods are written as readers of each language expect them."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.report.numbers import Numbers

ZH, EN = Numbers("zh"), Numbers("en")


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        (4_213_500, "421万", "4.21M"),
        (42_135_000, "4,210万", "42.1M"),
        (Decimal("123456789.0000"), "1.23亿", "123M"),
        (999_600, "100万", "1M"),
        (99_996_000, "1亿", "100M"),
        (8_530, "8,530", "8.53K"),
        (12, "12", "12"),
        (0, "0", "0"),
        (-4_213_500, "−421万", "−4.21M"),
        (None, "–", "–"),
        (float("nan"), "–", "–"),
    ],
)
def test_headlines_have_three_figures_in_the_language_s_units(
    value: object, zh: str, en: str
) -> None:
    assert (ZH.short(value), EN.short(value)) == (zh, en)


def test_tables_have_full_numbers() -> None:
    assert EN.whole(Decimal("1234567.8900")) == "1,234,568"
    assert EN.whole(Decimal("-1234.5000"), 2) == "−1,234.50"


def test_rates_have_one_decimal_at_most() -> None:
    assert [EN.rate(value) for value in (0.4217, 0.5, 1.0, 1.342, None)] == [
        "42.2%",
        "50%",
        "100%",
        "134%",
        "–",
    ]
    assert ZH.points(-0.021) == "−2.1 个百分点"
    assert EN.points(0.02) == "+2.0 pp"
    assert EN.growth(0.063) == "+6.3%"


def test_periods_have_their_names() -> None:
    day = date(2026, 4, 1)
    assert [ZH.period(kind, day) for kind in ("month", "quarter", "year", "day")] == [
        "2026年4月",
        "2026年二季度",
        "2026年",
        "2026年4月1日",
    ]
    assert [EN.period(kind, day) for kind in ("month", "quarter", "year", "day")] == [
        "Apr 2026",
        "Q2 2026",
        "2026",
        "1 Apr 2026",
    ]
