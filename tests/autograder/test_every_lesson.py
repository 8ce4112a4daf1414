"""Of every lesson, the instructor's notebook scores full marks and the untouched release scores zero."""

import copy

import nbformat
import pytest

from autograder.classroom import filled, mistaken_solutions, right_solutions
from autograder.grading import grade_notebook, graded_exercises
from autograder.lessons import lesson_names
from autograder.quiz import Drawing
from autograder.settings import Limits
from autograder.submission import Submission, read_released
from cnnkit import exercises

from .conftest import REPOSITORY

LESSONS = lesson_names(REPOSITORY)
ADA = Drawing("key", "ada", ("ada", "bob"))


@pytest.fixture(params=LESSONS)
def lesson(request):
    return request.param


@pytest.fixture
def release(lesson):
    return read_released(REPOSITORY / "release" / lesson / f"{lesson}.ipynb")


def grade(host, store, release, notebook):
    store.prepare(graded_exercises(release))  # before the submission's time begins
    return grade_notebook(host, Submission(copy.deepcopy(notebook)), release, store, Limits(), ADA)


def test_the_instructors_notebook_scores_full_marks(host, store, lesson, release):
    source = nbformat.read(REPOSITORY / "source" / lesson / f"{lesson}.ipynb", as_version=4)
    graded = grade(host, store, release, source)
    assert graded.reason == "everything right"
    assert graded.points == graded.max_points == graded_exercises(release)


def test_the_untouched_release_scores_zero_and_every_line_says_why(host, store, release):
    graded = grade(host, store, release, release)
    assert set(graded.points.values()) == {0.0}
    assert all(verdict.reason for verdict in graded.verdicts)


@pytest.mark.parametrize("style", [1, 3])
def test_right_solutions_in_other_styles_score_full_marks(host, store, lesson, release, style):
    graded = grade(host, store, release, filled(release, right_solutions(lesson, style)))
    assert graded.reason == "everything right"


def test_named_mistakes_lose_marks_and_are_named(host, store, lesson, release):
    graded = grade(host, store, release, filled(release, mistaken_solutions(lesson, 2)))
    verdicts = {verdict.exercise: verdict for verdict in graded.verdicts}
    for exercise in exercises.lessons()[lesson]:
        assert verdicts[exercise.name].score < 1
        assert verdicts[exercise.name].misconception == exercise.misconceptions[2].name


def test_every_lesson_has_exercises_a_question_and_one_that_a_person_grades(lesson, release):
    marks = [cell.metadata.nbgrader for cell in release.cells if "nbgrader" in cell.metadata]
    assert exercises.questions()[lesson]
    assert [mark for mark in marks if mark.grade and mark.solution]
    assert set(graded_exercises(release)) == {
        item.name for item in (*exercises.lessons()[lesson], *exercises.questions()[lesson])
    }
