"""Reading strangers' notebooks: every kind of damage has a reason, and honest work in it is found."""

import copy
import json
import os
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.classroom import filled, right_solutions
from autograder.submission import read_released, read_submission

LESSON = "01-convolution"
LIMIT = 2**20


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "a student" / LESSON
    path.mkdir(parents=True)
    return path


@pytest.fixture
def right(released):
    return filled(released, right_solutions(LESSON))


def read(folder, released, content=None):
    path = folder / f"{LESSON}.ipynb"
    if content is not None:
        data = content if isinstance(content, bytes) else nbformat.writes(content).encode()
        path.write_bytes(data)
    return read_submission(path, released, LIMIT)


def ids(notebook):
    return [cell.metadata.nbgrader.grade_id for cell in notebook.cells if cell.metadata.get("nbgrader")]


def cell_of(notebook, grade_id):
    return next(c for c in notebook.cells if (c.metadata.get("nbgrader") or {}).get("grade_id") == grade_id)


def test_a_clean_notebook_stays_as_it_is(folder, released, right):
    submission = read(folder, released, right)
    assert submission.problem == ""
    assert submission.notes == []
    assert [cell.source for cell in submission.notebook.cells] == [cell.source for cell in right.cells]
    nbformat.validate(submission.notebook)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[1, 2]", "not a notebook"),
        (b"{}", "format version is None"),
        (b'{"nbformat": 99, "nbformat_minor": 0, "cells": []}', "format version is 99"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": 7}', "cannot be read|no list"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [7]}', "cannot be read"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "cannot be read|no list"),
        (b"[" * 100_000, "cannot be read|not JSON"),
        (b" " * (LIMIT + 1), "more than the 1 MiB"),
    ],
)
def test_what_is_no_notebook_has_a_reason(folder, released, content, says):
    submission = read(folder, released, content)
    assert re.search(says, submission.problem), submission.problem
    assert ids(submission.notebook) == ids(released), "there is a notebook to show all the same"


def test_nothing_there(folder, released):
    assert read(folder, released).problem == f"{LESSON}.ipynb was not submitted"
    (folder / "Untitled.ipynb").write_text("{}")
    assert "found Untitled.ipynb" in read(folder, released).problem


def test_links_are_not_followed(folder, released, right, tmp_path):
    secret = tmp_path / "secret.ipynb"
    nbformat.write(right, secret)
    (folder / f"{LESSON}.ipynb").symlink_to(secret)
    assert "is a link" in read(folder, released).problem
    outside = tmp_path / "outside"
    outside.mkdir()
    nbformat.write(right, outside / f"{LESSON}.ipynb")
    linked = tmp_path / "other" / LESSON
    linked.parent.mkdir()
    linked.symlink_to(outside)
    assert "is a link" in read(linked, released).problem


def test_a_folder_or_a_pipe_in_its_place(folder, released):
    (folder / f"{LESSON}.ipynb").mkdir()
    assert read(folder, released).problem
    (folder / f"{LESSON}.ipynb").rmdir()
    os.mkfifo(folder / f"{LESSON}.ipynb")
    assert "is not a file" in read(folder, released).problem


def test_version_3_is_read(folder, released, right):
    old = nbformat.convert(copy.deepcopy(right), 3)
    submission = read(folder, released, json.dumps(old).encode())
    assert submission.problem == ""
    assert any("def" in cell.source for cell in submission.notebook.cells)


def test_deleted_test_cells_come_back_in_place(folder, released, right):
    right.cells = [c for c in right.cells if (c.metadata.get("nbgrader") or {}).get("grade_id") != "conv2d"]
    submission = read(folder, released, right)
    assert ids(submission.notebook) == ids(released)
    assert submission.notes == ["the cell 'conv2d' was deleted; it is back"]


def test_a_deleted_solution_cell_does_not_come_back_as_a_stub(folder, released, right):
    cell = cell_of(right, "conv2d-solution")
    right.cells = [c for c in right.cells if c is not cell] + [new_code_cell(cell.source)]
    submission = read(folder, released, right)
    assert "conv2d-solution" not in ids(submission.notebook)
    assert submission.notebook.cells[-1].source == cell.source


def test_repointed_points_and_sources_are_the_released_ones(folder, released, right):
    graded = cell_of(right, "conv2d")
    graded.metadata.nbgrader.points = 1000
    graded.source = "print('trust me')"
    submission = read(folder, released, right)
    restored = cell_of(submission.notebook, "conv2d")
    assert restored.metadata.nbgrader == cell_of(released, "conv2d").metadata.nbgrader
    assert restored.source == cell_of(released, "conv2d").source
    assert "was changed" in submission.notes[0]


def test_a_repointed_cell_leaves_a_gap_that_is_filled(folder, released, right):
    cell_of(right, "conv2d").metadata.nbgrader.grade_id = "to_gray"
    submission = read(folder, released, right)
    assert sorted(ids(submission.notebook)) == sorted(ids(released))


def test_retyped_cells_are_code_again(folder, released, right):
    for name in ("conv2d", "conv2d-solution"):
        place = right.cells.index(cell_of(right, name))
        old = right.cells[place]
        right.cells[place] = new_markdown_cell(old.source, metadata=old.metadata)
    submission = read(folder, released, right)
    assert {cell_of(submission.notebook, n).cell_type for n in ("conv2d", "conv2d-solution")} == {"code"}
    assert "def" in cell_of(submission.notebook, "conv2d-solution").source


def test_of_a_copied_cell_the_last_one_counts(folder, released, right):
    place = right.cells.index(cell_of(right, "conv2d-solution"))
    copied = copy.deepcopy(right.cells[place])
    copied.source, copied["id"] = "early = 1", "copied"
    right.cells.insert(place, copied)
    submission = read(folder, released, right)
    assert ids(submission.notebook) == ids(released)
    assert any(cell.source == "early = 1" for cell in submission.notebook.cells)
    assert "stands more than once" in submission.notes[0]


def test_hostile_metadata_is_dropped(folder, released, right):
    right.metadata["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    right.cells[0].metadata["nbgrader"] = {"grade": True, "grade_id": "bonus", "points": 1000, "solution": False}
    right.cells[1].metadata["nbgrader"] = "not a dictionary"
    submission = read(folder, released, json.dumps(right).encode())
    assert submission.notebook.metadata.kernelspec == released.metadata.kernelspec
    assert "bonus" not in ids(submission.notebook)


def test_html_in_prose_shows_as_text(folder, released, right):
    right.cells.append(new_markdown_cell("3 < 4 <script>alert(1)</script>"))
    right.cells.append(nbformat.v4.new_raw_cell("<img src=x onerror=alert(1)>"))
    submission = read(folder, released, right)
    assert submission.notebook.cells[-2].source == "3 < 4 &lt;script>alert(1)&lt;/script>"
    assert submission.notebook.cells[-1].source.startswith("&lt;img")


def test_a_missing_release_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nbgrader generate_assignment 01-convolution --force"):
        read_released(tmp_path / LESSON / f"{LESSON}.ipynb")
