import io

import numpy as np
import pytest
from PIL import Image

from digitlab import Classifier, ImageError
from digitlab.pad.uploading import MAX_BYTES, check_size, scan
from digitlab.preprocess.ink import MAX_SIDE
from digitlab.preprocess.samples import stored_digits

PICTURES, LABELS = stored_digits()


def enlarged(picture: np.ndarray, *, times: int = 6) -> Image.Image:
    """A digit as dark ink on white paper, with soft edges."""
    image = Image.fromarray((255 * (1 - picture)).astype(np.uint8))
    return image.resize((times * image.width, times * image.height), Image.Resampling.BICUBIC)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(ImageError, match=r"7\.6 MB, and at most 7 MB"):
        check_size(bytes(MAX_BYTES + 600_000))
    check_size(bytes(MAX_BYTES))


def test_a_scan_holds_what_was_read_and_keeps_large_images_small():
    classifier = Classifier.load()
    small, large = enlarged(PICTURES[42], times=20), enlarged(PICTURES[42], times=100)
    for image in (small, large):
        scanned = scan(image, classifier)
        assert max(scanned.image.size) <= MAX_SIDE
        expected = classifier.read(image)
        np.testing.assert_array_equal(scanned.ink, expected.ink)
        np.testing.assert_array_equal(
            scanned.reading.prediction.probabilities, expected.prediction.probabilities
        )
        assert scanned.reading.text == str(LABELS[42])


def test_the_ink_on_an_image_is_found_once(monkeypatch):
    looked = []
    find = "digitlab.classifier.reading.inks_from_image"
    from digitlab.preprocess import inks_from_image

    monkeypatch.setattr(find, lambda image: looked.append(1) or inks_from_image(image))
    file = io.BytesIO()
    enlarged(PICTURES[42]).save(file, "PNG")
    scan(file.getvalue(), Classifier.load())
    assert looked == [1]
