"""How long ``autograder report`` takes for a large class.

    .venv/bin/python bench/report.py [--students 1000] [--repeat 3]

A class of strangers' notebooks (the one of ``make demo``) is graded for real, then copied under other names until there
are enough: submissions, graded notebooks with their pictures, verdicts, gradebook rows, and two runs in the history.
In every copy each solution cell gets lines of its own, so that no two are the same and the search for similar ones has
its hardest work: thousands of pairs that nearly are. Timed is the whole command, from its start to its end.
"""

import argparse
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from autograder import history
from autograder.classroom import make_class
from autograder.course import Course
from autograder.report import VERDICT_FILE

LESSON = "01-convolution"
REPOSITORY = Path(__file__).parent.parent
GOAL_SECONDS, GOAL_STUDENTS = 10.0, 1000


def main() -> int:
    """Make the class, report on it, print the times."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=GOAL_STUDENTS)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-report-") as folder:
        root = Path(folder)
        originals = graded_class(root)
        enlarge(Course(root), originals, options.students)
        seconds = [report(root) for _ in range(options.repeat)]
        size = (root / "reports" / LESSON / "report.html").stat().st_size
    median = statistics.median(seconds)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{options.students} submissions: {median:.2f} s ({min(seconds):.2f} to {max(seconds):.2f}), ", end="")
    print(f"{1000 * median / options.students:.1f} ms each; page {size / 2**20:.1f} MiB, memory at most {peak:.0f} MiB")
    print(f"goal: {GOAL_STUDENTS} in {GOAL_SECONDS:g} s; this is {GOAL_SECONDS / median:.1f} times as fast")
    return 0


def graded_class(root: Path) -> list[str]:
    """A course with a class that was really graded."""
    shutil.copytree(REPOSITORY / "source" / LESSON, root / "source" / LESSON)
    shutil.copy(REPOSITORY / "nbgrader_config.py", root)
    with open(root / "nbgrader_config.py", "a") as config:
        config.write("\nc.Limits.cell_seconds = 3.0\nc.Limits.call_seconds = 1.0\n")
    command(root, "nbgrader", "generate_assignment", LESSON, "--log-level=ERROR")
    released = nbformat.read(root / "release" / LESSON / f"{LESSON}.ipynb", as_version=4)
    students = make_class(released, LESSON, root / "submitted")
    command(root, "autograder", "grade", LESSON, "--json")
    return students


def enlarge(course: Course, originals: list[str], count: int) -> None:
    """Copy submissions, results and gradebook rows under other names."""
    warnings.filterwarnings("ignore", category=SAWarning)
    draw = random.Random(0)
    run = history.now()
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        commit, book.db.commit = book.db.commit, book.db.flush  # one transaction in place of thousands
        for number in range(count - len(originals)):
            original = originals[number % len(originals)]
            student = f"student-{number:04}-{original}"
            for place in (course.submitted, course.autograded):
                shutil.copytree(place(original, LESSON), place(student, LESSON))
            make_different(course.autograded(student, LESSON) / f"{LESSON}.ipynb", draw)
            verdict = json.loads((course.autograded(student, LESSON) / VERDICT_FILE).read_text())
            history.add(course.root, LESSON, run, student, verdict)
            history.add(course.root, LESSON, run + "Z", student, verdict)
            book.update_or_create_student(student)
            submission = book.update_or_create_submission(LESSON, student)
            book.db.expire_all()  # or its grades do not know their cells yet
            points = {each["exercise"]: each["points"] for each in verdict["exercises"]}
            for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
                grade.auto_score, grade.needs_manual_grade = points.get(grade.cell.name), grade.cell.name not in points
        commit()


def make_different(path: Path, draw: random.Random) -> None:
    """Add lines of the student's own to each solution cell of a graded notebook."""
    notebook = json.loads(path.read_text())
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code" and (cell["metadata"].get("nbgrader") or {}).get("solution"):
            lines = [f"own_{i} = {draw.random():.6f} * {draw.randrange(99)} - {draw.randrange(99)}" for i in range(3)]
            cell["source"] += "\n" + "\n".join(lines)
    path.chmod(0o644)
    path.write_text(json.dumps(notebook))


def report(root: Path) -> float:
    """Seconds of one report."""
    start = time.monotonic()
    command(root, "autograder", "report", LESSON)
    return time.monotonic() - start


def command(root: Path, *words: str) -> None:
    """Run one of the installed commands in the course."""
    program = Path(sys.executable).parent / words[0]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    subprocess.run([program, *words[1:]], cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
