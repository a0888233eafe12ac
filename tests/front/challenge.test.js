import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { next, PAIRS, sentences } from "../../digitlab/front/challenge.js";

/** @typedef {import("../../digitlab/front/challenge.js").Answer} Answer */

const table = new URL("../../digitlab/front/words/en.json", import.meta.url);
const { challenge, pad } = JSON.parse(readFileSync(table, "utf8"));
const WORDS = { ...challenge, over: pad.over };

/** @type {[Answer | null, string, string][]} */
const CASES = [
  [null, "start", "Go ahead and draw."],
  [{ digit: 7, isSure: true, chance: 0.001 }, "not_yet", "It says 7. Not fooled yet!"],
  [{ digit: 7, isSure: true, chance: 0.05 }, "not_yet", "It says 7. Not fooled yet!"],
  [{ digit: 7, isSure: true, chance: 0.2 }, "nearly", "It says 7, but 1 is already at 20&nbsp;%."],
  [
    { digit: 1, isSure: true, chance: 0.9 },
    "won",
    "It says 1! If a friend still sees a 7, you have fooled it.",
  ],
  // It would say "Not a digit?".
  [{ digit: 1, isSure: false, chance: 0.4 }, "nearly", "It says 1, but 1 is already at 40&nbsp;%."],
  [
    { digit: 1, isSure: false, chance: 0.999 },
    "nearly",
    "It says 1, but 1 is already at over 99&nbsp;%.",
  ],
];

for (const [answer, outcome, sentence] of CASES) {
  test(`it says how far the drawing has come: ${sentence}`, () => {
    const task = "Draw a 7 that the network takes for a 1.";
    const said = [task, "A friend should still see a 7.", sentence];
    assert.deepEqual(sentences([7, 1], answer, WORDS), { said, outcome });
  });
}

test("another task differs from the one before, and all come", () => {
  let pairs = PAIRS;
  const seen = new Set([pairs[0]]);
  for (let click = 0; click < 200; click++) {
    const [before] = pairs;
    pairs = next(pairs);
    assert.notEqual(pairs[0], before);
    assert.deepEqual(new Set(pairs), new Set(PAIRS));
    seen.add(pairs[0]);
  }
  assert.equal(seen.size, PAIRS.length);
});
