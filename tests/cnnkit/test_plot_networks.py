"""The pictures of cnnkit.plot that show a network: how it learns, errs and sees."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from cnnkit import data, nn, plot, shapes

RNG = np.random.default_rng(0)
MODEL = nn.Model(shapes.LENET5)
MAPS = MODEL.feature_maps(RNG.random((2, 28, 28, 1)))
HISTORY = nn.History([2.0, 1.0, 0.5], [0.2, 0.5, 0.9], [1.5, 1.2, 1.3], [0.4, 0.6, 0.5])
COUNTS = np.array([[50, 0, 2], [1, 40, 0], [0, 30, 7]])
FIGURES = {
    "curves": lambda: plot.curves(HISTORY),
    "curves of one epoch": lambda: plot.curves(nn.History([2.0], [0.2])),
    "curves of many epochs": lambda: plot.curves(nn.History(list(range(200)), [0.5] * 200)),
    "confusion": lambda: plot.confusion_matrix(COUNTS),
    "confusion with names": lambda: plot.confusion_matrix(np.eye(10, dtype=int) * 1000, data.CLOTHES),
    "confusion of one": lambda: plot.confusion_matrix([[3]]),
    "confusion of many": lambda: plot.confusion_matrix(np.full((24, 24), 1234)),
    "confusion of nothing": lambda: plot.confusion_matrix(np.zeros((2, 2), int)),
    "grey filters": lambda: plot.filters(MODEL.params["conv1.weight"]),
    "deep filters": lambda: plot.filters(MODEL.params["conv2.weight"]),
    "colour filters": lambda: plot.filters(RNG.normal(size=(64, 3, 3, 3))),
    "very many filters": lambda: plot.filters(RNG.normal(size=(512, 3, 3, 512))),
    "one filter of one weight": lambda: plot.filters(np.ones((1, 1, 1, 1))),
    "large filters": lambda: plot.filters(RNG.normal(size=(40, 11, 11, 3))),
    "maps": lambda: plot.feature_maps(MAPS),
    "one map": lambda: plot.feature_maps(RNG.random((9, 40, 1)), ["wide"]),
    "tall maps": lambda: plot.feature_maps(RNG.random((1, 40, 4, 500))),
    "large maps": lambda: plot.feature_maps({"conv1": RNG.random((1, 224, 224, 64), np.float32)}),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_that_shows_itself(name):
    figure = FIGURES[name]()
    assert isinstance(figure, plot.Picture)
    assert isinstance(figure, Figure)
    width, height = figure.get_size_inches()
    assert width <= 8.01
    assert height <= 8.01
    assert figure.dpi == 72
    assert figure._repr_png_().startswith(b"\x89PNG")


def titles(figure):
    return [panel.get_title("left") or panel.get_title() for panel in figure.axes]


# --- curves ---------------------------------------------------------------------------------------


def test_curves_are_the_numbers_by_epoch():
    figure = plot.curves(HISTORY)
    assert titles(figure) == ["loss", "accuracy"]
    for panel, lines in zip(
        figure.axes,
        [(HISTORY.loss, HISTORY.validation_loss), (HISTORY.accuracy, HISTORY.validation_accuracy)],
        strict=True,
    ):
        assert [list(line.get_xdata()) for line in panel.lines] == [[1, 2, 3], [1, 2, 3]]
        assert [list(line.get_ydata()) for line in panel.lines] == list(lines)
        assert [text.get_text() for text in panel.get_legend().get_texts()] == ["training", "validation"]
        assert panel.get_xlabel() == "epoch"
    assert figure.axes[0].get_ylim()[0] <= 0


def test_without_validation_there_is_one_line_and_no_legend():
    for panel in plot.curves(nn.History([2.0, 1.0], [0.2, 0.5])).axes:
        assert len(panel.lines) == 1
        assert panel.get_legend() is None


# --- the confusion matrix -------------------------------------------------------------------------


def test_true_labels_are_rows_and_mistakes_red():
    (panel,) = plot.confusion_matrix(COUNTS, ["cat", "dog", "owl"]).axes
    texts = {tuple(map(int, text.get_position())): text.get_text() for text in panel.texts}
    for i, j in np.ndindex(3, 3):
        assert texts[j, i] == (str(COUNTS[i, j]) if COUNTS[i, j] else "")  # x is the column
    assert [label.get_text() for label in panel.get_yticklabels()] == ["cat", "dog", "owl"]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["cat", "dog", "owl"]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("predicted", "true")
    shade = panel.images[0].get_array()
    np.testing.assert_array_equal(shade[0, 1], 1)  # never: white
    red, green, _ = shade[2, 1]
    assert red > green + 0.3
    # Stronger where a larger share of the row is wrong, however many images the row has.
    assert shade[2, 1, 1] < shade[0, 2, 1] < 1
    assert np.ptp(shade[1, 1]) < 0.15  # a grey


def test_numbers_can_be_read_on_their_cells():
    counts = np.array([[90, 10, 0], [45, 50, 5], [1, 0, 99]])
    (panel,) = plot.confusion_matrix(counts).axes
    weights = (0.2125, 0.7154, 0.0721)
    for text in panel.texts:
        x, y = text.get_position()
        cell = panel.images[0].get_array()[y, x]
        assert abs(np.dot(cell, weights) - np.dot(to_rgb(text.get_color()), weights)) > 0.3


# --- filters and maps -----------------------------------------------------------------------------


def tile(figure, row, column, height, width, panel=0):
    """The grey or coloured cells of a tile of a mosaic, one number for each cell."""
    canvas = figure.axes[panel].images[0].get_array()
    opaque = canvas[..., 3] == 1
    starts = [
        np.flatnonzero(np.diff(np.concatenate([[0], np.any(opaque, axis=axis).astype(int)])) == 1) for axis in (1, 0)
    ]
    zoom = max(1, 24 // max(height, width))
    part = canvas[starts[0][row] :, starts[1][column] :][: height * zoom : zoom, : width * zoom : zoom]
    assert (part[..., 3] == 1).all()
    return part[..., :3]


def stretched(array):
    return (array - array.min()) / (array.max() - array.min())


def test_every_filter_is_stretched_on_its_own_and_stands_in_its_place():
    weights = RNG.normal(size=(20, 4, 3, 1)) * np.arange(1, 21)[:, None, None, None]
    figure = plot.filters(weights)
    for number in (0, 15, 16, 19):
        right = stretched(weights[number])
        np.testing.assert_allclose(tile(figure, number // 16, number % 16, 4, 3), np.repeat(right, 3, axis=2))
    assert titles(figure) == ["20 filters, 4 × 3"]


def test_a_filter_of_three_channels_is_a_colour_picture():
    weights = RNG.normal(size=(5, 3, 3, 3))
    np.testing.assert_allclose(tile(plot.filters(weights), 0, 4, 3, 3), stretched(weights[4]))


def test_the_channels_of_a_deep_filter_are_below_each_other_on_one_scale():
    weights = RNG.normal(size=(30, 3, 2, 10))
    figure = plot.filters(weights)
    for channel, number in ((0, 0), (7, 23), (2, 5)):
        right = stretched(weights[number])[:, :, channel, None]
        np.testing.assert_allclose(tile(figure, channel, number, 3, 2), np.repeat(right, 3, axis=2))
    assert titles(figure) == ["24 of 30 filters, 3 × 2; 8 of 10 channels"]


def test_a_constant_filter_is_black():
    assert not tile(plot.filters(np.full((2, 3, 3, 1), 7.0)), 0, 1, 3, 3).any()


def test_convolutions_and_pools_are_shown_by_name_and_others_on_request():
    assert [title.split(":")[0] for title in titles(plot.feature_maps(MAPS))] == ["conv1", "pool1", "conv2", "pool2"]
    assert titles(plot.feature_maps(MAPS, ["relu2", "conv1"])) == ["relu2: 16 maps, 10 × 10", "conv1: 6 maps, 28 × 28"]


def test_maps_are_those_of_the_first_image():
    figure = plot.feature_maps(MAPS, ["conv1", "pool2"])
    for panel, (name, side, number) in enumerate((("conv1", 28, 5), ("pool2", 5, 15))):
        array = MAPS[name][0, :, :, number].astype(float)
        right = stretched(array) if np.ptp(array) else np.zeros_like(array)
        got = tile(figure, 0, number, side, side, panel)
        np.testing.assert_allclose(got, np.repeat(right[..., None], 3, axis=2))
    first = tile(plot.feature_maps(MAPS["conv1"]), 0, 2, 28, 28)
    alone = tile(plot.feature_maps(MAPS["conv1"][0], ["conv1"]), 0, 2, 28, 28)
    np.testing.assert_array_equal(first, alone)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: plot.curves(nn.History()), "at least one epoch, but got none: train first"),
        (lambda: plot.curves(nn.History([1.0], [])), r"one number for each epoch, but have \[1, 0, 0, 0\]"),
        (lambda: plot.curves(nn.History([1.0, 2.0], [1.0, 1.0], [1.0])), r"have \[2, 1, 2, 0\]"),
        (lambda: plot.confusion_matrix(np.zeros((2, 3), int)), r"draws \(K, K\) counts .*got shape \(2, 3\)"),
        (lambda: plot.confusion_matrix(np.zeros((25, 25), int)), r"at most 24 labels, but got shape \(25, 25\)"),
        (lambda: plot.confusion_matrix(7), r"got shape \(\)"),
        (lambda: plot.confusion_matrix([[0.5]]), "whole numbers from 0 up, but these are float64"),
        (lambda: plot.confusion_matrix([[-1]]), "whole numbers from 0 up, but these are int64 and go down to -1"),
        (lambda: plot.confusion_matrix(COUNTS, ["a"]), "counts of 3 labels, but 1 names: give one for each"),
        (lambda: plot.filters(np.zeros((3, 3))), r"weights of shape \(F, h, w, C\), but got shape \(3, 3\)"),
        (lambda: plot.filters(np.zeros((0, 3, 3, 1))), r"got shape \(0, 3, 3, 1\)"),
        (lambda: plot.feature_maps(MAPS, ["conv9"]), "no maps of 'conv9'; there are: conv1, relu1"),
        (lambda: plot.feature_maps(MAPS, ["dense1"]), r"but those of 'dense1' have \(2, 120\)"),
        (lambda: plot.feature_maps(MAPS, "conv1"), r"names must be a list, but got 'conv1': write \['conv1'\]"),
        (lambda: plot.feature_maps({"dense1": np.zeros((1, 3))}), "no layer is a convolution or a pool; .*: dense1"),
        (lambda: plot.feature_maps(MAPS["conv1"], ["a", "b"]), "got one array of maps, but 2 names: give one"),
    ],
)
def test_a_bad_call_says_what_is_wrong(call, says):
    with pytest.raises(ValueError, match=says):
        call()
