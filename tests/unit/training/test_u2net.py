"""The networks have upstream's parameters under upstream's names, and take images of any size."""

import pytest
import torch
from torch import nn

from training.u2net import NETWORKS, Block, ResidualUBlock, U2Net, build_network

STAGES = {
    "u2net": {
        "stage1": 206_016, "stage2": 305_856, "stage3": 1_108_992, "stage4": 3_986_688, "stage5": 10_034_688,
        "stage6": 10_034_688, "stage5d": 12_393_984, "stage4d": 4_280_064, "stage3d": 1_181_952, "stage2d": 323_904,
        "stage1d": 139_200,
    },
    "u2netp": {
        "stage1": 67_200, "stage2": 95_328, "stage3": 88_320, "stage4": 81_312, "stage5": 81_312, "stage6": 81_312,
        "stage5d": 118_176, "stage4d": 118_176, "stage3d": 125_184, "stage2d": 132_192, "stage1d": 139_200,
    },
}  # fmt: skip


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("name", "parameters"), [("u2net", 44_009_869), ("u2netp", 1_131_181)])
def test_a_network_has_upstreams_parameters_in_every_stage(name: str, parameters: int) -> None:
    with torch.device("meta"):
        network = build_network(name)
    assert _size(network) == parameters
    assert {stage: _size(network.get_submodule(stage)) for stage in STAGES[name]} == STAGES[name]
    assert len(network.state_dict()) == 798


def test_a_network_has_upstreams_key_names() -> None:
    with torch.device("meta"):
        keys = set(build_network("u2netp").state_dict())
    expected = ("rebnconvin", *(f"rebnconv{k}" for k in range(1, 8)), *(f"rebnconv{k}d" for k in range(6, 0, -1)))
    assert {key.split(".")[1] for key in keys if key.startswith("stage1.")} == set(expected)
    assert {key.split(".")[1] for key in keys if key.startswith("stage5d.")} == {
        "rebnconvin", "rebnconv1", "rebnconv2", "rebnconv3", "rebnconv4", "rebnconv3d", "rebnconv2d", "rebnconv1d"
    }  # fmt: skip
    assert {"stage1.rebnconvin.conv_s1.weight", "stage6.rebnconv4.bn_s1.running_mean", "side6.bias", "outconv.weight"} <= keys


def test_nano_is_small() -> None:
    assert _size(build_network("nano")) == 762_592


@pytest.mark.parametrize("name", ["u2netp", "nano"])
@pytest.mark.parametrize("size", [(97, 131), (33, 64), (17, 500), (1, 1), (64, 64)])
def test_any_size_gives_logits_of_that_size(name: str, size: tuple[int, int]) -> None:
    network = build_network(name).eval()
    with torch.inference_mode():
        logits = network(torch.rand(1, 3, *size))
    assert logits.shape == (1, 1 + len(NETWORKS[name].encoders), *size)
    assert bool(torch.isfinite(logits).all())


def test_heads_are_logits_and_not_probabilities() -> None:
    network = build_network("nano").eval()
    with torch.inference_mode():
        nn.init.constant_(network.get_parameter("outconv.bias"), -40.0)
        assert float(network(torch.rand(1, 3, 32, 32))[:, 0].max()) < -30


@pytest.mark.parametrize("dilated", [False, True])
def test_a_block_puts_the_deeper_features_before_the_skip(dilated: bool) -> None:
    block = ResidualUBlock(3, Block(3, 4, 5, dilated)).eval()
    features = torch.rand(1, 3, 9, 9)
    layer = block.get_submodule
    entry = layer("rebnconvin")(features)
    level1 = layer("rebnconv1")(entry)
    level2 = layer("rebnconv2")(level1 if dilated else nn.functional.max_pool2d(level1, 2, ceil_mode=True))
    up2 = layer("rebnconv2d")(torch.cat((layer("rebnconv3")(level2), level2), 1))
    if not dilated:
        up2 = nn.functional.interpolate(up2, size=(9, 9), mode="bilinear", align_corners=False)
    expected = layer("rebnconv1d")(torch.cat((up2, level1), 1)) + entry
    assert torch.equal(block(features), expected)


def test_folding_shows_the_network_every_pixel() -> None:
    network = build_network("nano").eval()
    images = torch.rand(1, 3, 8, 8)
    with torch.inference_mode():
        before = network(images)
        for row, column in ((0, 0), (0, 1), (1, 0), (1, 1)):
            changed = images.clone()
            changed[..., 4 + row, 4 + column] += 1
            assert not torch.equal(network(changed), before)


def test_one_table_describes_a_network_of_any_depth() -> None:
    table = NETWORKS["nano"]
    shallow = type(table)(encoders=table.encoders[:2], decoders=table.decoders[:1], fold=1)
    assert U2Net(shallow).eval()(torch.rand(1, 3, 10, 7)).shape == (1, 3, 10, 7)
