"""The red team's ground: one course and one sandbox for all attacks, and honest students beside every attacker.

Student code runs in the sandbox here too, never in the process of the tests. Times in these tests only tell a run
that ends from one that hangs.
"""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.classroom import filled, right_solutions, with_cell
from autograder.classrun import Row, grade_class
from autograder.course import Course
from autograder.grading import Graded, grade_notebook
from autograder.sandbox import Host
from autograder.session import CellRun, Session
from autograder.submission import read_released, read_submission

LESSON = "01-convolution"
REPOSITORY = Path(__file__).parent.parent.parent
#: What the exercises of the lesson are worth.
FULL = {"split_channels": 2.0, "to_gray": 2.0, "conv2d": 5.0, "conv2d_channels": 3.0, "one_cell": 1.0}
#: The cell that draws the numbers is not in the notebooks of these tests.
_ONE_CELL = (
    "from cnnkit import question\n\n"
    "numbers = question('one_cell', 'me', '')\none_cell = (numbers['window'] * numbers['kernel']).sum()"
)
#: What is left for a student whose conv2d is wrong.
WITHOUT_CONV2D = FULL | {"conv2d": 0.0}
WRONG = "def conv2d(image, kernel, stride=1):\n    return 0\n"
LIMITS = {
    "cell_seconds": 3.0,
    "call_seconds": 1.0,
    "call_cpu_seconds": 1.0,
    "submission_seconds": 40.0,
    "memory_mib": 400,
    "disk_mib": 16,
    "notebook_mib": 2,
}
#: How a student's code finds the grader's channel: nothing hides it, because nothing depends on hiding it.
FIND_CHANNEL = """
import gc, json, os, socket, struct, sys, threading, time
import numpy as np

channel = next(thing for thing in gc.get_objects() if isinstance(thing, socket.socket) and thing.fileno() > 2)


def frame(header, payload=b""):
    text = json.dumps(header).encode()
    return struct.pack("!4sII", b"CNN1", len(text), len(payload)) + text + payload


def answers(packed, after, payload):
    text = json.dumps([packed, after]).encode()
    return frame({"event": "answers", "text": len(text), "score": 1.0}, text + payload)


def zeros(count=1):
    return answers([f"<f8 C {count}"], [None], bytes(8 * count))

"""


@pytest.fixture(scope="session")
def fresh_course(tmp_path_factory, corpora) -> Course:
    """A course in which the lesson is released; its name has a space and a letter beyond ASCII."""
    root = tmp_path_factory.mktemp("attacks") / "cours d'été"
    shutil.copytree(REPOSITORY / "source", root / "source")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a") as config:
        config.writelines(f"\nc.Limits.{name} = {value}" for name, value in LIMITS.items())
        # Attackers are asked for smaller examples as well, but not for long: hardly any of their mistakes has a name.
        config.write("\nc.Grading.course_seed = 'tests'\nc.Limits.shrink_seconds = 0.2\n")
    (root / ".autograder").mkdir()
    (root / ".autograder" / "corpus").symlink_to(corpora)
    nbgrader(root, "generate_assignment", LESSON)
    course = Course(root)
    course.corpora.prepare(FULL)
    return course


@pytest.fixture(scope="session")
def new_course(fresh_course, tmp_path_factory):
    """Make a course of one's own: ``new_course()``."""

    def make() -> Course:
        root = tmp_path_factory.mktemp("course") / fresh_course.root.name
        shutil.copytree(fresh_course.root, root, symlinks=True)
        return Course(root)

    return make


@pytest.fixture(scope="session")
def released(fresh_course):
    return read_released(fresh_course.released(LESSON))


@pytest.fixture(scope="session")
def host(fresh_course):
    with Host(fresh_course.limits) as host:
        host.import_pictures()
        host.wait_until_ready()
        yield host


@pytest.fixture
def session(host, fresh_course):
    with Session(host, fresh_course.limits) as session:
        yield session


@pytest.fixture(scope="session")
def write(released):
    """A notebook: ``write(conv2d=SOURCE, first=CELL, last=CELL)``; right where nothing is given.

    Only the marked cells of the lesson are in it, because the others take time.
    """

    def make(first: str = "", last: str = "", **solutions: str):
        notebook = filled(released, right_solutions(LESSON) | {"one_cell": _ONE_CELL} | solutions)
        notebook.cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
        if first:
            with_cell(notebook, first, after="")
        if last:
            with_cell(notebook, last, after="conv2d_channels")
        return notebook

    return make


@pytest.fixture
def grade(host, fresh_course, released, tmp_path):
    """Grade one notebook (or the text of one) as both ways of grading do."""

    def run(notebook) -> Graded:
        path = tmp_path / "student" / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
        submission = read_submission(path, released, fresh_course.limits.notebook_mib * 2**20)
        graded = grade_notebook(host, submission, released, fresh_course.corpora, fresh_course.limits)
        nbformat.write(graded.notebook, tmp_path / "graded.ipynb")
        return graded

    return run


@dataclass
class ClassRun:
    """A class after grading: rows and scores by student."""

    course: Course
    rows: dict[str, Row]
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

    def text(self, student: str) -> str:
        """The graded notebook, which is what the student's feedback is made of."""
        return (self.course.autograded(student, LESSON) / f"{LESSON}.ipynb").read_text()


@pytest.fixture(scope="session")
def run_class(host, write):
    """Grade submissions with honest neighbours; these must have full marks, and nothing may be left running."""

    def run(course: Course, notebooks: dict) -> ClassRun:
        for student, notebook in notebooks.items():
            submit(course, student, notebook)
        for student in ("aaa-honest", "zzz-honest"):
            submit(course, student, write())
        summary = grade_class(course, LESSON, workers=2, host=host)
        assert summary.count("failed") == 0, [row for row in summary.rows if row.state == "failed"]
        result = ClassRun(course, {row.student: row for row in summary.rows}, scores(course))
        for student in ("aaa-honest", "zzz-honest"):
            assert result.scores.pop(student) == FULL
        assert_nothing_runs(host)
        return result

    return run


def submit(course: Course, student: str, notebook, name: str = f"{LESSON}.ipynb") -> Path:
    """Put a notebook, text or bytes where nbgrader collects it."""
    path = course.submitted(student, LESSON) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    else:
        path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    return path


def scores(course: Course) -> dict[str, dict[str, float]]:
    """What the gradebook says, by student and exercise; what a person grades is left out."""
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as book:
        return {
            submission.student.id: {g.name: g.score for g in submission.notebooks[0].grades if g.name in FULL}
            for submission in book.assignment_submissions(LESSON)
        }


def nbgrader(root: Path, *command: str, status: int | None = 0) -> str:
    """Run stock nbgrader in a course, as a teacher would; gives its log."""
    program = Path(sys.executable).parent / "nbgrader"
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    done = subprocess.run([program, *command], cwd=root, capture_output=True, text=True, check=False, env=environment)
    assert status is None or done.returncode == status, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stderr


def printed(run: CellRun) -> str:
    """The text of a cell's outputs, errors included."""
    parts = []
    for output in run.outputs:
        parts.append(output.get("text") or output.get("evalue") or output.get("data", {}).get("text/plain", ""))
    return "".join(parts)


def descendants(pid: int) -> set[int]:
    """All processes below one, found from outside the sandbox."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue
            state, parent = text[text.rindex(")") + 2 :].split()[:2]
            if state != "Z":  # the fork server buries the dead when it forks the next time
                parents[int(folder.name)] = int(parent)
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {pid}


def assert_nothing_runs(host: Host) -> None:
    """Only bubblewrap and the fork server, which has forked nobody, are left; the kernel gets a moment for it."""
    until = time.monotonic() + 20
    while len(left := descendants(host._process.pid)) > 2:
        assert time.monotonic() < until, left
        time.sleep(0.05)
