"""Numbers on the page: drawn, photographed, and larger than what can be sent."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from tests.browser.pad import answer, click, draw, ready
from tests.browser.test_page import hand_in
from tests.browser.test_tools import upload
from tests.browser.webkit import expect
from tests.classifier.test_reading import sheet
from tests.strokes import TEMPLATES


def numeral(text, *, scale=0.45):
    """The strokes of a number across the paper."""
    step = 280 / len(text)
    return [
        [((x - 60) * scale + step * place + 12, (y - 35) * scale + 80) for x, y in stroke]
        for place, digit in enumerate(text)
        for stroke in TEMPLATES[int(digit)]
    ]


def jpeg(pixels, **options):
    file = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


def photograph(text, *, times=1, grain=4):
    """A row of digits on grey paper, lit from one side."""
    row = sheet(text)
    pixels = np.asarray(row.resize((times * row.width, times * row.height)), float)
    pixels = (60 + 0.6 * pixels) * np.linspace(0.75, 1.0, pixels.shape[1])
    return pixels + np.random.default_rng(0).normal(scale=grain, size=pixels.shape)


def test_a_number_that_is_drawn_is_read_as_one(visit):
    page = ready(visit())
    strokes = numeral("42")
    four = len(TEMPLATES[4])
    draw(page, strokes[:four])
    assert answer(page)[0] == "Predicted result is 4"
    expect(page.locator(".digitlab-frames rect")).to_have_count(0)
    expect(page.locator(".digitlab-chooser")).to_be_hidden()
    draw(page, strokes[four:])
    sentence, percents = answer(page)
    assert sentence == "Predicted result is 42"
    assert percents.index(max(percents)) == 2  # under the pen
    expect(page.locator(".digitlab-frames text")).to_have_text(["4", "2"])
    chooser = page.locator(".digitlab-chooser")
    chooser.get_by_role("button", name="4").click()
    sentence, percents = answer(page)
    assert (sentence, percents.index(max(percents))) == ("Predicted result is 42", 4)
    for _ in TEMPLATES[2]:
        click(page, "Undo")
    assert answer(page)[0] == "Predicted result is 4"
    expect(page.locator(".digitlab-frames rect")).to_have_count(0)


@pytest.mark.engines("chromium", "firefox", because="our driver of WebKit knows no classes")
def test_of_two_digits_alike_the_one_under_the_pen_is_chosen(visit):
    page = ready(visit())
    for stroke in numeral("22"):
        draw(page, [stroke])
    assert answer(page)[0] == "Predicted result is 22"
    buttons = page.locator(".digitlab-chooser button")
    expect(buttons.nth(0)).not_to_have_class(re.compile("mod-active"))
    expect(buttons.nth(1)).to_have_class(re.compile("mod-active"))


@pytest.mark.engines("chromium", "firefox", because="WebKit's window is never that small")
@pytest.mark.parametrize("size", [(360, 560), (390, 844), (683, 384), (1366, 768)])
def test_the_paper_does_not_move_while_a_number_is_drawn(visit, size):
    page = ready(visit(viewport={"width": size[0], "height": size[1]}))
    page.mouse.move(1, 1)
    paper, chooser = (page.locator(f".digitlab-{part}") for part in ("canvas", "chooser"))
    places = [paper.bounding_box()]
    for stroke in numeral("42"):
        draw(page, [stroke])
        answer(page)
        places.append(paper.bounding_box())
    expect(chooser).to_be_visible()
    assert places == places[:1] * len(places)
    over, own, below = (
        page.locator(part).bounding_box()
        for part in (".digitlab-answer p >> nth=-1", ".digitlab-chooser", ".digitlab-bars")
    )
    if own["y"] < below["y"]:  # on a phone, between the answer and the bars
        assert over["y"] + over["height"] <= own["y"] + 1
        assert own["y"] + own["height"] <= below["y"] + 1


@pytest.mark.engines("chromium", "firefox", because="WebKit's window is never that small")
@pytest.mark.parametrize("size", [(360, 560), (683, 384), (900, 700), (1366, 768)])
def test_a_long_number_lies_over_nothing(visit, size):
    page = ready(visit(viewport={"width": size[0], "height": size[1]}))
    for number in ("40718", "407184", "4071840", "40718407", "40718\n40718\n40718"):
        upload(page, jpeg(photograph(number)))
        expect(page.locator(".digitlab-result strong")).to_have_text(number.replace("\n", " / "))
        result, sure, bars = (
            page.locator(part).bounding_box()
            for part in (".digitlab-result", ".digitlab-answer p >> nth=-1", ".digitlab-bars")
        )
        assert result["y"] + result["height"] <= sure["y"] + 1
        assert sure["y"] + sure["height"] <= bars["y"] + 1


def test_a_photographed_row_is_read_and_each_digit_framed(visit):
    page = ready(visit())
    upload(page, jpeg(photograph("40718")))
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 40718")
    frames = page.locator(".digitlab-frames rect")
    expect(frames).to_have_count(5)
    paper = page.locator(".digitlab-canvas").bounding_box()
    places = [frames.nth(number).bounding_box() for number in range(5)]
    assert [place["x"] for place in places] == sorted(place["x"] for place in places)
    for place in places:
        assert paper["y"] < place["y"]
        assert place["y"] + place["height"] < paper["y"] + paper["height"]
    draw(page, TEMPLATES[3])  # through the frames, on empty paper
    assert answer(page)[0] == "Predicted result is 3"
    expect(frames).to_have_count(0)


@pytest.mark.parametrize("how", ["drop", "paste"])
def test_a_photograph_of_twelve_megapixels_is_made_smaller_and_read(visit, how):
    page = ready(visit())
    file = jpeg(photograph("407", times=11, grain=25), quality=97)
    with Image.open(io.BytesIO(file)) as image:
        assert image.width * image.height > 12e6
    assert len(file) > 7_000_000
    hand_in(page, how, "photo.jpg", "image/jpeg", file)
    expect(page.locator(".digitlab-result")).to_have_text("Predicted result is 407")
