"""Checkpoints: all that a training needs to go on, kept in a file after each epoch."""

import os
import pickle
from pathlib import Path
from typing import Any

import torch

from digitlab.errors import WeightsError

__all__ = ["load_checkpoint", "save_checkpoint"]


def save_checkpoint(file: str | os.PathLike[str], state: Any, *, made_by: dict[str, Any]) -> None:
    """Keep a state in a file. If the program is killed meanwhile, the one before stays whole.

    Parameters
    ----------
    file : path
        Where to; its folder is made if need be.
    state : list or dict
        Where the training is: tensors, numbers and texts, and lists and dicts of them.
    made_by : dict
        What decides how the training goes on: recipe, seed, digits.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_checkpoint(f"{folder}/checkpoint.pt", {"epoch": 3}, made_by={"seed": 0})
    ...     load_checkpoint(f"{folder}/checkpoint.pt", made_by={"seed": 0})
    {'epoch': 3}
    """
    aside = Path(f"{os.fspath(file)}.new")
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.save({"made by": made_by, "state": state}, aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def load_checkpoint(file: str | os.PathLike[str], *, made_by: dict[str, Any]) -> Any:
    """Read the state that `save_checkpoint` kept.

    Parameters
    ----------
    file : path
        Where it is.
    made_by : dict
        The same as when it was kept.

    Returns
    -------
    list or dict
        The state, on the CPU.

    Raises
    ------
    WeightsError
        If there is no such file, it is damaged, or it was made by something else.
    """
    file = Path(file)
    if not file.is_file():
        raise WeightsError(f"There is no training to resume: expected its checkpoint at {file}.")
    try:
        kept = torch.load(file, map_location="cpu", weights_only=True)
        its_own, state = kept["made by"], kept["state"]
    except (RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        raise WeightsError(f"{file} is no checkpoint, or a damaged one: {error}") from error
    if its_own != made_by:
        others = " and ".join(key for key in made_by if its_own.get(key) != made_by[key])
        raise WeightsError(f"{file} is of a training with another {others}: give the same again.")
    return state
