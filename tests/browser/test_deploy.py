"""What a visitor sees when the instance that has their kernel is killed, behind nginx."""

import signal
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from tests.browser.pad import answer, click, draw, ink, ready
from tests.nginx import ADVICE, find, running_front
from tests.strokes import TEMPLATES

pytestmark = pytest.mark.engines("chromium", because="it is about the server")


@pytest.fixture(scope="module")
def front(browser, tmp_path_factory):
    if find() is None:
        pytest.skip(ADVICE)  # a laptop may have no nginx; .ci/run fails on any skip
    with running_front(tmp_path_factory.mktemp("nginx"), n=2) as front:
        yield front


@pytest.fixture(scope="module")
def app(front):
    """What the pages of this module visit."""
    return SimpleNamespace(url=front.url)


def instance(page) -> str:
    [name] = [
        cookie["value"]
        for cookie in page.context.cookies()
        if cookie["name"] == "digitlab_instance"
    ]
    return name


def test_a_page_whose_instance_is_killed_keeps_the_drawing_and_starts_again_elsewhere(visit, front):
    page = ready(visit(breaks=True, ignore_https_errors=True))
    other = ready(visit(ignore_https_errors=True))
    killed = instance(page)
    assert instance(other) != killed
    draw(page, TEMPLATES[3])
    assert answer(page)[0] == "Predicted result is 3"
    drawn = ink(page)
    draw(other, TEMPLATES[4][:1])

    front.instances[killed].stop(signal.SIGKILL)
    alert = page.get_by_role("alert").filter(visible=True)
    expect(alert).to_contain_text("Your drawing stays here until you start again")
    assert ink(page) == drawn
    draw(other, TEMPLATES[4][1:])
    assert answer(other)[0] == "Predicted result is 4"

    with page.expect_navigation():
        click(page, "Start again")
    ready(page)
    assert instance(page) == instance(other)
    expect(alert).to_have_count(0)
    draw(page, TEMPLATES[1])
    assert answer(page)[0] == "Predicted result is 1"
    expect(other.get_by_role("alert").filter(visible=True)).to_have_count(0)
