"""Rows of contract entities from columns, in the contract's order of columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import Any

import numpy as np

from pipelines.extract import contract

Row = tuple[Any, ...]
Rows = list[Row]
# What the generators hand to the writer, entity by entity and chunk by chunk.
Chunks = Iterator[tuple[str, Rows]]


def rows_of(entity: str, **columns: Any) -> Rows:
    """Rows of an entity from whole columns (lists or arrays) and constants; a column that is not
    given is NULL. ValueError for a name that the contract does not have or for uneven lengths."""
    names = contract.entities()[entity].column_names
    unknown = set(columns) - set(names)
    if unknown:
        raise ValueError(f"{entity} has no {', '.join(sorted(unknown))}")
    values = {name: _plain(column) for name, column in columns.items()}
    lengths = {len(value) for value in values.values() if isinstance(value, (list, tuple))}
    if len(lengths) != 1:
        raise ValueError(f"{entity}: columns of different lengths {sorted(lengths)}")
    count = lengths.pop()
    filled: list[Iterable[Any]] = [
        value if isinstance(value, (list, tuple)) else repeat(value, count)
        for value in (values.get(name) for name in names)
    ]
    return list(zip(*filled, strict=True))


def _plain(column: Any) -> Any:
    return column.tolist() if isinstance(column, np.ndarray) else column


def turned(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """The columns of raw rows; `width` empty ones when there are no rows."""
    if not rows:
        return [[] for _ in range(width)]
    return [list(column) for column in zip(*rows, strict=True)]


def money(cents: np.ndarray, missing: np.ndarray | None = None) -> list[float | None]:
    """Amounts from whole cents; None where `missing`."""
    values = (cents / 100).tolist()
    return values if missing is None else gaps(values, missing)


def gaps(values: Any, missing: np.ndarray) -> list[Any]:
    """The values with None where `missing`."""
    pairs = zip(_plain(values), missing.tolist(), strict=True)
    return [None if gone else value for value, gone in pairs]


def flags(values: np.ndarray) -> list[int]:
    """Booleans as an application stores them in SQLite: 0 and 1."""
    return values.astype(int).tolist()


def picked(names: tuple[str, ...], indexes: np.ndarray) -> list[str]:
    """The names at these indexes."""
    return [names[index] for index in indexes.tolist()]


def ids(prefix: str, indexes: np.ndarray | range, width: int) -> list[str]:
    """Ids such as SO0000042 from indexes: index 0 has number 1."""
    numbers = indexes if isinstance(indexes, range) else indexes.tolist()
    return [f"{prefix}{number + 1:0{width}d}" for number in numbers]


def optional_ids(prefix: str, indexes: np.ndarray, width: int) -> list[str | None]:
    """Ids, with None for a negative index."""
    return [None if n < 0 else f"{prefix}{n + 1:0{width}d}" for n in indexes.tolist()]
