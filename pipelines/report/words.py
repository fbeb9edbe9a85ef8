"""Say things in a language: sentences from its wording file, terms from the metric dictionary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.report.content import Comparison, Direction, Kind
from pipelines.report.numbers import NOTHING, Language, Numbers, is_number
from pipelines.report.release import Release, Row

WORDING = Path(__file__).parent / "wording"

# Below these a change is called none: it would be noise with a sign.
_FLAT = {"relative": 0.005, "rate": 0.005, "score": 0.5}
_FIXED_KINDS: dict[str, Kind] = {
    "net_sales": "money",
    "orders": "count",
    "average_order_value": "money",
    "gross_margin_rate": "rate",
    "new_customers": "count",
    "win_rate": "rate",
    "bookings": "money",
    "open_pipeline": "money",
    "attainment": "rate",
    "nps": "score",
    "csat": "rate",
    "ces": "rate",
}


@lru_cache(maxsize=4)
def sentences(language: Language) -> dict[str, str]:
    """The wording of a language, flat: "sales.up" → template."""
    from ruamel.yaml import YAML

    tree = YAML(typ="safe").load((WORDING / f"{language}.yaml").read_text(encoding="utf-8"))
    flat: dict[str, str] = {}

    def walk(node: Any, path: str) -> None:
        if isinstance(node, dict):
            for key, value in node.items():
                walk(value, f"{path}.{key}" if path else str(key))
        else:
            flat[path] = str(node)

    walk(tree, "")
    return flat


def kind_of(metric: str, unit: str | None = None) -> Kind:
    """How a metric's values are written."""
    if metric in _FIXED_KINDS:
        return _FIXED_KINDS[metric]
    guesses: dict[str, Kind] = {"rate": "rate", "currency": "money", "money": "money",
                                "days": "days", "score": "score"}  # fmt: skip
    return guesses.get((unit or "").lower(), "count")


@dataclass(frozen=True)
class Words:
    """One language's sentences, terms and numbers."""

    language: Language
    dictionary: dict[str, Row]
    timezone: str = "UTC"

    def local_day(self, instant: datetime | None) -> date | None:
        """The day on which an instant fell in the company's zone."""
        return None if instant is None else instant.astimezone(ZoneInfo(self.timezone)).date()

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.language)

    def say(self, key: str, **values: Any) -> str:
        """The sentence of this key with its values. Raises KeyError for a key nobody wrote."""
        return sentences(self.language)[key].format(**values)

    def knows(self, key: str) -> bool:
        return key in sentences(self.language)

    def term(self, metric: str) -> str:
        """The metric's name: the dictionary's, else the wording's, else readable letters."""
        entry = self.dictionary.get(metric)
        if entry and entry.get(f"name_{self.language}"):
            return str(entry[f"name_{self.language}"])
        key = f"column.{metric}"
        return self.say(key) if self.knows(key) else metric.replace("_", " ").capitalize()

    def definition(self, metric: str) -> str:
        """The metric's definition, or nothing where the dictionary lacks it."""
        entry = self.dictionary.get(metric)
        return str((entry or {}).get(f"definition_{self.language}") or "")

    def choice(self, group: str, value: Any) -> str:
        """The word for a value of a list, such as a status; the value itself if nobody wrote it."""
        key = f"{group}.{value}"
        return self.say(key) if self.knows(key) else str(value)

    def member(self, row: Row) -> str:
        """The label of a member; "(none)" gets a word."""
        label = row.get("member_label") or row.get("member")
        if label in (None, "", "(none)"):
            return self.say("word.no_member")
        # Channels are codes in most sources; what has no word stays as it came.
        return self.choice("channel", label) if row.get("dimension") == "channel" else str(label)

    def value(self, kind: Kind, value: Any, *, short: bool = True) -> str:
        """A value of a kind; short as in headlines, else full as in tables."""
        numbers = self.numbers
        if value is None:
            return NOTHING
        if kind in ("money", "count"):
            return numbers.short(value) if short else numbers.whole(value)
        if kind == "rate":
            return numbers.rate(value)
        if kind == "passed":
            return numbers.passed(value)
        if kind == "growth":
            return numbers.growth(value)
        if kind == "points":
            return numbers.points(value)
        if kind == "score":
            return numbers.score(value)
        if kind == "days":
            return numbers.decimal(value)
        if kind == "hundredths":
            return numbers.whole(value, 2)
        if kind == "times":
            return numbers.decimal(value) + "×"
        if kind == "day":
            return numbers.day(value)
        if kind == "month":
            return numbers.month(value)
        return str(value)

    def list(self, names: list[str], most: int = 3) -> str:
        """Names as a list of words, cut after `most`."""
        joined = self.say("word.comma").join(names[:most])
        return joined if len(names) <= most else self.say(
            "word.and_more", names=joined, n=len(names) - most
        )  # fmt: skip

    def join(self, *parts: str) -> str:
        """Sentences one after the other."""
        return ("" if self.language == "zh" else " ").join(part for part in parts if part)

    def compare(
        self, kind: Kind, value: Any, earlier: Any, label: str, *, lower_is_better: bool = False
    ) -> Comparison:
        """A value against an earlier one: relative for amounts and counts, in points for rates."""
        none = Comparison(label, "none", NOTHING, self.say("direction.none"))
        if not (is_number(value) and is_number(earlier)):
            return none
        now, then = float(value), float(earlier)
        if kind == "rate":
            change, limit, text = now - then, _FLAT["rate"], self.numbers.points(now - then)
        elif kind == "score":
            change, limit = now - then, _FLAT["score"]
            text = ("+" if change > 0 else "") + self.numbers.score(change)
        else:
            if then <= 0:
                return none
            change, limit = (now - then) / then, _FLAT["relative"]
            text = self.numbers.growth(change)
        direction: Direction = "flat" if abs(change) < limit else "up" if change > 0 else "down"
        is_good = None if direction == "flat" else (direction == "down") == lower_is_better
        return Comparison(label, direction, text, self.say(f"direction.{direction}"), is_good)

    def size(self, comparison: Comparison) -> str:
        """The size of a change without its sign, for sentences that say the direction."""
        return comparison.text.lstrip("+−")


def words_of(release: Release, language: Language, timezone: str = "UTC") -> Words:
    """The words of a language with the release's own dictionary, days in the company's zone."""
    rows = release.rows("select * from metric_dictionary") if release.has(
        "metric_dictionary") else []  # fmt: skip
    return Words(language, {row["metric"]: row for row in rows}, timezone)
