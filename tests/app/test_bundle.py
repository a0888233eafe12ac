import gzip
import re
import sys
from pathlib import Path

import requests

from digitlab.app.page.bundle import CHUNKS, bundle
from tests.serving import TIMEOUT

PREFIX = Path(sys.prefix, "share", "jupyter")
ROOTS = {
    "static": [str(PREFIX / "voila" / "templates" / "base" / "static")],
    "labextensions": [str(PREFIX / "labextensions"), str(PREFIX / "voila" / "labextensions")],
}


def test_each_chunk_is_there_in_the_versions_we_are_tested_with():
    chunks = CHUNKS.read_text(encoding="utf-8").split()
    missing = [chunk for chunk in chunks if not bundle([chunk], roots=ROOTS).text]
    assert missing == []


def test_the_page_names_its_bundle_and_it_may_be_kept_for_ever(app):
    page = requests.get(app.url, timeout=TIMEOUT).text
    [path] = set(re.findall(r'"(/bundle/\w+\.js)"', page))
    plain = requests.get(app.url + path, headers={"Accept-Encoding": ""}, timeout=TIMEOUT)
    packed = requests.get(app.url + path, stream=True, timeout=TIMEOUT)
    assert "immutable" in plain.headers["Cache-Control"]
    assert packed.headers["Content-Encoding"] == "gzip"
    body = packed.raw.read(decode_content=False)
    assert gzip.decompress(body) == plain.content
    assert len(body) < len(plain.content) / 3
    assert requests.get(f"{app.url}/bundle/0.js", timeout=TIMEOUT).status_code == 404
