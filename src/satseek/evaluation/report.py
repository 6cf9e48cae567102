"""What an evaluation returns: the figures of one model, and tables of several beside what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from satseek.evaluation.metrics import Recall
from satseek.evaluation.published import differences, published_on

_WAYS = (("i2t", "image → text"), ("t2i", "text → image"))


@dataclass(frozen=True)
class EvaluationReport:
    """How well one model finds images by text and texts by image, on one split; all figures in percent."""

    model: str
    dataset: str
    split: str
    mode: str
    images: int
    captions: int
    recall: Recall
    chance: float
    ceiling: float
    different_texts: int
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)  # image -> why
    blank_captions: int = 0

    @property
    def mean_recall(self) -> float:
        """The mean of R@1, R@5 and R@10 both ways: the papers' mR."""
        return self.recall.mean

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        six = {
            f"{way}_r{k}": round(share, 4)
            for way, shares in (("i2t", self.recall.i2t), ("t2i", self.recall.t2i))
            for k, share in zip((1, 5, 10), shares, strict=True)
        }
        return six | {
            "mean_recall": round(self.mean_recall, 4),
            "ci95": [round(bound, 4) for bound in self.recall.ci95],
            "chance": round(self.chance, 4),
            "ceiling": round(self.ceiling, 4),
            "strict_mean_recall": round(self.recall.strict, 4),
            "images": self.images,
            "captions": self.captions,
            "model": self.model,
            "dataset": self.dataset,
            "split": self.split,
            "mode": self.mode,
            "i2t_median_rank": self.recall.i2t_median_rank,
            "t2i_median_rank": self.recall.t2i_median_rank,
            "different_texts": self.different_texts,
            "blank_captions": self.blank_captions,
            "missing": list(self.missing),
            "broken": dict(self.broken),
            "seconds": round(self.seconds, 3),
        }

    def __str__(self) -> str:
        asked = "captions" if self.mode == "sentence" else f"queries by {self.mode}"
        low, high = self.recall.ci95
        lines = [
            f"{self.model} on {self.dataset} {self.split}: {self.images:,} images, {self.captions:,} {asked} "
            f"({self.different_texts:,} different), {self.seconds:.1f} s",
            f"{'':14}{'R@1':>8}{'R@5':>8}{'R@10':>8}{'median rank':>14}",
        ]
        for way, title in _WAYS:
            shares = "".join(f"{share:8.2f}" for share in getattr(self.recall, way))
            lines.append(f"{title:14}{shares}{getattr(self.recall, f'{way}_median_rank'):14.1f}")
        lines += [
            f"mean recall {self.mean_recall:.2f}  (95 % interval {low:.2f} to {high:.2f})",
            f"with every tie against the model {self.recall.strict:.2f}; chance {self.chance:.2f}; "
            f"the best that shared captions leave {self.ceiling:.2f}",
        ]
        return "\n".join([*lines, *self.left_out()])

    def left_out(self) -> list[str]:
        """Return a line for each kind of thing that could not be measured."""
        found = []
        if self.missing:
            found.append(f"left out: {len(self.missing):,} images that are not there, such as {self.missing[0]}")
        if self.broken:
            found.append(f"left out: {len(self.broken):,} broken images, such as {next(iter(self.broken))}")
        if self.blank_captions:
            found.append(f"left out: {self.blank_captions:,} blank captions")
        return found


def side_by_side(reports: Sequence[EvaluationReport], *, published: bool = True) -> str:
    """Return a table of models measured on one split, and below a line what papers give, marked where it differs."""
    width = max(24, *(len(report.model) for report in reports))
    head = "".join(f"{title:>8}" for title in ("R@1", "R@5", "R@10", "R@1", "R@5", "R@10", "mR"))
    first = reports[0]
    lines = [
        f"{first.dataset} {first.split}, {first.mode}: {first.images:,} images, {first.captions:,} queries; "
        f"chance {first.chance:.2f}, ceiling {first.ceiling:.2f}",
        f"{'':{width}}{'image → text':>24}{'text → image':>24}",
        f"{'model':{width}}{head}   95 % interval",
    ]
    for report in sorted(reports, key=lambda each: -each.mean_recall):
        low, high = report.recall.ci95
        figures = [*report.recall.i2t, *report.recall.t2i, report.mean_recall]
        lines.append(f"{report.model:{width}}{_cells(figures)}   {low:.2f} to {high:.2f}")
    return "\n".join([*lines, *(_published_lines(first, width) if published else [])])


def _published_lines(report: EvaluationReport, width: int) -> list[str]:
    found = published_on(report.dataset, report.mode)
    if not found:
        return [f"nothing is published on {report.dataset} by {report.mode} that could stand here"]
    apart = differences(report.dataset, report.split, report.images)
    mark = "*" if apart else " "
    lines = ["published" + (" (* not comparable: " + "; ".join(apart) + ")" if apart else "")]
    for line in found:
        beyond = f"   learnt on {line.learnt_elsewhere} too" if line.learnt_elsewhere else ""
        six: Sequence[float | None] = line.six or (None,) * 6
        lines.append(f"{line.method + ' ' + mark:{width}}{_cells([*six, line.mean_recall])}{beyond}")
    return lines


def _cells(figures: Sequence[float | None]) -> str:
    return "".join(f"{'–':>8}" if figure is None else f"{figure:8.2f}" for figure in figures)
