// An image from elsewhere: by the pad's button, dropped on the page, or pasted.

/** @typedef {import("./notice.js").Notice} Notice */

/**
 * @typedef {object} Pad Who takes the image.
 * @property {() => boolean} isOpen Whether anybody would hear of it.
 * @property {(content: ArrayBuffer) => void} give
 */

const LARGEST_SIDE = 3000; // pixels: of a photograph, enough for a page of digits

/**
 * Let the pad's button choose files.
 * @param {HTMLElement} pad
 * @param {(files: File[]) => void} take
 * @param {AbortSignal} [signal] When to stop.
 */
export function chooseFiles(pad, take, signal) {
  const chooser = document.createElement("input");
  Object.assign(chooser, { type: "file", accept: "image/*" });
  chooser.addEventListener("change", () => {
    take([...(chooser.files ?? [])]);
    chooser.value = ""; // so that the same file may be chosen again
  });
  pad.addEventListener(
    "click",
    (event) => {
      if (/** @type {Element} */ (event.target).closest(".digitlab-upload")) chooser.click();
    },
    { signal },
  );
}

export class Upload {
  #pad;
  #notice;
  #most;
  #words;

  /**
   * @param {Pad} pad
   * @param {Notice} notice
   * @param {number} most Bytes that can be sent.
   * @param {Record<string, string>} words What it says.
   */
  constructor(pad, notice, most, words) {
    this.#words = words;
    this.#pad = pad;
    this.#notice = notice;
    this.#most = most;
    addEventListener("dragover", (event) => this.#drag(event, true));
    addEventListener("dragleave", (event) => this.#drag(event, Boolean(event.relatedTarget)));
    addEventListener("drop", (event) => {
      this.#drag(event, false);
      if (event.dataTransfer?.files.length) this.take([...event.dataTransfer.files]);
    });
    addEventListener("paste", ({ clipboardData }) => {
      if (clipboardData?.files.length) this.take([...clipboardData.files]);
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
  async take(files) {
    if (!this.#pad.isOpen()) return;
    const file = files.length === 1 ? await reduced(files[0], this.#most) : null;
    const refusal = file ? refuse(file, files[0], this.#most, this.#words) : this.#words.one_image;
    if (!file || refusal) {
      return this.#notice.show(refusal ?? "", this.#words.close, () => this.#notice.hide());
    }
    this.#notice.hide();
    this.#pad.give(await file.arrayBuffer());
  }
}

/**
 * The file, or a smaller JPEG of it where it is too large to send and the browser can read it.
 * @param {File} file
 * @param {number} limit
 * @returns {Promise<Blob>}
 */
async function reduced(file, limit) {
  if (file.size <= limit || !isImage(file)) return file;
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LARGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(scale * image.width));
    canvas.height = Math.max(1, Math.round(scale * image.height));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillStyle = "#fff"; // a JPEG is nowhere transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.imageSmoothingQuality = "high";
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
    return blob ?? file;
  } catch {
    return file; // HEIC, in most browsers
  }
}

/** @param {File} file Of HEIC, some browsers know no type. */
const isImage = ({ name, type }) => type.startsWith("image/") || /\.hei[cf]$/i.test(name);

/**
 * Why it cannot be sent, or null.
 * @param {Blob} content
 * @param {File} file As it came.
 * @param {number} limit
 * @param {Record<string, string>} words
 */
function refuse(content, file, limit, words) {
  if (!isImage(file)) return words.no_image.replace("{name}", () => file.name);
  if (content.size <= limit) return null;
  const [has, most] = [(file.size / 1e6).toFixed(1), `${limit / 1e6}`];
  return words.large
    .replace("{has}", has)
    .replace("{most}", most)
    .replace("{name}", () => file.name);
}
