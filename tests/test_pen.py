from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from digitlab.pen import Drawing

points = st.tuples(st.floats(0, 280), st.floats(0, 280))


def test_a_stroke_begins_grows_and_ends():
    drawing = Drawing()
    assert drawing.pen_down((1, 1))
    assert drawing.pen_move((2, 2))
    assert not drawing.pen_move((2, 2))  # the pen rests: no ink
    assert not drawing.pen_up()
    assert not drawing.pen_move((9, 9))
    assert drawing.strokes == [[(1, 1), (2, 2)]]


def test_a_stroke_that_left_the_pad_is_not_continued_when_the_pen_returns():
    drawing = Drawing()
    drawing.pen_down((1, 1))
    drawing.pen_up()  # at the edge
    assert not drawing.pen_move((5, 5))
    drawing.pen_down((6, 6))
    assert drawing.strokes == [[(1, 1)], [(6, 6)]]


def test_a_lost_button_release_leaves_no_line_between_two_strokes():
    drawing = Drawing()
    drawing.pen_down((1, 1))
    drawing.pen_down((9, 9))
    assert drawing.strokes == [[(1, 1)], [(9, 9)]]


def test_a_palm_does_not_disturb_the_finger_that_draws():
    drawing = Drawing(reach=50)
    assert drawing.fingers_down([(10, 10)])
    assert not drawing.fingers_down([(10, 10), (200, 200)])
    assert drawing.fingers_move([(200, 205), (20, 20)])
    assert not drawing.fingers_up([(20, 20)])  # the palm was lifted
    assert drawing.fingers_move([(30, 30)])
    assert drawing.strokes == [[(10, 10), (20, 20), (30, 30)]]


def test_a_resting_palm_does_not_inherit_the_stroke():
    drawing = Drawing(reach=50)
    drawing.fingers_down([(10, 10)])
    drawing.fingers_down([(10, 10), (200, 200)])
    drawing.fingers_up([(200, 200)])  # the finger was lifted
    assert not drawing.fingers_move([(201, 201)])
    assert not drawing.fingers_down([(200, 200), (15, 15)])
    drawing.fingers_up([])
    assert drawing.fingers_down([(15, 15)])
    assert drawing.strokes == [[(10, 10)], [(15, 15)]]


@given(st.lists(st.lists(points, min_size=1)))
def test_replacing_copies_and_lifts_the_pen(strokes):
    drawing = Drawing()
    drawing.pen_down((0, 0))
    drawing.replace(strokes)
    assert drawing.strokes == strokes
    assert not drawing.pen_move((300, 300))
    assert drawing.strokes == strokes
    drawing.pen_down((1, 1))
    assert len(strokes) == len(drawing.strokes) - 1


class AnyHand(RuleBasedStateMachine):
    """Whatever arrives in whatever order, ink only grows, and is reported."""

    def __init__(self):
        super().__init__()
        self.drawing = Drawing(reach=70)
        self.ink = 0

    @rule(event=st.sampled_from(["pen_down", "pen_move"]), point=points)
    def pen(self, event, point):
        self.ink += getattr(self.drawing, event)(point)

    @rule(
        event=st.sampled_from(["fingers_down", "fingers_move", "fingers_up"]),
        touches=st.lists(points, max_size=3),
    )
    def fingers(self, event, touches):
        self.ink += getattr(self.drawing, event)(touches)

    @rule()
    def up(self):
        assert not self.drawing.pen_up()

    @invariant()
    def every_point_was_reported(self):
        assert sum(len(stroke) for stroke in self.drawing.strokes) == self.ink
        assert all(self.drawing.strokes)


TestAnyHand = AnyHand.TestCase
