"""The drawing pad, as a widget for notebooks and for the page.

`DigitPad` ties the parts together: the canvas (`paper`), what is drawn and can be undone
(`history`), the sentence and the bars (`answer`), the buttons (`tools`), and the folding sections
below (`insight`, `teaching`). All are made of what is in `widgets`.

This room is on the light floor: it imports ipywidgets, ipycanvas and the rooms `preprocess`,
`classifier` and `drawings`.
"""

from digitlab.pad.pad import DigitPad, shipped_classifier

__all__ = ["DigitPad", "shipped_classifier"]
