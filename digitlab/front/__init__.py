"""What runs in the browser: the pen, its ink, and the page around it, as ES modules.

Two modules begin everything: ``widget.js`` is the front end of `digitlab.pad.pen.Pen` in whatever
host shows it, and ``page.js`` is the page's, which has the widget's within. `module` makes one
module of each.

This room is on the light floor, and imports no other.
"""

from digitlab.front.modules import *
