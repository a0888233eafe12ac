"""How the pad is to be served: the options of `digitlab.app.serve`."""

import errno
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tornado import netutil

_ADVICE = {
    0: "--ip takes an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for all.",
    errno.EADDRINUSE: "Stop what is running there, or choose another: digitlab app --port 8867",
    errno.EACCES: "You may not use this port; choose one above 1023: digitlab app --port 8867",
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to serve the pad.

    Attributes
    ----------
    ip : str
        The address to listen on; ``"0.0.0.0"`` opens the pad to the network.
    port : int
        The port to listen on.
    open_browser : bool
        Whether to open the page in the default browser.
    weights : str or pathlib.Path, optional
        A folder of weights or an ONNX file, in place of the shipped network.
    max_visitors : int
        How many may draw at the same time; who comes then is asked to wait. A visitor takes 25 MB.
    grace : float
        Seconds that SIGTERM leaves those who are drawing; nobody is let in meanwhile.
    metrics : bool
        Whether ``/metrics`` tells figures to whoever asks.
    log : bool
        Whether to write a line to stderr for each event.
    log_addresses : bool
        The same, with the address that each comes from.
    token : str, optional
        What only those know who may enter, at the end of the link: ``/?token=…``.
    password : str, optional
        The same, to be typed.
    embedders : tuple of str
        Origins whose pages may show the pad in a frame, such as ``"https://course.example"``.
    hosts : tuple of str
        Names that the pad may be asked for, beside localhost and this machine's own.
    base_url : str
        The path below which the pad is found, where a proxy sends it less than a whole server.

    Examples
    --------
    >>> Options(ip="::1", token="open & shut").address
    'http://[::1]:8866/?token=open%20%26%20shut'
    """

    ip: str = "127.0.0.1"
    port: int = 8866
    open_browser: bool = True
    weights: str | Path | None = None
    max_visitors: int = 100
    grace: float = 5.0
    metrics: bool = False
    log: bool = False
    log_addresses: bool = False
    token: str | None = None
    password: str | None = None
    embedders: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    base_url: str = "/"

    def bind(self) -> list[socket.socket]:
        """Take the port.

        Raises
        ------
        OSError
            If the port is taken, or the address is not one of this machine.
        """
        try:
            return netutil.bind_sockets(self.port, self.ip)
        except OSError as error:
            raise OSError(
                f"The pad cannot be served on {self.ip}, port {self.port}: "
                f"{error.strerror or error}. {_ADVICE.get(error.errno or 0, _ADVICE[0])}"
            ) from error

    @property
    def secrets(self) -> list[str]:
        """What those need who come in, by name; nothing, if everybody may."""
        return [name for name in ("token", "password") if getattr(self, name)]

    @property
    def address(self) -> str:
        """Where a browser finds the pad."""
        host = socket.gethostname() if self.ip in ("", "0.0.0.0", "::") else self.ip
        host = f"[{host}]" if ":" in host else host
        query = f"?token={quote(self.token, safe='')}" if self.token else ""
        path = self.base_url if self.base_url != "/" or query else ""
        return f"http://{host}:{self.port}{path}{query}"
