"""Kinds of faults that the app once had, looked for in all of its files."""

import ast
import pkgutil
import re
from pathlib import Path

import pytest

import digitlab

PACKAGE = Path(digitlab.__file__).parent
ROOT = PACKAGE.parent
SOURCES = sorted((PACKAGE / "app").rglob("*.py"))
TEXTS = sorted(
    path for path in (PACKAGE / "app").rglob("*.*") if path.suffix in {".py", ".js", ".css", ".j2"}
)


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.fixture(params=SOURCES, ids=name)
def tree(request) -> ast.Module:
    return ast.parse(request.param.read_text(encoding="utf-8"))


def test_nothing_depends_on_an_assertion_which_python_may_leave_out(tree):
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)] == []


def test_no_task_is_begun_that_nobody_holds(tree):
    """What `create_task` returns must be kept: asyncio itself does not, and it may be collected."""
    dropped = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", None) in {"create_task", "ensure_future"}
    ]
    assert dropped == []


@pytest.mark.parametrize("path", TEXTS, ids=name)
def test_each_file_and_each_module_that_a_comment_names_is_there(path):
    text = path.read_text(encoding="utf-8")
    files = re.findall(r"\b(?:digitlab|tests|notebooks)/[\w./-]+\.(?:py|js|css|j2|txt|ipynb)", text)
    assert [file for file in files if not (ROOT / file).exists()] == []
    names = re.findall(r"`+(digitlab(?:\.\w+)+)`+", text)
    assert [name for name in names if not is_there(name)] == []


def is_there(dotted: str) -> bool:
    """Whether there is such a module, or such a name in one."""
    try:
        pkgutil.resolve_name(dotted)
    except (ImportError, AttributeError):
        return False
    return True
