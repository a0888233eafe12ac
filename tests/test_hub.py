"""Where courses run: below a path, behind JupyterHub for real, with a pad for each of two users."""

import asyncio
import re
import time
from collections.abc import Iterator

import pytest
import requests

from tests.hub import ADVICE, PASSWORD, find, running_hub
from tests.serving import TIMEOUT
from tests.strokes import TEMPLATES
from tests.visiting import Visitor

NAMES = ("ada", "ben.o'brien")


class Member:
    """A user of the Hub: logged in, with a server that runs."""

    def __init__(self, hub: str, name: str):
        self.home = f"{hub}/user/{requests.utils.quote(name, safe='')}"
        self.session = requests.Session()
        page = self.session.get(f"{hub}/hub/login", timeout=TIMEOUT).text
        form = {"username": name, "password": PASSWORD}
        form["_xsrf"] = re.search(r'name="_xsrf" value="([^"]+)"', page)[1]
        self.session.post(f"{hub}/hub/login", data=form, timeout=TIMEOUT)
        self.get("/lab")  # which starts the server

    def wait(self) -> None:
        """Wait until the server runs."""
        deadline = time.monotonic() + 3 * TIMEOUT
        while not (lab := self.get("/lab")).url.startswith(f"{self.home}/lab"):
            assert time.monotonic() < deadline, lab.url
            time.sleep(0.5)

    def get(self, path: str) -> requests.Response:
        """Ask for something of this user's."""
        return self.session.get(self.home + path, timeout=TIMEOUT)

    def visitor(self) -> Visitor:
        """A page of this user's."""
        cookies = sorted(self.session.cookies, key=lambda cookie: len(cookie.path))
        visitor = Visitor(
            f"{self.home}/digitlab", cookies={cookie.name: cookie.value for cookie in cookies}
        )
        visitor.origin = self.home.partition("/user/")[0]
        return visitor


@pytest.fixture(scope="module")
def members(tmp_path_factory) -> Iterator[list[Member]]:
    if find() is None:
        pytest.skip(ADVICE)  # a laptop may have no npm; .ci/run fails on any skip
    with running_hub(tmp_path_factory.mktemp("hub")) as hub:
        members = [Member(hub, name) for name in NAMES]
        for member in members:
            member.wait()
        yield members


def test_each_has_the_notebooks_in_lab_and_a_tile_for_the_pad(members):
    for member in members:
        files = member.get("/api/contents").json()["content"]
        assert "app.ipynb" in {file["name"] for file in files}
        [tile] = member.get("/server-proxy/servers-info").json()["server_processes"]
        assert tile["launcher_entry"]["title"] == "Digit pad"
        assert tile["launcher_entry"]["path_info"] == "digitlab/"
        icon = member.get(f"/server-proxy/icon/{tile['name']}")
        assert icon.headers["Content-Type"].startswith("image/svg")


def test_each_draws_on_a_pad_of_their_own(members):
    async def visit():
        visitors = [member.visitor() for member in members]
        for visitor in visitors:
            assert (await visitor.open()).code == 200
            path = visitor.url.removeprefix(visitor.origin)
            assert f'"baseUrl": "{path}/"' in visitor.page
            assert "~digitlab~" not in visitor.page
            await visitor.connect()
            await visitor.load()
        for digit, visitor in enumerate(visitors, start=1):
            await visitor.draw(TEMPLATES[digit])
            assert f"<strong>{digit}</strong>" in visitor.answer
        for visitor in visitors:
            visitor.close()
            await visitor.closed
            goodbye, ours = f"/voila/api/shutdown/{visitor.kernel_id}", {"Origin": visitor.origin}
            said = await visitor.fetch(goodbye, method="POST", body="", headers=ours)
            assert said.code == 204
            assert (await visitor.fetch(f"/api/kernels/{visitor.kernel_id}")).code == 403

    asyncio.run(visit())


def test_neither_reaches_the_other_s_pad_or_one_without_the_proxy(members):
    ada, ben = members
    other = requests.get(f"{ben.home}/digitlab/", cookies=ada.session.cookies, timeout=TIMEOUT)
    assert "kernelId" not in other.text
