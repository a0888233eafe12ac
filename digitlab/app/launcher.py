"""The pad as a tile in JupyterLab's launcher, wherever jupyter-server-proxy is installed."""

import secrets
import sys
from pathlib import Path


def launcher() -> dict[str, object]:
    """Return what jupyter-server-proxy has to know: how to start the pad, and what the tile says.

    Only the proxy has the token, which is new each time. So nobody else on a machine that many
    people share can use this pad, and the proxy may ask for it by whatever name the Hub has.

    Returns
    -------
    dict
        As for `jupyter_server_proxy.config.ServerProcess`.
    """
    token, icon = secrets.token_urlsafe(32), Path(__file__).parent / "page" / "icon.svg"
    options = ["--no-browser", "--port", "{port}", "--max-visitors", "3"]
    return {
        "command": [sys.executable, "-m", "digitlab", "app", *options],
        "environment": {"DIGITLAB_TOKEN": token},
        "request_headers_override": {"Authorization": f"Bearer {token}"},
        "timeout": 60,
        "launcher_entry": {"title": "Digit pad", "icon_path": str(icon)},
    }
