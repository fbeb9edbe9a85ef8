"""Say what a run of the gate found and decided, as plain records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CheckResult:
    """What one check found in the rows of one source. A check that did not run has not passed."""

    check_id: str
    rule: str
    entity: str
    source_system: str
    dimension: str
    action: str
    rows_checked: int
    rows_failed: int
    is_passed: bool
    did_run: bool
    observed: str | None
    threshold: str | None
    error: str | None


@dataclass(frozen=True)
class Block:
    """Why nothing may be published: an entity of a source, and the reason in plain words."""

    entity: str
    source_system: str
    rows_failed: int
    rows_checked: int
    reason: str


@dataclass(frozen=True)
class GateSummary:
    """What a run of the gate decided. `rejected` counts staged rows that wait, by entity."""

    checks: tuple[CheckResult, ...]
    blocked: tuple[Block, ...]
    rejected: dict[str, int]
    accepted: dict[str, int]
    waiting_families: int
    open_issues: int
    extracted_through: datetime | None

    @property
    def is_blocked(self) -> bool:
        return bool(self.blocked)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that found something, or could not run."""
        return tuple(check for check in self.checks if not check.is_passed)
