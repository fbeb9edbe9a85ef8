"""Faults of form: values that are not allowed, not numbers, or not written as they should be."""

from __future__ import annotations

from collections.abc import Callable

from pipelines.demo.faults.planter import Kind, Planter

_EACH = 4
_WIDTHS = {ord(letter): chr(ord(letter) + 0xFEE0) for letter in map(chr, range(0x21, 0x7F))}
_UNSEEN = ("\u200b", "\ufeff", "\u00ad", "\u2060")
# Columns whose values come from a list that the contract names.
_LISTED = (
    ("opportunities", "type"), ("opportunities", "forecast_category"), ("activities", "type"),
    ("activities", "direction"), ("orders", "status"), ("quotas", "measure"), ("surveys", "kind"),
    ("commission_plans", "period_type"), ("training_sessions", "format"),
    ("research_notes", "kind"),
)  # fmt: skip
_NUMBERS = (
    ("order_lines", "quantity"), ("order_lines", "unit_price"), ("payments", "amount"),
    ("opportunities", "amount"), ("opportunities", "probability"), ("quotas", "amount"),
    ("accounts", "employee_count"), ("tickets", "reopened_count"), ("products", "list_price"),
    ("contracts", "monthly_amount"), ("activities", "duration_minutes"), ("returns", "quantity"),
    ("survey_answers", "value_number"), ("campaigns", "budget"), ("market_sizes", "amount"),
    ("training_attendances", "exam_score"), ("exchange_rates", "rate"),
)  # fmt: skip
_CODES = (
    ("orders", "currency_code"), ("opportunities", "currency_code"), ("orders", "status"),
    ("quotas", "measure"), ("activities", "type"), ("opportunities", "type"), ("surveys", "kind"),
    ("opportunity_lines", "currency_code"), ("contracts", "currency_code"),
    ("research_notes", "kind"),
)  # fmt: skip
_NAMES = (
    ("accounts", "name"), ("accounts", "industry"), ("accounts", "tax_id"), ("customers", "city"),
    ("customers", "name"), ("contacts", "name"), ("contacts", "title"), ("leads", "source"),
    ("tickets", "category"), ("payments", "method"), ("orders", "order_number"),
    ("shipments", "carrier"), ("opportunities", "lost_reason"), ("campaigns", "name"),
)  # fmt: skip
# Texts with Latin letters or digits, which have a full-width form.
_LATIN = (
    ("accounts", "tax_id"), ("customers", "tax_id"), ("customers", "external_id"),
    ("orders", "order_number"), ("shipments", "carrier"), ("accounts", "phone"),
    ("contacts", "phone"), ("orders", "currency_code"), ("products", "sku"),
    ("contacts", "email"),
)  # fmt: skip
# A value as people write it, and as one of them wrote it once.
_SPELLINGS = (
    ("accounts", "industry", "电子制造", "电子制造业"), ("accounts", "industry", "航空航天", "航天航空"),
    ("accounts", "industry", "医疗器械", "医疗器戒"), ("customers", "segment", "科研院校", "科研 院校"),
    ("accounts", "city", "Stuttgart", "Stutgart"), ("accounts", "city", "München", "Munchen"),
    ("accounts", "city", "Boston", "BOSTON"), ("payments", "method", "银行转账", "银行转帐"),
    ("payments", "method", "承兑汇票", "承兑滙票"), ("leads", "source", "网络广告", "网路广告"),
    ("tickets", "category", "使用咨询", "使用谘询"), ("shipments", "carrier", "京东物流", "京东物流。"),
    ("opportunities", "lost_reason", "竞争对手", "竟争对手"),
    ("contacts", "title", "实验室主任", "实验主任"), ("returns", "reason", "质量问题", "质量问提"),
)  # fmt: skip
_ADDRESSES = ("kein.at.zeichen.example", "wang@@firma.example", "li@", "@beispiel.example",
              "zhang san@firma.example", "chen@firma", "a@b..example")  # fmt: skip
_PHONES = ("123", "1380", "同微信", "0000000000", "1380013800138001380013", "n/a")
_NOTES = (
    "请直接拨打客户手机 13912345678 联系", "发票寄到 li.ming@kunde-labor.cn 即可",
    "身份证号 110105199003074514 已登记", "call +49 171 2345678 after five",
    "wang.fang@lab-partner.com 说下周回复",
)  # fmt: skip
_FREE = (("opportunities", "next_step"), ("activities", "outcome"), ("returns", "reason"),
         ("improvement_actions", "finding"), ("survey_answers", "value_text"))  # fmt: skip


def _filled(column: str) -> str:
    return f"coalesce({column}, '') <> ''"


def _written(
    planter: Planter,
    columns: tuple[tuple[str, str], ...],
    change: Callable[[str], str],
    extra: str = "true",
) -> None:
    """The change, made to values of some of the columns."""
    for entity, column in planter.chance.sample(columns, _EACH):
        (found,) = planter.take(entity, f"{_filled(column)} and {extra.format(column)}")
        planter.spoil(found, {column: change(found.row[column])})


def _not_allowed(planter: Planter) -> None:
    words = ("misc", "other?", "其他情况", "tbd")
    for (entity, column), word in zip(planter.chance.sample(_LISTED, _EACH), words, strict=True):
        (found,) = planter.take(entity, _filled(column))
        planter.spoil(found, {column: word})


def _text_for_number(planter: Planter) -> None:
    words = ("about ten", "一百二十", "N/A", "12 pcs")
    for (entity, column), word in zip(planter.chance.sample(_NUMBERS, _EACH), words, strict=True):
        (found,) = planter.take(entity, _filled(column))
        planter.spoil(found, {column: word}, related=planter.parents(found))


def _full_width(planter: Planter) -> None:
    _written(planter, _LATIN, lambda text: text.translate(_WIDTHS), "{0} glob '*[0-9A-Za-z]*'")


def _invisible_characters(planter: Planter) -> None:
    def change(text: str) -> str:
        place = planter.chance.randrange(1, len(text))
        return f"{text[:place]}{planter.chance.choice(_UNSEEN)}{text[place:]}"

    _written(planter, _NAMES, change, "length({0}) > 1")


def _outer_blanks(planter: Planter) -> None:
    _written(planter, _NAMES, lambda text: planter.chance.choice((" {}", "{}  ", "{}\t", "\u3000{}"))
             .format(text))  # fmt: skip


def _code_case(planter: Planter) -> None:
    _written(planter, _CODES, lambda text: text.lower() if text.isupper() else text.capitalize())


def _spelling_variant(planter: Planter) -> None:
    chosen: list[str] = []
    for entity, column, usual, once in planter.chance.sample(_SPELLINGS, len(_SPELLINGS)):
        if usual not in chosen and len(chosen) < _EACH:
            chosen.append(usual)
            (found,) = planter.take(entity, f"{column} = '{usual}'")
            planter.spoil(found, {column: once})


def _bad_email(planter: Planter) -> None:
    entities = ("accounts", "contacts", "customers", "users")
    for entity, text in zip(entities, planter.chance.sample(_ADDRESSES, _EACH), strict=True):
        (found,) = planter.take(entity, _filled("email"))
        planter.spoil(found, {"email": text})


def _bad_phone(planter: Planter) -> None:
    entities = ("accounts", "contacts", "customers", "contacts")
    for entity, text in zip(entities, planter.chance.sample(_PHONES, _EACH), strict=True):
        (found,) = planter.take(entity, _filled("phone"))
        planter.spoil(found, {"phone": text})


def _personal_data(planter: Planter) -> None:
    notes = planter.chance.sample(_NOTES, _EACH)
    for (entity, column), text in zip(planter.chance.sample(_FREE, _EACH), notes, strict=True):
        (found,) = planter.take(entity, _filled(column))
        planter.spoil(found, {column: text})


KINDS = (
    Kind("spelling_variant", "consistency", _spelling_variant),
    Kind("not_allowed", "conformity", _not_allowed),
    Kind("text_for_number", "conformity", _text_for_number),
    Kind("code_case", "conformity", _code_case),
    Kind("full_width", "conformity", _full_width),
    Kind("invisible_characters", "conformity", _invisible_characters),
    Kind("outer_blanks", "conformity", _outer_blanks),
    Kind("bad_email", "conformity", _bad_email),
    Kind("bad_phone", "conformity", _bad_phone),
    Kind("personal_data", "relevance", _personal_data),
)
