// The ink that the kernel has not painted yet, on a transparent sheet over its canvas.
//
// ipycanvas paints by way of the kernel, so its line would lag behind the pen. The sheet has as
// many pixels as the canvas, and the same curves: what is taken over later looks the same.

import { curve } from "./geometry.js";

/** @typedef {import("./pen.js").Stroke} Stroke */

export class Ink {
  /** Its colour, as CSS has it. */
  colour = "";
  /** How wide the pen is, as a share of the paper's side. */
  width = 0;
  sheet = document.createElement("canvas");
  /** @type {Stroke[]} */
  #strokes = [];

  /** What is drawn and not painted. */
  get strokes() {
    return this.#strokes;
  }

  constructor() {
    this.sheet.className = "local-ink";
  }

  /**
   * Set how many pixels the paper's side has.
   * @param {number} pixels
   */
  set side(pixels) {
    if (this.sheet.width === pixels) return;
    this.sheet.width = this.sheet.height = pixels;
    this.#draw();
  }

  /**
   * Show a stroke, as far as it has come.
   * @param {Stroke} stroke
   */
  show(stroke) {
    if (!this.#strokes.includes(stroke)) {
      stroke.width = this.width;
      this.#strokes.push(stroke);
    }
    this.#draw();
  }

  /** @param {Stroke} stroke */
  remove(stroke) {
    this.#strokes = this.#strokes.filter((other) => other !== stroke);
    this.#draw();
  }

  #draw() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.sheet.getContext("2d"));
    const side = this.sheet.width;
    context.setTransform(side, 0, 0, side, 0, 0);
    context.clearRect(0, 0, 1, 1);
    context.strokeStyle = this.colour;
    context.lineCap = context.lineJoin = "round";
    for (const { points, width } of this.#strokes) {
      context.lineWidth = width ?? this.width;
      context.beginPath();
      context.moveTo(points[0].x, points[0].y);
      context.lineTo(points[0].x, points[0].y); // from a point to itself: a dot
      for (const { x, y } of curve(points).slice(1)) context.lineTo(x, y);
      context.stroke();
    }
  }
}
