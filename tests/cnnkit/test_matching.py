"""cnnkit.exercises.matching: which named mistake explains the answers."""

import numpy as np
import pytest

from cnnkit.answers import RAISED, STOPPED, Answer, answer_of
from cnnkit.exercises import Call, find
from cnnkit.exercises.matching import matching_misconception, outcome

CONV2D = find("conv2d")
CALLS = [
    Call((np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))),
    Call((np.array([[1, 2, 3, 4], [5, 6, 7, 9]]), np.array([[1]])), {"stride": 2}),
]
FLIPPED = next(mistake for mistake in CONV2D.misconceptions if mistake.name == "kernel flipped")
SQUARES = next(mistake for mistake in CONV2D.misconceptions if mistake.name == "only square images")


def answers(function):
    return [outcome(function, call) for call in CALLS]


def test_a_right_answer_is_no_mistake():
    assert matching_misconception(CONV2D, CALLS, answers(CONV2D.reference)) is None


def test_the_same_answers_are_the_mistake():
    assert matching_misconception(CONV2D, CALLS, answers(FLIPPED.function)) is FLIPPED


def test_a_small_rounding_does_not_hide_it():
    rounded = [Answer("value", answer.value * (1 + 1e-7)) for answer in answers(FLIPPED.function)]
    assert matching_misconception(CONV2D, CALLS, rounded) is FLIPPED


def test_one_other_answer_excludes_it():
    changed = [*answers(FLIPPED.function)[:1], answer_of([[7, 7]])]
    assert matching_misconception(CONV2D, CALLS, changed) is None


def test_answers_that_are_given_are_not_computed_again():
    expected = [call.on(CONV2D.reference) for call in CALLS]
    ours = answers(FLIPPED.function)
    mistaken = {"kernel flipped": ours}
    assert matching_misconception(CONV2D, CALLS, ours, expected, mistaken) is FLIPPED
    assert matching_misconception(CONV2D, CALLS, ours, expected, {}) is None


def test_two_exceptions_are_equal_whatever_they_say():
    high = Call((np.ones((4, 2)), np.ones((2, 2))))
    calls = [Call((np.array([[1, 2]]), np.array([[3]]))), high]
    theirs = [outcome(SQUARES.function, call) for call in calls]
    assert [answer.kind for answer in theirs] == ["value", RAISED]
    assert matching_misconception(CONV2D, calls, [theirs[0], Answer(RAISED, text="raised Oops")]) is SQUARES
    # Nothing but exceptions is no evidence.
    assert matching_misconception(CONV2D, [high], [theirs[1]]) is None


def test_a_call_that_was_stopped_matches_nothing():
    stopped = [*answers(FLIPPED.function)[:1], Answer(STOPPED, text="took too long")]
    assert matching_misconception(CONV2D, CALLS, stopped) is None


def test_each_call_needs_its_answer():
    with pytest.raises(ValueError, match=r"zip\(\)"):
        matching_misconception(CONV2D, CALLS, answers(FLIPPED.function)[:1])
