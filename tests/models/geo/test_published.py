"""The table of published encoders against torchgeo's registry, and each network at its true size, without weights."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from satseek.core.sensor import SENSORS
from satseek.models.geo.bert import Bert
from satseek.models.geo.closp import Closp
from satseek.models.geo.entries import SOURCES
from satseek.models.geo.facts import THIRTEEN
from satseek.models.geo.networks import timm_network
from satseek.models.geo.torchgeo_networks import network_file

pytestmark = pytest.mark.skipif(find_spec("torchgeo") is None, reason="needs the extra geo")


@pytest.fixture(scope="module")
def registry() -> str:
    """The text of torchgeo's registry of weights: to import it takes ten seconds."""
    package = find_spec("torchgeo")
    assert package is not None
    assert package.submodule_search_locations
    folder = Path(package.submodule_search_locations[0]) / "models"
    return "\n".join((folder / f"{name}.py").read_text() for name in ("croma", "dofa", "resnet", "vit"))


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.startswith("closp")])
def test_files_revisions_and_digests_are_those_of_torchgeos_registry(name: str, registry: str) -> None:
    published = SOURCES[name].published
    assert f"{published.repository}/resolve/{published.revision}/{published.file}" in registry
    if published.sha256_begins:
        assert f"-{published.sha256_begins}." in published.file
    else:
        assert name.startswith("softcon")  # whose file names say no digest


def test_bands_stand_in_the_order_of_torchgeos_registry(registry: str) -> None:
    text = registry[registry.index("_sentinel2_toa_bands = [") :]
    theirs = ast.literal_eval(text[text.index("[") : text.index("]") + 1])
    s2 = SENSORS.get("s2")
    assert s2.require_bands(theirs) == THIRTEEN
    assert "_sentinel1_grd_bands = ['VV', 'VH']" in registry


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SOURCES if not name.startswith(("closp", "dofa"))])
def test_each_network_at_its_true_size_makes_as_many_numbers_as_its_card_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SOURCES[name]
    assert source.network is not None
    places = torch.zeros(1, 16, 225, 225)  # how far places lie apart: computed one by one, and not asked for here
    monkeypatch.setattr(network_file("croma"), "get_2dalibi", lambda **_: places.to("meta"))
    with torch.device("meta"):  # shapes alone: nothing is kept and nothing computed
        network = source.network()
        for sensor, reads in source.reads.items():
            images = torch.empty(1, len(reads.bands), reads.side, reads.side)
            assert network.see(sensor, reads.bands, images).shape == (1, source.dimensions)


@pytest.mark.parametrize(("name", "blocks"), [("dofa-base", 12), ("dofa-large", 24)])
def test_dofa_is_as_wide_and_deep_as_its_files_name_says(name: str, blocks: int) -> None:
    source = SOURCES[name]
    assert source.network is not None
    with torch.device("meta"):
        weights = source.network().state_dict()
    assert weights["dofa.cls_token"].shape == (1, 1, source.dimensions)
    assert sum(key.endswith("attn.qkv.weight") for key in weights) == blocks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "backbone", "widths"),
    [
        ("closp-rn", "resnet50", (1000, 1000)),  # as its authors' class builds it: classifiers left on
        ("closp-vs", "vit_small_patch16_224", (384, 1000)),
        ("closp-vl", "vit_large_patch16_224", (1024, 1024)),
    ],
)
def test_closp_at_its_true_size_puts_both_sensors_and_words_into_384_numbers(
    name: str, backbone: str, widths: tuple[int, int]
) -> None:
    source = SOURCES[name]
    classes = [width if width == 1000 else 0 for width in widths]
    with torch.device("meta"):
        eyes = timm_network(backbone, 2, classes[0]), timm_network(backbone, 13, classes[1])
        network = Closp(*eyes, widths, Bert(30_522))
        for sensor, reads in source.reads.items():
            images = torch.empty(1, len(reads.bands), reads.side, reads.side)
            assert network.see(sensor, reads.bands, images).shape == (1, source.dimensions)
        pieces = torch.zeros(1, 8, dtype=torch.long)
        assert network.text_model(pieces, pieces == 0).shape == (1, source.dimensions)


def test_resnet_has_the_names_of_weights_that_files_of_torchvision_have() -> None:
    from torchvision.models import resnet50

    with torch.device("meta"):
        theirs = resnet50().state_dict()
        ours = timm_network("resnet50", 3).state_dict()
    assert {name: value.shape for name, value in ours.items()} == {
        name: value.shape for name, value in theirs.items() if not name.startswith("fc.")
    }
