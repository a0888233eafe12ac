// An image from elsewhere: by the pad's button, dropped on the page, or pasted.

class Upload {
  #model;
  #connection;
  #notice;
  #chooser = document.createElement("input");

  // The model is that of the pad's FileUpload. Its own button is in the way: it sends whatever is
  // chosen, and keeps its <input> out of the document.
  constructor(button, model, connection, notice) {
    this.#model = model;
    this.#connection = connection;
    this.#notice = notice;
    Object.assign(this.#chooser, { type: "file", accept: model.get("accept") });
    this.#chooser.addEventListener("change", () => {
      this.#take([...this.#chooser.files]);
      this.#chooser.value = ""; // so that the same file may be chosen again
    });
    const choose = (event) => {
      if (!button.contains(event.target)) return;
      event.stopImmediatePropagation();
      this.#chooser.click();
    };
    addEventListener("click", choose, true);
    addEventListener("dragover", (event) => this.#drag(event, true));
    addEventListener("dragleave", (event) => this.#drag(event, event.relatedTarget !== null));
    addEventListener("drop", (event) => {
      this.#drag(event, false);
      this.#take([...event.dataTransfer.files]);
    });
    addEventListener("paste", ({ clipboardData }) => {
      if (clipboardData.files.length) this.#take([...clipboardData.files]);
    });
  }

  #drag(event, isOver) {
    event.preventDefault(); // or the browser leaves the page for the file
    document.body.classList.toggle("dropping", isOver);
  }

  async #take(files) {
    if (!this.#connection.isOpen) return;
    const refusal = refuse(files);
    if (refusal) return this.#notice.show(refusal, "Close", () => this.#notice.hide());
    this.#notice.hide();
    const [{ name, type, size, lastModified }] = files;
    const content = await files[0].arrayBuffer();
    this.#model.set("value", [{ name, type, size, content, last_modified: lastModified }]);
    this.#model.save_changes();
  }
}

// Why these cannot be sent, or null.
function refuse(files) {
  if (files.length !== 1) return "Please give one image file: the pad reads one digit at a time.";
  const [{ name, type, size }] = files;
  if (!type.startsWith("image/")) return `${name} is not an image. Expected a PNG or JPEG, say.`;
  if (size > MAX_BYTES) {
    const [has, most] = [(size / 1e6).toFixed(1), MAX_BYTES / 1e6];
    return `${name} has ${has} MB, and at most ${most} MB can be sent. Please make it smaller.`;
  }
  return null;
}
