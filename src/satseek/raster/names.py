"""Names: what the name of a file or product tells of its sensor, band, time and processing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

RASTER_ENDINGS = (".tif", ".tiff", ".jp2", ".vrt", ".img")  # only these are joined by band names; `b1.jpg` is a picture
SIDECAR_ENDINGS = (".aux.xml", ".ovr", ".msk", ".tfw", ".jgw", ".pgw", ".wld", ".prj")
_TOKENS = (
    r"B0?[1-9]|B8A|B1[0-2]|VV|VH|HH|HV|SCL|AOT|WVP|TCI|PVI|CLD(?:PRB)?|SNW(?:PRB)?|"
    r"red|green|blue|coastal|nir|nir08|nir09|rededge[1-3]?|swir16|swir22"
)
_BAND_AT_END = re.compile(
    rf"^(?P<prefix>.*?)(?:^|[_\-. ])(?P<band>{_TOKENS})(?:[_\-](?P<metres>10|20|60)m)?(?:[_ .]\(?(?:raw|rtc)\)?)?$",
    re.I,
)
_S1_MEASUREMENT = re.compile(
    r"^(s1[a-d]-\w{2,3}-\w{3,4})-(vv|vh|hh|hv)(-\d{8}t\d{6}-\d{8}t\d{6}-\d{6}-[0-9a-f]{6})-\d{3}$", re.I
)
_LANDSAT_BAND = re.compile(r"^(L[COTEM]0[1-9]_\w{4}_\d{6}_\d{8}_\d{8}_\d\d_\w\d)_(?:SR_|ST_)?B(\d{1,2})$", re.I)
_TIMES = (
    r"S2[A-D]_OPER_.*_V(?P<moment>\d{8}T\d{6})",  # before 2016-12: the sensing time follows V, not the first stamp
    r"S2[A-D]_MSI\w{3}_(?P<moment>\d{8}T\d{6})",
    r"S1[A-D][_-]\w{2,3}[_-]\w{3,4}[_-](?:\w{4}[_-]|vv-|vh-|hh-|hv-)(?P<moment>\d{8}T\d{6})",
    r"T\d{2}[A-Z]{3}_(?P<moment>\d{8}T\d{6})",
    r"S2[A-D]_\d{1,2}[A-Z]{3}_(?P<day>\d{8})_\d",
    r"L[COTEM]0[1-9]_\w{4}_\d{6}_(?P<day>\d{8})_",
    r"L[COTEM][1-9]\d{6}(?P<doy>\d{7})[A-Z]{3}\d\d",
)


@dataclass(frozen=True)
class BandName:
    """What a file's name says of the one band in it."""

    prefix: str  # the rest of the name, the same for all bands of a scene
    band: str
    metres: int | None = None


def band_of_name(file_name: str) -> BandName | None:
    """Return the band that a file name ends in, as in `T33UUP_20170613T101031_B02_10m.jp2`, or None."""
    stem, dot, ending = _last_part(file_name).rpartition(".")
    if f".{ending.lower()}" not in RASTER_ENDINGS or not dot:
        return None
    if match := _S1_MEASUREMENT.match(stem):
        return BandName(match[1] + match[3], match[2].upper())
    if match := _BAND_AT_END.match(stem):
        metres = int(match["metres"]) if match["metres"] else None
        return BandName(match["prefix"], match["band"], metres)
    return None


def landsat_band(file_name: str) -> tuple[str, int] | None:
    """Return the product name and band number of a Landsat band file, or None."""
    match = _LANDSAT_BAND.match(_last_part(file_name).rpartition(".")[0])
    return (match[1], int(match[2])) if match else None


def datetime_of_name(name: str) -> datetime | None:
    """Return when a scene was taken, from the name of a Sentinel-1, Sentinel-2, Landsat or BigEarthNet product.

    Of a path the last part that tells a time counts.
    """
    for part in reversed(re.split(r"[/\\]", name)):
        for pattern in _TIMES:
            for match in re.finditer(pattern, part, re.IGNORECASE):
                found = _time_of(match.groupdict())
                if found is not None:
                    return found
    return None


def datetime_of_text(text: str) -> datetime | None:
    """Return the moment that a tag's text tells, in the ways files write it; None when it is no date."""
    text = text.strip()
    shortened = re.sub(r"(\.\d{6})\d+", r"\1", text)  # nanoseconds, as pandas writes them
    found: datetime | None
    try:
        found = datetime.fromisoformat(shortened)
    except ValueError:
        found = _first_that_fits(text, ("%Y:%m:%d %H:%M:%S", "%d.%m.%Y", "%Y/%m/%d", "%d-%b-%Y", "%Y/%m/%d %H:%M:%S"))
    if found is None or not 1957 < found.year < 2200:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def sensor_of_name(name: str) -> str | None:
    """Return `s1`, `s2` or `landsat` where a product name or path says so."""
    if re.search(r"(?<![a-z0-9])S2[A-D]_|MSIL[12][AC]|sentinel[-_ ]?2", name, re.IGNORECASE):
        return "s2"
    if re.search(r"(?<![a-z0-9])S1[A-D][_-](?:IW|EW|SM|S[1-6]|WV)|sentinel[-_ ]?1", name, re.IGNORECASE):
        return "s1"
    return "landsat" if re.search(r"(?<![a-z0-9])L[COTEM]0[1-9]_\w{4}_\d{6}_", name, re.IGNORECASE) else None


def baseline_of_name(name: str) -> int | None:
    """Return the processing baseline of a Sentinel-2 product, such as 510 of N0510, or None."""
    match = re.search(r"S2[A-D]_MSIL[12][AC]_\d{8}T\d{6}_N(\d{4})_", name, re.IGNORECASE)
    return int(match[1]) if match else None


def is_sidecar(name: str) -> bool:
    """Whether a file only goes with a raster of the same name: statistics, overviews, masks, world files."""
    return name.lower().endswith(SIDECAR_ENDINGS)


def _last_part(name: str) -> str:
    return re.split(r"[/\\]", name.split("?")[0])[-1]


def _time_of(parts: dict[str, str | None]) -> datetime | None:
    try:
        if moment := parts.get("moment"):
            return datetime.strptime(moment.upper(), "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        if day := parts.get("day"):
            return datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
        if doy := parts.get("doy"):
            return datetime.strptime(doy, "%Y%j").replace(tzinfo=UTC)
    except ValueError:
        return None
    return None


def _first_that_fits(text: str, forms: tuple[str, ...]) -> datetime | None:
    for form in forms:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
