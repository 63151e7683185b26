"""The network: U2-Net, its small "p" variant and our `nano`, as tables of blocks.

The children carry upstream's names, so weights published for U2-Net load strictly. Unlike upstream, the network
returns logits: a sigmoid before the loss has no gradient left where the network is confidently wrong.

Source: Qin et al., "U2-Net: Going deeper with nested U-structure for salient object detection", Pattern Recognition
106 (2020), sections 3.1 (RSU) and 3.2 (the six encoder and five decoder stages).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Block:
    """One residual U-block: `depth` convolutions deep, `inner` channels inside, `out` channels out."""

    depth: int
    inner: int
    out: int
    dilated: bool = False  # RSU-4F: dilations 1, 2, 4, 8 in place of pooling


@dataclass(frozen=True, slots=True)
class Network:
    """A U2-Net as a table: encoder stages from the input down, decoder stages from the first one down.

    `fold` trades space for channels at the door: each fold x fold patch of pixels becomes one cell of
    `3 * fold * fold` channels, and each cell of the heads becomes a patch of logits again. With 1 it is upstream's.
    """

    encoders: tuple[Block, ...]
    decoders: tuple[Block, ...]
    fold: int = 1


NETWORKS: Mapping[str, Network] = MappingProxyType(
    {
        "u2net": Network(
            encoders=(
                Block(7, 32, 64),
                Block(6, 32, 128),
                Block(5, 64, 256),
                Block(4, 128, 512),
                Block(4, 256, 512, dilated=True),
                Block(4, 256, 512, dilated=True),
            ),
            decoders=(
                Block(7, 16, 64),
                Block(6, 32, 64),
                Block(5, 64, 128),
                Block(4, 128, 256),
                Block(4, 256, 512, dilated=True),
            ),
        ),
        "u2netp": Network(
            encoders=(
                Block(7, 16, 64),
                Block(6, 16, 64),
                Block(5, 16, 64),
                Block(4, 16, 64),
                Block(4, 16, 64, dilated=True),
                Block(4, 16, 64, dilated=True),
            ),
            decoders=(
                Block(7, 16, 64),
                Block(6, 16, 64),
                Block(5, 16, 64),
                Block(4, 16, 64),
                Block(4, 16, 64, dilated=True),
            ),
        ),
        "nano": Network(
            encoders=(
                Block(4, 24, 48),
                Block(4, 32, 64),
                Block(4, 32, 96, dilated=True),
            ),
            decoders=(
                Block(4, 24, 48),
                Block(4, 32, 64),
            ),
            fold=2,
        ),
    }
)
"""Every network by the name that `training.network` takes."""


class ConvolutionNormRelu(nn.Module):
    """A dilated 3x3 convolution, batch normalisation and ReLU (upstream's REBNCONV)."""

    def __init__(self, channels_in: int, channels_out: int, dilation: int = 1) -> None:
        super().__init__()
        self.conv_s1 = nn.Conv2d(channels_in, channels_out, 3, padding=dilation, dilation=dilation)
        self.bn_s1 = nn.BatchNorm2d(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve, normalise and rectify.

        Args:
            features: (N, channels_in, H, W) float.

        Returns:
            (N, channels_out, H, W) float.
        """
        return functional.relu(self.bn_s1(self.conv_s1(features)), inplace=True)


class ResidualUBlock(nn.Module):
    """A U-Net of its own inside one stage, added to the features it started from (upstream's RSU-L and RSU-4F)."""

    def __init__(self, channels_in: int, block: Block) -> None:
        super().__init__()
        self.depth, self.dilated = block.depth, block.dilated
        self.rebnconvin = ConvolutionNormRelu(channels_in, block.out)
        for level in range(1, block.depth + 1):
            first = block.out if level == 1 else block.inner
            self.add_module(f"rebnconv{level}", ConvolutionNormRelu(first, block.inner, self._dilation(level)))
        for level in range(block.depth - 1, 0, -1):
            last = block.out if level == 1 else block.inner
            dilation = self._dilation(level) if block.dilated else 1
            self.add_module(f"rebnconv{level}d", ConvolutionNormRelu(2 * block.inner, last, dilation))

    def forward(self, features: Tensor) -> Tensor:
        """Run the inner U-Net and add what it started from.

        Args:
            features: (N, channels_in, H, W) float.

        Returns:
            (N, block.out, H, W) float.
        """
        entry: Tensor = self.rebnconvin(features)
        skips: list[Tensor] = []
        current = entry
        for level in range(1, self.depth + 1):
            if 1 < level < self.depth and not self.dilated:
                current = _pool(current)
            current = self.get_submodule(f"rebnconv{level}")(current)
            skips.append(current)
        current = skips.pop()
        for level in range(self.depth - 1, 0, -1):
            skip = skips.pop()
            if level < self.depth - 1 and not self.dilated:
                current = _resize_like(current, skip)
            current = self.get_submodule(f"rebnconv{level}d")(torch.cat((current, skip), dim=1))
        return current + entry

    def _dilation(self, level: int) -> int:
        if self.dilated:
            return cast(int, 2 ** (level - 1))
        return 2 if level == self.depth else 1


class U2Net(nn.Module):
    """U-blocks nested in a U; every decoder stage has a head, and a 1x1 convolution fuses the heads."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.stages, self.fold = len(network.encoders), network.fold
        cells = network.fold**2
        channels = 3 * cells
        for stage, block in enumerate(network.encoders, start=1):
            self.add_module(f"stage{stage}", ResidualUBlock(channels, block))
            channels = block.out
        for stage in range(self.stages - 1, 0, -1):
            block = network.decoders[stage - 1]
            skip = network.encoders[stage - 1].out
            self.add_module(f"stage{stage}d", ResidualUBlock(channels + skip, block))
            channels = block.out
        heads = (*network.decoders, network.encoders[-1])
        for stage, block in enumerate(heads, start=1):
            self.add_module(f"side{stage}", nn.Conv2d(block.out, cells, 3, padding=1))
        self.outconv = nn.Conv2d(len(heads) * cells, cells, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of every head for a batch of normalised images.

        Args:
            images: (N, 3, H, W) float, normalised as by `imaging.canvas.normalise`; any H and W >= 1.

        Returns:
            (N, 1 + stages, H, W) float logits: the fused map first, then the heads from the finest to the coarsest.
        """
        height, width = images.shape[-2:]
        skips: list[Tensor] = []
        current = self._folded(images)
        for stage in range(1, self.stages + 1):
            if stage > 1:
                current = _pool(current)
            current = self.get_submodule(f"stage{stage}")(current)
            skips.append(current)
        decoded = [skips.pop()]
        for stage in range(self.stages - 1, 0, -1):
            skip = skips.pop()
            joined = torch.cat((_resize_like(decoded[0], skip), skip), dim=1)
            decoded.insert(0, self.get_submodule(f"stage{stage}d")(joined))
        sides = [self.get_submodule(f"side{index}")(features) for index, features in enumerate(decoded, start=1)]
        sides = [sides[0], *(_resize_like(side, sides[0]) for side in sides[1:])]
        fused = self.outconv(torch.cat(sides, dim=1))
        return torch.cat([self._unfolded(logits) for logits in (fused, *sides)], dim=1)[..., :height, :width]

    def _folded(self, images: Tensor) -> Tensor:
        if self.fold == 1:
            return images
        height, width = images.shape[-2:]
        images = functional.pad(images, (0, -width % self.fold, 0, -height % self.fold))
        return functional.pixel_unshuffle(images, self.fold)

    def _unfolded(self, cells: Tensor) -> Tensor:
        return cells if self.fold == 1 else functional.pixel_shuffle(cells, self.fold)


def build_network(name: str) -> U2Net:
    """Return the network of that name, with freshly drawn weights."""
    return U2Net(NETWORKS[name])


def _pool(features: Tensor) -> Tensor:
    return functional.max_pool2d(features, 2, stride=2, ceil_mode=True)


def _resize_like(features: Tensor, target: Tensor) -> Tensor:
    return functional.interpolate(features, size=target.shape[-2:], mode="bilinear", align_corners=False)
