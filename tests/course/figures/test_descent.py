import numpy as np
import pytest
import torch

from digitlab.course.figures.descent import START, descent, valley, walk


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_a_walk_is_that_of_torch(momentum):
    place = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = torch.optim.SGD([place], lr=0.05, momentum=momentum)
    places = [place.detach().clone()]
    for _ in range(6):
        optimizer.zero_grad()
        ((place[0] ** 2 + 10 * place[1] ** 2) / 2).backward()
        optimizer.step()
        places.append(place.detach().clone())
    np.testing.assert_allclose(walk(0.05, momentum=momentum, steps=6), torch.stack(places))


def test_above_a_fifth_it_leaps_out_and_below_it_does_not():
    assert valley(*walk(0.19)[-1]) < valley(*START)
    assert valley(*walk(0.21)[-1]) > valley(*START)
    assert "leaps out" in descent(0.21).alternative_text
    assert "leaps out" not in descent(0.19).alternative_text


def test_the_map_and_the_curve_show_the_walk():
    left, right = descent(0.05, 0.5).axes
    places = walk(0.05, momentum=0.5)
    np.testing.assert_allclose(left.lines[1].get_xydata(), places)
    np.testing.assert_allclose(right.lines[0].get_ydata(), valley(*places.T))
    assert left.get_title() == "Rate 0.05, momentum 0.5"


def test_whatever_the_sliders_say_there_is_a_picture_and_the_same_text():
    for rate, momentum in [(0.01, 0.0), (0.22, 0.0), (0.22, 0.95)]:
        figure = descent(rate, momentum)
        assert figure._repr_png_()[0]
        assert repr(figure) == repr(descent(0.05))
