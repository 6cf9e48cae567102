"""RSICD: 10,921 images of 30 scene classes, five captions each (Lu et al., IEEE TGRS 2018)."""

from __future__ import annotations

from satseek.datasets.layout import Layout

RSICD = Layout(
    title="RSICD",
    caption_files=("dataset_rsicd.json", "dataset_RSICD.json"),
    image_folders=("RSICD_images", "images", "imgs"),
    folders=("rsicd", "RSICD_optimal"),
)
