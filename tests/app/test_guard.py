import asyncio
import base64
import hashlib
import itertools
import json
import re
import socket
import sys
import time

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.httputil import HTTPServerRequest, RequestStartLine
from tornado.websocket import websocket_connect

from digitlab.app.guard.door import Door, Guesses
from digitlab.app.guard.headers import security_headers
from digitlab.app.guard.limits import BODY_TIMEOUT, SPARE_CONNECTIONS
from digitlab.app.guard.messages import NotAllowedError, read_message
from digitlab.app.sharing import RateLimit
from tests.app.test_visitors import arrive, gone
from tests.serving import TIMEOUT, running_app
from tests.strokes import TEMPLATES
from tests.visiting import Visitor


def policy(answer: requests.Response) -> dict[str, list[str]]:
    directives = answer.headers["Content-Security-Policy"].rstrip(";").split("; ")
    return {name: sources for name, *sources in (directive.split() for directive in directives)}


# Headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/health"),
        ("GET", "/nowhere"),
        ("GET", "/voila/static/voila.js"),
        ("GET", "/voila/static/nowhere.js"),
        ("GET", "/voila/labextensions/nowhere"),
        ("GET", "/api/kernels/1-2-3-4-5"),
        ("GET", "/api/kernels/1-2-3-4-5/channels"),
        ("POST", "/voila/api/shutdown/1-2-3-4-5"),
        ("POST", "/upload"),
        ("DELETE", "/"),
    ],
)
def test_every_answer_carries_the_headers_that_protect(app, method, path):
    answer = requests.request(method, app.url + path, timeout=TIMEOUT)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Server" not in answer.headers
    rules = policy(answer)
    assert rules["default-src"] == ["'self'"]
    assert rules["frame-ancestors"] == ["'self'"]
    assert "Traceback" not in answer.text
    named = [source for sources in rules.values() for source in sources if "." in source]
    assert not named  # no host but ourselves


def test_no_script_runs_but_our_own(app):
    scripts = policy(requests.get(app.url, timeout=TIMEOUT))["script-src"]
    assert not [source for source in scripts if source.startswith("'unsafe")]
    for page in ("/", "/nowhere"):
        html = requests.get(app.url + page, timeout=TIMEOUT).text
        for script in re.findall(r"<script>(.*?)</script>", html, re.DOTALL):
            digest = base64.b64encode(hashlib.sha256(script.encode()).digest())
            assert f"'sha256-{digest.decode()}'" in scripts


def test_a_teacher_can_allow_a_course_page_to_show_the_pad():
    course = "https://course.example"
    headers = security_headers(embedders=[course], scripts=[])
    assert f"frame-ancestors 'self' {course};" in headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in headers
    with running_app("--allow-embedding", course) as app:
        plain = requests.get(app.url, timeout=TIMEOUT)
        assert policy(plain)["frame-ancestors"] == ["'self'", course]
        assert "SameSite=Lax" in plain.headers["Set-Cookie"]
        proxied = requests.get(
            app.url, headers={"X-Forwarded-Proto": "https"}, timeout=TIMEOUT
        ).headers["Set-Cookie"]
        assert re.search("digitlab-visitor=[^;]+; HttpOnly; Path=/; SameSite=None; Secure", proxied)


# A visitor's kernel


def test_a_visitor_reaches_no_kernel_but_their_own(app):
    async def attack():
        victim, thief = await arrive(app), await arrive(app)
        for cookies in ({}, thief.cookies, {"digitlab-visitor": "x" * 43}):
            attacker = Visitor(app.url, cookies=dict(cookies))
            with pytest.raises(HTTPClientError, match="403"):
                await attacker.connect(kernel_id=victim.kernel_id)
            assert (await attacker.fetch(f"/api/kernels/{victim.kernel_id}")).code == 403
            goodbye = f"/voila/api/shutdown/{victim.kernel_id}"
            options = {"method": "POST", "body": "", "headers": {"Origin": app.url}}
            assert (await attacker.fetch(goodbye, **options)).code == 403
        await victim.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in victim.answer
        for visitor in (victim, thief):
            visitor.close()
            await gone(app, visitor)

    asyncio.run(attack())


def test_kernels_can_be_neither_listed_nor_started_nor_restarted(app):
    async def attack():
        visitor = await arrive(app)
        own = f"/api/kernels/{visitor.kernel_id}"
        for method, path in (
            ("GET", "/api/kernels"),
            ("POST", "/api/kernels"),
            ("POST", f"{own}/restart"),
            ("POST", f"{own}/interrupt"),
            ("DELETE", own),
            ("POST", "/api/sessions"),
            ("GET", "/api/contents/"),
        ):
            body = {"body": ""} if method == "POST" else {}
            assert (await visitor.fetch(path, method=method, **body)).code in (403, 404, 405)
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)

    asyncio.run(attack())


def test_a_page_of_another_site_cannot_open_the_websocket(app):
    async def attack():
        visitor = Visitor(app.url)
        await visitor.open()
        visitor.origin = "https://evil.example"
        with pytest.raises(HTTPClientError, match="403"):
            await visitor.connect()

    asyncio.run(attack())


CODE = {"code": "open('stolen', 'w')", "silent": False}
WIDGET = {"comm_id": "1", "target_name": "jupyter.widget", "data": {"state": {}}}


@pytest.mark.parametrize(
    ("kind", "content", "channel"),
    [
        ("execute_request", CODE, "shell"),
        ("execute_request", CODE, "control"),
        ("complete_request", {"code": "pad.", "cursor_pos": 4}, "shell"),
        ("inspect_request", {"code": "pad", "cursor_pos": 3}, "shell"),
        ("history_request", {}, "shell"),
        ("debug_request", {"command": "attach"}, "control"),
        ("shutdown_request", {"restart": False}, "control"),
        ("interrupt_request", {}, "control"),
        ("create_subshell_request", {}, "control"),
        ("input_reply", {"value": "1"}, "stdin"),
        ("comm_open", WIDGET, "shell"),
        ("comm_msg", {}, "iopub"),
    ],
)
def test_what_widgets_do_not_need_ends_the_connection_and_reaches_no_kernel(
    app, kind, content, channel
):
    async def attack():
        visitor = await arrive(app)
        heard = []
        visitor.heard = heard.append
        visitor.send(kind, content, channel=channel)
        await asyncio.wait_for(visitor.closed, TIMEOUT)
        assert visitor.socket.close_code == 1008
        assert heard == []
        await visitor.connect()
        await visitor.load()
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        visitor.close()
        await gone(app, visitor)

    asyncio.run(attack())


@settings(deadline=None)
@given(st.one_of(st.binary(), st.text(), st.none()))
def test_a_frame_that_is_no_message_is_refused(frame):
    with pytest.raises(NotAllowedError):
        read_message(frame)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(deadline=None)
@given(header=JSON, parent=JSON, metadata=JSON, content=JSON)
def test_a_message_of_no_known_type_is_refused(header, parent, metadata, content):
    parts = {"header": header, "parent_header": parent, "metadata": metadata, "content": content}
    frame = serialize_msg_to_ws_v1(parts, "shell", lambda part: json.dumps(part).encode())
    with pytest.raises(NotAllowedError):
        read_message(frame)


def test_a_kernels_errors_stay_behind(app):
    async def attack():
        visitor = await arrive(app)
        heard = []
        visitor.heard = heard.append
        pen = visitor.model(_dom_classes="digitlab-ink")
        moves = {"event": "moves", "who": "x", "first": 0, "moves": [["down", "a", []]]}
        for broken in (moves, {"event": "no such event"}):
            data = {"method": "custom", "content": broken}
            await visitor.send("comm_msg", {"comm_id": pen, "data": data})
        await visitor.send("comm_msg", {"comm_id": "no such comm", "data": {}})
        await visitor.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in visitor.answer
        assert "Traceback" not in json.dumps(heard)
        assert {message["header"]["msg_type"] for message in heard} <= {
            "comm_msg",
            "status",
            "kernel_info_reply",
        }
        visitor.close()
        await gone(app, visitor)

    asyncio.run(attack())


def test_who_sends_faster_than_any_pen_is_slowed_down_and_loses_nothing(app):
    async def attack():
        visitor = await arrive(app)
        started = time.monotonic()
        done = [visitor.send("kernel_info_request", {}) for _ in range(1000)]
        await asyncio.wait_for(asyncio.gather(*done), TIMEOUT)
        assert time.monotonic() - started > (1000 - 600 - 100) / 300
        visitor.close()
        await gone(app, visitor)

    asyncio.run(attack())


@given(
    st.lists(st.tuples(st.floats(0, 2), st.floats(0, 50)), max_size=50),
    st.floats(1, 100),
    st.floats(1, 100),
)
def test_whoever_keeps_the_pace_sends_no_more_than_burst_and_rate(sends, rate, burst):
    pace, now, sent = RateLimit(rate=rate, burst=burst), 0.0, 0.0
    for pause, amount in sends:
        now += pause
        sent += amount
        now += pace.delay(amount, now=now)
        assert sent <= burst + rate * now + 1e-6 * (1 + sent)


def test_a_message_larger_than_any_photograph_ends_the_connection(app):
    async def attack():
        visitor = await arrive(app)
        visitor.send("comm_msg", {"data": "x" * 12_000_000})
        await asyncio.wait_for(visitor.closed, TIMEOUT)
        assert "status" in requests.get(f"{app.url}/health", timeout=TIMEOUT).json()

    asyncio.run(attack())


# Bounds of HTTP


def raw(app, *pieces: bytes) -> bytes:
    """Send bytes as they are, and return the answer."""
    host, port = app.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as line:
        for piece in pieces:
            line.sendall(piece)
        answer = b""
        while chunk := line.recv(65536):
            answer += chunk
        return answer


@pytest.mark.parametrize("path", ["/", "/health", "/voila/api/shutdown/1-2-3-4-5", "/nowhere"])
def test_a_large_body_is_not_even_read_where_none_belongs(app, path):
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    assert raw(app, head.encode()).startswith(b"HTTP/1.1 4")


def test_an_upload_of_more_than_100_mb_is_not_even_read(app):
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n"
    assert raw(app, head).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # somebody who speaks TLS
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /voila/static/%2e%2e/%2e%2e/app.py HTTP/1.0\r\nHost: x\r\n\r\n",
        b"GET /voila/labextensions/../../etc/passwd HTTP/1.0\r\nHost: x\r\n\r\n",
    ],
)
def test_nonsense_is_refused_without_a_word_about_ourselves(app, nonsense):
    host, port = app.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT) as line:
        line.sendall(nonsense)
        line.shutdown(socket.SHUT_WR)
        answer = line.recv(1 << 20)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert b"root:" not in answer
    assert "status" in requests.get(f"{app.url}/health", timeout=TIMEOUT).json()


def test_a_slow_client_is_not_waited_for_and_holds_up_nobody():
    with running_app(before="from digitlab.app import server; server.BODY_TIMEOUT /= 10") as app:
        host, port = app.url.removeprefix("http://").split(":")
        slow = []
        for _ in range(50):
            line = socket.create_connection((host, int(port)), timeout=TIMEOUT)
            line.sendall(b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
            slow.append(line)
        started = time.monotonic()
        assert requests.get(app.url, timeout=TIMEOUT).status_code == 200
        assert slow[-1].recv(1000) == b""
        assert time.monotonic() - started < BODY_TIMEOUT
        for line in slow:
            line.close()


def test_of_connections_beyond_all_reason_the_first_that_say_nothing_end_and_the_last_is_served():
    with running_app("--max-visitors", "1") as app:
        host, port = app.url.removeprefix("http://").split(":")
        lines = []
        for _ in range(SPARE_CONNECTIONS + 36):
            lines.append(socket.create_connection((host, int(port)), timeout=TIMEOUT))
            time.sleep(0.01)  # until the server waits for what it has to say
        for ended in lines[: 36 - 8]:
            assert ended.recv(1) == b""
        lines[-1].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert lines[-1].recv(12) == b"HTTP/1.1 200"
        for line in lines:
            line.close()


# Uploads


@settings(deadline=None, max_examples=50)
@given(
    body=st.one_of(st.binary(max_size=2000), JSON.map(lambda value: json.dumps(value).encode())),
    kind=st.sampled_from(["application/json", "text/plain", "image/png", "", 'a/b;c="d']),
)
def test_whatever_is_uploaded_is_answered_with_a_reason(app, body, kind):
    headers = {"Content-Type": kind}
    answer = requests.post(f"{app.url}/upload", body, headers=headers, timeout=TIMEOUT)
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == {"error"}
    assert "Traceback" not in answer.text


@settings(deadline=None, max_examples=50)
@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"\xff\xd8\xff\xe0",
            b"BM",
            b"II*\x00",
            b"RIFF\x00\x00\x00\x00WEBP",
        ]
    ),
)
def test_whatever_claims_to_be_an_image_is_answered_with_a_reason(app, content, magic):
    image = base64.b64encode(magic + content).decode()
    answer = requests.post(f"{app.url}/upload", json={"image": image}, timeout=TIMEOUT)
    assert 400 <= answer.status_code < 500
    assert answer.json().keys() == {"error"}


# The door


def test_the_door_stands_open_unless_it_is_locked():
    anybody = HTTPServerRequest(start_line=RequestStartLine("GET", "/", "HTTP/1.0"))
    assert Door().admits(anybody)
    assert not Door(token="t").admits(anybody)
    assert not Door(password="p").admits(anybody)


def test_behind_a_token_there_is_nothing_without_it():
    with running_app("--token", "sesame") as app:
        assert app.announced == f"digitlab is ready: {app.url}/?token=sesame\n"
        for path in ("/", "/voila/static/voila.js", "/nowhere", "/api/kernels/1-2-3-4-5/channels"):
            answer = requests.get(app.url + path, timeout=TIMEOUT)
            assert answer.status_code == 401
            assert "kernelId" not in answer.text
        assert requests.post(f"{app.url}/upload", json={}, timeout=TIMEOUT).status_code == 401
        assert requests.get(f"{app.url}/?token=wrong", timeout=TIMEOUT).status_code == 403
        assert "status" in requests.get(f"{app.url}/health", timeout=TIMEOUT).json()
        bearer = {"Authorization": "Bearer sesame"}
        upload = requests.post(f"{app.url}/upload", json={}, headers=bearer, timeout=TIMEOUT)
        assert upload.status_code == 400
        with requests.Session() as session:
            page = session.get(f"{app.url}/?token=sesame", timeout=TIMEOUT)
            assert page.url == f"{app.url}/"  # the token is not in the address any more
            assert "kernelId" in page.text


def test_behind_a_password_there_is_a_form_that_takes_it():
    with running_app("--ip", "0.0.0.0", DIGITLAB_PASSWORD="ouvre-toi") as app:
        with requests.Session() as session:
            assert '<input id="secret"' in session.get(app.url, timeout=TIMEOUT).text
            assert session.get(f"{app.url}/?token=ouvre-toi", timeout=TIMEOUT).status_code == 403
            wrong = session.post(app.url, data={"secret": "guess"}, timeout=TIMEOUT)
            assert wrong.status_code == 403
            assert 'role="alert"' in wrong.text
            page = session.post(app.url, data={"secret": "ouvre-toi"}, timeout=TIMEOUT)
            assert "kernelId" in page.text
        assert app.stop() == ""  # no warning either, though the address is a public one


def guess(
    app, secret: str, *, address: str = "127.0.0.1", hang_up: bool = False, **headers
) -> tuple[int, int]:
    """Type a password at an address of this machine; return the status, and seconds to wait."""
    host, port = app.url.removeprefix("http://").split(":")
    source = (address, 0)
    with socket.create_connection((host, int(port)), TIMEOUT, source_address=source) as line:
        body = f"secret={secret}"
        head = [f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}"]
        head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head += ["Content-Type: application/x-www-form-urlencoded\r\n\r\n"]
        line.sendall(("\r\n".join(head) + body).encode())
        answer = b"" if hang_up else line.recv(65536)
    wait = re.search(rb"Retry-After: (\d+)", answer)
    return int(answer.split()[1]) if answer else 0, int(wait[1]) if wait else 0


LONG = 8
"""Seconds to wait that don't run out between two lines of a test, however busy the machine is."""


def test_who_guesses_waits_longer_and_longer_and_nobody_else_does():
    with running_app("--password", "ouvre-toi", "--token", "sesame") as app:
        heard, wait = [], 0
        while wait < LONG:
            for n in range(20):
                guess(app, f"wrong-{n}", hang_up=True)
            status, wait = guess(app, "wrong")
            heard.append(status)
            time.sleep(0.01)
        assert heard.count(403) < 5  # five are free: the others it never heard about
        assert guess(app, "ouvre-toi")[0] == 429  # not looked at, so this tells nothing
        bearer = {"Authorization": "Bearer sesame"}
        answer = requests.post(f"{app.url}/upload", json={}, headers=bearer, timeout=TIMEOUT)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= Guesses.LONGEST
        if sys.platform == "linux":  # where all of 127.0.0.0/8 is this machine
            assert guess(app, "ouvre-toi", address="127.0.0.2")[0] == 303


@pytest.mark.skipif(sys.platform != "linux", reason="not all of 127.0.0.0/8 is this machine")
def test_bearers_are_guesses_too_and_other_addresses_cannot_be_made_up():
    with running_app("--token", "sesame") as app:
        wait = 0
        while wait < LONG:
            wrong = {"Authorization": "Bearer of-bad-news"}
            answer = requests.get(app.url, headers=wrong, timeout=TIMEOUT)
            assert answer.status_code != 200
            wait = int(answer.headers.get("Retry-After", 0))
            time.sleep(0.01)
        assert guess(app, "sesame")[0] == 429
        made_up = (f"192.0.2.{n % 250}" for n in itertools.count())
        other = {"address": "127.0.0.2"}
        while guess(app, "wrong", **other, X_Forwarded_For=next(made_up))[1] < LONG:
            time.sleep(0.01)
        assert guess(app, "sesame", address="127.0.0.2")[0] == 429
        assert guess(app, "sesame", address="127.0.0.3")[0] == 303


def test_right_answers_are_no_guesses():
    with running_app("--password", "ouvre-toi") as app:
        assert {guess(app, "ouvre-toi")[0] for _ in range(50)} == {303}


def test_each_wrong_guess_doubles_the_wait_and_is_forgotten_after_a_minute():
    guesses, waits, address = Guesses(), [], {"192.0.2.1": 2}
    for _ in range(9):
        waits.append(guesses.wait(address, now=0))
        guesses.wrong(address, now=0)
    assert waits == [0, 0, 1, 2, 4, 8, 16, 32, 60]
    assert guesses.wait(address, now=60 * 8) == 0


def test_the_memory_for_guesses_is_bounded():
    guesses = Guesses()
    for n in range(guesses.MOST + 100):
        guesses.wrong([str(n)], now=0)
    assert len(guesses._wrong) == guesses.MOST


def test_the_printed_link_opens_the_pad_whatever_the_token():
    with running_app("--token", "a&b=c#d? %") as app:
        link = app.announced.removeprefix("digitlab is ready: ").strip()
        assert "kernelId" in requests.get(link, timeout=TIMEOUT).text


# Other names


def test_another_name_that_points_here_opens_neither_the_page_nor_the_websocket(app):
    for path in ("/", "/voila/static/voila.js", "/api/kernels/1-2-3-4-5/channels"):
        answer = requests.get(app.url + path, headers={"Host": "evil.example"}, timeout=TIMEOUT)
        assert answer.status_code == 403
        assert "--allow-host" in answer.text
    strange = {"Host": "evil.example:8866"}
    assert "status" in requests.get(f"{app.url}/health", headers=strange, timeout=TIMEOUT).json()

    async def attack():
        visitor = await arrive(app)
        connection = HTTPRequest(
            f"{app.url.replace('http', 'ws')}/api/kernels/{visitor.kernel_id}/channels",
            headers={
                "Host": "evil.example",
                "Origin": "http://evil.example",
                "Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items()),
            },
        )
        with pytest.raises(HTTPClientError, match="403"):
            await websocket_connect(connection)
        visitor.close()
        await gone(app, visitor)

    asyncio.run(attack())


def test_known_names_open_the_page():
    with running_app("--allow-host", "pad.example") as app:
        for host in ("localhost", "LOCALHOST:1", "[::1]:8866", "192.0.2.7", "pad.example:443"):
            assert requests.get(app.url, headers={"Host": host}, timeout=TIMEOUT).status_code == 200


def test_a_public_address_without_a_door_is_warned_of():
    with running_app("--ip", "0.0.0.0") as app:
        said = app.stop()
    assert "--token or --password" in said
    assert said.count("\n") == 1
