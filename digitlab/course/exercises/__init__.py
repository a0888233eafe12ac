"""What makes the notebooks a course: predictions that are kept, exercises that are checked.

Each notebook has a module of checkers here, which it imports as ``check``; `verdict` is what they
are made of. `predict` keeps what a learner expects, `compare` puts it beside what came out.
"""

from digitlab.course.exercises.predictions import compare, predict

__all__ = ["compare", "predict"]
