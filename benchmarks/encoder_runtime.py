"""Ways to run the shipped `amfmn` on a processor: PyTorch plain and compiled, OpenVINO, ONNX Runtime; images and words.

    uv pip install openvino onnx onnxruntime onnxscript   # ways that are not installed are left out, and said
    python benchmarks/encoder_runtime.py --rounds 5

Each way encodes the same batches of random chips at the model's own size with the same weights; how far its vectors
lie from full precision is told as the least cosine. Words are timed through the model's own seam, one sentence a call.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import facts, write_result
from torch import Tensor, nn
from torch.nn import functional

from satseek.models.amfmn.model import AmfmnModel
from satseek.models.amfmn.network import Amfmn, AmfmnSettings
from satseek.models.amfmn.on_demand import AmfmnOnDemand
from satseek.models.checkpoint import load_checkpoint
from satseek.models.memory import keep_large_blocks
from satseek.models.packaged import weights_folder

BATCH = 32
SENTENCES = ("a river through forest", "many planes stand beside a terminal", "two storage tanks near a road")
WANTED_TEXT_MS = 3.0
Way = Callable[[Tensor], Tensor]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--only", nargs="*", help="names of ways")
    given = options.parse_args()
    keep_large_blocks()  # as the command does
    eye = _image_tower()
    size = AmfmnModel.load(weights_folder("amfmn")).card.chip_size
    images = torch.rand(BATCH, 3, size, size, generator=torch.Generator().manual_seed(0)) * 255
    with torch.inference_mode():
        truth = functional.normalize(eye(images), dim=1)
    figures: dict[str, Any] = {"text": _texts(given.rounds), "batch": BATCH, "pixels": size}
    absent: dict[str, str] = {}
    for name, make in WAYS.items():
        if given.only and name not in given.only:
            continue
        try:
            began = time.perf_counter()
            way = make(_image_tower(), images)
            made = time.perf_counter() - began
            figures[name] = _measured(way, images, truth, given.rounds) | {"seconds_to_begin": round(made, 2)}
        except (ImportError, RuntimeError, ValueError, OSError) as error:
            absent[name] = " ".join(str(error).split())[:200]
    for name, figure in figures.items():
        print(f"{name:28} {figure}")
    print("absent:", absent)
    if given.only:
        return
    wanted = {"text at most 3 ms": figures["text"]["numpy_p50_ms"] <= WANTED_TEXT_MS}
    measured = facts(data="random pixels", seed=0, libraries=("torch", "openvino", "onnxruntime"))
    write_result("encoder_runtime", measured | {"figures": figures, "absent": absent, "wanted": wanted})


def _image_tower() -> nn.Module:
    checkpoint = load_checkpoint(weights_folder("amfmn"))
    words = len(checkpoint.tensors["embedding.words.weight"]) if "embedding.words.weight" in checkpoint.tensors else 0
    network = Amfmn(AmfmnSettings.from_json(checkpoint.settings), words or _words(checkpoint.vocabulary))
    network.load_state_dict({name: tensor.float() for name, tensor in checkpoint.tensors.items()})
    return network.image.eval().requires_grad_(False)


def _words(vocabulary: Any) -> int:
    from satseek.models.amfmn.vocabulary import Vocabulary

    return Vocabulary.from_json(vocabulary).size


@torch.inference_mode()
def _measured(way: Way, images: Tensor, truth: Tensor, rounds: int) -> dict[str, float]:
    vectors = functional.normalize(way(images).float(), dim=1)
    cosine = float((vectors * truth).sum(1).min())
    spent, computed = [], []
    for _ in range(rounds):
        began, before = time.perf_counter(), time.process_time()
        way(images)
        spent.append(time.perf_counter() - began)
        computed.append(time.process_time() - before)
    return {
        "images_per_s": round(BATCH / statistics.median(spent), 1),
        "best": round(BATCH / min(spent), 1),
        "per_processor_s": round(BATCH / statistics.median(computed), 1),  # others on the machine change it least
        "least_cosine": round(cosine, 5),
    }


def _plain(eye: nn.Module, _: Tensor) -> Way:
    return eye


def _channels_last(eye: nn.Module, _: Tensor) -> Way:
    eye = eye.to(memory_format=torch.channels_last)
    return lambda images: eye(images.to(memory_format=torch.channels_last))


def _autocast(eye: nn.Module, images: Tensor) -> Way:
    inner = _channels_last(eye, images)

    def way(images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return inner(images)

    return way


def _bf16(eye: nn.Module, _: Tensor) -> Way:
    eye = eye.to(memory_format=torch.channels_last).bfloat16()
    return lambda images: eye(images.bfloat16().to(memory_format=torch.channels_last))


def _compiled(eye: nn.Module, images: Tensor) -> Way:
    compiled = torch.compile(_autocast(eye, images))
    with torch.inference_mode():
        compiled(images)
    return compiled


def _exported(eye: nn.Module, images: Tensor) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "eye.onnx"
        program = torch.onnx.export(eye, (images,), input_names=["images"], output_names=["vectors"], dynamo=True)
        assert program is not None
        program.save(str(path))
        return path.read_bytes()


def _onnxruntime(eye: nn.Module, images: Tensor) -> Way:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(_exported(eye, images), options, providers=["CPUExecutionProvider"])
    return lambda images: torch.from_numpy(session.run(None, {"images": images.numpy()})[0])


def _openvino(precision: str) -> Callable[[nn.Module, Tensor], Way]:
    def make(eye: nn.Module, images: Tensor) -> Way:
        import openvino

        model = openvino.convert_model(eye, example_input=images)
        settings = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        compiled = openvino.Core().compile_model(model, "CPU", settings)
        return lambda images: torch.from_numpy(np.array(compiled(images.numpy())[0]))

    return make


WAYS: dict[str, Callable[[nn.Module, Tensor], Way]] = {
    "torch_fp32": _plain,
    "torch_fp32_channels_last": _channels_last,
    "torch_bf16_autocast": _autocast,
    "torch_bf16_weights": _bf16,
    "torch_compile_bf16": _compiled,
    "onnxruntime_fp32": _onnxruntime,
    "openvino_fp32": _openvino("f32"),
    "openvino_bf16": _openvino("bf16"),
}


def _texts(rounds: int) -> dict[str, float]:
    ways = {"numpy": AmfmnOnDemand(weights_folder("amfmn")), "torch": AmfmnModel.load(weights_folder("amfmn"))}
    figures: dict[str, float] = {}
    for name, model in ways.items():
        model.encode_texts([SENTENCES[0]])
        spent = []
        for _ in range(max(20, 10 * rounds)):
            for sentence in SENTENCES:
                began = time.perf_counter()
                model.encode_texts([sentence])
                spent.append(1e3 * (time.perf_counter() - began))
        figures |= {
            f"{name}_p50_ms": round(statistics.median(spent), 2),
            f"{name}_p99_ms": round(float(np.percentile(spent, 99)), 2),
            f"{name}_best_ms": round(min(spent), 2),
        }
    return figures


if __name__ == "__main__":
    main()
