"""docs/write-an-exercise.md, followed to the letter in a copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "write-an-exercise.md").read_text()


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A copy of what the page needs, with the files that it tells to save."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("cnnkit", "autograder"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    shutil.copy(ROOT / "nbgrader_config.py", root)
    saved = re.findall(r"ave (?:this|the text of the lesson) as `([^`]+)`.*?```python\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in saved] == [
        "cnnkit/exercises/depthwise.py",
        "solution.py",
        "lessons/08-depthwise.py",
    ]
    for name, text in saved:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    return root


def run(root: Path, line: str) -> str:
    command, *arguments = line.split()
    program = [sys.executable, "-m", "autograder.cli"] if command == "autograder" else [shutil.which(command, path=BIN)]
    environment = os.environ | {"PYTHONPATH": str(root), "COLUMNS": "150"}
    done = subprocess.run(
        [*program, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


BIN = str(Path(sys.executable).parent)


def test_the_exercise_has_at_most_25_lines():
    code = re.search(r"`cnnkit/exercises/depthwise.py`:\n\n```python\n(.*?)```", PAGE, re.DOTALL).group(1)
    assert len([line for line in code.splitlines() if line.strip()]) <= 25


def test_the_page_works_from_idea_to_grade(repository):
    lines = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["autograder", "audit"],
        ["autograder", "judge"],
        ["autograder", "source"],
        ["nbgrader", "generate_assignment"],
        ["autograder", "grade"],
    ]
    audit, judge, *release, grade = lines
    printed = run(repository, audit)
    assert "2 of 2 named" in printed
    assert "depthwise passed" in run(repository, judge)
    for line in release:
        run(repository, line)
    released = nbformat.read(repository / "release" / "08-depthwise" / "08-depthwise.ipynb", as_version=4)
    solution = (repository / "solution.py").read_text()
    for student, text in (("ada", solution), ("bob", solution.replace(" * kernel)", " * kernel[:, :, :1])"))):
        for cell in released.cells:
            if cell.id == "depthwise-solution":
                cell.source = text
        folder = repository / "submitted" / student / "08-depthwise"
        folder.mkdir(parents=True)
        nbformat.write(released, folder / "08-depthwise.ipynb")
    table = run(repository, grade)
    assert re.search(r"ada .*4 / 4 .*everything right", table)
    assert re.search(r"bob .*one kernel for all", table)
