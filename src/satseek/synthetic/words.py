"""The words that labels go by: nouns with their plurals, counts, and keywords."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Nouns:
    """How one label is called."""

    one: tuple[str, ...]  # with its article
    many: tuple[str, ...] = ()  # for several of them
    mass: tuple[str, ...] = ()  # for land that is full of it
    keywords: tuple[str, ...] = ()


NOUNS: dict[str, Nouns] = {
    "airport": Nouns(("an airport", "an airfield"), keywords=("airport",)),
    "beach": Nouns(("a beach", "a sandy beach", "a sandy shore"), keywords=("beach", "sand", "coast")),
    "bridge": Nouns(("a bridge",), ("bridges",), keywords=("bridge",)),
    "desert": Nouns(("a desert", "bare sand"), mass=("desert", "bare sandy ground"), keywords=("desert", "sand")),
    "field": Nouns(
        ("a field", "a piece of farmland"), ("fields", "farm fields"), ("farmland", "cropland", "fields"),
        ("field", "farmland"),
    ),
    "forest": Nouns(
        ("a forest", "a wood"), mass=("forest", "woodland", "dense trees", "a dense forest"),
        keywords=("forest", "trees"),
    ),
    "harbour": Nouns(("a harbour", "a port"), keywords=("harbour", "port")),
    "lake": Nouns(("a lake",), ("lakes",), keywords=("lake", "water")),
    "meadow": Nouns(("a meadow", "a grassland"), ("meadows",), ("grassland", "meadows", "open grass"),
                    ("meadow", "grass")),
    "mountain": Nouns(("a rocky mountain", "a mountain"), mass=("bare rock", "rocky mountains", "mountain slopes"),
                      keywords=("mountain", "rock")),
    "orchard": Nouns(("an orchard",), ("orchards",), ("rows of fruit trees", "orchards"), ("orchard",)),
    "plane": Nouns(("a plane", "an aircraft", "an airplane"), ("planes", "aircraft", "airplanes"), keywords=("plane",)),
    "river": Nouns(("a river", "a winding river", "a curved river"), keywords=("river", "water")),
    "road": Nouns(("a road",), ("roads",), keywords=("road",)),
    "runway": Nouns(("a runway",), ("runways",), keywords=("runway",)),
    "sea": Nouns(("the sea", "the ocean"), mass=("the sea", "open sea", "ocean"), keywords=("sea", "water")),
    "ship": Nouns(("a ship", "a boat", "a vessel"), ("ships", "boats", "vessels"), keywords=("ship",)),
    "solar farm": Nouns(("a solar farm", "a solar power plant"), mass=("rows of solar panels",),
                        keywords=("solar farm", "solar panels")),
    "sports ground": Nouns(("a sports ground", "a football field with a running track", "a playground"),
                           ("sports grounds",), keywords=("sports ground", "football field")),
    "storage tank": Nouns(("a storage tank", "a round tank"), ("storage tanks", "round storage tanks", "round tanks"),
                          keywords=("storage tank",)),
    "town": Nouns(("a town", "a residential area", "a built-up area"),
                  mass=("streets and houses", "dense buildings", "a dense residential area", "town blocks"),
                  keywords=("town", "buildings", "residential")),
    "village": Nouns(("a village", "a small village", "a settlement"), mass=("village houses", "scattered houses"),
                     keywords=("village", "houses")),
}  # fmt: skip

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def one_of(label: str, rng: np.random.Generator) -> str:
    """Return a name for one of a label, with its article."""
    return str(rng.choice(NOUNS[label].one))


def land_of(label: str, rng: np.random.Generator) -> str:
    """Return a name for land full of a label."""
    nouns = NOUNS[label]
    return str(rng.choice(nouns.mass or nouns.many or nouns.one))


def counted(label: str, count: int, rng: np.random.Generator) -> str:
    """Return a name for so many of a label: a number, or a word that fits the number."""
    nouns = NOUNS[label]
    if count == 1 or not nouns.many:
        return one_of(label, rng)
    vague = "some" if count < 5 else "several" if count < 9 else "many"
    if count < len(NUMBERS) and rng.random() < 0.6:
        return f"{NUMBERS[count]} {rng.choice(nouns.many)}"
    return f"{vague} {rng.choice(nouns.many)}"


def is_plural(phrase: str) -> bool:
    """Whether a phrase made here takes `are`."""
    for nouns in NOUNS.values():
        for many in (
            *nouns.many,
            "streets and houses",
            "dense buildings",
            "town blocks",
            "village houses",
            "scattered houses",
            "rows of solar panels",
            "rows of fruit trees",
            "dense trees",
            "rocky mountains",
            "mountain slopes",
        ):
            if phrase.endswith(many) and not phrase.startswith(("a ", "an ", "one ")):
                return True
    return False  # fmt: skip
