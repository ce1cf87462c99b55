"""Networks of segmentation-models-pytorch by name: one logit channel, any input size, seen from inside."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import segmentation_models_pytorch as smp
import torch
from huggingface_hub import constants as hub_constants
from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # exported lazily
from torch import Tensor, nn
from torch.nn import functional

from alcore.config import ModelConfig
from alcore.errors import ConfigError, ModelError, did_you_mean

_STRIDE = 32  # every SMP architecture accepts sides that are multiples of this


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
    """An SMP model that pads its input to what it needs and also gives the encoder's features."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401  SMP gives its models' parts no types
        """`model`: as `segmentation_models_pytorch.create_model` makes it, with an encoder and a head."""
        super().__init__()
        self.model: nn.Module = model
        self._keeps = False  # in training, what was kept would hold the graph of the step before in memory
        self._maps: list[Tensor] = []
        self._decoded = torch.empty(0)
        model.encoder.register_forward_hook(self._keep_maps)
        model.segmentation_head.register_forward_pre_hook(self._keep_decoded)

    def _keep_maps(self, _module: nn.Module, _inputs: object, maps: list[Tensor]) -> None:
        if self._keeps:
            self._maps = list(maps)

    def _keep_decoded(self, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if self._keeps:
            self._decoded = inputs[0]

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, H, W) normalised images -> (B, 1, H, W) logits."""
        height, width = images.shape[-2:]
        down, right = -height % _STRIDE, -width % _STRIDE
        if down or right:
            images = functional.pad(images, (0, right, 0, down), mode="replicate")
        logits: Tensor = self.model(images)
        return logits[..., :height, :width]

    def outputs(self, images: Tensor) -> Output:
        """All that one forward pass tells.

        Features are the globally average-pooled maps of all encoder levels, concatenated and scaled to
        unit length. The maps' level 0, which in SMP is the input image itself, is left out.
        """
        self._keeps = True
        try:
            logits = self(images)
        finally:
            self._keeps = False
        pooled = [level.float().mean(dim=(2, 3)) for level in self._maps[1:]]  # each (B, channels)
        features = functional.normalize(torch.cat(pooled, dim=1), dim=1)
        output = Output(logits.float(), features, self._decoded)
        self._maps, self._decoded = [], torch.empty(0)
        return output

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
        ModelError: ImageNet weights that could not be downloaded.
    """
    check_model(config)
    wants_weights = config.encoder_weights == "imagenet"
    weights = None if not wants_weights else True if config.encoder.startswith("tu-") else "imagenet"
    with torch.random.fork_rng(devices=[]), _weights_from_hub(config):
        torch.manual_seed(seed)
        try:
            model = smp.create_model(
                config.architecture,
                encoder_name=config.encoder,
                encoder_weights=weights,
                in_channels=channels,
                classes=1,
                **config.options,
            )
        except (TypeError, ValueError, KeyError, AttributeError, NotImplementedError) as error:
            raise ConfigError(
                f"{config.architecture} cannot be built on {config.encoder} as configured: {error}"
            ) from None
    return SegmentationNetwork(model).to(memory_format=torch.channels_last)


def try_network(config: ModelConfig, *, shape: tuple[int, int, int]) -> None:
    """Build a network and show it one patch, so that what cannot work is known before anything is written.

    Args:
        shape: (height, width, channels) of the patches.
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


@contextmanager
def _weights_from_hub(config: ModelConfig) -> Iterator[None]:
    """Say in one sentence that pretrained weights are unavailable, and without half a minute of retries.

    Where the hub does not answer, the block sees only what was downloaded before.
    """
    if config.encoder_weights == "none":
        yield
        return
    was_offline = hub_constants.HF_HUB_OFFLINE
    try:
        if not was_offline:
            hub_constants.HF_HUB_OFFLINE = not _hub_answers()
        yield
    except (ConfigError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  the hub raises OSErrors, its own errors and its HTTP client's
        raise ModelError(
            f"ImageNet weights for {config.encoder} could not be downloaded ({type(error).__name__}); "
            "check the network, or set model.encoder_weights to none"
        ) from None
    finally:
        hub_constants.HF_HUB_OFFLINE = was_offline


def _hub_answers() -> bool:
    try:
        get_session().head(hub_constants.ENDPOINT, timeout=5)
    except Exception:  # noqa: BLE001  whatever its HTTP client raises, there is no talking to it
        return False
    return True


def encoder_statistics(config: ModelConfig) -> tuple[list[float], list[float]]:
    """Mean and deviation, in [0, 1], of the images that the encoder's pretrained weights saw."""
    with _weights_from_hub(config):
        settings = smp.encoders.get_preprocessing_params(config.encoder, "imagenet")
    return list(settings["mean"]), list(settings["std"])
