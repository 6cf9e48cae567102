"""The process that decodes pictures of strangers: it knows five formats, holds little memory, and may be killed."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

MEMORY_BYTES = 3 << 30
FILE_BYTES = 256 << 20
MAX_BANDS = 16


def main() -> None:
    """Answer one line of JSON for each line of JSON, until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        answer = _decoded(json.loads(line))
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _decoded(task: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from satseek.core.errors import SatSeekError
    from satseek.raster.read import read_picture
    from satseek.raster.recognise import Override

    try:
        _require_small(task["path"], task["most_pixels"])
        pixels = read_picture(task["path"], Override(sensor=task["sensor"]), size=task["size"])
    except _TooLarge as error:
        return {"error": str(error), "status": 413}
    except SatSeekError as error:
        return {"error": str(error).replace(task["path"], "The picture"), "status": 400}
    except MemoryError:
        return {"error": "The picture needs more memory than is given to one.", "status": 413}
    np.savez(task["out"], values=pixels.values, valid=pixels.valid)
    return {"sensor": pixels.sensor, "bands": list(pixels.bands), "ground_resolution_m": pixels.ground_resolution_m}


class _TooLarge(Exception):
    pass


def _require_small(path: str, most_pixels: int) -> None:
    from satseek.raster.gdal import open_raster

    with open_raster(path) as picture:
        if picture.width * picture.height > most_pixels or picture.count > MAX_BANDS:
            raise _TooLarge(
                f"The picture has {picture.width:,} × {picture.height:,} pixels in {picture.count} bands; at most "
                f"{most_pixels:,} in {MAX_BANDS} are taken. Cut out what you look for."
            )


if __name__ == "__main__":
    main()
