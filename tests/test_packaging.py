import base64
import email
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
import requests
import yaml
from packaging.requirements import Requirement
from PIL import Image, ImageDraw

import digitlab
from tests.serving import free_port

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAVY = {"torch", "torchvision", "matplotlib"}


def requirements(*lists: list[str]) -> dict[str, Requirement]:
    """Return requirements by name, without the package's own extras."""
    parsed = [Requirement(line) for list_ in lists for line in list_]
    return {
        requirement.name: requirement for requirement in parsed if requirement.name != "digitlab"
    }


EXTRAS = PROJECT["optional-dependencies"]
ALL_REQUIREMENTS = requirements(PROJECT["dependencies"], *EXTRAS.values())


# The public face


def test_every_public_name_is_there_once():
    assert len(digitlab.__all__) == len(set(digitlab.__all__))
    for name in digitlab.__all__:
        assert getattr(digitlab, name) is not None
    assert set(digitlab.__all__) <= set(dir(digitlab))


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Clasifier"):
        digitlab.Clasifier  # noqa: B018


def imported_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    program = f"{statement}\nimport sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(ended.stdout.split())


def test_importing_digitlab_imports_nothing_but_the_standard_library():
    added = imported_after("import digitlab") - imported_after("pass")
    assert added - sys.stdlib_module_names == {"digitlab"}


def test_the_command_line_imports_nothing_heavy_until_it_is_used():
    added = imported_after("import digitlab.cli") - imported_after("pass")
    assert added - sys.stdlib_module_names == {"digitlab", "click"}


GROUND_FLOOR = ["app.server", "classifier", "cli", "drawings", "errors", "pad", "preprocess"]


def test_the_ground_floor_never_imports_the_lab():
    everything = ", ".join(f"digitlab.{module}" for module in GROUND_FLOOR)
    assert not imported_after(f"import {everything}") & HEAVY


# The lists of dependencies

CONDA_NAMES = {
    "jupyter-client": "jupyter_client",
    "jupyter-server": "jupyter_server",
    "jupyterlab-widgets": "jupyterlab_widgets",
    "build": "python-build",
    "matplotlib": "matplotlib-base",
    "playwright": "playwright-python",
    "prometheus-client": "prometheus_client",
    "torch": "pytorch",
}
FROM_PIP = {"axe-playwright-python", "opencv-python-headless"}  # also in the conda environment


def test_environment_yml_names_what_pyproject_names():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    *conda, pip = listed
    named = {
        name: f"{CONDA_NAMES.get(name, name)}{requirement.specifier}"
        for name, requirement in ALL_REQUIREMENTS.items()
    }
    from_pip = {named.pop(name) for name in FROM_PIP}
    assert set(pip["pip"]) == from_pip | {"-e ."}
    expected = {f"python{PROJECT['requires-python']}", *named.values()}
    assert {str(Requirement(line)) for line in conda if line != "pip"} == expected


def test_constraints_pin_every_dependency_within_its_bounds_and_name_no_index():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    assert not [line for line in lines if "://" in line]
    versions = {
        name.lower().replace("_", "-"): version
        for name, version in (pin.split("==") for pin in pins)
    }
    for name, requirement in ALL_REQUIREMENTS.items():
        assert requirement.specifier.contains(versions[name.lower()]), name


# The two files that an index gets


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    hatchling = [sys.executable, "-m", "hatchling", "build"]
    subprocess.run([*hatchling, "-t", "sdist", "-t", "wheel", "-d", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def sdist(built) -> Path:
    (path,) = built.glob("*.tar.gz")
    return path


def test_an_index_would_take_both_and_show_the_readme(built):
    twine = [sys.executable, "-m", "twine", "check", "--strict", *built.iterdir()]
    ended = subprocess.run(twine, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_pyroma_has_no_complaint(sdist):
    pyroma = [sys.executable, "-m", "pyroma", "--min", "10", sdist]
    ended = subprocess.run(pyroma, capture_output=True, text=True, check=False)
    assert "Final rating: 10/10" in ended.stdout + ended.stderr


def test_on_an_index_every_link_of_the_readme_is_absolute(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        readme = email.message_from_bytes(archive.read(name)).get_payload()
    links = re.findall(r"\]\(([^)]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", readme)
    assert len(links) > 10
    assert [link for pair in links for link in pair if link and "://" not in link] == []


def test_the_sdist_holds_all_that_git_does(sdist):
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {name for name in tracked if name and (ROOT / name).exists()} - held == set()
    assert not [name for name in held if "ubyte" in name]


# The wheel, in an empty environment away from the checkout


def newest_python() -> str:
    """The newest Python at hand that digitlab names, or the one that runs the tests."""
    for minor in range(14, sys.version_info.minor, -1):
        program = shutil.which(f"python3.{minor}")
        if program and not subprocess.run([program, "-V"], capture_output=True).returncode:
            return program
    return sys.executable


@pytest.fixture(scope="module", params=["this", "newest"])
def elsewhere(request, wheel, tmp_path_factory):
    """An environment with the wheel and what it depends on; returns how to start programs in it."""
    home = tmp_path_factory.mktemp("elsewhere")
    python = sys.executable if request.param == "this" else newest_python()
    subprocess.run([python, "-m", "venv", "--without-pip", home / "venv"], check=True)
    programs = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "JUPYTER", "IPYTHON", "DIGITLAB", "VIRTUAL_ENV"))
    } | {"HOME": str(home), "PATH": os.pathsep.join([str(programs), os.environ["PATH"]])}

    def start(*command, **options) -> subprocess.Popen:
        return subprocess.Popen(
            [programs / command[0], *command[1:]],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )

    install(wheel, programs / "python", home)
    return start


def install(wheel: Path, python: Path, home: Path) -> None:
    """By uv, which takes a tenth of pip's time; by pip where it cannot, as the Makefile does."""
    options = ["install", "--quiet", "--constraint", ROOT / "constraints.txt", wheel]
    # In the environment of the tests: there are the real home, its settings and its cache.
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    if uv := shutil.which("uv", path=beside):
        by_uv = subprocess.run([uv, "pip", *options, "--python", python], cwd=home, check=False)
        if by_uv.returncode == 0:
            return
    subprocess.run([python, "-m", "ensurepip"], check=True, capture_output=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, *options], cwd=home, check=True)


@pytest.fixture
def seven(tmp_path) -> Path:
    path = tmp_path / "seven.png"
    image = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(image).line(
        [(70, 60), (210, 60), (120, 240)], fill="black", width=20, joint="curve"
    )
    image.save(path)
    return path


def finish(process: subprocess.Popen) -> tuple[int, str]:
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_the_wheel_carries_what_it_needs_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for path in ("models/digitlab.onnx", "models/digitlab.safetensors", "notebooks/app.ipynb"):
        assert f"digitlab/_resources/{path}" in names
    assert "digitlab/_resources/data/sample.png" in names
    top = {name.split("/")[0] for name in names}
    assert top == {"digitlab", f"digitlab-{digitlab.__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name or "ubyte" in name]
    assert wheel.stat().st_size < 10_000_000


def test_it_is_the_wheel_that_runs_there_and_torch_is_not(elsewhere):
    program = (
        "import digitlab, importlib.util as u; print(digitlab.__file__);"
        "print([name for name in ('torch', 'torchvision', 'matplotlib') if u.find_spec(name)])"
    )
    code, output = finish(elsewhere("python", "-c", program))
    assert code == 0
    where, heavy = output.splitlines()
    assert not Path(where).is_relative_to(ROOT)
    assert heavy == "[]"


def test_the_wheel_can_predict(elsewhere, seven):
    code, output = finish(elsewhere("digitlab", "predict", seven))
    assert code == 0, output
    assert output.startswith(f"{seven}: 7 (")


def test_the_wheel_says_how_to_install_the_lab(elsewhere):
    code, output = finish(elsewhere("digitlab", "train"))
    assert code == 2
    assert 'pip install "digitlab[lab]"' in output
    assert output.count("\n") == 1


def test_the_wheel_can_serve_the_pad(elsewhere, seven):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = elsewhere("digitlab", "app", "--no-browser", "--port", str(port))
    try:
        assert answers(address, server)
        page = requests.get(address, timeout=60)
        assert page.status_code == 200
        assert page.headers["Content-Type"].startswith("text/html")
        image = base64.b64encode(seven.read_bytes()).decode()
        answer = requests.post(f"{address}/upload", json={"image": image}, timeout=60)
        assert answer.status_code == 200
        assert json.loads(answer.text)["digit"] == 7
    finally:
        server.terminate()
        output, _ = server.communicate(timeout=30)
    assert f"digitlab is ready: {address}" in output
    assert "Traceback" not in output


def answers(address: str, server: subprocess.Popen) -> bool:
    """Wait until a server answers; False if it ended or took more than a minute."""
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(address, timeout=60).close()
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return True
    return False
