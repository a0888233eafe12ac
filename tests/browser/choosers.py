"""File choosers for browsers whose drivers can't handle them, or only the first one."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

# None opens: its <input> waits for files.
_CATCH = """
() => {
  window.chooser = null;
  const click = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") window.chooser = this;
    else click.call(this);
  };
  addEventListener("click", (event) => {
    if (event.target.type !== "file") return;
    event.preventDefault();
    window.chooser = event.target;
  }, true);
}
"""

_CHOOSE = """
([name, type, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const carrier = new DataTransfer();
  carrier.items.add(new File([bytes], name, { type }));
  const { chooser } = window;
  chooser.files = carrier.files;
  for (const kind of ["input", "change"]) chooser.dispatchEvent(new Event(kind, { bubbles: true }));
}
"""


@contextmanager
def expect_file_chooser(page: Any) -> Iterator[SimpleNamespace]:
    """Catch the file chooser that opens in the block, as the method of Playwright's pages does."""
    page.evaluate(_CATCH)
    caught = SimpleNamespace(value=None)
    yield caught
    page.wait_for_function("() => window.chooser !== null")
    is_multiple = page.evaluate("window.chooser.multiple")

    def set_files(file: dict[str, Any]) -> None:
        content = base64.b64encode(file["buffer"]).decode()
        page.evaluate(_CHOOSE, [file["name"], file["mimeType"], content])

    caught.value = SimpleNamespace(set_files=set_files, is_multiple=lambda: is_multiple)
