"""Seeded smooth randomness on metre coordinates: the same place has the same value on every grid."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from satseek.synthetic.grid import FloatArray, Grid

Whole = NDArray[np.int64]
SPLINE_POWER = 0.48  # how much of a lattice's deviation is left in the spline through it, both ways taken


def key_of(seed: int, name: str) -> int:
    """Return the number that a named part of a seeded world draws its randomness from."""
    return zlib.crc32(f"{seed}/{name}".encode())


def rng_of(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a named part of a seeded world, so that parts do not disturb each other."""
    return np.random.default_rng(key_of(seed, name))


def smooth_noise(grid: Grid, seed: int, name: str, wavelength_m: float) -> FloatArray:
    """Return noise of zero mean and unit variance that varies over about one wavelength."""
    return rough_noise(grid, seed, name, wavelength_m, octaves=1)


def rough_noise(
    grid: Grid, seed: int, name: str, wavelength_m: float, *, octaves: int = 4, gain: float = 0.5
) -> FloatArray:
    """Return noise of unit variance with ever finer detail; octaves finer than two cells are left out."""
    seen = [k for k in range(octaves) if k == 0 or wavelength_m / 2**k >= 2 * grid.resolution]
    lattice, rows, columns = _empty(grid, wavelength_m)
    for octave in seen:
        if octave:
            lattice, rows, columns = _refined(lattice, rows, columns)
        key = key_of(seed, f"{name}/{octave}")
        lattice = lattice + np.float32(gain**octave) * _lattice(key, rows, columns)
    finest = wavelength_m / 2 ** seen[-1]
    power = sum(gain ** (2 * octave) for octave in range(octaves))
    noise = _evaluated(grid, lattice / np.float32(SPLINE_POWER * np.sqrt(power)), rows, columns, finest)
    return noise


def eroded_noise(grid: Grid, seed: int, name: str, wavelength_m: float, *, octaves: int = 7) -> FloatArray:
    """Return noise like worn mountains: fine detail is left out on steep slopes, so crests are rough, flanks smooth."""
    height = np.zeros(grid.shape, dtype=np.float32)
    down, right = np.zeros_like(height), np.zeros_like(height)
    for octave in range(octaves):
        wavelength = wavelength_m / 2**octave
        if wavelength < 2 * grid.resolution:
            break
        layer = smooth_noise(grid, seed, f"{name}/{octave}", wavelength)
        steps = np.gradient(layer, np.float32(grid.resolution / wavelength))
        down, right = down + steps[0], right + steps[1]
        height += np.float32(0.5**octave) * layer / (1 + np.float32(0.35) * (down * down + right * right))
    return height


def drawn_out(values: FloatArray, coarse: Grid, grid: Grid) -> FloatArray:
    """Return values of a coarse grid as a smooth surface on a finer one."""
    half = coarse.resolution / 2
    shifted = Grid(
        grid.left - coarse.left - half, grid.top - coarse.top - half, grid.resolution, grid.width, grid.height
    )
    rows, columns = np.arange(coarse.height), np.arange(coarse.width)
    return _evaluated(shifted, values, rows, columns, coarse.resolution)


def grain(shape: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Return independent noise of zero mean and unit variance, one value a cell."""
    return rng.standard_normal(shape, dtype=np.float32)


def _empty(grid: Grid, spacing: float) -> tuple[FloatArray, Whole, Whole]:
    """Return a lattice of zeros that reaches over a grid, and the numbers of its rows and columns."""
    left, top, right, bottom = grid.box
    rows = np.arange(int(np.floor(top / spacing)) - 2, int(np.floor(bottom / spacing)) + 4)
    columns = np.arange(int(np.floor(left / spacing)) - 2, int(np.floor(right / spacing)) + 4)
    return np.zeros((len(rows), len(columns)), dtype=np.float32), rows, columns


def _refined(lattice: FloatArray, rows: Whole, columns: Whole) -> tuple[FloatArray, Whole, Whole]:
    """Return the same cubic spline on a lattice twice as fine, so that all octaves are drawn out at once."""
    for _ in range(2):
        fine = np.empty((2 * len(lattice) - 3, lattice.shape[1]), dtype=np.float32)
        fine[0::2] = (lattice[:-1] + lattice[1:]) / 2
        fine[1::2] = (lattice[:-2] + 6 * lattice[1:-1] + lattice[2:]) / 8
        lattice = fine.T
    return lattice, np.arange(2 * rows[0] + 1, 2 * rows[-1]), np.arange(2 * columns[0] + 1, 2 * columns[-1])


def _evaluated(grid: Grid, lattice: FloatArray, rows: Whole, columns: Whole, spacing: float) -> FloatArray:
    """Return the cubic spline's values at the cells' centres."""
    across = _spline_weights(grid.x[0], spacing, columns) @ lattice.T  # (width, lattice rows)
    down = _spline_weights(grid.y[:, 0], spacing, rows)
    return np.asarray(down @ np.ascontiguousarray(across.T), dtype=np.float32)


def _spline_weights(positions: FloatArray, spacing: float, lattice: Whole) -> csr_matrix:
    """Return the four weights of cubic B-splines at each position, (positions, lattice)."""
    steps = np.asarray(positions, dtype=np.float64) / spacing
    first = np.floor(steps).astype(np.int64)
    f = steps - first
    four = np.stack([(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3], axis=1) / 6
    where = first[:, None] - lattice[0] + np.arange(-1, 3)
    bounds = np.arange(0, 4 * len(steps) + 1, 4)
    return csr_matrix((four.ravel().astype(np.float32), where.ravel(), bounds), shape=(len(steps), len(lattice)))


def _lattice(key: int, rows: Whole, columns: Whole) -> FloatArray:
    """Return one value a lattice point, hashed from its place, so that it does not matter which window asks."""
    mixed = rows[:, None].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed = mixed + columns[None, :].astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    uniform = (mixed >> np.uint64(40)).astype(np.float32) / np.float32(1 << 24)
    return (uniform - np.float32(0.5)) * np.float32(np.sqrt(12.0))
