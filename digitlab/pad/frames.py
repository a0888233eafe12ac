"""The frames around the digits of a number on the paper, each with what was read in it."""

import ipywidgets

from digitlab.classifier import Reading


class Frames(ipywidgets.HTML):
    """Frames over the paper, through which one draws; none where there is a single digit.

    Examples
    --------
    >>> frames = Frames()
    >>> frames.show(None, 0, (280.0, 280.0))
    >>> frames.value
    ''
    """

    def __init__(self) -> None:
        super().__init__()
        self.add_class("digitlab-frames")

    def show(self, reading: Reading | None, chosen: int, size: tuple[float, float]) -> None:
        """Frame the digits.

        Parameters
        ----------
        reading : Reading or None
            What was read.
        chosen : int
            Which of its digits the bars are about.
        size : (float, float)
            Width and height of the image or pad that the boxes are of; the longer side is the
            paper's, and what is shorter lies in its middle.
        """
        if reading is None or len(reading.digits) == 1:
            self.value = ""
            return
        longer = max(size)
        x, y = ((length - longer) / 2 for length in size)
        marks = []
        for number, found in enumerate(reading.digits):
            left, top, right, bottom = found.box
            kind = "chosen" if number == chosen else "other" if found.prediction.is_digit else "no"
            text = found.prediction.digit if found.prediction.is_digit else "?"
            font = longer / 18
            marks.append(
                f'<g class="digitlab-frame-{kind}"><rect x="{left}" y="{top}" '
                f'width="{right - left}" height="{bottom - top}" rx="{longer / 90:.4g}"/>'
                f'<text x="{left}" y="{max(top - font / 4, y + font):.4g}" '
                f'font-size="{font:.4g}">{text}</text></g>'
            )
        # The sentence says the same to those who cannot see them.
        self.value = (
            f'<svg viewBox="{x:g} {y:g} {longer:g} {longer:g}" aria-hidden="true">'
            f"{''.join(marks)}</svg>"
        )
