import json
import multiprocessing
import os
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alcore.data import feature_shelf
from alcore.data.feature_shelf import has_room, kept_stores, open_store, remove_features_of, remove_store
from alcore.data.feature_store import TOGETHER, kept_type, verify, views_of
from alcore.data.features import FeatureKey, Features, MapLayout, from_rows, row_type, to_rows
from alcore.errors import AlcoreError, DataError
from alcore.home import features_directory, home

KEY = FeatureKey("of-data", "tu-x", "of-weights", "encoder", MapLayout((1, 2), stride=4, channels=3))
KIND = row_type([(3, 4, 4), (2, 1, 1)], pooled=5)
PATCHES = 300


def opened(key=KEY):
    return open_store(key, KIND, patches=PATCHES, name="some")


def rows_of(views):
    """What an encoder would give: a function of the view alone."""
    values = np.asarray(views, dtype=np.float32)
    maps = (
        np.broadcast_to(values[:, None, None, None], (values.size, 3, 4, 4)),
        -np.broadcast_to(values[:, None, None, None], (values.size, 2, 1, 1)),
    )
    return to_rows(Features(maps, np.repeat(values[:, None], 5, axis=1)), KIND)


def filled(store, views, compute=rows_of, follow=lambda *_: None, has_room=lambda _: True):
    store.fill(np.asarray(views), compute, follow=follow, has_room=has_room)


def test_rows_are_features_and_back():
    rng = np.random.default_rng(0)
    maps = (
        rng.normal(size=(2, 3, 4, 4)).astype(np.float16),
        rng.normal(size=(2, 2, 1, 1)).astype(np.float16),
    )
    features = Features(maps, rng.normal(size=(2, 5)).astype(np.float32))
    again = from_rows(to_rows(features, KIND))
    assert np.array_equal(again.pooled, features.pooled)
    assert all(np.array_equal(one, other) for one, other in zip(again.maps, features.maps, strict=True))


def test_what_was_filled_is_read_in_any_order_and_by_others():
    with opened() as store, opened() as other:
        filled(store, [5, 7, 250])
        filled(store, np.arange(100))
        asked = np.array([250, 3, 99, 3])
        assert np.array_equal(store.read(asked), rows_of(asked))
        assert store.kept == 101
        assert not other.missing(asked).size, "which looks again"
        assert np.array_equal(other.read(asked, "pooled"), rows_of(asked)["pooled"])
        assert list(other.missing(np.array([250, 299, 101]))) == [101, 299]


def test_views_of_one_patch_are_apart():
    items = np.array([0, 299])
    views = [views_of(items, flip, PATCHES) for flip in ("", "horizontal", "vertical", "both")]
    assert len(np.unique(views)) == 8
    with opened() as store:
        filled(store, np.concatenate(views))
        assert not store.missing(views[3]).size


def test_progress_counts_and_a_follower_may_leave():
    said = []

    def leave(done, total):
        said.append((done, total))
        if done > 64:
            raise KeyboardInterrupt

    with opened() as store:
        with pytest.raises(KeyboardInterrupt):
            filled(store, np.arange(200), follow=leave)
        assert said == [(0, 200), (64, 200), (128, 200)]
        filled(store, np.arange(200), follow=lambda *at: said.append(at))
        assert said[-1] == (200, 200)
        assert np.array_equal(store.read(np.arange(200)), rows_of(np.arange(200)))


def test_a_block_that_could_not_be_computed_is_left_to_others():
    def fail(_views):
        raise RuntimeError("no memory")

    with opened() as store, opened() as other:
        with pytest.raises(RuntimeError, match="no memory"):
            filled(store, np.arange(10), compute=fail)
        filled(other, np.arange(10))
        assert other.kept == 10


def test_each_block_is_computed_once_by_any_number_of_processes(home):
    asked = np.arange(PATCHES)
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=_fill_and_count, args=(home / f"log-{n}",)) for n in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    computed = np.concatenate([np.fromfile(home / f"log-{n}", dtype=np.int64) for n in range(3)])
    assert np.array_equal(np.sort(computed), asked), "none twice"
    with opened() as store:
        assert np.array_equal(store.read(asked), rows_of(asked))


def _fill_and_count(log):
    with opened() as store, log.open("wb") as file:

        def compute(views):
            file.write(views.tobytes())
            return rows_of(views)

        filled(store, np.arange(PATCHES), compute=compute)


def test_the_block_of_a_killed_process_is_computed_by_another():
    context = multiprocessing.get_context("fork")
    child = context.Process(target=_fill_until_killed)
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    with opened() as store:
        assert store.kept == 64, "the block before the current one"
        filled(store, np.arange(200))
        assert np.array_equal(store.read(np.arange(200)), rows_of(np.arange(200)))


def _fill_until_killed():
    def compute(views):
        if views[0] > 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rows_of(views)

    filled(opened(), np.arange(200), compute=compute)


@pytest.mark.parametrize("harm", ["flipped", "short"])
def test_damaged_rows_are_computed_again(harm):
    with opened() as store:
        filled(store, np.arange(200))
    file = features_directory() / KEY.digest / "rows.bin"
    content = bytearray(file.read_bytes())
    content[10] ^= 1
    file.write_bytes(content if harm == "flipped" else content[: len(content) // 2])
    with opened() as store:
        assert store.missing(np.arange(200)).size >= 64
        filled(store, np.arange(200))
        assert verify(store.directory) == 0
        assert np.array_equal(store.read(np.arange(200)), rows_of(np.arange(200)))


def test_damage_is_found_wherever_it_is_before_it_is_read():
    with opened() as store:
        filled(store, np.arange(300))
    file = features_directory() / KEY.digest / "rows.bin"
    content = bytearray(file.read_bytes())
    content[130 * KIND.itemsize] ^= 1
    file.write_bytes(content)
    with opened() as store:
        assert not store.missing(np.arange(100)).size, "of other blocks"
        assert list(store.missing(np.arange(300))) == list(range(128, 192))


def harmed(content, draw):
    """Bytes flipped, cut off, taken out or put in."""
    place = draw(st.integers(0, max(len(content) - 1, 0)))
    match draw(st.sampled_from(["flip", "cut", "remove", "insert", "zeros"])):
        case "flip":
            return (
                content[:place]
                + bytes([content[place] ^ (1 << draw(st.integers(0, 7)))])
                + content[place + 1 :]
            )
        case "cut":
            return content[:place]
        case "remove":
            return content[:place] + content[place + 1 + draw(st.integers(0, 200)) :]
        case "insert":
            return content[:place] + draw(st.binary(min_size=1, max_size=50)) + content[place:]
        case "zeros":
            size = min(4096, len(content) - place)
            return content[:place] + bytes(size) + content[place + size :]


@settings(max_examples=int(os.environ.get("ALCORE_FUZZ", "60")), suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_happens_to_a_stores_files_no_number_is_wrong(home, data):
    asked = np.arange(0, PATCHES, 3)
    directory = features_directory() / KEY.digest
    if not (home / "whole").exists():
        with opened() as store:
            filled(store, np.arange(200))
        shutil.copytree(directory, home / "whole")
    shutil.rmtree(directory)
    shutil.copytree(home / "whole", directory)
    file = directory / data.draw(st.sampled_from(["rows.bin", "index.sqlite", "store.json"]))
    if data.draw(st.integers(0, 9)):
        file.write_bytes(harmed(file.read_bytes(), data.draw))
    else:
        file.unlink()
    kept_stores()
    try:
        with opened() as store:
            filled(store, asked)
            assert np.array_equal(store.read(asked), rows_of(asked))
            assert kept_type(directory) == KIND
    except AlcoreError as error:
        assert "\n" not in str(error)
    with opened() as store:  # what could not be used is begun again
        filled(store, asked)
        assert np.array_equal(store.read(asked), rows_of(asked))


def test_a_damaged_index_begins_the_store_again():
    with opened() as store:
        filled(store, np.arange(10))
    (features_directory() / KEY.digest / "index.sqlite").write_bytes(b"no database" * 100)
    with opened() as store:
        assert store.kept == 0
        filled(store, np.arange(10))
        assert store.kept == 10


def test_verifying_looks_at_every_block():
    with opened() as store:
        filled(store, np.arange(300))
        file = store.directory / "rows.bin"
        content = bytearray(file.read_bytes())
        content[70 * KIND.itemsize] ^= 1
        file.write_bytes(content)
        assert verify(store.directory) == 1


def test_the_list_says_what_is_kept_and_in_use():
    with opened() as store:
        filled(store, np.arange(20))
        (listed,) = kept_stores()
        assert (listed.dataset, listed.encoder, listed.views, listed.in_use) == ("some", "tu-x", 20, True)
        with pytest.raises(DataError, match="are in use; stop the runs"):
            remove_store(listed.name)
    assert not kept_stores()[0].in_use
    with pytest.raises(DataError, match="no kept features"):
        remove_store("nothing")
    remove_store(listed.name)
    assert kept_stores() == []


def test_features_go_with_their_data_set():
    for data in ("of-data", "other"):
        opened(replace(KEY, data=data)).close()
    remove_features_of("of-data")
    assert [store.fingerprint for store in kept_stores()] == ["other"]


def test_the_store_unused_for_longest_makes_room_and_one_in_use_never(monkeypatch):
    keys = [replace(KEY, data=name) for name in ("old", "new", "used")]
    stores = [opened(key) for key in keys]
    for age, store in enumerate(stores):
        filled(store, np.arange(64))
        os.utime(store.directory / "store.json", (age, age))
    stores[0].close()
    stores[1].close()
    size = 64 * KIND.itemsize
    home().joinpath("limits.json").write_text(json.dumps({"feature_bytes": 3 * size + 10}))
    assert has_room(10)
    assert len(kept_stores()) == 3
    assert has_room(size)
    assert [store.fingerprint for store in kept_stores()] == ["used", "new"]
    assert not has_room(3 * size), "more than is left when all that may go has gone"
    assert [store.fingerprint for store in kept_stores()] == ["used"]
    monkeypatch.setattr(feature_shelf, "_SPARE", 2**60)
    assert not has_room(1), "the disk is full"


def test_without_room_nothing_is_kept_and_nothing_waits():
    with opened() as store:
        filled(store, np.arange(200), has_room=lambda _: False)
        assert store.kept == 0
        assert store.missing(np.arange(200)).size == 200


def test_keys_that_differ_anywhere_name_other_stores():
    others = [
        replace(KEY, **{field: "x"}) for field in ("data", "encoder", "weights", "normalisation", "device")
    ] + [replace(KEY, layout=replace(KEY.layout, channels=4))]
    assert len({key.digest for key in [KEY, *others]}) == 7


def test_blocks_are_whole_batches():
    with (
        opened() as small,
        open_store(
            replace(KEY, data="large"), row_type([(512, 64, 64)], 5), patches=PATCHES, name="large"
        ) as large,
    ):
        assert small.block_rows == 64
        assert large.block_rows == TOGETHER
