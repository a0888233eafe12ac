"""Digits moved by whole pixels, and digits placed on a sheet of paper."""

import numpy as np
import pytest
import torch

from digitlab.course.placing import SHEET_SIZE, on_sheet, shifted
from digitlab.errors import NothingDrawnError
from digitlab.preprocess import cut_out, picture_from_ink, stored_digit, stored_digits

BY = [-30, -28, -3, -1, 0, 1, 5, 28, 40]


@pytest.mark.parametrize("right", BY)
@pytest.mark.parametrize("down", BY)
def test_each_pixel_comes_from_where_it_was(right, down):
    picture = np.arange(1, 28 * 20 + 1).reshape(28, 20)
    moved = shifted(picture, right=right, down=down)
    for (row, column), value in np.ndenumerate(moved):
        inside = 0 <= row - down < 28 and 0 <= column - right < 20
        assert value == (picture[row - down, column - right] if inside else 0)


def test_tensors_stay_tensors_and_the_old_ones_as_they_were():
    pictures = torch.rand(3, 28, 28)
    before = pictures.clone()
    moved = shifted(pictures, right=2)
    assert isinstance(moved, torch.Tensor)
    assert moved.dtype == pictures.dtype
    torch.testing.assert_close(moved[:, :, 2:], pictures[:, :, :-2])
    assert not moved[:, :, :2].any()
    torch.testing.assert_close(pictures, before)


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
