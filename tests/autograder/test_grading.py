"""One notebook from its cells to its points."""

import copy

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.utils import determine_grade

from autograder.classroom import as_solution, filled, right_solutions, with_cell
from autograder.course import CourseError
from autograder.grading import grade_notebook, graded_exercises
from autograder.submission import Submission
from cnnkit import exercises

from .conftest import LESSON, LIMITS, REPOSITORY

RIGHT = right_solutions(LESSON)
FULL = {"split_channels": 2.0, "to_gray": 2.0, "conv2d": 5.0, "conv2d_channels": 3.0, "one_cell": 1.0}


def grade(host, store, released, notebook):
    return grade_notebook(host, Submission(copy.deepcopy(notebook)), released, store, LIMITS)


def cell_of(notebook, grade_id):
    return next(c for c in notebook.cells if (c.metadata.get("nbgrader") or {}).get("grade_id") == grade_id)


def printed(notebook):
    return "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))


def test_the_instructors_notebook_scores_full_marks(host, store, released):
    source = nbformat.read(REPOSITORY / "source" / LESSON / f"{LESSON}.ipynb", as_version=4)
    graded = grade(host, store, released, source)
    assert graded.points == graded.max_points == FULL
    assert graded.reason == "everything right"


def test_the_untouched_release_scores_zero(host, store, released):
    graded = grade(host, store, released, released)
    assert set(graded.points.values()) == {0.0}
    assert "not written yet" in graded.reason


def test_nbgrader_reads_the_same_points(host, store, released):
    mistake = exercises.find("conv2d").misconceptions[0]
    notebook = filled(released, RIGHT | {"conv2d": as_solution(mistake.function, "conv2d")})
    graded = grade(host, store, released, notebook)
    for name, points in graded.points.items():
        assert determine_grade(cell_of(graded.notebook, name)) == (points, FULL[name])
    assert 0 < graded.points["conv2d"] < 5.0


def test_a_students_output_in_a_graded_cell_is_not_a_score(host, store, released):
    notebook = filled(released, RIGHT | {"conv2d": "def conv2d(*a):\n    print(5.0)\n    return 5.0"})
    cell_of(notebook, "conv2d").outputs = [{"output_type": "execute_result", "data": {"text/plain": "5.0"}}]
    assert grade(host, store, released, notebook).points["conv2d"] == 0.0


def test_a_crash_at_one_exercise_leaves_the_others(host, store, released):
    notebook = filled(released, RIGHT | {"to_gray": "import os\ndef to_gray(image):\n    os._exit(1)"})
    assert grade(host, store, released, notebook).points == FULL | {"to_gray": 0.0}


def test_a_crash_in_a_cell_leaves_everything(host, store, released):
    notebook = with_cell(filled(released, RIGHT), "import os; os._exit(1)", "to_gray")
    graded = grade(host, store, released, notebook)
    assert graded.points == FULL
    assert "ended the notebook's process" in printed(graded.notebook)


def test_warnings_and_floods_cost_nothing(host, store, released):
    noisy = RIGHT["conv2d"].replace(
        "stride=1):",
        "stride=1):\n    import warnings, sys\n    warnings.warn('w')\n    print('x' * 10000, file=sys.stderr)",
        1,
    )
    notebook = with_cell(
        filled(released, RIGHT | {"conv2d": noisy}), "import sys; print('!', file=sys.stderr)", "to_gray"
    )
    assert grade(host, store, released, notebook).points == FULL


def test_a_reordered_notebook_is_graded_at_its_end(host, store, released):
    notebook = filled(released, RIGHT)
    cell = cell_of(notebook, "conv2d-solution")
    notebook.cells.remove(cell)
    notebook.cells.append(cell)
    graded = grade(host, store, released, notebook)
    assert graded.points["conv2d"] == 5.0
    assert "stands before" in next(v for v in graded.verdicts if v.exercise == "conv2d").notes[0]


def test_a_function_is_judged_as_it_is_at_its_test_cell(host, store, released):
    notebook = filled(released, RIGHT)
    notebook.cells.append(new_code_cell("conv2d = None"))
    assert grade(host, store, released, notebook).points == FULL


def test_a_hanging_function_does_not_take_the_others_time(host, store, released):
    notebook = filled(
        released, RIGHT | {"conv2d": "def conv2d(image, kernel, stride=1):\n    while True:\n        pass"}
    )
    graded = grade(host, store, released, notebook)
    assert graded.points == FULL | {"conv2d": 0.0}
    assert "Not run while grading: conv2d did not finish" in printed(graded.notebook)
    assert "could not be graded: 0 of 5 points" in cell_of(graded.notebook, "conv2d").outputs[0].data["text/plain"]


def test_a_reordered_function_that_hangs_is_not_said_to_be_missing(host, store, released):
    notebook = filled(released, RIGHT | {"to_gray": "def to_gray(image):\n    while True:\n        pass"})
    cell = cell_of(notebook, "to_gray-solution")
    notebook.cells.remove(cell)
    notebook.cells.append(cell)
    verdict = next(v for v in grade(host, store, released, notebook).verdicts if v.exercise == "to_gray")
    assert "did not finish in 0.8 seconds" in verdict.reason


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("def conv2d(image, kernel, stride=1)\n    return 1", "is not defined: its cell raised SyntaxError"),
        ("import scipy\ndef conv2d(image, kernel, stride=1):\n    return 1", "scipy is not available while grading"),
    ],
)
def test_an_undefined_function_says_why(host, store, released, source, says):
    graded = grade(host, store, released, filled(released, RIGHT | {"conv2d": source}))
    assert says in graded.reason
    assert graded.points == FULL | {"conv2d": 0.0}


def test_given_cells_with_other_libraries_are_no_errors(host, store, released):
    lesson = copy.deepcopy(released)
    lesson.cells.insert(1, new_code_cell("print('before')\nimport scipy.signal\nscipy.signal.convolve2d"))
    graded = grade(host, store, lesson, filled(lesson, RIGHT))
    outputs = graded.notebook.cells[1].outputs
    assert [output.output_type for output in outputs] == ["stream", "stream"]
    assert "not run while grading" in outputs[-1].text


def test_an_unreadable_notebook_scores_zero_with_its_reason(host, store, released):
    graded = grade_notebook(
        host, Submission(copy.deepcopy(released), problem="`<b>` is *damaged*"), released, store, LIMITS
    )
    assert set(graded.points.values()) == {0.0}
    assert graded.reason == "`<b>` is *damaged*"
    assert graded.notebook.cells[0].source.endswith("\n\n    `<b>` is *damaged*"), "an indented block shows it as it is"


def test_a_graded_cell_without_exercise_is_the_teachers_to_mend(released):
    lesson = copy.deepcopy(released)
    cell_of(lesson, "conv2d").metadata.nbgrader.grade_id = "conv3d"
    with pytest.raises(CourseError, match="graded cell 'conv3d': there is no exercise 'conv3d'"):
        graded_exercises(lesson)
