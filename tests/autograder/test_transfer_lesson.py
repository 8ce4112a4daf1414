"""Lesson 07 from the first cell to the last, without a network; and its written answer, which a person grades."""

import re
import shutil
from itertools import pairwise

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import read
from nbgrader.api import Gradebook

from autograder import feedback
from autograder.classroom import filled, right_solutions
from autograder.classrun import grade_class
from autograder.course import Course

from .conftest import REPOSITORY, run

LESSON, ANSWER = "07-transfer-learning", "when-to-fine-tune"


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What the teacher's notebook prints where no weights are; with one seed, as four would only take longer."""
    folder = tmp_path_factory.mktemp("no weights")
    notebook = read(REPOSITORY / "source" / LESSON / f"{LESSON}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if "seeds=4" in cell.source)
    cell.source = cell.source.replace("seeds=4", "seeds=1")
    away = f"import os\nos.environ.update(CNNKIT_DATA={str(folder)!r}, TORCH_HOME={str(folder)!r})"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(away))
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    streams = [o.text for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "stream"]
    return re.sub(r"\s+", " ", " ".join(streams))


def test_the_networks_are_counted(printed):
    for text in ("LeNet-5 5 61,706 96%", "AlexNet 8 61,100,840 96%", "VGG-16 16 138,357,544 89%"):
        assert text in printed
    assert "ResNet-18 18 11,689,512 4% ResNet-50 50 25,557,032 8%" in printed
    assert re.findall(r"ResNet-(\d+) blocks \([\d, ]+\) of \d: 1 \+ \d · \d+ \+ 1 layers = (\d+)", printed) == [
        (n, n) for n in ("18", "34", "50", "101", "152")
    ]


def test_the_gradient_vanishes_in_a_row_and_not_with_skips(printed):
    rows = re.findall(r" (2|10|20|40) (\de-\d+) (\de-\d+)", printed)
    assert len(rows) == 4
    for (_, row, skips), (_, next_row, next_skips) in pairwise(rows):
        assert float(next_row) < float(row) / 100
        assert 0.1 < float(next_skips) / float(skips) < 10


def test_without_weights_it_says_so_and_goes_on(printed):
    assert "No pretrained network here, so the two cells below have nothing to show." in printed
    assert "there is no vgg16-397923af.pth in" in printed
    assert "No pretrained network: no guesses." in printed


def test_what_is_frozen_stays_and_the_new_digits_are_learned(printed):
    moved = dict(
        re.findall(r"(conv\d\.\w+|dense1\.\w+) (?:frozen|trains) [\d,]+ numbers, changed by ([\d.]+)", printed)
    )
    assert {name for name, change in moved.items() if float(change) == 0} == {
        name for name in moved if name.startswith("conv")
    }
    assert len(moved) == 6
    share = re.search(r"digits 5 to 9 from 25 examples: (\d+)% of the test images are right", printed)
    assert int(share.group(1)) > 35
    table = dict(re.findall(r"(features frozen|from scratch|random features frozen) ([\d.]+)% ±", printed))
    assert float(table["features frozen"]) > float(table["random features frozen"]) + 10


def test_the_written_answer_is_graded_by_a_person_and_survives_a_regrade(tmp_path, corpora):
    shutil.copytree(REPOSITORY / "source" / LESSON, tmp_path / "source" / LESSON)
    shutil.copy(REPOSITORY / "nbgrader_config.py", tmp_path)
    with open(tmp_path / "nbgrader_config.py", "a") as config:
        config.write("\nc.Grading.course_seed = 'tests'\n")
    (tmp_path / ".autograder").mkdir()
    (tmp_path / ".autograder" / "corpus").symlink_to(corpora)
    run(tmp_path, "nbgrader", "generate_assignment", LESSON)
    course = Course(tmp_path)
    release = read(course.released(LESSON), as_version=4)
    written = filled(release, right_solutions(LESSON) | {ANSWER: "Freeze, as 50 < 20,000 & the features *fit*."})
    for student, notebook in {"ada": written, "ben": release}.items():
        course.submitted(student, LESSON).mkdir(parents=True)
        nbformat.write(notebook, course.submitted(student, LESSON) / f"{LESSON}.ipynb")

    def points(student):
        with Gradebook(course.directory.db_url, course.directory.course_id) as book:
            grade = book.find_grade(ANSWER, LESSON, LESSON, student)
            submission = book.find_submission(LESSON, student)
            return grade.auto_score, grade.manual_score, submission.score, submission.needs_manual_grade

    def grade_all(**options):
        rows = grade_class(course, LESSON, **options).rows
        assert [row.state for row in rows] == ["graded", "graded"], rows

    grade_all()
    assert points("ada") == (None, None, 9.0, True)
    assert points("ben") == (0.0, None, 0.0, False)  # nothing was written: there is nothing to read
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        grade = book.find_grade(ANSWER, LESSON, LESSON, "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.find_comment(ANSWER, LESSON, LESSON, "ada").manual_comment = "and the rate?"
        book.db.commit()
    assert points("ada") == (None, 2.5, 11.5, False)
    grade_all(force=True)
    assert points("ada")[1:3] == (2.5, 11.5)
    feedback.render_class(course, LESSON)
    page = (tmp_path / "feedback" / "ada" / LESSON / f"{LESSON}.html").read_text()
    assert "(Score: 11.5 / 12.0)" in page
    assert re.search(r"Freeze, as 50 &lt; 20,000 &amp; the features <em>fit</em>\..*and the rate\?", page, re.DOTALL)
    assert "most recent call last" not in page  # cells that use networks end quietly
