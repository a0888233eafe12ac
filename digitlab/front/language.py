"""The languages that pad and page speak: a table of sentences for each, in ``words/``."""

import functools

from digitlab.places import beside

__all__ = ["LANGUAGES", "Words", "preferred", "table"]

LANGUAGES = ("en", "ro", "de")
"""English, which is spoken where nothing else is asked for, Romanian and German."""

Words = dict[str, str]
"""The sentences of one part of the pad, some with ``{places}`` to fill in."""


@functools.cache
def table(lang: str) -> dict[str, Words]:
    """Return all sentences of a language, by the part of the pad or the page that says them.

    Raises
    ------
    ValueError
        If there is no table for this language.

    Examples
    --------
    >>> table("ro")["pad"]["undo"]
    'Înapoi'
    """
    if lang not in LANGUAGES:
        raise ValueError(f"The pad doesn't speak {lang!r}: choose one of {', '.join(LANGUAGES)}.")
    tables: dict[str, Words] = beside(__file__, f"words/{lang}.json")
    return tables


def preferred(wishes: str) -> str:
    """Return the first language of a list that there is a table for; else English.

    Parameters
    ----------
    wishes : str
        Languages as a browser lists them, the one it likes best first.

    Examples
    --------
    >>> preferred("fr-CH, de-CH;q=0.9, en;q=0.8"), preferred("ja")
    ('de', 'en')
    """
    asked = (wish.strip()[:2].lower() for wish in wishes.split(","))
    return next((lang for lang in asked if lang in LANGUAGES), LANGUAGES[0])
