"""What a device holds of kept features: the same numbers, read once, and never more than fit."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from alcore.data.features import FLIPS, Features
from alcore.learning.device_features import DeviceFeatures

PATCHES = 12
CPU = torch.device("cpu")


class Reader:
    """Features that name their patch and how it was turned; notes what was read."""

    bytes_per_patch = 10

    def __init__(self):
        self.read_ids = []

    def read(self, items, *, flip=""):
        self.read_ids += [(int(item), flip) for item in items]
        number = 20.0 * items + FLIPS.index(flip)
        maps = np.broadcast_to(number[:, None, None, None], (items.size, 2, 3, 3)).astype(np.float16)
        return Features((maps,), number[:, None].astype(np.float32))


BATCHES = st.lists(
    st.tuples(st.lists(st.integers(0, PATCHES - 1), min_size=1, max_size=6), st.sampled_from(FLIPS)),
    max_size=8,
)


@given(batches=BATCHES, room=st.integers(0, 600))
def test_whatever_fits_each_batch_is_what_was_asked_for(batches, room):
    reader = Reader()
    features = DeviceFeatures(reader, CPU, patches=PATCHES, room=room)
    for items, flip in batches:
        kept = features.read(np.array(items), flip=flip)
        expected = [20.0 * item + FLIPS.index(flip) for item in items]
        assert kept.pooled[:, 0].tolist() == expected
        assert kept.maps[0][:, 1, 2, 2].tolist() == expected
        assert kept.maps[0].dtype == torch.float16
    held = sum(rows.rows.maps[0].shape[0] for rows in features._held.values())
    assert held * reader.bytes_per_patch <= room


def test_what_is_held_is_read_once_and_a_cpu_holds_nothing():
    reader, items = Reader(), np.array([3, 1, 3])
    features = DeviceFeatures(reader, CPU, patches=PATCHES, room=10 * PATCHES)
    for _ in range(3):
        features.read(items)
    assert reader.read_ids == [(1, ""), (3, "")]
    plain = Reader()
    for _ in range(2):
        DeviceFeatures(plain, CPU, patches=PATCHES).read(items)
    assert len(plain.read_ids) == 6
