"""cnnkit.exercises.texts: every sentence can be said in another language."""

import gettext
import inspect
import io
import re
import subprocess
import sys

import numpy as np
import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from cnnkit import check, ops
from cnnkit.answers import SENTENCES, Text, answer_of, difference
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find, model, texts
from cnnkit.exercises.convolution import kernel_flipped


class Marked(gettext.NullTranslations):
    """A language in which every sentence of the catalogue stands between ⟦ and ⟧."""

    def __init__(self):
        super().__init__()
        self.known = {form for text, _ in texts.messages() for form in text.split("\0")}

    def gettext(self, message):
        return f"⟦{message}⟧" if message in self.known else message

    def ngettext(self, one, several, count):
        return self.gettext(one if count == 1 else several)


@pytest.fixture
def marked():
    before = texts.use(Marked())
    yield
    texts.use(before)


def said(name, function):
    with pytest.raises(CheckFailed) as caught:
        check(name, function)
    return str(caught.value)


def unmarked(text):
    """What stands outside all marks."""
    while True:
        shorter = re.sub(r"⟦[^⟦⟧]*⟧", "", text)
        if shorter == text:
            return text
        text = shorter


def forever(*args, **named):
    while True:
        pass


@pytest.mark.parametrize(
    ("function", "contains"),
    [
        (kernel_flipped, "kernel flipped"),
        (lambda image, kernel, stride=1: np.zeros((9, 9)), "array of shape"),
        (lambda image, kernel, stride=1: None, "returned nothing"),
        (lambda image, kernel, stride=1: "map", "returned text"),
        (lambda image, kernel, stride=1: {}, "returned a dict"),
        (lambda image, kernel, stride=1: (np.zeros(2), np.zeros(3)), "different shapes"),
        (lambda image: image, "should begin with"),
        (lambda image, kernel, stride=1: 1 / 0, "stopped with an error"),
        (forever, "did not finish within"),
    ],
)
def test_all_that_a_check_says_is_in_the_catalogue(function, contains, marked, monkeypatch):
    monkeypatch.setattr("cnnkit.checking.CALL_SECONDS", 0.2)
    text = said("conv2d", function)
    assert contains in text
    rest = re.sub(r"    conv2d\(.*|\[\[.*\]\]", "", unmarked(text))
    assert not re.search(r"[A-Za-z]", rest), rest


def test_success_and_an_unwritten_function_are_in_the_catalogue(marked, capsys):
    def unwritten(x):
        raise NotImplementedError

    assert not re.search(r"[A-Za-z]", unmarked(said("relu", unwritten)))
    check("relu", ops.relu)
    assert not re.search(r"[A-Za-z]", unmarked(capsys.readouterr().out))


def test_several_results_are_counted_as_the_language_counts(marked):
    right = find("split_channels").reference(np.zeros((2, 2, 3)))
    text = difference(answer_of(np.ones((3, 2, 2))), right, 1.0)
    assert text == "result 1 of 3: 4 of 4 values are wrong: at [0, 0] it is 1, but should be 0"
    assert texts.say(text) == ("⟦result 1 of 3: ⟦4 of 4 values are wrong: at [0, 0] it is 1, but should be 0⟧⟧")


def test_a_translation_from_a_file_takes_effect(tmp_path):
    catalog = Catalog(locale="de")
    catalog.add(texts.NOT_RIGHT, "{name} stimmt noch nicht.")
    catalog.add(texts.EXPECTED, "erwartet")
    catalog.add(texts.GOT, "erhalten")
    catalog.add("kernel flipped", "Kern gespiegelt")
    catalog.add(SENTENCES["values"], ("{count} von {total} Zahlen ist falsch: bei {place} {got} statt {expected}",) * 2)
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "cnnkit.mo").open("wb") as file:
        write_mo(file, catalog)
    before = texts.use(gettext.translation("cnnkit", tmp_path, ["de"]))
    try:
        text = said("conv2d", kernel_flipped)
    finally:
        texts.use(before)
    assert text.startswith("conv2d stimmt noch nicht. A right one")
    assert re.search(r"\n\n\d+ von \d+ Zahlen ist falsch: bei \[\d, \d\] .+ statt .+\.\n\nerwartet +erhalten\n", text)
    assert "Kern gespiegelt" in text


def test_translators_start_from_a_template():
    command = [sys.executable, "-m", "cnnkit.exercises.texts"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert not printed.stderr
    catalog = read_po(io.StringIO(printed.stdout))
    listed = {message.id if isinstance(message.id, str) else message.id[0] for message in catalog if message.id}
    assert listed == {text.split("\0")[0] for text, _ in texts.messages()}
    assert "is there a loop that never ends" in " ".join(listed)


def test_a_text_is_a_string_like_any_other():
    text = Text.of("results", count=2, expected=3)
    assert text == "returned 2 results, but should return 3"
    assert text.count("r") == 5
    assert texts.say("") == ""


@pytest.mark.parametrize("text", ["braces {0} {like} these", "100 % {", "}"])
def test_a_students_braces_are_no_places_for_values(text):
    assert texts.sentence(text).startswith(text[:1].upper())
    assert text in texts.say(texts.ERROR, error=text)


def test_what_a_property_says_is_said_word_for_word():
    source = inspect.getsource(model)
    for text in texts._PROPERTY_SAYS:
        assert f'"{text}"' in source
        assert texts.sentence(text).startswith("Your function ")
