"""The HTML that a pad shows, from the templates beside this module."""

from pathlib import Path
from typing import Any

import jinja2

from digitlab.pad.inline_pictures import ink_url

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
    auto_reload=False,
    lstrip_blocks=True,
    trim_blocks=True,
    undefined=jinja2.StrictUndefined,
)
# In whole percent; 100 would be a promise that no network can give.
_ENVIRONMENT.filters["percent"] = lambda chance: min(99, round(100 * chance))
_ENVIRONMENT.filters["ink_url"] = ink_url


def html(template: str, **values: Any) -> str:
    """Fill in a template.

    Parameters
    ----------
    template : str
        The name of a file in ``templates/``, without its ending.
    **values
        What the template asks for. The tables of words are HTML already, and nothing is escaped but
        where the template says so.

    Examples
    --------
    >>> html("frames", reading=None)
    ''
    """
    return _ENVIRONMENT.get_template(f"{template}.html").render(values).strip()
