"""Settings: every wrong one is refused with its line and the nearest right name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.checkup import commented_settings
from pipelines.settings import SettingsError, load_settings, parse_settings

GOOD = """\
company: {name: Acme, timezone: Asia/Shanghai, currency: CNY}
sources:
  - {name: crm, url: "sqlite:///crm.db"}
  - {name: nps, system: surveymonkey, path: inbox, submitted_on: 2026-05-01}
publish:
  - {kind: files, keep: 7}
  - {kind: postgres, url: "${BI_URL}", schema: marts}
"""


def parse(text: str, environment: dict[str, str] | None = None):
    return parse_settings(
        text,
        file=Path("/etc/salesops.yaml"),
        home=Path("/srv/home"),
        environment=environment or {"BI_URL": "postgresql://u:geheim@h/db"},
    )


def test_settings_are_read():
    settings = parse(GOOD)
    assert settings.company.timezone == "Asia/Shanghai"
    assert [source.name for source in settings.sources] == ["crm", "nps"]
    assert settings.sources[1].submitted_on == date(2026, 5, 1)
    assert settings.keep == 7
    assert settings.lake == Path("/srv/home/lake")
    assert settings.resolved(Path("inbox")) == Path("/etc/inbox")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("company:", "compny:", "line 1: unknown setting 'compny'. Did you mean 'company'?"),
        (
            "timezone:",
            "timzone:",
            "line 1: unknown setting 'company.timzone'. Did you mean 'timezone'?",
        ),
        (
            "path: inbox",
            "pathh: inbox",
            "line 4: unknown setting 'sources.1.pathh'. Did you mean 'path'?",
        ),
        (
            "Asia/Shanghai",
            "Asia/Shanghi",
            "line 1: company.timezone: Value error, 'Asia/Shanghi' is no time zone",
        ),
        ("currency: CNY", "currency: Yuan", "line 1: company.currency"),
        ("name: crm", "name: CRM 1", "line 3: sources.0.name"),
        ("keep: 7", "keep: 0", "line 6: publish"),
        ("name: nps", "name: crm", "two sources are named 'crm'"),
        (
            "path: inbox",
            "absent: [a]",
            "source 'nps' needs either `url` (a database) or `path` (files)",
        ),
        ("sources:", "sources: [", "line 3: this is no valid YAML"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line(before, after, told):
    with pytest.raises(SettingsError) as caught:
        parse(GOOD.replace(before, after, 1))
    assert told in str(caught.value)


def test_a_variable_that_is_not_set_is_named():
    with pytest.raises(SettingsError, match=r"\$\{BI_URL\} is not set"):
        parse(GOOD, {"OTHER": "x"})


def test_a_secret_is_never_shown():
    settings = parse(GOOD)
    assert "geheim" not in repr(settings)
    assert "geheim" not in settings.model_dump_json()
    with pytest.raises(SettingsError) as caught:
        parse(GOOD.replace("keep: 7", "keep: x"))
    assert "geheim" not in str(caught.value)


def test_without_a_file_it_is_the_demo(tmp_path):
    settings = load_settings(environment={}, cwd=tmp_path)
    assert settings.is_demo
    assert settings.home == tmp_path / "data" / "demo"
    assert [source.name for source in settings.sources] == ["crm", "shop", "survey"]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SettingsError, match=r"no\.yaml: there is no such settings file"):
        load_settings(tmp_path / "no.yaml", environment={}, cwd=tmp_path)


def test_what_init_writes_can_be_read_and_names_every_setting():
    text = commented_settings()
    settings = parse(text)
    assert settings.sources[0].name == "crm"
    for name in (
        "fiscal_year_start",
        "no_decision_reasons",
        "vanish_limit",
        "table_prefix",
        "cron",
    ):
        assert name in text
