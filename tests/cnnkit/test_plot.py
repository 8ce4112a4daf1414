"""cnnkit.plot: each picture is a small figure, shown once, that says what it should."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from cnnkit import images, plot

PHOTO = images.load("chelsea")
BINARY = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1]])
FIGURES = {
    "show": lambda: plot.show(PHOTO, "Chelsea"),
    "show a tall one": lambda: plot.show(np.zeros((90, 2))),
    "show a wide one": lambda: plot.show(np.zeros((2, 90))),
    "show one number": lambda: plot.show([[-3]]),
    "show floats out of range": lambda: plot.show(np.linspace(-1, 2, 60).reshape(4, 5, 3)),
    "row": lambda: plot.row([PHOTO, PHOTO[:, :, 0], BINARY], ["cat", "red", "map"]),
    "row of all": lambda: plot.row([images.load(name) for name in images.names()], images.names()),
    "channels": lambda: plot.channels(PHOTO),
    "matrix": lambda: plot.matrix(BINARY * -1000.5, "numbers"),
    "matrix of one": lambda: plot.matrix(5),
    "matrix of many": lambda: plot.matrix(np.full((16, 24), 255, np.uint8)),
    "step": lambda: plot.convolution_step(BINARY, [[1, 0, 1], [0, 1, 0]], 1, 2),
    "step of many": lambda: plot.convolution_step(np.ones((16, 24)), np.ones((5, 5)), 2, 3, stride=3),
    "swatches": lambda: plot.swatches({f"grey {n}": (n, n, n) for n in range(0, 250, 25)}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_small_figure_that_shows_itself(name):
    figure = FIGURES[name]()
    assert isinstance(figure, Figure)
    width, height = figure.get_size_inches()
    assert width <= 8.01
    assert height <= 3.01
    assert figure.dpi == 72
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_pyplot_is_not_needed_so_nothing_is_shown_twice():
    code = (
        "import sys; from cnnkit import plot; plot.matrix([[1]])._repr_png_();print('matplotlib.pyplot' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def texts(panel):
    return [text.get_text() for text in panel.texts]


def test_a_step_of_a_convolution():
    figure = plot.convolution_step(np.arange(9).reshape(3, 3), [[0, 1], [2, 3]], 0, 1)
    image, kernel, feature_map = figure.axes
    assert [panel.get_title() for panel in figure.axes] == ["image", "kernel", "feature map"]
    assert texts(image) == [*"012345678", "× 0", "× 1", "× 2", "× 3"]
    assert texts(kernel) == [*"0123"]
    assert texts(feature_map) == ["19", "25", "37", "43"]
    assert [text.get_text() for text in figure.texts] == ["∗", "=", "1·0 + 2·1 + 4·2 + 5·3 = 25"]


def test_a_stride_moves_the_window():
    figure = plot.convolution_step(np.arange(25).reshape(5, 5), [[1, -1]], 1, 1, stride=2)
    assert figure.texts[-1].get_text() == "12·1 + 13·(-1) = -1"


def test_a_long_sum_is_not_spelled_out():
    figure = plot.convolution_step(np.ones((5, 5), int), np.ones((5, 5), int), 0, 0)
    assert figure.texts[-1].get_text() == "25 products, added up: 25"


def test_bytes_are_as_bright_as_they_are():
    (panel,) = plot.show(np.full((2, 2), 100, np.uint8)).axes
    assert panel.images[0].get_clim() == (0, 255)
    (panel,) = plot.show([[-2.0, 6.0]]).axes
    assert panel.images[0].get_clim() == (-2, 6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plot.show(np.zeros(4)), r"shape \(H, W\) or \(H, W, 3\), but got shape \(4,\)"),
        (lambda: plot.show(np.zeros((4, 5, 2))), r"but got shape \(4, 5, 2\)"),
        (lambda: plot.row([]), "at least one image"),
        (lambda: plot.row([PHOTO], ["a", "b"]), "got 1 images, but 2 titles"),
        (lambda: plot.channels(np.zeros((4, 5))), r"shape \(H, W, 3\), but got shape \(4, 5\)"),
        (lambda: plot.matrix(np.zeros((17, 2))), r"matrix draws 1 × 1 to 16 × 24 .*got shape \(17, 2\)"),
        (lambda: plot.matrix(np.zeros((2, 2, 2))), r"got shape \(2, 2, 2\)"),
        (lambda: plot.convolution_step(PHOTO[:, :, 0], [[1]], 0, 0), r"got shape \(300, 451\): cut a part out"),
        (lambda: plot.convolution_step(BINARY, [[1]], 3, 0), r"has shape \(3, 5\): it has no cell \(3, 0\)"),
        (lambda: plot.convolution_step(BINARY, np.ones((4, 4)), 0, 0), "does not fit"),
        (lambda: plot.swatches({}), "at least one colour"),
        (lambda: plot.swatches({"hot": (300, 0, 0)}), r"0 to 255, but 'hot' is \(300, 0, 0\)"),
    ],
)
def test_a_bad_call_says_what_is_wrong(call, says):
    with pytest.raises(ValueError, match=says):
        call()
