"""What every way in shares: the errors that a source can give."""

from __future__ import annotations


class SourceUnavailable(Exception):
    """A source, table or file cannot be read tonight. The message says what and where, and holds
    no value of a row and no secret."""


class SourceUnreadable(SourceUnavailable):
    """A file arrived that must not be read by guessing. The message names the file and the line."""
