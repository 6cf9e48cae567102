"""Seeded smooth randomness on metre coordinates: the same place has the same value on every grid."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from satseek.synthetic.grid import FloatArray, Grid


def key_of(seed: int, name: str) -> int:
    """Return the number that a named part of a seeded world draws its randomness from."""
    return zlib.crc32(f"{seed}/{name}".encode())


def rng_of(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a named part of a seeded world, so that parts do not disturb each other."""
    return np.random.default_rng(key_of(seed, name))


def smooth_noise(grid: Grid, seed: int, name: str, wavelength_m: float) -> FloatArray:
    """Return noise of zero mean and unit variance that varies over about one wavelength."""
    across, columns = _spline_weights(grid.x[0], wavelength_m)
    down, rows = _spline_weights(grid.y[:, 0], wavelength_m)
    lattice = _lattice(key_of(seed, name), rows, columns)
    return np.asarray(down @ lattice @ across.T, dtype=np.float32)


def rough_noise(
    grid: Grid, seed: int, name: str, wavelength_m: float, *, octaves: int = 4, gain: float = 0.5
) -> FloatArray:
    """Return noise of unit variance with ever finer detail; octaves finer than two cells are left out."""
    total = np.zeros(grid.shape, dtype=np.float32)
    power = 0.0
    for octave in range(octaves):
        wavelength = wavelength_m / 2**octave
        weight = gain**octave
        power += weight**2
        if wavelength >= 2 * grid.resolution:
            total += np.float32(weight) * smooth_noise(grid, seed, f"{name}/{octave}", wavelength)
    return total / np.float32(np.sqrt(power))


def ridged_noise(grid: Grid, seed: int, name: str, wavelength_m: float, *, octaves: int = 5) -> FloatArray:
    """Return noise within 0 to 1 with sharp crests, as mountains have."""
    total = np.zeros(grid.shape, dtype=np.float32)
    crest = np.ones(grid.shape, dtype=np.float32)
    reach = 0.0
    for octave in range(octaves):
        wavelength = wavelength_m / 2**octave
        weight = 0.5**octave
        reach += weight
        if wavelength < 2 * grid.resolution:
            continue
        ridge = 1.0 - np.minimum(np.abs(smooth_noise(grid, seed, f"{name}/{octave}", wavelength)) * 0.9, 1.0)
        ridge *= ridge
        total += np.float32(weight) * ridge * crest
        crest = np.clip(ridge * 1.6, 0.0, 1.0)  # detail grows on crests, valleys stay smooth
    return total / np.float32(reach)


def grain(shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Return independent noise of zero mean and unit variance, one value a cell."""
    return rng.standard_normal(shape, dtype=np.float32)


def _spline_weights(positions: FloatArray, wavelength_m: float) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return cubic B-spline weights (positions, lattice) of unit length, so that the variance is the same all over."""
    steps = np.asarray(positions, dtype=np.float64) / wavelength_m
    first = np.floor(steps).astype(np.int64)
    f = steps - first
    four = np.stack([(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3], axis=1)
    four /= np.sqrt((four**2).sum(axis=1, keepdims=True))
    lattice = np.arange(first[0] - 1, first[-1] + 3)
    weights = np.zeros((len(steps), len(lattice)), dtype=np.float32)
    rows = np.arange(len(steps))
    for k in range(4):
        weights[rows, first - first[0] + k] = four[:, k]
    return weights, lattice


def _lattice(key: int, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> FloatArray:
    """Return one value a lattice point, hashed from its place, so that it does not matter which window asks."""
    mixed = rows[:, None].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = mixed + columns[None, :].astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    uniform = (mixed >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)
    return (uniform - np.float32(0.5)) * np.float32(np.sqrt(12.0))
