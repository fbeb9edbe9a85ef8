"""Stand in for dbt's `adapter` while sqlfluff reads the models: a dispatched macro is a call."""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, package: str | None = None) -> Callable[..., str]:
    """A macro that writes its arguments as those of a function called `name`, or all columns."""
    if name == "all_but":
        return lambda *arguments: "*"
    return lambda *arguments: f"{name}({', '.join(str(argument) for argument in arguments)})"
