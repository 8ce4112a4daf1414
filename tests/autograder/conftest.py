"""Fixtures that cost something and are shared: a sandbox, a released lesson, a course with its gradebook."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.corpus import CorpusStore
from autograder.course import Course
from autograder.sandbox import Host
from autograder.session import Session
from autograder.settings import Limits

LESSON = "01-convolution"
REPOSITORY = Path(__file__).parent.parent.parent
#: Short enough for tests of what happens beyond them.
LIMITS = Limits(call_seconds=0.8, cell_seconds=4.0, submission_seconds=30.0, memory_mib=400)


@pytest.fixture(scope="session")
def host():
    with Host(LIMITS) as host:
        host.import_pictures()
        yield host


@pytest.fixture
def session(host):
    with Session(host, LIMITS) as session:
        yield session


@pytest.fixture(scope="session")
def store(corpora):
    return CorpusStore(corpora, seed="tests", examples=40)


@pytest.fixture(scope="session")
def released():
    return nbformat.read(REPOSITORY / "release" / LESSON / f"{LESSON}.ipynb", as_version=4)


@pytest.fixture(scope="session")
def fresh_course(tmp_path_factory, corpora) -> Path:
    """A course folder in which nbgrader has released the lesson; copied by :func:`course`."""
    root = tmp_path_factory.mktemp("fresh course")
    shutil.copytree(REPOSITORY / "source", root / "source")
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a") as config:
        config.write("\nc.Limits.cell_seconds = 4.0\nc.Grading.course_seed = 'tests'\n")
    (root / ".autograder").mkdir()
    (root / ".autograder" / "corpus").symlink_to(corpora)
    run(root, "nbgrader", "generate_assignment", LESSON)
    run(root, "autograder", "build", LESSON)
    return root


@pytest.fixture
def course(fresh_course, tmp_path) -> Course:
    shutil.copytree(fresh_course, tmp_path / "course", symlinks=True)
    return Course(tmp_path / "course")


def run(root: Path, *command: str, status: int = 0) -> subprocess.CompletedProcess:
    """Run one of the installed commands in a course, as a teacher would."""
    program = Path(sys.executable).parent / command[0]
    done = subprocess.run([program, *command[1:]], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == status, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done


def submit(course: Course, student: str, notebook, name: str = f"{LESSON}.ipynb") -> Path:
    """Put a notebook, or any text, where nbgrader collects it."""
    path = course.submitted(student, LESSON) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else nbformat.writes(notebook))
    return path
