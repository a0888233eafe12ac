// Where one draws: paper, a pen, the ink that is not painted yet, and the way to the kernel.

import { challenge } from "./challenge.js";
import { Ink } from "./ink.js";
import { mind } from "./manners.js";
import { makeMapsTouchable } from "./maps.js";
import { Outbox } from "./outbox.js";
import { Pen } from "./pen.js";
import { offerPicture } from "./picture.js";
import { chooseFiles } from "./upload.js";

/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {import("./pen.js").Kind} Kind */
/** @typedef {import("./pen.js").Stroke} Stroke */
/** @typedef {{ colour: string, width: number }} Look The ink's colour, and the pen's width as a share. */

/**
 * What anywidget hands over: the widget's state, and the way to its other half in Python.
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(name: string, act: (...message: any[]) => void) => void} on
 * @property {(content: object, callbacks?: object, buffers?: ArrayBuffer[]) => void} send
 * @property {any} widget_manager
 */

// ipycanvas takes every key, every turn of the wheel and every button for itself, and it does not
// know of pens and palms: its canvas gets none of them.
const NOT_FOR_IPYCANVAS = [
  ...["keydown", "wheel", "mousedown", "mousemove", "mouseup", "mouseout"],
  ...["touchstart", "touchmove", "touchend", "touchcancel"],
];

// Emits "begin" with each stroke, and "arrived" when it belongs to a widget.
export class Desk extends EventTarget {
  /** @type {Model | null} */
  model = null;
  outbox = new Outbox();
  pen;
  /** @type {(files: File[]) => Promise<void>} What becomes of files that somebody chooses. */
  take = async ([file]) => {
    if (file) this.give(await file.arrayBuffer());
  };
  #ink = new Ink();
  #canvas;
  #who = Math.random().toString(36).slice(2); // another view of the pad has another outbox

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} place What the ink is put into, over the canvas.
   * @param {Look} look
   * @param {AbortSignal} [signal] When to stop.
   */
  constructor(canvas, place, look, signal) {
    super();
    this.#canvas = canvas;
    this.#look(look);
    this.pen = new Pen(canvas, (...what) => this.#act(...what), signal);
    this.#lie(canvas, place, signal);
    this.outbox.addEventListener("painted", (event) => {
      const stroke = /** @type {CustomEvent<Stroke>} */ (event).detail;
      // The answer comes behind the paint; ipycanvas has it on its canvas a few promises later.
      requestAnimationFrame(() => requestAnimationFrame(() => this.#ink.remove(stroke)));
    });
  }

  /**
   * Go on as the front end of a widget; what was drawn before goes with it.
   * @param {Model} model
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} place
   * @param {AbortSignal} signal
   */
  belongTo(model, canvas, place, signal) {
    this.model = model;
    const look = () => this.#look({ colour: model.get("colour"), width: model.get("width") });
    look();
    model.on("change:width", look);
    model.on("msg:custom", ({ who, heard }) => who === this.#who && this.outbox.hear(heard));
    if (canvas !== this.#canvas) {
      this.#canvas = canvas;
      this.pen.drawOn(canvas, signal);
      this.#lie(canvas, place, signal);
    }
    // A button changes what is drawn: the stroke ends before it.
    const pad = /** @type {HTMLElement | null} */ (canvas.closest(".digitlab-pad"));
    pad?.addEventListener("click", () => this.pen.lift(), { capture: true, signal });
    canvas.setAttribute("aria-label", model.get("label"));
    if (pad) {
      for (const equip of [mind, makeMapsTouchable, offerPicture, challenge]) equip(pad, signal);
      chooseFiles(pad, (files) => this.take(files), signal);
    }
    this.open();
    this.dispatchEvent(new Event("arrived"));
  }

  /** Tell the kernel that somebody is here, to whom everything is to be painted, and what they drew. */
  open() {
    this.model?.send({ event: "ready" });
    this.outbox.open((first, moves) => {
      this.model?.send({ event: "moves", who: this.#who, first, moves });
    });
  }

  /**
   * Hand an image file's content to the pad.
   * @param {ArrayBuffer} content
   */
  give(content) {
    this.model?.send({ event: "image" }, undefined, [content]);
  }

  /** What is drawn and not painted. */
  get strokes() {
    return this.#ink.strokes;
  }

  /** Take all of it back. */
  startAgain() {
    this.pen.lift();
    for (const stroke of [...this.strokes].reverse()) this.#act("cancel", stroke, stroke.points[0]);
  }

  /**
   * @param {Kind} kind
   * @param {Stroke} stroke
   * @param {Point} point
   */
  #act(kind, stroke, point) {
    if (kind === "down") {
      this.#fit();
      this.dispatchEvent(new Event("begin"));
    }
    if (kind === "down" || kind === "move") this.#ink.show(stroke);
    if (kind === "cancel") this.#ink.remove(stroke);
    this.outbox.send(kind, stroke, point);
  }

  /** @param {Look} look */
  #look({ colour, width }) {
    Object.assign(this.#ink, { colour, width });
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLElement} place
   * @param {AbortSignal} [signal]
   */
  #lie(canvas, place, signal) {
    canvas.setAttribute("role", "img");
    this.#ink.sheet.setAttribute("aria-hidden", "true"); // the canvas below it has the name
    canvas.tabIndex = -1; // no stop for Tab, as no key draws there; the mouse may give it the focus
    place.append(this.#ink.sheet);
    const keep = (/** @type {Event} */ event) => event.target === canvas && event.stopPropagation();
    for (const kind of NOT_FOR_IPYCANVAS) {
      const options = { capture: true, passive: true, signal };
      canvas.parentElement?.addEventListener(kind, keep, options);
    }
    const observer = new ResizeObserver(() => this.#fit());
    observer.observe(canvas);
    signal?.addEventListener("abort", () => observer.disconnect());
  }

  /** See to it that canvas and sheet have a pixel for each of the screen, at the least. */
  #fit() {
    const width = this.#canvas.getBoundingClientRect().width - 2 * this.#canvas.clientLeft;
    const side = Math.max(this.#canvas.width, Math.ceil(width * devicePixelRatio));
    this.#ink.side = side;
    if (!this.model || this.model.get("resolution") >= side) return;
    this.model.set("resolution", side);
    this.model.save_changes();
  }
}
