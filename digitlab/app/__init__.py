"""The drawing pad as a web page: Voilà with one notebook, one page and one route beside it."""

__all__ = ["serve"]


def __getattr__(name: str) -> object:
    """Import the server when it is asked for: the processes of the kernels do without."""
    if name != "serve":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from digitlab.app.server import serve

    return serve
