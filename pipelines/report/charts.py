"""Describe charts as Vega-Lite specifications and draw them as SVG that follows the page's theme.

Colours are names until the SVG is made; there they become CSS variables, so that one picture
serves light, dark and print.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from markupsafe import Markup, escape

from pipelines.report.numbers import Numbers, is_number
from pipelines.report.release import Row

VEGA_LITE = "5.21"
WIDTH = 430
WIDE = 1000
FONT_SIZE = 12

# Stand-ins that no chart uses by chance, and the CSS variables they become.
_VARIABLES = {
    "ink": "#010203",
    "muted": "#010204",
    "grid": "#010205",
    "actual": "#010206",
    "past": "#010207",
    "target": "#010208",
    "good": "#010209",
    "bad": "#01020a",
    "paper": "#01020b",
    "band": "#01020c",
}
INK = _VARIABLES["ink"]
MUTED = _VARIABLES["muted"]
GRID = _VARIABLES["grid"]
ACTUAL = _VARIABLES["actual"]
PAST = _VARIABLES["past"]
TARGET = _VARIABLES["target"]
BAD = _VARIABLES["bad"]
PAPER = _VARIABLES["paper"]
BAND = _VARIABLES["band"]

Format = Literal["amount", "rate", "score"]


def text_width(text: str) -> float:
    """The width of a label in pixels: what draws the SVG may have other fonts than its reader."""
    return sum(FONT_SIZE if ord(letter) > 0x2E7F else FONT_SIZE * 0.58 for letter in text)


def _named_rows(labels: Mapping[str, str], limit: float) -> dict[str, Any]:
    """A vertical axis with a row for each `order` and its label in a margin of `limit` pixels."""
    return {
        "field": "order",
        "type": "ordinal",
        "axis": {
            "labelExpr": f"{json.dumps(labels, ensure_ascii=False)}['' + datum.value]",
            "ticks": False,
            "domain": False,
            "labelColor": INK,
            "labelLimit": 0,
            "minExtent": limit,
            "maxExtent": limit,
        },
    }


def _clipped(text: str, limit: float) -> str:
    if text_width(text) <= limit:
        return text
    kept = text
    while kept and text_width(kept + "…") > limit:
        kept = kept[:-1]
    return kept + "…"


def _axis_expression(form: Format, numbers: Numbers, largest: float) -> str:
    if form == "rate":
        return "format(datum.value * 100, ',.0f') + '%'"
    if form == "score":
        return "format(datum.value, ',.0f')"
    units = ((1e8, "亿"), (1e4, "万")) if numbers.language == "zh" else (
        (1e9, "B"), (1e6, "M"), (1e3, "K"))  # fmt: skip
    for size, unit in units:
        if largest >= size:
            return f"datum.value == 0 ? '0' : format(datum.value / {size:.0f}, ',.3~r') + '{unit}'"
    return "format(datum.value, ',.3~r')"


def _base(width: int, height: int) -> dict[str, Any]:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 2,
        "background": None,
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "axis": {
                "labelColor": MUTED,
                "labelFontSize": FONT_SIZE,
                "gridColor": GRID,
                "domainColor": GRID,
                "tickColor": GRID,
                "title": None,
            },
            "text": {"fontSize": FONT_SIZE, "color": INK},
        },
    }


def trend(
    rows: list[Row],
    numbers: Numbers,
    *,
    form: Format,
    width: int = WIDTH,
    height: int = 240,
) -> dict[str, Any]:
    """A line over periods, zero in sight.

    Rows carry `period` (unique), `tick`, `value`, and may carry `past`, `target`, `low`, `high`
    and `is_running`; a running period is a hollow point on a dashed line.
    """
    values = [
        {
            "period": row["period"],
            "order": order,
            **{
                key: float(row[key])
                for key in ("value", "past", "target", "low", "high")
                if is_number(row.get(key))
            },
            "running": bool(row.get("is_running")),
        }
        for order, row in enumerate(rows)
    ]
    everything = [value[key] for value in values for key in value if key in (
        "value", "past", "target", "high", "low")]  # fmt: skip
    largest = max([abs(number) for number in everything] or [1.0])
    room = width - 60
    step = max(1, round(max((text_width(row["tick"]) for row in rows), default=1) + 8) * len(rows)
               // max(1, room) + 1)  # fmt: skip
    # The last period keeps its label; the others are thinned out from there.
    ticks = {
        row["period"]: row["tick"] if (len(rows) - 1 - order) % step == 0 else ""
        for order, row in enumerate(rows)
    }
    x = {
        "field": "period",
        "type": "ordinal",
        "sort": [row["period"] for row in rows],
        "scale": {"type": "point", "padding": 0.4},
        "axis": {
            "labelAngle": 0,
            "labelExpr": f"{json.dumps(ticks, ensure_ascii=False)}[datum.value]",
            "ticks": False,
            "domain": True,
            "labelPadding": 8,
            "labelOverlap": False,
        },
    }
    y_scale: dict[str, Any] = {"zero": True, "nice": True}
    if form == "rate":
        top = max(everything, default=1.0)
        y_scale = {"domain": [min(0.0, *everything, 0.0), 1 if top > 0.6 else min(1, top * 1.25)]}

    def y(field: str) -> dict[str, Any]:
        return {
            "field": field,
            "type": "quantitative",
            "scale": y_scale,
            "axis": {
                "labelExpr": _axis_expression(form, numbers, largest),
                "tickCount": 4,
                "ticks": False,
                "domain": False,
                "minExtent": 44,
                "maxExtent": 44,
            },
        }

    solid = [value for value in values if not value["running"]]
    # The dashed piece begins at the last complete period, so that the line goes on.
    dashed = values[len(solid) - 1 :] if 0 < len(solid) < len(values) else []
    layers: list[dict[str, Any]] = []
    if any("low" in value for value in values):
        layers.append({
            "data": {"values": [value for value in values if "low" in value]},
            "mark": {"type": "area", "color": BAND, "opacity": 1},
            "encoding": {"x": x, "y": y("low"), "y2": {"field": "high"}},
        })  # fmt: skip
    if any("past" in value for value in values):
        layers.append({
            "data": {"values": [value for value in values if "past" in value]},
            "mark": {"type": "line", "color": PAST, "strokeWidth": 2},
            "encoding": {"x": x, "y": y("past")},
        })  # fmt: skip
    if any("target" in value for value in values):
        layers.append({
            "data": {"values": [value for value in values if "target" in value]},
            "mark": {"type": "line", "color": TARGET, "strokeWidth": 1.5, "strokeDash": [6, 3]},
            "encoding": {"x": x, "y": y("target")},
        })  # fmt: skip
    layers.append({
        "data": {"values": [value for value in solid if "value" in value]},
        "mark": {"type": "line", "color": ACTUAL, "strokeWidth": 2.5},
        "encoding": {"x": x, "y": y("value")},
    })  # fmt: skip
    if dashed:
        layers.append({
            "data": {"values": dashed},
            "mark": {"type": "line", "color": ACTUAL, "strokeWidth": 2, "strokeDash": [2, 3]},
            "encoding": {"x": x, "y": y("value")},
        })  # fmt: skip
    for points, fill in ((solid, ACTUAL), (dashed[1:], PAPER)):
        if points:
            layers.append({
                "data": {"values": [value for value in points if "value" in value]},
                "mark": {"type": "point", "size": 34, "fill": fill, "stroke": ACTUAL,
                         "strokeWidth": 1.8, "opacity": 1},
                "encoding": {"x": x, "y": y("value")},
            })  # fmt: skip
    return {**_base(width, height), "layer": layers}


def bars(
    rows: list[Row],
    *,
    width: int = WIDTH,
    label_share: float = 0.3,
) -> dict[str, Any]:
    """Horizontal bars from zero, each with its text at the end.

    Rows carry `label`, `value`, `text`, and may carry `past` (a light bar behind), `target` (a tick
    across) and `is_bad`.
    """
    limit = min(width * label_share, max((text_width(row["label"]) for row in rows), default=0) + 6)
    largest = max([float(row["value"] or 0) for row in rows]
                  + [float(row[key]) for row in rows for key in ("past", "target")
                     if is_number(row.get(key))]
                  + [1e-9])  # fmt: skip
    smallest = min([float(row["value"] or 0) for row in rows] + [0.0])
    text_room = max((text_width(row["text"]) for row in rows), default=0) + 14
    plot = max(60.0, width - limit - 20)
    scale = {
        "domain": [smallest, largest * plot / max(40.0, plot - text_room)],
        "nice": False,
        "zero": True,
    }
    values = [
        {
            "order": order,
            "label": _clipped(row["label"], limit),
            "value": float(row["value"] or 0),
            "text": row["text"],
            "end": max(float(row["value"] or 0), 0.0),
            **{key: float(row[key]) for key in ("past", "target") if is_number(row.get(key))},
            "bad": bool(row.get("is_bad")),
        }
        for order, row in enumerate(rows)
    ]
    labels = {str(value["order"]): value["label"] for value in values}
    y = _named_rows(labels, limit) | {"scale": {"paddingInner": 0.25, "paddingOuter": 0.1}}

    def x(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "scale": scale, "axis": None}

    layers: list[dict[str, Any]] = []
    has_past = any("past" in value for value in values)
    if has_past:
        layers.append({
            "transform": [{"filter": "isValid(datum.past)"}],
            "mark": {"type": "bar", "color": PAST, "height": {"band": 1}},
            "encoding": {"y": y, "x": x("past")},
        })  # fmt: skip
    layers.append({
        "mark": {"type": "bar", "height": {"band": 0.55 if has_past else 0.9}},
        "encoding": {
            "y": y,
            "x": x("value"),
            "color": {"condition": {"test": "datum.bad", "value": BAD}, "value": ACTUAL},
        },
    })  # fmt: skip
    if any("target" in value for value in values):
        layers.append({
            "transform": [{"filter": "isValid(datum.target)"}],
            "mark": {"type": "tick", "color": TARGET, "thickness": 3, "size": 24,
                     "opacity": 1},
            "encoding": {"y": y, "x": x("target")},
        })  # fmt: skip
    tip = "max(datum.end, isValid(datum.past) ? datum.past : 0, isValid(datum.target) ? datum.target : 0)"
    layers.append({
        "transform": [{"calculate": tip, "as": "tip"}],
        "mark": {"type": "text", "align": "left", "dx": 6, "baseline": "middle"},
        "encoding": {"y": y, "x": x("tip"), "text": {"field": "text"}},
    })  # fmt: skip
    return {
        **_base(width, 30 * len(rows) + 10),
        "data": {"values": values},
        "layer": layers,
    }


def bridge(rows: list[Row], *, width: int = WIDTH, label_share: float = 0.3) -> dict[str, Any]:
    """From one total to another in steps: a bar for each total, a floating one for each step.

    Rows carry `label`, `value`, `text` and `is_total`; a step adds its value to what stands before
    it. Good steps and bad ones differ in colour, and in the sign of their text: what takes away is
    bad but where a row says `is_good`.
    """
    limit = min(width * label_share, max((text_width(row["label"]) for row in rows), default=0) + 6)
    values: list[Row] = []
    level = 0.0
    for order, row in enumerate(rows):
        amount = float(row["value"] or 0)
        start = 0.0 if row["is_total"] else level
        level = amount if row["is_total"] else level + amount
        is_good = row.get("is_good", amount >= 0)
        kind = "total" if row["is_total"] else "good" if is_good else "bad"
        values.append({"order": order, "from": start, "to": level, "kind": kind,
                       "tip": max(start, level, 0.0), "text": row["text"]})  # fmt: skip
    largest = max([value["tip"] for value in values] + [1e-9])
    smallest = min([min(value["from"], value["to"]) for value in values] + [0.0])
    text_room = max((text_width(row["text"]) for row in rows), default=0) + 14
    plot = max(60.0, width - limit - 20)
    domain = [smallest, smallest + (largest - smallest) * plot / max(40.0, plot - text_room)]
    labels = {str(order): _clipped(row["label"], limit) for order, row in enumerate(rows)}
    y = _named_rows(labels, limit) | {"scale": {"paddingInner": 0.25, "paddingOuter": 0.1}}

    def x(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "axis": None,
                "scale": {"domain": domain, "nice": False, "zero": False}}  # fmt: skip

    return {
        **_base(width, 30 * len(rows) + 10),
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "y": y,
                    "x": x("from"),
                    "x2": {"field": "to"},
                    "color": {
                        "condition": [
                            {"test": "datum.kind == 'total'", "value": MUTED},
                            {"test": "datum.kind == 'bad'", "value": BAD},
                        ],
                        "value": ACTUAL,
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 6, "baseline": "middle"},
                "encoding": {"y": y, "x": x("tip"), "text": {"field": "text"}},
            },
        ],
    }


def intervals(
    rows: list[Row],
    numbers: Numbers,
    *,
    form: Format,
    reference: float | None = None,
    domain: tuple[float, float] | None = None,
    width: int = WIDTH,
) -> dict[str, Any]:
    """A point with its 95 % interval for each row, on the scale of the measure or on `domain`.

    Rows carry `label`, `value`, `low`, `high`, `text`; `reference` is a line through all.
    """
    limit = min(width * 0.3, max((text_width(row["label"]) for row in rows), default=0) + 6)
    kept = [row for row in rows if is_number(row["value"])]
    values = [
        {
            "order": order,
            "value": float(row["value"]),
            "low": float(row["low"] if is_number(row["low"]) else row["value"]),
            "high": float(row["high"] if is_number(row["high"]) else row["value"]),
            "text": row["text"],
        }
        for order, row in enumerate(kept)
    ]
    labels = {str(order): _clipped(row["label"], limit) for order, row in enumerate(kept)}
    scale: list[float] = list(domain or ((-100, 100) if form == "score" else (0, 1)))
    text_room = max((text_width(row["text"]) for row in kept), default=0) + 12
    room = max(80.0, width - limit - text_room - 16)
    share = (0.0, 0.25, 0.5, 0.75, 1.0) if room > 230 else (0.0, 0.5, 1.0)
    marks = [scale[0] + part * (scale[1] - scale[0]) for part in share]
    y = _named_rows(labels, limit)

    def x(field: str) -> dict[str, Any]:
        return {
            "field": field,
            "type": "quantitative",
            "scale": {"domain": scale, "nice": False, "zero": False,
                      "range": [0, room]},
            "axis": {"labelExpr": _axis_expression(form, numbers, 1.0), "values": marks,
                     "ticks": False, "domain": False},
        }  # fmt: skip

    layers: list[dict[str, Any]] = []
    if reference is not None:
        layers.append({
            "data": {"values": [{"reference": reference}]},
            "mark": {"type": "rule", "color": TARGET, "strokeDash": [6, 3], "strokeWidth": 1.5},
            "encoding": {"x": x("reference")},
        })  # fmt: skip
    layers += [
        {
            "mark": {"type": "rule", "color": PAST, "strokeWidth": 7, "strokeCap": "round"},
            "encoding": {"y": y, "x": x("low"), "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "fill": ACTUAL, "stroke": ACTUAL, "size": 60, "opacity": 1},
            "encoding": {"y": y, "x": x("value")},
        },
        {
            "mark": {"type": "text", "align": "left", "baseline": "middle"},
            "encoding": {
                "y": y,
                "x": {"value": room + 8},
                "text": {"field": "text"},
            },
        },
    ]
    return {**_base(width, 30 * len(kept) + 40), "data": {"values": values}, "layer": layers}


def strip(
    rows: list[Row],
    numbers: Numbers,
    *,
    form: Format,
    reference: float | None = None,
    median: float | None = None,
    width: int = WIDTH,
) -> dict[str, Any]:
    """How people spread along one scale: a dot each, a lane per group, names beside the dots.

    Rows carry `group`, `label`, `value`, `is_bad`; within a lane dots take turns above and below.
    """
    groups = list(dict.fromkeys(row["group"] for row in rows))
    limit = min(width * 0.24, max((text_width(group) for group in groups), default=0) + 6)
    largest = max([float(row["value"]) for row in rows] + [reference or 0.0, 1e-9])
    values: list[Row] = []
    for lane, group in enumerate(groups):
        members = sorted((row for row in rows if row["group"] == group), key=lambda r: r["value"])
        for turn, row in enumerate(members):
            values.append({
                "lane": lane + 0.5 + (0.2 if turn % 2 else -0.16),
                "label": row["label"],
                "value": float(row["value"]),
                "bad": bool(row.get("is_bad")),
                "left": float(row["value"]) > largest * 0.8,
            })  # fmt: skip
    lanes = {str(lane): _clipped(group, limit) for lane, group in enumerate(groups)}
    height = max(110, 74 * len(groups) + 30)
    names = json.dumps(lanes, ensure_ascii=False)
    y_scale = {"domain": [len(groups), 0], "nice": False, "zero": False}
    y = {
        "field": "lane",
        "type": "quantitative",
        "scale": y_scale,
        "axis": {
            "values": [lane + 0.5 for lane in range(len(groups))],
            "labelExpr": f"{names}['' + (datum.value - 0.5)]",
            "grid": False,
            "ticks": False,
            "domain": False,
            "labelColor": INK,
            "labelLimit": 0,
            "minExtent": limit,
            "maxExtent": limit,
        },
    }
    x = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, largest * 1.12], "nice": False},
        "axis": {
            "labelExpr": _axis_expression(form, numbers, largest),
            "tickCount": 5,
            "ticks": False,
            "domain": False,
        },
    }
    layers: list[dict[str, Any]] = []
    for value, color, dash in ((median, PAST, [1, 0]), (reference, TARGET, [6, 3])):
        if value is not None:
            layers.append({
                "data": {"values": [{"value": value}]},
                "mark": {"type": "rule", "color": color, "strokeWidth": 2, "strokeDash": dash},
                "encoding": {"x": x},
            })  # fmt: skip
    marked = {"condition": {"test": "datum.bad", "value": BAD}, "value": ACTUAL}
    shape = {"condition": {"test": "datum.bad", "value": "diamond"}, "value": "circle"}
    layers.append({
        "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": marked, "shape": shape},
    })  # fmt: skip
    for is_left in (False, True):
        side = [value for value in values if value["left"] == is_left]
        if side:
            layers.append({
                "data": {"values": side},
                "mark": {"type": "text", "align": "right" if is_left else "left",
                         "dx": -9 if is_left else 9, "baseline": "middle"},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            })  # fmt: skip
    return {**_base(width, height), "data": {"values": values}, "layer": layers}


def heat(rows: list[Row], numbers: Numbers, *, width: int = WIDTH) -> dict[str, Any]:
    """A share for each pair of row and column, deeper where it is higher, with its figure.

    Rows carry `line`, `step`, `value` (0–1).
    """
    lines = list(dict.fromkeys(row["line"] for row in rows))
    limit = max((text_width(line) for line in lines), default=0) + 6
    values = [
        {
            "line": row["line"],
            "step": row["step"],
            "value": float(row["value"]),
            "text": f"{float(row['value']) * 100:.0f}",
            "depth": 0.06 + 0.5 * min(1.0, float(row["value"])),
        }
        for row in rows
    ]
    y = {
        "field": "line",
        "type": "ordinal",
        "sort": lines,
        "axis": {"ticks": False, "domain": False, "labelColor": INK, "labelLimit": 0,
                 "minExtent": limit, "maxExtent": limit},
    }  # fmt: skip
    x = {
        "field": "step",
        "type": "ordinal",
        "axis": {"ticks": False, "domain": False, "labelAngle": 0, "orient": "top"},
    }
    return {
        **_base(width, 26 * len(lines) + 30),
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "rect", "color": ACTUAL, "stroke": PAPER, "strokeWidth": 1},
                "encoding": {
                    "x": x,
                    "y": y,
                    "fillOpacity": {"field": "depth", "type": "quantitative", "scale": None},
                },
            },
            {
                "mark": {"type": "text", "baseline": "middle"},
                "encoding": {"x": x, "y": y, "text": {"field": "text"}},
            },
        ],
    }


def spark(values: list[float | None]) -> dict[str, Any] | None:
    """A bare line of the last periods with a dot at its end; None below three points."""
    points = [
        {"order": order, "value": float(value)}
        for order, value in enumerate(values)
        if value is not None and is_number(value)
    ]
    if len(points) < 3:
        return None
    encoding = {
        "x": {"field": "order", "type": "quantitative", "axis": None,
              "scale": {"domain": [0, len(values) - 1], "nice": False}},
        "y": {"field": "value", "type": "quantitative", "axis": None, "scale": {"zero": False}},
    }  # fmt: skip
    return {
        **_base(150, 34),
        "padding": 4,
        "layer": [
            {
                "data": {"values": points},
                "mark": {"type": "line", "color": ACTUAL, "strokeWidth": 1.8},
                "encoding": encoding,
            },
            {
                "data": {"values": points[-1:]},
                "mark": {"type": "point", "filled": True, "color": ACTUAL, "size": 36,
                         "opacity": 1},
                "encoding": encoding,
            },
        ],
    }  # fmt: skip


@lru_cache(maxsize=128)
def _drawn(spec: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(json.loads(spec), vl_version=VEGA_LITE))


# Interaction and drawing hints that a still picture has no use for.
_NEEDLESS = re.compile(
    r" (?:aria-[a-z]+|role|class|pointer-events|font-family|xmlns:xlink|version|"
    r'stroke-miterlimit)="[^"]*"'
)
_EMPTY_PATH = re.compile(r'<path[^>]* d=""[^>]*/>|<path d="M0,0h0v0h0Z"[^>]*/>')


def draw(spec: dict[str, Any], alt: str, *, name: str = "") -> Markup:
    """The chart as SVG for a page: text stays text, colours are the page's, `alt` is its label."""
    svg = _drawn(json.dumps(spec, ensure_ascii=False, sort_keys=True))
    svg = _EMPTY_PATH.sub("", _NEEDLESS.sub("", svg))
    for variable, stand_in in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var(--{variable})")
    size = re.search(r'width="(\d+)" height="(\d+)"', svg)
    assert size is not None
    label = f' role="img" aria-label="{escape(alt)}"' if alt else ' aria-hidden="true"'
    extra = f' class="{name}"' if name else ""
    svg = svg.replace("<svg", f"<svg{extra}{label}", 1).replace(size.group(0) + " ", "", 1)
    return Markup(svg)
