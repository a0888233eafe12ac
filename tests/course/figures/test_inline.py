import subprocess
import sys

# In an interpreter of its own: what is said to IPython's shell stays said. The formats are chosen
# before the figures are there, and once more when they are.
PROGRAM = """
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
shell = InteractiveShell.instance()
select_figure_formats(shell, {"png"})
from digitlab.course.figures.averages import accuracy_against
figure = accuracy_against([0, 1], {"curve": [0.5, 0.6]}, amount="shift (pixels)", title="Moved")
for _ in range(2):
    data, metadata = shell.display_formatter.format(figure)
    assert metadata["image/png"]["alt"] == figure.alternative_text, metadata
    assert metadata["image/png"]["width"] == 576, metadata
    select_figure_formats(shell, {"png"})
"""


def test_the_alternative_text_outlives_matplotlibs_inline_backend():
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
