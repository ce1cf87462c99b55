"""The brush strokes of Label Studio: run lengths packed bit by bit, of all four channels of a canvas.

The form is that of @thi.ng/rle-pack, with which its page writes them: 32 bits of how many values follow, 5
of a value's bits less one, four times 4 of the bits less one of a run's length. Then runs: one bit whether a
value repeats, two which of the four lengths, the length less one, and the value once, or each of the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

_CHANNELS = 4
_LENGTHS = 4
_SIZES, _VALUE = (4, 8, 12, 16), 8  # bits of a run's length, of which each takes the fewest, and of a value


class _Bits:
    """Reads whole numbers from bytes, most significant bit first."""

    def __init__(self, content: bytes) -> None:
        self._bits = np.unpackbits(np.frombuffer(content, np.uint8))
        self._content, self._at = content, 0

    def number(self, size: int) -> int:
        """The next `size` bits as a number; ValueError where fewer are left."""
        end = self._at + size
        if end > self._bits.size:
            raise ValueError("its brush strokes are cut short")
        part = int.from_bytes(self._content[self._at // 8 : (end + 7) // 8])
        self._at = end
        return (part >> (-end % 8)) & ((1 << size) - 1)

    def numbers(self, size: int, count: int) -> np.ndarray:
        """(count,) numbers of as many bits each."""
        end = self._at + size * count
        if end > self._bits.size:
            raise ValueError("its brush strokes are cut short")
        bits = self._bits[self._at : end].reshape(count, size).astype(np.uint32)
        self._at = end
        return bits @ (np.uint32(1) << np.arange(size - 1, -1, -1, dtype=np.uint32))


def encode_brush(mask: np.ndarray) -> list[int]:
    """(height, width) bool -> packed strokes that `decode_brush` and Label Studio read."""
    flat = np.repeat(mask.ravel(), _CHANNELS)
    bounds = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]])
    bits = [f"{flat.size:032b}", f"{_VALUE - 1:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    for start, end in pairwise(bounds.tolist()):
        value = f"{255 * int(flat[start]):0{_VALUE}b}"
        for length in _pieces(end - start):
            kind = next(kind for kind, size in enumerate(_SIZES) if length <= 1 << size)
            bits.append(f"1{kind:02b}{length - 1:0{_SIZES[kind]}b}{value}")
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8))


def _pieces(length: int) -> Iterator[int]:
    """A run's length in parts that the longest kind of run can hold."""
    most = 1 << _SIZES[-1]
    yield from [most] * (length // most)
    if length % most:
        yield length % most


def decode_brush(packed: object, shape: tuple[int, int]) -> np.ndarray:
    """Packed strokes, a list of bytes -> (height, width) bool, true where anything was painted.

    Raises:
        ValueError: no bytes, cut short, or strokes on an image of another size.
    """
    if not isinstance(packed, list):
        raise ValueError("its brush strokes are no list of bytes")
    bits = _Bits(bytes(packed))
    count, size = bits.number(32), bits.number(5) + 1
    lengths = [bits.number(4) + 1 for _ in range(_LENGTHS)]
    if count != shape[0] * shape[1] * _CHANNELS:
        raise ValueError(f"its brush strokes are not those of an image of {shape[0]}x{shape[1]} pixels")
    found = np.zeros(count, dtype=np.uint32)
    at = 0
    while at < count:
        repeats = bits.number(1)
        end = at + bits.number(lengths[bits.number(2)]) + 1
        if end > count:
            raise ValueError("its brush strokes leave the image")
        found[at:end] = bits.number(size) if repeats else bits.numbers(size, end - at)
        at = end
    return found.reshape(*shape, _CHANNELS)[..., 3] > 0
