"""No setting of a run is passed over: the Lab compares all, and a link to it keeps all."""

import json

import pytest

from alcore.config import RunConfig, load_config, make_config
from alcore.server.index import RunIndex
from alcore.storage.run_store import RunStore
from alcore.ui.config_form import value_of
from alcore.ui.lab import next_run
from alcore.ui.lab_link import link_of
from alcore.ui.setting_words import ALL_SETTINGS, changed_settings, differences
from tests.conftest import SMALL
from tests.ui.helpers import texts
from tests.ui.test_odd_links import open_link

DEMO = load_config("demo")
OTHERWISE = {
    "test_size": 100,
    "precision": "mixed",
    "model.options": {"decoder_channels": [64, 32, 16, 16, 8]},
    "training.batch_size": 50,
    "training.epochs": 2,
    "training.learning_rate": 1e-4,
    "training.weight_decay": 1e-2,
    "training.optimizer": "adam",
    "training.schedule": "constant",
    "training.normalisation": "image",
    "training.flips": [],
}
"""Other values than the Lab's own of settings that it has no control for."""


def changed(values: dict[str, object], base: RunConfig = DEMO) -> RunConfig:
    """The config with other values, by dotted name."""
    whole = json.loads(base.to_json())
    for name, value in values.items():
        *path, last = name.split(".")
        inner = whole
        for part in path:
            inner = inner[part]
        inner[last] = value
    return make_config(whole)


def test_every_setting_of_a_run_is_looked_at():
    used = (  # which are not written otherwise
        {"first_query": 5, "first_query_by": "core-set", "test_clean": "all"},
        {"first_items": [1, 2], "random_slice": 0.1},
    )

    def leaves(values, prefix=""):
        for name, value in values.items():
            nested = isinstance(value, dict) and name in ("model", "training")
            yield from leaves(value, f"{name}.") if nested else [prefix + name]

    configs = [make_config(DEMO.model_dump() | settings) for settings in used]
    assert {name for config in configs for name in leaves(config.model_dump())} == {*ALL_SETTINGS}


@pytest.mark.parametrize("setting", OTHERWISE)
def test_a_setting_without_a_control_is_named_where_it_differs(setting):
    other = changed({setting: OTHERWISE[setting]})
    assert changed_settings(DEMO, other) == [setting]
    assert differences(DEMO, other)
    assert not differences(DEMO, DEMO)


def test_differences_are_said_in_words():
    other = changed({"training.batch_size": 50, "training.epochs": 2, "training.flips": []})
    assert differences(other, DEMO) == "epochs = 2, batch size = 50 and 1 other difference"
    assert "no flips" in differences(other, DEMO, most=9)
    assert "steps, not epochs" in differences(DEMO, other)


def test_the_prevalence_counts_where_a_strategy_looks_at_it():
    other = {"test_prevalence": 0.5}
    assert not differences(DEMO, changed(other))
    looking = changed({"strategies": ["random", "malls"]})
    assert differences(looking, changed(other, looking)) == "π₁ = 2 %"


@pytest.mark.parametrize(
    "values",
    [
        OTHERWISE | {"threads": 1},
        {"model.options": {}, "training.flips": ["vertical"]},
        {"model.architecture": "fpn", "model.options": {"decoder_dropout": 0.1}},
        {"model.architecture": "fpn", "model.options": {}},
    ],
    ids=["all", "no-options", "fpn-with-options", "fpn"],
)
def test_a_run_that_is_run_again_keeps_all_its_settings(home, values, monkeypatch):
    config = changed(values, make_config(SMALL | {"dataset": "synthetic", "device": "cpu"}))
    RunStore.create(home / "runs" / "odd", config)
    RunIndex(home)
    app = open_link("pages/lab.py", run="odd", **link_of(config))
    assert "**Next run:** the same settings as the shown run" in texts(app)
    started = []
    monkeypatch.setattr(next_run.acting, "start_run", lambda config, name: started.append(config))
    app.button(key="run_button").click().run()
    for name in ALL_SETTINGS:
        assert value_of(started[0], name) == value_of(config, name), name


def test_what_a_link_brought_is_named_and_can_be_left_out(home):
    app = open_link("pages/lab.py", **link_of(changed({"training.batch_size": 50})))
    assert "Also set, by the link: batch size = 50." in texts(app)
    app.switch_page("pages/methods.py").run()
    app.query_params.pop("more")  # as a browser goes to another page
    app.switch_page("pages/lab.py").run()
    assert "Also set, by the link: batch size = 50." in texts(app), "as the sliders keep what they say"
    app.button(key="leave_kept").click().run()
    assert "Also set" not in texts(app)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("{", "is not JSON"),
        ('{"training.batch_size":-1}', "must be a whole number at least 2"),
        ('{"nothing":1}', ""),
        ('{"model.architecture":"fpn"}', ""),
    ],
)
def test_a_link_that_cannot_be_used_opens_all_the_same(home, more, said):
    assert said in texts(open_link("pages/lab.py", more=more, net="fpn"))
