// If you change networks while the page loads, one of its scripts may be lost, and then the pad
// would never come. So the page loads again by itself, but only once: if a script can't be had at
// all, it would go on for ever.
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
