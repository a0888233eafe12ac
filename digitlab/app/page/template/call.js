// Tells the server at once that this page runs scripts: it keeps no kernel for those that don't.
{
  const { baseUrl, kernelId } = JSON.parse(
    document.getElementById("jupyter-config-data").textContent,
  );
  fetch(`${baseUrl}api/kernels/${kernelId}`, { cache: "no-store" }).catch(() => {});
}
