"""Encoding on the CPU: images/s in fp32 and bf16, plain and channels-last, as a share of the bf16 matrix peak.

    python benchmarks/encode_throughput.py --rounds 5

ResNet-18 at 224 px and the shipped `amfmn` at its own size, batches of 32; the peak is measured before and after, and
the higher of the two counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from machine import facts, write_result
from throughput import matrix_peak, operations, seconds_of

from satseek.core.sensor import Pixels
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.catalogue import MODELS, load_model
from satseek.models.memory import keep_large_blocks

BATCH = 32
WANTED_SHARE = 0.7
LIBRARIES = ("torch", "timm")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    keep_large_blocks()  # as the commands do
    before = matrix_peak()
    networks = {
        "resnet18_224": (Amfmn(AmfmnSettings(), 10).image.eval(), 224),
        "mobilenetv2_128": (Amfmn(AmfmnSettings(backbone="mobilenetv2"), 10).image.eval(), 128),
        "efficientnet_lite2_192": (Amfmn(AmfmnSettings(backbone="efficientnet_lite2"), 10).image.eval(), 192),
    }
    speeds = {name: _ways(network, size, asked.rounds) for name, (network, size) in networks.items()}
    peak = max(before, matrix_peak())
    figures: dict[str, Any] = {"bf16_matrix_peak_gflops": peak / 1e9, "threads": torch.get_num_threads()}
    for name, ways in speeds.items():
        for way, (images_per_second, gflops) in ways.items():
            figures[f"{name}_{way}_images_per_second"] = images_per_second
            figures[f"{name}_{way}_share_of_peak"] = images_per_second * gflops * 1e9 / peak
    if "amfmn" in MODELS:
        figures["amfmn_chips_per_second"] = _whole_model(asked.rounds)
    for name, value in figures.items():
        print(f"{name:<55} {value:,.3f}")
    figures |= {"batch": BATCH, "wanted_share_of_peak": WANTED_SHARE}
    write_result("encode_throughput", facts(data="random pixels", seed=0, libraries=LIBRARIES) | {"figures": figures})


@torch.inference_mode()
def _ways(network: torch.nn.Module, size: int, rounds: int) -> dict[str, tuple[float, float]]:
    images = torch.rand(BATCH, 3, size, size) * 255
    gflops = operations(lambda: network(images)) / BATCH / 1e9
    found = {"fp32_plain": (_speed(lambda: network(images), rounds), gflops)}
    network, images = network.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    found["fp32_channels_last"] = (_speed(lambda: network(images), rounds), gflops)
    with torch.autocast("cpu", torch.bfloat16):
        found["bf16_autocast_channels_last"] = (_speed(lambda: network(images), rounds), gflops)
    network, images = network.bfloat16(), images.bfloat16()
    found["bf16_channels_last"] = (_speed(lambda: network(images), rounds), gflops)
    return found


def _speed(work: Callable[[], Any], rounds: int) -> float:
    return BATCH / seconds_of(work, rounds=rounds)


def _whole_model(rounds: int) -> float:
    """Return chips/s of the shipped model through its numpy seam, 224 px chips resized and all."""
    model = load_model("amfmn")
    random = np.random.default_rng(0)
    chips = [
        Pixels(
            "rgb",
            ("red", "green", "blue"),
            random.integers(0, 256, (3, 224, 224), dtype=np.uint8),
            np.ones((224, 224), bool),
        )
        for _ in range(4 * BATCH)
    ]
    return len(chips) / seconds_of(lambda: model.encode_images(chips), rounds=rounds)


if __name__ == "__main__":
    main()
