"""The inputs that exercises are tried on are valid, and they are not kind."""

from functools import cache

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from cnnkit.exercises import inputs
from cnnkit.exercises.layouts import LAYOUTS, lay_out, layout_of


@cache
def drawn():
    """Two hundred images with their kernels."""
    found = []

    @settings(max_examples=200, phases=[Phase.generate])
    @given(inputs.image_and_kernel(layout=inputs.layouts()))
    def keep(value):
        found.append(value)

    keep()
    return found


@given(st.sampled_from((None, 1, 2, 5)).flatmap(lambda depth: inputs.image_and_kernel(depth=depth)))
def test_a_kernel_always_fits(pair):
    image, kernel = pair
    assert image.ndim == kernel.ndim
    assert all(1 <= k <= side <= 9 for k, side in zip(kernel.shape, image.shape, strict=True))
    assert image.shape[2:] == kernel.shape[2:]
    assert kernel.dtype in (np.int64, np.float64)


@given(inputs.image_and_kernel(oblong=True))
def test_oblong_means_nothing_is_square(pair):
    image, kernel = pair
    moves = [side - k for side, k in zip(image.shape, kernel.shape, strict=True)]
    assert image.shape[0] != image.shape[1]
    assert kernel.shape[0] != kernel.shape[1]
    assert moves[0] != moves[1]


@pytest.mark.parametrize(
    ("least", "trait"),
    [
        (0.5, lambda image, kernel: image.shape[0] != image.shape[1]),
        (0.5, lambda image, kernel: kernel.shape[0] != kernel.shape[1]),
        (0.5, lambda image, kernel: kernel.size > 1 and not (kernel == kernel[::-1, ::-1]).all()),
        (0.4, lambda image, kernel: kernel.size < image.size and kernel.size > 1),
        (0.02, lambda image, kernel: image.shape == kernel.shape != (1, 1)),
        (0.02, lambda image, kernel: kernel.size == 1 < image.size),
        (0.02, lambda image, kernel: image.size > 1 and np.ptp(image.astype(float)) == 0),
        (0.2, lambda image, kernel: kernel.shape[0] % 2 == 0),
        (0.2, lambda image, kernel: kernel.shape[0] % 2 == 1),
        (0.3, lambda image, kernel: kernel.min() < 0),
        (0.1, lambda image, kernel: image.dtype == np.uint8 and image.max() > 127),
        (0.1, lambda image, kernel: image.dtype == np.int64 and image.min() < 0),
        (0.1, lambda image, kernel: image.dtype == np.float64 and (image % 1 != 0).any()),
        (0.2, lambda image, kernel: (image.shape[1] - kernel.shape[1]) % 2 == 1),
        (0.1, lambda image, kernel: layout_of(image) == "F"),
        (0.1, lambda image, kernel: layout_of(kernel) == "sliced"),
    ],
)
def test_unkind_inputs_are_common(least, trait):
    assert np.mean([trait(image, kernel) for image, kernel in drawn()]) >= least


def test_examples_shrink_to_what_fits_on_a_napkin():
    image, kernel = find(inputs.image_and_kernel(), lambda pair: not (pair[1] == pair[1][:, ::-1]).all())
    assert (image.tolist(), kernel.tolist()) == ([[0, 0]], [[0, 1]])
    assert layout_of(image) == "C"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_keeps_the_numbers(layout):
    array = np.arange(24).reshape(2, 3, 4)
    laid = lay_out(array, layout)
    assert layout_of(laid) == layout
    np.testing.assert_array_equal(laid, array, strict=True)
    assert not np.shares_memory(laid, array)


def test_an_unknown_layout():
    with pytest.raises(ValueError, match=r"layout must be one of C, F, sliced, but got 'K'"):
        lay_out(np.zeros((2, 2)), "K")
