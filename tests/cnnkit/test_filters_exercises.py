"""Lesson 02: what its examples are promised to be, and that questions have the answers they claim."""

import numpy as np
import pytest
from hypothesis import given

from cnnkit import ops
from cnnkit.exercises import filters, find_question


@given(filters.padding())
def test_an_image_can_be_mirrored_as_far_as_it_is_padded(call):
    image, pad = call.args[:2]
    mode = call.kwargs.get("mode", call.args[2] if len(call.args) > 2 else "zero")
    numpy_mode = {"zero": "constant"}.get(mode, mode)
    np.testing.assert_array_equal(call.on(ops.pad2d), np.pad(image, pad, mode=numpy_mode))
    assert mode != "reflect" or pad < min(image.shape)
    assert mode != "symmetric" or pad <= min(image.shape)


@given(filters.same_size(modes=filters.MIRRORED))
def test_one_border_all_around_also_suits_the_longer_side_of_a_kernel(call):
    image, kernel = call.args[:2]
    reach = max(kernel.shape) // 2
    assert reach <= min(image.shape)
    assert all(side % 2 for side in kernel.shape)
    assert all(a <= b for a, b in zip(kernel.shape, image.shape, strict=True))
    assert call.on(ops.conv2d_same).shape == image.shape


@given(filters.photo_and_kernel())
def test_no_answer_is_halfway_between_two_whole_numbers(pair):
    image, kernel = pair
    for channel in range(image.shape[2]):
        answers = ops.conv2d_same(image[:, :, channel], kernel, "symmetric")
        # Sums over an odd number are at least 1 / (2 * 197) away from a half: far more than float32 loses.
        assert np.abs(answers - np.floor(answers) - 0.5).min() > 0.002


def test_the_question_about_the_map_with_a_border():
    question = find_question("map_with_border")
    numbers = {"height": 30, "width": 70, "pad": 2, "side": 7}
    padded = ops.pad2d(np.zeros((30, 70)), 2)
    assert question.answer(**numbers) == ops.conv2d(padded, np.ones((7, 7))).shape == (28, 68)
    assert question.is_right("28 x 68", numbers)
    assert not question.is_right("68 x 28", numbers)


@pytest.mark.parametrize(
    ("mode", "row"),
    [
        ("zero", [0, 0, 1, 2, 3, 4, 0, 0]),
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2]),
        ("symmetric", [2, 1, 1, 2, 3, 4, 4, 3]),
    ],
)
def test_the_table_of_modes_in_the_lesson(mode, row):
    np.testing.assert_array_equal(ops.pad2d(np.array([[1, 2, 3, 4]]), (0, 2), mode)[0], row)
