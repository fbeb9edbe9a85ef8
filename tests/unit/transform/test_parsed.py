"""Where the parsed dbt project is kept: once for a user, and at home where a user has no caches."""

from __future__ import annotations

import os

import platformdirs
import pytest

from pipelines.settings import demo_settings
from pipelines.transform import models


@pytest.fixture
def fresh_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda name: tmp_path / "caches" / name)
    models._cache.cache_clear()
    yield tmp_path / "caches" / "salesops"
    models._cache.cache_clear()


def test_homes_share_what_was_parsed(fresh_cache, tmp_path):
    one, other = (models.manifest_file(demo_settings(tmp_path / home)) for home in ("a", "b"))
    assert one == other
    assert one.parent.parent == fresh_cache


def test_where_no_cache_can_be_written_the_home_keeps_it(fresh_cache, tmp_path):
    fresh_cache.parent.write_text("a file, not a folder")
    home = tmp_path / "home"
    file = models.manifest_file(demo_settings(home))
    assert file.parent.parent == home / "dbt"


def test_the_newest_of_former_code_are_kept(fresh_cache):
    for age in range(7):
        folder = fresh_cache / f"code{age}"
        folder.mkdir(parents=True)
        os.utime(folder, (1000 - age, 1000 - age))
    models._forget_others(fresh_cache / "code5")
    assert sorted(f.name for f in fresh_cache.iterdir()) == [
        "code0",
        "code1",
        "code2",
        "code3",
        "code5",
    ]
