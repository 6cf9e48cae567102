"""Decoded images at one size, packed into one file beside which little memory is needed; it can be made anew."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from satseek.core.errors import SourceError
from satseek.datasets.image_file import ByteArray, read_image

log = logging.getLogger(__name__)

THREADS = 2
_AT_ONCE = 256  # images decoded between two writes


class ImageStore:
    """Images by position, each decoded once; a broken one is listed and stays black."""

    def __init__(self, pixels: ByteArray, broken: dict[int, str]) -> None:
        self.pixels = pixels  # (images, size, size, 3); a memory map where it is cached on disk
        self.broken = broken  # position -> why

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def good(self) -> NDArray[np.int64]:
        """The positions of the images that could be read."""
        return np.array([position for position in range(len(self)) if position not in self.broken], dtype=np.int64)

    def read(self, positions: Sequence[int] | NDArray[np.int64]) -> ByteArray:
        """Return the images at these positions."""  # (positions, size, size, 3)
        rows = np.asarray(positions, dtype=np.int64)
        order = np.argsort(rows, kind="stable")  # a memory map is read forwards
        images = np.empty((len(rows), *self.pixels.shape[1:]), dtype=np.uint8)
        images[order] = self.pixels[rows[order]]
        return images

    @staticmethod
    def decode(
        paths: Sequence[Path], size: int, *, on_image: Callable[[], None] = lambda: None, threads: int = THREADS
    ) -> ImageStore:
        """Decode all images into memory."""
        pixels = np.zeros((len(paths), size, size, 3), dtype=np.uint8)
        return ImageStore(pixels, _fill(pixels, paths, size, on_image, threads))

    @staticmethod
    def open(
        paths: Sequence[Path],
        size: int,
        cache: Path,
        *,
        on_image: Callable[[], None] = lambda: None,
        threads: int = THREADS,
    ) -> ImageStore:
        """Open the packed file of these images under the folder `cache`; make it where it is not there or is stale."""
        packed = cache / f"{_fingerprint(paths, size)}.images"
        shape = (len(paths), size, size, 3)
        broken = _read_broken(packed)
        if broken is None or not packed.is_file() or packed.stat().st_size != int(np.prod(shape)):
            broken = _pack(paths, size, packed, on_image, threads)
        if not len(paths):
            return ImageStore(np.zeros(shape, dtype=np.uint8), broken)
        return ImageStore(np.memmap(packed, dtype=np.uint8, mode="r", shape=shape), broken)


def _pack(paths: Sequence[Path], size: int, packed: Path, on_image: Callable[[], None], threads: int) -> dict[int, str]:
    """Write the packed file whole or not at all, and the list of what is broken before it."""
    fresh = packed.with_name(f"{packed.name}.{os.getpid()}")
    broken: dict[int, str] = {}
    try:
        packed.parent.mkdir(parents=True, exist_ok=True)
        with open(fresh, "wb") as file:
            for start in range(0, len(paths), _AT_ONCE):
                some = paths[start : start + _AT_ONCE]
                block = np.zeros((len(some), size, size, 3), dtype=np.uint8)
                faults = _fill(block, some, size, on_image, threads)
                broken |= {start + position: why for position, why in faults.items()}
                file.write(block.tobytes())
        fresh_list = fresh.with_suffix(".json.new")
        fresh_list.write_text(json.dumps(broken))
        os.replace(fresh_list, packed.with_suffix(".json"))
        os.replace(fresh, packed)
    except OSError as error:
        needed = len(paths) * size * size * 3 / 1e9
        raise SourceError(
            f"Cannot keep the decoded images in {packed.parent}: {error}. They need {needed:.2g} GB there; "
            "choose another folder for them."
        ) from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
    log.info("Packed %d images of %d px into %s", len(paths), size, packed)
    return broken


def _fill(
    pixels: ByteArray, paths: Sequence[Path], size: int, on_image: Callable[[], None], threads: int
) -> dict[int, str]:
    def one(position: int) -> str | None:
        try:
            pixels[position] = read_image(paths[position], size)
        except SourceError as error:
            return str(error)
        return None

    broken = {}
    for position, why in enumerate(_ahead(one, len(paths), threads)):
        if why is not None:
            broken[position] = why
            log.warning("%s It is left out.", why)
        on_image()
    return broken


def _ahead(work: Callable[[int], str | None], count: int, threads: int) -> Iterator[str | None]:
    with ThreadPoolExecutor(max_workers=max(threads, 1)) as pool:
        yield from pool.map(work, range(count))


def _read_broken(packed: Path) -> dict[int, str] | None:
    try:
        listed = json.loads(packed.with_suffix(".json").read_text())
        return {int(position): str(why) for position, why in listed.items()}
    except (OSError, ValueError, AttributeError):
        return None


def _fingerprint(paths: Sequence[Path], size: int) -> str:
    """Return a name that changes with the images' size, order, place, length and date."""
    digest = sha256(str(size).encode())
    for path in paths:
        try:
            facts = path.stat()
            digest.update(f"\n{path}\t{facts.st_size}\t{facts.st_mtime_ns}".encode("utf-8", "surrogateescape"))
        except OSError:
            digest.update(f"\n{path}\t-".encode("utf-8", "surrogateescape"))
    return f"{digest.hexdigest()[:16]}-{size}"
