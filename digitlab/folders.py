"""Where digitlab keeps what it fetches and what it is given, when it is not told where."""

import os
from pathlib import Path

import platformdirs


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

    Examples
    --------
    >>> data_path("drawings.sqlite3", variable="DIGITLAB_NO_SUCH_VARIABLE").name
    'drawings.sqlite3'
    """
    if named := os.environ.get(variable):
        return Path(named).expanduser().absolute()
    top = Path(__file__).resolve().parents[1]
    if (top / "pyproject.toml").is_file():
        return Path(top, "data", *names)
    return Path(platformdirs.user_data_path("digitlab", appauthor=False), *names)
