// What digitlab/look.py says: the page and the pad in the kernel must agree on it.

const { INK, PENS_ACROSS, MAX_BYTES } = JSON.parse(document.getElementById("constants").textContent);
