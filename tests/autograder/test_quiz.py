"""Questions with numbers of one's own: drawn, asked in the sandbox, read as text, compared outside."""

import copy

import nbformat
import pytest

from autograder.classroom import filled, right_solutions
from autograder.grading import grade_notebook
from autograder.quiz import Drawing
from autograder.submission import Submission
from cnnkit.exercises import find_question, questions
from cnnkit.exercises.questions import AnswerError, read_numbers
from tests.autograder.conftest import LESSON, LIMITS, REPOSITORY, run, submit

ADA = Drawing("key", "ada", ("ada", "bob"))
ALL = [pytest.param(question, id=question.name) for each in questions().values() for question in each]


@pytest.fixture
def graded(host, released, store):
    """Grade the lesson with one answer cell filled in."""

    def grade(source, drawing=ADA):
        notebook = filled(released, right_solutions(LESSON) | {"one_cell": source})
        result = grade_notebook(host, Submission(notebook), released, store, LIMITS, drawing)
        return next(verdict for verdict in result.verdicts if verdict.exercise == "one_cell")

    return grade


def right_answer(student):
    question = find_question("one_cell")
    return question.answer(**question.numbers("key", student))


@pytest.mark.parametrize(
    "source",
    [
        "one_cell = {}",
        "one_cell = '{}'",
        "one_cell = 'my answer: {}.0'",
        "one_cell = np.array([{}])",
        "one_cell = (numbers['window'] * numbers['kernel']).sum()",
    ],
)
def test_a_right_answer_counts_however_it_is_written(graded, source):
    verdict = graded(source.format(right_answer("ada")))
    assert verdict.score == 1.0, verdict
    assert "drawn for ada" in verdict.properties[0].claim


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("one_cell = 12345", "one_cell is not right"),
        ("one_cell = ''", "nothing was typed"),
        ("one_cell = None", "nothing was typed"),
        ("one_cell = '3 or 4'", "cannot read '3 or 4' as a number"),
        ("one_cell = '__import__(\"os\").getcwd()'", "cannot read"),
        ("one_cell = '9' * 10**6", "cannot read"),
        ("class A:\n    def __str__(self):\n        raise ValueError\none_cell = A()", "nothing was typed"),
        ("class A(str):\n    def __getitem__(self, key):\n        return 7\none_cell = A('x')", "cannot read"),
        ("pass", "one_cell is not defined"),
        ("class A:\n    def __str__(self):\n        while True: pass\none_cell = A()", "could not be read"),
        ("class A:\n    def __str__(self):\n        import os; os._exit(3)\none_cell = A()", "could not be read"),
    ],
)
def test_a_wrong_answer_scores_nothing_and_says_why(graded, source, reason):
    verdict = graded(source)
    assert verdict.score == 0.0
    assert reason in verdict.reason


def test_an_answer_to_a_neighbours_numbers_is_told_so_politely(graded):
    verdict = graded(f"one_cell = {right_answer('bob')}")
    assert verdict.score == 0.0
    assert "somebody else's numbers" in verdict.reason
    assert "bob" not in verdict.reason
    verdict = graded(f"one_cell = {right_answer('your id')}")
    assert "write your own id" in verdict.reason


def test_the_name_in_the_notebook_does_not_choose_the_numbers(graded):
    lines = "numbers = question('one_cell', 'bob', 'key')\none_cell = (numbers['window'] * numbers['kernel']).sum()"
    assert graded(lines).score == 1.0


def test_numbers_changed_inside_do_not_change_the_right_answer(graded):
    cheat = (
        "import cnnkit\ncnnkit.questions['one_cell'] = ['', {'window': [[0]]}]\nnumbers['window'][:] = 0\none_cell = 0"
    )
    assert graded(cheat).score == float(right_answer("ada") == 0)


def test_a_typical_mistake_is_named(graded):
    question = find_question("one_cell")
    for mistake in question.mistakes:
        verdict = graded(f"one_cell = {mistake.function(**question.numbers('key', 'ada'))}")
        assert (verdict.misconception, verdict.score) == (mistake.name, 0.0)


def test_both_commands_draw_the_same_numbers(course):
    notebook = nbformat.read(course.released(LESSON), as_version=4)
    key = course.drawing("ada", ()).course
    assert any(f'COURSE = "{key}"' in cell.source for cell in notebook.cells)
    question = find_question("one_cell")
    answers = {name: question.answer(**question.numbers(key, name)) for name in ("ada", "bob")}
    for name, answer in answers.items():
        solutions = right_solutions(LESSON) | {"one_cell": f"one_cell = {answer}"}
        submit(course, name, filled(notebook, solutions))
    submit(course, "copycat", filled(copy.deepcopy(notebook), solutions))
    run(course.root, "autograder", "grade", LESSON)
    run(course.root, "nbgrader", "export", "--to=ours.csv")
    ours = (course.root / "ours.csv").read_text()
    run(course.root, "nbgrader", "autograde", LESSON, "--force")
    run(course.root, "nbgrader", "export", "--to=theirs.csv")
    theirs = (course.root / "theirs.csv").read_text()

    def scores(text):
        header, *rows = (line.split(",") for line in text.splitlines())
        return {row[header.index("student_id")]: float(row[header.index("raw_score")]) for row in rows}

    assert scores(ours) == scores(theirs)
    assert scores(ours)["ada"] == scores(ours)["bob"] == scores(ours)["copycat"] + 1


@pytest.mark.parametrize("question", ALL)
def test_every_question_can_be_drawn_asked_and_answered(question):
    answers = set()
    for student in map(str, range(60)):
        numbers = question.numbers("course", student)
        assert numbers == question.numbers("course", student)
        right = question.answer(**numbers)
        typed = " x ".join(map(str, right)) if isinstance(right, tuple) else str(right)
        assert question.is_right(typed, numbers)
        assert "{" not in question.text(numbers)
        for mistake in question.mistakes:
            wrong = mistake.function(**numbers)
            assert not question.is_right(
                " x ".join(map(str, wrong)) if isinstance(wrong, tuple) else str(wrong), numbers
            )
        answers.add(typed)
    assert len(answers) >= 12, "neighbours have the same answer too often"


@pytest.mark.parametrize(
    ("typed", "count", "read"),
    [
        ("61,706", 1, [61706]),
        ("61 706 parameters", 1, [61706]),
        ("−3", 1, [-3]),
        ("p = 7", 1, [7]),
        ("28×28 x6", 3, [28, 28, 6]),
        ("(28, 28, 6)", 3, [28, 28, 6]),
        ("[28 28 6]", 3, [28, 28, 6]),
        ("1,000 x 1,000 x 3", 3, [1000, 1000, 3]),
        ("100,200,300", 3, [100, 200, 300]),
    ],
)
def test_reading_is_tolerant(typed, count, read):
    assert [int(number) for number in read_numbers(typed, count)] == read


@pytest.mark.parametrize(
    "typed", ["", "seven", "5 or 6", "6*(25+1)", "3-2", "12345,6", "1e999999999", "3/0", "9" * 999]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(AnswerError):
        read_numbers(typed, 1)


def test_the_release_of_the_repository_holds_the_key_of_its_configuration():
    text = (REPOSITORY / "release" / LESSON / f"{LESSON}.ipynb").read_text()
    assert "set when the lesson is released" not in text
