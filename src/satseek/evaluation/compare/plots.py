"""Plots as inline SVG: dots with their intervals, and speed against quality; drawn in the page's own colours."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape

from satseek.evaluation.compare.figures import Figure

WIDTH = 720
ROW, TOP, BOTTOM = 34, 12, 40
LETTER = 7.2  # pixels of one letter of a label, at most
Scale = Callable[[float], float]


def dots(
    figures: Mapping[str, Figure], *, chance: float, title: str, colours: Mapping[str, int], unit: str = "mAP, %"
) -> str:
    """Return a row a model: its figure as a dot, its 95 % interval as a line, chance as a dashed line."""
    left = min(260, 24 + LETTER * max((len(name) for name in figures), default=0))
    right, height = WIDTH - 64, TOP + ROW * len(figures) + BOTTOM
    highest = _round_up(max([chance, *(figure.high for figure in figures.values())], default=1.0))

    def x(value: float) -> float:
        return left + (right - left) * max(value, 0) / highest

    floor = TOP + ROW * len(figures)
    parts = [_grid(x, highest, floor, unit, middle=(left + right) / 2)]
    parts.append(f'<line class="chance" x1="{x(chance):.1f}" x2="{x(chance):.1f}" y1="{TOP}" y2="{floor}"/>')
    for row, (name, figure) in enumerate(figures.items()):
        y = TOP + ROW * (row + 0.5)
        tone = f"tone{colours[name]}"
        parts.append(f'<text class="label" x="{left - 12:.1f}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        parts.append(
            f'<line class="whisker {tone}" x1="{x(figure.low):.1f}" x2="{x(figure.high):.1f}" y1="{y}" y2="{y}"/>'
        )
        parts += [_tick(x(end), y, tone) for end in (figure.low, figure.high)]
        parts.append(f'<circle class="dot {tone}" cx="{x(figure.value):.1f}" cy="{y}" r="6"/>')
        parts.append(f'<text class="value" x="{right + 12}" y="{y + 4:.1f}">{figure.value:.1f}</text>')
    told = "; ".join(
        f"{name} {figure.value:.1f}, {figure.low:.1f} to {figure.high:.1f}" for name, figure in figures.items()
    )
    return _svg(parts, height, f"{title}: {told}; chance {chance:.1f}")


def speed_and_quality(points: Mapping[str, tuple[float, float]], *, title: str, colours: Mapping[str, int]) -> str:
    """Return models by chips a second (logarithmic) and a figure in percent; up and to the right is better."""
    left, right, top, floor = 64, WIDTH - 24, 16, 260
    speeds = [speed for speed, _ in points.values()]
    low, high = 10 ** math.floor(math.log10(min(speeds))), 10 ** math.ceil(math.log10(max(speeds) * 1.0001))
    highest = _round_up(max(quality for _, quality in points.values()))

    def x(speed: float) -> float:
        return left + (right - left) * math.log10(speed / low) / math.log10(high / low)

    def y(quality: float) -> float:
        return floor - (floor - top) * quality / highest

    parts = []
    decade = low
    while decade <= high:
        parts.append(f'<line class="grid" x1="{x(decade):.1f}" x2="{x(decade):.1f}" y1="{top}" y2="{floor}"/>')
        parts.append(
            f'<text class="axis" x="{x(decade):.1f}" y="{floor + 18}" text-anchor="middle">{decade:,.0f}</text>'
        )
        decade *= 10
    for step in _steps(highest):
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y(step):.1f}" y2="{y(step):.1f}"/>')
        parts.append(f'<text class="axis" x="{left - 8}" y="{y(step) + 4:.1f}" text-anchor="end">{step:g}</text>')
    parts.append(
        f'<text class="axis" x="{(left + right) / 2}" y="{floor + 36}" text-anchor="middle">chips a second</text>'
    )
    middle = (top + floor) / 2
    turned = f'text-anchor="middle" transform="rotate(-90 14 {middle})"'
    parts.append(f'<text class="axis" x="14" y="{middle}" {turned}>mean mAP, %</text>')
    for (name, (speed, quality)), (along, down, anchor) in zip(
        points.items(), _placed(points, x, y, right), strict=True
    ):
        tone = f"tone{colours[name]}"
        parts.append(f'<circle class="dot {tone}" cx="{x(speed):.1f}" cy="{y(quality):.1f}" r="7"/>')
        parts.append(f'<text class="label" x="{along:.1f}" y="{down:.1f}" text-anchor="{anchor}">{escape(name)}</text>')
    told = "; ".join(
        f"{name}: {speed:,.0f} chips a second, {quality:.1f} %" for name, (speed, quality) in points.items()
    )
    return _svg(parts, floor + 48, f"{title}: {told}")


def _placed(
    points: Mapping[str, tuple[float, float]], x: Scale, y: Scale, right: float
) -> Iterator[tuple[float, float, str]]:
    """Yield where each name stands beside its dot, and on which side, so that none covers another or a dot."""
    taken = [(x(speed) - 9, x(speed) + 9, y(quality)) for speed, quality in points.values()]
    for name, (speed, quality) in points.items():
        width = LETTER * len(name)
        to_left = x(speed) + 14 + width > right
        along = x(speed) + (-12 if to_left else 12)
        start, end = (along - width, along) if to_left else (along, along + width)
        middle = y(quality)
        while any(
            start < other_end and end > other_start and abs(middle - other) < 16
            for other_start, other_end, other in taken
        ):
            middle -= 16
        taken.append((start, end, middle))
        yield along, middle + 4, "end" if to_left else "start"


def _grid(x: Scale, highest: float, floor: float, unit: str, *, middle: float) -> str:
    parts = []
    for step in _steps(highest):
        parts.append(f'<line class="grid" x1="{x(step):.1f}" x2="{x(step):.1f}" y1="{TOP}" y2="{floor}"/>')
        parts.append(f'<text class="axis" x="{x(step):.1f}" y="{floor + 16}" text-anchor="middle">{step:g}</text>')
    told = f"{escape(unit)} (dashed: chance)"
    parts.append(f'<text class="axis" x="{middle:.1f}" y="{floor + 33}" text-anchor="middle">{told}</text>')
    return "".join(parts)


def _tick(x: float, y: float, tone: str) -> str:
    return f'<line class="whisker {tone}" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 5}" y2="{y + 5}"/>'


def _svg(parts: Sequence[str], height: float, told: str) -> str:
    body = "".join(parts)
    return f'<svg role="img" aria-label="{escape(told, quote=True)}" viewBox="0 0 {WIDTH} {height:.0f}">{body}</svg>'


def _round_up(value: float) -> float:
    """Return the next round number that an axis can end at."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 4, 5, 6, 8, 10) if step * power >= value * 0.9999)


def _steps(highest: float) -> list[float]:
    return [round(highest * share / 4, 6) for share in range(5)]
