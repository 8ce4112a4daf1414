"""A failure without a name gets a small example, and nothing else changes."""

import pytest

from autograder import shrinking, smaller
from autograder.classroom import as_solution, filled, right_solutions, with_cell
from autograder.grading import grade_notebook
from autograder.judging import judge_file
from autograder.session import Session
from autograder.settings import Limits
from autograder.submission import Submission
from autograder.variants import right
from autograder.verdict import FAILED, judge
from cnnkit import exercises
from cnnkit.exercises import Call

from .conftest import LESSON, LIMITS

#: Right, but for what `wrong` makes of the result.
_SPOILT = (
    as_solution(right("conv2d")[0], "conv2d")
    + """
honest = conv2d


def conv2d(image, kernel, stride=1):
    result = np.asarray(honest(image, kernel, stride), float)
    {wrong}
    return result
"""
)
#: A mistake that nobody named, which shows on larger images only.
UNNAMED = _SPOILT.format(wrong="result[2:] += 7")
#: Enough to come to the end on a busy machine.
PATIENT = Limits(call_seconds=2.0, cell_seconds=4.0, submission_seconds=60.0, memory_mib=400, shrink_seconds=30.0)


def verdicts_of(host, store, source, limits=PATIENT, name="conv2d"):
    """As judged, and with the smaller example."""
    with Session(host, limits) as session:
        session.run_cell(source)
        verdict = judge(session, store.get(name))
        assert smaller.is_wanted(verdict)
        return verdict, smaller.with_smaller_example(session, verdict, limits)


def size(verdict):
    return sum(array.size for call in verdict.counterexample.failure.calls for array in call.arrays())


def test_an_unnamed_failure_is_shown_on_the_smallest_input(host, store):
    judged, found = verdicts_of(host, store, UNNAMED)
    assert found.smallest is found.counterexample
    assert size(found) == 4, "three rows and a kernel of one number"
    assert size(found) < size(judged)
    assert found.counterexample.inputs == "conv2d(np.array([[0], [0], [0]]), np.array([[0]]))"
    assert found.counterexample.expected != found.counterexample.got


def test_nothing_but_the_example_changes_and_it_is_the_same_again(host, store):
    judged, found = verdicts_of(host, store, UNNAMED)
    assert found.properties == judged.properties
    assert (found.state, found.score, found.reason, found.error) == (
        judged.state,
        judged.score,
        judged.reason,
        judged.error,
    )
    assert verdicts_of(host, store, UNNAMED)[1].counterexample == found.counterexample


def test_exceptions_are_made_smaller_too(host, store):
    source = _SPOILT.format(wrong="assert result.shape[1] < 3")
    _, found = verdicts_of(host, store, source)
    assert size(found) <= 4
    assert "raised AssertionError" in found.counterexample.got


def test_a_changed_argument_is_an_example_too(host, store):
    source = _SPOILT.format(wrong="image[:] = 0")
    _, found = verdicts_of(host, store, source)
    assert "changed the array" in found.counterexample.failure.detail
    assert size(found) <= 4


@pytest.mark.parametrize("limits", [{"shrink_seconds": 0.0}, {"shrink_calls": 0}])
def test_it_can_be_switched_off(host, store, limits):
    limits = Limits(call_seconds=2.0, submission_seconds=60.0, memory_mib=400, **limits)
    judged, found = verdicts_of(host, store, UNNAMED, limits)
    assert found is judged


def test_the_budget_of_calls_is_kept(host, store, monkeypatch):
    asked = []
    probe = Session.probe

    def counted(self, name, calls, *rest):
        asked.append(calls)
        return probe(self, name, calls, *rest)

    monkeypatch.setattr(Session, "probe", counted)
    limits = Limits(call_seconds=2.0, submission_seconds=60.0, memory_mib=400, shrink_calls=25, shrink_seconds=30.0)
    verdicts_of(host, store, UNNAMED, limits)
    confirming, *searching = asked
    assert confirming
    assert 0 < sum(map(len, searching)) <= 25


@pytest.mark.parametrize(
    "wrong",
    ["import os; result.size < 4 and os._exit(3)", "while result.size < 4: pass", "import time; time.sleep(0.3)"],
)
def test_a_function_that_ends_badly_when_it_is_asked_on_spoils_only_its_picture(host, store, wrong):
    """It behaves while it is judged, and counts its calls to know when that is over."""
    count = sum(len(example.calls) for example in store.get("conv2d").examples) + 1
    source = "count = 0\n" + _SPOILT.format(
        wrong=f"result += 7\n    global count\n    count += 1\n    if count > {count}:\n        {wrong}"
    )
    limits = Limits(call_seconds=2.0, submission_seconds=60.0, memory_mib=400, shrink_seconds=1.0)
    with Session(host, limits) as session:
        session.run_cell(source)
        verdict = judge(session, store.get("conv2d"))
        assert (verdict.state, verdict.error) == (FAILED, "")
        found = smaller.with_smaller_example(session, verdict, limits)
        assert (found.state, found.score, found.properties) == (verdict.state, verdict.score, verdict.properties)
        run = session.run_cell("print(conv2d.__name__)")
        assert run.ended == "ok", "the session goes on, in a new process if need be"
        assert run.outputs[0]["text"] == "conv2d\n"


def test_the_time_is_given_back(host, store):
    limits = Limits(call_seconds=2.0, submission_seconds=60.0, memory_mib=400, shrink_seconds=1.0)
    with Session(host, limits) as session:
        session.run_cell("import time\n\n\ndef slow(x):\n    time.sleep(0.5)\n    return x\n")
        deadline = session._deadline
        replies = session.probe("slow", [Call((1,))], [False], 2.0)
        assert replies.ended == "done"
        assert session._deadline >= deadline + 0.5
        replies = session.probe("slow", [Call((1,)), Call((2,))], [False, False], 0.7)
        assert (replies.ended, len(replies.answers)) == ("stopped", 2)


def test_a_function_defined_anew_is_not_shown_for_the_one_that_was_judged(host, store):
    with Session(host, PATIENT) as session:
        session.run_cell(UNNAMED)
        verdict = judge(session, store.get("conv2d"))
        session.run_cell(_SPOILT.format(wrong="result -= 1"))
        assert smaller.with_smaller_example(session, verdict, PATIENT) is verdict


@pytest.mark.parametrize(
    "source",
    [
        as_solution(right("conv2d")[0], "conv2d"),
        as_solution(exercises.find("conv2d").misconceptions[0].function, "conv2d"),
        "def conv2d(image, kernel, stride=1):\n    raise NotImplementedError()",
        "def conv2d(image, kernel, stride=1):\n    while True:\n        pass",
        "",
    ],
    ids=["right", "named", "not written", "hangs", "nothing"],
)
def test_nobody_else_is_asked_again(host, store, source):
    with Session(host, LIMITS) as session:
        session.run_cell(source)
        assert not smaller.is_wanted(judge(session, store.get("conv2d")))


def test_the_graded_notebook_and_judge_show_it(host, store, released, tmp_path, course):
    notebook = filled(released, right_solutions(LESSON) | {"conv2d": UNNAMED})
    notebook = with_cell(notebook, "print('the end')", "conv2d_channels")
    graded = grade_notebook(host, Submission(notebook), released, store, PATIENT)
    verdict = next(v for v in graded.verdicts if v.exercise == "conv2d")
    assert size(verdict) == 4
    cell = next(c for c in graded.notebook.cells if (c.metadata.get("nbgrader") or {}).get("grade_id") == "conv2d")
    assert "conv2d(np.array([[0], [0], [0]]), np.array([[0]]))" in cell.outputs[0].data["text/html"]
    assert graded.points["conv2d_channels"] == graded.max_points["conv2d_channels"]

    path = tmp_path / "solution.py"
    path.write_text(UNNAMED)
    course.limits.shrink_seconds = 30.0
    assert judge_file(course, "conv2d", path).as_json()["counterexample"] == {
        "inputs": verdict.counterexample.inputs,
        "expected": verdict.counterexample.expected,
        "got": verdict.counterexample.got,
    }


def test_a_search_that_is_stopped_keeps_what_it_has():
    prop = exercises.find("relu").public[0]
    asked = []

    def judge_until_enough(calls):
        asked.append(calls)
        if len(asked) > 3:
            raise shrinking.Enough
        return len(asked)

    found, whole = shrinking.failures(prop, judge_until_enough)
    assert (found, whole) == ([1, 2, 3], False)


def test_an_error_of_our_own_is_not_hidden():
    def broken(calls):
        raise KeyError("a typing mistake")

    with pytest.raises(KeyError, match="a typing mistake"):
        shrinking.failures(exercises.find("relu").public[0], broken)


def test_nothing_is_written_into_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shrinking.failures(exercises.find("relu").public[0], lambda calls: None)
    assert not list(tmp_path.iterdir())
