"""Checks of notebook 05: name an illness, mend a loop, read in the right mode, find a leak."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, matches, rule_out
from digitlab.course.exercises.verdict import array, exercise, expect, function, number
from digitlab.course.figures.patients import ILLNESSES, PATIENTS

# What speaks against a name, for the learner who gave it.
_CONTRARY = {
    "rate too high": "at a rate too high the training loss does not come down in the end",
    "rate too low": "at a rate too low both curves would still be on their way, slowly",
    "labels shuffled": "with shuffled labels no more than one in ten new digits could be read",
    "learnt by heart": "learnt by heart means a training loss near 0, and new digits read "
    "much worse than that",
    "healthy": "in a healthy training the loss comes down and most new digits are read",
}
_WHY = {
    "rate too high": "its loss jumps up, and then stays where guessing is",
    "rate too low": "its loss does come down, evenly, but by very little in each epoch",
    "labels shuffled": "its training loss comes down, and of new digits it reads one in ten",
    "learnt by heart": "its training loss is all but 0, and a large part of new digits is misread",
    "healthy": "its loss comes down quickly, and nearly all new digits are read",
}


@exercise
def illnesses(answer: Any) -> str:
    """Check the names given to the patients, as a dict of letter to name."""
    letters = ", ".join(PATIENTS)
    expect(
        isinstance(answer, Mapping) and bool(answer),
        f'A dict was expected, {{"A": "…", …}}, with a name for each of {letters}.',
    )
    names = {str(letter).strip().upper(): name for letter, name in answer.items()}
    missing = [letter for letter in PATIENTS if letter not in names]
    choice = f"There are {', '.join(ILLNESSES)}."
    unnamed = any(name is None or name is ... for name in names.values())
    slips = {
        f"Some have no name yet. {choice}": unnamed,
        f"No name is given for {', '.join(missing)}.": bool(missing),
    }
    rule_out(slips)
    for letter, patient in PATIENTS.items():
        name = str(names[letter]).strip().lower()
        expect(name in ILLNESSES, f"{letter}: there is no {name!r} to choose. {choice}")
        again = f"Look again: {_WHY[patient.illness]}."
        expect(name == patient.illness, f"{letter} is not {name!r}: {_CONTRARY[name]}. {again}")
    return "All five, from two curves each."


@exercise
def mended_epoch(answer: Any) -> str:
    """Check a training epoch: a function of network, optimizer and batches to the losses."""
    network, batches = _Network(), _batches()
    optimizer = _Optimizer(network)
    network.eval()  # as the reading of the validation digits, just before, may have left it
    before = network.weight.detach().clone()
    given = function(answer)(network, optimizer, list(batches))
    noted = optimizer.gradients
    asked = f"the network was asked {len(network.seen)} times"
    slips = {
        _NEVER_ASKED: not network.modes,
        "The network was trained in evaluation mode, without its dropout: network.train() is "
        "missing.": not all(network.modes),
        f"3 batches were given, and {asked}: once for each batch is right.": network.seen
        != [5] * 3,
        "The parameters never moved: optimizer.step() is missing.": not noted,
        f"3 batches were given, and {len(noted)} steps made: one for each batch is right.": len(
            noted
        )
        != 3,
        "A step was made without a gradient. Does backward come before step, and zero_grad not in "
        "between?": any(gradient is None for gradient in noted),
    }
    rule_out(slips)
    # The oracle: the network stands still (the optimizer here only takes notes), so each gradient
    # can be had alone.
    losses = [functional.nll_loss(network.plain(pictures), labels) for pictures, labels in batches]
    alone = [torch.autograd.grad(loss, network.weight)[0] for loss in losses]
    not_its_own = not matches(noted[0], alone[0], atol=1e-5)
    moved = not torch.equal(before, network.weight)
    tensors = isinstance(given, list) and any(hasattr(loss, "requires_grad") for loss in given)
    slips = {
        "The gradient of the very first batch is not that of its pictures with its labels. Does "
        "each picture keep its own label, and is the loss functional.nll_loss?": not_its_own,
        "At the second step the gradient is that of both batches, added up: optimizer.zero_grad() "
        "is missing.": matches(noted[1], alone[0] + alone[1], atol=1e-5),
        "The gradients of the later batches are not their own. Is zero_grad called in each round, "
        "before backward?": not matches(torch.stack(noted), torch.stack(alone), atol=1e-5),
        "The parameters were moved by other means than optimizer.step().": moved,
        "The losses are tensors that hold on to all that they were computed from, and memory runs "
        "full. Keep numbers: loss.item().": tensors,
    }
    rule_out(slips)
    expect(
        matches(array(given), [loss.item() for loss in losses], atol=1e-5),
        "All steps are right, but what is returned is not the list of the batches' losses.",
    )
    return "Mended: fresh gradients, in training mode, each picture with its own label."


@exercise
def share_right(answer: Any) -> str:
    """Check a function of network, pictures and labels to the share that is read right."""
    pictures = torch.eye(3, dtype=torch.float32).repeat(4, 1)  # the network's answer is known
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 0])  # 9 right
    for was in (True, False):
        network = _Network().train(was)
        given = number(function(answer)(network, pictures, labels))
        wrong = abs(given - 0.75) >= 1e-6
        slips = {
            _NEVER_ASKED: not network.modes,
            "The network was read in training mode, with half of it left out at random: "
            "network.eval() comes first.": any(network.modes),
            "PyTorch kept notes for a gradient that nobody asks for: wrap the reading in "
            "torch.no_grad().": any(network.taped),
            "That is how many are right; the share is that divided by how many there are.": 9,
            "That is in percent: a share from 0 to 1 was expected.": 75,
            "That is the share that is wrong.": 0.25,
            f"Nine of twelve are right, which is 0.75, and yours is {given:g}. The answer to a "
            "picture is the place of the highest of its numbers: argmax(dim=1).": wrong,
            "The network was being trained, and you left it in evaluation mode: the next epoch "
            "would train without dropout. Put it back.": was and not network.training,
            "The network was in evaluation mode before, and is in training mode now. Put it back "
            "as it was: network.train(was_training).": network.training and not was,
        }
        rule_out(slips, given, atol=1e-6)
    return "Right: in evaluation mode, without notes for gradients, and left as it was found."


@exercise
def leaked(answer: Any) -> str:
    """Check a function of two stacks of pictures: how many of the second are in the first too."""
    train = torch.rand((9, 4, 4), generator=torch.Generator().manual_seed(4))
    train[train < 0.4] = 0  # paper, which any two pictures have in common
    train[5] = train[2]  # a picture that is in the training set twice
    moved = train[0].flip(0)  # the same ink, and another picture
    fresh = 0.9 * train[[1, 4]].roll(1, dims=2)
    near = train[7].clone()
    near[0, 0] += 0.25  # all but one pixel
    held_out = torch.stack([train[6], fresh[0], moved, train[2], near, train[8], fresh[1]])
    count = function(answer)
    given = number(count(train.clone(), held_out.clone()))
    slips = {
        "You counted pairs: a picture that is twice in the training set is one leak only. Or you "
        "took pictures with the same amount of ink for the same; compare all their pixels.": 4,
        "None was found, and three of seven are there. A copy may stand at any place of the "
        "training set, not only at the same one.": 0,
        "All seven were counted, and three are right. Two pictures are the same if all their "
        "pixels are, not if any is.": 7,
        "That is a share; asked is how many.": abs(given - 3 / 7) <= 1e-6,
        f"Three of the seven are in the training set as well; you found {given:g}.": OTHERWISE,
    }
    expect_equal(given, 3, slips)
    none = number(count(train.clone(), fresh.clone()))
    expect(none == 0, f"Of two pictures that are nowhere else, yours finds {none:g}.")
    both = number(count(train.clone(), train[[2, 2]].clone()))
    expect(both == 2, f"One picture, held out twice, is two leaks; yours finds {both:g}.")
    return "Right: three leaks, wherever they stood."


_NEVER_ASKED = "The network was never asked: call network(pictures)."


def _batches() -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Three batches of five, with labels of which no two neighbours are the same."""
    pictures = torch.rand((3, 5, 3), generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[0, 1, 2, 0, 1], [2, 0, 1, 2, 0], [1, 2, 0, 1, 2]])
    return list(zip(pictures, labels, strict=True))


class _Network(nn.Module):
    """A network of three inputs and three classes that notes in which state it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.eye(3) * 2)
        self.modes: list[bool] = []
        self.seen: list[int] = []
        self.taped: list[bool] = []

    def plain(self, pictures: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(pictures @ self.weight, dim=1)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        self.modes.append(self.training)
        self.seen.append(len(pictures))
        self.taped.append(torch.is_grad_enabled())
        return self.plain(pictures)


class _Optimizer:
    """An optimizer that moves nothing: it notes the gradient that each step finds."""

    def __init__(self, network: _Network) -> None:
        self.weight = network.weight
        self.gradients: list[Any] = []

    def zero_grad(self, set_to_none: bool = True) -> None:
        self.weight.grad = None

    def step(self) -> None:
        gradient = self.weight.grad
        self.gradients.append(None if gradient is None else gradient.clone())
