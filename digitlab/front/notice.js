// A sentence across the top of the page, with a button that does something about it.

export class Notice {
  #place;

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
  }

  /**
   * @param {string} text
   * @param {string} label What is on the button.
   * @param {() => void} act What it does.
   */
  show(text, label, act) {
    if (this.#place.textContent === text + label) return; // said already: not again to a screen reader
    const sentence = document.createElement("p");
    sentence.textContent = text;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    this.#place.replaceChildren(sentence, button);
  }

  hide() {
    this.#place.replaceChildren();
  }
}
