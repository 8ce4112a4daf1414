"""From answers to a verdict: every right variant full, every misconception refused and named, faults contained."""

import json
import re

import pytest

from autograder import hidden
from autograder.classroom import as_solution
from autograder.render import as_html, as_text
from autograder.session import Session
from autograder.variants import right
from autograder.verdict import FAILED, NOT_GRADED, PASSED, Counterexample, judge
from cnnkit import exercises

from .conftest import LIMITS

EXERCISES = exercises.lessons()["01-convolution"]


def verdict_of(host, store, name, source):
    with Session(host, LIMITS) as session:
        session.run_cell(source)
        return judge(session, store.get(name))


@pytest.mark.parametrize(
    ("name", "variant"),
    [(e.name, variant) for e in EXERCISES for variant in right(e.name)],
    ids=lambda v: getattr(v, "__name__", v),
)
def test_a_right_variant_gets_full_marks(host, store, name, variant):
    verdict = verdict_of(host, store, name, as_solution(variant, name))
    assert verdict.state == PASSED, as_text(verdict, 0, 1)
    assert verdict.score == 1.0
    assert verdict.counterexample is None


@pytest.mark.parametrize(
    ("name", "mistake"), [(e.name, m) for e in EXERCISES for m in e.misconceptions], ids=lambda v: getattr(v, "name", v)
)
def test_a_misconception_is_refused_and_named(host, store, name, mistake):
    verdict = verdict_of(host, store, name, as_solution(mistake.function, name))
    assert verdict.state == FAILED
    assert verdict.score < 1.0
    assert (verdict.misconception, verdict.hint) == (mistake.name, mistake.hint)
    shown = verdict.counterexample
    assert shown.inputs.startswith(f"{name}(")
    assert shown.expected != shown.got


def test_the_same_answers_get_the_same_verdict_without_being_judged_again(host, store, monkeypatch):
    right_one, other_one = (as_solution(right("conv2d")[0], "conv2d"), "conv2d = lambda *a, **k: 7.0")
    hangs_at_last = "n = 0\n" + right_one.replace("conv2d", "inner") + (
        f"\ndef conv2d(*a, **k):\n    global n\n    n += 1\n"
        f"    while n == {store.get('conv2d').calls}:\n        pass\n    return inner(*a, **k)\n"
    )  # fmt: skip
    first = {source: verdict_of(host, store, "conv2d", source) for source in (right_one, other_one, hangs_at_last)}
    assert [verdict.state for verdict in first.values()] == [PASSED, FAILED, FAILED]
    monkeypatch.setattr("autograder.verdict._judge_answers", lambda *_: "judged")
    assert verdict_of(host, store, "conv2d", right_one) is first[right_one]
    assert verdict_of(host, store, "conv2d", f"{other_one}\n# by somebody else") is first[other_one]
    assert verdict_of(host, store, "conv2d", other_one.replace("7", "8")) == "judged"
    assert verdict_of(host, store, "conv2d", hangs_at_last) == "judged", "what was stopped is told from what was not"


def test_every_hidden_property_refuses_something(host, store):
    """A property that nothing fails would be a gift of points."""
    for exercise in EXERCISES:
        failed = set()
        sources = [as_solution(m.function, exercise.name) for m in exercise.misconceptions]
        sources += [f"def {exercise.name}(*arguments, **options):\n    {body}" for body in _SABOTAGE]
        sources += [
            _WITH_SABOTAGE.format(solution=as_solution(right(exercise.name)[0], exercise.name), name=exercise.name)
        ]
        for source in sources:
            failed |= {p.name for p in verdict_of(host, store, exercise.name, source).properties if not p.passed}
        assert failed == {prop.name for prop in hidden.properties(exercise.name)}


_SABOTAGE = ("return arguments[0]", "return 0.0", "return None", "raise ValueError")
#: Right answers, but the image is changed.
_WITH_SABOTAGE = """{solution}
honest = {name}


def {name}(image, *arguments, **options):
    result = [part.copy() for part in map(np.asarray, honest(image, *arguments, **options))]
    image[...] = 0
    return result
"""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "conv2d is not defined in the notebook"),
        ("conv2d = 7", "conv2d is not a function but a int"),
    ],
)
def test_what_is_not_there_is_not_graded(host, store, source, reason):
    verdict = verdict_of(host, store, "conv2d", source)
    assert (verdict.state, verdict.score, verdict.reason, verdict.fault) == (NOT_GRADED, 0.0, reason, "student")


def test_memory_between_calls_is_refused(host, store):
    source = as_solution(right("conv2d")[0], "conv2d") + (
        "\nhonest, calls = conv2d, []\n\n\ndef conv2d(image, kernel, stride=1):\n"
        "    calls.append(0)\n    return honest(image, kernel, stride) + len(calls)\n"
    )
    assert verdict_of(host, store, "conv2d", source).state == FAILED


def test_a_function_that_hangs_on_some_inputs_keeps_what_it_earned(host, store):
    source = as_solution(right("conv2d")[0], "conv2d") + (
        "\nhonest = conv2d\n\n\ndef conv2d(image, kernel, stride=1):\n"
        "    while kernel.size > 4 and np.count_nonzero(kernel) == 1:\n        pass\n"
        "    return honest(image, kernel, stride)\n"
    )
    verdict = verdict_of(host, store, "conv2d", source)
    assert 0 < verdict.score < 1
    assert "did not finish in 0.8 seconds" in verdict.error
    assert verdict.state == FAILED
    single = next(p for p in verdict.properties if p.name == "a single 1")
    assert (single.state, single.fault, single.detail) == (NOT_GRADED, "student", "did not finish in 0.8 seconds")
    assert re.search(r"of 11 properties could not be graded: .*a single 1", verdict.reason)
    assert "[-] a single 1" in as_text(verdict, 0, 1)
    assert "could not be graded (because of the submitted code)" in as_html(verdict, 0, 1)


def test_a_wrong_answer_counts_as_failed_even_where_other_calls_hang(host, store):
    source = (
        "import numpy as np\n\n\ndef conv2d(image, kernel, stride=1):\n    while image.shape[0] > 4:\n        pass\n"
        "    return np.zeros((1, 1))\n"
    )
    verdict = verdict_of(host, store, "conv2d", source)
    states = {prop.state for prop in verdict.properties}
    assert verdict.state == FAILED
    assert FAILED in states
    assert verdict.counterexample.got == "[[0]]", "an answer is shown rather than a call that was cut off"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", "did not finish in 0.8 seconds"),
        ("import scipy.signal", "scipy is not available while grading"),
        ("import os; os._exit(3)", "ended the process (exit code 3)"),
    ],
)
def test_what_gives_no_answer_is_not_graded_and_says_why(host, store, body, reason):
    verdict = verdict_of(host, store, "conv2d", f"def conv2d(image, kernel, stride=1):\n    {body}\n")
    assert (verdict.state, verdict.score, verdict.fault, verdict.misconception) == (NOT_GRADED, 0.0, "student", "")
    assert {prop.state for prop in verdict.properties} == {NOT_GRADED}
    assert reason in verdict.reason
    assert any(reason in prop.detail for prop in verdict.properties)
    assert {prop["state"] for prop in verdict.as_json()["properties"]} == {"not graded"}
    assert "could not be graded" in as_text(verdict, 0, 1)


def test_a_library_that_is_not_there_costs_only_the_properties_that_use_it(host, store):
    source = as_solution(right("conv2d")[0], "conv2d") + (
        "\nhonest = conv2d\n\n\ndef conv2d(image, kernel, stride=1):\n"
        "    if stride > 1:\n        import scipy\n    return honest(image, kernel, stride)\n"
    )
    verdict = verdict_of(host, store, "conv2d", source)
    states = {prop.name: prop.state for prop in verdict.properties}
    assert states["strides"] == NOT_GRADED
    assert states["values"] == PASSED
    assert 0 < verdict.score < 1
    assert FAILED not in states.values()


def test_a_function_that_dies_is_refused_with_the_reason(host, store):
    verdict = verdict_of(
        host, store, "conv2d", "import os\n\n\ndef conv2d(image, kernel, stride=1):\n    os._exit(0)\n"
    )
    assert (verdict.state, verdict.score, verdict.fault) == (NOT_GRADED, 0.0, "student")
    assert "ended the process (exit code 0)" in verdict.error


def test_the_same_answers_get_the_same_verdict(host, store):
    source = as_solution(EXERCISES[2].misconceptions[0].function, "conv2d")
    first, second = (verdict_of(host, store, "conv2d", source) for _ in range(2))
    assert first == second
    shown = [[Counterexample.of(p.example) for p in verdict.properties if p.example] for verdict in (first, second)]
    assert shown[0] == shown[1] != []


def test_json_is_the_contract(host, store):
    verdict = verdict_of(host, store, "conv2d", as_solution(EXERCISES[2].misconceptions[0].function, "conv2d"))
    data = json.loads(json.dumps(verdict.as_json()))
    assert {"exercise", "score", "passed", "properties", "misconception", "hint", "counterexample", "error"} <= set(
        data
    )
    assert all({"name", "weight", "passed", "detail"} <= set(prop) for prop in data["properties"])
    assert set(data["counterexample"]) == {"inputs", "expected", "got"}


def test_a_students_text_is_escaped_in_the_page(host, store):
    source = "def conv2d(image, kernel, stride=1):\n    raise ValueError('<script>alert(1)</script>')\n"
    verdict = verdict_of(host, store, "conv2d", source)
    page = as_html(verdict, 0.0, 5.0)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<script>alert(1)" in as_text(verdict, 0.0, 5.0)


def test_a_named_mistake_is_shown_on_the_smallest_example(session, store):
    conv2d = exercises.find("conv2d")
    for mistake in conv2d.misconceptions[:6]:
        assert (
            sum(array.size for call in store.get("conv2d").smallest[mistake.name].calls for array in call.arrays()) < 12
        )
    mistake = conv2d.misconceptions[0]
    session.run_cell(as_solution(mistake.function, "conv2d"))
    verdict = judge(session, store.get("conv2d"))
    assert verdict.misconception == mistake.name
    assert verdict.counterexample.inputs == "conv2d(np.array([[0, 1]]), np.array([[0, 1]]))"
    assert (verdict.counterexample.expected, verdict.counterexample.got) == ("[[1]]", "[[0]]")


@pytest.mark.parametrize("lesson", exercises.lessons())
def test_every_misconception_has_its_smallest_example(store, lesson):
    for exercise in exercises.lessons()[lesson]:
        assert set(store.get(exercise.name).smallest) == {mistake.name for mistake in exercise.misconceptions}
