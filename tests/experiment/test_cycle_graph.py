from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alcore.config import make_config
from alcore.errors import StoreError
from alcore.experiment.cycle_graph import CycleGraph, Stage
from alcore.experiment.cycle_key import CycleKey
from tests.shared import keys_in_order

STRATEGIES = ["random", "entropy", "core-set"]


def config_of(cycles=4, repetitions=2, strategies=3):
    return make_config(
        {
            "dataset": "synthetic",
            "cycles": cycles,
            "repetitions": repetitions,
            "strategies": STRATEGIES[:strategies],
        }
    )


def walk(graph, choose, workers, done):
    """Walk to the end; `choose(n)` says which of n workers ends next. Returns all that was begun."""
    begun, running = [], []
    while graph.stage is not None:
        while len(running) < workers and (work := graph.begin()) is not None:
            running.append(work)
            begun.append(work)
        assert running, "something can always begin, or is running"
        work = running.pop(choose(len(running)))
        done += graph.keys_of(work)
        graph.finish(work)
    return begun


def test_alone_it_is_the_loops_order():
    config, done = config_of(), []
    walk(CycleGraph(config, []), lambda n: 0, 1, done)
    assert done == list(keys_in_order(config))


@given(
    cycles=st.integers(1, 5),
    repetitions=st.integers(1, 3),
    strategies=st.integers(1, 3),
    workers=st.integers(1, 7),
    data=st.data(),
)
def test_every_record_comes_once_after_those_it_is_made_from(cycles, repetitions, strategies, workers, data):
    config, done = config_of(cycles, repetitions, strategies), []
    graph = CycleGraph(config, [])
    walk(graph, lambda n: data.draw(st.integers(0, n - 1)), workers, done)
    assert sorted(done, key=str) == sorted(keys_in_order(config), key=str)
    for position, key in enumerate(done):
        if key.cycle > 1:
            assert replace(key, cycle=key.cycle - 1) in done[:position]
            assert {replace(key, cycle=1, strategy=name) for name in config.strategies} <= set(
                done[:position]
            )


@given(workers=st.integers(1, 5), data=st.data())
def test_nobody_is_more_than_one_cycle_ahead_of_who_waits(workers, data):
    config = config_of(cycles=6, repetitions=1)
    graph, finished, running = CycleGraph(config, []), dict.fromkeys(STRATEGIES, 0), []
    while graph.stage is not None:
        while len(running) < workers and (work := graph.begin()) is not None:
            assert work.cycle - 1 <= min(finished.values()) + 1, "it works one cycle ahead at most"
            running.append(work)
        work = running.pop(data.draw(st.integers(0, len(running) - 1)))
        for key in graph.keys_of(work):
            finished[key.strategy] = key.cycle
        graph.finish(work)


@given(count=st.integers(0, 24), data=st.data())
def test_it_goes_on_from_wherever_it_was_left(count, data):
    config, before = config_of(), []
    walk(CycleGraph(config, []), lambda n: data.draw(st.integers(0, n - 1)), 3, before)
    left = before[:count]  # also in the midst of the records of a first cycle
    rest = []
    walk(CycleGraph(config, left), lambda n: 0, 2, rest)
    assert sorted([*left, *rest], key=str) == sorted(keys_in_order(config), key=str)


def test_a_later_repetition_only_begins_where_nothing_else_can():
    graph = CycleGraph(config_of(), [])
    assert graph.begin() == CycleKey(1, 1, "random")
    assert graph.begin() == CycleKey(2, 1, "random")
    assert graph.begin() is None
    graph.finish(CycleKey(1, 1, "random"))
    assert [graph.begin() for _ in range(3)] == [CycleKey(1, 2, name) for name in STRATEGIES]


def test_nothing_behind_the_last_stage_begins():
    graph = CycleGraph(config_of(repetitions=1), [])
    first = graph.begin(until=Stage(1, 1))
    assert graph.begin(until=Stage(1, 1)) is None
    graph.finish(first)
    assert graph.stage == Stage(1, 2)
    assert graph.begin(until=Stage(1, 1)) is None
    assert graph.begin(until=Stage(1, 2)) == CycleKey(1, 2, "random")


def test_what_is_given_back_begins_again():
    graph = CycleGraph(config_of(), [])
    work = graph.begin()
    graph.give_back(work)
    assert graph.begin() == work


@pytest.mark.parametrize(
    "finished",
    [
        [CycleKey(1, 2, "random")],
        [CycleKey(1, 1, name) for name in STRATEGIES] + [CycleKey(1, 3, "entropy")],
        [CycleKey(1, 1, "random"), CycleKey(1, 2, "random")],
    ],
)
def test_a_missing_record_is_named(finished):
    with pytest.raises(StoreError, match="missing"):
        CycleGraph(config_of(), finished)
