import asyncio
import base64
import io
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances
from PIL import Image

from digitlab.classifier.occlusion import occlusion_map
from digitlab.classifier.onnx import Classifier
from digitlab.classifier.wrappers import as_classifier
from digitlab.pad.inline_pictures import AGAINST, FOR, heat_url, ink_url, montage
from digitlab.pad.insight import Insight
from digitlab.preprocess.stages import Stage, stages_from_strokes, typical_digit
from tests.strokes import PAD, TEMPLATES

# Small pictures


def decoded(url):
    kind, _, content = url.partition(",")
    assert kind == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


@pytest.fixture(scope="module")
def greys():
    return np.linspace(0, 1, 12 * 7).reshape(12, 7)


def test_ink_is_black_and_covers_as_much_as_there_is(greys):
    pixels = decoded(ink_url(greys))
    assert pixels.shape == (12, 7, 2)
    assert (pixels[..., 0] == 0).all()
    np.testing.assert_allclose(pixels[..., 1] / 255, greys, atol=0.5 / 255)


def test_fewer_levels_are_nearly_the_same_picture(greys):
    alpha = decoded(ink_url(greys, levels=16))[..., 1]
    assert len(np.unique(alpha)) == 16
    np.testing.assert_allclose(alpha / 255, greys, atol=0.5 / 15 + 0.5 / 255)


def test_colour_lies_on_the_ink_only_and_says_for_or_against():
    strength, ink = np.array([[1, -1, 0.5], [1, 1, 0]]), np.array([[1, 1, 1], [0, 0.5, 1]])
    pixels = decoded(heat_url(strength, ink))
    assert pixels[0, 0].tolist() == [*FOR, 255]
    assert pixels[0, 1].tolist() == [*AGAINST, 255]
    assert pixels[..., 3].tolist() == [[255, 255, 128], [0, 128, 0]]


def test_a_montage_lays_pictures_out_row_by_row_with_a_pixel_between():
    maps = np.random.default_rng(0).random((7, 4, 5))
    sheet = montage(maps, columns=3)
    assert sheet.shape == (3 * 5 - 1, 3 * 6 - 1)
    for number, picture in enumerate(maps):
        row, column = divmod(number, 3)
        tile = sheet[5 * row : 5 * row + 4, 6 * column : 6 * column + 5]
        assert np.corrcoef(tile.ravel(), picture.ravel())[0, 1] == pytest.approx(1)
    assert not sheet[4].any()
    assert not sheet[:, 5].any()
    assert not sheet[10:, 6:].any()  # no seventh and eighth tile in the last row


# The three sections


@pytest.fixture(scope="module")
def classifier():
    return Classifier.load()


@pytest.fixture
def insight(classifier, monkeypatch, request):
    """An insight; a parameter says how often its sections may change, and how long they rest."""
    if hasattr(request, "param"):
        every, rest = request.param
        monkeypatch.setattr(Insight, "EVERY", every)
        monkeypatch.setattr(Insight, "REST", rest)
    insight = Insight(classifier)
    yield insight
    insight.close()


def shown(insight, digit, *, classifier=None):
    """Show a drawn digit, and count how often its stages are asked for."""
    asked = []

    def stages():
        asked.append(digit)
        return stages_from_strokes(TEMPLATES[digit], size=PAD)

    reader = classifier or insight.classifier
    insight.show(reader.predict_strokes(TEMPLATES[digit], size=PAD), stages)
    return asked


class Page(HTMLParser):
    """The images of a section, by what is said instead of them, and its text."""

    def __init__(self, section):
        super().__init__()
        self.images, self.words = {}, []
        self.feed(section.body.value)
        self.text = re.sub(r"\s+", " ", " ".join(self.words))

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            attributes = dict(attributes)
            self.images[attributes["alt"]] = decoded(attributes["src"])

    def handle_data(self, data):
        self.words.append(data)


def open_all(insight):
    for section in (insight.stages, insight.feature_maps, insight.why):
        section.is_open = True


def test_all_is_folded_at_first_and_nothing_is_computed():
    def refuse(pictures):
        raise AssertionError("asked, although nobody looks")

    insight = Insight(as_classifier(refuse))
    asked = []
    prediction = Classifier.load().predict_strokes(TEMPLATES[3], size=PAD)
    insight.show(prediction, lambda: asked.append(1))
    assert asked == []
    assert [section.body for section in (insight.stages, insight.feature_maps, insight.why)] == [
        None
    ] * 3


def test_before_anything_is_drawn_each_section_says_what_to_do(insight):
    open_all(insight)
    for section in (insight.stages, insight.feature_maps, insight.why):
        assert Page(section).text == "Draw a digit to see this."


@pytest.mark.parametrize("digit", TEMPLATES)
def test_the_stages_stand_beside_a_typical_digit_of_the_answer(insight, digit):
    insight.stages.is_open = True
    shown(insight, digit)
    page = Page(insight.stages)
    names = [alt.partition(":")[0] for alt in page.images]
    assert names == ["As drawn", "Cut out", "Scaled", "Centred", f"A typical {digit}"]
    pictures = [image[..., 1] / 255 for image in page.images.values()]
    expected = stages_from_strokes(TEMPLATES[digit], size=PAD)[-1].picture
    np.testing.assert_allclose(pictures[3], expected, atol=0.5 / 255)
    np.testing.assert_allclose(pictures[4], typical_digit(digit), atol=0.5 / 255)


def test_what_a_stage_says_is_text_and_no_markup(insight):
    insight.stages.is_open = True
    prediction = insight.classifier.predict_strokes(TEMPLATES[1], size=PAD)
    stage = Stage('<b onload="x">', np.ones((28, 28), np.float32), "a < b & c")
    insight.show(prediction, lambda: [stage])
    assert "<b onload" not in insight.stages.body.value
    assert "a < b & c" in unescape(insight.stages.body.value)


def test_the_feature_maps_are_those_of_the_drawing(insight, classifier):
    insight.feature_maps.is_open = True
    shown(insight, 5)
    first, second = Page(insight.feature_maps).images.items()
    assert "32 feature maps" in first[0]
    assert "64 feature maps" in second[0]
    picture = classifier.predict_strokes(TEMPLATES[5], size=PAD).picture
    maps = classifier.feature_maps(picture[None])
    for (_, image), layer, side in ((first, maps[0][0], 28), (second, maps[1][0], 14)):
        for number in (0, 9, 31):
            row, column = divmod(number, 8)
            top, left = row * (side + 1), column * (side + 1)
            tile = image[top : top + side, left : left + side, 1]
            expected = np.sqrt(layer[number] / layer.max())
            np.testing.assert_allclose(0.05 + 0.95 * expected, tile / 255, atol=0.04)


def test_a_classifier_without_feature_maps_says_so_and_shows_the_rest(classifier):
    insight = Insight(as_classifier(lambda pictures: classifier.probabilities(pictures)))
    open_all(insight)
    shown(insight, 6)
    assert "doesn’t show its feature maps" in Page(insight.feature_maps).text
    assert len(Page(insight.stages).images) == 5
    assert "more sure that this is a 6" in Page(insight.why).text
    insight.close()


def test_the_why_is_the_occlusion_map_laid_over_the_ink(insight, classifier):
    insight.why.is_open = True
    shown(insight, 2)
    (alt, ink), (_, heat) = Page(insight.why).images.items()
    picture = classifier.predict_strokes(TEMPLATES[2], size=PAD).picture
    relevance = occlusion_map(classifier, picture)
    assert "The ink that counts most for 2 " in alt
    assert ((ink[..., 1] > 0) == (picture > 0.01)).mean() > 0.99
    assert (heat[..., :3][relevance > 0] == FOR).all()
    strongest = np.unravel_index((relevance * picture).argmax(), (28, 28))
    assert heat[..., 3].max() == heat[strongest][3]
    assert not heat[..., 3][picture == 0].any()


def half_reader(rows, columns):
    """A classifier that finds a 4 where there is ink in one part of the picture."""

    def read(pictures):
        four = (0.01 + pictures[:, rows, columns].mean(axis=(1, 2))).clip(0, 0.9)
        return np.stack([1 - four, *[0 * four] * 3, four, *[0 * four] * 5], axis=1)

    return as_classifier(read)


@pytest.mark.parametrize(
    ("rows", "columns", "place"),
    [
        (slice(4, 8), slice(4, 12), "at the top, on the left"),
        (slice(20, 24), slice(16, 24), "at the bottom, on the right"),
    ],
)
def test_where_most_speaks_for_the_answer_is_said_in_words(rows, columns, place):
    reader = half_reader(rows, columns)
    insight = Insight(reader)
    insight.why.is_open = True
    frame = np.zeros((28, 28), np.float32)
    frame[4:24, 4:24] = 1
    prediction = reader._predict_all([frame])[0]
    assert prediction.digit == 4
    insight.show(prediction, list)
    assert f"The ink that counts most for 4 is {place}." in next(iter(Page(insight.why).images))
    insight.close()


def test_a_section_that_opens_shows_what_was_drawn_before(insight):
    asked = shown(insight, 8)
    assert asked == []
    insight.stages.is_open = True
    assert asked == [8]
    insight.stages.is_open = False
    asked_later = shown(insight, 9)
    assert asked_later == []
    insight.stages.is_open = True
    assert "A typical 9" in Page(insight.stages).text


def test_a_failure_is_said_in_the_section_and_goes_when_it_works_again(insight):
    insight.stages.is_open = True
    prediction = insight.classifier.predict_strokes(TEMPLATES[1], size=PAD)
    with pytest.raises(ZeroDivisionError):
        insight.show(prediction, lambda: 1 / 0)
    assert "ZeroDivisionError" in Page(insight.stages).text
    assert 'role="alert"' in insight.stages.body.value
    shown(insight, 1)
    assert "ZeroDivisionError" not in insight.stages.body.value


# While one draws


@pytest.mark.parametrize("insight", [(10.0, 0)], indirect=True)
def test_it_comes_after_the_callback_that_shows_it_and_not_for_every_event(insight):
    async def session():
        insight.stages.is_open = True
        asked = shown(insight, 3)
        assert asked == []  # the bars go first
        await asyncio.sleep(0.2)
        assert asked == [3]
        later = [shown(insight, digit) for digit in (4, 5, 6)]
        await asyncio.sleep(0.2)
        assert later == [[], [], []]

    asyncio.run(session())


@pytest.mark.parametrize("insight", [(0.01, 0)], indirect=True)
def test_the_last_drawing_is_the_one_that_stays(insight):
    async def session():
        open_all(insight)
        for digit in (3, 4, 5, 6, 7):
            shown(insight, digit)
            await asyncio.sleep(0)
        for _ in range(200):
            if all(" 7" in Page(part).text for part in (insight.stages, insight.why)):
                break
            await asyncio.sleep(0.05)
        assert "A typical 7" in Page(insight.stages).text
        assert "more sure that this is a 7" in Page(insight.why).text
        assert len(Page(insight.feature_maps).images) == 2

    asyncio.run(session())


@pytest.mark.parametrize("insight", [(0.0, 1e6)], indirect=True)
def test_what_takes_long_rests_for_longer(insight):
    async def session():
        insight.stages.is_open = True
        first = shown(insight, 3)
        await asyncio.sleep(0.1)
        second = shown(insight, 4)
        await asyncio.sleep(0.2)
        assert (first, second) == ([3], [])

    asyncio.run(session())


def test_closing_forgets_what_is_due_and_closes_all_parts(classifier):
    before = set(_instances)
    insight = Insight(classifier)
    open_all(insight)

    async def session():
        asked = shown(insight, 3)
        insight.close()
        insight.close()
        await asyncio.sleep(0.1)
        assert asked == []

    asyncio.run(session())
    assert insight.comm is None
    assert set(_instances) <= before


def test_its_text_form_is_one_line(insight):
    assert repr(insight) == "Insight()"
