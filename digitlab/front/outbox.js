// What the pen does, on its way to the kernel: kept until it is answered, sent again if lost.

/** @typedef {import("./geometry.js").Point} Point */
/** @typedef {import("./pen.js").Kind} Kind */
/** @typedef {import("./pen.js").Stroke} Stroke */
/** @typedef {[kind: Kind, x: number, y: number]} Move */
/** @typedef {(first: number, moves: Move[]) => void} Deliver Sends moves, and the first one's number. */

const GLANCE = 60; // milliseconds: bars that move as often move smoothly

// Emits "painted" with a stroke when the kernel has dealt with all of it.
//
// A message costs a kernel some milliseconds, and a pen says more than that. So what comes while a
// message is under way waits for its answer, and then goes as one (Nagle 1984, RFC 896): where a
// whole class draws at once, answers come less often, but none is late. On a long line, messages
// are under way for long though the kernel has little to do: there more may be.
export class Outbox extends EventTarget {
  /** @type {Deliver | null} None while nobody would hear it. */
  #deliver = null;
  /** @type {{ kind: Kind, stroke: Stroke, point: Point }[]} Those that are not answered. */
  #events = [];
  #answered = 0; // how many are, and so the number of the first that is not
  #sent = 0; // how many were, answered or not
  /** @type {{ end: number, start: number }[]} Messages: the number behind their last event, and when. */
  #underWay = [];
  #quickest = 0; // of all answers, in milliseconds: what the line takes, and a kernel with time

  /**
   * Send what has gathered, also what may have been sent in vain: whoever gets it knows by the
   * numbers what is new.
   * @param {Deliver} deliver
   */
  open(deliver) {
    this.#deliver = deliver;
    this.#sent = this.#answered;
    this.#underWay = [];
    this.#dispatch();
  }

  /** Keep everything until it is opened again. */
  close() {
    this.#deliver = null;
  }

  /**
   * @param {Kind} kind
   * @param {Stroke} stroke
   * @param {Point} point
   */
  send(kind, stroke, point) {
    this.#events.push({ kind, stroke, point });
    // The end of a stroke does not wait: what is pressed next must not overtake it.
    const isUrgent = kind === "up" || kind === "cancel";
    if (isUrgent || this.#underWay.length <= this.#quickest / GLANCE) this.#dispatch();
  }

  /**
   * Take an answer: so many events have arrived, counted from the first one ever.
   * @param {number} count
   */
  hear(count) {
    while (this.#underWay.length && this.#underWay[0].end <= count) {
      const took = performance.now() - this.#underWay[0].start;
      this.#quickest = Math.min(took, this.#quickest || took);
      this.#underWay.shift();
    }
    const arrived = this.#events.splice(0, Math.max(0, count - this.#answered));
    this.#answered += arrived.length;
    for (const { kind, stroke } of arrived) {
      if (kind !== "up") continue;
      this.dispatchEvent(new CustomEvent("painted", { detail: stroke }));
    }
    this.#dispatch();
  }

  #dispatch() {
    const fresh = this.#events.slice(this.#sent - this.#answered);
    if (fresh.length === 0 || !this.#deliver) return;
    const first = this.#sent;
    this.#sent += fresh.length;
    this.#underWay.push({ end: this.#sent, start: performance.now() });
    this.#deliver(
      first,
      fresh.map(({ kind, point }) => [kind, point.x, point.y]),
    );
  }
}
