"""Which names say that a record is a trial, and which are real ones that sound like it."""

from __future__ import annotations

import duckdb
import pytest

from data_quality.texts import TEST_NAME


@pytest.mark.parametrize(
    ("name", "is_trial"),
    [
        ("test", True),
        ("test test", True),
        ("dummy test record", True),
        ("test company (delete me)", True),
        ("test account 2", True),
        ("测试客户 请勿使用", True),
        ("test-测试数据", True),
        ("foo bar", True),
        ("test devices inc", False),
        ("keystone test", False),
        ("demokratie e.v.", False),
        ("某某检测有限公司", False),
        ("delete systems gmbh", False),
    ],
)
def test_a_name_is_a_trial_by_all_its_words_or_by_a_plain_request(
    name: str, is_trial: bool
) -> None:
    found = duckdb.execute("select regexp_matches(?, ?)", [name, TEST_NAME]).fetchall()
    assert found == [(is_trial,)]
