"""A network tried on one patch before a run begins: what cannot work, or not here, is one sentence.

Options go to code of SMP and timm that looks at few of them, and that allocates first. So the network is made
without memory (on torch's device "meta") before it is made at all, and what it would take is counted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
import torch
from torch import Tensor, nn
from torch.nn.modules import module as hooks

from alcore.config import HYPERCOLUMN, ModelConfig
from alcore.errors import AlcoreError, ConfigError, in_a_line
from alcore.learning.hypercolumn_head import layout_of
from alcore.learning.network_base import padded, pooled_features
from alcore.learning.networks import (
    SegmentationNetwork,
    build_encoder,
    build_network,
    check_model,
    encode_with,
    make_model,
)
from alcore.wording import size_in_words

_BYTES_A_WEIGHT = 16
"""In float32: the weight, its gradient and Adam's two moments."""
_MOST_MODULES = 20_000
"""The largest network of timm has less than a quarter of that."""


class _TooLarge(Exception):
    """Its text goes on after 'the network'."""


def try_network(config: ModelConfig, *, shape: tuple[int, int, int]) -> None:
    """Build a network and show it one patch, so that what cannot work is known before anything is written.

    Args:
        shape: (height, width, channels) of the patches.
    Raises:
        ConfigError, ModelError: as `build_network`, a network that this machine cannot hold, or one that
            cannot take patches of this size.
    """
    if config.architecture == HYPERCOLUMN:
        _try_encoder(config, shape)
        return
    check_model(config)
    most = psutil.virtual_memory().total
    try:
        with _bounded(most):
            _rehearse(config, shape)
        with _bounded(most):
            network = build_network(config, channels=shape[2], seed=0)
        with _bounded(most), _as_sentence(config, shape):
            _look(network, shape)
    except _TooLarge as error:
        raise ConfigError(
            f"{config.architecture} on {config.encoder} {error}; lower model.options, or take a smaller "
            "network or smaller patches"
        ) from None


def _rehearse(config: ModelConfig, shape: tuple[int, int, int]) -> None:
    """Make and try a network whose tensors have a size and no content; only _TooLarge comes out."""
    height, width, channels = shape
    try:
        with torch.device("meta"), torch.inference_mode():
            network = SegmentationNetwork(make_model(config, channels, None)).eval()
            network(torch.zeros(1, channels, height, width))
    except _TooLarge:
        raise
    except Exception:  # noqa: BLE001  the network itself says it, or knows no such trouble: meta has limits
        pass


def _look(network: SegmentationNetwork, shape: tuple[int, int, int]) -> None:
    height, width, channels = shape
    image = torch.zeros(1, channels, height, width)
    with torch.inference_mode():
        maps = network.eval().encode(image)
        _, logits = network.decode(maps)
        if logits.shape != (1, 1, *padded(image).shape[-2:]):
            raise ValueError(f"its answer has the shape {tuple(logits.shape)}")
        if not (logits.isfinite().all() and pooled_features(maps).isfinite().all()):
            raise ValueError("it answers something else than numbers")
        network.train()(image.expand(2, -1, -1, -1))  # some layers of training take no map of one pixel


def _try_encoder(config: ModelConfig, shape: tuple[int, int, int]) -> None:
    height, width, channels = shape
    levels = max(layout_of(config).levels)
    encoder = build_encoder(config, channels=channels)
    with _as_sentence(config, shape), torch.inference_mode():
        image = torch.zeros(1, channels, height, width)
        maps = encode_with(encoder.module, image)
        if len(maps) <= levels or any(level.ndim != image.ndim for level in maps):
            raise ValueError(f"the encoder gives no {levels} levels of maps")


@contextmanager
def _as_sentence(config: ModelConfig, shape: tuple[int, int, int]) -> Iterator[None]:
    try:
        yield
    except (_TooLarge, AlcoreError):
        raise
    except Exception as error:  # noqa: BLE001  architectures refuse sizes with asserts, RuntimeErrors and ValueErrors alike
        raise ConfigError(
            f"{config.architecture} on {config.encoder} cannot take patches of {shape[0]}x{shape[1]}: "
            f"{in_a_line(error)}"
        ) from None


@contextmanager
def _bounded(most: int) -> Iterator[None]:
    """Inside the block, raise _TooLarge once this thread's modules hold, and give, more than `most` bytes.

    Torch calls before a weight is filled, so it has cost no memory yet.
    """
    counter = _Counter(most, threading.get_ident())
    with ExitStack() as stack:
        for register, count in (
            (hooks.register_module_parameter_registration_hook, counter.weight),
            (hooks.register_module_buffer_registration_hook, counter.buffer),
            (hooks.register_module_module_registration_hook, counter.module),
            (hooks.register_module_forward_hook, counter.output),
        ):
            stack.callback(register(count).remove)
        yield


class _Counter:
    """What the hooks add up, of one thread: others may be making networks too."""

    def __init__(self, most: int, thread: int) -> None:
        self._most, self._thread = most, thread
        self._bytes = self._modules = 0

    def weight(self, _module: nn.Module, _name: str, weight: Tensor | None) -> None:
        """Count a parameter, with its gradient and Adam's two moments."""
        self._add(0 if weight is None else weight.numel() * _BYTES_A_WEIGHT)

    def buffer(self, _module: nn.Module, _name: str, buffer: Tensor | None) -> None:
        """Count a buffer, such as the statistics of a BatchNorm."""
        self._add(0 if buffer is None else buffer.numel() * buffer.element_size())

    def module(self, _module: nn.Module, _name: str, _child: nn.Module | None) -> None:
        """Count a layer, which takes time to make even where it holds nothing."""
        self._modules += threading.get_ident() == self._thread
        if self._modules > _MOST_MODULES:
            raise _TooLarge(f"would have more than {_MOST_MODULES:,} layers")

    def output(self, module: nn.Module, _taken: object, given: object) -> None:
        """Count what a layer without layers of its own gives."""
        if isinstance(given, Tensor) and next(module.children(), None) is None:
            self._add(given.numel() * given.element_size())

    def _add(self, size: int) -> None:
        if threading.get_ident() != self._thread:
            return
        self._bytes += size
        if self._bytes > self._most:
            raise _TooLarge(f"would take more than the {size_in_words(self._most)} that this machine has")
