"""The site: `make site` builds it from what the repository holds, without a network.

Its pages are the repository's own Markdown files and notebooks, at the paths that they have there.
So a link that works in the repository works on the site, too.
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

import digitlab

ROOT = Path(__file__).parents[1]
HOME = "https://github.com/digitlab/digitlab"

project = "digitlab"
author = "the digitlab authors"
copyright = "2026, the digitlab authors. Code: MIT. Texts: CC BY 4.0"
version = release = digitlab.__version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc"]
root_doc = "docs/index"
include_patterns = [
    "docs/**",
    "notebooks/*",
    "models/README.md",
    "data/README.md",
    "deploy/README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
]
exclude_patterns = ["**/.*", "notebooks/app.ipynb", "docs/_*"]

# The outputs are those that the notebooks keep; `make test` compares them with what a run gives.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # widgets are shown as the pictures beside them
nb_mime_priority_overrides = [
    ("html", mime, place)
    for place, mime in enumerate(
        ["image/svg+xml", "image/png", "text/html", "text/markdown", "text/plain"]
    )
]
myst_enable_extensions = ["colon_fence", "dollarmath", "html_image"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

autodoc_typehints = "none"  # numpydoc's tables say them
autodoc_member_order = "groupwise"
numpydoc_show_class_members = False
numpydoc_validation_checks: set[str] = set()

html_theme = "furo"
html_title = "digitlab"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
templates_path = ["_templates"]
html_copy_source = False
html_show_sourcelink = False
html_context = {"home": HOME}
html_theme_options = {"navigation_with_keys": False}


def link_to_the_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Where a page links to a file that is no page, link to the file in the repository."""
    folder = app.env.doc2path(docname).parent

    def corrected(link: re.Match[str]) -> str:
        path, _, anchor = link[1].partition("#")
        target = (folder / path).resolve()
        if not target.exists() or not target.is_relative_to(ROOT):
            return link[0]
        name = target.relative_to(ROOT).as_posix()
        if target.is_file() and name.rpartition(".")[0] in app.env.found_docs:
            return link[0]
        if target.suffix in {".png", ".svg", ".webp"}:
            return link[0]
        return f"]({HOME}/blob/main/{name}{'#' if anchor else ''}{anchor})"

    source[0] = re.sub(r"\]\((?!\w+:|#)([^)\s]+)\)", corrected, source[0])


def visit_math(self: HTML5Translator, node: nodes.Element) -> None:
    """Write a formula as MathML, which browsers show by themselves."""
    display = "block" if isinstance(node, nodes.math_block) else "inline"
    self.body.append(convert(node.astext(), display=display))
    raise nodes.SkipNode


# What Sphinx writes, and what doesn't make a screen reader stumble.
MENDED = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<div role="list" class="citation-list">': "<div>",  # a list without items
    ' role="doc-biblioentry"': "",  # given up in ARIA 1.3
    '<th class="head"><p></p></th>': '<td class="head"></td>',  # a heading that says nothing
}


def mend(app: Sphinx, page: str, template: str, context: dict, doctree: object) -> None:
    """Mend what a page's HTML has of `MENDED`."""
    for written, better in MENDED.items():
        context["body"] = context.get("body", "").replace(written, better)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Add what Sphinx does not make: the notebooks to download, and the address without a path."""
    if exception is None and app.builder.name == "html":
        for notebook in (ROOT / "notebooks").glob("*.ipynb"):
            shutil.copy(notebook, Path(app.outdir, "notebooks"))
        shutil.copy(ROOT / "docs" / "_templates" / "redirect.html", Path(app.outdir, "index.html"))


def setup(app: Sphinx) -> None:
    """Connect the functions above."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    app.connect("source-read", link_to_the_source)
    app.connect("html-page-context", mend)
    app.connect("build-finished", finish)
