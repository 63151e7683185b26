"""A model's bytes depend on its weights alone, and what is not the registered model is refused."""

from datetime import UTC, datetime

import pytest
import torch

from lake.contracts import Model
from lake.digests import stage_key
from lake.errors import ModelError
from lake.lake import Lake, open_lake
from lake.pipeline_file import load_pipeline
from lake.publishing.publish import Output, publish_stage
from lake.publishing.shards import shard_name, write_shard
from lake.schemas import table_of
from tests.support.factories import tiny_demo
from training.u2net import build_network
from training.weights import PackedModel, load_model, pack_model, unpack_model


@pytest.fixture(scope="module")
def packed() -> PackedModel:
    return pack_model(build_network("nano").state_dict(), network="nano", canvas=48)


@pytest.fixture(scope="module")
def lake(packed: PackedModel, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    lake = open_lake(load_pipeline(tiny_demo(tmp_path_factory.mktemp("world"), images=3)))
    lake.store.write_bytes(packed.path, packed.data)
    now = datetime.now(UTC)
    row = Model(packed.model, "demo", "nano", packed.path, packed.weights_sha256, "0", 1, "train-0", "{}", "unknown", now)
    key = stage_key("fit", inputs={}, spec={})
    receipt = write_shard(lake.location("models", key), shard_name(0, 1), [table_of(Model, [row])])
    outputs = [Output("models", {}, [receipt], "append")]
    publish_stage(lake, stage="fit", key=key, rows_in=1, rows_out=1, rejected={}, outputs=outputs)
    return lake


def test_equal_weights_give_equal_bytes_in_whatever_order_they_come(packed: PackedModel) -> None:
    state = unpack_model(packed.model, packed.data).network.state_dict()
    assert pack_model(dict(reversed(state.items())), network="nano", canvas=48) == packed


def test_canvas_and_weights_each_make_another_model(packed: PackedModel) -> None:
    state = dict(unpack_model(packed.model, packed.data).network.state_dict())
    assert pack_model(state, network="nano", canvas=64).model != packed.model
    state["outconv.bias"] = state["outconv.bias"] + 1
    assert pack_model(state, network="nano", canvas=48).model != packed.model


def test_a_registered_model_comes_back_ready_to_predict(lake: Lake, packed: PackedModel) -> None:
    loaded = load_model(lake, packed.model)
    assert (loaded.model, loaded.name, loaded.canvas) == (packed.model, "nano", 48)
    assert not loaded.network.training
    with torch.inference_mode():
        assert loaded.network(torch.zeros(1, 3, 48, 48)).shape[-2:] == (48, 48)


def test_an_unknown_model_is_named(lake: Lake) -> None:
    with pytest.raises(ModelError, match="no model 'beef' is registered in"):
        load_model(lake, "beef")


def test_other_bytes_than_registered_are_refused(lake: Lake, packed: PackedModel) -> None:
    lake.store.write_bytes(packed.path, packed.data[:-1] + bytes([packed.data[-1] ^ 1]))
    with pytest.raises(ModelError, match="restore the file or fit again"):
        load_model(lake, packed.model)
    lake.store.write_bytes(packed.path, packed.data)


@pytest.mark.parametrize("data", [b"", b"\x00" * 64, b"PK\x03\x04 something else entirely"])
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(ModelError, match="expected weights that `centrepiece fit` wrote"):
        unpack_model("m", data)


def test_weights_of_another_network_are_refused(packed: PackedModel) -> None:
    state = unpack_model(packed.model, packed.data).network.state_dict()
    with pytest.raises(ModelError, match="do not fit the network 'u2netp'"):
        unpack_model("m", pack_model(state, network="u2netp", canvas=48).data)
