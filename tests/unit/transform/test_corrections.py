"""What is corrected without asking, what is left alone, and how it is logged and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from data_quality import corrections as rules
from data_quality.corrections import WrongSpellings, read_spellings
from pipelines.extract import contract, lake
from pipelines.extract.night import Extraction
from pipelines.gate import memory
from pipelines.settings import Settings, SettingsError, parse_settings
from pipelines.transform import corrections
from pipelines.transform.prepare import prepare_warehouse
from tests.unit.extract.sources import a_night, settings_for

SOURCE = '  - {name: shop, path: files, id_prefix: "s:"}'


class Shop:
    """A source whose rows are landed night by night, and what its lake views say."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.settings = settings or settings_for(folder, SOURCE)

    def send(self, number: int, entity: str, *rows: dict[str, Any]) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        table = pa.table({n: pa.array([r.get(n) for r in rows], pa.string()) for n in names})
        lake.land(
            self.settings.lake,
            "shop",
            contract.entities()[entity],
            [table],
            at=a_night(number),
            zone="UTC",
            company_zone="UTC",
            is_whole=True,
        )

    def decide(self, number: int, correction_id: str, event: str) -> None:
        record = {
            "correction_id": correction_id,
            "event": event,
            "happened_at": a_night(number),
            "decided_by": "ann",
        }
        rows = memory.rows("corrections", [record])
        memory.append(self.settings.lake, "corrections", rows, a_night(number))

    def prepare(self) -> None:
        prepare_warehouse(
            self.settings,
            Extraction(a_night(0), (), ()),
            as_of=a_night(0).date(),
            run_id="r",
            dictionary=(),
            release=("r", a_night(0), a_night(0).date(), "c", "r", False, None),
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.settings.warehouse)) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql).fetchall()

    def log(self, columns: str = "record_id, column_name, kind, value_before, value_after") -> Any:
        return self.query(f"select {columns} from corrections.log order by all")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def corrected(shop: Shop, entity: str, column: str, value: str) -> tuple[str | None, str | None]:
    """What becomes of a value, and the kind of its correction."""
    key = {name: "1" for name in contract.entities()[entity].key}
    shop.send(1, entity, {**key, column: value})
    shop.prepare()
    domain = contract.entities()[entity].domain
    ((found,),) = shop.query(f"select {column} from lake.{domain}__{entity}")
    kinds = [kind for (kind,) in shop.log("kind")]
    return found, kinds[0] if kinds else None


@pytest.mark.parametrize(
    ("entity", "column", "value", "meant", "kind"),
    [
        ("accounts", "name", "  Acme Ltd ", "Acme Ltd", "blanks"),
        ("accounts", "name", "\u3000上海\u00a0", "上海", "blanks"),
        ("accounts", "name", "Acme\tLtd\n", "Acme Ltd", "blanks"),
        ("accounts", "name", "Ａcme　２１", "Acme 21", "width"),
        ("accounts", "city", "Ber\u200blin", "Berlin", "invisible_characters"),
        ("accounts", "city", "\ufeffBerlin", "Berlin", "invisible_characters"),
        ("accounts", "name", "Ac\u200dme", "Acme", "invisible_characters"),
        ("accounts", "email", "ann＠example.com", "ann@example.com", "width"),
        ("accounts", "phone", "＋４９　３０", "+49 30", "width"),
        ("accounts", "industry", "   ", None, "blanks"),
        ("accounts", "country", "de", "DE", "case"),
        ("orders", "currency_code", "usd", "USD", "case"),
        ("orders", "currency_code", " ＵSD", "USD", "width"),
        ("orders", "currency_code", "US$", "USD", "spelling"),
        ("orders", "currency_code", "rmb", "CNY", "spelling"),
        ("orders", "status", "Shipped", "shipped", "case"),
        ("orders", "status", "CANCELED", "cancelled", "spelling"),
        ("orders", "status", "已发货", "shipped", "spelling"),
        ("opportunities", "forecast_category", "Best case", "best_case", "spelling"),
        ("exchange_rates", "currency_code", "eur", "EUR", "case"),
    ],
)
def test_a_value_with_one_right_answer_is_corrected(
    shop: Shop, entity: str, column: str, value: str, meant: str | None, kind: str
) -> None:
    assert corrected(shop, entity, column, value) == (meant, kind)
    assert shop.log("value_before, value_after, rule, approved_by, is_undone") == [
        (value, meant, f"{entity}.{column}.{kind}", "rule", False)
    ]


@pytest.mark.parametrize(
    ("entity", "column", "value"),
    [
        ("accounts", "name", "上海博瑞（集团）有限公司"),
        ("accounts", "name", "Acme  Ltd"),
        ("accounts", "name", "می\u200cخواهم"),
        ("accounts", "name", "Team 👩\u200d💻"),
        ("accounts", "country", "Germany"),
        ("accounts", "website", "Example.com"),
        ("orders", "status", "lost"),
        ("orders", "region", "east"),
        ("opportunities", "next_step", " call ａgain "),
        ("research_notes", "body", "\u200b a note"),
    ],
)
def test_what_may_be_meant_is_left_alone(shop: Shop, entity: str, column: str, value: str) -> None:
    assert corrected(shop, entity, column, value) == (value, None)


def test_keys_and_what_refers_to_them_stay_as_they_came(shop: Shop) -> None:
    shop.send(1, "customers", {"customer_id": " c1", "account_id": "Ａ1", "name": "x "})
    shop.prepare()
    assert shop.query("select customer_id, account_id, name from lake.orders__customers") == [
        ("s: c1", "s:Ａ1", "x")
    ]
    assert shop.log("record_id, column_name") == [(" c1", "name")]


def test_every_version_is_corrected_and_logged_once_by_the_batch_that_brought_it(
    shop: Shop,
) -> None:
    shop.send(1, "products", {"product_id": "p", "name": "pen ", "category": "a"})
    shop.send(2, "products", {"product_id": "p", "name": "pen ", "category": "b"})
    shop.prepare()
    shop.send(3, "products", {"product_id": "p", "name": "pen", "category": "b"})
    shop.prepare()
    assert shop.query("select name, category from lake.orders__products order by _batch_id") == [
        ("pen", "a"),
        ("pen", "b"),
        ("pen", "b"),
    ]
    assert shop.log("record_id, corrected_at, last_seen_at") == [("p", a_night(1), a_night(2))]


def test_a_night_looks_at_new_batches_alone_and_a_rebuild_finds_the_same(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.send(1, "products", {"product_id": "p", "name": "pen "})
    shop.prepare()
    looked: list[list[str]] = []
    collect = corrections._collect_cells
    monkeypatch.setattr(
        corrections,
        "_collect_cells",
        lambda c, source, entity, files, known: (
            looked.append([Path(file).stem for file in files]),
            collect(c, source, entity, files, known),
        ),
    )
    shop.send(2, "products", {"product_id": "p", "name": "pen "}, {"product_id": "q", "name": " q"})
    shop.prepare()
    shop.prepare()
    assert looked == [[lake.batch_id(a_night(2))]]
    log = shop.log("*")
    shop.settings.warehouse.unlink()
    shop.prepare()
    assert shop.log("*") == log
    assert sorted(record for (record,) in shop.log("record_id")) == ["p", "q"]


@pytest.mark.parametrize(
    ("column", "value", "kind"),
    [
        ("name", "pen ", "blanks"),
        ("name", "ｐen", "width"),
        ("name", "p\u200ben", "invisible_characters"),
        ("currency_code", "usd", "case"),
        ("currency_code", "RMB", "spelling"),
    ],
)
def test_a_correction_that_was_taken_back_is_not_made_again(
    shop: Shop, column: str, value: str, kind: str
) -> None:
    shop.send(1, "products", {"product_id": "p", column: value}, {"product_id": "q", column: "q "})
    shop.prepare()
    rows = f"select {column} from lake.orders__products where _record_id = 'p'"
    ((correction,),) = shop.query(
        f"select correction_id from corrections.log where record_id = 'p' and kind = '{kind}'"
    )
    assert shop.query(rows) != [(value,)]
    shop.decide(2, correction, "undone")
    shop.settings.warehouse.unlink()
    shop.prepare()
    assert shop.query(rows) == [(value,)]
    assert shop.log("record_id, is_undone") == [("p", True), ("q", False)]
    shop.decide(3, correction, "approved")
    shop.prepare()
    assert shop.query(rows) != [(value,)]
    assert shop.log("record_id, is_undone") == [("p", False), ("q", False)]


def test_equal_rows_of_one_extraction_are_told_and_can_be_told_apart_again(shop: Shop) -> None:
    twin = {"product_id": "p", "name": "pen"}
    shop.send(1, "products", twin, twin, twin, {"product_id": "q", "name": "ink"})
    shop.prepare()
    assert shop.log("record_id, column_name, rule, value_before, value_after, corrected_at") == [
        ("p", "product_id", "products.key.duplicate", "3 rows", "1 row", a_night(1))
    ]
    hashes = "select count(distinct _row_hash), count(*) from lake.orders__products"
    assert shop.query(hashes) == [(2, 4)]
    ((correction,),) = shop.log("correction_id")
    shop.decide(2, correction, "undone")
    shop.prepare()
    assert shop.query(hashes) == [(4, 4)]
    # Another night sends two of them: that is another correction, of the same record.
    shop.send(3, "products", twin, twin, {"product_id": "q", "name": "ink"})
    shop.prepare()
    assert shop.log("value_before, is_undone") == [("2 rows", False), ("3 rows", True)]
    assert shop.query(f"{hashes} where _batch_id = '{lake.batch_id(a_night(1))}'") == [(4, 4)]


def test_the_companys_own_spellings_come_first(tmp_path: Path) -> None:
    (tmp_path / "spellings.csv").write_text(
        "column,spelling,meant\ncity,Peking,Beijing\norders.status,Gone,shipped\n"
        "currency_code,rmb,CNH\n",
        encoding="utf-8",
    )
    settings = parse_settings(
        f"company: {{timezone: UTC}}\ncorrections: {{spellings: spellings.csv}}\nsources:\n{SOURCE}\n",
        file=tmp_path / "salesops.yaml",
        home=tmp_path / "home",
        environment={},
    )
    shop = Shop(tmp_path, settings)
    shop.send(1, "accounts", {"account_id": "a", "city": "PEKING"})
    shop.send(1, "orders", {"order_id": "o", "status": "gone", "currency_code": "RMB"})
    shop.prepare()
    assert shop.log() == [
        ("a", "city", "spelling", "PEKING", "Beijing"),
        ("o", "currency_code", "spelling", "RMB", "CNH"),
        ("o", "status", "spelling", "gone", "shipped"),
    ]


def test_other_spellings_are_looked_for_everywhere_again(tmp_path: Path) -> None:
    (tmp_path / "spellings.csv").write_text("column,spelling,meant\n", encoding="utf-8")
    settings = parse_settings(
        f"corrections: {{spellings: spellings.csv}}\nsources:\n{SOURCE}\n",
        file=tmp_path / "salesops.yaml",
        home=tmp_path / "home",
        environment={},
    )
    shop = Shop(tmp_path, settings)
    shop.send(1, "accounts", {"account_id": "a", "city": "Peking"})
    shop.prepare()
    assert shop.log() == []
    (tmp_path / "spellings.csv").write_text(
        "column,spelling,meant\naccounts.city,Peking,Beijing\n", encoding="utf-8"
    )
    shop.prepare()
    assert shop.log() == [("a", "city", "spelling", "Peking", "Beijing")]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("spelling,meant\na,b\n", r"line 1: its columns must be: column, spelling, meant\."),
        ("column,spelling,meant\ncity,a,\n", r"line 2: column, spelling and meant must all be"),
        ("column,spelling,meant\ncity,a,b\ntown,a,b\n", r"line 3: 'town' is no column that"),
        ("column,spelling,meant\nowner_id,a,b\n", r"line 2: 'owner_id' is no column that"),
    ],
)
def test_a_list_with_a_mistake_is_refused_by_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "spellings.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(WrongSpellings, match=told):
        read_spellings(file)


def test_a_list_that_is_not_there_is_a_mistake_of_the_settings(tmp_path: Path) -> None:
    settings = parse_settings(
        f"corrections: {{spellings: none.csv}}\nsources:\n{SOURCE}\n",
        file=tmp_path / "salesops.yaml",
        home=tmp_path / "home",
        environment={},
    )
    with pytest.raises(SettingsError, match=r"none\.csv cannot be read"):
        corrections.spellings(settings)


def test_no_message_holds_a_value_and_every_kind_has_its_words() -> None:
    for kind in rules.KINDS:
        zh, en = rules.message("accounts", "name", kind)
        assert "客户公司" in zh
        assert "account" in en
    assert [rules.dimension(kind) for kind in ("blanks", "case", "duplicate")] == [
        "conformity",
        "conformity",
        "uniqueness",
    ]
