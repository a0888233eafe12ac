import asyncio
import dataclasses
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ipycanvas import canvas as ipycanvas

from digitlab import Classifier, DigitPad, Prediction, StrokesError
from tests.strokes import PAD, TEMPLATES

SEVEN = [[(60.0, 50.0), (200.0, 50.0), (110.0, 240.0)]]


class Reader:
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
        return Prediction(probabilities, np.zeros((28, 28), np.float32))


def send(pad: DigitPad, event: str, **content) -> None:
    """Let an event arrive as the browser sends it: in canvas pixels, two to the pad's unit."""
    message = {"method": "custom", "content": {"event": event, **content}}
    pad._canvas._handle_msg({"content": {"data": message}, "buffers": []})


def mouse(pad: DigitPad, event: str, x: float, y: float) -> None:
    send(pad, f"mouse_{event}", x=pad.OVERSAMPLING * x, y=pad.OVERSAMPLING * y)


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
    with pytest.raises(StrokesError, match="strokes"):
        pad.strokes = strokes
    assert pad.strokes == SEVEN


def test_prediction_can_be_observed_and_not_set():
    pad = DigitPad(classifier=Reader())
    seen = []
    pad.observe(lambda change: seen.append(change.new), "prediction")
    pad.strokes = SEVEN
    pad.clear()
    assert [prediction and prediction.digit for prediction in seen] == [1, None]
    with pytest.raises(Exception, match="read-only"):
        pad.prediction = None


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


# Drawing by hand


def test_a_drag_is_a_stroke_in_the_pads_own_unit():
    pad = DigitPad(classifier=Reader())
    draw(pad, [(10, 10), (20, 30), (40, 50)], [(60, 60)])
    assert pad.strokes == [[(10, 10), (20, 30), (40, 50)], [(60, 60)]]
    assert pad.prediction.digit == 2


def test_a_stroke_ends_where_it_leaves_the_canvas():
    pad = DigitPad(classifier=Reader())

    async def session():
        mouse(pad, "down", 10, 10)
        mouse(pad, "out", 0, 12)
        mouse(pad, "move", 200, 200)
        mouse(pad, "up", 200, 200)

    asyncio.run(session())
    assert pad.strokes == [[(10, 10)]]


def test_fingers_draw_and_a_second_one_does_not():
    pad = DigitPad(classifier=Reader())

    async def session():
        send(pad, "touch_start", touches=[{"x": 20, "y": 20}])
        send(pad, "touch_start", touches=[{"x": 20, "y": 20}, {"x": 500, "y": 500}])
        send(pad, "touch_move", touches=[{"x": 40, "y": 40}, {"x": 510, "y": 500}])
        send(pad, "touch_end", touches=[{"x": 510, "y": 500}])
        send(pad, "touch_cancel", touches=[])

    asyncio.run(session())
    assert pad.strokes == [[(10, 10), (20, 20)]]


def test_events_that_come_faster_than_answers_do_not_queue_up():
    reader = Reader()
    pad = DigitPad(classifier=reader)
    draw(pad, [(x / 10, 50) for x in range(1000)])
    assert len(reader.seen) < 100
    assert reader.seen[-1] == pad.strokes
    assert len(pad.strokes[0]) == 1000


def test_an_answer_comes_while_the_pen_is_still_down():
    pad = DigitPad(classifier=Reader())

    async def session():
        mouse(pad, "down", 10, 10)
        mouse(pad, "move", 50, 50)
        await asyncio.sleep(2 * pad.PREDICT_EVERY)
        assert pad.prediction.digit == 1

    asyncio.run(session())


def test_drawing_goes_on_after_its_event_loop_ended_with_an_answer_due(monkeypatch):
    pad = DigitPad(classifier=Reader())
    pad.PREDICT_EVERY = 3600  # the first answer comes at once, the second long after the loop's end

    async def cut_off():
        drag(pad, (10, 10), (50, 50))
        await asyncio.sleep(0.01)
        drag(pad, (20, 20), (40, 40))

    asyncio.run(cut_off())
    assert pad.prediction.digit == 1
    clock = pad._update.when() + 2
    monkeypatch.setattr(asyncio.BaseEventLoop, "time", lambda _: clock)

    async def go_on():
        drag(pad, (60, 60), (90, 90))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(go_on())
    assert pad.prediction.digit == 3


# What is shown


def texts(pad: DigitPad) -> tuple[str, str]:
    plain = re.sub(r"<[^>]*>", " ", pad._answer.value).replace("&nbsp;", " ")
    return re.sub(r"\s+", " ", plain).strip(), pad._text.value


def test_the_sentence_and_the_probabilities_follow_the_prediction():
    pad = DigitPad(classifier=Reader())
    empty = texts(pad)
    pad.strokes = SEVEN
    sentence, probabilities = texts(pad)
    assert sentence == "Predicted result is 1 91 % sure, runner-up 0 (1 %)"
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
    assert sentence == "Not a digit? Predicted result is 1 , 91 % sure, runner-up 0 (1 %)"


@given(st.lists(st.floats(0.0, 1.0, width=32), min_size=10, max_size=10).filter(sum))
def test_nothing_is_ever_quite_certain(weights):
    class Fixed:
        def predict_strokes(self, strokes, *, size):
            probabilities = np.array(weights, np.float32) / np.float32(sum(weights))
            return Prediction(probabilities, np.zeros((28, 28), np.float32))

    pad = DigitPad(classifier=Fixed())
    pad.strokes = SEVEN
    sentence, _ = texts(pad)
    assert re.fullmatch(
        r"Predicted result is \d (over )?\d\d % sure, runner-up \d \((under 1|\d{1,2}) %\)",
        sentence,
    )


def test_a_failure_while_drawing_is_said_on_the_pad_and_goes_when_it_works_again():
    reader = Reader(failure=RuntimeError("<out of ink>"))
    pad = DigitPad(classifier=reader)

    async def session():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        drag(pad, (10, 10), (50, 50))
        await asyncio.sleep(2 * pad.PREDICT_EVERY)
        assert "&lt;out of ink&gt;" in pad._complaint.value
        assert 'role="alert"' in pad._complaint.value
        reader.failure = None
        drag(pad, (60, 60), (90, 90))
        await asyncio.sleep(2 * pad.PREDICT_EVERY)

    asyncio.run(session())
    assert pad._complaint.value == ""
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
        broken.setattr(type(pad._canvas), "stroke_lines", lambda *_: 1 / 0)
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
    assert first._mark != second._mark
    assert first._mark in first._levels.value


def test_a_pad_takes_what_any_box_takes():
    pad = DigitPad(layout={"margin": "3px"})
    assert pad.layout.margin == "3px"
