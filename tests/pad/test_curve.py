import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digitlab.front
from digitlab.pad.curve import STEP, curve
from tests.strokes import PAD, TEMPLATES

SHARES = st.floats(0, 1).map(lambda share: round(share, 3))
STROKES = st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=12)


def without_rests(points):
    return [point for n, point in enumerate(points) if n == 0 or point != points[n - 1]]


@given(STROKES.map(without_rests))
def test_a_curve_goes_through_all_its_points_in_short_pieces(points):
    drawn = curve(points, size=1)
    for point in points:
        assert np.hypot(*(drawn - point).T).min() < 1e-9
    assert np.hypot(*np.diff(drawn, axis=0).T).max() < 3 * STEP
    assert np.abs(drawn - 0.5).max() < 0.8  # it does not swing far out


def test_nine_points_are_enough_for_a_circle():
    turn = np.linspace(0, 2 * np.pi, 10)
    circle = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    drawn = curve([*map(tuple, circle)], size=3)
    off = np.abs(np.hypot(*drawn.T) - 1)[len(drawn) // 9 : -len(drawn) // 9]
    assert off.max() < 0.02  # straight lines would be off by 0.06


def test_a_corner_stays_a_corner():
    drawn = curve([(0.2, 0.2), (0.7, 0.2), (0.4, 0.9)], size=1)
    on_top = np.isclose(drawn[:, 1], 0.2)
    on_leg = np.isclose((drawn[:, 0] - 0.7) * 0.7, -(drawn[:, 1] - 0.2) * 0.3)
    assert (on_top | on_leg).all()


IN_THE_BROWSER = """
import { readFileSync } from "node:fs";
const { curve } = await import(process.argv[1]);
const strokes = JSON.parse(readFileSync(0, "utf8"));
const drawn = strokes.map((stroke) => curve(stroke.map(([x, y]) => ({ x, y }))));
console.log(JSON.stringify(drawn.map((points) => points.map(({ x, y }) => [x, y]))));
"""


def test_the_browser_draws_the_same_one():
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if node is None:
        pytest.skip("This needs Node.")  # .ci/run brings one along
    strokes = [
        [(x / PAD[0], y / PAD[1]) for x, y in stroke]
        for strokes in TEMPLATES.values()
        for stroke in strokes
    ]
    program = [node, "--input-type=module", "--eval", IN_THE_BROWSER]
    process = subprocess.run(
        [*program, (Path(digitlab.front.__file__).parent / "geometry.js").as_uri()],
        input=json.dumps(strokes),
        capture_output=True,
        check=True,
        text=True,
    )
    for stroke, drawn in zip(strokes, json.loads(process.stdout), strict=True):
        np.testing.assert_allclose(curve(stroke, size=1), drawn, atol=1e-9)
