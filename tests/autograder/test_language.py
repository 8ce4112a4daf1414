"""Whatever the grader says to a student can be said in another language, and is said in German."""

import gettext
import re

import pytest

from autograder import translations
from autograder.classroom import as_solution, filled, right_solutions, with_cell
from autograder.course import CourseError
from autograder.grading import grade_notebook
from autograder.judging import judge_file
from autograder.render import as_html, as_text
from autograder.session import Session
from autograder.submission import Submission, read_submission
from autograder.verdict import judge, not_graded
from cnnkit import exercises
from cnnkit.exercises import texts

from .conftest import LESSON, LIMITS

FLIPPED = as_solution(exercises.find("conv2d").misconceptions[0].function, "conv2d")
CASES = {
    "right": right_solutions(LESSON)["conv2d"],
    "named": FLIPPED,
    "nothing": "def conv2d(image, kernel, stride=1):\n    pass",
    "text": "def conv2d(image, kernel, stride=1):\n    return 'map'",
    "shape": "def conv2d(image, kernel, stride=1):\n    return image",
    "unwritten": "def conv2d(image, kernel, stride=1):\n    raise NotImplementedError()",
    "missing": "",
    "no function": "conv2d = 7",
    "hangs": "def conv2d(image, kernel, stride=1):\n    while True:\n        pass",
    "dies": "import os\ndef conv2d(image, kernel, stride=1):\n    os._exit(3)",
    "memory": "def conv2d(image, kernel, stride=1):\n    return bytearray(2**40)",
}


class Marked(gettext.NullTranslations):
    """A language in which every sentence of the catalogues stands between ⟦ and ⟧."""

    known = frozenset(
        form for listed in (texts, translations) for text, _ in listed.messages() for form in text.split("\0")
    )

    def gettext(self, message):
        return f"⟦{message}⟧" if message in self.known else message

    def ngettext(self, one, several, count):
        return self.gettext(one if count == 1 else several)


@pytest.fixture
def speak():
    before = texts.use(gettext.NullTranslations())
    yield texts.use
    texts.use(before)


def unmarked(text):
    while (shorter := re.sub(r"⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text


@pytest.mark.parametrize("case", CASES)
def test_every_sentence_of_a_verdict_is_in_the_catalogue(host, store, speak, case):
    speak(Marked())
    with Session(host, LIMITS) as session:
        session.run_cell(CASES[case])
        verdict = judge(session, store.get("conv2d"))
    text = as_text(verdict, 1.0, 5.0)
    code = r"(?s)conv2d\(.*?\)\n|\[\[.*?\]\]|shape \(.*?\)"
    assert not re.search(r"[A-Za-z]{3}", re.sub(code, "", unmarked(text)).replace("conv2d", "")), text
    page = re.sub(r"<style>.*?</style>|<pre.*?</pre>|<[^>]*>", " ", as_html(verdict, 1.0, 5.0), flags=re.DOTALL)
    page = re.sub(r"\b(conv2d|image|kernel)\b", "", unmarked(page))
    assert not re.search(r"[A-Za-z]{3}", page.replace("nbsp", "")), page
    assert "⟦" not in verdict.reason, "data stays in English"


def test_a_graded_notebook_speaks_german(host, store, released, speak, course):
    course.grading.language = "de"
    course.speak()
    hangs = "def to_gray(image):\n    while True:\n        pass"
    solutions = right_solutions(LESSON) | {"conv2d": FLIPPED, "to_gray": hangs}
    notebook = with_cell(filled(released, solutions), "import os; os._exit(4)", "conv2d")
    graded = grade_notebook(host, Submission(notebook, notes=["n"]), released, store, LIMITS)
    shown = {
        (cell.metadata.get("nbgrader") or {}).get("grade_id", number): cell.get("outputs", [])
        for number, cell in enumerate(graded.notebook.cells)
    }
    page = shown["conv2d"][0].data["text/html"]
    assert "conv2d noch nicht bestanden: " in page
    assert "<strong>Vielleicht: Kern gespiegelt.</strong> Schreibe die vier Produkte" in page
    assert "✗\xa0nicht erfüllt" in page
    assert ">erwartet, Form (1, 1)<" in page
    page = shown["to_gray"][0].data["text/plain"]
    assert "to_gray konnte nicht bewertet werden: 0 von 2 Punkten. to_gray wurde in 0.8 Sekunden nicht fertig" in page
    printed = "".join(o.get("text", "") for outputs in shown.values() for o in outputs)
    assert "Diese Zelle hat den Prozess des Notebooks beendet: sie hat den Prozess beendet (Exit-Code 4)." in printed
    assert graded.notebook.cells[0].source.startswith("**Von der Bewertung**")
    assert "conv2d: kernel flipped" in graded.reason, "the table of the teacher is as it was"


def test_a_submission_that_cannot_be_read_says_so_in_german(released, speak, tmp_path, course):
    path = tmp_path / f"{LESSON}.ipynb"
    path.write_text("{ damaged")
    submission = read_submission(path, released, 2**20)
    course.grading.language = "de"
    course.speak()
    assert "das Notebook ist kein JSON" in as_text(not_graded("conv2d", submission.problem), 0, 5)


def test_a_language_without_a_translation_is_refused(course, tmp_path, speak):
    course.grading.language = "tlh"
    with pytest.raises(CourseError, match=r"c\.Grading\.language in nbgrader_config\.py: .*there are: de, en"):
        judge_file(course, "conv2d", tmp_path / "solution.py")
