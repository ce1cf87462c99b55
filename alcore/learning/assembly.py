"""The network of a config with the source of what it takes."""

from __future__ import annotations

import functools

from alcore.config import HYPERCOLUMN, RunConfig
from alcore.data.patches import Patches
from alcore.learning.devices import Runtime
from alcore.learning.network_base import Network
from alcore.learning.sources import InputSource, PatchSource
from alcore.learning.tensors import make_normaliser


def assemble(
    config: RunConfig, patches: Patches, runtime: Runtime, *, seed: int
) -> tuple[Network, InputSource]:
    """Build a config's network, whose random weights are a function of `seed` only, and its source.

    Raises:
        ConfigError, ModelError: an unknown name, options that do not fit, or weights that no source has.
    """
    channels = patches.shape[2]
    if config.model.architecture == HYPERCOLUMN:
        from alcore.learning.frozen_encoder import FrozenFeatures
        from alcore.learning.hypercolumn_head import build_head, layout_of
        from alcore.learning.kept_source import KeptSource
        from alcore.learning.networks import build_encoder, encode_with

        layout = layout_of(config.model)
        encoder = build_encoder(config.model, channels=channels)
        encode = functools.partial(encode_with, encoder.module.to(runtime.device))
        features = FrozenFeatures(config, patches, layout, runtime, weights=encoder.digest, encode=encode)
        columns = features.shapes[0][0]
        head = build_head(config.model, columns=columns, image_channels=channels, seed=seed)
        return head, KeptSource(features, patches, runtime.device)
    from alcore.learning.networks import build_network  # with the libraries that have the networks: seconds

    network = build_network(config.model, channels=channels, seed=seed)
    if config.model.freeze_encoder:
        from alcore.learning.kept_decoder import keep_maps

        return keep_maps(config, patches, runtime, network)
    normalise = make_normaliser(config.model, config.training, channels=channels)
    return network, PatchSource(patches, normalise, runtime.device)
