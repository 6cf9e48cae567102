"""What is ordinary: the mean and spread of each kind of evidence, so that a score says 'more than usual'."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from satseek.core.vectors import FloatArray
from satseek.models.colour.concepts import CONCEPTS

ORDINARY: Mapping[str, Mapping[str, tuple[float, float]]] = {"rgb": {}, "s2": {}, "s1": {}}


def activations(kind: str, evidence: Mapping[str, FloatArray]) -> FloatArray:
    """Return how far each concept's evidence lies above what is ordinary, softly bounded: (n, concepts)."""
    rows = np.zeros((len(next(iter(evidence.values()))), len(CONCEPTS)), dtype=np.float32)
    for column, concept in enumerate(CONCEPTS):
        if concept in evidence:
            mean, spread = ORDINARY[kind].get(concept, (0.4, 0.25))
            rows[:, column] = np.tanh((np.sqrt(evidence[concept]) - np.float32(mean)) / np.float32(2 * spread))
    return np.float32(2) * rows


def standardised_look(kind: str, look: FloatArray) -> FloatArray:
    """Return the look's columns around zero with about the same spread each."""
    return np.asarray(look - look.mean(axis=1, keepdims=True), dtype=np.float32)
