"""The scripts of the page, which come as one."""

import pytest

from digitlab.app.page.bundle import CHUNKS, bundle
from tests.browser.chunks import chunk, empty_bundle
from tests.browser.pad import ready

pytestmark = pytest.mark.engines("chromium", because="it is about the server")


def test_what_the_page_would_ask_for_is_what_it_gets_at_once(visit):
    def asked(**options) -> list[str]:
        urls = []
        page = visit(on_request=lambda request: urls.append(request.url), **options)
        ready(page)
        page.wait_for_load_state("networkidle")
        assert len([url for url in urls if "/bundle/" in url]) == 1
        return [name for name in map(chunk, urls) if name is not None]

    listed = CHUNKS.read_text(encoding="utf-8").split()
    # Where this fails: python -m tests.browser.chunks
    assert sorted(set(asked(prepare=empty_bundle))) == sorted(listed)
    assert asked() == []


def test_scripts_stay_apart_and_the_first_folder_counts(browser, tmp_path):
    for folder, text in {
        "one": "'use strict'; var x = 1 // and no end of the line",
        "two": "x = 3; window.seen = typeof x",  # an error, were it strict too
    }.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.abc.js").write_text(text)
    (tmp_path / "two" / "one.abc.js").write_text("throw 1")
    roots = {"static": [str(tmp_path / "one"), str(tmp_path / "two")]}
    script = bundle(["static/one.*.js", "static/none.js", "static/two.*.js"], roots=roots)
    page = browser.new_page()
    page.add_script_tag(content=script.text.decode())
    assert page.evaluate("[seen, x]") == ["number", 3]
    page.close()
