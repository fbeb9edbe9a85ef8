"""Market, further: which campaigns paid, under one way of attributing deals beside the others."""

from __future__ import annotations

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

# The one in use gives each touch of a deal the same; the others stand beside it.
MODEL = "linear"
_OTHERS = ("first", "last", "position", "time_decay")


def _rows(release: Release) -> list[Row]:
    named = release.has("dim_campaign")
    columns = (
        "coalesce(dim_campaign.name, campaign_performance.campaign_id) as name,"
        " dim_campaign.type, dim_campaign.starts_on,"
        if named
        else "campaign_id as name, cast(null as varchar) as type, cast(null as date) as starts_on,"
    )
    join = (
        " left join dim_campaign on campaign_performance.campaign_id = dim_campaign.campaign_id"
        if named
        else ""
    )
    return release.rows(
        f"select campaign_performance.campaign_id, model, {columns} touches, leads, opportunities,"
        " won, attributed_revenue, attributed_margin, campaign_performance.cost, roi, roas,"
        f" new_customers, cac from campaign_performance{join}"
        " where campaign_performance.campaign_id <> '(unattributed)'"
        " order by campaign_performance.campaign_id"
    )


def campaigns(release: Release, words: Words) -> Part:
    """Which kinds of campaign brought more margin than they cost, and each campaign."""
    if not release.has("campaign_performance"):
        return Part()
    found = _rows(release)
    used = [row for row in found if row["model"] == MODEL]
    if not used:
        return Part()
    rois = {(row["campaign_id"], row["model"]): row["roi"] for row in found}
    for row in used:
        row |= {f"roi_{model}": rois.get((row["campaign_id"], model)) for model in _OTHERS}
        row["type"] = row["type"] or words.say("word.no_member")
    used.sort(key=lambda row: (not is_number(row["roi"]), -(row["roi"] or 0), row["campaign_id"]))
    kinds = _kinds([row for row in found if row["cost"]], words)
    table = _table(words, used)
    if not kinds:
        return Part(tables=(table,))
    sentence, finding = _sentence(words, kinds), _agreement(words, kinds)
    if len(kinds) < 2:
        return Part(words.join(sentence, finding), tables=(table,))
    numbers = words.numbers
    bars = [
        {
            "label": kind["type"],
            "value": kind["gain"],
            "is_bad": kind["gain"] < 0,
            "text": words.say(
                "campaigns.bar",
                gain=numbers.short(kind["gain"]),
                roi=words.value("times", kind["roi"]),
                n=kind["n"],
            ),
        }
        for kind in kinds[:10]
    ]
    title = words.say("campaigns.title")
    legend = [("box-actual", words.say("legend.more_than_cost"))]
    if any(row["is_bad"] for row in bars):
        legend.append(("box-bad", words.say("legend.less_than_cost")))
    figure = Figure(
        "campaigns", title, words.say("campaigns.subtitle", model=words.choice("model", MODEL)),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in bars)),
        charts.bars(bars), tuple(legend), finding=finding,
    )  # fmt: skip
    return Part(sentence, figures=(figure,), tables=(table,))


def _kinds(rows: list[Row], words: Words) -> list[Row]:
    """Campaigns that cost something, by type: margin against cost, and whether every model agrees
    on which is more. The best type stands first."""
    kinds: dict[str, dict[str, dict[str, float]]] = {}
    numbers: dict[str, set[str]] = {}
    for row in rows:
        name = row["type"] or words.say("word.no_member")
        by_model = kinds.setdefault(name, {})
        sums = by_model.setdefault(row["model"], {"margin": 0.0, "cost": 0.0})
        sums["margin"] += float(row["attributed_margin"] or 0)
        sums["cost"] += float(row["cost"])
        numbers.setdefault(name, set()).add(row["campaign_id"])
    found = []
    for name, by_model in kinds.items():
        if MODEL not in by_model:
            continue
        gains = {model: sums["margin"] - sums["cost"] for model, sums in by_model.items()}
        sums = by_model[MODEL]
        found.append(
            {
                "type": name,
                "n": len(numbers[name]),
                "gain": gains[MODEL],
                "margin": sums["margin"],
                "cost": sums["cost"],
                "roi": gains[MODEL] / sums["cost"],
                "agree": len({gain > 0 for gain in gains.values()}) == 1,
            }
        )
    return sorted(found, key=lambda kind: (-kind["roi"], kind["type"]))


def _losing(kinds: list[Row]) -> list[Row]:
    """The kinds that brought less than they cost, but for the best; the worst stands last."""
    return [kind for kind in kinds[1:] if kind["gain"] < 0]


def _sentence(words: Words, kinds: list[Row]) -> str:
    """Which kind of campaign pays best, and which loses most for its cost."""

    def said(key: str, kind: Row) -> str:
        return words.say(
            f"campaigns.{key}",
            type=kind["type"],
            n=kind["n"],
            margin=words.numbers.short(kind["margin"]),
            cost=words.numbers.short(kind["cost"]),
            roi=words.value("times", kind["roi"]),
        )

    best, losing = kinds[0], _losing(kinds)
    if best["gain"] < 0:
        return said("best_loses", best)
    return words.join(
        said("pays", best),
        said("loses", losing[-1])
        if losing
        else words.say("campaigns.none_loses")
        if len(kinds) > 1
        else "",
    )


def _agreement(words: Words, kinds: list[Row]) -> str:
    """Whether every way of attributing deals would say the same."""
    told = [kinds[0], *_losing(kinds)[-1:]]
    agree = all(kind["agree"] for kind in told)
    return words.say("campaigns.agree" if agree else "campaigns.differ")


def _table(words: Words, rows: list[Row]) -> Table:
    no_cost, no_new = words.say("why.no_campaign_cost"), words.say("why.no_new_customer")
    title = words.say("campaigns.table")
    return Table(
        "campaigns",
        title,
        (
            Column("name", words.say("column.campaign")),
            Column("type", words.say("column.kind")),
            Column("starts_on", words.say("column.starts_on"), "day", words.say("why.unknown")),
            Column("cost", words.say("column.cost"), "money", no_cost),
            Column("attributed_revenue", words.term("attributed_revenue"), "money"),
            Column("attributed_margin", words.say("column.attributed_margin"), "money",
                   words.say("why.no_cost")),
            Column("roi", words.say("column.roi", model=words.choice("model", MODEL)), "times",
                   no_cost),
            *(
                Column(f"roi_{model}", words.say("column.roi", model=words.choice("model", model)),
                       "times", no_cost)
                for model in _OTHERS
            ),
            Column("touches", words.say("column.touches"), "count"),
            Column("leads", words.say("column.leads"), "count"),
            Column("won", words.say("column.won"), "count"),
            Column("new_customers", words.say("column.share_of_new_customers"), "days"),
            Column("cac", words.term("cac"), "money", no_new),
        ),
        rows,
        note=words.say("campaigns.note"),
        native=Native("bar", "name", ("roi",), title),
    )  # fmt: skip
