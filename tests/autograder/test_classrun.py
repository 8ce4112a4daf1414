"""A whole class through both commands: the same scores, nothing lost, nothing graded twice."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook

from autograder import gradebook
from autograder.classroom import filled, make_class, mistaken_solutions, right_solutions
from autograder.classrun import _completed, grade_class
from autograder.course import Course, CourseError

from .conftest import LESSON, run, submit


def scores(root):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in book.find_assignment(LESSON).submissions
        }


def test_both_commands_give_a_class_the_same_scores(fresh_course, tmp_path, released):
    """`nbgrader autograde` and `autograder grade`, on right, wrong, broken and hostile submissions."""
    ours, stock = tmp_path / "ours", tmp_path / "stock"
    shutil.copytree(fresh_course, ours)
    with open(ours / "nbgrader_config.py", "a") as config:
        # Some of them wait that long, or fill so much.
        config.write("\nc.Limits.call_seconds = 0.5\nc.Limits.cell_seconds = 2.0\nc.Limits.memory_mib = 400\n")
    students = make_class(released, LESSON, ours / "submitted")
    assert len(students) >= 24
    kinds = Counter()
    for student in list(students):  # the stock command takes seconds for each: three of a kind are enough
        kind = student.rpartition("-")[0] if student[-1].isdecimal() else student
        kinds[kind] += 1
        if kinds[kind] > 3:
            shutil.rmtree(ours / "submitted" / student)
            students.remove(student)
    renamed = ours / "submitted" / "José van der Ümlaut 😀"
    shutil.copytree(ours / "submitted" / "right-1", renamed)
    shutil.copytree(ours, stock)

    done = run(ours, "autograder", "grade", LESSON, "--json")
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["graded"] == len(students) + 1
    assert counts["failed"] == counts["skipped"] == 0

    run(stock, "nbgrader", "autograde", LESSON)
    by_ours, by_stock = scores(ours), scores(stock)
    # nbgrader itself passes over an empty folder.
    assert set(by_ours) - set(by_stock) == {"nothing-submitted"}
    assert {student: by_ours[student] for student in by_stock} == by_stock
    full = {"split_channels": 2.0, "to_gray": 2.0, "conv2d": 5.0, "conv2d_channels": 3.0}
    for student in [s for s in students if s.startswith("right")] + [renamed.name]:
        assert {name: score for name, (score, _) in by_ours[student].items() if name in full} == full
    for student in ("blank", "broken-json", "nothing-submitted", "wrong-file-name", "not-a-notebook"):
        assert {score for score, _ in by_ours[student].values()} == {0.0}

    # Its folder says why, and nbgrader's other commands go on from there.
    for course in (ours, stock):
        verdict = json.loads((course / "autograded" / "broken-json" / LESSON / "verdict.json").read_text())
        assert "not JSON" in verdict["reason"]
        run(course, "nbgrader", "generate_feedback", LESSON, "--student", "broken-json")
        page = (course / "feedback" / "broken-json" / LESSON / f"{LESSON}.html").read_text()
        assert "the notebook is not JSON" in page
    run(ours, "nbgrader", "export", "--to", "grades.csv")
    assert "right-1" in (ours / "grades.csv").read_text()


def test_feedback_shows_an_example_and_no_hidden_source(course, released):
    submit(course, "ada", filled(released, mistaken_solutions(LESSON, 0)))
    grade_class(course, LESSON)
    run(course.root, "nbgrader", "generate_feedback", LESSON)
    page = (course.root / "feedback" / "ada" / LESSON / f"{LESSON}.html").read_text()
    assert "Perhaps: kernel flipped" in page
    assert "The smallest example that failed" in page
    hidden = Path(__file__).parent.parent.parent / "autograder" / "hidden" / "convolution.py"
    lines = [line.strip() for line in hidden.read_text().splitlines() if len(line.strip()) > 30 and "=" in line]
    assert lines
    assert not [line for line in lines if line in page]


def test_a_second_run_grades_only_what_is_new(course, released):
    for name in ("ada", "ben"):
        submit(course, name, filled(released, right_solutions(LESSON)))
    assert grade_class(course, LESSON).as_json()["graded"] == 2
    submit(course, "ben", released)
    submit(course, "cyd", filled(released, right_solutions(LESSON, 1)))
    summary = grade_class(course, LESSON)
    assert {row.student: row.state for row in summary.rows} == {"ada": "skipped", "ben": "graded", "cyd": "graded"}
    assert scores(course.root)["ben"]["conv2d"] == (0.0, False)
    assert grade_class(course, LESSON, force=True, students=["ada"]).count("graded") == 1


def test_a_regrade_gives_the_same_to_the_last_digit(course, released):
    submit(course, "ada", filled(released, mistaken_solutions(LESSON, 5)))
    grade_class(course, LESSON)
    first = scores(course.root)
    grade_class(course, LESSON, force=True)
    assert scores(course.root) == first


def test_what_a_teacher_wrote_survives_a_regrade(course, released):
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        grade = book.find_grade("conv2d", LESSON, LESSON, "ada")
        grade.manual_score = 1.5
        grade.extra_credit = 0.5
        book.find_comment("conv2d-solution", LESSON, LESSON, "ada").manual_comment = "see me"
        book.db.commit()
    grade_class(course, LESSON, force=True)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        grade = book.find_grade("conv2d", LESSON, LESSON, "ada")
        assert (grade.manual_score, grade.extra_credit, grade.auto_score) == (1.5, 0.5, 5.0)
        assert grade.needs_manual_grade
        assert book.find_comment("conv2d-solution", LESSON, LESSON, "ada").comment == "see me"


def test_a_failed_regrade_leaves_no_older_score_standing(course, released, monkeypatch, caplog):
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON)

    def fails(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr("autograder.classrun.grade_notebook", fails)
    summary = grade_class(course, LESSON, force=True)
    assert summary.rows[0].state == "failed"
    assert "the disk is on fire" in summary.rows[0].reason
    assert "in fails" in caplog.text, "whoever mends the grader sees where it was"
    assert scores(course.root)["ada"]["conv2d"] == (None, True)
    monkeypatch.undo()
    assert grade_class(course, LESSON).count("graded") == 1, "it is graded again next time"


def test_of_several_that_are_recorded_together_one_that_fails_costs_no_other(course, released, monkeypatch, caplog):
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.add_student("ada", first_name="Ada")
    for name in ("ada", "ben", "cyd"):
        submit(course, name, filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON, students=["cyd"])
    together, fill = [], gradebook.Book._fill

    def fails(book, submission, graded):
        if submission.student.id == "ben":
            raise RuntimeError("the ink ran out")
        return fill(book, submission, graded)

    def all_at_once(pool, work, items, ahead):
        done = [(item, pool.submit(work, item)) for item in items]
        together.append(len(done))
        yield done

    monkeypatch.setattr(gradebook.Book, "_fill", fails)
    monkeypatch.setattr("autograder.classrun._completed", all_at_once)
    summary = grade_class(course, LESSON, force=True)
    assert together == [3]
    assert {row.student: row.state for row in summary.rows} == {"ada": "graded", "ben": "failed", "cyd": "graded"}
    assert [row.reason for row in summary.rows if row.state == "failed"] == [
        "the grader failed: RuntimeError: the ink ran out"
    ]
    assert caplog.text.count("the grader failed at") == 1
    found = scores(course.root)
    assert {name: found[name]["conv2d"] for name in found} == {
        "ada": (5.0, False), "ben": (None, True), "cyd": (5.0, False)
    }  # fmt: skip
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        assert book.find_student("ada").first_name == "Ada"


def test_a_submission_that_takes_long_does_not_keep_the_others_waiting():
    others_given = threading.Event()

    def work(name):
        return others_given.wait(60) if name == "slow" else name

    given = []
    with ThreadPoolExecutor(2) as pool:
        for done in _completed(pool, work, ["slow", *map(str, range(20))], ahead=4):
            given += [(name, future.result()) for name, future in done]
            if len(given) == 20:
                others_given.set()
    assert given[-1] == ("slow", True)
    assert sorted(given[:-1]) == sorted((str(n), str(n)) for n in range(20))


def test_a_broken_resubmission_replaces_the_older_score(course, released):
    path = submit(course, "ada", filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON)
    path.write_text("{ damaged")
    assert "not JSON" in grade_class(course, LESSON).rows[0].reason
    assert {score for score, _ in scores(course.root)["ada"].values()} == {0.0}


def test_a_locked_database_is_waited_for(course, released):
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    locker = sqlite3.connect(course.root / "gradebook.db", check_same_thread=False, isolation_level=None)
    locker.execute("BEGIN EXCLUSIVE")
    threading.Timer(7.0, lambda: locker.execute("COMMIT")).start()
    assert grade_class(course, LESSON).count("graded") == 1
    locker.close()


def test_a_database_that_stays_locked_fails_the_row_not_the_run(course, released, monkeypatch):
    monkeypatch.setattr(gradebook, "PATIENCE", 0.1)
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    lockers = []

    def lock(_):
        lockers.append(sqlite3.connect(course.root / "gradebook.db", isolation_level=None))
        lockers[0].execute("BEGIN IMMEDIATE")

    summary = grade_class(course, LESSON, on_start=lock)
    lockers[0].close()
    assert summary.rows[0].state == "failed"
    assert "stayed locked" in summary.rows[0].reason


def test_two_graders_of_one_course_do_not_mix(course):
    with gradebook.Book(course, LESSON), pytest.raises(CourseError, match="another `autograder grade` is running"):
        gradebook.Book(course, LESSON)


def test_late_work_pays_nbgraders_penalty(course, released):
    path = submit(course, "ada", filled(released, right_solutions(LESSON)))
    (path.parent / "timestamp.txt").write_text("2026-01-02 00:00:00 UTC")
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.update_or_create_assignment(LESSON, duedate="2026-01-01 00:00:00 UTC")
    course.config.LateSubmissionPlugin.penalty_method = "zero"
    grade_class(course, LESSON)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        assert book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty == 13.0


def test_the_results_say_that_there_was_a_sandbox(course, released):
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    done = run(course.root, "autograder", "grade", LESSON)
    assert "WARNING" not in done.stderr
    assert json.loads((course.autograded("ada", LESSON) / "verdict.json").read_text())["isolation"] == "bubblewrap"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("grade", "09-nothing"), "is not in the gradebook yet; type: nbgrader generate_assignment 09-nothing"),
        (("grade", LESSON, "--student", "nobody"), "no submission of 01-convolution by: nobody"),
        (("grade", LESSON, "--workers", "0"), "must be at least 1"),
        (("judge", "conv9d", "x.py"), "there is no exercise 'conv9d'"),
        (("judge", "conv2d", "missing.py"), "missing.py is not a file"),
        (("build", "09-nothing"), "there is no lesson '09-nothing'"),
    ],
)
def test_wrong_use_says_what_is_right(course, released, command, says):
    submit(course, "ada", released)
    assert says in run(course.root, "autograder", *command, status=2).stderr


def test_interrupted_then_again_grades_only_what_is_left(course, released):
    """Ctrl-C in the middle of a real run: what was graded stays, nothing is half written, the rest comes next."""
    for number in range(12):
        notebook = filled(released, right_solutions(LESSON, number))
        if number == 6:  # nobody gets past this one before the interrupt comes
            notebook.cells.insert(0, new_code_cell("import time\ntime.sleep(3)"))
        submit(course, f"student-{number:02}", notebook)
    program = Path(sys.executable).parent / "autograder"
    grading = subprocess.Popen(
        [program, "grade", LESSON, "--workers", "1"], cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell may have told us to ignore it
    )  # fmt: skip
    while not list(course.root.glob(f"autograded/*/{LESSON}/verdict.json")):
        assert grading.poll() is None
        time.sleep(0.02)
    grading.send_signal(signal.SIGINT)
    _, stderr = grading.communicate(timeout=60)
    assert grading.returncode == 130
    assert b"run the same command again" in stderr
    counts = grade_class(Course(course.root), LESSON).as_json()
    assert counts["graded"] + counts["skipped"] == 12
    assert counts["graded"] > 0
    assert counts["skipped"] > 0
    assert len(scores(course.root)) == 12
    assert not [name for name in os.listdir(course.root / "autograded" / "student-00") if name.startswith(".")]


def test_validate_works_as_always(course, released):
    path = submit(course, "ada", filled(released, right_solutions(LESSON)))
    assert "Success" in run(path.parent, "nbgrader", "validate", path.name).stdout
