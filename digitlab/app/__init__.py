"""The drawing pad as a web page: Voilà with one notebook, one page and a few routes beside it.

`serve` runs it (`server`, with `options`). Each visitor has a kernel of their own (`kernels`), from
the page that is handed out to its end (`visits`, with `visitors` to keep the books); images that
programs send are read in separate processes (`uploads`); `guard` holds what protects the server,
and `page` what the browser gets, in the visitor's language (`spoken`). What we use of Jupyter
though it is not promised to us is in `jupyter_internals`, and nowhere else.

This room is the top of the light floor: it imports Voilà and the light rooms, never torch.
"""

__all__ = ["serve"]


def __getattr__(name: str) -> object:
    """Import the server when it is asked for: the processes of the kernels do without."""
    if name != "serve":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from digitlab.app.server import serve

    return serve
