"""Render docs/: a page per area and the metric dictionary, from the definitions and the demo company.

What `make docs` writes, and what tests compare. Nothing on the pages is typed: descriptions and
columns come from the models' YAML, metrics from metrics.yml, questions and queries from
docs/questions.yml, results from the demo, rules from data_quality/suites.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
from ruamel.yaml import YAML

from data_quality import messages
from data_quality.suites.contract import suites

REPOSITORY = Path(__file__).resolve().parents[1]
PROJECT = REPOSITORY / "dbt_project"
DOCS = REPOSITORY / "docs"
QUESTIONS = DOCS / "questions.yml"
NEEDED = (
    "The pages are rendered: run `make docs` (a night of the demo), or `python -m tests.docs --texts` "
    "where only words changed, and look at what changed in docs/."
)

# A query's result as Markdown.
ResultOf = Callable[[str], str]


@dataclass(frozen=True)
class Column:
    """A published column: name, type and what it means."""

    name: str
    type: str
    description: str


@dataclass(frozen=True)
class Mart:
    """A published table as its YAML describes it."""

    name: str
    area: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Question:
    """What people ask of a mart, the query that answers it, and whether its result varies by run."""

    mart: str
    ask: str
    words: str
    query: str
    varies: bool


@lru_cache
def _yaml(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def _plain(text: str) -> str:
    return " ".join(text.split())


def declared_marts() -> list[Mart]:
    """The published tables: those that people ask of first, in the order of the questions."""
    asked = [mart for told in areas().values() for mart in told["marts"]]
    found = []
    for file in sorted((PROJECT / "models" / "marts").glob("*/_*__models.yml")):
        for model in _yaml(file)["models"]:
            if model["name"].startswith("int_"):
                continue
            keys = [
                tuple(test["is_key"]["arguments"]["columns"])
                for test in model.get("data_tests", [])
                if isinstance(test, dict) and "is_key" in test
            ]
            found.append(
                Mart(
                    model["name"],
                    file.parent.name,
                    _plain(model["description"]),
                    keys[0] if keys else (),
                    tuple(
                        Column(c["name"], c["data_type"], _plain(c["description"]))
                        for c in model["columns"]
                    ),
                )
            )
    return sorted(
        found, key=lambda mart: asked.index(mart.name) if mart.name in asked else len(asked)
    )


def metrics() -> list[dict[str, Any]]:
    """The metric dictionary, as it is written."""
    found: list[dict[str, Any]] = _yaml(PROJECT / "metrics.yml")["metrics"]
    return found


def areas() -> dict[str, dict[str, Any]]:
    """Area → title, opening and the questions that people ask of it, in the order of the pages."""
    found: dict[str, dict[str, Any]] = _yaml(QUESTIONS)
    return found


def questions(area: str) -> list[Question]:
    """The questions of an area, in order."""
    return [
        Question(mart, _plain(item["ask"]), _plain(item.get("words", "")),
                 item["query"].strip(), bool(item.get("varies")))
        for mart, asked in areas()[area]["marts"].items()
        for item in asked or ()
    ]  # fmt: skip


def _value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        text = f"{value:,.4f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).replace("|", "\\|").replace("\n", " ")


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The result of a query as a Markdown table, numbers to the right."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    numeric = [
        any(row[place] is not None for row in rows)
        and all(
            isinstance(row[place], int | float | Decimal) and not isinstance(row[place], bool)
            for row in rows
            if row[place] is not None
        )
        for place in range(len(names))
    ]
    lines = [names, ["---:" if is_number else "---" for is_number in numeric]]
    lines += [[_value(value) for value in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def results_in(page: str) -> dict[str, str]:
    """Query → result, as a rendered page shows them."""
    return dict(re.findall(r"```sql\n(.*?)\n```\n\n((?:\|[^\n]*\n)*\|[^\n]*)", page, re.DOTALL))


def _mart(mart: Mart, asked: list[Question], known: list[str], result_of: ResultOf) -> list[str]:
    lines = [f"## {mart.name}", "", mart.description, ""]
    if known:
        links = ", ".join(f"[{metric}](metrics.md#{metric})" for metric in known)
        lines += [f"Metrics: {links}.", ""]
    for question in asked:
        lines += [f"**{question.ask}**" + (f" {question.words}" if question.words else ""), ""]
        lines += ["```sql", question.query, "```", ""]
        if not question.varies:
            lines += [result_of(question.query), ""]
    key = ", ".join(f"`{name}`" for name in mart.key)
    lines += ["<details>", f"<summary>{len(mart.columns)} columns</summary>", ""]
    if key:
        lines += [f"Key: {key}.", ""]
    lines += ["| column | type | meaning |", "|---|---|---|"]
    for column in mart.columns:
        meaning = column.description.replace("|", "\\|")
        lines.append(f"| `{column.name}` | {column.type} | {meaning} |")
    return [*lines, "", "</details>", ""]


def _area_page(area: str, marts: list[Mart], result_of: ResultOf) -> str:
    told = areas()[area]
    lines = [f"# {told['title']}", "", _plain(told["opening"]), ""]
    names = [mart.name for mart in marts]
    lines += [" · ".join(f"[{name}](#{name})" for name in names), ""]
    for mart in marts:
        asked = [question for question in questions(area) if question.mart == mart.name]
        known = [row["metric"] for row in metrics() if mart.name in row["marts"]]
        lines += _mart(mart, asked, known, result_of)
    return "\n".join(lines).rstrip() + "\n"


_METRIC_WORDS = {
    "en": {
        "title": "Metrics",
        "lead": "Each metric is defined once, in `dbt_project/metrics.yml`; marts, reports and these pages"
        " say the same. [中文](metrics.zh.md)",
        "head": ("metric", "definition", "formula", "unit", "grain", "marts", "owner", "better", "adds up"),
        "better": {"higher": "higher", "lower": "lower", "none": "–"},
        "adds": ("yes", "no"),
    },
    "zh": {
        "title": "指标口径",
        "lead": "每个指标只在 `dbt_project/metrics.yml` 定义一次，数据集市、报告和本页都由它生成。"
        "[English](metrics.md)",
        "head": ("指标", "定义", "公式", "单位", "粒度", "数据表", "负责", "方向", "可加"),
        "better": {"higher": "越高越好", "lower": "越低越好", "none": "–"},
        "adds": ("是", "否"),
    },
}  # fmt: skip


def _metric_page(language: str, area_of: dict[str, str]) -> str:
    words: dict[str, Any] = _METRIC_WORDS[language]
    lines = [f"# {words['title']}", "", words["lead"], ""]
    lines += [f"| {' | '.join(words['head'])} |", "|" + "---|" * len(words["head"])]
    for row in metrics():
        marts = ", ".join(
            f"[{mart}]({area_of[mart]}.md#{mart})" if mart in area_of else mart
            for mart in row["marts"]
        )
        cells = (
            f'<a id="{row["metric"]}"></a>**{row[f"name_{language}"]}** `{row["metric"]}`',
            row[f"definition_{language}"],
            f"`{row['formula']}`",
            row["unit"],
            row["grain"],
            marts,
            row["owner"],
            words["better"].get(row["direction"], row["direction"]),
            words["adds"][0 if row["is_additive"] else 1],
        )
        lines.append(
            "| " + " | ".join(_plain(str(cell)).replace("|", "\\|") for cell in cells) + " |"
        )
    return "\n".join(lines) + "\n"


_RULE_LEAD = (
    "What must hold of every row that arrives, entity by entity: the rules that always exist, whatever the"
    " source. `reject` holds the row back with its family until the source sends one that passes, `warn` lets"
    " it go on and opens an issue, `block` stops the night. The owner of the row reads the sentence. A rule"
    " about an entity that no source delivers is left out.",
    "每个实体必须满足的规则，与来源无关。`reject`：该行连同所属单据暂不进入，直到源系统改正；`warn`：照常进入并开出"
    "问题单；`block`：当晚停止。负责人看到的就是表中的句子。",
)  # fmt: skip


def _rules_page() -> str:
    found = suites()
    lines = ["# The rules of the data", "", _RULE_LEAD[0], "", _RULE_LEAD[1], ""]
    lines += [" · ".join(f"[{entity}](#{entity})" for entity in found), ""]
    for entity, rules in found.items():
        zh, en = messages.label(entity)
        lines += [f"## {entity}", "", f"{en}, {zh}: {len(rules)} rules.", ""]
        lines += ["| rule | dimension | action | what its owner reads |", "|---|---|---|---|"]
        for rule in rules:
            told = f"{rule.message_en}<br>{rule.message_zh}".replace("|", "\\|")
            name = rule.rule.removeprefix(f"{entity}.")
            lines.append(f"| `{name}` | {rule.dimension} | {rule.action} | {told} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _index(marts: list[Mart]) -> str:
    lines = ["# What the marts answer", ""]
    lines += [
        "A page per area: what each mart holds, what people ask of it, a query that answers, and its real"
        " result on the demo company. The same query runs on any release: `salesops query \"…\"`.",
        "",
    ]  # fmt: skip
    for area, told in areas().items():
        lines += [f"- [{told['title']}]({area}.md): {_plain(told['opening'])}"]
        lines += [
            f"  - [{mart.name}]({area}.md#{mart.name}): {mart.description}"
            for mart in marts
            if mart.area == area
        ]
    lines += [
        "- [Metrics](metrics.md), [指标口径](metrics.zh.md): what each figure means, in both languages.",
        "- [Rules](rules.md): what must hold of the data that arrives, and what happens where it does not.",
    ]
    return "\n".join(lines) + "\n"


def render(result_of: ResultOf) -> dict[str, str]:
    """File name → text of every page, with results as `result_of` gives them."""
    marts = declared_marts()
    pages = {"README.md": _index(marts)}
    for area in areas():
        of_area = [mart for mart in marts if mart.area == area]
        pages[f"{area}.md"] = _area_page(area, of_area, result_of)
    area_of = {mart.name: mart.area for mart in marts}
    pages["rules.md"] = _rules_page()
    pages["metrics.md"] = _metric_page("en", area_of)
    pages["metrics.zh.md"] = _metric_page("zh", area_of)
    return pages


def shown_results() -> dict[str, str]:
    """Query → result, on the pages as they stand."""
    pages = written().values()
    return {query: text for page in pages for query, text in results_in(page).items()}


def written() -> dict[str, str]:
    """File name → text of the pages as they stand, but for what the benches measured."""
    pages = (file for file in sorted(DOCS.glob("*.md")) if not file.name.endswith("bench.md"))
    return {file.name: file.read_text(encoding="utf-8") for file in pages}


def _demo_release(home: Path) -> Path:
    """The database of a night on the demo company."""
    from datetime import UTC

    from pipelines import running
    from pipelines.demo.write import write_demo
    from pipelines.publish.release import DATABASE, current_release
    from pipelines.settings import load_settings

    settings = load_settings(environment={"SALESOPS_HOME": str(home)})
    write_demo(settings.base)
    outcome = running.run_nightly(
        settings, as_of=None, is_full=False, now=datetime.now(UTC),
        progress=lambda text: print(f"· {text}", file=sys.stderr),
    )  # fmt: skip
    release = current_release(settings.home)
    if release is None:
        raise SystemExit(outcome["message"])
    return release / DATABASE


def main(arguments: list[str]) -> int:
    """Write the pages: results from a night of the demo, or from a release's database if one is given.

    `--texts` keeps the results that the pages show: for words that changed, not queries or marts.
    """
    if arguments == ["--texts"]:
        shown = shown_results()
        pages = render(lambda query: shown[query])
    else:
        with tempfile.TemporaryDirectory() as folder:
            database = Path(arguments[0]) if arguments else _demo_release(Path(folder) / "home")
            with duckdb.connect(str(database), read_only=True) as connection:
                connection.execute("set timezone = 'UTC'")
                connection.execute("set search_path = 'marts'")
                pages = render(lambda query: answer(connection, query))
    before = written()
    for name in before.keys() - pages.keys():
        (DOCS / name).unlink()
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
    changed = sorted(name for name, text in pages.items() if before.get(name) != text)
    print("\n".join(changed) or "nothing changed")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
