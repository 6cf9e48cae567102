"""The network of open_clip, built with the activation that its weights need, and filled with them or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from satseek.core.errors import ModelError, UnknownName
from satseek.models.clip.recipes import Activation

if TYPE_CHECKING:
    from torch import Tensor, nn

CONFIG = "open_clip_config.json"
OPENAI = {
    "mean": (0.48145466, 0.4578275, 0.40821073),
    "std": (0.26862954, 0.26130258, 0.27577711),
    "interpolation": "bicubic",
    "resize_mode": "shortest",
}
_PREFIXES = ("state_dict.", "model.", "module.")  # what training scripts put before every name


def library() -> Any:
    """Return open_clip, or say how to get it."""
    try:
        import open_clip
    except ImportError as error:
        raise ModelError('CLIP models need an extra: pip install "satseek[clip]".') from error
    return open_clip


def config_of(architecture: str) -> dict[str, Any]:
    """Return how open_clip builds an architecture; an unknown one is answered with the nearest."""
    open_clip = library()
    config = open_clip.get_model_config(architecture)
    if config is None:
        raise UnknownName("open_clip architecture", architecture, open_clip.list_models())
    return dict(deepcopy(config))


def config_in(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how the model of a folder is built, and how it takes its pictures."""
    try:
        told = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        return dict(told["model_cfg"]), {**OPENAI, **told.get("preprocess_cfg", {})}
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder} holds no {CONFIG}, so it is no model folder of open_clip. Name the architecture and the file: "
            "clip:ViT-B-32:FILE."
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder / CONFIG} cannot be read: {error!r}.") from error


def activation_of(config: Mapping[str, Any]) -> Activation:
    """Return the activation that a configuration asks for."""
    return "quickgelu" if config.get("quick_gelu") else "gelu"


def preprocess_of(architecture: str, tag: str | None = None) -> dict[str, Any]:
    """Return how pictures are prepared for an architecture, as open_clip does it for the weights it knows of it."""
    table = library().pretrained
    tags = [tag] if tag is not None else table.list_pretrained_tags_by_model(architecture)
    told = table.get_pretrained_cfg(architecture, tags[0]) if tags else {}
    return {key: told.get(key) or value for key, value in OPENAI.items()}


def build(config: Mapping[str, Any], activation: Activation, *, starting_values: bool = False) -> nn.Module:
    """Return the network, empty unless it is to begin somewhere: drawing values that are overwritten takes seconds."""
    open_clip = library()
    settings = deepcopy(dict(config))
    if "hf_model_name" in settings["text_cfg"]:
        raise ModelError(
            "The text tower of this architecture is a model of the library transformers, which SatSeek does not run. "
            "Choose an architecture with open_clip's own text tower."
        )
    if "timm_model_name" in settings["vision_cfg"]:
        settings["vision_cfg"]["timm_model_pretrained"] = False
    settings["quick_gelu"] = activation == "quickgelu"
    custom = settings.pop("custom_text", False)
    kind = open_clip.CoCa if "multimodal_cfg" in settings else open_clip.CustomTextCLIP if custom else open_clip.CLIP
    try:
        with nullcontext() if starting_values else _undrawn():
            network: nn.Module = kind(**settings)
    except (TypeError, RuntimeError, AssertionError) as error:
        raise ModelError(
            f"open_clip cannot build this architecture: {error}. Is open_clip_torch up to date?"
        ) from error
    return network


def fill(network: nn.Module, tensors: Mapping[str, Tensor], architecture: str, path: Path) -> nn.Module:
    """Put weights into their network, as they are; weights of another architecture are refused, never bent to fit."""
    from open_clip.factory import convert_to_custom_text_state_dict

    state = _named_plainly(tensors)
    if "positional_embedding" in state and not hasattr(network, "positional_embedding"):
        state = convert_to_custom_text_state_dict(state)
    wanted = network.state_dict()
    for name in ("logit_scale", "logit_bias"):
        if name in state and name in wanted:
            state[name] = state[name].reshape(wanted[name].shape)
    state = {name: value for name, value in state.items() if name in wanted or not name.endswith(_HARMLESS)}
    faults = _faults(state, wanted)
    if faults:
        like = _alike(state)
        hint = f" They look like {like}." if like and like != architecture else ""
        raise ModelError(f"The weights in {path} are not those of a {architecture}: {faults}.{hint}")
    state = {name: value.float() if value.is_floating_point() else value for name, value in state.items()}
    network.load_state_dict(state, assign=True)
    return network


def _undrawn() -> AbstractContextManager[Any]:
    """Leave parameters as memory holds them: `fill` gives every one of them its value."""
    import torch
    from torch.overrides import TorchFunctionMode

    class Undrawn(TorchFunctionMode):
        """Skips what draws starting values, and computes all else, such as masks."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            """Return the tensor as it is, or what the function makes."""
            given = kwargs or {}
            if getattr(func, "__module__", None) == "torch.nn.init":
                return given.get("tensor", args[0] if args else None)
            if func in (torch.Tensor.normal_, torch.Tensor.uniform_):
                return args[0]
            return func(*args, **given)

    return Undrawn()


_HARMLESS = ("position_ids", "input_resolution", "context_length", "vocab_size", "attn_mask", "num_batches_tracked")


def _named_plainly(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state = dict(tensors)
    for prefix in _PREFIXES:
        if state and all(name.startswith(prefix) for name in state):
            state = {name.removeprefix(prefix): value for name, value in state.items()}
    return state


def _faults(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    missing, strange = sorted(set(wanted) - set(state)), sorted(set(state) - set(wanted))
    sized = [name for name in wanted if name in state and state[name].shape != wanted[name].shape]
    said = []
    if missing:
        said.append(f"{len(missing)} are missing ({missing[0]})")
    if strange:
        said.append(f"{len(strange)} are unknown to it ({strange[0]})")
    if sized:
        first = sized[0]
        said.append(
            f"{len(sized)} have another shape ({first}: {tuple(state[first].shape)} instead of "
            f"{tuple(wanted[first].shape)})"
        )
    return ", ".join(said)


def _alike(state: Mapping[str, Tensor]) -> str | None:
    """Return the plain ViT of open_clip that weights of this shape belong to, if there is one."""
    patches, words = state.get("visual.conv1.weight"), state.get("text_projection")
    places = state.get("visual.positional_embedding")
    if patches is None or words is None or places is None or patches.ndim != 4:
        return None
    side = round((places.shape[0] - 1) ** 0.5) * patches.shape[2]
    open_clip = library()
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name)
        vision, text = config["vision_cfg"], config["text_cfg"]
        if (
            config["embed_dim"] == words.shape[1]
            and vision.get("width", 768) == patches.shape[0]
            and vision.get("patch_size") == patches.shape[2]
            and vision.get("image_size") == side
            and text.get("width", 512) == words.shape[0]
            and not config.get("custom_text")
        ):
            return str(name)
    return None
