"""What all tests share: skips can be made to fail the run, and notebooks have a time budget."""

import os
import tempfile
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from hypothesis import settings

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("digitlab", deadline=None)
settings.load_profile("digitlab")

# Seconds that the two cores may work for one notebook: three minutes each. Time on the clock would
# say as much about what else the machine does.
BUDGET = 360

# These run in an environment of their own, which a benchmark makes.
collect_ignore = ["benchmarks/rivals"]

_SKIPPED = pytest.StashKey[list[str]]()


def pytest_addoption(parser):
    parser.addoption(
        "--fail-on-skip",
        action="store_true",
        help="fail the run if any test was skipped: on a machine that should be able to run all",
    )


def pytest_configure(config):
    config.stash[_SKIPPED] = []
    # What whoever runs the tests has predicted and drawn is not part of a notebook's outputs.
    nowhere = Path(tempfile.gettempdir(), f"digitlab-{uuid4()}")
    os.environ["DIGITLAB_PREDICTIONS"] = str(nowhere / "predictions.json")
    os.environ["DIGITLAB_DRAWINGS"] = str(nowhere / "drawings.sqlite3")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if item.path.suffix == ".ipynb" and report.when == "call" and report.passed:
        kernel = psutil.Process(item.parent.kernel.km.provisioner.pid)
        spent = sum(kernel.cpu_times()[:4])  # of the user and the system, children included
        if spent > BUDGET:
            report.outcome = "failed"
            report.longrepr = (
                f"{item.path.name} has kept the processor busy for {spent:.0f} s up to this cell: "
                f"its budget is {BUDGET} s."
            )
    # An expected failure is reported as skipped too, but it did run.
    if report.skipped and not hasattr(report, "wasxfail"):
        item.config.stash[_SKIPPED].append(report.nodeid)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.skipped:
        collector.config.stash[_SKIPPED].append(report.nodeid)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    skipped = session.config.stash[_SKIPPED]
    if session.config.option.fail_on_skip and skipped and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if config.option.fail_on_skip and (skipped := config.stash[_SKIPPED]):
        terminalreporter.section("skipped, and this run must not skip", red=True)
        for nodeid in skipped:
            terminalreporter.line(nodeid)
