"""The feedback pages of a whole class, as ``nbgrader generate_feedback`` would write them, in a fraction of the time.

The pages are the same to the last character: the same template, the same scores and comments, the same folders, so
formgrader and ``nbgrader release_feedback`` go on from there. What takes stock nbgrader its time is done once instead:

- the template is compiled, and nbconvert imported, before the processes fork that render;
- scores and comments come from the gradebook in a few queries for the class, not in dozens for each notebook;
- highlighting and Markdown are kept: most cells of a notebook are the same for everybody;
- nbconvert reads each whole page with an HTML parser written in Python and writes it again. Here that is done cell by
  cell, and kept as well. A student's cell can so disturb no other one, either.
"""

import dataclasses
import hashlib
import json
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from nbgrader import utils
from nbgrader.api import Assignment, BaseCell, Comment, Grade, Gradebook, MissingEntry, Notebook, Student
from nbgrader.api import SubmittedAssignment as Handed
from nbgrader.api import SubmittedNotebook as Submitted

from autograder.course import Course, CourseError
from autograder.feedback_page import Marks, PageWriter
from autograder.summary import Summary

#: What a course may set for stock nbgrader that changes its pages in ways of its own.
_OWN_WAYS = ("preprocessors", "exporter_class", "pre_convert_hook", "post_convert_hook")


@dataclass
class Row:
    """One student's line: `state` is rendered, failed or skipped (nothing changed since the page was written)."""

    student: str
    state: str
    reason: str = ""


def render_class(
    course: Course,
    lesson: str,
    students: Iterable[str] = (),
    force: bool = False,
    workers: int | None = None,
    on_start: Callable[[int], None] = lambda total: None,
    on_row: Callable[[Row], None] = lambda row: None,
) -> Summary:
    """Write the feedback page of every graded submission that has none, or an outdated one.

    Parameters
    ----------
    course : Course
    lesson : str
    students : iterable of str, optional
        Only these; everybody by default.
    force : bool, optional
        Also pages that are up to date.
    workers : int, optional
        Processes; by default as many as there are processors.
    on_start, on_row : callable, optional
        Told the number of students, and each row as soon as it is known.

    Raises
    ------
    CourseError
        For what a teacher must mend first.
    """
    start = time.monotonic()
    _refuse_own_ways(course)
    marks = _all_marks(course, lesson)
    everybody = _graded_students(course, lesson)
    known = sorted(everybody | set(_handed_in(course, lesson)))
    unknown = sorted(set(students) - set(known))
    if unknown:
        raise CourseError(f"no submission of {lesson} by: {', '.join(unknown)}")
    wanted = sorted(set(students)) or known
    if not wanted:
        raise CourseError(f"nothing of {lesson} is graded yet; type: autograder grade {lesson}")
    on_start(len(wanted))
    summary = Summary(("rendered", "failed", "skipped"))
    for row in _render_all(course, lesson, wanted, everybody, marks, force, workers or os.cpu_count() or 1):
        summary.rows.append(row)
        on_row(row)
    summary.rows.sort(key=lambda row: row.student)
    summary.seconds = time.monotonic() - start
    return summary


def _render_all(course, lesson, wanted, graded, marks, force, workers):
    todo = []
    for student in wanted:
        if student not in graded:
            yield Row(student, "failed", f"not graded yet; type: autograder grade {lesson} --student {student}")
        elif student not in marks:
            text = f"the scores are not in the gradebook; type: autograder grade {lesson} --student {student} --force"
            yield Row(student, "failed", text)
        else:
            todo.append(student)
    if not todo:
        return
    _Worker.course, _Worker.lesson, _Worker.force = course, lesson, force
    _Worker.writer = PageWriter(course.config, lesson)  # before the fork: its template is compiled once
    if workers == 1 or len(todo) == 1:
        yield from (_Worker.render(student, marks[student]) for student in todo)
        return
    with ProcessPoolExecutor(min(workers, len(todo)), multiprocessing.get_context("fork")) as pool:
        futures = {pool.submit(_Worker.render, student, marks[student]): student for student in todo}
        try:
            for future in as_completed(futures):
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    yield Row(futures[future], "failed", f"the process that renders it ended: {error}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Worker:
    """What a forked process knows from its parent."""

    course: Course
    lesson: str
    force: bool
    writer: PageWriter

    @classmethod
    def render(cls, student: str, marks: Marks) -> Row:
        """Write one student's folder; never raises."""
        folder = _folder(cls.course, student, cls.lesson)
        try:
            source = cls.course.autograded(student, cls.lesson)
            key = _key(source / f"{cls.lesson}.ipynb", marks, cls.course)
            page, note = folder / f"{cls.lesson}.html", _note(cls.course, student, cls.lesson)
            if not cls.force and _is_current(page, note, key):
                return Row(student, "skipped", "up to date")
            html = cls.writer.page(source / f"{cls.lesson}.ipynb", marks)
            _write(cls.course, source, folder, page.name, html)
            _remember(page, note, key)
        except Exception as error:
            # As nbgrader does: an older page must not stand as if it were this submission's.
            shutil.rmtree(folder, ignore_errors=True)
            return Row(student, "failed", f"{type(error).__name__}: {error}")
        return Row(student, "rendered")


def _refuse_own_ways(course: Course) -> None:
    for section in ("GenerateFeedback", "BaseConverter"):
        for name in _OWN_WAYS:
            if name in course.config.get(section, {}):
                raise CourseError(
                    f"c.{section}.{name} is set in nbgrader_config.py, which only nbgrader itself follows; "
                    "type: nbgrader generate_feedback LESSON"
                )


def _graded_students(course: Course, lesson: str) -> set[str]:
    root = course.root / course.directory.autograded_directory
    return {path.parent.parent.name for path in root.glob(f"*/{lesson}/{lesson}.ipynb")}


def _handed_in(course: Course, lesson: str) -> list[str]:
    try:
        return course.students(lesson)
    except CourseError:  # a course whose submissions were put away after grading
        return []


def _folder(course: Course, student: str, lesson: str) -> Path:
    return course.root / course.directory.feedback_directory / student / lesson


# --- the gradebook ----------------------------------------------------------------------------------------------


def _all_marks(course: Course, lesson: str) -> dict[str, Marks]:
    """Scores and comments of everybody, by student."""
    directory = course.directory
    with Gradebook(directory.db_url, directory.course_id) as book:
        try:
            book.find_notebook(lesson, lesson)
        except MissingEntry:
            raise CourseError(
                f"{lesson} is not in the gradebook yet; type: nbgrader generate_assignment {lesson} --force"
            ) from None
        points = (Submitted.score, Submitted.max_score, Submitted.late_submission_penalty)
        rows = (
            book.db.query(Submitted.id, Student.id, *points)
            .join(Handed, Submitted.assignment_id == Handed.id)
            .join(Student, Handed.student_id == Student.id)
            .join(Assignment, Handed.assignment_id == Assignment.id)
            .join(Notebook, Submitted.notebook_id == Notebook.id)
            .filter(Assignment.name == lesson, Notebook.name == lesson)
        )
        found = {}
        marks = {}
        for identity, student, score, max_score, penalty in rows:
            # As nbgrader's GetGrades says it: a penalty of None is the integer 0.
            penalty = 0 if penalty is None else penalty
            found[identity] = marks[student] = Marks(student, score - penalty, max_score, penalty)
        for kind, into, columns in (
            (Grade, "scores", (Grade.score, Grade.max_score)),
            (Comment, "comments", (Comment.comment,)),
        ):
            cells = (
                book.db.query(kind.notebook_id, BaseCell.name, *columns)
                .join(BaseCell, kind.cell_id == BaseCell.id)
                .join(Notebook, BaseCell.notebook_id == Notebook.id)
                .join(Assignment, Notebook.assignment_id == Assignment.id)
                .filter(Assignment.name == lesson, Notebook.name == lesson)
            )
            for identity, cell, *values in cells:
                if identity in found:
                    getattr(found[identity], into)[cell] = tuple(values) if kind is Grade else values[0]
        return marks


# --- files ------------------------------------------------------------------------------------------------------


def _key(notebook: Path, marks: Marks, course: Course) -> str:
    """A hash of all that decides a page."""
    total = hashlib.sha256(notebook.read_bytes())
    total.update(json.dumps(dataclasses.asdict(marks), sort_keys=True, default=str).encode())
    total.update(json.dumps(course.config, sort_keys=True, default=str).encode())
    total.update(PageWriter.versions().encode())
    return total.hexdigest()


def _note(course: Course, student: str, lesson: str) -> Path:
    return course.root / ".autograder" / "feedback" / lesson / f"{student}.json"


def _is_current(page: Path, note: Path, key: str) -> bool:
    """Whether the page is the one that we wrote, from what stands in the gradebook now."""
    try:
        known = json.loads(note.read_text())
        return known == {"key": key, "written": page.stat().st_mtime_ns}
    except (OSError, ValueError):
        return False


def _remember(page: Path, note: Path, key: str) -> None:
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    note.write_text(json.dumps({"key": key, "written": page.stat().st_mtime_ns}))


def _write(course: Course, source: Path, folder: Path, name: str, html: str) -> None:
    """The page, and what lies beside the graded notebook, as nbgrader copies it; the folder appears whole."""
    shared = course.directory.groupshared
    folder.parent.mkdir(parents=True, exist_ok=True)
    for leftover in folder.parent.glob(".feedback-*"):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=".feedback-", dir=folder.parent))
    try:
        building.chmod(0o2775 if shared else 0o755)
        for path in map(Path, utils.find_all_files(str(source), [*course.directory.ignore, "*.ipynb"])):
            if path.is_file() and not path.is_symlink():
                target = building / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        (building / name).write_text(html, encoding="utf-8")
        for path in building.rglob("*"):
            path.chmod((0o2775 if shared else 0o755) if path.is_dir() else (0o664 if shared else 0o644))
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(building, folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
