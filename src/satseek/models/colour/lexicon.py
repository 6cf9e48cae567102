"""The lexicon: what ordinary words mean in terms of the concepts; words that are not here mean nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np

from satseek.core.vectors import FloatArray, unit_rows
from satseek.core.words import words_of
from satseek.models.colour.concepts import CONCEPTS, INDEX

# Synonyms share a line; a minus says that the concept is missing where the word fits. A line counts at most 1 in all,
# so that an adjective with a small weight says less than a noun.
MEANINGS: Mapping[str, str] = {
    "water, wet, flood, flooded, inundated": "water",
    "river, stream, creek, canal, waterway, brook": "waterway 0.5 water 0.3 green",
    "winding, meandering, meander, curved": "0.5 waterway",
    "lake, pond, reservoir, lagoon, basin, swimming pool, pool": "water 0.4 green 0.3 grass -0.4 bright",
    "sea, ocean, bay, open water": "water blue -warm -0.5 line -0.3 green",
    "wave, surf, foam": "water white shore",
    "coast, coastline, shore, shoreline, seashore, waterfront, bank": "water shore",
    "beach": "shore water 0.5 sand 0.5 grass",
    "island, isle": "water shore 0.5 tree",
    "harbour, harbor, port, marina, dock, quay, pier": "object water 0.5 shore 0.5 built",
    "ship, boat, vessel, yacht, ferry": "object water",
    "bridge": "waterway water 0.5 shore",
    "wetland, marsh, swamp": "water grass green",
    "forest, wood, woodland, woods, tree, jungle, grove, canopy, rainforest": "tree 0.5 green -0.5 bright",
    "orchard, plantation, vineyard": "crop regular 0.5 tree",
    "bush, shrub, shrubland, chaparral, scrub": "warm rough bare -green",
    "vegetation, vegetated, plant, lush": "green 0.5 tree 0.5 grass",
    "grass, grassland, meadow, lawn, pasture, turf": "grass green -0.5 rough",
    "park, garden": "tree 0.5 grass 0.5 water",
    "golf, golf course": "grass tree 0.5 sand",
    "field, farmland, farm, cropland, crop, agriculture, agricultural, arable, paddy, cultivated": "crop 0.4 grass",
    "bare, barren, bareland, soil, bare soil, bare ground, bare land, earth, ground": "bare warm",
    "rock, rocky, stone, quarry, mine": "bare relief rough",
    "desert, dune": "sand bare warm bright -water -green",
    "sand, sandy": "sand bare bright",
    "mountain, mountainous, hill, hilly, ridge, valley, peak, slope, terrain": "relief -0.3 paved",
    "town, city, urban, built up, buildup, built, settlement, downtown, residential, suburb": "built rough 0.5 line",
    "residential area, neighbourhood, neighborhood, district": "built rough 0.5 line",
    "village, hamlet, rural": "rough 0.5 built 0.5 tree 0.5 green",
    "sparse, scattered": "0.5 tree -0.5 built",
    "building, house, home, roof, rooftop, skyscraper, church, school, mobile home": "built 0.5 rough",
    "dense residential, dense building, dense house": "built rough",
    "dense, crowded, compact": "0.3 rough",
    "factory, industrial, industry, warehouse, commercial, commercial area, hangar, mall": "built 0.5 bright 0.5 white",
    "road, street, highway, motorway, lane, path, freeway, avenue": "line 0.5 paved 0.5 rough",
    "intersection, crossroad, overpass, viaduct, interchange, roundabout": "line 0.5 paved 0.5 rough",
    "railway, rail, track, railroad, railway station, train": "line regular built",
    "runway, taxiway, airstrip": "paved 0.7 grass 0.5 object 0.5 bright -tree",
    "airport, airfield, apron": "paved bright white object 0.5 line",
    "plane, airplane, aircraft, aeroplane, jet": "object paved white",
    "car, vehicle, truck, parking, parking lot, car park, carpark": "paved rough 0.5 object 0.5 built",
    "pavement, paved, asphalt, concrete, tarmac": "paved",
    "square, plaza": "paved 0.5 built 0.5 white",
    "tank, storage tank, silo": "white paved object",
    "container, crane": "object built regular",
    "solar, solar farm, solar panel, panel, photovoltaic": "regular built rough -green",
    "greenhouse": "regular white crop",
    "stadium, sport, sports ground, pitch, football, soccer, playground, running track": "grass object 0.5 regular",
    "tennis, tennis court, court, basketball": "regular 0.5 green",
    "baseball, baseball diamond, baseball field": "grass warm 0.5 object",
    "row, stripe, grid, regular, regularly, orderly": "regular",
    "line, straight, long, linear": "line",
    "snow, snowy, ice, glacier, frozen": "white bright",
    "cloud, cloudy, overcast, fog, haze": "white bright -rough",
    "bright, light, shiny": "bright",
    "dark, shadow, black, dim": "-bright",
    "white": "white bright",
    "grey, gray": "paved -green -warm",
    "green": "green",
    "blue": "blue",
    "red, orange, brown, yellow, ochre, reddish, brownish": "warm",
    "rough, textured, coarse, rugged": "rough",
    "smooth, flat, plain, calm, even, uniform, homogeneous": "-rough",
    "open, empty, bare field, fallow, fallow field": "bare crop -rough",
}
NEGATIONS = frozenset({"no", "not", "without", "never", "lacking", "except"})
_LONGEST = 3  # words of the longest term


def encode_words(text: str) -> FloatArray:
    """Return the direction in concept space that a text names, zero where no word of it is known."""
    total = np.zeros(len(CONCEPTS), dtype=np.float32)
    for term in known_terms(text):
        total += _lexicon()[term]
    return np.asarray(unit_rows(total)[0])


def known_terms(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the terms of a text that the lexicon holds, the longest first where two begin at one word.

    A term right behind a negation is left out: the text asks neither for it nor against it.
    """
    words, position, negated = words_of(text), 0, False
    while position < len(words):
        term = _term_at(words, position)
        if term is None:
            negated = words[position] in NEGATIONS or (negated and words[position] in ("a", "an", "any", "the"))
            position += 1
            continue
        if not negated:
            yield term
        negated = False
        position += len(term)


def known_words() -> list[str]:
    """Return the first word of each line of synonyms, as a taste of what is known."""
    return [synonyms.split(",")[0] for synonyms in MEANINGS]


@cache
def _lexicon() -> dict[tuple[str, ...], FloatArray]:
    lexicon = {}
    for synonyms, meaning in MEANINGS.items():
        row = _row(meaning)
        for synonym in synonyms.split(","):
            lexicon[tuple(words_of(synonym))] = row
    return lexicon


def _row(meaning: str) -> FloatArray:
    """Read `water -0.5 waterway`: a number weighs the concept behind it."""
    row, weight = np.zeros(len(CONCEPTS), dtype=np.float32), 1.0
    for token in meaning.split():
        name = token.removeprefix("-")
        if name in INDEX:
            row[INDEX[name]] = -weight if token.startswith("-") else weight
            weight = 1.0
        else:
            weight = float(token)
    return np.asarray(row / max(1.0, float(np.linalg.norm(row))), dtype=np.float32)


def _term_at(words: list[str], position: int) -> tuple[str, ...] | None:
    for length in range(min(_LONGEST, len(words) - position), 0, -1):
        term = tuple(words[position : position + length])
        if term in _lexicon():
            return term
    word = words[position]
    for ending in ("ed", "ing", "y"):  # forested, farming, grassy
        if len(word) > len(ending) + 2 and word.endswith(ending):
            for stem in (word.removesuffix(ending), word.removesuffix(ending) + "e"):
                if (stem,) in _lexicon():
                    words[position] = stem
                    return (stem,)
    return None
