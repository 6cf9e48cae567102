"""The land-cover names of BigEarthNet: 43 of CORINE as v1 gives them, and the 19 that both versions are measured on.

Names are what is stored and compared: tools number the classes in different orders.
"""

from __future__ import annotations

from collections.abc import Iterable

MERGED: dict[str, tuple[str, ...]] = {  # one of the 19 -> those of the 43 that it stands for
    "Urban fabric": ("Continuous urban fabric", "Discontinuous urban fabric"),
    "Industrial or commercial units": ("Industrial or commercial units",),
    "Arable land": ("Non-irrigated arable land", "Permanently irrigated land", "Rice fields"),
    "Permanent crops": (
        "Vineyards",
        "Fruit trees and berry plantations",
        "Olive groves",
        "Annual crops associated with permanent crops",
    ),
    "Pastures": ("Pastures",),
    "Complex cultivation patterns": ("Complex cultivation patterns",),
    "Land principally occupied by agriculture, with significant areas of natural vegetation": (
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
    ),
    "Agro-forestry areas": ("Agro-forestry areas",),
    "Broad-leaved forest": ("Broad-leaved forest",),
    "Coniferous forest": ("Coniferous forest",),
    "Mixed forest": ("Mixed forest",),
    "Natural grassland and sparsely vegetated areas": ("Natural grassland", "Sparsely vegetated areas"),
    "Moors, heathland and sclerophyllous vegetation": ("Moors and heathland", "Sclerophyllous vegetation"),
    "Transitional woodland, shrub": ("Transitional woodland/shrub",),
    "Beaches, dunes, sands": ("Beaches, dunes, sands",),
    "Inland wetlands": ("Inland marshes", "Peatbogs"),
    "Coastal wetlands": ("Salt marshes", "Salines"),
    "Inland waters": ("Water courses", "Water bodies"),
    "Marine waters": ("Coastal lagoons", "Estuaries", "Sea and ocean"),
}
DROPPED = (  # of the 43, those that none of the 19 stands for
    "Road and rail networks and associated land",
    "Port areas",
    "Airports",
    "Mineral extraction sites",
    "Dump sites",
    "Construction sites",
    "Green urban areas",
    "Sport and leisure facilities",
    "Bare rock",
    "Burnt areas",
    "Intertidal flats",
)
CLASSES_19 = tuple(MERGED)
CLASSES_43 = tuple(name for merged in MERGED.values() for name in merged) + DROPPED
_OF_43 = {one: name for name, merged in MERGED.items() for one in merged}


def merged_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Return which of the 19 classes these names, of the 43 or of the 19, come to; in the order of the 19."""
    found = {name if name in MERGED else _OF_43.get(name) for name in names}
    return tuple(name for name in CLASSES_19 if name in found)


def unknown_labels(names: Iterable[str]) -> list[str]:
    """Return the names that neither list has."""
    return sorted(set(names) - set(CLASSES_43) - set(CLASSES_19))
