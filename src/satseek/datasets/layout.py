"""Where a data set keeps its captions and its images, as its authors pack it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from satseek.core.errors import SourceError
from satseek.datasets.caption_files import ENDINGS


@dataclass(frozen=True)
class Layout:
    """The places of one data set, relative to its folder; the first that exists is taken."""

    title: str
    caption_files: tuple[str, ...]  # names or patterns
    image_folders: tuple[str, ...]
    folders: tuple[str, ...] = ()  # what its folder is called where several sets lie side by side
    splits_by_name: bool = False  # images without a split get one from their name's digest

    def find_captions(self, data: Path) -> Path:
        """Return the caption file in the set's own folder, in the folder above it, or the file that `data` is."""
        if data.is_file():
            return data
        if not data.is_dir():
            raise SourceError(f"There is no folder {data}. Point --data to the folder of {self.title}.")
        for folder in (data, *self._own_folders(data)):
            for pattern in self.caption_files:
                found = sorted(
                    path for path in folder.glob(pattern) if path.is_file() and path.suffix.casefold() in ENDINGS
                )
                if found:
                    return found[0]
        raise SourceError(
            f"{data} holds no captions of {self.title}: looked for {' or '.join(self.caption_files)}. "
            "Point --data to the folder that holds that file."
        )

    def find_images(self, captions: Path, images: Path | None = None) -> list[Path]:
        """Return the folders to look for images in."""
        if images is not None:
            if not images.is_dir():
                raise SourceError(f"There is no folder {images}. Point --images to the folder with the image files.")
            return [images]
        folders = [captions.parent / name for name in self.image_folders]
        return [folder for folder in folders if folder.is_dir()]

    def _own_folders(self, data: Path) -> Iterator[Path]:
        wanted = {name.casefold() for name in self.folders}
        for folder in sorted(data.iterdir()):
            if folder.is_dir() and folder.name.casefold() in wanted:
                yield folder
