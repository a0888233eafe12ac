// If you change networks while the page loads, one of its scripts may be lost, and then the pad
// would never come. So the page loads again by itself, but only once: if a script can't be had at
// all, it would go on for ever. Then `front/page.js` says so, which may come later than this.
{
  const [{ type }] = performance.getEntriesByType("navigation");
  let mayReload = type !== "reload";
  const look = ({ target }) => {
    if (!(target instanceof HTMLScriptElement)) return;
    window.lacksScript = true;
    if (mayReload) location.reload();
    mayReload = false;
  };
  addEventListener("error", look, true);
}
