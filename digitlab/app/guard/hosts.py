"""The names that the server answers to."""

import ipaddress
import socket
from http import HTTPStatus

from tornado import httputil, web


class Hosts:
    """The names that the pad may be asked for.

    Any page can have its own name point to this machine, and would then be taken for ours
    (DNS rebinding). An address can't be pointed elsewhere, so all addresses are fine.

    Parameters
    ----------
    *names : str
        Those beside ``localhost`` and this machine's own name.

    Examples
    --------
    >>> hosts = Hosts("pad.example")
    >>> hosts.know("127.0.0.1:8866"), hosts.know("Pad.Example"), hosts.know("evil.example:8866")
    (True, True, False)
    """

    def __init__(self, *names: str):
        own = socket.gethostname()
        self._given = {name.lower() for name in names}
        self._names = {"localhost", own.lower(), f"{own}.local".lower()} | self._given

    def name(self, host: str) -> bool:
        """Tell whether a host is one of those that were given."""
        return host.lower() in self._given

    def know(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name = httputil.split_host_and_port(host.lower())[0].strip("[]").rstrip(".")
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        return True


class StrangeHostHandler(web.RequestHandler):
    """Answers whoever asks for another name."""

    def prepare(self) -> None:
        """Say what to do."""
        self.settings["events"].rejected("host")
        self.set_status(HTTPStatus.FORBIDDEN)
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.write("The pad isn't known by this name here. ")
        self.finish("To allow it, start it with --allow-host and the name.\n")
