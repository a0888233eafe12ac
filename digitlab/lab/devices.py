"""Devices: where to compute, and what is quick there."""

import torch

__all__ = ["has_fast_bfloat16", "pick_device"]


def pick_device(device: str = "auto") -> str:
    """Return the name of the device to train on.

    Parameters
    ----------
    device : str
        ``"auto"``, or a name that PyTorch knows.

    Returns
    -------
    str
        ``"cuda"``, ``"mps"``, ``"cpu"`` or what was asked for.

    Raises
    ------
    ValueError
        If this machine has no such device.

    Examples
    --------
    >>> pick_device("cpu")
    'cpu'
    """
    if device == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"This machine cannot compute on {device!r}: {reason}") from error
    return device


def has_fast_bfloat16(device: str) -> bool:
    """Say whether a device computes in bfloat16, rather than imitating it slowly.

    Parameters
    ----------
    device : str
        As from `pick_device`.

    Returns
    -------
    bool
        Whether bfloat16 is faster than float32 there.

    Examples
    --------
    >>> isinstance(has_fast_bfloat16("cpu"), bool)
    True
    """
    if device.startswith("cuda"):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities = torch.cpu.get_capabilities() if device == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
