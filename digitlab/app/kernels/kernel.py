"""The kernel of a page, in a process that was just forked."""

import logging
import os
import random
import sys

import numpy as np
import zmq

from digitlab.app import jupyter_internals


def run_kernel(arguments: list[str], environment: dict[str, str], folder: str) -> None:
    """Be a kernel, in a process that was just forked, until it is shut down."""
    random.seed()
    np.random.seed()  # noqa: NPY002 (the global generator, too, would else repeat the siblings')
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kernel", *arguments]
    zmq.COPY_THRESHOLD = 1 << 30  # the first message above it would start three threads more
    app = jupyter_internals.pad_kernel_app().instance(log=logging.getLogger("digitlab.kernel"))
    app.initialize(arguments)
    jupyter_internals.adopt_widgets()
    app.start()
