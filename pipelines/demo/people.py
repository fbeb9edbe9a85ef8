"""The sales organisation: teams, managers, sellers who leave, join and change teams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.demo import company
from pipelines.demo.clock import DAY, Clock, date_texts, loop_stream, months_before, utc_texts
from pipelines.demo.tables import Chunks, rows_of

_LEAVES, _JOINS, _MOVES = 2, 5, 7
_LEAVE_DAY, _JOIN_DAY, _MOVE_DAY = 700, 430, 560
_NEVER = 10**6
_MORNING = 9 * 3_600


@dataclass(frozen=True, eq=False)
class People:
    """The sellers as arrays by index. `heir` takes over from who leaves, `before` sold until a
    late one was hired; `taught` is the day of the course that works; days are day numbers. The last
    one is new: no account is theirs."""

    reps: tuple[company.Rep, ...]
    rep_ids: tuple[str, ...]
    team: np.ndarray
    hired: np.ndarray
    left: np.ndarray
    heir: np.ndarray
    before: np.ndarray
    taught: np.ndarray
    team_ids: tuple[str, ...]
    team_kind: np.ndarray
    service_ids: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many sellers there are or were."""
        return len(self.reps)

    @property
    def settled(self) -> int:
        """How many of them were given accounts: all but the newcomer."""
        return self.count - 1

    @property
    def newcomer(self) -> int:
        """The index of the seller who has just been hired."""
        return self.count - 1

    def owners(self, reps: np.ndarray, days: np.ndarray) -> np.ndarray:
        """Who answers on these days for what belongs to these sellers."""
        now = np.where(days >= self.left[reps], self.heir[reps], reps)
        return np.where(days < self.hired[now], self.before[now], now)

    def owner(self, rep: int, day: int) -> int:
        """`owners` for one seller and day."""
        if day >= self.left[rep]:
            rep = int(self.heir[rep])
        return int(self.before[rep]) if day < self.hired[rep] else rep

    def is_at_work(self, rep: int, day: int) -> bool:
        """Whether the seller is with the company on that day."""
        return bool(self.hired[rep] <= day < self.left[rep])

    def is_taught(self, rep: int, day: int) -> bool:
        """Whether the seller still knows what the course that works has taught."""
        return bool(0 < day - self.taught[rep] <= company.TAUGHT_DAYS)


def build_people(clock: Clock, seed: int, scale: float) -> People:
    """Eight sellers in three teams at scale 1, that many again as the root of the scale, and one who
    has just been hired."""
    groups = max(1, round(scale**0.5))
    size = len(company.REPS)
    chance = loop_stream(seed, "people")
    names = _names(chance.sample(range(600), 600))
    reps: list[company.Rep] = list(company.REPS)
    for number in range(size, groups * size):
        like = company.REPS[number % size]
        reps.append(
            company.Rep(
                next(names), like.team, like.win + chance.gauss(0, 0.12),
                like.size * (0.9 + 0.2 * chance.random()), like.pace, like.effort,
                like.delay_hours, like.discount,
            )
        )  # fmt: skip
    reps.append(company.NEWCOMER)
    index = np.arange(len(reps))
    newcomer = len(reps) - 1
    place = np.where(index == newcomer, -1, index % size)
    group = np.where(index == newcomer, 0, index // size)
    kinds = len(company.TEAM_NAMES)
    hired = np.where(place == _JOINS, clock.start + _JOIN_DAY, clock.start - 200 - 90 * place)
    hired[newcomer] = months_before(clock.end, company.NEWCOMER_MONTHS) + 14
    taught = np.full(len(reps), _NEVER)
    for course, _, months, places in company.TRAINING:
        if course == company.COURSE_THAT_WORKS:
            taught[np.isin(place, places)] = training_day(clock, months)
    return People(
        reps=tuple(reps),
        rep_ids=tuple(f"U{101 + i}" for i in index.tolist()),
        team=group * kinds + np.array([rep.team for rep in reps]),
        hired=hired,
        left=np.where(place == _LEAVES, clock.start + _LEAVE_DAY, _NEVER),
        heir=np.where(place == _LEAVES, index - 2, index),
        before=np.where(place == _JOINS, index - 2, index),
        taught=taught,
        team_ids=tuple(f"T-{n + 1:02d}" for n in range(groups * kinds)),
        team_kind=np.arange(groups * kinds) % kinds,
        service_ids=tuple(f"U{901 + i}" for i in range(len(company.SERVICE_STAFF))),
    )


def training_day(clock: Clock, months: int) -> int:
    """The day of a training so many months before the as-of month."""
    return int(clock.workday(np.array([months_before(clock.end, months) + 6]))[0])


def _names(order: list[int]) -> Iterator[str]:
    for number in order:
        yield company.SURNAMES[number % 30] + company.GIVEN[number // 30 % len(company.GIVEN)]


def organisation(clock: Clock, people: People) -> Chunks:
    """Rows of teams and users as they stand on the as-of day."""
    kinds = len(company.TEAM_NAMES)
    top = [
        ("T-SALES", "销售中心", None, None),
        ("T-SOUTH", "南方大区", "T-SALES", None),
        ("T-NORTH", "北方大区", "T-SALES", None),
        ("T-SERVICE", "客户服务部", None, None),
    ]
    numbered = len(people.team_ids) > kinds
    teams = top + [
        (
            team_id,
            company.TEAM_NAMES[kind] + (f"{n // kinds + 1}" if numbered else ""),
            "T-NORTH" if kind == kinds - 1 else "T-SOUTH",
            company.TEAM_REGIONS[kind],
        )
        for n, (team_id, kind) in enumerate(
            zip(people.team_ids, people.team_kind.tolist(), strict=True)
        )
    ]
    ids, names, parents, regions = zip(*teams, strict=True)
    founded = (clock.start - 700) * DAY + _MORNING
    yield "teams", rows_of(
        "teams", team_id=ids, name=names, parent_team_id=parents, region=regions,
        updated_at=utc_texts([founded] * len(teams)),
    )  # fmt: skip
    yield "users", _users(clock, people)


def _users(clock: Clock, people: People) -> list[tuple]:
    early = clock.start - 600
    rows: list[tuple] = [("U001", company.DIRECTOR, None, "T-SALES", "director", None, early, 0)]
    for n, team_id in enumerate(people.team_ids):
        kind = int(people.team_kind[n])
        name = company.MANAGERS[kind] if n < 3 else f"{company.SURNAMES[n % 30]}经理{n + 1}"
        region = company.TEAM_REGIONS[kind]
        rows.append((f"U{11 + n:03d}", name, "U001", team_id, "manager", region, early, 0))
    for n, rep in enumerate(people.reps):
        team = int(people.team[n])
        region = company.TEAM_REGIONS[int(people.team_kind[team])]
        left = int(people.left[n]) if people.left[n] <= clock.end else 0
        manager = f"U{11 + team:03d}"
        row = (people.rep_ids[n], rep.name, manager, people.team_ids[team], "rep", region)
        rows.append((*row, int(people.hired[n]), left))
    for user_id, name in zip(people.service_ids, company.SERVICE_STAFF, strict=True):
        rows.append((user_id, name, "U001", "T-SERVICE", "service", None, early, 0))
    ids, names, managers, team_ids, roles, regions, hired, leaving = zip(*rows, strict=True)
    moved = [
        clock.start + _MOVE_DAY if role == "rep" and (int(i[1:]) - 101) % 8 == _MOVES else 0
        for i, role in zip(ids, roles, strict=True)
    ]
    changed = [max(days) * DAY + _MORNING for days in zip(hired, leaving, moved, strict=True)]
    return rows_of(
        "users", user_id=ids, name=names, email=[f"{i.lower()}@aurora.example" for i in ids],
        manager_id=managers, team_id=team_ids, role=roles, region=regions,
        hire_date=date_texts(hired), leave_date=date_texts(leaving),
        is_active=[0 if day else 1 for day in leaving], updated_at=utc_texts(changed),
    )  # fmt: skip
