"""The documents: what they name exists, their code runs, and the workflows fit the package."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

import digitlab

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "digitlab"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ARCHITECTURE, CONTRIBUTING = ROOT / "docs" / "architecture.md", ROOT / "CONTRIBUTING.md"
CHANGELOG, CITATION = ROOT / "CHANGELOG.md", ROOT / "CITATION.cff"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("data", "deploy", "models", "notebooks")),
    ARCHITECTURE,
]
FENCE = re.compile(r"^```(\w*) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

of_each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def prose_of(document: Path) -> str:
    """The document without its code, and the changelog without what it says of other versions."""
    text = FENCE.sub("", text_of(document))
    return re.sub(r"^\| old .*?\n\n", "", text, flags=re.MULTILINE | re.DOTALL)


# What the documents name


@of_each_document
def test_every_link_to_a_file_resolves(document):
    text = FENCE.sub("", text_of(document))
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"src(?:set)?=\"([^\"]+)\"", text)
    local = [link.partition("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]
    assert [link for link in local if not (document.parent / link).exists()] == []


def files_named_in(text: str) -> set[str]:
    """The paths that it names in code style: those that begin in one of our folders."""
    folders = "|".join(path.name for path in ROOT.iterdir() if path.is_dir())
    named = re.findall(rf"`((?:{re.escape(folders).replace(chr(92) + '|', '|')})/[\w./-]*)`", text)
    return {path.rstrip("/") for path in named}


# Made by a command, and ignored by git; or, in a recipe, made by whoever follows it.
NOT_COMMITTED = ("runs", "build", "data/MNIST", "data/predictions.json", "data/drawings.sqlite3")
MADE_BY_A_RECIPE = {"notebooks/10-how-large-is-a-digit.ipynb"} | {
    file for _, file, _ in FENCE.findall(text_of(CONTRIBUTING))
}


@of_each_document
def test_every_path_that_is_named_exists(document):
    named = files_named_in(prose_of(document)) - MADE_BY_A_RECIPE
    named = {path for path in named if not path.startswith(NOT_COMMITTED)}
    assert {path for path in named if not (ROOT / path).exists()} == set()


def names_in(source: Path) -> set[str]:
    """What a module defines or imports at its top level."""
    statements = ast.parse(source.read_text(encoding="utf-8")).body
    statements += [inner for one in statements if isinstance(one, ast.If) for inner in one.body]
    found = set()
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in statement.names}
        elif isinstance(statement, ast.Assign | ast.AnnAssign):
            found |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    return found


def exists(dotted: str) -> bool:
    """Whether a module is there, or a name that a module has; a room exports its modules' names."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        module = ROOT.joinpath(*parts[:length])
        if module.is_dir():
            sources = list(module.glob("*.py"))
        elif module.with_suffix(".py").is_file():
            sources = [module.with_suffix(".py")]
        else:
            continue
        return length == len(parts) or parts[length] in set().union(*map(names_in, sources))
    return False


@of_each_document
def test_every_module_that_is_named_exists(document):
    named = set(re.findall(r"`(digitlab\.[\w.]*\w)[`(]", prose_of(document)))
    files = re.compile(r"\.(onnx|safetensors)$")  # digitlab.onnx is a file
    assert {name for name in named if not files.search(name) and not exists(name)} == set()


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))


@of_each_document
def test_every_make_target_that_is_named_exists(document):
    named = re.findall(r"`make ([a-z]+)", prose_of(document))
    for _, _, code in FENCE.findall(text_of(document)):
        named += re.findall(r"^make ([a-z]+)", code, re.MULTILINE)
    assert set(named) <= targets()


# docs/architecture.md


def rows(document: Path, heading: str) -> list[list[str]]:
    """The rows of the table whose heading begins so, without the heading."""
    [table] = re.findall(rf"^\| {heading} .*\n\|[-| ]+\n((?:\|.*\n)+)", text_of(document), re.M)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def room_of(module: str) -> str | None:
    """The room that ``digitlab.ROOM…`` lies in; None for a module that lies in none."""
    name = module.removeprefix("digitlab.").partition(".")[0]
    return name if (PACKAGE / name).is_dir() else None


def imported_rooms(room: str) -> set[str]:
    """The other rooms that a room's modules import when they are imported."""
    found = set()
    for path in (PACKAGE / room).rglob("*.py"):
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.Import):
                found |= {room_of(alias.name) for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                found.add(room_of(statement.module))
    return found - {None, room}


def test_the_table_of_rooms_lists_every_room_and_what_it_imports():
    table = {re.sub(r"\[(\w+)\].*", r"\1", row[0]): row for row in rows(ARCHITECTURE, "room")}
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert set(table) == rooms
    for room, (*_, allowed) in table.items():
        assert imported_rooms(room) <= set(allowed.split(", ")), room


def test_the_light_rooms_of_the_table_may_import_no_room_above_them():
    floor = {re.sub(r"\[(\w+)\].*", r"\1", row[0]): row[1] for row in rows(ARCHITECTURE, "room")}
    for row in rows(ARCHITECTURE, "room"):
        if row[1] == "light":
            assert "upper" not in {floor.get(room) for room in row[3].split(", ")}


def test_the_ways_through_the_package_name_modules_and_scripts_that_exist():
    _, pen, digit, _ = re.split(r"^## (?:From|Where).*\n", text_of(ARCHITECTURE), flags=re.M)
    modules = re.findall(r"\(`([\w/]+\.py)`\)", pen)
    assert [module for module in modules if not (PACKAGE / module).is_file()] == []
    scripts = re.findall(r"`([\w]+\.js)`", pen)
    assert [script for script in scripts if not (PACKAGE / "front" / script).is_file()] == []
    modules = re.findall(r"`([\w]+\.py)`", digit)
    assert [module for module in modules if not (PACKAGE / "lab" / module).is_file()] == []
    assert len(modules) >= 8


# CONTRIBUTING.md: each recipe is applied to a copy of the package


def recipes() -> dict[str, list[tuple[str, str, str]]]:
    """The fenced blocks of each recipe: language, file, code."""
    _, *sections = re.split(r"^### (.+)\n", text_of(CONTRIBUTING), flags=re.MULTILINE)
    return {
        title: FENCE.findall(body)
        for title, body in zip(sections[::2], sections[1::2], strict=True)
    }


def edited(source: str, diff: str) -> str:
    """Apply a diff whose parts are found by their own lines, which must be there just once."""
    for part in re.split(r"^@@\n", diff, flags=re.MULTILINE):
        lines = part.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in (sign, " ")) for sign in "-+")
        assert source.count(old) == 1, f"These lines are there {source.count(old)} times:\n{old}"
        source = source.replace(old, new)
    return source


@pytest.fixture
def copy(tmp_path) -> Path:
    """A checkout that a recipe may change."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, tmp_path / "digitlab", ignore=ignore)
    for name in ("models", "data", "notebooks", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    """Run Python in a copy, with the copy's package, and return what it printed."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=ours | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def follow(folder: Path, recipe: str) -> list[str]:
    """Do in a copy what a recipe says, and return what its scripts print."""
    made, printed = [], []
    for language, file, code in recipes()[recipe]:
        path = folder / file
        if file and language in ("python", "toml"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, encoding="utf-8")
            made += [file] if language == "python" else []
        elif language == "diff":
            path.write_text(edited(path.read_text(encoding="utf-8"), code), encoding="utf-8")
        elif language == "python":
            printed.append(run(folder, "-c", code))
    if made:
        printed.append(run(folder, "-m", "pytest", "-q", "--doctest-modules", *made))
    return printed


def test_there_are_three_recipes():
    assert len(recipes()) == 3


def test_the_recipe_for_a_section_works(copy):
    [tests] = follow(copy, "A new section on the pad")
    assert "2 passed" in tests  # the example, and the test


@pytest.mark.training
def test_the_recipe_for_a_training_works(copy):
    tried, _ = follow(copy, "A new training recipe")
    assert re.fullmatch(r"(quick|slanted), seed \d: \d+\.\d\d%\n", tried.splitlines(True)[-1])
    assert len(tried.splitlines()) == 4
    assert "slanted" in run(copy, "-m", "digitlab", "train", "--help")


@pytest.mark.notebook
def test_the_recipe_for_a_notebook_works(copy):
    *_, tests = follow(copy, "A new notebook")
    assert "3 passed" in tests


def test_the_code_in_the_recipes_is_formatted_as_ours_is(tmp_path):
    for number, (language, file, code) in enumerate(chain(*recipes().values())):
        if language == "python" and file:
            path = tmp_path / f"{number}.py"
            path.write_text(code, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "--config", str(ROOT / "pyproject.toml")]
    ended = subprocess.run(
        [*ruff, "format", "--diff", tmp_path], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


# CHANGELOG.md and CITATION.cff


def test_the_changelog_begins_with_what_is_unreleased_and_knows_this_version():
    versions = re.findall(r"^## \[?([\w.]+)\]?", text_of(CHANGELOG), re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert digitlab.__version__ in versions


def test_no_old_path_of_the_changelog_is_left_and_every_new_one_is_there():
    renamed = [
        [re.findall(r"`([\w.]+)`", cell) for cell in row] for row in rows(CHANGELOG, "old path")
    ]
    assert len(renamed) > 40
    for old, new in renamed:
        # What was a module may be a room now.
        files = [ROOT.joinpath(*name.split(".")).with_suffix(".py") for name in old]
        assert [file for file in files if file.exists()] == []
        assert [name for name in new if not exists(name)] == []


def test_the_citation_has_what_a_citation_needs_and_names_this_version():
    citation = yaml.safe_load(text_of(CITATION))
    required = {"cff-version", "message", "title", "abstract", "authors", "version", "license"}
    assert required <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == digitlab.__version__
    assert citation["license"] == PROJECT["license"]
    assert all(author.get("name") for author in citation["authors"])


# .github/workflows


def jobs() -> list[tuple[str, dict]]:
    return [
        (f"{path.stem}, {name}", job)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(text_of(path))["jobs"].items()
    ]


def pythons(job: dict) -> list[str]:
    [setup] = [step for step in job["steps"] if "setup-python" in step.get("uses", "")]
    version = setup["with"]["python-version"]
    return job["strategy"]["matrix"]["python"] if "matrix" in version else [version]


def test_the_workflows_are_started_by_what_they_say():
    # In YAML 1.1 the word "on" is true.
    started = {path.stem: set(yaml.safe_load(text_of(path))[True]) for path in WORKFLOWS}
    assert started == {
        "test": {"push", "pull_request"},
        "newest": {"schedule", "workflow_dispatch"},
        "publish": {"push"},
    }


def test_every_python_of_a_workflow_is_one_that_the_package_admits():
    admitted = SpecifierSet(PROJECT["requires-python"])
    for name, job in jobs():
        assert all(version in admitted for version in pythons(job)), name


def test_everything_is_tested_on_each_python_from_the_oldest_on():
    tested = pythons(dict(jobs())["test, everything"])
    minors = [int(version.removeprefix("3.")) for version in tested]
    assert minors == list(range(minors[0], minors[-1] + 1))
    assert f">=3.{minors[0]}" == PROJECT["requires-python"]
    classified = [
        line.rpartition(" ")[2]
        for line in PROJECT["classifiers"]
        if re.search(r"Python :: 3\.\d+$", line)
    ]
    assert classified in ([], tested)


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _ in jobs()])
def test_every_command_of_a_workflow_names_what_exists(name, job):
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands
    for command in commands:
        assert set(re.findall(r"\bmake (\w+)", command)) <= targets()
        paths = re.findall(r"(?<![\w./-])[\w.-]+/[\w./-]+|\b[\w-]+\.(?:txt|py|toml)\b", command)
        assert [path for path in paths if not (ROOT / path).exists()] == []
        if command.startswith(".ci/"):
            assert os.access(ROOT / command, os.X_OK)


def test_the_light_part_is_tested_without_the_laboratory():
    [job] = [job for name, job in jobs() if name.endswith("light")]
    commands = " ".join(step.get("run", "") for step in job["steps"])
    assert "[" not in commands  # no extra is installed
    for room in ("preprocess", "classifier", "drawings", "pad"):
        assert f" digitlab/{room}" in commands
        assert f" tests/{room}" in commands
