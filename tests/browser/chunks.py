"""Make the list of the scripts that the page's bundle is made of.

    python -m tests.browser.chunks

It opens the page in a browser with an empty bundle, so that the page's own loader asks for each
chunk by itself, and writes them into ``digitlab/app/page/template/chunks.txt`` in the order in
which they were asked for. To be run after an upgrade of Voilà, ipywidgets or ipycanvas, where
``tests/browser/test_bundle.py`` says so.
"""

import re
import sys
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from digitlab.app.page.bundle import CHUNKS
from tests.browser.pad import ready
from tests.chromium import ADVICE, find
from tests.serving import running_app

# These two make the others known, and come by themselves.
_LOADERS = re.compile(r"/voila\.js$|/remoteEntry\.\w+\.js$")


def empty_bundle(page: Page) -> None:
    """Let a page find nothing in its bundle."""
    page.route("**/bundle/*.js", lambda route: route.fulfill(content_type="text/javascript"))


def chunk(url: str) -> str | None:
    """Return the line of the list that stands for a script, or None if it is no chunk.

    Examples
    --------
    >>> chunk("http://127.0.0.1/voila/labextensions/ipycanvas/static/819.c48971f2d3.js?v=c4897")
    'labextensions/ipycanvas/static/819.*.js'
    >>> chunk("http://127.0.0.1/voila/static/73.voila.js?v=1")
    'static/73.voila.js'
    """
    path = urlsplit(url).path
    if not path.endswith(".js") or not path.startswith("/voila/") or _LOADERS.search(path):
        return None
    return re.sub(r"/(\d+)\.[0-9a-f]{8,}\.js$", r"/\1.*.js", path.removeprefix("/voila/"))


def main() -> int:
    """Write the list."""
    program = find()
    if program is None:
        print(ADVICE, file=sys.stderr)
        return 1
    urls: list[str] = []
    with running_app() as app, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: urls.append(request.url))
        empty_bundle(page)
        page.goto(app.url)
        ready(page)
        page.wait_for_load_state("networkidle")
        browser.close()
    chunks = list(dict.fromkeys(filter(None, map(chunk, urls))))
    CHUNKS.write_text("\n".join(chunks) + "\n", encoding="utf-8")
    print(f"{CHUNKS}: {len(chunks)} chunks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
