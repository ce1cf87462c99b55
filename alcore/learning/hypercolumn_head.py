"""A light head for frozen encoders: it reads what is kept of an encoder's maps, and the image.

The maps of several levels, brought to one resolution and joined, give each position a *hypercolumn*: all that
the encoder says of it. The feature store keeps its principal components. What trains is small enough that a
cycle takes a fraction of a second.
Source: Hariharan, Arbelaez, Girshick & Malik 2015, Hypercolumns for object segmentation and fine-grained
localization, arXiv:1411.5752.
"""

from __future__ import annotations

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
    """A few small convolutions at a quarter of the patch's resolution; their answer is interpolated.

    Hypercolumns are mixed position by position. Then the image joins them, folded to their resolution, and a
    depthwise separable 3x3 convolution looks at the neighbourhood of both: as good as a full one, in a third
    of its time.
    """

    def __init__(self, *, columns: int, image_channels: int, width: int) -> None:
        """columns: channels of a hypercolumn; width: channels between the layers."""
        super().__init__()
        self.mix = nn.Conv2d(columns, width, 1)
        joined = width + image_channels * STRIDE**2
        self.look = nn.Sequential(
            nn.Conv2d(joined, joined, 3, padding=1, groups=joined, bias=False),
            nn.Conv2d(joined, width, 1, bias=False),
        )
        self.norm = nn.BatchNorm2d(width)
        self.segmentation_head = nn.Sequential(
            nn.Conv2d(width, 1, 1), nn.Upsample(scale_factor=STRIDE, mode="bilinear", align_corners=False)
        )

    def decode(self, inputs: KeptInputs) -> Tensor:
        """What the output layer sees: (B, width, h, w) of the padded patches."""
        mixed = functional.relu(self.mix(inputs.columns))
        folded = functional.pixel_unshuffle(padded(inputs.images), STRIDE)
        return functional.relu(self.norm(self.look(torch.cat([mixed, folded], dim=1))))

    def forward(self, inputs: KeptInputs) -> Tensor:
        """(B, 1, H, W) logits."""
        height, width = inputs.images.shape[-2:]
        logits: Tensor = self.segmentation_head(self.decode(inputs))
        return logits[..., :height, :width]

    def outputs(self, inputs: KeptInputs) -> Output:
        """All that one forward pass tells; the features are the encoder's."""
        height, width = inputs.images.shape[-2:]
        decoded = self.decode(inputs)
        logits: Tensor = self.segmentation_head(decoded)
        return Output(logits[..., :height, :width].float(), inputs.pooled, decoded)

    @property
    def output_layer(self) -> nn.Module:
        """The last convolution, with its interpolation."""
        return self.segmentation_head

    def loss(self, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:
        """Dice + cross-entropy, as everywhere."""
        return light_segmentation_loss(logits, masks, known)


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
        head = HypercolumnHead(
            columns=columns, image_channels=image_channels, width=_options(config)["width"]
        )
    return head.to(memory_format=torch.channels_last)


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
