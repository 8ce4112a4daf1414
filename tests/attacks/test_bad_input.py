"""Submissions that are broken in every way: each has its reason in its row and its feedback, and harms nobody else."""

import json
import os

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from tests.attacks.conftest import FULL, LESSON, ClassRun, assert_nothing_runs, nbgrader, scores, submit

NAME = f"{LESSON}.ipynb"
NOTHING = dict.fromkeys(FULL, 0.0)


def _changed(text: str, change) -> str:
    notebook = json.loads(text)
    change(notebook)
    return json.dumps(notebook)


def _cell(notebook: dict, grade_id: str) -> dict:
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def _mark(wanted: str, **changes):
    return lambda notebook: _cell(notebook, wanted)["metadata"]["nbgrader"].update(changes)


def _without(*ids: str):
    def change(notebook):
        notebook["cells"] = [c for c in notebook["cells"] if c["metadata"]["nbgrader"]["grade_id"] not in ids]

    return change


#: What the file holds: (content from a right notebook's text, words of the reason).
BROKEN = {
    "empty": (lambda text: b"", "is empty"),
    "cut off": (lambda text: text[: len(text) // 2], "not JSON"),
    "a picture": (lambda text: b"\x89PNG\r\n\x1a\n" + bytes(100), "not text in UTF-8"),
    "zeros": (lambda text: bytes(1000), "not JSON"),
    "utf-16": (lambda text: text.encode("utf-16"), "not text in UTF-8"),
    "deep": (lambda text: "[" * 10**5, "cannot be read"),
    "a list": (lambda text: "[]", "not a notebook"),
    "a number": (lambda text: "1e999", "not a notebook"),
    "a huge number": (lambda text: '{"nbformat": ' + "9" * 10**4 + "}", "the notebook"),
    "an object": (lambda text: "{}", "format version is None"),
    "version 2": (lambda text: _changed(text, lambda n: n.update(nbformat=2)), "format version is 2"),
    "version 5": (lambda text: _changed(text, lambda n: n.update(nbformat=5)), "format version is 5"),
    "version text": (lambda text: _changed(text, lambda n: n.update(nbformat="4")), "format version is '4'"),
    "version list": (lambda text: _changed(text, lambda n: n.update(nbformat=[4])), "format version is [4]"),
    "cells number": (lambda text: _changed(text, lambda n: n.update(cells=7)), "cannot be read"),
    "cells of text": (lambda text: _changed(text, lambda n: n.update(cells=["x", None])), "cannot be read"),
    "cell type list": (lambda text: _changed(text, lambda n: n["cells"][0].update(cell_type=[])), "cannot be read"),
    "50 MB": (lambda text: text + " " * 50 * 2**20, "more than the 2 MiB"),
}
#: Changes to a right notebook that an honest student could make by mistake; they cost nothing.
HARMLESS = {
    "deleted test": _without("conv2d", "to_gray"),
    "all tests deleted": _without(*FULL),
    "reordered": lambda n: n.update(cells=n["cells"][::-1]),
    "duplicated": lambda n: n.update(cells=n["cells"] * 2),
    "retyped": lambda n: [cell.update(cell_type="markdown") for cell in n["cells"]],
    "no cell type": lambda n: [cell.pop("cell_type") for cell in n["cells"]],
    "repointed": _mark("conv2d", grade_id="to_gray"),
    "renamed": _mark("conv2d", grade_id="something-else"),
    "points as text": _mark("conv2d", points="many"),
    "points as nan": _mark("conv2d", points=float("nan")),
    "old schema": _mark("conv2d", schema_version=1),
    "new schema": _mark("conv2d", schema_version=99),
    "minor 99": lambda n: n.update(nbformat_minor=99),
    "kernel of another language": lambda n: n.update(metadata={"kernelspec": {"name": "ir", "display_name": "R"}}),
    "test overwritten": lambda n: _cell(n, "conv2d").update(source="assert False, 'I broke it'"),
    "same id": lambda n: [cell.update(id="same") for cell in n["cells"]],
    "half surrogate": lambda n: n["cells"].append(
        {"cell_type": "code", "source": "'\ud800'", "metadata": {}, "outputs": [], "execution_count": None}
    ),
    "text instead of lines": lambda n: [c.update(source="".join(c["source"])) for c in n["cells"]],
    "byte order mark": None,
}


@pytest.fixture(scope="module")
def graded(new_course, run_class, write, tmp_path_factory) -> ClassRun:
    course, text = new_course(), nbformat.writes(write())
    notebooks = {name: make(text) for name, (make, _) in BROKEN.items()}
    notebooks |= {name: _changed(text, change) for name, change in HARMLESS.items() if change}
    notebooks["byte order mark"] = b"\xef\xbb\xbf" + text.encode()
    notebooks["Zoë de l'Été"] = text
    outside = tmp_path_factory.mktemp("outside")
    (outside / NAME).write_text(text)
    folder = course.submitted
    for student in ("empty folder", "link", "broken link", "a folder", "a pipe", "link to a device", "wrong name"):
        folder(student, LESSON).mkdir(parents=True)
    (folder("link", LESSON) / NAME).symlink_to(outside / NAME)
    (folder("broken link", LESSON) / NAME).symlink_to("nowhere")
    (folder("link to a device", LESSON) / NAME).symlink_to("/dev/zero")
    (folder("a folder", LESSON) / NAME).mkdir()
    os.mkfifo(folder("a pipe", LESSON) / NAME)
    submit(course, "wrong name", text, "été \u00e0 la plage.ipynb")
    (folder("wrong name", LESSON) / os.fsdecode(b"\xff\xfe.ipynb")).write_text(text)
    folder("linked folder", LESSON).parent.mkdir(parents=True)
    folder("linked folder", LESSON).symlink_to(outside)
    folder("linked student", LESSON).parent.symlink_to(folder("empty folder", LESSON).parent)
    for student, content in (("bad time", "yesterday"), ("empty time", ""), ("long time", "9" * 10**6)):
        submit(course, student, text)
        submit(course, student, content, "timestamp.txt")
    submit(course, "endless time", text)
    os.mkfifo(folder("endless time", LESSON) / "timestamp.txt")
    submit(course, "linked time", text)
    (folder("linked time", LESSON) / "timestamp.txt").symlink_to("/dev/zero")
    return run_class(course, notebooks)


UNREADABLE = {
    "empty folder": "was not submitted",
    "link": "is a link",
    "broken link": "is a link",
    "link to a device": "is a link",
    "a folder": "not a file",
    "a pipe": "not a file",
    "wrong name": "rename it",
    "linked folder": "is a link",
    "linked student": "is a link",
} | {name: words for name, (_, words) in BROKEN.items()}


@pytest.mark.parametrize("student", UNREADABLE)
def test_what_cannot_be_graded_says_why_in_the_row_and_in_the_feedback(graded, student):
    assert graded.scores[student] == NOTHING
    row = graded.rows[student]
    assert (row.state, row.points) == ("graded", 0.0)
    assert UNREADABLE[student] in row.reason
    cells = json.loads(graded.text(student))["cells"]
    assert "From the grader" in "".join(cells[0]["source"])
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    shown = [o["data"]["text/plain"] for o in outputs if o["output_type"] == "display_data"]
    assert len(shown) == len(FULL)
    assert all(UNREADABLE[student] in "".join(text) for text in shown)


@pytest.mark.parametrize("student", [*HARMLESS, "Zoë de l'Été"])
def test_what_can_be_put_in_order_keeps_its_marks(graded, student):
    assert graded.scores[student] == FULL, graded.rows[student].reason


@pytest.mark.parametrize("student", ["bad time", "empty time", "long time", "endless time", "linked time"])
def test_a_time_of_submission_that_cannot_be_read_costs_nothing(graded, student):
    assert graded.scores[student] == FULL, graded.rows[student].reason


def test_a_deleted_solution_is_not_graded_and_says_so(grade, write):
    notebook = write()
    notebook.cells = [c for c in notebook.cells if c.metadata.nbgrader.grade_id != "conv2d-solution"]
    graded = grade(notebook)
    assert graded.points == FULL | {"conv2d": 0.0}
    assert "conv2d is not defined" in graded.verdicts[2].reason
    assert "the cell 'conv2d-solution' was deleted" in graded.notebook.cells[0].source


def test_hundreds_of_own_cells(grade, write):
    notebook = write()
    notebook.cells[:0] = [new_code_cell("", id=f"own-{n}") for n in range(300)]
    assert grade(notebook).points == FULL


def test_stock_nbgrader_grades_the_same(new_course, write, host, tmp_path_factory):
    """The command and the button that teachers know: one run over a class with the worst of them."""
    course, text = new_course(), nbformat.writes(write())
    for student in ("aaa", "zzz zoë"):
        submit(course, student, text)
    for student in ("cut off", "version 5", "empty", "cells of text"):
        submit(course, student, BROKEN[student][0](text))
    for student in ("repointed", "half surrogate"):
        submit(course, student, _changed(text, HARMLESS[student]))
    submit(course, "wrong name", text, "Untitled.ipynb")
    outside = tmp_path_factory.mktemp("elsewhere") / NAME
    outside.write_text(text)
    course.submitted("link", LESSON).mkdir(parents=True)
    (course.submitted("link", LESSON) / NAME).symlink_to(outside)
    submit(course, "steals", text)
    (course.submitted("steals", LESSON) / "data.csv").symlink_to(course.root / "gradebook.db")
    (course.submitted("steals", LESSON) / "lost.csv").symlink_to("nowhere")
    # A teacher may reach the course through a link; what students hand in is put in order all the same.
    link = tmp_path_factory.mktemp("home") / "course"
    link.symlink_to(course.root)
    nbgrader(course.root, "autograde", LESSON, f"--CourseDirectory.root={link}")
    found = scores(course)
    for student in ("aaa", "zzz zoë", "repointed", "half surrogate", "steals"):
        assert found[student] == FULL, student
    for student in ("cut off", "version 5", "empty", "cells of text", "wrong name", "link"):
        assert found[student] == NOTHING, student
        assert (course.autograded(student, LESSON) / NAME).is_file()
    assert not (course.autograded("steals", LESSON) / "data.csv").exists()
    assert_nothing_runs(host)
