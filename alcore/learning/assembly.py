"""The network of a config with the source of what it takes.

Networks of libraries are loaded when one is built: that takes seconds, which a light head whose encoder's
features were kept does without.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from alcore.config import HYPERCOLUMN, ModelConfig, RunConfig
from alcore.data.feature_shelf import kept_type_of
from alcore.data.patches import Patches
from alcore.learning.devices import Runtime
from alcore.learning.frozen_encoder import FrozenFeatures, feature_key
from alcore.learning.hypercolumn_head import build_head, layout_of
from alcore.learning.kept_source import KeptSource
from alcore.learning.network_base import Network
from alcore.learning.sources import InputSource, PatchSource
from alcore.learning.tensors import make_normaliser
from alcore.learning.weights_packages import DIGESTS, installed_package


def assemble(
    config: RunConfig, patches: Patches, runtime: Runtime, *, seed: int
) -> tuple[Network, InputSource]:
    """Build a config's network, whose random weights are a function of `seed` only, and its source.

    Raises:
        ConfigError, ModelError: an unknown name, options that do not fit, or weights that no source has.
    """
    channels = patches.shape[2]
    if config.model.architecture == HYPERCOLUMN:
        layout = layout_of(config.model)
        weights = identify_encoder(config.model, channels=channels).digest
        encode = functools.partial(_encode, config.model, channels, runtime.device)
        features = FrozenFeatures(config, patches, layout, runtime, weights=weights, encode=encode)
        columns = features.shapes[0][0]
        head = build_head(config.model, columns=columns, image_channels=channels, seed=seed)
        return head, KeptSource(features, patches, runtime.device)
    from alcore.learning.networks import build_network

    network = build_network(config.model, channels=channels, seed=seed)
    if config.model.freeze_encoder:
        from alcore.learning.kept_decoder import keep_maps

        return keep_maps(config, patches, runtime, network)
    normalise = make_normaliser(config.model, config.training, channels=channels)
    return network, PatchSource(patches, normalise, runtime.device)


def check_network(config: RunConfig, patches: Patches, runtime: Runtime) -> None:
    """Find out before anything is written whether a config's network works, on patches of this size.

    Raises:
        ConfigError, ModelError: as `alcore.learning.network_trial.try_network`.
    """
    if config.model.architecture == HYPERCOLUMN:
        layout = layout_of(config.model)
        weights = identify_encoder(config.model, channels=patches.shape[2]).digest
        if kept_type_of(feature_key(config, patches, layout, runtime, weights=weights)) is not None:
            return  # it has encoded patches of this data set before
    from alcore.learning.network_trial import try_network

    try_network(config.model, shape=patches.shape)


class EncoderIdentity(NamedTuple):
    """Which encoder this is. source: of its pretrained weights, in words; None for random ones.

    digest: SHA-256 of its weights and buffers.
    """

    source: str | None
    digest: str


def identify_encoder(config: ModelConfig, *, channels: int) -> EncoderIdentity:
    """Tell which encoder a config's is, without building it where it is a package's well-known one.

    Raises:
        ConfigError, ModelError: as `alcore.learning.networks.build_encoder`.
    """
    package = installed_package(config.encoder) if config.encoder_weights == "imagenet" else None
    known = DIGESTS.get((config.encoder, channels))
    if package is not None and known is not None:
        package.check()
        return EncoderIdentity(package.source, known)
    from alcore.learning.networks import build_encoder

    encoder = build_encoder(config, channels=channels)
    return EncoderIdentity(encoder.source, encoder.digest)


def _encode(config: ModelConfig, channels: int, device: torch.device, images: Tensor) -> list[Tensor]:
    """(B, C, H, W) normalised images -> all maps of a config's encoder, the images first."""
    from alcore.learning.networks import build_encoder, encode_with

    return encode_with(build_encoder(config, channels=channels).module.to(device), images)
