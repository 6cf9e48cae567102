"""Looking through a folder: the images in it, and the catalogs that speak for parts of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from satseek.stac.source import is_stac

_IMAGE_ENDINGS = (
    ".tif .tiff .gtiff .jp2 .j2k .png .jpg .jpeg .webp .bmp .vrt .img .ntf .nitf .bil .bip .bsq .ers .pix .kea"
)
IMAGE_ENDINGS = frozenset(_IMAGE_ENDINGS.split())
CATALOGS = ("catalog.json", "collection.json")
MOST_ITEM_BYTES = 4_000_000  # a larger JSON beside images is data, not a STAC item
_MEASURED = re.compile(r"[/\\](IMG_DATA|measurement)[/\\]", re.IGNORECASE)
_RESOLUTION_FOLDER = re.compile(r"R\d+m", re.IGNORECASE)


class Contents(NamedTuple):
    """What one folder holds, without its subfolders (a product that is spread over subfolders counts as one)."""

    folder: str
    catalogs: tuple[str, ...] = ()  # STAC documents
    images: tuple[str, ...] = ()
    others: int = 0  # files that are left alone


def contents_below(folder: str, on_refused: Callable[[str, str], None]) -> Iterator[Contents]:
    """Yield what a folder and its subfolders hold, in the order of their names; hidden ones are skipped.

    A `catalog.json` or `collection.json` of STAC speaks for all below it; a link to a folder above is not followed
    twice.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        listed = _listed(here, seen, on_refused)
        if listed is None:
            continue
        folders, files = listed
        catalog = next(
            (path for name in CATALOGS if (path := os.path.join(here, name)) in files and is_stac(path)), None
        )
        if catalog is not None:
            yield Contents(here, catalogs=(catalog,))
        elif _is_product(here, folders):
            yield _one_product(here, files, folders, seen, on_refused)
        else:
            yield _sorted_out(here, files)
            waiting += reversed(folders)


def is_image_name(path: str) -> bool:
    """Whether a file's ending is one of images."""
    return os.path.splitext(path)[1].casefold() in IMAGE_ENDINGS


def _listed(
    folder: str, seen: set[tuple[int, int]], on_refused: Callable[[str, str], None]
) -> tuple[list[str], list[str]] | None:
    """Return the folders and files in a folder, sorted; None where it cannot be read, or was before."""
    try:
        state = os.stat(folder)
        if (state.st_dev, state.st_ino) in seen:
            return None
        seen.add((state.st_dev, state.st_ino))
        with os.scandir(folder) as entries:
            shown = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        on_refused(folder, f"The folder cannot be read: {error.strerror}. Check its permissions.")
        return None
    folders = [entry.path for entry in shown if _is_folder(entry)]
    return folders, [entry.path for entry in shown if not _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points at itself
        return False


def _is_product(folder: str, folders: list[str]) -> bool:
    """Whether a folder is one Sentinel product, whose bands lie in subfolders."""
    name = os.path.basename(folder).casefold()
    return name.endswith(".safe") or any(_RESOLUTION_FOLDER.fullmatch(os.path.basename(each)) for each in folders)


def _one_product(
    folder: str,
    files: list[str],
    folders: list[str],
    seen: set[tuple[int, int]],
    on_refused: Callable[[str, str], None],
) -> Contents:
    found, waiting = list(files), list(reversed(folders))
    while waiting:
        listed = _listed(waiting.pop(), seen, on_refused)
        if listed is not None:
            waiting += reversed(listed[0])
            found += listed[1]
    images = [path for path in found if is_image_name(path)]
    measured = [path for path in images if _MEASURED.search(path)]  # beside them lie masks, previews and logos
    return Contents(folder, images=tuple(measured or images), others=len(found) - len(measured or images))


def _sorted_out(folder: str, files: list[str]) -> Contents:
    images = tuple(path for path in files if is_image_name(path))
    items = tuple(path for path in files if path.endswith(".json") and _may_be_item(path) and is_stac(path))
    return Contents(folder, items, images, len(files) - len(images) - len(items))


def _may_be_item(path: str) -> bool:
    """Whether a JSON file speaks of STAC at all, before it is parsed: folders may hold thousands of others."""
    try:
        if os.path.getsize(path) > MOST_ITEM_BYTES:
            return False
        with open(path, "rb") as file:
            return b'"stac_version"' in file.read()
    except OSError:
        return False
