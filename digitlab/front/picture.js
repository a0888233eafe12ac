// The drawing as a picture to keep: with the answer and the bars, on white, whatever the page's colours.

const PAPER_SIDE = 720; // of the paper
const [TEXT, QUIET, TRACK, ACCENT] = ["#1d2733", "#586471", "#e3e7e9", "#1769c4"];
const FONT = "system-ui, sans-serif";

/**
 * Let the pad's button save it.
 * @param {HTMLElement} pad
 * @param {AbortSignal} [signal] When to stop.
 */
export function offerPicture(pad, signal) {
  pad.addEventListener(
    "click",
    (event) => {
      const pressed = /** @type {Element} */ (event.target).closest(".digitlab-save");
      if (!pressed) return;
      const picture = compose(pad);
      picture.toBlob((blob) => {
        if (!blob) return;
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        const digit = pad.querySelector(".digitlab-result strong")?.textContent;
        link.download = digit ? `digitlab-${digit}.png` : "digitlab.png";
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      });
    },
    { signal },
  );
}

/** @param {HTMLElement} pad */
function compose(pad) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [2 * PAPER_SIDE, PAPER_SIDE + 80];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = "#c3ccd4";
  context.strokeRect(40, 40, PAPER_SIDE, PAPER_SIDE);
  for (const ink of pad.querySelectorAll("canvas.digitlab-canvas, .local-ink")) {
    context.drawImage(/** @type {HTMLCanvasElement} */ (ink), 40, 40, PAPER_SIDE, PAPER_SIDE);
  }
  const write = (
    /** @type {string} */ text,
    /** @type {number} */ x,
    /** @type {number} */ y,
    style = TEXT,
  ) => {
    context.fillStyle = style;
    context.fillText(text, x, y, canvas.width - x - 40);
  };
  const said = [...pad.querySelectorAll(".digitlab-answer p:not(:has(p))")];
  const [left, width] = [PAPER_SIDE + 100, PAPER_SIDE - 260];
  said.slice(0, 2).forEach(({ textContent }, line) => {
    context.font = line ? `26px ${FONT}` : `600 44px ${FONT}`;
    write(textContent ?? "", left, 90 + 48 * line, line ? QUIET : TEXT);
  });
  const text = pad.querySelector(".digitlab-probabilities")?.textContent ?? "";
  const percents = [...text.matchAll(/: (\d+) %/g)].map(([, percent]) => Number(percent));
  const best = percents.indexOf(Math.max(...percents));
  context.font = `28px ${FONT}`;
  percents.forEach((percent, digit) => {
    const y = 200 + 58 * digit;
    write(`${digit}`, left, y + 24);
    context.fillStyle = TRACK;
    context.fillRect(left + 40, y, width, 28);
    context.fillStyle = digit === best ? ACCENT : QUIET;
    context.fillRect(left + 40, y, (width * percent) / 100, 28);
    write(`${percent} %`, left + width + 60, y + 24, QUIET);
  });
  return canvas;
}
