"""Feature maps and relevance maps: what is drawn is read back from the figure."""

import numpy as np

from digitlab.course.figures.maps import feature_maps, relevance_maps


def shown(axes):
    [image] = axes.get_images()
    return np.asarray(image.get_array())


def test_each_map_is_drawn_on_one_scale_and_faint_finds_are_seen():
    maps = np.zeros((3, 14, 14), np.float32)
    maps[0, 2, 3], maps[1, 5, 6] = 4, 1
    figure = feature_maps(maps, columns=2, title="Three")
    first, second, third, spare = figure.axes
    assert shown(first)[2, 3] == 1
    assert shown(second)[5, 6] == 0.5  # a quarter of the largest: the root of it
    assert not shown(third).any()
    assert not spare.axison
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
