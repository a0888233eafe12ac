"""What Voilà, its kernels and Jupyter are told: all that ``configuration.toml`` says, and more."""

import os

from jupyter_server.auth.identity import IdentityProvider, User
from tornado import web
from traitlets.config import Config

from digitlab.app.kernels.manager import CAN_FORK
from digitlab.places import beside


class NobodyInPerson(IdentityProvider):
    """Knows nobody: whoever came in by the `Door` may draw, and needs no name and no cookie."""

    def get_user(self, handler: web.RequestHandler) -> User:
        """Return the same visitor for all."""
        return User("visitor")


def configuration() -> Config:
    """Return the configuration: the pad and nothing else, on whatever machine."""
    config = Config(beside(__file__, "configuration.toml"))
    transport = {"transport": "ipc"} if CAN_FORK else {"transport_encryption": "auto"}
    config.KernelManager.update(transport)
    config.NotebookNotary.secret = os.urandom(32)
    return config
