"""Read the metric dictionary: the one place in which a metric's words, formula and owner stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLUMNS = (
    "metric", "name_zh", "name_en", "definition_zh", "definition_en", "formula", "unit", "grain",
    "marts", "owner", "direction", "is_additive",
)  # fmt: skip


def read_dictionary(file: Path) -> list[tuple[Any, ...]]:
    """One row for each metric, in the order of COLUMNS.

    Raises ValueError where a metric lacks a column: half a definition is none.
    """
    from ruamel.yaml import YAML

    document: Any = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    rows = []
    for item in document["metrics"]:
        missing = [name for name in COLUMNS if name not in item]
        if missing:
            raise ValueError(f"{file.name}: {item.get('metric')} lacks {', '.join(missing)}")
        values = [
            ", ".join(item[name]) if isinstance(item[name], list) else item[name]
            for name in COLUMNS
        ]
        rows.append(tuple(values))
    return rows
