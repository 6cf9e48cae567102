"""Reading: windows of a scene as pixels in the sensor's unit, from files of any size, layout and resolution."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satseek.core.chip import Chip
from satseek.core.errors import SourceError
from satseek.core.scene import BandFile, Scene, Window
from satseek.core.sensor import SENSORS, BoolArray, Pixels, Sensor
from satseek.raster.footprint import Footprint, Globe
from satseek.raster.gdal import gdal_call, gdal_name, open_raster
from satseek.raster.grid import Grid, grid_of
from satseek.raster.layer import Layer
from satseek.raster.quality import cloud_share
from satseek.raster.recognise import Override, scene_of_files
from satseek.raster.units import assumed_texts, conversion_of, implied_nodata, power_scale_of, settle_unit
from satseek.raster.validity import judged
from satseek.raster.vrt import with_metric_points
from satseek.raster.windows import ChipWindow

MAX_PICTURE_SIDE = 4096  # a picture is held in memory whole


class SceneReader:
    """Reads windows of one scene; its files stay open from `with` to its end, for one thread."""

    def __init__(self, scene: Scene, *, grid: Grid | None = None) -> None:
        """Take the scene, and a grid with a place where it is not to be read on its own; nothing is opened yet."""
        self.scene = scene
        self._asked_grid = grid
        self.warnings: tuple[str, ...] = ()  # what had to be assumed of the files
        self._sensor: Sensor = SENSORS.get(scene.sensor)
        self._opened = ExitStack()
        self._files: dict[str, Any] = {}
        self._placed: dict[str, Any] = {}  # the same files, or what stands for them where their place needs mending

    def __enter__(self) -> SceneReader:
        with ExitStack() as opening:
            self._opened = opening
            self._open()
            self._opened = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()
        self._files.clear()
        self._placed.clear()

    @property
    def grid(self) -> Grid:
        """The north-up grid that all bands are read on, that of the finest of them."""
        return self._grid

    @property
    def width(self) -> int:
        """The width of the scene's grid."""
        return self._grid.width

    @property
    def height(self) -> int:
        """The height of the scene's grid."""
        return self._grid.height

    @property
    def has_place(self) -> bool:
        """Whether the files tell where on the globe they lie."""
        return self._globe is not None

    @property
    def ground_resolution_m(self) -> float | None:
        """The side of a grid pixel on the ground at the scene's centre."""
        return self._globe.ground_resolution_m(self.width / 2, self.height / 2) if self._globe else None

    @property
    def bytes_read(self) -> int:
        """How many bytes of decoded numbers were read so far."""
        return sum(layer.bytes_read for layer in self._layers) + (self._mask.bytes_read if self._mask else 0)

    def read(self, window: Window, size: tuple[int, int]) -> Pixels:
        """Return a window as (height, width) = size pixels in the sensor's unit; what is not valid is dark."""
        (resolution,) = self.ground_resolutions_m([ChipWindow(window, 1.0, size)])
        return replace(self.pixels(window, size), ground_resolution_m=resolution)

    def pixels(self, window: Window, size: tuple[int, int], *, mask: BoolArray | None = None) -> Pixels:
        """Return the same without a pixel's side on the ground; what `mask` told of the window is not read again."""
        self._require_inside(window)
        values, valid = judged(*self._values(window, size, mask), self._sensor)
        return Pixels(self.scene.sensor, tuple(band.name for band in self.scene.bands), values, valid)

    def mask(self, window: Window) -> BoolArray | None:
        """Return what the file's own mask says is measured, for a scene that is one file of which windows are plain."""
        self._require_inside(window)
        return self._layers[0].mask(window) if len(self._layers) == 1 else None

    @property
    def reads_plainly(self) -> bool:
        """Whether windows at full resolution are the files' own pixels, so that they can be cut from a larger one."""
        return all(layer.is_plain for layer in self._layers)

    def ground_resolutions_m(self, windows: Sequence[ChipWindow]) -> list[float | None]:
        """Return the side of a chip's pixel on the ground, in the middle of each window."""
        if self._globe is None:
            return [None] * len(windows)
        middles = [(left + width / 2, top + height / 2) for (left, top, width, height), _, _ in windows]
        coarser = [(window.width * window.height / (size[0] * size[1])) ** 0.5 for window, _, size in windows]
        sides = self._globe.ground_resolutions_m(middles)
        return [side * times if side else None for side, times in zip(sides, coarser, strict=True)]

    def cloud_share(self, window: Window, size: tuple[int, int]) -> float | None:
        """Return the share of clouds in a window where the scene has a scene classification."""
        if self._mask is None:
            return None
        self._require_inside(window)
        classes, valid = self._mask.read(window, size, blend=False)
        return cloud_share(classes[0] if valid is None else np.where(valid[0], classes[0], 0))

    def footprint(self, window: Window) -> Footprint | None:
        """Return where a window lies, None without a place."""
        return self._globe.footprint(window) if self._globe else None

    def footprints(self, windows: Sequence[Window]) -> list[Footprint | None]:
        """Return where many windows lie, quicker than one by one."""
        return self._globe.footprints(windows) if self._globe else [None] * len(windows)

    def _open(self) -> None:
        if not self.scene.bands:
            raise SourceError(f"{self.scene.source} has no bands to read. Name them with --bands.")
        for href in dict.fromkeys(band.href for band in self.scene.bands):
            self._files[href] = self._opened.enter_context(open_raster(href))
            self._placed[href] = self._with_place(href, self._files[href])
        for band in self.scene.bands:
            _require_band(band, self._files[band.href])
        self.scene, assumed = settle_unit(self.scene, self._files)
        self.warnings = (*assumed_texts(self.scene), *([assumed] if assumed else []))
        self._grid = self._asked_grid or _finest_grid(self._placed)
        if self._asked_grid is not None and any(grid_of(dataset).crs is None for dataset in self._placed.values()):
            raise SourceError(f"{self.scene.source} has no place on the globe, so it cannot be shown at another's.")
        self._globe = self._globe_of(self._grid)
        self._conversions = [
            conversion_of(self.scene, self._sensor, band, self._files[band.href]) for band in self.scene.bands
        ]
        self._layers = [self._layer(href, dataset) for href, dataset in self._placed.items()]
        self._mask = self._mask_layer(self.scene.mask)
        self._bands_of_layer = [
            [number for number, band in enumerate(self.scene.bands) if band.href == layer.href]
            for layer in self._layers
        ]
        self._palettes = [self._palette_of(layer) for layer in self._layers]
        self._places = [self._places_in(number) for number in range(len(self._layers))]

    def _globe_of(self, grid: Grid) -> Globe | None:
        if grid.crs is None:
            return None
        globe = Globe(grid)
        try:
            globe.footprint(Window(0, 0, grid.width, grid.height))
        except SourceError as error:  # such as a local grid of engineers: the picture is as good without its place
            self.warnings = (*self.warnings, f"the place is not known: {error}")
            return None
        return globe

    def _with_place(self, href: str, dataset: Any) -> Any:
        with gdal_call(href):
            metric = with_metric_points(dataset, gdal_name(href))
        return dataset if metric is None else self._opened.enter_context(metric)

    def _palette_of(self, layer: Layer) -> NDArray[np.uint8] | None:
        return _palette(self._files[layer.href], layer.indexes[0]) if self.scene.sensor == "rgb" else None

    def _places_in(self, number: int) -> list[int]:
        """Return where in the layer's numbers, or in its palette's colours, each of its bands stands."""
        bands = [self.scene.bands[band] for band in self._bands_of_layer[number]]
        if self._palettes[number] is not None:
            return [self._sensor.band_names.index(band.name) for band in bands]
        return [self._layers[number].indexes.index(band.index) for band in bands]

    def _layer(self, href: str, dataset: Any) -> Layer:
        indexes = list(dict.fromkeys(band.index for band in self.scene.bands if band.href == href))
        converted = {
            band.index: conversion
            for band, conversion in zip(self.scene.bands, self._conversions, strict=True)
            if band.href == href
        }
        layer = Layer(
            href,
            dataset,
            self._grid,
            indexes,
            nodata=self.scene.nodata,
            implied=implied_nodata(self.scene),
            powers=[power_scale_of(self.scene, self._sensor, converted[index]) for index in indexes],
        )
        self._opened.callback(layer.close)
        return layer

    def _mask_layer(self, mask: BandFile | None) -> Layer | None:
        if mask is None:
            return None
        try:
            dataset = self._files.get(mask.href) or self._opened.enter_context(open_raster(mask.href))
            _require_band(mask, dataset)
        except SourceError as error:  # the image itself is none the worse for it
            self.warnings = (*self.warnings, f"the cloud share is not known: {error}")
            return None
        placed = self._placed.get(mask.href) or self._with_place(mask.href, dataset)
        layer = Layer(mask.href, placed, self._grid, [mask.index], nodata=None, implied=None)
        self._opened.callback(layer.close)
        return layer

    def _require_inside(self, window: Window) -> None:
        if not self._grid.holds(window):
            raise SourceError(
                f"{self.scene.source} is {self.width}×{self.height} pixels and has no {window.width}×{window.height} "
                f"window at column {window.column}, row {window.row}. If the file was changed, ingest it again."
            )

    def _values(
        self, window: Window, size: tuple[int, int], mask: BoolArray | None
    ) -> tuple[NDArray[Any], BoolArray | None]:
        parts = [
            self._converted(number, *layer.read(window, size, blend=self._palettes[number] is None, mask=mask))
            for number, layer in enumerate(self._layers)
        ]
        if len(parts) == 1:
            return parts[0]
        values = np.empty((len(self.scene.bands), *size), dtype=self._sensor.pixel_type)
        valid = np.ones(values.shape, dtype=np.bool_)
        for bands, (own_values, own_valid) in zip(self._bands_of_layer, parts, strict=True):
            values[bands] = own_values
            if own_valid is not None:
                valid[bands] = own_valid
        return values, None if valid.all() else valid

    def _converted(
        self, number: int, numbers: NDArray[Any], valid: BoolArray | None
    ) -> tuple[NDArray[Any], BoolArray | None]:
        """Return a layer's numbers in the sensor's unit, in the order of the scene's bands that it holds."""
        palette, places = self._palettes[number], self._places[number]
        conversions = [self._conversions[band] for band in self._bands_of_layer[number]]
        if palette is not None:
            colours, opaque = palette[numbers[0], :3], palette[numbers[0], 3] > 0
            shown = np.ascontiguousarray(np.moveaxis(colours, -1, 0))[places]
            return shown, np.broadcast_to(opaque if valid is None else opaque & valid[0], shown.shape)
        if self._sensor.pixel_type == "uint8" and numbers.dtype.kind == "f":
            finite = np.isfinite(numbers)
            valid = finite if valid is None else finite & valid
        if len(set(conversions)) == 1:  # before grey is made red, green and blue
            numbers, conversions = conversions[0](numbers), []
        if places != list(range(len(numbers))):
            numbers, valid = numbers[places], None if valid is None else valid[places]
        if conversions:
            numbers = np.stack([change(band) for change, band in zip(conversions, numbers, strict=True)])
        return numbers, valid


def read_chip(chip: Chip, size: tuple[int, int] | None = None) -> Pixels:
    """Return the pixels of a stored chip, read again from where its address says they are."""
    with SceneReader(Scene.from_address(chip.source, chip.address)) as reader:
        return reader.read(chip.window, size or chip.size)


def read_picture(path: str, override: Override | None = None, size: int | None = None) -> Pixels:
    """Return a whole file as one chip, its longest side limited to `size`."""
    with SceneReader(scene_of_files([path], override or Override())) as reader:
        shrink = max(1.0, max(reader.width, reader.height) / (size or MAX_PICTURE_SIDE))
        whole = Window(0, 0, reader.width, reader.height)
        return reader.read(whole, (max(1, round(reader.height / shrink)), max(1, round(reader.width / shrink))))


def _require_band(band: BandFile, dataset: Any) -> None:
    if not 1 <= band.index <= dataset.count:
        raise SourceError(
            f"{band.href} has {dataset.count} bands, and {band.name} is said to be number {band.index}. "
            "Correct --bands or the catalog."
        )


def _finest_grid(files: Mapping[str, Any]) -> Grid:
    """Return the grid with the smallest pixels; of equals the first."""
    grids = []
    for href, dataset in files.items():
        with gdal_call(href):
            grids.append(grid_of(dataset))
    if len(grids) == 1:
        return grids[0]
    if any(grid.crs is None for grid in grids):
        return max(grids, key=lambda grid: grid.width * grid.height)
    if all(grid.crs == grids[0].crs for grid in grids):
        return min(grids, key=lambda grid: grid.pixel_area)
    return min(grids, key=lambda grid: Globe(grid).ground_resolution_m(grid.width / 2, grid.height / 2) or math.inf)


def _palette(dataset: Any, index: int) -> NDArray[np.uint8] | None:
    """Return the colours (256 or 65536, 4) of a paletted band."""
    if dataset.colorinterp[index - 1].name != "palette":
        return None
    entries = np.zeros((65536 if dataset.dtypes[index - 1] == "uint16" else 256, 4), dtype=np.uint8)
    for value, colour in dataset.colormap(index).items():
        entries[value] = colour
    return entries
