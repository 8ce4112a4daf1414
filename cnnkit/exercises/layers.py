"""Lesson 04: a whole convolutional layer, and the layers around it."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.exercises import dropping, inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import lay_out
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "04-layers"


# What the exercises are tried on ------------------------------------------------------------------


@st.composite
def layer_call(
    draw,
    kind: tuple[str, str] | None = None,
    strides=(1,),
    pads=(0,),
    depth: int | None = None,
    layout: st.SearchStrategy[str] | None = None,
    oblong: bool = False,
    largest: int = 5,
    filters: st.SearchStrategy[int] | None = None,
) -> Call:
    """A call of conv_layer: an image, a bank of filters that fit in it, and a bias for each filter.

    Parameters
    ----------
    kind : pair of str, optional
        The numbers of the image and of the filters; drawn when absent. Biases are like the filters.
    strides, pads : tuple of int, optional
        One of each is drawn. What differs from the default is given, by position or by name.
    depth : int, optional
        The number of channels; drawn when absent.
    layout : strategy, optional
        How image and filters lie in memory; in plain row order when absent.
    oblong : bool, optional
        Neither image nor filters nor maps are square.
    largest : int, optional
        The longest side of the image.
    filters : strategy, optional
        How many there are.
    """
    image_kind, filter_kind = kind or draw(inputs.kinds())
    size, window = draw(inputs.sizes(largest, oblong))
    depth = draw(inputs.depths()) if depth is None else depth
    count = draw(st.integers(1, 3) if filters is None else filters)
    x = draw(inputs.numbers((*size, depth), image_kind))
    bank = draw(inputs.numbers((count, *window, depth), filter_kind))
    bias = draw(inputs.numbers((count,), filter_kind))
    if layout is not None:
        x, bank = lay_out(x, draw(layout)), lay_out(bank, draw(layout))
    stride, pad = draw(st.sampled_from(strides)), draw(st.sampled_from(pads))
    if draw(st.booleans()):
        return Call((x, bank, bias, *((stride, pad) if pad else (stride,) if stride != 1 else ())))
    named = {name: value for name, value, usual in (("stride", stride, 1), ("pad", pad, 0)) if value != usual}
    return Call((x, bank, bias), named)


@st.composite
def batch_call(
    draw,
    shape: tuple[int, int, int, int] | None = None,
    constant: bool = False,
    eps=(None,),
    eighths: bool | None = None,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of batch_norm on whole numbers or eighths, of which float32 makes exact sums.

    Parameters
    ----------
    shape : tuple of int, optional
        (N, H, W, C); drawn when absent.
    constant : bool, optional
        One channel holds a single number.
    eps : tuple of float or None, optional
        One is drawn; None leaves the default.
    eighths : bool, optional
        Whether the numbers are eighths; drawn when absent.
    layout : strategy, optional
        How the batch lies in memory; in plain row order when absent.
    """
    if shape is None:
        side = st.integers(1, 3)
        shape = (draw(side), draw(side), draw(side), draw(st.sampled_from((2, 1, 3, 5))))
    x = draw(inputs.numbers(shape, WHOLE))
    if constant:
        x[..., draw(st.integers(0, shape[-1] - 1))] = draw(st.integers(-9, 9))
    eighths = draw(st.booleans()) if eighths is None else eighths
    x = x / 8 if eighths else x
    gamma, beta = (draw(inputs.numbers(shape[-1:], TENTHS)) for _ in range(2))
    if layout is not None:
        x = lay_out(x, draw(layout))
    chosen = draw(st.sampled_from(eps))
    return normalization(x, gamma, beta, chosen, named=draw(st.booleans()))


def normalization(x, gamma, beta, eps: float | None = None, named: bool = True) -> Call:
    """A call of batch_norm; its result is as large as the scale and the shift, however large the batch's numbers."""
    args, kwargs = (x, gamma, beta), {}
    if eps is not None:
        args, kwargs = (args, {"eps": eps}) if named else ((*args, eps), {})
    return Call(args, kwargs, magnitude=float(max(1.0, np.abs(gamma).max(), np.abs(beta).max())))


@st.composite
def batch(draw, kind: str, axes: int | None = None, layout: st.SearchStrategy[str] | None = None) -> np.ndarray:
    """Examples in a batch, (N, ...), of 2 to 4 axes."""
    axes = draw(st.sampled_from((3, 4, 2, 4))) if axes is None else axes
    shape = tuple(draw(st.integers(1, 4 if axes < 4 else 3)) for _ in range(axes))
    x = draw(inputs.numbers(shape, kind))
    return x if layout is None else lay_out(x, draw(layout))


@st.composite
def rows(
    draw,
    kind: tuple[str, str] | None = None,
    layout: st.SearchStrategy[str] | None = None,
    square: bool = False,
    largest: int = 5,
) -> Call:
    """A call of dense; with `square` there are as many outputs as inputs."""
    kinds = kind or draw(inputs.kinds())
    side = st.integers(1, largest)
    count, n_in = draw(side), draw(side)
    n_out = n_in if square else draw(side)
    x = draw(inputs.numbers((count, n_in), kinds[0]))
    weights = draw(inputs.numbers((n_in, n_out), kinds[1]))
    bias = draw(inputs.numbers((n_out,), kinds[1]))
    if layout is not None:
        x, weights = lay_out(x, draw(layout)), lay_out(weights, draw(layout))
    return Call((x, weights, bias))


@st.composite
def local_call(
    draw,
    kind: tuple[str, str] | None = None,
    layout: st.SearchStrategy[str] | None = None,
    oblong: bool = False,
    square: bool = False,
) -> Call:
    """A call of locally_connected2d: an image, and a filter for each window of it.

    Parameters
    ----------
    kind : pair of str, optional
        The numbers of the image and of the filters; drawn when absent.
    layout : strategy, optional
        How each lies in memory; in plain row order when absent.
    oblong, square : bool, optional
        Neither image nor filters nor map are square, or all of them are.
    """
    kinds = kind or draw(inputs.kinds())
    side, moves = st.integers(1, 3), st.integers(0, 3)  # at most 16 filters
    (h, w), (down, across) = (draw(side), draw(side)), (draw(moves), draw(moves))
    if oblong:
        w = w if w != h else h % 3 + 1
        across = next(a for a in range(4) if a != down and w + a != h + down)
    if square:
        w, across = h, down
    height, width = h + down, w + across
    x = draw(inputs.numbers((height, width), kinds[0]))
    filters = draw(inputs.numbers((height - h + 1, width - w + 1, h, w), kinds[1]))
    if layout is not None:
        x, filters = lay_out(x, draw(layout)), lay_out(filters, draw(layout))
    return Call((x, filters))


def one(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """Examples of a single call."""
    return calls.map(lambda call: [call])


# conv_layer: wrong implementations ----------------------------------------------------------------


def bias_forgotten(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3))
    return out


def bias_for_every_product(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters + bias.reshape(-1, 1, 1, 1)).sum(axis=(1, 2, 3))
    return out


def first_bias_for_all(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias[0]
    return out


def biases_added_up(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias.sum()
    return out


def bias_subtracted(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) - bias
    return out


def maps_first(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return np.moveaxis(out, 2, 0)


def filters_added_up(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out.sum(axis=2)


def first_filter_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters[0]).sum() + bias
    return out


def maps_in_reverse(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out[:, :, ::-1]


def filters_flipped(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters[:, ::-1, ::-1]).sum(axis=(1, 2, 3)) + bias
    return out


def layer_result_transposed(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out.swapaxes(0, 1)


def layer_of_squares_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, _, _ = filters.shape
    w, rows = h, (padded.shape[0] - h) // stride + 1
    columns = rows
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padding_ignored(x, filters, bias, stride=1, pad=0):
    padded = x
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padded_in_front_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, 0), (pad, 0), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padded_behind_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((0, pad), (0, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padded_with_the_edge(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padded_along_the_rows_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (0, 0), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def channels_padded_too(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, pad)
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def padded_to_the_same_size(x, filters, bias, stride=1, pad=0):
    h, w = filters.shape[1:3]
    padded = np.pad(x, (((h - 1) // 2, h // 2), ((w - 1) // 2, w // 2), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def layer_stride_ignored(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    stride = 1
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def layer_stride_on_rows_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, padded.shape[1] - w + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j : j + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def layer_stride_on_columns_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = padded.shape[0] - h + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i : i + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def layer_stride_in_the_size_only(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i : i + h, j : j + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def layer_last_row_and_column_missing(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride, (padded.shape[1] - w) // stride
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def size_without_the_padding(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (x.shape[0] - h) // stride + 1, (x.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return out


def first_channel_of_each_filter(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window[:, :, 0] * filters[:, :, :, 0]).sum(axis=(1, 2)) + bias
    return out


def layer_of_three_channels(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        for channel in range(3):
            out[i, j] += (window[:, :, channel] * filters[:, :, :, channel]).sum(axis=(1, 2))
        out[i, j] += bias
    return out


def layer_channels_averaged(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, depth = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) / depth + bias
    return out


def layer_in_the_image_type(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    if x.dtype.kind in "ui":
        out = np.trunc(out).astype(np.int64)
    return out.astype(x.dtype)


def relu_applied(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i, j in np.ndindex(rows, columns):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j] = (window * filters).sum(axis=(1, 2, 3)) + bias
    return np.maximum(out, 0)


# batch_norm ---------------------------------------------------------------------------------------


def over_the_batch_only(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta


def per_picture(x, gamma, beta, eps=1e-5):
    mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def per_example(x, gamma, beta, eps=1e-5):
    mean, variance = x.mean(axis=(1, 2, 3), keepdims=True), x.var(axis=(1, 2, 3), keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def over_the_channels(x, gamma, beta, eps=1e-5):
    mean, variance = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def over_everything(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


def divided_by_the_variance(x, gamma, beta, eps=1e-5):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / (variance + eps) + beta


def variance_by_one_less(x, gamma, beta, eps=1e-5):
    count = x[..., 0].size
    mean = x.mean(axis=(0, 1, 2))
    variance = ((x - mean) ** 2).sum(axis=(0, 1, 2)) / max(1, count - 1)
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def eps_forgotten(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=(0, 1, 2))) / x.std(axis=(0, 1, 2)) + beta


def eps_outside_the_root(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=(0, 1, 2))) / (x.std(axis=(0, 1, 2)) + eps) + beta


def eps_always_the_same(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + 1e-5) + beta


def scale_and_shift_swapped(x, gamma, beta, eps=1e-5):
    return beta * (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + gamma


def shifted_before_scaled(x, gamma, beta, eps=1e-5):
    return gamma * ((x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + beta)


def neither_scaled_nor_shifted(x, gamma, beta, eps=1e-5):
    return (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps)


def shift_forgotten(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps)


def scale_forgotten(x, gamma, beta, eps=1e-5):
    return (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + beta


def mean_left_in(x, gamma, beta, eps=1e-5):
    return gamma * x / np.sqrt(x.var(axis=(0, 1, 2)) + eps) + beta


def only_centred(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(axis=(0, 1, 2))) + beta


def brought_to_0_to_1(x, gamma, beta, eps=1e-5):
    low, high = x.min(axis=(0, 1, 2)), x.max(axis=(0, 1, 2))
    return gamma * (x - low) / (high - low + eps) + beta


# dropout ------------------------------------------------------------------------------------------


def kept_not_scaled(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, 0, x)


def kept_scaled_down(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, 0, x * (1 - rate))


def kept_divided_by_the_rate(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, 0, x / rate if rate else x)


def kept_multiplied_by_the_rate(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, 0, x * rate)


def rate_of_what_is_kept(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, x / (1 - rate), 0)


def rate_of_what_is_kept_throughout(x, rate, rng):
    return np.where(rng.random(x.shape) < rate, x / rate if rate else x, 0)


def scaled_by_what_was_kept(x, rate, rng):
    kept = rng.random(x.shape) >= rate
    return x * kept * kept.size / max(1, kept.sum())


def own_randomness(x, rate, rng):
    return np.where(np.random.default_rng().random(x.shape) < rate, 0, x / (1 - rate))


def always_the_same_randomness(x, rate, rng):
    return np.where(np.random.default_rng(0).random(x.shape) < rate, 0, x / (1 - rate))


def one_draw_for_all(x, rate, rng):
    return x * (rng.random() >= rate) / (1 - rate)


def whole_examples_dropped(x, rate, rng):
    kept = rng.random(x.shape[:1] + (1,) * (x.ndim - 1)) >= rate
    return x * kept / (1 - rate)


def same_places_in_every_example(x, rate, rng):
    kept = rng.random(x.shape[1:]) >= rate
    return x * kept / (1 - rate)


def one_draw_for_each_last_axis(x, rate, rng):
    kept = rng.random(x.shape[-1]) >= rate
    return x * kept / (1 - rate)


def first_ones_dropped(x, rate, rng):
    places = np.arange(x.size).reshape(x.shape)
    return np.where(places < rate * x.size, 0, x / (1 - rate))


def blurred_by_noise(x, rate, rng):
    return x * rng.random(x.shape) / (1 - rate)


def thresholded(x, rate, rng):
    return np.where(np.abs(x) < rate, 0, x / (1 - rate))


# flatten ------------------------------------------------------------------------------------------


def one_row_for_the_whole_batch(x):
    return x.reshape(-1)


def one_row_that_keeps_two_axes(x):
    return x.reshape(1, -1)


def columns_first(x):
    return x.reshape(len(x), -1, order="F")


def channels_first(x):
    return np.moveaxis(x, -1, 1).reshape(len(x), -1)


def one_column_for_each_example(x):
    return x.reshape(len(x), -1).T


def last_axis_left(x):
    return x.reshape(-1, x.shape[-1])


def not_flattened(x):
    return x


# dense --------------------------------------------------------------------------------------------


def dense_bias_forgotten(x, weights, bias):
    return x @ weights


def weights_transposed(x, weights, bias):
    return x @ weights.T + bias


def bias_inside(x, weights, bias):
    return (x + bias) @ weights


def bias_multiplied(x, weights, bias):
    return x @ weights * bias


def bias_for_every_weight(x, weights, bias):
    return x @ weights + bias * len(weights)


def biases_summed(x, weights, bias):
    return x @ weights + bias.sum()


def first_bias_only(x, weights, bias):
    return x @ weights + bias[0]


def first_example_only(x, weights, bias):
    return x[0] @ weights + bias


def examples_as_columns(x, weights, bias):
    return (x @ weights + bias).T


def averaged_over_inputs(x, weights, bias):
    return x @ weights / len(weights) + bias


def negatives_cut_off(x, weights, bias):
    return np.maximum(x @ weights + bias, 0)


def dense_in_the_input_type(x, weights, bias):
    out = x @ weights + bias
    if x.dtype.kind in "ui":
        out = np.trunc(out).astype(np.int64)
    return out.astype(x.dtype)


# locally_connected2d ------------------------------------------------------------------------------


def one_filter_for_all_places(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[0, 0]).sum() for j in range(columns)] for i in range(rows)])


def mean_filter_for_all_places(x, filters):
    rows, columns, h, w = filters.shape
    shared = filters.mean(axis=(0, 1))
    return np.array([[(x[i : i + h, j : j + w] * shared).sum() for j in range(columns)] for i in range(rows)])


def one_filter_for_each_row(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[i, 0]).sum() for j in range(columns)] for i in range(rows)])


def one_filter_for_each_column(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[0, j]).sum() for j in range(columns)] for i in range(rows)])


def places_swapped(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[j, i]).sum() for j in range(columns)] for i in range(rows)])


def places_in_reverse(x, filters):
    rows, columns, h, w = filters.shape
    reverse = filters[::-1, ::-1]
    return np.array([[(x[i : i + h, j : j + w] * reverse[i, j]).sum() for j in range(columns)] for i in range(rows)])


def local_filters_flipped(x, filters):
    rows, columns, h, w = filters.shape
    flipped = filters[:, :, ::-1, ::-1]
    return np.array([[(x[i : i + h, j : j + w] * flipped[i, j]).sum() for j in range(columns)] for i in range(rows)])


def local_filters_transposed(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[i, j].T).sum() for j in range(columns)] for i in range(rows)])


def local_result_transposed(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[i, j]).sum() for i in range(rows)] for j in range(columns)])


def local_last_row_and_column_missing(x, filters):
    rows, columns, h, w = filters.shape
    return np.array(
        [[(x[i : i + h, j : j + w] * filters[i, j]).sum() for j in range(columns - 1)] for i in range(rows - 1)]
    )


def local_means(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[i, j]).mean() for j in range(columns)] for i in range(rows)])


def one_pixel_for_each_filter(x, filters):
    rows, columns = filters.shape[:2]
    return x[:rows, :columns] * filters.sum(axis=(2, 3))


def local_squares_only(x, filters):
    rows, _, h, _ = filters.shape
    return np.array([[(x[i : i + h, j : j + h] * filters[i, j]).sum() for j in range(rows)] for i in range(rows)])


def local_matrix_product(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] @ filters[i, j]).sum() for j in range(columns)] for i in range(rows)])


def local_in_the_image_type(x, filters):
    rows, columns, h, w = filters.shape
    out = np.array([[(x[i : i + h, j : j + w] * filters[i, j]).sum() for j in range(columns)] for i in range(rows)])
    if x.dtype.kind in "ui":
        out = np.trunc(out).astype(np.int64)
    return out.astype(x.dtype)


# The exercises ------------------------------------------------------------------------------------

_FLIP = "Which corner of the window meets the first weight of a filter? Nothing is turned around in this course."
_OBLONG = "Try an image that is wider than high: which size limits which index?"
_ONE_AXIS = "Padding and stride belong to both directions. Where does your code use them for each?"
_IMAGE_TYPE = (
    "What is 200 + 100 in np.uint8? And what is left of 0.5 in a whole-number array? Look at the dtype of "
    "the array that holds your sums."
)
_BIAS = "Call it on an image of zeros: then each map should show its own bias, and nothing else."
_LINEAR = "A layer only multiplies and adds. What keeps negative numbers out of your result? That is a step of its own."


def _conv_layer(x, filters, bias, stride=1, pad=0):
    # The reference can do more than is asked for: batches, dilation, groups.
    return ops.conv_layer(x, filters, bias, stride, pad)


conv_layer = Exercise(
    name="conv_layer",
    signature="conv_layer(x, filters, bias, stride=1, pad=0)",
    asks=(
        "Slide each filter of a bank over an image with channels, after adding a border of `pad` zeros, and add "
        "the filter's bias: one map for each filter, stacked along the last axis."
    ),
    reference=_conv_layer,
    public=(
        Property(
            "values",
            "gives one map for each filter, along the last axis: the sum of all products, plus the filter's bias",
            one(layer_call(kind=(WHOLE, WHOLE)) | layer_call()),
        ),
        Property(
            "strides and padding",
            "adds `pad` zeros on every side and moves the filters by the stride in both directions",
            one(layer_call(kind=(WHOLE, WHOLE), strides=(1, 2, 3), pads=(1, 0, 2))),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            one(layer_call(kind=(BYTES, WHOLE), largest=4) | layer_call(kind=(BYTES, TENTHS), largest=4)),
        ),
        Property(
            "inputs kept",
            "leaves the image, the filters and the biases as they were",
            one(layer_call(kind=(TENTHS, TENTHS), pads=(0, 1), largest=4)),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("bias forgotten", bias_forgotten, _BIAS),
        Misconception("bias added to every product", bias_for_every_product, _BIAS),
        Misconception("first bias for all maps", first_bias_for_all, _BIAS),
        Misconception("all biases added to each map", biases_added_up, _BIAS),
        Misconception("bias subtracted", bias_subtracted, _BIAS),
        Misconception(
            "maps along the first axis",
            maps_first,
            "Print your result's shape: in this course channels come last, (rows, columns, filters).",
        ),
        Misconception(
            "maps added up",
            filters_added_up,
            "How many maps do six filters give? Each filter looks for something of its own.",
        ),
        Misconception(
            "first filter for all maps",
            first_filter_only,
            "Give two filters that differ: do your two maps differ by more than the bias?",
        ),
        Misconception("maps in reverse order", maps_in_reverse, "Which filter made result[:, :, 0]?"),
        Misconception("filters flipped", filters_flipped, _FLIP),
        Misconception("rows and columns swapped", layer_result_transposed, _OBLONG),
        Misconception("only square images", layer_of_squares_only, _OBLONG),
        Misconception(
            "padding ignored",
            padding_ignored,
            "Call it with pad=0 and with pad=1 and compare the shapes: what should change?",
        ),
        Misconception(
            "padded at the top and left only",
            padded_in_front_only,
            "pad=1 adds a row at the top. And at the bottom? By how many rows does the image grow?",
        ),
        Misconception(
            "padded at the bottom and right only",
            padded_behind_only,
            "pad=1 adds a row at the bottom. And at the top? By how many rows does the image grow?",
        ),
        Misconception(
            "padded with the edge",
            padded_with_the_edge,
            "What stands in the border that you add: copies of the image, or zeros?",
        ),
        Misconception("padded above and below only", padded_along_the_rows_only, _ONE_AXIS),
        Misconception(
            "channels padded too",
            channels_padded_too,
            "Print the shape after padding. An image has three axes; which of them get a border?",
        ),
        Misconception(
            "always padded to the same size",
            padded_to_the_same_size,
            "How much is added is said by `pad`, and without it nothing is.",
        ),
        Misconception(
            "size of the map without the padding",
            size_without_the_padding,
            "For how many places do you make room? After padding, the filters have a larger image to move on.",
        ),
        Misconception(
            "stride ignored",
            layer_stride_ignored,
            "Call it with stride=1 and with stride=2 and compare the shapes: what should change?",
        ),
        Misconception("stride on the rows only", layer_stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", layer_stride_on_columns_only, _ONE_AXIS),
        Misconception(
            "stride changes the size only",
            layer_stride_in_the_size_only,
            "At stride 2, where in the image does the window of the map's second cell begin?",
        ),
        Misconception(
            "last row and column missing",
            layer_last_row_and_column_missing,
            "How many places are there for a filter of 2 on a row of 3 cells? Compare with your formula.",
        ),
        Misconception(
            "first channel only",
            first_channel_of_each_filter,
            "Put numbers into the second channel only, of image and filter: should the map be all zeros?",
        ),
        Misconception(
            "always three channels",
            layer_of_three_channels,
            "The image of a later layer has 6 or 64 channels: where does your code find out how many?",
        ),
        Misconception(
            "channels averaged",
            layer_channels_averaged,
            "What happens to the products of the channels: are they added up, or is something divided?",
        ),
        Misconception("sums kept in the image's type", layer_in_the_image_type, _IMAGE_TYPE),
        Misconception("negative numbers cut off", relu_applied, _LINEAR),
    ),
)

_AXES = (
    "How many means do you compute? A batch of shape (N, H, W, C) should have C of them: print the shape of yours, and "
    "say which axes it was taken over."
)
_FORMULA = "Compare your line with the formula, sign by sign: what is under the root, and what is outside?"
_ROLES = "gamma = 1 and beta = 0 change nothing after normalizing. What should beta = 10 alone do, and gamma = 10?"

batch_norm = Exercise(
    name="batch_norm",
    signature="batch_norm(x, gamma, beta, eps=1e-5)",
    asks=(
        "For each channel of a batch (N, H, W, C), subtract the mean over all its numbers and divide by the root of "
        "variance + eps; then multiply by the channel's gamma and add its beta."
    ),
    reference=ops.batch_norm,
    public=(
        Property(
            "values",
            "brings each channel to mean 0 and variance 1 over the whole batch, then scales and shifts it",
            one(batch_call(eighths=False) | batch_call()),
        ),
        Property(
            "constant channels",
            "gives beta, and no nan, where a channel holds the same number everywhere",
            one(batch_call(constant=True)),
        ),
        Property(
            "eps",
            "adds the given eps to the variance, under the root",
            one(batch_call(eps=(0.5, 2.0, 0.001))),
        ),
        Property(
            "inputs kept",
            "leaves the batch, gamma and beta as they were",
            one(batch_call(eighths=True)),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("statistics over the batch axis only", over_the_batch_only, _AXES),
        Misconception("statistics of each picture alone", per_picture, _AXES),
        Misconception("statistics of each example alone", per_example, _AXES),
        Misconception("statistics over the channels", over_the_channels, _AXES),
        Misconception("one mean for everything", over_everything, _AXES),
        Misconception("divided by the variance", divided_by_the_variance, _FORMULA),
        Misconception(
            "variance divided by one less",
            variance_by_one_less,
            "Of four numbers, by how much is the sum of squares divided: by 4 or by 3? Here it is their number.",
        ),
        Misconception(
            "eps forgotten",
            eps_forgotten,
            "What is the variance of a channel that holds the same number everywhere, and what do you divide by?",
        ),
        Misconception("eps outside the root", eps_outside_the_root, _FORMULA),
        Misconception(
            "eps given but not used",
            eps_always_the_same,
            "Call it with eps=1 and compare: does the argument reach your formula?",
        ),
        Misconception("gamma and beta swapped", scale_and_shift_swapped, _ROLES),
        Misconception("shifted before scaling", shifted_before_scaled, _ROLES),
        Misconception("neither scaled nor shifted", neither_scaled_nor_shifted, _ROLES),
        Misconception("shift forgotten", shift_forgotten, _ROLES),
        Misconception("scale forgotten", scale_forgotten, _ROLES),
        Misconception(
            "mean not subtracted",
            mean_left_in,
            "With beta = 0, what is the mean of each channel of your result? It should be 0.",
        ),
        Misconception(
            "not divided at all",
            only_centred,
            "With gamma = 1, what is the variance of each channel of your result? It should be nearly 1.",
        ),
        Misconception(
            "brought to 0 to 1 instead",
            brought_to_0_to_1,
            "Smallest and largest number play no part here; mean and variance do.",
        ),
    ),
)

_SCALE = (
    "If half of the values are dropped, what must happen to the others, so that the sum stays the same on "
    "average? And if a quarter is dropped?"
)
_KEPT = "With rate=0.25, how many of 100 values should be 0? Count the zeros in your result."
_EACH = "How many random numbers do you draw, for how many values? Each value has its own lottery ticket."

dropout = Exercise(
    name="dropout",
    signature="dropout(x, rate, rng)",
    asks=(
        "Set each value to 0 with the probability `rate`, drawn from `rng`, each one on its own; divide the values "
        "that are kept by 1 - rate."
    ),
    reference=ops.dropout,
    public=(
        Property(
            "values",
            "makes each value 0, or divides it by 1 - rate, and leaves what it was given as it was",
            dropping.dropped() | dropping.dropped(zeros=True),
            rule=dropping.scaled,
            keeps_inputs=True,
        ),
        Property(
            "rate 0",
            "drops nothing at rate 0",
            dropping.dropped(rates=(0, 0.0)),
        ),
        Property(
            "each value on its own",
            "drops about the part `rate` of the values, each one on its own, wherever it stands",
            dropping.dropped(shapes=dropping.LARGE, seeds=2),
            rule=dropping.drawn_apart,
        ),
        Property(
            "drawn from rng",
            "drops the same values for the same generator, and others for another one",
            dropping.dropped(seeds=3, again=True),
            rule=dropping.from_generator,
        ),
    ),
    misconceptions=(
        Misconception("kept values not scaled", kept_not_scaled, _SCALE),
        Misconception("kept values made smaller", kept_scaled_down, _SCALE),
        Misconception("kept values divided by the rate", kept_divided_by_the_rate, _SCALE),
        Misconception("kept values multiplied by the rate", kept_multiplied_by_the_rate, _SCALE),
        Misconception("rate taken for the part that is kept", rate_of_what_is_kept, _KEPT),
        Misconception(
            "rate taken for the part that is kept, and scaled to match", rate_of_what_is_kept_throughout, _KEPT
        ),
        Misconception(
            "scaled by how many were kept",
            scaled_by_what_was_kept,
            "The factor follows from the rate alone; how many were kept this time is chance.",
        ),
        Misconception(
            "random numbers from elsewhere",
            own_randomness,
            "Call it twice with np.random.default_rng(0): the results should be equal. Where does yours find luck?",
        ),
        Misconception(
            "a generator of its own with a fixed seed",
            always_the_same_randomness,
            "Call it with two different generators: the results should differ. Whose random numbers do you use?",
        ),
        Misconception("one draw for the whole array", one_draw_for_all, _EACH),
        Misconception("whole examples dropped", whole_examples_dropped, _EACH),
        Misconception("the same places in every example", same_places_in_every_example, _EACH),
        Misconception("one draw for each place of the last axis", one_draw_for_each_last_axis, _EACH),
        Misconception(
            "the first values dropped",
            first_ones_dropped,
            "Which values are dropped should be a matter of luck. Where does luck come into your function?",
        ),
        Misconception(
            "noise instead of zeros",
            blurred_by_noise,
            "A value is dropped or kept: how many different factors may there be?",
        ),
        Misconception(
            "small values dropped",
            thresholded,
            "A large value is dropped as often as a small one: what do you compare with the rate?",
        ),
    ),
)

flatten = Exercise(
    name="flatten",
    signature="flatten(x)",
    asks="Write each example of a batch (N, ...) as one row of numbers, (N, D), in the order in which they stand.",
    reference=ops.flatten,
    public=(
        Property(
            "values",
            "gives one row for each example, with its numbers row by row, the last axis fastest",
            batch(WHOLE).map(lambda x: [Call((x,))]),
        ),
        Property(
            "input kept",
            "leaves the batch as it was",
            batch(TENTHS).map(lambda x: [Call((x,))]),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "the whole batch in one row",
            one_row_for_the_whole_batch,
            "Eight pictures should stay eight examples: what is your result's first size?",
        ),
        Misconception(
            "the whole batch in one row of a matrix",
            one_row_that_keeps_two_axes,
            "Eight pictures should stay eight examples: what is your result's first size?",
        ),
        Misconception(
            "columns before rows",
            columns_first,
            "Flatten one 2 × 3 example by hand, row after row, and compare the order.",
        ),
        Misconception(
            "channel after channel",
            channels_first,
            "The last axis runs fastest: the first numbers are all channels of the first pixel.",
        ),
        Misconception(
            "one column for each example",
            one_column_for_each_example,
            "Print your result's shape: the number of examples should come first.",
        ),
        Misconception(
            "last axis left as it was",
            last_axis_left,
            "Which axis should survive: the first, which counts the examples, or the last?",
        ),
        Misconception("not flattened", not_flattened, "How many axes has your result? It should have two."),
    ),
)

_ONE_BIAS = "Call it on a row of zeros: each output should then show its own bias, and nothing else."

dense = Exercise(
    name="dense",
    signature="dense(x, weights, bias)",
    asks=(
        "Connect every input with every output: for each row of x, output m is the sum of all inputs times column m of "
        "the weights, plus bias m."
    ),
    reference=ops.dense,
    public=(
        Property(
            "values",
            "multiplies each row with each column of the weights, adds up, and adds each output's bias",
            one(rows(kind=(WHOLE, WHOLE)) | rows(kind=(WHOLE, WHOLE), square=True) | rows()),
        ),
        Property(
            "bytes",
            "gives the whole sum on 8-bit numbers, also above 255 and below 0",
            one(rows(kind=(BYTES, WHOLE)) | rows(kind=(BYTES, TENTHS))),
        ),
        Property(
            "inputs kept",
            "leaves the inputs, the weights and the biases as they were",
            one(rows(kind=(TENTHS, TENTHS))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("bias forgotten", dense_bias_forgotten, _ONE_BIAS),
        Misconception(
            "weights transposed",
            weights_transposed,
            "The weights have shape (D, M): one row for each input. Which size must meet which in a product?",
        ),
        Misconception("bias added to the inputs", bias_inside, _ONE_BIAS),
        Misconception("bias multiplied", bias_multiplied, _ONE_BIAS),
        Misconception("bias added for every weight", bias_for_every_weight, _ONE_BIAS),
        Misconception("all biases added to each output", biases_summed, _ONE_BIAS),
        Misconception("first bias for all outputs", first_bias_only, _ONE_BIAS),
        Misconception(
            "first example only",
            first_example_only,
            "Give two different rows: does your result have two rows?",
        ),
        Misconception(
            "examples as columns",
            examples_as_columns,
            "Print your result's shape: the number of examples should come first.",
        ),
        Misconception(
            "averaged over the inputs",
            averaged_over_inputs,
            "Three inputs of 1 with three weights of 1 and no bias: what should come out?",
        ),
        Misconception("negative numbers cut off", negatives_cut_off, _LINEAR),
        Misconception("sums kept in the input's type", dense_in_the_input_type, _IMAGE_TYPE),
    ),
)

_OWN = "filters[i, j] belongs to the window whose top left corner is at row i and column j. Which one does yours meet?"

locally_connected2d = Exercise(
    name="locally_connected2d",
    signature="locally_connected2d(x, filters)",
    asks=(
        "Slide a window over a grey image; at row i and column j multiply it with that place's own filter, "
        "filters[i, j], and add up."
    ),
    reference=ops.locally_connected2d,
    public=(
        Property(
            "values",
            "multiplies each window with the filter of its own place and adds up",
            one(local_call(kind=(WHOLE, WHOLE)) | local_call(kind=(WHOLE, WHOLE), square=True) | local_call()),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            one(local_call(kind=(BYTES, WHOLE)) | local_call(kind=(BYTES, TENTHS))),
        ),
        Property(
            "inputs kept",
            "leaves the image and the filters as they were",
            one(local_call(kind=(TENTHS, TENTHS))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("one filter for all places", one_filter_for_all_places, _OWN),
        Misconception("the mean filter for all places", mean_filter_for_all_places, _OWN),
        Misconception("one filter for each row", one_filter_for_each_row, _OWN),
        Misconception("one filter for each column", one_filter_for_each_column, _OWN),
        Misconception("rows and columns of the filters' places swapped", places_swapped, _OWN),
        Misconception("filters from the other end", places_in_reverse, _OWN),
        Misconception("filters flipped", local_filters_flipped, _FLIP),
        Misconception(
            "filters transposed",
            local_filters_transposed,
            "Try filters of one row: are they laid along a row of the image or down a column?",
        ),
        Misconception("rows and columns swapped", local_result_transposed, _OBLONG),
        Misconception(
            "last row and column missing",
            local_last_row_and_column_missing,
            "The filters' first two sizes are the size of the map: print both shapes.",
        ),
        Misconception(
            "mean instead of sum",
            local_means,
            "With filters of ones on an image of ones, what does each cell of the map count?",
        ),
        Misconception(
            "one pixel for each filter",
            one_pixel_for_each_filter,
            "A filter has h × w weights: how many pixels does it meet?",
        ),
        Misconception("only square images", local_squares_only, _OBLONG),
        Misconception(
            "matrix product",
            local_matrix_product,
            "`@` combines rows with columns. What should each image cell be multiplied with here?",
        ),
        Misconception("sums kept in the image's type", local_in_the_image_type, _IMAGE_TYPE),
    ),
)

# In the order of the lesson.
EXERCISES = (conv_layer, flatten, dense, dropout, batch_norm, locally_connected2d)

# A question with numbers of one's own --------------------------------------------------------------


def _pixel_and_filters(random):
    def whole(least, most):
        return [random.randint(least, most) for _ in range(3)]

    return {
        "pixel": whole(1, 20),
        "filters": [whole(-5, 5), whole(-5, 5)],
        "bias": [random.choice([-7, -5, -3, -2, 2, 3, 5, 7]), random.choice([-8, -6, -4, 4, 6, 8])],
    }


def _one_by_one(pixel, filters, bias):
    bank = np.array(filters)[:, np.newaxis, np.newaxis, :]
    return tuple(int(value) for value in ops.conv_layer(np.array([[pixel]]), bank, np.array(bias))[0, 0])


QUESTIONS = (
    Question(
        "one_by_one",
        "A pixel has the three channels{pixel}A layer of two 1 x 1 filters has the weights, one filter a row,"
        "{filters}and the biases{bias}Which two numbers come into the two maps at this place, before any ReLU?",
        _pixel_and_filters,
        _one_by_one,
        (
            Misconception(
                "biases forgotten",
                lambda pixel, filters, bias: _one_by_one(pixel, filters, [0, 0]),
                "After the products are added up, each filter adds one number more: its bias.",
            ),
            Misconception(
                "negative results cut off",
                lambda pixel, filters, bias: tuple(max(0, value) for value in _one_by_one(pixel, filters, bias)),
                "The ReLU comes after the layer; the layer itself gives negative numbers too.",
            ),
            Misconception(
                "filters in reverse order",
                lambda pixel, filters, bias: _one_by_one(pixel, filters[::-1], bias[::-1]),
                "The first number belongs to the first filter, which is the first row.",
            ),
            Misconception(
                "biases swapped",
                lambda pixel, filters, bias: _one_by_one(pixel, filters, bias[::-1]),
                "The first bias belongs to the first filter.",
            ),
            Misconception(
                "bias added for each channel",
                lambda pixel, filters, bias: _one_by_one(pixel, filters, [3 * b for b in bias]),
                "A filter has one bias, not one for each channel.",
            ),
        ),
    ),
)
