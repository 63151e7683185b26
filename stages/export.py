"""Export: a registered model as an ONNX file beside its weights, checked against the network that it came from."""

import json
from hashlib import sha256
from typing import Any

from lake.digests import StageKey, canonical_json
from lake.model_files import model_folder
from lake.publishing.stage_report import StageReport
from stages.stage import Computed, Publication, Run, Stage

OPSET = 17


def _path(run: Run, name: str = "model.onnx") -> str:
    return f"{model_folder(run.arguments['model'])}/{name}"


def _committed(run: Run, _part: None, key: StageKey) -> StageReport | None:
    """Look for the receipt of the same export, and for the file that it names, unchanged."""
    store, receipt = run.lake.store, _path(run, "model.onnx.json")
    if not store.exists(receipt):
        return None
    try:
        details: dict[str, Any] = json.loads(store.read_bytes(receipt))
    except json.JSONDecodeError:
        return None
    if details.pop("key", None) != key or not store.exists(_path(run)):
        return None
    if sha256(store.read_bytes(_path(run))).hexdigest() != details.get("sha256"):
        return None
    return StageReport("export", key, True, 1, 1, details=details)


def _compute(run: Run, _part: None, publication: Publication) -> Computed:
    """Write the model with dynamic batch, height and width.

    Raises:
        ModelError: The model is not registered, or ONNX Runtime computes other probabilities than torch.
    """
    from training.export import to_onnx
    from training.weights import load_model

    model, store = run.arguments["model"], run.lake.store
    data, difference = to_onnx(load_model(run.lake, model), opset=OPSET)
    details = {"model": model, "onnx": _path(run), "sha256": sha256(data).hexdigest(), "largest_difference": difference}
    store.write_bytes(_path(run), data)
    store.write_bytes(_path(run, "model.onnx.json"), canonical_json({"key": publication.key, **details}).encode())
    return Computed(rows_in=1, rows_out=1, details=details)


EXPORT = Stage(
    name="export",
    version=1,
    reads=(),
    arguments=("model",),
    inputs=lambda run, _part: {"model": run.arguments["model"]},
    targets=(),
    spec=lambda _run, _part: {"opset": OPSET},
    committed=_committed,
    compute=_compute,
)
