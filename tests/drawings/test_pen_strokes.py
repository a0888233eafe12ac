import gzip
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitlab import StrokesError
from digitlab.drawings.drawing import CorrectedDrawing, Guess
from digitlab.drawings.pen_strokes import from_line, read, to_line, write
from tests.drawings.test_drawing import STROKES

SIDE = st.floats(100, 5000)
NAMES = st.text(st.characters(categories=["L", "N", "P"]), max_size=20)
GUESSES = st.builds(Guess, st.integers(0, 9), st.floats(0, 1), st.booleans())
TIMES = st.datetimes(
    datetime(1990, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))]),
)
DRAWINGS = st.builds(
    CorrectedDrawing,
    STROKES,
    st.tuples(SIDE, SIDE),
    st.integers(0, 9) | st.none(),
    st.none() | GUESSES,
    st.none() | TIMES,
    NAMES,
    NAMES,
    st.booleans(),
).map(CorrectedDrawing.checked)

SEVEN = {"label": 7, "source": "x", "writer": "y", "strokes": [[0, 0, 700, 0, 250, 1000]]}


def line(**changes) -> str:
    return json.dumps(SEVEN | changes)


@given(DRAWINGS)
def test_writing_and_reading_gives_the_same_drawing(drawing):
    assert from_line(to_line(drawing)) == drawing


@given(DRAWINGS)
def test_a_line_is_in_the_format_of_others(drawing):
    text = to_line(drawing)
    assert text.isascii()
    assert "\n" not in text
    content = json.loads(text)
    assert content["label"] == drawing.label
    assert (content["source"], content["writer"]) == (drawing.source, drawing.writer)
    assert content.get("suspect", False) is drawing.suspect
    assert [len(path) for path in content["strokes"]] == [2 * len(s) for s in drawing.strokes]
    values = [value for path in content["strokes"] for value in path]
    assert {type(value) for value in values} == {int}
    xs, ys = ([v for path in content["strokes"] for v in path[first::2]] for first in (0, 1))
    assert min(xs) == min(ys) == 0
    assert max(xs + ys) in (0, 1000)  # 0 where it is a dot


def test_y_points_down_in_the_file_as_on_the_pad():
    drawing = CorrectedDrawing([[(10, 20), (60, 120)]], (280, 280), 1).checked()
    assert json.loads(to_line(drawing))["strokes"] == [[0, 0, 500, 1000]]


@settings(deadline=None)  # it waits for the disk
@given(st.lists(DRAWINGS, max_size=4), st.sampled_from(["all.jsonl", "all.jsonl.gz"]))
def test_files_packed_or_not_come_back(tmp_path_factory, drawings, name):
    path = tmp_path_factory.mktemp("files") / name
    assert write(path, drawings) == len(drawings)
    assert read(path) == drawings
    assert (path.read_bytes()[:2] == b"\x1f\x8b") is name.endswith(".gz")


def test_the_same_drawings_make_the_same_file(tmp_path):
    drawings = [from_line(line())]
    for name in ("a.gz", "b.gz"):
        write(tmp_path / name, drawings)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


def test_a_full_disk_leaves_the_older_file_as_it_was(tmp_path):
    resource = pytest.importorskip("resource", reason="Windows has no limit to a file's size")
    path = tmp_path / "mine.jsonl"
    write(path, [from_line(line())])
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # more cannot be written
    try:
        with pytest.raises(OSError, match="too large"):
            write(path, [from_line(line())] * 10)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


def test_a_link_and_who_may_read_the_file_are_kept(tmp_path):
    path, link = tmp_path / "mine.jsonl", tmp_path / "link.jsonl"
    path.write_text("")
    path.chmod(0o600)
    link.symlink_to(path)
    write(link, [from_line(line())])
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read(path)) == 1


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="not on Windows")
def test_what_is_no_ordinary_file_is_written_to():
    out, into = os.pipe()
    write(f"/dev/fd/{into}", [from_line(line())])
    os.close(into)
    assert b'"label":7' in os.read(out, 1000)
    os.close(out)


def test_a_line_of_others_lies_in_the_middle_of_its_pad_and_is_not_changed():
    drawing = from_line(line())
    assert drawing.label == 7
    assert (drawing.source, drawing.writer, drawing.suspect) == ("x", "y", False)
    assert (drawing.prediction, drawing.time) == (None, None)
    width, height = drawing.size
    for axis, side in ((0, width), (1, height)):
        ends = [point[axis] for stroke in drawing.strokes for point in stroke]
        assert min(ends) == pytest.approx(side - max(ends))
    assert json.loads(to_line(drawing)).items() >= SEVEN.items()


def test_where_others_begin_to_count_does_not_matter():
    moved = line(strokes=[[-40, 300, 660, 300, 210, 1300]])
    assert from_line(moved).strokes == from_line(line()).strokes


def test_suspect_lines_stay_suspect():
    assert from_line(line(suspect=True)).suspect
    assert json.loads(to_line(from_line(line(suspect=True))))["suspect"] is True


def test_unknown_keys_are_passed_over():
    assert from_line(line(colour="blue")) == from_line(line())


PARTS = {
    "prediction": {"digit": 3, "confidence": 0.5, "is_digit": True},
    "pad": {"size": [280, 280], "corner": [10, 20], "extent": 100},
}


@pytest.mark.parametrize("key", PARTS)
def test_unknown_keys_are_passed_over_in_the_parts_too(key):
    part = PARTS[key]
    assert from_line(line(**{key: part | {"colour": "blue"}})) == from_line(line(**{key: part}))


BAD = {
    "not JSON": "{",
    "no object": "[1, 2]",
    "brackets without end": "[" * 100_000,
    "no label": json.dumps({"strokes": [[0, 0]]}),
    "no strokes": json.dumps({"label": 1}),
    "a letter": line(label="A"),
    "a label too large": line(label=10),
    "a label that is a truth": line(label=True),
    "strokes of text": line(strokes="none"),
    "no points at all": line(strokes=[]),
    "an empty stroke": line(strokes=[[]]),
    "half a point": line(strokes=[[0, 0, 1]]),
    "fractions": line(strokes=[[0.5, 0]]),
    "pairs": line(strokes=[[[0, 0], [1, 1]]]),
    "not scaled": line(strokes=[[0, 0, 20_000, 0]]),
    "a number without end": line(strokes=[[0, 0, 10**400, 0]]),
    "not a number": line(strokes=[[0, float("nan")]]),
    "a pad of text": line(pad="large"),
    "a pad without a corner": line(pad={"size": [280, 280], "extent": 10}),
    "a pad of no size": line(pad={"size": [0, 280], "corner": [0, 0], "extent": 10}),
    "a pad that is far away": line(pad={"size": [9, 9], "corner": [1e5, 0], "extent": 9}),
    "an infinite drawing": line(pad={"size": [9, 9], "corner": [0, 0], "extent": float("inf")}),
    "a prediction of text": line(prediction="7"),
    "a prediction with parts missing": line(prediction={"digit": 7}),
    "a prediction too sure": line(prediction={"digit": 7, "confidence": 1.5, "is_digit": True}),
    "a time of no zone": line(time="2025-03-14T15:09:26"),
    "a time of no kind": line(time=[1]),
    "an image that is a number": line(image=3),
    "a writer of many lines": line(writer="a\nb"),
    "a doubtful suspicion": line(suspect="maybe"),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_a_bad_line_is_named_by_its_number(tmp_path, bad):
    path = tmp_path / "some.jsonl"
    path.write_text(f"{line()}\n\n{bad}\n{line()}\n")
    with pytest.raises(StrokesError, match=r"some\.jsonl, line 3: \S+") as caught:
        read(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "not a JSON object"),
        (line(label="A"), "'A': expected a digit, 0 to 9"),
        (line(strokes=[[0, 0], [0, 0, 1]]), "Stroke 2 is .* expected integers"),
        (line(time="noon"), "'noon': expected such as"),
    ],
)
def test_the_error_says_what_is_wrong_and_what_would_be_right(bad, said):
    with pytest.raises(ValueError, match=said):
        from_line(bad)


@given(st.binary(max_size=300))
def test_no_bytes_whatever_raise_anything_else(content):
    try:
        drawing = from_line(content)
    except ValueError:
        return
    assert drawing == drawing.checked()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.sampled_from([*SEVEN, "pad", "prediction", "time", "suspect"]), JSON)
def test_no_value_whatever_raises_anything_else(key, value):
    try:
        drawing = from_line(json.dumps(SEVEN | {key: value}))
    except ValueError:
        return
    assert drawing == drawing.checked()


@pytest.mark.parametrize(
    "damage", [lambda packed: packed[:-9], lambda packed: b"no gzip", lambda packed: packed[:40]]
)
def test_a_damaged_packed_file_is_an_error(tmp_path, damage):
    path = tmp_path / "some.jsonl.gz"
    path.write_bytes(damage(gzip.compress(f"{line()}\n".encode() * 20)))
    with pytest.raises(StrokesError, match="not a whole gzip file"):
        read(path)
