"""How several ES modules become one."""

import re

from digitlab.places import beside

__all__ = ["MODULE_URL", "MODULE_VARIABLE", "module"]

MODULE_URL = "https://digitlab/front.js"
"""How a widget on the page names the page's own module; the import map there says where it is."""

MODULE_VARIABLE = "DIGITLAB_FRONT"
"""How the app's kernels learn that there is such a page."""

_IMPORT = re.compile(r'^import [^;]*? from "\./(\w+\.js)";\n', re.MULTILINE)


def module(entry: str) -> str:
    """Return one ES module that has another one and all that it imports within.

    There is no build step: what is imported comes first, and the lines that import it go. So no two
    modules of one entry may give the same name to different things.

    Parameters
    ----------
    entry : str
        The name of a file in this folder.

    Returns
    -------
    str
        JavaScript.

    Examples
    --------
    >>> "import " in module("widget.js")
    False
    """
    texts: dict[str, str] = {}

    def add(name: str) -> None:
        text = beside(__file__, name)
        for needed in _IMPORT.findall(text):
            if needed not in texts:
                add(needed)
        texts[name] = re.sub(r"^export (?!default)", "", _IMPORT.sub("", text), flags=re.MULTILINE)

    add(entry)
    return "".join(texts.values())
