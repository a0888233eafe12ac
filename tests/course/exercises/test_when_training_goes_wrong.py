"""What the checkers of notebook 05 say to the likely mistakes."""

import pytest
import torch
from torch.nn import functional

from digitlab.course.exercises import when_training_goes_wrong as check

NAMES = {
    "A": "labels shuffled",
    "B": "rate too low",
    "C": "healthy",
    "D": "rate too high",
    "E": "learnt by heart",
}


def epoch(
    network,
    optimizer,
    batches,
    *,
    order="zero backward step",
    train=True,
    shuffle=False,
    batch=slice(None),
    keep=torch.Tensor.item,
    scale=1,
):
    """An epoch that can be made ill."""
    network.train(train)
    losses = []
    for pictures, labels in batches[batch]:
        labels = labels.roll(1) if shuffle else labels
        loss = scale * functional.nll_loss(network(pictures), labels)
        for line in order.split():
            {"zero": optimizer.zero_grad, "backward": loss.backward, "step": optimizer.step}[line]()
        losses.append(keep(loss))
    return losses


def ill(**illness):
    return lambda *given: epoch(*given, **illness)


def zero_once(network, optimizer, batches):
    optimizer.zero_grad()
    return epoch(network, optimizer, batches, order="backward step")


def by_hand(network, optimizer, batches):
    losses = epoch(network, optimizer, batches)
    with torch.no_grad():
        network.weight -= 0.1
    return losses


def share(network, pictures, labels, *, mode=False, tape=False, back=True, dim=1):
    """A reading that can be made ill."""
    was_training = network.training
    network.train(mode)
    with torch.set_grad_enabled(tape):
        answers = network(pictures).argmax(dim=dim)
    if back is not None:
        network.train(was_training if back is True else not was_training)
    if dim == 0:
        return (answers == labels[:3]).float().mean()
    return (answers == labels).float().mean()


def always_back_to_training(network, pictures, labels):
    answer = share(network, pictures, labels)
    network.train()
    return answer


def copies(train, held_out):
    return sum(any(torch.equal(one, other) for other in train) for one in held_out)


def pairs(train, held_out):
    return sum(torch.equal(one, other) for one in held_out for other in train)


def any_pixel(train, held_out):
    return sum(bool((train == one).any()) for one in held_out)


def same_place(train, held_out):
    return sum(torch.equal(one, other) for one, other in zip(train[:7], held_out, strict=False))


def same_ink(train, held_out):
    ink = {round(one.sum().item(), 3) for one in train}
    return sum(round(one.sum().item(), 3) in ink for one in held_out)


CASES = [
    (check.illnesses, NAMES | {"A": "rate too high"}, "A is not 'rate too high'"),
    (check.illnesses, NAMES | {"D": "labels shuffled"}, "stays where guessing is"),
    (check.illnesses, NAMES | {"B": "healthy"}, "by very little in each epoch"),
    (check.illnesses, NAMES | {"E": "healthy"}, "all but 0"),
    (check.illnesses, NAMES | {"C": "learnt by heart"}, "nearly all new digits are read"),
    (check.illnesses, NAMES | {"C": "measles"}, "'measles' isn't one"),
    (check.illnesses, {"A": "labels shuffled"}, "No name is given for B, C, D, E"),
    (check.illnesses, NAMES | {"E": ...}, "Some have no name yet"),
    (check.illnesses, NAMES | {"E": torch.zeros(2)}, "isn't one of the names"),
    (check.illnesses, list(NAMES.values()), "A dict was expected"),
    (check.mended_epoch, ill(order="backward step"), "zero_grad() is missing"),
    (check.mended_epoch, zero_once, "zero_grad() is missing"),
    (check.mended_epoch, ill(order="backward zero step"), "without a gradient"),
    (check.mended_epoch, ill(order="zero step backward"), "without a gradient"),
    (check.mended_epoch, ill(order="zero backward"), "step() is missing"),
    (check.mended_epoch, ill(train=False), "network.train() is missing"),
    (check.mended_epoch, ill(shuffle=True), "keep its own label"),
    (check.mended_epoch, ill(scale=-1), "keep its own label"),
    (check.mended_epoch, ill(batch=slice(1)), "asked 1 times"),
    (check.mended_epoch, ill(keep=lambda loss: loss), "memory"),
    (check.mended_epoch, lambda *given: epoch(*given)[-1], "not the list of the batches' losses"),
    (check.mended_epoch, lambda *given: [], "never asked"),
    (check.mended_epoch, by_hand, "by other means"),
    (check.share_right, lambda *given: share(*given, mode=True), "training mode, with half"),
    (check.share_right, lambda *given: share(*given, tape=True), "torch.no_grad()"),
    (check.share_right, lambda *given: share(*given, back=None), "without dropout. Put it back"),
    (check.share_right, always_back_to_training, "was in evaluation mode before"),
    (check.share_right, lambda *given: 100 * share(*given), "in percent"),
    (check.share_right, lambda *given: 12 * share(*given), "how many are right"),
    (check.share_right, lambda *given: 1 - share(*given), "the share that is wrong"),
    (check.share_right, lambda *given: share(*given, dim=0), "argmax(dim=1)"),
    (check.share_right, lambda *given: 0.75, "never asked"),
    (check.leaked, pairs, "You counted pairs"),
    (check.leaked, same_ink, "same amount of ink"),
    (check.leaked, same_place, "at any place"),
    (check.leaked, any_pixel, "All seven were counted"),
    (check.leaked, lambda train, held_out: copies(train, held_out) / len(held_out), "a share"),
    (check.leaked, lambda train, held_out: 3, "that are nowhere else"),
    (check.leaked, lambda train, held_out: copies(train, held_out.unique(dim=0)), "two leaks"),
]


@pytest.mark.parametrize(("checker", "wrong", "words"), CASES)
def test_a_likely_mistake_is_named(checker, wrong, words):
    verdict = checker(wrong)
    assert verdict.passed is False
    assert words in verdict.message


def test_what_is_right_passes():
    assert check.illnesses(NAMES).passed
    assert check.illnesses({letter.lower(): name.upper() for letter, name in NAMES.items()}).passed
    assert check.mended_epoch(epoch).passed
    assert check.mended_epoch(ill(order="zero backward step zero")).passed
    assert check.mended_epoch(lambda *given: torch.tensor(epoch(*given))).passed
    assert check.share_right(share).passed
    assert check.leaked(copies).passed


def test_an_exercise_that_is_not_begun_is_not_wrong():
    assert check.illnesses(...).passed is None
