"""Say what may be corrected without asking, as plain data and the SQL of it.

Only what has one right answer. How a text is corrected depends on what its column holds: a label,
a code, a currency or a country. Ids and references are left as they came, and so is what people
write in their own words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data_quality.messages import label
from data_quality.suites.contract import suite
from pipelines.extract import contract

# A rule is called <entity>.<column>.<kind>. What a kind is, in zh and en.
KINDS = {
    "blanks": ("首尾或异常的空格", "outer or odd blanks"),
    "width": ("全角字符", "full-width characters"),
    "invisible_characters": ("不可见字符", "invisible characters"),
    "case": ("大小写", "upper and lower case"),
    "spelling": ("写法", "spelling"),
    "duplicate": ("完全相同的重复行", "rows that are equal in every column"),
}
# Nothing is changed inside of what people write in their own words.
FREE_TEXT = frozenset({"body", "choice", "finding", "next_step", "tags", "text", "value_text"})
# Codes are half-width throughout; in a label full-width brackets and commas may be right.
CODES = frozenset({"email", "external_id", "order_number", "phone", "sku", "tax_id", "website"})
# Refers to users without being called an id.
_OTHER_IDS = frozenset({"changed_by"})

# Every blank but the usual one; tabs and ends of lines among them.
_BLANKS = "\t\n\v\f\r\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# What nobody sees and what means nothing between letters: controls, soft hyphens, zero-width
# blanks, marks of direction and of byte order.
_INVISIBLE = (
    "[\\x{0000}-\\x{0008}\\x{000e}-\\x{001f}\\x{007f}-\\x{0084}\\x{0086}-\\x{009f}\\x{00ad}"
    "\\x{200b}\\x{200e}\\x{200f}\\x{202a}-\\x{202e}\\x{2060}-\\x{2064}\\x{2066}-\\x{2069}\\x{feff}]"
)
# Joiners belong to Persian and to the scripts of India, and hold emoji together.
_JOINERS = "[\\x{200c}\\x{200d}]"
_JOINED = "[^\\x{0000}-\\x{024f}\\x{2000}-\\x{206f}\\x{3000}-\\x{9fff}\\x{ff00}-\\x{ffef}]"
_SUSPICIOUS = (
    "(^|\\x{001f}) | (\\x{001f}|$)|[\\x{0000}-\\x{001e}\\x{007f}-\\x{00a0}\\x{00ad}\\x{1680}"
    "\\x{2000}-\\x{200f}\\x{2028}-\\x{202f}\\x{205f}-\\x{2069}\\x{3000}\\x{feff}\\x{ff01}-\\x{ff5e}]"
)
_WIDE_SIGNS = "".join(map(chr, range(0xFF01, 0xFF5F)))
_WIDE_LETTERS = "".join(sign for sign in _WIDE_SIGNS if chr(ord(sign) - 0xFEE0).isalnum())
_TWO_LETTERS = "^[A-Za-z][A-Za-z]$"


@dataclass(frozen=True)
class Spelling:
    """A way to write a value, and the value that is meant; `spelling` is compared without case."""

    entity: str
    column: str
    spelling: str
    meant: str


class WrongSpellings(Exception):
    """A list of spellings cannot be used. The message names file, line and what to write."""


def rule(entity: str, column: str, kind: str) -> str:
    """The name of a correction's rule, as in `orders.currency_code.case`."""
    return f"{entity}.{column}.{kind}"


def dimension(kind: str) -> str:
    """The quality dimension that a correction mends."""
    return "uniqueness" if kind == "duplicate" else "conformity"


def message(entity: str, column: str, kind: str) -> tuple[str, str]:
    """What the owner of a corrected record reads, in zh and en. No value stands in it."""
    zh, en = label(entity)
    kind_zh, kind_en = KINDS[kind]
    if kind == "duplicate":
        return (
            f"{zh}在同一次抽取中出现了{kind_zh}，只保留一行。请在源系统中删除重复的行。",
            f"The source sends this {en} in several {kind_en}; one of them counts. Remove the "
            "others at the source.",
        )
    return (
        f"{zh}的 {column} 已自动更正（{kind_zh}）。请在源系统中也改正，或用 salesops correct undo 撤销。",
        f"The {column} of this {en} was corrected ({kind_en}). Mend it at the source too, or take "
        "it back with `salesops correct undo`.",
    )


@cache
def treatments(entity_name: str) -> dict[str, str]:
    """How each column that may be corrected is corrected: label, code, currency or country."""
    found = {}
    for column in contract.entities()[entity_name].columns:
        if column.type != "text" or column.name in FREE_TEXT:
            continue
        if column.name == "currency_code":
            found[column.name] = "currency"
        elif column.name == "country":
            found[column.name] = "country"
        elif column.name in CODES:
            found[column.name] = "code"
        elif not (column.references or column.name.endswith("_id") or column.name in _OTHER_IDS):
            found[column.name] = "label"
    return found


@cache
def allowed_spellings() -> tuple[Spelling, ...]:
    """The values that the suites allow: whoever writes one in another case means it."""
    return tuple(
        Spelling(entity, expectation.columns[0], value, value)
        for entity in contract.entities()
        for expectation in suite(entity)
        if expectation.kind == "in_set" and expectation.columns[0] in treatments(entity)
        for value in expectation.values
    )


def read_spellings(file: Path) -> tuple[Spelling, ...]:
    """The spellings of a CSV file: `column` (of every entity, or as in `orders.status`), `spelling`
    and `meant`. Raises WrongSpellings."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongSpellings(
            f"{file} cannot be read: {error}. Write a CSV file in UTF-8."
        ) from None
    if list(reader.fieldnames or ()) != ["column", "spelling", "meant"]:
        raise WrongSpellings(f"{file}, line 1: its columns must be: column, spelling, meant.")
    found: list[Spelling] = []
    for line, row in enumerate(rows, start=2):
        if not all(row.values()) or None in row:
            raise WrongSpellings(
                f"{file}, line {line}: column, spelling and meant must all be filled."
            )
        entity, _, column = row["column"].rpartition(".")
        entities = [
            name
            for name in contract.entities()
            if column in treatments(name) and entity in ("", name)
        ]
        if not entities:
            raise WrongSpellings(
                f"{file}, line {line}: {row['column']!r} is no column that spellings can correct."
            )
        found += [Spelling(name, column, row["spelling"], row["meant"]) for name in entities]
    return tuple(found)


def suspicious(entity: str, spellings: Iterable[Spelling]) -> str:
    """SQL that is true of every row of the entity that something may have to be corrected in."""
    columns = treatments(entity)
    names = ", ".join(f'"{column}"' for column in columns)
    found = [f"regexp_matches(concat_ws(chr(31), {names}), '{_SUSPICIOUS}')"]
    for column, treatment in columns.items():
        name = f'"{column}"'
        if treatment == "currency":
            found.append(f"{name} <> upper({name})")
        elif treatment == "country":
            found.append(f"({name} <> upper({name}) and regexp_matches({name}, '{_TWO_LETTERS}'))")
        mine = [s for s in spellings if (s.entity, s.column) == (entity, column)]
        if mine:
            known = ", ".join(sorted({_literal(s.spelling.lower()) for s in mine}))
            meant = ", ".join(sorted({_literal(s.meant) for s in mine}))
            found.append(f"(lower({name}) in ({known}) and {name} not in ({meant}))")
    return " or ".join(found)


def unified(value: str) -> str:
    """SQL for a text with every blank as the usual one."""
    return f"translate({value}, {_literal(_BLANKS)}, {_literal(' ' * len(_BLANKS))})"


def narrowed(value: str, treatment: str) -> str:
    """SQL for a text in half-width: letters and digits of a label, every sign of a code."""
    return (
        f"case when {treatment} = 'label' or {treatment} = 'country'"
        f" then translate({value}, {_literal(_WIDE_LETTERS)}, {_literal(_narrow(_WIDE_LETTERS))})"
        f" else translate({value}, {_literal(_WIDE_SIGNS)}, {_literal(_narrow(_WIDE_SIGNS))}) end"
    )


def seen(value: str) -> str:
    """SQL for a text without what nobody sees."""
    visible = f"regexp_replace({value}, '{_INVISIBLE}', '', 'g')"
    return (
        f"case when regexp_matches({value}, '{_JOINED}') then {visible}"
        f" else regexp_replace({visible}, '{_JOINERS}', '', 'g') end"
    )


def coded(value: str, treatment: str) -> str:
    """SQL for a code in its own case."""
    return (
        f"case when {treatment} = 'currency' or ({treatment} = 'country'"
        f" and regexp_matches({value}, '{_TWO_LETTERS}')) then upper({value}) else {value} end"
    )


def _narrow(signs: str) -> str:
    return "".join(chr(ord(sign) - 0xFEE0) for sign in signs)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
