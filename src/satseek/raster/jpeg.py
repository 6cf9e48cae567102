"""JPEG: whether the end of a file is there, since decoders paint what is missing grey and say nothing."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, b"\xff\xd9"
_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length


def ends_early(path: str) -> bool:
    """Return whether the image data of a JPEG file stop before their end marker; thumbnails inside do not count."""
    with open(path, "rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
        scan = _start_of_scan(data)
        return scan is None or data.find(_END_OF_IMAGE, scan) < 0


def _start_of_scan(data: mmap) -> int | None:
    place = 2  # behind the marker that begins every JPEG
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            place += 1  # not tidy, but decoders look for the next marker too
            continue
        kind = data[place + 1]
        if kind == _START_OF_SCAN:
            return place
        if kind == 0xFF:
            place += 1
        elif kind in _ALONE:
            place += 2
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return None
