"""What SQL outside macros/portable.sql must not say, as DuckDB and Spark run the same files."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1] / "dbt_project"
PORTABLE = PROJECT / "macros" / "portable.sql"


@dataclass(frozen=True)
class Rule:
    """A pattern that only one engine knows or that the two read differently, and its replacement."""

    pattern: str
    instead: str
    bad: str
    good: str


# Patterns are sought in lower case, without comments and without what stands in quotes; the bad and
# the good text are the rule's own test.
RULES = (
    Rule(r"\bdistinct on\b", "qualify row_number() over (…) = 1",
         "select distinct on (a) a, b from t", "qualify row_number() over (order by a nulls last) = 1"),
    Rule(r"\*\s*exclude\b|\*\s*replace\b|\bcolumns\s*\(", "name the columns, or all_but()",
         "select * exclude (a) from t", "select {{ all_but('a') }} from t"),
    Rule(r"\basof\b|\bpositional join\b", "a join and qualify",
         "from a asof join b on a.t >= b.t", "from a inner join b on a.t >= b.t"),
    Rule(r"\bquantile\w*\s*\(|\bapprox_\w+\s*\(|\bmode\s*\(",
         "percentile_cont(p) within group (order by cast(x as double) nulls last)",
         "select quantile_cont(x, 0.9)",
         "percentile_cont(0.9) within group (order by cast(x as double) nulls last)"),
    Rule(r"\bmedian\s*\((?!\s*cast\s*\()", "median(cast(x as double)): decimals differ",
         "select median(amount)", "select median(cast(amount as double))"),
    Rule(r"\bavg\s*\((?!\s*cast\s*\()", "avg(cast(x as double)): decimals differ",
         "select avg(amount)", "select avg(cast(amount as double))"),
    Rule(r"\b(?:strftime|date_format|strptime|try_strptime|to_char)\s*\(",
         "substr(cast(d as string), 1, 7)",
         "select strftime(d, '%Y-%m')", "select substr(cast(d as string), 1, 7)"),
    Rule(r"\b(?:dayofweek|isodow|weekday|dayname|weekofyear)\s*\(",
         "days since date_trunc('week', d), plus 1",
         "select dayofweek(d)", "select date_trunc('week', d)"),
    Rule(r"\bepoch\w*\s*\(|\bextract\s*\(\s*epoch\b", "seconds_between()",
         "select epoch(a) - epoch(b)", "select {{ seconds_between('a', 'b') }}"),
    Rule(r"\bdate_?diff\s*\(|\bdate_sub\s*\(|\bdateadd\s*\(|\bdate_add\s*\(",
         "extract(day from (cast(b as timestamp) - cast(a as timestamp))), or d + interval 1 day",
         "select datediff('day', a, b)",
         "select extract(day from (cast(b as timestamp) - cast(a as timestamp)))"),
    Rule(r"\bto_(?:days|months|years|hours|seconds)\s*\(", "interval 1 month, or make_date()",
         "select d + to_months(3)", "select d + interval 3 month"),
    Rule(r"\bgenerate_series\b|\bunnest\s*\(|\bsequence\s*\(|\brecursive\b",
         "range(a, b) as r(i) with literals",
         "select unnest(x)", "from range(0, 31) as r(i)"),
    Rule(r"::", "cast(x as type)", "select x::date", "select cast(x as date)"),
    Rule(r"\bas varchar\b(?!\s*\()|\bcast\s*\([^()]*\bas text\b", "cast(x as string)",
         "select cast(x as varchar)", "select cast(x as string)"),
    Rule(r"\bhugeint\b|\bu?tinyint\b|\bubigint\b|\buinteger\b", "bigint or decimal(38, 0)",
         "select cast(x as hugeint)", "select cast(x as decimal(38, 0))"),
    Rule(r"(?<!:)//", "floor(a / b)", "select a // b", "select floor(a / b)"),
    Rule(r"\barg_m(?:ax|in)\b|\bignore nulls\b", "max_by(x, (k, id)), with filter (where x is not null)",
         "select arg_max(a, b)", "select max_by(a, (b, id))"),
    Rule(r"\bsum\s*\(\s*(?:\w+\.)?(?:is|has)_\w+\s*\)", "count_if(x), or count(*) filter (where x)",
         "select sum(is_open)", "select count(*) filter (where is_open)"),
    Rule(r"\bregexp_(?:replace|matches|full_match|extract_all)\b|\bsimilar to\b|\bglob\b",
         "regexp_extract(x, '[0-9]+'), matches_masked(), without()",
         "select regexp_replace(x, 'a', 'b')", "select regexp_extract(x, '[0-9]+')"),
    Rule(r"\bsha\d*\s*\(|\bhash\s*\(", "md5(x)", "select sha256(x)", "select md5(x)"),
    Rule(r"\bstring_agg\b|\blistagg\b|\bgroup_concat\b",
         "concat_ws(',', array_sort(array_agg(x)))",
         "select string_agg(x, ',')", "select concat_ws(',', array_sort(array_agg(x)))"),
    Rule(r"\blist_\w+\s*\(|\blist\s*\(|\bstruct_\w+\s*\(|\bstring_split\s*\(|\blen\s*\(|->",
         "array_agg, split_part, length", "select len(x)", "select length(x)"),
    Rule(r"\bcount\s*\(\s*distinct\s+\w[\w.]*\s*,", "count(distinct (a, b))",
         "select count(distinct a, b)", "select count(distinct (a, b))"),
    Rule(r"\(\s*distinct\s[^()]*\)\s*over\b", "max of a dense_rank()",
         "select count(distinct a) over (partition by b)", "select count(distinct a) from t"),
    Rule(r"\bntile\s*\(", "compare with the cuts", "select ntile(5) over (order by x)",
         "percentile_cont(0.2) within group (order by cast(x as double) nulls last)"),
    Rule(r"\btimezone\s*\(|\bat time zone\b|\bfrom_utc_timestamp\b|\bto_utc_timestamp\b",
         "utc_to_local() or to_utc()", "select timezone('UTC', t)",
         "select {{ utc_to_local('t') }}"),
    Rule(r"\bdbt\.(?:dateadd|datediff|last_day|date_spine|listagg|safe_cast)\b",
         "last_day(d), d + interval 1 day, try_cast(x as type)",
         "select {{ dbt.dateadd('day', 1, 'd') }}", "select last_day(d)"),
    Rule(r"\bcurrent_(?:date|timestamp)\b|\bnow\s*\(|\btoday\s*\(", "as_of_date(): no model reads the clock",
         "select current_date", "select {{ as_of_date() }}"),
)  # fmt: skip

_WITHOUT = re.compile(r"\{#.*?#\}|--[^\n]*|/\*.*?\*/|'(?:[^'\n]|'')*'", re.DOTALL)
_KEYS_END = re.compile(r"\b(?:rows|range|limit|qualify)\b|\{%")
_ORDERED = re.compile(r"\border by\b")


def _blank(match: re.Match[str]) -> str:
    text = match.group(0)
    if text.startswith("'") and re.search(r"\\[dws]", text):
        return text
    return re.sub(r"[^\n]", " ", text)


def _orders(text: str) -> Iterator[tuple[int, str]]:
    """Each key of each `order by`, with its place: up to the bracket or clause that ends it."""
    for found in _ORDERED.finditer(text):
        depth, start, place = 0, found.end(), found.end()
        while place < len(text):
            letter = text[place]
            if letter in "([":
                depth += 1
            elif letter in ")]":
                depth -= 1
            is_end = depth < 0 or (depth == 0 and _KEYS_END.match(text, place) is not None)
            if is_end or (letter == "," and depth == 0):
                yield start, text[start:place]
                start = place + 1
            if is_end:
                break
            place += 1
        else:
            yield start, text[start:]


def findings(sql: str) -> list[tuple[int, str, str]]:
    """Line, what stands there and what to write instead, for each thing that is not portable."""
    text = _WITHOUT.sub(_blank, sql).lower()
    found = []
    for rule in RULES:
        for match in re.finditer(rule.pattern, text):
            found.append((text.count("\n", 0, match.start()) + 1, match.group(0), rule.instead))
    for place, literal in ((m.start(), m.group(0)) for m in re.finditer(r"\\[dws]", text)):
        found.append((text.count("\n", 0, place) + 1, literal, "[0-9], [a-z], [ ]: no escapes"))
    for place, key in _orders(text):
        said = " ".join(key.split())
        if said and not re.search(r"\bnulls (?:first|last)\b", said):
            instead = "nulls first or nulls last: the engines' defaults differ"
            found.append((text.count("\n", 0, place) + 1, f"order by {said}", instead))
    return sorted(found)


def main() -> int:
    """Print what is not portable in the project; returns 1 where there is something."""
    wrong = 0
    for folder in ("models", "tests", "macros"):
        for file in sorted((PROJECT / folder).rglob("*.sql")):
            if file == PORTABLE:
                continue
            for line, what, instead in findings(file.read_text(encoding="utf-8")):
                wrong += 1
                print(f"{file.relative_to(PROJECT.parent)}:{line}: {what} → {instead}")
    if wrong:
        print(f"{wrong} places only one engine reads as meant (macros/portable.sql may).",
              file=sys.stderr)  # fmt: skip
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
