"""Write down what the bench measured: docs/quality-bench.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tests.quality_bench.measure import OF_THE_DEMO, Issue, Score, Seed

# Oddities of the open data that are there: what the gate says of them is true.
EXPLAINED: dict[tuple[str, str], str] = {}
_HEAD = """\
# What the gate finds

`make quality-bench` writes the demo company ten times with faults and ten times without, puts each before
the gate, and holds what the gate says against the ledger of the faults, which were planted by what they
mean ({planter}). A fault counts as found only under its own
record, one of its columns, and its quality dimension; one that was corrected by itself counts when its
issue says so. A false alarm is an issue of a record that has no fault and stands in no fault's shadow (an
order whose line is wrong), but for the gaps that the demo is meant to have; it counts against the kind that
its rule finds otherwise. The rules were tuned on the seeds 1 to 10;
these figures are of the seeds {seeds}.
"""
_NOT_PLANTED = (
    "A time in a daylight-saving gap is not planted: the zone of the demo, Asia/Shanghai, has none."
)
_NUMBERS = ("planted", "found", "recall", "false alarms", "precision", "worst seed", "issues")
_PLANTER = "[pipelines/demo/faults](../pipelines/demo/faults)"


def bench_page(
    seeds: Sequence[Seed],
    scores: Iterable[Score],
    unclaimed: Mapping[str, int],
    companies: Mapping[str, Sequence[Issue]] | None,
) -> str:
    """The page, as Markdown. `companies` are the open data's issues, None where it was missing."""
    told = ", ".join(str(seed.seed) for seed in seeds)
    lines = [_HEAD.format(planter=_PLANTER, seeds=told)]
    lines += _kinds(scores)
    lines += ["", _NOT_PLANTED]
    if unclaimed:
        lines += ["", "Rules that found no fault and told of records without one:", ""]
        lines += _table(("rule", "issues"), unclaimed.items())
    lines += ["", "## The demo without faults", ""]
    lines += [f"What {len(seeds)} demos that nobody spoiled bring:", ""]
    told = Counter((i["action"], i["rule"]) for seed in seeds for i in seed.clean)
    lines += _table(
        ("action", "rule", "issues", "why"),
        ((*key, n, OF_THE_DEMO.get(key[1], "")) for key, n in sorted(told.items())),
    )
    lines += ["", "## Real companies' data", ""]
    if companies is None:
        lines.append("Not measured: the open data was missing.")
    else:
        lines += [f"Northwind, Maven's CRM and the Star Wars poll: {_counted(companies)}."]
        oddities = [
            (name, action, rule, n, EXPLAINED.get((name, rule), ""))
            for name, issues in companies.items()
            for (action, rule), n in sorted(
                Counter((i["action"], i["rule"]) for i in issues).items()
            )
        ]
        if oddities:
            lines += ["", *_table(("company", "action", "rule", "issues", "why"), oddities)]
    return "\n".join(lines) + "\n"


def _kinds(scores: Iterable[Score]) -> Iterator[str]:
    yield from _table(
        (
            "kind",
            "dimension",
            "planted",
            "found",
            "recall",
            "false alarms",
            "precision",
            "worst seed",
        ),
        (
            (
                score.kind,
                score.dimension,
                score.planted.total(),
                score.found.total(),
                f"{score.recall:.1%}",
                score.false.total(),
                "" if score.precision is None else f"{score.precision:.1%}",
                score.worst or "",
            )
            for score in scores
        ),
    )


def _counted(companies: Mapping[str, Sequence[Issue]]) -> str:
    counted = Counter(issue["action"] for issues in companies.values() for issue in issues)
    return f"{counted['reject']} rows rejected, {counted['warn']} warnings"


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join('---:' if name in _NUMBERS else '---' for name in names)}|"
    for row in rows:
        yield f"| {' | '.join(str(cell) for cell in row)} |"
