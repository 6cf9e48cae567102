"""The course of a run: a CSV for machines, a PNG for eyes."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

SIZE = (900, 420)
MARGIN = 46
INK, PALE = (60, 60, 60), (225, 225, 225)
COLOURS = ((31, 119, 180), (214, 39, 40), (44, 160, 44), (255, 127, 14), (148, 103, 189))


@dataclass
class Epoch:
    """What one epoch came to."""

    epoch: int
    losses: dict[str, float]
    recalls: dict[str, float] = field(default_factory=dict)  # exam -> mean recall
    images_per_second: float = 0.0
    seconds: float = 0.0

    @property
    def score(self) -> float:
        """The mean over the exams, by which the best epoch is chosen; -inf where none was held."""
        return sum(self.recalls.values()) / len(self.recalls) if self.recalls else -math.inf


def write_csv(path: Path, history: Sequence[Epoch]) -> None:
    """Write one row an epoch."""
    losses, exams = _names(history)
    fresh = path.with_suffix(".new")
    with open(fresh, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *losses, *exams, "mean_recall", "images_per_second", "seconds"])
        for each in history:
            values = each.losses | each.recalls | ({"mean_recall": each.score} if each.recalls else {})
            row = [f"{values[name]:.4f}" if name in values else "" for name in (*losses, *exams, "mean_recall")]
            writer.writerow([each.epoch + 1, *row, f"{each.images_per_second:.1f}", f"{each.seconds:.1f}"])
    os.replace(fresh, path)


def write_png(path: Path, history: Sequence[Epoch]) -> None:
    """Draw the losses on the left and the mean recalls on the right."""
    losses, exams = _names(history)
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    half = SIZE[0] // 2
    _panel(draw, (0, half), "loss", {name: [(e.epoch + 1, e.losses[name]) for e in history] for name in losses})
    courses = {name: [(e.epoch + 1, e.recalls[name]) for e in history if name in e.recalls] for name in exams}
    _panel(draw, (half, SIZE[0]), "val mean recall, %", courses)
    fresh = path.with_suffix(".new")
    image.save(fresh, format="PNG")
    os.replace(fresh, path)


def _names(history: Sequence[Epoch]) -> tuple[list[str], list[str]]:
    losses = dict.fromkeys(name for each in history for name in each.losses)
    return list(losses), list(dict.fromkeys(name for each in history for name in each.recalls))


def _panel(
    draw: ImageDraw.ImageDraw, span: tuple[int, int], title: str, courses: dict[str, list[tuple[int, float]]]
) -> None:
    left, right, top, bottom = span[0] + MARGIN, span[1] - 14, 34, SIZE[1] - 30
    draw.text((left, 10), title, fill=INK)
    draw.rectangle((left, top, right, bottom), outline=PALE)
    points = [point for course in courses.values() for point in course if math.isfinite(point[1])]
    if not points:
        return
    last, highest = max(x for x, _ in points), max(max(y for _, y in points), 1e-9)
    for share in (0.0, 0.5, 1.0):
        y = bottom - share * (bottom - top)
        draw.line((left, y, right, y), fill=PALE)
        draw.text((span[0] + 6, y - 6), f"{share * highest:.3g}", fill=INK)
    draw.text((right - 50, bottom + 8), f"epoch {last}", fill=INK)
    for number, (name, course) in enumerate(courses.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = [
            (left + (x - 1) / max(last - 1, 1) * (right - left), bottom - y / highest * (bottom - top))
            for x, y in course
            if math.isfinite(y)
        ]
        if len(line) > 1:
            draw.line(line, fill=colour, width=2)
        for x, y in line[-1:]:
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=colour)
        draw.text((left + 8 + 110 * (number % 3), top + 6 + 14 * (number // 3)), name, fill=colour)
