// What the pen does, on its way to the kernel: kept until it is answered, sent again if lost.

// Emits "painted" with a stroke when the kernel has painted all of it.
class Outbox extends EventTarget {
  #model;
  #connection;
  #events = [];

  // The model is ipycanvas's own: it gets the messages that its view would have sent.
  constructor(model, connection) {
    super();
    this.#model = model;
    this.#connection = connection;
    connection.addEventListener("back", () => this.#sendAgain());
  }

  send(kind, stroke, point) {
    const event = { kind, stroke, point };
    this.#events.push(event);
    if (this.#connection.isOpen) this.#dispatch(event);
  }

  #dispatch(event) {
    const answered = ({ content }) => content.execution_state === "idle" && this.#answered(event);
    const { x, y } = event.point;
    this.#model.send({ event: event.kind, x, y }, { iopub: { status: answered } });
  }

  #answered(event) {
    const { stroke, point } = event;
    this.#events = this.#events.filter((other) => other !== event);
    stroke.arrived = point;
    if (event.kind !== "mouse_up" || this.#events.some((other) => other.stroke === stroke)) return;
    // The answer comes behind the paint; ipycanvas has it on its canvas a few promises later.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.dispatchEvent(new CustomEvent("painted", { detail: stroke }));
      }),
    );
  }

  // The rest of a stroke begins anew where the last point that arrived was.
  #sendAgain() {
    const lost = this.#events.splice(0);
    for (const [i, { kind, stroke, point }] of lost.entries()) {
      if (kind !== "mouse_down" && lost[i - 1]?.stroke !== stroke) {
        this.send("mouse_down", stroke, stroke.arrived);
      }
      this.send(kind, stroke, point);
    }
  }
}
