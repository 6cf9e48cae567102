"""The networks of CROMA, DOFA and SSL4EO-S12 behind one verb, and how published weights go into them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from satseek.core.errors import ModelError
from satseek.models.geo.facts import MICROMETRES
from satseek.models.geo.torchgeo_networks import network_file

_COUNTERS = "num_batches_tracked"  # of training; older files have none


class Croma(nn.Module):
    """CROMA (Fuller et al., NeurIPS 2023): a transformer for radar, one for optical, one that joins both.

    The vector of a sensor is that of its GAP-FFN. In training two linear layers lay between it and the contrast of
    radar with optical; they were not published, so vectors of the two sensors are not aligned.
    """

    def __init__(self, dimensions: int, depth: int, side: int = 120) -> None:
        super().__init__()
        self.croma = network_file("croma").CROMA(encoder_dim=dimensions, encoder_depth=depth, image_size=side)

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Take published weights, whose parts are named as in the file."""
        take(self.croma, tensors, own=("attn_bias",))

    def see(self, sensor: str, bands: Sequence[str], images: Tensor) -> Tensor:
        """Return the vector of each radar or optical image."""
        encoder, head = (getattr(self.croma, f"{sensor}_{part}") for part in ("encoder", "GAP_FFN"))
        vectors: Tensor = head(self._seen(encoder, images).mean(dim=1))
        return vectors

    def see_together(self, radar: Tensor, optical: Tensor) -> Tensor:
        """Return the vector of each place seen by both, pixel on pixel."""
        both = self.croma.joint_encoder(
            x=self._seen(self.croma.s1_encoder, radar),
            context=self._seen(self.croma.s2_encoder, optical),
            relative_position_bias=self.croma.attn_bias,
        )
        joined: Tensor = both.mean(dim=1)
        return joined

    def _seen(self, encoder: Any, images: Tensor) -> Any:
        return encoder(imgs=images, attn_bias=self.croma.attn_bias)


class Dofa(nn.Module):
    """DOFA (Xiong et al., 2024): one transformer whose first layer is made from the bands' wavelengths."""

    def __init__(self, dimensions: int, depth: int, heads: int) -> None:
        super().__init__()
        self.dofa = network_file("dofa").DOFA(embed_dim=dimensions, depth=depth, num_heads=heads, num_classes=0)

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Take published weights; the last norm was not trained, and the decoder's leftovers are not used."""
        leftovers = ("mask_token", "norm.", "projector.", "head.")
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(leftovers)}
        take(self.dofa, kept, own=("fc_norm.weight", "fc_norm.bias"))

    def see(self, sensor: str, bands: Sequence[str], images: Tensor) -> Tensor:
        """Return the mean over the places of each image."""
        # autocast would make the first layer's kernels of numbers as coarse as wavelengths in bf16
        with torch.autocast(images.device.type, enabled=False):
            vectors: Tensor = self.dofa.forward_features(images.float(), [MICROMETRES[band] for band in bands])
        return vectors


class Plain(nn.Module):
    """A network of timm without its last layer, as SSL4EO-S12's encoders are published; one sensor each."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def take(self, tensors: Mapping[str, Tensor]) -> None:
        """Take published weights, less the classifier that some files carry."""
        kept = {name: tensor for name, tensor in tensors.items() if not name.startswith(("fc.", "head.", "mask_token"))}
        take(self.network, kept, own=("norm.weight", "norm.bias"))

    def see(self, sensor: str, bands: Sequence[str], images: Tensor) -> Tensor:
        """Return the pooled features of each image."""
        vectors: Tensor = self.network(images)
        return vectors


def timm_network(name: str, bands: int, classes: int = 0, **settings: Any) -> nn.Module:
    """Return a network of timm for so many bands."""
    import timm

    network: nn.Module = timm.create_model(name, pretrained=False, num_classes=classes, in_chans=bands, **settings)
    return network


def take(network: nn.Module, tensors: Mapping[str, Tensor], own: Sequence[str] = ()) -> None:
    """Put weights into a network, all of them and no others but its `own`; another architecture is refused."""
    wanted = network.state_dict()
    missing = [name for name in wanted if name not in tensors and name not in own and not name.endswith(_COUNTERS)]
    strange = [name for name in tensors if name not in wanted]
    shaped = [name for name in wanted if name in tensors and tensors[name].shape != wanted[name].shape]
    if missing or strange or shaped:
        told = [
            f"{words} {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
            for words, names in (("no", missing), ("an unknown", strange), ("another shape of", shaped))
            if names
        ]
        raise ModelError(
            f"These weights are of another architecture: they have {', '.join(told)}. "
            "Take the file that 'satseek models NAME' names for this model."
        )
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, strict=False)
    network.eval().requires_grad_(False)
