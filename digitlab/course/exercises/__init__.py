"""What makes the notebooks a course: predictions that are kept, exercises that are checked.

Each notebook has a module of exercises here, which it imports as ``check``; `checking` says how
they are made. `predict` keeps what you expect, `compare` puts it beside what came out, and `yours`
lets the notebook go on with what you wrote.
"""

from digitlab.course.exercises.checking import yours
from digitlab.course.exercises.predictions import compare, predict

__all__ = ["compare", "predict", "yours"]
