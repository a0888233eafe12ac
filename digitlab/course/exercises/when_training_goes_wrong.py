"""Exercises of notebook 5: name an illness, mend a loop, read in the right mode, find a leak."""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from digitlab.course.exercises.checking import Sentences, exercise, judged_by, matches
from digitlab.course.exercises.verdict import array, function, number
from digitlab.course.figures.patients import ILLNESSES, PATIENTS


def _illnesses(answer: Any, says: Sentences) -> None:
    says(no_dict=not isinstance(answer, Mapping) or not answer)
    names = {str(letter).strip().upper(): name for letter, name in answer.items()}
    choice = ", ".join(ILLNESSES)
    says(unnamed=any(name is None or name is ... for name in names.values()) and choice)
    says(missing=", ".join(letter for letter in PATIENTS if letter not in names))
    for letter, patient in PATIENTS.items():
        name = str(names[letter]).strip().lower()
        against, signs = says.get(f"not {name}"), says[f"signs of {patient.illness}"]
        facts = {"letter": letter, "name": name, "against": against, "signs": signs}
        facts["choice"] = choice
        says(unknown=name not in ILLNESSES and facts, other=name != patient.illness and facts)


illnesses = judged_by(_illnesses)({letter: one.illness for letter, one in PATIENTS.items()})


def _mended_epoch(answer: Any, says: Sentences) -> None:
    network, batches = _Network(), _batches()
    noted: list[Any] = []  # the gradient that each step finds
    optimizer = torch.optim.SGD(network.parameters(), lr=0)  # so it moves nothing
    optimizer.register_step_pre_hook(lambda *_: noted.append(copy.deepcopy(network.weight.grad)))
    network.eval()  # as the reading of the validation digits, just before, may have left it
    before = network.weight.detach().clone()
    given = function(answer)(network, optimizer, list(batches))
    says(
        never_asked=not network.asked,
        no_train=not all(one["training"] for one in network.asked),
        asked=[one["n"] for one in network.asked] != [5] * 3 and len(network.asked),
        no_step=not noted,
        other_steps=len(noted) != 3 and len(noted),
        no_gradient=any(gradient is None for gradient in noted),
    )
    # The oracle: the network stands still, so each gradient can be had alone.
    losses = [nn.functional.nll_loss(network(pictures), labels) for pictures, labels in batches]
    alone = [torch.autograd.grad(loss, network.weight)[0] for loss in losses]
    says(
        not_its_own=not matches(noted[0], alone[0], atol=1e-5),
        added_up=matches(noted[1], alone[0] + alone[1], atol=1e-5),
        later_ones=not matches(torch.stack(noted), torch.stack(alone), atol=1e-5),
        by_hand=not torch.equal(before, network.weight),
    )
    says(no_losses=not matches(array(given), [loss.item() for loss in losses], atol=1e-5))


@judged_by(_mended_epoch)
def mended_epoch(network: Any, optimizer: Any, batches: Any) -> list[float]:
    """Train for an epoch; return the batches' losses."""
    network.train()
    losses = []
    for pictures, labels in batches:
        optimizer.zero_grad()
        loss = nn.functional.nll_loss(network(pictures), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def _share_right(answer: Any, says: Sentences) -> None:
    pictures = torch.eye(3, dtype=torch.float32).repeat(4, 1)  # the network's answer is known
    labels = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 1, 2, 0])  # 9 right
    for was in (True, False):
        network = _Network().train(was)
        given = number(function(answer)(network, pictures, labels))
        says(
            never_asked=not network.asked,
            training_mode=any(one["training"] for one in network.asked),
            taped=any(one["taped"] for one in network.asked),
            how_many=matches(given, 9, atol=1e-6),
            percent=matches(given, 75, atol=1e-6),
            share_wrong=matches(given, 0.25, atol=1e-6),
            other=not matches(given, 0.75, atol=1e-6) and f"{given:g}",
            left_in_eval=was and not network.training,
            left_in_train=network.training and not was,
        )


@judged_by(_share_right)
def share_right(network: Any, pictures: Any, labels: Any) -> float:
    """Return the share of pictures that a network reads right."""
    was_training = network.training
    network.eval()
    with torch.no_grad():
        answers = network(pictures).argmax(dim=1)
    network.train(was_training)
    return float((answers == labels).float().mean())


_TRAIN = torch.rand((9, 4, 4), generator=torch.Generator().manual_seed(4))
_TRAIN[_TRAIN < 0.4] = 0  # paper, which any two pictures have in common
_TRAIN[5] = _TRAIN[2]  # a picture that is in the training set twice
_FRESH = 0.9 * _TRAIN[[1, 4]].roll(1, dims=2)
_NEAR = _TRAIN[7].clone()
_NEAR[0, 0] += 0.25  # all but one pixel
# What is flipped has the same ink, and is another picture.
_HELD_OUT = torch.stack(
    [_TRAIN[6], _FRESH[0], _TRAIN[0].flip(0), _TRAIN[2], _NEAR, _TRAIN[8], _TRAIN[1].flip(0)]
)


@exercise
def leaked(train: Any, held_out: Any, *, same: Any = torch.equal) -> int:
    """Count the held-out pictures that are in the training set too."""
    return sum(any(same(one, two) for two in train) for one in held_out)


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
        self.asked: list[dict[str, int]] = []

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        state = {"training": self.training, "n": len(pictures), "taped": torch.is_grad_enabled()}
        self.asked.append(state)
        return torch.log_softmax(pictures @ self.weight, dim=1)
