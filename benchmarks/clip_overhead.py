"""What our seam costs over calling open_clip directly: ViT-B-32, 32 chips of 224 pixels a batch, random weights.

    python benchmarks/clip_overhead.py --rounds 15

Three ways take turns on the same pictures with the same network in the same precision, and each round's times are
compared with each other: what a script with open_clip does (its own preprocessing from images, then `encode_image`,
then unit vectors), the network alone on pictures that are ready, and `encode_images` of our model from chips. Wanted:
the seam at most 3 % above open_clip with its preprocessing. Speed only: random weights make no sense of a picture.
Beside the clock on the wall stands the processor's own time, which others on the machine hardly disturb.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from machine import facts, write_result
from PIL import Image
from safetensors.torch import save_file
from torch.nn import functional

from satseek.core.sensor import Pixels
from satseek.models.catalogue import load_model
from satseek.models.device import device_of, fast_arithmetic, place

ARCHITECTURE, BATCH, SIDE, WANTED = "ViT-B-32", 32, 224, 0.03
RGB = ("red", "green", "blue")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--device", default="cpu")
    given = options.parse_args()
    told = facts(data="random pictures, random weights", seed=0, libraries=("torch", "open_clip_torch", "torchvision"))
    device = device_of(given.device)
    ways = _ways(device)
    vectors = {name: way() for name, way in ways.items()}  # warm, and the same before they are timed
    apart = {name: float((vectors["seam"] * value).sum(axis=1).min()) for name, value in vectors.items()}
    times: dict[str, list[float]] = {name: [] for name in ways}
    worked: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(given.rounds):
        names = list(ways)
        for name in names[number % 3 :] + names[: number % 3]:  # who goes first changes
            wall, processor = _seconds(ways[name], device)
            times[name].append(wall)
            worked[name].append(processor)
    result: dict[str, Any] = {
        **told,
        "batch": BATCH,
        "pixels": SIDE,
        "device": str(device),
        "threads": torch.get_num_threads(),
        "rounds": given.rounds,
        "milliseconds_a_batch": _medians(times),
        "overhead": _overhead(times, "open_clip"),
        "overhead_over_the_network_alone": _overhead(times, "network_alone"),
        "processor_milliseconds_a_batch": _medians(worked),
        "processor_overhead": _overhead(worked, "open_clip"),
        "processor_overhead_over_the_network_alone": _overhead(worked, "network_alone"),
        "wanted_overhead": WANTED,
        "least_cosine_with_the_seam": {name: round(value, 6) for name, value in apart.items()},
    }
    for name, value in result.items():
        if "overhead" in name or "milliseconds" in name:
            print(f"{name:44} {value}")
    print(write_result("clip_overhead" if device.type == "cpu" else f"clip_overhead_{device.type}", result))


def _ways(device: torch.device) -> dict[str, Callable[[], np.ndarray[Any, Any]]]:
    logging.disable(logging.WARNING)
    torch.manual_seed(0)
    direct, _, preprocess = open_clip.create_model_and_transforms(ARCHITECTURE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save_file({name: value.contiguous() for name, value in direct.state_dict().items()}, path)
        ours = load_model(f"clip:{ARCHITECTURE}:{path}")
    direct = direct.eval().to(device)
    place(ours, str(device))
    chance = np.random.default_rng(0)
    values = chance.integers(0, 256, (BATCH, 3, SIDE, SIDE), dtype=np.uint8)
    chips = [Pixels("rgb", RGB, each, np.ones((SIDE, SIDE), dtype=bool), 1.0) for each in values]
    images = [Image.fromarray(np.ascontiguousarray(np.moveaxis(each, 0, -1))) for each in values]
    ready = torch.stack([preprocess(image) for image in images]).to(device)

    def encoded(pictures: torch.Tensor) -> np.ndarray[Any, Any]:
        with torch.inference_mode(), fast_arithmetic(device):
            seen = functional.normalize(direct.encode_image(pictures), dim=-1)
        vectors: np.ndarray[Any, Any] = seen.float().cpu().numpy()
        return vectors

    return {
        "open_clip": lambda: encoded(torch.stack([preprocess(image) for image in images]).to(device)),
        "network_alone": lambda: encoded(ready),
        "seam": lambda: ours.encode_images(chips),
    }


def _seconds(way: Callable[[], object], device: torch.device) -> tuple[float, float]:
    """Return the time on the wall and the processor's."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    began, worked = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - began, time.process_time() - worked


def _medians(times: dict[str, list[float]]) -> dict[str, float]:
    return {name: round(1e3 * statistics.median(values), 2) for name, values in times.items()}


def _overhead(times: dict[str, list[float]], against: str) -> float:
    """Return the median over rounds of how much longer the seam took than the other way in the same round."""
    pairs = zip(times["seam"], times[against], strict=True)
    return round(statistics.median(seam / other - 1 for seam, other in pairs), 4)


if __name__ == "__main__":
    main()
