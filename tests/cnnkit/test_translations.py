"""The translations are complete, and their places for values are those of the English sentences."""

import gettext
import io
import re
from pathlib import Path

import numpy as np
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from autograder import translations
from cnnkit import check
from cnnkit.checking import CheckFailed
from cnnkit.exercises import dropping, texts
from cnnkit.exercises.convolution import kernel_flipped

CATALOGUES = [
    ("cnnkit", Path(texts.__file__).parents[1] / "locale", texts.messages),
    (translations.DOMAIN, translations.FOLDER, translations.messages),
]
FILES = [
    (path, listed)
    for domain, folder, listed in CATALOGUES
    for path in sorted(folder.glob(f"*/LC_MESSAGES/{domain}.po"))
]


def ids(value):
    return value.parts[-3] + " " + value.stem if isinstance(value, Path) else ""


@pytest.fixture
def german():
    before = texts.use(gettext.NullTranslations())
    texts.speak("de")
    yield
    texts.use(before)


def places(text):
    return sorted(re.findall(r"{(\w*)}", text))


def test_there_is_a_translation():
    assert {path.parts[-3] for path, _ in FILES} == {"de"}
    assert len(FILES) == 2


@pytest.mark.parametrize(("path", "listed"), FILES, ids=ids)
def test_the_catalogue_has_every_message_and_no_other(path, listed):
    catalog = read_po(io.BytesIO(path.read_bytes()))
    found = {"\0".join(m.id) if isinstance(m.id, tuple) else m.id for m in catalog if m.id}
    assert found == {text for text, _ in listed()}
    for message in catalog:
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), message.id
        assert not message.fuzzy, message.id


@pytest.mark.parametrize(("path", "listed"), FILES, ids=ids)
def test_values_have_the_same_places(path, listed):
    """Texts without places are never formatted, so braces in them are harmless, and need not agree."""
    for message in read_po(io.BytesIO(path.read_bytes())):
        if not message.id:
            continue
        ids, forms = (each if isinstance(each, tuple) else (each,) for each in (message.id, message.string))
        for form in forms:
            assert places(form) == places(ids[0]), message.id
            # Names that students type stand as they are.
            for name in re.findall(r"`[^`]+`|np\.\w+|\w+=\w+", ids[0]):
                assert name in form, message.id


@pytest.mark.parametrize(("path", "listed"), FILES, ids=ids)
def test_the_compiled_file_is_made_of_the_text(path, listed):
    made = io.BytesIO()
    write_mo(made, read_po(io.BytesIO(path.read_bytes()), locale=path.parts[-3]))
    made.seek(0)
    compiled = path.with_suffix(".mo")
    expected, found = (gettext.GNUTranslations(file) for file in (made, io.BytesIO(compiled.read_bytes())))
    for each in (expected, found):
        del each._catalog[""]  # the header, with the time
    assert found._catalog == expected._catalog, f"type: pybabel compile -i {path} -o {compiled} -l {path.parts[-3]}"


def test_check_speaks_german(german, monkeypatch):
    monkeypatch.setattr("cnnkit.checking.SHRINKING", 300.0)
    with pytest.raises(CheckFailed) as caught:
        check("conv2d", kernel_flipped)
    text = str(caught.value)
    assert text.startswith("conv2d stimmt noch nicht. Richtig ist: multipliziert jedes Fenster")
    assert "1 von 1 Werten ist falsch: bei [0, 0] ist es 0, soll aber 1 sein." in text
    assert "Ein wahrscheinlicher Grund: Kern gespiegelt." in text
    with pytest.raises(CheckFailed, match=r"Deine Funktion hat nichts zurückgegeben: Gibt es ein `return`\?"):
        check("conv2d", lambda image, kernel, stride=1: None)


def test_what_dropout_does_wrong_is_said_in_german(german):
    source = Path(dropping.__file__).read_text()
    for text in dropping.SENTENCES:
        assert source.count(f'"{text}"') >= 2, f"{text!r} is listed, and said nowhere"
    x = np.ones((4, 6))
    call = dropping.Call((x, 0.5, np.random.default_rng(0)))
    whole = np.tile([0.0, 2.0, 2.0, 0.0, 0.0, 2.0], (4, 1))
    text = dropping.drawn_apart([call, call], [whole, whole])
    assert texts.say(text) == "entlang der ersten Achse fallen alle Werte zusammen, oder alle bleiben"


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="no translation into 'xx'; there are: de, en"):
        texts.speak("xx")
