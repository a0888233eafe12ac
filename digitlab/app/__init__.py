"""The drawing pad as a web page: Voilà with one notebook, one page and one route beside it."""

from digitlab.app.server import serve

__all__ = ["serve"]
