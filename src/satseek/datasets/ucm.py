"""UCM-Captions: 2,100 aerial images of 21 land uses, five captions each (Qu et al., 2016)."""

from __future__ import annotations

from satseek.datasets.layout import Layout

UCM = Layout(
    title="UCM-Captions",
    caption_files=("dataset.json", "dataset_ucm.json", "dataset_UCM.json"),
    image_folders=("imgs", "images", "UCM_images"),
    folders=("ucm", "UCM_captions", "UCM-Captions"),
)
