// Keys for the pad's buttons, wherever on the page one is, unless one types there.

/** @type {Record<string, string[]>} */
const KEYS = {
  Undo: ["Z", "Control+Z"],
  Redo: ["Y", "Control+Y", "Control+Shift+Z"],
  Clear: ["C", "Delete"],
};

/**
 * @param {ParentNode} pad
 * @param {string} name
 */
export function buttonOf(pad, name) {
  const buttons = [...pad.querySelectorAll("button")];
  const found = buttons.find((button) => button.textContent?.trim() === name);
  return /** @type {HTMLButtonElement} */ (found);
}

/** @param {HTMLElement} pad */
export function giveKeys(pad) {
  for (const [name, keys] of Object.entries(KEYS)) {
    buttonOf(pad, name).setAttribute("aria-keyshortcuts", keys.join(" "));
  }
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.altKey || target.closest("input, textarea, select, [contenteditable]")) return;
    if (pad.closest("[inert]")) return; // nobody would hear it
    const pressed = [
      ...(event.ctrlKey || event.metaKey ? ["Control"] : []),
      ...(event.shiftKey ? ["Shift"] : []),
      event.key.length === 1 ? event.key.toUpperCase() : event.key,
    ].join("+");
    const name = Object.keys(KEYS).find((button) => KEYS[button].includes(pressed));
    if (name === undefined) return;
    event.preventDefault();
    buttonOf(pad, name).click();
  };
  addEventListener("keydown", onKey, true); // ahead of what keeps keys from the canvas
}

/**
 * Radio buttons of one name are one stop for Tab, at the one that is chosen, and arrows choose
 * another. ipywidgets gives them none, and then WebKit's Tab never gets to the second.
 * @param {HTMLElement} pad
 */
export function nameRadios(pad) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const radios = pad.querySelectorAll("input[type=radio]");
  for (const radio of radios) radio.name = "digitlab-pen";
}
