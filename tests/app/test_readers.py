import asyncio
import base64
import contextlib
import io
import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests
from hypothesis import given, strategies
from PIL import Image, ImageDraw

from digitlab import Classifier
from digitlab.app.kernels.client import ForkServerClient
from digitlab.app.kernels.forkserver import NICENESS
from digitlab.app.kernels.manager import CAN_FORK
from digitlab.app.uploads import readers
from digitlab.app.uploads.readers import READERS, Readers
from digitlab.app.uploads.reply import LENGTH, MOST_MEMORY, answer_uploads
from digitlab.app.uploads.reply import reply as answer_to
from tests.serving import TIMEOUT, App, name_of, running_app
from tests.strokes import PAD, TEMPLATES

# Elsewhere threads read. CI runs on Linux, where none of these is skipped.
forking = pytest.mark.skipif(not CAN_FORK, reason="readers are forked on Linux alone")


def body(digit: int) -> bytes:
    paper, file = Image.new("L", PAD, "white"), io.BytesIO()
    for stroke in TEMPLATES[digit]:
        ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
    paper.save(file, "PNG")
    return json.dumps({"image": base64.b64encode(file.getvalue()).decode()}).encode()


def post(app: App, digit: int) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    return requests.post(f"{app.url}/upload", body(digit), headers=headers, timeout=TIMEOUT)


def running_readers(app: App) -> list[psutil.Process]:
    return [process for process in app.processes() if name_of(process) == "digitlab-reader"]


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier.load()


class OddForkServer:
    """Forks nothing: its readers are threads that do with the connection what they are told."""

    def __init__(self, reader):
        self.reader = reader
        self.forked = []

    async def fork(self, task: str, *, address: str, weights: str | None):
        assert task == "reader"
        assert weights is None
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        thread = threading.Thread(target=self.reader, args=[connection], daemon=True)
        thread.start()
        self.forked.append(OddProcess())
        return self.forked[-1]


class OddProcess:
    killed = False

    def kill(self) -> None:
        self.killed = True


def reply(fork_server, folder, *bodies: bytes) -> list[tuple[int, dict]]:
    """What the readers of a fork server answer, one after the other."""

    async def ask() -> list[tuple[int, dict]]:
        pool = Readers(fork_server, classifier=Classifier.load(), weights=None, scratch=folder)
        answers = [await pool.reply(content) for content in bodies]
        pool.close()
        await asyncio.sleep(0)  # the connections close in the loop's next turn
        return [(int(status), said) for status, said in answers]

    return asyncio.run(ask())


def test_a_reader_answers_one_upload_after_the_other_until_the_server_hangs_up():
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=answer_uploads, args=[theirs, Classifier.load()])
    thread.start()
    with ours, ours.makefile("rb") as replies:
        for content, status, said in ((body(4), 200, ("digit", 4)), (b"", 400, None)) * 2:
            ours.sendall(LENGTH.pack(len(content)) + content)
            assert replies.readline() == b"\n"
            got, answer = json.loads(replies.readline())
            assert got == status
            assert said is None or said in answer.items()
    thread.join(TIMEOUT)
    assert not thread.is_alive()


any_json = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.floats() | strategies.text(max_size=3),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(
            strategies.sampled_from(["image", "strokes", "lang", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(strokes=any_json, lang=any_json | strategies.just("en"))
def test_whatever_comes_in_place_of_strokes_is_answered(shipped, strokes, lang):
    asked = json.dumps({"strokes": strokes, "lang": lang}).encode()
    status, said = answer_to(asked, shipped)
    assert status in (200, 400, 422)
    assert ("error" in said) == (status != 200)


def test_where_nothing_can_be_forked_threads_read(tmp_path):
    [(status, said), (refused, error)] = reply(None, tmp_path, body(6), b"[]")
    assert (status, said["digit"]) == (200, 6)
    assert (refused, error.keys()) == (400, {"error"})


@forking
@pytest.mark.server
def test_a_real_reader_is_started_once_and_leaves_no_socket_in_the_folder(tmp_path):
    async def ask() -> list:
        fork_server = ForkServerClient(str(tmp_path))
        try:
            pool = Readers(fork_server, classifier=None, weights=None, scratch=tmp_path)
            answers = [(await pool.reply(body(digit)))[1] for digit in (1, 2, 3)]
            assert list(tmp_path.iterdir()) == []
            assert len(psutil.Process(fork_server._parent.pid).children()) == 1
            pool.close()
        finally:
            fork_server.close()
        return answers

    assert [said["digit"] for said in asyncio.run(ask())] == [1, 2, 3]


@forking
def test_where_two_readers_end_before_they_have_it_it_is_refused_and_the_next_upload_has_a_new_one(
    tmp_path,
):
    fork_server = OddForkServer(lambda connection: connection.close())
    [(status, said)] = reply(fork_server, tmp_path, body(1))
    assert (status, "try again" in said["error"]) == (503, True)
    assert [process.killed for process in fork_server.forked] == [True, True]
    fork_server.reader = lambda connection: answer_uploads(connection, Classifier.load())
    [(status, said)] = reply(fork_server, tmp_path, body(1))
    assert (status, said["digit"]) == (200, 1)


@forking
def test_an_answer_may_be_as_long_as_that_to_a_full_sheet(tmp_path):
    digits = [{"digit": 7, "confidence": 0.98, "box": [1000, 1000, 1020, 1020]}] * 1000

    def reader(connection: socket.socket) -> None:
        with connection:
            connection.recv(1 << 20)
            connection.sendall(f"\n{json.dumps([200, {'digits': digits}])}\n".encode())

    [(status, said)] = reply(OddForkServer(reader), tmp_path, body(1))
    assert (status, len(said["digits"])) == (200, 1000)


@forking
def test_an_upload_that_killed_a_reader_is_not_tried_again(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def die(body: bytes, classifier) -> None:
        raise Killed

    def reader(connection: socket.socket) -> None:
        with contextlib.suppress(Killed):
            answer_uploads(connection, Classifier.load())

    monkeypatch.setattr("digitlab.app.uploads.reply.reply", die)
    fork_server = OddForkServer(reader)
    [(status, said)] = reply(fork_server, tmp_path, body(1))
    assert status == 400
    assert "breaks what reads it" in said["error"]
    assert [process.killed for process in fork_server.forked] == [True]


@forking
def test_what_takes_too_long_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LONGEST", 0.2)
    ended = threading.Event()

    def sleepy(connection: socket.socket) -> None:
        with connection:
            while connection.recv(1 << 16):
                pass
        ended.set()

    fork_server = OddForkServer(sleepy)
    [(status, said)] = reply(fork_server, tmp_path, body(1))
    assert status == 400
    assert "smaller" in said["error"]
    assert [process.killed for process in fork_server.forked] == [True]
    assert ended.wait(TIMEOUT)


@forking
def test_a_reader_that_never_comes_is_ended_too(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LONGEST", 0.2)

    class DeadEnd(OddForkServer):
        async def fork(self, task: str, **_):
            self.forked.append(OddProcess())
            return self.forked[-1]

    fork_server = DeadEnd(None)
    [(status, said)] = reply(fork_server, tmp_path, body(1))
    assert (status, "try again" in said["error"]) == (503, True)
    assert [process.killed for process in fork_server.forked] == [True, True]
    assert list(tmp_path.iterdir()) == []


def test_many_at_once_get_each_their_own_answer(app):
    digits = [n % 10 for n in range(40)]
    with ThreadPoolExecutor(10) as clients:
        answers = list(clients.map(lambda digit: post(app, digit).json()["digit"], digits))
    assert answers == digits
    assert not CAN_FORK or len(running_readers(app)) == READERS


@forking
def test_a_reader_that_was_killed_is_replaced_and_no_upload_is_lost():
    with running_app() as app:
        assert post(app, 3).json()["digit"] == 3
        [reader] = running_readers(app)
        reader.kill()
        assert post(app, 8).json()["digit"] == 8
        reader.wait(TIMEOUT)
        [another] = running_readers(app)
        assert another.pid != reader.pid
        assert app.stop() == ""


@forking
def test_a_reader_stands_behind_the_server_and_has_a_limited_memory(app):
    assert post(app, 3).status_code == 200
    reader, *_ = running_readers(app)
    assert reader.nice() == NICENESS + os.nice(0)
    assert reader.rlimit(psutil.RLIMIT_DATA) == (MOST_MEMORY, MOST_MEMORY)


@forking
def test_the_largest_images_have_room_in_a_reader(app):
    image = Image.new("RGB", (8160, 6144), "white")  # 50 megapixels, in the hungriest format
    ImageDraw.Draw(image).line([(3500, 900), (3500, 5600)], fill="black", width=450)
    file = io.BytesIO()
    image.save(file, "WEBP", method=0)
    large = json.dumps({"image": base64.b64encode(file.getvalue()).decode()}).encode()
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{app.url}/upload", large, headers=headers, timeout=TIMEOUT)
    assert answer.json()["digit"] == 1


@forking
def test_one_row_of_fifty_million_pixels_costs_neither_memory_nor_time(app):
    file = io.BytesIO()
    Image.new("1", (50_000_000, 1)).save(file, "PNG")
    image = {"image": base64.b64encode(file.getvalue()).decode()}
    answer = requests.post(f"{app.url}/upload", json=image, timeout=TIMEOUT)
    assert answer.status_code == 400
    assert "a side has at most 30,000" in answer.json()["error"]
    assert max(reader.memory_info().rss for reader in running_readers(app)) < 400_000_000
