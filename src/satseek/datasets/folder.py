"""A folder of one's own: images, and captions in a table, in JSON lines or in the Karpathy form."""

from __future__ import annotations

from satseek.datasets.layout import Layout

FOLDER = Layout(
    title="a folder of images with captions",
    caption_files=("captions.*", "metadata.*", "dataset*.json", "*.csv", "*.tsv", "*.jsonl", "*.json"),
    image_folders=(".", "images", "imgs"),
    splits_by_name=True,
)
