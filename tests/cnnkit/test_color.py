"""cnnkit.ops.color."""

import numpy as np
import pytest
from hypothesis import given

from cnnkit.exercises import inputs
from cnnkit.ops import split_channels, to_gray


@given(inputs.color_image("tenths", layout=inputs.layouts()))
def test_the_channels_stacked_again_are_the_image(image):
    channels = split_channels(image)
    assert isinstance(channels, tuple)
    np.testing.assert_array_equal(np.dstack(channels), image, strict=True)


def test_a_channel_is_a_copy():
    image = np.zeros((2, 3, 3))
    split_channels(image)[0][:] = 7
    assert not image.any()


@given(inputs.color_image("bytes", layout=inputs.layouts()))
def test_bytes_and_floats_give_the_same_grey(image):
    gray = to_gray(image)
    assert gray.dtype == np.float64
    assert gray.shape == image.shape[:2]
    assert gray.min() >= 0
    assert gray.max() <= 1
    np.testing.assert_allclose(gray, to_gray(image / 255), rtol=1e-12)


def test_float32_stays():
    assert to_gray(np.ones((1, 2, 3), np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("function", "image", "message"),
    [
        (split_channels, np.zeros((4, 5)), r"shape \(H, W, 3\), but got shape \(4, 5\)"),
        (split_channels, np.zeros((4, 5, 4)), r"got shape \(4, 5, 4\): drop the fourth channel"),
        (to_gray, np.zeros((4, 5)), r"to_gray takes an image of shape \(H, W, 3\), but got shape \(4, 5\)"),
        (to_gray, np.zeros((4, 5, 3), int), r"takes uint8 or floats, .*\(4, 5, 3\) is int64: convert it"),
        (to_gray, np.full((1, 1, 3), 255.0), r"from 0 to 1, .* goes from 255 to 255: divide it"),
        (to_gray, np.full((1, 1, 3), -0.5), r"goes from -0\.5 to -0\.5"),
        (to_gray, np.full((1, 1, 3), np.nan), "goes from nan to nan"),
    ],
)
def test_a_bad_call_names_what_is_wrong_and_the_fix(function, image, message):
    with pytest.raises(ValueError, match=message):
        function(image)
