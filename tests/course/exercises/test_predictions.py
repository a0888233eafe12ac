import json

import pytest

from digitlab.course.exercises import compare, predict


@pytest.fixture(autouse=True)
def kept_in(tmp_path, monkeypatch):
    path = tmp_path / "notes" / "predictions.json"
    monkeypatch.setenv("DIGITLAB_PREDICTIONS", str(path))
    return path


def write(note, answer):
    """Enter an answer as a person does, into the field below the label."""
    note.children[1].value = answer


def test_what_is_written_down_is_there_on_another_day(capsys):
    write(predict("2.1"), "320")
    write(predict("2.2"), "weiß nicht")
    assert predict("2.1").answer == "320"
    assert repr(predict("2.1")) == "Your prediction 2.1: 320"
    compare("2.2", "nine in ten")
    assert capsys.readouterr().out == "You predicted: weiß nicht\nIt turned out: nine in ten\n"


def test_nothing_written_down_is_said(capsys, kept_in):
    assert repr(predict("2.1")) == "Your prediction 2.1: nothing yet"
    compare("2.1", 3)
    assert capsys.readouterr().out == "You predicted: nothing yet\nIt turned out: 3\n"
    assert not kept_in.exists()


def test_one_of_several_is_chosen_and_can_be_taken_back():
    first = predict("1.1", choices=["more", "less"])
    assert first.answer is None
    write(first, "less")
    assert predict("1.1", choices=["more", "less"]).answer == "less"
    assert predict("1.1", choices=["up", "down"]).answer is None
    write(first, None)
    assert predict("1.1", choices=["more", "less"]).answer is None


@pytest.mark.parametrize("content", ["", "{", "[1]", "\0"])
def test_a_damaged_file_is_an_empty_one(content, kept_in):
    kept_in.parent.mkdir()
    kept_in.write_text(content)
    note = predict("1.1")
    assert note.answer is None
    write(note, "yes")
    assert json.loads(kept_in.read_text()) == {"1.1": "yes"}
    assert [path.name for path in kept_in.parent.iterdir()] == [kept_in.name]
