"""The notebooks: how each of the course is built, and in what state all are committed.

What they compute is compared by nbval, in `make test`; nothing here runs a notebook.
"""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbconvert import HTMLExporter

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
TEMPLATES = NOTEBOOKS / "templates"
COURSE = sorted(NOTEBOOKS.glob("0*.ipynb"))
ALL = sorted(NOTEBOOKS.glob("*.ipynb"))  # and the page

FIRST_CELL = nbformat.read(NOTEBOOKS / "01-meet-the-data.ipynb", as_version=4).cells[1].source
LONGEST_CELL = 25  # lines of code
MOST_CELLS = 80
LONGEST_SITTING = 60  # minutes
# Minutes that an exercise takes a beginner. Each notebook has one of each grade.
GRADES = {"for everybody": 4, "takes thought": 8, "stretch": 15}
EXERCISE = re.compile(r"\*\*Exercise (\d) · ([a-z ]+?)(, several cells)?\.\*\*")
STOP = "**A good place to stop.**"
LARGEST_FILE = 1_500_000  # bytes
# Where a notebook may have been run, to judge by what Linux, macOS and Windows call such places.
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:home|root|Users|tmp|work|usr|opt)/|\b[A-Z]:\\|site-packages"
)

of_all = pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)


INDEX = (NOTEBOOKS / "README.md").read_text(encoding="utf-8")
_, *sections = re.split(
    r"^## (\d)\. .*$", (NOTEBOOKS / "glossary.md").read_text("utf-8"), flags=re.M
)
GLOSSARY = dict(zip(map(int, sections[::2]), sections[1::2], strict=True))


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


def sittings(cells):
    """Return how many minutes each sitting takes a beginner, by words, code cells and exercises."""
    minutes = [0.0]
    for cell in cells:
        if cell.cell_type == "code":
            minutes[-1] += 1
            continue
        if STOP in cell.source:
            minutes.append(0.0)
        minutes[-1] += len(re.findall(r"\w+", cell.source)) / 120
        minutes[-1] += sum(GRADES[grade] for _, grade, _ in EXERCISE.findall(cell.source))
    return minutes


# How it is built


def test_it_opens_with_what_one_will_have_learned_and_what_it_takes(prose):
    opening = prose[0]
    assert opening.startswith("# ")
    for part in ("**At the end you have**", "**You will be able to**", "**What to know before:**"):
        assert part in opening
    assert 3 <= len(objectives(opening)) <= 6


def test_the_minutes_that_it_states_are_counted_and_no_sitting_is_too_long(notebook, prose):
    minutes = sittings(notebook.cells)
    stated = re.search(r"\*\*Time:\*\* about (\d+) minutes(?: in (\w+) sittings)?", prose[0])
    assert int(stated[1]) == 5 * round(sum(minutes) / 5)
    assert [None, "two", "three"].index(stated[2]) == len(minutes) - 1
    assert max(minutes) <= LONGEST_SITTING


def test_the_stated_minutes_are_those_of_the_index(path, prose):
    stated = re.search(r"\*\*Time:\*\* about (\d+) minutes", prose[0])[1]
    [row] = [line for line in INDEX.splitlines() if line.startswith("|") and path.name in line]
    assert row.endswith(f"| {stated} |")


def test_it_leads_to_the_notebooks_before_and_after_it(path, prose):
    place = COURSE.index(path)
    *_, links = prose[0].strip().splitlines()
    neighbours = [*COURSE[max(place - 1, 0) : place], *COURSE[place + 1 : place + 2]]
    expected = [other.name for other in neighbours]
    expected.insert(min(place, 1), "README.md")
    assert re.findall(r"\]\(([^)]+)\)", links) == expected


@pytest.fixture(scope="module")
def shell():
    return InteractiveShell()


@pytest.fixture
def colab(shell, monkeypatch, tmp_path):
    """An IPython without digitlab, in an empty folder; what it is asked to install is noted."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    shell.asked = []
    shell.register_magic_function(shell.asked.append, magic_name="pip")
    return shell


def test_each_begins_with_the_same_cell_which_does_nothing_where_the_package_is(
    code, shell, capsys
):
    assert code[0].source == FIRST_CELL
    assert code[0].outputs == []
    assert shell.run_cell(FIRST_CELL).success
    assert capsys.readouterr() == ("", "")


def test_without_the_package_it_is_fetched_from_its_home_and_else_the_cell_says_so(colab, capsys):
    assert colab.run_cell(FIRST_CELL).success
    home = tomllib.loads((NOTEBOOKS.parent / "pyproject.toml").read_text())["project"]["urls"]
    assert colab.asked == [f'install --quiet "digitlab[lab] @ git+{home["Source"]}"']
    said = capsys.readouterr().out
    assert f"can't be installed from git+{home['Source']}" in said
    assert "Upload its wheel" in said


def test_a_wheel_that_was_uploaded_goes_first(colab, tmp_path):
    wheel = tmp_path / "digitlab-0.1.0-py3-none-any.whl"
    wheel.touch()
    colab.run_cell(FIRST_CELL)
    assert colab.asked == [f'install --quiet "digitlab[lab] @ {wheel.as_uri()}"']


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
        # No title gives the answer away: people see it before they have predicted.
        assert why.source.startswith("<details><summary>What happened, and why</summary>")


def exercises(notebook):
    """Yield number, grade, and the tagged cells of each exercise, each with the cell after it."""
    found = []
    for cell, after in pairwise([*notebook.cells, None]):
        if cell.cell_type == "markdown":
            found += [
                (int(one), grade, wide, []) for one, grade, wide in EXERCISE.findall(cell.source)
            ]
        elif {"exercise", "open"} & set(cell.metadata.get("tags", ())):
            found[-1][3].append((cell, after))
    return found


def test_there_is_an_exercise_of_each_grade(notebook):
    asked = exercises(notebook)
    assert [number for number, *_ in asked] == list(range(1, len(asked) + 1))
    assert {grade for _, grade, _, _ in asked} == set(GRADES)
    for _, _, several, cells in asked:
        assert len(cells) >= (2 if several else 1)


def test_three_exercises_of_the_course_span_several_cells():
    books = [nbformat.read(path, as_version=4) for path in COURSE]
    assert sum(bool(several) for book in books for _, _, several, _ in exercises(book)) >= 3


def test_exercises_have_a_stub_two_hints_and_a_solution_or_a_rubric(notebook):
    for number, _, _, cells in exercises(notebook):
        for stub, help_ in cells:
            if "open" in stub.metadata.tags:
                continue
            assert "..." in stub.source
            assert re.fullmatch(r"check\.\w+\(.+\)", stub.source.splitlines()[-1])
            assert [output.data["text/plain"][0] for output in stub.outputs] == ["…"]
            assert re.findall(r"<summary>(.+?)</summary>", help_.source)[:3] == [
                "Hint 1",
                "Hint 2",
                "Solution",
            ]
        stub, help_ = cells[-1]
        if "open" in stub.metadata.tags:
            assert "<summary>Rubric</summary>" in help_.source, number


def test_what_the_learner_writes_is_used_later(code):
    for place, cell in enumerate(code):
        if "exercise" not in cell.metadata.get("tags", ()) or "def " not in cell.source:
            continue
        name = re.search(r"check\.\w+\((\w+)\)$", cell.source)[1]
        later = "\n".join(cell.source for cell in code[place + 1 :])
        handed_on = re.search(rf"^{name} = yours\(\s*{name}, otherwise=", later, re.MULTILINE)
        assert handed_on, f"{name} is checked, and then forgotten."
        assert re.search(rf"\b{name}\b", later[handed_on.end() :].split("\n", 1)[1])


# Words


def anchor(heading):
    """The end of a link to a heading, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_each_term_is_linked_to_the_glossary_where_it_is_first_used():
    books = {int(path.name[:2]): nbformat.read(path, as_version=4) for path in COURSE}
    for number, text in GLOSSARY.items():
        for term in re.findall(r"^### (.+)$", text, re.MULTILINE):
            word = re.compile(rf"\b{re.escape(term)}", re.IGNORECASE)
            first, place = next(
                ((of, uses[0]) for of, book in books.items() if (uses := list(used(word, book)))),
                (None, ""),
            )
            assert first == number, f"{term} is first used in notebook {first}: {place}"
            assert f"](glossary.md#{anchor(term)})" in place, f"{term} isn't linked: {place}"


def used(word, book):
    """Yield where a word is used in prose: the words around it; for a link, the link."""
    for cell in book.cells[1:]:
        if cell.cell_type != "markdown":
            continue
        prose = re.sub(
            r"```.*?```|`[^`\n]*`|^#+ [^\n]*$", "", cell.source, flags=re.DOTALL | re.MULTILINE
        )
        prose = re.sub(r"\]\((?!glossary)[^)]*\)", "]", prose)
        without = re.sub(r"\]\(glossary[^)]*\)", lambda link: "]" + " " * (len(link[0]) - 1), prose)
        for match in word.finditer(without):
            yield prose[max(0, match.start() - 30) : match.end() + 60]


def test_every_link_to_the_glossary_leads_somewhere(prose):
    known = {anchor(term) for text in GLOSSARY.values() for term in re.findall("### (.+)", text)}
    links = [link for text in prose for link in re.findall(r"\(glossary\.md#([^)]*)\)", text)]
    assert set(links) <= known


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
    assert f"[{title}]({path.name})" in INDEX


def test_alternative_texts_survive_the_export_to_html(path, tmp_path):
    exporter = HTMLExporter(template_name="course", extra_template_basedirs=[str(TEMPLATES)])
    html, _ = exporter.from_filename(str(path))
    pictures = re.findall(r"<img\b[^>]*>", html)
    assert pictures
    assert [picture[:200] for picture in pictures if not re.search(r'\balt="[^"]', picture)] == []
