"""Training: a recipe (`digitlab.lab.recipes`) says how, `train` does it."""

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset
from tqdm.auto import tqdm

import digitlab
from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.calibration import Calibration, as_drawn_on_the_pad, calibrate
from digitlab.lab.data import Digits, Mnist, load_mnist
from digitlab.lab.evaluation import accuracy
from digitlab.lab.model import CNN
from digitlab.lab.recipes import RECIPES, Recipe
from digitlab.lab.restyling import restyled
from digitlab.lab.synthetic import drawn_digits, drawn_others

NO_DIGIT = -1
"""The label, in training, of a picture that shows no digit."""


@dataclass
class History:
    """What happened, epoch by epoch.

    Attributes
    ----------
    loss : list of float
        Mean training loss (negative log-likelihood, in nats).
    validation_accuracy : list of float
        Share of the 5,000 validation digits that were right, 0 to 1.
    seconds : list of float
        Time since the start of training.
    """

    loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def last(self) -> str:
        """Say in a few words where training stands."""
        return f"loss {self.loss[-1]:.3f}, validation {self.validation_accuracy[-1]:.2%}"


@dataclass(frozen=True)
class Run:
    """A finished training run: the network, and how it came about."""

    model: CNN
    history: History
    recipe: Recipe
    seed: int
    device: str
    interrupted: bool
    training_digits: str = ""  # their SHA-256
    calibration: Calibration | None = None

    def metadata(self) -> dict:
        """Return what belongs beside the weights: recipe, seed, versions and what came of it."""
        return {
            "recipe": asdict(self.recipe),
            "seed": self.seed,
            "device": self.device,
            "interrupted": self.interrupted,
            "epochs_run": len(self.history.loss),
            "validation_accuracy": max(self.history.validation_accuracy, default=None),
            "training_digits_sha256": self.training_digits,
            "digitlab": digitlab.__version__,
            "torch": torch.__version__.split("+")[0],
            "numpy": np.__version__,
        } | (asdict(self.calibration) if self.calibration else {})


def train(
    recipe: Recipe | str = "quick",
    *,
    mnist: Mnist | None = None,
    seed: int = 0,
    device: str = "auto",
    target: float | None = None,
    progress: bool = True,
    on_epoch: Callable[[History], None] | None = None,
) -> Run:
    """Train a network.

    Parameters
    ----------
    recipe : Recipe or str
        How; or the name of one of `RECIPES`.
    mnist : Mnist, optional
        The digits. Default: `digitlab.lab.load_mnist`. The test part is never looked at.
    seed : int
        Of everything random: the first weights, the order of the digits, the augmentation.
    device : str
        ``"auto"`` takes CUDA, else Apple's MPS, else the CPU.
    target : float, optional
        Stop after the first epoch with at least this accuracy on the validation digits.
    progress : bool
        Show a progress bar with loss and validation accuracy.
    on_epoch : callable, optional
        Called with the history after each epoch, to plot it live, say.

    Returns
    -------
    Run
        With the network, on the CPU and in evaluation mode, and the history. Ctrl-C ends the
        training early and returns the best network so far.

    Raises
    ------
    ValueError
        If there is no such recipe or device.

    Examples
    --------
    One epoch, over the first 512 digits; ``train()`` alone takes the quick recipe and all of them:

    >>> from dataclasses import replace
    >>> mnist = load_mnist()
    >>> few = replace(mnist, train=Digits(mnist.train.images[:512], mnist.train.labels[:512]))
    >>> run = train(replace(RECIPES["quick"], epochs=1), mnist=few, progress=False)
    >>> len(run.history.loss), run.interrupted
    (1, False)
    """
    if isinstance(recipe, str):
        if recipe not in RECIPES:
            raise ValueError(f"There is no recipe {recipe!r}; there are {', '.join(RECIPES)}.")
        recipe = RECIPES[recipe]
    device = pick_device(device)
    mnist = mnist or load_mnist()
    torch.manual_seed(seed)
    generator = torch.Generator(device).manual_seed(seed)
    network = NormalisedCNN(dropout=recipe.dropout) if recipe.batch_norm else CNN()
    network = network.to(device, memory_format=torch.channels_last)
    average = _average(network, decay=recipe.average)
    result = average.module if average else network
    digits = _with_drawings(recipe, mnist.train, seed=seed)
    batches = _batches(recipe, digits, generator)
    shown = _digits_each_epoch(recipe, len(digits))
    steps = sum(-(-count // recipe.batch_size) for count in shown)
    difficulty = torch.zeros(len(digits), device=device)  # each digit's loss when last seen
    bfloat16 = recipe.bfloat16 and has_fast_bfloat16(device)
    optimizer, schedule = _optimizer(recipe, network, total_steps=steps)
    history, best_state, interrupted = History(), copy.deepcopy(result.state_dict()), False
    started = time.perf_counter()
    with tqdm(total=steps, unit="step", disable=not progress) as bar:
        try:
            for epoch, count in enumerate(shown, start=1):
                bar.set_description(f"epoch {epoch}")
                total_loss = 0.0
                for chosen, pictures, labels in batches(difficulty.topk(count).indices):
                    losses = _losses(network, pictures, labels, bfloat16=bfloat16)
                    difficulty[chosen] = losses.detach()
                    loss = losses.mean()
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    if schedule:
                        schedule.step()
                    if average:
                        average.update_parameters(network)
                    total_loss += loss.item() * len(labels)
                    bar.update()
                # First what takes time: an interrupt must not leave lists of different lengths.
                validation_accuracy = accuracy(result, mnist.validation)
                history.loss.append(total_loss / count)
                history.validation_accuracy.append(validation_accuracy)
                history.seconds.append(time.perf_counter() - started)
                bar.set_postfix_str(history.last())
                if history.validation_accuracy[-1] >= max(history.validation_accuracy):
                    best_state = copy.deepcopy(result.state_dict())
                if on_epoch:
                    on_epoch(history)
                if target is not None and history.validation_accuracy[-1] >= target:
                    break
        except KeyboardInterrupt:
            interrupted = True
    result.load_state_dict(best_state)
    model = (result.folded() if recipe.batch_norm else result).cpu().eval()
    calibration = None
    if recipe.calibrated:
        calibration = calibrate(model, as_drawn_on_the_pad(mnist.validation, seed=seed))
    fingerprint = mnist.train.sha256()
    return Run(model, history, recipe, seed, device, interrupted, fingerprint, calibration)


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
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def _losses(
    network: nn.Module, pictures: torch.Tensor, labels: torch.Tensor, *, bfloat16: bool
) -> torch.Tensor:
    """The negative log-likelihood of each picture ``(n, 28, 28)`` with its label ``(n,)``.

    For a picture of no digit it is that of all ten alike (Hendrycks et al. 2019, "Deep anomaly
    detection with outlier exposure"): least where the network gives each of them a tenth.
    """
    with torch.autocast(pictures.device.type, torch.bfloat16, enabled=bfloat16):
        log_probabilities = network(pictures[:, None])
    log_probabilities = log_probabilities.float()
    of_label = log_probabilities.gather(1, labels.clamp(min=0)[:, None])[:, 0]
    return -torch.where(labels == NO_DIGIT, log_probabilities.mean(dim=1), of_label)


def _digits_each_epoch(recipe: Recipe, count: int) -> list[int]:
    """How many of the digits each epoch shows: all of them first, then the hardest."""
    return [count] + [math.ceil(count * recipe.hardest)] * (recipe.epochs - 1)


def _with_drawings(recipe: Recipe, digits: Digits, *, seed: int) -> Digits:
    """Add to MNIST's digits what the recipe lets code draw; what is no digit is labelled -1."""
    images, labels = [digits.images], [digits.labels]
    if recipe.restyled:
        pictures, classes = restyled(
            digits.images.numpy(), digits.labels.numpy(), n=recipe.restyled, seed=seed
        )
        images.append(torch.from_numpy(pictures))
        labels.append(torch.from_numpy(classes))
    if recipe.drawn:
        pictures, classes = drawn_digits(recipe.drawn, seed=seed)
        images.append(torch.from_numpy(pictures))
        labels.append(torch.from_numpy(classes))
    if recipe.others:
        images.append(torch.from_numpy(drawn_others(recipe.others, seed=seed)))
        labels.append(torch.full((recipe.others,), NO_DIGIT))
    return Digits(images=torch.cat(images), labels=torch.cat(labels))


def _batches(
    recipe: Recipe, digits: Digits, generator: torch.Generator
) -> Callable[[torch.Tensor], Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]]:
    """What yields one epoch, in a new random order each time, when told which digits to show.

    A batch is where its digits stand among all of them, their pictures, and their labels.
    """
    device = generator.device
    if recipe.data_loader:
        places = torch.arange(len(digits))
        dataset = TensorDataset(places, digits.images, digits.labels)
        loader = DataLoader(dataset, batch_size=recipe.batch_size, shuffle=True)
        return lambda _: (tuple(tensor.to(device) for tensor in batch) for batch in loader)
    # The whole of MNIST is 170 MB of float32: it lives on the device, and a batch is a slice.
    images, labels = digits.images.to(device), digits.labels.to(device)

    def preloaded(shown):
        order = shown[torch.randperm(len(shown), generator=generator, device=device)]
        for chosen in order.split(recipe.batch_size):
            pictures = images[chosen]
            if recipe.augmentation:
                pictures = recipe.augmentation(pictures, generator)
            yield chosen, pictures, labels[chosen]

    return preloaded


def _optimizer(recipe: Recipe, network: nn.Module, *, total_steps: int):
    """The optimizer, and the schedule of its learning rate or None."""
    if recipe.optimizer == "sgd":
        optimizer = torch.optim.SGD(network.parameters(), lr=recipe.learning_rate, momentum=0.9)
    else:
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
    if not recipe.one_cycle:
        return optimizer, None
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=recipe.learning_rate, total_steps=total_steps
    )


def _average(network: nn.Module, *, decay: float) -> AveragedModel | None:
    """The moving average of the weights, or None where none is wanted."""
    if not decay:
        return None
    # Batch norm's running mean and variance are buffers, and are averaged with the weights.
    return AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)


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
