"""Where the files are that travel with the code: the shipped weights and the app's notebook.

In a checkout they stand at the top level, where people look for them; in a wheel they lie
inside the package (``force-include`` in `pyproject.toml`). Nobody else needs to know.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_ROOTS = (_PACKAGE / "_resources", _PACKAGE.parent)


def resource(name: str) -> Path:
    """Return the path of a file or folder that ships with digitlab.

    Parameters
    ----------
    name : str
        Its path from the top of the repository, such as ``"models"``.

    Returns
    -------
    pathlib.Path
        An existing path.

    Raises
    ------
    FileNotFoundError
        If it is neither in the package nor in the checkout around it.

    Examples
    --------
    >>> resource("models").is_dir()
    True
    """
    for root in _ROOTS:
        if (path := root / name).exists():
            return path
    places = " nor ".join(str(root / name) for root in _ROOTS)
    raise FileNotFoundError(f"{name} is neither at {places}: is this installation complete?")
