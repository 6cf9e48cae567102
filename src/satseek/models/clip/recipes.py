"""The named CLIP models: which file, which architecture, which activation, which prompts, under which licence.

The activation belongs to the weights, not to the architecture: weights that began as OpenAI's were taught with
x·sigmoid(1.702·x) and give other vectors under the plain GELU that open_clip builds by default, without an error. Each
recipe says where its own is known from. Digests are those that the hubs of the authors state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from satseek.core.card import ModelCard
from satseek.models.brought.published import Licence, Published
from satseek.models.brought.shelf import known_sha256

Activation = Literal["gelu", "quickgelu"]

SENSORS = {"rgb": ("red", "green", "blue"), "s2": ("B04", "B03", "B02")}
UNITS = {"rgb": "8-bit", "s2": "reflectance"}
LIMITS = (
    "Sees true colour only: Sentinel-2 as it is drawn, reflectance 0 to 0.3, and no radar. Sentences beyond the "
    "context length are cut. Words for places, dates and counts are guesses."
)
SATELLITE = ("a satellite photo of {}.", "a satellite image of {}.")
REMOTE_SENSING = ("a remote sensing image of {}.", "an aerial image of {}.", "a satellite image of {}.")

_UNSTATED = Licence(
    "not stated by its authors",
    "No licence came with these weights, so none of the rights of an open licence are granted, and they were taught on "
    "data sets for academic use: ask the authors before any other use.",
)
_CC = Licence(
    "cc (its hub says no more; cc-by-4.0 at first)",
    "It is a Creative Commons licence that asks for attribution; which one is not stated, and its training set draws "
    "on data for academic use.",
)
_MIT, _APACHE = Licence("MIT"), Licence("Apache-2.0")
_REMOTECLIP, _REMOTECLIP_AT = "chendelong/RemoteCLIP", "bf1d8a3ccf2ddbf7c875705e46373bfe542bce38"
_GEORSCLIP, _GEORSCLIP_AT = "Zilun/GeoRSCLIP", "4920188e6eba4e711ef9848cfd7cb77e874ee33f"
_SKYCLIP = "https://opendatasharing.s3.us-west-2.amazonaws.com/SkyScript/ckpt/"


@dataclass(frozen=True)
class Recipe:
    """All that makes one named model of published weights."""

    published: Published
    architecture: str  # of open_clip
    activation: Activation
    activation_known_from: str
    summary: str
    training_data: str
    dimensions: int
    prompts: tuple[str, ...]  # keywords are put into each, and the vectors averaged
    sentence: str = "{}"  # what a whole sentence is put into
    chip_size: int = 224
    ground_resolution_m: tuple[float, float] | None = None
    preprocess: dict[str, object] = field(default_factory=dict)  # where it differs from OpenAI's

    @property
    def name(self) -> str:
        """As it is called with --model."""
        return self.published.name

    def card(self) -> ModelCard:
        """Return what the model is; no weights are read."""
        return ModelCard(
            name=self.name,
            version=f"1-{self.activation}",
            summary=self.summary,
            dimensions=self.dimensions,
            sensors=dict(SENSORS),
            reads_text=True,
            chip_size=self.chip_size,
            units=dict(UNITS),
            ground_resolution_m={"rgb": self.ground_resolution_m} if self.ground_resolution_m else {},
            weights_sha256=known_sha256(self.published),
            training_data=self.training_data,
            licence=self.published.licence.name,
            limits=LIMITS,
            options={
                "architecture": self.architecture,
                "activation": self.activation,
                "activation_known_from": self.activation_known_from,
                "prompts": list(self.prompts),
                "sentence": self.sentence,
                "source": self.published.page,
            },
        )


def _remoteclip(short: str, architecture: str, dimensions: int, sha256: str, size: int) -> Recipe:
    return Recipe(
        Published(
            f"remoteclip-{short}",
            f"RemoteCLIP-{architecture}.pt",
            _UNSTATED,
            _REMOTECLIP,
            _REMOTECLIP_AT,
            sha256=sha256,
            size=size,
        ),
        architecture,
        "quickgelu",
        "remoteclip_retrieval.py of its authors loads it over 'openai' (the snippet in their README builds plain GELU)",
        f"RemoteCLIP {architecture} (Liu et al., TGRS 2024): sentences and aerial images",
        "RET-3, DET-10 and SEG-4: 17 public sets, 165,745 images, boxes and masks turned into captions. It saw the "
        "training splits of RSICD, RSITMD and UCM-Captions",
        dimensions,
        ("a satellite photo of {}.",),
    )


def _georsclip(short: str, architecture: str, dimensions: int, activation: Activation) -> Recipe:
    began = "OpenAI's weights" if activation == "quickgelu" else "LAION-2B weights"
    return Recipe(
        Published(f"georsclip-{short}", f"ckpt/RS5M_{architecture}.pt", _CC, _GEORSCLIP, _GEORSCLIP_AT),
        architecture,
        activation,
        f"its README loads it over {began}",
        f"GeoRSCLIP {architecture} (Zhang et al., TGRS 2024): sentences and aerial images",
        "RS5M: 5 million images of the web and of three labelled sets with written and generated captions",
        dimensions,
        REMOTE_SENSING,
    )


def _skyclip(
    short: str, architecture: str, dimensions: int, activation: Activation, known_from: str, file: str
) -> Recipe:
    return Recipe(
        Published(f"skyclip-{short}", file, _MIT, url=_SKYCLIP + file, member="epoch_20.pt"),
        architecture,
        activation,
        known_from,
        f"SkyCLIP {architecture} (Wang et al., AAAI 2024): sentences and images of 0.1 to 30 m",
        "SkyScript: images of Google Earth Engine with sentences made of OpenStreetMap tags, the best-matching part",
        dimensions,
        SATELLITE,
        sentence="a satellite image. {}",
        ground_resolution_m=(0.1, 30.0),
    )


_NOTEBOOK = "cross_modal_retrieval.ipynb of its authors"
RECIPES: dict[str, Recipe] = {
    each.name: each
    for each in (
        _remoteclip(
            "rn50", "RN50", 1024, "11657d33a87fc197e19a7654a76a632415ebea42feb8a61025ef389f8990c0f9", 408_397_807
        ),
        _remoteclip(
            "b32", "ViT-B-32", 512, "60014e395d930a3f2963d1d89c8522bf4ad56775571e4356e866864789af85c4", 605_208_421
        ),
        _remoteclip(
            "l14", "ViT-L-14", 768, "fcc2a7e21e171f4ffcb7a9c0206b8b74ac0c9eb83c67b576958b7a4ed6c8cecb", 1_710_613_765
        ),
        _georsclip("b32", "ViT-B-32", 512, "quickgelu"),
        _georsclip("h14", "ViT-H-14", 1024, "gelu"),
        _skyclip("b32", "ViT-B-32", 512, "gelu", f"{_NOTEBOOK} builds it plain", "SkyCLIP_ViT_B32_top50pct.zip"),
        _skyclip(
            "l14",
            "ViT-L-14",
            768,
            "quickgelu",
            f"{_NOTEBOOK} sets force_quick_gelu",
            "SkyCLIP_ViT_L14_top30pct_filtered_by_CLIP_laion_RS.zip",
        ),
        Recipe(
            Published(
                "siglip-b16",
                "open_clip_model.safetensors",
                _APACHE,
                "timm/ViT-B-16-SigLIP",
                sha256="81942ea8c09b9e41963357cca5d2682118bf7eb7491c2ae51a28bc4f4f95b194",
                companions=("tokenizer.json", "tokenizer_config.json"),
            ),
            "ViT-B-16-SigLIP",
            "gelu",
            "open_clip's own table of its weights",
            "SigLIP ViT-B/16 (Zhai et al., ICCV 2023): sentences and pictures of the web, few of them from above",
            "WebLI: pictures and texts of the web",
            768,
            SATELLITE,
            preprocess={"mean": (0.5,) * 3, "std": (0.5,) * 3, "resize_mode": "squash"},
        ),
    )
}
