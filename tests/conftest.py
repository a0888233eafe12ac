"""What all tests share: what each needs, in which order they run, and what fails a whole run."""

import os
import sys
import tempfile
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import tqdm
import tqdm.auto
from hypothesis import settings

# The bar of a terminal: tqdm takes a process for a notebook once any test has imported ipykernel.
tqdm.auto.tqdm = tqdm.tqdm

# jsonschema builds a grammar of addresses at import, which takes two seconds, unless there is
# none. The app does without, too.
sys.modules.setdefault("rfc3987_syntax", None)

# What `make quick` leaves out, and what begins first where there are several workers.
MARKERS = {
    "notebook": "runs a notebook: its cells, and tests that say so",
    "browser": "needs a browser: all of tests/browser",
    "server": "starts the app or its kernels: what uses one of STARTS, and tests that say so",
    "training": "trains a network: what tests lab/training.py, and tests that say so",
}
BROWSER = Path(__file__).with_name("browser")
# Fixtures and functions.
STARTS = {
    "app",
    "watched",
    "front",
    "members",
    "elsewhere",
    "running_app",
    "fails_to_start",
    "experiment",
}

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("digitlab", deadline=None)
settings.register_profile("quick", deadline=None, max_examples=15)
settings.load_profile("digitlab")

# Seconds that the two cores may work for one notebook: three minutes each. Time on the clock would
# say as much about what else the machine does.
BUDGET = 360

# Parameters that an optimizer moves. A test may well take steps with a few.
A_NETWORK = 10_000

# These run in an environment of their own, which a benchmark makes.
collect_ignore = ["benchmarks/rivals"]


def pytest_addoption(parser):
    parser.addoption(
        "--fail-on-skip",
        action="store_true",
        help="fail the run if any test was skipped: on a machine that should be able to run all",
    )


def pytest_configure(config):
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    # Hooks of a conftest.py are called for the tests beside it alone, those of a plugin for all.
    config.pluginmanager.register(Limits(), "digitlab-limits")
    # What whoever runs the tests has predicted and drawn is not part of a notebook's outputs.
    nowhere = Path(tempfile.gettempdir(), f"digitlab-{uuid4()}")
    os.environ["DIGITLAB_PREDICTIONS"] = str(nowhere / "predictions.json")
    os.environ["DIGITLAB_DRAWINGS"] = str(nowhere / "drawings.sqlite3")
    if "PYTEST_XDIST_WORKER" in os.environ:  # the others have something to do, too
        os.environ["OMP_NUM_THREADS"] = "1"


# What a test needs, and when it runs -----------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker("notebook")
        elif BROWSER in item.path.parents:
            item.add_marker("browser")
        elif item.path.stem.removeprefix("test_") == "training":
            item.add_marker("training")
        elif STARTS & _used(item):
            item.add_marker("server")
    # Files that take long begin first, so that no worker waits for another at the end: what is
    # marked, then the tests of the whole, then those of the rooms.
    items.sort(
        key=lambda item: (
            *(item.get_closest_marker(name) is None for name in MARKERS),
            len(item.path.parts),
        )
    )


def _used(item: pytest.Item) -> set[str]:
    """The names of the fixtures and functions that a test uses."""
    code = getattr(getattr(item, "function", None), "__code__", None)
    return {*getattr(item, "fixturenames", ()), *(code.co_names if code else ())}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    # "auto" is one more than there are processors, for many tests wait for a server or a browser.
    return min(os.cpu_count() or 1, 7) + (config.option.numprocesses == "auto")


@pytest.fixture(scope="session")
def app():
    """An app with the usual options, for all tests of a worker that need no other."""
    from tests.serving import running_app

    with running_app() as running:
        yield running


# What fails a run ------------------------------------------------------------------------------


class Limits:
    """A notebook has a budget, and a test that trains says so."""

    def pytest_collection_finish(self):
        if "torch" in sys.modules:
            from torch.optim.optimizer import register_optimizer_step_pre_hook

            register_optimizer_step_pre_hook(self._before_step)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self._trains = item.get_closest_marker("training") is not None
        return (yield)

    def _before_step(self, optimizer, *_):
        groups = optimizer.param_groups
        size = sum(tensor.numel() for group in groups for tensor in group["params"])
        if size > A_NETWORK and not self._trains:
            pytest.fail("This test trains a network. Mark it: @pytest.mark.training")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        report = yield
        if item.path.suffix == ".ipynb" and report.when == "call" and report.passed:
            kernel = psutil.Process(item.parent.kernel.km.provisioner.pid)
            spent = sum(kernel.cpu_times()[:4])  # of the user and the system, children included
            if spent > BUDGET:
                report.outcome = "failed"
                report.longrepr = (
                    f"{item.path.name} has kept the processor busy for {spent:.0f} s up to this "
                    f"cell: its budget is {BUDGET} s."
                )
        return report


def _skipped(config) -> list[str]:
    """What was skipped; an expected failure is none, for it did run."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return [report.nodeid for report in reporter.stats.get("skipped", [])] if reporter else []


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    fails = session.config.option.fail_on_skip and _skipped(session.config)
    if fails and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if config.option.fail_on_skip and (skipped := _skipped(config)):
        terminalreporter.section("skipped, and this run must not skip", red=True)
        for nodeid in skipped:
            terminalreporter.line(nodeid)
