// Keys for the pad's buttons, wherever on the page one is, unless one types there.

/** @type {Record<string, string[]>} */
const KEYS = {
  undo: ["Z", "Control+Z"],
  redo: ["Y", "Control+Y", "Control+Shift+Z"],
  clear: ["C", "Delete"],
};

const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

/**
 * Find a button by what it does: what it is called depends on the language.
 * @param {ParentNode} pad
 * @param {string} name
 */
export function buttonOf(pad, name) {
  return /** @type {HTMLButtonElement} */ (pad.querySelector(`button.digitlab-${name}`));
}

/**
 * @param {HTMLElement} pad
 * @param {HTMLInputElement} lettersToo Whether letters work without Control: who speaks to a computer, or
 *   can't hold a hand still, may not want that (WCAG 2.1.4).
 */
export function giveKeys(pad, lettersToo) {
  const tell = () => {
    for (const [name, keys] of Object.entries(KEYS)) {
      const active = keys.filter((key) => key.length > 1 || lettersToo.checked);
      buttonOf(pad, name).setAttribute("aria-keyshortcuts", active.join(" "));
    }
  };
  lettersToo.checked = localStorage.getItem("digitlab-keys") !== "off";
  lettersToo.addEventListener("change", () => {
    localStorage.setItem("digitlab-keys", lettersToo.checked ? "on" : "off");
    tell();
  });
  tell();
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.altKey || target.closest(TYPING)) return;
    if (pad.closest("[inert]")) return; // nobody would hear it
    const pressed = [
      ...(event.ctrlKey || event.metaKey ? ["Control"] : []),
      ...(event.shiftKey ? ["Shift"] : []),
      event.key.length === 1 ? event.key.toUpperCase() : event.key,
    ].join("+");
    const name = Object.keys(KEYS).find((button) => KEYS[button].includes(pressed));
    if (name === undefined || (pressed.length === 1 && !lettersToo.checked)) return;
    event.preventDefault();
    buttonOf(pad, name).click();
  };
  addEventListener("keydown", onKey, true); // ahead of what keeps keys from the canvas
}
