"""Sentinel-1: the calibration of ground-range products, whose numbers are mere counts without their table."""

from __future__ import annotations

import os
import re

from satseek.raster.names import band_of_name

_TABLE_BYTES = 30_000_000


def counts_to_amplitude(path: str) -> float | None:
    """Return what a SAFE product's counts are divided by: the mean of its sigma nought table, None without one.

    The table varies by about one decibel over a swath, and its mean leaves no more than that.
    """
    folder, name = os.path.split(path)
    stem = os.path.splitext(name)[0]
    table = os.path.join(os.path.dirname(folder), "annotation", "calibration", f"calibration-{stem}.xml")
    if band_of_name(name) is None or not os.path.isfile(table):
        return None
    with open(table, encoding="utf-8", errors="replace") as file:
        rows = re.findall(r"<sigmaNought[^>]*>([^<]+)</sigmaNought>", file.read(_TABLE_BYTES))
    try:
        values = [float(number) for row in rows for number in row.split()]
    except ValueError:
        return None
    mean = sum(values) / len(values) if values else 0.0
    return mean if mean > 0 else None
