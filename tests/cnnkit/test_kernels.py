"""cnnkit.kernels: the weights of the curriculum, what each is said to answer to, and kernels of any size."""

import numpy as np
import pytest

from cnnkit import ops
from cnnkit.kernels import NAMED, box_kernel, describe, gaussian_kernel

ALL = sorted(NAMED)
# 7 × 7 pictures: 0 is dark, 1 is bright.
PLAIN = np.ones((7, 7))
BRIGHT_RIGHT = np.tile([0, 0, 0, 0, 1, 1, 1], (7, 1))
BRIGHT_BELOW = BRIGHT_RIGHT.T
SPOT = np.zeros((7, 7), dtype=int)
SPOT[3, 3] = 1


def test_the_curriculum_prints_these_weights():
    assert NAMED["identity"].tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert NAMED["edges_diagonal"].tolist() == [[1, 0, -1], [0, 0, 0], [-1, 0, 1]]
    assert NAMED["edges_4"].tolist() == [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    assert NAMED["edges_8"].tolist() == [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]
    assert NAMED["vertical_lines"].tolist() == [[-1, 0, 1]] * 3
    assert NAMED["horizontal_lines"].tolist() == [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    assert NAMED["top_sobel"].tolist() == [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    assert NAMED["sharpen"].tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    np.testing.assert_array_equal(NAMED["box_blur"], np.ones((3, 3)) / 9)
    np.testing.assert_array_equal(NAMED["gaussian_blur"], np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16)
    assert len(NAMED) == 13


def test_the_sobels_are_quarter_turns_of_each_other():
    for turns, name in enumerate(("top_sobel", "left_sobel", "bottom_sobel", "right_sobel")):
        np.testing.assert_array_equal(NAMED[name], np.rot90(NAMED["top_sobel"], turns))


@pytest.mark.parametrize("name", ALL)
def test_a_plain_area_gives_itself_or_nothing(name):
    keeps = name in ("identity", "sharpen", "box_blur", "gaussian_blur")
    np.testing.assert_allclose(ops.conv2d(PLAIN, NAMED[name]), float(keeps), atol=1e-15)


@pytest.mark.parametrize(
    ("name", "picture", "sign"),
    [
        ("vertical_lines", BRIGHT_RIGHT, 1),
        ("vertical_lines", BRIGHT_BELOW, 0),
        ("horizontal_lines", BRIGHT_BELOW, 1),
        ("horizontal_lines", BRIGHT_RIGHT, 0),
        ("top_sobel", BRIGHT_BELOW, -1),
        ("bottom_sobel", BRIGHT_BELOW, 1),
        ("left_sobel", BRIGHT_RIGHT, -1),
        ("right_sobel", BRIGHT_RIGHT, 1),
        ("right_sobel", BRIGHT_BELOW, 0),
        ("edges_diagonal", BRIGHT_RIGHT, 0),
        ("edges_diagonal", BRIGHT_BELOW, 0),
        ("edges_diagonal", BRIGHT_BELOW * BRIGHT_RIGHT, 1),
    ],
)
def test_edges_get_the_sign_that_the_description_says(name, picture, sign):
    answers = ops.conv2d(picture, NAMED[name])
    assert set(np.sign(answers).ravel()) == {0, sign}


@pytest.mark.parametrize(("name", "bright_side"), [("edges_4", -1), ("edges_8", 1)])
def test_an_edge_has_a_positive_and_a_negative_side(name, bright_side):
    dark, bright = ops.conv2d(BRIGHT_RIGHT, NAMED[name])[2, 2:4]
    assert np.sign([dark, bright]).tolist() == [-bright_side, bright_side]
    assert np.sign(ops.conv2d(SPOT, NAMED[name])[2, 2]) == bright_side


def test_every_name_is_described_in_one_line_of_its_own():
    lines = [describe(name) for name in NAMED]
    assert len(set(lines)) == len(NAMED)
    assert all(line and "\n" not in line for line in lines)


@pytest.mark.parametrize("name", ALL)
def test_an_array_that_was_handed_out_is_the_callers(name):
    before = NAMED[name].copy()
    NAMED[name][:] = 77
    dict(NAMED)[name][:] = 77
    np.testing.assert_array_equal(NAMED[name], before, strict=True)
    assert NAMED[name].flags.writeable


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        NAMED["identity"] = np.eye(3)


@pytest.mark.parametrize("look_up", [NAMED.__getitem__, describe])
def test_an_unknown_name_lists_the_known_ones(look_up):
    with pytest.raises(KeyError, match=r"no kernel 'emboss'; there are: identity, .*, gaussian_blur"):
        look_up("emboss")


@pytest.mark.parametrize("n", [1, 2, 3, 8])
def test_box_weights_are_equal_and_sum_to_one(n):
    kernel = box_kernel(n)
    assert kernel.shape == (n, n)
    assert np.ptp(kernel) == 0
    assert kernel.sum() == pytest.approx(1, abs=1e-15 * n**2)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("sigma", [None, 0.5, 2, 100.0, 1e-9, 1e-300])
def test_gaussian_weights_are_symmetric_fall_off_and_sum_to_one(n, sigma):
    kernel = gaussian_kernel(n, sigma)
    assert kernel.shape == (n, n)
    assert kernel.sum() == pytest.approx(1)
    np.testing.assert_array_equal(kernel, kernel.T)
    np.testing.assert_array_equal(kernel, kernel[::-1, ::-1])
    middle_to_edge = kernel[n // 2, n // 2 :]
    assert (np.diff(middle_to_edge) <= 0).all()


def test_a_gaussian_at_one_sigma_from_the_middle_is_as_documented():
    kernel = gaussian_kernel(7, sigma=2)
    assert kernel[3, 5] / kernel[3, 3] == pytest.approx(np.exp(-0.5))
    assert np.exp(-0.5) == pytest.approx(0.61, abs=0.005)


def test_the_default_sigma_grows_with_the_side():
    np.testing.assert_array_equal(gaussian_kernel(3), gaussian_kernel(3, 0.8))
    np.testing.assert_array_equal(gaussian_kernel(5), gaussian_kernel(5, 1.1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box_kernel(0), "box_kernel takes a positive integer as the side, but got 0"),
        (lambda: box_kernel(-3), "but got -3"),
        (lambda: box_kernel(3.0), r"but got 3\.0: write 3"),
        (lambda: box_kernel((3, 3)), r"but got \(3, 3\)"),
        (lambda: box_kernel(True), "but got True"),
        (lambda: gaussian_kernel(0), "gaussian_kernel takes a positive integer as the side, but got 0"),
        (lambda: gaussian_kernel(3, 0), "a sigma above 0, in cells, but got 0: for example"),
        (lambda: gaussian_kernel(3, -1.5), r"but got -1\.5"),
        (lambda: gaussian_kernel(3, float("nan")), "but got nan"),
        (lambda: gaussian_kernel(3, float("inf")), "but got inf"),
        (lambda: gaussian_kernel(3, "wide"), "but got 'wide'"),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call()
