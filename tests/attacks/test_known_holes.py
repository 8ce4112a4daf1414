"""What earns marks, or loses them, without reason in stock nbgrader: here it does not."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import nbformat
import pytest
from nbgrader import api
from sqlalchemy import event

from autograder import gradebook
from autograder.classroom import with_cell
from autograder.classrun import grade_class
from tests.attacks.conftest import FULL, LESSON, WITHOUT_CONV2D, WRONG, assert_nothing_runs, nbgrader, scores, submit

NOTHING = dict.fromkeys(FULL, 0.0)
ONLY_FIRST = WITHOUT_CONV2D | {"conv2d_channels": 0.0, "one_cell": 0.0}
_UPDATE = """
import glob, os, sqlite3
paths = ["gradebook.db", "../../../gradebook.db", *glob.glob("/**/gradebook.db", recursive=True)]
for path in paths:
    try:
        with sqlite3.connect(path) as book:
            book.execute("UPDATE grade SET auto_score = max_score, manual_score = max_score, extra_credit = 99")
    except sqlite3.Error:
        pass
"""
_EMPTY_LATER_CELLS = "get_ipython().input_transformers_post.append(lambda lines: ['pass\\n'])"
_RIGHT_AND_LOUD = """
import sys, warnings
import numpy as np

warnings.simplefilter("always")


def conv2d(image, kernel, stride=1):
    warnings.warn("careful")
    print("working", file=sys.stderr)
    print("100.0")
    image, kernel = np.asarray(image, float), np.asarray(kernel, float)
    rows = (image.shape[0] - kernel.shape[0]) // stride + 1
    columns = (image.shape[1] - kernel.shape[1]) // stride + 1
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            result[row, column] = (image[top:top + kernel.shape[0], left:left + kernel.shape[1]] * kernel).sum()
    np.float64(1) / np.float64(0)
    return result
"""


def _partial(value: str) -> str:
    """A graded cell that returns a partial score; it is the student's text, so it is not even run."""
    return f"float({value!r})"


@pytest.fixture(scope="module")
def notebooks(write):
    """Name, notebook and scores."""
    cases = {
        "update of the gradebook": (write(conv2d=WRONG, first=_UPDATE, last=_UPDATE), WITHOUT_CONV2D),
        "input transformer": (write(conv2d=WRONG, first=_EMPTY_LATER_CELLS), NOTHING),
        "input transformer, late": (write(conv2d=WRONG + _EMPTY_LATER_CELLS), ONLY_FIRST),
        "hypothesis beside the notebook": (write(conv2d="import hypothesis\n" + WRONG), WITHOUT_CONV2D),
        "loud": (write(conv2d=_RIGHT_AND_LOUD), FULL),
        "exit in an own cell": (write(first="import os\nos._exit(1)", last="import sys\nsys.exit(1)"), FULL),
        "swallowed interrupt": (
            write(first="while True:\n    try:\n        pass\n    except BaseException:\n        pass", last="1 / 0"),
            FULL,
        ),
        "only prints": (write(first="import sys\nprint('warning', file=sys.stderr)"), FULL),
    }  # fmt: skip
    for value in ("nan", "-5", "1e9", "inf"):
        notebook = write(conv2d=WRONG)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == "conv2d":
                cell.source = _partial(value)
                cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": value}, execution_count=1)]
        cases[f"partial score of {value}"] = (notebook, WITHOUT_CONV2D)
    deleted = write()
    deleted.cells = [c for c in deleted.cells if c.metadata.nbgrader.grade_id != "conv2d"]
    cases["deleted test"] = (deleted, FULL)
    repointed = write()
    for cell in repointed.cells:
        if cell.metadata.nbgrader.grade_id == "conv2d":
            cell.metadata.nbgrader.grade_id = "conv3d"
    cases["repointed test"] = (repointed, FULL)
    return cases


def _submit_all(course, notebooks) -> None:
    for student, (notebook, _) in notebooks.items():
        submit(course, student, notebook)
    beside = "def given(*a, **o):\n    return lambda f: lambda *a: None\nsettings = strategies = given\n"
    for name in ("hypothesis.py", "numpy.py", "cnnkit.py", "sitecustomize.py", "autograder.py", "nbgrader_config.py"):
        submit(course, "hypothesis beside the notebook", beside, name)


def test_the_class_command(new_course, run_class, notebooks):
    course = new_course()
    _submit_all(course, notebooks)
    graded = run_class(course, {})
    assert graded.scores == {student: right for student, (_, right) in notebooks.items()}


def test_the_stock_command(new_course, notebooks, host):
    course = new_course()
    _submit_all(course, notebooks)
    nbgrader(course.root, "autograde", LESSON)
    assert scores(course) == {student: right for student, (_, right) in notebooks.items()}
    assert_nothing_runs(host)


def test_a_crash_after_a_full_score_does_not_leave_the_old_score(new_course, write, host):
    course = new_course()
    submit(course, "student", write())
    grade_class(course, LESSON, host=host)
    assert scores(course)["student"] == FULL
    for text in (nbformat.writes(write(conv2d=f"import os\n{WRONG}    os.abort()")), "{"):
        submit(course, "student", text)
        grade_class(course, LESSON, host=host)
        assert scores(course)["student"]["conv2d"] == 0.0
    assert scores(course)["student"] == NOTHING


def test_a_crash_of_the_grader_does_not_leave_the_old_score(new_course, write, host, monkeypatch):
    course = new_course()
    submit(course, "student", write())
    grade_class(course, LESSON, host=host)

    def broken(*_):
        raise RuntimeError("out of order")

    monkeypatch.setattr("autograder.grading.judge", broken)
    submit(course, "student", write(last="'again'"))
    summary = grade_class(course, LESSON, host=host)
    assert summary.rows[0].state == "failed"
    assert "out of order" in summary.rows[0].reason
    assert set(scores(course)["student"].values()) == {0.0}
    assert not course.autograded("student", LESSON).exists()


def test_a_locked_database_is_waited_for(new_course, run_class, write):
    course = new_course()
    locked = threading.Event()

    def hold():
        with contextlib.closing(sqlite3.connect(course.root / "gradebook.db", isolation_level=None)) as book:
            book.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(7)  # longer than SQLite itself waits
            book.execute("ROLLBACK")

    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    graded = run_class(course, {"wrong": write(conv2d=WRONG)})
    holder.join()
    assert graded.scores["wrong"] == WITHOUT_CONV2D


def test_a_fresh_database_opened_by_several_processes_at_once(fresh_course, tmp_path):
    root = tmp_path / "course"
    shutil.copytree(fresh_course.root, root)
    (root / "gradebook.db").unlink()
    program = (
        "from nbgrader.api import Gradebook; from autograder.course import Course; from autograder import gradebook\n"
        "url = Course().directory.db_url\n"
        "gradebook._patiently(lambda: Gradebook(url, 'cnn')).close(); print('open')"
    )
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    started = [
        subprocess.Popen([sys.executable, "-c", program], cwd=root, env=environment, stdout=-1, stderr=-1, text=True)
        for _ in range(3)
    ]
    results = [process.communicate() for process in started]
    assert [out for out, _ in results] == ["open\n"] * 3, results


@pytest.mark.parametrize("what", [api.Course, api.Student])
def test_somebody_else_adds_the_same_in_the_same_moment(what, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader starts `alembic`
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"

    def add():
        with contextlib.closing(api.Gradebook(url, "cnn")) as book:
            book.update_or_create_student("anna")
            return [student.id for student in book.students]

    event.listen(what, "before_insert", lambda *_: add(), once=True)
    assert gradebook._patiently(add) == ["anna"]


def test_a_cell_between_does_not_reach_the_next_notebook(new_course, run_class, write):
    """All submissions of a run share one fork server; what one does to its modules stays with it."""
    poison = (
        "import numpy as np, builtins, sys\nnp.zeros = np.asarray = np.einsum = None\nbuiltins.range = None\n"
        "sys.modules.clear()"
    )
    notebook = with_cell(write(), poison, after="")
    graded = run_class(new_course(), {f"poison-{n}": notebook for n in range(3)})
    assert all(sum(found.values()) < sum(FULL.values()) for found in graded.scores.values())
