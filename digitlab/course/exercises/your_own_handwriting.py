"""Exercises of notebook 9: halves to learn from and to keep shut, sample size, pairs, batches.

All of them are about samples that are small.
"""

from typing import Any

import numpy as np
import torch

from digitlab.course.exercises.checking import Sentences, exercise, judged_by, matches
from digitlab.course.exercises.verdict import array, function, number, pair
from digitlab.lab import Digits, wilson_interval


def _split(answer: Any, says: Sentences) -> None:
    for labels in (np.repeat(np.arange(10), 6), np.arange(40) % 10):
        learn, shut = map(array, pair(function(answer)(labels.copy()), says["two"]))
        whole = [part.ndim == 1 and len(part) and not (part % 1).any() for part in (learn, shut)]
        says(no_places=not all(whole))
        known, both = set(range(len(labels))), set(learn.tolist()) & set(shut.tolist())
        used = set(learn.tolist()) | set(shut.tolist())
        says(
            in_both=len(both),
            no_drawing=not used <= known and str(max(known)),
            in_neither=len(known - used) and f"{len(known - used)} of {len(known)}",
            twice=len(learn) + len(shut) != len(labels),
        )
        counts = np.bincount(labels[learn.astype(int)], minlength=10)
        says(
            unseen=", ".join(map(str, np.flatnonzero(counts == 0))),
            not_half=(counts != np.bincount(labels, minlength=10) // 2).any() and str(counts),
        )


@judged_by(_split)
def split(labels: Any) -> Any:
    """Deal out half of each digit to learn from, and keep the rest shut."""
    places = [np.flatnonzero(np.asarray(labels) == digit) for digit in range(10)]
    learn = [one[: len(one) // 2] for one in places]
    shut = [one[len(one) // 2 :] for one in places]
    return np.concatenate(learn).tolist(), np.concatenate(shut).tolist()


def _drawings_needed(answer: Any, says: Sentences) -> Any:
    needed = number(answer)
    says(no_count=needed <= 0 or needed != round(needed))
    n = round(needed)
    says(doubled=55 <= n <= 65, far_too_many=n > 100_000)
    low, high = wilson_interval(round(0.9 * n), n)
    values = {"n": n, "width": 100 * (high - low)}
    says(too_few=high - low > 0.102 and values, too_many=high - low < 0.095 and values)
    return values


drawings_needed = judged_by(_drawings_needed)(140)


@exercise
def newly(labels: Any, before: Any, after: Any) -> Any:
    """Count the answers that became right, and those that became wrong."""
    was, is_now = before == labels, after == labels
    return np.array([(~was & is_now).sum(), (was & ~is_now).sum()])


def _mixed_batch(answer: Any, says: Sentences) -> None:
    mix = function(answer)
    # Each picture tells where it is from and which label it has, in its first two pixels.
    own, mnist = _marked(30, mark=0.25, step=1), _marked(400, mark=0.75, step=3)
    batches = []
    for seed, few, many in ((0, 8, 56), (1, 8, 56), (0, 8, 56), (2, 4, 12)):
        generator = torch.Generator().manual_seed(seed)
        images, labels = map(array, pair(mix(own, mnist, few, many, generator), says["two"]))
        if images.shape == (few + many, 1, 28, 28):
            images = images[:, 0]
        says(no_pictures=images.shape[1:] != (28, 28) and str(images.shape))
        row = labels.shape == (len(images),)
        says(other_labels=not row and {"n": len(images), "shape": labels.shape})
        count = tuple(int(np.isclose(images[:, 0, 0], mark).sum()) for mark in (0.25, 0.75))
        values = {"few": few, "many": many, "own": count[0], "mnist": count[1]}
        says(
            exchanged=count == (many, few),
            other_counts=count != (few, many) and values,
            apart=not matches(labels, images[:, 0, 1] * 10, atol=1e-3),
        )
        batches.append(images)
    drawn = np.concatenate(batches)
    places = (drawn[np.isclose(drawn[:, 0, 0], 0.75), 0, 2] * 400).round()
    says(
        alike=matches(batches[0], batches[1]),
        other_chance=not matches(batches[0], batches[2]),
        first_only=places.max() < 30,
    )


def _marked(n: int, *, mark: float, step: int) -> Digits:
    labels = torch.arange(n) * step % 10
    images = torch.zeros(n, 28, 28)
    images[:, 0, 0], images[:, 0, 1], images[:, 0, 2] = mark, labels / 10, torch.arange(n) / n
    return Digits(images, labels)


@judged_by(_mixed_batch)
def mixed_batch(own: Any, mnist: Any, own_count: Any, mnist_count: Any, generator: Any) -> Any:
    """Draw a batch with so many own digits and so many of MNIST's."""
    parts = []
    for digits, count in ((own, own_count), (mnist, mnist_count)):
        places = torch.randint(len(digits.labels), (count,), generator=generator)
        parts.append((digits.images[places], digits.labels[places]))
    images, labels = zip(*parts, strict=True)
    return torch.cat(images), torch.cat(labels)
