"""Models as ONNX files, checked in ONNX Runtime against the networks that they come from."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from lake.errors import ModelError
from training.module import normalised_pixels
from training.weights import LoadedModel

TOLERANCE = 1e-5
"""Largest difference of a probability between torch and ONNX Runtime."""

onnxruntime.disable_telemetry_events()  # nothing is reported to anybody


class ExportedNetwork(nn.Module):
    """What the ONNX file computes: canvases as bytes in, logits of the fused map out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Compute the logits of the fused map.

        Args:
            pixels: (N, H, W, 3) uint8, RGB canvases.

        Returns:
            (N, H, W) float logits.
        """
        logits: Tensor = self.network(normalised_pixels(pixels))
        return logits[:, 0]


def to_onnx(loaded: LoadedModel, *, opset: int) -> tuple[bytes, float]:
    """Return a model as ONNX, and the largest difference of a probability over canvases of several sizes.

    Args:
        loaded: The model.
        opset: Version of ONNX's operators.

    Raises:
        ModelError: The difference exceeds `TOLERANCE`.
    """
    # eval() on the outermost module: the exporter would switch a wrapper left in training mode, and all within it
    exported = ExportedNetwork(loaded.network.to(memory_format=torch.contiguous_format)).eval()  # type: ignore[call-overload]
    document = onnx.load_from_string(_traced(exported, loaded.canvas, opset))
    onnx.helper.set_model_props(document, {"model": loaded.model, "network": loaded.name, "canvas": str(loaded.canvas)})
    data = document.SerializeToString()
    difference = largest_difference(exported, data, canvas=loaded.canvas)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"ONNX Runtime differs from torch by {difference:.2g} for model {loaded.model!r}; at most {TOLERANCE:g} is allowed"
        )
    return data, difference


def _traced(exported: ExportedNetwork, canvas: int, opset: int) -> bytes:
    example = torch.zeros((2, canvas, canvas, 3), dtype=torch.uint8)
    axes = {0: "batch", 1: "height", 2: "width"}
    with tempfile.TemporaryDirectory(prefix="centrepiece-export-") as folder, warnings.catch_warnings():
        path = Path(folder, "model.onnx")
        # torch prefers its newer exporter; this one takes 3 s where that takes 25, and its result is checked here
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            exported,
            (example,),
            path,
            input_names=["pixels"],
            output_names=["logits"],
            dynamic_axes={"pixels": axes, "logits": axes},
            opset_version=opset,
            dynamo=False,
        )
        return path.read_bytes()


def largest_difference(exported: nn.Module, data: bytes, *, canvas: int) -> float:
    """Return the largest difference of a probability between torch and ONNX Runtime on fixed noise of several sizes.

    Args:
        exported: The exported module, in evaluation mode.
        data: The ONNX file.
        canvas: Side of one of the sizes, in px.
    """
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    random = np.random.default_rng(0)
    differences = []
    for batch, height, width in ((1, canvas, canvas), (2, 97, 131), (3, 33, 64), (1, 17, 200)):
        pixels = random.integers(0, 256, (batch, height, width, 3), np.uint8)
        with torch.inference_mode():
            expected = torch.sigmoid(exported(torch.from_numpy(pixels))).numpy()
        (logits,) = session.run(["logits"], {"pixels": pixels})
        differences.append(float(np.abs(expected - 1 / (1 + np.exp(-logits))).max()))
    return max(differences)
