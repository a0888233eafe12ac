// One pen at a time: from all that mouse, fingers and pens do on the paper, clean strokes.

import { bends, clip, same } from "./geometry.js";

/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {{ points: Point[], width?: number }} Stroke */
/** @typedef {"down" | "move" | "up" | "cancel"} Kind What a pen does: the last takes a stroke back. */

const MAIN_BUTTON = 0;
const PALM = 1000; // milliseconds after a pen was near in which a touch is the hand that holds it
const STRAIGHT = 1 / 720; // of the paper's side: a point may lie so far off a line and not be missed

// Emits "lift" when the pen is lifted.
export class Pen extends EventTarget {
  /** @type {HTMLElement} */
  #canvas;
  /** @type {(kind: Kind, stroke: Stroke, point: Point) => void} */
  #act;
  /** @type {PointerEvent | null} */
  #pointer = null;
  /** @type {Point} Where the pen is, on the paper or beside it. */
  #at = { x: 0, y: 0 };
  /** @type {Stroke | null} None while the pen is beside the paper. */
  #stroke = null;
  #penSeen = -Infinity;

  /**
   * @param {HTMLElement} canvas
   * @param {(kind: Kind, stroke: Stroke, point: Point) => void} act Hears of all that the pen does.
   * @param {AbortSignal} [signal] When to stop.
   */
  constructor(canvas, act, signal) {
    super();
    this.#act = act;
    this.#canvas = canvas;
    this.drawOn(canvas, signal);
  }

  /**
   * @param {HTMLElement} canvas
   * @param {AbortSignal} [signal] When to stop.
   */
  drawOn(canvas, signal) {
    this.#canvas = canvas;
    const mine =
      (/** @type {(event: PointerEvent) => void} */ act) => (/** @type {PointerEvent} */ event) =>
        event.pointerId === this.#pointer?.pointerId && act(event);
    canvas.addEventListener("pointerdown", (event) => this.#down(event), { signal });
    for (const kind of /** @type {const} */ (["pointermove", "pointerup"])) {
      canvas.addEventListener(kind, (event) => this.#near(event), { signal });
    }
    canvas.addEventListener(
      "pointermove",
      mine((event) => this.#move(event)),
      { signal },
    );
    for (const kind of /** @type {const} */ ([
      "pointerup",
      "pointercancel",
      "lostpointercapture",
    ])) {
      canvas.addEventListener(
        kind,
        mine(() => this.lift()),
        { signal },
      );
    }
  }

  lift() {
    this.#pointer = null;
    this.#end();
    this.dispatchEvent(new Event("lift"));
  }

  /** Wait until nobody is drawing. */
  async rest() {
    while (this.#pointer) {
      await new Promise((lifted) => this.addEventListener("lift", lifted, { once: true }));
    }
  }

  /**
   * Where a pointer is; the canvas's frame is no part of the paper.
   * @param {MouseEvent} event
   * @returns {Point}
   */
  #place({ clientX, clientY }) {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    const frame = this.#canvas.clientLeft;
    const side = width - 2 * frame;
    return { x: (clientX - left - frame) / side, y: (clientY - top - frame) / side };
  }

  /** @param {PointerEvent} event */
  #near({ pointerType, timeStamp }) {
    if (pointerType === "pen") this.#penSeen = timeStamp;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    this.#near(event);
    if (event.button !== MAIN_BUTTON || !this.#mayDraw(event)) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event;
    this.#at = this.#place(event);
    this.#to(this.#at); // a dot, for now
  }

  /**
   * The first finger draws and a second changes nothing; but a pen goes before the palm beside it.
   * @param {PointerEvent} event
   */
  #mayDraw({ pointerType, timeStamp }) {
    if (pointerType === "touch" && timeStamp - this.#penSeen < PALM) return false;
    if (this.#pointer === null) return true;
    if (pointerType !== "pen" || this.#pointer.pointerType !== "touch") return false;
    const palm = this.#stroke;
    this.lift();
    if (palm) this.#act("cancel", palm, this.#at);
    return true;
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!(event.buttons & 1)) return this.lift(); // it was lifted where nobody saw it
    const events = event.getCoalescedEvents?.() ?? []; // browsers keep them from plain HTTP
    const points = (events.length ? events : [event]).map((moved) => this.#place(moved));
    for (const point of bends([this.#at, ...points], STRAIGHT)) this.#to(point);
  }

  /**
   * What leaves the paper ends at its edge, and begins there again where it comes back.
   * @param {Point} point
   */
  #to(point) {
    const part = clip(this.#at, point);
    this.#at = point;
    if (part === null) return this.#end();
    if (this.#stroke === null) {
      this.#stroke = { points: [] };
      this.#add("down", this.#stroke, part.from);
    }
    if (!same(part.from, part.to)) this.#add("move", this.#stroke, part.to);
    if (!same(part.to, point)) this.#end();
  }

  /**
   * @param {Kind} kind
   * @param {Stroke} stroke
   * @param {Point} point
   */
  #add(kind, stroke, point) {
    stroke.points.push(point);
    this.#act(kind, stroke, point);
  }

  #end() {
    if (this.#stroke === null) return;
    this.#act("up", this.#stroke, this.#at);
    this.#stroke = null;
  }
}
