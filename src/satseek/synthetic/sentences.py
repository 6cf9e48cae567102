"""Sentences about a window, five and different, made only of what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from satseek.synthetic.facts import Facts
from satseek.synthetic.words import NOUNS, be, counted, is_plural, land_of, one_of

SENTENCES = 5
LAND = (
    "forest",
    "field",
    "meadow",
    "desert",
    "mountain",
    "bare rock",
    "orchard",
    "scrub",
    "sea",
    "beach",
    "town",
    "village",
)
WITHIN = {
    # what may be said to lie in what, where that is nearly all around it
    "village": ("field", "forest", "meadow", "desert", "scrub", "mountain"),
    "town": ("field", "forest", "meadow", "desert", "scrub"),
    "airport": ("field", "forest", "meadow", "desert", "scrub"),
    "solar farm": ("field", "forest", "meadow", "desert", "scrub"),
    "sports ground": ("field", "forest", "meadow", "town", "village", "scrub"),
    "storage tank": ("field", "meadow", "desert", "forest", "scrub", "town"),
    "lake": ("forest", "field", "meadow", "mountain", "town", "desert", "scrub"),
    "river": ("forest", "field", "meadow", "town", "mountain", "scrub", "desert", "village"),
}
BESIDE = ("beside", "next to", "near", "close to", "by")
OPENINGS = (
    "{}", "there {be} {}", "an aerial view of {}", "{} can be seen", "a view of {} from above", "the picture shows {}",
    "here {be} {}", "an image of {}",
)  # fmt: skip
ALL_OF_IT = ("a large piece of {}", "a wide view of {}", "an area full of {}", "nothing but {}", "{} everywhere")
OPEN_GROUND = (
    "open ground seen from above", "a piece of open ground", "open land without buildings", "plain open ground",
    "a view of open ground", "plain ground with little on it", "open country from above",
)  # fmt: skip


@dataclass(frozen=True)
class Description:
    """What is said of a window, and the truth behind it."""

    sentences: tuple[str, ...]
    keywords: tuple[str, ...]
    labels: tuple[str, ...]
    shares: dict[str, float]
    counts: dict[str, int]


def described(facts: Facts, rng: np.random.Generator) -> Description:
    """Return five sentences, keywords and labels for the facts of a window."""
    keywords = dict.fromkeys(word for label in facts.labels for word in NOUNS[label].keywords)
    return Description(_five(facts, rng), tuple(keywords), facts.labels, facts.shares, facts.counts)


def _five(facts: Facts, rng: np.random.Generator) -> tuple[str, ...]:
    """Ask each teller in turn, twice, so that wording varies; the most telling sentence comes first."""
    told: list[str] = []
    tellers: tuple[Callable[[Facts, np.random.Generator], list[str]], ...] = (_things, _relations, _town, _lands)
    for tell in (*tellers, *tellers):
        told += [sentence for sentence in tell(facts, rng) if sentence not in told]
    first = list(dict.fromkeys([*told[:1], *_foremost(facts, rng)]))
    rest = [sentence for sentence in told if sentence not in first]
    chosen = first + [rest[int(k)] for k in rng.permutation(len(rest))[: SENTENCES - len(first)]]
    while len(chosen) < SENTENCES:
        plain = _plain(facts, rng)
        if plain not in chosen:
            chosen.append(plain)
    return tuple(sentence[0].upper() + sentence[1:] + "." for sentence in chosen)


def _things(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what can be counted."""
    found = []
    for label in ("plane", "ship", "storage tank", "bridge", "sports ground", "runway"):
        if label in facts.counts:
            some = counted(label, facts.counts[label], facts, rng)
            found += {
                "plane": _planes, "ship": _ships, "storage tank": _tanks, "bridge": _bridges, "sports ground": _grounds,
                "runway": _runways,
            }[label](some, facts, rng)  # fmt: skip
    return found


def _planes(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    place = rng.choice(["on the apron", "in an airport", "at an airport", "on the ground of an airport"])
    found = [f"{some} {be(some)} parked {place}", f"{some} {be(some)} standing {place}"]
    if "runway" in facts.labels:
        found.append(f"{some} and {one_of('runway', facts, rng)} in an airport")
    return found


def _ships(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    if "harbour" in facts.labels:
        moored = rng.choice(["moored in", "docked at", "lying in", "in"])
        return [f"{some} {be(some)} {moored} {one_of('harbour', facts, rng)}", f"{some} in the water of a harbour"]
    if "sea" in facts.labels:
        return [f"{some} {be(some)} sailing on {one_of('sea', facts, rng)}", f"{some} on {one_of('sea', facts, rng)}"]
    return [f"{some} on the water"]


def _tanks(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    how = ["standing on bare ground", "behind low walls"]
    if facts.counts["storage tank"] > 1:
        how.append("standing close together")
    found = [f"{some} {be(some)} {rng.choice(how)}"]
    near = _neighbour("storage tank", facts, rng)
    return [*found, f"{some} {be(some)} {rng.choice(BESIDE)} {near}"] if near else found


def _bridges(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    if "river" not in facts.labels:
        return [f"there {be(some)} {some}"]
    river = one_of("river", facts, rng)
    crosses = "cross" if is_plural(some) else rng.choice(["crosses", "is over", "leads over"])
    return [f"{some} {crosses} {river}", f"{river} with {some} over it"]


def _grounds(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    near = _neighbour("sports ground", facts, rng)
    return [f"{some} {be(some)} {rng.choice(BESIDE)} {near}" if near else f"there {be(some)} {some}"]


def _runways(some: str, facts: Facts, rng: np.random.Generator) -> list[str]:
    if "airport" not in facts.labels:
        return [some]
    return [
        f"{some} with white markings in {one_of('airport', facts, rng)}",
        f"{one_of('airport', facts, rng)} with {some}",
    ]


def _relations(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what lies within, beside and across what."""
    found = []
    for a, b in sorted(facts.around):
        if b in WITHIN.get(a, ()):
            inner, outer = _named(a, facts, rng), land_of(b, facts, rng)
            lies = ["flows through", "winds through", "runs through"] if a == "river" else [
                "is surrounded by", "lies in the middle of", "lies amid"
            ]  # fmt: skip
            verb = str(rng.choice(lies))
            if is_plural(inner):
                verb = {"is surrounded by": "are surrounded by"}.get(verb, verb.replace("lies", "lie"))
            found.append(f"{inner} {verb} {outer}")
    for a, b in sorted(facts.beside):
        if a in (*WITHIN, "harbour") and (a, b) not in facts.around and facts.labels.index(a) < facts.labels.index(b):
            inner, outer = _named(a, facts, rng), land_of(b, facts, rng)
            found.append(f"{inner} {be(inner)} {rng.choice(BESIDE)} {outer}")
    if {"harbour", "sea"} <= set(facts.labels):
        found.append(
            f"{one_of('harbour', facts, rng)} {rng.choice(['by', 'beside', 'at'])} {one_of('sea', facts, rng)}"
        )
    if ("beach", "sea") in facts.beside:
        found.append(
            f"{one_of('beach', facts, rng)} {rng.choice(['along', 'beside', 'by'])} {one_of('sea', facts, rng)}"
        )
    if "road" in facts.labels and "town" not in facts.labels:
        road = one_of("road", facts, rng)
        for land in ("field", "forest", "desert", "meadow", "scrub"):
            if facts.shares.get(land, 0) > 0.45 and land in facts.labels:
                goes = rng.choice(["goes through", "crosses", "runs through", "leads through"])
                found.append(f"{road} {goes} {land_of(land, facts, rng)}")
    return found


def _named(label: str, facts: Facts, rng: np.random.Generator) -> str:
    """Return a name for all of a label that is there: so many tanks, but one village."""
    if label in facts.counts:
        return counted(label, facts.counts[label], facts, rng)
    return one_of(label, facts, rng)


def _foremost(facts: Facts, rng: np.random.Generator) -> list[str]:
    """A sentence that names the most telling place of all, so that no set of five leaves it out."""
    places = [label for label in facts.labels if label in (*WITHIN, "harbour", "beach")]
    if not places:
        return []
    place = _named(places[0], facts, rng)
    others = [label for label in facts.labels if label in LAND and label != places[0]]
    if others and rng.random() < 0.7:
        around = land_of(max(others, key=lambda label: facts.shares.get(label, 0.0)), facts, rng)
        return [f"{place} {rng.choice(['and', 'with'])} {around}"]
    return [_opened(place, rng)]


def _town(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about how a settlement is built."""
    for label in ("town", "village"):
        share = facts.shares.get(label, 0)
        if label in facts.labels and share > 0.3:
            close = facts.roofs / share > 0.27
            found = ["buildings stand close together along the streets", "a dense residential area with many buildings"]
            if not close:
                found = ["houses with gardens along the streets", "a residential area of houses with gardens"]
            return found if label == "town" else ["houses with gardens along the lanes of a village"]
    return []


def _lands(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what most of the ground is."""
    lands = sorted((label for label in facts.labels if label in LAND), key=lambda label: -facts.shares.get(label, 0.0))
    if not lands:
        return []
    names = [land_of(label, facts, rng) for label in lands[:3]]
    share = facts.shares.get(lands[0], 0.0)
    found = []
    if share > 0.88 and not names[0].startswith(("a ", "the ")):
        found.append(str(rng.choice(ALL_OF_IT)).format(names[0]))
    if share > 0.55:
        found.append(f"{names[0]} {'cover' if is_plural(names[0]) else 'covers'} most of the area")
    if len(names) > 1:
        found += [f"{names[0]} with {names[1]}", _opened(f"{names[1]} and {names[0]}", rng)]
    if len(names) > 2:
        found.append(f"{names[0]}, {names[1]} and {names[2]}")
    return found


def _plain(facts: Facts, rng: np.random.Generator) -> str:
    """A sentence that names one or two of the things that are there."""
    if not facts.labels:
        return str(rng.choice(OPEN_GROUND))
    chosen = rng.permutation(list(facts.labels[:4]))[: int(rng.integers(1, 3))]
    return _opened(" and ".join(dict.fromkeys(land_of(str(label), facts, rng) for label in chosen)), rng)


def _opened(phrase: str, rng: np.random.Generator) -> str:
    return str(rng.choice(OPENINGS)).replace("{be}", be(phrase)).format(phrase)


def _neighbour(label: str, facts: Facts, rng: np.random.Generator) -> str | None:
    others = sorted(b for a, b in facts.beside if a == label and b != label)
    return land_of(str(rng.choice(others)), facts, rng) if others else None
