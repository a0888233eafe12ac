// Keys for the pad's buttons, wherever on the page one is, unless one types there.

const KEYS = {
  Undo: ["Z", "Control+Z"],
  Redo: ["Y", "Control+Y", "Control+Shift+Z"],
  Clear: ["C", "Delete"],
};

function buttonOf(pad, name) {
  return [...pad.querySelectorAll("button")].find((button) => button.textContent.trim() === name);
}

function giveKeys(pad) {
  for (const [name, keys] of Object.entries(KEYS)) {
    buttonOf(pad, name).setAttribute("aria-keyshortcuts", keys.join(" "));
  }
  const onKey = (event) => {
    if (event.altKey || event.target.closest("input, textarea, select, [contenteditable]")) return;
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
