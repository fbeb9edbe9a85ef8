"""Each planted fault is held with exactly its rule's name, and its record goes on when it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.extract import contract
from pipelines.gate import families
from pipelines.settings import Settings, load_settings
from tests.faults.defects import Fault
from tests.faults.judged import Failure, Judged, judged
from tests.faults.planter import mend_faults, write_faulty_demo

FIRST = datetime(2026, 7, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Story:
    """A demo with faults, judged; judged again as it is; and judged once more when mended."""

    faults: tuple[Fault, ...]
    faulty: Judged
    again: Judged
    mended: Judged
    families: dict[tuple[str, str], str]

    def failures(self, fault: Fault) -> set[Failure]:
        """What the fault must be found as: its own failure, and those it cannot but bring."""
        return {self.failure(fault)} | {(r.split(".")[0], record, r) for r, record in fault.also}

    def failure(self, fault: Fault) -> Failure:
        if fault.record_id is not None:
            return fault.entity, fault.record_id, fault.rule
        # Without its key a record is named by a hash; the rule has one such record.
        (found,) = [
            failure
            for failure in self.faulty.issues
            if failure[::2] == (fault.entity, fault.rule) and len(failure[1]) == 32
        ]
        return found


def families_of(settings: Settings) -> dict[tuple[str, str], str]:
    """The family of each staged record that belongs to one."""
    with duckdb.connect(str(settings.warehouse)) as connection:
        return {
            (e.name, record): family
            for e in contract.entities().values()
            if len(families.members(families.root(e.name))) > 1
            for record, family in connection.execute(
                f"select _record_id, {families.family_sql(e.name, 'this')}"
                f" from staging.stg_{e.domain}__{e.name} as this"
            ).fetchall()
        }


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    from pipelines.transform import models

    folder: Path = tmp_path_factory.mktemp("faults")
    demo = write_faulty_demo(folder / "demo", scale=0.25)
    settings = load_settings(
        demo.folder / "salesops.yaml", environment={"SALESOPS_HOME": str(folder / "home")}
    )
    manifest = models.parse_project(settings)
    faulty = judged(settings, manifest, FIRST)
    found = families_of(settings)
    again = judged(settings, manifest, FIRST + timedelta(days=1))
    mend_faults(demo.folder, demo.faults, at=FIRST + timedelta(days=1, hours=5))
    mended = judged(settings, manifest, FIRST + timedelta(days=2))
    return Story(demo.faults, faulty, again, mended, found)


def test_every_check_runs(story: Story) -> None:
    assert story.faulty.not_run + story.again.not_run + story.mended.not_run == []


def test_each_fault_opens_an_issue_with_exactly_its_rule(story: Story) -> None:
    failures = {failure for fault in story.faults for failure in story.failures(fault)}
    assert failures - story.faulty.having("open") == set()
    for fault in story.faults:
        issue = story.faulty.issues[story.failure(fault)]
        assert (issue["source_system"], issue["action"], issue["dimension"]) == (
            fault.source,
            fault.action,
            fault.dimension,
        )
        assert set(fault.column.split(",")) & set(issue["column_name"].split(",")), fault.rule


def test_nothing_fails_beside_the_faults_but_what_fails_when_they_are_mended(story: Story) -> None:
    failures = {failure for fault in story.faults for failure in story.failures(fault)}
    others = story.faulty.having("open") - failures
    assert others == story.mended.having("open")
    assert {rule for _, _, rule in others} <= {
        "orders.order_lines.present",
        "returns.order_line_id.or_order_or_product",
        "customers.name.near_duplicate",
    }


def test_rejected_records_wait_with_their_family_and_warned_ones_go_on(story: Story) -> None:
    for fault in story.faults:
        entity, record, rule = story.failure(fault)
        goes_on = record in story.faulty.accepted[entity]
        assert goes_on == (fault.action == "warn"), rule
        if fault.action == "reject":
            assert (entity, record) in story.faulty.waiting, rule
    held = {
        story.families[failure[:2]]
        for fault in story.faults
        if fault.action == "reject" and (failure := story.failure(fault))[:2] in story.families
    }
    relatives = {record for record, family in story.families.items() if family in held}
    assert len(relatives) > 3 * len(held)
    assert [r for r in relatives if r[1] in story.faulty.accepted[r[0]]] == []


def test_a_fault_that_nobody_mends_stays_as_it_was(story: Story) -> None:
    assert story.again.having("open") == story.faulty.having("open")
    assert {f: i["first_seen_at"] for f, i in story.again.issues.items()} == {
        f: i["first_seen_at"] for f, i in story.faulty.issues.items()
    }
    assert story.again.accepted == story.faulty.accepted


def test_a_mended_fault_is_corrected_and_its_record_goes_on(story: Story) -> None:
    failures = {failure for fault in story.faults for failure in story.failures(fault)}
    assert failures - story.mended.having("corrected") == set()
    lost = [f.rule for f in story.faults if f.mended_id not in story.mended.accepted[f.entity]]
    assert lost == []
    assert {record for record in story.mended.waiting if record[0] != "returns"} == set()


def test_no_message_holds_a_value_of_its_record(story: Story) -> None:
    for fault in story.faults:
        issue = story.faulty.issues[story.failure(fault)]
        for message in (issue["message_zh"], issue["message_en"]):
            for value in (fault.value_after, fault.record_id):
                if isinstance(value, str) and len(value) > 6:
                    assert value not in message, fault.rule
