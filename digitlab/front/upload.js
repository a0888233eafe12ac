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
  #chooser = document.createElement("input");

  /**
   * The button is that of the pad's FileUpload, which is in the way: it sends whatever is chosen,
   * and keeps its <input> out of the document.
   * @param {Element} button
   * @param {Pad} pad
   * @param {Notice} notice
   * @param {number} most Bytes that can be sent.
   */
  constructor(button, pad, notice, most) {
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
      this.#take([...(event.dataTransfer?.files ?? [])]);
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
    document.body.classList.toggle("dropping", isOver);
  }

  /** @param {File[]} files */
  async #take(files) {
    if (!this.#pad.isOpen()) return;
    const refusal = refuse(files, this.#most);
    if (refusal) return this.#notice.show(refusal, "Close", () => this.#notice.hide());
    this.#notice.hide();
    this.#pad.give(await files[0].arrayBuffer());
  }
}

/**
 * Why these cannot be sent, or null.
 * @param {File[]} files
 * @param {number} limit
 */
function refuse(files, limit) {
  if (files.length !== 1) return "Please give one image file: the pad reads one digit at a time.";
  const [{ name, type, size }] = files;
  if (!type.startsWith("image/")) return `${name} is not an image. Expected a PNG or JPEG, say.`;
  if (size > limit) {
    const [has, most] = [(size / 1e6).toFixed(1), limit / 1e6];
    return `${name} has ${has} MB, and at most ${most} MB can be sent. Please make it smaller.`;
  }
  return null;
}
