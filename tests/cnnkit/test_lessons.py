"""Test the testers of lesson 01: each named mistake is rejected and told apart, each right variant accepted,
and every hidden property rejects something that no other property does."""

import inspect
from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, given, settings

from autograder import hidden, variants
from cnnkit import check, ops
from cnnkit.answers import RAISED, VALUE, Answer, answer_of, difference
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find, lessons
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.matching import outcome

EXERCISES = lessons()["01-convolution"]
MISTAKES = [
    pytest.param(exercise, mistake, id=f"{exercise.name}-{mistake.name}")
    for exercise in EXERCISES
    for mistake in exercise.misconceptions
]
PROPERTIES = [
    pytest.param(exercise.name, prop, id=f"{exercise.name}-{prop.name}")
    for exercise in EXERCISES
    for prop in hidden.properties(exercise.name)
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


def rejecting(function, exercise_name):
    """The names of the hidden properties that a function does not have."""
    return {prop.name for prop in hidden.properties(exercise_name) if failures(function, exercise_name, prop)}


def test_the_lesson_has_its_four_exercises():
    assert [exercise.name for exercise in EXERCISES] == ["split_channels", "to_gray", "conv2d", "conv2d_channels"]
    for exercise in EXERCISES:
        assert 2 <= len(exercise.public) <= 4
        assert exercise.signature == f"{exercise.name}{inspect.signature(exercise.reference)}"
        names = [mistake.name for mistake in exercise.misconceptions]
        assert len(set(names)) == len(names) >= (6 if exercise.name != "split_channels" else 3)


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_the_hidden_properties_reject_every_mistake(exercise, mistake):
    # Quickest first: most mistakes fail on the first property already.
    assert any(failures(mistake.function, exercise.name, prop) for prop in hidden.properties(exercise.name))


@pytest.mark.parametrize(("exercise", "mistake"), MISTAKES)
def test_check_names_every_mistake(exercise, mistake):
    with pytest.raises(CheckFailed, match=f"A likely reason: {mistake.name}") as caught:
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


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_mistakes_differ_from_each_other(exercise):
    calls = [
        call
        for prop in hidden.properties(exercise.name)[:3]
        for calls, _ in examples(exercise.name, prop.name)
        for call in calls
    ]
    outcomes = {
        mistake.name: [outcome(mistake.function, call) for call in calls] for mistake in exercise.misconceptions
    }
    for name, ours in outcomes.items():
        for other, theirs in outcomes.items():
            assert name == other or any(
                a.kind != b.kind or (a.kind == VALUE and difference(a, b.value, call.scale()))
                for a, b, call in zip(ours, theirs, calls, strict=True)
            ), f"{name!r} and {other!r} give the same answers"


@pytest.mark.parametrize(
    ("exercise_name", "function"),
    [
        pytest.param(exercise.name, function, id=f"{exercise.name}-{function.__name__}")
        for exercise in EXERCISES
        for function in (exercise.reference, *variants.right(exercise.name))
    ],
)
def test_every_right_variant_is_accepted(exercise_name, function, capsys, monkeypatch):
    assert rejecting(function, exercise_name) == set()
    monkeypatch.setattr("cnnkit.checking.EXAMPLES", 24)
    check(exercise_name, function)
    assert capsys.readouterr().out.startswith(f"{exercise_name}: all ")


def test_there_are_enough_right_variants():
    for name, least in {"split_channels": 4, "to_gray": 4, "conv2d": 6, "conv2d_channels": 6}.items():
        assert len({function.__name__ for function in variants.right(name)}) >= least


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


def adds_up(reference):
    """Goes on adding to the array of the last call of the same shape."""
    kept = {}

    def function(*args, **named):
        result = np.array(reference(*args, **named), dtype=float)
        kept[result.shape] = kept.get(result.shape, 0) + result
        return kept[result.shape]

    return function


def ignores_strides(reference):
    def function(image, *rest, **named):
        # The numbers in the order in which they lie in memory, as if they were in rows.
        return reference(image.ravel(order="K").reshape(image.shape), *rest, **named)

    return function


def never_negative(reference):
    return lambda *args, **named: np.maximum(reference(*args, **named), 0)


def depends_on_place(reference):
    def function(*args, **named):
        result = np.array(reference(*args, **named), dtype=float)
        return result * (1 + np.arange(result.shape[0]))[:, np.newaxis]

    return function


def squares_the_channels(reference):
    return lambda *args, **named: reference(*args, **named) * args[0].shape[2]


def brightens(reference):
    return lambda image: np.sqrt(reference(image))


BROKEN = {
    "inputs kept": changes_its_input,
    "same answer again": adds_up,
    "memory layouts": ignores_strides,
    "sums of images": never_negative,
    "sums of kernels": never_negative,
    "the map moves along": depends_on_place,
    "channel by channel": squares_the_channels,
    "mixtures": brightens,
}


@pytest.mark.parametrize(("exercise_name", "prop"), PROPERTIES)
def test_every_hidden_property_can_fail(exercise_name, prop):
    exercise = find(exercise_name)
    wrong = [mistake.function for mistake in exercise.misconceptions]
    if prop.name in BROKEN:
        wrong = [BROKEN[prop.name](exercise.reference)]
    assert any(failures(function, exercise_name, prop) for function in wrong)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
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


def test_the_largest_weight_is_on_the_values():
    for exercise in EXERCISES:
        weights = [prop.weight for prop in hidden.properties(exercise.name)]
        assert weights[0] == max(weights)


@pytest.mark.parametrize("lookup", [hidden.properties, variants.right, find])
def test_an_unknown_exercise(lookup):
    with pytest.raises(KeyError, match=r"'conv3d'.*split_channels, to_gray, conv2d, conv2d_channels"):
        lookup("conv3d")
