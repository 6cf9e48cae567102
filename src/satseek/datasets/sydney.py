"""Sydney-Captions: 613 images of one city in 7 land uses, five captions each (Qu et al., 2016)."""

from __future__ import annotations

from satseek.datasets.layout import Layout

SYDNEY = Layout(
    title="Sydney-Captions",
    caption_files=("dataset.json", "dataset_sydney.json", "dataset_Sydney.json"),
    image_folders=("imgs", "images", "Sydney_images"),
    folders=("sydney", "Sydney_captions", "Sydney-Captions"),
)
