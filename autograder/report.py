"""The class at a glance: what the verdicts of one lesson say together.

Everything here is data: :func:`load` reads a course's files, the other functions work on what it returns, and
:mod:`autograder.report_page` shows it. What stands in the files comes from students in part, and is taken as text.
"""

import glob
import hashlib
import json
import os
import stat
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autograder import history
from autograder.course import Course, CourseError
from autograder.similar import Similar, find_similar

#: The three states of a verdict, as in :mod:`autograder.verdict`, which would bring the whole grader along.
PASSED, FAILED, NOT_GRADED = "passed", "failed", "not graded"
VERDICT_FILE = "verdict.json"
#: Below so many submissions a correlation says little.
FEW = 20


@dataclass(frozen=True)
class Outcome:
    """One exercise of one student."""

    exercise: str
    state: str
    fault: str
    score: float
    points: float
    misconception: str
    hint: str
    error: str
    reason: str
    properties: tuple[tuple[str, float, str], ...]  # name, weight, state


@dataclass(frozen=True)
class Result:
    """One student's ``verdict.json``."""

    student: str
    points: float
    max_points: float
    reason: str
    problem: str
    notes: tuple[str, ...]
    seconds: float
    cpu_seconds: float
    isolation: str
    digest: str
    outcomes: dict[str, Outcome]

    @classmethod
    def from_json(cls, student: str, data: dict) -> "Result":
        """Read the content of ``verdict.json``.

        Raises
        ------
        ValueError
            When something is missing or is of another kind.
        """
        try:
            outcomes = [_outcome(each) for each in data["exercises"]]
            return cls(
                _text(student),
                float(data["points"]),
                float(data["max_points"]),
                _text(data["reason"]),
                _text(data["problem"]),
                tuple(map(_text, data["notes"])),
                float(data["seconds"]),
                float(data["cpu_seconds"]),
                _text(data["isolation"]),
                _text(data["digest"]),
                {outcome.exercise: outcome for outcome in outcomes},
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _outcome(data: dict) -> Outcome:
    if data["state"] not in (PASSED, FAILED, NOT_GRADED):
        raise ValueError(f"state is {data['state']!r:.30}")
    return Outcome(
        _text(data["exercise"]),
        data["state"],
        _text(data["fault"]),
        float(data["score"]),
        float(data["points"]),
        _text(data["misconception"]),
        _text(data["hint"]),
        _text(data["error"]),
        _text(data["reason"]),
        tuple((_text(p["name"]), float(p["weight"]), _state_of(p)) for p in data["properties"]),
    )


def _state_of(prop: dict) -> str:
    """The state of a property; verdicts of older versions only say whether it holds."""
    state = prop.get("state", PASSED if prop["passed"] else FAILED)
    if state not in (PASSED, FAILED, NOT_GRADED):
        raise ValueError(f"state is {state!r:.30}")
    return state


def _text(value) -> str:
    """Text that can be written to a file: half a surrogate pair, which a file name may hold, becomes ``?``."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode()


@dataclass(frozen=True)
class Booked:
    """What nbgrader's gradebook knows beyond the automatic points."""

    name: str
    total: float
    max_total: float
    waits: bool


@dataclass
class Class:
    """All that is known of one lesson.

    Parameters
    ----------
    lesson : str
    max_points : dict of str to float
        By exercise, in the order of the lesson; only what is graded automatically.
    results : list of Result
        Of those who were graded, by student.
    ungraded : dict of str to str
        Who handed in without a verdict, and why there is none.
    again : set of str
        Who handed in something else since the verdict.
    absent : list of str
        Who is in the gradebook and did not hand in.
    booked : dict of str to Booked
    claims : dict of (str, str) to str
        What a property says, by exercise and property.
    entries : list of dict
        The history, oldest first.
    similar : Similar
    """

    lesson: str
    max_points: dict[str, float]
    results: list[Result]
    ungraded: dict[str, str] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    absent: list[str] = field(default_factory=list)
    booked: dict[str, Booked] = field(default_factory=dict)
    claims: dict[tuple[str, str], str] = field(default_factory=dict)
    entries: list[dict] = field(default_factory=list)
    similar: Similar = field(default_factory=Similar)


# --- what the verdicts say together -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Distribution:
    """The automatic points of the class."""

    count: int
    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float
    full: int
    zero: int


def distribution(results: list[Result]) -> Distribution | None:
    """Mean, median and quartiles of the points; None for nobody.

    The quartiles are those of the submissions themselves, interpolated between two neighbours.
    """
    points = [result.points for result in results]
    if not points:
        return None
    quartiles = statistics.quantiles(points, n=4, method="inclusive") if len(points) > 1 else points * 3
    return Distribution(
        len(points),
        statistics.fmean(points),
        statistics.median(points),
        quartiles[0],
        quartiles[2],
        sum(result.points >= result.max_points for result in results),
        sum(result.points == 0 for result in results),
    )


@dataclass(frozen=True)
class Item:
    """How one exercise did as a question of a test.

    Parameters
    ----------
    difficulty : float or None
        The mean share of its points, from 0 (nobody got any) to 1 (everybody got all).
    discrimination : float or None
        Corrected item-total correlation: of its score with the points in all other exercises, from -1 to 1.
        None when one of the two is the same for everybody.
    """

    exercise: str
    max_points: float
    passed: int
    failed: int
    not_graded_student: int
    not_graded_course: int
    difficulty: float | None
    discrimination: float | None
    remark: str


def items(results: list[Result], max_points: Mapping[str, float]) -> list[Item]:
    """Count the states of each exercise, and measure its difficulty and discrimination.

    Measured are the submissions that could be read; what could not be graded for a fault of the course is left out of
    that exercise's numbers, what could not be graded for a fault of the student's counts as 0.
    """
    return [_item(results, name, worth) for name, worth in max_points.items()]


def _item(results: list[Result], name: str, worth: float) -> Item:
    outcomes = [result.outcomes[name] for result in results if name in result.outcomes]
    missed = [outcome for outcome in outcomes if outcome.state == NOT_GRADED]
    by_course = sum(outcome.fault == "course" for outcome in missed)
    measured = [
        (result.outcomes[name].score, result.points - result.outcomes[name].points)
        for result in results
        if not result.problem and name in result.outcomes and not _courses_fault(result.outcomes[name])
    ]
    difficulty = statistics.fmean(own for own, _ in measured) if measured else None
    discrimination = _correlation(measured)
    return Item(
        name,
        worth,
        sum(outcome.state == PASSED for outcome in outcomes),
        sum(outcome.state == FAILED for outcome in outcomes),
        len(missed) - by_course,
        by_course,
        difficulty,
        discrimination,
        _remark(len(measured), difficulty, discrimination),
    )


def _courses_fault(outcome: Outcome) -> bool:
    return outcome.state == NOT_GRADED and outcome.fault == "course"


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    if len(pairs) < 3:
        return None
    try:
        return statistics.correlation(*zip(*pairs, strict=True))
    except statistics.StatisticsError:  # one of the two does not vary
        return None


def _remark(count: int, difficulty: float | None, discrimination: float | None) -> str:
    if count < FEW or difficulty is None:
        return f"measured on {count}: too few to conclude from" if count else ""
    remarks = []
    if difficulty > 0.95:
        remarks.append("nearly everybody has it")
    if difficulty < 0.3:
        remarks.append("hard: look at the misconceptions")
    if discrimination is not None and discrimination < 0.2:
        remarks.append("does not tell strong submissions from weak ones")
    return "; ".join(remarks)


@dataclass(frozen=True)
class PropertyRate:
    """How many submissions one hidden property holds for, among those in which it could be judged."""

    exercise: str
    name: str
    claim: str
    weight: float
    asked: int
    passed: int
    not_graded: int = 0

    @property
    def rate(self) -> float | None:
        """The share; None when it could be judged in no submission."""
        return self.passed / self.asked if self.asked else None


def property_rates(results: list[Result], claims: Mapping[tuple[str, str], str] | None = None) -> list[PropertyRate]:
    """The pass rate of each property that was asked, in the order of the lesson."""
    counts: dict[tuple[str, str], list] = {}
    for result in results:
        for outcome in result.outcomes.values():
            for name, weight, state in outcome.properties:
                count = counts.setdefault((outcome.exercise, name), [weight, 0, 0, 0])
                count[1] += state != NOT_GRADED
                count[2] += state == PASSED
                count[3] += state == NOT_GRADED
    rates = [PropertyRate(*key, (claims or {}).get(key, ""), *count) for key, count in counts.items()]
    order = {outcome: place for place, outcome in enumerate(dict.fromkeys(rate.exercise for rate in rates))}
    return sorted(rates, key=lambda rate: order[rate.exercise])


@dataclass(frozen=True)
class Mistake:
    """One mistake and who made it: `named` with the hint that they were given, or only by what happened."""

    exercise: str
    what: str
    hint: str
    named: bool
    students: tuple[str, ...]


def mistakes(results: list[Result]) -> list[Mistake]:
    """The mistakes by frequency. What ended the calls, such as a crash, is under :func:`problems` instead."""
    who = defaultdict(list)
    for result in results:
        for outcome in result.outcomes.values():
            if outcome.state == FAILED and (outcome.misconception or not outcome.error):
                what = outcome.misconception or outcome.reason
                who[outcome.exercise, what, outcome.hint, bool(outcome.misconception)].append(result.student)
    found = [Mistake(*key, tuple(sorted(students))) for key, students in who.items()]
    return sorted(found, key=lambda each: (-len(each.students), each.exercise, each.what))


@dataclass(frozen=True)
class Problem:
    """What could not be graded, or was cut short; `exercise` is empty when it concerns the whole notebook."""

    student: str
    exercise: str
    state: str
    fault: str
    what: str


def problems(results: list[Result]) -> list[Problem]:
    """Everything that was not graded, and every failure that ended the student's process or its time."""
    found = []
    for result in results:
        if result.problem:
            faults = {outcome.fault for outcome in result.outcomes.values()} or {"student"}
            found.append(Problem(result.student, "", NOT_GRADED, "/".join(sorted(faults)), result.problem))
            continue
        for outcome in result.outcomes.values():
            if outcome.state == NOT_GRADED or outcome.error:
                fault = outcome.fault or "student"
                what = outcome.error or outcome.reason
                found.append(Problem(result.student, outcome.exercise, outcome.state, fault, what))
    return found


def slowest(results: list[Result], most: int = 20) -> list[Result]:
    """Those that took the longest, the slowest first."""
    return sorted(results, key=lambda result: (-result.seconds, result.student))[:most]


@dataclass(frozen=True)
class Change:
    """One student whose result the last run changed; `before` is None for a first submission."""

    student: str
    before: float | None
    now: float
    handed_in_again: bool
    exercises: tuple[str, ...]


@dataclass(frozen=True)
class Changes:
    """What the last grading run changed."""

    run: str
    previous: str
    graded: int
    new: int
    better: int
    worse: int
    same: int
    rows: tuple[Change, ...]


def changes(entries: list[dict]) -> Changes | None:
    """Compare the last run with what stood before it; None without a history.

    Parameters
    ----------
    entries : list of dict
        From :func:`autograder.history.read`.
    """
    if not entries:
        return None
    run = entries[-1]["run"]
    now = {entry["student"]: entry for entry in entries if entry["run"] == run}
    before = {entry["student"]: entry for entry in entries if entry["run"] < run}
    rows = [_change(before.get(student), entry) for student, entry in sorted(now.items())]
    old = [row for row in rows if row.before is not None]
    return Changes(
        run,
        max((entry["run"] for entry in before.values()), default=""),
        len(rows),
        len(rows) - len(old),
        sum(row.now > row.before for row in old),
        sum(row.now < row.before for row in old),
        sum(row.now == row.before for row in old),
        tuple(row for row in rows if row.before is None or row.before != row.now or row.exercises),
    )


def _change(before: dict | None, now: dict) -> Change:
    student = _text(now["student"])
    if before is None:
        return Change(student, None, now["points"], True, ())
    texts = []
    for name, (state, points, mistake) in now["exercises"].items():
        was = before["exercises"].get(name)
        if was is None:
            texts.append(f"{name}: {_state(state, points, mistake)}, was not there")
        elif was != (state, points, mistake):
            texts.append(f"{name}: {_state(*was)} → {_state(state, points, mistake)}")
    texts += [f"{name}: is gone" for name in before["exercises"] if name not in now["exercises"]]
    again = before["digest"] != now["digest"]
    return Change(student, before["points"], now["points"], again, tuple(map(_text, texts)))


def _state(state: str, points: float, mistake: str | None) -> str:
    return f"{state}, {points:g}" + (f" ({mistake})" if mistake else "")


def as_json(found: Class) -> dict:
    """All of it, as ``report.json`` has it and ``autograder report --json`` prints it."""
    similar = [asdict(pair) | {"shared": pair.shared, "similarity": pair.similarity} for pair in found.similar.pairs]
    for pair in similar:
        for match in pair["matches"]:
            for side in ("left", "right"):
                match[side] = {"shared_lines": sorted(match[side]["shared"])}
    summary = distribution(found.results)
    changed = changes(found.entries)
    return {
        "lesson": found.lesson,
        "max_points": found.max_points,
        "distribution": summary and asdict(summary),
        "changes": changed and asdict(changed),
        "exercises": [asdict(item) for item in items(found.results, found.max_points)],
        "properties": [asdict(rate) | {"rate": rate.rate} for rate in property_rates(found.results, found.claims)],
        "mistakes": [asdict(mistake) for mistake in mistakes(found.results)],
        "problems": [asdict(problem) for problem in problems(found.results)],
        "students": [_student_json(found, result) for result in found.results],
        "ungraded": found.ungraded,
        "absent": found.absent,
        "similar": {"pairs": similar, "more": found.similar.more, "compared": found.similar.compared},
    }


def _student_json(found: Class, result: Result) -> dict:
    booked = found.booked.get(result.student)
    return {
        "student": result.student,
        "points": result.points,
        "max_points": result.max_points,
        "total": booked and booked.total,
        "max_total": booked and booked.max_total,
        "waits_for_a_person": booked and booked.waits,
        "handed_in_again": result.student in found.again,
        "seconds": result.seconds,
        "cpu_seconds": result.cpu_seconds,
        "isolation": result.isolation,
        "reason": result.reason,
        "notes": list(result.notes),
        "exercises": {
            name: {
                "state": outcome.state,
                "fault": outcome.fault or None,
                "points": outcome.points,
                "misconception": outcome.misconception or None,
            }
            for name, outcome in result.outcomes.items()
        },
    }


# --- reading a course -------------------------------------------------------------------------------------------


def load(course: Course, lesson: str) -> Class:
    """Read the verdicts of a lesson, what the gradebook adds, the history, and the graded solution cells.

    Raises
    ------
    CourseError
        When the lesson is not released, or nothing of it was graded yet.
    """
    released = course.released(lesson)
    if not released.is_file():
        raise CourseError(f"{released} does not exist; make it with: nbgrader generate_assignment {lesson} --force")
    cells = json.loads(released.read_text(encoding="utf-8"))["cells"]
    handed_in = set(course.students(lesson))
    pattern = f"*/{glob.escape(lesson)}/{VERDICT_FILE}"
    graded = {path.parts[-3] for path in (course.root / course.directory.autograded_directory).glob(pattern)}
    if not handed_in | graded:
        raise CourseError(f"there are no submissions of {lesson}")
    found = Class(lesson, _max_points(cells), [], entries=history.read(course.root, lesson))
    written = {}
    for student in sorted(handed_in | graded):
        folder = course.autograded(student, lesson)
        name = _text(student)
        try:
            result = Result.from_json(student, json.loads((folder / VERDICT_FILE).read_bytes()))
        except FileNotFoundError:
            found.ungraded[name] = "not graded yet"
            continue
        except (OSError, ValueError, RecursionError) as error:
            found.ungraded[name] = f"{VERDICT_FILE} cannot be read, grade it again ({_text(error)[:100]})"
            continue
        found.results.append(result)
        if _differs(course.submitted(student, lesson) / f"{lesson}.ipynb", folder / VERDICT_FILE, result.digest):
            found.again.add(name)
        written[name] = _solutions(folder / f"{lesson}.ipynb")
    if not found.results:
        raise CourseError(f"nothing of {lesson} is graded yet; type: autograder grade {lesson}")
    for name in dict.fromkeys(name for result in found.results for name in result.outcomes):
        found.max_points.setdefault(name, _worth(found.results, name))  # of a lesson that was changed since
    found.claims = _claims(found.max_points)
    found.booked, everybody = _gradebook(course, lesson)
    found.absent = sorted(everybody - {_text(student) for student in handed_in | graded})
    found.similar = find_similar(written, [_source(cell) for cell in cells if cell["cell_type"] == "code"])
    return found


def _max_points(cells: list[dict]) -> dict[str, float]:
    marks = [cell["metadata"].get("nbgrader") or {} for cell in cells if cell["cell_type"] == "code"]
    return {m["grade_id"]: float(m["points"]) for m in marks if m.get("grade") and not m.get("solution")}


def _worth(results: Iterable[Result], name: str) -> float:
    """The points of a full score, from those who have one."""
    return max((r.outcomes[name].points for r in results if name in r.outcomes), default=0.0)


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    return "".join(map(str, source)) if isinstance(source, list) else str(source)


def _solutions(path: Path) -> dict[str, str]:
    """The solution cells of a graded notebook, by exercise."""
    try:
        cells = json.loads(path.read_bytes())["cells"]
        marked = [(cell["metadata"].get("nbgrader") or {}, cell) for cell in cells if cell["cell_type"] == "code"]
        return {
            _text(mark["grade_id"]).removesuffix("-solution"): _text(_source(cell))
            for mark, cell in marked
            if mark.get("solution") and not mark.get("grade")
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _differs(submitted: Path, verdict: Path, digest: str) -> bool:
    """Whether a submission is newer than its verdict and another one."""
    try:
        # It is a stranger's file: a link is not followed, and a pipe not waited for.
        descriptor = os.open(submitted, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_mtime <= verdict.stat().st_mtime:
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() != digest
    except OSError:
        return False


def _claims(names: Iterable[str]) -> dict[tuple[str, str], str]:
    from autograder import hidden

    claims = {}
    for name in names:
        try:
            claims |= {(name, prop.name): prop.claim for prop in hidden.properties(name)}
        except KeyError:  # a question, or an exercise that is gone
            continue
    return claims


def _gradebook(course: Course, lesson: str) -> tuple[dict[str, Booked], set[str]]:
    """Totals as nbgrader exports them, and everybody in the gradebook."""
    from nbgrader.api import Assignment, Grade, Gradebook, MissingEntry, Student, SubmittedAssignment, SubmittedNotebook

    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        names = {
            id: (first, last) for id, first, last in book.db.query(Student.id, Student.first_name, Student.last_name)
        }
        try:
            highest = float(book.find_assignment(lesson).max_score)
        except MissingEntry:
            return {}, {_text(student) for student in names}
        # nbgrader's own submission_dicts takes seconds for a large class.
        scores = (
            book.db.query(SubmittedAssignment.student_id, Grade.score, Grade.needs_manual_grade)
            .select_from(Grade)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == lesson)
        )
        penalties = (
            book.db.query(SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty)
            .select_from(SubmittedNotebook)
            .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == lesson)
        )
        totals, waiting = defaultdict(float), set()
        for student, score, waits in scores:
            totals[student] += score or 0.0
            if waits:
                waiting.add(student)
        for student, penalty in penalties:
            totals[student] = max(0.0, totals[student] - (penalty or 0.0))
        booked = {
            _text(student): Booked(
                _text(" ".join(filter(None, names[student]))), round(total, 2), highest, student in waiting
            )
            for student, total in totals.items()
        }
        return booked, {_text(student) for student in names}
