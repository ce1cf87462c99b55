"""A light head for frozen encoders: it reads what is kept of an encoder's maps, and the image.

The maps of several levels, brought to one resolution and joined, give each position a *hypercolumn*: all that
the encoder says of it. The feature store keeps its principal components. What trains is small enough that a
cycle takes a fraction of a second.
Source: Hariharan, Arbelaez, Girshick & Malik 2015, Hypercolumns for object segmentation and fine-grained
localization, arXiv:1411.5752.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from alcore.config import ModelConfig
from alcore.data.features import MapLayout
from alcore.errors import ConfigError
from alcore.learning.losses import light_segmentation_loss
from alcore.learning.network_base import Network, Output, padded

STRIDE = 4
"""Pixels from one hypercolumn to the next, along each axis."""

_LEVELS = (1, 2, 3, 4)
_DEFAULTS = {"channels": 48, "width": 32}


class KeptInputs(NamedTuple):
    """What the head sees of a batch.

    columns: (B, C, h, w) float32, hypercolumns of the padded patches; images: (B, c, H, W) float32, each
    standardised by itself; pooled: (B, D) float32 of unit length, the encoder's pooled maps.
    """

    columns: Tensor
    images: Tensor
    pooled: Tensor


class HypercolumnHead(Network):
    """A few small layers at a quarter of the patch's resolution; their answer is interpolated.

    Hypercolumns are mixed position by position. Then the image joins them, folded to their resolution, and a
    depthwise separable 3x3 convolution looks at the neighbourhood of both: as good as a full one, in a third
    of its time. Layers of one position are products with a matrix, in a third less time than convolutions.
    """

    def __init__(self, *, columns: int, image_channels: int, width: int) -> None:
        """columns: channels of a hypercolumn; width: channels between the layers."""
        super().__init__()
        self.mix = nn.Linear(columns, width)
        joined = width + image_channels * STRIDE**2
        self.look = nn.Conv2d(joined, joined, 3, padding=1, groups=joined, bias=False)
        self.join = nn.Linear(joined, width, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.answer = Answer(width)

    def decode(self, inputs: KeptInputs) -> Tensor:
        """What the output layer sees: (B, width, h, w) of the padded patches, channels last in memory."""
        mixed = functional.relu(self.mix(inputs.columns.permute(0, 2, 3, 1)))  # (B, h, w, width)
        both = torch.cat([mixed, folded(padded(inputs.images))], dim=-1)
        looked = self.look(both.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return functional.relu(self.norm(self.join(looked).permute(0, 3, 1, 2)))

    def forward(self, inputs: KeptInputs) -> Tensor:
        """(B, 1, H, W) logits."""
        return self.outputs(inputs).logits

    def outputs(self, inputs: KeptInputs) -> Output:
        """All that one forward pass tells; the features are the encoder's."""
        height, width = inputs.images.shape[-2:]
        decoded = self.decode(inputs)
        logits: Tensor = self.answer(decoded)
        return Output(logits[..., :height, :width].float(), inputs.pooled, decoded)

    def features(self, inputs: KeptInputs) -> Tensor:
        """Those of `outputs` alone, which were kept."""
        return inputs.pooled

    @property
    def output_layer(self) -> nn.Module:
        """The last layer, with its interpolation."""
        return self.answer

    def loss(self, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:
        """Dice + cross-entropy, as everywhere."""
        return light_segmentation_loss(logits, masks, known)


class Answer(nn.Module):
    """(B, C, h, w) -> (B, 1, 4h, 4w) logits, interpolated between positions."""

    def __init__(self, width: int) -> None:
        """width: channels C."""
        super().__init__()
        self.weigh = nn.Linear(width, 1)

    def forward(self, decoded: Tensor) -> Tensor:
        """Bilinear interpolation as a product with a matrix for each axis: a fifth of the library's time."""
        coarse = self.weigh(decoded.permute(0, 2, 3, 1)).squeeze(-1)  # (B, h, w)
        down, across = (_interpolation(side, coarse.device).to(coarse.dtype) for side in coarse.shape[1:])
        return (down @ coarse @ across.T).unsqueeze(1)


@functools.lru_cache(maxsize=8)
def _interpolation(side: int, device: torch.device) -> Tensor:
    """(4 side, side) weights of positions along an axis, as of `interpolate` in its bilinear mode."""
    with torch.inference_mode(mode=False):
        positions = torch.eye(side)[:, None]  # (side, 1, side): each alone
        weights = functional.interpolate(positions, scale_factor=STRIDE, mode="linear", align_corners=False)
        return weights.squeeze(1).T.contiguous().to(device)


def folded(images: Tensor) -> Tensor:
    """(B, c, H, W) -> (B, H/4, W/4, 16 c): the pixels of a position as its channels."""
    batch, channels, height, width = images.shape
    cells = images.reshape(batch, channels, height // STRIDE, STRIDE, width // STRIDE, STRIDE)
    return cells.permute(0, 2, 4, 1, 3, 5).reshape(batch, height // STRIDE, width // STRIDE, -1)


def layout_of(config: ModelConfig) -> MapLayout:
    """What the feature store keeps for a config's head."""
    return MapLayout(levels=_LEVELS, stride=STRIDE, channels=_options(config)["channels"])


def build_head(config: ModelConfig, *, columns: int, image_channels: int, seed: int) -> HypercolumnHead:
    """Build a head whose random weights are a function of `seed` only.

    Args:
        columns: channels of the hypercolumns that the store keeps.
    Raises:
        ConfigError: options that a head does not have.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        width = _options(config)["width"]
        return HypercolumnHead(columns=columns, image_channels=image_channels, width=width)


def _options(config: ModelConfig) -> dict[str, int]:
    """The head's options with their defaults; ConfigError where they cannot be."""
    for name, value in config.options.items():
        if name not in _DEFAULTS:
            raise ConfigError(
                f"a hypercolumn head has no option {name!r}; model.options may have {' and '.join(_DEFAULTS)}"
            )
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1024:
            raise ConfigError(f"model.options.{name} must be a whole number from 1 to 1024, got {value!r}")
    return _DEFAULTS | config.options
