"""The teacher's guide: a page for each notebook, which says of it only what is true."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "docs" / "teaching"
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
HEADINGS = [
    "Aims",
    "What to know before",
    "Plan",
    "Misconceptions",
    "When an exercise stalls",
    "Discuss",
    "Go further",
]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> Path:
    return request.param


@pytest.fixture
def lesson(notebook) -> str:
    return (GUIDE / f"{notebook.stem}.md").read_text(encoding="utf-8")


@pytest.fixture
def prose(notebook) -> str:
    cells = nbformat.read(notebook, nbformat.NO_CONVERT).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def section(lesson: str, heading: str) -> str:
    return lesson.partition(f"## {heading}\n")[2].partition("\n## ")[0]


def test_each_lesson_has_all_that_a_teacher_looks_for(lesson):
    assert re.findall(r"^## (.+)$", lesson, re.MULTILINE) == HEADINGS
    assert all(section(lesson, heading).strip() for heading in HEADINGS)


def test_the_minutes_of_each_plan_add_up(lesson):
    header, _, *steps = rows(section(lesson, "Plan"))
    assert header[1:] == ["45", "60", "90"]
    for column, minutes in enumerate(header[1:], 1):
        assert sum(int(step[column] or 0) for step in steps) == int(minutes)


def test_it_names_sections_predictions_and_exercises_that_the_notebook_has(lesson, prose):
    sections = {int(number) for number in re.findall(r"^## (\d+)\. ", prose, re.MULTILINE)}
    predictions = {int(number) for number in re.findall(r"\*\*Predict (\d+)\.", prose)}
    exercises = {int(number) for number in re.findall(r"\*\*Exercise (\d+)\b", prose)}
    plan = section(lesson, "Plan")
    named = re.findall(r"[Ss]ections? (\d+)(?: (?:and|to) (\d+))?", plan)
    assert {int(number) for pair in named for number in pair if number} <= sections
    shown_in = [row[1] for row in rows(section(lesson, "Misconceptions"))[2:]]
    cited = {int(n) for cell in shown_in for n in re.findall(r"Predict (\d+)", cell)}
    assert cited
    assert cited <= predictions
    stalls = section(lesson, "When an exercise stalls")
    assert {int(n) for n in re.findall(r"\*\*Exercise (\d+)", stalls)} <= exercises


def test_every_lesson_is_in_a_plan_and_in_the_table_of_contents():
    guide = (GUIDE / "README.md").read_text(encoding="utf-8")
    plans, _, contents = guide.partition("```{toctree}")
    for notebook in NOTEBOOKS:
        assert f"({notebook.stem}.md)" in plans
        assert f"\n{notebook.stem}\n" in contents


def test_the_points_of_the_test_add_up():
    test = (GUIDE / "test.md").read_text(encoding="utf-8")
    points = [int(number) for number in re.findall(r"\((\d+) points\)", test)]
    assert f"{sum(points)} points" in test.partition("**1.**")[0]
    assert test.count("<details>") == len(points)


def test_the_points_of_the_rubric_add_up():
    rubric = (GUIDE / "rubric.md").read_text(encoding="utf-8")
    header, _, *criteria = rows(rubric)
    assert all(len(row) == len(header) for row in criteria)
    assert f"{4 * len(criteria)} points in all" in rubric
