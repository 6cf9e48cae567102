"""GDAL within bounds: little memory, patience with networks, and every failure said in one sentence."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from satseek.core.errors import SourceError
from satseek.raster.jpeg import ends_early

MAX_PIXELS = 2**44  # the whole globe at 10 m has less; more is a damaged header
MAX_PIXELS_WITHOUT_BLOCKS = 500_000_000  # PNG and the like are decoded from the top, or as a whole
MAX_BLOCK_BYTES = 2**30  # a block is the least that can be read at once
_WITHOUT_BLOCKS = {"PNG", "JPEG", "GIF", "BIGGIF", "BMP", "WEBP", "PNM"}
_REMOTE = {
    "http": "/vsicurl/http://",
    "https": "/vsicurl/https://",
    "s3": "/vsis3/",
    "gs": "/vsigs/",
    "az": "/vsiaz/",
}
_BOUNDED: dict[str, str | int] = {
    "GDAL_CACHEMAX": 64_000_000,  # bytes (rasterio takes no other unit) of decoded blocks, in the whole process
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",  # a folder may hold 10⁶ files; sidecars are asked for by name
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_MAX_RETRY": "3",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
}
_REMOTE_ONLY: dict[str, str | int] = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "VSI_CACHE": "TRUE",
    "VSI_CACHE_SIZE": "4000000",
}
_SAFE = {
    "GDAL_VRT_ENABLE_PYTHON": "NO",  # a raster is data: it never runs code
    "GDAL_PNG_WHOLE_IMAGE_OPTIM": "NO",  # that holds all of it, and of a file cut short it shows noise
}


def is_remote(href: str) -> bool:
    """Whether the pixels lie behind a network."""
    return href.partition("://")[0].lower() in _REMOTE or href.startswith(("/vsicurl", "/vsis3", "/vsigs", "/vsiaz"))


def local_path(href: str) -> str | None:
    """Return the absolute path of a file on this machine, or None for URLs and GDAL's own names."""
    if href.lower().startswith("file://"):
        return os.path.abspath(unquote(urlsplit(href).path))
    if "://" in href or href.startswith(("/vsi", "<")) or (":" in href and not os.path.exists(href)):
        return None
    return os.path.abspath(href)


def open_quietly(name: str | Path) -> Any:
    """Open what GDAL knows by this name, without a warning where it has no place: that is said by `has_place`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(name)


def gdal_name(href: str) -> str:
    """Return the name that GDAL itself knows a file or URL by."""
    scheme, _, rest = href.partition("://")
    prefix = _REMOTE.get(scheme.lower())
    return (local_path(href) or href) if prefix is None else prefix + rest


def environment(remote: bool) -> rasterio.Env:
    """Return GDAL's settings for one call; what the person set in the process environment stays."""
    options = _BOUNDED | (_REMOTE_ONLY if remote else {})
    return rasterio.Env(**{key: value for key, value in options.items() if key not in os.environ} | _SAFE)


@contextmanager
def gdal_call(href: str) -> Iterator[None]:
    """Run GDAL calls within bounds; what fails is a `SourceError` about this file.

    Of a damaged file even GDAL's message may not be text, which rasterio answers with a `UnicodeError`.
    """
    try:
        with environment(is_remote(href)):
            yield
    except (RasterioError, CPLE_BaseError, OSError, MemoryError, UnicodeError) as error:
        raise SourceError(_sentence(href, error)) from error


def open_raster(href: str) -> Any:
    """Open a raster for reading; whatever is wrong with it is said in one `SourceError`."""
    path = local_path(href)
    if path is not None:
        _check_file(href, path)
    with gdal_call(href):
        dataset = open_quietly(Path(path) if path is not None else gdal_name(href))
    try:
        _check_content(href, dataset)
        if path is not None and dataset.driver == "JPEG" and ends_early(path):
            raise SourceError(f"{href} is cut short: the end of the JPEG is missing. Fetch it again.")
    except SourceError:
        dataset.close()
        raise
    return dataset


def _check_file(href: str, path: str) -> None:
    if not os.path.exists(path):
        raise SourceError(f"There is no file {href}. Check the path; on a shell, quote names with spaces.")
    if os.path.isdir(path):
        raise SourceError(f"{href} is a folder, not a raster. Give the files in it, or ingest the folder.")
    if not os.access(path, os.R_OK):
        raise SourceError(f"{href} may not be read: permission denied. Ask its owner, or change its mode with chmod.")
    if os.path.getsize(path) == 0:
        raise SourceError(f"{href} is empty (0 bytes). Fetch it again.")


def _check_content(href: str, dataset: Any) -> None:
    pixels = dataset.width * dataset.height
    claims = f"{href} claims to be {dataset.width:,}×{dataset.height:,} pixels"
    if dataset.count == 0:
        parts = ", ".join(dataset.subdatasets[:3]) or "as 'gdalinfo' lists them under Subdatasets"
        raise SourceError(f"{href} holds no bands of its own. Name one of its parts: {parts}.")
    if any(dtype.startswith("complex") for dtype in dataset.dtypes):
        raise SourceError(f"{href} holds complex numbers. Ingest a detected product (GRD, RTC), not SLC.")
    if pixels > MAX_PIXELS:
        raise SourceError(f"{claims}, more than the globe has at 10 m. Its header is damaged: fetch it again.")
    if dataset.driver in _WITHOUT_BLOCKS and pixels > MAX_PIXELS_WITHOUT_BLOCKS:
        raise SourceError(
            f"{claims}, too many for a {dataset.driver}, which cannot be read in parts. "
            "Make it a tiled GeoTIFF first: gdal_translate -of COG."
        )
    rows, columns = dataset.block_shapes[0]
    item = {"int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "float32": 4}
    if rows * columns * item.get(dataset.dtypes[0], 8) > MAX_BLOCK_BYTES:
        raise SourceError(
            f"{claims} in blocks of {columns:,}×{rows:,}, too big to read in parts. "
            "Make it a tiled GeoTIFF first: gdal_translate -of COG."
        )


def _sentence(href: str, error: BaseException) -> str:
    reason = _deepest(error)
    code = re.search(r"(?:HTTP response code\D*|error: )(\d{3})", reason)
    if code is not None:
        return f"Cannot read {href}: {_of_status(int(code.group(1)))}"
    if is_remote(href) and re.search(r"resolve|connect|timed out|timeout|CURL error", reason, re.IGNORECASE):
        return f"Cannot reach {href}: {reason}. Check the address and the network, then run the same command again."
    if isinstance(error, MemoryError):
        return (
            f"Cannot read {href}: it needs more memory than there is. Make it a tiled GeoTIFF: gdal_translate -of COG."
        )
    if size := re.search(r"(?:image size|dimensions)\D*(\d+)\s*[x,×]\s*(\d+)", reason, re.IGNORECASE):
        claims = f"{href} claims to be {int(size[1]):,}×{int(size[2]):,} pixels"
        return f"{claims}, more than can be. Its header is damaged: fetch it again."
    if "not recognized as being in a supported" in reason or "not a supported file format" in reason:
        return f"{href} is no raster that GDAL can read, whatever its name says. Leave it out, or fetch it again."
    if "does not exist" in reason or "No such file" in reason:
        return f"There is no raster {href}. Check the name."
    return f"{href} is damaged or cut short ({reason}). Fetch it again, or leave it out."


def _deepest(error: BaseException) -> str:
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    told = [str(each) for each in chain if str(each) and "previous exception" not in str(each)]
    text = " ".join((told[-1] if told else type(error).__name__).split()).rstrip(".")
    return text if len(text) <= 200 else text[:197] + "…"


def _of_status(status: int) -> str:
    if status in (404, 410):
        return f"the link is dead (HTTP {status}). Check the address, or ask the catalog for a new one."
    if status in (401, 403):
        return f"access is refused (HTTP {status}). It needs credentials, or its signed link has expired."
    return f"the server answered with HTTP {status}. Run the same command again later."
