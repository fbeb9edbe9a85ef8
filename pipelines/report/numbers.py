"""Write numbers, periods and changes the way readers of a language expect them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Language = Literal["zh", "en"]

NOTHING = "–"
MINUS = "−"

_UNITS = {
    "zh": ((10**8, "亿"), (10**4, "万")),
    "en": ((10**9, "B"), (10**6, "M"), (10**3, "K")),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUARTERS = ("一", "二", "三", "四")


def is_number(value: Any) -> bool:
    """Whether the value is a finite number: NULL and NaN are not."""
    if value is None or isinstance(value, bool | str | date):
        return False
    return math.isfinite(float(value))


def three_figures(value: float) -> float:
    """The value rounded to three significant figures."""
    if value == 0:
        return 0.0
    return round(value, 2 - math.floor(math.log10(abs(value))))


def wilson(hits: float, n: float) -> tuple[float, float]:
    """The 95 % Wilson score interval of hits in n > 0 (Wilson 1927), z = 1.959964."""
    z = 1.959964
    middle = (hits + z * z / 2) / (n + z * z)
    half = z / (n + z * z) * math.sqrt(hits * (n - hits) / n + z * z / 4)
    return middle - half, middle + half


def _plain(value: float) -> str:
    """A number of at most three significant figures without needless zeros."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


@dataclass(frozen=True)
class Numbers:
    """The number formats of one language."""

    language: Language

    def short(self, value: Any) -> str:
        """Three significant figures in 万/亿 or K/M/B: 4213500 is 421万 or 4.21M."""
        if not is_number(value):
            return NOTHING
        rounded = three_figures(float(value))
        for size, unit in _UNITS[self.language]:
            if abs(rounded) >= size:
                return _signed(_plain(three_figures(rounded / size)) + unit)
        return _signed(_plain(rounded))

    def whole(self, value: Any, digits: int = 0) -> str:
        """The full number with separators of thousands."""
        if not is_number(value):
            return NOTHING
        return _signed(f"{round(Decimal(str(value)), digits):,.{digits}f}")

    def rate(self, value: Any) -> str:
        """A rate of 0–1 as per cent, one decimal at most."""
        if not is_number(value):
            return NOTHING
        per_cent = float(value) * 100
        text = f"{per_cent:.0f}" if abs(per_cent) >= 99.95 else f"{per_cent:.1f}"
        return _signed(text.removesuffix(".0") + "%")

    def passed(self, value: Any) -> str:
        """A share that passed, rounded down to two decimals: 100% only where all of it did."""
        if not is_number(value):
            return NOTHING
        # The last bit of a sum of shares is not of the data.
        hundredths = math.floor(float(value) * 10_000 + 1e-6)
        return f"{hundredths / 100:.2f}".removesuffix(".00") + "%"

    def score(self, value: Any) -> str:
        """A score such as NPS, without decimals but for small ones."""
        if not is_number(value):
            return NOTHING
        return _signed(f"{float(value):.0f}".replace("-0", "0"))

    def decimal(self, value: Any) -> str:
        """A number with one decimal, for days and hours."""
        if not is_number(value):
            return NOTHING
        return _signed(f"{float(value):,.1f}")

    def growth(self, value: Any) -> str:
        """A signed relative change: +6.3%."""
        if not is_number(value):
            return NOTHING
        return ("+" if value > 0 else "") + self.rate(value)

    def points(self, value: Any) -> str:
        """A signed difference of rates in percentage points: +2.1 pp or +2.1 个百分点."""
        if not is_number(value):
            return NOTHING
        text = _signed(f"{float(value) * 100:+.1f}")
        return text + (" 个百分点" if self.language == "zh" else " pp")

    def interval(self, low: Any, high: Any) -> str:
        """A 95 % interval of a rate."""
        if not (is_number(low) and is_number(high)):
            return NOTHING
        return f"{self.rate(low)}–{self.rate(high)}"

    def day(self, value: date) -> str:
        """2026年6月30日, 30 Jun 2026."""
        if self.language == "zh":
            return f"{value.year}年{value.month}月{value.day}日"
        return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"

    def month(self, value: date) -> str:
        """2026年6月, Jun 2026."""
        if self.language == "zh":
            return f"{value.year}年{value.month}月"
        return f"{_MONTHS[value.month - 1]} {value.year}"

    def short_month(self, value: date) -> str:
        """A tick of a time axis: 6月 and Jun, with the year in January: 26年1月, Jan 26."""
        year = f"{value.year % 100:02d}"
        if self.language == "zh":
            return f"{year}年1月" if value.month == 1 else f"{value.month}月"
        name = _MONTHS[value.month - 1]
        return f"{name} {year}" if value.month == 1 else name

    def period(self, period_type: str, start: date) -> str:
        """The name of a period by its type and first day."""
        is_zh = self.language == "zh"
        if period_type == "day":
            return self.day(start)
        if period_type == "week":
            return f"{self.day(start)}当周" if is_zh else f"week of {self.day(start)}"
        if period_type == "month":
            return self.month(start)
        if period_type == "quarter":
            quarter = (start.month - 1) // 3
            return (
                f"{start.year}年{_QUARTERS[quarter]}季度"
                if is_zh
                else f"Q{quarter + 1} {start.year}"
            )
        if period_type == "year":
            return f"{start.year}年" if is_zh else str(start.year)
        if period_type == "all":
            return "全部时间" if is_zh else "all time"
        name = {"fiscal_quarter": "财季", "fiscal_year": "财年"} if is_zh else {
            "fiscal_quarter": "fiscal quarter from",
            "fiscal_year": "fiscal year from",
        }  # fmt: skip
        kind = name.get(period_type, period_type)
        return f"{self.month(start)}起的{kind}" if is_zh else f"{kind} {self.month(start)}"

    def instant(self, value: datetime) -> str:
        """A day and a time of day, in the zone that the value carries."""
        return f"{self.day(value.date())} {value:%H:%M}"
