"""``make demo``: a class of strangers' notebooks in a temporary course, graded with the real commands."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.classroom import make_class

LESSON = "01-convolution"
REPOSITORY = Path(__file__).parent.parent


def main() -> int:
    """Make the course, release the lesson, write the class, grade it, render the feedback."""
    start = time.monotonic()
    course = Path(tempfile.mkdtemp(prefix="cnn-course-"))
    print(f"The course is {course}\n")
    shutil.copytree(REPOSITORY / "source", course / "source")
    shutil.copy(REPOSITORY / "nbgrader_config.py", course)
    with open(course / "nbgrader_config.py", "a") as config:
        # A demo need not wait half a minute for the notebooks that loop.
        config.write("\nc.Limits.cell_seconds = 3.0\nc.Limits.call_seconds = 1.0\n")
    _step(course, "Release", "nbgrader", "generate_assignment", LESSON, "--log-level=WARN")
    released = nbformat.read(course / "release" / LESSON / f"{LESSON}.ipynb", as_version=4)
    students = make_class(released, LESSON, course / "submitted")
    print(f"{len(students)} submissions written\n")
    _step(course, "Grade", "autograder", "grade", LESSON)
    _step(course, "Feedback", "autograder", "feedback", LESSON)
    _step(course, "Report", "autograder", "report", LESSON)
    print(f"feedback pages    {course / 'feedback'}")
    print(f"\nDone in {time.monotonic() - start:.0f} s.")
    return 0


def _step(course: Path, title: str, *command: str) -> None:
    print(f"--- {title}: {' '.join(command)}", flush=True)
    program = Path(sys.executable).parent / command[0]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    subprocess.run([program, *command[1:]], cwd=course, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(main())
