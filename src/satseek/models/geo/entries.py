"""The named radar and multispectral encoders: which file of whom, what it reads, how its values are scaled.

File names, revisions and the first characters of each sha256 are those of torchgeo's registry of weights; a test
compares them with the torchgeo that is installed. CLOSP with its words is on the hub of its authors alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.card import ModelCard
from satseek.core.errors import ModelError
from satseek.core.model import Model
from satseek.models.brought.published import Licence, Published
from satseek.models.brought.shelf import folder_of
from satseek.models.geo import facts
from satseek.models.geo.facts import THIRTEEN, TWELVE, VV_VH
from satseek.models.geo.published import GeoSource
from satseek.models.geo.reads import Reads, Scaling

if TYPE_CHECKING:
    from torch import Tensor

    from satseek.models.geo.networks import Croma, Dofa, Plain

_CC_BY, _APACHE = Licence("CC-BY-4.0"), Licence("Apache-2.0")
VOCABULARY, _MINILM = "vocab.txt", "sentence-transformers/all-MiniLM-L6-v2"
_ANY_RGB = ("red", "green", "blue")
_SSL4EO = "SSL4EO-S12: 251,079 places of the world in four seasons, Sentinel-1 GRD and Sentinel-2 Level 1C"
_PAPERS = {
    "MoCo": "Wang et al., GRSM 2023", "DINO": "Wang et al., GRSM 2023", "DeCUR": "Wang et al., ECCV 2024",
    "SoftCon": "Wang et al., TGRS 2024",
}  # fmt: skip
_S1_STRETCH = "dB; mean ± 2 deviations of SSL4EO-S12 (VV -12.5 ± 5.3, VH -20.2 ± 5.9) to 0…1, cut off there"
_S2_REFLECTANCE = "reflectance as it is (stored numbers / 10,000), cut off at 0 and 1"
_VALUES = "Taught on Level 1C; Level 2A is darker in the blue and stands a little elsewhere."

_S1 = Reads(VV_VH, facts.SSL4EO_S1, 224)
_S2 = Reads(THIRTEEN, facts.SSL4EO_S2, 224, may_miss=("B10",))


def croma(
    file: str, revision: str, sha256_begins: str | None, size: str, dimensions: int, depth: int, side: int = 120
) -> GeoSource:
    """CROMA of one size."""

    def network() -> Croma:
        from satseek.models.geo.networks import Croma

        return Croma(dimensions, depth, side)

    def build(source: GeoSource, tensors: Mapping[str, Tensor], card: ModelCard, folder: Path) -> Model:
        from satseek.models.geo.together import CromaModel

        empty = network()
        empty.take(tensors)
        return CromaModel(card, empty, source.reads)

    return GeoSource(
        Published(f"croma-{size}", file, _CC_BY, "torchgeo/croma", revision, sha256_begins=sha256_begins),
        f"CROMA {size} (Fuller et al., NeurIPS 2023): radar and multispectral optical, masked and contrasted",
        dimensions,
        {
            "s1": Reads(VV_VH, facts.SSL4EO_S1, side),
            "s2": Reads(TWELVE, facts.without_cirrus(facts.SOFTCON_S2), side),
        },
        {
            "s1": _S1_STRETCH,
            "s2": "reflectance; each band's mean ± 2 deviations over SSL4EO-S12 Level 1C to 0…1, cut off there, where "
            "its authors take those of the batch in hand",
        },
        _SSL4EO + "; no labels",
        network,
        build,
        limits=_VALUES + " The layers that brought radar to optical in training were not published.",
    )


def dofa(file: str, sha256_begins: str | None, size: str, dimensions: int, depth: int, heads: int) -> GeoSource:
    """DOFA of one size, as torchgeo keeps it: the first version."""

    def network() -> Dofa:
        from satseek.models.geo.networks import Dofa

        return Dofa(dimensions, depth, heads)

    revision = "b8db318b64a90b9e085ec04ba8851233c5893666"
    return GeoSource(
        Published(f"dofa-{size}", file, _CC_BY, "torchgeo/dofa", revision, sha256_begins=sha256_begins),
        f"DOFA {size} (Xiong et al., 2024): any bands, told apart by their wavelengths",
        dimensions,
        {
            "s2": Reads(THIRTEEN, facts.dofa_s2(), 224, any_of=True),
            "s1": Reads(VV_VH, Scaling.standard(facts.S1_MEAN, facts.S1_DEVIATION), 224, any_of=True),
            "rgb": Reads(_ANY_RGB, Scaling.standard(facts.RGB_MEAN, facts.RGB_DEVIATION), 224, any_of=True),
        },
        {
            "s2": "reflectance less the mean, by the deviation, of its authors' training set; B01, B8A, B09 and B10, "
            "which that had not, by those of SSL4EO-S12",
            "s1": "dB less the mean, by the deviation, of SSL4EO-S12; its authors took amplitude in 8 bits",
            "rgb": "8 bits less the mean, by the deviation, of its authors",
        },
        "Satlas (Sentinel-1, Sentinel-2 Level 1C, NAIP), Five-Billion-Pixels (Gaofen-2), HySpecNet-11k (EnMAP)",
        network,
        ground_resolution_m={"rgb": (1.0, 4.0)},
        limits="Reads whichever bands a chip has; bands that it has not are left out. Chips with other bands are best "
        "kept in archives of their own. The radar's wavelength is the placeholder 3.75 of its first version.",
    )


def ssl4eo(
    name: str, sensor: str, method: str, published: Published, dimensions: int, network: str, **settings: Any
) -> GeoSource:
    """One encoder of SSL4EO-S12 for one sensor."""

    def network_of_timm() -> Plain:
        from satseek.models.geo.networks import Plain, timm_network

        return Plain(timm_network(network, 2 if sensor == "s1" else 13, **settings))

    softcon = sensor == "s2" and method == "SoftCon"
    stretched = "reflectance; each band's mean ± 2 deviations over SSL4EO-S12 Level 1C to 0…1, cut off there"
    return GeoSource(
        published,
        f"{name} ({_PAPERS[method]}): {'Sentinel-1' if sensor == 's1' else 'Sentinel-2'} alone",
        dimensions,
        {sensor: replace(_S2, scaling=facts.SOFTCON_S2) if softcon else _S2 if sensor == "s2" else _S1},
        {sensor: _S1_STRETCH if sensor == "s1" else stretched if softcon else _S2_REFLECTANCE},
        _SSL4EO + ("; land cover of Dynamic World for most" if method == "SoftCon" else "; no labels"),
        network_of_timm,
        limits=_VALUES if sensor == "s2" else "",
    )


def closp(size: str, backbone: str, side: int) -> GeoSource:
    """CLOSP with one kind of eyes."""

    def build(source: GeoSource, tensors: Mapping[str, Tensor], card: ModelCard, folder: Path) -> Model:
        from satseek.models.geo.closp import ClospModel, closp_of
        from satseek.models.geo.networks import timm_network
        from satseek.models.geo.wordpiece import WordPiece

        words = WordPiece.read(_vocabulary(source.published, folder))
        network = closp_of(tensors, len(words), lambda bands, classes: timm_network(backbone, bands, classes))
        return ClospModel(card, network, source.reads, words)

    name = f"CLOSP-{size.upper()}"
    return GeoSource(
        Published(
            f"closp-{size}",
            "model.safetensors",
            _APACHE,
            f"DarthReca/{name}",
            companions=(f"{_MINILM}:{VOCABULARY}",),
        ),
        f"{name} (Rege Cambrin et al., 2025): words, Sentinel-1 and Sentinel-2 in one space",
        384,
        {
            "s1": Reads(VV_VH, Scaling.divided(1.0, 2, clips=False), side),
            "s2": Reads(THIRTEEN, Scaling.divided(10_000, 13, clips=False), side, may_miss=("B10",)),
        },
        {"s1": "dB as they are", "s2": "reflectance as it is (stored numbers / 10,000)"},
        "CrisisLandMark: 647,000 Sentinel-1 and Sentinel-2 images with keywords of land cover and crises",
        build=build,
        limits="Its words are keywords of twelve kinds of land and crisis; sentences are guesses.",
        reads_text=True,
        shares_one_space=True,
    )


def _vocabulary(published: Published, folder: Path) -> Path:
    """Return where the vocabulary lies: beside the weights, or in the folder that they belong in."""
    own = folder_of(published)
    there = next((path for path in (folder / VOCABULARY, own / VOCABULARY) if path.is_file()), None)
    if there is None:
        raise ModelError(
            f"The words of '{published.name}' are not on this machine. With internet: satseek models get "
            f"{published.name}. Without: put {VOCABULARY} of {_MINILM} (30,522 lines) into {own}."
        )
    return there


def _torchgeo(name: str, repository: str, revision: str, file: str, licence: Licence = _CC_BY) -> Published:
    stem = file.rpartition(".")[0].rpartition("-")[2]
    begins = stem if len(stem) == 8 and set(stem) <= set("0123456789abcdef") else None
    return Published(name, file, licence, repository, revision, sha256_begins=begins)


_VITB14 = {"img_size": 224}
_SOFTCON_AT = "bae909781911f8ec034b4b959992fae17b973c0c"
SOURCES: dict[str, GeoSource] = {
    each.published.name: each
    for each in (
        croma(
            "CROMA_base-0238d814.pt", "387883f08af79d777167519c57cd826eda89a16f", "0238d814", "base", 768, 12
        ),
        croma(
            "CROMA_large-921e69ad.pt", "92cb1a0f4e34c6c01558baf070197c01255382f6", "921e69ad", "large", 1024, 24
        ),
        dofa("dofa_base_patch16_224-a0275954.pth", "a0275954", "base", 768, 12, 12),
        dofa("dofa_large_patch16_224-0ff904d3.pth", "0ff904d3", "large", 1024, 24, 16),
        ssl4eo(
            "SSL4EO-S12 MoCo ResNet-50", "s1", "MoCo",
            _torchgeo(
                "ssl4eo-moco-s1", "torchgeo/resnet50_sentinel1_all_moco", "e79862c667853c10a709bdd77ea8ffbad0e0f1cf",
                "resnet50_sentinel1_all_moco-906e4356.pth",
            ), 2048, "resnet50",
        ),
        ssl4eo(
            "SSL4EO-S12 MoCo ResNet-50", "s2", "MoCo",
            _torchgeo(
                "ssl4eo-moco-s2", "torchgeo/resnet50_sentinel2_all_moco", "da4f3c9dbe09272eb902f3b37f46635fa4726879",
                "resnet50_sentinel2_all_moco-df8b932e.pth",
            ), 2048, "resnet50",
        ),
        ssl4eo(
            "SSL4EO-S12 DINO ViT-S/16", "s2", "DINO",
            _torchgeo(
                "ssl4eo-dino-s2", "torchgeo/vit_small_patch16_224_sentinel2_all_dino",
                "5b41dd418a79de47ac9f5be3e035405a83818a62", "vit_small_patch16_224_sentinel2_all_dino-36bcc127.pth",
            ), 384, "vit_small_patch16_224",
        ),
        ssl4eo(
            "DeCUR ResNet-50", "s1", "DeCUR",
            _torchgeo(
                "decur-s1", "torchgeo/decur", "9328eeb90c686a88b30f8526ed757b4bc0f12027",
                "rn50_ssl4eo-s12_sar_decur_ep100-f0e69ba2.pth", _APACHE,
            ), 2048, "resnet50",
        ),
        ssl4eo(
            "DeCUR ResNet-50", "s2", "DeCUR",
            _torchgeo(
                "decur-s2", "torchgeo/decur", "eba7ae5945d482a4319be046d34b552db5dd9950",
                "rn50_ssl4eo-s12_ms_decur_ep100-fc6b09ff.pth", _APACHE,
            ), 2048, "resnet50",
        ),
        ssl4eo(
            "SoftCon ViT-B/14", "s1", "SoftCon",
            _torchgeo("softcon-s1", "wangyi111/softcon", _SOFTCON_AT, "B2_vitb14_softcon_enc.pth"),
            768, "vit_base_patch14_dinov2", **_VITB14,
        ),
        ssl4eo(
            "SoftCon ViT-B/14", "s2", "SoftCon",
            _torchgeo("softcon-s2", "wangyi111/softcon", _SOFTCON_AT, "B13_vitb14_softcon_enc.pth"),
            768, "vit_base_patch14_dinov2", **_VITB14,
        ),
        closp("rn", "resnet50", 120),
        closp("vs", "vit_small_patch16_224", 224),
        closp("vl", "vit_large_patch16_224", 224),
    )
}  # fmt: skip
CROMA_BASE, CROMA_LARGE = SOURCES["croma-base"].entry, SOURCES["croma-large"].entry
DOFA_BASE, DOFA_LARGE = SOURCES["dofa-base"].entry, SOURCES["dofa-large"].entry
MOCO_S1, MOCO_S2, DINO_S2 = (SOURCES[f"ssl4eo-{name}"].entry for name in ("moco-s1", "moco-s2", "dino-s2"))
DECUR_S1, DECUR_S2 = SOURCES["decur-s1"].entry, SOURCES["decur-s2"].entry
SOFTCON_S1, SOFTCON_S2 = SOURCES["softcon-s1"].entry, SOURCES["softcon-s2"].entry
CLOSP_RN, CLOSP_VS, CLOSP_VL = (SOURCES[f"closp-{name}"].entry for name in ("rn", "vs", "vl"))
