"""The interface of every network for training and inference; no library of networks is loaded here."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

_MAP = 4  # axes of a map; prefix tokens of a vision transformer have three
_STRIDE = 32  # every encoder of SMP accepts sides that are multiples of this


class Output(NamedTuple):
    """What one forward pass gives.

    logits: (B, 1, H, W) float32.
    features: (B, D) float32 of unit length, from the encoder.
    decoded: (B, C, h, w), what the output layer saw; of the padded image, where it was padded.
    views: (V, B, 1, H, W) float32 logits of the patch and its flips, where `sweep` was asked for them.
    thinned: (K, B, 1, H, W) float32 logits of networks that lack some channels, likewise.
    """

    logits: Tensor
    features: Tensor
    decoded: Tensor
    views: Tensor | None = None
    thinned: Tensor | None = None


class Network(nn.Module):
    """What a learner trains: it takes what its source gives, and answers with one logit a pixel."""

    def outputs(self, inputs: Any) -> Output:  # noqa: ANN401  each kind of network takes its own
        """Everything that one forward pass gives, see `Output`."""
        raise NotImplementedError

    def features(self, inputs: Any) -> Tensor:  # noqa: ANN401  as above
        """Those of `outputs` alone, by the encoder alone: (B, D) float32 of unit length."""
        raise NotImplementedError

    def loss(self, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:
        """What training makes small: a scalar, as `alcore.learning.losses.segmentation_loss` has it."""
        raise NotImplementedError

    @property
    def output_layer(self) -> nn.Module:
        """The last layer: (B, C, h, w) -> (B, 1, H, W)."""
        raise NotImplementedError

    @property
    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

    def trained_state(self) -> dict[str, Tensor]:
        """All weights and buffers that training may change."""
        return dict(self.state_dict())

    def load_trained_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trained_state` of an equal network gave."""
        self.load_state_dict(state)

    def thinned(self, output: Output, kept: Tensor) -> Tensor:
        """The output layer's answers to what it saw, channel by channel times (K, C) factors.

        Returns:
            (K, B, 1, H, W) float32 logits.
        """
        height, width = output.logits.shape[-2:]
        factors = kept.to(output.decoded)[:, None, :, None, None]  # (K, 1, C, 1, 1)
        looks = [self.output_layer(output.decoded * factor) for factor in factors]
        return torch.stack([logits[..., :height, :width].float() for logits in looks])


def padded(images: Tensor) -> Tensor:
    """(B, C, H, W) images, their last rows and columns repeated up to sides that every encoder accepts."""
    height, width = images.shape[-2:]
    down, right = -height % _STRIDE, -width % _STRIDE
    if down or right:
        return functional.pad(images, (0, right, 0, down), mode="replicate")
    return images


def pooled_features(maps: list[Tensor]) -> Tensor:
    """An encoder's maps of all levels -> (B, D) float32 of unit length; level 0, the image, is left out."""
    pooled = [level.float().mean(dim=(2, 3)) for level in maps[1:] if level.ndim == _MAP]  # (B, channels)
    return functional.normalize(torch.cat(pooled, dim=1), dim=1)


def gradient_embeddings(output: Output) -> Tensor:
    """Which way, and how far, each patch would move the output layer if the model's own guess were its label.

    The gradient of the mean binary cross-entropy, against the predicted mask, with respect to the output
    layer's weight of each channel (the central tap of its kernel) and its bias. A head that enlarges its
    output is taken as averaging on the way back.

    Returns:
        (B, C + 1) float32.
    Source: Ash et al. 2020, arXiv:1906.03671, carried over from one label per sample to one per pixel.
    """
    residual = output.logits.sigmoid() - (output.logits >= 0).float()  # (B, 1, H, W)
    height, width = residual.shape[-2:]
    residual = functional.pad(residual, (0, -width % _STRIDE, 0, -height % _STRIDE))
    height, width = output.decoded.shape[-2:]
    residual = functional.adaptive_avg_pool2d(residual, (height, width))
    by_channel = (residual * output.decoded.float()).mean(dim=(2, 3))  # (B, C)
    return torch.cat([by_channel, residual.mean(dim=(2, 3))], dim=1)
