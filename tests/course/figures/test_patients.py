import pytest

from digitlab.course.figures.patients import ILLNESSES, PATIENTS, patients


def test_each_illness_has_a_patient():
    assert sorted(patient.illness for patient in PATIENTS.values()) == sorted(ILLNESSES)


def test_the_curves_are_theirs_and_say_no_name():
    figure = patients()
    upper, lower = figure.axes[:5], figure.axes[5:]
    assert [axes.get_title() for axes in upper] == list(PATIENTS)
    for patient, above, below in zip(PATIENTS.values(), upper, lower, strict=True):
        assert above.lines[0].get_ydata().tolist() == list(patient.loss)
        assert below.lines[0].get_ydata() == pytest.approx(
            [100 * share for share in patient.accuracy]
        )
    text = figure.alternative_text
    assert not any(illness in text for illness in ILLNESSES)
    assert "B: loss from 2.3 by 2.3 to 2.2, digits read right from 7 % to 40 %." in text


def test_what_tells_them_apart_is_there():
    end = {each.illness: (each.loss[-1], each.accuracy[-1]) for each in PATIENTS.values()}
    assert end["healthy"][0] < 0.3
    assert end["healthy"][1] > 0.9
    assert end["labels shuffled"][0] < 0.3
    assert end["labels shuffled"][1] < 0.15
    assert end["learnt by heart"][0] < 0.1
    assert 0.5 < end["learnt by heart"][1] < 0.8
    assert end["rate too high"][0] > 2.25
    low = next(each for each in PATIENTS.values() if each.illness == "rate too low")
    assert list(low.loss) == sorted(low.loss, reverse=True)
