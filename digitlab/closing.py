"""Closing widgets, which ipywidgets does one at a time."""

import ipywidgets


def close_all(*widgets: ipywidgets.Widget) -> None:
    """Close widgets with all that they consist of; ipywidgets would leave that to its fate."""
    for widget in widgets:
        parts = [getattr(widget, name, None) for name in ("layout", "style")]
        close_all(*getattr(widget, "children", ()), *filter(None, parts))
        widget.close()
