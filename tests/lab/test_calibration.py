import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from digitlab.classifier.onnx import Classifier
from digitlab.lab.calibration import MISREAD, as_drawn_on_the_pad, calibrate, fit_temperature
from digitlab.lab.data import Digits, load_mnist
from digitlab.lab.model import CNN, load_metadata, save
from digitlab.places import resource
from digitlab.preprocess import stored_digits


@pytest.mark.parametrize("true", [0.5, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(true):
    generator = torch.Generator().manual_seed(0)
    logits = 3 * torch.randn(20_000, 10, generator=generator)
    labels = torch.multinomial((logits / true).softmax(dim=1), 1, generator=generator)[:, 0]
    assert fit_temperature(logits, labels) == pytest.approx(true, rel=0.05)


def test_the_network_takes_the_temperature_in_and_changes_no_answer():
    torch.manual_seed(0)
    model, digits = CNN().eval(), Digits(torch.rand(500, 28, 28), torch.randint(10, (500,)))
    with torch.no_grad():
        before = model(digits.images[:, None])
    calibration = calibrate(model, digits)
    with torch.no_grad():
        after = model(digits.images[:, None])
    torch.testing.assert_close(
        after, F.log_softmax(before / calibration.temperature, dim=1), atol=1e-4, rtol=1e-4
    )


class Unsure(torch.nn.Module):
    """A network that takes the nth picture for a five, with the nth of these confidences."""

    def __init__(self, confidence):
        super().__init__()
        rest = ((1 - confidence) / 9)[:, None].repeat(1, 10)
        rest[:, 5] = confidence
        self.answers, self.fc2 = rest.log(), CNN().fc2

    def forward(self, pictures):
        return self.answers[pictures[:, 0, 0, 0].round().long()]


@pytest.mark.parametrize("every", [1, 7, 100, 399, 401, 3000])
def test_the_threshold_is_the_lowest_above_which_few_are_misread(every):
    confidence = torch.linspace(0.999, 0.2, 2000)
    labels = torch.full((2000,), 5)
    labels[every - 1 :: every] = 3  # read as a five all the same
    pictures = torch.arange(2000.0)[:, None, None].expand(-1, 28, 28)
    threshold = calibrate(Unsure(confidence), Digits(pictures, labels)).threshold
    wrong = [(labels[:n] != 5).float().mean() for n in range(1, 2001)]
    allowed = [n for n, share in enumerate(wrong) if share <= MISREAD]
    expected = confidence[allowed[-1]] if allowed else 1.0
    assert threshold == pytest.approx(float(expected), abs=1e-6)


def test_the_pad_shows_more_than_mnist():
    some = load_mnist().validation
    some = Digits(some.images[:500], some.labels[:500])
    seen = as_drawn_on_the_pad(some, seed=0)
    assert len(seen) == len(seen.images) == 1500
    assert torch.equal(seen.images[:500], some.images)
    assert not torch.equal(seen.images, as_drawn_on_the_pad(some, seed=1).images)


def test_few_digits_may_be_drawn_on_the_pad():
    four = load_mnist().validation
    four = Digits(four.images[:4], four.labels[:4])
    assert len(as_drawn_on_the_pad(four, seed=0)) == 12


def test_there_is_no_temperature_without_digits():
    with pytest.raises(ValueError, match="expected at least one digit"):
        fit_temperature(torch.zeros(0, 10), torch.zeros(0).long())


def test_the_threshold_travels_with_the_weights(tmp_path):
    save(CNN(), tmp_path, metadata={"threshold": 0.75})
    seven = [[(60, 50), (200, 50), (110, 240)]]
    unsure = Classifier.load(tmp_path).predict_strokes(seven)
    assert unsure.threshold == 0.75
    assert not unsure.is_digit


def test_the_shipped_network_declines_a_letter_and_accepts_a_digit():
    assert 0.3 < load_metadata(resource("models"))["threshold"] < 0.99
    classifier = Classifier.load()
    letter = [[(60, 240), (140, 40), (220, 240)], [(90, 160), (190, 160)]]  # A
    seven = [[(60, 50), (200, 50), (110, 240)]]
    assert not classifier.predict_strokes(letter, size=(280, 280)).is_digit
    assert classifier.predict_strokes(seven, size=(280, 280)).is_digit


def test_weights_without_a_threshold_decline_nothing(tmp_path):
    save(CNN(), tmp_path)
    assert Classifier.load(tmp_path).predict(stored_digits()[0][30]).is_digit
