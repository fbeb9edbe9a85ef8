"""Format, lint, types and portable SQL of the whole tree: what `make lint` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import portable_sql

TOOLS = Path(sys.executable).parent
CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    # The longest check: on every core.
    (
        "sqlfluff",
        "lint",
        "--disable-progress-bar",
        "--processes",
        "0",
        "dbt_project/models",
        "dbt_project/tests",
    ),
)


def main() -> int:
    """Run every check; returns 1 where one of them fails."""
    failed = 0
    for tool, *arguments in CHECKS:
        print(f"· {tool} {' '.join(arguments)}", file=sys.stderr, flush=True)
        failed |= subprocess.call([str(TOOLS / tool), *arguments])
    print("· SQL that DuckDB and Spark read alike", file=sys.stderr, flush=True)
    failed |= portable_sql.main()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
