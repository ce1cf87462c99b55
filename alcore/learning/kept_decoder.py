"""An SMP network with a frozen encoder that trains and looks by what was kept of the encoder's maps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from alcore.config import RunConfig
from alcore.data.features import MapLayout
from alcore.data.patches import Patches
from alcore.learning.device_features import Kept
from alcore.learning.devices import Runtime
from alcore.learning.frozen_encoder import FrozenFeatures
from alcore.learning.kept_source import KeptSource
from alcore.learning.network_base import Network, Output
from alcore.learning.networks import SegmentationNetwork
from alcore.learning.pretrained import digest_of
from alcore.learning.tensors import to_floats


class KeptMaps(NamedTuple):
    """What a decoder sees of a batch.

    maps: of all levels, as `SegmentationNetwork.encode` gives them, float32; those that the decoder does not
    read are zeros, of which it may ask the shape. pooled: (B, D) float32 of unit length. size: (H, W) of the
    patches before they were padded.
    """

    maps: list[Tensor]
    pooled: Tensor
    size: tuple[int, int]


class KeptDecoder(Network):
    """The decoder of a network with a frozen encoder: it is given maps instead of images."""

    def __init__(self, network: SegmentationNetwork) -> None:
        """`network`: with a frozen encoder."""
        super().__init__()
        self.network = network

    def forward(self, kept: KeptMaps) -> Tensor:
        """(B, 1, H, W) logits."""
        return self.outputs(kept).logits

    def outputs(self, kept: KeptMaps) -> Output:
        """All that one forward pass tells; the features are the frozen encoder's."""
        height, width = kept.size
        decoded, logits = self.network.decode(kept.maps)
        return Output(logits[..., :height, :width].float(), kept.pooled, decoded)

    def trained_state(self) -> dict[str, Tensor]:
        """Weights and buffers of the decoder."""
        return self.network.trained_state()

    def load_trained_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trained_state` of an equal network gave."""
        self.network.load_trained_state(state)

    def features(self, inputs: KeptMaps) -> Tensor:
        """Those of `outputs` alone, which were kept."""
        return inputs.pooled

    @property
    def output_layer(self) -> nn.Module:
        """The wrapped network's output layer."""
        return self.network.output_layer

    def loss(self, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:
        """The wrapped network's loss."""
        return self.network.loss(logits, masks, known)


class MapsSource(KeptSource):
    """For a `KeptDecoder`: the maps that it reads, from the feature store."""

    def __init__(
        self,
        features: FrozenFeatures,
        patches: Patches,
        device: torch.device,
        *,
        levels: tuple[int, ...],
        shapes: list[tuple[int, ...]],
    ) -> None:
        """levels: that are kept, in the order of the features; shapes: of one patch's maps of all levels."""
        super().__init__(features, patches, device)
        self._levels, self._shapes = levels, shapes

    def _join(self, images: np.ndarray, kept: Kept) -> KeptMaps:  # type: ignore[override]  # another network's
        nothing = torch.zeros(1, device=self._device)
        maps = [nothing.expand(len(images), *shape) for shape in self._shapes]
        for number, halves in zip(self._levels, kept.maps, strict=True):
            maps[number] = to_floats(halves) if halves.ndim == 4 else halves.float()
        return KeptMaps(maps, kept.pooled, images.shape[1:3])


def keep_maps(
    config: RunConfig, patches: Patches, runtime: Runtime, network: SegmentationNetwork
) -> tuple[KeptDecoder, MapsSource]:
    """The decoder of a network with a frozen encoder, and the source of the maps that it reads.

    Raises:
        ModelError, StoreError: as `FrozenFeatures`.
    """
    network = network.eval().to(runtime.device)
    levels, shapes = levels_read(network, patches.shape)
    features = FrozenFeatures(
        config,
        patches,
        MapLayout(levels),
        runtime,
        weights=digest_of(network.model.encoder),
        encode=network.encode,
    )
    source = MapsSource(features, patches, runtime.device, levels=levels, shapes=shapes)
    return KeptDecoder(network), source


def levels_read(
    network: SegmentationNetwork, shape: tuple[int, int, int]
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Which levels a network's decoder reads, and the shapes of one patch's maps of all levels.

    Args:
        network: in eval mode, with a frozen encoder.
        shape: (height, width, channels) of a patch.
    """
    height, width, channels = shape
    device = next(network.parameters()).device
    maps = network.encode(torch.zeros(1, channels, height, width, device=device))
    shapes = [tuple(level.shape[1:]) for level in maps]
    leaves = [level.detach().clone().requires_grad_() for level in maps]
    _, logits = network.decode(leaves)
    reached = torch.autograd.grad(logits.sum(), leaves, allow_unused=True)
    found = [
        number
        for number, (slope, leaf) in enumerate(zip(reached, leaves, strict=True))
        if slope is not None and leaf.numel()
    ]
    return tuple(found), shapes
