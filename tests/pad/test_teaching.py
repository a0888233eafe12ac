import re
import sqlite3

import ipywidgets
import pytest
from ipywidgets.widgets import widget as registry

from digitlab import Classifier
from digitlab.drawings.sqlite import DrawingsFile
from digitlab.drawings.store import Drawings
from digitlab.pad.teaching import Teaching
from tests.strokes import PAD, TEMPLATES

CLASSIFIER = Classifier.load()
NAMES = [*"0123456789", "not a digit"]


@pytest.fixture
def teaching(tmp_path):
    teaching = Teaching(CLASSIFIER, Drawings(tmp_path / "drawings.sqlite3"))
    yield teaching
    teaching.close()


def widgets(parent, kind) -> list:
    found = [parent] if isinstance(parent, kind) else []
    return found + [w for child in getattr(parent, "children", ()) for w in widgets(child, kind)]


def button(teaching: Teaching, name: str) -> ipywidgets.Button:
    (found,) = (b for b in widgets(teaching, ipywidgets.Button) if b.description == name)
    return found


def press(teaching: Teaching, name: str) -> None:
    """Let a click arrive as the browser sends it."""
    message = {"method": "custom", "content": {"event": "click"}}
    button(teaching, name)._handle_msg({"content": {"data": message}, "buffers": []})


def offer(teaching: Teaching, strokes) -> None:
    teaching.offer(strokes, size=PAD)


def text(teaching: Teaching) -> str:
    return " ".join(
        re.sub(r"<style.*?</style>|<[^>]*>", "", html.value) for html in htmls(teaching)
    )


def htmls(teaching: Teaching) -> list[ipywidgets.HTML]:
    return widgets(teaching, ipywidgets.HTML)


def role(teaching: Teaching, name: str) -> str:
    """The text of what has this role; empty where nothing has it."""
    return "".join(
        re.findall(rf'<p role="{name}">(.*?)</p>', "".join(h.value for h in htmls(teaching)))
    )


def labels(teaching: Teaching) -> list[int | None]:
    return [drawing.label for drawing in teaching.drawings]


def can_take_back(teaching: Teaching) -> bool:
    return button(teaching, "Forget this one").layout.visibility == "visible"


def chosen(teaching: Teaching) -> list[str]:
    return [
        b.description
        for b in widgets(teaching, ipywidgets.Button)
        if "digitlab-teaching-chosen" in b._dom_classes
    ]


def test_it_asks_and_says_what_is_kept_and_shows_no_path(teaching):
    assert "Which digit was it really?" in text(teaching)
    assert "are kept on the computer that runs this pad" in text(teaching)
    assert str(teaching.drawings.path.parent) not in text(teaching)


def test_where_nothing_is_kept_it_says_so():
    teaching = Teaching(CLASSIFIER)
    assert "forgotten when you close the page" in text(teaching)
    offer(teaching, TEMPLATES[4])
    press(teaching, "9")
    assert len(teaching.taught) == 1
    teaching.close()


def test_there_are_eleven_answers_each_with_a_name_of_its_own(teaching):
    answers = [b for b in widgets(teaching, ipywidgets.Button) if b.description in NAMES]
    assert [b.description for b in answers] == NAMES
    assert len({b.tooltip for b in answers}) == 11
    assert button(teaching, "8").tooltip == "It was 8"


def test_while_nothing_is_drawn_nothing_can_be_said(teaching):
    assert all(button(teaching, name).disabled for name in NAMES)
    offer(teaching, TEMPLATES[4])
    assert not any(button(teaching, name).disabled for name in NAMES)
    offer(teaching, [])
    assert all(button(teaching, name).disabled for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_click_keeps_the_drawing_with_its_label(teaching, name):
    offer(teaching, TEMPLATES[4])
    press(teaching, name)
    (kept,) = teaching.drawings
    assert kept.label == (None if name == "not a digit" else int(name))
    assert kept.size == PAD
    assert kept.prediction.digit == 4
    assert [len(stroke) for stroke in kept.strokes] == [len(stroke) for stroke in TEMPLATES[4]]
    assert chosen(teaching) == [name]


def test_it_thanks_and_says_what_it_understood(teaching):
    for answer, thanks in (
        ("3", "Thank you! So this is 3."),
        ("not a digit", "Thank you! So this is no digit."),
    ):
        offer(teaching, TEMPLATES[3])
        press(teaching, answer)
        assert role(teaching, "status") == f"{thanks} Drawings you have taught it: 1."


def test_the_last_word_on_a_drawing_counts(teaching):
    offer(teaching, TEMPLATES[4])
    press(teaching, "9")
    press(teaching, "4")
    assert labels(teaching) == [4]
    assert chosen(teaching) == ["4"]


def test_a_drawing_that_is_shown_again_is_still_the_same(teaching):
    offer(teaching, TEMPLATES[4])
    press(teaching, "9")
    thanks = role(teaching, "status")
    offer(teaching, [[*stroke] for stroke in TEMPLATES[4]])
    assert (role(teaching, "status"), chosen(teaching)) == (thanks, ["9"])
    offer(teaching, TEMPLATES[5])
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    assert labels(teaching) == [4]


def test_what_is_kept_is_what_was_offered_though_the_pen_draws_on(teaching):
    strokes = [[(10.0, 10.0), (10.0, 90.0)]]
    offer(teaching, strokes)
    strokes[0].append((90.0, 90.0))
    press(teaching, "1")
    assert [len(stroke) for drawing in teaching.drawings for stroke in drawing.strokes] == [2]


def test_a_slip_can_be_taken_back_even_when_the_pad_is_clear_again(teaching):
    assert not can_take_back(teaching)
    offer(teaching, TEMPLATES[3])
    press(teaching, "3")
    offer(teaching, TEMPLATES[4])
    press(teaching, "9")
    offer(teaching, [])
    assert can_take_back(teaching)
    press(teaching, "Forget this one")
    assert labels(teaching) == [3]
    assert role(teaching, "status") == "Forgotten. Drawings you have taught it: 1."
    assert not can_take_back(teaching)
    assert chosen(teaching) == []
    press(teaching, "Forget this one")
    assert labels(teaching) == [3]


def test_what_was_taken_back_can_be_said_anew(teaching):
    offer(teaching, TEMPLATES[4])
    press(teaching, "9")
    press(teaching, "Forget this one")
    press(teaching, "4")
    assert labels(teaching) == [4]


def test_one_button_forgets_all_that_was_taught_here_and_no_more(teaching):
    before = teaching.drawings.add(TEMPLATES[1], size=PAD, label=1)
    changes = []
    teaching.on_change = lambda: changes.append(len(teaching.taught))
    assert button(teaching, "Forget all I taught").layout.visibility == "hidden"
    for digit, name in ((3, "8"), (4, "not a digit")):
        offer(teaching, TEMPLATES[digit])
        press(teaching, name)
    assert "Drawings you have taught it: 2." in role(teaching, "status")
    press(teaching, "Forget all I taught")
    assert changes == [1, 2, 0]
    assert [drawing.id for drawing in teaching.drawings] == [before]
    assert chosen(teaching) == []
    assert button(teaching, "Forget all I taught").layout.visibility == "hidden"


def test_what_is_kept_is_what_the_network_itself_had_said(teaching):
    for _ in range(2):
        offer(teaching, TEMPLATES[4])
        press(teaching, "9")
    assert teaching.taught.predict_strokes(TEMPLATES[4], size=PAD).digit == 9
    assert [drawing.prediction.digit for drawing in teaching.drawings] == [4]


def test_a_new_drawing_ends_the_thanks_and_the_way_back(teaching):
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    offer(teaching, TEMPLATES[5])
    assert role(teaching, "status") == ""
    assert not can_take_back(teaching)
    assert chosen(teaching) == []
    assert labels(teaching) == [4]


def test_while_one_draws_nothing_is_sent_and_no_file_is_touched(teaching):
    offer(teaching, TEMPLATES[4][:1])
    sent = []
    for widget in widgets(teaching, ipywidgets.Widget):
        widget.observe(sent.append)
    for n in range(2, 7):
        offer(teaching, [TEMPLATES[4][0][:n]])
    assert sent == []
    assert not teaching.drawings.path.exists()


@pytest.fixture
def locked(teaching, monkeypatch):
    """Somebody else writes, and does not end."""
    monkeypatch.setattr(DrawingsFile, "PATIENCE", 0.01)
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    other = sqlite3.connect(teaching.drawings.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield teaching
    other.close()


@pytest.mark.parametrize("name", ["9", "Forget this one"])
def test_a_locked_file_is_a_sentence_and_changes_nothing(locked, name):
    press(locked, name)
    assert "Another program is writing" in role(locked, "alert")
    assert role(locked, "status") == ""
    assert labels(locked) == [4]
    assert chosen(locked) == ["4"]
    assert can_take_back(locked)


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    teaching = Teaching(CLASSIFIER, Drawings(tmp_path / "file" / "<drawings>"))
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    assert "DIGITLAB_DRAWINGS" in role(teaching, "alert")
    assert "&lt;drawings&gt;" in role(teaching, "alert")
    assert not can_take_back(teaching)
    teaching.close()


def test_after_a_failure_the_next_click_can_succeed(teaching):
    teaching.drawings.path.write_text("This is no SQLite file. " * 100)
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    assert "some other file" in role(teaching, "alert")
    teaching.drawings.path.unlink()
    press(teaching, "4")
    assert role(teaching, "alert") == ""
    assert labels(teaching) == [4]


def test_an_answer_that_comes_after_the_pad_was_cleared_is_a_sentence(teaching):
    offer(teaching, TEMPLATES[4])
    offer(teaching, [])
    press(teaching, "4")
    assert "draw a digit first" in role(teaching, "alert")
    assert not teaching.drawings.path.exists()


def test_close_closes_all_that_it_made(tmp_path):
    before = set(registry._instances)
    teaching = Teaching(CLASSIFIER, Drawings(tmp_path / "drawings.sqlite3"))
    offer(teaching, TEMPLATES[4])
    press(teaching, "4")
    assert set(registry._instances) > before
    teaching.close()
    assert set(registry._instances) == before
    teaching.close()


def test_its_text_form_is_one_line(teaching):
    assert repr(teaching) == "Teaching()"
