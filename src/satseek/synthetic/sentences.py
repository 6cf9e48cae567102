"""Sentences about a window, five and different, made only of what is true of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from satseek.synthetic.facts import Facts
from satseek.synthetic.words import NOUNS, counted, is_plural, land_of, one_of

SENTENCES = 5
POINTS = ("airport", "harbour", "sports ground", "solar farm", "village", "town", "lake", "river")
LAND = ("forest", "field", "meadow", "desert", "mountain", "orchard", "sea", "beach", "town", "village")
PLANES_STAND = ("on the apron", "in an airport", "at an airport", "near the terminal building")
BESIDE = ("beside", "next to", "near", "close to")
OPENINGS = (
    "{}", "there {be} {}", "this is {}", "an aerial view of {}", "{} can be seen", "a view of {} from above",
    "the picture shows {}", "here {be} {}",
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
    """Ask the tellers of what is most telling first; plain lists of what is there fill up the rest."""
    told: list[str] = []
    tellers: list[Callable[[Facts, np.random.Generator], list[str]]] = [_things, _relations, _lands]
    for round_ in range(3):
        for tell in tellers:
            for sentence in tell(facts, rng):
                if sentence not in told:
                    told.append(sentence)
        if len(told) >= SENTENCES and round_:
            break
    first = told[:2]
    rest = [told[int(k)] for k in rng.permutation(np.arange(2, len(told)))] if len(told) > 2 else []
    sentences = list(dict.fromkeys(first + rest))[:SENTENCES]
    while len(sentences) < SENTENCES:
        plain = _plain(facts, rng)
        if plain not in sentences:
            sentences.append(plain)
    return tuple(_finished(sentence) for sentence in sentences)


def _things(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what can be counted."""
    found = []
    counts = facts.counts
    if "plane" in counts:
        planes = counted("plane", counts["plane"], rng)
        found.append(f"{planes} {_be(planes)} parked {rng.choice(PLANES_STAND[:3])}")
        if "runway" in facts.labels:
            found.append(f"{one_of('runway', rng)} and {planes} in an airport")
    if "ship" in counts:
        ships = counted("ship", counts["ship"], rng)
        if "harbour" in facts.labels:
            found.append(
                f"{ships} {_be(ships)} {rng.choice(['moored in', 'docked at', 'in'])} {one_of('harbour', rng)}"
            )
        elif "sea" in facts.labels:
            found.append(f"{ships} {_be(ships)} sailing on {one_of('sea', rng)}")
        found.append(f"{ships} on the water")
    if "storage tank" in counts:
        tanks = counted("storage tank", counts["storage tank"], rng)
        found.append(f"{tanks} {_be(tanks)} standing {rng.choice(['close together', 'on bare ground', 'in a row'][:2])}"
                     if counts["storage tank"] > 1 else f"{tanks} on bare ground")  # fmt: skip
        near = _near("storage tank", facts, rng)
        if near:
            found.append(f"{tanks} {rng.choice(BESIDE)} {near}")
    if "bridge" in counts and "river" in facts.labels:
        bridges = counted("bridge", counts["bridge"], rng)
        found.append(f"{bridges} {'crosses' if counts['bridge'] == 1 else 'cross'} {one_of('river', rng)}")
        found.append(f"{one_of('river', rng)} with {bridges} over it")
    if "sports ground" in counts:
        grounds = counted("sports ground", counts["sports ground"], rng)
        near = _near("sports ground", facts, rng)
        found.append(f"{grounds} {rng.choice(BESIDE)} {near}" if near else f"there {_be(grounds)} {grounds}")
    if "runway" in counts:
        found.append(f"{one_of('runway', rng)} with white markings runs through the grass of an airport"
                     if "airport" in facts.labels else one_of("runway", rng))  # fmt: skip
    return found


def _relations(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what lies beside, around and across what."""
    found = []
    for a, b in sorted(facts.around):
        if a in POINTS and b in LAND:
            inner, outer = one_of(a, rng), land_of(b, rng)
            if a == "river":
                verb = rng.choice(["flows through", "winds through", "runs through"])
                found.append(f"{inner} {verb} {outer}")
            else:
                found.append(f"{inner} {rng.choice(['is surrounded by', 'lies in the middle of', 'is in'])} {outer}")
    for a, b in sorted(facts.beside):
        if a in POINTS and (a, b) not in facts.around and facts.labels.index(a) < facts.labels.index(b):
            inner, outer = one_of(a, rng), land_of(b, rng)
            found.append(f"{inner} {_be(inner)} {rng.choice(BESIDE)} {outer}")
    if {"beach", "sea"} <= set(facts.labels):
        found.append(
            f"{one_of('beach', rng)} {rng.choice(['between the land and', 'along', 'beside'])} {one_of('sea', rng)}"
        )
    if "road" in facts.labels:
        for land in ("field", "forest", "desert", "meadow"):
            if facts.shares.get(land, 0) > 0.45 and "town" not in facts.labels:
                found.append(f"{one_of('road', rng)} {rng.choice(['goes through', 'crosses', 'runs through'])} "
                             f"{land_of(land, rng)}")  # fmt: skip
    return found


def _lands(facts: Facts, rng: np.random.Generator) -> list[str]:
    """Sentences about what most of the ground is."""
    lands = [label for label in facts.labels if label in LAND]
    lands.sort(key=lambda label: -facts.shares.get(label, 0.0))
    if not lands:
        return []
    main = lands[0]
    share = facts.shares.get(main, 0.0)
    name = land_of(main, rng)
    found = []
    if share > 0.85:
        found.append(f"{rng.choice(['a large piece of', 'a wide view of', 'an area full of'])} {name.removeprefix('a ')}"
                     if main not in ("sea", "town", "village") else f"a view of {name}")  # fmt: skip
    elif share > 0.5:
        found.append(f"{name} {'cover' if is_plural(name) else 'covers'} most of the area")
    if len(lands) > 1:
        found.append(f"{name} with {land_of(lands[1], rng)}")
        found.append(_opened(f"{land_of(lands[1], rng)} and {land_of(main, rng)}", rng))
    if len(lands) > 2:
        found.append(f"{land_of(lands[0], rng)}, {land_of(lands[1], rng)} and {land_of(lands[2], rng)}")
    return found


def _plain(facts: Facts, rng: np.random.Generator) -> str:
    """A sentence that names one or two of the things that are there."""
    if not facts.labels:
        return str(rng.choice([
            "open ground seen from above", "a piece of open ground", "open land without buildings",
            "bare open ground", "a view of open ground", "plain ground with little on it", "open country from above",
        ]))  # fmt: skip
    names = [land_of(label, rng) for label in rng.permutation(list(facts.labels[:3]))[:2]]
    return _opened(" and ".join(dict.fromkeys(names)), rng)


def _opened(phrase: str, rng: np.random.Generator) -> str:
    opening = str(rng.choice(OPENINGS))
    return opening.replace("{be}", "are" if is_plural(phrase) or " and " in phrase else "is").format(phrase)


def _near(label: str, facts: Facts, rng: np.random.Generator) -> str | None:
    others = sorted(b for a, b in facts.beside if a == label and b in LAND)
    return land_of(str(rng.choice(others)), rng) if others else None


def _be(phrase: str) -> str:
    return "are" if is_plural(phrase) else "is"


def _finished(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:] + "."
