import asyncio
import base64
import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from string import hexdigits

import jsonschema
import numpy as np
import onnx
import pytest
import requests
import yaml
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw

from digitlab import look
from digitlab.app.uploads.reply import answer
from digitlab.classifier import Classifier, Prediction, ReadDigit, Reading
from digitlab.front.language import table
from digitlab.pad.answer import Answer
from digitlab.preprocess import stored_digit
from tests.serving import TIMEOUT, command, running_app
from tests.strokes import PAD, TEMPLATES
from tests.visiting import Visitor

ROOT = Path(__file__).parents[2]


def drawn(digit: int) -> bytes:
    """A PNG file of a digit, black on white."""
    paper = Image.new("L", PAD, "white")
    for stroke in TEMPLATES[digit]:
        ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
    return png(paper)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def base64_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def png_bomb(side: int) -> bytes:
    """A few bytes that claim to be a picture of side x side pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(100_000))
    parts = chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def upload(app, image: object) -> requests.Response:
    return post(app, {"image": image})


def post(app, content: object) -> requests.Response:
    return requests.post(f"{app.url}/upload", json=content, timeout=TIMEOUT)


# The page


def test_it_says_where_it_is_and_the_page_answers_at_once(app):
    assert app.announced == f"digitlab is ready: {app.url}\n"
    page = requests.get(app.url, timeout=TIMEOUT)
    assert page.status_code == 200
    assert "application/vnd.jupyter.widget-view+json" in page.text


def test_the_page_shows_no_source_and_names_no_other_host(app):
    page = requests.get(app.url, timeout=TIMEOUT).text
    assert "Classifier.load" not in page
    hosts = set(re.findall(r"""(?:https?:)?//[\w.-]+\.\w+""", page))
    assert hosts <= {"http://www.w3.org"}  # the name of SVG, inside the icon


def test_the_footer_names_the_keys(app):
    page = requests.get(app.url, timeout=TIMEOUT).text
    assert re.search(r'<p class="keys">Keys: <kbd>Z</kbd>', page)
    assert "<built-in" not in page  # a word that is called as a method of dict is


def test_the_page_is_told_what_it_must_agree_on_with_the_pad(app):
    page = requests.get(app.url, timeout=TIMEOUT).text
    told = json.loads(re.search(r'<script id="constants" [^>]+>(.*?)</script>', page)[1])
    assert told.pop("WORDS") == table("en")["script"]
    assert told == {
        "INK": f"rgb{look.INK}",
        "PENS_ACROSS": look.PENS_ACROSS,
        "MAX_BYTES": look.MAX_BYTES,
        "PAPER": look.PAPER,
    }


def test_pad_and_page_have_their_palette_from_one_style_sheet():
    package = Path(look.__file__).parent
    colour = re.compile(r"#[0-9a-f]{6}\b")
    palette = set(colour.findall((package / "pad" / "look.css").read_text()))
    assert len(palette) > 10
    template = package / "app" / "page" / "template"
    for file in [package / "pad" / "pad.css", template / "page.css", *template.glob("*.js")]:
        assert palette & set(colour.findall(file.read_text())) == set(), file


@pytest.mark.parametrize(
    "path",
    [
        "/app.ipynb",
        "/01-anything.ipynb",
        "/tree",
        "/voila/files/app.ipynb",
        "/voila/files/../pyproject.toml",
        "/voila/static/../app.py",
        "/voila/render/app.ipynb",
        "/voila/tree",
        "/voila/api/contents/",
        "/voila/templates/digitlab/index.html.j2",
        "/api/contents",
        "/api/kernels",
        "/api/sessions",
        "/api/terminals",
        "/login",
    ],
)
def test_nothing_else_is_served(app, path):
    # Prepared by hand: requests would resolve the dots.
    session = requests.Session()
    request = session.prepare_request(requests.Request("GET", app.url))
    request.url = app.url + path
    answer = session.send(request, timeout=TIMEOUT)
    assert answer.status_code in (403, 404)
    assert "Traceback" not in answer.text


def test_a_wrong_address_is_answered_by_a_page_that_leads_back(app):
    answer = requests.get(f"{app.url}/digits", timeout=TIMEOUT)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert 'href="/"' in answer.text


def test_a_closing_tab_may_stop_its_kernel_and_a_stranger_may_not(app):
    with requests.Session() as tab:
        page = tab.get(app.url, timeout=TIMEOUT).text
        kernel_id = re.search(r'"kernelId": "([\w-]+)"', page)[1]
        goodbye = f"{app.url}/voila/api/shutdown/{kernel_id}"
        state = f"{app.url}/api/kernels/{kernel_id}"
        ours, others = {"Origin": app.url}, {"Origin": "http://other.example"}
        assert requests.post(goodbye, headers=ours, timeout=TIMEOUT).status_code == 403
        assert tab.post(goodbye, timeout=TIMEOUT).status_code == 403
        assert tab.post(goodbye, headers=others, timeout=TIMEOUT).status_code == 403
        assert tab.get(state, timeout=TIMEOUT).status_code == 200
        kernels = app.kernels()
        assert tab.post(goodbye, headers=ours, timeout=TIMEOUT).status_code == 204
        assert [kernel for kernel in kernels if not kernel.is_running()]
        assert tab.get(state, timeout=TIMEOUT).status_code == 403


def test_under_an_optimising_python_there_is_a_page_too():
    with running_app(PYTHONOPTIMIZE="1") as app:
        page = requests.get(app.url, timeout=TIMEOUT)
        assert (page.status_code, "kernelId" in page.text) == (200, True)


def test_the_kernels_are_this_python_and_hold_nothing_heavy():
    with running_app() as app:  # whose kernels wait for visitors: none of them ends meanwhile
        kernels = app.kernels()
        assert kernels
        for kernel in kernels:
            assert kernel.cmdline()[0] == sys.executable
            if sys.platform == "linux":  # elsewhere a process's libraries cannot be listed
                files = kernel.memory_maps()
                libraries = {part for file in files for part in Path(file.path).parts}
                assert "onnxruntime" in libraries
                assert not libraries & {"torch", "torchvision", "matplotlib", "pandas"}


# POST /upload


@pytest.mark.parametrize("digit", TEMPLATES)
def test_an_upload_is_read(app, digit):
    answer = upload(app, base64_of(drawn(digit)))
    assert answer.status_code == 200
    assert answer.json()["digit"] == digit
    assert len(answer.json()["probabilities"]) == 10
    assert sum(answer.json()["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert np.argmax(answer.json()["probabilities"]) == digit


def test_the_answer_to_an_upload_says_how_sure_it_is(app):
    said = upload(app, base64_of(drawn(7))).json()
    schema = openapi_schema("Answer")
    assert said.keys() == set(schema["required"])
    assert said.keys() == schema["properties"].keys() - {"sentence", "figures"}
    first, second = sorted(said["probabilities"], reverse=True)[:2]
    assert said["confidence"] == first == said["probabilities"][said["digit"]]
    assert said["probabilities"][said["runner_up"]] == second
    assert said["is_digit"] is True


@pytest.mark.parametrize(("threshold", "is_digit"), [(0.39, True), (0.4, True), (0.41, False)])
def test_below_the_threshold_the_answer_to_an_upload_is_in_doubt(threshold, is_digit):
    probabilities = np.array([0.05, 0.25, 0.05, 0.05, 0.4, 0.05, 0.05, 0.05, 0.05, 0], float)
    picture = stored_digit(4)
    found = ReadDigit(Prediction(probabilities, picture, threshold), (1, 2, 3, 4), 0, picture)
    said = answer(Reading([found], picture))
    assert json.loads(json.dumps(said)) == {
        "digit": 4,
        "probabilities": probabilities.tolist(),
        "is_digit": is_digit,
        "confidence": 0.4,
        "runner_up": 1,
        "text": "4" if is_digit else "",
        "digits": [{"digit": 4, "confidence": 0.4, "box": [1, 2, 3, 4]}] if is_digit else [],
    }


def test_an_upload_of_several_digits_is_read(app):
    row = Image.new("L", (2 * PAD[0], PAD[1]))
    for place, digit in ((0, 4), (PAD[0], 2)):
        row.paste(Image.open(io.BytesIO(drawn(digit))).convert("L"), (place, 0))
    said = upload(app, base64_of(png(row))).json()
    jsonschema.validate(said, openapi_schema("Answer"))
    assert (said["text"], said["is_digit"]) == ("42", False)
    assert [found["digit"] for found in said["digits"]] == [4, 2]
    assert [found["box"][0] < PAD[0] for found in said["digits"]] == [True, False]


@pytest.mark.parametrize("lang", [None, "en", "ro", "de"])
def test_strokes_are_read_and_shown_as_the_pad_does(app, lang):
    scale = look.PAPER / PAD[0]
    strokes = [[(scale * x, scale * y) for x, y in stroke] for stroke in TEMPLATES[4]]
    said = post(app, {"strokes": strokes} | ({"lang": lang} if lang else {})).json()
    jsonschema.validate(said, openapi_schema("Answer"))
    reading = Classifier.load().read_strokes(strokes, size=(look.PAPER, look.PAPER))
    assert (said["digit"], said["text"], said["is_digit"]) == (4, "4", True)
    assert said["probabilities"] == pytest.approx(reading.prediction.probabilities, abs=1e-6)
    pad = Answer(lang or "en")
    pad.show(reading, points=sum(map(len, strokes)))
    sentence, _, figures = [child.value for child in pad.children[:3]]
    [mark] = {name for name in pad._dom_classes if name[-1] in hexdigits}
    shown = {"sentence": sentence, "figures": figures.replace(mark, "digitlab-early")}
    assert {part: said[part] for part in shown if part in said} == (shown if lang else {})


def test_of_a_number_that_a_pen_drew_the_digit_under_the_pen_is_shown(app):
    half = [[(x / 2, y) for x, y in stroke] for digit in (4, 2) for stroke in TEMPLATES[digit]]
    moved = len(TEMPLATES[4])
    four, two = half[:moved], [[(x + PAD[0] / 2, y) for x, y in stroke] for stroke in half[moved:]]
    scale = look.PAPER / PAD[0]
    for strokes, digit in ((four + two, 2), (two + four, 4)):
        drawn = [[(scale * x, scale * y) for x, y in stroke] for stroke in strokes]
        said = post(app, {"strokes": drawn, "lang": "en"}).json()
        assert (said["text"], said["is_digit"]) == ("42", False)
        assert "Predicted result is <strong>42</strong>" in said["sentence"]
        assert f'data-digit="{digit}"' in said["figures"]


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        ({"strokes": 5}, 400, "Expected strokes"),
        ({"strokes": [[[1, 2, 3]]]}, 400, "not a list of points"),
        ({"strokes": [[[1, "a"]]], "image": "abc"}, 400, "not a list of points"),
        ({"strokes": [[[1e300, 1e300], [-1e300, 0]]]}, 400, "finite number"),
        ({"strokes": [[[n, n] for n in range(4_001)]]}, 400, "4,001 points"),
        ({"strokes": [[[1, 2]]], "lang": "xx"}, 400, "doesn't speak"),
        ({"strokes": [[[1, 2]]], "lang": ["en"]}, 400, "doesn't speak"),
        ({"strokes": []}, 422, "no stroke"),
        ({"strokes": [[], []]}, 422, "no stroke"),
    ],
)
def test_what_are_no_strokes_is_refused_with_a_reason(app, content, status, says):
    answer = post(app, content)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert says in answer.json()["error"]


def openapi_schema(name: str) -> dict:
    """A schema of the description for programs, with all that it refers to."""
    described = yaml.safe_load(Path("docs/openapi.yaml").read_text())
    return described["components"]["schemas"][name] | {"components": described["components"]}


def test_a_data_url_and_wrapped_lines_will_do(app):
    plain = upload(app, base64_of(drawn(4))).json()
    assert upload(app, f"data:image/png;base64,{base64_of(drawn(4))}").json() == plain
    assert upload(app, base64.encodebytes(drawn(4)).decode()).json() == plain


@pytest.mark.parametrize(
    ("image", "status", "says"),
    [
        (None, 400, "not a string"),
        (7, 400, "not a string"),
        ([[0, 1], [1, 0]], 400, "not a string"),
        ("", 400, "empty"),
        ("not base64 at all!", 400, "base64"),
        ("data:image/png,plain", 400, "base64"),
        (base64_of(b"%PDF-1.7 no image"), 400, "not an image"),
        (base64_of(drawn(3)[:200]), 400, "truncated"),
        (base64_of(png_bomb(30_000)), 400, "pixels"),
        (base64_of(png(Image.new("L", (50, 50), "white"))), 422, "one colour"),
    ],
)
def test_an_image_that_cannot_be_read_is_refused_with_the_reason(app, image, status, says):
    answer = upload(app, image)
    assert answer.status_code == status
    assert answer.json().keys() == {"error"}
    assert says in answer.json()["error"]


def test_an_upload_never_opens_a_file_of_the_server(app, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(drawn(7))
    for name in (str(path), path.as_uri()):
        assert upload(app, name).status_code == 400


@pytest.mark.parametrize(
    ("body", "kind", "status", "says"),
    [
        (b"{}", "application/json", 400, '"image"'),
        (b"[]", "application/json", 400, '"image"'),
        (b"", "application/json", 400, "not JSON"),
        (b'{"image": ', "application/json", 400, "not JSON"),
        (b"\xff\xfe", "application/json", 400, "not JSON"),
        (b"[" * 100_000, "application/json", 400, "not JSON"),
        (json.dumps({"image": base64_of(drawn(5))}).encode(), "text/plain", 415, "text/plain"),
        (drawn(5), "image/png", 415, "image/png"),
        (b"x" * 11_000_000, "application/json", 413, "11,000,000"),
    ],
)
def test_a_body_that_is_not_an_upload_is_refused_with_the_reason(app, body, kind, status, says):
    headers = {"Content-Type": kind}
    answer = requests.post(f"{app.url}/upload", body, headers=headers, timeout=TIMEOUT)
    assert answer.status_code == status
    assert says in answer.json()["error"]


def test_a_large_body_without_a_length_is_refused_too(app):
    pieces = (b"x" * 1_000_000 for _ in range(11))
    answer = requests.post(f"{app.url}/upload", pieces, timeout=TIMEOUT)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_is_possible_on_upload(app, method):
    answer = requests.request(method, f"{app.url}/upload", timeout=TIMEOUT)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert "POST" in answer.json()["error"]


# Start and end


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_it_ends_quietly_and_leaves_nothing_behind(tmp_path, short_path, how):
    home, scratch = tmp_path, short_path
    folders = {"HOME": str(home), "USERPROFILE": str(home), "TMPDIR": str(scratch)}
    with running_app(**folders) as app:
        requests.get(app.url, timeout=TIMEOUT)
        assert upload(app, base64_of(drawn(5))).status_code == 200
        processes = app.processes()
        assert processes
        assert list(scratch.iterdir())
        complaints = app.stop(how)
        assert app.process.returncode == 0
    assert complaints == ""
    assert not [process for process in processes if process.is_running()]
    assert list(scratch.iterdir()) == []
    assert list(home.iterdir()) == []


def test_neither_configuration_nor_kernels_of_the_user_have_a_say(tmp_path):
    (tmp_path / "voila.json").write_text('{"VoilaConfiguration": {"strip_sources": false}}')
    kernel = tmp_path / "data" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "No Python", "language": "python"}
    kernel.write_text(json.dumps(spec))
    user = {"JUPYTER_DATA_DIR": str(tmp_path / "data"), "JUPYTER_CONFIG_DIR": str(tmp_path)}
    with running_app(cwd=tmp_path, **user) as app:
        page = requests.get(app.url, timeout=TIMEOUT).text
    assert "application/vnd.jupyter.widget-view+json" in page
    assert "Classifier.load" not in page


def test_a_port_in_use_is_one_clear_line_and_no_other_port(app):
    port = app.url.rpartition(":")[2]
    second = subprocess.run(
        command("--port", port), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert second.returncode == 1
    assert second.stdout == ""
    assert port in second.stderr
    assert second.stderr.count("\n") == 1


def always(digit: int) -> onnx.ModelProto:
    """A network that reads the same digit in everything."""
    nodes = [
        helper.make_node("Flatten", ["picture"], ["pixels"]),
        helper.make_node("Gemm", ["pixels", "weights", "bias"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probabilities"]),
    ]
    bias = 20 * np.eye(10, dtype=np.float32)[digit]
    graph = helper.make_graph(
        nodes,
        "always",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 1, 28, 28])],
        [helper.make_tensor_value_info("log_probabilities", TensorProto.FLOAT, ["n", 10])],
        [
            numpy_helper.from_array(np.zeros((784, 10), np.float32), "weights"),
            numpy_helper.from_array(bias, "bias"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_other_weights_answer_when_they_are_named(tmp_path):
    onnx.save(always(3), tmp_path / "digitlab.onnx")
    with running_app("--weights", os.path.relpath(tmp_path)) as app:
        assert upload(app, base64_of(drawn(7))).json()["digit"] == 3
        assert "<strong>3</strong>" in asyncio.run(answer_to(app, TEMPLATES[7]))


async def answer_to(app, strokes) -> str:
    """What the pad says to strokes."""
    visitor = Visitor(app.url)
    await visitor.open()
    await visitor.connect()
    await visitor.load()
    await visitor.draw(strokes)
    visitor.close()
    return visitor.answer


def test_the_page_links_to_the_lessons_where_it_is_told_where_they_are():
    async def visit(app):
        visitor = Visitor(app.url)
        await visitor.open()
        await visitor.connect()
        await visitor.load()
        await visitor.open_section("See what the network sees")
        await visitor.draw(TEMPLATES[7])
        visitor.close()
        return "".join(str(model.get("value", "")) for model in visitor.models.values())

    course = "https://school.example/notebooks/"
    with running_app(DIGITLAB_COURSE=course) as app:
        assert f'href="{course}01-meet-the-data.html"' in asyncio.run(visit(app))


@pytest.mark.server
def test_wrong_weights_are_one_clear_line_at_the_start(tmp_path):
    for content in (None, b"no network"):
        if content is not None:
            (tmp_path / "digitlab.onnx").write_bytes(content)
        ended = subprocess.run(
            command("--weights", str(tmp_path)),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        assert ended.returncode == 1
        assert ended.stdout == ""
        assert str(tmp_path) in ended.stderr
        assert ended.stderr.count("\n") == 1


# Odd surroundings

NOBODY = """
import os, pwd
os.environ.pop("HOME", None)
def getpwuid(uid): raise KeyError(f"getpwuid(): uid not found: {uid}")
pwd.getpwuid = getpwuid
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such list of users")
def test_a_user_without_a_home_and_without_a_name_can_serve_the_pad():
    with running_app(before=NOBODY) as app:
        assert "kernelId" in requests.get(app.url, timeout=TIMEOUT).text
        assert app.stop() == ""


def test_an_optimized_python_serves_the_pad_and_one_without_docstrings_says_why_not():
    with running_app(PYTHONOPTIMIZE="1") as app:
        assert "kernelId" in requests.get(app.url, timeout=TIMEOUT).text
        assert app.stop() == ""
    ended = subprocess.run(
        [sys.executable, "-OO", "-m", "digitlab", "app"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "without -OO" in ended.stderr
    assert ended.stderr.count("\n") == 1


# What the README shows


def curl_of_the_readme(app, folder: Path) -> dict:
    """Run it on ``docs/two.png`` of a folder, with a base64 that breaks its lines as any may."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"(^\{ printf.*?@-$)", readme, re.MULTILINE | re.DOTALL)
    program = lines.replace("http://127.0.0.1:8866", app.url)
    ended = subprocess.run(["sh", "-c", program], cwd=folder, capture_output=True, check=True)
    return json.loads(ended.stdout)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_the_curl_line_of_the_readme_works_for_small_and_large_pictures(app, tmp_path):
    assert curl_of_the_readme(app, ROOT)["digit"] == 2
    (tmp_path / "docs").mkdir()
    noise = np.random.default_rng(0).integers(0, 3, (1200, 1200, 3), np.uint8)
    with Image.open(ROOT / "docs" / "two.png") as two:
        large = np.asarray(two.resize((1200, 1200)).convert("RGB"))
    Image.fromarray(np.maximum(large, 3) - noise).save(tmp_path / "docs" / "two.png")
    assert (tmp_path / "docs" / "two.png").stat().st_size > 300_000  # no command line is as long
    assert curl_of_the_readme(app, tmp_path)["digit"] == 2


def test_the_picture_of_the_readme_is_our_own_two():
    paper = Image.new("L", PAD, "white")
    for stroke in TEMPLATES[2]:
        ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
    with Image.open(ROOT / "docs" / "two.png") as two:
        assert two.tobytes() == paper.tobytes()
