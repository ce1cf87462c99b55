import numpy as np
import pytest
import torch
from threadpoolctl import threadpool_info

from alcore.config import ModelConfig, TrainingConfig, make_config
from alcore.errors import DeviceError
from alcore.learning.devices import (
    available_devices,
    compute_on_one_thread,
    memory_watch,
    resolve_runtime,
    slow_precision,
)
from alcore.learning.hypercolumn_head import build_head
from alcore.learning.inference import judge, quantised_probability
from alcore.learning.learner import Learner, ignore_progress
from alcore.learning.losses import segmentation_loss
from alcore.learning.optimizers import make_optimizer
from alcore.learning.tensors import make_normaliser, per_image, per_image_at_once
from tests.conftest import SMALL


def learner_for(surfaces, **changes):
    return Learner(make_config(SMALL | changes), surfaces, seed=1)


def fit(learner, labelled, seed=0):
    learner.fit(labelled, rng=np.random.default_rng(seed), on_step=ignore_progress)
    return learner.weights()


def test_equal_generators_give_equal_weights(surfaces):
    labelled = np.arange(12)
    one, same, other = (fit(learner_for(surfaces), labelled, seed) for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("name", ["adamw", "adam"])
def test_the_optimiser_steps_as_the_one_of_torch_does(name):
    config = TrainingConfig(optimizer=name, learning_rate=0.1, weight_decay=0.1)
    theirs = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}[name]
    ends = []
    for make in (make_optimizer, lambda net, _: theirs(net.trainable, lr=0.1, weight_decay=0.1, fused=True)):
        network = build_head(ModelConfig(), columns=4, image_channels=1, seed=0)
        optimizer = make(network, config)
        for step in range(3):
            optimizer.zero_grad()
            sum((parameter * (step + 1)).square().sum() for parameter in network.trainable).backward()
            optimizer.step()
        ends.append(network.state_dict())
    assert all(torch.equal(ends[0][key], ends[1][key]) for key in ends[0])
    assert not torch.equal(
        ends[0]["mix.weight"], build_head(ModelConfig(), columns=4, image_channels=1, seed=0).mix.weight
    )


def test_training_learns_what_it_sees(surfaces):
    items = np.flatnonzero(surfaces.defective)[:8]
    learner = learner_for(surfaces, training={"steps": 60, "batch_size": 8, "learning_rate": 0.01})
    before = learner.evaluate(items).counts.sum(axis=0)
    fit(learner, items)
    after = learner.evaluate(items).counts.sum(axis=0)
    iou = [c[0] / (c[0] + c[1] + c[2]) for c in (before, after)]
    assert iou[1] > 0.3
    assert iou[1] > iou[0] + 0.2


def test_cold_starts_again_and_warm_goes_on(surfaces):
    labelled = np.arange(12)
    for start, is_same in (("cold", True), ("warm", False), ("shrink-perturb", False)):
        learner = learner_for(surfaces, training=SMALL["training"] | {"start": start})
        first, second = fit(learner, labelled), fit(learner, labelled)
        assert all(torch.equal(first[name], second[name]) for name in first) == is_same, start


def test_the_first_cycle_leaves_the_initial_weights_as_they_are(surfaces):
    """There is no last cycle whose weights could be shrunk: it trains as a cold start does."""
    labelled = np.arange(12)
    firsts, seconds = [], []
    for start in ("cold", "shrink-perturb"):
        learner = learner_for(surfaces, training=SMALL["training"] | {"start": start})
        firsts.append(fit(learner, labelled))
        learner.start_over()
        seconds.append(fit(learner, labelled))
        learner.load(firsts[0])
        fit(learner, labelled)
    for cold, shrunk in (firsts, seconds):
        assert all(torch.equal(cold[name], shrunk[name]) for name in cold)


def test_evaluation_does_not_depend_on_batches_or_change_the_model(surfaces):
    items = np.arange(20)
    learner = learner_for(surfaces)
    fit(learner, items)
    before = learner.weights()
    whole = learner.evaluate(items)
    single = [learner.evaluate(items[i : i + 1]) for i in range(20)]
    assert np.abs(whole.counts - np.concatenate([e.counts for e in single])).max() <= 2
    assert np.allclose(whole.max_probability, np.concatenate([e.max_probability for e in single]), atol=1e-4)
    after = learner.weights()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_labelled_set_of_one_patch_more_than_a_batch_trains(surfaces):
    learner = learner_for(surfaces, training={"epochs": 2, "batch_size": 6})
    steps = []
    learner.fit(
        np.arange(7), rng=np.random.default_rng(0), on_step=lambda done, total: steps.append((done, total))
    )
    assert steps == [(done, 4) for done in range(5)]


@pytest.mark.parametrize("precision", ["mixed", "float32"])
def test_mixed_precision_runs_on_the_cpu(surfaces, precision):
    learner = learner_for(surfaces, precision=precision)
    fit(learner, np.arange(12))
    assert np.isfinite(learner.evaluate(np.arange(4)).max_probability).all()


def test_confusion_counts_equal_a_naive_loop():
    rng = np.random.default_rng(0)
    logits, masks = rng.normal(size=(5, 1, 6, 7)), rng.random((5, 1, 6, 7)) < 0.3
    naive = np.zeros((5, 4), dtype=int)
    for patch in range(5):
        for logit, mask in zip(logits[patch].ravel(), masks[patch].ravel(), strict=True):
            naive[patch, {(1, 1): 0, (1, 0): 1, (0, 1): 2, (0, 0): 3}[int(logit >= 0), int(mask)]] += 1
    assert np.array_equal(judge(torch.tensor(logits), masks[:, 0]).counts, naive)


def test_confusion_counts_equal_smp():
    import segmentation_models_pytorch as smp

    logits, masks = torch.randn(6, 1, 9, 9), torch.rand(6, 1, 9, 9) < 0.2
    theirs = smp.metrics.get_stats(logits.sigmoid(), masks.long(), mode="binary", threshold=0.5)
    counts = judge(logits, masks[:, 0].numpy()).counts
    assert np.array_equal(counts, torch.cat(theirs, dim=1)[:, [0, 1, 2, 3]])


def test_quantised_probability_keeps_the_decision():
    logits = torch.linspace(-6, 6, 4001).reshape(1, 1, 1, -1)
    assert np.array_equal(quantised_probability(logits)[0, 0] >= 128, (logits >= 0).numpy().ravel())


def test_each_image_is_standardised_by_itself():
    images = torch.rand(3, 1, 16, 16) * 100 + torch.tensor([0.0, 50.0, 150.0])[:, None, None, None]
    normal = per_image(images)
    assert torch.allclose(normal.mean(dim=(1, 2, 3)), torch.zeros(3), atol=1e-4)
    assert torch.isfinite(per_image(torch.full((1, 1, 4, 4), 7.0))).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_encoder_normalisation_has_the_encoders_statistics(channels, monkeypatch):
    statistics = {
        "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225],
    }  # the hub is not asked in tests
    monkeypatch.setattr(
        "segmentation_models_pytorch.encoders.get_preprocessing_params", lambda *_: statistics
    )
    normalise = make_normaliser(
        ModelConfig(encoder="resnet18", encoder_weights="imagenet"), TrainingConfig(), channels=channels
    )
    grey = torch.full((1, channels, 2, 2), 0.45 * 255)
    assert normalise(grey).abs().max() < 0.3
    assert normalise(grey).shape == grey.shape


def test_the_loss_is_low_for_a_good_prediction_and_defined_without_defects():
    masks = torch.zeros(2, 1, 8, 8)
    assert torch.isfinite(segmentation_loss(torch.zeros(2, 1, 8, 8), masks))
    masks[0, 0, 2:5, 2:5] = 1
    good, bad = (segmentation_loss(sign * (masks * 20 - 10), masks) for sign in (1, -1))
    assert good < 0.05
    assert bad > 1


def test_an_absent_device_is_explained():
    assert available_devices()[-1] == "cpu"
    with pytest.raises(DeviceError, match="no device 'cuda:7'"):
        resolve_runtime("cuda:7", "auto")


@pytest.mark.parametrize(
    ("capability", "precision", "is_said"),
    [
        ("AVX2", "mixed", True),
        ("DEFAULT", "mixed", True),
        ("AVX512", "mixed", False),
        ("AVX2", "auto", False),
    ],
)
def test_half_precision_on_a_cpu_that_is_slow_at_it_is_said(capability, precision, is_said, monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    said = slow_precision(resolve_runtime("cpu", precision))
    assert ("set precision to auto or float32" in said) is is_said


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")],
)
def test_out_of_memory_says_what_to_lower(error):
    runtime = resolve_runtime("cpu", "float32")
    with pytest.raises(DeviceError, match=r"lower training.batch_size \(now 50\)"), memory_watch(runtime, 50):
        raise error


def test_other_errors_pass_the_memory_watch():
    with pytest.raises(RuntimeError, match="shape"), memory_watch(resolve_runtime("cpu", "float32"), 4):
        raise RuntimeError("shape mismatch")


def test_computing_takes_one_thread_of_torch_and_of_numpy():
    compute_on_one_thread()
    assert torch.get_num_threads() == 1
    assert {pool["num_threads"] for pool in threadpool_info()} == {1}


def test_standardising_at_once_is_standardising_with_another_floor():
    images = torch.rand(3, 2, 6, 5) * torch.tensor([255.0, 40.0, 1.0])[:, None, None, None]
    mean, variance = images.mean(dim=(1, 2, 3)), images.var(dim=(1, 2, 3), correction=0)
    expected = (images - mean[:, None, None, None]) / (variance + 64).sqrt()[:, None, None, None]
    assert torch.allclose(per_image_at_once(images), expected, atol=1e-5)
