// The front end of the widget in digitlab/pad/pen.py, in whatever host shows it.

import { Desk } from "./desk.js";

/** @typedef {import("./desk.js").Look} Look */
/** @typedef {import("./desk.js").Model} Model */

/** @type {{ desk: Desk, isThere: Promise<unknown> } | null} */
let early = null;

/**
 * Let somebody draw before there is a widget: the first one takes over what was drawn.
 * @param {HTMLCanvasElement} canvas
 * @param {Look} look
 * @param {Promise<unknown>} isThere Until when the widget has to wait for all that belongs to it.
 * @returns {Desk}
 */
export function drawEarly(canvas, look, isThere) {
  const place = document.createElement("div");
  place.className = "digitlab-ink";
  canvas.after(place);
  early = { desk: new Desk(canvas, place, look), isThere };
  return early.desk;
}

/**
 * @param {Model} model
 * @param {HTMLElement} place
 * @param {AbortSignal} signal
 */
async function start(model, place, signal) {
  const taken = early;
  early = null;
  await taken?.isThere;
  const find = () => place.parentElement?.querySelector("canvas.digitlab-canvas");
  while (!find() && !signal.aborted) await new Promise(requestAnimationFrame);
  const canvas = /** @type {HTMLCanvasElement | null} */ (find());
  if (!canvas || signal.aborted) return;
  await taken?.desk.pen.rest(); // a stroke is drawn to its end where it began
  const look = { colour: model.get("colour"), width: model.get("width") };
  const desk = taken?.desk ?? new Desk(canvas, place, look, signal);
  desk.belongTo(model, canvas, place, signal);
}

export default {
  /** @param {{ model: Model, el: HTMLElement }} view */
  render({ model, el }) {
    const end = new AbortController();
    start(model, el, end.signal);
    return () => end.abort();
  },
};
