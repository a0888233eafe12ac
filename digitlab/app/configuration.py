"""What Voilà, its kernels and Jupyter are told."""

import os

from jupyter_server.auth.identity import IdentityProvider, User
from tornado import web
from traitlets.config import Config

from digitlab.app.guard.channels import ChannelsConnection
from digitlab.app.kernels.manager import CAN_FORK, OwnKernel, PadKernels


class NobodyInPerson(IdentityProvider):
    """Knows nobody: whoever came in by the `Door` may draw, and needs no name and no cookie."""

    def get_user(self, handler: web.RequestHandler) -> User:
        """Return the same visitor for all."""
        return User("visitor")


def configuration() -> Config:
    """Return the configuration: the pad and nothing else, on whatever machine."""
    config = Config()
    config.PadServer.identity_provider_class = NobodyInPerson
    config.PadServer.kernel_websocket_connection_class = ChannelsConnection
    config.VoilaConfiguration.strip_sources = True
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.file_allowlist = []
    config.VoilaConfiguration.template = "digitlab"
    config.VoilaConfiguration.kernel_spec_manager_class = OwnKernel
    config.VoilaConfiguration.multi_kernel_manager_class = PadKernels
    # What the page loads: widgets and canvases, and no other extension that may be installed.
    config.VoilaConfiguration.extension_allowlist = [
        "@voila-dashboards/widgets-manager8",
        "@jupyter-widgets/jupyterlab-manager",
        "anywidget",
        "ipycanvas",
    ]
    # A kernel that has ended has lost the drawing: the page is told, and starts anew.
    config.KernelManager.autorestart = False
    # Jupyter holds on to a closed connection for as long as it would wait for its kernel.
    config.MappingKernelManager.kernel_info_timeout = 10
    if CAN_FORK:
        config.KernelManager.transport = "ipc"
    else:
        config.KernelManager.transport_encryption = "auto"
    # Jupyter would keep a database of trusted notebooks in the user's home.
    config.NotebookNotary.db_file = ":memory:"
    config.NotebookNotary.secret = os.urandom(32)
    return config
