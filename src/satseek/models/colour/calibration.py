"""What is ordinary: the mean and spread of each kind of evidence, so that a score says 'more than usual'.

Measured over painted land of all sensors, UC Merced aerial pictures (public domain) and Sentinel-1/2 scenes
(Copernicus); square roots of evidence for concepts, the plain columns for looks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.models.colour.concepts import CONCEPTS

ORDINARY: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "rgb": {
        "water": (0.132, 0.198), "waterway": (0.053, 0.097), "shore": (0.034, 0.037), "tree": (0.232, 0.240),
        "grass": (0.234, 0.219), "crop": (0.040, 0.032), "bare": (0.134, 0.159), "sand": (0.108, 0.140),
        "built": (0.611, 0.301), "paved": (0.179, 0.155), "line": (0.598, 0.099), "object": (0.160, 0.083),
        "white": (0.134, 0.118), "relief": (0.233, 0.070), "bright": (0.692, 0.099), "green": (0.526, 0.289),
        "blue": (0.448, 0.301), "warm": (0.286, 0.220), "rough": (0.323, 0.082), "regular": (0.387, 0.137),
    },
    "s2": {
        "water": (0.273, 0.274), "waterway": (0.106, 0.112), "shore": (0.042, 0.024), "tree": (0.713, 0.288),
        "grass": (0.204, 0.085), "crop": (0.051, 0.030), "bare": (0.172, 0.213), "sand": (0.101, 0.203),
        "built": (0.256, 0.188), "paved": (0.014, 0.020), "line": (0.520, 0.094), "object": (0.249, 0.075),
        "white": (0.011, 0.020), "relief": (0.179, 0.104), "bright": (0.474, 0.144), "green": (0.766, 0.273),
        "blue": (0.246, 0.284), "warm": (0.671, 0.214), "rough": (0.242, 0.055), "regular": (0.253, 0.099),
    },
    "s1": {
        "water": (0.376, 0.261), "waterway": (0.155, 0.114), "shore": (0.164, 0.068), "tree": (0.444, 0.203),
        "grass": (0.498, 0.155), "crop": (0.355, 0.131), "bare": (0.342, 0.091), "sand": (0.168, 0.099),
        "built": (0.173, 0.043), "paved": (0.226, 0.083), "line": (0.685, 0.020), "object": (0.148, 0.080),
        "relief": (0.372, 0.085), "bright": (0.603, 0.128), "green": (0.550, 0.177), "rough": (0.778, 0.042),
    },
}  # fmt: skip
ORDINARY_LOOK: Mapping[str, tuple[float, ...]] = {
    "rgb": (
        1.95, 0.37, 0.52, 0.42, -0.12, 0.32, 0.66, 0.27, 1.33, 0.56, 0.68, 0.34, 0.33, 0.27, 0.40, 1.29, 0.73, 1.96,
        1.85, 1.67, 1.19, 0.57, 0.08, 1.81, 1.51, 1.05, 0.27, 0.32, 0.34, 0.39, 0.18, 0.07, 0.69, 0.50, 0.00, 0.00,
        0.00, 0.77, 0.78, 1.62, 1.51, 1.43,
    ),
    "s2": (
        0.98, 0.34, 2.29, 0.94, 0.51, 0.56, 1.51, 0.25, 0.74, 0.74, 0.39, 0.38, 0.25, 0.66, 0.44, 1.47, 0.46, 1.54,
        1.02, 0.55, 0.26, 0.18, 0.07, 1.17, 0.86, 0.48, 0.94, 1.30, 0.71, 0.26, 0.08, 0.17, 0.79, 0.22, 0.93, 0.30,
        0.55, 0.43, 0.42, 1.78, 1.67, 1.64,
    ),
    "s1": (
        -0.28, 0.52, 0.23, -0.16, 0.55, 0.24, 0.19, 0.24, 0.18, -0.23, 0.75, 0.45, -0.96, 0.41, 0.22, 1.88, 1.34,
        0.44, 0.07, 1.41,
    ),
}  # fmt: skip
_FAR = 4.0  # spreads from the mean; evidence further off counts hardly more


def activations(kind: str, evidence: Mapping[str, FloatArray]) -> FloatArray:
    """Return how many spreads each concept's evidence lies above what is ordinary, softly bounded: (n, concepts)."""
    rows = np.zeros((len(next(iter(evidence.values()))), len(CONCEPTS)), dtype=np.float32)
    for column, concept in enumerate(CONCEPTS):
        if concept in evidence:
            mean, spread = ORDINARY[kind][concept]
            spreads = (np.sqrt(np.maximum(evidence[concept], 0)) - np.float32(mean)) / np.float32(spread)
            rows[:, column] = spreads / np.sqrt(1 + (spreads / np.float32(_FAR)) ** 2)
    return rows


def unusual_look(kind: str, look: FloatArray) -> FloatArray:
    """Return the look's columns around zero: (n, numbers)."""
    return look - np.array(ORDINARY_LOOK[kind], dtype=np.float32)
