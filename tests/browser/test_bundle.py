"""The scripts of the page, which come as one."""

import re

from digitlab.app.page.bundle import Bundle
from tests.browser.pad import ready


def test_no_script_is_asked_for_that_could_have_come_at_once(visit):
    urls = []
    page = visit(on_request=lambda request: urls.append(request.url))
    ready(page)
    page.wait_for_load_state("networkidle")
    scripts = [url for url in urls if re.search(r"\.js(\?|$)", url)]
    assert len([url for url in scripts if "/bundle/" in url]) == 1
    # These two make the others known; what else is listed here belongs in chunks.txt.
    assert [url for url in scripts if not re.search(r"/bundle/|/voila\.js|/remoteEntry", url)] == []


def test_scripts_stay_apart_and_the_first_folder_counts(browser, tmp_path):
    for folder, text in {
        "one": "'use strict'; var x = 1 // and no end of the line",
        "two": "x = 3; window.seen = typeof x",  # an error, were it strict too
    }.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{folder}.abc.js").write_text(text)
    (tmp_path / "two" / "one.abc.js").write_text("throw 1")
    roots = {"static": [str(tmp_path / "one"), str(tmp_path / "two")]}
    bundle = Bundle(["static/one.*.js", "static/none.js", "static/two.*.js"], roots=roots)
    page = browser.new_page()
    page.add_script_tag(content=bundle.script.decode())
    assert page.evaluate("[seen, x]") == ["number", 3]
    page.close()
