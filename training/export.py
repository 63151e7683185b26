"""A registered model in, an ONNX file beside its weights out, checked against the network that it came from."""

import json
import tempfile
import time
import warnings
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from lake.configuration import Pipeline
from lake.digests import canonical_json, stage_key
from lake.errors import ModelError
from lake.lake import Lake, open_lake
from lake.publishing.stage_report import StageReport
from training.module import normalised
from training.weights import LoadedModel, load_model, model_folder

STAGE = "export"
CODE_VERSION = 1
FILE_NAME, RECEIPT_NAME = "model.onnx", "model.onnx.json"
OPSET = 17
TOLERANCE = 1e-5
"""Largest difference of a probability between torch and ONNX Runtime."""


class ExportedNetwork(nn.Module):
    """What the ONNX file computes: canvases as bytes in, logits of the fused map out."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor:
        """Map (N, H, W, 3) uint8 RGB to (N, H, W) float logits."""
        logits: Tensor = self.network(normalised(pixels))
        return logits[:, 0]


def export(pipeline: Pipeline, model: str) -> StageReport:
    """Write a registered model as ONNX with dynamic batch, height and width, and check it in ONNX Runtime.

    Args:
        pipeline: In whose store the model is registered.
        model: Its digest.

    Raises:
        ModelError: The model is not registered, or ONNX Runtime computes other probabilities than torch.
    """
    started = time.monotonic()
    lake = open_lake(pipeline)
    key = stage_key(STAGE, inputs={"model": model}, spec={"opset": OPSET}, version=CODE_VERSION)
    path = f"{model_folder(model)}/{FILE_NAME}"
    details = _exported_before(lake, model, key)
    if details:
        return StageReport(STAGE, key, True, 1, 1, details=details)
    data, difference = to_onnx(load_model(lake, model))
    details = {"model": model, "onnx": path, "sha256": sha256(data).hexdigest(), "largest_difference": difference}
    lake.store.write_bytes(path, data)
    lake.store.write_bytes(f"{model_folder(model)}/{RECEIPT_NAME}", canonical_json({"key": key, **details}).encode())
    return StageReport(STAGE, key, False, 1, 1, seconds=time.monotonic() - started, details=details)


def to_onnx(loaded: LoadedModel) -> tuple[bytes, float]:
    """Return a model as ONNX, and the largest difference of a probability over canvases of several sizes.

    Raises:
        ModelError: The difference exceeds `TOLERANCE`.
    """
    # eval() on the outermost module: the exporter would switch a wrapper left in training mode, and all within it
    exported = ExportedNetwork(loaded.network.to(memory_format=torch.contiguous_format)).eval()  # type: ignore[call-overload]
    document = onnx.load_from_string(_traced(exported, loaded.canvas))
    onnx.helper.set_model_props(document, {"model": loaded.model, "network": loaded.name, "canvas": str(loaded.canvas)})
    data = document.SerializeToString()
    difference = largest_difference(exported, data, canvas=loaded.canvas)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"ONNX Runtime differs from torch by {difference:.2g} for model {loaded.model!r}; at most {TOLERANCE:g} is allowed"
        )
    return data, difference


def _traced(exported: ExportedNetwork, canvas: int) -> bytes:
    example = torch.zeros((2, canvas, canvas, 3), dtype=torch.uint8)
    axes = {0: "batch", 1: "height", 2: "width"}
    with tempfile.TemporaryDirectory(prefix="centrepiece-export-") as folder, warnings.catch_warnings():
        path = Path(folder, FILE_NAME)
        # torch prefers its newer exporter; this one takes 3 s where that takes 25, and its result is checked here
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            exported,
            (example,),
            path,
            input_names=["pixels"],
            output_names=["logits"],
            dynamic_axes={"pixels": axes, "logits": axes},
            opset_version=OPSET,
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


def _exported_before(lake: Lake, model: str, key: str) -> dict[str, object]:
    receipt = f"{model_folder(model)}/{RECEIPT_NAME}"
    if not lake.store.exists(receipt):
        return {}
    try:
        details: dict[str, object] = json.loads(lake.store.read_bytes(receipt))
    except json.JSONDecodeError:
        return {}
    path = f"{model_folder(model)}/{FILE_NAME}"
    if details.pop("key", None) != key or not lake.store.exists(path):
        return {}
    return details if sha256(lake.store.read_bytes(path)).hexdigest() == details.get("sha256") else {}
