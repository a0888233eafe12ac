// Feature maps to touch: the one that is chosen appears large, with the filter that made it.

/** @typedef {{ layer: number, tile: number }} Chosen */

const MAP_SIDE = 280; // pixels of the large map
/** @type {Record<string, (tile: number, columns: number) => number>} */
const STEPS = {
  ArrowLeft: (tile) => tile - 1,
  ArrowRight: (tile) => tile + 1,
  ArrowUp: (tile, columns) => tile - columns,
  ArrowDown: (tile, columns) => tile + columns,
};

/**
 * @param {HTMLElement} pad
 * @param {AbortSignal} [signal] When to stop.
 */
export function makeMapsTouchable(pad, signal) {
  /** @type {Chosen | null} */
  let chosen = null;
  const layers = () => /** @type {HTMLElement[]} */ ([...pad.querySelectorAll(".digitlab-layer")]);

  /** @param {Chosen | null} choice */
  const choose = (choice) => {
    chosen = choice;
    show();
  };

  // The maps are made anew with each answer, and what is chosen stays chosen.
  const show = () => {
    layers().forEach((layer, index) => {
      const image = /** @type {HTMLImageElement} */ (layer.querySelector("img"));
      image.tabIndex = 0;
      layer.querySelector("figure")?.remove();
      if (chosen?.layer === index) layer.append(large(layer, image, chosen.tile));
    });
  };

  pad.addEventListener(
    "click",
    (event) => {
      const image = /** @type {HTMLElement} */ (event.target);
      const layer = layers().findIndex((each) => each.querySelector("img") === image);
      if (layer === -1) return;
      const tile = tileAt(layers()[layer], /** @type {HTMLImageElement} */ (image), event);
      choose(chosen?.layer === layer && chosen.tile === tile ? null : { layer, tile });
    },
    { signal },
  );
  pad.addEventListener(
    "keydown",
    (event) => {
      const layer = layers().findIndex((each) => each.querySelector("img") === event.target);
      if (layer === -1) return;
      const { count, columns } = layers()[layer].dataset;
      const tile = chosen?.layer === layer ? chosen.tile : -1;
      if (event.key === "Escape") choose(null);
      else if (event.key === "Enter" || event.key === " ")
        choose({ layer, tile: Math.max(tile, 0) });
      else if (event.key in STEPS) {
        const next = STEPS[event.key](tile, Number(columns));
        choose({ layer, tile: Math.min(Math.max(next, 0), Number(count) - 1) });
      } else return;
      event.preventDefault();
    },
    { signal },
  );
  const observer = new MutationObserver((changes) => {
    const isOurs = (/** @type {Node} */ node) =>
      /** @type {Element} */ (node).localName === "figure";
    const nodes = changes.flatMap(({ addedNodes, removedNodes }) => [
      ...addedNodes,
      ...removedNodes,
    ]);
    if (!nodes.every(isOurs)) show();
  });
  observer.observe(pad, { subtree: true, childList: true });
  signal?.addEventListener("abort", () => observer.disconnect());
  show();
}

/**
 * Which tile of a montage is where somebody pressed.
 * @param {HTMLElement} layer
 * @param {HTMLImageElement} image
 * @param {MouseEvent} event
 */
function tileAt(layer, image, { clientX, clientY }) {
  const count = Number(layer.dataset.count);
  const columns = Number(layer.dataset.columns);
  const { left, top, width, height } = image.getBoundingClientRect();
  const rows = Math.ceil(count / columns);
  const part = (/** @type {number} */ share, /** @type {number} */ parts) =>
    Math.min(Math.max(Math.floor(share * parts), 0), parts - 1);
  const [row, column] = [
    part((clientY - top) / height, rows),
    part((clientX - left) / width, columns),
  ];
  return Math.min(row * columns + column, count - 1);
}

/**
 * @param {HTMLElement} layer
 * @param {HTMLImageElement} image
 * @param {number} tile
 */
function large(layer, image, tile) {
  const { columns, count, kernels, map, drawing, kernel } = layer.dataset;
  const figure = document.createElement("figure");
  figure.className = "digitlab-large";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = MAP_SIDE;
  canvas.setAttribute("role", "img");
  const name = map?.replace("{number}", `${tile + 1}`) ?? "";
  canvas.setAttribute("aria-label", name);
  const caption = document.createElement("figcaption");
  caption.setAttribute("aria-live", "polite");
  caption.append(Object.assign(document.createElement("strong"), { textContent: name }));
  const paint = async () => {
    const below = Object.assign(new Image(), { src: drawing ?? "" });
    await Promise.all([image.decode(), below.decode()]);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.imageSmoothingEnabled = false;
    context.globalAlpha = 0.25;
    context.drawImage(below, 0, 0, MAP_SIDE, MAP_SIDE);
    context.globalAlpha = 1;
    const step = (image.naturalWidth + 1) / Number(columns);
    const [left, top] = [
      (tile % Number(columns)) * step,
      Math.floor(tile / Number(columns)) * step,
    ];
    // In colour, so that it differs from the drawing below.
    const coloured = new OffscreenCanvas(MAP_SIDE, MAP_SIDE);
    const ink = /** @type {OffscreenCanvasRenderingContext2D} */ (coloured.getContext("2d"));
    ink.imageSmoothingEnabled = false;
    ink.drawImage(image, left, top, step - 1, step - 1, 0, 0, MAP_SIDE, MAP_SIDE);
    ink.globalCompositeOperation = "source-in";
    ink.fillStyle = getComputedStyle(layer).getPropertyValue("--for");
    ink.fillRect(0, 0, MAP_SIDE, MAP_SIDE);
    context.drawImage(coloured, 0, 0);
  };
  paint().catch(() => {}); // another answer came meanwhile, with maps of its own
  figure.append(canvas, caption);
  const weights = kernels ? JSON.parse(kernels)[tile] : null;
  if (weights && Number(count) > tile) caption.append(kernelTable(weights, kernel ?? ""));
  return figure;
}

/**
 * @param {number[]} weights Nine, row by row.
 * @param {string} title
 */
function kernelTable(weights, title) {
  const table = document.createElement("table");
  table.createCaption().textContent = title;
  const most = Math.max(...weights.map(Math.abs));
  for (let row = 0; row < 3; row++) {
    const cells = table.insertRow();
    for (const weight of weights.slice(3 * row, 3 * row + 3)) {
      const cell = cells.insertCell();
      cell.textContent = weight.toFixed(1).replace("-", "−");
      const share = Math.round((60 * Math.abs(weight)) / most);
      cell.style.background = `color-mix(in srgb, var(${weight > 0 ? "--for" : "--against"}) ${share}%, transparent)`;
    }
  }
  return table;
}
