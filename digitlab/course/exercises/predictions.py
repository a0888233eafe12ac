"""What you expect to see, written down before you see it."""

import json
from collections.abc import Sequence
from pathlib import Path

import ipywidgets

from digitlab.places import data_path, replace_file

_NOTHING = "nothing yet"


class WrittenDown(ipywidgets.VBox):
    """A field for what you expect. What you enter is kept, for another day too.

    Notebooks call it `predict`. It shows what was written down there before.

    Parameters
    ----------
    key : str
        Notebook and number: ``"2.1"``.
    choices : sequence of str, optional
        To choose from. Without them, the field takes any text.

    Examples
    --------
    >>> predict("0.1")
    Your prediction 0.1: nothing yet
    """

    def __init__(self, key: str, *, choices: Sequence[str] | None = None):
        self.key, label, kept = key, f"Your prediction {key}", _kept().get(key)
        if choices is None:
            text = {"placeholder": "what you expect", "continuous_update": False}
            self._field = ipywidgets.Text(kept or "", **text)
        else:
            kept = kept if kept in choices else None
            self._field = ipywidgets.RadioButtons(options=list(choices), value=kept)
        self._field.layout.width = "auto"
        super().__init__([ipywidgets.Label(label), self._field])
        self._field.tooltip = label
        self._field.observe(self._keep, names="value")

    @property
    def answer(self) -> str | None:
        """What is written down, or None."""
        return self._field.value or None

    def __repr__(self) -> str:
        """Return it in words, for a notebook that is only read."""
        return f"Your prediction {self.key}: {self.answer or _NOTHING}"

    def _keep(self, _change: object) -> None:
        answers = {**_kept(), self.key: self.answer}
        path = _path()
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(answers, ensure_ascii=False, indent=1).encode())


predict = WrittenDown
"""What a notebook says to ask what will happen, and to keep the answer."""


def compare(key: str, outcome: object) -> None:
    """Print what you expected, and under it what happened.

    Parameters
    ----------
    key : str
        As in `predict`.
    outcome : object
        What happened, in a word or two.

    Examples
    --------
    >>> compare("0.1", "one in ten")
    You predicted: nothing yet
    It turned out: one in ten
    """
    print(f"You predicted: {_kept().get(key) or _NOTHING}")
    print(f"It turned out: {outcome}")


def _path() -> Path:
    return data_path("predictions.json", variable="DIGITLAB_PREDICTIONS")


def _kept() -> dict[str, str | None]:
    try:
        kept = json.loads(_path().read_text(encoding="utf-8"))
    except (OSError, ValueError):  # a damaged file holds nothing that anybody needs
        return {}
    return kept if isinstance(kept, dict) else {}
