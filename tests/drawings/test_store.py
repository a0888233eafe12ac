import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitlab import Classifier, NothingDrawnError, StrokesError
from digitlab.drawings.drawing import CorrectedDrawing, Guess
from digitlab.drawings.pen_strokes import write
from digitlab.drawings.store import Drawings, Tally
from digitlab.preprocess.strokes import picture_from_strokes
from tests.drawings.test_pen_strokes import DRAWINGS
from tests.strokes import PAD, TEMPLATES

RIGHT, WRONG, DECLINED = Guess(4, 0.9, True), Guess(3, 0.8, True), Guess(4, 0.3, False)


@pytest.fixture
def drawings(tmp_path) -> Drawings:
    return Drawings(tmp_path / "drawings.sqlite3")


def add_all(drawings: Drawings) -> None:
    for digit, strokes in TEMPLATES.items():
        drawings.add(strokes, size=PAD, label=digit)


def test_what_is_added_comes_back_in_order(drawings):
    classifier = Classifier.load()
    before = datetime.now(UTC)
    for digit, strokes in TEMPLATES.items():
        prediction = classifier.predict_strokes(strokes, size=PAD)
        drawings.add(strokes, size=PAD, label=digit, prediction=prediction)
    after = datetime.now(UTC)
    assert len(drawings) == 10
    for digit, drawing in enumerate(drawings):
        assert drawing.label == digit
        assert drawing.size == PAD
        assert drawing.prediction.digit == digit
        assert before <= drawing.time <= after
        assert drawing.time.tzinfo == UTC
        for kept, drawn in zip(drawing.strokes, TEMPLATES[digit], strict=True):
            np.testing.assert_allclose(kept, drawn, atol=0.1)


def test_ids_tell_drawings_apart(drawings):
    add_all(drawings)
    ids = [drawing.id for drawing in drawings]
    assert ids == sorted(set(ids))
    assert drawings.add(TEMPLATES[3], size=PAD, label=3) == ids[3]


def test_another_object_sees_them_at_once(drawings):
    add_all(drawings)
    assert list(Drawings(drawings.path)) == list(drawings)


def test_the_same_drawing_has_one_label_and_it_is_the_last(drawings):
    first = drawings.add(TEMPLATES[1], size=PAD, label=1, prediction=RIGHT)
    drawings.add(TEMPLATES[2], size=PAD, label=2)
    assert drawings.add(TEMPLATES[1], size=PAD, label=None, prediction=DECLINED) == first
    assert [(drawing.id, drawing.label) for drawing in drawings] == [(first, None), (2, 2)]
    assert next(iter(drawings)).prediction == DECLINED


def test_the_same_shape_elsewhere_is_another_drawing(drawings):
    for offset in (0, 10):
        moved = [[(x + offset, y) for x, y in stroke] for stroke in TEMPLATES[1]]
        drawings.add(moved, size=PAD, label=1)
    assert len(drawings) == 2


def test_what_cannot_be_kept_is_refused_and_nothing_is_created(drawings):
    with pytest.raises(NothingDrawnError):
        drawings.add([], size=PAD, label=1)
    with pytest.raises(StrokesError):
        drawings.add("seven", size=PAD, label=1)
    with pytest.raises(ValueError, match="label"):
        drawings.add(TEMPLATES[1], size=PAD, label=10)
    assert not drawings.path.exists()


def test_remove_takes_one_and_its_id_never_comes_again(drawings):
    add_all(drawings)
    last = [drawing.id for drawing in drawings][-1]
    assert drawings.remove(last) is True
    assert [drawing.label for drawing in drawings] == list(range(9))
    assert drawings.remove(last) is False
    assert drawings.add(TEMPLATES[9], size=PAD, label=9) > last


def test_pictures_are_what_the_network_would_see_of_the_digits(drawings):
    add_all(drawings)
    drawings.add([[(20, 20), (260, 260)]], size=PAD, label=None)
    pictures, labels = drawings.pictures()
    assert (pictures.shape, pictures.dtype) == ((10, 28, 28), np.float32)
    assert (labels.tolist(), labels.dtype) == (list(range(10)), np.int64)
    for digit, picture in enumerate(pictures):
        expected = picture_from_strokes(TEMPLATES[digit], size=PAD)
        np.testing.assert_allclose(picture, expected, atol=0.02)


def test_pictures_leave_out_what_is_suspect(drawings, tmp_path):
    suspect = CorrectedDrawing(TEMPLATES[1], PAD, 7, suspect=True)
    write(tmp_path / "some.jsonl", [suspect, CorrectedDrawing(TEMPLATES[2], PAD, 2)])
    assert drawings.load(tmp_path / "some.jsonl") == 2
    assert drawings.pictures()[1].tolist() == [2]


def test_no_drawings_are_no_pictures(drawings):
    pictures, labels = drawings.pictures()
    assert (pictures.shape, pictures.dtype) == ((0, 28, 28), np.float32)
    assert (labels.shape, labels.dtype) == ((0,), np.int64)


def test_the_tally_counts_what_was_read_right(drawings):
    assert (drawings.tally(), drawings.total()) == ({}, Tally())
    said = [(4, RIGHT), (4, WRONG), (4, DECLINED), (4, None), (7, WRONG), (None, RIGHT)]
    for number, (label, guess) in enumerate([*said, (None, DECLINED), (None, None)]):
        drawings.add([[(0, 0), (number, 200)]], size=PAD, label=label, prediction=guess)
    assert drawings.tally() == {4: Tally(4, 3, 2), 7: Tally(1, 1, 0), None: Tally(3, 2, 1)}
    assert list(drawings.tally()) == [4, 7, None]
    assert drawings.total() == Tally(8, 6, 3)


@settings(max_examples=15, deadline=None)  # each waits for the disk eight times
@given(st.lists(DRAWINGS, max_size=4), st.sampled_from([".jsonl", ".jsonl.gz"]))
def test_export_and_load_lose_nothing_and_double_nothing(tmp_path_factory, some, ending):
    folder = tmp_path_factory.mktemp("files")
    given_, first, second = (folder / f"{name}{ending}" for name in ("given", "first", "second"))
    write(given_, some)
    one, other = Drawings(folder / "one"), Drawings(folder / "other")
    n = one.load(given_)
    assert n == len(one) <= len(some)
    assert one.export(first) == n
    assert (other.load(first), other.load(first), other.load(given_)) == (n, 0, 0)
    assert [replace(d, id=None) for d in other] == [replace(d, id=None) for d in one]
    assert other.export(second) == n
    assert second.read_bytes() == first.read_bytes()


def test_what_was_drawn_here_is_known_again_in_its_own_export(drawings, tmp_path):
    add_all(drawings)
    drawings.export(tmp_path / "mine.jsonl")
    assert drawings.load(tmp_path / "mine.jsonl") == 0


def test_export_makes_no_folder_that_somebody_may_have_mistyped(drawings, tmp_path):
    add_all(drawings)
    with pytest.raises(FileNotFoundError):
        drawings.export(tmp_path / "drawigns" / "mine.jsonl")
    assert not (tmp_path / "drawigns").exists()


def test_load_leaves_what_is_kept_as_it_is(drawings, tmp_path):
    drawings.add(TEMPLATES[1], size=PAD, label=7)
    drawings.export(tmp_path / "early.jsonl")
    drawings.add(TEMPLATES[1], size=PAD, label=1)
    assert drawings.load(tmp_path / "early.jsonl") == 0
    assert [drawing.label for drawing in drawings] == [1]


def test_load_takes_all_lines_or_none(drawings, tmp_path):
    add_all(drawings)
    drawings.export(tmp_path / "some.jsonl")
    with (tmp_path / "some.jsonl").open("a") as file:
        file.write('{"label": 11, "strokes": [[0, 0]]}\n')
    other = Drawings(tmp_path / "other.sqlite3")
    with pytest.raises(StrokesError, match="line 11: The label is 11"):
        other.load(tmp_path / "some.jsonl")
    assert not other.path.exists()


def test_a_file_that_is_not_there_is_the_usual_error(drawings, tmp_path):
    with pytest.raises(FileNotFoundError):
        drawings.load(tmp_path / "missing.jsonl")


def test_the_file_is_the_one_that_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITLAB_DRAWINGS", str(tmp_path / "mine"))
    assert Drawings().path == tmp_path / "mine"


def test_the_place_of_mnist_is_not_that_of_drawings(tmp_path, monkeypatch):
    # MNIST's folder may be shared by a whole class.
    monkeypatch.delenv("DIGITLAB_DRAWINGS", raising=False)
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path))
    assert tmp_path not in Drawings().path.parents


@pytest.mark.parametrize("module", ["drawings", "pad"])
def test_none_of_it_imports_the_lab(module):
    program = f"import digitlab.{module}, sys; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"torch", "torchvision", "matplotlib", "cv2", "tqdm"} & set(ended.stdout.split())
