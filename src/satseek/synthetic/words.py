"""The words that labels go by: nouns for one and for many, and keywords."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from satseek.synthetic.facts import LONG_VIEW_M, Facts


@dataclass(frozen=True)
class Nouns:
    """How one label is called."""

    one: tuple[str, ...]  # with its article
    many: tuple[str, ...] = ()  # for several of them
    land: tuple[str, ...] = ()  # for ground that is full of it
    keywords: tuple[str, ...] = ()


NOUNS: dict[str, Nouns] = {
    "airport": Nouns(("an airport", "an airfield"), keywords=("airport",)),
    "bare rock": Nouns(("a piece of bare rock",), (), ("bare rock", "stony ground"), ("rock",)),
    "beach": Nouns(("a beach", "a sandy beach", "a sandy shore"), keywords=("beach", "coast")),
    "bridge": Nouns(("a bridge",), ("bridges",), keywords=("bridge",)),
    "desert": Nouns(("a desert",), (), ("desert", "bare sand", "sandy desert"), ("desert", "sand")),
    "field": Nouns(
        ("a field", "a piece of farmland"), ("fields", "farm fields"), ("farmland", "cropland", "farm fields"),
        ("field", "farmland"),
    ),
    "forest": Nouns(
        ("a forest", "a wood"), (), ("forest", "woodland", "a dense forest", "many trees"), ("forest", "trees"),
    ),
    "harbour": Nouns(("a harbour", "a port"), keywords=("harbour", "port")),
    "lake": Nouns(("a lake",), ("lakes",), keywords=("lake", "water")),
    "meadow": Nouns(
        ("a meadow",), ("meadows",), ("grassland", "meadows", "open grass"), ("meadow", "grass"),
    ),
    "mountain": Nouns(
        ("a rocky mountain", "a mountain"), (), ("rocky slopes", "rocky mountains", "mountain slopes"),
        ("mountain", "rock"),
    ),
    "orchard": Nouns(("an orchard",), ("orchards",), ("rows of fruit trees", "orchards"), ("orchard",)),
    "plane": Nouns(("a plane", "an aircraft", "an airplane"), ("planes", "aircraft", "airplanes"), (), ("plane",)),
    "river": Nouns(("a river",), keywords=("river", "water")),
    "road": Nouns(("a road",), ("roads",), keywords=("road",)),
    "runway": Nouns(("a runway",), ("runways",), keywords=("runway",)),
    "scrub": Nouns(("a piece of scrubland",), (), ("scrubland", "scattered bushes", "bushes"), ("scrub", "bushes")),
    "sea": Nouns(("the sea", "the ocean"), (), ("the sea", "open sea", "the ocean"), ("sea", "water")),
    "ship": Nouns(("a ship", "a boat", "a vessel"), ("ships", "boats", "vessels"), (), ("ship",)),
    "solar farm": Nouns(
        ("a solar farm", "a solar power plant"), (), ("rows of solar panels",), ("solar farm", "solar panels"),
    ),
    "sports ground": Nouns(
        ("a sports ground", "a football pitch with a running track", "a playground"), ("sports grounds",), (),
        ("sports ground", "football pitch"),
    ),
    "storage tank": Nouns(
        ("a storage tank", "a round tank"), ("storage tanks", "round storage tanks", "round tanks"), (),
        ("storage tank",),
    ),
    "town": Nouns(
        ("a town", "a residential area", "a built-up area"), (), ("streets and houses", "town blocks", "town houses"),
        ("town", "buildings", "residential"),
    ),
    "village": Nouns(
        ("a village", "a small village", "a settlement"), (), ("village houses", "houses of a village"),
        ("village", "houses"),
    ),
}  # fmt: skip
FIELDS_OF = {
    "pivots": ("round fields", "circular fields"),
    "paddies": ("rice paddies", "small paddy fields"),
    "squares": ("large square fields", "farmland"),
    "strips": ("a patchwork of fields", "narrow fields"),
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def one_of(label: str, facts: Facts, rng: np.random.Generator) -> str:
    """Return a name for one of a label, with its article."""
    if label == "river" and facts.metres >= LONG_VIEW_M:
        return str(rng.choice(["a river", "a winding river", "a curved river", "a meandering river"]))
    return str(rng.choice(NOUNS[label].one))


def land_of(label: str, facts: Facts, rng: np.random.Generator) -> str:
    """Return a name for ground full of a label."""
    if label == "field" and facts.shares.get("field", 0) > 0.2 and rng.random() < 0.4:
        return str(rng.choice(FIELDS_OF[facts.farming]))
    nouns = NOUNS[label]
    return str(rng.choice(nouns.land)) if nouns.land else one_of(label, facts, rng)


def counted(label: str, count: int, facts: Facts, rng: np.random.Generator) -> str:
    """Return a name for so many of a label: a number, or a word that fits the number."""
    nouns = NOUNS[label]
    if count == 1 or not nouns.many:
        return one_of(label, facts, rng)
    if count < len(NUMBERS) and rng.random() < 0.6:
        return f"{NUMBERS[count]} {rng.choice(nouns.many)}"
    vague = "some" if count < 5 else "several" if count < 9 else "many"
    return f"{vague} {rng.choice(nouns.many)}"


def be(phrase: str) -> str:
    """Return the verb that fits a phrase made here."""
    return "are" if is_plural(phrase) else "is"


def is_plural(phrase: str) -> bool:
    """Whether a phrase made here takes `are`."""
    if " and " in phrase or phrase.startswith(("some ", "several ", "many ", *(f"{n} " for n in NUMBERS[2:]))):
        return True
    if phrase.startswith(("a ", "an ", "the ", "one ")):
        return False
    return phrase.split()[-1] in _PLURAL_ENDS or phrase.startswith(("rows ", "houses "))


_PLURAL_ENDS = {
    phrase.split()[-1]
    for nouns in NOUNS.values()
    for phrase in (*nouns.many, *nouns.land)
    if not phrase.startswith(("a ", "an ", "the ")) and phrase.split()[-1].endswith("s") and phrase != "open grass"
} | {"fields", "paddies"}  # fmt: skip
