"""What a report needs to know of the company beside the release's figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CompanyFacts:
    """Name, currency (ISO 4217), IANA zone and first language ("zh" or "en") of the company."""

    name: str
    currency: str
    timezone: str
    language: str
