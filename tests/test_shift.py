import numpy as np
import pytest
import torch

from digitlab.shift import shifted

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
