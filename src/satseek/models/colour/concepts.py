"""The concepts that words, pictures and radar have in common: the axes of the shared part of the space."""

from __future__ import annotations

from collections.abc import Mapping

CONCEPTS = (
    "water",  # open or flowing, any share of the chip
    "waterway",  # water that is narrow: rivers, canals
    "shore",  # where water meets bare ground
    "tree",
    "grass",
    "crop",  # patches with straight borders
    "bare",  # soil, rock, sand without plants
    "sand",  # bright and warm bare ground
    "built",  # roofs and walls: hard edges close together
    "paved",  # grey and even
    "line",  # something long and straight
    "object",  # small bright things on calm ground
    "white",  # snow, cloud, foam, white roofs
    "relief",  # light and shade over large forms
    "bright",
    "green",
    "blue",
    "warm",  # red, orange, brown
    "rough",
    "regular",  # edges that all run the same two ways
)
INDEX: Mapping[str, int] = {name: index for index, name in enumerate(CONCEPTS)}
