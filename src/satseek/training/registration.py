"""Teaching structure maps: the correlation of a pair's maps must peak where the two pictures lie on each other.

InfoNCE with one positive, the true shift in the pair's own picture, against every other shift in every picture.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from satseek.core.card import ModelCard
from satseek.core.errors import UsageError
from satseek.datasets.co_registered import CoRegisteredSet, read_pixels
from satseek.models.checkpoint import save_checkpoint
from satseek.models.structure.maps import planes_of
from satseek.models.structure.network import CHANNELS, STRIDE, WIDTH, StructureNetwork, correlations
from satseek.models.structure.picture import READS
from satseek.models.structure.registration import LEAST_OVERLAP

log = logging.getLogger(__name__)

SPECKLE, TINT = 0.25, 0.1  # logarithmic spread of noise on radar, of gain on the colours
_SAME_SHIFT = 2.1  # cells around the true shift that are neither right nor wrong


@dataclass(frozen=True)
class Lesson:
    """How long and how hard it learns."""

    steps: int = 1200
    pairs: int = 24  # of a batch
    side: int = 160  # pixels of the windows
    farthest: int = 60  # pixels that the two windows of a pair lie apart at most
    rate: float = 3e-3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 1 or self.pairs < 2 or self.side % STRIDE or self.farthest < 0:
            raise UsageError(f"Steps must be above 0, pairs above 1 and the side whole fours; this is {self}.")


@dataclass(frozen=True)
class Batch:
    """Windows of pairs, turned and mirrored alike, and how far the optical one lies behind the radar one, in cells."""

    radar: Tensor  # (pairs, 1, side, side)
    optical: Tensor  # (pairs, 3, side, side)
    shifts: Tensor  # (pairs, 2): down, right


def teach_registration(
    pairs: CoRegisteredSet,
    folder: Path,
    lesson: Lesson | None = None,
    *,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> ModelCard:
    """Learn structure maps from pairs, write them as a model folder, and return their card."""
    lesson = lesson or Lesson()
    if pairs.size < lesson.side or len(pairs) < lesson.pairs:
        raise UsageError(
            f"These are {len(pairs):,} pairs of {pairs.size} pixels; {lesson.pairs} windows of {lesson.side} pixels "
            "cannot be cut from them. Give a smaller side or fewer pairs a batch, or more pairs."
        )
    began = time.perf_counter()
    torch.manual_seed(lesson.seed)
    network, ground = StructureNetwork(), _Ground.of(pairs)
    optimizer = torch.optim.AdamW(network.parameters(), lr=lesson.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lesson.rate, total_steps=lesson.steps + 1, pct_start=0.1)
    draw = np.random.default_rng(lesson.seed)
    for step in range(1, lesson.steps + 1):
        loss = registration_loss(network, ground.batch(lesson, draw))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        on_step(step, float(loss.detach()))
    log.info("Learnt structure maps in %.0f s", time.perf_counter() - began)
    return save_checkpoint(
        folder,
        _card(pairs, lesson),
        network.state_dict(),
        settings={"width": WIDTH, "channels": CHANNELS, "stride": STRIDE},
    )


def registration_loss(network: StructureNetwork, batch: Batch) -> Tensor:
    """Return the mean of both directions: the shift and the picture, asked from radar and from optical."""
    count, cells = len(batch.radar), batch.radar.shape[-1] // STRIDE
    padded = _padded(cells)
    radar, optical = network.maps(batch.radar, radar=True), network.maps(batch.optical, radar=False)
    surfaces = correlations(radar, optical, padded) * network.sharpness.exp()
    right = _at_shifts(surfaces, batch.shifts)
    wrong = surfaces.masked_fill(~_wrong_shifts(batch.shifts, cells, padded, count), -1e9)
    losses = []
    for asked in (wrong, wrong.transpose(0, 1)):
        rest = asked.flatten(1).logsumexp(1)
        losses.append(torch.logaddexp(right, rest) - right)
    return (losses[0] + losses[1]).mean() / 2


def _at_shifts(surfaces: Tensor, shifts: Tensor) -> Tensor:
    """Return each pair's own correlation at its true shift, between the cells by their distance."""
    whole = shifts.floor()
    between, place = shifts - whole, whole.long()
    own, padded = torch.arange(len(surfaces)), surfaces.shape[-1]
    value = torch.zeros(len(surfaces))
    for down in (0, 1):
        for right in (0, 1):
            weight = (between[:, 0] if down else 1 - between[:, 0]) * (between[:, 1] if right else 1 - between[:, 1])
            cells = surfaces[own, own, (place[:, 0] + down) % padded, (place[:, 1] + right) % padded]
            value = value + weight * cells
    return value


def _wrong_shifts(shifts: Tensor, cells: int, padded: int, count: int) -> Tensor:
    """Return which shifts count as wrong answers: those with enough overlap that are not nearly right."""
    lags = torch.arange(padded)
    signed = torch.where(lags < padded // 2, lags, lags - padded).float()
    overlap = (1 - signed.abs() / cells).clamp(min=0)
    enough = overlap[:, None] * overlap[None, :] >= LEAST_OVERLAP
    near = [(signed[None] - shifts[:, axis, None]).abs() < _SAME_SHIFT for axis in (0, 1)]
    wrong = enough[None, None].repeat(count, count, 1, 1)
    own = torch.arange(count)
    wrong[own, own] &= ~(near[0][:, :, None] & near[1][:, None, :])
    return wrong


def _padded(cells: int) -> int:
    return 8 * math.ceil((2 * cells - int(LEAST_OVERLAP * cells)) / 8)


@dataclass(frozen=True)
class _Ground:
    """All pictures of a set as planes, ready to cut windows from."""

    radar: NDArray[Any]  # (pairs, 1, size, size)
    optical: NDArray[Any]  # (pairs, 3, size, size)

    @staticmethod
    def of(pairs: CoRegisteredSet) -> _Ground:
        planes = [
            np.stack([planes_of(read_pixels(pairs, row, sensor)) for row in range(len(pairs))]).astype(np.float16)
            for sensor in ("s1", "s2")
        ]
        return _Ground(*planes)

    def batch(self, lesson: Lesson, draw: np.random.Generator) -> Batch:
        """Cut two windows of each place, some way apart, and turn and mirror both alike."""
        rows = draw.choice(len(self.radar), lesson.pairs, replace=False)
        slack = self.radar.shape[-1] - lesson.side
        first = draw.integers(0, slack + 1, (lesson.pairs, 2))
        apart = draw.integers(-lesson.farthest, lesson.farthest + 1, first.shape)
        second = np.clip(first + apart, 0, slack)
        radar, optical, shifts = [], [], []
        for row, one, other in zip(rows, first, second, strict=True):
            turn, mirrored = int(draw.integers(4)), bool(draw.integers(2))
            radar.append(_window(self.radar[row], one, lesson.side, turn, mirrored))
            optical.append(_window(self.optical[row], other, lesson.side, turn, mirrored))
            shifts.append(seen_turned(other - one, turn, mirrored))
        noise, tint = SPECKLE * draw.random((lesson.pairs, 1, 1, 1)), TINT * draw.normal(size=(lesson.pairs, 3, 1, 1))
        pictures = np.stack(radar)
        pictures = pictures + noise * draw.normal(size=pictures.shape) * pictures.std((2, 3), keepdims=True)
        return Batch(
            torch.from_numpy(pictures.astype(np.float32)),
            torch.from_numpy((np.stack(optical) * np.exp(tint)).astype(np.float32)),
            torch.from_numpy((np.array(shifts) / STRIDE).astype(np.float32)),
        )


def _window(picture: NDArray[Any], corner: NDArray[np.int64], side: int, turn: int, mirrored: bool) -> NDArray[Any]:
    top, left = int(corner[0]), int(corner[1])
    window = picture[:, top : top + side, left : left + side].astype(np.float32)
    return np.rot90(window[:, :, ::-1] if mirrored else window, turn, (1, 2))


def seen_turned(shift: NDArray[np.int64], turn: int, mirrored: bool) -> NDArray[np.float64]:
    """Return a shift (down, right) as it is seen once the ground is mirrored left to right, then turned by quarters."""
    down, right = float(shift[0]), float(-shift[1] if mirrored else shift[1])
    for _ in range(turn):
        down, right = -right, down
    return np.array([down, right])


def _card(pairs: CoRegisteredSet, lesson: Lesson) -> ModelCard:
    return ModelCard(
        name="structure-maps",
        version="1",
        summary="Small maps in which optical and radar pictures of one place correlate, for registration",
        dimensions=CHANNELS,
        sensors=dict(READS),
        reads_text=False,
        chip_size=pairs.size,
        ground_resolution_m={"s1": (pairs.ground_resolution_m,) * 2, "s2": (pairs.ground_resolution_m,) * 2},
        training_data=f"{len(pairs):,} co-registered pairs of {pairs.name} {pairs.split}, {lesson.steps:,} steps",
        limits="Learnt at one ground resolution. Sees the ground's structure, not what things are.",
    )
