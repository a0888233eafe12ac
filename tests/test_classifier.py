import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from onnx import TensorProto, helper
from PIL import Image, ImageDraw

from digitlab.classifier import Classifier, Prediction
from digitlab.data import load_mnist
from digitlab.errors import ImageError, NothingDrawnError, StrokesError, WeightsError
from digitlab.evaluation import log_probabilities
from digitlab.model import load
from digitlab.resources import resource

from .strokes import PAD, TEMPLATES


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
