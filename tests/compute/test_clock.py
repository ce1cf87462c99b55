"""The time that is left: it follows the pace of the last cycles, whatever the pace was before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.compute.clock import Clock
from alcore.config import make_config
from alcore.experiment.cycle_key import CycleKey
from alcore.ui.lab.run_controls import busy_in_words
from tests.conftest import SMALL

NAMES = ["random", "entropy", "core-set", "badge"]
CYCLES = 20


def walk(config, seconds_of, *, costs):
    """Work off a run one cycle after the other; yields cycle, clock, and the seconds that are truly left.

    Args:
        seconds_of: seconds of a cycle of a strategy that costs 1, by number; costs: of each strategy.
    """
    now = [0.0]
    clock = Clock(config, [], now=lambda: now[0])
    names = config.strategies
    spans = [
        [seconds_of(cycle) * cost for cost in costs[: len(names)]][: 1 if cycle == 1 else None]
        for cycle in range(1, config.cycles + 1)
    ]
    whole = sum(map(sum, spans))
    for cycle, times in enumerate(spans, start=1):
        for name, seconds in zip(names, times):
            key = CycleKey(1, cycle, name)
            clock.tick(key, "training", 0.5)  # (0.15 + 0.35) of the cycle
            now[0] += seconds / 2
            yield cycle, clock, whole - now[0]
            now[0] += seconds / 2
            clock.finish(key)
            yield cycle, clock, whole - now[0]
        if cycle == 1:
            for name in names[1:]:
                clock.finish(CycleKey(1, 1, name))


@given(
    count=st.integers(1, 4),
    slow_from=st.integers(4, 15),
    factor=st.floats(0.2, 10),
    costs=st.lists(st.floats(0.7, 1.5), min_size=4, max_size=4),
)
def test_a_pace_that_changes_midway_is_followed_within_a_few_cycles(count, slow_from, factor, costs):
    config = make_config(SMALL | {"cycles": CYCLES, "pool_size": 400, "strategies": NAMES[:count]})
    fewest = 4 // count + 1  # commits that are waited for at least, in cycles
    for cycle, clock, truth in walk(
        config, lambda cycle: 60 * (factor if cycle >= slow_from else 1), costs=costs
    ):
        if cycle >= slow_from + max(3, fewest) and cycle < CYCLES:
            assert clock.left == pytest.approx(truth, rel=0.35, abs=60 * max(factor, 1))
            if factor > 2.5 and slow_from > fewest + 1:  # a whole window of the old pace was seen
                assert clock.pace < 0.6
            elif factor == 1:
                assert clock.pace > 0.6


def test_an_even_pace_is_known_exactly_and_nothing_is_said_of_it():
    config = make_config(SMALL | {"cycles": CYCLES, "pool_size": 400, "strategies": NAMES[:3]})
    for cycle, clock, truth in walk(config, lambda _: 10.0, costs=[1, 1, 1]):
        if cycle > 1:
            assert clock.left == pytest.approx(truth)
        assert clock.pace is None or clock.pace == pytest.approx(1)
    assert clock.pace is not None
    assert busy_in_words(clock.pace, 1.0) == ""


def test_what_slows_a_run_is_said():
    assert busy_in_words(None, None) == ""
    assert busy_in_words(0.95, 1.1) == ""
    assert busy_in_words(0.48, 1.0) == "this run is at 50 % of its best speed"
    assert busy_in_words(0.01, None) == "this run is at 10 % of its best speed"
    assert busy_in_words(None, 3.14) == "the machine is busy, with 3.1 processes for each core"
    assert busy_in_words(0.3, 2.0).startswith(
        "the machine is busy, with 2.0 processes for each core: this run"
    )
