// One pen at a time: from all that mouse, fingers and pens do on the canvas, clean strokes.

const MAIN_BUTTON = 0;
const PALM = 1000; // milliseconds after a pen was near in which a touch is the hand that holds it
const ONCE = { once: true };
const STRAIGHT = 1; // canvas pixels that a point may lie off a line and not be missed

// Emits "begin" with each stroke, "lift" when it is over, and "palm" with one that was none.
class Pen extends EventTarget {
  #canvas;
  #ink;
  #outbox;
  #pointer = null;
  #at = null; // where the pen is, on the canvas or beside it
  #stroke = null; // none while the pen is beside the canvas
  #penSeen = -Infinity;

  constructor(ink, outbox) {
    super();
    this.#ink = ink;
    this.#outbox = outbox;
  }

  drawOn(canvas) {
    this.#canvas = canvas;
    const mine = (act) => (event) => event.pointerId === this.#pointer?.pointerId && act(event);
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#near(event));
    canvas.addEventListener("pointermove", mine((event) => this.#move(event)));
    for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
      canvas.addEventListener(kind, mine(() => this.lift()));
    }
  }

  lift() {
    this.#pointer = null;
    this.#end();
    this.dispatchEvent(new Event("lift"));
  }

  // Wait until nobody is drawing.
  async rest() {
    while (this.#pointer) await new Promise((lifted) => this.addEventListener("lift", lifted, ONCE));
  }

  #near({ pointerType, timeStamp }) {
    if (pointerType === "pen") this.#penSeen = timeStamp;
  }

  #down(event) {
    this.#near(event);
    if (event.button !== MAIN_BUTTON || !this.#mayDraw(event)) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event;
    this.#at = this.#ink.place(event);
    this.#to(this.#at); // a dot, for now
  }

  // The first finger draws and a second changes nothing; but a pen goes before the palm beside it.
  #mayDraw({ pointerType, timeStamp }) {
    if (pointerType === "touch" && timeStamp - this.#penSeen < PALM) return false;
    if (this.#pointer === null) return true;
    if (pointerType !== "pen" || this.#pointer.pointerType !== "touch") return false;
    const palm = this.#stroke;
    this.lift();
    this.dispatchEvent(new CustomEvent("palm", { detail: palm }));
    return true;
  }

  #move(event) {
    if (!(event.buttons & 1)) return this.lift(); // it was lifted where nobody saw it
    const events = event.getCoalescedEvents?.() ?? []; // browsers keep them from plain HTTP
    const points = (events.length ? events : [event]).map((moved) => this.#ink.place(moved));
    for (const point of bends([this.#at, ...points], STRAIGHT)) this.#to(point);
  }

  // What leaves the canvas ends at its edge, and begins there again where it comes back.
  #to(point) {
    const part = clip(this.#at, point, this.#canvas);
    this.#at = point;
    if (part === null) return this.#end();
    if (this.#stroke === null) this.#begin(part.from);
    if (!same(part.from, part.to)) this.#add("mouse_move", part.to);
    if (!same(part.to, point)) this.#end();
  }

  #begin(point) {
    this.#stroke = { points: [] };
    this.#ink.begin(this.#stroke);
    this.#add("mouse_down", point);
    this.dispatchEvent(new Event("begin"));
  }

  #add(kind, point) {
    this.#stroke.points.push(point);
    this.#ink.extend(this.#stroke);
    this.#outbox.send(kind, this.#stroke, point);
  }

  #end() {
    if (this.#stroke === null) return;
    this.#outbox.send("mouse_up", this.#stroke, this.#stroke.points.at(-1));
    this.#stroke = null;
  }
}

const same = (one, other) => one.x === other.x && one.y === other.y;

// The part of a line that lies on the canvas, or null (Liang and Barsky 1984).
function clip(from, to, { width, height }) {
  let [enter, leave] = [0, 1];
  for (const [start, way, end] of [
    [from.x, to.x - from.x, width],
    [from.y, to.y - from.y, height],
  ]) {
    if (way === 0 && (start < 0 || start > end)) return null;
    if (way === 0) continue;
    const [near, far] = [-start / way, (end - start) / way].sort((a, b) => a - b);
    [enter, leave] = [Math.max(enter, near), Math.min(leave, far)];
  }
  if (enter > leave) return null;
  const at = (share) => ({ x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) });
  return { from: enter === 0 ? from : at(enter), to: leave === 1 ? to : at(leave) };
}

// A path's points behind the first, without those that a straight line passes by: a mouse reports
// a thousand points a second, and each costs a message (Ramer 1972, Douglas and Peucker 1973).
function bends(points, tolerance) {
  const [first, last] = [points[0], points.at(-1)];
  const [x, y] = [last.x - first.x, last.y - first.y];
  const off = points.map((point) => {
    const along = ((point.x - first.x) * x + (point.y - first.y) * y) / (x * x + y * y || 1);
    const nearest = Math.min(Math.max(along, 0), 1);
    return Math.hypot(point.x - first.x - nearest * x, point.y - first.y - nearest * y);
  });
  const farthest = off.indexOf(Math.max(...off));
  if (off[farthest] <= tolerance) return [last];
  return [
    ...bends(points.slice(0, farthest + 1), tolerance),
    ...bends(points.slice(farthest), tolerance),
  ];
}
