"""The tables of sentences: complete, alike in form, and used."""

import re
from pathlib import Path

import pytest

import digitlab
from digitlab import DigitPad
from digitlab.front.language import LANGUAGES, preferred, table
from tests.strokes import TEMPLATES

PACKAGE = Path(digitlab.__file__).parent
OTHERS = LANGUAGES[1:]


def sentences(lang: str) -> dict[str, str]:
    """All of them, without the captions of the stages, whose English is in `preprocess`."""
    return {
        f"{part}.{name}": said
        for part, words in table(lang).items()
        for name, said in words.items()
        if not name.startswith("stage: ")
    }


def form(sentence: str) -> list[str]:
    """Its places to fill in, and its markup."""
    return sorted(re.findall(r"\{\w+\}|<[^>]+>", sentence))


def test_no_template_takes_a_method_of_the_table_for_a_word():
    templates = [path for ending in ("j2", "html") for path in PACKAGE.rglob(f"*.{ending}")]
    asked = {
        word
        for path in templates
        for word in re.findall(r"words\.(\w+)\b(?!\()", path.read_text(encoding="utf-8"))
    }
    assert "key_title" in asked
    assert not asked & set(dir(dict))


@pytest.mark.parametrize("lang", OTHERS)
def test_each_language_has_all_sentences_in_the_same_form(lang):
    english, other = sentences("en"), sentences(lang)
    assert list(other) == list(english)
    for name, said in other.items():
        assert set(form(said)) == set(form(english[name])), name
        assert said.strip(), name


@pytest.mark.parametrize("lang", OTHERS)
def test_nothing_is_left_in_english(lang):
    english, other = sentences("en"), sentences(lang)
    same = {name for name in english if english[name] == other[name] and " " in english[name]}
    assert same == set()


def test_the_letters_are_those_of_the_language():
    romanian = "".join(sentences("ro").values())
    assert not set("şţŞŢ") & set(romanian)  # with a cedilla: Turkish, not Romanian
    assert set("ăâîșț") <= set(romanian)
    assert set("äöüß") <= set("".join(sentences("de").values()))


@pytest.mark.parametrize("lang", OTHERS)
def test_captions_of_stages_are_those_that_there_are(lang):
    code = (PACKAGE / "preprocess" / "stages.py").read_text()
    captions = {name for name in table(lang)["insight"] if name.startswith("stage: ")}
    assert len(captions) == len({name for name in table("ro")["insight"] if "stage: " in name})
    for caption in captions:
        assert f'"{caption.removeprefix("stage: ")}"' in code


def test_every_sentence_is_used():
    code = "".join(
        path.read_text()
        for path in PACKAGE.rglob("*")
        if path.suffix in (".py", ".js", ".j2", ".html")
    )
    made = re.compile(r"insight\.(row|column|lesson)_|(pad|teaching)\.\w+_more|page\.\w+_why")
    unused = [
        name
        for name in sentences("en")
        if not made.match(name) and not re.search(rf"\b{name.partition('.')[2]}\b", code)
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("wishes", "lang"),
    [
        ("ro", "ro"),
        ("ro-MD,ro;q=0.9,en;q=0.8", "ro"),
        ("fr, de;q=0.5", "de"),
        ("en-GB, de", "en"),
        ("", "en"),
        ("*", "en"),
        ("x" * 10_000, "en"),
    ],
)
def test_the_first_language_that_is_known_is_taken(wishes, lang):
    assert preferred(wishes) == lang


def test_a_language_without_a_table_is_refused():
    with pytest.raises(ValueError, match=r"'fr'.*en, ro, de"):
        DigitPad(lang="fr")


@pytest.mark.parametrize(("lang", "said"), [("ro", "Rețeaua citește"), ("de", "Das Netz liest")])
def test_a_pad_speaks_it_in_all_its_parts(lang, said):
    pad = DigitPad(lang=lang, collect=False)
    for section in pad._sections:
        section.is_open = True
    pad._sections[0].body.feature_maps.is_open = pad._sections[0].body.why.is_open = True
    pad.strokes = TEMPLATES[4]
    seen = "".join(re.findall(r"'(?:value|description|tooltip)': '([^']*)'", texts(pad)))
    assert said in seen
    english = sentences("en").values()
    left = [line for line in english if len(line) > 12 and "{" not in line and line in seen]
    assert left == []
    pad.close()


def texts(widget) -> str:
    state = {key: getattr(widget, key, "") for key in ("value", "description", "tooltip")}
    own = "".join(
        f"'{key}': '{said}'" for key, said in state.items() if isinstance(said, str) and said
    )
    return own + "".join(map(texts, getattr(widget, "children", ())))
