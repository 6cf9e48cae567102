"""`satseek evaluate MODEL pairs`: how well a model finds a place, or its kind, in another sensor's pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.cli.say import progress

if TYPE_CHECKING:
    from satseek.core.model import Model
    from satseek.datasets.co_registered import CoRegisteredSet

PAIRS = "pairs"  # what stands in the place of a data set's name


@dataclass(frozen=True)
class PairOptions:
    """The options of `satseek evaluate` that pairs alone have."""

    of_set: str | None = None
    shift: int | None = None
    turns: bool = False
    verify: bool = False
    candidates: int | None = None

    def require_none(self) -> None:
        """Raise `UsageError` where one is given and the data set is captioned."""
        from satseek.core.errors import UsageError

        given = [name for name, value in vars(self).items() if value]
        if given:
            option = {"of_set": "set"}.get(given[0], given[0])
            raise UsageError(f"--{option} is for pairs: satseek evaluate MODEL pairs --data DIR --{option} …")


@dataclass(frozen=True)
class Measured:
    """Both reports of one model; the second where the places have labels."""

    places: Any
    meaning: Any = None

    def to_json(self) -> dict[str, Any]:
        """Return all figures as one JSON object; those by labels stand under `labels`."""
        value: dict[str, Any] = self.places.to_json()
        return value if self.meaning is None else value | {"labels": self.meaning.to_json()}

    def __str__(self) -> str:
        return "\n\n".join(str(each) for each in (self.places, self.meaning) if each is not None)


def measure(
    models: dict[str, Model], data: Path, split: str, options: PairOptions, seed: int, quiet: bool
) -> list[Measured]:
    """Return the figures of each model on one split of the pairs in a folder."""
    from satseek.datasets.catalogue import load_pairs
    from satseek.datasets.pair_sets import set_in

    name = options.of_set or set_in(data)
    pairs = load_pairs(name, data, split=split)
    archive = _archive(name, data, pairs)
    return [_measured(called, model, pairs, archive, options, seed, quiet) for called, model in models.items()]


def _measured(
    called: str, model: Model, pairs: CoRegisteredSet, archive: CoRegisteredSet | None, options: PairOptions, seed: int,
    quiet: bool,
) -> Measured:  # fmt: skip
    from satseek.evaluation.cross_sensor import CANDIDATES, evaluate_pairs
    from satseek.evaluation.meaning import evaluate_meaning

    maps = None
    if options.verify or options.candidates:
        from satseek.models.structure.maps import load_maps

        maps = load_maps()
    with progress(f"finding places with {called}", unit="pictures", quiet=quiet) as ticker:
        places = evaluate_pairs(
            model, pairs, shift=options.shift, turns=options.turns, verify=maps,
            candidates=options.candidates or CANDIDATES, name=called, seed=seed, on_progress=_onto(ticker),
        )  # fmt: skip
    if archive is None:
        return Measured(places)
    with progress(f"finding kinds with {called}", unit="pictures", quiet=quiet) as ticker:
        return Measured(places, evaluate_meaning(model, pairs, archive, name=called, on_progress=_onto(ticker)))


def _archive(name: str, data: Path, pairs: CoRegisteredSet) -> CoRegisteredSet | None:
    """Return what labelled queries search: the test split for those of val, where it is there."""
    from satseek.core.errors import SatSeekError
    from satseek.datasets.catalogue import load_pairs

    if pairs.labels is None:
        return None
    if pairs.split != "val":
        return pairs
    try:
        return load_pairs(name, data, split="test")
    except SatSeekError:
        return pairs


def _onto(ticker: Any) -> Callable[[int, int], None]:
    done = 0

    def on_progress(now: int, total: int) -> None:
        nonlocal done
        ticker.expect(total)
        ticker.advance(now - done)
        done = now

    return on_progress
