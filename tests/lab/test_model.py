import json
import math
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from safetensors.torch import save_file

from digitlab.classifier.onnx import Classifier
from digitlab.errors import WeightsError
from digitlab.lab import model
from digitlab.lab.model import CNN, PARAMETER_COUNT, load, load_metadata, save

SHAPES = {
    "conv1.weight": (32, 1, 3, 3),
    "conv1.bias": (32,),
    "conv2.weight": (64, 32, 3, 3),
    "conv2.bias": (64,),
    "fc1.weight": (128, 3136),
    "fc1.bias": (128,),
    "fc2.weight": (10, 128),
    "fc2.bias": (10,),
}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return CNN().eval()


@pytest.fixture(scope="module")
def pictures():
    return torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def saved(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights") / "made" / "on the way"
    save(network, folder, metadata={"seed": 7, "recipe": {"name": "plain", "größe": None}})
    return folder


# The network


def test_it_has_421_642_parameters(network):
    assert sum(parameter.numel() for parameter in network.parameters()) == 421_642
    assert sum(math.prod(shape) for shape in SHAPES.values()) == PARAMETER_COUNT == 421_642


def test_the_state_has_the_names_and_shapes_of_the_design(network):
    assert {name: tuple(t.shape) for name, t in network.state_dict().items()} == SHAPES


def by_hand(network, pictures):
    """The forward pass in NumPy, one output channel and one pixel shift at a time.

    Returns the feature maps of both convolutions, and the log-probabilities.
    """
    weights = {name: tensor.double().numpy() for name, tensor in network.state_dict().items()}

    def convolution(x, name):
        height, width = x.shape[2:]
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
        result = np.zeros((len(x), len(weights[f"{name}.bias"]), height, width))
        for k, kernel in enumerate(weights[f"{name}.weight"]):
            for dy in range(3):
                for dx in range(3):
                    patch = padded[:, :, dy : dy + height, dx : dx + width]
                    result[:, k] += (patch * kernel[None, :, dy, dx, None, None]).sum(axis=1)
            result[:, k] += weights[f"{name}.bias"][k]
        return result

    def relu(x):
        return np.maximum(x, 0)

    def max_pool(x):
        return np.maximum.reduce([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)])

    x = (pictures.double().numpy() - 0.1307) / 0.3081
    first = relu(convolution(x, "conv1"))
    second = relu(convolution(max_pool(first), "conv2"))
    x = max_pool(second).reshape(len(x), -1)
    x = relu(x @ weights["fc1.weight"].T + weights["fc1.bias"])
    x = x @ weights["fc2.weight"].T + weights["fc2.bias"]
    return first, second, x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def test_forward_is_what_one_computes_by_hand(network, pictures):
    with torch.no_grad():
        log_probabilities = network(pictures)
    np.testing.assert_allclose(log_probabilities, by_hand(network, pictures)[-1], atol=1e-5)


def test_the_feature_maps_are_what_one_computes_by_hand(network, pictures):
    with torch.no_grad():
        maps = network.feature_maps(pictures)
    assert [tuple(layer.shape) for layer in maps] == [(3, 32, 28, 28), (3, 64, 14, 14)]
    for found, expected in zip(maps, by_hand(network, pictures), strict=False):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_memory_order_does_not_matter(network, pictures):
    with torch.no_grad():
        expected = network(pictures)
        last = CNN().to(memory_format=torch.channels_last).eval()
        last.load_state_dict(network.state_dict())
        found = last(pictures.to(memory_format=torch.channels_last))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_there_may_be_no_picture_at_all(network):
    assert network(torch.zeros(0, 1, 28, 28)).shape == (0, 10)


# Saving and loading


def test_weights_come_back_as_they_were(network, saved):
    for name in (saved, str(saved), saved / "digitlab.safetensors"):
        loaded = load(name)
        assert not loaded.training
        for key, tensor in network.state_dict().items():
            torch.testing.assert_close(loaded.state_dict()[key], tensor, atol=0, rtol=0)


def test_both_forms_are_one_file_each_and_agree(network, saved, pictures):
    assert sorted(path.name for path in saved.iterdir()) == [
        "digitlab.onnx",
        "digitlab.safetensors",
    ]
    with torch.no_grad():
        expected = network(pictures).exp().numpy()
    found = Classifier.load(saved).probabilities(pictures[:, 0].numpy())
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_both_forms_show_the_same_feature_maps(network, saved, pictures):
    with torch.no_grad():
        expected = network.feature_maps(pictures)
    found = Classifier.load(saved).feature_maps(pictures[:, 0].numpy())
    for maps, tensor in zip(found, expected, strict=True):
        np.testing.assert_allclose(maps, tensor.numpy(), atol=1e-5)


def test_the_onnx_form_does_not_say_where_it_was_made(saved):
    content = (saved / "digitlab.onnx").read_bytes()
    for folder in (Path(torch.__file__).parents[1], Path(__file__).parents[2], Path.home()):
        assert str(folder).encode() not in content


def test_metadata_comes_back_and_lies_in_both_forms(saved):
    expected = {"seed": 7, "recipe": {"name": "plain", "größe": None}}
    assert load_metadata(saved) == expected
    model = onnx.load(saved / "digitlab.onnx")
    onnx.checker.check_model(model)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(properties["digitlab"]) == expected


def test_who_may_read_one_form_may_read_the_other(saved):
    modes = {oct(path.stat().st_mode) for path in saved.iterdir()}
    assert len(modes) == 1


def test_metadata_of_none_is_empty(network, tmp_path):
    save_file(network.state_dict(), tmp_path / "digitlab.safetensors")
    assert load_metadata(tmp_path) == {}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda model: model.train(), id="in training mode"),
        pytest.param(lambda model: model.to(memory_format=torch.channels_last), id="channels last"),
        pytest.param(lambda model: model.double(), id="double precision"),
        pytest.param(lambda model: model.requires_grad_(False), id="frozen"),
    ],
)
def test_however_it_was_trained_the_same_is_saved(network, saved, tmp_path, change):
    model = CNN()
    model.load_state_dict(network.state_dict())
    save(change(model), tmp_path)
    expected = load(saved).state_dict()
    for name, tensor in load(tmp_path).state_dict().items():
        assert tensor.dtype == torch.float32
        assert tensor.is_contiguous()
        torch.testing.assert_close(tensor, expected[name], atol=0, rtol=0)


def test_a_network_in_bfloat16_is_saved_in_float32_and_left_as_it_was(network, tmp_path):
    model = CNN()
    model.load_state_dict(network.state_dict())
    model.to(torch.bfloat16).train()
    save(model, tmp_path)
    assert model.training
    assert model.conv1.weight.dtype == torch.bfloat16
    for name, tensor in load(tmp_path).state_dict().items():
        torch.testing.assert_close(tensor, model.state_dict()[name].float(), atol=0, rtol=0)


def test_saving_again_replaces_what_was_there(network, tmp_path):
    save(CNN(), tmp_path, metadata={"seed": 1})
    save(network, tmp_path, metadata={"seed": 2})
    assert load_metadata(tmp_path) == {"seed": 2}
    torch.testing.assert_close(load(tmp_path).fc2.bias, network.fc2.bias, atol=0, rtol=0)


def test_a_train_that_is_killed_while_it_saves_leaves_both_files_as_they_were(saved, tmp_path):
    folder = tmp_path / "weights"
    shutil.copytree(saved, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    program = (
        "import os, signal, sys\n"
        "from digitlab.lab import model\n"
        "model._export = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "model.save(model.CNN(), sys.argv[1])"
    )
    ended = subprocess.run([sys.executable, "-c", program, folder], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_what_was_not_written_whole_replaces_nothing(network, saved, tmp_path, monkeypatch):
    folder = tmp_path / "weights"
    shutil.copytree(saved, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(model, "_export", lambda _, file, text: file.write_bytes(b"half of it"))
    with pytest.raises(WeightsError):
        save(CNN(), folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# What is refused


@pytest.mark.parametrize("name", ["digitlab.safetensors", "digitlab.onnx"])
def test_two_files_of_different_networks_are_refused_by_all_that_load_them(saved, tmp_path, name):
    save(CNN(), tmp_path)
    shutil.copy(saved / name, tmp_path)
    for read in (load, load_metadata, Classifier.load):
        with pytest.raises(WeightsError, match="different networks"):
            read(tmp_path)


@pytest.mark.parametrize("name", ["", "missing", "missing/digitlab.safetensors"])
def test_a_missing_file_is_named(tmp_path, name):
    for read in (load, load_metadata):
        with pytest.raises(WeightsError, match=r"No weights at .*: expected .*digitlab train"):
            read(tmp_path / name)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, 700, 5_000, 800_000, -1])
def test_a_truncated_file_is_refused(saved, tmp_path, length):
    whole = (saved / "digitlab.safetensors").read_bytes()
    (tmp_path / "digitlab.safetensors").write_bytes(whole[:length])
    for read in (load, load_metadata):
        with pytest.raises(WeightsError, match=r"digitlab\.safetensors is damaged or truncated"):
            read(tmp_path)


def test_the_other_form_is_refused(saved):
    with pytest.raises(WeightsError, match=r"digitlab\.onnx is damaged or truncated"):
        load(saved / "digitlab.onnx")


def test_metadata_that_is_no_json_is_refused(network, tmp_path):
    save_file(network.state_dict(), tmp_path / "digitlab.safetensors", metadata={"digitlab": "{"})
    with pytest.raises(WeightsError, match="damaged"):
        load_metadata(tmp_path)


def without(state, name):
    return {key: tensor for key, tensor in state.items() if key != name}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda s: without(s, "fc2.bias"), r"fc2\.bias.*\(10,\)", id="one missing"),
        pytest.param(lambda s: s | {"norm1.bias": torch.zeros(3)}, r"norm1\.bias", id="one more"),
        pytest.param(
            lambda s: s | {"fc1.weight": torch.zeros(64, 3136)},
            r"fc1\.weight \(128, 3136\) but found fc1\.weight \(64, 3136\)",
            id="another shape",
        ),
        pytest.param(
            lambda s: without(s, "conv1.bias") | {"first.bias": s["conv1.bias"]},
            r"conv1\.bias.*first\.bias",
            id="another name",
        ),
        pytest.param(lambda s: {"x": torch.zeros(1)}, r"conv1\.bias.*fc2\.weight", id="another"),
    ],
)
def test_another_network_is_refused_and_the_difference_named(network, tmp_path, change, message):
    save_file(change(dict(network.state_dict())), tmp_path / "digitlab.safetensors")
    with pytest.raises(WeightsError, match=message):
        load(tmp_path)
