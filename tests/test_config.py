import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.config import RunConfig, load_config, make_config, parse_config, preset_names
from alcore.errors import ConfigError
from alcore.experiment.run_identity import run_fingerprint


def test_every_key_but_dataset_has_a_default():
    assert make_config({"dataset": "synthetic"}).query_count == 24


@pytest.mark.parametrize("name", preset_names())
def test_presets_load(name):
    assert isinstance(load_config(name), RunConfig)


def test_the_paper_preset_has_the_papers_settings():
    paper = load_config("paper")
    assert (paper.pool_size, paper.query_count, paper.cycles, paper.repetitions) == (4300, 86, 10, 15)
    assert paper.training.steps_for(86) == 40 * 2  # 40 epochs of 50 and 36


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["dataset", "missing"]),
        (
            {"dataset": "synthetic", "pool_prevalance": 0.1},
            ["pool_prevalance", "did you mean 'pool_prevalence'"],
        ),
        ({"dataset": "synthetic", "training": {"step": 3}}, ["training.step", "did you mean 'steps'"]),
        (
            {"dataset": "synthetic", "pool_prevalence": 1.5},
            ["pool_prevalence", "above 0 and at most 1", "1.5"],
        ),
        ({"dataset": "synthetic", "training": {"steps": 0}}, ["training.steps", "at least 1", "got 0"]),
        ({"dataset": "synthetic", "query_size": 0}, ["query_size", "above 0"]),
        ({"dataset": "synthetic", "query_size": 2.5}, ["query_size", "whole number", "(0, 1]"]),
        ({"dataset": "synthetic", "cycles": "many"}, ["cycles", "whole number", "'many'"]),
        ({"dataset": "synthetic", "strategies": ["random", "random"]}, ["strategies", "twice"]),
        ({"dataset": "synthetic", "strategies": []}, ["strategies"]),
        (
            {"dataset": "synthetic", "query_size": 100, "cycles": 7},
            ["700 labels", "pool has 600", "at most 6"],
        ),
        ({"dataset": "synthetic", "device": "tpu"}, ["device"]),
        ({"dataset": "synthetic", "training": {"start": "lukewarm"}}, ["training.start", "warm"]),
        ({"dataset": "synthetic", "pool_prevalence": float("nan")}, ["pool_prevalence"]),
    ],
)
def test_bad_values_are_explained_in_one_line(values, words):
    with pytest.raises(ConfigError) as caught:
        make_config(values)
    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


_NUMBERS = ["pool_size", "pool_prevalence", "test_prevalence", "query_size", "first_query", "cycles", "seed"]


@pytest.mark.parametrize("value", ["60", "0.5", True])
@pytest.mark.parametrize("key", [*_NUMBERS, "training.steps", "training.epochs", "training.learning_rate"])
def test_a_number_as_text_and_a_yes_as_a_number_are_refused(key, value):
    *outer, name = key.split(".")
    values = {name: value} if not outer else {outer[0]: {name: value}}
    with pytest.raises(ConfigError, match=f"{key} must be a .*number.*, got {value!r}"):
        make_config({"dataset": "synthetic"} | values)


@pytest.mark.parametrize("value", ["true", "yes", 1, 0])
def test_a_yes_or_no_is_nothing_else(value):
    with pytest.raises(ConfigError, match=r"model.freeze_encoder must be true or false, got"):
        make_config({"dataset": "synthetic", "model": {"freeze_encoder": value}})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decoder_channels": [10**9] * 5}, "holds the number 1000000000; take one up to 1,000,000"),
        ({"decoder_use_norm": {"type": "batchnorm", "eps": float("nan")}}, "holds the number nan"),
        ({"decoder_channels": [8] * 10**5}, "holds more than 200 values"),
        ({"activation": "sigmoid"}, "may not name 'activation', which is none"),
        ({"classes": 2}, "may not name 'classes', which is one"),
    ],
)
def test_options_of_absurd_numbers_and_those_that_a_run_decides_are_refused(options, words):
    with pytest.raises(ConfigError) as caught:
        make_config({"dataset": "synthetic", "model": {"options": options}})
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"dataset": "synthetic", "cycles": 2, "cycles": 3}', "cycles"),
        ('{"dataset": "synthetic", "training": {"steps": 2, "batch_size": 4, "steps": 2}}', "steps"),
    ],
)
def test_a_key_that_stands_twice_is_refused(text, key):
    with pytest.raises(ConfigError, match=f"config has the key '{key}' twice; remove one"):
        parse_config(text)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", '{"dataset": }'])
def test_what_is_not_a_json_object_is_refused(text):
    with pytest.raises(ConfigError, match="JSON"):
        parse_config(text)


def test_unknown_preset_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'demo'"):
        load_config("dmeo")


@given(share=st.floats(0.001, 0.2), pool=st.integers(5, 5000))
def test_a_fractional_query_is_a_share_of_the_pool(share, pool):
    config = make_config({"dataset": "x", "query_size": share, "pool_size": pool, "cycles": 1})
    assert config.query_count == max(1, round(share * pool))


def test_json_round_trip():
    config = load_config("paper")
    assert parse_config(config.to_json()) == config
    assert json.loads(config.to_json())["query_size"] == 0.02


def test_encoder_weights_may_be_null_as_smp_writes_it():
    config = parse_config('{"dataset": "synthetic", "model": {"encoder_weights": null}}')
    assert config.model.encoder_weights == "none"


def test_a_frozen_encoder_is_written_only_where_there_is_one():
    plain = make_config({"dataset": "synthetic"})
    frozen = make_config({"dataset": "synthetic", "model": {"freeze_encoder": True}})
    assert "freeze_encoder" not in plain.to_json()
    assert run_fingerprint(plain) == "f01fffe189d5971a"
    assert parse_config(frozen.to_json()) == frozen
    assert run_fingerprint(frozen) != run_fingerprint(plain)


def test_the_first_query_may_have_a_size_of_its_own_and_old_configs_keep_their_bytes():
    plain = make_config({"dataset": "synthetic", "pool_size": 100, "query_size": 10, "cycles": 4})
    assert "first_query" not in plain.to_json()
    assert run_fingerprint(plain) == "d621d58fba354ccf"
    assert (plain.first_count, plain.budget) == (10, 40)
    other = make_config(plain.model_dump() | {"first_query": 0.3})
    assert [other.count_in(cycle) for cycle in (1, 2, 4)] == [30, 10, 10]
    assert [other.labelled_after(cycle) for cycle in (1, 2, 4)] == [30, 40, 60]
    assert other.budget == 60
    assert parse_config(other.to_json()) == other
    assert run_fingerprint(other) != run_fingerprint(plain)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"first_query": 0}, ["first_query", "above 0"]),
        ({"first_query": 1.5}, ["first_query", "whole number"]),
        ({"first_query": True}, ["first_query", "must be a number"]),
        ({"first_query": 601}, ["the first query exceeds the pool", "600"]),
        ({"first_query": 500}, ["a first query of 500 and 7 of 24", "668 labels", "at most 5 cycles"]),
    ],
)
def test_a_first_query_that_cannot_be_is_explained(values, words):
    with pytest.raises(ConfigError) as caught:
        make_config({"dataset": "synthetic"} | values)
    assert all(word in str(caught.value) for word in words), caught.value
