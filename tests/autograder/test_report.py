"""The class report: numbers checked by hand, files that hold the same as the page, and names that try to break it."""

import base64
import csv
import dataclasses
import datetime
import hashlib
import json
import os
import re
from html.parser import HTMLParser

import pytest

from autograder import history, report, report_page
from autograder.classroom import filled, mistaken_solutions, right_solutions
from autograder.classrun import grade_class
from autograder.course import Course, CourseError
from autograder.report import Class, Outcome, Result
from autograder.similar import Match, Pair, Side, Similar

from .conftest import LESSON, run, submit

HOSTILE = '<script>document.title = "ran"</script>&"\'<img src=x onerror=alert(1)>'


def outcome(name, score, state=None, **more) -> Outcome:
    values = {
        "fault": "",
        "points": 2 * score,
        "misconception": "",
        "hint": "",
        "error": "",
        "reason": "reason",
        "properties": (),
    }
    state = state or ("passed" if score == 1 else "failed")
    return Outcome(name, state, score=score, **(values | more))


def result(student, *outcomes, **more) -> Result:
    values = {
        "reason": "",
        "problem": "",
        "notes": (),
        "seconds": 1.0,
        "cpu_seconds": 0.5,
        "isolation": "bubblewrap",
        "digest": "d",
    }
    points = sum(each.points for each in outcomes)
    return Result(
        student,
        points,
        2.0 * len(outcomes),
        outcomes={each.exercise: each for each in outcomes},
        **(values | more),
    )


def results(*rows):
    """Students a, b, … with a score in each of the exercises f, g, …"""
    return [
        result(chr(ord("a") + n), *(outcome(chr(ord("f") + m), score) for m, score in enumerate(row)))
        for n, row in enumerate(rows)
    ]


def worths(count):
    return {chr(ord("f") + n): 2.0 for n in range(count)}


# --- numbers --------------------------------------------------------------------------------------------------------


def test_difficulty_is_the_mean_share_of_the_points():
    (item, *_) = report.items(results([1, 0], [0.5, 1], [0, 1]), worths(2))
    assert item.difficulty == pytest.approx(0.5)
    assert (item.passed, item.failed) == (1, 2)


def test_discrimination_is_the_correlation_with_the_points_in_all_other_exercises():
    """By hand: scores 0, 0, 1, 1 in f; points in the others 1, 3, 4, 4 (of 8)."""
    rows = [[0, 0.5, 0], [0, 1, 0.5], [1, 1, 1], [1, 1, 1]]
    (f, *_) = report.items(results(*rows), worths(3))
    # means 0.5 and 3; products of the deviations: 1 + 0 + 0.5 + 0.5 = 2; squares: 1, and 4 + 0 + 1 + 1 = 6
    assert f.discrimination == pytest.approx(2 / (1 * 6) ** 0.5)
    upside_down = report.items(results([1, 0], [0, 1], [1, 0]), worths(2))
    assert [item.discrimination for item in upside_down] == pytest.approx([-1, -1])


def test_discrimination_is_unknown_when_nothing_varies():
    assert report.items(results([1, 0], [1, 1], [1, 0]), worths(2))[0].discrimination is None
    assert report.items(results([1, 1], [0, 0]), worths(2))[0].discrimination is None, "two points make any line"
    assert report.items(results([1], [0], [1]), worths(1))[0].discrimination is None, "there is nothing else"
    assert report.items([], worths(1))[0].difficulty is None


def test_faults_of_the_course_and_unreadable_notebooks_do_not_count():
    class_ = results([1, 1], [0, 0.5])
    class_.append(result("x", outcome("f", 0, "not graded", fault="course"), outcome("g", 1)))
    broken = [outcome(name, 0, "not graded", fault="student", error="not JSON") for name in "fg"]
    class_.append(result("y", *broken, problem="not JSON"))
    f, g = report.items(class_, worths(2))
    assert (f.difficulty, g.difficulty) == (pytest.approx(0.5), pytest.approx(2.5 / 3))
    assert (f.passed, f.failed, f.not_graded_student, f.not_graded_course) == (1, 1, 1, 1)


def test_what_the_student_left_undefined_counts_as_nothing():
    class_ = [*results([1, 1]), result("x", outcome("f", 0, "not graded", fault="student"), outcome("g", 1))]
    assert report.items(class_, worths(2))[0].difficulty == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([[1, 1]] * 30 + [[1, 0]], "nearly everybody has it"),
        ([[0, 1]] * 30 + [[0, 0]], "hard"),
        ([[1, 0], [0, 1]] * 15, "does not tell strong submissions from weak ones"),
        ([[1, 0], [0, 1]], "measured on 2: too few to conclude from"),
    ],
)
def test_remarks_say_what_the_numbers_mean(rows, says):
    assert says in report.items(results(*rows), worths(2))[0].remark


def test_distribution():
    found = report.distribution(results([0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1]))
    assert (found.count, found.mean, found.median) == (5, 2.0, 2.0)
    assert (found.lower_quartile, found.upper_quartile) == (1.0, 3.0)
    assert (found.full, found.zero) == (1, 1)
    assert report.distribution(results([1, 1])).upper_quartile == 4.0
    assert report.distribution([]) is None


def test_pass_rate_by_property_counts_those_that_could_be_judged():
    def asked(student, values, strides):
        return result(student, outcome("f", 0.5, properties=(("values", 3.0, values), ("strides", 1.0, strides))))

    class_ = [asked("a", "passed", "failed"), asked("b", "passed", "passed"), asked("d", "passed", "not graded")]
    class_.append(result("c", outcome("f", 0, "not graded")))
    values, strides = report.property_rates(class_, {("f", "values"): "multiplies"})
    assert (values.rate, values.asked, values.weight, values.claim) == (1.0, 3, 3.0, "multiplies")
    assert (strides.rate, strides.asked, strides.not_graded, strides.claim) == (0.5, 2, 1, "")
    (never,) = report.property_rates([result("a", outcome("f", 0, properties=(("values", 1.0, "not graded"),)))])
    assert (never.rate, never.asked) == (None, 0)


def test_a_verdict_of_an_older_version_has_no_state_of_its_properties():
    held = {"name": "values", "weight": 1.0, "passed": True}
    assert report._state_of(held) == "passed"
    assert report._state_of(held | {"passed": False}) == "failed"
    assert report._state_of(held | {"passed": False, "state": "not graded"}) == "not graded"
    with pytest.raises(ValueError, match="state is 'perhaps'"):
        report._state_of(held | {"state": "perhaps"})


def test_mistakes_by_frequency_with_their_students():
    flipped = {"misconception": "kernel flipped", "hint": "look"}
    class_ = [
        result("ben", outcome("f", 0, **flipped)),
        result("ada", outcome("f", 0, **flipped)),
        result("cyd", outcome("f", 0, reason="raised IndexError")),
        result("dee", outcome("f", 0, error="f crashed")),
        result("eve", outcome("f", 1)),
    ]
    first, second = report.mistakes(class_)
    assert (first.what, first.hint, first.named, first.students) == ("kernel flipped", "look", True, ("ada", "ben"))
    assert (second.what, second.named, second.students) == ("raised IndexError", False, ("cyd",))


def test_problems_name_the_state_and_whose_fault():
    class_ = [
        result("ada", outcome("f", 0, error="f did not finish")),
        result("ben", outcome("f", 0, "not graded", fault="course", reason="no examples")),
        result("cyd", outcome("f", 0, "not graded", fault="student"), problem="not JSON"),
        result("dee", outcome("f", 0)),
    ]
    assert [dataclasses.astuple(problem) for problem in report.problems(class_)] == [
        ("ada", "f", "failed", "student", "f did not finish"),
        ("ben", "f", "not graded", "course", "no examples"),
        ("cyd", "", "not graded", "student", "not JSON"),
    ]


def test_the_slowest_come_first():
    class_ = [result(name, seconds=seconds) for name, seconds in (("a", 1.0), ("b", 9.0), ("c", 9.0))]
    assert [each.student for each in report.slowest(class_, 2)] == ["b", "c"]


# --- the history ----------------------------------------------------------------------------------------------------


def verdict(points, state="failed", mistake=None, digest="d"):
    exercise = {"exercise": "f", "state": state, "points": points, "misconception": mistake}
    return {"digest": digest, "points": points, "exercises": [exercise]}


def test_changes_compare_the_last_run_with_what_stood_before(tmp_path):
    for each, student, what in (
        ("1", "ada", verdict(0.0)),
        ("1", "ben", verdict(2.0, "passed")),
        ("1", "cyd", verdict(1.0)),
        ("2", "ada", verdict(1.0, mistake="kernel flipped")),
        ("3", "ada", verdict(2.0, "passed", digest="other")),
        ("3", "cyd", verdict(1.0)),
        ("3", "dee", verdict(2.0, "passed")),
        ("3", "ben", verdict(0.5)),
    ):
        history.add(tmp_path, LESSON, each, student, what)
    found = report.changes(history.read(tmp_path, LESSON))
    assert (found.run, found.previous) == ("3", "2")
    assert (found.graded, found.new, found.better, found.worse, found.same) == (4, 1, 1, 1, 1)
    ada, ben, dee = found.rows
    assert (ada.student, ada.before, ada.now, ada.handed_in_again) == ("ada", 1.0, 2.0, True)
    assert ada.exercises == ("f: failed, 1 (kernel flipped) → passed, 2",)
    assert (ben.now, ben.handed_in_again, ben.exercises) == (0.5, False, ("f: passed, 2 → failed, 0.5",))
    assert (dee.before, dee.exercises) == (None, ())


def test_no_history_is_no_change(tmp_path):
    assert report.changes(history.read(tmp_path, LESSON)) is None


def test_half_a_line_of_a_killed_run_costs_only_itself(tmp_path):
    history.add(tmp_path, LESSON, "1", "ada", verdict(1.0))
    path = tmp_path / ".autograder" / "history" / f"{LESSON}.jsonl"
    path.write_bytes(path.read_bytes() + path.read_bytes()[:40])
    history.add(tmp_path, LESSON, "2", "ben", verdict(2.0))
    path.write_bytes(path.read_bytes() + b'{"run": 1}\n[]\n\xff\n')
    assert [entry["student"] for entry in history.read(tmp_path, LESSON)] == ["ada", "ben"]


# --- a course -------------------------------------------------------------------------------------------------------


def test_a_report_of_a_graded_class(course, released):
    """The command on real verdicts: what it says, its three kinds of files, and a second run."""
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    path = submit(course, "ben", filled(released, mistaken_solutions(LESSON, 0)))
    submit(course, "cyd", filled(released, right_solutions(LESSON) | {"conv2d": "import scipy\n"}))
    submit(course, "dee", "{ damaged")
    grade_class(course, LESSON)
    submit(course, "eve", released)
    path.write_text((course.submitted("ada", LESSON) / f"{LESSON}.ipynb").read_text())
    done = run(course.root, "autograder", "report", LESSON, "--json")

    data = json.loads(done.stdout)
    folder = course.root / "reports" / LESSON
    assert json.loads((folder / "report.json").read_text()) == data
    students = {each["student"]: each for each in data["students"]}
    assert list(students) == ["ada", "ben", "cyd", "dee"]
    assert students["ada"]["points"] == students["ada"]["max_points"] == 13.0
    assert students["ada"]["waits_for_a_person"], "a question is graded by a person"
    assert students["ada"]["max_total"] > 13
    assert [name for name, each in students.items() if each["handed_in_again"]] == ["ben"]
    assert data["ungraded"] == {"eve": "not graded yet"}
    named = {(m["exercise"], m["what"]): m["students"] for m in data["mistakes"] if m["named"]}
    assert named["conv2d", "kernel flipped"] == ["ben"]
    found = {(p["student"], p["exercise"]): (p["state"], p["fault"]) for p in data["problems"]}
    assert found["cyd", "conv2d"] == found["dee", ""] == ("not graded", "student")
    conv2d = next(item for item in data["exercises"] if item["exercise"] == "conv2d")
    assert (conv2d["passed"], conv2d["failed"], conv2d["not_graded_student"]) == (1, 1, 2)
    claims = {(p["exercise"], p["name"]): p["claim"] for p in data["properties"]}
    assert "stride" in claims["conv2d", "strides"]

    with open(folder / "report.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert rows["ben"]["conv2d misconception"] == "kernel flipped"
    assert (rows["cyd"]["conv2d state"], rows["cyd"]["conv2d fault"]) == ("not graded", "student")
    assert float(rows["ada"]["points"]) == 13.0
    assert (folder / "report-properties.csv").stat().st_size > 100

    grade_class(course, LESSON)  # ben and eve
    run(course.root, "autograder", "report", LESSON, "--output", "elsewhere/class.html")
    data = json.loads((course.root / "elsewhere" / "class.json").read_text())
    assert {row["student"]: row["before"] for row in data["changes"]["rows"]} == {
        "ben": students["ben"]["points"],
        "eve": None,
    }
    assert data["changes"]["better"] == data["changes"]["new"] == 1
    assert not data["ungraded"]


def test_stock_nbgrader_leaves_a_history_as_well(course, released):
    path = submit(course, "ada", released)
    run(course.root, "nbgrader", "autograde", LESSON)
    path.write_text(json.dumps(filled(released, right_solutions(LESSON))))
    run(course.root, "nbgrader", "autograde", LESSON, "--force")
    found = report.changes(report.load(Course(course.root), LESSON).entries)
    assert (found.graded, found.better) == (1, 1)
    assert found.rows[0].handed_in_again


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("09-nothing",), "nbgrader generate_assignment 09-nothing --force"),
        ((LESSON,), f"nothing of {LESSON} is graded yet; type: autograder grade {LESSON}"),
        ((LESSON, "--output", "report.csv"), "must end in .html, but is 'report.csv'"),
    ],
)
def test_wrong_use_says_what_is_right(course, released, arguments, says):
    submit(course, "ada", released)
    assert says in run(course.root, "autograder", "report", *arguments, status=2).stderr


def test_a_damaged_verdict_is_said_and_costs_nobody_else(course, released):
    submit(course, "ada", filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON)
    original = json.loads((course.autograded("ada", LESSON) / "verdict.json").read_text())
    damaged = {
        "cut off": json.dumps(original)[:-50],
        "a list": "[]",
        "deep": "[" * 10**5,
        "bytes": b"\xff\xfe",
        "no points": json.dumps({**original, "points": None}),
        "another state": json.dumps({**original, "exercises": [{**original["exercises"][0], "state": "<b>"}]}),
    }
    for name, content in damaged.items():
        folder = course.autograded(name, LESSON)
        folder.mkdir(parents=True)
        (folder / "verdict.json").write_bytes(content if isinstance(content, bytes) else content.encode())
    found = report.load(course, LESSON)
    assert [each.student for each in found.results] == ["ada"]
    assert set(found.ungraded) == set(damaged)
    assert all("grade it again" in why for why in found.ungraded.values())
    assert "cut off" in report_page.page(found, NOON)


def test_a_submission_that_is_a_link_or_a_pipe_is_not_followed(course, released, tmp_path):
    for name in ("ada", "ben"):
        submit(course, name, filled(released, right_solutions(LESSON)))
    grade_class(course, LESSON)
    for name in ("ada", "ben"):
        (course.submitted(name, LESSON) / f"{LESSON}.ipynb").unlink()
    os.mkfifo(course.submitted("ada", LESSON) / f"{LESSON}.ipynb")
    (course.submitted("ben", LESSON) / f"{LESSON}.ipynb").symlink_to("/dev/zero")
    assert not report.load(course, LESSON).again


def test_an_empty_course_says_so(course):
    course.submitted("x", LESSON).parent.parent.mkdir(exist_ok=True)
    with pytest.raises(CourseError, match="there are no submissions"):
        report.load(course, LESSON)


# --- the page -------------------------------------------------------------------------------------------------------

NOON = datetime.datetime(2026, 1, 2, 12, 0)


class Elements(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self._in = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)

    def texts(self) -> str:
        return "".join(self.text)


def hostile_class(text: str = HOSTILE) -> Class:
    """Whatever a student or a broken file can bring into a report, everywhere."""
    bad = outcome(
        text,
        0,
        "not graded",
        fault=text,
        misconception=text,
        hint=text,
        error=text,
        reason=text,
        properties=((text, 1.0, False),),
    )
    failed = outcome("g", 0, misconception=text, hint=text, reason=text)
    someone = result(text, bad, failed, reason=text, notes=(text,), isolation="none", digest=text)
    other = result("other", outcome("g", 0, reason=text), problem=text)
    side = Side(f"{text}\n{text}", frozenset({1}))
    entry = {"run": "2026-01-01T00:00:00+00:00", "student": text, "digest": "x", "points": 1.0}
    return Class(
        text,
        {text: 2.0, "g": 2.0},
        [someone, other],
        ungraded={text: text},
        again={text},
        absent=[text],
        booked={text: report.Booked(text, 1.0, 2.0, True)},
        claims={(text, text): text},
        entries=[
            entry | {"exercises": {text: ("failed", 1.0, text)}},
            entry | {"run": "2026-01-02", "points": 2.0, "exercises": {text: ("passed", 2.0, text)}},
        ],
        similar=Similar((Pair((text, "other"), (text,), (Match(text, 0.9, 20, side, side),)),), 3, 5),
    )


def test_everything_from_students_is_text():
    page = report_page.page(hostile_class(), NOON)
    elements = Elements(page)
    assert elements.tags.count("script") == 1
    assert "img" not in elements.tags
    assert not [name for _, name, _ in elements.attributes if name.startswith("on")]
    assert elements.texts().count(HOSTILE) > 15
    plain = Elements(report_page.page(hostile_class("plain"), NOON))
    assert elements.tags == plain.tags, "no name adds or removes an element"


def test_the_page_needs_nothing_else_and_runs_only_its_own_script():
    page = report_page.page(hostile_class(), NOON)
    elements = Elements(page)
    loading = [(tag, name, value) for tag, name, value in elements.attributes if name in ("src", "href", "xlink:href")]
    assert all(value.startswith("#") for _, _, value in loading)
    assert not set(elements.tags) & {"link", "iframe", "object", "embed", "base", "form", "img"}
    policy = next(
        value for tag, name, value in elements.attributes if tag == "meta" and name == "content" and "src" in value
    )
    assert policy.startswith("default-src 'none'; ")
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1]
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    ids = [value for _, name, value in elements.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for _, _, value in loading} <= set(ids), "every link leads somewhere"


def test_a_spreadsheet_gets_no_formula(tmp_path):
    for text in ('=HYPERLINK("http://x")', "+1", "-1", "@x"):
        files = report_page.write(hostile_class(text), tmp_path / "report.html")
        for path in files:
            if path.suffix == ".csv":
                with open(path, encoding="utf-8-sig", newline="") as file:
                    cells = [cell for row in csv.reader(file) for cell in row]
                assert cells
                assert not [cell for cell in cells if cell.startswith(text)]


def test_half_a_surrogate_pair_in_a_name_can_be_written(tmp_path):
    data = {**json.loads(json.dumps(VERDICT)), "reason": "half: \udcff"}
    found = Class("lesson", {"f": 2.0}, [Result.from_json("name-\udcff", data)])
    assert all(path.stat().st_size for path in report_page.write(found, tmp_path / "report.html"))


def test_a_class_of_one_and_a_class_without_points():
    assert "1 submission, of 2 points" in report_page.page(Class("lesson", {"f": 2.0}, results([1])), NOON)
    report_page.page(Class("lesson", {}, []), NOON)


VERDICT = {
    "points": 2.0,
    "max_points": 2.0,
    "reason": "everything right",
    "problem": "",
    "notes": [],
    "seconds": 1.0,
    "cpu_seconds": 1.0,
    "isolation": "bubblewrap",
    "digest": "d",
    "exercises": [],
}
