// Whoever changes networks while the page loads, or loses the line for a moment, loses a script,
// and the pad would never come. So the page loads anew, by itself, but only once: where a script
// can't be had at all, it would do so for ever.
{
  const [{ type }] = performance.getEntriesByType("navigation");
  let mayReload = type !== "reload";
  const look = ({ target }) => {
    if (!mayReload || !(target instanceof HTMLScriptElement)) return;
    mayReload = false;
    location.reload();
  };
  addEventListener("error", look, true);
}
