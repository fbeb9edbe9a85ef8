"""Which error ends a command with which exit code: the one table of the documented codes."""

from __future__ import annotations


def exit_code_of(error: BaseException) -> int:
    """The exit code of an error that says what to do; 0 for one that nobody expected."""
    from pipelines.extract.night import SourceNeverDelivered
    from pipelines.extract.reading import SourceUnavailable
    from pipelines.nightly import GateRefused, WrongHome
    from pipelines.publish.postgres import PublishFailed
    from pipelines.publish.release import ReleaseError
    from pipelines.running import AnotherAtWork
    from pipelines.settings import SettingsError
    from pipelines.transform.models import TransformFailed

    table: tuple[tuple[type[BaseException], int], ...] = (
        (SettingsError, 2),
        (WrongHome, 2),
        (GateRefused, 3),
        (SourceNeverDelivered, 1),
        (SourceUnavailable, 1),
        (ReleaseError, 1),
        (PublishFailed, 1),
        (AnotherAtWork, 1),
        (TransformFailed, 1),
    )
    return next((code for kind, code in table if isinstance(error, kind)), 0)
