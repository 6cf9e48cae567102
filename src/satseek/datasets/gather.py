"""From what a caption file says to images that are there: files found, captions cleaned, the rest listed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

from satseek.core.query import MAX_WORDS
from satseek.datasets.described import Described
from satseek.datasets.pairs import CaptionedImage, CaptionedSet

log = logging.getLogger(__name__)

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")


def find_files(names: Iterable[str], folders: Sequence[Path]) -> dict[str, Path]:
    """Return the path of each name that is in one of the folders, under its own or another picture ending."""
    listings = [(folder.resolve(), _listing(folder)) for folder in folders]
    found: dict[str, Path] = {}
    for name in names:
        for folder, listing in listings:
            path = _find(name, folder, listing)
            if path is not None:
                found[name] = path
                break
    return found


def images_of(name: str, split: str, records: Sequence[Described], files: dict[str, Path]) -> CaptionedSet:
    """Return the set of the images that have a file and a caption; blank captions are counted and left out."""
    images, missing, silent = [], [], []
    blank = cut = 0
    for record in records:
        captions = [_clean(caption) for caption in record.captions]
        blank += sum(not caption for caption in captions)
        cut += sum(len(caption) > MAX_WORDS for caption in captions)
        kept = tuple(caption[:MAX_WORDS] for caption in captions if caption)
        path = files.get(record.file)
        if path is None:
            missing.append(record.file)
        elif not kept:
            silent.append(record.file)
        else:
            images.append(
                CaptionedImage(
                    id=record.file,
                    path=path,
                    captions=kept,
                    split=record.split or split,
                    keywords=record.keywords,
                    scene_class=record.scene_class,
                    labels=record.labels,
                )
            )
    for count, what in ((len(missing), "images are not there"), (blank, "captions are blank")):
        if count:
            log.warning("%s %s: %d %s and left out", name, split, count, what)
    return CaptionedSet(name, split, tuple(images), blank, cut, tuple(silent), tuple(missing))


def split_by_name(file: str) -> str:
    """Return the split of an image whose set has none: 80 / 10 / 10 in a hundred, by its name, so always the same."""
    place = int.from_bytes(sha256(file.encode("utf-8", "surrogatepass")).digest()[:4], "big") % 100
    return "train" if place < 80 else "val" if place < 90 else "test"


def _clean(caption: str) -> str:
    """Return a caption in single spaces, without the half characters that a broken JSON escape leaves."""
    return " ".join(caption.encode("utf-8", "replace").decode().split())


def _listing(folder: Path) -> dict[str, str]:
    """Return the file names of a folder, each also without its ending."""
    names: dict[str, str] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            stem, ending = os.path.splitext(entry.name)
            if ending.casefold() in PICTURES:
                names.setdefault(stem, entry.name)
            names[entry.name] = entry.name
    return names


def _find(name: str, folder: Path, listing: dict[str, str]) -> Path | None:
    if "/" not in name and "\\" not in name:
        held = listing.get(name) or listing.get(os.path.splitext(name)[0])
        return None if held is None else folder / held
    try:
        path = (folder / name.replace("\\", "/")).resolve()
        return path if path.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
