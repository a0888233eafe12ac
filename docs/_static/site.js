// The theme's two side columns get names, so that a screen reader can tell them apart.
for (const [column, name] of [
  [".sidebar-drawer", "The site"],
  [".toc-drawer", "This page"],
]) {
  document.querySelector(column)?.setAttribute("aria-label", name);
}
