"""What no network can be, or not on this machine, is one sentence before a weight is filled."""

from types import SimpleNamespace

import psutil
import pytest
import torch

from alcore.config import ModelConfig
from alcore.errors import ConfigError
from alcore.learning import network_trial, networks
from alcore.learning.network_trial import try_network

_SHAPE = (64, 64, 1)


def _refused(options, architecture="unet", encoder="tu-test_efficientnet"):
    config = ModelConfig(architecture=architecture, encoder=encoder, options=options)
    with pytest.raises(ConfigError) as caught:
        try_network(config, shape=_SHAPE)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"decoder_channels": [-1, 8, 8, 8, 8]}, "negative dimension"),
        ({"decoder_channels": [0] * 5}, "cannot take patches of 64x64"),
        ({"decoder_channels": "wide"}, "cannot be built"),
        ({"decoder_use_norm": "x"}, "cannot be built"),
        ({"decoder_use_norm": {}}, "cannot be built"),
        ({"decoder_use_norm": "instancenorm"}, "cannot be built"),
        ({"decoder_use_norm": {"type": "batchnorm", "eps": -1}}, "cannot take patches of 64x64"),
        ({"decoder_use_norm": {"type": "batchnorm", "num_features": -3}}, "cannot be built"),
        ({"decoder_interpolation": "x"}, "cannot take patches of 64x64"),
        ({"encoder_depth": 1_000_000}, "cannot be built"),
        ({"aux_params": 3}, "cannot be built"),
    ],
)
def test_options_that_cannot_be_are_a_sentence(options, words):
    assert words in _refused(options)


@pytest.mark.parametrize("upsampling", [0, 2, 8])
def test_an_answer_of_another_size_than_the_patch_is_refused(upsampling):
    assert "its answer has the shape" in _refused({"upsampling": upsampling}, "fpn", "mobilenet_v2")


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch's, of weights that are empty
@pytest.mark.parametrize("channels", [40_000, 1_000_000])
def test_a_network_beyond_the_machines_memory_is_never_filled(channels, monkeypatch):
    monkeypatch.setattr(network_trial, "build_network", lambda *_, **__: pytest.fail("it is made"))
    words = _refused({"decoder_channels": [channels] * 5})
    assert "that this machine has; lower model.options" in words


def test_a_network_that_no_rehearsal_can_make_is_counted_while_it_is_made(monkeypatch):
    """Some encoders compute with their weights when they are made, which tensors without content refuse."""
    made = networks.make_model

    def on_no_meta(config, channels, weights):
        torch.zeros(1).item()
        return made(config, channels, weights)

    monkeypatch.setattr(network_trial, "make_model", on_no_meta)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=10**6))
    assert "1 MB that this machine has" in _refused({})


def test_what_maps_would_take_counts_too(monkeypatch):
    """An answer a thousand times the patch's size has no more weights than any other."""
    monkeypatch.setattr(network_trial, "build_network", lambda *_, **__: pytest.fail("it is made"))
    assert "that this machine has" in _refused({"upsampling": 10_000}, "fpn", "mobilenet_v2")


def test_layers_without_end_are_refused(monkeypatch):
    monkeypatch.setattr(network_trial, "_MOST_MODULES", 500)  # it takes seconds to make 20,000
    options = {"depths": [1_000_000, 1, 1, 1], "encoder_depth": 4, "decoder_channels": [8] * 4}
    assert "would have more than 500 layers" in _refused(options, encoder="tu-convnext_atto")


@pytest.mark.parametrize(
    "options", [{}, {"decoder_attention_type": "scse"}, {"decoder_use_norm": "identity"}]
)
def test_what_can_be_passes_and_leaves_no_hook_behind(options):
    try_network(ModelConfig(options=options), shape=_SHAPE)
    registered = torch.nn.modules.module._global_parameter_registration_hooks
    assert not registered
