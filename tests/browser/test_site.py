"""The site that `make site` builds: complete, its own host's alone, and readable anywhere."""

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]

PAGES = [
    "docs/index.html",
    "docs/architecture.html",
    "docs/gallery.html",
    "docs/teaching/README.html",
    "docs/reference/classifier.html",
    "models/README.html",
    "notebooks/README.html",
    "notebooks/03-a-convolution-by-hand.html",
]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    sphinx = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-c", "docs"]
    ended = subprocess.run(
        [*sphinx, ".", folder], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    return folder


class Read(HTMLParser):
    """What a page links to, and what of it can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {""}
        self.pictures: list[dict[str, str | None]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links |= {str(found[name]) for name in ("href", "src") if found.get(name)}
        self.anchors |= {str(found[name]) for name in ("id", "name") if found.get(name)}
        if tag == "img":
            self.pictures.append(found)


def test_no_link_within_the_site_is_broken(site):
    pages = {path: Read(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            url = urlsplit(link)
            if url.scheme or url.netloc:
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            if not target.is_file() or (
                target in pages and url.fragment not in pages[target].anchors
            ):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []
    assert len(pages) > 20


def test_every_notebook_can_be_downloaded_and_its_figures_have_words(site):
    for notebook in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        assert (site / "notebooks" / notebook.name).read_bytes() == notebook.read_bytes()
        page = Read(site / "notebooks" / f"{notebook.stem}.html")
        assert f"{notebook.stem}.ipynb" in page.links
        assert [picture["src"] for picture in page.pictures if not picture.get("alt")] == []


@pytest.fixture
def read(browser: Browser, site: Path) -> Iterator:
    contexts = []

    def open_page(name: str, **options) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.goto((site / name).as_uri())
        return page

    asked: list[str] = []
    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_site(read, site, scheme):
    page = read(PAGES[0], color_scheme=scheme)
    found = {}
    for name in PAGES:
        page.goto((site / name).as_uri())
        found |= {
            (name, each["id"]): each["nodes"] for each in Axe().run(page).response["violations"]
        }
    assert found == {}


def test_on_a_phone_nothing_is_wider_than_the_screen(read, site):
    page = read(PAGES[0], viewport={"width": 360, "height": 640})
    for name in PAGES:
        page.goto((site / name).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name


def test_on_paper_there_is_the_lesson_and_no_navigation(read):
    page = read("notebooks/04-the-training-loop.html")
    page.emulate_media(media="print")
    assert not page.locator(".sidebar-drawer").is_visible()
    assert not page.locator(".digitlab-open").is_visible()
    assert page.get_by_role("heading", name="The training loop").first.is_visible()


def test_the_address_without_a_path_leads_to_the_first_page(read):
    page = read("index.html")
    page.wait_for_url("**/docs/index.html")
