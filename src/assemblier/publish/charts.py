"""Bar and line charts, drawn as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from assemblier.blocks import Bars, Lines
from assemblier.language import number
from assemblier.publish.layout import described
from assemblier.publish.style import (
    INK,
    LINE_COLOURS,
    MUTED,
    PAPER,
    PETROL,
    RULE,
    SKY,
    text_width,
    wrapped,
)
from assemblier.publish.svg import PAGE, Drawing, Frame, attributes, drawing, text_at

__all__ = ["draw_bars", "draw_lines", "ticks"]

DASHES = ("", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 2")


def ticks(low: float, high: float, wanted: int = 5) -> tuple[float, ...]:
    """Return round numbers that cover a range, about ``wanted`` of them."""
    if not high > low:
        high = low + (abs(low) or 1.0)
    rough = (high - low) / wanted
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(m * scale for m in (1, 2, 2.5, 5, 10) if m * scale >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(i * step for i in range(first, last + 1))


def _tick_texts(values: Sequence[float]) -> list[str]:
    step = values[1] - values[0]
    decimals = 0
    while decimals < 6 and abs(round(step, decimals) - step) > step * 1e-6:
        decimals += 1
    return [number(value, decimals) for value in values]


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def draw_bars(block: Bars, frame: Frame = PAGE) -> Drawing:
    """Draw one horizontal bar per label, with its printed value and its interval."""
    low = block.low or (None,) * len(block.values)
    high = block.high or (None,) * len(block.values)
    reach = _known((*block.values, *low, *high))
    marks = ticks(min(0.0, *reach), max(0.0, *reach)) if reach else (0.0, 1.0)
    label_width = min(
        frame.label,
        max((text_width(label, 13.5, 600) for label in block.labels), default=0.0) + 4,
    )
    rows = [wrapped(label, label_width, 13.5, 600, lines=2) for label in block.labels]
    value_width = max((text_width(figure.text, 13.5, 600) for figure in block.texts), default=0.0)
    left, right = label_width + 14, frame.width - value_width - 16
    top, bar = 30.0, 17.0
    heights = [max(28.0, 16.0 * len(row) + 10) for row in rows]
    bottom = top + sum(heights)

    def x(value: float) -> float:
        return left + (value - marks[0]) / (marks[-1] - marks[0]) * (right - left)

    body = [text_at(left, 14, block.unit, size=12.5, fill=MUTED)]
    for mark, text in zip(marks, _tick_texts(marks), strict=True):
        colour = MUTED if mark == 0 else RULE
        body.append(
            f"<line {attributes(x1=x(mark), x2=x(mark), y1=top - 4, y2=bottom, stroke=colour)}/>"
        )
        body.append(text_at(x(mark), bottom + 15, text, size=12, fill=MUTED, anchor="middle"))
    y = top
    for position, value in enumerate(block.values):
        height = heights[position]
        middle = y + height / 2
        strong = position in block.highlighted
        colour = PETROL if strong or not block.highlighted else SKY
        lines = rows[position]
        for i, line in enumerate(lines):
            base = middle + 4.5 + (i - (len(lines) - 1) / 2) * 16
            body.append(
                text_at(
                    label_width, base, line, size=13.5, weight=600 if strong else 400, anchor="end"
                )
            )
        end = x(0.0)
        if value is not None and math.isfinite(value):
            start, stop = sorted((x(0.0), x(value)))
            body.append(
                "<rect "
                + attributes(
                    x=start,
                    y=middle - bar / 2,
                    width=max(stop - start, 0.8),
                    height=bar,
                    fill=colour,
                )
                + "/>"
            )
            end = max(stop, end)
        ends = (low[position], high[position])
        if ends[0] is not None and ends[1] is not None:
            a, b = x(ends[0]), x(ends[1])
            body.append(
                f'<path d="M{a:.1f} {middle:.1f}H{b:.1f}M{a:.1f} {middle - 4:.1f}v8'
                f'M{b:.1f} {middle - 4:.1f}v8" stroke="{INK}" stroke-width="1.4" fill="none"/>'
            )
            end = max(end, b)
        figure = block.texts[position]
        known = value is not None
        body.append(
            text_at(
                end + 7,
                middle + 4.5,
                figure.text,
                size=13.5,
                weight=600 if strong else 400,
                fill=INK if known else MUTED,
                italic=not known,
                halo=PAPER if known else "",
            )
        )
        y += height
    notes: tuple[str, ...] = ()
    if _known(low):
        notes = ("le trait fin montre l’intervalle d’incertitude.",)
    return drawing(
        block.id,
        body,
        width=frame.width,
        height=bottom + 24,
        title=block.title,
        alternative=described(block),
        notes=notes,
    )


def draw_lines(block: Lines, frame: Frame = PAGE) -> Drawing:
    """Draw several series over years; a missing year leaves a gap."""
    everything = _known(v for values in block.series.values() for v in values)
    floor = min(everything, default=0.0)
    if block.from_zero:
        floor = min(0.0, floor)
    marks = ticks(floor, max(everything, default=1.0))
    texts = _tick_texts(marks)
    names = list(block.series)
    # the only series of a narrow chart is named by its title
    named = len(names) > 1 or frame.width >= PAGE.width
    longest = max((text_width(n, 13, 600) for n in names), default=0.0)
    label_width = min(0.27 * frame.width, longest + 12) if named else 4.0
    ends = {
        name: next((v for v in reversed(values) if v is not None), None)
        for name, values in block.series.items()
    }
    value_width = max(
        (text_width(number(v, block.decimals), 13, 600) for v in ends.values() if v is not None),
        default=0.0,
    )
    left = max(text_width(t, 12) for t in texts) + 12
    right = frame.width - label_width - value_width - 16
    top, bottom = 30.0, 30.0 + frame.plot_height
    first, last = min(block.years), max(block.years)
    span = max(last - first, 1)

    def x(year: int) -> float:
        return left + (year - first) / span * (right - left)

    def y(value: float) -> float:
        return bottom - (value - marks[0]) / (marks[-1] - marks[0]) * (bottom - top)

    body = [text_at(0, 14, block.unit, size=12.5, fill=MUTED)]
    for mark, text in zip(marks, texts, strict=True):
        colour = MUTED if mark == marks[0] else RULE
        body.append(
            f"<line {attributes(x1=left, x2=right, y1=y(mark), y2=y(mark), stroke=colour)}/>"
        )
        body.append(text_at(left - 8, y(mark) + 4, text, size=12, fill=MUTED, anchor="end"))
    shown = _spaced_years(sorted(set(block.years)), right - left, x)
    for year in shown:
        body.append(text_at(x(year), bottom + 18, str(year), size=12, fill=MUTED, anchor="middle"))
        body.append(
            f"<line {attributes(x1=x(year), x2=x(year), y1=bottom, y2=bottom + 4, stroke=MUTED)}/>"
        )
    placed: list[tuple[float, str, str, int]] = []
    order = sorted(range(len(names)), key=lambda i: names[i] == block.highlighted)
    for index in order:
        name = names[index]
        strong = name == block.highlighted or len(names) == 1
        colour = LINE_COLOURS[index % len(LINE_COLOURS)]
        points = list(zip(block.years, block.series[name], strict=True))
        path, pen = "", "M"
        for year, value in points:
            if value is None:
                pen = "M"
                continue
            path += f"{pen}{x(year):.1f} {y(value):.1f}"
            pen = "L"
        dash = DASHES[index % len(DASHES)]
        dashed = f' stroke-dasharray="{dash}"' if dash and not strong else ""
        width = 3 if strong else 1.9
        if path:
            body.append(
                f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
                f'stroke-linejoin="round"{dashed}/>'
            )
        radius = 3.6 if strong else 2.7
        body += [
            f'<circle cx="{x(year):.1f}" cy="{y(value):.1f}" r="{radius}" fill="{colour}" '
            'stroke="#fff" stroke-width="0.8"/>'
            for year, value in points
            if value is not None
        ]
        end = ends[name]
        if end is not None:
            text = number(end, block.decimals) + (f"  {name}" if named else "")
            placed.append((y(end), text, colour, 600 if strong else 400))
    placed.sort()
    height = bottom
    heights = _apart([p[0] for p in placed], 17.0, top, bottom)
    for at, (_, text, colour, weight) in zip(heights, placed, strict=True):
        for i, line in enumerate(wrapped(text, frame.width - right - 14, 13, weight, lines=1)):
            body.append(
                text_at(right + 12, at + 4.5 + 16 * i, line, size=13, weight=weight, fill=colour)
            )
        height = max(height, at)
    return drawing(
        block.id,
        body,
        width=frame.width,
        height=height + 28,
        title=block.title,
        alternative=described(block),
        notes=("une interruption du tracé signale une année sans donnée.",)
        if any(v is None for values in block.series.values() for v in values)
        else (),
    )


def _spaced_years(years: list[int], width: float, x: Callable[[int], float]) -> list[int]:
    """Return the years that are named under the axis without touching one another."""
    most = max(2, int(width // 46))
    if len(years) <= most and all(x(b) - x(a) > 34 for a, b in pairwise(years)):
        return years
    kept = [years[0]]
    for year in years[1:-1]:
        if x(year) - x(kept[-1]) > 40 and x(years[-1]) - x(year) > 40:
            kept.append(year)
    return [*kept, years[-1]] if len(years) > 1 else kept


def _apart(heights: Sequence[float], least: float, top: float, bottom: float) -> list[float]:
    """Move labels so that no two overlap, staying near where they should be."""
    placed: list[float] = []
    for height in heights:
        placed.append(max(height, placed[-1] + least) if placed else max(height, top))
    if placed and placed[-1] > bottom:
        placed[-1] = bottom
        for i in range(len(placed) - 2, -1, -1):
            placed[i] = min(placed[i], placed[i + 1] - least)
    return placed
