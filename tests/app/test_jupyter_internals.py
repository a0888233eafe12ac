"""What `digitlab.app` uses of Jupyter and tornado though nobody promised it.

Where an upgrade breaks one of these, the test names it; `digitlab/app/jupyter_internals.py` says
what each is for. The second part keeps the fence whole: nothing private is used elsewhere.
"""

import ast
import inspect
import os
import pkgutil
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import ipycanvas  # noqa: F401 (it makes a widget when it is imported)
import ipykernel
import ipywidgets
import pytest
from ipykernel.iostream import IOPubThread
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from packaging.requirements import Requirement
from tornado.httpserver import HTTPServer, _HTTPRequestContext
from tornado.iostream import IOStream
from tornado.websocket import WebSocketProtocol13
from voila.app import Voila
from voila.notebook_renderer import NotebookRenderer
from voila.paths import collect_static_paths
from voila.utils import get_page_config

import digitlab.app
from digitlab.app import jupyter_internals
from digitlab.app.kernels.manager import ForkedKernelProvisioner

ROOT = Path(digitlab.app.__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# What we call or override, and the parameters that we count on.
SIGNATURES = [
    (IPythonKernel.dispatch_shell, ["self", "msg"]),
    (IPythonKernel._publish_status, ["self", "status", "channel"]),
    (IPKernelApp.init_control, ["self", "context"]),
    (IPKernelApp.initialize, ["self", "argv"]),
    (IOPubThread.schedule, ["self", "f"]),
    (ipywidgets.register_comm_target, ["kernel"]),
    (ipywidgets.Widget.open, ["self"]),
    (LocalProvisioner.pre_launch, ["self", "kwargs"]),
    (LocalProvisioner.launch_kernel, ["self", "cmd", "kwargs"]),
    (AsyncMappingKernelManager.start_watching_activity, ["self", "kernel_id"]),
    (ZMQChannelsWebsocketConnection._send_status_message, ["self", "status"]),
    (ZMQChannelsWebsocketConnection.handle_incoming_message, ["self", "incoming_msg"]),
    (ZMQChannelsWebsocketConnection.handle_outgoing_message, ["self", "stream", "outgoing_msg"]),
    (HTTPServer.handle_stream, ["self", "stream", "address"]),
    (Voila.setup_template_dirs, ["self"]),
    (Voila.init_settings, ["self"]),
    (Voila.init_handlers, ["self"]),
    (Voila.listen, ["self"]),
    (collect_static_paths, ["app_names", "template_name"]),
    (get_page_config, ["base_url", "settings", "log", "voila_configuration"]),
    (NotebookRenderer.initialize, ["self"]),
    (NotebookRenderer.generate_content_generator, ["self", "kernel_id", "kernel_future"]),
]


@pytest.mark.parametrize(
    ("function", "parameters"), SIGNATURES, ids=lambda value: getattr(value, "__qualname__", "")
)
def test_a_function_that_we_count_on_takes_what_we_give_it(function, parameters):
    taken = inspect.signature(function).parameters
    assert list(taken)[: len(parameters)] == parameters
    more = [each for name, each in taken.items() if name not in parameters]
    assert [each.name for each in more if each.default is each.empty and each.kind < 2] == []


def test_dispatching_a_message_is_awaited_and_publishing_a_status_is_not():
    assert inspect.iscoroutinefunction(IPythonKernel.dispatch_shell)
    assert not inspect.iscoroutinefunction(IPythonKernel._publish_status)


@pytest.mark.parametrize(
    ("class_", "traits"),
    [
        (IPythonKernel, {"iopub_thread"}),
        # Before ipykernel 7 there was no such thread, and to do without it changes nothing.
        (IPKernelApp, {"shell_channel_thread"} if ipykernel.version_info[0] > 6 else set()),
        (
            IPKernelApp,
            {"kernel_class", "no_stdout", "no_stderr", "outstream_class", "capture_fd_output"},
        ),
        (AsyncMappingKernelManager, {"context", "kernel_info_timeout"}),
        (ZMQChannelsWebsocketConnection, {"channels", "session", "websocket_handler"}),
        (Voila, {"connection_dir_root", "config_file_paths", "kernel_websocket_connection_class"}),
        (Voila, {"identity_provider_class", "notebook_path", "root_dir", "static_root"}),
    ],
)
def test_what_we_set_and_look_at_is_there(class_, traits):
    assert traits - set(class_.class_trait_names()) == set()


def test_ipywidgets_keeps_its_widgets_where_we_look():
    button = ipywidgets.Button()
    assert ipywidgets.widget._instances[button.model_id] is button
    button.close()


def test_ipycanvas_makes_a_widget_at_import_for_us_to_adopt():
    names = {type(widget).__name__ for widget in ipywidgets.widget._instances.values()}
    assert "_CanvasManager" in names


def test_tornado_keeps_its_connections_where_we_count():
    assert jupyter_internals.http_streams(HTTPServer(lambda request: None)) == set()


def test_tornado_keeps_the_address_of_a_connection_beside_what_a_header_says():
    assert "self._orig_remote_ip = self.remote_ip" in inspect.getsource(_HTTPRequestContext)


def test_tornado_ends_a_websocket_and_limits_what_waits_where_we_ask_it_to():
    assert list(inspect.signature(WebSocketProtocol13._abort).parameters) == ["self"]
    source = inspect.getsource(IOStream.write)
    assert "self.max_write_buffer_size" in source
    assert "StreamBufferFullError" in source


def test_a_provisioner_that_we_register_is_found():
    found = KernelProvisionerFactory.instance().provisioners["digitlab-forked"]
    assert found.load() is ForkedKernelProvisioner


def test_the_kernels_of_the_page_are_made_of_what_we_override():
    app = jupyter_internals.pad_kernel_app()
    assert issubclass(app, IPKernelApp)
    assert {"dispatch_shell", "_publish_status"} <= set(vars(app.kernel_class))


@pytest.mark.parametrize(
    ("side", "statement", "others"),
    [
        (
            "kernel",
            "from digitlab.app.kernels import forkserver; forkserver.warm_up()",
            {"voila", "jupyter_server", "nbconvert", "nbclient", "prometheus_client", "debugpy"},
        ),
        ("server", "import digitlab.app.server", {"ipykernel", "IPython", "ipywidgets", "cv2"}),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_neither_side_holds_what_only_the_other_needs(side, statement, others):
    program = f"{statement}\nimport sys; print(*(n for n, m in sys.modules.items() if m))"
    single = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # as the server has it: no thread is forked
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=single
    )
    assert {name.partition(".")[0] for name in ended.stdout.split()} & others == set()


# The fence

FENCE = Path(jupyter_internals.__file__)
MODULES = [
    import_module(module.name)
    for module in pkgutil.walk_packages(digitlab.app.__path__, "digitlab.app.")
]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_private_name_is_used_beyond_the_fence(module):
    source = Path(module.__file__)
    if source == FENCE:
        return
    tree = ast.parse(source.read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    own = {"_exit"} | set(map(defined, nodes))  # the first is the system's, and documented
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {
        part
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for part in [*node.module.split("."), *(alias.name for alias in node.names)]
    }
    assert {name for name in used - own | imported if is_private(name)} == set()


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_no_class_overrides_a_private_name_beyond_the_fence(module):
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    overridden = {
        (class_.name, name)
        for class_ in tree.body
        if isinstance(class_, ast.ClassDef)
        for name in filter(is_private, map(defined, ast.walk(class_)))
        for base in getattr(module, class_.name).__mro__[1:]
        if not base.__module__.startswith("digitlab") and name in vars(base)
    }
    assert overridden == set()


def defined(node: ast.AST) -> str:
    """The name that something in a program defines or sets; empty if none."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return getattr(node, "attr", None) or getattr(node, "id", "")
    return ""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def test_each_package_that_is_used_behind_the_fence_has_an_upper_bound():
    imported = {
        name.partition(".")[0].replace("_", "-")
        for node in ast.walk(ast.parse(FENCE.read_text(encoding="utf-8")))
        for name in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in getattr(node, "names", ())]
        )
    }
    bounded = {
        requirement.name
        for requirement in map(Requirement, PROJECT["dependencies"])
        if any(specifier.operator == "<" for specifier in requirement.specifier)
    }
    assert imported - set(sys.stdlib_module_names) <= bounded
    assert "ipycanvas" in bounded  # whose widget is adopted
