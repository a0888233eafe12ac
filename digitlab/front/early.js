// The answer before there is a pad: on a slow line, its scripts take long to come.

/** @typedef {import("./desk.js").Desk} Desk */

const PAPER = 1000; // steps across the paper, as the server has them

// Shows what the server reads whenever the pen is lifted, until the pad's own answer comes.
export class EarlyAnswer {
  #desk;
  #place;
  #asked = 0;
  /** @type {{ sentence: string, figures: string } | null} */
  #said = null;

  /**
   * @param {Desk} desk
   * @param {HTMLElement} place What looks like the pad's answer.
   */
  constructor(desk, place) {
    this.#desk = desk;
    this.#place = place;
    desk.pen.addEventListener("lift", () => this.#ask());
  }

  /**
   * Show the same in the pad, which knows no better yet: its own answer overwrites it.
   * @param {HTMLElement} place
   */
  moveTo(place) {
    this.#place = place;
    this.#show();
    place.getBoundingClientRect(); // lays it out, while its bars don't glide yet
  }

  async #ask() {
    const { model, strokes } = this.#desk;
    if (model || !strokes.length) return;
    const number = ++this.#asked;
    const drawn = strokes.map(({ points }) => points.map(({ x, y }) => [PAPER * x, PAPER * y]));
    const { baseUrl } = document.body.dataset;
    const reply = await fetch(`${baseUrl}../upload`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ strokes: drawn, lang: document.documentElement.lang }),
    }).catch(() => null);
    if (!reply?.ok) return;
    const said = await reply.json();
    if (number !== this.#asked || this.#desk.model) return;
    this.#said = said;
    this.#show();
  }

  #show() {
    if (!this.#said) return;
    this.#place.classList.add("digitlab-early"); // whose bars the figures set
    for (const [part, html] of Object.entries({
      ".digitlab-answer": this.#said.sentence,
      ".digitlab-figures": this.#said.figures,
    })) {
      const box = /** @type {HTMLElement} */ (this.#place.querySelector(part));
      (box.querySelector(".widget-html-content") ?? box).innerHTML = html;
    }
  }
}
