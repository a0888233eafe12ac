// Voilà calls these two while it works through the notebook.
window.voila_heartbeat = () => {};
window.voila_finish = () => {};

// The outline makes room for the pad in the moment the pad is there.
const cells = document.getElementById("cells");
new MutationObserver((_, observer) => {
  const answer = cells.querySelector(".digitlab-answer .widget-html-content");
  if (!answer && !cells.querySelector(".failure")) return;
  observer.disconnect();
  document.getElementById("waiting").remove();
  answer?.setAttribute("aria-live", "polite");
}).observe(cells, { childList: true, subtree: true });

// ipycanvas swallows every key and every turn of the wheel over its canvas: a visitor could
// neither leave it by keyboard nor scroll the page. And it takes any mouse button for the pen.
const onCanvas = (event) => event.target.matches?.(".digitlab-canvas");
for (const kind of ["keydown", "wheel", "mousedown"]) {
  window.addEventListener(
    kind,
    (event) => {
      if (onCanvas(event) && !(kind === "mousedown" && event.button === 0)) event.stopPropagation();
    },
    { capture: true, passive: true },
  );
}
