"""The one writer: scores go into nbgrader's gradebook through nbgrader's own API, and graded notebooks to disk.

SQLite allows one writer at a time, and nbgrader itself gives up when the database is locked or when two
processes create it at once. Here a lock file keeps two graders of one course apart, every write is tried again
until the database answers, and a submission that could not be recorded is said so and graded again next time.
"""

import fcntl
import json
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path

from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy.exc import OperationalError, ProgrammingError, SAWarning
from sqlalchemy.orm import selectinload

from autograder import history
from autograder.course import Course, CourseError
from autograder.grading import Graded
from autograder.submission import read_timestamp

# nbgrader's API makes SQLAlchemy warn at every new submission; a teacher can do nothing about it.
warnings.filterwarnings("ignore", category=SAWarning, module=r"nbgrader\.")

#: Seconds that a write is tried again while the database is locked by somebody else.
PATIENCE = 60.0
VERDICT_FILE = "verdict.json"
#: What SQLite and PostgreSQL say when another process holds, or has just added, what is to be written.
_SOMEBODY_ELSE = ("locked", "busy", "already exists", "deadlock", "unique constraint")


class GradebookBusy(RuntimeError):
    """The database stayed locked for :data:`PATIENCE` seconds."""


class _Gradebook(Gradebook):
    """nbgrader's gradebook, which asks the database once for a few students instead of five times for each."""

    def __init__(self, *arguments):
        #: Assignments by (name,), students by (None, id), submissions by (assignment, student); None: there is none.
        self._found: dict[tuple, Assignment | Student | SubmittedAssignment | None] = {}
        super().__init__(*arguments)

    def look_up(self, assignment: Assignment, students: Iterable[str]) -> None:
        """Ask for these students and their submissions; until the next time, ``find_...`` answers from that."""
        lesson, names = assignment.name, list(students)
        submissions = self.db.query(SubmittedAssignment).join(Assignment).join(Student)
        submissions = submissions.filter(Assignment.name == lesson, Student.id.in_(names))
        notebooks = selectinload(SubmittedAssignment.notebooks)
        for parts in (SubmittedNotebook.grades, SubmittedNotebook.comments):
            submissions = submissions.options(notebooks.selectinload(parts))
        self._found = {(lesson,): assignment} | {(of, name): None for of in (None, lesson) for name in names}
        self._found |= {(None, found.id): found for found in self.db.query(Student).filter(Student.id.in_(names))}
        self._found |= {(lesson, found.student_id): found for found in submissions}

    def add_student(self, student_id: str, **values) -> Student:
        """As nbgrader has it."""
        self._found[(None, student_id)] = student = super().add_student(student_id, **values)
        return student

    def find_assignment(self, assignment: str) -> Assignment:
        """As nbgrader has it."""
        return self._find((assignment,)) or super().find_assignment(assignment)

    def find_student(self, student_id: str) -> Student:
        """As nbgrader has it."""
        return self._find((None, student_id)) or super().find_student(student_id)

    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment:
        """As nbgrader has it."""
        return self._find((assignment, student)) or super().find_submission(assignment, student)

    def _find(self, key: tuple):
        if self._found.get(key, self) is None:
            raise MissingEntry(f"there is no {key[-1]}")
        return self._found.get(key)


class Book:
    """The gradebook of one course and lesson, open for writing.

    Parameters
    ----------
    course : Course
    lesson : str

    Raises
    ------
    CourseError
        When another grader has the course open, or the lesson is not in the gradebook.
    """

    def __init__(self, course: Course, lesson: str):
        self._course, self._lesson, self._run = course, lesson, history.now()
        folder = course.root / ".autograder"
        folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = open(folder / "lock", "w")  # noqa: SIM115  held until close()
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise CourseError(f"another `autograder grade` is running in {course.root}: wait until it ends") from None
        directory = course.directory
        self._book = _patiently(lambda: _Gradebook(directory.db_url, directory.course_id))
        # The lesson's own rows are read once for the class, not once a transaction: we hold on to them.
        self._book.db().expire_on_commit = False
        try:
            self._notebook = self._book.find_notebook(lesson, lesson)
            cells = (*self._notebook.grade_cells, *self._notebook.solution_cells, *self._notebook.task_cells)
        except MissingEntry:
            self.close()
            raise CourseError(
                f"{lesson} is not in the gradebook yet; type: nbgrader generate_assignment {lesson} --force"
            ) from None
        self._names = {cell.id: cell.name for cell in cells}

    def close(self) -> None:
        """Close the database and let other graders in."""
        if hasattr(self, "_book"):
            self._book.close()
        self._lock.close()

    def __enter__(self) -> "Book":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def graded_digest(self, student: str) -> str:
        """The digest of the submission that the standing grade is for, or empty."""
        try:
            return json.loads((self._course.autograded(student, self._lesson) / VERDICT_FILE).read_text())["key"]
        except (OSError, ValueError, KeyError):
            return ""

    def recorded_students(self) -> set[str]:
        """Who has a submission in the gradebook."""
        query = self._book.db.query(Student.id).join(SubmittedAssignment).join(Assignment)
        return {row[0] for row in query.filter(Assignment.name == self._lesson)}

    def record(self, graded: dict[str, tuple[Graded, str]]) -> None:
        """Write the scores of one or several submissions in one transaction, then their graded notebooks.

        Parameters
        ----------
        graded : dict
            By student, what was found out and the digest of what it is for.

        Raises
        ------
        GradebookBusy
            When the database stayed locked; nothing was written.
        """

        def write() -> list[str]:
            self._book.look_up(self._notebook.assignment, graded)
            late = []
            for student, (result, _) in graded.items():
                submission = self._submission(student)
                self._fill(submission, result)
                if submission.total_seconds_late > 0:
                    late.append(student)
            return late

        for student in self._in_transaction(write):
            self._penalize(student, graded[student][0])
        for shared in (self._notebook, self._notebook.assignment):  # they would hold on to everybody's grades
            self._book.db.expire(shared, ["submissions"])
        for student, (result, key) in graded.items():
            self._write_notebook(student, result, key)

    def forget(self, student: str) -> None:
        """After a failure of the grader: no older automatic score may stand as if it were this submission's."""

        def clear():
            self._book.look_up(self._notebook.assignment, [student])
            for notebook in self._submission(student).notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = None, True

        self._in_transaction(clear)
        shutil.rmtree(self._course.autograded(student, self._lesson), ignore_errors=True)

    def _submission(self, student: str) -> SubmittedAssignment:
        timestamp = read_timestamp(self._course.submitted(student, self._lesson))
        changes = {"timestamp": timestamp} if timestamp else {}
        self._book.update_or_create_student(student)
        return self._book.update_or_create_submission(self._lesson, student, **changes)

    def _fill(self, submission: SubmittedAssignment, graded: Graded) -> None:
        notebook = next(n for n in submission.notebooks if n.name == self._lesson)
        with self._book.db.no_autoflush:  # what is new is written once, with its scores
            # By the names of their cells; nbgrader's own properties would make several queries for every cell.
            grades = {self._names.get(grade.cell_id): grade for grade in notebook.grades}
            comments = {self._names.get(comment.cell_id): comment for comment in notebook.comments}
        notebook.late_submission_penalty = None
        for cell in graded.notebook.cells:
            name = (cell.metadata.get("nbgrader") or {}).get("grade_id")
            if utils.is_grade(cell):
                if name not in grades:
                    raise CourseError(
                        f"the gradebook does not know the cell {name!r}: the lesson changed after it was recorded; "
                        f"type: nbgrader generate_assignment {self._lesson} --force"
                    )
                grade = grades[name]
                grade.auto_score, _ = utils.determine_grade(cell)
                grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
            if (utils.is_solution(cell) or utils.is_task(cell)) and name in comments:
                untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                comments[name].auto_comment = "No response." if untouched and not utils.is_task(cell) else None

    def _penalize(self, student: str, graded: Graded) -> None:
        """nbgrader's own late penalties, with the plugin that the course configures."""
        from nbgrader.preprocessors import AssignLatePenalties  # brings nbconvert along, and few are late

        names = {"notebook": self._lesson, "assignment": self._lesson, "student": student}
        resources = {"nbgrader": names | {"db_url": self._course.directory.db_url}}
        penalties = AssignLatePenalties(config=self._course.config)
        _patiently(lambda: penalties.preprocess(graded.notebook, resources))

    def _write_notebook(self, student: str, graded: Graded, key: str) -> None:
        final = self._course.autograded(student, self._lesson)
        final.parent.mkdir(parents=True, exist_ok=True)
        for leftover in final.parent.glob(".grading-*"):  # of a run that was killed
            shutil.rmtree(leftover, ignore_errors=True)
        building = Path(tempfile.mkdtemp(prefix=".grading-", dir=final.parent))
        building.chmod(0o755)
        # Not indented, which would take Python's slow encoder; it is a notebook to every reader all the same.
        (building / f"{self._lesson}.ipynb").write_text(json.dumps(graded.notebook))
        verdict = graded.as_json() | {"key": key}
        (building / VERDICT_FILE).write_text(json.dumps(verdict))
        stamp = self._course.submitted(student, self._lesson) / "timestamp.txt"
        if stamp.is_file() and not stamp.is_symlink():
            shutil.copyfile(stamp, building / "timestamp.txt")
        for file in building.iterdir():
            file.chmod(0o444)
        history.add(self._course.root, self._lesson, self._run, student, verdict)
        # The folder appears whole, after the scores: a run that was cut off between the two grades again.
        if final.is_symlink():
            final.unlink()
        shutil.rmtree(final, ignore_errors=True)
        os.replace(building, final)

    def _in_transaction(self, change: Callable):
        database = self._book.db

        def attempt():
            # nbgrader's methods commit, one after the other; here all of them are one transaction, or none.
            database.commit = lambda: None
            try:
                result = change()
                del database.commit
                database.commit()
                return result
            except BaseException:
                vars(database).pop("commit", None)
                database.rollback()
                raise

        return _patiently(attempt)


def _patiently(action: Callable):
    """Do it; while the database is locked, or another process is just creating the same, wait and do it again."""
    until = time.monotonic() + PATIENCE
    pause = 0.05
    while True:
        try:
            return action()
        except (OperationalError, ProgrammingError, InvalidEntry) as error:
            text = str(error).lower()
            if not any(word in text for word in _SOMEBODY_ELSE):
                raise
            if time.monotonic() > until:
                raise GradebookBusy(f"the gradebook stayed locked for {PATIENCE:g} seconds") from error
            time.sleep(pause)
            pause = min(2 * pause, 2.0)
