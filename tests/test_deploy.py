"""`deploy/`: the app behind nginx for real, and what is promised to Kubernetes."""

import asyncio
import base64
import io
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import yaml
from PIL import Image, ImageDraw
from tornado.httpclient import HTTPClientError

from digitlab.app.check import TAKES
from digitlab.app.guard.channels import ChannelsHandler
from digitlab.app.options import Options
from digitlab.app.server import POOL
from digitlab.app.uploads.handler import UPLOADS
from digitlab.app.uploads.readers import READERS
from digitlab.app.uploads.reply import MAX_BODY, MOST_MEMORY
from digitlab.cli import cli
from tests.nginx import ADDRESSES, ADVICE, CONFIGURATION, NAMES, Front, FrontVisitor, find
from tests.nginx import running_front as run_front
from tests.serving import TIMEOUT, running_app
from tests.strokes import PAD, TEMPLATES

DEPLOY = CONFIGURATION.parent
PLACES = 3  # at each instance
MB = 1_000_000


def block(opening: str) -> str:
    """What stands between the braces after these words in nginx's configuration."""
    return re.search(rf"{re.escape(opening)} {{\n(.*?)\n *}}\n", CONFIGURATION.read_text(), re.S)[1]


# nginx: the configuration as it is read


def test_the_three_lists_of_instances_agree():
    upstream = re.findall(r"server (\S+)", block("upstream digitlab"))
    names = dict(re.findall(r"(\S+) +(\w+);", block("map $digitlab_answered_by $digitlab_name")))
    places = block("map $cookie_digitlab_instance $digitlab_instance")
    addresses = dict(re.findall(r"(\w+) +(\S+:\d+);", places))
    assert tuple(upstream) == tuple(names) == ADDRESSES
    assert {name: address for address, name in names.items()} == addresses
    assert tuple(addresses) == NAMES


def test_no_time_out_is_shorter_than_the_heartbeat():
    kernels = block("location ~ ^/(api/kernels|voila/api/shutdown)/")
    longest = ChannelsHandler.ping_interval + ChannelsHandler.ping_timeout
    for direction in ("read", "send"):
        assert float(re.search(rf"proxy_{direction}_timeout (\d+)s", kernels)[1]) > longest


# nginx: running


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    if find() is None:
        pytest.skip(ADVICE)  # a laptop may have no nginx; .ci/run fails on any skip
    folder = tmp_path_factory.mktemp("nginx")
    options = ["--max-visitors", str(PLACES), "--metrics", "--grace", str(TIMEOUT)]
    with run_front(folder, *options, n=2) as front:
        yield front


async def arrive(front: Front, *, instance: str | None = None) -> FrontVisitor:
    """A visitor who has the pad before them; the instance is the one that they were at before."""
    visitor = front.visitor()
    if instance is not None:
        visitor.cookies["digitlab_instance"] = instance
    await visitor.arrive()
    return visitor


async def state(visitor: FrontVisitor) -> int:
    """What is said of the visitor's kernel: 200 while it runs."""
    return (await visitor.fetch(f"/api/kernels/{visitor.kernel_id}")).code


async def leave(*visitors: FrontVisitor) -> None:
    """Close the tabs, and wait until their places are free."""
    for visitor in visitors:
        visitor.close()
    async with asyncio.timeout(TIMEOUT):
        for visitor in visitors:
            while await state(visitor) == 200:
                await asyncio.sleep(0.05)


async def glance(front: Front, *, instance: str | None = None) -> str:
    """Come and go; the name of the instance that gave the pad."""
    visitor = await arrive(front, instance=instance)
    await leave(visitor)
    return visitor.instance


def test_the_page_comes_encrypted_and_so_does_all_that_it_sets(front):
    plain = requests.get(f"{front.plain}/?token=x", timeout=TIMEOUT, allow_redirects=False)
    assert (plain.status_code, plain.headers["Location"]) == (301, "https://127.0.0.1/?token=x")

    async def visit():
        visitor = front.visitor()
        page = await visitor.open()
        assert page.code == 200
        cookies = page.headers.get_list("Set-Cookie")
        assert {"digitlab-visitor", "digitlab_instance"} <= set(visitor.cookies)
        assert all("; Secure" in cookie for cookie in cookies)
        scripts = re.findall(r'<script[^>]* src="(/[^"]+)"', visitor.page)
        assert scripts
        for script in scripts:
            assert "javascript" in (await visitor.fetch(script)).headers["Content-Type"]
        await visitor.connect()
        await leave(visitor)

    asyncio.run(visit())


def test_visitors_of_one_address_are_spread_and_each_stays_where_the_kernel_is(front):
    async def visit():
        visitors = [await arrive(front) for _ in range(4)]
        assert sorted(visitor.instance for visitor in visitors) == ["one", "one", "two", "two"]
        for visitor in visitors:
            for _ in range(4):
                assert await state(visitor) == 200
            await visitor.draw(TEMPLATES[7])
            assert "<strong>7</strong>" in visitor.answer
        # Another tab of the same browser.
        tab = front.visitor()
        tab.cookies = visitors[0].cookies
        await tab.arrive()
        assert tab.instance == visitors[0].instance
        assert await state(visitors[0]) == 200
        await leave(tab, *visitors)

    asyncio.run(visit())


@pytest.mark.parametrize("forged", ["four", "127.0.0.1:22", "http://elsewhere.example/", ""])
def test_nobody_can_choose_where_nginx_goes(front, forged):
    assert asyncio.run(glance(front, instance=forged)) in NAMES


def test_a_page_of_another_site_cannot_open_the_websocket(front):
    async def visit():
        visitor = front.visitor()
        await visitor.open()
        visitor.origin = "https://evil.example"
        with pytest.raises(HTTPClientError, match="403"):
            await visitor.connect()
        visitor.origin = front.url
        await visitor.connect()
        await leave(visitor)

    asyncio.run(visit())


def test_the_figures_are_not_for_the_world(front):
    inside = requests.get(f"{front.instances['one'].url}/metrics", timeout=TIMEOUT)
    assert inside.status_code == 200
    assert front.request("GET", "/metrics").status_code == 404
    assert front.request("GET", "/health").json() == {"status": "ready"}


def test_an_image_is_read_and_one_too_long_is_refused_in_json(front):
    paper, file = Image.new("L", PAD, "white"), io.BytesIO()
    for stroke in TEMPLATES[5]:
        ImageDraw.Draw(paper).line(stroke, fill="black", width=18, joint="curve")
    paper.save(file, "PNG")
    image = base64.b64encode(file.getvalue()).decode()
    assert front.request("POST", "/upload", json={"image": image}).json()["digit"] == 5
    for length in (MAX_BODY, 11 * MB):  # the one the app refuses, the other nginx
        refused = front.request("POST", "/upload", json={"image": length * "x"})
        assert refused.status_code == 413
        assert "at most 10,000,000" in refused.json()["error"]


def test_who_finds_an_instance_full_gets_a_pad_of_another(front):
    async def visit():
        visitors = [await arrive(front, instance="one") for _ in range(PLACES + 1)]
        assert [visitor.instance for visitor in visitors] == ["one"] * PLACES + ["two"]
        visitors += [await arrive(front, instance="two") for _ in range(PLACES - 1)]
        for visitor in visitors:
            await visitor.draw(TEMPLATES[1])
            assert "<strong>1</strong>" in visitor.answer
        late = front.visitor()
        for _ in range(3):
            refused = await late.open()
            assert (refused.code, refused.headers["Retry-After"]) == (503, "10")
            assert 'http-equiv="refresh" content="10"' in late.page
            assert "All pads are taken" in late.page
        await leave(*visitors)
        served = set()
        async with asyncio.timeout(TIMEOUT):
            while served != {"one", "two"}:
                if (await late.open()).code == 200:
                    await late.connect()
                    await leave(late)
                    served.add(late.cookies.pop("digitlab_instance"))
                await asyncio.sleep(0.1)

    asyncio.run(visit())


def test_an_instance_that_stops_gets_no_newcomers_and_keeps_who_is_drawing(front):
    async def visit():
        stays = await arrive(front, instance="one")
        app = front.instances["one"]
        app.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(TIMEOUT):
            while requests.get(f"{app.url}/health", timeout=TIMEOUT).status_code == 200:
                await asyncio.sleep(0.05)
        assert {await glance(front) for _ in range(3)} == {"two"}
        assert await glance(front, instance="one") == "two"
        await stays.draw(TEMPLATES[1])
        assert "<strong>1</strong>" in stays.answer
        stays.close()
        await asyncio.to_thread(app.process.wait, TIMEOUT)
        await asyncio.to_thread(front.start, "one")

    asyncio.run(visit())


def test_a_dead_instance_is_seen_by_nobody_but_its_visitors_and_they_are_told(front):
    async def visit():
        visitor = await arrive(front, instance="two")
        front.instances["two"].process.kill()
        await asyncio.wait_for(visitor.closed, TIMEOUT)
        assert await state(visitor) == 404
        with pytest.raises(HTTPClientError, match="404"):
            await visitor.connect()
        for _ in range(4):
            assert await glance(front) == "one"
            assert front.request("GET", "/health").status_code == 200
        again = await arrive(front, instance="two")
        assert again.instance == "one"
        # When it is back, those who have moved stay where they are now.
        await asyncio.to_thread(front.start, "two")
        assert await state(again) == 200
        await leave(again)

    asyncio.run(visit())


def test_an_address_that_asks_too_often_is_told_so_and_health_still_answers(front):
    async def visit():
        visitor = front.visitor()
        body, kind = b"{}", {"Content-Type": "application/json"}
        upload = {"method": "POST", "body": body, "headers": kind}
        answers = await asyncio.gather(*[visitor.fetch("/upload", **upload) for _ in range(400)])
        codes = {answer.code for answer in answers}
        # What nginx lets through may still be more at once than the instances take: 503.
        assert {400, 429} <= codes <= {400, 429, 503}
        for _ in range(5):
            assert (await front.visitor().fetch("/health")).code == 200

    asyncio.run(visit())


def test_where_all_are_dead_there_is_a_page_that_tries_again_by_itself(front):
    for app in front.instances.values():
        app.stop(signal.SIGKILL)
    page = front.request("GET", "/")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert '<meta http-equiv="refresh" content="10">' in page.text
    for name in list(front.instances):
        front.start(name)
    assert asyncio.run(glance(front, instance="one")) == "one"


@pytest.mark.server
def test_the_visitors_of_the_benchmark_survive_a_kill_and_a_rolling_restart(tmp_path):
    if find() is None:
        pytest.skip(ADVICE)  # a laptop may have no nginx; .ci/run fails on any skip
    benchmark = Path(__file__).with_name("benchmarks") / "deploy.py"
    few = "--visitors 6 --instances 2 --rate 40 --pause 0.2"
    ended = subprocess.run(
        [sys.executable, benchmark, *few.split(), "--json", tmp_path / "figures.json"],
        capture_output=True,
        text=True,
        timeout=5 * TIMEOUT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, ""), ended.stdout
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(f"| {what} |" in ended.stdout for what in figures)
    assert [what for what, figure in figures.items() if not figure["kept"]] == []


# The program


def test_the_environment_decides_which_nginx(tmp_path, monkeypatch):
    program = tmp_path / "nginx"
    monkeypatch.setenv("DIGITLAB_NGINX", str(program))
    with pytest.raises(FileNotFoundError, match=r"DIGITLAB_NGINX names .*nginx"):
        find()
    program.touch()
    assert find() == program


# Kubernetes

PARTS = {
    part["kind"]: part for part in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())
}
POD = PARTS["Deployment"]["spec"]["template"]
[CONTAINER] = POD["spec"]["containers"]
OPTIONS = cli.commands["app"].make_context("app", list(CONTAINER["args"])).params


def megabytes(quantity: str) -> int:
    assert quantity.endswith("M")
    return int(quantity.removesuffix("M"))


def test_the_parts_find_each_other():
    labels = POD["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert PARTS[kind]["spec"]["selector"]["matchLabels"] == labels
    service = PARTS["Service"]
    assert service["spec"]["selector"] == labels
    [port] = CONTAINER["ports"]
    assert port["containerPort"] == Options.port
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    [rule] = PARTS["Ingress"]["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] == service["spec"]["ports"][0]["name"]


def test_a_pod_is_given_the_time_that_its_visitors_are_promised():
    [_, before] = CONTAINER["lifecycle"]["preStop"]["exec"]["command"]
    whole = float(before) + OPTIONS["grace"]
    assert POD["spec"]["terminationGracePeriodSeconds"] >= whole + 10


def test_a_pod_is_given_the_memory_that_its_visitors_take():
    resources = CONTAINER["resources"]
    expected = 110 + 20 * (OPTIONS["max_visitors"] + POOL)
    request, limit = (megabytes(resources[kind]["memory"]) for kind in ("requests", "limits"))
    assert expected <= request <= 1.1 * expected
    assert limit >= expected + (UPLOADS * MAX_BODY + READERS * MOST_MEMORY) / MB


def test_a_pod_may_write_nowhere_but_where_the_app_writes():
    assert POD["spec"]["securityContext"]["runAsNonRoot"]
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    [mount], [volume] = CONTAINER["volumeMounts"], POD["spec"]["volumes"]
    assert (mount["name"], mount["mountPath"]) == (volume["name"], "/tmp")
    assert "emptyDir" in volume


def test_the_ingress_is_as_nginx_is():
    notes = PARTS["Ingress"]["metadata"]["annotations"]
    ingress = {name.partition("/")[2]: value for name, value in notes.items()}
    kernels = block("location ~ ^/(api/kernels|voila/api/shutdown)/")
    for direction in ("read", "send"):
        seconds = ingress[f"proxy-{direction}-timeout"]
        assert f"proxy_{direction}_timeout {seconds}s;" in kernels
    size = ingress["proxy-body-size"]
    assert f"client_max_body_size {size};" in block("location = /upload")
    assert int(size.removesuffix("m")) * 2**20 >= MAX_BODY
    # The same cookie as ours: who changes from one to the other is known already.
    traefik = PARTS["Service"]["metadata"]["annotations"]
    name = "traefik.ingress.kubernetes.io/service.sticky.cookie.name"
    assert ingress["session-cookie-name"] == traefik[name] == "digitlab_instance"


def probe(kind: str, url: str) -> bool:
    """Play one of the pod's probes against an app, as the kubelet does it."""
    said = CONTAINER[f"{kind}Probe"]
    if "httpGet" in said:
        [port] = CONTAINER["ports"]
        assert said["httpGet"]["port"] == port["name"]
        # By the pod's address, and not by its name.
        answer = requests.get(
            url + said["httpGet"]["path"],
            headers={"Host": f"10.1.2.3:{Options.port}", "User-Agent": "kube-probe/1.31"},
            timeout=said.get("timeoutSeconds", 1) + TIMEOUT,
            allow_redirects=True,
        )
        return 200 <= answer.status_code < 400
    python, c, program = said["exec"]["command"]
    assert (python, c, str(Options.port) in program) == ("python", "-c", True)
    program = program.replace(str(Options.port), url.rpartition(":")[2])
    ended = subprocess.run(
        [sys.executable, "-c", program], timeout=TIMEOUT, capture_output=True, check=False
    )
    return ended.returncode == 0


def until_ready(url: str) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not probe("startup", url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_probes_find_an_app_that_starts_ready_full_stopping_and_gone():
    options = [*CONTAINER["args"], "--max-visitors", "1", "--token", "secret"]
    with running_app(*options) as app:
        until_ready(app.url)  # a probe has no token, and needs none
        assert probe("readiness", app.url)
        assert probe("liveness", app.url)
        page = requests.get(app.url, headers={"Authorization": "Bearer secret"}, timeout=TIMEOUT)
        assert page.status_code == 200
        # Who is full gets no newcomers, but is not restarted for it.
        assert not probe("readiness", app.url)
        assert probe("liveness", app.url)
    assert not probe("liveness", app.url)


# systemd


def unit() -> dict[str, str]:
    """What the unit sets, by name."""
    lines = (DEPLOY / "digitlab.service").read_text().splitlines()
    settings = (line.partition("=") for line in lines if not line.startswith(("#", "[")))
    return {name: value for name, _, value in settings if name}


def test_the_unit_starts_the_app_and_gives_it_what_it_takes():
    said = unit()
    program, command, *arguments = said["ExecStart"].split()
    assert (Path(program).name, command) == ("digitlab", "app")
    options = cli.commands["app"].make_context("app", arguments).params
    takes = {
        what: itself + each * options["max_visitors"] for what, (itself, each, _) in TAKES.items()
    }
    assert takes["tasks"] <= int(said["TasksMax"]) <= 2 * takes["tasks"]
    assert takes["open files"] <= int(said["LimitNOFILE"])
    uploads = (UPLOADS * MAX_BODY + READERS * MOST_MEMORY) / MB
    assert megabytes(said["MemoryMax"]) >= takes["MB of memory"] + uploads
    assert int(said["TimeoutStopSec"]) >= options["grace"] + 10
