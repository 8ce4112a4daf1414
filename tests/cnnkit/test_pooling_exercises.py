"""Lesson 03: worked numbers, what its examples are promised to be, and mistakes that give nan."""

import numpy as np
import pytest
from hypothesis import given

from cnnkit import check, ops
from cnnkit.checking import CheckFailed
from cnnkit.exercises import find, find_question, pooling
from cnnkit.exercises.inputs import WHOLE

EXAMPLE = np.array([[1, 1, 0, 0], [0, 0, 1, 4]])


@pytest.mark.parametrize(("stride", "pooled"), [(2, [[1, 4]]), (None, [[1, 4]]), (1, [[1, 1, 4]])])
def test_the_worked_pooling(stride, pooled):
    np.testing.assert_array_equal(ops.max_pool2d(EXAMPLE, 2, stride), pooled)


@given(pooling.window_call(depths=(None, 1, 3), tight=False))
def test_at_least_one_window_fits(call):
    assert call.on(ops.sum_pool2d).size >= 1


@given(pooling.window_call(oblong=True))
def test_an_oblong_result_is_not_square(call):
    rows, columns = call.on(ops.sum_pool2d).shape
    assert rows != columns


@given(pooling.feature_map(kinds=(pooling.EXTREME,), axes=(1, 2)))
def test_extreme_numbers_are_held_by_float32(array):
    assert np.abs(array).max() <= 10_000
    np.testing.assert_array_equal(array.astype(np.float32), array)


@given(pooling.feature_map(kinds=(WHOLE,)))
def test_softmax_is_a_sigmoid_for_two_labels(array):
    two = np.stack([np.zeros(array.shape), array], axis=-1)
    np.testing.assert_allclose(ops.softmax(two)[..., 1], ops.sigmoid(array), atol=1e-12)


@pytest.mark.parametrize("name", ["sigmoid", "softmax"])
def test_a_mistake_that_gives_nan_is_named(name):
    overflow = next(mistake for mistake in find(name).misconceptions if mistake.name == "overflow")
    with pytest.raises(CheckFailed, match="A likely reason: overflow"):
        check(name, overflow.function)


def test_the_question_about_relu_and_pooling():
    question = find_question("relu_then_pool")
    numbers = {"feature_map": [[-1, -2, 3, 4], [-3, -4, 9, 0], [5, -5, 1, 1], [0, 7, 2, -9]]}
    assert question.answer(**numbers) == (0, 9, 7, 2)
    assert question.is_right("0, 9, 7, 2", numbers)
    assert question.mistake("-1, 9, 7, 2", numbers).name == "ReLU left out"
