"""What came of each scene that is being read: whether windows of it failed, and whether any was worth a chip."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from satseek.ingest.job import Surveyed
from satseek.ingest.read import Reading
from satseek.ingest.report import NODATA, Tally


@dataclass
class _SoFar:
    surveyed: Surveyed
    skipped: int = 0
    failed: int = 0
    error: str | None = None
    best_valid_share: float = 0.0


class Outcomes:
    """Gathers the readings of scenes, and tells the tally about a scene once it is over."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._scenes: dict[int, _SoFar] = {}  # those of one slab at a time, so they stay few
        self._slab = 0

    def take(self, reading: Reading) -> None:
        """Note what came of one job; jobs of a later slab say that the scenes before are over."""
        if reading.job.slab != self._slab:
            self._slab = reading.job.slab
            self._finish(but=max(self._scenes, default=-1))  # only the last scene of a slab may go on in the next
        scene = self._scenes.setdefault(reading.job.surveyed.number, _SoFar(reading.job.surveyed))
        scene.skipped += reading.skipped
        scene.failed += reading.failed
        scene.error = scene.error or reading.error
        scene.best_valid_share = max(scene.best_valid_share, reading.best_valid_share)
        self._tally.read(reading.byte_count)
        self._tally.skip(NODATA, reading.skipped)
        self._tally.give_up(reading.failed)

    def over(self, numbers: Iterable[int]) -> None:
        """Tell about scenes of which nothing more will come."""
        for number in numbers:
            if number in self._scenes:
                self._tell(self._scenes.pop(number))

    def finish(self) -> None:
        """Tell about the scenes that are left."""
        self._finish(but=-1)

    def _finish(self, *, but: int) -> None:
        for number in [number for number in self._scenes if number != but]:
            self._tell(self._scenes.pop(number))

    def _tell(self, scene: _SoFar) -> None:
        source, windows = scene.surveyed.scene.source, scene.surveyed.windows
        if scene.error is not None:
            lost = f" ({scene.failed:,} of its {windows:,} windows are left out.)" if scene.failed < windows else ""
            self._tally.refuse(source, scene.error + lost)
        elif scene.skipped == windows and scene.best_valid_share == 0:
            self._tally.refuse(
                source,
                "It holds no valid pixel: all of it is nodata or NaN. "
                "If its nodata value is wrong, set the right one with --nodata.",
            )
        elif scene.skipped == windows:
            self._tally.warn(
                f"nothing was added, for all windows hold too much nodata ({1 - scene.best_valid_share:.0%} at best). "
                "Allow more with --max-nodata.",
                source,
            )
