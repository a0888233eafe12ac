// The answer before there is a pad: on a slow line, it takes half a minute to load.

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {{ sentence: string, figures: string }} Said As HTML: what is read, and the bars. */

const BUTTONLESS = 2000; // milliseconds after the first stroke until there is a button

// Shows what the server reads whenever the pen is lifted, until the pad's own answer comes.
export class EarlyAnswer {
  #desk;
  #side;
  /** @type {Element} */
  #place;
  /** @type {Said} */
  #nothing;
  /** @type {Said} */
  #said;
  #asked = 0;

  /**
   * @param {Desk} desk
   * @param {HTMLElement} outline What looks like a pad without buttons.
   * @param {number} side Of the paper, in the unit that the server reads.
   * @param {string} again What a button says that takes all back.
   */
  constructor(desk, outline, side, again) {
    this.#desk = desk;
    this.#side = side;
    this.#place = /** @type {Element} */ (outline.querySelector(".bars"));
    this.#said = this.#nothing = { sentence: this.#part("answer").innerHTML, figures: "" };
    desk.pen.addEventListener("lift", () => this.#ask());
    const offer = () => setTimeout(() => this.#offer(outline, again), BUTTONLESS);
    desk.addEventListener("begin", offer, { once: true });
  }

  /**
   * Show the same in the pad, which knows no better yet: its own answer overwrites it.
   * @param {HTMLElement} place
   */
  moveTo(place) {
    this.#place = place;
    if (this.#said === this.#nothing) return;
    this.#show(this.#said);
    place.getBoundingClientRect(); // lays it out, while its bars don't glide yet
  }

  async #ask() {
    const { model, strokes } = this.#desk;
    if (model || !strokes.length) return;
    const number = ++this.#asked;
    const side = this.#side;
    const drawn = strokes.map(({ points }) => points.map(({ x, y }) => [side * x, side * y]));
    const { baseUrl } = document.body.dataset;
    const reply = await fetch(`${baseUrl}../upload`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ strokes: drawn, lang: document.documentElement.lang }),
    }).catch(() => null);
    if (!reply?.ok) return;
    const said = await reply.json();
    if (number === this.#asked && !this.#desk.model) this.#show(said);
  }

  /** @param {Said} said */
  #show(said) {
    this.#said = said;
    this.#place.classList.add("digitlab-early"); // whose bars the figures set
    this.#part("answer").innerHTML = said.sentence;
    this.#part("figures").innerHTML = said.figures;
  }

  /** @param {string} name */
  #part(name) {
    const box = /** @type {Element} */ (this.#place.querySelector(`.digitlab-${name}`));
    return box.querySelector(".widget-html-content") ?? box; // in a widget, it is further in
  }

  /**
   * @param {HTMLElement} outline
   * @param {string} again
   */
  #offer(outline, again) {
    const button = document.createElement("button");
    button.textContent = again;
    button.addEventListener("click", () => {
      this.#desk.startAgain();
      this.#asked++; // what is being read is gone
      this.#show(this.#nothing);
    });
    outline.querySelector(".paper > i:last-child")?.replaceWith(button);
  }
}
