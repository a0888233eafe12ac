// Tells the server at once that this page runs scripts, and from time to time that it is still
// loading: it keeps no kernel for those that don't, and waits for those that do.
{
  const { baseUrl, kernelId } = JSON.parse(
    document.getElementById("jupyter-config-data").textContent,
  );
  const call = () =>
    fetch(`${baseUrl}api/kernels/${kernelId}`, { cache: "no-store" }).catch(() => {});
  const calling = setInterval(() => {
    if (document.getElementById("waiting") && performance.now() < 900_000) call();
    else clearInterval(calling);
  }, 20_000);
  call();
}
