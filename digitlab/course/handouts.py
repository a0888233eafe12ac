"""The notebooks as a class gets them, and what comes back.

All editions are made from the notebooks themselves, so nobody edits them by hand. A checked
exercise is a cell tagged ``exercise`` whose last line asks the checker; the cell below holds the
hints and the solution.
"""

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor

from digitlab.errors import DigitlabError
from digitlab.places import resource

__all__ = ["EDITIONS", "collect", "hand_out"]

POINTS = {"for everybody": 2, "takes thought": 3, "stretch": 5}
"""How many points an exercise of each grade gives."""

BESIDE = ("README.md", "glossary.md")
"""What the notebooks link to. A class gets the first only up to "Running them"."""


@dataclass(frozen=True)
class Exercise:
    """A checked exercise of a notebook.

    Attributes
    ----------
    place : int
        Where its cell is among the notebook's cells; the next one has hints and solution.
    name : str
        What the checker calls it, such as ``"slope"``.
    points : int
        What it gives, by its grade.
    imports, check, solution : str
        The cell's imports and its last line, and the code that solves it.
    """

    place: int
    name: str
    points: int
    imports: str
    check: str
    solution: str


def exercises(notebook: nbformat.NotebookNode) -> list[Exercise]:
    """Return the checked exercises of a notebook, in order.

    Examples
    --------
    >>> from digitlab.places import resource
    >>> lesson = nbformat.read(resource("notebooks/01-meet-the-data.ipynb"), as_version=4)
    >>> [exercise.name for exercise in exercises(lesson)][:2]
    ['digit_picture', 'average_digits']
    """
    found, grade = [], "takes thought"
    for place, cell in enumerate(notebook.cells):
        if stated := re.findall(r"\*\*Exercise \d+ · ([\w ]+)", cell.source):
            grade = stated[-1]
        if "exercise" in cell.metadata.get("tags", ()):
            check, answer = cell.source.splitlines()[-1], notebook.cells[place + 1].source
            name = re.findall(r"\.(\w+)\(", check)[0]
            imports = "".join(re.findall(r"^(?:from|import) .*\n", cell.source, re.MULTILINE))
            solution = re.findall(r"```python\n(.*?)```", answer, re.DOTALL)[-1]
            found.append(Exercise(place, name, POINTS[grade], imports, check, solution))
    return found


def student(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take the solutions out of a notebook; the hints stay, folded."""
    folded = r"\s*<details><summary>Solution</summary>.*?</details>"
    for cell in notebook.cells:
        cell.source = re.sub(folded, "", cell.source, flags=re.DOTALL)
    return notebook


def solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Solve every checked exercise of a notebook."""
    for one in exercises(notebook):
        notebook.cells[one.place].source = f"{one.imports}{one.solution}\n{one.check}"
    return notebook


def nbgrader(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Make a solution and a test cell of each exercise, as nbgrader's assignments have them."""
    for one in reversed(exercises(notebook)):
        cell = notebook.cells[one.place]
        cell.source = _for_nbgrader(one.solution)
        cell.metadata["nbgrader"] = _cell(one.name, solution=True)
        test = nbformat.v4.new_code_cell(
            f"{one.imports}verdict = {one.check}\nassert verdict.passed, verdict.message"
        )
        test.metadata["nbgrader"] = _cell(f"test-{one.name}", grade=True, points=one.points)
        notebook.cells.insert(one.place + 1, test)
    return student(notebook)  # nbgrader hides its own solutions; ours would still be there


def _for_nbgrader(solution: str) -> str:
    """Mark what nbgrader takes away: of a function its body, else everything."""
    lines = solution.rstrip().splitlines()
    last = ast.parse(solution).body[-1]
    start = last.body[0].lineno - 1 if isinstance(last, ast.FunctionDef) else 0
    space = "    " if start else ""
    marked = [f"{space}### BEGIN SOLUTION", *lines[start:], f"{space}### END SOLUTION"]
    return "\n".join([*lines[:start], *marked])


def _cell(name: str, **said: Any) -> dict[str, Any]:
    """Nbgrader's metadata of a cell, in version 3 of its schema."""
    default = {"grade": False, "locked": "grade" in said, "solution": False, "task": False}
    return {"cell_type": "code", "grade_id": name, "schema_version": 3} | default | said


EDITIONS = {edition.__name__: edition for edition in (student, solutions, nbgrader)}
"""What makes an edition of a notebook without outputs, by name."""


def hand_out(folder: Path, edition: str = "student") -> list[Path]:
    """Write all notebooks of the course into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Where to; made if it isn't there.
    edition : {"student", "solutions", "nbgrader"}
        Without solutions; solved; or as nbgrader's source notebooks.

    Returns
    -------
    list of pathlib.Path
        The notebooks written.

    Raises
    ------
    DigitlabError
        If one of the files exists already: somebody may have worked in it.
    """
    sources = sorted(resource("notebooks").glob("[0-9]*.ipynb"))
    targets = [folder / source.name for source in sources]
    if there := [target for target in targets if target.exists()]:
        raise DigitlabError(
            f"{there[0]} exists already, and somebody may have worked in it. Choose another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for source, target in zip(sources, targets, strict=True):
        notebook, _ = ClearOutputPreprocessor().preprocess(nbformat.read(source, as_version=4), {})
        made = EDITIONS[edition](notebook)
        for cell in made.cells:
            cell.source = _within_the_folder(cell.source)
        nbformat.write(made, target)
    for name in BESIDE:
        text, *_ = resource(f"notebooks/{name}").read_text(encoding="utf-8").split("\n## Running")
        (folder / name).write_text(_within_the_folder(text), encoding="utf-8")
    return targets


def _within_the_folder(text: str) -> str:
    """Return a text without pictures and links that lead out of the notebooks' folder."""
    return re.sub(r"<img [^>]*\.\./[^>]*>|\[([^]]+)\]\(\.\./[^)]+\)", r"\1", text)


def collect(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Read from the notebooks that came back which exercises are right.

    Nothing is run: a notebook says itself what its checkers answered. Its exercises tell which
    lesson it is, whatever the file is called. The rest of its name, or its folder, tells whose:
    ``01-meet-the-data-anna.ipynb``, ``anna.ipynb``, ``anna/01-meet-the-data.ipynb``.

    Parameters
    ----------
    folder : pathlib.Path
        Where the notebooks are, at any depth.

    Returns
    -------
    dict
        For each lesson, for each learner, for each exercise its mark: ``"✓"`` right, ``"✗"``
        wrong, ``"…"`` not begun, ``"?"`` not run or not there.

    Raises
    ------
    DigitlabError
        If there is no notebook of the course in the folder, or one can't be read.
    """
    lessons = {
        source.stem: [one.name for one in exercises(nbformat.read(source, as_version=4))]
        for source in sorted(resource("notebooks").glob("[0-9]*.ipynb"))
    }
    table: dict[str, dict[str, dict[str, str]]] = {}
    for path in sorted(folder.rglob("*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        marks = _marks(path)
        lesson = max(lessons, key=lambda stem: len(marks.keys() & lessons[stem]))
        if not marks.keys() & lessons[lesson]:
            continue  # a notebook of something else
        learner = path.stem.replace(lesson, "").strip(" -_") or path.parent.name
        rows = table.setdefault(lesson, {})
        if learner in rows:  # handed in twice: neither replaces the other
            learner = str(path.relative_to(folder))
        rows[learner] = {name: marks.get(name, "?") for name in lessons[lesson]}
    if not table:
        raise DigitlabError(f"There is no notebook of the course in {folder} or below it.")
    return table


def _marks(path: Path) -> dict[str, str]:
    """What the checkers have answered in a notebook, by the exercise's name; ? where nothing."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except (OSError, ValueError, nbformat.ValidationError) as error:
        raise DigitlabError(f"{path} can't be read as a notebook: {error}") from error
    marks = {}
    for cell in notebook.cells:
        asked = re.findall(r"^(?:verdict = )?check\.(\w+)\(", cell.source, re.MULTILINE)
        said = [output.get("data", {}).get("text/plain", " ") for output in cell.get("outputs", ())]
        if asked:
            mark = said[-1][:1] if said else "?"
            marks[asked[-1]] = mark if mark in "✓✗…" else "?"
    return marks
