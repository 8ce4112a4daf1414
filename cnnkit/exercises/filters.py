"""Lesson 02: borders around images, named filters, and filtered photos."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import kernels, ops
from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import lay_out
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "02-filters-and-padding"

MODES = ("zero", "reflect", "symmetric")
MIRRORED = ("reflect", "symmetric")


# What the functions are tried on ------------------------------------------------------------------


@st.composite
def mode_call(draw, *arguments, mode: str) -> Call:
    """A call with a mode, by position or by name; "zero" may also be left out."""
    ways = ["name", "position"] + ["default"] * (2 if mode == "zero" else 0)
    way = draw(st.sampled_from(ways))
    if way == "default":
        return Call(arguments)
    return Call(arguments, {"mode": mode}) if way == "name" else Call((*arguments, mode))


@st.composite
def padding(
    draw,
    modes=MODES,
    kinds=(WHOLE, TENTHS, BYTES),
    pads=(1, 2, 0, 3),
    largest: int = 6,
    oblong: bool = False,
    tight: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of pad2d: an image that is large enough to be mirrored so far.

    Parameters
    ----------
    modes, kinds, pads
        What to choose from.
    largest : int, optional
        The longest side of the image.
    oblong : bool, optional
        The image is not square.
    tight : bool, optional
        One side is as short as the mode allows.
    layout : strategy, optional
    """
    mode, pad, kind = draw(st.sampled_from(modes)), draw(st.sampled_from(pads)), draw(st.sampled_from(kinds))
    least = max(1, pad + {"zero": -pad, "reflect": 1, "symmetric": 0}[mode])
    shape = [draw(st.integers(least, largest)) for _ in range(2)]
    if tight:
        shape[draw(st.sampled_from((0, 1)))] = least
    if oblong and shape[0] == shape[1]:
        shape[draw(st.sampled_from((0, 1)))] += 1
    image = draw(inputs.numbers(tuple(shape), kind))
    if layout is not None:
        image = lay_out(image, draw(layout))
    return draw(mode_call(image, pad, mode=mode))


@st.composite
def odd_kernel_and_size(
    draw, mode: str, largest: int = 8, oblong: bool = False, tight: bool = False, least: int = 1
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shapes of an image and of a kernel with odd sides that fits in it.

    The image can be mirrored by the longer of the kernel's two reaches on every side, so that a border of one width
    all around, cut afterwards, is a right way too.
    """
    sides = [side for side in (3, 1, 5, 7) if least <= side <= largest]
    h, w = draw(st.sampled_from(sides)), draw(st.sampled_from(sides))
    if oblong and h == w:
        h, w = draw(st.sampled_from([(a, b) for a in sides for b in sides if a != b]))
    reach = max(h // 2, w // 2) + {"zero": -9, "reflect": 1, "symmetric": 0}[mode]
    least_height, least_width = max(h, reach, 1), max(w, reach, 1)
    height = least_height if tight else draw(st.integers(least_height, largest))
    width = least_width if tight else draw(st.integers(least_width, largest))
    if oblong and height == width:
        width += 1
    return (height, width), (h, w)


@st.composite
def same_size(
    draw,
    modes=MODES,
    kind: tuple[str, str] | None = None,
    oblong: bool = False,
    tight: bool = False,
    least: int = 1,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of conv2d_same."""
    mode = draw(st.sampled_from(modes))
    image_kind, kernel_kind = kind or draw(inputs.kinds())
    image_size, kernel_size = draw(odd_kernel_and_size(mode, oblong=oblong, tight=tight, least=least))
    image = draw(inputs.numbers(image_size, image_kind))
    kernel = draw(inputs.numbers(kernel_size, kernel_kind))
    if layout is not None:
        image, kernel = lay_out(image, draw(layout)), lay_out(kernel, draw(layout))
    return draw(mode_call(image, kernel, mode=mode))


@st.composite
def picture(
    draw,
    smallest: int = 3,
    largest: int = 7,
    kinds=(WHOLE, TENTHS, BYTES),
    oblong: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> np.ndarray:
    """A grey image of at least `smallest` rows and columns."""
    height, width = draw(st.integers(smallest, largest)), draw(st.integers(smallest, largest))
    if oblong and height == width:
        width += 1
    image = draw(inputs.numbers((height, width), draw(st.sampled_from(kinds))))
    return image if layout is None else lay_out(image, draw(layout))


@st.composite
def photo_and_kernel(
    draw,
    sorts=("blur", "whole", "mixed"),
    depths=(3, 1, 2, 5),
    oblong: bool = False,
    tight: bool = False,
    least: int = 1,
    layout: st.SearchStrategy[str] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """An 8-bit image with channels and a kernel with odd sides.

    Every answer is a whole number over an odd one, so never halfway between two whole numbers.

    Parameters
    ----------
    sorts : tuple of str
        ``"blur"``: weights of at least 0 that add up to 1 or a little less, so that the answers stay in 0..255 and
        need rounding. ``"whole"``: whole weights, so that many answers lie outside. ``"mixed"``: both.
    """
    sort = draw(st.sampled_from(sorts))
    image_size, kernel_size = draw(odd_kernel_and_size("symmetric", 7, oblong=oblong, tight=tight, least=least))
    image = draw(inputs.numbers((*image_size, draw(st.sampled_from(depths))), BYTES))
    low, high = (0, 4) if sort == "blur" else (-4, 6)
    cells = kernel_size[0] * kernel_size[1]
    weights = draw(st.lists(st.integers(low, high), min_size=cells, max_size=cells))
    kernel = np.array(weights).reshape(kernel_size)
    if sort == "blur":
        kernel = kernel / (int(kernel.sum()) | 1)
    elif sort == "mixed":
        kernel = kernel / draw(st.sampled_from((3, 5, 7, 9)))
    if layout is not None:
        image, kernel = lay_out(image, draw(layout)), lay_out(kernel, draw(layout))
    return image, kernel


def box_call(n: int) -> Call:
    """A call of box_kernel: rounding is measured by the size of one weight."""
    return Call((n,), magnitude=1 / n**2)


def _alone(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    return calls.map(lambda call: [call])


def _on(arguments: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    return arguments.map(lambda drawn: [Call(drawn if isinstance(drawn, tuple) else (drawn,))])


# pad2d: wrong implementations ---------------------------------------------------------------------


def pad_always_zeros(image, pad, mode="zero"):
    return np.pad(image, pad)


def pad_mirrors_swapped(image, pad, mode="zero"):
    mode = {"zero": "constant", "reflect": "symmetric", "symmetric": "reflect"}[mode]
    return np.pad(image, pad, mode=mode)


def pad_always_edge_repeated(image, pad, mode="zero"):
    return np.pad(image, pad, mode="constant" if mode == "zero" else "symmetric")


def pad_never_edge_repeated(image, pad, mode="zero"):
    return np.pad(image, pad, mode="constant" if mode == "zero" else "reflect")


def pad_edge_stretched(image, pad, mode="zero"):
    return np.pad(image, pad, mode="constant" if mode == "zero" else "edge")


def pad_wrapped_around(image, pad, mode="zero"):
    return np.pad(image, pad, mode="constant" if mode == "zero" else "wrap")


def pad_one_cell_always(image, pad, mode="zero"):
    return np.pad(image, 1, mode={"zero": "constant"}.get(mode, mode))


def pad_at_the_end_only(image, pad, mode="zero"):
    return np.pad(image, (0, pad), mode={"zero": "constant"}.get(mode, mode))


def pad_at_the_start_only(image, pad, mode="zero"):
    return np.pad(image, (pad, 0), mode={"zero": "constant"}.get(mode, mode))


def pad_counted_once(image, pad, mode="zero"):
    return np.pad(image, (pad // 2, pad - pad // 2), mode={"zero": "constant"}.get(mode, mode))


def pad_rows_only(image, pad, mode="zero"):
    return np.pad(image, ((pad, pad), (0, 0)), mode={"zero": "constant"}.get(mode, mode))


def pad_columns_only(image, pad, mode="zero"):
    return np.pad(image, ((0, 0), (pad, pad)), mode={"zero": "constant"}.get(mode, mode))


def pad_not_mirrored(image, pad, mode="zero"):
    # The right cells, but in the order in which they stand in the image.
    n, m = image.shape
    if mode == "zero" or pad == 0:
        return np.pad(image, pad)
    skip = 1 if mode == "reflect" else 0
    rows = [*range(skip, pad + skip), *range(n), *range(n - pad - skip, n - skip)]
    columns = [*range(skip, pad + skip), *range(m), *range(m - pad - skip, m - skip)]
    return image[np.ix_(rows, columns)]


def pad_corners_empty(image, pad, mode="zero"):
    n, m = image.shape
    out = np.pad(image, pad, mode={"zero": "constant"}.get(mode, mode))
    for rows in (slice(0, pad), slice(pad + n, None)):
        for columns in (slice(0, pad), slice(pad + m, None)):
            out[rows, columns] = 0
    return out


def pad_ones(image, pad, mode="zero"):
    if mode == "zero":
        return np.pad(image, pad, constant_values=1)
    return np.pad(image, pad, mode=mode)


def pad_zero_pad_empties(image, pad, mode="zero"):
    out = np.pad(image, pad, mode={"zero": "constant"}.get(mode, mode))
    return out if pad else out[pad:-pad, pad:-pad]


def pad_transposed(image, pad, mode="zero"):
    return np.pad(image, pad, mode={"zero": "constant"}.get(mode, mode)).T


def pad_whole_numbers(image, pad, mode="zero"):
    return np.pad(image, pad, mode={"zero": "constant"}.get(mode, mode)).astype(int)


# conv2d_same --------------------------------------------------------------------------------------


def same_flipped(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode={"zero": "constant"}.get(mode, mode))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w))
    return (windows * kernel[::-1, ::-1]).sum(axis=(2, 3))


def same_always_zeros(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_mirrors_swapped(image, kernel, mode="zero"):
    h, w = kernel.shape
    mode = {"zero": "constant", "reflect": "symmetric", "symmetric": "reflect"}[mode]
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode=mode)
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_not_padded(image, kernel, mode="zero"):
    return (np.lib.stride_tricks.sliding_window_view(image, kernel.shape) * kernel).sum(axis=(2, 3))


def same_border_left_zero(image, kernel, mode="zero"):
    h, w = kernel.shape
    out = np.zeros(image.shape)
    valid = (np.lib.stride_tricks.sliding_window_view(image, (h, w)) * kernel).sum(axis=(2, 3))
    out[h // 2 : h // 2 + valid.shape[0], w // 2 : w // 2 + valid.shape[1]] = valid
    return out


def same_border_added_afterwards(image, kernel, mode="zero"):
    h, w = kernel.shape
    valid = (np.lib.stride_tricks.sliding_window_view(image, (h, w)) * kernel).sum(axis=(2, 3))
    return np.pad(valid, ((h // 2,), (w // 2,)), mode={"zero": "constant"}.get(mode, "edge"))


def same_always_one_cell(image, kernel, mode="zero"):
    padded = np.pad(image, 1, mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, kernel.shape) * kernel).sum(axis=(2, 3))


def same_reach_of_the_height(image, kernel, mode="zero"):
    padded = np.pad(image, kernel.shape[0] // 2, mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, kernel.shape) * kernel).sum(axis=(2, 3))


def same_reach_of_the_width(image, kernel, mode="zero"):
    padded = np.pad(image, kernel.shape[1] // 2, mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, kernel.shape) * kernel).sum(axis=(2, 3))


def same_reaches_swapped(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((w // 2,), (h // 2,)), mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_padded_at_the_end(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((0, h - 1), (0, w - 1)), mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_padded_twice_as_much(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h - 1,), (w - 1,)), mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_in_image_type(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode={"zero": "constant"}.get(mode, mode))
    sums = (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))
    if image.dtype.kind in "ui":
        sums = np.trunc(sums).astype(np.int64)
    return sums.astype(image.dtype)


def same_kernel_brought_to_sum_one(image, kernel, mode="zero"):
    total = kernel.sum()
    kernel = kernel / total if total else kernel
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3))


def same_transposed(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode={"zero": "constant"}.get(mode, mode))
    return (np.lib.stride_tricks.sliding_window_view(padded, (h, w)) * kernel).sum(axis=(2, 3)).T


# box_kernel ---------------------------------------------------------------------------------------


def box_of_ones(n):
    return np.ones((n, n))


def box_divided_by_side(n):
    return np.ones((n, n)) / n


def box_divided_by_nine(n):
    return np.ones((n, n)) / 9


def box_always_three(n):
    return np.ones((3, 3)) / 9


def box_whole_division(n):
    return np.ones((n, n), dtype=int) // (n * n)


def box_in_a_row(n):
    return np.ones(n * n) / (n * n)


def box_centre_heavier(n):
    middle = 1 + np.minimum(np.arange(n), np.arange(n)[::-1])
    weights = np.outer(middle, middle)
    return weights / weights.sum()


def box_only_odd(n):
    n += 1 - n % 2
    return np.ones((n, n)) / (n * n)


# top_sobel ----------------------------------------------------------------------------------------


def sobel_bottom(image):
    kernel = np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_left(image):
    kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_right(image):
    kernel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_unweighted(image):
    kernel = np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_strength(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    return np.abs((np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3)))


def sobel_same_size(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    padded = np.pad(image, 1)
    return (np.lib.stride_tricks.sliding_window_view(padded, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_same_size_mirrored(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    padded = np.pad(image, 1, mode="symmetric")
    return (np.lib.stride_tricks.sliding_window_view(padded, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_in_image_type(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    sums = (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))
    return sums.astype(image.dtype)


def sobel_negatives_cut(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    return np.maximum((np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3)), 0)


def sobel_divided(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]) / 4
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3))


def sobel_transposed(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=(2, 3)).T


# filter_image -------------------------------------------------------------------------------------


def filter_wraps_around(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.round((windows * kernel).sum(axis=(3, 4))).astype(np.int64).astype(np.uint8)


def filter_clips_above_only(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.round((windows * kernel).sum(axis=(3, 4)))
    return np.minimum(answers, 255).astype(np.int64).astype(np.uint8)


def filter_clips_below_only(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.round((windows * kernel).sum(axis=(3, 4)))
    return np.maximum(answers, 0).astype(np.int64).astype(np.uint8)


def filter_clips_to_256(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 256)
    return answers.astype(np.int64).astype(np.uint8)


def filter_takes_strength(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.abs(np.round((windows * kernel).sum(axis=(3, 4))))
    return np.minimum(answers, 255).astype(np.uint8)


def filter_stretches(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = (windows * kernel).sum(axis=(3, 4))
    span = answers.max() - answers.min()
    answers = (answers - answers.min()) / (span if span else 1)
    return np.round(255 * answers).astype(np.uint8)


def filter_cuts_decimals(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.clip((windows * kernel).sum(axis=(3, 4)), 0, 255)
    # A sum that is a whole number but for the last bit stays that number.
    return np.floor(answers + 1e-9).astype(np.uint8)


def filter_rounds_up(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    answers = np.clip((windows * kernel).sum(axis=(3, 4)), 0, 255)
    return np.ceil(answers - 1e-9).astype(np.uint8)


def filter_pads_zeros(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 255).astype(np.uint8)


def filter_edge_not_repeated(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 255).astype(np.uint8)


def filter_flips(image, kernel):
    kernel = kernel[::-1, ::-1]
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 255).astype(np.uint8)


def filter_not_padded(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape, axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 255).astype(np.uint8)


def filter_stays_float(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(3, 4))), 0, 255)


def filter_adds_channels(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.round((windows * kernel).sum(axis=(2, 3, 4))), 0, 255).astype(np.uint8)


def filter_three_channels(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    out = np.zeros(image.shape, dtype=np.uint8)
    for channel in range(3):
        out[:, :, channel] = np.clip(np.round((windows[:, :, channel] * kernel).sum(axis=(2, 3))), 0, 255)
    return out


def filter_first_channel_only(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    out = image.copy()
    out[:, :, 0] = np.clip(np.round((windows[:, :, 0] * kernel).sum(axis=(2, 3))), 0, 255)
    return out


# The exercises ------------------------------------------------------------------------------------

_BOTH_SIDES = "On the row 1 2 3 with pad 1, how many cells are new, and where do they stand? Look at all four sides."
_MODES = "Pad the row 1 2 3 with each of the three modes and compare the results with the lesson's table."
_TRANSPOSED = "Try an image that is wider than high: is your result wider than high too?"
_TYPE = "What is 200 + 100 in np.uint8? Look at the dtype of the array that holds your results."
_ZEROS = "Are the zeros of your kernel in the middle row or in the middle column?"
_REACH = "A kernel of 3 × 5 reaches one row up and down, but how many columns to the left and right?"

pad2d = Exercise(
    name="pad2d",
    signature='pad2d(image, pad, mode="zero")',
    asks=(
        "Put a border of `pad` cells around a 2-D image: of zeros, or mirrored without repeating the edge "
        '("reflect"), or mirrored with the edge repeated ("symmetric").'
    ),
    reference=ops.pad2d,
    public=(
        Property(
            "values",
            "puts `pad` cells on every side: zeros, or the image mirrored as the mode says",
            # The mirrors twice as often: there are more mistakes to tell apart.
            _alone(padding(modes=(*MODES, *MIRRORED), kinds=(WHOLE, TENTHS))),
        ),
        Property(
            "no border",
            "gives the image itself when pad is 0",
            _alone(padding(pads=(0,))),
        ),
        Property(
            "inputs kept",
            "leaves the image as it was",
            _alone(padding()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("mode ignored", pad_always_zeros, "Where in your code does `mode` decide anything?"),
        Misconception("the two mirrors exchanged", pad_mirrors_swapped, _MODES),
        Misconception(
            "edge repeated in both mirrors",
            pad_always_edge_repeated,
            'Where does the mirror stand in "reflect": between two cells, or on the outermost cell?',
        ),
        Misconception(
            "edge repeated in neither mirror",
            pad_never_edge_repeated,
            'Where does the mirror stand in "symmetric": on the outermost cell, or beyond it?',
        ),
        Misconception(
            "edge stretched instead of mirrored",
            pad_edge_stretched,
            "With pad 2, the second cell of the border is not a copy of the first: what does a mirror show there?",
        ),
        Misconception(
            "other side of the image taken",
            pad_wrapped_around,
            "The border at the left mirrors what lies near the left edge. From which side do your numbers come?",
        ),
        Misconception(
            "always one cell",
            pad_one_cell_always,
            "Pad with 1 and with 2, and compare the shapes: what should change?",
        ),
        Misconception("border at the end only", pad_at_the_end_only, _BOTH_SIDES),
        Misconception("border at the start only", pad_at_the_start_only, _BOTH_SIDES),
        Misconception(
            "pad shared by both sides",
            pad_counted_once,
            "`pad` counts the cells on each side. By how many rows does the image grow in all?",
        ),
        Misconception("rows only", pad_rows_only, "An image has four sides. Which of them got a border?"),
        Misconception("columns only", pad_columns_only, "Did the image also become higher?"),
        Misconception(
            "copied, not mirrored",
            pad_not_mirrored,
            "Read your border from the edge outwards: in a mirror, what is near the edge stays near the edge.",
        ),
        Misconception(
            "corners left empty",
            pad_corners_empty,
            "Look at the four corners. If you mirror the columns after the rows, what fills them?",
        ),
        Misconception("ones instead of zeros", pad_ones, 'What does the border hold when mode is "zero"?'),
        Misconception(
            "pad 0 empties the image",
            pad_zero_pad_empties,
            "What is a[0:-0], and why? With pad 0 the image must come back as it is.",
        ),
        Misconception("rows and columns swapped", pad_transposed, _TRANSPOSED),
        Misconception(
            "decimals cut off",
            pad_whole_numbers,
            "What is left of 0.5 in an array of whole numbers? Look at the dtype of your new array.",
        ),
    ),
)

conv2d_same = Exercise(
    name="conv2d_same",
    signature='conv2d_same(image, kernel, mode="zero")',
    asks=(
        "Pad a 2-D image so that a kernel with odd sides can be centred on each of its cells, and convolve it: "
        "the map has the image's size."
    ),
    reference=ops.conv2d_same,
    public=(
        Property(
            "values",
            "centres the kernel on every cell of the image, with the border that the mode says",
            _alone(same_size(kind=(WHOLE, WHOLE)) | same_size(kind=(TENTHS, WHOLE))),
        ),
        Property(
            "wide and high kernels",
            "works for kernels such as 3 × 5, whose sides differ",
            _alone(same_size(kind=(WHOLE, WHOLE), oblong=True)),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            _alone(same_size(kind=(BYTES, WHOLE)) | same_size(kind=(BYTES, TENTHS))),
        ),
        Property(
            "inputs kept",
            "leaves the image and the kernel as they were",
            _alone(same_size(kind=(TENTHS, TENTHS))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "kernel flipped",
            same_flipped,
            "The kernel is laid on the image as it is. Which image cell meets the kernel's top left number?",
        ),
        Misconception("mode ignored", same_always_zeros, "Where in your code does `mode` decide anything?"),
        Misconception("the two mirrors exchanged", same_mirrors_swapped, _MODES),
        Misconception(
            "not padded",
            same_not_padded,
            "The map should have as many rows and columns as the image. What is missing before the kernel slides?",
        ),
        Misconception(
            "border of the map left zero",
            same_border_left_zero,
            "At the edge the kernel lies partly on the border, partly on the image: its answer is not simply 0.",
        ),
        Misconception(
            "map padded instead of image",
            same_border_added_afterwards,
            "Does the border come around the image, before the kernel slides, or around the map, afterwards?",
        ),
        Misconception(
            "always one cell of border",
            same_always_one_cell,
            "One cell is right for a kernel of 3. How far does a kernel of 5 reach beyond its middle?",
        ),
        Misconception("height taken for both directions", same_reach_of_the_height, _REACH),
        Misconception("width taken for both directions", same_reach_of_the_width, _REACH),
        Misconception("reach up and reach sideways swapped", same_reaches_swapped, _REACH),
        Misconception(
            "border at the end only",
            same_padded_at_the_end,
            "For the map's cell [0, 0], which image cell should lie under the kernel's middle?",
        ),
        Misconception(
            "border twice as wide",
            same_padded_twice_as_much,
            "Compare the sizes of the map and the image: by how many rows does a kernel of 3 shrink an image?",
        ),
        Misconception("sums kept in the image's type", same_in_image_type, _TYPE),
        Misconception(
            "kernel brought to sum 1",
            same_kernel_brought_to_sum_one,
            "The kernel is used as it is given: twice the kernel should give twice the map.",
        ),
        Misconception("rows and columns swapped", same_transposed, _TRANSPOSED),
    ),
)

box_kernel = Exercise(
    name="box_kernel",
    signature="box_kernel(n)",
    asks="Make the kernel of n × n equal weights that answers with the average of its window.",
    reference=kernels.box_kernel,
    public=(
        Property(
            "values",
            "gives n × n equal weights whose sum is 1",
            st.integers(1, 9).map(lambda n: [box_call(n)]),
        ),
        Property(
            "same answer again",
            "gives the same kernel when it is called again, whatever came between",
            st.tuples(st.integers(1, 6), st.integers(1, 6)).map(
                lambda pair: [box_call(pair[0]), box_call(pair[1]), box_call(pair[0])]
            ),
        ),
    ),
    misconceptions=(
        Misconception("not divided", box_of_ones, "What does your kernel answer on an image of ones? An average is 1."),
        Misconception(
            "divided by the side",
            box_divided_by_side,
            "How many weights has a kernel of n rows and n columns? Their sum should be 1.",
        ),
        Misconception("always divided by 9", box_divided_by_nine, "Why 9 for a 3 × 3 kernel? And for 5 × 5?"),
        Misconception("always 3 × 3", box_always_three, "Print the shape for n = 5: where does your code use n?"),
        Misconception("whole-number division", box_whole_division, "What is 1 // 9, and what is 1 / 9?"),
        Misconception(
            "in one row",
            box_in_a_row,
            "A kernel has rows and columns: compare the shape of yours with (n, n).",
        ),
        Misconception(
            "middle heavier",
            box_centre_heavier,
            "In an average every cell counts alike: are all of your weights equal?",
        ),
        Misconception("odd sides only", box_only_odd, "Print the shape for n = 2. An even n is allowed here."),
    ),
)

top_sobel = Exercise(
    name="top_sobel",
    signature="top_sobel(image)",
    asks=(
        "Convolve a grey image with [[1, 2, 1], [0, 0, 0], [-1, -2, -1]], only where the kernel fits: "
        "positive where it is bright above and dark below."
    ),
    reference=ops.top_sobel,
    public=(
        Property(
            "values",
            "gives the answer of the top Sobel kernel at every place where it fits",
            _on(picture(kinds=(BYTES, WHOLE, BYTES, TENTHS))),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            _on(picture(kinds=(BYTES,))),
        ),
        Property(
            "input kept",
            "leaves the image as it was",
            _on(picture()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "upside down",
            sobel_bottom,
            "Try an image that is 9 in the upper half and 0 in the lower: the answers should be positive.",
        ),
        Misconception(
            "left edges", sobel_left, "Are the zeros of your kernel in the middle row or in the middle column?"
        ),
        Misconception(
            "right edges", sobel_right, "Are the zeros of your kernel in the middle row or in the middle column?"
        ),
        Misconception(
            "all weights 1",
            sobel_unweighted,
            "In the Sobel kernel the middle column counts more than its neighbours: compare the numbers.",
        ),
        Misconception(
            "sign lost",
            sobel_strength,
            "Bright above and dark above are told apart by the sign. Where does yours get lost?",
        ),
        Misconception(
            "padded with zeros",
            sobel_same_size,
            "Nothing is added around the image here: how many rows are left of 5, with a kernel of 3?",
        ),
        Misconception(
            "padded with a mirror",
            sobel_same_size_mirrored,
            "Nothing is added around the image here: how many rows are left of 5, with a kernel of 3?",
        ),
        Misconception("sums kept in the image's type", sobel_in_image_type, _TYPE),
        Misconception(
            "negative answers cut off",
            sobel_negatives_cut,
            "Where it is dark above and bright below, the answer is negative: it should stay so.",
        ),
        Misconception(
            "divided by 4",
            sobel_divided,
            "The weights are used as they stand. What is the largest of yours?",
        ),
        Misconception("rows and columns swapped", sobel_transposed, _TRANSPOSED),
    ),
)

_CLIP = "Which answers have no place in 8 bits? Look at both ends: below 0, and above 255."

filter_image = Exercise(
    name="filter_image",
    signature="filter_image(image, kernel)",
    asks=(
        "Filter each channel of an 8-bit image with the kernel, with a symmetric border; round to the nearest "
        "whole number, clip to 0..255, and give an 8-bit image of the same shape back."
    ),
    reference=ops.filter_image,
    public=(
        Property(
            "values",
            "filters each channel on its own, rounds to the nearest whole number and clips to 0..255",
            _on(photo_and_kernel(depths=(3, 1, 2))),
        ),
        Property(
            "bright and dark",
            "gives 255 where the answer is larger and 0 where it is negative",
            _on(photo_and_kernel(sorts=("whole",), depths=(1, 3))),
        ),
        Property(
            "8 bits",
            "gives an image of type uint8",
            _on(photo_and_kernel()),
            keeps_dtype=True,
        ),
        Property(
            "inputs kept",
            "leaves the image and the kernel as they were",
            _on(photo_and_kernel(sorts=("mixed",), depths=(3,))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("cast without clipping", filter_wraps_around, "What becomes of 256 in np.uint8, and of -1?"),
        Misconception("clipped at 255 only", filter_clips_above_only, _CLIP),
        Misconception("clipped at 0 only", filter_clips_below_only, _CLIP),
        Misconception("clipped at 256", filter_clips_to_256, "What is the largest number that fits in 8 bits?"),
        Misconception(
            "negative answers turned round",
            filter_takes_strength,
            "Darker than black is black: what should become of an answer of -200?",
        ),
        Misconception(
            "stretched to the full range",
            filter_stretches,
            "An image of a single grey, under a blur, should keep its grey. Does yours?",
        ),
        Misconception(
            "decimals cut off",
            filter_cuts_decimals,
            "Turning 99.9 into a whole number by its type alone gives 99. Which whole number is nearest?",
        ),
        Misconception("rounded up", filter_rounds_up, "Which whole number is nearest to 99.1?"),
        Misconception(
            "border of zeros",
            filter_pads_zeros,
            "Blur an image of a single grey: is your result darker near its edges?",
        ),
        Misconception(
            "edge not repeated",
            filter_edge_not_repeated,
            'Which of the two mirrors does the task ask for, "reflect" or "symmetric"?',
        ),
        Misconception(
            "kernel flipped",
            filter_flips,
            "The kernel is laid on the image as it is. Which image cell meets the kernel's top left number?",
        ),
        Misconception(
            "not padded",
            filter_not_padded,
            "The result should have the image's height and width. What is missing before the kernel slides?",
        ),
        Misconception(
            "left as floats",
            filter_stays_float,
            "Print the dtype of your result: photos are stored as np.uint8.",
        ),
        Misconception(
            "channels added up",
            filter_adds_channels,
            "Colour should stay colour: compare your result's shape with (H, W, C).",
        ),
        Misconception(
            "always three channels",
            filter_three_channels,
            "Where does your code find out how many channels there are? Try one channel, and try five.",
        ),
        Misconception(
            "first channel only",
            filter_first_channel_only,
            "Compare the last channel of your result with the last channel of the image.",
        ),
    ),
)

EXERCISES = (pad2d, conv2d_same, top_sobel, box_kernel, filter_image)

# A question with numbers of one's own --------------------------------------------------------------


def _picture_border_and_kernel(random):
    return {
        "height": random.randint(20, 60),
        "width": random.randint(61, 120),
        "pad": random.randint(1, 4),
        "side": random.choice((3, 5, 7, 9)),
    }


def _map_size(height, width, pad, side):
    return height + 2 * pad - side + 1, width + 2 * pad - side + 1


QUESTIONS = (
    Question(
        "map_with_border",
        "An image of {height} × {width} pixels gets a border of {pad} cells on every side.\nThen a kernel of "
        "{side} × {side} slides over it, one cell at a time. How large is the feature map (height x width)?",
        _picture_border_and_kernel,
        _map_size,
        (
            Misconception(
                "border counted once",
                lambda height, width, pad, side: (height + pad - side + 1, width + pad - side + 1),
                "The border is above and below, left and right: how much higher does the image become?",
            ),
            Misconception(
                "border left out",
                lambda height, width, pad, side: (height - side + 1, width - side + 1),
                "The image is larger before the kernel slides over it: by how much?",
            ),
            Misconception(
                "one place too few",
                lambda height, width, pad, side: (height + 2 * pad - side, width + 2 * pad - side),
                "In a row of exactly as many cells as the kernel is wide, the kernel has one place to stand, not none.",
            ),
            Misconception(
                "padded image",
                lambda height, width, pad, side: (height + 2 * pad, width + 2 * pad),
                "That is the image with its border. The kernel must fit in it entirely.",
            ),
            Misconception(
                "same size",
                lambda height, width, pad, side: (height, width),
                "The map has the image's size only when the border is as wide as half the kernel, rounded down.",
            ),
            Misconception(
                "height and width swapped",
                lambda height, width, pad, side: _map_size(width, height, pad, side),
                "A size is written height first, then width.",
            ),
        ),
    ),
)
