import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digitlab.drawings import CorrectedDrawing, Drawings
from digitlab.lab.data import Digits, load_mnist, sample_sheet
from digitlab.lab.evaluation import evaluate
from digitlab.lab.model import load
from digitlab.places import data_path, resource
from tests.strokes import PAD, TEMPLATES

SAMPLE = Path(__file__).parents[2] / "data" / "sample.png"


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


@pytest.fixture(scope="module")
def reference():
    """The same files as torchvision reads them: training and test."""
    from torchvision.datasets import MNIST  # here: it takes longer to import than torch

    folder = data_path(variable="DIGITLAB_DATA")
    return MNIST(folder, train=True), MNIST(folder, train=False)


def test_shapes_types_and_ranges(mnist):
    for part, n in ((mnist.train, 55_000), (mnist.validation, 5_000), (mnist.test, 10_000)):
        assert len(part) == n
        assert part.images.shape == (n, 28, 28)
        assert part.images.dtype == torch.float32
        assert part.images.aminmax() == (0, 1)
        assert part.labels.shape == (n,)
        assert part.labels.dtype == torch.int64
        assert part.labels.unique().tolist() == list(range(10))


def test_the_test_part_is_torchvisions_test_set(mnist, reference):
    _, test = reference
    assert torch.equal(mnist.test.images, test.data / 255)
    assert torch.equal(mnist.test.labels, test.targets)


def fingerprints(images: torch.Tensor, labels: torch.Tensor) -> list[bytes]:
    pixels = images.mul(255).round().byte().numpy()
    return [
        hashlib.sha256(picture.tobytes() + bytes([label])).digest()
        for picture, label in zip(pixels, labels.tolist(), strict=True)
    ]


def test_train_and_validation_share_out_torchvisions_training_set(mnist, reference):
    whole, _ = reference
    expected = fingerprints(whole.data / 255, whole.targets)
    train = fingerprints(mnist.train.images, mnist.train.labels)
    validation = fingerprints(mnist.validation.images, mnist.validation.labels)
    assert sorted(train + validation) == sorted(expected)
    # No picture occurs twice in MNIST's training set, so membership says it all.
    assert not set(train) & set(validation)


def test_the_split_is_the_same_on_every_machine(mnist):
    # All figures of the model card hang on it: another split is another experiment.
    labels = mnist.validation.labels
    assert hashlib.sha256(labels.numpy().astype("u1").tobytes()).hexdigest() == LABELS_SHA256


LABELS_SHA256 = "c612b2cad3413b0d0c0bb9a454ceefd1eadfcd8bfebe21a49fee779df9d0016d"


def test_ink_is_one_and_paper_is_zero(mnist):
    assert mnist.test.images[:, 0, 0].max() == 0  # no digit touches the corner
    # The design's figure for MNIST's test set.
    assert mnist.test.images.mean().item() == pytest.approx(0.1325, abs=5e-5)


def test_parts_cannot_be_replaced(mnist):
    with pytest.raises(dataclasses.FrozenInstanceError):
        mnist.test.images = mnist.train.images


def test_a_folder_of_ones_own(tmp_path, mnist):
    raw = tmp_path / "MNIST" / "raw"
    shutil.copytree(data_path(variable="DIGITLAB_DATA") / "MNIST" / "raw", raw)
    assert torch.equal(load_mnist(tmp_path).validation.images, mnist.validation.images)


def test_the_bundled_sample_is_what_the_command_makes(mnist):
    with Image.open(SAMPLE) as sample:
        assert np.array_equal(np.asarray(sample), np.asarray(sample_sheet(mnist.train)))
    assert SAMPLE.stat().st_size < 60_000


def test_the_sample_holds_ten_training_digits_of_each_class(mnist):
    sheet = torch.from_numpy(np.array(sample_sheet(mnist.train)))
    pictures = sheet.reshape(10, 28, 10, 28).swapaxes(1, 2).float() / 255
    for digit, row in enumerate(pictures):
        of_this_class = mnist.train.images[mnist.train.labels == digit]
        for picture in row:
            assert (of_this_class == picture).all(dim=(1, 2)).any()


# Corrected drawings


def test_drawings_can_be_evaluated_like_mnist():
    drawings = [CorrectedDrawing(strokes, PAD, digit) for digit, strokes in TEMPLATES.items()]
    digits = Digits.from_drawings(drawings)
    assert (digits.images.shape, digits.images.dtype) == ((10, 28, 28), torch.float32)
    assert digits.labels.dtype == torch.int64
    report = evaluate(load(resource("models")), digits)
    assert report.confusion.diag().tolist() == [1] * 10


def test_a_whole_file_of_drawings_gives_the_same_digits_as_its_pictures(tmp_path):
    kept = Drawings(tmp_path / "kept.sqlite3")
    for digit in (1, 7, None):
        kept.add(TEMPLATES[digit or 4], size=PAD, label=digit)
    digits = Digits.from_drawings(kept)
    pictures, labels = kept.pictures()
    assert np.array_equal(digits.images, pictures)
    assert digits.labels.tolist() == labels.tolist() == [1, 7]


def test_what_is_no_digit_or_doubted_is_left_out():
    no_digit = CorrectedDrawing(TEMPLATES[1], PAD, None)
    doubted = CorrectedDrawing(TEMPLATES[1], PAD, 7, suspect=True)
    two = CorrectedDrawing(TEMPLATES[2], PAD, 2)
    assert Digits.from_drawings([no_digit, doubted, two]).labels.tolist() == [2]
    none = Digits.from_drawings([no_digit])
    assert (none.images.shape, none.images.dtype) == ((0, 28, 28), torch.float32)
    assert (none.labels.shape, none.labels.dtype) == ((0,), torch.int64)
