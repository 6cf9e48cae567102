"""Grouping: which files together are one scene, told by their names alone."""

from __future__ import annotations

import re
from collections.abc import Sequence

from satseek.raster.names import band_of_name, is_sidecar, landsat_band

_COLOURS = {"red", "green", "blue"}
_POLARISATIONS = {"VV", "VH", "HH", "HV"}


def group_files(paths: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the files that together are one scene, in the order their scenes first appear; others stand alone.

    Joined are the bands of a Sentinel-1 or -2 SAFE folder, of a BigEarthNet patch, of a Landsat product, and files of
    one folder whose names differ only in a band name at the end. Sidecars go with their raster.
    """
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_key(path), []).append(path)
    joined: list[tuple[str, ...]] = []
    for files in groups.values():
        joined += [tuple(sorted(files))] if _belong_together(files) else [(path,) for path in files]
    return _with_sidecars(joined)


def _key(path: str) -> str:
    if is_sidecar(path):
        return f"sidecar:{path}"
    if product := re.match(r"(.*\.SAFE)(?:/GRANULE/([^/]+))?", path.replace("\\", "/"), re.IGNORECASE):
        return f"safe:{product[1]}:{product[2] or ''}"
    folder, _, name = path.replace("\\", "/").rpartition("/")
    if landsat := landsat_band(name):
        return f"landsat:{folder}:{landsat[0]}"
    band = band_of_name(name)
    if band is None:
        return f"alone:{path}"
    if re.fullmatch(r"R(10|20|60)m", folder.rpartition("/")[2], re.IGNORECASE):
        folder = folder.rpartition("/")[0]
    kind = "radar" if band.band.upper() in _POLARISATIONS else "optical"
    return f"{kind}:{folder}:{band.prefix}"


def _belong_together(files: Sequence[str]) -> bool:
    if any(landsat_band(path) for path in files):
        return True
    bands = [band.band for path in files if (band := band_of_name(path)) is not None]
    folded = {band.lower() for band in bands}
    if not folded:
        return False
    if all(re.fullmatch(r"B[1-9]", band, re.IGNORECASE) for band in bands):  # b1, b2 may number anything
        return len(folded) >= 3
    if folded.isdisjoint({name.lower() for name in _POLARISATIONS}) and not any(
        re.match(r"b\d", band) for band in folded
    ):
        return folded >= _COLOURS
    return True


def _with_sidecars(groups: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Put each sidecar behind its raster; one whose raster is not here is dropped, it shows nothing by itself."""
    rasters = [group for group in groups if not is_sidecar(group[0])]
    place = {re.sub(r"\.[^./\\]+$", "", path): index for index, group in enumerate(rasters) for path in group}
    place |= {path: index for index, group in enumerate(rasters) for path in group}
    sidecars: dict[int, list[str]] = {}
    for group in groups:
        if is_sidecar(group[0]):
            stem = re.sub(r"(\.aux\.xml|\.[^./\\]+)$", "", group[0], flags=re.IGNORECASE)
            if stem in place:
                sidecars.setdefault(place[stem], []).append(group[0])
    return [(*group, *sidecars.get(index, ())) for index, group in enumerate(rasters)]
