"""Networks of segmentation-models-pytorch by name: one logit channel, any input size, seen from inside."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import segmentation_models_pytorch as smp
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from torch import Tensor, nn

from alcore.config import HYPERCOLUMN, ModelConfig
from alcore.errors import AlcoreError, ConfigError, did_you_mean, in_a_line
from alcore.learning.losses import segmentation_loss
from alcore.learning.network_base import Network, Output, padded, pooled_features
from alcore.learning.pretrained import build_pretrained, digest_of

_ENCODER = "model.encoder."
_OF_NAMES_AND_OPTIONS = (TypeError, ValueError, KeyError, AttributeError, NotImplementedError)


class SegmentationNetwork(Network):
    """An SMP model in two parts, encoder and decoder, that pads its input to what it needs.

    A frozen encoder never trains: it is in eval mode whatever the rest is in, so that its dropout, stochastic
    depth and batch statistics do not change, and no gradient reaches it.
    """

    def __init__(self, model: Any, *, frozen: bool = False, weights_source: str | None = None) -> None:  # noqa: ANN401  SMP gives its models' parts no types
        """Wrap a model.

        Args:
            model: as `segmentation_models_pytorch.create_model` makes it, with an encoder and a head.
            frozen: whether the encoder stays as it is.
            weights_source: where the encoder's pretrained weights came from; None for random ones.
        """
        super().__init__()
        self.model: Any = model
        self.is_frozen, self.weights_source = frozen, weights_source
        if frozen:
            model.encoder.requires_grad_(requires_grad=False).eval()

    def train(self, mode: bool = True) -> SegmentationNetwork:
        """Training mode for all that trains, or eval mode for everything."""
        super().train(mode)
        if self.is_frozen:
            self.model.encoder.eval()
        return self

    def trained_state(self) -> dict[str, Tensor]:
        """Weights and buffers, without those of a frozen encoder, which are what they always were."""
        state = self.state_dict()
        return {name: value for name, value in state.items() if not self._is_fixed(name)}

    def load_trained_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trained_state` of an equal network gave."""
        fixed = {name: value for name, value in self.state_dict().items() if self._is_fixed(name)}
        self.load_state_dict(state | fixed)

    def _is_fixed(self, name: str) -> bool:
        return self.is_frozen and name.startswith(_ENCODER)

    def encode(self, images: Tensor) -> list[Tensor]:
        """(B, C, H, W) normalised images -> the encoder's maps; level 0 is the padded images, or nearly so.

        Of a vision transformer (architecture dpt) the maps are followed by their prefix tokens.
        """
        images = padded(images)
        self.model.check_input_shape(images)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.is_frozen):
            return _all_maps(self.model.encoder, images)

    def decode(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """What `encode` gave -> (B, C, h, w) of the last layer but one, and (B, 1, H', W') logits, padded."""
        if isinstance(self.model, smp.DPT):
            depth = len(self.model.encoder.out_channels)
            tokens: list[Tensor | None] = list(maps[depth + 1 :])
            decoded = self.model.decoder(maps[1 : depth + 1], tokens or [None] * depth)
        else:
            decoded = self.model.decoder(maps)
        return decoded, self.model.segmentation_head(decoded)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) normalised images -> (B, 1, H, W) logits."""
        height, width = images.shape[-2:]
        _, logits = self.decode(self.encode(images))
        return logits[..., :height, :width]

    def outputs(self, images: Tensor) -> Output:
        """All that one forward pass tells.

        Features are the globally average-pooled maps of all encoder levels, concatenated and scaled to
        unit length. The maps' level 0, which in SMP is the input image itself, is left out.
        """
        height, width = images.shape[-2:]
        maps = self.encode(images)
        decoded, logits = self.decode(maps)
        return Output(logits[..., :height, :width].float(), pooled_features(maps), decoded)

    def features(self, images: Tensor) -> Tensor:
        """Those of `outputs` alone."""
        return pooled_features(self.encode(images))

    @property
    def output_layer(self) -> nn.Module:
        """SMP's segmentation head."""
        head: nn.Module = self.model.segmentation_head
        return head

    def loss(self, logits: Tensor, masks: Tensor, known: Tensor | None) -> Tensor:
        """Dice + binary cross-entropy, see `alcore.learning.losses`."""
        return segmentation_loss(logits, masks, known)


def encode_with(encoder: nn.Module, images: Tensor) -> list[Tensor]:
    """As `SegmentationNetwork.encode`, of an encoder by itself."""
    return _all_maps(encoder, padded(images))


def _all_maps(encoder: nn.Module, images: Tensor) -> list[Tensor]:
    maps = encoder(images)
    if isinstance(maps, tuple):
        maps, tokens = maps
        return [images, *maps, *(token for token in tokens if token is not None)]
    return list(maps)


def check_model(config: ModelConfig) -> None:
    """Raise ConfigError, with the nearest known name, for an architecture or encoder that SMP lacks."""
    architectures = [HYPERCOLUMN, *smp.MODEL_ARCHITECTURES_MAPPING]
    if config.architecture not in architectures:
        raise ConfigError(
            f"unknown architecture {config.architecture!r}{did_you_mean(config.architecture, architectures)}"
            f" (known: {', '.join(architectures)})"
        )
    name = config.encoder
    if name.startswith("tu-"):
        import timm

        known = [f"tu-{model}" for model in timm.list_models()]
        bare = name.split(".")[0]  # timm names may carry a tag of pretrained weights
    else:
        known, bare = smp.encoders.get_encoder_names(), name
    if bare not in known:
        raise ConfigError(f"unknown encoder {name!r}{did_you_mean(bare, known)}")


def make_model(config: ModelConfig, channels: int, weights: bool | str | None) -> Any:  # noqa: ANN401  SMP gives its models' parts no types
    """A config's model as SMP makes it, with what it takes as `encoder_weights`; anything may be raised."""
    return smp.create_model(
        config.architecture,
        encoder_name=config.encoder,
        encoder_weights=weights,
        in_channels=channels,
        classes=1,
        **config.options,
    )


def build_network(config: ModelConfig, *, channels: int, seed: int) -> SegmentationNetwork:
    """Build a network whose random weights are a function of `seed` only.

    Args:
        config: SMP names and options.
        channels: 1 or 3 input channels.
        seed: for the initial weights; the caller's torch generator is left as it was.
    Raises:
        ConfigError: an unknown name, or a combination that SMP refuses.
        ModelError: ImageNet weights that no source has.
    """
    make = functools.partial(make_model, config, channels)
    model, source = _build(config, channels, make, lambda model: model.encoder, seed)
    network = SegmentationNetwork(model, frozen=config.freeze_encoder, weights_source=source)
    return network.to(memory_format=torch.channels_last)


class FrozenEncoder(NamedTuple):
    """An encoder that stays as it is: in eval mode, without gradients.

    source: of its pretrained weights, None for random ones; digest: SHA-256 of its weights and buffers.
    """

    module: nn.Module
    source: str | None
    digest: str


def build_encoder(config: ModelConfig, *, channels: int) -> FrozenEncoder:
    """A config's encoder by itself, the same one for all who ask; random weights are always the same.

    Raises:
        ConfigError, ModelError: as `build_network`.
    """
    return _encoder(config.encoder, config.encoder_weights, channels)


@functools.lru_cache(maxsize=2)
def _encoder(name: str, weights: str, channels: int) -> FrozenEncoder:
    config = ModelConfig.model_validate({"encoder": name, "encoder_weights": weights})

    def make(weights: bool | str | None) -> nn.Module:
        found: nn.Module = smp.encoders.get_encoder(name, in_channels=channels, weights=weights)
        return found

    encoder, source = _build(config, channels, make, lambda encoder: encoder, 0)
    encoder = encoder.requires_grad_(requires_grad=False).eval().to(memory_format=torch.channels_last)
    return FrozenEncoder(encoder, source, digest_of(encoder))


def _build(
    config: ModelConfig,
    channels: int,
    make: Callable[[bool | str | None], Any],
    encoder_of: Callable[[Any], nn.Module],
    seed: int,
) -> tuple[Any, str | None]:
    """What `make` gives, with the weights that the config names, and where pretrained ones came from."""
    check_model(config)

    def build(weights: bool | str | None) -> Any:  # noqa: ANN401  SMP gives its models' parts no types
        torch.manual_seed(seed)
        try:
            return make(weights)
        except (
            AlcoreError,
            LocalEntryNotFoundError,
        ):  # the latter a ValueError too, but not about the config
            raise
        except Exception as error:
            if weights is not None and not isinstance(error, _OF_NAMES_AND_OPTIONS):
                raise  # of a download: its caller makes a sentence of it
            raise ConfigError(
                f"{config.architecture} cannot be built on {config.encoder} as configured: {in_a_line(error)}"
            ) from None

    with torch.random.fork_rng(devices=[]):
        if config.encoder_weights == "none":
            return build(None), None
        return build_pretrained(config, channels, build, encoder_of)
