"""Take expectations out of the suites, one at a time, and see that a test notices each.

What `make mutate` runs after the marts; `make mutate SUITES=all` runs it alone, and `SUITES=40`
takes so many of them by chance. First the list of rules (tests/unit/data_quality/rules.txt) must
tell that one is gone; then the list is left aside, and a test must miss what it finds.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data_quality import runner
from data_quality.expectations import Expectation
from data_quality.runner import Outcome
from pipelines.gate import judgement
from tests.unit.data_quality import test_peers, test_suites
from tests.unit.data_quality.plain import plain_outcomes
from tests.unit.data_quality.staged import write_staging

REPOSITORY = Path(__file__).resolve().parents[1]
PEERS = REPOSITORY / "tests" / "unit" / "data_quality" / "test_peers.py"
COUNTS = REPOSITORY / "tests" / "unit" / "gate" / "test_judgement.py"


class _Asked:
    """The rules that each test asks, and the first test that fails without `left_out`."""

    def __init__(self) -> None:
        self.by_test: dict[str, set[str]] = defaultdict(set)
        self.test, self.left_out, self.noticed_by = "", "", ""

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.test = item.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.noticed_by:
            self.noticed_by = report.nodeid.split("::")[-1]

    def outcomes(
        self, warehouse: Path, suites: Mapping[str, Sequence[Expectation]], **more: Any
    ) -> list[Outcome]:
        """What the runner finds, by plain SQL, as if the rule left out were in no suite."""
        self.by_test[self.test] |= {e.rule for asked in suites.values() for e in asked}
        left = {t: [e for e in asked if e.rule != self.left_out] for t, asked in suites.items()}
        return plain_outcomes(warehouse, left, **more)

    def run(self, *tests: str) -> str:
        """Run the tests until one fails; its name, or none."""
        self.noticed_by = ""
        options = ["-x", "-p", "no:cacheprovider", "-c", str(REPOSITORY / "pyproject.toml")]
        with contextlib.redirect_stdout(io.StringIO()), self._stands_in():
            pytest.main([*options, *tests], plugins=[self])
        return self.noticed_by

    @contextlib.contextmanager
    def _stands_in(self) -> Iterator[None]:
        suite = judgement.suite

        def without(entity: str) -> tuple[Expectation, ...]:
            return tuple(e for e in suite(entity) if e.rule != self.left_out)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(runner, "run_suites", self.outcomes)
            patch.setattr(test_peers, "run_suites", self.outcomes)
            patch.setattr(judgement, "suite", without)
            yield


def is_listed(rule: str) -> bool:
    """Whether the list of rules tells that the rule is gone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_suites, "ALL", {k: e for k, e in test_suites.ALL.items() if k != rule})
        try:
            test_suites.test_every_rule_is_listed_with_its_action_and_dimension()
        except AssertionError:
            return True
    return False


def planted_faults() -> dict[str, set[str]]:
    """The rules that each planted row breaks, by the row's name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "staged.duckdb"
        write_staging(path, test_suites.Planted().rows)
        outcomes = plain_outcomes(path, test_suites.TABLES, parameters=test_suites.ZONE)
    broken: dict[str, set[str]] = defaultdict(set)
    for outcome in outcomes:
        if outcome.failing is not None:
            for record in outcome.failing.column("_record_id").to_pylist():
                broken[record].add(outcome.expectation.rule)
    return broken


def is_missed(rule: str, found: Mapping[str, set[str]]) -> str:
    """The test of planted faults that fails without the rule; none where it passes."""
    left = {record: rules - {rule} for record, rules in found.items()}
    test = test_suites.test_each_planted_fault_breaks_its_rule_and_no_other
    try:
        test(rule.split(".")[0], left)
    except AssertionError:
        return test.__name__
    return ""


def main(chosen: Sequence[str]) -> int:
    """Take each of these rules out; prints what notices it, returns 1 where nothing does."""
    found = planted_faults()
    asked = _Asked()
    others = [rule for rule in chosen if rule not in test_suites.PLANTED]
    if others:
        failed = asked.run(str(PEERS))
        assert not failed, f"{failed} fails with all rules"
    missed = 0
    for rule in chosen:
        begun = time.monotonic()
        asked.left_out = rule
        noticed_by = is_missed(rule, found) if rule in test_suites.PLANTED else ""
        if not noticed_by and rule.endswith(".row_count"):
            noticed_by = asked.run(str(COUNTS))
        elif not noticed_by:
            tests = [test for test, rules in asked.by_test.items() if rule in rules]
            noticed_by = asked.run(*(str(REPOSITORY / test) for test in tests)) if tests else ""
        survives = not (noticed_by and is_listed(rule))
        missed += survives
        took = time.monotonic() - begun
        if survives or rule in others:
            print(f"{rule:60} {noticed_by or '** nobody **'} ({took:.0f} s)", flush=True)
    print(f"{len(chosen)} expectations taken out, {missed} not noticed")
    return 1 if missed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.mutate_suites")
    parser.add_argument("sample", type=int, nargs="?", help="so many expectations, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="those whose name ends so")
    options = parser.parse_args()
    rules = [rule for rule in test_suites.ALL if rule.endswith(options.only)]
    if options.sample is not None:
        rules = sorted(random.Random(options.seed).sample(rules, min(options.sample, len(rules))))
    raise SystemExit(main(rules))
