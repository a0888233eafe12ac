"""Sheets with one digit on them: the digit is where it was wanted, and is the same digit."""

import numpy as np
import pytest

from digitlab.errors import NothingDrawnError
from digitlab.preprocess import cut_out, picture_from_ink
from digitlab.samples import stored_digit, stored_digits
from digitlab.sheets import SHEET_SIZE, on_sheet


def ink_on(sheet):
    return 1 - np.asarray(sheet, np.float32) / 255


@pytest.mark.parametrize("longer_side", [1, 20, 143, SHEET_SIZE])
def test_the_longer_side_is_as_long_as_was_asked(longer_side):
    ink = ink_on(on_sheet(stored_digit(7), longer_side=longer_side, across=0.3, down=0.6))
    assert ink.shape == (SHEET_SIZE, SHEET_SIZE)
    assert max(cut_out(ink).shape) == pytest.approx(longer_side, abs=0.1 * longer_side)


@pytest.mark.parametrize(("across", "down"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_it_lies_at_the_edge_it_was_put_to(across, down):
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 10:18] = 1
    ink = ink_on(on_sheet(picture, longer_side=100, across=across, down=down))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert (rows[0], rows[-1]) == ((0, 99) if not down else (180, 279))
    assert (columns[0], columns[-1]) == ((0, 39) if not across else (240, 279))


def test_what_comes_back_from_a_large_one_is_the_digit_itself():
    for picture in stored_digits()[0][::10]:
        ink = ink_on(on_sheet(picture, longer_side=240, across=0.1, down=0.9))
        assert np.abs(picture_from_ink(ink) - picture).mean() < 0.03


@pytest.mark.parametrize(
    "wrong", [{"longer_side": 0}, {"longer_side": 281}, {"across": -0.1}, {"down": 1.1}]
)
def test_what_would_not_fit_is_refused(wrong):
    with pytest.raises(ValueError, match="not"):
        on_sheet(stored_digit(3), **({"longer_side": 20, "across": 0, "down": 0} | wrong))


def test_an_empty_picture_is_refused():
    with pytest.raises(NothingDrawnError):
        on_sheet(np.zeros((28, 28)), longer_side=20, across=0, down=0)
