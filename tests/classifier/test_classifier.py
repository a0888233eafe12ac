import dataclasses
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from onnx import TensorProto, helper
from PIL import Image, ImageDraw

from digitlab.classifier.base import Prediction
from digitlab.classifier.onnx import Classifier
from digitlab.classifier.wrappers import as_classifier
from digitlab.errors import ImageError, NothingDrawnError, StrokesError, WeightsError
from digitlab.lab.data import load_mnist
from digitlab.lab.evaluation import log_probabilities
from digitlab.lab.model import CNN, load
from digitlab.places import resource
from tests.strokes import PAD, TEMPLATES


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


@pytest.fixture(scope="module")
def test_digits():
    return load_mnist().test


@pytest.fixture(scope="module")
def seven():
    image = Image.new("L", (100, 140), 255)
    ImageDraw.Draw(image).line([(20, 20), (80, 20), (40, 120)], fill=0, width=10)
    return image


# Probabilities


@settings(deadline=None, max_examples=50)
@given(
    npst.arrays(
        np.float32,
        st.tuples(st.integers(0, 5), st.just(28), st.just(28)),
        elements=st.floats(0, 1, width=32),
    )
)
def test_any_pictures_get_probabilities(classifier, pictures):
    probabilities = classifier.probabilities(pictures)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(pictures), 10)
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


def test_a_picture_gets_the_same_answer_in_any_company(classifier, test_digits):
    pictures = test_digits.images[:64].numpy()
    together = classifier.probabilities(pictures)
    alone = np.concatenate([classifier.probabilities(picture[None]) for picture in pictures])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    np.testing.assert_allclose(classifier.probabilities(pictures[::-1]), together[::-1], atol=1e-5)


def test_pictures_may_be_of_another_type_or_a_view(classifier, test_digits):
    pictures = test_digits.images[:8].numpy()
    expected = classifier.probabilities(pictures)
    for others in (pictures.astype(float), test_digits.images[:8], pictures.tolist()):
        np.testing.assert_allclose(classifier.probabilities(others), expected, atol=1e-6)
    np.testing.assert_allclose(
        classifier.probabilities(np.asfortranarray(pictures)), expected, atol=1e-6
    )


@pytest.mark.parametrize("shape", [(28, 28), (1, 1, 28, 28), (2, 28, 27), (784,), (2, 784), ()])
def test_pictures_of_another_shape_are_refused(classifier, shape):
    with pytest.raises(ValueError, match=r"shape \(n, 28, 28\), got \("):
        classifier.probabilities(np.zeros(shape))


@pytest.mark.parametrize("value", [255, -1, np.nan, np.inf])
def test_pictures_of_another_range_are_refused(classifier, value):
    pictures = np.zeros((2, 28, 28))
    pictures[1, 14, 14] = value
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        classifier.probabilities(pictures)


@pytest.fixture(scope="module")
def test_probabilities(classifier, test_digits):
    return classifier.probabilities(test_digits.images.numpy())


def test_the_shipped_network_reads_mnist(test_probabilities, test_digits):
    answers = test_probabilities.argmax(axis=1)
    assert (answers == test_digits.labels.numpy()).mean() >= 0.99


def test_onnx_and_pytorch_agree_on_the_test_digits(test_probabilities, test_digits):
    of_pytorch = log_probabilities(load(resource("models")), test_digits.images).exp().numpy()
    assert of_pytorch.shape == (10_000, 10)
    np.testing.assert_allclose(test_probabilities, of_pytorch, atol=1e-5)


# Feature maps


def test_the_feature_maps_are_those_of_both_convolutions(classifier, test_digits):
    pictures = test_digits.images[:20].numpy()
    maps = classifier.feature_maps(pictures)
    assert [layer.shape for layer in maps] == [(20, 32, 28, 28), (20, 64, 14, 14)]
    with torch.no_grad():
        of_pytorch = load(resource("models")).feature_maps(test_digits.images[:20, None])
    for layer, expected in zip(maps, of_pytorch, strict=True):
        assert layer.dtype == np.float32
        assert layer.min() == 0
        assert layer.max() > 0
        np.testing.assert_allclose(layer, expected.numpy(), atol=1e-5)


def test_a_file_without_feature_maps_shows_none():
    assert Classifier(dense_network()).feature_maps(np.zeros((1, 28, 28))) == ()


def test_feature_maps_are_shown_of_pictures_only(classifier):
    with pytest.raises(ValueError, match=r"shape \(n, 28, 28\)"):
        classifier.feature_maps(np.zeros((28, 28)))


# Predictions


@pytest.mark.parametrize("digit", TEMPLATES)
def test_a_plainly_drawn_digit_is_recognised(classifier, digit):
    prediction = classifier.predict_strokes(TEMPLATES[digit], size=PAD)
    assert prediction.digit == digit
    assert prediction.confidence > 0.5


def test_a_prediction_from_an_image(classifier, seven):
    prediction = classifier.predict(seven)
    assert prediction.digit == 7
    assert prediction.picture.shape == (28, 28)
    np.testing.assert_array_equal(
        classifier.probabilities(prediction.picture[None])[0], prediction.probabilities
    )
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32


PROBABILITIES = npst.arrays(
    np.float32, 10, elements=st.sampled_from([0, 0.125, 0.25, 0.5, 0.75, 1])
)


@settings(deadline=None)
@given(PROBABILITIES)
def test_digit_confidence_and_runner_up_are_the_first_two(probabilities):
    prediction = Prediction(probabilities, np.zeros((28, 28), np.float32))
    first, second = sorted(probabilities.tolist(), reverse=True)[:2]
    assert type(prediction.digit) is int
    assert type(prediction.confidence) is float
    assert type(prediction.runner_up) is int
    assert prediction.confidence == first == probabilities[prediction.digit]
    assert probabilities[prediction.runner_up] == second
    assert prediction.runner_up != prediction.digit


def test_a_prediction_is_frozen(classifier, seven):
    with pytest.raises(dataclasses.FrozenInstanceError):
        classifier.predict(seven).picture = None


def test_many_threads_may_ask_one_classifier(classifier):
    expected = {d: classifier.predict_strokes(TEMPLATES[d], size=PAD) for d in TEMPLATES}
    with ThreadPoolExecutor(8) as threads:
        order = list(TEMPLATES) * 20
        answers = threads.map(
            lambda digit: classifier.predict_strokes(TEMPLATES[digit], size=PAD), order
        )
        for digit, answer in zip(order, answers, strict=True):
            np.testing.assert_allclose(
                answer.probabilities, expected[digit].probabilities, atol=1e-6
            )


def test_what_cannot_be_read_keeps_its_name(classifier):
    with pytest.raises(ImageError):
        classifier.predict(b"no image")
    with pytest.raises(NothingDrawnError):
        classifier.predict(Image.new("L", (20, 20), 255))
    with pytest.raises(StrokesError):
        classifier.predict_strokes([[(1, 2, 3)]])
    with pytest.raises(NothingDrawnError):
        classifier.predict_strokes([])


# Loading


@pytest.fixture(scope="module")
def shipped():
    return resource("models/digitlab.onnx").read_bytes()


def test_a_folder_a_file_or_nothing_may_be_named(tmp_path, classifier, shipped):
    (tmp_path / "digitlab.onnx").write_bytes(shipped)
    (tmp_path / "other.onnx").write_bytes(shipped)
    picture = np.full((1, 28, 28), 0.5)
    expected = classifier.probabilities(picture)
    for path in (tmp_path, str(tmp_path), tmp_path / "other.onnx"):
        np.testing.assert_array_equal(Classifier.load(path).probabilities(picture), expected)


@pytest.mark.parametrize("name", ["", "missing.onnx", "missing/digitlab.onnx"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(WeightsError, match=r"No network at .*\.onnx: expected .*digitlab train"):
        Classifier.load(tmp_path / name)


def test_a_name_with_a_nul_is_no_file():
    with pytest.raises(WeightsError, match="No network"):
        Classifier.load("a\0b")


@pytest.mark.parametrize("content", [b"", b"hello, world\n" * 100, b"\0" * 1000])
def test_a_file_that_is_no_onnx_model_is_refused_and_named(tmp_path, content):
    (tmp_path / "digitlab.onnx").write_bytes(content)
    with pytest.raises(WeightsError, match=r"digitlab\.onnx: .*not an ONNX model"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.3, 0.9, 0.999999])
def test_a_truncated_model_is_refused(tmp_path, shipped, share):
    (tmp_path / "digitlab.onnx").write_bytes(shipped[: int(share * len(shipped))])
    with pytest.raises(WeightsError, match="not an ONNX model"):
        Classifier.load(tmp_path)


def dense_network(*, inputs=("n", 1, 28, 28), outputs=10, number=TensorProto.FLOAT):
    """The bytes of an ONNX model that is valid, and may or may not fit."""
    size = int(np.prod(inputs[1:]))
    weights = helper.make_tensor("weights", number, (size, outputs), np.zeros(size * outputs))
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["pictures"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
        ],
        "dense",
        [helper.make_tensor_value_info("pictures", number, inputs)],
        [helper.make_tensor_value_info("logits", number, (inputs[0], outputs))],
        [weights],
    )
    return model_bytes(graph)


def model_bytes(graph):
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def constant_network():
    """A model without inputs."""
    node = helper.make_node("Constant", [], ["y"], value_float=1.0)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [])
    return model_bytes(helper.make_graph([node], "constant", [], [output]))


def test_a_network_of_the_right_form_is_accepted():
    probabilities = Classifier(dense_network()).probabilities(np.zeros((3, 28, 28)))
    np.testing.assert_allclose(probabilities, np.full((3, 10), 0.1), atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(dense_network(inputs=("n", 3, 224, 224)), id="of photographs"),
        pytest.param(dense_network(inputs=("n", 784)), id="of flat pictures"),
        pytest.param(dense_network(outputs=5), id="of five classes"),
        pytest.param(dense_network(inputs=(1, 1, 28, 28)), id="of one picture at a time"),
        pytest.param(dense_network(number=TensorProto.DOUBLE), id="of double precision"),
        pytest.param(constant_network(), id="of no input"),
    ],
)
def test_another_network_is_refused(tmp_path, content):
    (tmp_path / "digitlab.onnx").write_bytes(content)
    with pytest.raises(WeightsError, match=r"28, 28\).*not a network|not a network.*28, 28\)"):
        Classifier.load(tmp_path)


@pytest.mark.parametrize("noted", ["{", "[]", '"threshold"', '{"threshold": "high"}'])
def test_damaged_metadata_are_refused(noted):
    model = onnx.load_from_string(dense_network())
    model.metadata_props.add(key="digitlab", value=noted)
    with pytest.raises(WeightsError, match="metadata are damaged"):
        Classifier(model.SerializeToString())


def test_further_outputs_that_are_no_maps_are_refused():
    model = onnx.load_from_string(dense_network())
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ("n", 784)))
    with pytest.raises(WeightsError, match="not a network"):
        Classifier(model.SerializeToString())


# Whatever else can tell digits apart


@pytest.fixture(scope="module")
def network():
    return load(resource("models"))


def always_three(pictures):
    return np.tile(np.eye(10)[3], (len(pictures), 1))


def test_a_classifier_stays_what_it_is(classifier):
    assert as_classifier(classifier) is classifier
    once = as_classifier(always_three)
    assert as_classifier(once) is once


@pytest.mark.parametrize("digit", TEMPLATES)
def test_a_network_of_pytorch_reads_what_its_onnx_form_reads(classifier, network, digit):
    expected = classifier.predict_strokes(TEMPLATES[digit], size=PAD)
    found = as_classifier(network).predict_strokes(TEMPLATES[digit], size=PAD)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-5)
    assert found.probabilities.dtype == np.float32
    np.testing.assert_array_equal(found.picture, expected.picture)


def test_a_network_of_pytorch_shows_its_feature_maps(classifier, network, test_digits):
    pictures = test_digits.images[:3].numpy()
    found, expected = (
        as_classifier(network).feature_maps(pictures),
        classifier.feature_maps(pictures),
    )
    for layer, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(layer, other, atol=1e-5)


class Undecided(torch.nn.Module):
    """A network that notes how it is asked, and returns the logits that it was made with."""

    def __init__(self, logits):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(logits, dtype=torch.float64))
        self.dropout = torch.nn.Dropout()
        self.seen = []

    def forward(self, pictures):
        training = self.training or self.dropout.training
        self.seen.append((tuple(pictures.shape), training, torch.is_grad_enabled()))
        return self.weight.expand(len(pictures), -1) + 0 * pictures.sum()


def test_a_network_is_asked_in_evaluation_mode_without_gradients_and_left_as_it_was():
    network = Undecided(range(10)).train()
    network.dropout.eval()  # as somebody who freezes a part of it
    as_classifier(network).probabilities(np.zeros((4, 28, 28)))
    assert network.seen == [((4, 1, 28, 28), False, False)]
    assert network.training
    assert not network.dropout.training


def test_a_network_that_fails_is_left_as_it_was_too():
    network = CNN().train()
    network.fc2 = None
    with pytest.raises(TypeError):
        as_classifier(network).probabilities(np.zeros((1, 28, 28)))
    assert network.training
    assert network.conv1.training


@given(st.lists(st.floats(-1000, 1000), min_size=10, max_size=10))
def test_log_probabilities_and_logits_mean_the_same(logits):
    assume(min(logits) < 0 or abs(sum(logits) - 1) > 0.01)  # these are taken for probabilities
    expected = torch.tensor(logits, dtype=torch.float64).softmax(dim=0)
    for values in (logits, (torch.tensor(logits, dtype=torch.float64).log_softmax(dim=0)).tolist()):
        found = as_classifier(Undecided(values)).probabilities(np.zeros((1, 28, 28)))[0]
        np.testing.assert_allclose(found, expected.numpy(), atol=1e-3)


def test_minus_infinity_is_the_logarithm_of_nothing():
    certain = Undecided([-np.inf] * 4 + [0.0] + [-np.inf] * 5)
    found = as_classifier(certain).probabilities(np.zeros((1, 28, 28)))
    np.testing.assert_array_equal(found, [np.eye(10)[4]])


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param(lambda p: np.full((len(p), 5), 0.2), r"\(2, 5\): expected \(2, 10\)", id="5"),
        pytest.param(lambda p: np.full(10, 0.1), r"shape \(10,\): expected \(2, 10\)", id="one"),
        pytest.param(lambda p: None, r"NoneType|shape \(\)", id="nothing"),
        pytest.param(lambda p: "three", r"str: expected an array", id="text"),
        pytest.param(lambda p: [[1], [1, 2]], r"list: expected an array", id="ragged"),
        pytest.param(lambda p: np.full((len(p), 10), np.nan), "not finite", id="NaN"),
        pytest.param(lambda p: np.full((len(p), 10), np.inf), "not finite", id="infinity"),
        pytest.param(lambda p: np.full((len(p), 10), 0.2), "the sum 2.*softmax", id="sum"),
        pytest.param(lambda p: [[2.0, -1.0] + [0.0] * 8] * 2, "-1 to 2", id="negative"),
        pytest.param(Undecided([0.1] * 10), "Leave out the softmax", id="softmax at the end"),
        pytest.param(Undecided([np.nan] * 10), "Undecided returned .* not finite", id="broken net"),
        pytest.param(torch.nn.Flatten(), r"Flatten.*\(2, 784\)", id="net of another form"),
    ],
)
def test_what_is_no_probabilities_is_refused_and_named(source, message):
    with pytest.raises(ValueError, match=message):
        as_classifier(source).probabilities(np.zeros((2, 28, 28)))


def test_a_function_may_return_a_tensor_with_gradients(network, classifier, test_digits):
    pictures = test_digits.images[:5].numpy()

    def read(pictures):
        return network(torch.tensor(pictures[:, None])).exp()

    found = as_classifier(read).probabilities(pictures)
    np.testing.assert_allclose(found, classifier.probabilities(pictures), atol=1e-5)


def test_a_function_gets_checked_pictures_and_reads_images_too(seven):
    seen = []

    def read(pictures):
        seen.append((pictures.shape, pictures.dtype))
        return always_three(pictures)

    reader = as_classifier(read)
    assert reader.predict(seven).digit == 3
    assert reader.predict(seven).is_digit
    assert reader.predict_strokes(TEMPLATES[1], size=PAD).runner_up != 3
    assert set(seen) == {((1, 28, 28), np.dtype(np.float32))}
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        reader.probabilities(np.full((1, 28, 28), 255))


def test_who_has_no_feature_maps_shows_none():
    for source in (always_three, Undecided(range(10))):
        assert as_classifier(source).feature_maps(np.zeros((1, 28, 28))) == ()


@pytest.mark.parametrize(
    ("source", "message"),
    [(None, "got NoneType"), ("models", "got str"), (CNN, r"CNN is a class.*CNN\(\)")],
)
def test_what_cannot_be_asked_is_refused(source, message):
    with pytest.raises(TypeError, match=message):
        as_classifier(source)


def test_without_torch_a_function_is_still_a_classifier(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch")
    assert as_classifier(always_three).predict_strokes(TEMPLATES[1], size=PAD).digit == 3
