"""Where files are: those that ship with digitlab, and those that it keeps between runs."""

import json
import os
import shutil
import tomllib
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
# In a wheel, what ships lies inside the package (``force-include`` in pyproject.toml). In a
# checkout it is at the top level, where people look for it.
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


def beside(module: str, name: str) -> Any:
    """Read a file that lies beside a module, and ships with it.

    Parameters
    ----------
    module : str
        The module's ``__file__``.
    name : str
        The file's path from the module's folder.

    Returns
    -------
    dict, list or str
        What a TOML or JSON file holds; of any other file the text.

    Examples
    --------
    >>> sorted(beside(__file__, "commands.toml"))[:2]
    ['app', 'course']
    """
    path = Path(module).parent / name
    read = {".toml": tomllib.loads, ".json": json.loads}.get(path.suffix, str)
    return read(path.read_text(encoding="utf-8"))


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file by a whole one, or not at all.

    Parameters
    ----------
    path : pathlib.Path
        The file. A link stays a link, and what is no file, such as ``/dev/stdout``, is written to.
    content : bytes
        All that it is to hold.

    Raises
    ------
    OSError
        If it can't be written, or its folder isn't there; what was there then stays.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     replace_file(Path(folder, "seven.txt"), b"7")
    ...     Path(folder, "seven.txt").read_bytes()
    b'7'
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path = path.resolve()
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_bytes(content)
        if path.exists():
            shutil.copymode(path, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def data_path(*names: str, variable: str) -> Path:
    """Return the place of something that is kept between runs.

    Parameters
    ----------
    *names : str
        Its path inside the data folder; none for the folder itself.
    variable : str
        The environment variable that may name another place.

    Returns
    -------
    pathlib.Path
        What the variable names, where it is set; in a checkout its ``data/``; else the user's data
        folder for the platform, such as ``~/.local/share/digitlab``. It need not exist yet.

    Raises
    ------
    FileNotFoundError
        If there is no home folder to put it into.

    Examples
    --------
    >>> data_path("drawings.sqlite3", variable="DIGITLAB_NO_SUCH_VARIABLE").name
    'drawings.sqlite3'
    """
    try:
        if named := os.environ.get(variable):
            return Path(named).expanduser().absolute()
        if (_PACKAGE.parent / "pyproject.toml").is_file():
            return Path(_PACKAGE.parent, "data", *names)
        import platformdirs  # here: the command line starts with nothing but click

        # Without a home folder it begins with ~ still, and expanduser says so.
        folder = platformdirs.user_data_path("digitlab", appauthor=False)
        return Path(folder, *names).expanduser()
    except RuntimeError:  # pathlib's
        raise FileNotFoundError(
            f"You have no home folder to keep data in: set HOME, or name a place in {variable}."
        ) from None
