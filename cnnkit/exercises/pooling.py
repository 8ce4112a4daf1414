"""Lesson 03: activation functions, and pooling."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import lay_out
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "03-activation-and-pooling"

#: Numbers up to 10,000 in eighths, which float32 holds exactly.
EXTREME = "extreme"


# What the functions are tried on ------------------------------------------------------------------


@st.composite
def feature_map(
    draw,
    kinds=(WHOLE, TENTHS),
    axes=(2, 1, 3, 4),
    largest: int = 5,
    layout: st.SearchStrategy[str] | None = None,
) -> np.ndarray:
    """Numbers of any shape, positive and negative.

    Parameters
    ----------
    kinds : tuple of str
        As in :func:`cnnkit.exercises.inputs.numbers`, or :data:`EXTREME`.
    axes : tuple of int
        The numbers of axes to choose from.
    largest : int, optional
        The longest side of a vector or a matrix; other arrays are at most three long.
    layout : strategy, optional
    """
    count = draw(st.sampled_from(axes))
    side = st.integers(1, largest if count < 3 else 3)
    shape = tuple(draw(side) for _ in range(count))
    array = draw(_numbers(shape, draw(st.sampled_from(kinds))))
    return array if layout is None or count < 2 else lay_out(array, draw(layout))


def _numbers(shape: tuple[int, ...], kind: str) -> st.SearchStrategy[np.ndarray]:
    if kind != EXTREME:
        return inputs.numbers(shape, kind)
    cells = int(np.prod(shape))
    # Large ones side by side with ones that differ from them a little, and with small ones.
    eighths = st.integers(-24, 24)
    level = st.sampled_from((0, 8_000, -8_000, 6_400, 79_000, -79_000))
    return st.lists(st.tuples(level, eighths), min_size=cells, max_size=cells).map(
        lambda drawn: np.array([sum(pair) for pair in drawn]).reshape(shape) / 8
    )


def scores_call(array: np.ndarray) -> Call:
    """A call whose result lies in 0..1, however large the numbers are."""
    return Call((array,), magnitude=1.0)


@st.composite
def window_call(
    draw,
    kinds=(WHOLE, TENTHS, BYTES),
    depths=(None,),
    sizes=(2, 3, 1, 4),
    strides=("default", "none", 1, 2, 3, 4),
    largest: int = 7,
    oblong: bool = False,
    tight: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of a pooling function: at least one window fits.

    Parameters
    ----------
    kinds, sizes
        What to choose from. A size of 2 may be left out.
    depths : tuple
        The numbers of channels to choose from; None is an image without channels.
    strides : tuple
        Numbers, ``"none"`` for a stride of None, ``"default"`` to leave it out.
    largest : int, optional
        The longest side of the image.
    oblong : bool, optional
        Neither the image nor the result is square.
    tight : bool, optional
        Exactly one window fits in one direction.
    layout : strategy, optional
    """
    size, stride, depth = (draw(st.sampled_from(choice)) for choice in (sizes, strides, depths))
    step = stride if isinstance(stride, int) else size
    side = st.integers(size, max(largest, size))
    height, width = draw(side), draw(side)
    if tight:
        height, width = draw(st.sampled_from(((size, width), (height, size), (size, size))))
    if oblong and (height - size) // step == (width - size) // step:
        width += step
    channels = () if depth is None else (depth,)
    image = draw(inputs.numbers((height, width, *channels), draw(st.sampled_from(kinds))))
    if layout is not None:
        image = lay_out(image, draw(layout))
    value = None if stride == "none" else stride
    if stride == "default":
        ways = [Call((image,), {"size": size}), Call((image, size)), *([Call((image,))] if size == 2 else [])]
    else:
        ways = [
            Call((image,), {"size": size, "stride": value}),
            Call((image, size, value)),
            *([Call((image,), {"stride": value})] if size == 2 else []),
        ]
    return draw(st.sampled_from(ways))


@st.composite
def deep_map(
    draw,
    kinds=(WHOLE, TENTHS, BYTES),
    depths=(3, 1, 2, 5),
    largest: int = 5,
    oblong: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> np.ndarray:
    """An image with channels."""
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    if oblong and height == width:
        width += 1
    depth = draw(st.sampled_from(depths))
    array = draw(inputs.numbers((height, width, depth), draw(st.sampled_from(kinds))))
    return array if layout is None else lay_out(array, draw(layout))


def _alone(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    return calls.map(lambda call: [call])


def _on(arrays: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    return arrays.map(lambda array: [Call((array,))])


def _scores(arrays: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    return arrays.map(lambda array: [scores_call(array)])


# relu: wrong implementations ----------------------------------------------------------------------


def relu_strength(x):
    return np.abs(x)


def relu_leaky(x):
    return np.where(x > 0, x, 0.01 * x)


def relu_capped_at_one(x):
    return np.clip(x, 0, 1)


def relu_step(x):
    return (x > 0).astype(float)


def relu_keeps_negative(x):
    return np.minimum(x, 0)


def relu_drops_negative(x):
    return x[x > 0]


def relu_unchanged(x):
    return x.copy()


def relu_all_or_nothing(x):
    return np.maximum(0, x.max()) * np.ones(x.shape)


def relu_shifted(x):
    return x - min(x.min(), 0)


def relu_above_one(x):
    return np.where(x >= 1, x, 0)


# sigmoid ------------------------------------------------------------------------------------------


def sigmoid_overflows(x):
    with np.errstate(all="ignore"):
        return np.exp(x) / (1 + np.exp(x))


def sigmoid_sign_lost(x):
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(x))


def sigmoid_tanh(x):
    return np.tanh(x)


def sigmoid_step(x):
    return np.where(x > 0, 1.0, 0.0)


def sigmoid_slope(x):
    small = np.exp(-np.abs(x))
    return small / (1 + small) ** 2


def sigmoid_half_angle(x):
    return 0.5 * (1 + np.tanh(x))


def sigmoid_of_two(x):
    with np.errstate(all="ignore"):
        return 1 / (1 + 2.0**-x)


def sigmoid_rational(x):
    return 0.5 * (1 + x / (1 + np.abs(x)))


def sigmoid_straight(x):
    return np.clip(0.5 + x / 4, 0, 1)


def sigmoid_as_softmax(x):
    small = np.exp(x - x.max())
    return small / small.sum()


def sigmoid_without_one(x):
    with np.errstate(all="ignore"):
        return 1 / np.exp(-x)


# softmax ------------------------------------------------------------------------------------------


def softmax_overflows(x):
    with np.errstate(all="ignore"):
        powers = np.exp(x)
        return powers / powers.sum(axis=-1, keepdims=True)


def softmax_over_everything(x):
    powers = np.exp(x - x.max())
    return powers / powers.sum()


def softmax_over_columns(x):
    powers = np.exp(x - x.max(axis=0, keepdims=True))
    return powers / powers.sum(axis=0, keepdims=True)


def softmax_axis_dropped(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1)


def softmax_largest_of_all(x):
    with np.errstate(all="ignore"):
        powers = np.exp(x - x.max())
        return powers / powers.sum(axis=-1, keepdims=True)


def softmax_less_the_mean(x):
    with np.errstate(all="ignore"):
        powers = np.exp(x - x.mean(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True)


def softmax_without_powers(x):
    with np.errstate(all="ignore"):
        return x / x.sum(axis=-1, keepdims=True)


def softmax_each_alone(x):
    with np.errstate(all="ignore"):
        return 1 / (1 + np.exp(-x))


def softmax_divided_by_largest(x):
    return np.exp(x - x.max(axis=-1, keepdims=True))


def softmax_hard(x):
    return (x == x.max(axis=-1, keepdims=True)).astype(float)


def softmax_logarithm(x):
    lower = x - x.max(axis=-1, keepdims=True)
    return lower - np.log(np.exp(lower).sum(axis=-1, keepdims=True))


def softmax_least_wins(x):
    powers = np.exp(x.min(axis=-1, keepdims=True) - x)
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_of_two(x):
    powers = 2.0 ** (x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_scaled_down(x):
    largest = np.abs(x).max(axis=-1, keepdims=True)
    powers = np.exp(x / np.where(largest > 0, largest, 1))
    return powers / powers.sum(axis=-1, keepdims=True)


# pooling: max, average, sum -----------------------------------------------------------------------


def max_stride_one(x, size=2, stride=None):
    stride = 1 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_stride_two(x, size=2, stride=None):
    stride = 2 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_stride_ignored(x, size=2, stride=None):
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_stride_on_rows_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_stride_on_columns_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_partial_windows(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0], stride), range(0, x.shape[1], stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_last_window_missing(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size, stride), range(0, x.shape[1] - size, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_transposed(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for i in rows] for j in columns])


def max_always_two(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + 2, j : j + 2].max(axis=(0, 1)) for j in columns] for i in rows])


def max_over_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max() for j in columns] for i in rows])


def max_three_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    out = np.zeros((len(rows), len(columns), 3))
    for channel in range(3):
        for a, i in enumerate(rows):
            for b, j in enumerate(columns):
                out[a, b, channel] = x[i : i + size, j : j + size, channel].max()
    return out


def max_windows_not_moved(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in range(len(columns))] for i in range(len(rows))]
    )


def max_smallest(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].min(axis=(0, 1)) for j in columns] for i in rows])


def max_average(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def max_at_least_zero(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1), initial=0) for j in columns] for i in rows])


def max_first_cell(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i, j] for j in columns] for i in rows])


def max_strongest(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[np.abs(x[i : i + size, j : j + size].astype(float)).max(axis=(0, 1)) for j in columns] for i in rows]
    )


def avg_stride_one(x, size=2, stride=None):
    stride = 1 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_stride_two(x, size=2, stride=None):
    stride = 2 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_stride_ignored(x, size=2, stride=None):
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_stride_on_rows_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_stride_on_columns_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_partial_windows(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0], stride), range(0, x.shape[1], stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_last_window_missing(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size, stride), range(0, x.shape[1] - size, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_transposed(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for i in rows] for j in columns])


def avg_always_two(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + 2, j : j + 2].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_over_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean() for j in columns] for i in rows])


def avg_three_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    out = np.zeros((len(rows), len(columns), 3))
    for channel in range(3):
        for a, i in enumerate(rows):
            for b, j in enumerate(columns):
                out[a, b, channel] = x[i : i + size, j : j + size, channel].mean()
    return out


def avg_windows_not_moved(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in range(len(columns))] for i in range(len(rows))]
    )


def avg_largest(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def avg_sum(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def avg_divided_by_four(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) / 4 for j in columns] for i in rows])


def avg_divided_by_side(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) / size for j in columns] for i in rows])


def avg_whole_division(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) // size**2 for j in columns] for i in rows])


def avg_median(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[np.median(x[i : i + size, j : j + size], axis=(0, 1)) for j in columns] for i in rows])


def avg_in_input_type(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)).astype(x.dtype) for j in columns] for i in rows])


def avg_in_bytes(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[x[i : i + size, j : j + size].sum(axis=(0, 1), dtype=x.dtype) / size**2 for j in columns] for i in rows]
    )


def sum_stride_one(x, size=2, stride=None):
    stride = 1 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_stride_two(x, size=2, stride=None):
    stride = 2 if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_stride_ignored(x, size=2, stride=None):
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_stride_on_rows_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, size)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_stride_on_columns_only(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, size), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_partial_windows(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0], stride), range(0, x.shape[1], stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_last_window_missing(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size, stride), range(0, x.shape[1] - size, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_transposed(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for i in rows] for j in columns])


def sum_always_two(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + 2, j : j + 2].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_over_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum() for j in columns] for i in rows])


def sum_three_channels(x, size=2, stride=None):
    stride = size if stride is None else stride
    if x.ndim == 2:
        x = x[:, :, np.newaxis]
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    out = np.zeros((len(rows), len(columns), 3))
    for channel in range(3):
        for a, i in enumerate(rows):
            for b, j in enumerate(columns):
                out[a, b, channel] = x[i : i + size, j : j + size, channel].sum()
    return out


def sum_windows_not_moved(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in range(len(columns))] for i in range(len(rows))]
    )


def sum_largest(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def sum_average(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def sum_strengths(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[np.abs(x[i : i + size, j : j + size].astype(float)).sum(axis=(0, 1)) for j in columns] for i in rows]
    )


def sum_in_bytes(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1), dtype=x.dtype) for j in columns] for i in rows])


def sum_of_rows(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=0)[0] for j in columns] for i in rows])


def sum_of_all(x, size=2, stride=None):
    stride = size if stride is None else stride
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array(
        [[x[i : i + size, j : j + size].sum(axis=(0, 1)) * 0 + x.sum(axis=(0, 1)) for j in columns] for i in rows]
    )


# global_avg_pool ----------------------------------------------------------------------------------


def global_mean_of_all(x):
    return x.mean()


def global_mean_of_rows(x):
    return x.mean(axis=0)


def global_mean_of_last_axes(x):
    return x.mean(axis=(1, 2))


def global_mean_of_channels(x):
    return x.mean(axis=2)


def global_max(x):
    return x.max(axis=(0, 1))


def global_sum(x):
    return x.astype(float).sum(axis=(0, 1))


def global_axes_kept(x):
    return x.mean(axis=(0, 1), keepdims=True)


def global_divided_by_height_squared(x):
    return x.astype(float).sum(axis=(0, 1)) / x.shape[0] ** 2


def global_divided_by_all(x):
    return x.astype(float).sum(axis=(0, 1)) / x.size


def global_whole_numbers(x):
    return np.floor(x.mean(axis=(0, 1)))


def global_three_channels(x):
    return np.array([x[:, :, channel].mean() for channel in range(3)])


def global_median(x):
    return np.median(x, axis=(0, 1))


# The exercises ------------------------------------------------------------------------------------

relu = Exercise(
    name="relu",
    signature="relu(x)",
    asks="Set every negative number to 0 and keep the others, for an array of any shape.",
    reference=ops.relu,
    public=(
        Property(
            "values",
            "sets negative numbers to 0 and keeps the others",
            # Tenths first: whole numbers do not tell a step from a cut at 1.
            _on(feature_map(kinds=(TENTHS, WHOLE))),
        ),
        Property(
            "input kept",
            "leaves the array as it was",
            _on(feature_map()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("sign removed", relu_strength, "What should become of -5: 5, or 0?"),
        Misconception(
            "negative numbers made small",
            relu_leaky,
            "That is the leaky ReLU, a relative. In the ReLU nothing is left of a negative number.",
        ),
        Misconception("cut off at 1", relu_capped_at_one, "What should become of 7? There is no upper limit."),
        Misconception("only 0 and 1", relu_step, "A positive number stays what it is: what becomes of 7 in yours?"),
        Misconception(
            "positive numbers set to 0",
            relu_keeps_negative,
            "Which of the two is larger, x or 0? And which one does your function give?",
        ),
        Misconception(
            "negative numbers removed",
            relu_drops_negative,
            "Compare your result's shape with that of x: each number has its place, a negative one too.",
        ),
        Misconception("nothing changed", relu_unchanged, "What should become of -5?"),
        Misconception(
            "the largest number everywhere",
            relu_all_or_nothing,
            "np.max looks for the largest number in an array; here each number is compared with 0, on its own.",
        ),
        Misconception(
            "all numbers shifted",
            relu_shifted,
            "Each number is treated on its own: should 5 change when -3 is beside it?",
        ),
        Misconception("numbers below 1 set to 0", relu_above_one, "What should become of 0.5?"),
    ),
)

_OVERFLOW = "What is np.exp(1000), and what is infinity divided by infinity? Print both."

sigmoid = Exercise(
    name="sigmoid",
    signature="sigmoid(x)",
    asks="Bring each number on its own into 0..1: 1 / (1 + exp(-x)), also for large numbers, of both signs.",
    reference=ops.sigmoid,
    public=(
        Property(
            "values",
            "gives 1 / (1 + exp(-x)) for each number",
            _scores(feature_map()),
        ),
        Property(
            "large numbers",
            "gives almost 0 and almost 1 for large numbers, not nan",
            _scores(feature_map(kinds=(EXTREME,), axes=(1, 2))),
        ),
        Property(
            "input kept",
            "leaves the array as it was",
            _scores(feature_map()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("overflow", sigmoid_overflows, _OVERFLOW),
        Misconception(
            "sign of the exponent lost",
            sigmoid_sign_lost,
            "A large positive number should give almost 1. Does yours?",
        ),
        Misconception("tanh", sigmoid_tanh, "What should 0 give: 0, or the middle of 0..1?"),
        Misconception(
            "a step",
            sigmoid_step,
            "The sigmoid rises smoothly: 1 and 2 should give different results. Do they?",
        ),
        Misconception("its slope", sigmoid_slope, "The sigmoid of 10 is almost 1. Did you compute the derivative?"),
        Misconception(
            "twice as steep",
            sigmoid_half_angle,
            "The sigmoid can be written with tanh, but of which multiple of x? Compare at x = 1: 0.731.",
        ),
        Misconception(
            "powers of 2", sigmoid_of_two, "The sigmoid of 1 is 0.731. Which number do you raise to a power?"
        ),
        Misconception(
            "another curve",
            sigmoid_rational,
            "The sigmoid of 1 is 0.731, of 5 it is 0.993. There is an exponential in it.",
        ),
        Misconception(
            "a straight line",
            sigmoid_straight,
            "The sigmoid never quite reaches 0 or 1: what does yours give for 3? It should be 0.953.",
        ),
        Misconception(
            "softmax",
            sigmoid_as_softmax,
            "Each number is treated on its own: should the result for 2 change when 5 is beside it?",
        ),
        Misconception("1 + left out", sigmoid_without_one, "The sigmoid of 0 is 0.5. What does yours give, and why?"),
    ),
)

_PER_ROW = "Take two rows of scores. The results of each row should add up to 1: what do yours add up to?"

softmax = Exercise(
    name="softmax",
    signature="softmax(x)",
    asks=(
        "Turn the scores along the last axis into probabilities: exp of each, divided by the sum of exp, "
        "also for large scores."
    ),
    reference=ops.softmax,
    public=(
        Property(
            "values",
            "gives exp of each score divided by the sum of exp along the last axis",
            _scores(feature_map(axes=(2, 1))),
        ),
        Property(
            "large scores",
            "gives probabilities for large scores too, not nan",
            _scores(feature_map(kinds=(EXTREME,), axes=(1, 2))),
        ),
        Property(
            "input kept",
            "leaves the array as it was",
            _scores(feature_map(axes=(1, 2))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("overflow", softmax_overflows, _OVERFLOW),
        Misconception("one sum for all rows", softmax_over_everything, _PER_ROW),
        Misconception("over the first axis", softmax_over_columns, _PER_ROW),
        Misconception(
            "sum without keepdims",
            softmax_axis_dropped,
            "For x of shape (2, 3), print the shape of your sum. NumPy lines up shapes from the right.",
        ),
        Misconception(
            "largest of all rows subtracted",
            softmax_largest_of_all,
            "Try [[1000, 1000], [0, 0]]. What is left of the second row after your subtraction?",
        ),
        Misconception(
            "mean subtracted",
            softmax_less_the_mean,
            "After your subtraction, how large can a score still be? Which number must go so that none is above 0?",
        ),
        Misconception(
            "exp left out",
            softmax_without_powers,
            "Probabilities are positive, scores need not be. What makes a positive number of any score?",
        ),
        Misconception(
            "sigmoid",
            softmax_each_alone,
            "Exactly one label is right, so the probabilities of a row add up to 1. What do yours add up to?",
        ),
        Misconception(
            "divided by the largest",
            softmax_divided_by_largest,
            "What do your results add up to? By which number do they have to be divided?",
        ),
        Misconception(
            "only 0 and 1",
            softmax_hard,
            "The second best label has a probability too: for [0, 1] the results are 0.269 and 0.731.",
        ),
        Misconception(
            "logarithm",
            softmax_logarithm,
            "Probabilities lie between 0 and 1. Do yours?",
        ),
        Misconception(
            "smallest score wins",
            softmax_least_wins,
            "Which label should be the most probable one: that with the largest score. Look at your signs.",
        ),
        Misconception(
            "powers of 2", softmax_of_two, "For [0, 1] the results are 0.269 and 0.731. Which power is that?"
        ),
        Misconception(
            "scores scaled down",
            softmax_scaled_down,
            "Subtracting the same number from all scores changes nothing, dividing does. Try [0, 1] and [0, 2].",
        ),
    ),
)

_STRIDE_NONE = "With size 3 and no stride given, by how much should the window move? Windows touch, none overlaps."
_ONE_AXIS = "The window moves in two directions. Where in your code does the stride appear for each of them?"
_PARTLY = "A window that hangs over the edge is left out: how many windows of 2 fit in a row of 5 cells?"
_TRANSPOSED = "Try an image that is wider than high: is your result wider than high too?"
_OWN_CHANNEL = "Pooling keeps the depth: compare the shapes of x and of your result for an image with 3 channels."
_DEPTH = "Where does your code find out how many channels there are? Try one channel, and try five."
_SIZE_IGNORED = "Pool with size 2 and with size 3, both with stride 1, and compare the shapes."
_BYTES = "What is 200 + 100 in np.uint8? Look at the dtype of the array that holds your results."
_SHIFTED = "At stride 2, where in the image does the second window begin?"


def _pool_public(claim: str) -> tuple[Property, ...]:
    return (
        Property(
            "values",
            f"{claim}, on an image with channels for each channel on its own",
            _alone(window_call(kinds=(WHOLE, TENTHS), depths=(None, 3, 2), strides=("default",), largest=6)),
        ),
        Property(
            "strides",
            "moves the window by the stride, down and across; by its size when the stride is None",
            _alone(window_call(kinds=(WHOLE,), depths=(None, None, 2))),
        ),
        Property(
            "photos",
            "works on a photo's 8-bit numbers",
            _alone(window_call(kinds=(BYTES,), depths=(3, 1, 5, None), largest=6)),
        ),
        Property(
            "input kept",
            "leaves the image as it was",
            _alone(window_call(kinds=(WHOLE, TENTHS))),
            keeps_inputs=True,
        ),
    )


max_pool2d = Exercise(
    name="max_pool2d",
    signature="max_pool2d(x, size=2, stride=None)",
    asks=(
        "Slide a window of `size` × `size` over an image, `stride` cells at a time (as many as its size when the "
        "stride is None), and take the largest of each window that fits; each channel on its own."
    ),
    reference=ops.max_pool2d,
    public=_pool_public("takes the largest number of each window"),
    misconceptions=(
        Misconception(
            "smallest number", max_smallest, "Which number of a window goes into the result: try a window of 1 and 9."
        ),
        Misconception(
            "average", max_average, "The largest number of a window, not the mean: what becomes of 1, 9, 1, 1?"
        ),
        Misconception(
            "never below 0",
            max_at_least_zero,
            "Try a window of negative numbers only. With what does your search for the largest begin?",
        ),
        Misconception(
            "first number of each window",
            max_first_cell,
            "Only one cell of each window is looked at. Which cells should be?",
        ),
        Misconception("largest without its sign", max_strongest, "Which is larger, -9 or 1?"),
        Misconception("stride of 1 when none is given", max_stride_one, _STRIDE_NONE),
        Misconception("stride of 2 when none is given", max_stride_two, _STRIDE_NONE),
        Misconception(
            "stride ignored",
            max_stride_ignored,
            "Call it with stride=1 and with stride=2 and compare the shapes: what should change?",
        ),
        Misconception("stride on the rows only", max_stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", max_stride_on_columns_only, _ONE_AXIS),
        Misconception("windows that do not fit counted", max_partial_windows, _PARTLY),
        Misconception(
            "last window missing",
            max_last_window_missing,
            "How many windows of 2 fit in a row of 4 cells? Count with your finger, then compare with your formula.",
        ),
        Misconception("rows and columns swapped", max_transposed, _TRANSPOSED),
        Misconception("always 2 × 2", max_always_two, _SIZE_IGNORED),
        Misconception("channels pooled together", max_over_channels, _OWN_CHANNEL),
        Misconception("always three channels", max_three_channels, _DEPTH),
        Misconception("windows one cell apart", max_windows_not_moved, _SHIFTED),
    ),
)

avg_pool2d = Exercise(
    name="avg_pool2d",
    signature="avg_pool2d(x, size=2, stride=None)",
    asks=(
        "Slide a window of `size` × `size` over an image, `stride` cells at a time (as many as its size when the "
        "stride is None), and take the mean of each window that fits; each channel on its own."
    ),
    reference=ops.avg_pool2d,
    public=_pool_public("takes the mean of each window"),
    misconceptions=(
        Misconception(
            "largest number", avg_largest, "The mean of a window, not its largest number: what becomes of 1, 9, 1, 1?"
        ),
        Misconception("sum", avg_sum, "A window of equal numbers should give that number. Does yours?"),
        Misconception("always divided by 4", avg_divided_by_four, "How many cells has a window of size 3?"),
        Misconception("divided by the side", avg_divided_by_side, "How many cells has a window of size 2? Not 2."),
        Misconception("whole-number division", avg_whole_division, "What is 7 // 4, and what is 7 / 4?"),
        Misconception(
            "median", avg_median, "The mean is the sum divided by the number of cells: what becomes of 0, 0, 0, 8?"
        ),
        Misconception(
            "means kept in the image's type",
            avg_in_input_type,
            "What is left of 2.5 in an array of whole numbers? Look at the dtype of your results.",
        ),
        Misconception("sums kept in 8 bits", avg_in_bytes, _BYTES),
        Misconception("stride of 1 when none is given", avg_stride_one, _STRIDE_NONE),
        Misconception("stride of 2 when none is given", avg_stride_two, _STRIDE_NONE),
        Misconception(
            "stride ignored",
            avg_stride_ignored,
            "Call it with stride=1 and with stride=2 and compare the shapes: what should change?",
        ),
        Misconception("stride on the rows only", avg_stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", avg_stride_on_columns_only, _ONE_AXIS),
        Misconception("windows that do not fit counted", avg_partial_windows, _PARTLY),
        Misconception(
            "last window missing",
            avg_last_window_missing,
            "How many windows of 2 fit in a row of 4 cells? Count with your finger, then compare with your formula.",
        ),
        Misconception("rows and columns swapped", avg_transposed, _TRANSPOSED),
        Misconception("always 2 × 2", avg_always_two, _SIZE_IGNORED),
        Misconception("channels pooled together", avg_over_channels, _OWN_CHANNEL),
        Misconception("always three channels", avg_three_channels, _DEPTH),
        Misconception("windows one cell apart", avg_windows_not_moved, _SHIFTED),
    ),
)

sum_pool2d = Exercise(
    name="sum_pool2d",
    signature="sum_pool2d(x, size=2, stride=None)",
    asks=(
        "Slide a window of `size` × `size` over an image, `stride` cells at a time (as many as its size when the "
        "stride is None), and take the sum of each window that fits; each channel on its own."
    ),
    reference=ops.sum_pool2d,
    public=_pool_public("takes the sum of each window"),
    misconceptions=(
        Misconception(
            "largest number", sum_largest, "All numbers of a window are added up: what becomes of 1, 9, 1, 1?"
        ),
        Misconception("average", sum_average, "Nothing is divided here: what should a window of four ones give?"),
        Misconception("signs removed", sum_strengths, "What is 3 + (-2)?"),
        Misconception("sums kept in 8 bits", sum_in_bytes, _BYTES),
        Misconception(
            "first column of each window only",
            sum_of_rows,
            "A window has rows and columns. Over which of them do you add up?",
        ),
        Misconception(
            "sum of the whole image",
            sum_of_all,
            "Each number of the result belongs to one window. Which cells do you add up?",
        ),
        Misconception("stride of 1 when none is given", sum_stride_one, _STRIDE_NONE),
        Misconception("stride of 2 when none is given", sum_stride_two, _STRIDE_NONE),
        Misconception(
            "stride ignored",
            sum_stride_ignored,
            "Call it with stride=1 and with stride=2 and compare the shapes: what should change?",
        ),
        Misconception("stride on the rows only", sum_stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", sum_stride_on_columns_only, _ONE_AXIS),
        Misconception("windows that do not fit counted", sum_partial_windows, _PARTLY),
        Misconception(
            "last window missing",
            sum_last_window_missing,
            "How many windows of 2 fit in a row of 4 cells? Count with your finger, then compare with your formula.",
        ),
        Misconception("rows and columns swapped", sum_transposed, _TRANSPOSED),
        Misconception("always 2 × 2", sum_always_two, _SIZE_IGNORED),
        Misconception("channels pooled together", sum_over_channels, _OWN_CHANNEL),
        Misconception("always three channels", sum_three_channels, _DEPTH),
        Misconception("windows one cell apart", sum_windows_not_moved, _SHIFTED),
    ),
)

global_avg_pool = Exercise(
    name="global_avg_pool",
    signature="global_avg_pool(x)",
    asks="Take the mean of each channel of an array of shape (H, W, C): C numbers come out.",
    reference=ops.global_avg_pool,
    public=(
        Property(
            "values",
            "gives the mean of each channel",
            _on(deep_map()),
        ),
        Property(
            "input kept",
            "leaves the array as it was",
            _on(deep_map()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("one mean for everything", global_mean_of_all, "How many numbers should 3 channels give?"),
        Misconception(
            "mean of each column",
            global_mean_of_rows,
            "Print your result's shape. Over which axes must the mean be taken so that only the channels are left?",
        ),
        Misconception("channels averaged away", global_mean_of_last_axes, "Which of the three axes should be left?"),
        Misconception("mean of each pixel", global_mean_of_channels, "Which of the three axes should be left?"),
        Misconception("largest number", global_max, "The mean of a channel, not its largest number."),
        Misconception("sum", global_sum, "A channel of equal numbers should give that number. Does yours?"),
        Misconception(
            "axes kept",
            global_axes_kept,
            "The result is a row of C numbers: compare its shape with (C,).",
        ),
        Misconception(
            "height taken for the width",
            global_divided_by_height_squared,
            "How many pixels has an image of 2 × 5?",
        ),
        Misconception(
            "divided by all numbers",
            global_divided_by_all,
            "By how many numbers must the sum of one channel be divided? x.size counts all channels.",
        ),
        Misconception("decimals cut off", global_whole_numbers, "What is the mean of 1 and 2?"),
        Misconception("always three channels", global_three_channels, _DEPTH),
        Misconception("median", global_median, "The mean is the sum divided by the count: what is it for 0, 0, 6?"),
    ),
)

EXERCISES = (relu, max_pool2d, avg_pool2d, sum_pool2d, global_avg_pool, sigmoid, softmax)

# A question with numbers of one's own --------------------------------------------------------------


def _small_map(random):
    return {"feature_map": [[random.randint(-9, 9) for _ in range(4)] for _ in range(4)]}


def _pooled(combine, feature_map, least=0):
    windows = np.maximum(feature_map, least).reshape(2, 2, 2, 2)
    return tuple(round(float(value), 2) for value in combine(windows, axis=(1, 3)).ravel())


QUESTIONS = (
    Question(
        "relu_then_pool",
        "The feature map{feature_map}goes through a ReLU, then through max pooling with windows of 2 × 2 and stride 2. "
        "Which four numbers come out? Write the first row, then the second.",
        _small_map,
        lambda feature_map: _pooled(np.max, feature_map),
        (
            Misconception(
                "ReLU left out",
                lambda feature_map: _pooled(np.max, feature_map, least=-9),
                "After a ReLU no number is negative.",
            ),
            Misconception(
                "average pooling",
                lambda feature_map: _pooled(np.mean, feature_map),
                "Max pooling takes the largest number of each window, not the mean.",
            ),
            Misconception(
                "signs removed",
                lambda feature_map: _pooled(np.max, np.abs(feature_map)),
                "A ReLU makes 0 of a negative number; it does not turn its sign.",
            ),
            Misconception(
                "down first, then across",
                lambda feature_map: _pooled(np.max, np.transpose(feature_map)),
                "The results are written row by row.",
            ),
        ),
    ),
)
