"""Kernels, feature maps and relevance: what is drawn is read back from the figure."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from digitlab.course.figures.convolution import (
    feature_maps,
    kernel_response,
    relevance_maps,
    signed_maps,
)

PICTURE = np.random.default_rng(0).random((28, 28))
KERNEL = np.array([[0, 1, -2], [3, 0.25, 0], [-1, 0, 1]])


def respond(kernel):
    return kernel_response(PICTURE, kernel, title="A kernel", place=(4, 7))


def rgb(image, value):
    return image.cmap(image.norm(value))[:3]


def test_kernel_response_shows_what_the_library_computes():
    figure = respond(KERNEL)
    picture, weights, output = figure.axes[:3]
    np.testing.assert_array_equal(picture.images[0].get_array(), PICTURE)
    expected = functional.conv2d(
        torch.tensor(PICTURE)[None, None], torch.tensor(KERNEL)[None, None]
    )[0, 0]
    np.testing.assert_allclose(output.images[0].get_array(), expected.numpy())
    written = [text.get_text() for text in weights.texts]
    assert written == ["0", "1", "−2", "3", "0.25", "0", "−1", "0", "1"]
    assert picture.get_title() == "picture: 28 × 28"
    assert output.get_title() == "output: 26 × 26"
    assert not any(character.isdigit() for character in figure.description)


def test_a_frame_shows_which_window_a_number_comes_from():
    figure = respond(KERNEL)
    before, _, after = figure.axes[:3]
    [window], [number] = before.patches, after.patches
    assert (window.get_xy(), window.get_width(), window.get_height()) == ((6.5, 3.5), 3, 3)
    assert (number.get_xy(), number.get_width(), number.get_height()) == ((6.5, 3.5), 1, 1)
    value = (PICTURE[4:7, 7:10] * KERNEL).sum()
    assert f"Row 4, column 7: {value:.2f}.".replace("-", "−") in figure.findings


def test_no_picture_goes_beyond_the_colours():
    (image,) = respond(KERNEL).axes[2].images
    assert image.norm.vmax == -image.norm.vmin == 5.25  # all ink under the positive weights


def test_zero_is_white_positive_blue_negative_vermilion():
    (image,) = respond(KERNEL).axes[2].images
    assert rgb(image, 0.0) == pytest.approx((1, 1, 1), abs=0.01)
    red, _, blue = rgb(image, 5.0)
    assert blue > red
    red, _, blue = rgb(image, -5.0)
    assert red > blue


def test_a_kernel_of_nothing_but_zeros_is_shown_too():
    assert respond(np.zeros((3, 3)))._repr_png_()[0]


def test_signed_maps_stand_side_by_side_each_on_its_own_scale():
    maps = {"first": np.array([[-2.0, 1.0]]), "second": np.zeros((3, 3))}
    figure = signed_maps(maps, title="Two")
    first, second = figure.axes
    np.testing.assert_array_equal(first.images[0].get_array(), maps["first"])
    assert (first.images[0].norm.vmin, first.images[0].norm.vmax) == (-2, 2)
    assert [axes.get_title() for axes in figure.axes] == ["first", "second"]
    assert first.get_xlabel() == "1 × 2\n−2.0 to 1.0"
    assert second.get_xlabel().startswith("3 × 3")
    assert figure.description.startswith("Two, side by side: first, second.")


def test_more_than_five_maps_stand_in_rows():
    figure = signed_maps({str(place): np.eye(3) for place in range(7)}, title="Seven")
    rows = {axes.get_subplotspec().rowspan.start for axes in figure.axes[:7]}
    assert rows == {0, 1}


def test_no_maps_are_refused():
    with pytest.raises(ValueError, match="nothing to show"):
        signed_maps({}, title="None")


def shown(axes):
    [image] = axes.get_images()
    return np.asarray(image.get_array())


def test_each_map_is_drawn_on_one_scale_and_faint_finds_are_seen():
    maps = np.zeros((3, 14, 14), np.float32)
    maps[0, 2, 3], maps[1, 5, 6] = 4, 1
    figure = feature_maps(maps, title="Three")
    first, second, third, *spare = figure.axes
    assert shown(first)[2, 3] == 1
    assert shown(second)[5, 6] == 0.5  # a quarter of the largest: the root of it
    assert not shown(third).any()
    assert not any(axes.axison for axes in spare)
    assert [axes.get_title() for axes in figure.axes[:3]] == ["0", "1", "2"]
    assert repr(figure).startswith("Three: 3 maps of 14 × 14")
    assert figure.findings == "1 of them are empty."


def test_relevance_keeps_its_sign_and_each_map_its_own_scale():
    picture = np.zeros((28, 28), np.float32)
    picture[4:24, 12:16] = 1
    weak, strong = np.zeros((2, 28, 28))
    weak[10, 13], weak[20, 13] = 0.02, -0.01
    strong[2, 2] = 50
    figure = relevance_maps(picture, {"weak": weak, "strong": strong}, title="Two maps")
    drawn, first, second, *_ = figure.axes
    np.testing.assert_array_equal(shown(drawn), picture)
    assert shown(first)[10, 13] == 1
    assert shown(first)[20, 13] == -0.5
    assert shown(second)[2, 2] == 1
    assert [axes.get_title() for axes in (first, second)] == ["weak", "strong"]
    assert "weak: most on the ink, in row 10, column 13." in figure.alternative_text
    assert "strong: most on the paper" in figure.alternative_text


def test_nothing_at_all_can_be_shown():
    nothing = np.zeros((28, 28), np.float32)
    assert relevance_maps(nothing, {"none": nothing}, title="Nothing")._repr_png_()
    assert feature_maps(nothing[None])._repr_png_()
