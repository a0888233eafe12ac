// In the JavaScript of long ago, for browsers that know no other: without the page's own module,
// nobody can draw.
window.addEventListener("load", function () {
  var hint = document.getElementById("hint");
  if (hint && !window.digitlab) hint.textContent = document.getElementById("old").getAttribute("data-said");
});
