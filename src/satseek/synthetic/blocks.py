"""What stands on one street block: closed courts, towers, slabs, halls, or houses with gardens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satseek.synthetic.biomes import Look
from satseek.synthetic.covers import Cover
from satseek.synthetic.things import Frame, Thing, flat_roof, house

RED, BROWN, GREY, WHITE, TAN, DARK, ROSE, RUST, SLATE = range(9)  # kinds of roof
ROOFS: dict[Look, tuple[int, ...]] = {
    "temperate": (RED, ROSE, RUST, RUST, BROWN, BROWN, GREY, SLATE, DARK),
    "boreal": (GREY, DARK, SLATE, SLATE, BROWN, RUST, GREY),
    "arid": (TAN, TAN, TAN, WHITE, GREY),
    "tropical": (RUST, BROWN, GREY, GREY, ROSE, TAN, SLATE),
}
FLAT = {WHITE, TAN}


@dataclass(frozen=True)
class Block:
    """A street block that can be built on: its middle and direction, and how long and wide it is."""

    frame: Frame
    long: float
    short: float


@dataclass
class Builder:
    """Raises houses in the manner of a land, their roofs lit by its sun."""

    rng: np.random.Generator
    look: Look
    sun: float

    def roof(self, at: Frame, length: float, width: float, height: float, *, kind: int | None = None) -> list[Thing]:
        """Return one building under a roof of the land's usual kinds, unless a kind is named."""
        rng = self.rng
        chosen = int(rng.choice(ROOFS[self.look])) if kind is None else kind
        shade = float(rng.uniform(0.8, 1.16))
        if self.look == "arid" or chosen in FLAT:
            return flat_roof(at, length, width, kind=chosen, height=height, shade=shade)
        return house(at, length, width, kind=chosen, height=height, shade=shade, sun=self.sun)

    def block(self, block: Block, *, central: bool, dense: bool) -> list[Thing]:
        """Return what stands on one street block."""
        lot = self.rng.random()
        if lot < 0.05:
            return [Thing(block.frame.rectangle(0, 0, block.long - 4, block.short - 4), Cover.PARK)]
        if lot < 0.09:
            return self._store(block)
        if central and (dense or lot < 0.8):
            return self._perimeter(block) if lot < 0.75 else self._towers(block)
        if lot < (0.34 if dense else 0.17):
            return self._slabs(block)
        return self._gardens(block)

    def _perimeter(self, block: Block) -> list[Thing]:
        """Buildings closed around a court, as old town centres have."""
        rng, frame, long, short = self.rng, block.frame, block.long, block.short
        deep = min(rng.uniform(11, 14), short / 3)
        things = [
            Thing(frame.rectangle(0, 0, long, short), Cover.PAVED, 2),
            Thing(frame.rectangle(0, 0, long - 2 * deep, short - 2 * deep), Cover.GARDEN),
        ]
        tall = rng.uniform(10, 17)
        sides = [
            (frame.at(0, -short / 2 + deep / 2), long),
            (frame.at(0, short / 2 - deep / 2), long),
            (frame.at(-long / 2 + deep / 2, 0, np.pi / 2), short - 2 * deep),
            (frame.at(long / 2 - deep / 2, 0, np.pi / 2), short - 2 * deep),
        ]
        for side, length in sides:
            at = -length / 2
            while at < length / 2 - 7:
                wide = min(rng.uniform(12, 30), length / 2 - at)
                if rng.random() > 0.08:
                    things += self.roof(side.at(at + wide / 2, 0), wide - 0.4, deep, tall * rng.uniform(0.75, 1.2))
                at += wide
        for _ in range(int(rng.integers(0, 4))):  # sheds and side wings in the court
            u, v = rng.uniform(-0.25, 0.25, 2) * (long, short)
            things += self.roof(frame.at(u, v), rng.uniform(8, 16), rng.uniform(6, 9), 5, kind=GREY)
        return things

    def _towers(self, block: Block) -> list[Thing]:
        """A few high buildings on paved ground."""
        rng, long, short = self.rng, block.long, block.short
        things = [Thing(block.frame.rectangle(0, 0, long - 3, short - 3), Cover.PAVED, 1)]
        for u in (-long / 4, long / 4):
            length, width = rng.uniform(20, max(long / 2 - 8, 22)), rng.uniform(16, max(short - 16, 18))
            kind = int(rng.choice([GREY, WHITE, TAN, SLATE]))
            at = block.frame.at(u + rng.uniform(-3, 3), rng.uniform(-4, 4))
            tall = rng.uniform(20, 42)
            things += flat_roof(at, length, width, kind=kind, height=tall, shade=rng.uniform(0.75, 1.05))
            things += flat_roof(at.at(3, 2), 8, 6, kind=GREY, height=tall + 3, shade=0.9)
        return things

    def _slabs(self, block: Block) -> list[Thing]:
        """Rows of long houses on lawns."""
        rng, long, short, things = self.rng, block.long, block.short, []
        kind, tall = int(rng.choice([GREY, WHITE, RUST, SLATE])), rng.uniform(9, 14)
        for u in np.arange(-long / 2 + 12, long / 2 - 8, rng.uniform(24, 30)):
            at = block.frame.at(float(u), 0, np.pi / 2)
            things += self.roof(at, short - rng.uniform(8, 16), 12, tall, kind=kind)
        things.append(Thing(block.frame.line([(-long / 2, 0), (long / 2, 0)], 2.4), Cover.PAVED, 1))
        return things

    def _store(self, block: Block) -> list[Thing]:
        """A flat hall with its car park."""
        rng, frame, long, short = self.rng, block.frame, block.long, block.short
        things = [Thing(frame.rectangle(0, 0, long - 3, short - 3), Cover.PAVED, 0)]
        hall = frame.at(-long / 5, 0)
        kind = int(rng.choice([WHITE, GREY, SLATE]))
        things += flat_roof(hall, long * 0.5, short * 0.72, kind=kind, height=9, shade=rng.uniform(0.75, 1.05))
        for u in np.arange(-long * 0.15, long * 0.16, 9.0):  # machines on the roof
            things.append(
                Thing(hall.rectangle(float(u), float(rng.uniform(-8, 8)), 2.6, 2.6), Cover.CARGO, 9, 0.9, 10.5)
            )
        return things + cars(rng, frame.at(long * 0.27, 0), long * 0.36, short * 0.82)

    def _gardens(self, block: Block) -> list[Thing]:
        """Two rows of houses, gardens between them."""
        rng, frame, long, short = self.rng, block.frame, block.long, block.short
        things: list[Thing] = []
        count = max(int(long / rng.uniform(16, 23)), 1)
        back = short / 2
        for row in (-1, 1):
            for n in range(count):
                if rng.random() < 0.05:
                    continue
                u = (n + 0.5) * long / count - long / 2 + rng.normal(0, 1)
                turn = 0.0 if rng.random() < 0.75 else np.pi / 2
                at = frame.at(u, row * (back - rng.uniform(8, 11)), turn + rng.normal(0, 0.04))
                things += self.roof(at, rng.uniform(10, 14), rng.uniform(8, 10.5), rng.uniform(4.5, 7))
                luck = rng.random()
                if luck < 0.3:
                    things.append(Thing(frame.rectangle(u + 6.5, row * (back - 4), 3.0, 8), Cover.PAVED, 1))
                elif luck < 0.37:
                    things.append(Thing(frame.rectangle(u, row * (back - 24), 8, 4.5), Cover.TARTAN, 2))  # a pool
                elif luck < 0.6:
                    shed = frame.at(u + rng.uniform(-5, 5), row * (back - rng.uniform(20, 26)))
                    things += self.roof(shed, rng.uniform(4, 7), 3.5, 3)
        return things


def cars(rng: np.random.Generator, lot: Frame, length: float, width: float, *, full: float = 0.6) -> list[Thing]:
    """Return cars in rows on a car park about a frame."""
    things = []
    for u in np.arange(-length / 2 + 3, length / 2 - 3, 8.0):
        for v in np.arange(-width / 2 + 2, width / 2 - 2, 2.8):
            if rng.random() < full:
                colour = int(rng.integers(0, 8))
                things.append(Thing(lot.rectangle(float(u), float(v), 4.4, 1.9), Cover.CARGO, 8 + colour, 1.0, 1.5))
    return things
