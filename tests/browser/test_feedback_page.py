"""A feedback page in Chromium: the picture is there, and nothing of a student's runs."""

import shutil

import pytest

from autograder import feedback
from autograder.classroom import filled, mistaken_solutions, with_cell
from autograder.classrun import grade_class
from autograder.course import Course
from tests.autograder.conftest import LESSON, fresh_course, released, submit  # noqa: F401

SCRIPT = "<script>window.owned = 1</script><img src=x onerror='window.owned = 1'>"
HOSTILE = {
    "to_gray": f"def to_gray(image):\n    raise ValueError({SCRIPT!r})",
    "split_channels": f"print({SCRIPT!r})\n\n\ndef split_channels(image):\n    return {SCRIPT!r}",
}


@pytest.fixture(scope="module")
def feedback_file(fresh_course, released, tmp_path_factory):  # noqa: F811
    """The page of a student with a named mistake and with scripts in every place that is a student's."""
    root = tmp_path_factory.mktemp("browser") / "course"
    shutil.copytree(fresh_course, root, symlinks=True)
    course = Course(root)
    notebook = filled(released, mistaken_solutions(LESSON, 0) | HOSTILE)
    notebook = with_cell(notebook, f"from IPython.display import HTML\nHTML({SCRIPT!r})", "conv2d")
    notebook = with_cell(notebook, f"raise RuntimeError({SCRIPT!r})", "conv2d")
    notebook.cells[0].source += f"\n\n{SCRIPT}"
    submit(course, "ada", notebook)
    grade_class(course, LESSON)
    assert feedback.render_class(course, LESSON).count("rendered") == 1
    return root / "feedback" / "ada" / LESSON / f"{LESSON}.html"


@pytest.fixture
def page(browser, feedback_file):
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    # The template asks for MathJax and require.js; the test needs no network.
    page.route("**/*", lambda route: route.continue_() if route.request.url.startswith("file:") else route.abort())
    page.goto(feedback_file.as_uri())
    yield page
    page.close()


def test_nothing_that_a_student_wrote_runs(page):
    assert page.evaluate("window.owned") is None
    assert page.locator("[onerror]").count() == 0
    assert page.get_by_text("window.owned = 1").count() >= 4, "it is shown as text"


def test_the_mistake_is_drawn_and_named(page):
    box = page.locator(".cnnkit-shown").first
    assert box.is_visible()
    assert page.get_by_text("Perhaps: kernel flipped.").first.is_visible()
    conv2d = page.locator("div", has_text="conv2d not passed yet").last
    assert conv2d.is_visible()
    wrong = page.locator("td.cnnkit-wrong").first
    assert wrong.evaluate("it => getComputedStyle(it).borderTopStyle") == "solid"
    # Wide tables scroll or wrap; the page itself does not grow beyond the window.
    assert page.evaluate("document.documentElement.scrollWidth") <= 1100
