"""Time and chance in the demo company: working days, seasons, instants as text, random streams."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

DAY = 86_400
HOUR = 3_600
# China keeps UTC+8 all year. Instants are local seconds since 1970 inside the demo, days likewise.
_UTC_OFFSET = 8 * HOUR
_EPOCH = date(1970, 1, 1)
_DAYS_BEFORE = 900
_DAYS_AFTER = 800

# First day of the Chinese year. A table, so that no library's next version moves the demo.
_LUNAR_NEW_YEAR = {
    2018: (2, 16), 2019: (2, 5), 2020: (1, 25), 2021: (2, 12), 2022: (2, 1), 2023: (1, 22),
    2024: (2, 10), 2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13),
    2030: (2, 3), 2031: (1, 23), 2032: (2, 11), 2033: (1, 31), 2034: (2, 19), 2035: (2, 8),
}  # fmt: skip
_MONTH_WEIGHT = (0.95, 0.80, 1.02, 0.98, 0.96, 1.02, 0.9, 0.9, 1.05, 1.2, 1.32, 1.6)
_WEEKDAY_WEIGHT = (1.0, 1.05, 1.05, 1.0, 0.95, 0.15, 0.08)
_GROWTH_PER_YEAR = 1.11


@dataclass(frozen=True, eq=False)
class Clock:
    """The demo's days. `start` and `end` (the as-of day) are days since 1970-01-01; the arrays
    begin at `first` and reach past `end`. `cumulative[d]` is the demand of all days before d."""

    start: int
    end: int
    first: int
    next_work: np.ndarray
    last_work: np.ndarray
    cumulative: np.ndarray

    @property
    def last_second(self) -> int:
        """The last local second of the as-of day."""
        return (self.end + 1) * DAY - 1

    def workday(self, days: np.ndarray) -> np.ndarray:
        """The first working day on or after each day."""
        return self.next_work[days - self.first]

    def workday_by_end(self, days: np.ndarray) -> np.ndarray:
        """The first working day on or after each day, or the last one where that is after as-of."""
        found = self.workday(days)
        return np.where(found > self.end, self.last_work[self.end - self.first], found)

    def demand_days(
        self, rng: np.random.Generator, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """One day of each range low..high (both in), drawn by the demand of its days."""
        begin = self.cumulative[low - self.first]
        finish = self.cumulative[high - self.first + 1]
        drawn = begin + rng.random(len(begin)) * (finish - begin)
        found = np.searchsorted(self.cumulative, drawn, side="right") - 1 + self.first
        return np.clip(found, low, high)

    def demand(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The demand of the days low..high (both in); an average day at the start counts 1."""
        return self.cumulative[high - self.first + 1] - self.cumulative[low - self.first]


def build_clock(as_of: date) -> Clock:
    """Three years that end with the as-of day."""
    end = day_number(as_of)
    after = as_of + timedelta(days=1)
    leap = after.month == 2 and after.day == 29
    start = day_number(after.replace(year=after.year - 3, day=28 if leap else after.day))
    first = start - _DAYS_BEFORE
    days = np.arange(first, end + _DAYS_AFTER)
    dates = days.astype("datetime64[D]")
    weekday = (days + 3) % 7
    months = dates.astype("datetime64[M]")
    month = months.astype(int) % 12 + 1
    year = dates.astype("datetime64[Y]").astype(int) + 1970
    month_day = (dates - months).astype(int) + 1
    new_year = _days_from_new_year(days, year)
    holiday = (
        ((new_year >= -1) & (new_year <= 6))
        | ((month == 1) & (month_day == 1))
        | ((month == 4) & (month_day == 5))
        | ((month == 5) & (month_day <= 5))
        | ((month == 10) & (month_day <= 7))
    )
    is_work = (weekday < 5) & ~holiday
    days_left = ((months + 1).astype("datetime64[D]") - dates).astype(int)
    rush = np.where(days_left <= 4, np.where(month % 3 == 0, 1.9, 1.6), 1.0)
    weight = (
        np.array(_MONTH_WEIGHT)[month - 1]
        * np.array(_WEEKDAY_WEIGHT)[weekday]
        * np.where(holiday, 0.06, 1.0)
        # Factories close a week before the holiday and come back slowly after it.
        * np.where((new_year >= -9) & (new_year <= 14), 0.45, 1.0)
        * rush
        * _GROWTH_PER_YEAR ** ((days - start) / 365.25)
    )
    weight = weight / weight[(days >= start) & (days < start + 365)].mean()
    return Clock(
        start=start,
        end=end,
        first=first,
        next_work=_nearest(days, is_work, forward=True),
        last_work=_nearest(days, is_work, forward=False),
        cumulative=np.concatenate([[0.0], np.cumsum(weight)]),
    )


def _days_from_new_year(days: np.ndarray, year: np.ndarray) -> np.ndarray:
    feasts = np.array(
        [
            day_number(date(y, *_LUNAR_NEW_YEAR.get(y, (2, 5))))
            for y in range(int(year[0]), int(year[-1]) + 1)
        ]
    )
    return days - feasts[year - year[0]]


def _nearest(days: np.ndarray, is_work: np.ndarray, *, forward: bool) -> np.ndarray:
    if forward:
        marked = np.where(is_work, days, days[-1])
        return np.minimum.accumulate(marked[::-1])[::-1]
    return np.maximum.accumulate(np.where(is_work, days, days[0]))


def stream(seed: int, name: str) -> np.random.Generator:
    """The random numbers of one subject: a change in one leaves the others as they were."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def loop_stream(seed: int, name: str) -> random.Random:
    """Like `stream`, for row by row work, where it is the quicker of the two."""
    return random.Random(f"{seed}:{name}")


def work_seconds(rng: np.random.Generator, count: int) -> np.ndarray:
    """Seconds of the day at which people at work do things: mornings, afternoons, few evenings."""
    part, place = rng.random(count), rng.random(count)
    morning, afternoon = 9 * HOUR + place * 3 * HOUR, 13.5 * HOUR + place * 4.5 * HOUR
    evening = 18 * HOUR + place * 3 * HOUR
    seconds = np.where(part < 0.45, morning, np.where(part < 0.96, afternoon, evening))
    return seconds.astype(np.int64)


def work_second(chance: random.Random) -> int:
    """One second of the day, like `work_seconds`."""
    part, place = chance.random(), chance.random()
    if part < 0.45:
        return int(9 * HOUR + place * 3 * HOUR)
    if part < 0.96:
        return int(13.5 * HOUR + place * 4.5 * HOUR)
    return int(18 * HOUR + place * 3 * HOUR)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=int(number))


def months_of(days: np.ndarray | int) -> np.ndarray:
    """Months since January 1970 of day numbers."""
    return np.asarray(days).astype("datetime64[D]").astype("datetime64[M]").astype(int)


def months_before(end: int, months: int) -> int:
    """The day number of the first day of the month so many months before that of a day."""
    return day_number(month_start(int(months_of(end)) - months))


def month_start(month: int) -> date:
    """The first day of a month counted from January 1970."""
    return date(1970 + month // 12, month % 12 + 1, 1)


def _instant_texts(seconds: np.ndarray, separator: str, suffix: str) -> list[str | None]:
    texts = np.datetime_as_string(seconds.astype("datetime64[s]")).tolist()
    return [text.replace("T", separator) + suffix for text in texts]


def _with_gaps(numbers: Sequence[int] | np.ndarray) -> tuple[np.ndarray, list[bool]]:
    values = np.asarray(numbers, dtype=np.int64)
    return values, (values == 0).tolist()


def utc_texts(seconds: Sequence[int] | np.ndarray) -> list[str | None]:
    """Instants as the CRM stores them, in UTC with an offset; 0 gives None."""
    values, gaps = _with_gaps(seconds)
    texts = _instant_texts(values - _UTC_OFFSET, " ", "+00:00")
    return [None if gap else text for text, gap in zip(texts, gaps, strict=True)]


def local_texts(seconds: Sequence[int] | np.ndarray) -> list[str | None]:
    """Instants as the shop stores them, in local time without an offset; 0 gives None."""
    values, gaps = _with_gaps(seconds)
    texts = _instant_texts(values, " ", "")
    return [None if gap else text for text, gap in zip(texts, gaps, strict=True)]


def offset_texts(seconds: Sequence[int] | np.ndarray) -> list[str | None]:
    """Instants as the survey tool exports them, ISO 8601 with the local offset; 0 gives None."""
    values, gaps = _with_gaps(seconds)
    texts = _instant_texts(values, "T", "+08:00")
    return [None if gap else text for text, gap in zip(texts, gaps, strict=True)]


def date_texts(days: Sequence[int] | np.ndarray) -> list[str | None]:
    """Days as YYYY-MM-DD; 0 gives None."""
    values, gaps = _with_gaps(days)
    texts = np.datetime_as_string(values.astype("datetime64[D]")).tolist()
    return [None if gap else text for text, gap in zip(texts, gaps, strict=True)]
