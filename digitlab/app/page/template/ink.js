// The ink that the kernel has not painted yet, on a transparent sheet over its canvas.
//
// ipycanvas paints by way of the kernel, so over a network its line would lag behind the pen. The
// sheet has the canvas's own pixels and is drawn on as the kernel draws: what is taken over later
// looks the same to the pixel.

class Ink {
  #canvas;
  #sheet = document.createElement("canvas");
  #strokes = [];

  constructor() {
    this.#sheet.className = "local-ink";
  }

  lieOn(canvas) {
    this.#canvas = canvas;
    canvas.after(this.#sheet);
    new ResizeObserver(() => this.#lay()).observe(canvas);
    this.#lay();
  }

  // Where a pointer is, in the canvas's own pixels.
  place({ clientX, clientY }) {
    const { left, top, scale } = this.#paper();
    return { x: (clientX - left) / scale, y: (clientY - top) / scale };
  }

  begin(stroke) {
    if (this.#strokes.length === 0) this.#lay(); // whatever moved it meanwhile
    stroke.width = this.#pen;
    this.#strokes.push(stroke);
  }

  // Draw from the last point but one to the last.
  extend(stroke) {
    const [to, from = to] = stroke.points.slice(-2).reverse();
    this.#line(stroke, from, to);
  }

  remove(stroke) {
    this.#strokes = this.#strokes.filter((other) => other !== stroke);
    this.#redraw();
  }

  // The pen's width, as the kernel has it.
  get #pen() {
    const painted = document.querySelector(".digitlab-painted i");
    return painted ? painted.dataset.pen : this.#canvas.width / PENS_ACROSS; // until it has painted
  }

  // The canvas without its frame.
  #paper() {
    const { left, top, width } = this.#canvas.getBoundingClientRect();
    const frame = this.#canvas.clientLeft;
    return {
      left: left + frame,
      top: top + frame,
      scale: (width - 2 * frame) / this.#canvas.width,
    };
  }

  #lay() {
    const { left, top, scale } = this.#paper();
    const { width, height, offsetParent } = this.#canvas;
    const origin = offsetParent.getBoundingClientRect();
    Object.assign(this.#sheet.style, {
      left: `${left - origin.left - offsetParent.clientLeft}px`,
      top: `${top - origin.top - offsetParent.clientTop}px`,
      width: `${scale * width}px`,
      height: `${scale * height}px`,
    });
    if (this.#sheet.width !== width) Object.assign(this.#sheet, { width, height });
  }

  #redraw() {
    this.#sheet.getContext("2d").clearRect(0, 0, this.#sheet.width, this.#sheet.height);
    for (const stroke of this.#strokes) {
      stroke.points.forEach((to, i) => this.#line(stroke, stroke.points[i - 1] ?? to, to));
    }
  }

  #line({ width }, from, to) {
    const context = this.#sheet.getContext("2d");
    context.strokeStyle = INK;
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y); // from a point to itself: a dot
    context.stroke();
  }
}
