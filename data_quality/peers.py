"""Build the expectations that hold a row against its peers: amounts, spellings, twins, chains."""

from __future__ import annotations

from data_quality import messages
from data_quality.expectations import CURRENCY, Expectation, Link, literal, rows

# How far from a power of ten a shifted number may be (log10): prices differ, and peers by more.
_TOLERANCE = 0.1
_EXACT = 0.003
# Peers tell from so many on. Their middle half lies within this much (log10), and within half of it
# while they are few.
_PEERS = 5
_MANY_PEERS = 20
_CLOSE = 0.25

# A rare value within a letter of one that is so much more frequent is a slip.
_RARER = 5
_USUAL = 5
_MOST_VALUES = 500

# More records than these that share a key share a switchboard or a placeholder.
_SHARED = 4


# Names and codes are compared without case, accents, blanks and punctuation.
_BARE = (
    "regexp_replace(lower(strip_accents({})),"
    " '[^a-z0-9\u00df-\u024f\u0370-\u1fff\u3040-\ud7ff]+', '', 'g')"
)
_WIDE = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
_HALF_WIDTH = (
    f"translate({{}}, '{''.join(chr(code) for code in _WIDE)}',"
    f" '{''.join(chr(code - 0xFEE0) for code in _WIDE)}')"
)


def decimal_shift(
    entity: str,
    column: str,
    peers: str | None = None,
    own: str | None = None,
    needs: tuple[str, ...] = (),
    links: tuple[Link, ...] = (),
) -> Expectation:
    """The number is not 10, 100 or 1000 times off against its peers, or its own relatives.

    `peers` is a query of `source_system`, `_record_id`, `value` and `peer_group`; rows whose
    `_record_id` is NULL are only held against. A group counts from five numbers on, when its
    middle half lies close together: closer than what a shift stands out by. `own` is a query of
    `source_system`, `_record_id`, `value` and what was `expected`, to the cent.
    """
    found = [_shifted_from_peers(peers)] if peers else []
    found += [_shifted_from_own(own)] if own else []
    return rows(
        f"{entity}.{column}.decimal_shift",
        (column,),
        "warn",
        "accuracy",
        " or ".join(_row_in(query) for query in found),
        *messages.decimal_shift(entity, column),
        needs=needs,
        links=links,
    )


def _shifted_from_peers(peers: str) -> str:
    return (
        f"with numbers as (select * from ({peers}) as peers"
        " where value > 0 and peer_group is not null),"
        " groups as (select peer_group, median(value) as middle, count(*) as n,"
        " log10(quantile_cont(value, 0.75) / quantile_cont(value, 0.25)) as spread"
        f" from numbers group by peer_group having count(*) >= {_PEERS}),"
        " ratios as (select numbers.source_system, numbers._record_id, groups.spread,"
        " log10(numbers.value / groups.middle) as ratio"
        " from numbers join groups on groups.peer_group = numbers.peer_group"
        " where numbers._record_id is not null"
        f" and groups.spread < case when groups.n < {_MANY_PEERS} then {_CLOSE} / 2 else {_CLOSE} end)"
        " select row(source_system, _record_id) from ratios"
        f" where round(ratio) <> 0 and abs(ratio) < 3.3"
        f" and abs(ratio - round(ratio)) <= {_TOLERANCE} + spread"
    )


def _shifted_from_own(own: str) -> str:
    return (
        "with ratios as (select source_system, _record_id,"
        f" log10(cast(value as double) / expected) as ratio from ({own}) as own"
        " where value > 0 and expected > 0)"
        " select row(source_system, _record_id) from ratios"
        " group by source_system, _record_id"
        f" having bool_or(round(ratio) <> 0 and abs(ratio) < 3.3"
        f" and abs(ratio - round(ratio)) <= {_EXACT})"
        f" and not bool_or(abs(ratio) <= {_EXACT})"
    )


def spelling(entity: str, columns: tuple[str, ...], table: str) -> dict[str, Expectation]:
    """The names in these columns are no variants of more frequent ones; an expectation by column.

    Variants differ in case, width, blanks, accents and punctuation, or by a letter; numbers, words
    of one or two letters and words that tell things apart (north, south) make other names.
    """
    variants = _variants(columns, table)
    found = {}
    for column in columns:
        found[column] = rows(
            f"{entity}.{column}.spelling",
            (column,),
            "warn",
            "consistency",
            f"this.{column} in (select name from ({_variants((column,), table)}) as variants)",
            *messages.spelling(entity, column),
            only_where=f"exists ({variants})",
        )
    return found


def _variants(columns: tuple[str, ...], table: str) -> str:
    counted = " union all ".join(
        f"select '{column}' as place, {column} as name, count(*) as n from {table}"
        f" where trim({column}) <> '' group by {column}"
        for column in columns
    )
    return literal(
        f"with counted as ({counted}),"
        f" names as (select place, name, n, {_BARE.format(_HALF_WIDTH.format('name'))} as bare,"
        " regexp_replace(lower(name), '[^0-9]', '', 'g') as digits,"
        " list_sort(regexp_extract_all(lower(name), '(?:^|[^a-z])([a-z][a-z]?)(?:$|[^a-z])', 1))"
        f" as short_words, regexp_extract_all(lower(name), '{_TELLING}') as telling from counted"
        " where place in (select place from counted group by place"
        f" having count(*) between 2 and {_MOST_VALUES}))"
        " select rare.name from names as rare join names as usual"
        " on usual.place = rare.place and usual.name <> rare.name"
        " where usual.bare <> '' and rare.bare <> '' and (usual.bare = rare.bare"
        " and (usual.n > rare.n or usual.n = rare.n and usual.name < rare.name)"
        f" or usual.n >= {_USUAL} and usual.n >= {_RARER} * rare.n"
        " and usual.digits = rare.digits and usual.short_words = rare.short_words"
        " and usual.telling = rare.telling"
        f" and abs(length(usual.bare) - length(rare.bare)) <= 2 and ({_SLIP}))"
    )


# Letters of an alphabet: one wrong, missing, added or two swapped, in five letters or more (four
# where the usual name is far more frequent). Chinese: a closing word for the kind of place or thing
# more or less; the same characters in another order; one wrong character in five or more, or in
# four where the right name is everywhere.
_TELLING = (
    "north|south|east|west|upper|lower|inner|outer|male|female|pre|post|in|out|over|under|non"
    "|[一二三四五六七八九十甲乙丙丁东西南北中上下左右大小新旧高低内外前后男女非无不]"
)
_LATIN = "regexp_matches(usual.bare || rare.bare, '^[a-z\u00df-\u024f\u0400-\u04ff0-9]+$')"
_CLOSING = "(特别行政区|自治区|地区|行业|大区|省|市|区|县|州|业|类|部)$"
_SLIP = (
    f"{_LATIN} and damerau_levenshtein(usual.bare, rare.bare) = 1"
    " and (length(usual.bare) >= 5 or length(usual.bare) = 4 and usual.n >= 50 * rare.n)"
    " and (usual.bare, rare.bare) not in (('iran', 'iraq'), ('iraq', 'iran'),"
    " ('gambia', 'zambia'), ('zambia', 'gambia'))"
    f" or {_LATIN} and damerau_levenshtein(usual.bare, rare.bare) = 2"
    " and length(usual.bare) >= 9 and usual.n >= 20 * rare.n"
    f" or not {_LATIN} and length(usual.bare) > 1 and length(rare.bare) > 1"
    f" and regexp_replace(usual.bare, '{_CLOSING}', '') = regexp_replace(rare.bare, '{_CLOSING}', '')"
    " or length(usual.bare) >= 3 and damerau_levenshtein(usual.bare, rare.bare) = 2"
    " and list_sort(string_split(usual.bare, '')) = list_sort(string_split(rare.bare, ''))"
    " or not " + _LATIN + " and damerau_levenshtein(usual.bare, rare.bare) = 1"
    " and (length(usual.bare) >= 5 or length(usual.bare) = 4 and usual.n >= 40 * rare.n)"
)


def near_duplicate(
    entity: str,
    table: str,
    key: str,
    place: str,
    codes: tuple[str, ...] = (),
) -> Expectation:
    """The record is not another one that was there before it: the younger of two fails.

    Two records are one by a code (tax number, number in another system), by name and place, or by
    a like name with the same e-mail or phone number, or with a slip of the pen in the same place.
    Different ones of the first code keep records apart.
    """
    bare = _BARE
    name = bare.format(f"regexp_replace(lower(trim(name)), '{_LEGAL}', '')")
    digits = "regexp_replace(phone, '[^0-9]', '', 'g')"
    coded = [f"nullif({bare.format(f'cast({code} as varchar)')}, '') as {code}" for code in codes]
    code_keys = [
        f"select *, '{code}' as kind, {code} as value from people where length({code}) >= 4"
        f" and replace({code}, left({code}, 1), '') <> ''"
        for code in codes
    ]
    # Who was entered twice has two numbers in another system, too, but one by law.
    differ = f"older.{codes[0]} <> younger.{codes[0]}" if codes else "false"
    like = (
        "(jaro_winkler_similarity(older.name, younger.name) >= 0.85"
        " or contains(older.name, younger.name) or contains(younger.name, older.name))"
    )
    slip = (
        "older.digits = younger.digits and older.name <> younger.name"
        " and regexp_matches(older.name || younger.name, '^[a-z0-9\u00df-\u024f\u0400-\u04ff]+$')"
        " and damerau_levenshtein(older.name, younger.name)"
        " <= case when length(older.name) >= 12 then 2 when length(older.name) >= 8 then 1 else 0 end"
    )
    own_name = bare.format(f"regexp_replace(lower(trim({{0}}.name)), '{_LEGAL}', '')")
    own_place, own_digits = bare.format(f"{{0}}.{place}"), digits.replace("phone", "{0}.phone")
    numbers = "regexp_replace({0}.name, '[^0-9]', '', 'g')"
    linked = (
        f"{own_name} || '|' || {own_place}",
        "nullif(lower(trim({0}.email)), '')",
        f"case when length({own_digits}) >= 7 then right({own_digits}, 10) end",
        f"{own_place} || '|' || {numbers} || '|' || left({own_name}, 4)",
        f"{own_place} || '|' || {numbers} || '|' || right({own_name}, 4)",
        *(f"nullif({bare.format(f'cast({{0}}.{code} as varchar)')}, '')" for code in codes),
    )
    return rows(
        f"{entity}.name.near_duplicate",
        ("name", key, "merged_into_id"),
        "warn",
        "uniqueness",
        _row_in(
            f"with people as (select source_system, _record_id, {key},"
            f" row_number() over (order by created_at asc nulls last, {key} asc nulls last)"
            " as seniority,"
            f" nullif({name}, '') as name, nullif({bare.format(place)}, '') as place,"
            f" nullif(lower(trim(email)), '') as email,"
            f" case when length({digits}) >= 7 then right({digits}, 10) end as phone,"
            " regexp_replace(name, '[^0-9]', '', 'g') as digits"
            f"{''.join(', ' + c for c in coded)}"
            f" from {table} where merged_into_id is null and is_deleted is not true),"
            " keys as (select *, 'name' as kind, name || '|' || place as value from people"
            " union all select *, 'email', email from people"
            " union all select *, 'phone', phone from people"
            " union all select *, 'slip', place || '|' || digits || '|' || left(name, 4) from people"
            " where length(name) >= 8"
            " union all select *, 'slip', place || '|' || digits || '|' || right(name, 4)"
            " from people where length(name) >= 8"
            f"{''.join(' union all ' + code for code in code_keys)}),"
            " shared as (select kind, value from keys where value is not null group by kind, value"
            " having count(*) > 1 and count(*) <="
            f" case when kind = 'slip' then 200 else {_SHARED} end)"
            " select row(younger.source_system, younger._record_id) from shared"
            " join keys as older on older.kind = shared.kind and older.value = shared.value"
            " join keys as younger on younger.kind = shared.kind and younger.value = shared.value"
            f" and younger.seniority > older.seniority and younger.{key} <> older.{key}"
            f" where case shared.kind when 'name' then not coalesce({differ}, false)"
            f" when 'email' then not coalesce({differ}, false) and coalesce({like}, true)"
            f" when 'phone' then not coalesce({differ}, false) and coalesce({like}, true)"
            f" when 'slip' then not coalesce({differ}, false) and {slip}"
            " else true end"
        ),
        *messages.near_duplicate(entity),
        links=tuple(Link(table, key, key) for key in linked),
    )


# What companies put behind their name to say what they are by law.
_LEGAL = (
    "[ ,.(（]*(股份有限公司|有限责任公司|有限公司|incorporated|inc|llc|ltd|limited|gmbh|corporation"
    "|corp|company|co|plc|co[., ]+ltd)[ .)）]*$"
)


def cycle(entity: str, column: str, table: str, key: str) -> Expectation:
    """Going from a row to its parent and on never leads back to it, over two rows or more."""
    links = f"select distinct {key} as child, {column} as parent from {table}"
    return rows(
        f"{entity}.{column}.cycle",
        (column,),
        "warn",
        "consistency",
        (
            f"this.{column} <> this.{key} and this.{key} in (with recursive"
            # Only who has a parent and is one can be in a cycle.
            f" links as (select * from ({links}) as links where child <> parent"
            f" and child in (select {column} from {table})),"
            " ways as (select child as origin, parent as reached from links"
            " union select ways.origin, links.parent from ways join links"
            " on links.child = ways.reached where ways.reached <> ways.origin)"
            " select origin from ways where reached = origin)"
        ),
        *messages.cycle(entity, column),
    )


def overlap(
    entity: str,
    columns: tuple[str, str],
    table: str,
    same: tuple[str, ...],
    *,
    has_open_end: bool = False,
) -> Expectation:
    """No two rows for the same people and things have a day in common. `same` are SQL expressions
    over `{0}`; an empty end is open where that is how the entity says so."""
    start, end = columns
    alike = " and ".join(f"{part.format('one')} = {part.format('other')}" for part in same)
    ends = {
        row: f"coalesce({row}.{end}, date '9999-12-31')" if has_open_end else f"{row}.{end}"
        for row in ("one", "other")
    }
    return rows(
        f"{entity}.{start}.overlap",
        columns,
        "warn",
        "consistency",
        _row_in(
            f"select row(one.source_system, one._record_id) from {table} as one"
            f" join {table} as other on {alike} and other._record_id <> one._record_id"
            f" and one.{start} <= {ends['other']} and other.{start} <= {ends['one']}"
            # An end that could not be read is no open one.
            " where one._rejected_values is null and other._rejected_values is null"
        ),
        *messages.overlap(entity, columns),
    )


def currency_mismatch(
    entity: str,
    table: str,
    party: str | None = None,
    parties: str | None = None,
    country: str = "country",
) -> Expectation:
    """The currency is the one in which nearly everybody of the country pays, or in which this party
    paid before. Without a party: the one in which nearly all of the source's prices stand."""
    joined = (
        f"select this.source_system, this._record_id, this.currency_code, this.{party} as party,"
        f" lower(trim(parties.{country})) as peer_group from {table} as this"
        f" join (select {party}, min({country}) as {country} from {parties} group by {party})"
        f" as parties on parties.{party} = this.{party}"
        if party
        else f"select this.source_system, this._record_id, this.currency_code, null as party,"
        f" this.source_system as peer_group from {table} as this"
    )
    return rows(
        f"{entity}.currency_code.currency_mismatch",
        ("currency_code",),
        "warn",
        "consistency",
        _row_in(
            f"with priced as (select * from ({joined}) as priced"
            f" where regexp_matches(currency_code, '{CURRENCY}') and trim(peer_group) <> ''),"
            " counted as (select peer_group, currency_code, count(*) as n from priced group by all),"
            " usual as (select peer_group, max_by(currency_code, n) as currency_code"
            " from counted group by peer_group"
            " having sum(n) >= 10 and max(n) >= 0.9 * sum(n)),"
            " own as (select party, currency_code, count(*) as n from priced group by all)"
            " select row(priced.source_system, priced._record_id) from priced"
            " join usual on usual.peer_group = priced.peer_group"
            " and usual.currency_code <> priced.currency_code"
            " left join own on own.party = priced.party and own.currency_code = priced.currency_code"
            " where coalesce(own.n, 1) = 1"
        ),
        *messages.currency_mismatch(entity),
        needs=("customers",) if party == "customer_id" else (),
    )


def _row_in(query: str) -> str:
    return f"row(this.source_system, this._record_id) in ({literal(query)})"
