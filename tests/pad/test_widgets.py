import ipywidgets

from digitlab.pad.widgets import Section


def toggle(section: Section) -> ipywidgets.ToggleButton:
    return section.children[0]


def test_nothing_is_made_or_shown_until_the_section_is_opened():
    built, shown = [], []

    def build():
        built.append(ipywidgets.HTML())
        return built[-1]

    section = Section("More", build, shown.append)
    section.refresh()
    assert (built, shown, section.body) == ([], [], None)
    toggle(section).value = True
    assert section.is_open
    assert built == shown == [section.body]
    section.refresh()
    assert shown == 2 * built


def test_a_folded_section_keeps_what_it_holds_and_does_no_work():
    shown = []
    section = Section("More", ipywidgets.HTML, shown.append)
    section.is_open = True
    body = section.body
    section.is_open = False
    section.refresh()
    assert body.layout.display == "none"
    assert shown == [body]
    section.is_open = True
    assert section.body is body
    assert section.children == (toggle(section), body)
    assert body.layout.display is None
    assert shown == [body, body]


def test_the_button_says_in_words_whether_it_is_open():
    section = Section("More", ipywidgets.HTML, lambda _: None)
    closed = toggle(section).tooltip
    section.is_open = True
    assert (closed, toggle(section).tooltip) == ("Closed: press to open", "Open: press to close")
    assert toggle(section).value
    assert toggle(section).description == "More"
