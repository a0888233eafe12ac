// What the pen does, on its way to the kernel: kept until it is answered, sent again if lost.

const GLANCE = 60; // milliseconds: bars that move as often move smoothly

// Emits "painted" with a stroke when the kernel has painted all of it.
//
// A message costs a kernel some milliseconds, and a pen says more than that. So what comes while a
// message is under way waits for its answer, and then goes as one (Nagle 1984, RFC 896): where a
// whole class draws at once, answers come less often, but none is late. On a long line, messages
// are under way for long though the kernel has little to do: there more may be.
class Outbox extends EventTarget {
  #model; // none before the kernel is there
  #connection;
  #events = []; // those that are not answered
  #underWay = new Set(); // messages, each a list of events
  #quickest = 0; // of all answers, in milliseconds: what the line takes, and a kernel with time

  // The model is ipycanvas's own: the pad listens to what its canvas is sent (digitlab/pad/paper.py).
  open(model, connection) {
    this.#model = model;
    this.#connection = connection;
    connection.addEventListener("back", () => this.#sendAgain());
    this.#dispatch();
  }

  send(kind, stroke, point) {
    this.#events.push({ kind, stroke, point });
    // The end of a stroke does not wait: what is pressed next must not overtake it.
    if (kind === "mouse_up" || this.#underWay.size <= this.#quickest / GLANCE) this.#dispatch();
  }

  // Forget a stroke, as long as nothing is sent.
  forget(stroke) {
    this.#events = this.#events.filter((event) => event.stroke !== stroke);
  }

  #dispatch() {
    const sent = new Set([...this.#underWay].flat());
    const message = this.#events.filter((event) => !sent.has(event));
    if (message.length === 0 || !this.#connection?.isOpen) return;
    this.#underWay.add(message);
    const start = performance.now();
    const answered = ({ content }) => {
      if (content.execution_state !== "idle" || !this.#underWay.delete(message)) return;
      const took = performance.now() - start;
      this.#quickest = Math.min(took, this.#quickest || took);
      for (const event of message) this.#answered(event);
      this.#dispatch();
    };
    const moves = message.map(({ kind, point }) => [kind, point.x, point.y]);
    this.#model.send({ event: "pen", moves }, { iopub: { status: answered } });
  }

  #answered(event) {
    const { stroke, point } = event;
    this.#events.splice(this.#events.indexOf(event), 1);
    stroke.arrived = point;
    if (event.kind !== "mouse_up" || this.#events.some((other) => other.stroke === stroke)) return;
    // The answer comes behind the paint; ipycanvas has it on its canvas a few promises later.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        this.dispatchEvent(new CustomEvent("painted", { detail: stroke }));
      }),
    );
  }

  // The rest of a stroke begins anew where the last point that arrived was. Paint may have been lost
  // as well: what ipycanvas says of a page that has just come has the kernel paint everything.
  #sendAgain() {
    this.#model.send({ event: "client_ready" });
    this.#underWay.clear();
    const lost = this.#events.splice(0);
    for (const [i, { kind, stroke, point }] of lost.entries()) {
      if (kind !== "mouse_down" && lost[i - 1]?.stroke !== stroke) {
        this.send("mouse_down", stroke, stroke.arrived);
      }
      this.send(kind, stroke, point);
    }
  }
}
