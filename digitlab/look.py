"""What pad and page must agree on, though one is in Python and the other in JavaScript.

The colours and measures of the style sheets are in ``digitlab/pad/look.css``.
"""

INK = (29, 39, 51)
"""Red, green and blue of the ink on the pad; where the page is dark, the canvas is inverted."""

PENS_ACROSS = 14
"""How many times the pen's width goes into the pad's side, unless you choose another width."""

MAX_BYTES = 7_000_000
"""Largest image file that is read, in bytes; Jupyter carries no message that is much longer."""

PAPER = 1000
"""Side of the paper, in the unit of the strokes that ``POST /upload`` reads."""
