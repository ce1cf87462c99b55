import numpy as np
import pytest
import torch

from alcore.config import make_config
from alcore.data.feature_shelf import kept_stores
from alcore.data.synthetic import SurfaceSettings, SyntheticPatches
from alcore.learning.devices import resolve_runtime
from alcore.learning.kept_decoder import keep_maps, levels_read
from alcore.learning.learner import Learner
from alcore.learning.model_names import architectures
from alcore.learning.networks import build_network
from alcore.learning.tensors import make_normaliser, to_images
from tests.conftest import SMALL


def frozen(**model):
    options = {"decoder_channels": [16, 8, 8, 8, 8]} if model.get("architecture", "unet") == "unet" else {}
    encoder = {"encoder": "tu-test_efficientnet", "freeze_encoder": True, "options": options}
    return make_config(SMALL | {"model": encoder | model})


@pytest.fixture(scope="module")
def patches():
    return SyntheticPatches(SurfaceSettings(count=60, size=70))


KEPT = [{"architecture": name} for name in sorted(set(architectures()) - {"dpt", "hypercolumn"})] + [
    {"architecture": "dpt", "encoder": "tu-test_vit", "options": {"dynamic_img_size": True}}
]


@pytest.mark.parametrize("model", KEPT, ids=lambda model: model["architecture"])
def test_a_decoder_answers_to_kept_maps_as_to_the_image(model, patches):
    config = frozen(**model)
    if model["architecture"] == "pan":  # which takes no small ones
        patches = SyntheticPatches(SurfaceSettings(count=60, size=130))
    network = build_network(config.model, channels=1, seed=0).eval()
    items = np.array([3, 40, 3])
    normalise = make_normaliser(config.model, config.training, channels=1)
    decoder, source = keep_maps(config, patches, resolve_runtime("cpu", "auto"), network)
    with torch.inference_mode():
        expected = network.outputs(normalise(to_images(patches.images(items), torch.device("cpu"))))
        found = decoder.eval().outputs(source.inputs(items))
        assert torch.equal(found.logits, decoder(source.inputs_of(patches.images(items))))
    assert found.logits.shape == (3, 1, *patches.shape[:2])
    scale = float(expected.logits.std())
    assert torch.allclose(found.logits, expected.logits, atol=0.02 * scale), "but for half precision"
    assert torch.allclose(found.features, expected.features, atol=1e-4)


def test_only_levels_that_a_decoder_reads_are_kept(patches):
    shape = patches.shape
    read = {
        name: levels_read(build_network(frozen(architecture=name).model, channels=1, seed=0).eval(), shape)[0]
        for name in ("unet", "fpn", "deeplabv3")
    }
    assert read == {"unet": (1, 2, 3, 4, 5), "fpn": (2, 3, 4, 5), "deeplabv3": (5,)}


def test_a_learner_trains_the_decoder_on_kept_maps_with_flips(patches):
    config = frozen()
    learner, other = (Learner(config, patches, seed=4) for _ in range(2))
    before = learner.weights()
    assert {name.split(".")[1] for name in before} == {"decoder", "segmentation_head"}
    for one in (learner, other):
        one.fit(np.arange(12), rng=np.random.default_rng(1), on_step=lambda *_: None)
    after, again = learner.weights(), other.weights()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(torch.equal(after[name], again[name]) for name in after)
    (store,) = kept_stores()
    assert store.views == 24, "twelve patches, and each flipped"
    assert learner.unkept(np.arange(20))[0] == 8
    learner.load(before)
    assert all(torch.equal(before[name], value) for name, value in learner.weights().items())
