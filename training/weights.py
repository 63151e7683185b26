"""Weights as safetensors files under their digest, and registered models loaded from them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import safetensors.torch
import torch
from torch import Tensor

from lake.digests import canonical_json, digest
from lake.errors import ModelError
from lake.lake import Lake
from lake.model_files import model_folder
from training.u2net import NETWORKS, U2Net, build_network

FILE_NAME = "weights.safetensors"

_KEY = "centrepiece"  # one key, because safetensors writes several in no fixed order


@dataclass(frozen=True, slots=True)
class PackedModel:
    """A model as bytes: what is stored, and what it is called by."""

    model: str  # digest of the weights and the settings that predicting needs
    weights_sha256: str
    data: bytes

    @property
    def path(self) -> str:
        """Where the weights stand, relative to the store's root."""
        return f"{model_folder(self.model)}/{FILE_NAME}"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A network ready to predict."""

    model: str
    name: str  # of the network
    canvas: int  # px, that it was trained on
    network: U2Net  # in evaluation mode


def pack_model(weights: Mapping[str, Tensor], *, network: str, canvas: int) -> PackedModel:
    """Serialise a trained state; equal weights and settings give equal bytes.

    Args:
        weights: The network's state by name, on the CPU.
        network: Its name in `training.u2net.NETWORKS`.
        canvas: Side of the canvas that it was trained on, in px.
    """
    settings = {"network": network, "canvas": canvas}
    state = {name: weights[name].contiguous() for name in sorted(weights)}
    data = safetensors.torch.save(state, metadata={_KEY: canonical_json(settings)})
    weights_sha256 = sha256(data).hexdigest()
    return PackedModel(digest("model", weights_sha256, settings), weights_sha256, data)


def unpack_model(model: str, data: bytes) -> LoadedModel:
    """Build the network of stored weights.

    Raises:
        ModelError: The bytes are no model of ours, or do not fit their network.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        settings = json.loads(json.loads(data[8 : 8 + size])["__metadata__"][_KEY])
        name, canvas = str(settings["network"]), int(settings["canvas"])
        state = safetensors.torch.load(data)
    except (ValueError, KeyError, TypeError, safetensors.SafetensorError) as error:
        raise ModelError(
            f"expected weights that `centrepiece fit` wrote for model {model!r}, got {len(data):,} other bytes ({error})"
        ) from None
    if name not in NETWORKS:
        raise ModelError(f"model {model!r} is a {name!r}, known are {sorted(NETWORKS)}; a newer centrepiece wrote it")
    network = build_network(name)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(f"the weights of model {model!r} do not fit the network {name!r}: {error}") from None
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoadedModel(model, name, canvas, network.eval())


def load_model(lake: Lake, model: str) -> LoadedModel:
    """Load a registered model and check its digest.

    Args:
        lake: That the model was registered in.
        model: Its digest.

    Raises:
        ModelError: No such model is registered, or its file is not the one that was.
    """
    rows = lake.read("models", columns=["weights", "weights_sha256"], where={"model": model}).to_pylist()
    if not rows:
        raise ModelError(f"no model {model!r} is registered in {lake.store.root!r}; `centrepiece sql` lists them: SELECT model FROM models")
    path, expected = rows[0]["weights"], rows[0]["weights_sha256"]
    data = lake.store.read_bytes(path)
    found = sha256(data).hexdigest()
    if found != expected:
        raise ModelError(f"{lake.store.uri(path)} has sha-256 {found}, registered is {expected}; restore the file or fit again")
    return unpack_model(model, data)
