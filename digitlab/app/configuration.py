"""What Voilà, its kernels and Jupyter are told: all that ``configuration.toml`` says, and more."""

import os
import tomllib
from pathlib import Path

from jupyter_server.auth.identity import IdentityProvider, User
from tornado import web
from traitlets.config import Config

from digitlab.app.kernels.manager import CAN_FORK


class NobodyInPerson(IdentityProvider):
    """Knows nobody: whoever came in by the `Door` may draw, and needs no name and no cookie."""

    def get_user(self, handler: web.RequestHandler) -> User:
        """Return the same visitor for all."""
        return User("visitor")


def configuration() -> Config:
    """Return the configuration: the pad and nothing else, on whatever machine."""
    config = Config(tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")))
    if CAN_FORK:
        config.KernelManager.transport = "ipc"
    else:
        config.KernelManager.transport_encryption = "auto"
    config.NotebookNotary.secret = os.urandom(32)
    return config
