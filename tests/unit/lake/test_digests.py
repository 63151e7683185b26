import pytest

from lake.configuration import CropSpec
from lake.contracts import CONTRACT_VERSION
from lake.digests import canonical_json, digest, stage_key


def test_canonical_json_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical_json({"b": 1, "a": [1.5, None, "ü"]}) == '{"a":[1.5,null,"ü"],"b":1}'
    assert canonical_json({"a": {3, 1, 2}}) == '{"a":[1,2,3]}'


def test_a_number_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        digest(float("nan"))


def test_the_parts_of_a_digest_do_not_run_together() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(["a"], "b") != digest("a", "b")


def test_a_stage_key_follows_its_inputs_its_spec_and_its_version() -> None:
    key = stage_key("crop", inputs={"plan": "1"}, spec=CropSpec())
    assert key == stage_key("crop", inputs={"plan": "1"}, spec=CropSpec().model_dump(mode="json"))
    others = [
        stage_key("balance", inputs={"plan": "1"}, spec=CropSpec()),
        stage_key("crop", inputs={"plan": "2"}, spec=CropSpec()),
        stage_key("crop", inputs={"plan": "1"}, spec=CropSpec(seed=18)),
        stage_key("crop", inputs={"plan": "1"}, spec=CropSpec(), version=2),
    ]
    assert len({key, *others}) == 5


def test_a_stage_key_remembers_what_it_is_a_digest_of() -> None:
    key = stage_key("crop", inputs={"plan": "1"}, spec={"seed": 17})
    assert key.preimage == {"stage": "crop", "inputs": {"plan": "1"}, "spec": {"seed": 17}, "version": 1, "contract": CONTRACT_VERSION}
