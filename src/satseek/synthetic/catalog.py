"""A catalog of painted scenes: COGs of every sensor, labels and captions beside them, and STAC that ties them up."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import shapely
from numpy.typing import NDArray
from rasterio.warp import transform as warp

from satseek.core.errors import SatSeekError, UnknownName, UsageError
from satseek.synthetic.annotations import features_of
from satseek.synthetic.cog import write_cog
from satseek.synthetic.covers import known_labels
from satseek.synthetic.items import collection_name, collection_of, item_of
from satseek.synthetic.land import Land
from satseek.synthetic.noise import rng_of
from satseek.synthetic.s2 import scene_classes
from satseek.synthetic.world import BANDS, World


class WriteError(SatSeekError):
    """The catalog cannot be written where it was asked for."""


Progress = Callable[[int, int, str], None]
"""Told how many scenes are done, how many there will be, and which was just written."""
CATALOG_ID = "satseek-synthetic"
AERIAL_METRES, SATELLITE_METRES = 1.0, 10.0
WIDER = 5  # a satellite scene is this many times wider than the aerial one in its middle
EVERY = 2  # map cells a side in a satellite pixel
DN_SCALE, DN_OFFSET = 1e-4, -0.1  # reflectance = number × scale + offset, as Sentinel-2 has it since 2022
LEAST_SIZE, MOST_SIZE = 64, 16_384
TWO_AT_A_TIME = 3_072  # pixels a side; each scene of this size takes about 1.5 GB
Items = list[pystac.Item]


def write_catalog(
    folder: Path | str,
    *,
    scenes: int = 8,
    size: int = 2048,
    seed: int = 7,
    sensors: Sequence[str] = ("rgb", "s2", "s1"),
    without: Sequence[str] = (),
    force: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Paint scenes and write them as a self-contained STAC catalog; return the path of its catalog.json.

    The aerial picture of a scene has `size` pixels of one metre. The satellites see five times as much land around it,
    in pixels of ten metres: half as many pixels a side. Files are written beside the folder and moved there when all
    is done; a run that was stopped goes on where it stood.
    """
    folder = Path(folder).absolute()
    sensors = _checked(scenes, size, sensors)
    known_labels(without)
    settings = {"scenes": scenes, "size": size, "seed": seed, "sensors": sensors, "without": sorted(without)}
    try:
        _make_room(folder, force)
        made = folder.parent / f".{folder.name}.part"
        _resume(made, settings)
        _painted(made, scenes, size, seed, sensors, without, progress)
        _replace(made, folder)
    except OSError as error:  # rasterio's own errors among them
        why = error.strerror or str(error)
        raise WriteError(
            f"Cannot write the catalog {folder}: {why}. Choose a folder that has room and may be written."
        ) from error
    return folder / "catalog.json"


def _painted(
    made: Path,
    scenes: int,
    size: int,
    seed: int,
    sensors: list[str],
    without: Sequence[str],
    progress: Progress | None,
) -> None:
    """Write all files of the catalog into a folder."""
    catalog = pystac.Catalog(CATALOG_ID, "Painted land, seen by several sensors. Made by 'satseek synth'.")
    items: dict[str, Items] = {sensor: [] for sensor in sensors}
    for number, of_place in enumerate(_in_order(lambda n: _scene(made, n, size, sensors, seed, without), scenes, size)):
        for item in of_place:
            _link(item, of_place)
            items[str(item.properties["satseek:sensor"])].append(item)
        if progress is not None:
            progress(number + 1, scenes, str(of_place[0].properties["satseek:place"]))
    for sensor, held in items.items():
        name = collection_name(sensor, size=size, seed=seed, without=without)
        collection = collection_of(name, sensor, held)
        collection.add_items(held)
        catalog.add_child(collection)
    catalog.normalize_hrefs(f"{made}/")  # the slash: a folder with a dot in its name is no file
    catalog.save(pystac.CatalogType.SELF_CONTAINED)
    (made / "settings.json").unlink()


def _checked(scenes: int, size: int, sensors: Sequence[str]) -> list[str]:
    for sensor in sensors:
        if sensor not in BANDS:
            raise UnknownName("sensor", sensor, BANDS)
    if not sensors:
        raise UsageError(f"Name at least one sensor of {', '.join(BANDS)}.")
    if scenes < 1:
        raise UsageError(f"{scenes} scenes cannot be painted. Ask for one or more.")
    if not LEAST_SIZE <= size <= MOST_SIZE or size % 4:
        raise UsageError(
            f"A size of {size} pixels is not possible. Give a multiple of 4 from {LEAST_SIZE} to {MOST_SIZE}."
        )
    return [sensor for sensor in BANDS if sensor in sensors]


def _make_room(folder: Path, force: bool) -> None:
    """Refuse a folder that holds something, unless it is an earlier catalog of ours that may go."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a folder that is new or empty.")
    if not any(folder.iterdir()):
        return
    if not force:
        raise UsageError(f"{folder} is not empty. Name a new folder, or replace an earlier catalog with --force.")
    if not _is_ours(folder):
        raise UsageError(
            f"{folder} holds no catalog of 'satseek synth', and --force deletes nothing else. Choose another."
        )


def _is_ours(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "catalog.json").read_text())["id"] == CATALOG_ID)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _resume(made: Path, settings: dict[str, Any]) -> None:
    """Keep the finished files of a run that was stopped, if it was to make the same catalog."""
    note = made / "settings.json"
    wanted = json.dumps(settings, sort_keys=True)
    if made.exists() and (not note.exists() or note.read_text() != wanted):
        shutil.rmtree(made)
    made.mkdir(parents=True, exist_ok=True)
    note.write_text(wanted)


def _replace(made: Path, folder: Path) -> None:
    if folder.exists():
        old = folder.parent / f".{folder.name}.old"
        shutil.rmtree(old, ignore_errors=True)
        os.replace(folder, old)
        os.replace(made, folder)
        shutil.rmtree(old)
    else:
        os.replace(made, folder)


def _in_order(paint: Callable[[int], Items], scenes: int, size: int) -> Iterator[Items]:
    """Paint scenes two at a time, or one where two would not fit in memory, and yield them in order."""
    pool = ThreadPoolExecutor(2 if size <= TWO_AT_A_TIME else 1)
    try:
        yield from pool.map(paint, range(scenes))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _scene(made: Path, number: int, size: int, sensors: list[str], seed: int, without: Sequence[str]) -> Items:
    """Write the files of one place and return its items."""
    side = size * AERIAL_METRES
    land = Land.planned(seed, extent_m=WIDER * side, core_m=side, number=number, without=without)
    aerial = World.of(land, size, AERIAL_METRES) if "rgb" in sensors else None
    wide = World.of(land, size, WIDER * AERIAL_METRES) if {"s2", "s1"} & set(sensors) else None
    items = []
    for sensor in sensors:
        world, every = (aerial, 1) if sensor == "rgb" else (wide, EVERY)
        assert world is not None
        home = made / collection_name(sensor, size=size, seed=seed, without=without)
        items.append(_item(home, world, every, sensor, number, seed))
    return items


def _item(home: Path, world: World, every: int, sensor: str, number: int, seed: int) -> pystac.Item:
    land = world.land
    name = f"{land.place.name}-{sensor}"
    folder = home / name
    folder.mkdir(parents=True, exist_ok=True)
    taken = _taken(land.place.seen, sensor, seed, number)
    cloud_share = _cloud_share(seed, number) if sensor == "s2" else 0.0
    raster, classes, labels = folder / f"{name}.tif", folder / f"{name}-scl.tif", folder / f"{name}.geojson"
    transform = world.transform(every)
    if not raster.exists():
        values = world.render(sensor, every=every, cloud_share=cloud_share)
        stored, facts = _stored(sensor, values)
        write_cog(raster, stored, crs=world.crs, transform=transform, bands=BANDS[sensor], taken=taken, **facts)
    clouded = 0.0
    if sensor == "s2":
        scl = scene_classes(land, world.map, every=every, cloud_share=cloud_share)
        clouded = float((scl == 9).mean())
        if not classes.exists():
            write_cog(
                classes, scl[None], crs=world.crs, transform=transform, bands=("SCL",), nodata=0, taken=taken,
                averaging="nearest",
            )  # fmt: skip
    if not labels.exists():
        half_done = labels.with_suffix(".part")
        half_done.write_text(json.dumps(features_of(world, every=every)))
        os.replace(half_done, labels)
    footprint = _footprint(world)
    side = world.map.grid.width // every
    item = item_of(
        name, sensor, footprint=footprint, taken=taken, crs=world.crs, transform=transform, side=side,
        clouds=100 * clouded if sensor == "s2" else None, place=land.place.name, biome=land.biome.name,
    )  # fmt: skip
    item.set_self_href(str(folder / f"{name}.json"))
    return item


def _taken(seen: datetime, sensor: str, seed: int, number: int) -> datetime:
    """Return when a sensor passed: the aeroplane on the day, the satellites within the days around it."""
    rng = rng_of(seed, f"taken/{sensor}/{number}")
    days = {"rgb": 0, "s2": int(rng.integers(-6, 7)), "s1": int(rng.integers(-5, 6))}[sensor]
    hours = -4.6 if sensor == "s1" else 0.0  # radar satellites pass at dawn
    return (seen + timedelta(days=days, hours=hours)).astimezone(UTC)


def _cloud_share(seed: int, number: int) -> float:
    """Return how much of the sky is clouded: every third scene some, the others none."""
    return float(rng_of(seed, f"clouds/{number}").uniform(0.06, 0.3)) if number % 3 == 1 else 0.0


def _stored(sensor: str, values: NDArray[Any]) -> tuple[NDArray[Any], dict[str, Any]]:
    """Return the numbers as a product stores them, and what must be said of them."""
    if sensor == "s2":
        numbers = np.clip(np.round((values - DN_OFFSET) / DN_SCALE), 1, 65_535).astype(np.uint16)
        return numbers, {"nodata": 0, "scale": DN_SCALE, "offset": DN_OFFSET, "unit": "reflectance"}
    if sensor == "s1":
        # steps of 1/32 dB are far finer than speckle and leave the rest of the bits to compression
        return (np.round(values * 32) / 32).astype(np.float32), {"nodata": float("nan"), "unit": "dB"}
    return values, {"nodata": 0}


def _footprint(world: World) -> shapely.Polygon:
    box = shapely.segmentize(shapely.box(*world.map.grid.box), world.map.grid.width * world.map.grid.resolution / 4)
    plane = world.to_plane(shapely.get_coordinates(box))
    longitudes, latitudes = warp(world.crs, "EPSG:4326", plane[:, 0], plane[:, 1])
    ring = shapely.Polygon(np.round(np.stack([longitudes, latitudes], -1), 7))
    return shapely.normalize(shapely.orient_polygons(ring)) if hasattr(shapely, "orient_polygons") else ring


def _link(item: pystac.Item, of_place: list[pystac.Item]) -> None:
    for other in of_place:
        if other is not item:
            title = f"the same place as {other.id}"
            item.add_link(pystac.Link("related", other, media_type=pystac.MediaType.GEOJSON, title=title))
