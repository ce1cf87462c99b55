"""Names of networks for pages, which must not import torch to know them.

assets/model_names.json lists what segmentation-models-pytorch offers; a test holds it to the installed one.
"""

from __future__ import annotations

import functools
import json

from alcore.config import HYPERCOLUMN, ModelConfig
from alcore.errors import ConfigError, did_you_mean
from alcore.home import ASSETS

LIGHT_ENCODERS = (
    "tu-tf_efficientnet_lite0",
    "tu-test_efficientnet",
    "tu-tinynet_e",
    "tu-lcnet_050",
    "tu-mobilenetv4_conv_small_050",
    "tu-resnet10t",
)
"""Small encoders of timm, shown first: one whose ImageNet weights are installed, then those that learn from
few labels in seconds on a CPU."""


@functools.cache
def _names() -> dict[str, list[str]]:
    return json.loads((ASSETS / "model_names.json").read_text(encoding="utf-8"))


def architectures() -> list[str]:
    """The light head for frozen encoders, then SMP's architectures."""
    return [HYPERCOLUMN, *_names()["architectures"]]


def encoders() -> list[str]:
    """Light encoders, then SMP's own; any other timm model goes by tu-<its name>."""
    return [*LIGHT_ENCODERS, *_names()["encoders"]]


def check_names(model: ModelConfig) -> None:
    """Raise ConfigError for a name that SMP lacks; encoders of timm, tu-<name>, are left to the worker."""
    is_of_timm = model.encoder.startswith("tu-")
    for kind, name, known in (
        ("architecture", model.architecture, architectures()),
        ("encoder", model.encoder, [model.encoder] if is_of_timm else encoders()),
    ):
        if name not in known:
            raise ConfigError(f"unknown {kind} {name!r}{did_you_mean(name, known)}")
