"""What a disk, or a careless hand, may do to a home: one sentence, and everything else goes on."""

import json
import sqlite3

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alcore.compute.execution import execute
from alcore.compute.run_control import RunControl, Stopped
from alcore.config import RunConfig, parse_config
from alcore.errors import AlcoreError, ConfigError, DataError, StoreError
from alcore.json_object import parse_json_object, read_json_object
from alcore.server.index import RunIndex
from alcore.storage.run_store import RunStore
from alcore.storage.sealed_weights import open_weights, seal_weights
from alcore.study.plan import parse_study

WEIGHTS = {"a": torch.arange(12.0).reshape(3, 4), "b": torch.ones(5, dtype=torch.int64)}


def test_weights_come_back():
    found = open_weights(seal_weights(WEIGHTS))
    assert all(torch.equal(found[name], value) for name, value in WEIGHTS.items())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_weights_goes_unseen(data):
    whole = seal_weights(WEIGHTS)
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flipped = whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]
    try:
        found = open_weights(flipped)
    except StoreError:
        return
    assert all(torch.equal(found[name], value) for name, value in WEIGHTS.items())


def test_weights_of_earlier_versions_open():
    from safetensors.torch import save

    assert torch.equal(open_weights(save(WEIGHTS))["a"], WEIGHTS["a"])


@pytest.mark.slow
def test_a_run_with_damaged_weights_does_not_continue(tmp_path, small: RunConfig):
    store, control = RunStore.create(tmp_path / "run", small), RunControl()

    def stop_after_some(event):
        if event.event == "record":
            control.say("stop")

    with pytest.raises(Stopped):
        execute(store, control=control, emit=stop_after_some)
    for path in (store.directory / "weights").iterdir():
        content = bytearray(path.read_bytes())
        content[-100] ^= 4
        path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged, so the run cannot continue"):
        execute(store)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 100_000])
def test_json_that_is_none_is_one_sentence(tmp_path, content, small):
    file = tmp_path / "some.json"
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"some\.json") as raised:
        read_json_object(file, error=DataError, advice="do this")
    assert str(raised.value).endswith("; do this")
    assert "\n" not in str(raised.value)
    store = RunStore.create(tmp_path / "run", small)
    (store.directory / "environment.json").write_bytes(content)
    for look in (store.environment, store.data_fingerprint):
        with pytest.raises(StoreError, match=r"environment\.json"):
            look()


@given(st.text() | st.binary())
def test_any_text_is_an_object_or_a_sentence(text):
    try:
        assert isinstance(parse_json_object(text, origin="it", error=AlcoreError), dict)
    except AlcoreError as error:
        assert str(error).startswith("it ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"dataset": "synthetic", "query_size": true}', "must be a number"),
        ('{"dataset": "synthetic", "seed": ' + "9" * 5000 + "}", "too long"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_absurd_configs_are_refused(text, sentence):
    with pytest.raises(ConfigError, match=sentence):
        parse_config(text)


def test_a_study_too_large_is_refused_before_it_is_expanded():
    base = {"dataset": "synthetic"}
    grid = {name: list(range(1, 1001)) for name in ("seed", "cycles", "pool_size")}
    with pytest.raises(ConfigError, match="at most 100,000 can be planned"):
        parse_study(json.dumps({"base": base, "grid": grid}))
    prevalences = np.linspace(0.001, 1, 10**5).tolist()
    with pytest.raises(ConfigError, match="at most 1,000"):
        parse_study(json.dumps({"base": base, "grid": {}, "test_prevalences": prevalences}))


@pytest.mark.parametrize("damage", [b"this is no database", b"SQLite format 3\x00" + bytes(4000)])
def test_a_damaged_list_is_put_aside_and_made_again(home, small, damage):
    RunStore.create(home / "runs" / "one", small)
    index = RunIndex(home)
    assert index.set_aside is None
    for file in home.glob("runs.sqlite*"):
        file.unlink()
    (home / "runs.sqlite").write_bytes(damage)
    index = RunIndex(home)
    assert index.set_aside is not None
    assert index.set_aside.read_bytes() == damage, "nothing is thrown away"
    assert [row.id for row in index.rows()] == ["one"]
    assert RunIndex(home).set_aside is None, "it is said once"


def test_a_list_in_use_is_not_put_aside(home, monkeypatch):
    index = RunIndex(home)

    def locked(*_arguments, **_options):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(sqlite3, "connect", locked)
    with pytest.raises(StoreError, match="cannot be used"):
        index.rows()
    with pytest.raises(StoreError, match="cannot be used"):
        RunIndex(home)
    assert (home / "runs.sqlite").exists()


def test_a_full_disk_under_the_list_is_one_sentence_and_loses_no_row(home, small, monkeypatch):
    RunStore.create(home / "runs" / "one", small)
    index, connect = RunIndex(home), sqlite3.connect

    def without_room(*arguments, **options):
        connection = connect(*arguments, **options)
        connection.execute("PRAGMA max_page_count = 1")  # which SQLite raises to the pages there are
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", without_room)
        with pytest.raises(StoreError, match="database or disk is full"):
            index.add("two", "a name " * 10_000, "queued")
        assert [row.id for row in index.rows()] == ["one"], "what is there can be read"
    index.add("two", "a name " * 10_000, "queued")
    assert {row.id for row in index.rows()} == {"one", "two"}
    assert RunIndex(home).set_aside is None
