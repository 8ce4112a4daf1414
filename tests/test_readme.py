"""What the README shows is what the commands do."""

import re
from pathlib import Path

import pytest

from autograder.classroom import as_solution
from autograder.cli import _parser
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find

from .autograder.conftest import run

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


def test_the_judges_report_looks_like_the_one_in_the_readme(tmp_path):
    flipped = next(m for m in find("conv2d").misconceptions if m.name == "kernel flipped")
    (tmp_path / "solution.py").write_text(as_solution(flipped.function, "conv2d"))
    printed = run(ROOT, "autograder", "judge", "conv2d", str(tmp_path / "solution.py")).stdout
    shown = next(block for block in blocks(ROOT / "README.md", "text") if block.startswith("conv2d not passed"))
    # The example depends on the course seed; the words around it do not.
    for line in shown.splitlines():
        if line.startswith("  [") or (line[:1].isalpha() and "(" not in line):
            assert line in printed


def test_every_command_in_the_pages_is_one_that_exists():
    makefile = (ROOT / "Makefile").read_text()
    for path in PAGES:
        for line in "".join(blocks(path, "sh")).splitlines():
            words = line.partition("#")[0].replace(".venv/bin/", "").split()
            if words[:1] == ["make"]:
                assert f"\n{words[1]}:" in makefile
            elif words[:1] == ["autograder"]:
                _parser().parse_args(words[1:])


def test_the_students_example_runs_and_says_what_is_missing():
    (code,) = blocks(ROOT / "README.md", "python")
    with pytest.raises(CheckFailed, match="not written yet"):
        exec(compile(code, "README.md", "exec"), {})


def test_links_between_the_pages_lead_somewhere():
    for path in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
