"""Training: a recipe (`digitlab.lab.recipes`) says how, `train` does it."""

import copy
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm.auto import tqdm

from digitlab.lab.batch_norm import NormalisedCNN
from digitlab.lab.batches import NO_DIGIT, batches_of, digits_each_epoch, with_drawings
from digitlab.lab.calibration import as_drawn_on_the_pad, calibrate
from digitlab.lab.checkpoint import load_checkpoint, save_checkpoint
from digitlab.lab.data import Mnist, load_mnist
from digitlab.lab.devices import has_fast_bfloat16, pick_device
from digitlab.lab.evaluation import accuracy
from digitlab.lab.history import History, Run
from digitlab.lab.model import CNN
from digitlab.lab.recipes import RECIPES, Recipe
from digitlab.lab.teacher import Teacher, distillation_loss

__all__ = ["train"]


def train(
    recipe: Recipe | str = "quick",
    *,
    mnist: Mnist | None = None,
    seed: int = 0,
    device: str = "auto",
    target: float | None = None,
    progress: bool = True,
    on_epoch: Callable[[History], None] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
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
    checkpoint : path, optional
        A file in which to keep, after each epoch, all that the training needs to go on.
    resume : bool
        Take up the training that left this checkpoint. On the CPU, what comes of it is what would
        have come without the stop.

    Returns
    -------
    Run
        With the network, on the CPU and in evaluation mode, and the history. It is that of the
        epoch with the best validation accuracy or, where the recipe averages the weights, of the
        last one. Ctrl-C ends the training early, and you get the network as it is by then.

    Raises
    ------
    ValueError
        If there is no such recipe or device, no checkpoint to resume, or there are no digits to
        train or to validate on.
    WeightsError
        If there is nothing to resume, or the checkpoint is of another training.

    Examples
    --------
    One epoch, over the first 512 digits; ``train()`` alone takes the quick recipe and all of them:

    >>> from dataclasses import replace
    >>> from digitlab.lab import RECIPES, Digits, load_mnist, train
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
    if resume and not checkpoint:
        raise ValueError("There is no checkpoint to resume: name the file that a training left.")
    device, mnist = pick_device(device), mnist or load_mnist()
    if not len(mnist.train) or not len(mnist.validation):
        raise ValueError("There are no digits: expected some to train on, and some to validate on.")
    fingerprint = mnist.train.sha256()
    made_by = {"recipe": asdict(recipe), "seed": seed, "training digits": fingerprint}
    kept = load_checkpoint(checkpoint, made_by=made_by) if resume and checkpoint else None
    torch.manual_seed(seed)
    generator = torch.Generator(device).manual_seed(seed)
    digits = with_drawings(recipe, mnist.train, seed=seed)
    shown = digits_each_epoch(recipe, len(digits))  # quick: 55,000, then the hardest 16,500
    steps = sum(math.ceil(count / recipe.batch_size) for count in shown)  # quick: 215 + 65
    batches = batches_of(recipe, digits, generator)
    learner = _Learner(recipe, device=device, steps=steps)
    difficulty = torch.zeros(len(digits), device=device)  # each digit's loss when last seen
    history, best, interrupted = History(), learner.state(), False
    if kept:
        states, best, past, losses, *random = kept
        for part, state in zip(learner.parts, states, strict=True):
            part.load_state_dict(state)
        history, difficulty = History(**past), losses.to(device)
        generator.set_state(random[0])
        torch.set_rng_state(random[1])
    epochs_run = len(history.loss)
    started = time.perf_counter() - max(history.seconds, default=0)
    done = sum(math.ceil(count / recipe.batch_size) for count in shown[:epochs_run])
    with tqdm(total=steps, initial=done, unit="step", disable=not progress) as bar:
        try:
            for epoch, count in enumerate(shown[epochs_run:], start=epochs_run + 1):
                bar.set_description(f"epoch {epoch}")
                total_loss = 0.0
                for chosen, pictures, labels in batches(difficulty.topk(count).indices):
                    losses = learner.step(pictures, labels)  # (b,): at first ln 10 = 2.3 each
                    difficulty[chosen] = losses
                    total_loss += losses.mean().item() * len(labels)
                    bar.update()
                # First what takes time: an interrupt must not leave lists of different lengths.
                validation_accuracy = accuracy(learner.result, mnist.validation)
                history.loss.append(total_loss / count)  # quick: 0.19, then 0.10
                history.validation_accuracy.append(validation_accuracy)  # quick: 98.9 %, 99.1 %
                history.seconds.append(time.perf_counter() - started)
                where = f"loss {total_loss / count:.3f}, validation {validation_accuracy:.2%}"
                bar.set_postfix_str(where)
                # An average needs no choice. One by 5,000 digits would take it from too early.
                if recipe.average or validation_accuracy >= max(history.validation_accuracy):
                    best = learner.state()
                if checkpoint:
                    states = [part.state_dict() for part in learner.parts]
                    random = generator.get_state(), torch.get_rng_state()
                    kept = [states, best, asdict(history), difficulty, *random]
                    save_checkpoint(checkpoint, kept, made_by=made_by)
                if on_epoch:
                    on_epoch(history)
                if target is not None and validation_accuracy >= target:
                    break
        except KeyboardInterrupt:
            interrupted = True
    model = learner.finished(best)
    calibration = None
    if recipe.calibrated:
        calibration = calibrate(model, as_drawn_on_the_pad(mnist.validation, seed=seed))
    return Run(model, history, recipe, seed, device, interrupted, fingerprint, calibration)


_Network = CNN | NormalisedCNN


class _Learner:
    """A network, and all that changes it: teacher, optimizer, its schedule, moving average."""

    average: AveragedModel | None = None
    schedule: LRScheduler | None = None

    def __init__(self, recipe: Recipe, *, device: str, steps: int) -> None:
        # A teacher's softened answers are all that the network needs against overfitting.
        dropout = 0.0 if recipe.taught else recipe.dropout
        self.network: _Network = NormalisedCNN(dropout=dropout) if recipe.batch_norm else CNN()
        self.teacher = Teacher(dropout=recipe.dropout) if recipe.taught else None
        learning = nn.ModuleList(filter(None, [self.network, self.teacher]))
        learning.to(device).to(memory_format=torch.channels_last)
        self.result = self.network  # what is measured and kept
        self.temperature = recipe.taught
        self.bfloat16 = recipe.bfloat16 and has_fast_bfloat16(device)
        self.optimizer = _optimizer(recipe, learning)
        if recipe.one_cycle:
            self.schedule = OneCycleLR(self.optimizer, recipe.learning_rate, total_steps=steps)
        if recipe.average:
            # Batch norm's running mean and variance are buffers, and are averaged with the weights.
            decay = get_ema_multi_avg_fn(recipe.average)
            self.average = AveragedModel(self.network, multi_avg_fn=decay, use_buffers=True)
            self.result = cast(_Network, self.average.module)
        changing = self.network, self.teacher, self.optimizer, self.schedule, self.average
        self.parts: list[Any] = [part for part in changing if part]

    def step(self, pictures: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Learn from one batch; return the loss ``(b,)`` that each of its pictures had before."""
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.bfloat16):
            answers = self.network(pictures[:, None]).float()  # (b, 10)
            taught = self.teacher(pictures[:, None]).float() if self.teacher else None
        losses = _losses(answers, labels)
        self.optimizer.zero_grad()
        if taught is None:
            losses.mean().backward()
        else:
            apart = distillation_loss(answers, taught.detach(), temperature=self.temperature)
            (apart + _losses(taught, labels)).mean().backward()
        self.optimizer.step()
        if self.schedule:
            self.schedule.step()
        if self.average:
            self.average.update_parameters(self.network)
        return losses.detach()

    def state(self) -> dict[str, torch.Tensor]:
        """Return a copy of the result's weights."""
        return copy.deepcopy(self.result.state_dict())

    def finished(self, state: dict[str, torch.Tensor]) -> CNN:
        """Return the plain network with these weights, on the CPU and in evaluation mode."""
        self.result.load_state_dict(state)
        plain = self.result if isinstance(self.result, CNN) else self.result.folded()
        return plain.cpu().eval()


def _losses(answers: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The negative log-likelihood of each label ``(n,)`` by the log-probabilities ``(n, 10)``.

    For a picture of no digit it is that of all ten alike (Hendrycks et al. 2019, "Deep anomaly
    detection with outlier exposure"): least where the network gives each of them a tenth.
    """
    of_label = answers.gather(1, labels.clamp(min=0)[:, None])[:, 0]
    return -torch.where(labels == NO_DIGIT, answers.mean(dim=1), of_label)


def _optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    rate, parameters = recipe.learning_rate, network.parameters()
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, lr=rate, momentum=0.9)
    return torch.optim.AdamW(parameters, lr=rate, weight_decay=recipe.weight_decay, fused=True)
