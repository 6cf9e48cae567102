"""Discovering: from what a person points at (files, folders, patterns, addresses, catalogs) to scenes."""

from __future__ import annotations

import glob
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlparse

from satseek.core.area import Area
from satseek.core.errors import SourceError, UsageError
from satseek.core.period import Period
from satseek.core.scene import Scene
from satseek.core.sensor import SENSORS, sensor_of_bands
from satseek.ingest.captions import Captions
from satseek.ingest.folder import contents_below, is_image_name
from satseek.raster.recognise import Override, group_files, scene_of_files
from satseek.raster.units import UNITS, UnitOfOthers, known_unit, require_unit
from satseek.stac.reading import Patience, is_web, path_of
from satseek.stac.scenes import Reading
from satseek.stac.source import is_stac, scenes_wanted
from satseek.stac.wanted import Wanted

logger = logging.getLogger(__name__)

_GDAL_NAME = re.compile(r"[A-Z][A-Z0-9_]+:")  # such as SENTINEL2_L2A:… or NETCDF:…
OnRefused = Callable[[str, str], None]


def discover(
    sources: Iterable[str],
    *,
    override: Override | None = None,
    bbox: Area | str | Sequence[float] | None = None,
    datetime: Period | str | None = None,
    stac_query: str | Sequence[str] | None = None,
    collections: Sequence[str] = (),
    annotations: str | None = None,
    limit: int | None = None,
    on_refused: OnRefused,
    patience: Patience | None = None,
) -> Iterator[Scene]:
    """Yield the scenes of all sources, each once; what cannot be read is refused, and the rest goes on.

    `bbox`, `datetime`, `stac_query`, `collections` and `limit` (items in all) choose among STAC items; a file is always
    taken. What the `override` says holds for all, but a date only where a STAC item has none, and a unit only for the
    sensor that has it: where no scene is one of its, all are refused.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"A limit of {limit} items leaves none. Give 1 or more.")
    override = _checked(override or Override())
    wanted = Wanted.of(bbox=bbox, datetime=datetime, query=stac_query, collections=collections)
    discovery = _Discovery(override, wanted, annotations, limit, on_refused, patience)
    scenes = discovery.scenes_of(sources)
    return scenes if override.unit is None else _if_any_has(override.unit, scenes, on_refused)


@dataclass
class _Discovery:
    override: Override
    wanted: Wanted
    annotations: str | None
    limit: int | None
    on_refused: OnRefused
    patience: Patience | None
    found: dict[tuple[str, str], str] = field(default_factory=dict)  # id and sensor -> source
    items: set[str] = field(default_factory=set)  # addresses of STAC items taken

    def scenes_of(self, sources: Iterable[str]) -> Iterator[Scene]:
        for scene in self._all(sources):
            key = (scene.id, scene.sensor)
            if key not in self.found:
                self.found[key] = scene.source
                yield replace(scene, annotations=scene.annotations or self.annotations)
            elif self.found[key] != scene.source:
                self.on_refused(
                    scene.source,
                    f"It has the same collection and id as {self.found[key]}, so their chips could not be told apart. "
                    "Give its collection another id.",
                )

    def _all(self, sources: Iterable[str]) -> Iterator[Scene]:
        files: list[str] = []
        for source in dict.fromkeys(sources):
            if _is_plain_file(source):
                files.append(os.path.abspath(path_of(source)))
                continue
            yield from self._of_files(files)
            files = []
            yield from self._of_one(source)
        yield from self._of_files(files)

    def _of_one(self, source: str) -> Iterator[Scene]:
        path = path_of(source)
        if is_web(source):
            yield from self._of_web(source)
        elif "://" in path or path.startswith("/vsi") or (_GDAL_NAME.match(path) and not os.path.exists(path)):
            yield from self._of_remote(path)
        elif os.path.isdir(path):
            yield from self._of_folder(os.path.abspath(path))
        elif os.path.exists(path):
            yield from self._of_stac(path)
        elif glob.has_magic(path):
            yield from self._of_pattern(path)
        else:
            self.on_refused(
                source,
                "There is no such file or folder. Check the path; a pattern such as 'scenes/**/*.tif' works too.",
            )

    def _of_web(self, address: str) -> Iterator[Scene]:
        try:
            stac = not is_image_name(urlparse(address).path) and is_stac(address, patience=self.patience)
        except SourceError as error:
            self.on_refused(address, str(error))
            return
        if stac or urlparse(address).path.endswith((".json", ".geojson")):
            yield from self._of_stac(address)
        else:
            yield from self._of_files([address])

    def _of_remote(self, address: str) -> Iterator[Scene]:
        if address.endswith(".json"):
            self.on_refused(address, "STAC is read from files and from http(s). Give the catalog's https address.")
            return
        yield from self._of_files([address])

    def _of_pattern(self, pattern: str) -> Iterator[Scene]:
        ending = os.path.splitext(pattern)[1]
        names_ending = bool(ending) and not glob.has_magic(ending)
        paths = sorted(os.path.abspath(path) for path in glob.iglob(pattern, recursive=True))
        if not paths:
            self.on_refused(pattern, "No file fits this pattern. Check it; ** stands for any folders between.")
            return
        folders = {path for path in paths if os.path.isdir(path)}
        outside = [path for path in paths if path not in folders and not _is_below(path, folders)]
        documents = [path for path in outside if path.endswith((".json", ".geojson")) and is_stac(path)]
        for folder in sorted(path for path in folders if not _is_below(path, folders)):
            yield from self._of_folder(folder, must_hold_images=False)
        for document in documents:
            yield from self._of_stac(document)
        yield from self._of_files(
            [path for path in outside if (names_ending or is_image_name(path)) and path not in set(documents)]
        )

    def _of_folder(self, folder: str, *, must_hold_images: bool = True) -> Iterator[Scene]:
        captions = Captions(folder, self.on_refused)
        images = catalogs = others = 0
        for contents in contents_below(folder, self.on_refused):
            spoken_for: set[str] = set()
            for catalog in contents.catalogs:
                for scene in self._of_stac(catalog):
                    spoken_for.update(band.href for band in scene.bands)
                    spoken_for.update([scene.mask.href] if scene.mask else [])
                    yield scene
            yield from self._of_files([path for path in contents.images if path not in spoken_for], captions)
            images, catalogs = images + len(contents.images), catalogs + len(contents.catalogs)
            others += contents.others
        if others:
            logger.info("%s: %d files that are no images were left alone.", folder, others)
        if must_hold_images and not images and not catalogs:
            left = f" ({others:,} other files)" if others else ""
            self.on_refused(
                folder,
                f"The folder holds no images and no STAC catalog{left}. Images end in .tif, .jp2, .png, .jpg or the "
                "like; a file with another ending is read when it is named itself.",
            )

    def _of_files(self, files: Sequence[str], captions: Captions | None = None) -> Iterator[Scene]:
        for group in group_files(files):
            try:
                scene = self._scene_of(group)
            except (SourceError, UsageError) as error:  # what is asked may fit the other files
                self.on_refused(group[0], str(error))
                continue
            yield scene if captions is None else captions.added_to(scene, group)

    def _scene_of(self, group: Sequence[str]) -> Scene:
        """Return the scene of some files; a unit that its sensor does not have is meant for others."""
        try:
            return scene_of_files(group, self.override)
        except UnitOfOthers:
            return scene_of_files(group, replace(self.override, unit=None))

    def _of_stac(self, address: str) -> Iterator[Scene]:
        override = self.override
        reading = Reading(override.sensor, override.bands, lambda href: self._scene_of((href,)))
        left = None if self.limit is None else self.limit - len(self.items)
        if left == 0:
            return
        for scene in scenes_wanted(
            address, self.wanted, reading, limit=left, on_refused=self.on_refused, patience=self.patience
        ):
            self.items.add(scene.source)
            yield replace(
                scene,
                unit=override.unit if _has(scene, override.unit) else scene.unit,
                nodata=scene.nodata if override.nodata is None else override.nodata,
                datetime=scene.datetime or override.datetime,
            )


def _checked(override: Override) -> Override:
    """Return what the person says of all sources, once its names are known to be names."""
    if override.unit is not None:
        override = replace(override, unit=known_unit(override.unit))
    if override.sensor is not None:
        SENSORS.get(override.sensor).require_bands(override.bands)
        if override.unit is not None:
            require_unit(SENSORS.get(override.sensor), override.unit)
    elif override.bands and sensor_of_bands(override.bands) is None:
        known = "; ".join(f"{name} has {', '.join(SENSORS.get(name).band_names)}" for name in SENSORS)
        raise UsageError(f"No sensor has all of the bands {', '.join(override.bands)}: {known}. Correct --bands.")
    return override


def _has(scene: Scene, unit: str | None) -> bool:
    return unit in UNITS.get(scene.sensor, ())


def _if_any_has(unit: str, scenes: Iterator[Scene], on_refused: OnRefused) -> Iterator[Scene]:
    """Yield all scenes once there is one whose sensor has the unit; refuse them where there is none."""
    waiting: list[Scene] = []
    for scene in scenes:
        waiting.append(scene)
        if _has(scene, unit):
            yield from waiting
            yield from scenes
            return
    meant = " or ".join(sensor for sensor, units in UNITS.items() if unit in units)
    for scene in waiting:
        on_refused(
            scene.source,
            f"'{unit}' is a unit of {meant}; this is {scene.sensor}, and no source is {meant}. Leave --unit out.",
        )


def _is_plain_file(source: str) -> bool:
    path = path_of(source)
    return not is_web(source) and os.path.isfile(path) and not path.endswith((".json", ".geojson"))


def _is_below(path: str, folders: set[str]) -> bool:
    parent = os.path.dirname(path)
    while parent != os.path.dirname(parent):
        if parent in folders:
            return True
        parent = os.path.dirname(parent)
    return parent in folders
