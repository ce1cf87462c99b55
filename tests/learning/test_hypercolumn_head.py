"""The light head: what it takes, what it answers, and that a run of it is as exact as any other."""

import numpy as np
import pytest
import torch

from alcore.config import make_config
from alcore.data.features import FLIPS, Features
from alcore.errors import ConfigError
from alcore.learning.devices import resolve_runtime
from alcore.learning.hypercolumn_head import KeptInputs, build_head, layout_of
from alcore.learning.kept_source import KeptSource
from alcore.learning.learner import Learner, ignore_progress
from alcore.learning.network_base import gradient_embeddings
from alcore.learning.tensors import per_image_at_once, to_images
from tests.conftest import SMALL

LIGHT = SMALL | {
    "model": {
        "architecture": "hypercolumn",
        "encoder": "tu-tf_efficientnet_lite0",
        "encoder_weights": "imagenet",
        "freeze_encoder": True,
    },
    "training": {"steps": 8, "batch_size": 8, "learning_rate": 0.02},
}


def model(**changes):
    return make_config(LIGHT | {"model": LIGHT["model"] | changes}).model


def drawn_inputs(batch: int, *, height: int, width: int, channels: int = 1, columns: int = 5) -> KeptInputs:
    generator = torch.Generator().manual_seed(3)
    rows, across = (-(-side // 32) * 8 for side in (height, width))
    return KeptInputs(
        torch.randn(batch, columns, rows, across, generator=generator),
        torch.randn(batch, channels, height, width, generator=generator),
        torch.randn(batch, 7, generator=generator),
    )


@pytest.mark.parametrize(("height", "width", "channels"), [(64, 64, 1), (50, 70, 3)])
def test_it_answers_for_every_pixel_of_patches_of_any_size(height, width, channels):
    head = build_head(model(), columns=5, image_channels=channels, seed=1).eval()
    inputs = drawn_inputs(2, height=height, width=width, channels=channels)
    with torch.inference_mode():
        output = head.outputs(inputs)
        assert torch.equal(output.logits, head(inputs))
        assert output.logits.shape == (2, 1, height, width)
        assert output.features is head.features(inputs) is inputs.pooled, "the pretrained encoder's"
        assert gradient_embeddings(output).shape == (2, 33)
        whole = torch.ones(1, output.decoded.shape[1])
        assert torch.allclose(head.thinned(output, whole)[0], output.logits)


def test_equal_seeds_give_equal_heads_and_options_are_checked():
    one, same, other = (build_head(model(), columns=5, image_channels=1, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(value, same.state_dict()[name]) for name, value in one.state_dict().items())
    assert not torch.equal(one.mix.weight, other.mix.weight)
    assert layout_of(model(options={"channels": 12})).channels == 12
    with pytest.raises(ConfigError, match=r"no option 'depth'; model\.options may have channels and width"):
        layout_of(model(options={"depth": 3}))
    with pytest.raises(ConfigError, match="width must be a whole number from 1 to 1024, got 0"):
        layout_of(model(options={"width": 0}))


def test_it_is_for_frozen_encoders_alone():
    with pytest.raises(
        ConfigError, match=r"set model\.freeze_encoder to true, or choose another architecture"
    ):
        make_config(LIGHT | {"model": LIGHT["model"] | {"freeze_encoder": False}})


class NamedFeatures:
    """Features that name their patch and how it was turned."""

    bytes_per_patch = 1

    def read(self, items, *, flip=""):
        number = 10.0 * items + FLIPS.index(flip)
        maps = np.broadcast_to(number[:, None, None, None], (items.size, 2, 16, 16)).astype(np.float16)
        return Features((maps,), number[:, None].astype(np.float32))

    def of_images(self, images):
        return self.read(np.arange(len(images)))


def test_each_patch_comes_with_its_own_features_turned_as_its_image_is(surfaces):
    items = np.array([7, 3, 5, 3, 9])
    flips = np.array([[0, 1], [0, 0], [1, 1], [1, 0], [0, 1]], dtype=bool)  # vertical, horizontal
    source = KeptSource(NamedFeatures(), surfaces, torch.device("cpu"))
    inputs = source.inputs(items, flips)
    assert inputs.pooled[:, 0].tolist() == [71, 30, 53, 32, 91]
    assert inputs.columns[:, 0, 0, 0].tolist() == [71, 30, 53, 32, 91]
    images = per_image_at_once(to_images(surfaces.images(items), torch.device("cpu")))
    turned = [images[0].flip(-1), images[1], images[2].flip(-1, -2), images[3].flip(-2), images[4].flip(-1)]
    assert torch.allclose(inputs.images, torch.stack(turned), atol=1e-5)
    assert source.inputs(items).pooled[:, 0].tolist() == [70, 30, 50, 30, 90]


@pytest.fixture
def learner(surfaces):
    return Learner(make_config(LIGHT), surfaces, seed=1)


def test_it_learns_what_it_sees_and_starts_over(learner, surfaces):
    items = np.flatnonzero(surfaces.defective)[:16]
    first = [learner.weights()]
    for _ in range(3):
        learner.fit(items, rng=np.random.default_rng(0), on_step=ignore_progress)
    counts = learner.evaluate(items).counts.sum(axis=0)
    assert counts[0] / counts[:3].sum() > 0.3
    learner.start_over()
    assert all(torch.equal(value, first[0][name]) for name, value in learner.weights().items())
    assert not any("encoder" in name for name in first[0]), "what never changes is not kept with each cycle"


def test_what_a_patch_gives_does_not_depend_on_its_batch_and_images_of_no_set_give_the_same(
    learner, surfaces
):
    items = np.arange(40, 46)
    together = np.concatenate([output.logits for _, output in learner.look(items)])
    alone = np.concatenate([output.logits for item in items for _, output in learner.look(np.array([item]))])
    assert np.allclose(together, alone, atol=1e-4)
    peaks = learner.peaks(surfaces.images(items))
    assert np.allclose(peaks, learner.evaluate(items).max_probability, atol=1e-5)


def test_its_features_are_the_pretrained_encoder_s_whatever_was_trained(learner, surfaces):
    items = np.arange(20, 24)
    before = np.concatenate([output.features for _, output in learner.look(items)])
    learner.fit(items, rng=np.random.default_rng(1), on_step=ignore_progress)
    after = np.concatenate([output.features for _, output in learner.look(items)])
    assert np.array_equal(before, after)
    assert np.allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    assert resolve_runtime("cpu", "auto").autocast_dtype is None
