"""Checks for notebook 3: a convolution with its padding, kernels, sizes and parameters."""

from typing import Any

import numpy as np

from digitlab.course.exercises.slips import OTHERWISE, expect_equal, first_wrong, matches, rule_out
from digitlab.course.exercises.verdict import array, exercise, expect, function, number


@exercise
def convolve_padded(answer: Any) -> str:
    """Check a convolution by a 3 x 3 kernel that keeps the size of the picture."""
    convolve = function(answer)
    kernel = np.array([[0.0, 1.0, 2.0], [-1.0, 3.0, 0.5], [-2.0, 4.0, -3.0]])
    for height, width in ((28, 28), (6, 9)):
        picture = np.random.default_rng(0).random((height, width))
        given = array(convolve(picture.copy(), kernel.copy()))
        _expect_size(given.shape, height, width)
        _expect_values(given, picture, kernel)
    return "As large as the picture, and right up to the border."


def _expect_size(shape: tuple[int, ...], height: int, width: int) -> None:
    said = "your output is {} x {}".format(*shape) if len(shape) == 2 else f"yours has {shape}"
    said = f"For a picture of {height} x {width} {said}"
    slips = {
        f"{said}: was the padding forgotten?": (height - 2, width - 2),
        f"{said}. The padded picture is that large; on it, a window of 3 x 3 has {height} x "
        f"{width} places.": (height + 2, width + 2),
        f"{said}: rows and columns were exchanged.": (width, height),
        f"{said}, and is to be {height} x {width}.": OTHERWISE,
    }
    expect_equal(shape, (height, width), slips)


def _expect_values(given: np.ndarray, picture: np.ndarray, kernel: np.ndarray) -> None:
    right = _convolved(picture, kernel)
    inside = right[1:-1, 1:-1]
    in_place = matches(given[1:-1, 1:-1], inside, atol=1e-4)
    moved = [matches(part, inside, atol=1e-4) for part in (given[2:, 2:], given[:-2, :-2])]
    wrong = first_wrong(given, right, atol=1e-4)
    slips = {
        "The kernel was flipped, by rows and by columns: that is a convolution as in mathematics. "
        "Networks lay it on as it is.": _convolved(picture, kernel[::-1, ::-1]),
        "The kernel's rows and columns were exchanged.": _convolved(picture, kernel.T),
        "All is right inside, but not along the border. The padding is paper, 0, and it goes all "
        "around: one row above and one below, one column on either side.": in_place,
        "The values are right, but a pixel away from their place: the padding goes all around, "
        "not on two sides only.": any(moved),
        f"In row {wrong[0]}, column {wrong[1]} came out {given[wrong]:.3f}, and it is to be "
        f"{right[wrong]:.3f}: nine products of weight and pixel, summed.": OTHERWISE,
    }
    expect_equal(given, right, slips, atol=1e-4)


def _convolved(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Convolve weight by weight: each moves the whole picture to its side of the centre."""
    height, width = picture.shape
    output = np.zeros((height + 2, width + 2))
    for (down, right), weight in np.ndenumerate(kernel):
        output[2 - down : 2 - down + height, 2 - right : 2 - right + width] += weight * picture
    return output[1:-1, 1:-1]


@exercise
def lower_edges(answer: Any) -> str:
    """Check a kernel that answers where ink ends and paper begins below it."""
    expect(
        not callable(answer), "The nine weights were expected, and this is a function or a layer."
    )
    kernel = array(answer)
    expect(
        kernel.shape == (3, 3),
        f"A kernel of 3 x 3 was expected, in three rows of three, and yours has {kernel.shape}.",
    )
    even, above, below = (float(rows.sum()) for rows in (kernel, kernel[:2], kernel[1:]))
    upright = max(float(kernel[:, 0].sum()), float(kernel[:, :2].sum()), key=abs)
    slips = {
        "All weights are 0: this kernel answers nothing, anywhere.": not kernel.any(),
        f"Where all is ink your kernel gives {even:g}, and it is to give 0: the weights must "
        "sum to 0.": abs(even) >= 1e-6,
        "At a lower edge your kernel gives 0, but not at an edge that runs upright: it is turned "
        "by a quarter.": abs(above) <= 1e-6 <= abs(upright),
        "At a lower edge, ink above and paper below, your kernel gives 0.": abs(above) <= 1e-6,
        f"At an edge that runs upright your kernel gives {upright:g}, and it is to give 0: each "
        "column must sum to 0.": abs(upright) >= 1e-6,
        f"At a lower edge your kernel gives {above:g}, which is negative: it finds upper "
        "edges.": above < 0,
        f"At an upper edge your kernel gives {below:g}, and it is to be negative.": below >= 0,
    }
    rule_out(slips)
    return "Positive at lower edges, negative at upper ones, and 0 where there is neither."


@exercise
def output_size(answer: Any) -> str:
    """Check a function for the side of the output: of size, kernel, padding and stride."""
    size_of = function(answer)
    for size, kernel, padding, stride in (
        (28, 3, 0, 1),
        (28, 3, 1, 1),
        (28, 5, 2, 1),
        (28, 2, 0, 2),
        (28, 3, 1, 2),
        (7, 2, 0, 2),
        (32, 5, 1, 3),
    ):
        given = number(size_of(size, kernel, padding, stride))
        asked = f"size {size}, kernel {kernel}, padding {padding}, stride {stride}"
        said = f"{asked}: {given:g} came out"
        free, once = size + 2 * padding - kernel, size + padding - kernel
        half_padded = padding > 0 and given in (once // stride + 1, once / stride + 1)
        right = len(range(0, free + 1, stride))  # the window's places, counted
        slips = {
            # Before the steps: with padding, both mistakes can give the same number.
            f"{said}: the padding was counted once, and it is on both sides.": half_padded,
            f"{said}, which is how many steps the window takes. It has one place more than "
            "steps.": given in (free / stride, free // stride),
            f"{said}: the stride was left out of the calculation.": free + 1,
            f"{said}. There is no half a place: where the last step would leave the picture, the "
            "window does not take it.": not given.is_integer(),
            f"{said}: was it rounded up? Where the last step would leave the picture, the window "
            "does not take it.": free // stride + 2,
            f"{said}, and the window has {right} places.": OTHERWISE,
        }
        expect_equal(given, right, slips)
    return "That is the side of every output in this course."


@exercise
def layer_parameters(answer: Any) -> str:
    """Check a function for the parameters of a convolution: of inputs, outputs and side."""
    count = function(answer)
    for inputs, outputs, side in ((1, 32, 3), (32, 64, 3), (3, 16, 5)):
        given = number(count(inputs, outputs, side))
        said = f"{inputs} in, {outputs} out, {side} x {side}: {given:g} came out"
        kernel, kernels = side * side, inputs * outputs
        weights = kernel * kernels
        a_row = given in (kernels * side, kernels * side + outputs)
        biased = weights + kernels
        slips = {
            f"{said}. Each output has one number more: its bias.": weights,
            f"{said}: there is one bias for each output, not one for all.": weights + 1,
            f"{said}. Each output looks at all {inputs} inputs, with weights of its own for "
            "each.": given in (outputs * kernel, outputs * kernel + outputs),
            f"{said}: a kernel has {side} rows of {side} weights.": a_row,
            f"{said}: there is one bias for each output, and not for each kernel.": biased,
            f"{said}. How many weights does one output have, and how many outputs?": OTHERWISE,
        }
        expect_equal(given, weights + outputs, slips)
    return "All of it counted, biases included."
