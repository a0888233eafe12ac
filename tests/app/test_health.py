import asyncio
import re

import pytest
import requests
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from digitlab.app.health import Events
from tests.app.test_visitors import arrive, gone
from tests.serving import TIMEOUT, running_app
from tests.strokes import TEMPLATES
from tests.visiting import Visitor


def test_without_being_asked_for_there_are_no_figures(app):
    assert requests.get(f"{app.url}/metrics", timeout=TIMEOUT).status_code == 404


@pytest.fixture(scope="module")
def watched():
    with running_app("--metrics", "--max-visitors", "1") as running:
        yield running


async def healthy(app, status: str) -> None:
    """Wait until the app says that of itself."""
    async with asyncio.timeout(TIMEOUT):
        while (
            await Visitor(app.url).fetch("/health")
        ).body.decode() != f'{{"status": "{status}"}}':
            await asyncio.sleep(0.05)


def metrics(app) -> dict[str, float]:
    """All figures, by name and labels."""
    answer = requests.get(f"{app.url}/metrics", timeout=TIMEOUT)
    assert answer.status_code == 200
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_it_is_ready_when_a_page_would_open_and_says_so_when_it_would_not(watched):
    async def visit():
        await healthy(watched, "ready")
        assert (await Visitor(watched.url).fetch("/health")).code == 200
        visitor = await arrive(watched)
        await healthy(watched, "full")
        assert (await Visitor(watched.url).fetch("/health")).code == 503
        visitor.close()
        await healthy(watched, "ready")

    asyncio.run(visit())


def test_the_figures_tell_what_has_happened(watched):
    async def visit():
        visitor = await arrive(watched)
        during = metrics(watched)
        assert during["digitlab_visitors"] == during["digitlab_visitors_connected"] == 1
        assert during["digitlab_kernels"] >= 1
        await visitor.draw(TEMPLATES[1])
        assert (await Visitor(watched.url).open()).code == 503
        assert (await visitor.fetch("/upload", method="POST", body="{}")).code == 415
        visitor.close()
        await gone(watched, visitor)

    before = metrics(watched)
    asyncio.run(visit())
    after = metrics(watched)
    grown = {name: value - before.get(name, 0) for name, value in after.items()}
    assert grown["digitlab_visits_total"] == 1
    assert grown["digitlab_visits_ended_total closed"] == 1
    assert grown["digitlab_rejections_total full"] == 1
    assert grown["digitlab_pad_event_seconds_count"] >= 2  # the pen's first touch, its end
    assert grown["digitlab_request_seconds_count UploadHandler 415"] == 1
    assert after["digitlab_visitors"] == 0


def test_the_log_has_a_line_for_each_event_and_names_nobody():
    async def visit(app):
        visitor = await arrive(app)
        assert (await Visitor(app.url).open()).code == 503
        visitor.close()
        await gone(app, visitor)
        return visitor

    with running_app("--log", "--max-visitors", "1") as app:
        visitor = asyncio.run(visit(app))
        log = app.stop()
    events = [re.sub(r"^[\d-]+ [\d:,]+ ", "", line) for line in log.splitlines()]
    assert events[:3] == ["visit began", "refused: full", "visit ended: closed"]
    assert events[-1] == "stopping"
    assert not [secret for secret in visitor.cookies.values() if secret in log]
    assert visitor.kernel_id not in log
    assert "127.0.0.1" not in log


def test_pages_that_the_end_cuts_off_are_no_news():
    async def see_the_first_page(app):
        await Visitor(app.url).open()  # while the others are still being rendered

    with running_app("--log") as app:
        asyncio.run(see_the_first_page(app))
        log = app.stop()
    events = [re.sub(r"^[\d-]+ [\d:,]+ ", "", line) for line in log.splitlines()]
    assert events == ["visit began", "stopping"]


def test_questions_without_answers_are_forgotten_some_day():
    events = Events()
    for number in range(10_001):
        events.asked(str(number))
    events.answered("0")
    assert "digitlab_pad_event_seconds_count 0.0" in _text(events)
    events.answered("10000")
    assert "digitlab_pad_event_seconds_count 1.0" in _text(events)


def _text(events: Events) -> str:
    return generate_latest(events.registry).decode()
