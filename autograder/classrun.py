"""Grade a whole class: several submissions at a time, one writer; a run that was cut off goes on where it stopped."""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import Course, CourseError
from autograder.gradebook import Book, GradebookBusy
from autograder.grading import Graded, grade_notebook, graded_exercises
from autograder.sandbox import Host
from autograder.submission import read_released, read_submission
from autograder.summary import Summary

#: Seconds between two transactions.
_TOGETHER = 0.5


@dataclass
class Row:
    """One student's line of the result table."""

    student: str
    points: float
    max_points: float
    reason: str
    state: str  # graded, failed (the grader's fault), skipped (graded before)


def grade_class(
    course: Course,
    lesson: str,
    students: Iterable[str] = (),
    force: bool = False,
    workers: int = 2,
    on_start: Callable[[int], None] = lambda total: None,
    on_row: Callable[[Row], None] = lambda row: None,
    host: Host | None = None,
) -> Summary:
    """Grade every submission of a lesson that is not graded yet.

    Parameters
    ----------
    course : Course
    lesson : str
    students : iterable of str, optional
        Only these; everybody by default.
    force : bool, optional
        Also those that are graded already.
    workers : int, optional
        Submissions at a time.
    on_start, on_row : callable, optional
        Told the number of submissions, and each row as soon as it is written.
    host : Host, optional
        A sandbox that was started already; by default one is started and closed.

    Raises
    ------
    CourseError
        For what a teacher must mend before anything can be graded.
    """
    start = time.monotonic()
    course.speak()
    summary = Summary(("graded", "failed", "skipped"))
    owned = host is None
    host = host or Host(course.limits)
    try:
        with Book(course, lesson) as book:
            released = read_released(course.released(lesson))
            names = graded_exercises(released)
            course.corpora.prepare(names)
            basis = _basis(course, released, names)
            everybody = course.students(lesson)
            unknown = sorted(set(students) - set(everybody))
            if unknown:
                raise CourseError(f"no submission of {lesson} by: {', '.join(unknown)}")
            wanted = sorted(set(students)) or everybody
            on_start(len(wanted))
            recorded = book.recorded_students()
            host.wait_until_ready()

            def work(student: str) -> tuple[Graded | None, str]:
                path = course.submitted(student, lesson) / f"{lesson}.ipynb"
                submission = read_submission(path, released, course.limits.notebook_mib * 2**20)
                key = hashlib.sha256(f"{basis} {submission.digest} {submission.problem}".encode()).hexdigest()
                if not force and student in recorded and book.graded_digest(student) == key:
                    return None, key
                drawing = course.drawing(student, everybody)
                return grade_notebook(host, submission, released, course.corpora, course.limits, drawing), key

            with ThreadPoolExecutor(workers, thread_name_prefix="grade") as pool:
                try:
                    for done in _completed(pool, work, wanted, ahead=2 * workers):
                        for row in _finish(book, done, names):
                            summary.rows.append(row)
                            on_row(row)
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    host.close()
                    raise
    finally:
        if owned:
            host.close()
        summary.seconds = time.monotonic() - start
    summary.rows.sort(key=lambda row: row.student)
    return summary


def _completed(
    pool: ThreadPoolExecutor, work: Callable, items: list[str], ahead: int
) -> Iterator[list[tuple[str, Future]]]:
    """Run work on all items, few at a time, so that finished notebooks do not pile up.

    What has finished meanwhile is given together: the gradebook takes several in hardly more time than one.
    """
    waiting, running, done, given = list(reversed(items)), {}, [], -math.inf
    while waiting or running:
        while waiting and len(running) < ahead:
            item = waiting.pop()
            running[pool.submit(work, item)] = item
        rest = given + _TOGETHER - time.monotonic()
        finished = wait(running, timeout=max(0.0, rest) if done else None, return_when=FIRST_COMPLETED).done
        done += [(running.pop(future), future) for future in finished]
        if time.monotonic() - given >= _TOGETHER or not (waiting or running):
            yield done
            done, given = [], time.monotonic()


def _finish(book: Book, done: list[tuple[str, Future]], names: dict[str, float]) -> Iterator[Row]:
    graded = {}
    for student, future in done:
        try:
            result, key = future.result()
        except CourseError:
            raise
        except Exception as error:
            yield _failed(book, student, error, names)
        else:
            if result is None:
                yield Row(student, 0.0, sum(names.values()), "graded before", "skipped")
            else:
                graded[student] = result, key
    if graded:
        yield from _record(book, graded, names)


def _record(book: Book, graded: dict[str, tuple[Graded, str]], names: dict[str, float]) -> Iterator[Row]:
    error = None
    try:
        book.record(graded)
    except CourseError:
        raise
    except Exception as caught:
        error = caught
    for student, (result, key) in graded.items():
        if error is None:
            yield Row(student, sum(result.points.values()), sum(names.values()), result.reason, "graded")
        elif len(graded) == 1 or isinstance(error, GradebookBusy):
            yield _failed(book, student, error, names)
        else:  # one of them is to blame, and the others shall not suffer for it
            yield from _record(book, {student: (result, key)}, names)


def _failed(book: Book, student: str, error: Exception, names: dict[str, float]) -> Row:
    # Not the student's fault, and for once a traceback helps: whoever mends the grader needs it.
    logging.getLogger(__name__).error("the grader failed at the submission of %s", student, exc_info=error)
    reason = f"the grader failed: {type(error).__name__}: {error}"
    try:
        book.forget(student)
    except Exception as second:
        reason += f"; and its older score could not be cleared: {second}"
    return Row(student, 0.0, sum(names.values()), reason, "failed")


def _basis(course: Course, released: NotebookNode, names: Iterable[str]) -> str:
    """A hash of all that decides a score but the submission."""
    parts = [course.corpora.digest(name) for name in names]
    parts += [str(cell.source) for cell in released.cells]
    parts += [f"{name}={getattr(course.limits, name)}" for name in sorted(course.limits.traits(config=True))]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
