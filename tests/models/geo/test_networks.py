"""Our verb over each network gives what its publisher's own forward gives, and weights of another are refused."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch
from torch import Tensor, nn

from fakes.geo_weights import SIDE, closp_weights
from satseek.core.errors import ModelError
from satseek.models.geo import torchgeo_networks
from satseek.models.geo.bert import Bert
from satseek.models.geo.closp import closp_of
from satseek.models.geo.networks import Croma, Dofa, Plain, take, timm_network

needs_torchgeo = pytest.mark.skipif(find_spec("torchgeo") is None, reason="needs the extra geo")
BANDS = ("B04", "B03", "B02", "B08")


@pytest.fixture(scope="module")
def croma() -> Croma:
    torch.manual_seed(1)
    return Croma(32, 2, SIDE).eval()


@pytest.fixture(scope="module")
def dofa() -> Dofa:
    torch.manual_seed(1)
    network = Dofa(32, 1, 4).eval()
    nn.init.normal_(network.dofa.pos_embed)
    return network


@needs_torchgeo
@torch.inference_mode()
def test_croma_gives_the_vectors_of_torchgeos_forward_for_each_sensor_and_for_both(croma: Croma) -> None:
    radar, optical = torch.rand(2, 2, SIDE, SIDE), torch.rand(2, 12, SIDE, SIDE)
    theirs = croma.croma(x_sar=radar, x_optical=optical)
    torch.testing.assert_close(croma.see("s1", ("VV", "VH"), radar), theirs["sar_GAP"])
    torch.testing.assert_close(croma.see("s2", BANDS, optical), theirs["optical_GAP"])
    torch.testing.assert_close(croma.see_together(radar, optical), theirs["joint_GAP"])


@needs_torchgeo
@torch.inference_mode()
def test_dofa_is_told_the_bands_by_their_wavelengths(dofa: Dofa) -> None:
    images = torch.rand(2, 4, 224, 224)
    seen = dofa.see("s2", BANDS, images)
    torch.testing.assert_close(seen, dofa.dofa.forward_features(images, [0.665, 0.56, 0.49, 0.842]))
    turned = dofa.see("s2", BANDS[::-1], images.flip(1))
    torch.testing.assert_close(turned, seen, atol=1e-4, rtol=1e-4)
    fewer = dofa.see("s2", BANDS[:3], images[:, :3])
    assert (fewer - seen).abs().max() > 1e-4


@needs_torchgeo
@torch.inference_mode()
def test_radar_has_the_placeholder_wavelength_of_the_first_version(dofa: Dofa) -> None:
    images = torch.rand(1, 2, 224, 224)
    theirs = dofa.dofa.forward_features(images, [3.75, 3.75])
    torch.testing.assert_close(dofa.see("s1", ("VV", "VH"), images), theirs)


@needs_torchgeo
def test_dofas_published_file_lacks_the_last_norm_and_may_hold_leftovers_of_its_decoder(dofa: Dofa) -> None:
    published = {name: value for name, value in dofa.dofa.state_dict().items() if not name.startswith("fc_norm")}
    Dofa(32, 1, 4).take({**published, "mask_token": torch.zeros(1), "projector.weight": torch.zeros(1)})


def test_a_file_with_its_classifier_left_on_is_taken_without_it() -> None:
    whole = timm_network("test_resnet", 2, 10).state_dict()
    network = Plain(timm_network("test_resnet", 2))
    network.take(whole)
    images = torch.rand(2, 2, 64, 64)
    assert network.see("s1", ("VV", "VH"), images).shape == (2, 96)


def test_weights_of_another_architecture_are_refused_and_told() -> None:
    network = nn.Sequential(nn.Linear(3, 2))
    weights = network.state_dict()
    with pytest.raises(ModelError, match=r"another architecture: they have no 0\.bias"):
        take(network, {"0.weight": weights["0.weight"]})
    with pytest.raises(ModelError, match=r"an unknown blocks\.1 and 1 more"):
        take(network, {**weights, "blocks.1": torch.zeros(1), "blocks.2": torch.zeros(1)})
    with pytest.raises(ModelError, match=r"another shape of 0\.weight"):
        take(network, {**weights, "0.weight": torch.zeros(2, 4)})


def test_half_precision_weights_become_whole_numbers_of_the_same_value() -> None:
    network = nn.Sequential(nn.Linear(3, 2))
    take(network, {name: value.half() for name, value in network.state_dict().items()})
    assert all(value.dtype == torch.float32 for value in network.state_dict().values())


@torch.inference_mode()
def test_bert_gives_what_pytorchs_own_layers_give() -> None:
    torch.manual_seed(2)
    ours = Bert(40, 24, 2, 12, 48).eval()
    pieces = torch.randint(0, 40, (3, 9))
    is_text = torch.ones(3, 9, dtype=torch.bool)
    is_text[1, 4:], is_text[2, 2:] = False, False
    embedded = ours.embeddings
    seen = embedded.word_embeddings(pieces) + embedded.position_embeddings(torch.arange(9))
    seen = embedded.LayerNorm(seen + embedded.token_type_embeddings(torch.zeros(1, dtype=torch.long)))
    for layer in ours.encoder.layer:
        seen = _theirs(layer)(seen, src_key_padding_mask=~is_text)
    torch.testing.assert_close(ours(pieces, is_text), seen[:, 0], atol=1e-5, rtol=1e-5)


def _theirs(layer: nn.Module) -> nn.Module:
    """PyTorch's encoder layer with the weights of one of ours."""
    ours: dict[str, Tensor] = layer.state_dict()
    theirs = nn.TransformerEncoderLayer(24, 12, 48, 0.0, "gelu", layer_norm_eps=1e-12, batch_first=True).eval()
    named = {"self_attn.out_proj": "attention.output.dense", "linear1": "intermediate.dense", "linear2": "output.dense",
             "norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}  # fmt: skip
    weights = {f"{to}.{part}": ours[f"{of}.{part}"] for to, of in named.items() for part in ("weight", "bias")}
    for part in ("weight", "bias"):
        stacked = [ours[f"attention.self.{name}.{part}"] for name in ("query", "key", "value")]
        weights[f"self_attn.in_proj_{part}"] = torch.cat(stacked)
    theirs.load_state_dict(weights)
    return theirs


def test_closp_is_built_as_wide_as_its_file_whether_classifiers_were_left_on_or_not() -> None:
    def encoder(bands: int, classes: int) -> nn.Module:
        return timm_network("test_resnet", bands, classes)

    for classes in ((5, 0), (0, 7), (0, 0)):
        network = closp_of(closp_weights(classes=classes), 62, encoder)
        assert network.s1_projection.in_features == (classes[0] or 96)
        assert network.s2_projection.in_features == (classes[1] or 96)
    wrapped = {f"model.{name}": value for name, value in closp_weights().items()}
    assert closp_of(wrapped, 62, encoder).text_model.embeddings.word_embeddings.num_embeddings == 62
    eyes_alone = {name: value for name, value in closp_weights().items() if name.startswith("s1_encoder.")}
    with pytest.raises(ModelError, match=r"no words or no projection.*torchgeo has only the eyes"):
        closp_of(eyes_alone, 62, encoder)
    with pytest.raises(ModelError, match=r"know 62 pieces of words and vocab.txt lists 30522"):
        closp_of(closp_weights(), 30_522, encoder)


def test_without_torchgeo_a_person_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchgeo_networks, "find_spec", lambda name: None)
    for name in ("torchgeo.models.croma", "satseek_torchgeo_croma"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    with pytest.raises(ModelError, match=r'pip install "satseek\[geo\]"'):
        torchgeo_networks.network_file("croma")


@needs_torchgeo
@pytest.mark.slow
def test_a_network_is_taken_from_its_file_without_the_rest_of_torchgeo() -> None:
    code = (
        "import sys; from satseek.models.geo.networks import Croma; Croma(32, 2, 40); "
        "assert 'torchgeo.models' not in sys.modules; assert 'lightning' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
