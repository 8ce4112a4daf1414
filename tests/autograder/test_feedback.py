"""`autograder feedback`: the pages of stock nbgrader, to the last character, and what happens when something fails."""

import json
import multiprocessing
import os
import shutil

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from autograder import feedback
from autograder.classroom import filled, mistaken_solutions, right_solutions, with_cell
from autograder.classrun import grade_class
from autograder.course import Course, CourseError
from autograder.feedback_page import read_quickly, read_slowly
from cnnkit import exercises

from .conftest import LESSON, run, submit

HOSTILE = (
    "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\"> & 5 > 4 'quoted' \xa0 ü"
)
_PRINTS = f"def conv2d(image, kernel, stride=1):\n    raise ValueError({HOSTILE!r})"


@pytest.fixture(scope="module")
def graded_course(fresh_course, tmp_path_factory, released):
    """A small class, graded, with a comment, a late submission and manual points."""
    root = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(fresh_course, root, symlinks=True)
    with open(root / "nbgrader_config.py", "a") as config:
        config.write("\nc.Limits.shrink_seconds = 0.2\n")
    course = Course(root)
    right = right_solutions(LESSON)
    submit(course, "right", filled(released, right))
    submit(course, "blank", released)
    submit(course, "mistaken", filled(released, mistaken_solutions(LESSON, 0)))
    submit(course, "hostile", with_cell(filled(released, right | {"conv2d": _PRINTS}), f"print({HOSTILE!r})", ""))
    submit(course, "damaged", "{ damaged")
    submit(course, "ümlaut & <b>", filled(released, right | {"to_gray": "def to_gray(image):\n    return None"}))
    (course.submitted("right", LESSON) / "timestamp.txt").write_text("2026-01-02 03:04:05 UTC")
    grade_class(course, LESSON)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_comment("conv2d-solution", LESSON, LESSON, "mistaken").manual_comment = "See **me**, 3 < 5 & $a < b$."
        book.find_grade("conv2d", LESSON, LESSON, "mistaken").manual_score = 1.25
        book.find_grade("to_gray", LESSON, LESSON, "mistaken").extra_credit = 0.5
        book.find_submission_notebook(LESSON, LESSON, "blank").late_submission_penalty = 0.5
        book.db.commit()
    return course


@pytest.fixture
def class_(graded_course, tmp_path):
    shutil.copytree(graded_course.root, tmp_path / "course", symlinks=True)
    return Course(tmp_path / "course")


def pages(course):
    """All files of all students, with their permissions."""
    root = course.root / "feedback"
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mode & 0o777) for path in files}


def states(summary):
    return {row.student: row.state for row in summary.rows}


def test_the_pages_are_those_of_stock_nbgrader(class_):
    summary = feedback.render_class(class_, LESSON, workers=2)
    assert summary.as_json()["rendered"] == 6
    assert summary.count("failed") == 0
    ours = pages(class_)
    shutil.rmtree(class_.root / "feedback")
    run(class_.root, "nbgrader", "generate_feedback", LESSON)
    stock = pages(class_)
    assert set(ours) == set(stock)
    for name in stock:
        assert ours[name] == stock[name], name
    page = stock[f"mistaken/{LESSON}/{LESSON}.html"][0].decode()
    assert "See <strong>me</strong>" in page
    assert "Late submission penalty" in stock[f"blank/{LESSON}/{LESSON}.html"][0].decode()


def test_the_same_from_one_process_and_from_several(class_):
    feedback.render_class(class_, LESSON, workers=1)
    one = pages(class_)
    feedback.render_class(class_, LESSON, workers=3, force=True)
    assert pages(class_) == one


def test_only_what_changed_is_rendered_again(class_):
    feedback.render_class(class_, LESSON)
    assert set(states(feedback.render_class(class_, LESSON)).values()) == {"skipped"}
    with Gradebook(class_.directory.db_url, class_.directory.course_id) as book:
        book.find_comment("to_gray-solution", LESSON, LESSON, "right").manual_comment = "well done"
        book.db.commit()
    page = class_.root / "feedback" / "blank" / LESSON / f"{LESSON}.html"
    page.unlink()
    os.utime(class_.root / "feedback" / "damaged" / LESSON / f"{LESSON}.html")  # somebody else wrote it
    changed = states(feedback.render_class(class_, LESSON))
    assert {student for student, state in changed.items() if state == "rendered"} == {"right", "blank", "damaged"}
    assert "well done" in (class_.root / "feedback" / "right" / LESSON / f"{LESSON}.html").read_text()
    assert states(feedback.render_class(class_, LESSON, ["right"], force=True)) == {"right": "rendered"}


def test_a_failure_is_a_row_and_leaves_no_older_page(class_, released):
    feedback.render_class(class_, LESSON)
    path = class_.autograded("right", LESSON) / f"{LESSON}.ipynb"
    path.chmod(0o644)
    path.write_text("{ damaged")
    shutil.rmtree(class_.autograded("blank", LESSON))
    submit(class_, "late", released)
    shutil.copytree(class_.autograded("mistaken", LESSON), class_.autograded("nobody", LESSON))
    summary = feedback.render_class(class_, LESSON)
    reasons = {row.student: row.reason for row in summary.rows if row.state == "failed"}
    assert set(reasons) == {"right", "blank", "late", "nobody"}
    assert reasons["late"] == f"not graded yet; type: autograder grade {LESSON} --student late"
    assert "not in the gradebook" in reasons["nobody"]
    assert "JSON" in reasons["right"]
    assert not (class_.root / "feedback" / "right" / LESSON).exists()
    assert summary.count("skipped") == 4


def test_a_process_that_ends_costs_its_own_rows_only_once(class_, monkeypatch):
    monkeypatch.setattr("autograder.feedback_page.PageWriter.page", lambda self, path, marks: os._exit(3))
    summary = feedback.render_class(class_, LESSON, workers=2)
    assert set(states(summary).values()) == {"failed"}
    assert "ended" in summary.rows[0].reason
    assert not multiprocessing.active_children()


@pytest.mark.parametrize(
    ("lesson", "config", "students", "says"),
    [
        ("09-nothing", "", (), "09-nothing is not in the gradebook yet; type: nbgrader generate_assignment"),
        (LESSON, "", ("zoe",), "no submission of 01-convolution by: zoe"),
        (LESSON, "c.GenerateFeedback.pre_convert_hook = print", (), "type: nbgrader generate_feedback"),
    ],
)
def test_wrong_use_says_what_to_do(class_, lesson, config, students, says):
    with open(class_.root / "nbgrader_config.py", "a") as file:
        file.write(f"\n{config}\n")
    with pytest.raises(CourseError, match=says):
        feedback.render_class(Course(class_.root), lesson, students)


def test_the_command_counts_and_exits_with_1_when_a_page_is_missing(class_, released):
    done = run(class_.root, "autograder", "feedback", LESSON, "--json")
    counts = json.loads(done.stdout.splitlines()[-1])
    assert (counts["rendered"], counts["failed"], counts["skipped"]) == (6, 0, 0)
    submit(class_, "late", released)
    done = run(class_.root, "autograder", "feedback", LESSON, "--workers", "1", status=1)
    assert "not graded yet" in done.stdout
    assert "6 up to date, 1 failed" in done.stdout
    run(class_.root, "autograder", "feedback", "09-nothing", status=2)


def test_nothing_of_a_student_stands_in_a_page_unescaped(class_):
    feedback.render_class(class_, LESSON, ["hostile"])
    page = (class_.root / "feedback" / "hostile" / LESSON / f"{LESSON}.html").read_text()
    assert "document.title" in page
    soup = BeautifulSoup(page, "html.parser")
    assert not [tag for tag in soup.find_all("script") if "owned" in tag.text]
    assert not soup.select("[onerror]")


# --- the quick reader -------------------------------------------------------------------------------------------

_TEXT = st.text(alphabet="ab \n\t\xa0\"'&<>;#39;quotampü", max_size=12)
_ENTITIES = st.lists(
    st.sampled_from(
        ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#x27;", "&nbsp;", "&eacute;", "&", " ", "\n", "x", "a b"]
    ),
    max_size=5,
).map("".join)
_VALUES = st.one_of(_ENTITIES, st.sampled_from(["", " b  c ", "5 > 4", "it's", "color:red"]))
_ATTRIBUTES = st.lists(
    st.tuples(st.sampled_from(["class", "id", "title", "style", "aria-label", "onclick", "rel"]), _VALUES), max_size=3
).map(lambda pairs: "".join(f' {name}="{value}"' for name, value in pairs))
_FRAGMENTS = st.recursive(
    st.one_of(
        _ENTITIES,
        _TEXT,
        st.sampled_from(
            [
                "<br>",
                "<br/>",
                "<!-- x -->",
                "<img src='x'>",
                '<img src="x">',
                '<img alt="" src="x"/>',
                '<img src="x" alt="it&#39;s">',
                "<style>a > b {}</style>",
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.tuples(st.sampled_from(["p", "div", "pre", "span", "td", "script"]), _ATTRIBUTES, inner).map(
            lambda part: f"<{part[0]}{part[1]}>{part[2]}</{part[0]}>"
        ),
        st.tuples(st.sampled_from(["p", "div", "pre"]), inner).map(lambda part: f"<{part[0]}>{part[1]}"),
    ),
    max_leaves=12,
)


@given(_FRAGMENTS)
def test_what_is_read_quickly_is_what_beautifulsoup_reads(html):
    quick = read_quickly(html)
    assert quick is None or quick == read_slowly(html)


def test_most_of_a_page_is_read_quickly(graded_course):
    found = [
        each
        for cell in json.loads((graded_course.autograded("mistaken", LESSON) / f"{LESSON}.ipynb").read_text())["cells"]
        for output in cell.get("outputs", [])
        for each in [output.get("data", {}).get("text/html")]
        if each
    ]
    assert len(found) >= len(exercises.lessons()[LESSON])
    assert all(read_quickly(html) is not None for html in found)
