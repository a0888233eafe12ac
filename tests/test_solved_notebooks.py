"""The notebooks with every exercise solved: what the learner wrote does the work from then on.

Each learner's function is sabotaged after its check: on its first call by a later cell it fails. So
a notebook that goes on without it is found out. Training and data are cut down, and a notebook runs
until the last function has failed; nbval runs the notebooks whole, and as they are.
"""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

import digitlab.course.exercises
import digitlab.lab
from digitlab.course.exercises.checking import yours
from digitlab.lab import Digits, load_mnist, train

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SOLVED = sorted(NOTEBOOKS.glob("0*.ipynb"))
# Training digits. These two show digits by their places, which reach further.
FEW, MORE = 600, {"02-how-a-number-learns": 55_000, "04-the-training-loop": 5_000}


class Sabotage(Exception):  # noqa: N818
    """A learner's function was called after its check."""


def first(digits, n):
    return Digits(digits.images[:n], digits.labels[:n])


def few_digits(n):
    def load(**options):
        mnist = load_mnist(**options)
        parts = {"train": n, "validation": 1000, "test": 1000}
        return replace(
            mnist, **{part: first(getattr(mnist, part), of) for part, of in parts.items()}
        )

    return load


def short_training(recipe="quick", *, mnist=None, seed=0, **_):
    recipe = digitlab.lab.RECIPES[recipe] if isinstance(recipe, str) else recipe
    small = replace(mnist, train=first(mnist.train, 300), validation=first(mnist.validation, 100))
    return train(replace(recipe, epochs=1), mnist=small, seed=seed, progress=False)


def solved(path):
    """Yield the code of a notebook, with the printed solution in each exercise's place."""
    cells = nbformat.read(path, as_version=4).cells
    for place, cell in enumerate(cells):
        if cell.cell_type != "code" or "%pip" in cell.source:  # that is for Colab
            continue
        source = cell.source
        if "exercise" in cell.metadata.get("tags", ()):
            [solution] = re.findall(r"```python\n(.*?)```", cells[place + 1].source, re.DOTALL)
            imports = "\n".join(re.findall(r"^(?:from|import) .*", source, re.MULTILINE))
            check = source.splitlines()[-1]
            source = f"{imports}\n{solution}\nassert {check}.passed"
        yield source


@pytest.mark.training
@pytest.mark.filterwarnings("ignore::UserWarning")  # of widgets without a kernel, and small folds
@pytest.mark.parametrize("path", SOLVED, ids=lambda path: path.stem)
def test_what_the_learner_wrote_is_used_later(path, monkeypatch, tmp_path):
    seen, waiting, made = set(), set(), []

    def sabotaged(answer, *, otherwise):
        if any(answer is one for one in made):  # the cell runs once more
            return answer
        assert yours(answer, otherwise=otherwise) is answer
        if not callable(answer):
            return answer
        name = answer.__name__
        if name not in seen:
            seen.add(name)
            waiting.add(name)

        def function(*arguments, **options):
            if name in waiting:
                waiting.remove(name)
                raise Sabotage(name)
            return answer(*arguments, **options)

        function.__name__ = name
        made.append(function)
        return function

    monkeypatch.setattr(digitlab.course.exercises, "yours", sabotaged)
    monkeypatch.setattr(digitlab.lab, "load_mnist", few_digits(MORE.get(path.stem, FEW)))
    monkeypatch.setattr(digitlab.lab, "train", short_training)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")  # some save into ../runs
    namespace = {"__name__": "__main__", "display": lambda *shown: None}
    sources = list(solved(path))
    last = max(place for place, source in enumerate(sources) if "yours(" in source)
    for place, source in enumerate(sources):
        if place > last and waiting == set():
            break
        for _ in range(10):  # each function of the cell fails once
            try:
                exec(compile(source, path.name, "exec"), namespace)
            except Sabotage:
                continue
            break
    assert seen
    assert waiting == set(), f"Nobody noticed that {waiting} doesn't work."
