"""What is particular to lesson 04: a dropout, which has many right answers, is judged by rules."""

import numpy as np
import pytest

from cnnkit.exercises import find, find_question
from cnnkit.exercises.dropping import drawn_apart, from_generator, scaled
from cnnkit.exercises.model import Call


def calls_and_answers(function, rate=0.25, shape=(40, 40), seeds=(1, 2)):
    x = np.random.default_rng((1, 5)).integers(1, 41, shape) / 8
    calls = [Call((x, rate, np.random.default_rng(seed))) for seed in seeds]
    return calls, [np.asarray(function(x, rate, np.random.default_rng(seed))) for seed in seeds]


def exact_number(x, rate, rng):
    out = (x / (1 - rate)).ravel()
    out[rng.permutation(x.size)[: round(rate * x.size)]] = 0
    return out.reshape(x.shape)


@pytest.mark.parametrize("function", [find("dropout").reference, exact_number])
@pytest.mark.parametrize("rate", [0.1, 0.25, 0.5, 0.9])
def test_no_way_of_drawing_breaks_a_rule(function, rate):
    for seed in range(40):
        calls, values = calls_and_answers(function, rate, seeds=(seed, seed + 1, seed))
        assert scaled(calls, values) == ""
        assert drawn_apart(calls[:2], values[:2]) == ""
        assert from_generator(calls, values) == ""


def moved_pattern(x, rate, rng):
    fixed = np.random.default_rng(3).random(x.size) >= rate
    return x * np.roll(fixed, rng.integers(x.size)).reshape(x.shape) / (1 - rate)


def one_block(x, rate, rng):
    places = (np.arange(x.size) + rng.integers(x.size)) % x.size
    return x * (places >= rate * x.size).reshape(x.shape) / (1 - rate)


def pairs(x, rate, rng):
    return x * np.repeat(rng.random(x.size // 2) >= rate, 2).reshape(x.shape) / (1 - rate)


def small_ones_more_often(x, rate, rng):
    return x * (rng.random(x.shape) >= 2 * rate * (x < np.median(x))) / (1 - rate)


def columns(x, rate, rng):
    return x * (rng.random(x.shape[1]) >= rate) / (1 - rate)


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (moved_pattern, "the same pattern"),
        (one_block, "each one must be drawn on its own"),
        (pairs, "each one must be drawn on its own"),
        (small_ones_more_often, "how large they are"),
        (columns, "along the first axis"),
    ],
)
def test_values_that_are_not_dropped_on_their_own(function, complaint):
    for seed in range(10):
        assert complaint in drawn_apart(*calls_and_answers(function, seeds=(seed, seed + 1)))


def test_the_worked_numbers():
    conv_layer, dense, batch_norm = (find(name).reference for name in ("conv_layer", "dense", "batch_norm"))
    assert conv_layer(np.zeros((32, 32, 3)), np.zeros((1, 5, 5, 3)), np.zeros(1)).shape == (28, 28, 1)
    assert conv_layer(np.zeros((32, 32, 3)), np.zeros((6, 5, 5, 3)), np.zeros(6)).shape == (28, 28, 6)
    weights = np.array([[1, 0], [0, 1], [1, 1]])
    np.testing.assert_array_equal(dense(np.array([[1, 2, 3]]), weights, np.array([10, 20])), [[14, 25]])
    normal = batch_norm(np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1), np.array([10.0]), np.array([100.0]))
    np.testing.assert_allclose(normal.ravel(), [87.8, 100, 112.2], atol=0.06)


def test_the_question_of_one_pixel():
    question = find_question("one_by_one")
    numbers = {"pixel": [1, 2, 3], "filters": [[1, 0, -1], [2, 2, 2]], "bias": [5, -8]}
    assert question.answer(**numbers) == (3, 4)
    assert question.is_right("3, 4", numbers)
    assert question.mistake("-2 and 12", numbers).name == "biases forgotten"
