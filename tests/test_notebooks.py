"""The notebooks: how each of the course is built, and in what state all are committed.

What they compute is compared by nbval, in `make test`; nothing here runs a notebook.
"""

import re
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
COURSE = sorted(NOTEBOOKS.glob("0*.ipynb"))
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))  # and the page

LONGEST_CELL = 25  # lines of code
MOST_CELLS = 60
LARGEST_FILE = 1_500_000  # bytes
# Where a notebook may have been run, to judge by what Linux, macOS and Windows call such places.
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|work|usr|opt)/|\b[A-Z]:\\|site-packages"
)

of_all = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)


@pytest.fixture(params=COURSE, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def prose(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


@pytest.fixture
def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture
def outputs(code):
    return [output for cell in code for output in cell.outputs]


def objectives(text):
    return re.findall(r"^\d\. (.+)", text, flags=re.MULTILINE)


# How it is built


def test_it_opens_with_what_one_will_have_learned_and_what_it_takes(prose):
    opening = prose[0]
    assert opening.startswith("# ")
    for part in ("**At the end you have**", "**You will be able to**", "**What to know before:**"):
        assert part in opening
    [minutes] = re.findall(r"\*\*Time:\*\* about (\d+) minutes", opening)
    assert 20 <= int(minutes) <= 45
    assert 3 <= len(objectives(opening)) <= 5


def test_it_leads_to_the_notebooks_before_and_after_it(path, prose):
    place = COURSE.index(path)
    *_, links = prose[0].strip().splitlines()
    neighbours = [*COURSE[max(place - 1, 0) : place], *COURSE[place + 1 : place + 2]]
    expected = [other.name for other in neighbours]
    expected.insert(min(place, 1), "README.md")
    assert re.findall(r"\]\(([^)]+)\)", links) == expected


def test_in_colab_it_installs_the_package_and_elsewhere_nothing(code):
    assert code[0].source == (
        "import sys\n\n"
        'if "google.colab" in sys.modules:  # only there is the package not installed yet\n'
        '    %pip install --quiet "digitlab[lab]"'
    )


def test_it_closes_with_the_same_objectives_and_a_self_check(prose):
    opening, closing = prose[0], prose[-1]
    assert "You can" in closing
    assert len(objectives(closing)) == len(objectives(opening))
    assert "### Check yourself" in closing
    assert closing.count("<details>") == closing.count("</details>") >= 2


def test_predictions_are_written_down_then_compared_then_explained(path, notebook):
    asked = [
        (int(number), place)
        for place, cell in enumerate(notebook.cells)
        for number in re.findall(r"\*\*Predict (\d)\.\*\*", cell.source)
    ]
    assert [number for number, _ in asked] == list(range(1, len(asked) + 1))
    assert len(asked) >= 3
    for number, place in asked:
        note, run, why = notebook.cells[place + 1 : place + 4]
        key = f'"{int(path.name[:2])}.{number}"'
        assert note.source.startswith(f"predict({key}")
        assert f"compare({key}, " in run.source.splitlines()[-1]
        assert why.source.startswith("<details><summary>")


def test_exercises_have_a_stub_two_hints_and_a_solution(notebook):
    asked = [
        (int(number), place)
        for place, cell in enumerate(notebook.cells)
        for number in re.findall(r"\*\*Exercise (\d)\.\*\*", cell.source)
    ]
    assert [number for number, _ in asked] == list(range(1, len(asked) + 1))
    assert len(asked) >= 3
    for _, place in asked:
        stub, help_ = notebook.cells[place + 1 : place + 3]
        assert stub.metadata.tags == ["exercise"]
        assert "..." in stub.source
        assert re.fullmatch(r"check\.\w+\(.+\)", stub.source.splitlines()[-1])
        assert [output.data["text/plain"][0] for output in stub.outputs] == ["…"]
        assert re.findall(r"<summary>(.+?)</summary>", help_.source) == [
            "Hint 1",
            "Hint 2",
            "Solution",
        ]


def test_headings_are_in_order(prose):
    levels = [len(marks) for text in prose for marks in re.findall(r"^(#+) ", text, re.MULTILINE)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_cells_are_short_and_few(notebook, code):
    assert len(notebook.cells) < MOST_CELLS
    longest = max(code, key=lambda cell: cell.source.count("\n"))
    assert longest.source.count("\n") < LONGEST_CELL, longest.source


def test_each_code_cell_follows_some_prose(notebook):
    kinds = "".join("m" if cell.cell_type == "markdown" else "c" for cell in notebook.cells)
    assert "ccc" not in kinds
    assert kinds[0] == kinds[-1] == "m"


def test_folded_parts_are_closed(prose):
    for text in prose:
        assert text.count("<details>") == text.count("</details>")
        assert text.count("<details>") == text.count("<summary>") == text.count("</summary>")


# In what state it is committed


@of_all
def test_it_was_run_once_from_top_to_bottom(code):
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))


@of_all
def test_no_cell_failed_or_warned(outputs):
    assert [output for output in outputs if output.output_type == "error"] == []
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_every_picture_is_described(prose, outputs):
    images = [output for output in outputs if "image/png" in output.get("data", {})]
    assert images
    for image in images:
        assert re.fullmatch(r"[A-Z0-9].{20,}\.", image.data["text/plain"], re.DOTALL)
        alternative = image.metadata["image/png"]["alt"]
        assert alternative.startswith(image.data["text/plain"])
    for text in prose:
        assert not re.search(r"!\[\s*\]\(|<img (?![^>]*alt=\"[^\"]+\")", text)


@of_all
def test_it_runs_in_any_python_and_names_no_machine(path, notebook):
    assert notebook.metadata.kernelspec.name == "python3"
    assert MACHINE_PATH.findall(path.read_text(encoding="utf-8")) == []


@of_all
def test_it_keeps_no_times_and_no_widgets(notebook):
    assert [cell.id for cell in notebook.cells if "execution" in cell.metadata] == []
    assert "widgets" not in notebook.metadata


@of_all
def test_it_is_small_enough_for_git(path):
    assert path.stat().st_size < LARGEST_FILE


def test_the_index_lists_it(path, prose):
    title = prose[0].splitlines()[0].removeprefix("# ")
    index = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
    assert f"[{title}]({path.name})" in index
