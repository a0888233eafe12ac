"""What the browser shows: the pen, its ink and the page, as ES modules; and the words of them all.

Two modules begin everything: ``widget.js`` is the front end of `digitlab.pad.pen.Pen` in whatever
host shows it, and ``page.js`` is the page's, which has the widget's within. `module` makes one
module of each. `language` has the sentences of pad and page, in three languages.

This room is on the light floor, and imports no other.
"""

from digitlab.front.language import *
from digitlab.front.modules import *
