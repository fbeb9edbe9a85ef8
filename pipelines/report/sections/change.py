"""Why sales changed: price, volume and mix; how launches go; what comes back."""

from __future__ import annotations

from datetime import date

from pipelines.report import charts
from pipelines.report.content import Column, Figure, Native, Part, Table
from pipelines.report.numbers import is_number
from pipelines.report.release import Release, Row
from pipelines.report.words import Words

# In the order in which a bridge is read.
EFFECTS = ("price", "volume", "mix", "new", "discontinued", "returns")
# Below this share of the month before an effect is not worth a word.
_WORTH_SAYING = 0.0005
_LAUNCH_MONTHS = 12
_RETURN_MONTHS = 12
_ENOUGH = 30


def _signed(words: Words, amount: float) -> str:
    return ("+" if amount > 0 else "") + words.numbers.short(amount)


def _product_names(release: Release) -> dict[str, str]:
    if not release.has("dim_product", "product_id", "name"):
        return {}
    return {
        row["product_id"]: row["name"]
        for row in release.rows("select product_id, name from dim_product where name is not null")
    }


def _named(words: Words, names: dict[str, str], product_id: str) -> str:
    if product_id == "(none)":
        return words.say("word.no_member")
    return names.get(product_id, product_id)


def bridge(release: Release, words: Words, month: date) -> Part:
    """What made a month's net sales differ from the month before; empty without one to compare."""
    if not release.has("price_volume_mix"):
        return Part()
    sums = ", ".join(f"sum({effect}_effect) as {effect}" for effect in EFFECTS)
    [total] = release.rows(
        f"select sum(net_sales) as net_sales, sum(previous_net_sales) as previous, {sums}"
        " from price_volume_mix where period_start = ?",
        [month],
    )
    if not is_number(total["previous"]) or total["previous"] <= 0:
        return Part()
    before = float(total["previous"])
    effects = {effect: float(total[effect] or 0) for effect in EFFECTS}
    told = sorted(
        (effect for effect in EFFECTS if abs(effects[effect]) / before >= _WORTH_SAYING),
        key=lambda effect: -abs(effects[effect]),
    )
    if not told:
        return Part()
    numbers = words.numbers
    way = words.compare("money", total["net_sales"], total["previous"], "").direction
    sentence = words.say(
        f"sales.bridge_{way}",
        parts=words.say("word.comma").join(
            words.say("sales.effect", name=words.choice("effect", effect),
                      share=numbers.growth(effects[effect] / before))
            for effect in told
        ),
    )  # fmt: skip
    earlier = (month.replace(day=1) - date.resolution).replace(day=1)
    steps: list[Row] = [
        {"label": numbers.month(earlier), "value": before, "share": None, "is_total": True},
        *(
            {"label": words.choice("effect_heading", effect), "value": effects[effect],
             "share": effects[effect] / before, "is_total": False}
            for effect in EFFECTS if effect in told
        ),
        {"label": numbers.month(month), "value": float(total["net_sales"]), "share": None,
         "is_total": True},
    ]  # fmt: skip
    drawn = [
        step | {"text": numbers.short(step["value"]) if step["is_total"]
                else f"{_signed(words, step['value'])} · {numbers.growth(step['share'])}"}
        for step in steps
    ]  # fmt: skip
    title = words.say("sales.bridge_title")
    figure = Figure(
        "bridge",
        title,
        words.say("sales.bridge_subtitle", first=numbers.month(earlier), last=numbers.month(month)),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{step['label']} {step['text']}" for step in drawn)),
        charts.bridge(drawn),
        (
            ("box-total", words.say("legend.total")),
            ("box-actual", words.say("legend.adds")),
            ("box-bad", words.say("legend.takes")),
        ),
    )  # fmt: skip
    table = Table(
        "bridge",
        words.say("sales.bridge_table", first=numbers.month(earlier), last=numbers.month(month)),
        (
            Column("label", words.say("column.step")),
            Column("value", words.term("net_sales"), "money"),
            Column("share", words.say("column.share_of_previous"), "growth",
                   words.say("why.is_total")),
        ),
        steps,
        native=Native("bar", "label", ("value",), title),
    )  # fmt: skip
    return Part(sentence, (figure,), (table, _bridge_products(release, words, month)))


def _bridge_products(release: Release, words: Words, month: date) -> Table:
    names = _product_names(release)
    effects = ", ".join(f"{effect}_effect" for effect in EFFECTS)
    rows = release.rows(
        f"select product_id, kind, net_sales, previous_net_sales, change, {effects}"
        " from price_volume_mix where period_start = ? and (net_sales <> 0"
        " or previous_net_sales <> 0) order by abs(change) desc, product_id",
        [month],
    )
    return Table(
        "bridge_products",
        words.say("sales.bridge_products", period=words.numbers.month(month)),
        (
            Column("product", words.say("column.product")),
            Column("kind", words.say("column.kind"), missing=words.say("why.only_returns")),
            Column("net_sales", words.term("net_sales"), "money"),
            Column("change", words.say("column.change"), "money"),
            *(
                Column(f"{effect}_effect", words.choice("effect_heading", effect), "money")
                for effect in EFFECTS
                if any(row[f"{effect}_effect"] for row in rows)
            ),
        ),
        [
            row
            | {
                "product": _named(words, names, row["product_id"]),
                "kind": row["kind"] and words.choice("product_kind", row["kind"]),
            }
            for row in rows
        ],
    )


def launches(release: Release, words: Words) -> Part:
    """The newest products against the median of earlier launches in the same months."""
    if not (release.has("product_launches") and release.has("release_info")):
        return Part()
    # A month that still runs would make every launch look behind.
    rows = release.rows(
        """
        with as_of as (
            select max(as_of_date) as as_of_date from release_info
        ), months as (
            select
                product_launches.*,
                last_day(cast(date_trunc('month', launched_on)
                    + to_months(cast(months_since_launch as integer)) as date)) as month_end
            from product_launches
        )
        select
            product_id,
            launched_on,
            max(months_since_launch) as months,
            sum(net_sales) as net_sales,
            sum(median_of_earlier_launches) as median_of_earlier_launches,
            max(customers) as customers
        from months
        cross join as_of
        where month_end <= as_of_date and months_since_launch <= ?
            and launched_on > as_of_date - to_months(2 * ?)
        group by product_id, launched_on
        order by launched_on desc, product_id
        """,
        [_LAUNCH_MONTHS, _LAUNCH_MONTHS],
    )
    if not rows:
        return Part()
    names, numbers = _product_names(release), words.numbers
    for row in rows:
        row["product"] = _named(words, names, row["product_id"])
        row["against"] = (
            float(row["net_sales"] / row["median_of_earlier_launches"]) - 1
            if is_number(row["median_of_earlier_launches"])
            and row["median_of_earlier_launches"] > 0
            else None
        )
    first = rows[0]
    way = words.compare(
        "money", first["net_sales"], first["median_of_earlier_launches"], ""
    ).direction
    finding = words.say(
        f"sales.launch_{way}",
        product=first["product"],
        launched=numbers.month(first["launched_on"]),
        months=numbers.whole(first["months"]),
        value=numbers.short(first["net_sales"]),
        median=numbers.short(first["median_of_earlier_launches"]),
        change=numbers.rate(abs(first["against"] or 0)),
    )
    drawn = [
        {"label": row["product"], "value": row["net_sales"],
         "past": row["median_of_earlier_launches"],
         "text": numbers.short(row["net_sales"])
         + (f" · {numbers.growth(row['against'])}" if row["against"] is not None else "")}
        for row in rows[:8]
    ]  # fmt: skip
    legend = [("box-actual", words.say("legend.launch"))]
    if any(is_number(row["past"]) for row in drawn):
        legend.append(("box-past", words.say("legend.earlier_launches")))
    title = words.say("sales.launch_title")
    figure = Figure(
        "launches",
        title,
        words.say("sales.launch_subtitle", months=_LAUNCH_MONTHS),
        words.say("alt.chart", title=title,
                  told="; ".join(f"{row['label']} {row['text']}" for row in drawn)),
        charts.bars(drawn),
        tuple(legend),
        finding=finding,
    )  # fmt: skip
    table = Table(
        "launches",
        title,
        (
            Column("product", words.say("column.product")),
            Column("launched_on", words.say("column.launched_on"), "day"),
            Column("months", words.say("column.months_since_launch"), "count"),
            Column("net_sales", words.term("net_sales"), "money"),
            Column("median_of_earlier_launches", words.term("median_of_earlier_launches"), "money",
                   words.say("why.no_earlier_launch")),
            Column("against", words.say("column.against_launches"), "growth",
                   words.say("why.no_earlier_launch")),
        ),
        rows,
    )  # fmt: skip
    return Part("", (figure,), (table,))


def returns(release: Release, words: Words) -> Part:
    """Which products come back most, of what was sold in the last mature months."""
    if not release.has("return_rates"):
        return Part()
    rows = release.rows(
        """
        with months as (
            select distinct sale_month from return_rates where is_mature
            order by sale_month desc limit ?
        )
        select
            return_rates.product_id,
            sum(return_rates.units_sold) as units_sold,
            sum(return_rates.units_returned) as units_returned,
            sum(return_rates.amount_returned) as amount_returned,
            sum(return_rates.returns_without_line) as returns_without_line,
            min(return_rates.sale_month) as first_month,
            max(return_rates.sale_month) as last_month
        from return_rates
        inner join months on return_rates.sale_month = months.sale_month
        group by return_rates.product_id
        having sum(return_rates.units_sold) > 0
        """,
        [_RETURN_MONTHS],
    )
    sold = sum(row["units_sold"] for row in rows)
    came_back = sum(row["units_returned"] or 0 for row in rows)
    if not rows or not came_back:
        return Part()
    names, numbers = _product_names(release), words.numbers
    for row in rows:
        row["product"] = _named(words, names, row["product_id"])
        row["return_rate"] = float(row["units_returned"] or 0) / float(row["units_sold"])
    rows.sort(key=lambda row: (-row["return_rate"], row["product_id"]))
    enough = [row for row in rows if row["units_sold"] >= _ENOUGH and row["units_returned"]]
    period = words.say(
        "word.from_to",
        first=numbers.month(min(row["first_month"] for row in rows)),
        last=numbers.month(max(row["last_month"] for row in rows)),
    )
    overall = {"rate": numbers.rate(float(came_back) / float(sold)), "n": numbers.whole(sold)}
    finding = (
        words.say("sales.returns_most", product=enough[0]["product"],
                  part=numbers.rate(enough[0]["return_rate"]), **overall)
        if len(enough) > 1 else words.say("sales.returns_all", **overall)
    )  # fmt: skip
    title = words.say("sales.returns_title")
    figures: tuple[Figure, ...] = ()
    if len(enough) > 1:
        drawn = [
            {"label": row["product"], "value": row["return_rate"],
             "text": f"{numbers.rate(row['return_rate'])} · n = {numbers.whole(row['units_sold'])}"}
            for row in enough[:8]
        ]  # fmt: skip
        figures = (
            Figure(
                "returns",
                title,
                words.say("sales.returns_subtitle", period=period),
                words.say("alt.chart", title=title,
                          told="; ".join(f"{row['label']} {row['text']}" for row in drawn)),
                charts.bars(drawn),
                finding=finding,
            ),
        )  # fmt: skip
    table = Table(
        "returns",
        words.say("sales.returns_table", period=period),
        (
            Column("product", words.say("column.product")),
            Column("return_rate", words.term("return_rate"), "rate"),
            Column("units_sold", words.say("column.units_sold"), "count"),
            Column("units_returned", words.say("column.units_returned"), "count"),
            Column("amount_returned", words.say("column.returned_amount"), "money"),
            Column("returns_without_line", words.say("column.returns_without_line"), "count"),
        ),
        rows,
        note="" if figures else finding,
    )
    return Part("", figures, (table,))
