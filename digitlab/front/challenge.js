// The challenge: draw one digit so that the network takes it for another. Whether a person is fooled
// too, people must say.

/** @typedef {[wanted: number, target: number]} Pair What to draw, and what it should be taken for. */
/** @typedef {{ digit: number, isSure: boolean, chance: number }} Answer The chance is the target's. */

/** @type {Pair[]} Digits that look alike. */
export const PAIRS = [
  [7, 1],
  [4, 9],
  [3, 8],
  [5, 6],
  [1, 7],
  [9, 4],
  [0, 6],
  [2, 7],
  [6, 0],
  [8, 3],
];
const CLOSE = 0.05; // from this probability on it is worth saying how near one is

/**
 * Let somebody take it up where the pad offers it.
 * @param {HTMLElement} pad
 * @param {AbortSignal} [signal] When to stop.
 */
export function challenge(pad, signal) {
  let pairs = PAIRS;
  const show = () => {
    const place = /** @type {HTMLElement | null} */ (pad.querySelector(".digitlab-challenge"));
    if (!place) return;
    const words = JSON.parse(place.dataset.words ?? "");
    if (!place.children.length) place.append(document.createElement("div"), nextButton(words));
    const { said, outcome } = sentences(pairs[0], answerOf(pad, pairs[0][1]), words);
    const [task, rule, result] = said;
    const html =
      `<p><strong>${task}</strong></p><p>${rule}</p>` +
      `<p class="digitlab-${outcome}" role="status">${result}</p>`;
    if (place.dataset.said !== html) place.children[0].innerHTML = place.dataset.said = html;
  };
  /** @param {Record<string, string>} words */
  const nextButton = (words) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "jupyter-widgets jupyter-button widget-button";
    button.textContent = words.another;
    button.addEventListener("click", () => {
      pairs = next(pairs);
      show();
    });
    return button;
  };
  const observer = new MutationObserver(show);
  observer.observe(pad, { subtree: true, childList: true });
  signal?.addEventListener("abort", () => observer.disconnect());
  show();
}

/**
 * Choose another task, any but the one before.
 * @param {Pair[]} pairs
 * @returns {Pair[]} The first of them is the task.
 */
export function next([first, second, ...rest]) {
  const others = [first, ...rest].map((pair) => ({ pair, key: Math.random() }));
  return [second, ...others.sort((a, b) => a.key - b.key).map(({ pair }) => pair)];
}

/**
 * The task, its rule, and how far the drawing has come.
 * @param {Pair} pair
 * @param {Answer | null} answer None for empty paper.
 * @param {Record<string, string>} words
 */
export function sentences([wanted, target], answer, words) {
  let outcome = "start";
  if (answer) {
    outcome = answer.chance > CLOSE ? "nearly" : "not_yet";
    if (answer.isSure && answer.digit === target) outcome = "won";
  }
  const { chance = 0, digit } = answer ?? {};
  const share = chance > 0.99 ? words.over : `${Math.round(100 * chance)}&nbsp;%`;
  /** @type {Record<string, unknown>} */
  const values = { wanted, target, digit, share };
  const said = ["task", "rule", outcome].map((key) =>
    words[key].replace(/\{(\w+)\}/g, (_, name) => `${values[name]}`),
  );
  return { said, outcome };
}

/**
 * What the network says, as the pad shows it.
 * @param {HTMLElement} pad
 * @param {number} target
 * @returns {Answer | null}
 */
function answerOf(pad, target) {
  const figures = /** @type {HTMLElement | null} */ (pad.querySelector(".digitlab-probabilities"));
  const { digit, sure } = figures?.dataset ?? {};
  if (digit === undefined) return null;
  const level = getComputedStyle(pad.querySelectorAll(".digitlab-bar")[target]);
  const chance = Number(level.getPropertyValue("--level"));
  return { digit: Number(digit), isSure: sure !== undefined, chance };
}
