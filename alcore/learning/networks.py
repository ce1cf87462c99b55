"""Networks of segmentation-models-pytorch by name: one logit channel, any input size, seen from inside."""

from __future__ import annotations

from typing import Any, NamedTuple

import segmentation_models_pytorch as smp
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from torch import Tensor, nn
from torch.nn import functional

from alcore.config import ModelConfig
from alcore.errors import ConfigError, did_you_mean
from alcore.learning.pretrained import build_pretrained

_STRIDE = 32  # every SMP architecture accepts sides that are multiples of this
_ENCODER = "model.encoder."
_MAP = 4  # axes of a map; prefix tokens have three


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


class SegmentationNetwork(nn.Module):
    """An SMP model in two parts, encoder and decoder, that pads its input to what it needs.

    A frozen encoder never trains: it is in eval mode whatever the rest is in, so that its dropout, stochastic
    depth and batch statistics stand still, and no gradient reaches it.
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

    @property
    def trainable(self) -> list[nn.Parameter]:
        """The parameters that training changes."""
        return [parameter for parameter in self.parameters() if parameter.requires_grad]

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
        height, width = images.shape[-2:]
        down, right = -height % _STRIDE, -width % _STRIDE
        if down or right:
            images = functional.pad(images, (0, right, 0, down), mode="replicate")
        self.model.check_input_shape(images)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.is_frozen):
            maps = self.model.encoder(images)
        if isinstance(maps, tuple):
            maps, tokens = maps
            return [images, *maps, *(token for token in tokens if token is not None)]
        return list(maps)

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

    def thinned(self, output: Output, kept: Tensor) -> Tensor:
        """The output layer's answers to what it saw, channel by channel times (K, C) factors.

        Returns:
            (K, B, 1, H, W) float32 logits.
        """
        height, width = output.logits.shape[-2:]
        factors = kept.to(output.decoded)[:, None, :, None, None]  # (K, 1, C, 1, 1)
        head: Any = self.model.segmentation_head
        looks = [head(output.decoded * factor) for factor in factors]
        return torch.stack([logits[..., :height, :width].float() for logits in looks])


def pooled_features(maps: list[Tensor]) -> Tensor:
    """Maps of all levels, as `encode` gives them -> (B, D) float32 of unit length, level 0 left out."""
    pooled = [
        level.float().mean(dim=(2, 3)) for level in maps[1:] if level.ndim == _MAP
    ]  # each (B, channels)
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


def check_model(config: ModelConfig) -> None:
    """Raise ConfigError, with the nearest known name, for an architecture or encoder that SMP lacks."""
    architectures = list(smp.MODEL_ARCHITECTURES_MAPPING)
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
    check_model(config)

    def build(weights: bool | str | None) -> Any:  # noqa: ANN401  SMP gives its models' parts no types
        torch.manual_seed(seed)
        try:
            return smp.create_model(
                config.architecture,
                encoder_name=config.encoder,
                encoder_weights=weights,
                in_channels=channels,
                classes=1,
                **config.options,
            )
        except LocalEntryNotFoundError:  # a ValueError too, but not about the config
            raise
        except (TypeError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
            raise ConfigError(
                f"{config.architecture} cannot be built on {config.encoder} as configured: {error}"
            ) from None

    source = None
    with torch.random.fork_rng(devices=[]):
        if config.encoder_weights == "none":
            model = build(None)
        else:
            model, source = build_pretrained(config, channels, build, lambda model: model.encoder)
    network = SegmentationNetwork(model, frozen=config.freeze_encoder, weights_source=source)
    return network.to(memory_format=torch.channels_last)


def try_network(config: ModelConfig, *, shape: tuple[int, int, int]) -> SegmentationNetwork:
    """Build a network and show it one patch, so that what cannot work is known before anything is written.

    Args:
        shape: (height, width, channels) of the patches.
    Returns:
        the network, in eval mode.
    Raises:
        ConfigError, ModelError: as `build_network`, or a network that cannot take patches of this size.
    """
    height, width, channels = shape
    network = build_network(config, channels=channels, seed=0).eval()
    try:
        with torch.inference_mode():
            network.outputs(torch.zeros(1, channels, height, width))
    except Exception as error:  # noqa: BLE001  architectures refuse sizes with asserts, RuntimeErrors and ValueErrors alike
        raise ConfigError(
            f"{config.architecture} on {config.encoder} cannot take patches of {height}x{width}: {error}"
        ) from None
    return network
