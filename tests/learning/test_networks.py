import json

import numpy as np
import pytest
import segmentation_models_pytorch as smp
import torch

from alcore.config import HYPERCOLUMN, ModelConfig
from alcore.errors import ConfigError
from alcore.learning.model_names import LIGHT_ENCODERS, architectures, check_names, encoders
from alcore.learning.network_base import gradient_embeddings
from alcore.learning.networks import build_network
from alcore.learning.pretrained import digest_of

SMALL = ModelConfig(encoder="tu-test_efficientnet", options={"decoder_channels": [16, 8, 8, 8, 8]})


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("architecture", ["unet", "fpn", "deeplabv3plus", "linknet", "segformer"])
def test_one_logit_a_pixel_at_sizes_that_need_padding(architecture, channels):
    network = build_network(
        ModelConfig(architecture=architecture, encoder="resnet18"), channels=channels, seed=0
    )
    output = network.eval().outputs(torch.rand(2, channels, 70, 48))
    assert output.logits.shape == (2, 1, 70, 48)
    assert torch.allclose(output.features.norm(dim=1), torch.ones(2))


def test_features_are_the_pooled_maps_of_all_levels():
    network = build_network(SMALL, channels=1, seed=0).eval()
    images = torch.rand(3, 1, 64, 64)
    with torch.inference_mode():
        features = network.outputs(images).features
        assert torch.equal(network.features(images), features), "also without the decoder"
        levels = network.model.encoder(images)[1:]
    pooled = np.concatenate([level.mean(dim=(2, 3)).numpy() for level in levels], axis=1)
    assert np.allclose(features.numpy(), pooled / np.linalg.norm(pooled, axis=1, keepdims=True), atol=1e-6)


def test_gradient_embeddings_are_the_output_layers_gradients():
    network = build_network(SMALL, channels=1, seed=0).eval()
    head = network.model.segmentation_head[0]
    images = torch.rand(3, 1, 64, 64)
    embeddings = gradient_embeddings(network.outputs(images)).detach()
    assert embeddings.shape == (3, head.in_channels + 1)
    for index, image in enumerate(images):
        network.zero_grad()
        logits = network(image[None])
        guess = (logits >= 0).float()
        torch.nn.functional.binary_cross_entropy_with_logits(logits, guess).backward()
        central_tap = head.weight.grad[0, :, 1, 1]
        assert torch.allclose(embeddings[index, :-1], central_tap, rtol=1e-3, atol=1e-6)
        assert torch.allclose(embeddings[index, -1], head.bias.grad[0], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("architecture", sorted(smp.MODEL_ARCHITECTURES_MAPPING.keys() - {"dpt"}))  # for ViTs
def test_every_architecture_gives_gradient_embeddings(architecture):
    network = build_network(ModelConfig(architecture=architecture, encoder="resnet18"), channels=1, seed=0)
    with torch.inference_mode():
        embeddings = gradient_embeddings(network.eval().outputs(torch.rand(2, 1, 130, 150)))
    assert embeddings.shape[0] == 2
    assert torch.isfinite(embeddings).all()


def test_weights_are_a_function_of_the_seed():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    one, same, other = (build_network(SMALL, channels=1, seed=seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(before, torch.random.get_rng_state()), "the caller's generator is left alone"
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (ModelConfig(architecture="unnet"), "unknown architecture 'unnet'; did you mean 'unet'"),
        (ModelConfig(encoder="resnet81"), "unknown encoder 'resnet81'; did you mean 'resnet"),
        (ModelConfig(encoder="tu-resnet10x"), "unknown encoder 'tu-resnet10x'; did you mean 'tu-resnet10"),
        (ModelConfig(options={"wings": 2}), "cannot be built"),
    ],
)
def test_names_that_do_not_exist_are_explained(model, words):
    with pytest.raises(ConfigError) as caught:
        build_network(model, channels=1, seed=0)
    assert words in str(caught.value)


# A small member of every family of encoders that SMP has, and vision transformers, which dpt takes.
FAMILIES = [
    ("unet", "resnet18"),
    ("unet", "timm-skresnet18"),
    ("unet", "se_resnet50"),
    ("unet", "dpn68"),
    ("unet", "vgg11_bn"),
    ("unet", "densenet121"),
    ("unet", "inceptionv4"),
    ("unet", "xception"),
    ("unet", "efficientnet-b0"),
    ("unet", "timm-efficientnet-b0"),
    ("unet", "mobilenet_v2"),
    ("unet", "mobileone_s0"),
    ("unet", "mit_b0"),
    ("unet", "tu-test_efficientnet"),
    ("unet", "tu-test_convnext"),
    ("dpt", "tu-test_vit"),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("architecture", "encoder"), FAMILIES)
def test_a_frozen_encoder_says_the_same_twice_and_learns_nothing(architecture, encoder):
    options = {"dynamic_img_size": True} if architecture == "dpt" else {}
    config = ModelConfig(architecture=architecture, encoder=encoder, freeze_encoder=True, options=options)
    network = build_network(config, channels=1, seed=0)
    before = digest_of(network.model.encoder)
    network.eval().train()
    assert network.model.decoder.training
    images = torch.rand(2, 1, 64, 64)
    once, again = network.encode(images), network.encode(images)
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))
    loss = network.decode(once)[1].sum()
    loss.backward()
    own = list(network.model.encoder.parameters())
    assert all(parameter.grad is None for parameter in own)
    assert len(network.trainable) == len(list(network.parameters())) - len(own)
    assert digest_of(network.model.encoder) == before


def test_what_is_kept_of_a_frozen_network_is_what_trains():
    network = build_network(SMALL.model_copy(update={"freeze_encoder": True}), channels=1, seed=0)
    kept = network.trained_state()
    assert {name.split(".")[1] for name in kept} == {"decoder", "segmentation_head"}
    other = build_network(SMALL.model_copy(update={"freeze_encoder": True}), channels=1, seed=1)
    encoder = digest_of(other.model.encoder)
    other.load_trained_state(kept)
    assert digest_of(other.model.encoder) == encoder
    assert digest_of(other.model.decoder) == digest_of(network.model.decoder)


def test_the_catalogue_names_what_smp_has():
    assert architectures() == [HYPERCOLUMN, *smp.MODEL_ARCHITECTURES_MAPPING]
    assert set(encoders()) - set(LIGHT_ENCODERS) == set(smp.encoders.get_encoder_names()), json.dumps(
        sorted(smp.encoders.get_encoder_names())
    )
    with pytest.raises(ConfigError, match="did you mean 'resnet18'"):
        check_names(ModelConfig(encoder="resnet1"))


def test_only_an_encoder_may_be_a_model_of_timm():
    check_names(ModelConfig(encoder="tu-anything"))
    with pytest.raises(ConfigError, match="unknown architecture 'tu-anything'"):
        check_names(ModelConfig(architecture="tu-anything"))
