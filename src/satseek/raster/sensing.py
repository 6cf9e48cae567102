"""Sensing: which sensor's image a file holds and which of its bands is which, told by its header."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from satseek.core.errors import SourceError
from satseek.core.sensor import SENSORS, Sensor
from satseek.core.sensors import s1, s2
from satseek.core.sensors.rgb import RGB
from satseek.raster.header import Header, band_called

_ORDERS: dict[str, Mapping[int, tuple[str, ...]]] = {"s1": s1.ORDERS, "s2": s2.ORDERS}
_PICTURES = {"PNG", "JPEG", "GIF", "BIGGIF", "BMP", "WEBP"}
_SAY = "Say what they are with --sensor and --bands, such as --sensor s2 --bands B02,B03,B04,B08."


@dataclass(frozen=True)
class Seen:
    """A sensor, its bands with their places in the file, the place of a scene classification, and what was guessed."""

    sensor: str
    bands: tuple[tuple[str, int], ...]
    mask: int | None = None
    assumed: str | None = None


def seen_in(header: Header, *, hint: str | None, wanted: str | None, looks_like_db: Callable[[], bool]) -> Seen:
    """Return what a file shows; `hint` is the sensor its product name tells, `wanted` the one the person names."""
    if wanted is not None:
        return _as(header, SENSORS.get(wanted))
    if _is_picture(header, hint):
        return _colours(header)
    for sensor in (s1.S1, s2.S2):
        if hint != "landsat" and (named := _named(header, sensor)) is not None:
            return named
    if {"red", "green", "blue"} <= set(header.colours):
        return _colours(header)
    if not header.is_8bit and hint not in ("s1", "landsat") and header.count in s2.ORDERS:
        return _ordered(header, s2.S2)
    if header.count in s1.ORDERS and (hint == "s1" or (_is_float(header) and looks_like_db())):
        return _ordered(header, s1.S1)
    raise SourceError(_cannot_tell(header))


def _as(header: Header, sensor: Sensor) -> Seen:
    if sensor is RGB:
        return _colours(header)
    if (named := _named(header, sensor)) is not None:
        return named
    if header.count in _orders(sensor):
        return _ordered(header, sensor)
    raise SourceError(
        f"{header.href} has {header.count} bands that do not say which of {sensor.name}'s they are "
        f"({', '.join(sensor.band_names)}). Name them in order with --bands."
    )


def _is_picture(header: Header, hint: str | None) -> bool:
    if header.colours[0] == "palette" or header.driver in _PICTURES:
        return True
    if not header.is_8bit or _named(header, s1.S1) is not None:
        return False
    return header.count in (3, 4) or (header.count - header.has_alpha == 1 and hint != "s1")


def _colours(header: Header) -> Seen:
    """Return red, green and blue by the bands' names, else by their colours, else in the order they come."""
    wanted = set(RGB.band_names)
    names: list[str | None] = [_colour_called(name) for name in header.names]
    if not wanted <= set(names):
        names = list(header.colours)
    colour_count = header.count - header.has_alpha
    if header.colours[0] == "palette" or colour_count < 3:
        assumed = None if colour_count == 1 else "only the first band was read, as grey"
        return Seen("rgb", tuple((colour, 1) for colour in RGB.band_names), assumed=assumed)
    places = [names.index(colour) + 1 for colour in RGB.band_names] if wanted <= set(names) else [1, 2, 3]
    assumed = (
        f"only bands {', '.join(map(str, places))} were read, as red, green and blue" if colour_count > 3 else None
    )
    return Seen("rgb", tuple(zip(RGB.band_names, places, strict=True)), assumed=assumed)


def _colour_called(name: str | None) -> str | None:
    if name is None:
        return None
    of_s2 = {"B04": "red", "B03": "green", "B02": "blue"}
    return band_called(RGB, name) or of_s2.get(band_called(s2.S2, name) or "")


def _named(header: Header, sensor: Sensor) -> Seen | None:
    """Return the bands that the sensor knows by name, with what is left out; None when it knows none."""
    places: dict[str, int] = {}
    left_out = []
    mask = None
    for place, name in enumerate(header.names, start=1):
        band = band_called(sensor, name) if name else None
        if name and name.upper() == "SCL" and sensor is s2.S2:
            mask = place
        elif band is None or band in places:
            left_out.append(name or f"number {place}")
        else:
            places[band] = place
    if not places:
        return None
    in_order = tuple((band, places[band]) for band in sensor.band_names if band in places)
    assumed = f"bands that {sensor.name} does not know were left out: {', '.join(left_out)}" if left_out else None
    return Seen(sensor.name, in_order, mask, assumed)


def _ordered(header: Header, sensor: Sensor) -> Seen:
    order = _orders(sensor)[header.count]
    bands = tuple((band, place) for place, band in enumerate(order, start=1))
    return Seen(sensor.name, bands, assumed=f"the bands have no names; they were taken as {', '.join(order)}")


def _orders(sensor: Sensor) -> Mapping[int, tuple[str, ...]]:
    return _ORDERS.get(sensor.name, {len(sensor.bands): sensor.band_names})


def _is_float(header: Header) -> bool:
    return all(dtype.startswith("float") for dtype in header.dtypes)


def _cannot_tell(header: Header) -> str:
    names = [name for name in header.names if name]
    if names:
        known = "; ".join(f"{key} knows {', '.join(SENSORS.get(key).band_names)}" for key in SENSORS)
        return f"The bands of {header.href} are called {', '.join(names)}, and no sensor knows them ({known}). {_SAY}"
    bands = "one band" if header.count == 1 else f"{header.count} bands"
    return f"Cannot tell the sensor of {header.href}: {bands} of {header.dtypes[0]} without names. {_SAY}"
