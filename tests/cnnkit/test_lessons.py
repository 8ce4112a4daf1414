"""Test the testers of all lessons in the notebook: each mistake is named to the student, each right variant accepted.

That the hidden examples reject and accept the same is what tests/autograder/test_audit.py shows.
"""

import inspect
import re
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from autograder import hidden, variants
from cnnkit import check, ops
from cnnkit.answers import RAISED, Answer, answer_of
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find, lessons
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import outcome

EXERCISES = [exercise for each in lessons().values() for exercise in each]
IDS = [exercise.name for exercise in EXERCISES]
#: So small that three misconceptions say all there is to say.
TRIVIAL = {"split_channels", "relu", "flatten"}
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}-{mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]


@cache
def examples(exercise_name, property_name):
    """The examples of a hidden property with the reference's results."""
    exercise = find(exercise_name)
    (prop,) = (prop for prop in hidden.properties(exercise_name) if prop.name == property_name)
    found = []

    @settings(phases=[Phase.generate])
    @given(prop.examples)
    def keep(calls):
        found.append(calls)

    keep()
    return [(calls, [copy_of(call).on(exercise.reference) for call in calls]) for calls in found]


def failures(function, exercise_name, prop):
    """What the hidden property says about a function, example by example."""
    found = []
    for calls, expected in examples(exercise_name, prop.name):
        answers, after = [], []
        for call in map(copy_of, calls):
            try:
                answers.append(answer_of(call.on(function)))
            except Exception as error:
                answers.append(Answer(RAISED, text=f"raised {error!r}"))
            after.append(call.arrays())
        failure = prop.failure(calls, answers, expected, after)
        if failure:
            found.append(failure[2])
    return found


@pytest.mark.parametrize("exercise", EXERCISES, ids=IDS)
def test_an_exercise_is_whole(exercise):
    assert 2 <= len(exercise.public) <= 4
    parameters = list(inspect.signature(exercise.reference).parameters.values())
    asked = exercise.signature.removeprefix(f"{exercise.name}(").removesuffix(")").split(", ")
    # The reference may take more than is asked, behind what is.
    taken = [str(parameter).replace("'", '"').replace("1e-05", "1e-5") for parameter in parameters]
    assert taken[: len(asked)] == asked
    names = [mistake.name for mistake in exercise.misconceptions]
    assert len(set(names)) == len(names) >= (3 if exercise.name in TRIVIAL else 6)
    assert len({function.__name__ for function in variants.right(exercise.name)}) >= (
        4 if exercise.name in TRIVIAL else 5
    )
    weights = [prop.weight for prop in hidden.properties(exercise.name)]
    assert weights[0] == max(weights)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_check_names_every_mistake(exercise, mistake, monkeypatch):
    monkeypatch.setattr("cnnkit.checking.SHRINKING", 0.0)  # a smaller example has no other name
    with pytest.raises(CheckFailed, match=re.escape(f"A likely reason: {mistake.name}")) as caught:
        check(exercise.name, mistake.function)
    assert caught.value.misconception is mistake


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_a_mistake_can_be_pasted_into_a_notebook(exercise, mistake):
    namespace = {"np": np}
    exec(f"{inspect.getsource(mistake.function)}\n{exercise.name} = {mistake.function.__name__}", namespace)
    assert not namespace.keys() - {"np", "__builtins__", mistake.function.__name__, exercise.name}
    calls = [call for calls, _ in examples(exercise.name, hidden.properties(exercise.name)[0].name) for call in calls]
    for call in calls[:20]:
        pasted, own = outcome(namespace[exercise.name], call), outcome(mistake.function, call)
        assert (pasted.kind, pasted.text) == (own.kind, own.text)


@pytest.mark.parametrize(
    ("exercise_name", "function"),
    [
        pytest.param(exercise.name, function, id=f"{exercise.name}-{function.__name__}")
        for exercise in EXERCISES
        for function in (exercise.reference, *variants.right(exercise.name))
    ],
)
def test_every_right_variant_is_accepted(exercise_name, function, capsys, monkeypatch):
    monkeypatch.setattr("cnnkit.checking.EXAMPLES", 24)
    check(exercise_name, function)
    assert capsys.readouterr().out.startswith(f"{exercise_name}: all ")


def changes_its_input(reference):
    def function(image, *rest, **named):
        result = np.array(reference(image, *rest, **named))
        image[0, 0] = 0
        return result

    return function


def remembers(reference):
    """Answers a call whose shapes it has seen with the answer of that time, as a misplaced cache does."""
    seen = {}

    def function(*args, **named):
        key = str([np.shape(a) for a in args]), str(named)
        return seen.setdefault(key, np.array(reference(*args, **named)))

    return function


def ignores_strides(reference):
    def function(image, *rest, **named):
        # The numbers in the order in which they lie in memory, as if they were in rows.
        return reference(image.ravel(order="K").reshape(image.shape), *rest, **named)

    return function


@pytest.mark.parametrize("exercise", lessons()["01-convolution"], ids=lambda exercise: exercise.name)
def test_some_faults_are_seen_by_their_own_property_only(exercise):
    def fresh(broken):
        # What a function remembers of one property's examples must not show in another's.
        return {
            prop.name
            for prop in hidden.properties(exercise.name)
            if failures(broken(exercise.reference), exercise.name, prop)
        }

    assert fresh(changes_its_input) == {"inputs kept"}
    assert "same answer again" in fresh(remembers)
    assert "inputs kept" not in fresh(lambda reference: reference)
    assert fresh(ignores_strides) == {"memory layouts", "inputs kept"}


def test_a_relation_is_not_earned_by_zeros_infinity_or_booleans():
    reference = ops.conv2d
    wrong = (
        lambda *args, **named: np.zeros_like(reference(*args, **named)),
        lambda *args, **named: np.full(reference(*args, **named).shape, np.inf),
        lambda *args, **named: np.full(reference(*args, **named).shape, True),
    )
    relations = [prop for prop in hidden.properties("conv2d") if prop.relation]
    assert len(relations) == 3
    for function in wrong:
        for prop in relations:
            assert failures(function, "conv2d", prop)


@pytest.mark.parametrize("lookup", [hidden.properties, variants.right, find])
def test_an_unknown_exercise(lookup):
    with pytest.raises(KeyError, match=r"'conv3d'.*split_channels, to_gray, conv2d, conv2d_channels"):
        lookup("conv3d")
