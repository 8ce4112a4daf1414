"""cnnkit.ops.convolution: the lesson's worked numbers, an independent implementation, and bad calls."""

import numpy as np
import pytest
from hypothesis import given
from scipy.signal import correlate2d

from cnnkit.exercises import inputs
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.model import Call
from cnnkit.ops import conv2d, conv2d_channels


def test_the_lesson_worked_numbers():
    assert conv2d(np.arange(9).reshape(3, 3), [[0, 1], [2, 3]]).tolist() == [[19, 25], [37, 43]]
    binary = [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
    cross = [[1, 0, 1], [0, 1, 0], [1, 0, 1]]
    assert conv2d(binary, cross).tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    bar = np.array([[0, 255, 255, 255, 0]] * 5)
    assert conv2d(bar, [[1, 0, -1]] * 3).tolist() == [[-765, 0, 765]] * 3
    assert (conv2d(bar.astype(np.uint8), [[1, 0, -1]] * 3) == [[-765, 0, 765]] * 3).all()


def test_a_large_stride_starts_as_the_lesson_says():
    rows = np.arange(1, 8) + 10 * np.arange(8)[:, np.newaxis]
    assert rows.shape == (8, 7)
    result = conv2d(rows, np.ones((3, 3), dtype=int), stride=2)
    assert result.shape == (3, 3)
    assert result[:2, :2].tolist() == [[108, 126], [288, 306]]


def test_three_spots_answer_at_most_three():
    patches = ((np.arange(2**9)[:, np.newaxis] >> np.arange(9)) & 1).reshape(-1, 3, 3)
    spots = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 1]])
    answers = np.array([conv2d(patch, spots)[0, 0] for patch in patches])
    assert answers.max() == 3
    assert all(patch[spots == 1].all() for patch in patches[answers == 3])


def test_a_pattern_answers_to_a_curve_and_not_to_a_blank():
    weights, pixels = np.full((1, 6), 30), np.array([[0, 50, 20, 50, 50, 50]])
    assert conv2d(pixels, weights).tolist() == [[6600]]
    assert conv2d(np.zeros_like(pixels), weights).tolist() == [[0]]


@given(inputs.image_and_kernel(layout=inputs.layouts()))
def test_conv2d_agrees_with_scipy(pair):
    image, kernel = pair
    np.testing.assert_allclose(conv2d(image, kernel), correlate2d(image.astype(float), kernel, mode="valid"), atol=1e-9)


@given(inputs.image_and_kernel(depth=3, largest=6, layout=inputs.layouts()), inputs.strides())
def test_conv2d_channels_is_the_sum_of_the_channels(pair, stride):
    image, kernel = pair
    maps = [conv2d(image[:, :, c], kernel[:, :, c], stride) for c in range(3)]
    np.testing.assert_allclose(conv2d_channels(image, kernel, stride), sum(maps), atol=1e-9)


@given(inputs.image_and_kernel(), inputs.strides(), inputs.strides())
def test_a_stride_picks_rows_and_columns(pair, down, across):
    # Another stride may add up in another order.
    np.testing.assert_allclose(conv2d(*pair, stride=(down, across)), conv2d(*pair)[::down, ::across], atol=1e-9)


@given(inputs.image_and_kernel(layout=inputs.layouts()))
def test_equal_windows_get_equal_numbers_to_the_last_bit(pair):
    image, kernel = pair
    assert np.ptp(conv2d(np.full_like(image, image[0, 0]), kernel)) == 0
    plain = np.full((*image.shape, 3), image[0, 0])
    assert np.ptp(conv2d_channels(plain, np.dstack([kernel, kernel, kernel]))) == 0


@given(inputs.image_and_kernel(layout=inputs.layouts()))
def test_the_arguments_are_kept(pair):
    given_call, kept = Call(pair), copy_of(Call(pair))
    conv2d(*given_call.args)
    for before, after in zip(kept.args, given_call.args, strict=True):
        np.testing.assert_array_equal(before, after, strict=True)


@pytest.mark.parametrize(
    ("image", "kernel", "result"),
    [
        (np.uint8, np.int64, np.int64),
        (np.uint8, np.uint8, np.int64),
        (np.bool_, np.bool_, np.int64),
        (np.float32, np.float32, np.float32),
        (np.float32, np.int64, np.float32),
        (np.uint8, np.float32, np.float32),
        (np.float16, np.float16, np.float32),
        (np.float32, np.float64, np.float64),
    ],
)
def test_the_type_to_compute_in(image, kernel, result):
    assert conv2d(np.ones((3, 4), image), np.ones((2, 1), kernel)).dtype == result
    assert conv2d_channels(np.ones((3, 4, 2), image), np.ones((2, 1, 2), kernel)).dtype == result


def test_integers_never_wrap_around():
    assert conv2d(np.full((20, 20), 255, np.uint8), np.full((20, 20), 255, np.uint8)).item() == 400 * 255**2
    huge = np.full((1, 2), np.iinfo(np.int64).min)
    assert conv2d(huge, huge).item() == 2.0**127


@pytest.mark.parametrize(
    ("function", "image", "kernel", "stride", "message"),
    [
        (conv2d, (4, 5, 3), (2, 2), 1, r"image in shape \(H, W\), but got shape \(4, 5, 3\).*conv2d_channels"),
        (conv2d, (4,), (2, 2), 1, r"image in shape \(H, W\), but got shape \(4,\)$"),
        (conv2d, (4, 5), (2, 2, 3), 1, r"kernel in shape \(h, w\), but got shape \(2, 2, 3\)"),
        (conv2d, (4, 5), (5, 2), 1, r"kernel \(5, 2\) does not fit in the image \(4, 5\): pad the image"),
        (conv2d, (4, 5), (2, 6), 1, r"kernel \(2, 6\) does not fit in the image \(4, 5\)"),
        (conv2d, (4, 5), (0, 2), 1, r"kernel of shape \(0, 2\) is empty"),
        (conv2d, (4, 0), (1, 1), 1, r"image of shape \(4, 0\) is empty"),
        (conv2d, (4, 5), (2, 2), 0, "stride must be a positive integer or a pair of them, but got 0"),
        (conv2d, (4, 5), (2, 2), -1, "but got -1"),
        (conv2d, (4, 5), (2, 2), 1.5, r"but got 1\.5"),
        (conv2d, (4, 5), (2, 2), True, "but got True"),
        (conv2d, (4, 5), (2, 2), (1, 2, 3), r"but got \(1, 2, 3\)"),
        (conv2d_channels, (4, 5), (2, 2), 1, r"image in shape \(H, W, C\), but got shape \(4, 5\).*use conv2d"),
        (conv2d_channels, (4, 5, 3), (2, 2), 1, r"kernel in shape \(h, w, C\), but got shape \(2, 2\)"),
        (conv2d_channels, (4, 5, 3), (2, 2, 1), 1, r"\(4, 5, 3\) has 3 channels, .*\(2, 2, 1\) has 1: .*as deep"),
        (conv2d_channels, (4, 5, 3), (5, 2, 3), 1, r"kernel \(5, 2, 3\) does not fit in the image \(4, 5, 3\)"),
        (conv2d_channels, (4, 5, 3), (2, 2, 3), "2", "but got '2'"),
    ],
)
def test_a_bad_call_names_the_shapes_and_the_fix(function, image, kernel, stride, message):
    with pytest.raises(ValueError, match=message):
        function(np.zeros(image), np.zeros(kernel), stride)


def test_only_real_numbers():
    with pytest.raises(ValueError, match=r"conv2d takes numbers, but the kernel \(1, 1\) holds complex128"):
        conv2d([[1]], [[1j]])
