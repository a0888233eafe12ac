"""The kernel of a page, in a process that was just forked."""

import logging
import os
import sys

import numpy as np
import zmq

from digitlab.app import jupyter_internals


def run_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be a kernel, in a process that was just forked, until it is shut down."""
    # Or it would repeat the siblings' numbers. Python's own generator is seeded at each fork.
    np.random.seed()  # noqa: NPY002
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kernel", *arguments]
    zmq.COPY_THRESHOLD = 1 << 30  # the first message above it would start three threads more
    app = jupyter_internals.pad_kernel_app().instance(log=logging.getLogger("digitlab.kernel"))
    app.initialize(arguments)
    jupyter_internals.adopt_widgets()
    app.start()
