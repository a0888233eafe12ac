import subprocess
import sys

# In an interpreter of its own: what is said to IPython's shell stays said.
PROGRAM = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
shell = InteractiveShell.instance()
if {first}:
    select_figure_formats(shell, {{"png"}})
from digitlab.course.figures.averages import accuracy_against
if not {first}:
    select_figure_formats(shell, {{"png"}})
figure = accuracy_against([0, 1], {{"curve": [0.5, 0.6]}}, amount="shift (pixels)", title="Moved")
data, metadata = shell.display_formatter.format(figure)
assert metadata["image/png"]["alt"] == figure.alternative_text, metadata
assert metadata["image/png"]["width"] == 576, metadata
"""


def test_the_alternative_text_outlives_matplotlibs_inline_backend():
    for first in (True, False):
        subprocess.run([sys.executable, "-c", PROGRAM.format(first=first)], check=True)
