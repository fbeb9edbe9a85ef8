"""Hold what the gate says of a demo with faults against the faults' ledger, kind by kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.demo.faults.planter import Fault

Issue = Mapping[str, Any]

# What the demo without faults has as well, for it is meant to.
OF_THE_DEMO = {
    "customers.name.near_duplicate": "the four customers who were entered twice",
    "orders.order_lines.present": "two orders without lines, one of the gaps that are meant",
    "returns.order_line_id.or_order_or_product": "returns that name only a customer, another such gap",
}


@dataclass(frozen=True)
class Seed:
    """One demo with faults: its ledger, its issues, and the issues of the same demo without faults."""

    seed: int
    faults: tuple[Fault, ...]
    issues: tuple[Issue, ...]
    clean: tuple[Issue, ...]


@dataclass(frozen=True)
class Held:
    """A seed's faults with the issues that found them, the faults that nothing found with what stands
    against their records, and the issues that no fault explains."""

    seed: int
    found: tuple[tuple[Fault, tuple[Issue, ...]], ...]
    missed: tuple[tuple[Fault, tuple[Issue, ...]], ...]
    beside: tuple[Issue, ...]


@dataclass
class Score:
    """What became of the faults of a kind over all seeds."""

    kind: str
    dimension: str
    planted: Counter[int] = field(default_factory=Counter)
    found: Counter[int] = field(default_factory=Counter)
    false: Counter[int] = field(default_factory=Counter)

    @property
    def recall(self) -> float:
        """Of the faults planted, the share that was found."""
        return self.found.total() / self.planted.total()

    @property
    def precision(self) -> float | None:
        """Of what the kind's rules told, the share that was a fault; None where they told nothing."""
        told = self.found.total() + self.false.total()
        return self.found.total() / told if told else None

    @property
    def worst(self) -> int | None:
        """The seed with the most faults missed, or else the most false alarms; None where every seed
        is right."""
        wrong = {s: (self.planted[s] - self.found[s], self.false[s]) for s in self.planted}
        seed = max(wrong, key=lambda s: wrong[s])
        return seed if wrong[seed] > (0, 0) else None


def held(seed: Seed) -> Held:
    """A fault is found by an issue of its record, with its dimension and one of its columns."""
    by_record: dict[tuple[str, str], list[Issue]] = defaultdict(list)
    for issue in seed.issues:
        by_record[issue["entity"], issue["record_id"]].append(issue)
    found, missed = [], []
    unnamed = _unnamed(seed.issues)
    for fault in seed.faults:
        issues = by_record[fault.entity, fault.record_id] if fault.record_id else unnamed
        right = [i for i in issues if i["entity"] == fault.entity and _names(i, fault)]
        if not fault.record_id:
            # Without its key a record is named by a hash: any one will do, each for one fault.
            right = right[:1]
            unnamed = [issue for issue in unnamed if issue not in right]
            issues = right
        (found if right else missed).append((fault, tuple(right or issues)))
    known = {
        (i["entity"], i["record_id"], i["rule"]) for i in seed.clean if i["rule"] in OF_THE_DEMO
    }
    excused = {(f.entity, f.record_id) for f in seed.faults}
    excused |= {
        (entity, record)
        for f in seed.faults
        for entity, _, record in (r.partition(":") for r in f.related)
    }
    beside = [
        issue
        for issue in seed.issues
        if (issue["entity"], issue["record_id"]) not in excused
        and (issue["entity"], issue["record_id"], issue["rule"]) not in known
        and not _is_hash(issue["record_id"])
    ]
    return Held(seed.seed, tuple(found), tuple(missed), tuple(beside))


def scores(held_seeds: Iterable[Held]) -> tuple[list[Score], Counter[str]]:
    """The score of each kind, and the issues beside by the rules that found no fault of any kind."""
    held_seeds = list(held_seeds)
    by_kind: dict[str, Score] = {}
    finds: dict[str, Counter[str]] = defaultdict(Counter)
    for one in held_seeds:
        for fault, _ in (*one.found, *one.missed):
            score = by_kind.setdefault(fault.kind, Score(fault.kind, fault.dimension))
            score.planted[one.seed] += 1
        for fault, issues in one.found:
            by_kind[fault.kind].found[one.seed] += 1
            finds_of = {issue["rule"] for issue in issues}
            for rule in finds_of:
                finds[rule][fault.kind] += 1
    unclaimed: Counter[str] = Counter()
    for one in held_seeds:
        for issue in one.beside:
            if issue["rule"] in finds:
                kind = finds[issue["rule"]].most_common(1)[0][0]
                by_kind[kind].false[one.seed] += 1
            else:
                unclaimed[issue["rule"]] += 1
    return list(by_kind.values()), unclaimed


def _names(issue: Issue, fault: Fault) -> bool:
    columns = set(fault.column.split(",")) & set((issue["column_name"] or "").split(","))
    return bool(columns) and issue["dimension"] == fault.dimension


def _is_hash(record: str) -> bool:
    return len(record) == 32 and set(record) <= set("0123456789abcdef")


def _unnamed(issues: Iterable[Issue]) -> list[Issue]:
    return [issue for issue in issues if _is_hash(issue["record_id"])]
