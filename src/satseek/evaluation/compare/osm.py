"""OpenStreetMap tags as kinds of land: which tag means which word, one table, so that one can see what is judged by."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

# tag -> value -> the words that a model is asked with; "*" is any value but "no"
KINDS: Mapping[str, Mapping[str, str]] = {
    "landuse": {
        "forest": "forest",
        "residential": "residential area",
        "industrial": "industrial area",
        "commercial": "commercial area",
        "retail": "commercial area",
        "farmland": "farmland",
        "farmyard": "farmyard",
        "meadow": "meadow",
        "grass": "meadow",
        "orchard": "orchard",
        "vineyard": "vineyard",
        "quarry": "quarry",
        "landfill": "landfill",
        "railway": "railway",
        "port": "harbour",
        "harbour": "harbour",
        "cemetery": "cemetery",
        "construction": "construction site",
        "reservoir": "lake",
        "basin": "water basin",
        "salt_pond": "salt ponds",
        "aquaculture": "fish ponds",
        "greenhouse_horticulture": "greenhouses",
        "allotments": "allotment gardens",
        "military": "military area",
    },
    "natural": {
        "wood": "forest",
        "scrub": "shrubland",
        "heath": "heath",
        "grassland": "grassland",
        "wetland": "wetland",
        "beach": "beach",
        "sand": "sand",
        "bare_rock": "bare rock",
        "scree": "bare rock",
        "glacier": "glacier",
        "bay": "sea",
        "mud": "mudflat",
    },
    "water": {
        "river": "river",
        "canal": "canal",
        "lake": "lake",
        "reservoir": "lake",
        "pond": "pond",
        "lagoon": "lagoon",
        "basin": "water basin",
        "wastewater": "sewage plant",
    },
    "waterway": {"riverbank": "river", "dock": "harbour", "dam": "dam"},
    "aeroway": {
        "aerodrome": "airport",
        "runway": "airport runway",
        "apron": "airport apron",
        "taxiway": "airport",
        "terminal": "airport terminal",
        "hangar": "hangar",
    },
    "leisure": {
        "park": "park",
        "pitch": "sports field",
        "stadium": "stadium",
        "track": "running track",
        "golf_course": "golf course",
        "marina": "harbour",
        "swimming_pool": "swimming pool",
    },
    "man_made": {"storage_tank": "storage tanks", "wastewater_plant": "sewage plant", "pier": "pier"},
    "amenity": {"parking": "parking lot", "school": "school", "university": "campus", "grave_yard": "cemetery"},
    "power": {"substation": "power substation"},
    "industrial": {"port": "harbour", "oil": "oil refinery", "refinery": "oil refinery"},
    "building": {"*": "buildings"},
    "bridge": {"*": "bridge"},
}
SOLAR = ("plant:source", "generator:source")
ANY_WATER = "water"  # natural=water of whatever kind
_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*"((?:[^"\\]|\\.)*)"')


def kinds_of(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the words for a feature's tags; none where no tag says what the ground is."""
    tags = tags_of(facts)
    found = []
    for tag, values in KINDS.items():
        value = tags.get(tag, "no")
        if value != "no":
            found.append(values.get(value, values.get("*")))
    if tags.get("natural") == "water" or tags.get("landuse") in ("reservoir", "basin") or "water" in tags:
        found.append(ANY_WATER)
    if any(tags.get(name) == "solar" for name in SOLAR):
        found.append("solar farm")
    return tuple(dict.fromkeys(each for each in found if each))


def tags_of(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return tags however the extract holds them: as columns, in `other_tags` (ogr2ogr), or as a `tags` object."""
    tags = {str(key): _text(value) for key, value in facts.items() if key not in ("other_tags", "tags")}
    for key in ("other_tags", "tags"):
        tags |= _packed(facts.get(key))
    return {key: value for key, value in tags.items() if value}


def _packed(value: Any) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {str(key): _text(each) for key, each in value.items()}
    if not isinstance(value, str):
        return {}
    if value.lstrip().startswith("{"):
        try:
            read = json.loads(value)
        except ValueError:
            return {}
        return {str(key): _text(each) for key, each in read.items()} if isinstance(read, dict) else {}
    return {key.replace('\\"', '"'): each.replace('\\"', '"') for key, each in _PAIR.findall(value)}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
