// An image from elsewhere: by the pad's button, dropped on the page, or pasted.

/** @typedef {import("./notice.js").Notice} Notice */

/**
 * @typedef {object} Pad Who takes the image.
 * @property {() => boolean} isOpen Whether anybody would hear of it.
 * @property {(content: ArrayBuffer) => void} give
 */

export class Upload {
  #pad;
  #notice;
  #most;
  #words;
  #chooser = document.createElement("input");

  /**
   * The button is that of the pad's FileUpload, which is in the way: it sends whatever is chosen,
   * and keeps its <input> out of the document.
   * @param {Element} button
   * @param {Pad} pad
   * @param {Notice} notice
   * @param {number} most Bytes that can be sent.
   * @param {Record<string, string>} words What it says.
   */
  constructor(button, pad, notice, most, words) {
    this.#words = words;
    this.#pad = pad;
    this.#notice = notice;
    this.#most = most;
    Object.assign(this.#chooser, { type: "file", accept: "image/*" });
    this.#chooser.addEventListener("change", () => {
      this.#take([...(this.#chooser.files ?? [])]);
      this.#chooser.value = ""; // so that the same file may be chosen again
    });
    const choose = (/** @type {MouseEvent} */ event) => {
      if (!button.contains(/** @type {Node} */ (event.target))) return;
      event.stopImmediatePropagation();
      this.#chooser.click();
    };
    addEventListener("click", choose, true);
    addEventListener("dragover", (event) => this.#drag(event, true));
    addEventListener("dragleave", (event) => this.#drag(event, event.relatedTarget !== null));
    addEventListener("drop", (event) => {
      this.#drag(event, false);
      if (event.dataTransfer?.files.length) this.#take([...event.dataTransfer.files]);
    });
    addEventListener("paste", ({ clipboardData }) => {
      if (clipboardData?.files.length) this.#take([...clipboardData.files]);
    });
  }

  /**
   * @param {DragEvent} event
   * @param {boolean} isOver
   */
  #drag(event, isOver) {
    event.preventDefault(); // or the browser leaves the page for the file
    const isFile = event.dataTransfer?.types.includes("Files") ?? false; // and no text, and no link
    document.body.classList.toggle("dropping", isOver && isFile);
  }

  /** @param {File[]} files */
  async #take(files) {
    if (!this.#pad.isOpen()) return;
    const refusal = refuse(files, this.#most, this.#words);
    if (refusal) return this.#notice.show(refusal, this.#words.close, () => this.#notice.hide());
    this.#notice.hide();
    this.#pad.give(await files[0].arrayBuffer());
  }
}

/**
 * Why these cannot be sent, or null.
 * @param {File[]} files
 * @param {number} limit
 * @param {Record<string, string>} words
 */
function refuse(files, limit, words) {
  if (files.length !== 1) return words.one_image;
  const [{ name, type, size }] = files;
  if (!type.startsWith("image/")) return words.no_image.replace("{name}", () => name);
  if (size <= limit) return null;
  const [has, most] = [(size / 1e6).toFixed(1), `${limit / 1e6}`];
  return words.large
    .replace("{has}", has)
    .replace("{most}", most)
    .replace("{name}", () => name);
}
