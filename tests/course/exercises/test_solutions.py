"""The exercises of the whole course: the printed solutions pass, and nothing makes a checker fail.

What each checker says to wrong answers is held by the file of its own topic.
"""

import ast
import importlib
import inspect
import re
import tomllib
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

import digitlab.course.exercises
from digitlab.course.exercises.checking import Exercise

COURSE = sorted((Path(__file__).parents[3] / "notebooks").glob("0*.ipynb"))
FOLDER = Path(digitlab.course.exercises.__file__).parent
TOPICS = sorted(path.stem for path in FOLDER.glob("*.toml"))
TESTS = Path(__file__).parent

GARBAGE = [
    "text",
    "",
    b"bytes",
    -1,
    0,
    1e300,
    float("nan"),
    float("inf"),
    True,
    [],
    {},
    (1, 2, 3),
    [[1], [1, 2]],
    object(),
    int,
    np.zeros(0),
    np.zeros((3, 3)),
    np.array("text"),
    torch.zeros(2, 2),
    torch.nn.Linear(2, 2),
    lambda: 1,
    lambda *_, **__: "text",
    lambda *_, **__: -1,
    lambda *_, **__: float("nan"),
    lambda *_, **__: [],
    lambda *_, **__: np.zeros((1, 1)),
    lambda *_, **__: torch.zeros(3, 3),
    lambda *_, **__: (1, 2),
    lambda *_, **__: object(),
    lambda *_, **__: 1 / 0,
    lambda first, *_, **__: first,
]


def exercises(topic):
    module = importlib.import_module(f"digitlab.course.exercises.{topic}")
    return {
        name: checker for name, checker in vars(module).items() if isinstance(checker, Exercise)
    }


def asked_in(path):
    """Yield, for each exercise of a notebook, its solution and the line that checks it."""
    cells = nbformat.read(path, as_version=4).cells
    for place, cell in enumerate(cells):
        if "exercise" in cell.metadata.get("tags", ()):
            [solution] = re.findall(r"```python\n(.*?)```", cells[place + 1].source, re.DOTALL)
            yield solution, cell.source.splitlines()[-1]


def imports_of(path):
    """Return the import statements of a notebook, for what its solutions build on."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    lines = "\n".join(cell.source for cell in code[1:])  # the first installs the package in Colab
    statements = ast.parse(re.sub(r"^%.*$", "", lines, flags=re.MULTILINE)).body
    imported = [one for one in statements if isinstance(one, ast.Import | ast.ImportFrom)]
    return ast.unparse(ast.Module(imported, []))


def test_there_is_a_topic_for_each_notebook():
    assert len(TOPICS) == len(COURSE)


@pytest.mark.parametrize("path", COURSE, ids=lambda path: path.stem)
def test_the_printed_solutions_pass(path):
    namespace = {}
    exec(imports_of(path), namespace)
    checked = set()
    for solution, check in asked_in(path):
        learner = dict(namespace)
        exec(solution, learner)
        verdict = eval(check, learner)
        assert verdict.passed is True, f"{check}: {verdict}"
        checked.add(re.match(r"check\.(\w+)", check).group(1))
    topic = namespace["check"].__name__.rpartition(".")[2]
    assert checked == set(exercises(topic))  # and no checker is left that nobody asks for


@pytest.mark.filterwarnings("ignore")  # what garbage does by the way
@pytest.mark.parametrize("topic", TOPICS)
def test_garbage_is_answered_and_never_right(topic):
    for name, checker in exercises(topic).items():
        for garbage in GARBAGE:
            verdict = checker(garbage)
            assert not verdict.passed, f"{name} accepts {garbage!r}: {verdict}"
            assert len(verdict.message) > 20
        for stub in (None, ..., lambda *_, **__: None, lambda *_, **__: ...):
            assert checker(stub).passed is not True


@pytest.mark.parametrize("topic", TOPICS)
def test_each_exercise_has_wrong_answers_of_its_own(topic):
    cases = importlib.import_module(f"tests.course.exercises.test_{topic}").CASES
    said = {}
    for checker, wrong, words in cases:
        verdict = checker(wrong)
        assert verdict.passed is False
        assert words in verdict.message
        [name] = [name for name, one in exercises(topic).items() if one is checker]
        said.setdefault(name, set()).add(words)
    assert set(said) == set(exercises(topic))
    assert all(len(different) >= 2 for different in said.values())


def programs(checker, entry):
    """Return the wrong programs of a slip, whose expressions a table holds."""
    parameters = inspect.signature(checker.right).parameters.values()
    names = ", ".join(one.name for one in parameters if one.kind is not one.KEYWORD_ONLY)
    if "turned" in entry:
        turn = eval(f"lambda wanted, {names}: ({entry['turned']})", checker.right.__globals__)
        return [lambda *case: turn(checker.right(*case), *case)]
    wrong = entry.get("wrong", [])
    return [
        eval(f"lambda {names}: ({way})", checker.right.__globals__)
        for way in ([wrong] if isinstance(wrong, str) else wrong)
    ]


@pytest.mark.parametrize("topic", TOPICS)
def test_each_wrong_program_that_is_known_gets_its_own_sentence(topic):
    for name, checker in exercises(topic).items():
        slips = {slip: entry for slip, entry in checker.table.items() if isinstance(entry, dict)}
        for slip, entry in slips.items():
            assert len({"wrong", "turned", "when"} & set(entry)) == 1, f"{name}, {slip}"
            for program in programs(checker, entry):
                words = re.sub(
                    r"\{.*?\}",
                    ".+",
                    re.escape(checker.says[slip]).replace(r"\{", "{").replace(r"\}", "}"),
                )
                message = checker(program).message
                assert re.search(words, message), f"{name}, {slip}: {message}"


@pytest.mark.parametrize("topic", TOPICS)
def test_nothing_is_said_that_no_exercise_says(topic):
    tables = tomllib.loads((FOLDER / f"{topic}.toml").read_text(encoding="utf-8"))
    assert set(tables) == set(exercises(topic))
    source = (FOLDER / f"{topic}.py").read_text(encoding="utf-8")
    for name, checker in exercises(topic).items():
        named = source + str(checker.table.get("cases"))
        for slip, entry in checker.table.items():
            # Some are put together from what is in the answer; those of a case say when themselves.
            if isinstance(entry, str) and " " not in slip and slip not in ("praise", "other"):
                assert re.search(rf"\b{slip}\b", named), f"{name} never says {slip!r}."


@pytest.mark.parametrize("topic", TOPICS)
def test_the_right_answer_passes(topic):
    for checker in exercises(topic).values():
        assert checker(checker.right).passed is True
