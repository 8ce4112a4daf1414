"""Render the feedback of one class with stock nbgrader and with ``autograder feedback``, and compare.

    .venv/bin/python bench/feedback.py [--students 100] [--workers 2] [--repeat 3]

The class of ``make demo`` is graded for real, then copied under other names until there are enough, as for
``bench/report.py``: in every copy each solution cell gets lines of its own, so no two students have the same cells
there; what students have in common (the lesson's text, given cells, a right answer's verdict) they have in common here.
Timed are whole commands, from the start of the process to its end: ``nbgrader generate_feedback --force`` once, and
``autograder feedback --force`` several times. The pages must be equal to the last character.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import LESSON, enlarge, graded_class  # beside this file

from autograder.course import Course

GOAL = 10.0


def main() -> int:
    """Make the class, render its pages with both, print the times and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--students", type=int, default=100)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cnn-feedback-") as folder:
        root = Path(folder)
        enlarge(Course(root), graded_class(root), options.students)
        ours_command = ("autograder", "feedback", LESSON, "--force", "--json", "--workers", str(options.workers))
        ours = [timed(root, *ours_command)]
        pages = read_pages(root)
        shutil.rmtree(root / "feedback")
        stock = timed(root, "nbgrader", "generate_feedback", LESSON, "--force", "--log-level=ERROR")
        if len(pages) < options.students or read_pages(root) != pages:
            raise SystemExit("the two did not write the same pages")
        ours += [timed(root, *ours_command) for _ in range(options.repeat - 1)]
        again = timed(root, "autograder", "feedback", LESSON, "--json", "--workers", str(options.workers))
    median = statistics.median(ours)
    print(f"{options.students} graded notebooks, {options.workers} processes, the same pages from both")
    print(f"nbgrader generate_feedback    {stock:6.1f} s")
    print(f"autograder feedback           {median:6.1f} s   rounds: {', '.join(f'{each:.1f}' for each in ours)} s")
    print(f"... when nothing changed      {again:6.1f} s")
    print(f"ratio                         {stock / median:6.1f}     goal >= {GOAL:g}: ", end="")
    print("met" if stock / median >= GOAL else "NOT met")
    return 0


def timed(root: Path, *words: str) -> float:
    """Seconds of one command in the course."""
    program = Path(sys.executable).parent / words[0]
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    start = time.monotonic()
    done = subprocess.run(
        [program, *words[1:]], cwd=root, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    seconds = time.monotonic() - start
    if words[0] == "autograder" and json.loads(done.stdout.splitlines()[-1])["failed"]:
        raise SystemExit("not every page was rendered")
    return seconds


def read_pages(root: Path) -> dict[str, str]:
    """All pages, by student."""
    return {path.parts[-3]: path.read_text() for path in (root / "feedback").glob(f"*/{LESSON}/{LESSON}.html")}


if __name__ == "__main__":
    sys.exit(main())
