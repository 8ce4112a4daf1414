"""cnnkit.exercises.matching: which named mistake explains the answers."""

import numpy as np
import pytest

from cnnkit.answers import RAISED, STOPPED, Answer, answer_of
from cnnkit.exercises import Call, Exercise, Misconception, Property, find
from cnnkit.exercises.matching import Tried, matching_misconception, outcome

CONV2D = find("conv2d")
CALLS = [
    Call((np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 10]]))),
    Call((np.array([[1, 2, 3, 4], [5, 6, 7, 9]]), np.array([[1]])), {"stride": 2}),
]
FLIPPED = next(mistake for mistake in CONV2D.misconceptions if mistake.name == "kernel flipped")
SQUARES = next(mistake for mistake in CONV2D.misconceptions if mistake.name == "only square images")


def match(calls, answers, mistaken=None):
    expected = [call.on(CONV2D.reference) for call in calls]
    return matching_misconception(CONV2D, [Tried(CONV2D.public[0], calls, answers, expected, mistaken)])


def answers(function):
    return [outcome(function, call) for call in CALLS]


def test_a_right_answer_is_no_mistake():
    assert match(CALLS, answers(CONV2D.reference)) is None


def test_the_same_answers_are_the_mistake():
    assert match(CALLS, answers(FLIPPED.function)) is FLIPPED


def test_a_small_rounding_does_not_hide_it():
    rounded = [Answer("value", answer.value * (1 + 1e-7)) for answer in answers(FLIPPED.function)]
    assert match(CALLS, rounded) is FLIPPED


def test_one_other_answer_excludes_it():
    changed = [*answers(FLIPPED.function)[:1], answer_of([[7, 7]])]
    assert match(CALLS, changed) is None


def test_answers_that_are_given_are_not_computed_again():
    ours = answers(FLIPPED.function)
    assert match(CALLS, ours, {"kernel flipped": ours}) is FLIPPED
    assert match(CALLS, ours, {}) is None


def test_two_exceptions_are_equal_whatever_they_say():
    high = Call((np.ones((4, 2)), np.ones((2, 2))))
    calls = [Call((np.array([[1, 2]]), np.array([[3]]))), high]
    theirs = [outcome(SQUARES.function, call) for call in calls]
    assert [answer.kind for answer in theirs] == ["value", RAISED]
    assert match(calls, [theirs[0], Answer(RAISED, text="raised Oops")]) is SQUARES
    # Nothing but exceptions is no evidence.
    assert match([high], [theirs[1]]) is None


def test_a_call_that_was_stopped_matches_nothing():
    stopped = [*answers(FLIPPED.function)[:1], Answer(STOPPED, text="took too long")]
    assert match(CALLS, stopped) is None


def test_each_call_needs_its_answer():
    with pytest.raises(ValueError, match=r"zip\(\)"):
        match(CALLS, answers(FLIPPED.function)[:1])


def test_the_dtype_tells_mistakes_apart_where_it_is_judged():
    def in_floats(x):
        return x * 1.0

    exercise = Exercise("f", "f(x)", "", np.copy, (), (Misconception("left in floats", in_floats, "look"),))
    call = Call((np.arange(3, dtype=np.uint8),))
    for judged, named in ((True, exercise.misconceptions[0]), (False, None)):
        prop = Property("dtype", "", None, keeps_dtype=judged)
        tried = Tried(prop, [call], [outcome(in_floats, call)], [call.on(np.copy)])
        assert matching_misconception(exercise, [tried]) is named


def test_a_random_mistake_is_known_by_what_is_wrong_not_by_its_draws():
    def keep(x, rng):
        return (rng.random(x.shape) < 0.5) * x

    def twice(x, rng):
        return (rng.random(x.shape) < 0.5) * x * 2

    def doubled(calls, values):
        (x, _), (value,) = calls[0].args, values
        return "" if np.isin(value, [0, 2 * x.flat[0]]).all() else "kept values are not doubled"

    prop = Property("doubled", "", None, rule=doubled)
    exercise = Exercise("f", "f(x, rng)", "", twice, (), (Misconception("not doubled", keep, "look"),))
    call = Call((np.full(20, 3.0), np.random.default_rng(1)))
    for drawn, named in ((lambda x, rng: (rng.random(x.shape) >= 0.5) * x, "not doubled"), (twice, None)):
        tried = Tried(prop, [call], [outcome(drawn, call)], [call.on(twice)])
        found = matching_misconception(exercise, [tried])
        assert (found and found.name) == named
