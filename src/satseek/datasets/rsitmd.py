"""RSITMD: 4,743 images of 32 scene classes, five finer captions and 1 to 5 keywords each (Yuan et al., 2021)."""

from __future__ import annotations

from satseek.datasets.layout import Layout

RSITMD = Layout(
    title="RSITMD",
    caption_files=("dataset_RSITMD.json", "dataset_rsitmd.json"),
    # part of its images are RSICD's: where they are kept once, they lie beside
    image_folders=("images", "RSITMD_images", "imgs", "../rsicd/RSICD_images", "../RSICD/RSICD_images"),
    folders=("rsitmd",),
)
