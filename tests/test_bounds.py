"""One range for each setting: the config's, and that of every option of the command line that mirrors it."""

import pytest
import typer

from alcore.__main__ import app
from alcore.config import bounds, make_config
from alcore.errors import ConfigError
from alcore.model_rules import Bounds


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("pool_size", 2, 10_000_000),
        ("query_size", 1, 10_000_000),
        ("seed", 0, 2**63 - 1),
        ("training.steps", 1, 1_000_000),
        ("training.epochs", 1, 10_000),
        ("pool_prevalence", 0, 1),
        ("threads", 0, 1024),
    ],
)
def test_the_bounds_of_a_setting_are_those_of_its_field(field, low, high):
    assert bounds(field) == Bounds(low, high)


@pytest.mark.parametrize("field", ["seed", "repetitions", "cycles", "test_size", "training.batch_size"])
def test_a_config_takes_both_bounds_and_nothing_beyond(field):
    low, high = bounds(field)
    for value, is_allowed in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
        values = {"dataset": "x", "query_size": 1, "pool_size": 10_000_000}
        part, _, name = field.rpartition(".")
        (values.setdefault(part, {}) if part else values)[name] = value
        if is_allowed:
            make_config(values)
        else:
            with pytest.raises(ConfigError, match=name):
                make_config(values)


@pytest.mark.parametrize("field", ["pool_sise", "training.pool_size", "seed.low", "device", "strategies", ""])
def test_what_has_no_bounds_is_a_key_error(field):
    with pytest.raises(KeyError):
        bounds(field)


@pytest.mark.parametrize(
    ("command", "option", "field"),
    [
        (("study",), "repetitions", "repetitions"),
        (("report",), "prevalence", "test_prevalence"),
        (("logs", "import"), "pool_size", "pool_size"),
    ],
)
def test_an_option_that_mirrors_a_setting_has_its_bounds(command, option, field):
    found = typer.main.get_command(app)
    for name in command:
        found = found.commands[name]
    parameter = next(parameter for parameter in found.params if parameter.name == option)
    limited = getattr(parameter, "type", parameter)  # where limits stand depends on typer's version
    assert (limited.min, limited.max) == bounds(field)
