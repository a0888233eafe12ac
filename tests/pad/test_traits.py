import numpy as np
import pytest
import traitlets

from digitlab import StrokesError
from digitlab.pad.traits import DrawnStrokes, Following, StrokesTrait


class Owner(traitlets.HasTraits):
    strokes = StrokesTrait()
    points = Following(0)

    @traitlets.observe("strokes")
    def _count(self, change):
        self.set_trait("points", sum(map(len, change.new)))


def test_strokes_are_kept_as_lists_of_pairs_of_floats():
    owner = Owner(strokes=(np.array([[1, 2], [3, 4]]), [], iter([(5, 6)])))
    assert owner.strokes == [[(1.0, 2.0), (3.0, 4.0)], [(5.0, 6.0)]]
    assert Owner().strokes == []


def test_what_was_given_can_change_without_changing_the_strokes():
    strokes = [[(1, 1)]]
    owner = Owner(strokes=strokes)
    strokes[0].append((2, 2))
    assert owner.strokes == [[(1, 1)]]
    assert Owner().strokes is not Owner().strokes


def test_a_stroke_that_grows_on_changes_nothing_until_it_is_set_again():
    stroke = [(1.0, 1.0)]
    owner = Owner(strokes=DrawnStrokes([[(0.0, 0.0)], stroke]))
    stroke.append((2.0, 2.0))
    assert owner.strokes == [[(0.0, 0.0)], [(1.0, 1.0)]]
    assert type(owner.strokes) is list
    owner.strokes = DrawnStrokes([[(0.0, 0.0)], stroke])
    assert owner.strokes == [[(0.0, 0.0)], [(1.0, 1.0), (2.0, 2.0)]]
    assert owner.points == 3


def test_what_is_no_strokes_is_refused_and_changes_nothing():
    owner = Owner(strokes=[[(1, 1)]])
    for wrong in (None, [[1, 2]], [[(1, "x")]], [[(0, np.inf)]]):
        with pytest.raises(StrokesError, match=r"[Ss]troke"):
            owner.strokes = wrong
    assert owner.strokes == [[(1, 1)]]


def test_what_follows_is_set_by_its_owner_and_by_nobody_else():
    owner = Owner(strokes=[[(1, 1), (2, 2)]])
    assert owner.points == 2
    with pytest.raises(traitlets.TraitError, match=r"points is read-only.*Set strokes"):
        owner.points = 3
    assert owner.points == 2
