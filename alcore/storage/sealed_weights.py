"""Weights with a checksum: otherwise training would silently continue from a flipped bit."""

from __future__ import annotations

import hashlib
import json

from safetensors import SafetensorError
from safetensors.torch import load, save

from alcore.errors import StoreError
from alcore.learning.learner import Weights

_SEAL = "sha256"
_LENGTH = 8  # bytes that say how long the header is, a little-endian integer


def seal_weights(weights: Weights) -> bytes:
    """A .safetensors file with a checksum of all tensors, their names, types and shapes, in its metadata."""
    return save(weights, metadata={_SEAL: _checksum(weights)})


def open_weights(content: bytes) -> Weights:
    """The weights that `seal_weights` wrote; without a seal, as earlier versions wrote them, unchecked.

    Raises:
        StoreError: damaged; the message is that word alone.
    Source: https://huggingface.co/docs/safetensors, format.
    """
    try:
        header = json.loads(content[_LENGTH : _LENGTH + int.from_bytes(content[:_LENGTH], "little")])
        weights = load(content)
        metadata = header.get("__metadata__")
        is_whole = metadata is None or metadata[_SEAL] == _checksum(weights)
    except (SafetensorError, ValueError, RecursionError, AttributeError, KeyError, TypeError):
        is_whole = False
    if not is_whole:
        raise StoreError("damaged")
    return weights


def _checksum(weights: Weights) -> str:
    return hashlib.sha256(save(weights)).hexdigest()
