"""What a strategy gets to see of the pool, in a run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from alcore.acquisition import Needs, get_strategies, strategy_names
from alcore.config import make_config
from alcore.experiment.cycle import CycleStart, Workbench
from alcore.experiment.cycle_key import CycleKey
from alcore.experiment.loop import run
from alcore.experiment.pool_view import sweep_pool
from alcore.learning.inference import kept_channels
from alcore.learning.learner import Learner, ignore_progress
from alcore.learning.networks import build_network
from tests.conftest import SMALL

NEW = ("mc-dropout", "galaxy", "class-balanced-power-entropy", "malls")


@pytest.fixture(scope="module")
def config():
    return make_config(SMALL | {"strategies": list(NEW), "training": {"steps": 1, "batch_size": 6}})


@pytest.fixture(scope="module")
def records(config, surfaces):
    return {record.key: record for record in run(config, surfaces)}


@pytest.fixture(scope="module")
def swept(config, surfaces):
    learner, items = Learner(config, surfaces, seed=0), np.arange(3, 40)
    strategies = [one for one in get_strategies(strategy_names()).values() if Needs.PEOPLE not in one.needs]
    rng = np.random.default_rng(5)
    sweep = sweep_pool(learner, strategies, items, wanted=items, rng=rng, follow=ignore_progress)
    return learner, items, strategies, sweep


def test_a_view_has_what_was_declared_and_nothing_else(config, surfaces, swept):
    _, items, strategies, sweep = swept
    parts = {
        Needs.LOGITS | Needs.VIEWS | Needs.DROPOUT: {"scores"},
        Needs.FEATURES: {"features", "labelled_features"},
        Needs.GRADIENTS: {"gradients"},
        Needs.ORACLE: {"defective"},
        Needs.PEAKS: {"peaks"},
        Needs.LABELLED_PEAKS: {"labelled_peaks"},
        Needs.TARGETS: {"labelled_defective"},
        Needs.CYCLE: {"cycle", "cycles"},
        Needs.PREVALENCE: {"test_prevalence"},
    }
    for strategy in strategies:
        labelled, candidates = items[[7, 2, 20]], np.delete(items, [2, 7, 20])
        view = sweep.view(
            strategy, config, cycle=2, candidates=candidates, labelled=labelled, defective=surfaces.defective
        )
        there = {name for name, value in vars(view).items() if value is not None}
        declared = [names for need, names in parts.items() if strategy.needs & need]
        assert there == {"size"}.union(*declared)


def test_peaks_are_those_of_the_patches_named_and_labels_are_those_bought(config, surfaces, swept):
    learner, items, _, sweep = swept
    (galaxy,) = get_strategies(["galaxy"]).values()
    labelled, candidates = items[[7, 2, 20]], np.delete(items, [2, 7, 20])
    view = sweep.view(
        galaxy, config, cycle=2, candidates=candidates, labelled=labelled, defective=surfaces.defective
    )
    for ids, peaks in ((candidates, view.peaks), (labelled, view.labelled_peaks)):
        expected = torch.sigmoid(torch.from_numpy(peaks)).numpy()
        assert learner.evaluate(ids).max_probability == pytest.approx(expected, abs=1e-6)
    assert view.labelled_defective.tolist() == surfaces.defective[labelled].tolist()


def test_what_is_dropped_does_not_depend_on_who_else_is_asked_for(config, swept):
    learner, items, _, sweep = swept
    (dropout,) = get_strategies(["mc-dropout"]).values()
    rng = np.random.default_rng(5)
    alone = sweep_pool(learner, [dropout], items, wanted=items[:0], rng=rng, follow=ignore_progress)
    assert np.array_equal(alone.scores["mc-dropout"], sweep.scores["mc-dropout"])
    assert (alone.scores["mc-dropout"] > 0).all()


def test_thinned_networks_are_the_network_without_some_channels():
    network = build_network(make_config(SMALL).model, channels=1, seed=0).eval()
    with torch.inference_mode():
        output = network.outputs(torch.rand(3, 1, 70, 48))
        whole, without = torch.ones(1, output.decoded.shape[1]), torch.ones(1, output.decoded.shape[1])
        without[0, 2] = 0
        assert torch.equal(network.thinned(output, whole)[0], output.logits)
        network.model.segmentation_head[0].weight[:, 2] = 0
        kept = network.model.segmentation_head(output.decoded)[..., :70, :48]
        assert torch.allclose(network.thinned(output, without)[0], kept, atol=1e-6)


def test_dropped_channels_are_one_in_five_and_never_all():
    kept = kept_channels(8, np.random.default_rng(0))
    assert kept.shape == (10, 8)
    assert kept.mean(dim=1).tolist() == pytest.approx([1] * 10)
    alone = kept_channels(1, np.random.default_rng(0))
    assert alone.tolist() == [[1.0]] * 10
    many = kept_channels(20_000, np.random.default_rng(0))
    assert (many == 0).float().mean() == pytest.approx(0.2, abs=0.005)  # twenty standard deviations


def test_new_strategies_go_on_from_a_record_as_if_nothing_had_happened(config, records, surfaces):
    """The last cycle alone, on a fresh bench, against the run's own."""
    bench = Workbench(config, surfaces)
    for name in NEW:
        keys = [CycleKey(1, cycle, name) for cycle in (1, 2, 3)]
        before = [records[key] for key in keys[:2]]
        queries = tuple(record.selection.items for record in before)
        start = CycleStart(keys[2], queries, before[1].weights, before[1].axes)
        again, first = bench.cycle(start, lambda _: None), records[keys[2]]
        assert np.array_equal(again.selection.items, first.selection.items)
        assert np.array_equal(again.selection.scores, first.selection.scores)
        assert np.array_equal(again.counts, first.counts)
