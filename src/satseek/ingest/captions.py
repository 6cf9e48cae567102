"""Captions beside images: a `captions.csv` or `captions.jsonl` in a folder says what its images show."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from satseek.core.errors import SourceError
from satseek.core.scene import Scene

NAMES = ("captions.csv", "captions.jsonl")
FILE_COLUMNS = ("filename", "file", "image", "path")
_SEPARATORS = (";", "|")


class Captions:
    """Finds the words for image files, in the nearest captions file at or above them."""

    def __init__(self, root: str, on_refused: Callable[[str, str], None]) -> None:
        """Take the folder above which no captions are looked for."""
        self._root = os.path.abspath(root)
        self._on_refused = on_refused
        self._read: dict[str, dict[str, _Words]] = {}

    def added_to(self, scene: Scene, files: Sequence[str]) -> Scene:
        """Return the scene with the words written for one of its files, or as it was."""
        for path in files:
            for folder in self._folders_above(path):
                words = self._of_folder(folder)
                for name in _names_of(path, folder) if words else ():
                    if name in words:
                        return words[name].on(scene)
        return scene

    def _folders_above(self, path: str) -> Iterator[str]:
        folder = os.path.dirname(os.path.abspath(path))
        while folder.startswith(self._root):
            yield folder
            if folder == self._root:
                return
            folder = os.path.dirname(folder)

    def _of_folder(self, folder: str) -> dict[str, _Words]:
        if folder not in self._read:
            words: dict[str, _Words] = {}
            for name in NAMES:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    try:
                        for file, said in _rows(path):
                            words.setdefault(file, _Words()).take(said)
                    except SourceError as error:
                        self._on_refused(path, str(error))
            self._read[folder] = words
        return self._read[folder]


class _Words:
    """What several rows say of one file, together."""

    def __init__(self) -> None:
        self.captions: list[str] = []
        self.keywords: list[str] = []
        self.labels: list[str] = []

    def take(self, said: Mapping[str, Any]) -> None:
        self.captions += _listed(said.get("caption", said.get("captions")), separators=())
        self.keywords += _listed(said.get("keywords"))
        self.labels += _listed(said.get("labels"))

    def on(self, scene: Scene) -> Scene:
        return replace(
            scene,
            caption=" ".join(dict.fromkeys(self.captions)) or scene.caption,
            keywords=tuple(dict.fromkeys(self.keywords)) or scene.keywords,
            labels=tuple(dict.fromkeys(self.labels)) or scene.labels,
        )


def _names_of(path: str, folder: str) -> tuple[str, ...]:
    """Return what a captions file may call an image: its path, its name, or a folder that is the image."""
    path = os.path.abspath(path)
    below = Path(os.path.relpath(path, folder))
    return below.as_posix(), below.name, below.stem, *(part for part in below.parent.parts)


def _rows(path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows: Iterable[Mapping[str, Any]] = csv.DictReader(file) if path.endswith(".csv") else map(json.loads, file)
            for number, row in enumerate(rows, start=1):
                name = next((row[column] for column in FILE_COLUMNS if row.get(column)), None)
                if name is None:
                    raise SourceError(
                        f"Entry {number} names no file. Each entry needs a 'filename', and a 'caption', "
                        "'keywords' or 'labels'; entries before it are used."
                    )
                yield Path(str(name)).as_posix(), row
    except (ValueError, csv.Error, AttributeError, OSError) as error:
        raise SourceError(f"The captions cannot be read ({error}). Write CSV, or one JSON object a line.") from error


def _listed(value: Any, separators: Sequence[str] = _SEPARATORS) -> list[str]:
    if value is None:
        return []
    parts = [str(part) for part in value] if isinstance(value, list) else [str(value)]
    for separator in separators:
        parts = [piece for part in parts for piece in part.split(separator)]
    return [part.strip() for part in parts if part.strip()]
