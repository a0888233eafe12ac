import copy

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from digitlab.pad.history import UNDO_SHEETS, Drawing

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


def test_steps_are_taken_back_and_done_again():
    drawing = Drawing()
    assert (drawing.is_empty, drawing.can_undo, drawing.can_redo) == (True, False, False)
    for point in [(1, 1), (2, 2)]:
        drawing.pen_down(point)
    drawing.undo()
    assert drawing.strokes == [[(1, 1)]]
    drawing.undo()
    drawing.undo()
    assert (drawing.strokes, drawing.is_empty, drawing.can_undo) == ([], True, False)
    drawing.redo()
    assert (drawing.strokes, drawing.can_redo) == ([[(1, 1)]], True)
    drawing.redo()
    drawing.redo()
    assert (drawing.strokes, drawing.can_redo) == ([[(1, 1)], [(2, 2)]], False)


def test_a_new_stroke_forgets_what_was_taken_back():
    drawing = Drawing()
    drawing.replace([[(1, 1)], [(2, 2)], [(3, 3)]])
    drawing.undo()
    drawing.undo()
    drawing.pen_down((4, 4))
    drawing.redo()
    assert drawing.strokes == [[(1, 1)], [(4, 4)]]
    drawing.undo()
    assert drawing.strokes == [[(1, 1)]]
    drawing.redo()
    assert drawing.strokes == [[(1, 1)], [(4, 4)]]


def test_undo_lifts_the_pen():
    drawing = Drawing()
    drawing.pen_down((1, 1))
    drawing.pen_down((2, 2))
    drawing.undo()
    assert not drawing.pen_move((3, 3))
    drawing.redo()
    assert not drawing.pen_move((3, 3))
    assert drawing.strokes == [[(1, 1)], [(2, 2)]]


def test_what_was_replaced_comes_again_after_the_first_stroke_of_what_replaced_it():
    drawing = Drawing()
    drawing.replace([[(1, 1)], [(2, 2)]])
    drawing.replace([[(3, 3)], [(4, 4)]])
    seen = []
    while drawing.can_undo:
        drawing.undo()
        seen.append(drawing.strokes)
    assert seen == [[[(3, 3)]], [[(1, 1)], [(2, 2)]], [[(1, 1)]], []]


def test_an_image_comes_in_place_of_strokes_and_goes_with_the_next():
    drawing = Drawing()
    drawing.pen_down((1, 1))
    drawing.replace([], "image")
    assert (drawing.image, drawing.strokes, drawing.is_empty) == ("image", [], False)
    assert not drawing.pen_move((2, 2))
    drawing.pen_down((3, 3))
    assert (drawing.image, drawing.strokes) == (None, [[(3, 3)]])
    drawing.undo()
    assert (drawing.image, drawing.strokes) == ("image", [])
    drawing.undo()
    assert (drawing.image, drawing.strokes) == (None, [[(1, 1)]])
    drawing.redo()
    drawing.redo()
    assert (drawing.image, drawing.strokes) == (None, [[(3, 3)]])


def undone(drawing: Drawing) -> int:
    """Take back all that can be taken back, and count the steps."""
    steps = 0
    while drawing.can_undo:
        drawing.undo()
        steps += 1
    return steps


def test_all_of_200_strokes_can_be_taken_back():
    drawing = Drawing()
    for i in range(200):
        drawing.pen_down((i, i))
    assert undone(drawing) == 200
    assert drawing.is_empty


def test_of_many_images_the_first_are_forgotten():
    drawing = Drawing()
    for i in range(UNDO_SHEETS + 10):
        drawing.replace([], f"image {i}")
    assert undone(drawing) == UNDO_SHEETS
    assert drawing.image == "image 9"


class AnyHand(RuleBasedStateMachine):
    """Whatever arrives in whatever order: ink is reported, and each step can be taken back.

    The oracle keeps a copy of everything for each step.
    """

    def __init__(self):
        super().__init__()
        self.drawing = Drawing()
        self.past, self.future = [], []
        self.now = ([], None)

    def happened(self):
        """Begin a new step, as a stroke or a whole new drawing does."""
        self.past.append(copy.deepcopy(self.now))
        self.future.clear()

    def drew(self, before, left_ink):
        strokes = self.drawing.strokes
        if len(strokes) > len(before[0]) or (before[1] is not None and left_ink):
            self.happened()
        points = sum(map(len, strokes)) - (0 if before[1] else sum(map(len, before[0])))
        assert points == left_ink
        self.now = (copy.deepcopy(strokes), None if left_ink else before[1])

    @rule(event=st.sampled_from(["pen_down", "pen_move"]), point=points)
    def pen(self, event, point):
        before = self.now
        self.drew(before, getattr(self.drawing, event)(point))

    @rule()
    def up(self):
        assert not self.drawing.pen_up()

    @rule(strokes=st.lists(st.lists(points, min_size=1, max_size=2), max_size=3))
    def replace(self, strokes):
        self.happened()
        self.past += [(strokes[:shown], None) for shown in range(1, len(strokes))]
        self.now = (strokes, None)
        self.drawing.replace(strokes)

    @rule(image=st.text(min_size=1, max_size=1))
    def put(self, image):
        self.happened()
        self.now = ([], image)
        self.drawing.replace([], image)

    @rule()
    def undo(self):
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()
        self.drawing.undo()

    @rule()
    def redo(self):
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()
        self.drawing.redo()

    @invariant()
    def the_drawing_is_what_it_should_be(self):
        strokes, image = self.now
        assert (self.drawing.strokes, self.drawing.image) == (strokes, image)
        assert all(strokes)
        assert self.drawing.is_empty == (not strokes and image is None)
        assert self.drawing.can_undo == bool(self.past)
        assert self.drawing.can_redo == bool(self.future)


TestAnyHand = AnyHand.TestCase
