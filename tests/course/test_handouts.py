"""Editions for a class, what comes back from it, and the whole way through nbgrader."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from digitlab.cli import cli
from digitlab.course.handouts import EDITIONS, POINTS, collect, exercises, hand_out
from digitlab.errors import DigitlabError
from digitlab.places import resource

LESSONS = sorted(resource("notebooks").glob("[0-9]*.ipynb"))
FIRST = LESSONS[0].name
RIGHT, WRONG, NOT_BEGUN = "✓ Well done.", "✗ That is upside down.", "… Not begun yet."


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("class")
    for edition in EDITIONS:
        hand_out(folder / edition, edition)
    return {edition: folder / edition for edition in EDITIONS}


def read(path: Path) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.mark.parametrize("lesson", [path.name for path in LESSONS])
@pytest.mark.parametrize("edition", EDITIONS)
def test_every_edition_is_valid_and_keeps_no_outputs(handed_out, edition, lesson):
    code = [c for c in read(handed_out[edition] / lesson).cells if c.cell_type == "code"]
    assert code
    assert [c for c in code if c.outputs or c.execution_count is not None] == []


@pytest.mark.parametrize("lesson", [path.name for path in LESSONS])
def test_learners_get_the_hints_and_no_solution(handed_out, lesson):
    text = "\n".join(cell.source for cell in read(handed_out["student"] / lesson).cells)
    assert "<summary>Hint 1</summary>" in text
    assert "Solution</summary>" not in text
    for exercise in exercises(read(resource(f"notebooks/{lesson}"))):
        assert exercise.solution not in text


def test_teachers_get_every_exercise_solved(handed_out):
    for lesson in LESSONS:
        solved = read(handed_out["solutions"] / lesson.name)
        for exercise in exercises(read(lesson)):
            source = solved.cells[exercise.place].source
            assert exercise.solution in source
            assert source.endswith(exercise.check)


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_link_in_a_handout_leads_to_something_in_the_folder(handed_out, edition):
    folder = handed_out[edition]
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.md")]
    for lesson in LESSONS:
        texts += [cell.source for cell in read(folder / lesson.name).cells]
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)|src=\"([^\"]+)", "\n".join(texts))
    assert links
    assert {
        link for pair in links for link in pair if link and not (folder / link).exists()
    } == set()
    assert "make lab" not in (folder / "README.md").read_text(encoding="utf-8")


def test_what_somebody_may_have_worked_in_is_never_overwritten(tmp_path):
    (tmp_path / FIRST).write_text("my own work")
    with pytest.raises(DigitlabError, match="Choose another folder"):
        hand_out(tmp_path)
    assert (tmp_path / FIRST).read_text() == "my own work"
    assert len(list(tmp_path.iterdir())) == 1


# What comes back


def came_back(path: Path, *said: str) -> None:
    """Write the first lesson, in which the checkers have said these sentences."""
    notebook = read(LESSONS[0])
    for exercise, sentence in zip(exercises(notebook), said, strict=False):
        output = nbformat.v4.new_output("execute_result", {"text/plain": sentence})
        notebook.cells[exercise.place].outputs = [output]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def test_who_has_which_exercises_right(tmp_path):
    came_back(tmp_path / "anna" / FIRST, RIGHT, RIGHT, WRONG, NOT_BEGUN)
    came_back(tmp_path / FIRST.replace(".ipynb", "-bob.ipynb"), WRONG, RIGHT, RIGHT, RIGHT)
    [(lesson, learners)] = collect(tmp_path).items()
    assert lesson == LESSONS[0].stem
    marks = {name: "".join(list(own.values())[:4]) for name, own in learners.items()}
    assert marks == {"anna": "✓✓✗…", "bob": "✗✓✓✓"}


def test_what_somebody_hands_in_twice_is_shown_twice(tmp_path):
    came_back(tmp_path / "anna" / FIRST, WRONG)
    came_back(tmp_path / "late" / "anna" / FIRST, RIGHT)
    [learners] = collect(tmp_path).values()
    again = str(Path("late", "anna", FIRST))
    assert {name: marks["digit_picture"] for name, marks in learners.items()} == {
        "anna": "✗",
        again: "✓",
    }


def test_a_notebook_is_found_by_its_exercises_whatever_it_is_called(tmp_path):
    came_back(tmp_path / "bob.ipynb", RIGHT)
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "shopping list.ipynb")
    [(lesson, learners)] = collect(tmp_path).items()
    assert lesson == LESSONS[0].stem
    assert list(learners) == ["bob"]


def test_a_notebook_that_was_not_run_is_no_failure(tmp_path):
    hand_out(tmp_path / "carol")
    for lesson in collect(tmp_path).values():
        assert set(lesson["carol"].values()) == {"?"}


def test_the_command_prints_the_table(tmp_path):
    came_back(tmp_path / "anna" / FIRST, RIGHT, RIGHT, WRONG, NOT_BEGUN)
    result = CliRunner().invoke(cli, ["course", "--collect", str(tmp_path)])
    assert result.exit_code == 0
    [anna] = [line for line in result.output.splitlines() if line.startswith("anna")]
    assert anna.split()[1:5] == ["✓", "✓", "✗", "…"]
    assert "2 of " in anna


@pytest.mark.parametrize("options", [[], ["--to", "a", "--collect", "."]], ids=["neither", "both"])
def test_the_command_says_what_it_needs(options):
    result = CliRunner().invoke(cli, ["course", *options])
    assert result.exit_code == 2
    assert "--to" in result.output
    assert "--collect" in result.output


def test_a_folder_without_notebooks_and_a_broken_one_are_said(tmp_path):
    with pytest.raises(DigitlabError, match="no notebook of the course"):
        collect(tmp_path)
    (tmp_path / FIRST).write_text("{")
    with pytest.raises(DigitlabError, match="can't be read as a notebook"):
        collect(tmp_path)


# nbgrader


def test_points_follow_the_grades():
    for lesson in LESSONS:
        assert {exercise.points for exercise in exercises(read(lesson))} <= set(POINTS.values())


@pytest.mark.notebook
def test_nbgrader_gives_the_points_that_an_answer_deserves(handed_out, tmp_path):
    lesson = "01-meet-the-data"
    source = handed_out["nbgrader"] / f"{lesson}.ipynb"
    (tmp_path / "source" / "lesson").mkdir(parents=True)
    (tmp_path / "source" / "lesson" / source.name).write_bytes(source.read_bytes())
    nbgrader(tmp_path, "generate_assignment")
    released = tmp_path / "release" / "lesson" / source.name
    assert "BEGIN SOLUTION" not in released.read_text(encoding="utf-8")

    solved, first = read(source), exercises(read(LESSONS[0]))[0]
    submit(tmp_path, "right", released, solved)
    for cell in solved.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == first.name:
            cell.source = f"def {first.name}(scan):\n    return scan / 255"
    submit(tmp_path, "wrong", released, solved)
    nbgrader(tmp_path, "autograde")

    most = sum(exercise.points for exercise in exercises(read(LESSONS[0])))
    assert scores(tmp_path) == {"right": most, "wrong": most - first.points}


def nbgrader(folder: Path, command: str) -> None:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # alembic's
    ended = subprocess.run(
        [sys.executable, "-m", "nbgrader", command, "lesson", "--create", f"--course-dir={folder}"],
        cwd=folder,
        env=os.environ | {"HOME": str(folder), "PATH": programs},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]


def submit(folder: Path, learner: str, released: Path, solved: nbformat.NotebookNode) -> None:
    """Hand in what was released, with a learner's answers in the place of the solutions."""
    answers = {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in solved.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    notebook = read(released)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        cell.source = answers.get(name, cell.source)
    place = folder / "submitted" / learner / "lesson"
    place.mkdir(parents=True)
    nbformat.write(notebook, place / released.name)


def scores(folder: Path) -> dict[str, float]:
    """What nbgrader's own gradebook says."""
    program = (
        "import json, sys; from nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///' + sys.argv[1]) as book:\n"
        "    handed_in = book.assignment_submissions('lesson')\n"
        "    print(json.dumps({one.student.id: one.score for one in handed_in}))"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, folder / "gradebook.db"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout)
