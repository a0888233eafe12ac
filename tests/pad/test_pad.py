import asyncio
import dataclasses
import io
import re
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
import traitlets
from hypothesis import given
from hypothesis import strategies as st
from ipycanvas import canvas as ipycanvas
from ipywidgets.widgets.widget import _instances as open_widgets
from PIL import Image

from digitlab import (
    Classifier,
    DigitPad,
    ImageError,
    NothingDrawnError,
    Prediction,
    StrokesError,
    preprocess,
)
from digitlab.classifier import ReadDigit, Reading
from digitlab.classifier.base import BaseClassifier
from digitlab.drawings.store import Drawings
from digitlab.look import MAX_BYTES
from digitlab.pad.paper import Paper
from digitlab.pad.throttle import REST
from digitlab.preprocess import picture_from_strokes
from digitlab.preprocess.ink import INK_SIDE
from digitlab.preprocess.samples import stored_digits
from tests.strokes import PAD, TEMPLATES

SAMPLE = Path(__file__).parents[2] / "data" / "sample.png"
SEVEN = [[(60.0, 50.0), (200.0, 50.0), (110.0, 240.0)]]


class Reader(BaseClassifier):
    """Stands in for a classifier: counts its calls and reads the number of strokes."""

    def __init__(self, failure: Exception | None = None):
        self.seen = []
        self.failure = failure

    def predict_strokes(self, strokes, *, size):
        self.seen.append([list(stroke) for stroke in strokes])
        if self.failure:
            raise self.failure
        probabilities = np.full(10, 0.01, np.float32)
        probabilities[len(strokes)] = 0.91
        return Prediction(probabilities, picture_from_strokes(strokes, size=size))

    def read_strokes(self, strokes, *, size):
        found = ReadDigit(self.predict_strokes(strokes, size=size), (0, 0, 1, 1), 0)
        return Reading([dataclasses.replace(found, strokes=strokes)])

    def _probabilities(self, pictures):
        """Read a nine on every image."""
        return np.tile(np.eye(10, dtype=np.float32)[9], (len(pictures), 1))


def sample(digit: int) -> np.ndarray:
    """A stored digit, and always the same: a stub may read two digits on a wider one."""
    return stored_digits()[0][10 * digit]


def part(widget: ipywidgets.Widget, name: str) -> ipywidgets.Widget:
    """The part of a pad that has this class, or says this of itself."""
    parts = [widget]
    for found in parts:
        parts.extend(getattr(found, "children", ()))
    [wanted] = [
        found
        for found in parts
        if f"digitlab-{name}" in getattr(found, "_dom_classes", ())
        or getattr(found, "description", "").strip() == name
    ]
    return wanted


def send(pad: DigitPad, content: dict, *buffers: bytes) -> None:
    """Let a message arrive as the browser sends it."""
    data = {"method": "custom", "content": content}
    part(pad, "ink")._handle_msg({"content": {"data": data}, "buffers": list(buffers)})


def mouse(pad: DigitPad, kind: str, x: float, y: float) -> None:
    move_together(pad, (kind, x, y))


def together(pad: DigitPad, *moves: tuple[str, float, float]) -> None:
    """Let several events arrive as one message, as the page sends them."""

    async def session():
        move_together(pad, *moves)
        await asyncio.sleep(2 * pad.PREDICT_EVERY + REST)

    asyncio.run(session())


def move_together(pad: DigitPad, *moves: tuple[str, float, float]) -> None:
    moves = [[kind, x / pad.size, y / pad.size] for kind, x, y in moves]
    first = part(pad, "ink")._heard.get("me", 0)
    send(pad, {"event": "moves", "who": "me", "first": first, "moves": moves})


def drag(pad: DigitPad, *points: tuple[float, float]) -> None:
    mouse(pad, "down", *points[0])
    for point in points[1:]:
        mouse(pad, "move", *point)
    mouse(pad, "up", *points[-1])


def draw(pad: DigitPad, *strokes) -> None:
    """Draw with the mouse and wait for the answer, as a kernel's event loop would."""

    async def session():
        for stroke in strokes:
            drag(pad, *stroke)
        await asyncio.sleep(2 * pad.PREDICT_EVERY)

    asyncio.run(session())


# Drawing from Python


@pytest.mark.parametrize("digit", TEMPLATES)
def test_strokes_set_from_python_are_read_at_once(digit):
    pad = DigitPad(size=PAD[0])
    pad.strokes = TEMPLATES[digit]
    assert pad.prediction.digit == digit
    expected = Classifier.load().predict_strokes(TEMPLATES[digit], size=PAD)
    np.testing.assert_array_equal(pad.prediction.probabilities, expected.probabilities)


def test_strokes_become_plain_lists_of_points():
    pad = DigitPad(classifier=Reader())
    pad.strokes = (np.array([[1, 2], [3, 4]]), [], [(5, 6)])
    assert pad.strokes == [[(1.0, 2.0), (3.0, 4.0)], [(5.0, 6.0)]]


@pytest.mark.parametrize(
    "strokes", [None, 3, "two", [1, 2], [[1, 2]], [[(1, 2, 3)]], [[(1, "x")]], [[(0, np.nan)]]]
)
def test_what_is_no_strokes_is_refused_and_changes_nothing(strokes):
    pad = DigitPad(classifier=Reader())
    pad.strokes = SEVEN
    with pytest.raises(StrokesError, match=r"[Ss]troke"):
        pad.strokes = strokes
    assert pad.strokes == SEVEN


@pytest.mark.parametrize("name", ["prediction", "picture", "value"])
def test_what_follows_from_the_strokes_can_be_observed_and_not_set(name):
    pad = DigitPad(classifier=Reader())
    seen = []
    pad.observe(lambda change: seen.append((change.new, pad.prediction)), name)
    pad.strokes = SEVEN
    pad.clear()
    (first, prediction), (second, nothing) = seen
    expected = {"prediction": prediction, "picture": prediction.picture, "value": 1}
    assert first is expected[name]
    assert second is nothing is None
    for value in (None, expected[name]):
        with pytest.raises(traitlets.TraitError, match=f"{name} is read-only.*Set strokes"):
            setattr(pad, name, value)


def test_a_classifier_is_asked_in_the_unit_of_the_strokes():
    pads = DigitPad(size=280), DigitPad(size=560)
    pads[0].strokes = TEMPLATES[4]
    pads[1].strokes = [[(2 * x, 2 * y) for x, y in stroke] for stroke in TEMPLATES[4]]
    small, large = (pad.prediction.probabilities for pad in pads)
    np.testing.assert_allclose(small, large, atol=1e-5)


def test_undo_takes_back_strokes_one_by_one_and_then_does_nothing():
    pad = DigitPad(classifier=Reader())
    pad.strokes = [[(1, 1)], [(2, 2)]]
    pad.undo()
    assert pad.strokes == [[(1.0, 1.0)]]
    assert pad.prediction.digit == 1
    pad.undo()
    pad.undo()
    assert pad.strokes == []
    assert pad.prediction is None


def test_undo_brings_back_what_was_cleared_or_replaced():
    pad = DigitPad(classifier=Reader())
    two = [[(1.0, 1.0)], [(2.0, 2.0)]]
    pad.strokes = two
    pad.clear()
    assert (pad.strokes, pad.value) == ([], None)
    pad.undo()
    assert (pad.strokes, pad.value) == (two, 2)
    pad.strokes = SEVEN
    pad.undo()
    assert (pad.strokes, pad.value) == (two, 2)
    pad.redo()
    assert (pad.strokes, pad.value) == (SEVEN, 1)


def test_the_buttons_can_be_pressed_where_they_would_do_something():
    pad = DigitPad(classifier=Reader())
    buttons = [part(pad, name) for name in ("Undo", "Redo", "Clear")]

    def pressable() -> list[str]:
        return [button.description for button in buttons if not button.disabled]

    assert pressable() == []
    pad.strokes = SEVEN
    assert pressable() == ["Undo", "Clear"]
    pad.undo()
    assert pressable() == ["Redo"]
    pad.redo()
    pad.clear()
    assert pressable() == ["Undo"]
    pad.read(sample(3))
    assert pressable() == ["Undo", "Clear"]
    pad.undo()
    for button, expected in zip(buttons, [SEVEN, [], []], strict=True):
        button.click()
        assert pad.strokes == expected


# Images instead of strokes


def test_an_image_is_read_like_any_other_and_comes_in_place_of_strokes():
    pad = DigitPad()
    pad.strokes = TEMPLATES[4]
    for digit in (3, 8):
        image = Image.fromarray((255 * (1 - sample(digit))).astype(np.uint8))
        pad.read(image)
        expected = Classifier.load().predict(image)
        assert (pad.strokes, pad.value) == ([], digit)
        np.testing.assert_array_equal(pad.picture, expected.picture)
        np.testing.assert_array_equal(pad.prediction.probabilities, expected.probabilities)
    pad.undo()
    assert (pad.strokes, pad.value) == ([], 3)
    pad.undo()
    assert pad.value == 4
    assert pad.strokes == TEMPLATES[4]


def test_the_first_stroke_on_an_image_begins_an_empty_sheet():
    pad = DigitPad(classifier=Reader())
    pad.read(sample(3))
    draw(pad, [(10, 10), (20, 20)])
    assert (pad.strokes, pad.value) == ([[(10, 10), (20, 20)]], 1)
    pad.undo()
    assert (pad.strokes, pad.value) == ([], 9)
    pad.clear()
    assert (pad.strokes, pad.value) == ([], None)


@pytest.mark.parametrize(
    ("image", "error"), [(b"no image", ImageError), (np.zeros((30, 30)), NothingDrawnError)]
)
def test_what_cannot_be_read_leaves_the_pad_as_it_was(image, error):
    pad = DigitPad(classifier=Reader())
    pad.strokes = SEVEN
    prediction = pad.prediction
    with pytest.raises(error):
        pad.read(image)
    assert (pad.strokes, pad.prediction) == (SEVEN, prediction)


def test_the_stages_are_those_of_what_is_on_the_pad():
    pad = DigitPad()
    with pytest.raises(NothingDrawnError):
        pad.stages()
    pad.strokes = TEMPLATES[4]
    np.testing.assert_array_equal(pad.stages()[-1].picture, pad.picture)
    pad.read(sample(3))
    np.testing.assert_array_equal(pad.stages()[-1].picture, pad.picture)


def upload(pad: DigitPad, content: bytes) -> None:
    """Let a file arrive as the browser sends it."""
    send(pad, {"event": "image"}, content)


def enlarged(picture: np.ndarray, *, times: int = 6) -> Image.Image:
    """A digit as dark ink on white paper, with soft edges."""
    image = Image.fromarray((255 * (1 - picture)).astype(np.uint8))
    return image.resize((times * image.width, times * image.height), Image.Resampling.BICUBIC)


def test_a_file_that_is_too_large_is_refused():
    pad = DigitPad(classifier=Reader())
    upload(pad, bytes(MAX_BYTES + 600_000))
    sentence = part(pad, "complaint").value
    assert "7.6 MB, and at most 7 MB are accepted" in sentence
    upload(pad, bytes(MAX_BYTES))
    assert "This is not an image" in part(pad, "complaint").value


@pytest.mark.parametrize("times", [20, 100])
def test_a_large_image_is_kept_small(times):
    pad, image = DigitPad(collect=False), enlarged(stored_digits()[0][42], times=times)
    pad.read(image)
    kept, expected = pad._drawing.image, pad.classifier.read(image)
    assert max(kept.ink.shape) <= INK_SIDE
    np.testing.assert_array_equal(kept.ink, expected.ink)
    np.testing.assert_array_equal(pad.prediction.probabilities, expected.prediction.probabilities)
    assert (kept.text, kept.size) == ("4", image.size)


def test_the_ink_on_an_image_is_found_once(monkeypatch):
    looked, find = [], preprocess.inks_from_image
    monkeypatch.setattr(
        preprocess, "inks_from_image", lambda image: looked.append(1) or find(image)
    )
    DigitPad(collect=False).read(enlarged(stored_digits()[0][42]))
    assert looked == [1]


def test_an_upload_is_read_and_one_of_no_use_gets_a_sentence_that_says_what_to_do():
    pad = DigitPad()
    file = io.BytesIO()
    Image.fromarray((255 * sample(3)).astype(np.uint8)).save(file, "PNG")
    upload(pad, file.getvalue())
    assert (pad.value, part(pad, "complaint").value) == (3, "")
    upload(pad, b"<no image>")
    sentence = part(pad, "complaint").value
    assert sentence.startswith('<p role="alert">This is not an image: expected a PNG, JPEG')
    assert "&lt;no imag" in sentence
    assert sentence.endswith(". Please try another image.</p>")
    assert pad.value == 3
    upload(pad, SAMPLE.read_bytes())
    assert (len(pad.reading.digits), part(pad, "complaint").value) == (100, "")
    part(pad, "Stored digit").value = "8"
    assert (pad.value, part(pad, "complaint").value) == (8, "")


# Manners of a widget


def test_a_pad_can_be_linked_from_and_handed_to_interact():
    pad, shown = DigitPad(classifier=Reader()), ipywidgets.IntText()
    traitlets.dlink((pad, "value"), (shown, "value"), transform=lambda digit: digit or 0)
    asked = []
    interactive = ipywidgets.interactive(lambda digit: asked.append(digit), digit=pad)
    pad.strokes = SEVEN
    assert shown.value == 1
    assert asked == [None, 1]
    assert pad in interactive.children


def test_a_classifier_may_be_any_function_from_pictures_to_probabilities():
    def always_three(pictures):
        assert pictures.shape[1:] == (28, 28)
        return np.tile(np.eye(10)[3], (len(pictures), 1))

    pad = DigitPad(classifier=always_three)
    pad.strokes = SEVEN
    assert pad.value == 3
    pad.read(sample(8))
    assert pad.value == 3
    with pytest.raises(TypeError, match="no classifier"):
        DigitPad(classifier="three")


def test_closing_a_pad_closes_all_that_it_consists_of_and_what_is_due(tmp_path, monkeypatch):
    monkeypatch.setattr(DigitPad, "PREDICT_EVERY", 1)  # so that the second answer is due
    reader, before = Reader(), set(open_widgets.values())
    pad = DigitPad(classifier=reader, collect=Drawings(tmp_path / "drawings.sqlite3"))
    for name in ("See what the network sees", "Was it wrong? Teach it"):
        part(pad, name).value = True

    async def session():
        mouse(pad, "down", 10, 10)
        mouse(pad, "move", 50, 50)
        pad.close()
        await asyncio.sleep(2 * pad.PREDICT_EVERY + REST)

    asyncio.run(session())
    assert reader.seen == [[[(10, 10)]]]
    assert set(open_widgets.values()) <= before


def test_a_layout_that_others_may_share_stays_open():
    layout = ipywidgets.Layout()
    DigitPad(classifier=Reader(), layout=layout).close()
    assert layout.comm is not None
    layout.close()


def test_a_wider_pen_changes_what_is_seen_and_not_what_is_read():
    pad = DigitPad(size=280)
    pad.strokes = TEMPLATES[4]
    prediction, width = pad.prediction, part(pad, "ink").width
    pens = part(pad, "pen")
    pens.index = 2
    assert pad.pen_width > 20
    assert part(pad, "ink").width == pytest.approx(pad.pen_width / 280) != width
    assert pad.prediction is prediction
    pad.pen_width = 3
    assert pens.index is None
    pad.pen_width = 20
    assert pens.label == "Medium pen"
    with pytest.raises(traitlets.TraitError, match="pen_width"):
        pad.pen_width = 0


# What is below


def test_the_sections_hold_nothing_until_they_are_opened(tmp_path):
    pad = DigitPad(classifier=Reader(), collect=Drawings(tmp_path / "drawings.sqlite3"))
    pad.strokes = SEVEN
    below = part(pad, "sections").children
    assert [section.body for section in below] == 3 * [None]
    for section in below:
        section.is_open = True
    assert below[0].body.stages.is_open
    assert part(pad, "7").disabled is False


def test_a_correction_is_kept_with_what_was_drawn_and_makes_the_file(tmp_path):
    drawings = Drawings(tmp_path / "drawings.sqlite3")
    pad = DigitPad(size=280, collect=drawings)
    part(pad, "Was it wrong? Teach it").value = True
    pad.strokes = TEMPLATES[4]
    pad.undo()
    assert list(tmp_path.iterdir()) == []
    said = pad.value
    part(pad, "9").click()
    [kept] = drawings
    assert (kept.label, kept.prediction.digit) == (9, said)
    assert kept.strokes == TEMPLATES[4][:1]
    pad.read(sample(8))
    assert part(pad, "8").disabled


def test_by_default_corrections_go_into_the_users_own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_DRAWINGS", str(tmp_path / "mine.sqlite3"))
    pad = DigitPad(classifier=Reader())
    part(pad, "Was it wrong? Teach it").value = True
    pad.strokes = SEVEN
    assert list(tmp_path.iterdir()) == []
    part(pad, "7").click()
    assert [kept.label for kept in Drawings(tmp_path / "mine.sqlite3")] == [7]


def test_a_pad_without_sections():
    pad = DigitPad(classifier=Reader(), insight=False, teach=False, challenge=False)
    assert part(pad, "sections").children == ()


# Drawing by hand


def test_a_drag_is_a_stroke_in_the_pads_own_unit():
    pad = DigitPad(classifier=Reader())
    draw(pad, [(10, 10), (20, 30), (40, 50)], [(60, 60)])
    assert pad.strokes == [[(10, 10), (20, 30), (40, 50)], [(60, 60)]]
    assert pad.prediction.digit == 2


def test_a_palm_is_taken_back():
    pad = DigitPad(classifier=Reader())
    together(pad, ("down", 10, 10), ("move", 20, 20), ("up", 20, 20))
    together(pad, ("down", 200, 200), ("move", 210, 200), ("up", 210, 200), ("cancel", 210, 200))
    assert pad.strokes == [[(10, 10), (20, 20)]]
    assert pad.value == 1


def test_what_arrives_again_is_drawn_once_and_what_was_lost_is_waited_for():
    pad, answers = DigitPad(classifier=Reader()), []
    pen = part(pad, "ink")
    pen.send = lambda content, **_: answers.append((content["who"], content["heard"]))

    def moves(who: str, first: int, *kinds: str) -> None:
        moves = [[kind, (first + n) / 100, 0.5] for n, kind in enumerate(kinds)]
        send(pad, {"event": "moves", "who": who, "first": first, "moves": moves})

    async def session():
        moves("one", 0, "down", "move")
        moves("one", 3, "move")  # the one before was lost
        moves("one", 1, "move", "move", "move", "up")
        moves("one", 0, "down", "move", "move", "move", "up")
        moves("other", 0, "down", "up")
        await asyncio.sleep(2 * pad.PREDICT_EVERY + REST)

    asyncio.run(session())
    assert answers == [("one", 2), ("one", 2), ("one", 5), ("one", 5), ("other", 2)]
    assert [[round(x / 2.8) for x, _ in stroke] for stroke in pad.strokes] == [[0, 1, 2, 3], [0]]


def test_events_that_come_faster_than_answers_do_not_queue_up():
    reader = Reader()
    pad = DigitPad(classifier=reader)
    draw(pad, [(x / 10, 50) for x in range(1000)])
    assert len(reader.seen) < 100
    assert reader.seen[-1] == pad.strokes
    assert len(pad.strokes[0]) == 1000


def test_moves_that_come_together_are_drawn_together_and_answered_once():
    pad, one_by_one = DigitPad(classifier=Reader()), DigitPad(classifier=Reader())
    points = [(10, 10), (50, 50), (90, 20)]
    draw(one_by_one, points, [(60, 60)])
    together(pad, ("down", *points[0]), *[("move", *point) for point in points[1:]])
    assert pad.classifier.seen == [[points]]
    assert 'data-points="3"' in part(pad, "figures").value
    together(pad, ("up", *points[-1]), ("down", 60, 60))
    together(pad, ("up", 60, 60), ("move", 5, 5))
    assert pad.strokes == one_by_one.strokes == [points, [(60, 60)]]
    assert pad.classifier.seen[-1] == pad.strokes
    assert 'data-points="4"' in part(pad, "figures").value


def test_a_stroke_that_the_browser_shows_is_painted_now_and_then_and_at_its_end(monkeypatch):
    painted = []
    for method in ("extend", "repaint"):
        monkeypatch.setattr(Paper, method, lambda _: painted.append(pad._drawing.is_down))
    pad = DigitPad(classifier=Reader())

    async def session():
        for event, *point in [("down", 10, 10), *[("move", n, n) for n in range(20, 60)]]:
            move_together(pad, (event, *point))
            await asyncio.sleep(0.001)
        assert 1 <= len(painted) < 10
        assert all(painted)
        move_together(pad, ("move", 90, 90), ("up", 90, 90))
        assert painted.pop() is False
        assert all(painted)

    asyncio.run(session())


def test_an_answer_comes_while_the_pen_is_still_down():
    pad = DigitPad(classifier=Reader())

    async def session():
        mouse(pad, "down", 10, 10)
        mouse(pad, "move", 50, 50)
        await asyncio.sleep(2 * pad.PREDICT_EVERY + REST)
        assert pad.classifier.seen[-1] == [[(10, 10), (50, 50)]]
        assert pad.prediction.digit == 1

    asyncio.run(session())


def test_drawing_goes_on_after_its_event_loop_ended_with_an_answer_due():
    pad = DigitPad(classifier=Reader())

    async def cut_off():
        drag(pad, (10, 10), (50, 50))
        mouse(pad, "down", 20, 20)
        mouse(pad, "move", 40, 40)

    asyncio.run(cut_off())
    draw(pad, [(60, 60), (90, 90)])
    assert pad.prediction.digit == 3


# What is shown


def texts(pad: DigitPad) -> tuple[str, str]:
    plain = re.sub(r"<[^>]*>", " ", part(pad, "answer").value).replace("&nbsp;", " ")
    figures = re.search(r'"digitlab-probabilities"[^>]*>([^<]*)<', part(pad, "figures").value)
    return re.sub(r"\s+", " ", plain).strip(), figures[1]


def test_the_sentence_and_the_probabilities_follow_the_prediction():
    pad = DigitPad(classifier=Reader())
    empty = texts(pad)
    pad.strokes = SEVEN
    sentence, probabilities = texts(pad)
    assert sentence == "Predicted result is 1 91 % sure, next guess: 0 (1 %)"
    assert probabilities == (
        "0: 1 %, 1: 91 %, 2: 1 %, 3: 1 %, 4: 1 %, 5: 1 %, 6: 1 %, 7: 1 %, 8: 1 %, 9: 1 %"
    )
    pad.clear()
    assert texts(pad) == empty


def test_below_the_threshold_the_answer_is_a_question():
    class Doubtful(Reader):
        def predict_strokes(self, strokes, *, size):
            return dataclasses.replace(super().predict_strokes(strokes, size=size), threshold=0.95)

    pad = DigitPad(classifier=Doubtful())
    pad.strokes = SEVEN
    sentence, _ = texts(pad)
    assert sentence == "Not a digit? Predicted result is 1 , 91 % sure, next guess: 0 (1 %)"


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=10, max_size=10).filter(sum))
def test_nothing_is_ever_quite_certain(weights):
    class Fixed(Reader):
        def predict_strokes(self, strokes, *, size):
            probabilities = np.array(weights, np.float32) / np.float32(sum(weights))
            return Prediction(probabilities, picture_from_strokes(strokes, size=size))

    pad = DigitPad(classifier=Fixed())
    pad.strokes = SEVEN
    sentence, _ = texts(pad)
    assert re.fullmatch(
        r"Predicted result is \d (over 99|\d\d) % sure(, next guess: \d \(\d{1,2} %\))?",
        sentence,
    )


def test_a_failure_while_drawing_is_said_on_the_pad_and_goes_when_it_works_again():
    reader = Reader(failure=RuntimeError("<out of ink>"))
    pad = DigitPad(classifier=reader)

    async def session():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        drag(pad, (10, 10), (50, 50))
        await asyncio.sleep(2 * pad.PREDICT_EVERY)
        assert "&lt;out of ink&gt;" in part(pad, "complaint").value
        assert 'role="alert"' in part(pad, "complaint").value
        reader.failure = None
        drag(pad, (60, 60), (90, 90))
        await asyncio.sleep(2 * pad.PREDICT_EVERY)

    asyncio.run(session())
    assert part(pad, "complaint").value == ""
    assert pad.prediction.digit == 2


def test_a_failure_from_python_is_raised_where_it_happened():
    pad = DigitPad(classifier=Reader(failure=RuntimeError("out of ink")))
    with pytest.raises(RuntimeError, match="out of ink"):
        pad.strokes = SEVEN


def test_painting_that_fails_holds_back_nothing_that_follows(monkeypatch):
    pad = DigitPad(classifier=Reader())
    sent = []
    monkeypatch.setattr(
        ipycanvas._CanvasManager, "send", lambda *message, **_: sent.append(message)
    )
    with monkeypatch.context() as broken:
        broken.setattr(type(part(pad, "canvas")), "stroke_lines", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pad.strokes = SEVEN
    sent.clear()
    pad.strokes = [[(1, 1)]]
    assert len(sent) == 1  # one message, sent at once


def test_pads_do_not_share_their_drawing_or_their_bars():
    first, second = DigitPad(classifier=Reader()), DigitPad(classifier=Reader())
    first.strokes = SEVEN
    assert second.strokes == []
    assert second.prediction is None
    figures = part(first, "figures").value
    [mark] = set(re.findall(r"\.(digitlab-\w+)", figures)) - {"digitlab-bar"}
    assert mark in part(first, "reading")._dom_classes
    assert mark not in part(second, "reading")._dom_classes


def test_a_pad_takes_what_any_box_takes():
    pad = DigitPad(layout={"margin": "3px"})
    assert pad.layout.margin == "3px"


# Numbers


def numeral(text: str, *, scale: float = 0.45, gap: float = 0.0) -> list:
    """The strokes of a number across the pad."""
    step = PAD[0] / len(text)
    return [
        [((x - 60) * scale + step * place + 12, (y - 35) * scale + 80) for x, y in stroke]
        for place, digit in enumerate(text)
        for stroke in TEMPLATES[int(digit)]
    ]


@pytest.mark.parametrize(("text", "scale"), [("42", 0.45), ("11", 0.6), ("12345678", 0.2)])
def test_a_number_is_read_and_the_bars_are_about_the_digit_under_the_pen(text, scale):
    pad = DigitPad(collect=False)
    pad.strokes = numeral(text, scale=scale)
    assert (pad.value, pad.reading.text) == (int(text), text)
    assert f"Predicted result is <strong>{text}</strong>" in part(pad, "answer").value
    assert pad.prediction.digit == int(text[-1])
    assert part(pad, "frames").value.count("<rect") == len(text)
    chooser = part(pad, "chooser")
    chooser.index = 0
    assert pad.prediction.digit == int(text[0])
    assert pad.value == int(text)
    strokes = pad.reading.digits[0].strokes
    assert len(strokes) == len(TEMPLATES[int(text[0])])
    np.testing.assert_array_equal(pad.stages()[-1].picture, pad.picture)
    pad.close()


def test_a_frame_goes_around_all_the_ink_however_wide_the_pen():
    pad = DigitPad(collect=False)
    pad.strokes = numeral("42")
    points = np.concatenate(numeral("42")[len(TEMPLATES[4]) :])
    for pen_width in (pad.pen_width, 5.0):
        pad.pen_width = pen_width
        *_, last = re.findall(
            'x="(.+?)" y="(.+?)" width="(.+?)" height="(.+?)"', part(pad, "frames").value
        )
        corner, sides = np.array(last, float).reshape(2, 2)
        ink = points.min(axis=0) - pen_width / 2, points.max(axis=0) + pen_width / 2
        for air in (ink[0] - corner, corner + sides - ink[1]):
            assert (air > 0).all()
            assert (air < 10).all()
    pad.close()


@pytest.mark.parametrize("digit", TEMPLATES)
def test_a_single_digit_has_no_frame_and_nothing_to_choose(digit):
    pad = DigitPad(collect=False)
    pad.strokes = TEMPLATES[digit]
    alone = pad.classifier.predict_strokes(TEMPLATES[digit], size=PAD)
    assert pad.value == alone.digit
    np.testing.assert_array_equal(pad.picture, alone.picture)
    assert part(pad, "frames").value == ""
    assert part(pad, "chooser").layout.display == "none"
    pad.close()


def test_an_image_of_several_digits_is_read_and_each_can_be_looked_at():
    pad = DigitPad(collect=False)
    pad.read(SAMPLE)
    assert pad.reading.text == "\n".join(str(digit) * 10 for digit in range(10)).replace(
        "5555555555", "5555515555"
    )
    assert pad.value is None  # no one number
    part(pad, "chooser").index = 42
    assert pad.prediction.digit == 4
    np.testing.assert_array_equal(pad.stages()[-1].picture, pad.picture)
    pad.strokes = SEVEN
    assert (pad.value, part(pad, "frames").value) == (7, "")
    pad.close()
