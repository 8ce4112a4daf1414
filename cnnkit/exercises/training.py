"""Lesson 06: the loss, gradients by hand, filters to look at, and a network that learns."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.exercises import inputs, signs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import lay_out
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.pooling import feature_map
from cnnkit.exercises.questions import Question

LESSON = "06-train-a-cnn"


# What the exercises are tried on ------------------------------------------------------------------


@st.composite
def classified(
    draw,
    rows: st.SearchStrategy[int] | None = None,
    square: bool = False,
    small: bool = False,
    impossible: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of cross_entropy: probabilities in hundredths, and the right labels.

    Parameters
    ----------
    rows : strategy, optional
        How many examples.
    square : bool, optional
        As many labels as examples, so that rows and columns can be confused.
    small : bool, optional
        Some right labels have a probability of a thousandth or less.
    impossible : bool, optional
        Some right labels, one at least, have probability 0.
    layout : strategy, optional
    """
    count = draw(st.integers(1, 4) if rows is None else rows)
    kinds = count if square else draw(st.integers(2, 5))
    probs, labels = np.zeros((count, kinds)), np.zeros(count, np.int64)
    hopeless = draw(st.integers(0, count - 1))
    for row in range(count):
        cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=kinds - 1, max_size=kinds - 1)))
        shares = np.diff([0, *cuts, 100])
        possible = np.flatnonzero(shares)
        labels[row] = draw(st.sampled_from(possible.tolist()))
        probs[row] = shares / 100
        if kinds > 1 and small and draw(st.booleans()):
            probs[row], other = 0, (labels[row] + 1) % kinds
            probs[row, labels[row]] = draw(st.sampled_from((0.001, 1e-4, 1e-5)))
            probs[row, other] = 1 - probs[row, labels[row]]
        if impossible and (row == hopeless or draw(st.booleans())):
            other = (labels[row] + 1) % kinds
            probs[row, other] += probs[row, labels[row]]
            probs[row, labels[row]] = 0
    # As a probability is at most 1, so is what its rounding is relative to.
    return Call((probs if layout is None else lay_out(probs, draw(layout)), labels), magnitude=1.0)


@st.composite
def activated(
    draw,
    kinds=((WHOLE, WHOLE), (TENTHS, TENTHS), (TENTHS, WHOLE), (WHOLE, TENTHS)),
    axes=(2, 1, 3, 4),
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of relu_backward, without a 0 among the inputs, where a ReLU has no slope."""
    kind, grad_kind = draw(st.sampled_from(kinds))
    x = draw(feature_map(kinds=(kind,), axes=axes))
    x = np.where(x == 0, draw(st.sampled_from((1, -1))), x)
    grad = draw(inputs.numbers(x.shape, grad_kind))
    if layout is not None and x.ndim > 1:
        x, grad = lay_out(x, draw(layout)), lay_out(grad, draw(layout))
    return Call((x, grad))


@st.composite
def pooled(
    draw,
    kinds=(WHOLE, TENTHS, BYTES),
    sizes=(2, 3, 1, 4),
    ties: bool = False,
    distinct: bool = False,
    rest: bool | None = None,
    oblong: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of max_pool2d_backward: at least one window fits.

    Parameters
    ----------
    kinds, sizes
        What to choose from. A size of 2 may be left out.
    ties : bool, optional
        Only the numbers 0, 1 and 2, or negative ones, so that most windows have several largest ones.
    distinct : bool, optional
        No two numbers are equal, and all are at least 1 apart.
    rest : bool, optional
        Whether some rows or columns fit in no window; drawn when absent.
    oblong : bool, optional
        As many windows down as across, never.
    layout : strategy, optional
    """
    size = draw(st.sampled_from(sizes))
    down, across = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    if oblong and down == across:
        across += 1
    left = [draw(st.integers(0, size - 1)) if rest is not False else 0 for _ in range(2)]
    if rest and not any(left) and size > 1:
        left[draw(st.integers(0, 1))] = draw(st.integers(1, size - 1))
    shape = down * size + left[0], across * size + left[1]
    # Before the map, so that the gradient keeps its numbers when the map shrinks.
    grad = draw(inputs.numbers((down, across), draw(st.sampled_from((WHOLE, TENTHS)))))
    if distinct:
        order = draw(st.permutations(range(shape[0] * shape[1])))
        x = np.array(order).reshape(shape) - shape[0] * shape[1] // 2
    elif ties:
        x = np.mod(draw(inputs.numbers(shape, WHOLE)), 3) - draw(st.sampled_from((0, 5)))
    else:
        x = draw(inputs.numbers(shape, draw(st.sampled_from(kinds))))
    if layout is not None:
        x, grad = lay_out(x, draw(layout)), lay_out(grad, draw(layout))
    if size == 2 and draw(st.booleans()):
        return Call((x, grad))
    return Call((x, grad, size)) if draw(st.booleans()) else Call((x, grad), {"size": size})


@st.composite
def convolved(
    draw,
    kind: tuple[str, str] | None = None,
    largest: int = 5,
    oblong: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of conv2d_backward: an image, a kernel that fits in it, and a gradient of the size of their map."""
    image, kernel = draw(inputs.image_and_kernel(None, kind, largest, oblong, layout))
    size = tuple(i - k + 1 for i, k in zip(image.shape, kernel.shape, strict=True))
    grad = draw(inputs.numbers(size, draw(st.sampled_from((WHOLE, TENTHS)))))
    return Call((image, kernel, grad if layout is None else lay_out(grad, draw(layout))))


@st.composite
def bank(
    draw,
    kinds=(WHOLE, TENTHS, BYTES),
    count: st.SearchStrategy[int] | None = None,
    constant: bool = False,
    small: bool = False,
    layout: st.SearchStrategy[str] | None = None,
) -> Call:
    """A call of normalize_filters, whose results are from 0 to 1.

    Parameters
    ----------
    kinds : tuple of str, optional
        Of numbers, to choose from.
    count : strategy, optional
        How many filters there are.
    constant : bool, optional
        One filter holds the same number everywhere.
    small : bool, optional
        The numbers are a hundredth as large, or a thousandth.
    layout : strategy, optional
    """
    number = draw(st.integers(1, 4) if count is None else count)
    shape = (number, draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.sampled_from((1, 3, 2))))
    if shape[1:] == (1, 1, 1):
        shape = (number, 1, 2, 1)
    filters = draw(inputs.numbers(shape, draw(st.sampled_from(kinds))))
    if constant:
        # A tenth, which has no exact sum, is as good a constant as any.
        filters[draw(st.integers(0, number - 1))] = draw(st.sampled_from((3, 0, 7)))
    if small:
        filters = filters / draw(st.sampled_from((100, 1000)))
    return Call((filters if layout is None else lay_out(filters, draw(layout)),), magnitude=1.0)


def one(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """Examples of a single call."""
    return calls.map(lambda call: [call])


def lost(calls: list[Call], values: list[np.ndarray]) -> str:
    """The loss is large where a right label had probability 0, at least 10 for each such example."""
    for call, value in zip(calls, values, strict=True):
        probs, labels = call.args
        chosen = probs[np.arange(len(labels)), labels]
        others = -np.log(chosen[chosen > 0]).sum()
        if np.real(value) * len(labels) - others < 10 * (chosen == 0).sum() - 1e-3:
            return "the loss is not large where the right label has probability 0"
    return ""


#: What `lost` says, for translators.
SENTENCES = ("the loss is not large where the right label has probability 0",)


# cross_entropy: wrong implementations -------------------------------------------------------------


def summed_up(probs, labels):
    chosen = probs[np.arange(len(labels)), labels]
    return -np.log(np.maximum(chosen, 1e-12)).sum()


def averaged_over_all_entries(probs, labels):
    wanted = np.eye(probs.shape[1])[labels]
    return -(wanted * np.log(np.maximum(probs, 1e-12))).mean()


def divided_by_the_number_of_labels(probs, labels):
    wanted = np.eye(probs.shape[1])[labels]
    return -(wanted * np.log(np.maximum(probs, 1e-12))).sum(axis=0).mean()


def infinite_at_zero(probs, labels):
    with np.errstate(divide="ignore"):
        return -np.log(probs[np.arange(len(labels)), labels]).mean()


def zeros_left_out(probs, labels):
    chosen = probs[np.arange(len(labels)), labels]
    return -np.log(np.where(chosen > 0, chosen, 1)).mean()


def sign_forgotten(probs, labels):
    return np.log(np.maximum(probs[np.arange(len(labels)), labels], 1e-12)).mean()


def binary_logarithm(probs, labels):
    return -np.log2(np.maximum(probs[np.arange(len(labels)), labels], 1e-12)).mean()


def decimal_logarithm(probs, labels):
    # Small enough that 0 is no excuse.
    return -np.log10(np.maximum(probs[np.arange(len(labels)), labels], 1e-12)).mean()


def all_rows_at_all_labels(probs, labels):
    return -np.log(np.maximum(probs[:, labels], 1e-12)).mean()


def rows_and_columns_swapped(probs, labels):
    return -np.log(np.maximum(probs[labels, np.arange(len(labels))], 1e-12)).mean()


def largest_probability(probs, labels):
    return -np.log(np.maximum(probs.max(axis=1), 1e-12)).mean()


def no_logarithm(probs, labels):
    return 1 - probs[np.arange(len(labels)), labels].mean()


def mean_before_the_logarithm(probs, labels):
    return -np.log(np.maximum(probs[np.arange(len(labels)), labels].mean(), 1e-12))


def other_labels_counted_too(probs, labels):
    wanted = np.eye(probs.shape[1])[labels]
    return -np.log(np.maximum(np.where(wanted == 1, probs, 1 - probs), 1e-12)).sum(axis=1).mean()


def squared_error(probs, labels):
    return ((probs - np.eye(probs.shape[1])[labels]) ** 2).sum(axis=1).mean()


def softmax_once_more(probs, labels):
    powers = np.exp(probs)
    chosen = (powers / powers.sum(axis=1, keepdims=True))[np.arange(len(labels)), labels]
    return -np.log(chosen).mean()


def too_much_added(probs, labels):
    return -np.log(probs[np.arange(len(labels)), labels] + 0.01).mean()


def one_loss_for_each_row(probs, labels):
    return -np.log(np.maximum(probs[np.arange(len(labels)), labels], 1e-12))


def counted_from_one(probs, labels):
    return -np.log(np.maximum(probs[np.arange(len(labels)), labels - 1], 1e-12)).mean()


# relu_backward ------------------------------------------------------------------------------------


def all_let_through(x, grad):
    return grad * 1.0


def only_the_mask(x, grad):
    return np.where(x > 0, 1.0, 0.0)


def masked_by_the_gradient(x, grad):
    return np.where(grad > 0, grad, 0)


def masked_by_both(x, grad):
    return np.where((x > 0) & (grad > 0), grad, 0)


def mask_turned_around(x, grad):
    return np.where(x > 0, 0, grad)


def times_the_input(x, grad):
    return np.maximum(x, 0) * grad


def forward_again(x, grad):
    return np.maximum(x, 0)


def input_where_the_gradient_is(x, grad):
    return np.where(grad > 0, x, 0)


def leaking(x, grad):
    return np.where(x > 0, grad, 0.01 * grad)


def by_the_sign(x, grad):
    return np.sign(x) * grad


def above_one_only(x, grad):
    return np.where(x > 1, grad, 0)


def only_what_passes(x, grad):
    return grad[x > 0]


# max_pool2d_backward ------------------------------------------------------------------------------


def to_all_that_are_largest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            window = x[i * size : (i + 1) * size, j * size : (j + 1) * size]
            out[i * size : (i + 1) * size, j * size : (j + 1) * size] = (window == window.max()) * grad[i, j]
    return out


def shared_by_all_that_are_largest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            window = x[i * size : (i + 1) * size, j * size : (j + 1) * size]
            largest = window == window.max()
            out[i * size : (i + 1) * size, j * size : (j + 1) * size] = largest * grad[i, j] / largest.sum()
    return out


def to_the_last_largest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            window = x[i * size : (i + 1) * size, j * size : (j + 1) * size]
            place = window.size - 1 - window.ravel()[::-1].argmax()
            out[i * size + place // size, j * size + place % size] = grad[i, j]
    return out


def to_the_first_down_the_columns(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].T.argmax()
            out[i * size + place % size, j * size + place // size] = grad[i, j]
    return out


def place_in_the_window_transposed(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmax()
            out[i * size + place % size, j * size + place // size] = grad[i, j]
    return out


def to_the_whole_window(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            out[i * size : (i + 1) * size, j * size : (j + 1) * size] = grad[i, j]
    return out


def spread_over_the_window(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            out[i * size : (i + 1) * size, j * size : (j + 1) * size] = grad[i, j] / size**2
    return out


def to_the_corner_of_the_window(x, grad, size=2):
    out = np.zeros(x.shape)
    out[: grad.shape[0] * size : size, : grad.shape[1] * size : size] = grad
    return out


def to_the_smallest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmin()
            out[i * size + place // size, j * size + place % size] = grad[i, j]
    return out


def to_the_strongest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = np.abs(x[i * size : (i + 1) * size, j * size : (j + 1) * size].astype(float)).argmax()
            out[i * size + place // size, j * size + place % size] = grad[i, j]
    return out


def largest_number_kept(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmax()
            out[i * size + place // size, j * size + place % size] = x[
                i * size + place // size, j * size + place % size
            ]
    return out


def times_the_largest_number(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmax()
            largest = x[i * size + place // size, j * size + place % size]
            out[i * size + place // size, j * size + place % size] = grad[i, j] * largest
    return out


def ones_at_the_largest(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmax()
            out[i * size + place // size, j * size + place % size] = 1
    return out


def rest_cut_off(x, grad, size=2):
    out = np.zeros((grad.shape[0] * size, grad.shape[1] * size))
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i * size : (i + 1) * size, j * size : (j + 1) * size].argmax()
            out[i * size + place // size, j * size + place % size] = grad[i, j]
    return out


def windows_from_the_far_end(x, grad, size=2):
    out = np.zeros(x.shape)
    top, left = x.shape[0] - grad.shape[0] * size, x.shape[1] - grad.shape[1] * size
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            row, column = top + i * size, left + j * size
            place = x[row : row + size, column : column + size].argmax()
            out[row + place // size, column + place % size] = grad[i, j]
    return out


def windows_overlap(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            place = x[i : i + size, j : j + size].argmax()
            out[i + place // size, j + place % size] += grad[i, j]
    return out


def windows_of_two(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(min(grad.shape[0], x.shape[0] // 2)):
        for j in range(min(grad.shape[1], x.shape[1] // 2)):
            place = x[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].argmax()
            out[2 * i + place // 2, 2 * j + place % 2] = grad[i, j]
    return out


def wherever_the_number_occurs(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            largest = x[i * size : (i + 1) * size, j * size : (j + 1) * size].max()
            out[x == largest] = grad[i, j]
    return out


# conv2d_backward ----------------------------------------------------------------------------------


def kernel_not_flipped(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    padded = np.pad(grad * 1.0, ((h - 1, h - 1), (w - 1, w - 1)))
    grad_image = np.zeros(image.shape)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            grad_image[i, j] = (padded[i : i + h, j : j + w] * kernel).sum()
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def kernel_gradient_flipped(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[h - 1 - p, w - 1 - q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def image_and_kernel_swapped(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_kernel, grad_image


def written_over(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] = grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def kernel_gradient_written_over(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
            grad_kernel = grad[i, j] * image[i : i + h, j : j + w]
    return grad_image, grad_kernel


def kernel_gradient_averaged(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).mean()
    return grad_image, grad_kernel


def gradient_taken_for_ones(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += kernel
            grad_kernel += image[i : i + h, j : j + w]
    return grad_image, grad_kernel


def window_in_place_of_kernel(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * image[i : i + h, j : j + w]
            grad_kernel += grad[i, j] * kernel
    return grad_image, grad_kernel


def sum_of_the_gradient(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = image[p : p + rows, q : q + columns].sum() * grad.sum()
    return grad_image, grad_kernel


def kernel_transposed(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    turned = kernel.T if h == w else kernel
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * turned
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def image_gradient_of_the_map_only(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i, j] = grad[i, j] * kernel.sum()
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def image_gradient_without_border(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    whole = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            whole[i : i + h, j : j + w] += grad[i, j] * kernel
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return whole[h - 1 : h - 1 + rows, w - 1 : w - 1 + columns], grad_kernel


def window_shifted_by_one(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros((image.shape[0] + 1, image.shape[1] + 1))
    grad_kernel = np.zeros(kernel.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i + 1 : i + 1 + h, j + 1 : j + 1 + w] += grad[i, j] * kernel
            grad_kernel += grad[i, j] * image[i : i + h, j : j + w]
    return grad_image[:-1, :-1], grad_kernel


def gradients_negative(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] -= grad[i, j] * kernel
            grad_kernel -= grad[i, j] * image[i : i + h, j : j + w]
    return grad_image, grad_kernel


def image_gradient_only(image, kernel, grad):
    (h, w), (rows, columns) = kernel.shape, grad.shape
    grad_image = np.zeros(image.shape)
    for i in range(rows):
        for j in range(columns):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
    return grad_image


# normalize_filters --------------------------------------------------------------------------------


def over_the_whole_bank(filters):
    span = filters.max() * 1.0 - filters.min()
    return (filters * 1.0 - filters.min()) / (span if span else 1)


def each_channel_on_its_own(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2), keepdims=True), filters.max(axis=(1, 2), keepdims=True)
    return (filters - low) / np.where(high > low, high - low, 1)


def each_place_over_the_filters(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=0), filters.max(axis=0)
    return (filters - low) / np.where(high > low, high - low, 1)


def divided_by_zero(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    with np.errstate(invalid="ignore"):
        return (filters - low) / (high - low)


def constant_becomes_one(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return np.where(high > low, (filters - low) / np.where(high > low, high - low, 1), 1.0)


def constant_becomes_a_half(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return np.where(high > low, (filters - low) / np.where(high > low, high - low, 1), 0.5)


def constant_stays(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return np.where(high > low, (filters - low) / np.where(high > low, high - low, 1), filters)


def divided_by_the_maximum(filters):
    filters = filters.astype(float)
    high = filters.max(axis=(1, 2, 3), keepdims=True)
    return filters / np.where(high != 0, high, 1)


def divided_by_the_strongest(filters):
    filters = filters.astype(float)
    high = np.abs(filters).max(axis=(1, 2, 3), keepdims=True)
    return filters / np.where(high != 0, high, 1)


def minimum_not_taken_from_the_span(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return (filters - low) / np.where(high != 0, high, 1)


def minimum_not_taken_from_the_weights(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return filters / np.where(high > low, high - low, 1)


def standardized(filters):
    filters = filters.astype(float)
    mean, deviation = filters.mean(axis=(1, 2, 3), keepdims=True), filters.std(axis=(1, 2, 3), keepdims=True)
    return (filters - mean) / np.where(deviation > 0, deviation, 1)


def from_minus_one(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return np.where(high > low, 2 * (filters - low) / np.where(high > low, high - low, 1) - 1, 0)


def up_to_255(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return 255 * (filters - low) / np.where(high > low, high - low, 1)


def cut_to_0_to_1(filters):
    return np.clip(filters, 0, 1)


def turned_around(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return np.where(high > low, (high - filters) / np.where(high > low, high - low, 1), 0)


def range_of_the_first_filter(filters):
    filters = filters.astype(float)
    low, high = filters[0].min(), filters[0].max()
    return (filters - low) / (high - low if high > low else 1)


def too_much_added_below(filters):
    filters = filters.astype(float)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return (filters - low) / (high - low + 0.001)


# train_and_predict --------------------------------------------------------------------------------


def the_most_frequent_label(images, labels, new_images):
    known, counts = np.unique(labels, return_counts=True)
    return np.full(len(new_images), known[counts.argmax()])


def not_trained(images, labels, new_images):
    rng = np.random.default_rng(0)
    hidden = np.maximum(new_images.reshape(len(new_images), -1) @ rng.normal(size=(64, 32)), 0)
    return (hidden @ rng.normal(size=(32, 10))).argmax(axis=1)


def a_single_step(images, labels, new_images):
    x = images.reshape(len(images), -1)
    error = np.full((len(x), 10), 0.1) - np.eye(10)[labels]
    weights = -0.5 * x.T @ error / len(x)
    return (new_images.reshape(len(new_images), -1) @ weights).argmax(axis=1)


def up_the_hill(images, labels, new_images):
    x, wanted = images.reshape(len(images), -1), np.eye(10)[labels]
    weights, bias = np.zeros((64, 10)), np.zeros(10)
    for _ in range(40):
        powers = np.exp(x @ weights + bias - (x @ weights + bias).max(axis=1, keepdims=True))
        error = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(x)
        weights, bias = weights + 0.5 * x.T @ error, bias + 0.5 * error.sum(axis=0)
    return (new_images.reshape(len(new_images), -1) @ weights + bias).argmax(axis=1)


def labels_left_behind(images, labels, new_images):
    rng = np.random.default_rng(0)
    x, wanted = images.reshape(len(images), -1), np.eye(10)[labels]
    x = x[rng.permutation(len(x))]
    weights, bias = np.zeros((64, 10)), np.zeros(10)
    for _ in range(40):
        powers = np.exp(x @ weights + bias - (x @ weights + bias).max(axis=1, keepdims=True))
        error = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(x)
        weights, bias = weights - 0.5 * x.T @ error, bias - 0.5 * error.sum(axis=0)
    return (new_images.reshape(len(new_images), -1) @ weights + bias).argmax(axis=1)


def one_image_after_the_other_once(images, labels, new_images):
    x = images.reshape(len(images), -1)
    weights, bias = np.zeros((64, 10)), np.zeros(10)
    for row, label in zip(x, labels, strict=True):
        scores = row @ weights + bias
        powers = np.exp(scores - scores.max())
        error = powers / powers.sum() - np.eye(10)[label]
        weights, bias = weights - 0.5 * np.outer(row, error), bias - 0.5 * error
    return (new_images.reshape(len(new_images), -1) @ weights + bias).argmax(axis=1)


def positions_among_the_labels(images, labels, new_images):
    known, places = np.unique(labels, return_inverse=True)
    x, wanted = images.reshape(len(images), -1), np.eye(len(known))[places]
    weights, bias = np.zeros((64, len(known))), np.zeros(len(known))
    for _ in range(150):
        powers = np.exp(x @ weights + bias - (x @ weights + bias).max(axis=1, keepdims=True))
        error = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(x)
        weights, bias = weights - 0.5 * x.T @ error, bias - 0.5 * error.sum(axis=0)
    return (new_images.reshape(len(new_images), -1) @ weights + bias).argmax(axis=1)


def probabilities_in_place_of_labels(images, labels, new_images):
    x, wanted = images.reshape(len(images), -1), np.eye(10)[labels]
    weights, bias = np.zeros((64, 10)), np.zeros(10)
    for _ in range(60):
        powers = np.exp(x @ weights + bias - (x @ weights + bias).max(axis=1, keepdims=True))
        error = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(x)
        weights, bias = weights - 0.5 * x.T @ error, bias - 0.5 * error.sum(axis=0)
    powers = np.exp(new_images.reshape(len(new_images), -1) @ weights + bias)
    return powers / powers.sum(axis=1, keepdims=True)


def labels_of_the_old_images(images, labels, new_images):
    x, wanted = images.reshape(len(images), -1), np.eye(10)[labels]
    weights, bias = np.zeros((64, 10)), np.zeros(10)
    for _ in range(60):
        powers = np.exp(x @ weights + bias - (x @ weights + bias).max(axis=1, keepdims=True))
        error = (powers / powers.sum(axis=1, keepdims=True) - wanted) / len(x)
        weights, bias = weights - 0.5 * x.T @ error, bias - 0.5 * error.sum(axis=0)
    return (x @ weights + bias).argmax(axis=1)


# The exercises ------------------------------------------------------------------------------------

_ONE_LOSS = "How many numbers does the loss look at for each example, and by what is their sum divided?"
_LOG = (
    "Which function of the probability is 0 at 1, and the larger, the smaller the probability is? By hand: -log(0.5)."
)
_ROW = "Row 0 belongs to the first example. At which column do you look in it, and at which in row 1?"
_ZERO = "Call it with a probability of 0 for the right label: the loss should be large, but a number."

cross_entropy = Exercise(
    name="cross_entropy",
    signature="cross_entropy(probs, labels)",
    asks=(
        "Give the mean, over all examples, of -log of the probability that each one's right label was given; large, "
        "but not infinite, where that probability is 0."
    ),
    reference=ops.cross_entropy,
    public=(
        Property(
            "values",
            "takes, in each row, the probability of the right label, and averages the negative natural logarithms",
            one(classified() | classified(square=True, rows=st.integers(2, 4)) | classified(small=True)),
        ),
        Property(
            "probability 0",
            "gives a large number, and not infinity, where the right label has probability 0",
            one(classified(impossible=True)),
            rule=lost,
        ),
        Property(
            "inputs kept",
            "leaves the probabilities and the labels as they were",
            one(classified()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("sum instead of mean", summed_up, _ONE_LOSS),
        Misconception("averaged over all entries of the table", averaged_over_all_entries, _ONE_LOSS),
        Misconception("divided by the number of labels", divided_by_the_number_of_labels, _ONE_LOSS),
        Misconception("one loss for each row", one_loss_for_each_row, _ONE_LOSS),
        Misconception("infinite at probability 0", infinite_at_zero, _ZERO),
        Misconception("probability 0 left out", zeros_left_out, _ZERO),
        Misconception(
            "too much added to the probability",
            too_much_added,
            "With a probability of 1 for the right label, the loss should be 0. How far below 0 is yours?",
        ),
        Misconception("sign forgotten", sign_forgotten, "The logarithm of a probability is negative. And the loss?"),
        Misconception("logarithm to base 2", binary_logarithm, _LOG),
        Misconception("logarithm to base 10", decimal_logarithm, _LOG),
        Misconception("no logarithm", no_logarithm, _LOG),
        Misconception("squared error", squared_error, _LOG),
        Misconception(
            "mean before the logarithm",
            mean_before_the_logarithm,
            "Is the logarithm of a mean the mean of the logarithms? Try 0.1 and 0.9.",
        ),
        Misconception("all labels in every row", all_rows_at_all_labels, _ROW),
        Misconception("rows and columns swapped", rows_and_columns_swapped, _ROW),
        Misconception("labels counted from 1", counted_from_one, "Which label does the first column stand for?"),
        Misconception(
            "largest probability in place of the right label's",
            largest_probability,
            "A network that is sure and wrong should have a large loss. Where do the labels come in?",
        ),
        Misconception(
            "other labels counted too",
            other_labels_counted_too,
            "Only the right label's probability counts here; what the wrong ones got follows from it.",
        ),
        Misconception(
            "softmax once more",
            softmax_once_more,
            "The rows are probabilities already: their sums are 1.",
        ),
    ),
)

_GATE = "A ReLU is a gate. What opens it: the number that went in, or the gradient that comes back?"
_PASSES = "Where the gate is open, the gradient passes as it is. What else is in your result?"

relu_backward = Exercise(
    name="relu_backward",
    signature="relu_backward(x, grad)",
    asks="Bring the gradient back through a ReLU: let it through where x was positive, and give 0 elsewhere.",
    reference=ops.relu_backward,
    public=(
        Property(
            "values",
            "lets the gradient through where x was positive, and gives 0 elsewhere",
            one(activated(kinds=((WHOLE, WHOLE),)) | activated()),
        ),
        Property(
            "inputs kept",
            "leaves x and the gradient as they were",
            one(activated()),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("everything let through", all_let_through, _GATE),
        Misconception("1 where the gate is open", only_the_mask, "How steep is what comes after? That is in `grad`."),
        Misconception("gate opened by the gradient", masked_by_the_gradient, _GATE),
        Misconception(
            "negative gradients stopped too",
            masked_by_both,
            "A gradient may be negative: then the loss falls when x grows. Why stop it?",
        ),
        Misconception("gate turned around", mask_turned_around, _GATE),
        Misconception("multiplied by x", times_the_input, _PASSES),
        Misconception("the ReLU itself", forward_again, "That is the way forward. Where does `grad` come in?"),
        Misconception(
            "x let through in place of the gradient",
            input_where_the_gradient_is,
            "Which of the two arrays should be seen in the result, and which one only decides?",
        ),
        Misconception("a little let through where x was negative", leaking, "How steep is a ReLU below 0?"),
        Misconception("sign turned where x was negative", by_the_sign, "How steep is a ReLU below 0?"),
        Misconception("open above 1 only", above_one_only, "Try x = 0.5: does a ReLU let it through?"),
        Misconception(
            "only what passes",
            only_what_passes,
            "Print your result's shape: each number of x has a gradient, even if it is 0.",
        ),
    ),
)

_TIE = (
    "When several numbers of a window are the largest, the gradient goes to the first one, row by row. To which in "
    "yours?"
)
_LARGEST = "Change a number that is not the largest of its window, a little: does the pooled map change?"
_PLACE = "The place in the window counts row by row. Which row and which column is place 1 in a window of 2 × 2?"
_WINDOWS = "Window (i, j) begins at row i * size and column j * size. Where do yours begin, and where do they end?"
_STEEP = "How much does the pooled number grow when the largest one grows by 1? And the loss, by `grad`?"


def _max_pool2d_backward(x, grad, size=2):
    # The reference can do more than is asked for: other strides, channels, batches.
    return ops.max_pool2d_backward(x, grad, size)


max_pool2d_backward = Exercise(
    name="max_pool2d_backward",
    signature="max_pool2d_backward(x, grad, size=2)",
    asks=(
        "Bring the gradient back through max pooling with windows that touch: each window's gradient goes to its "
        "largest number, the first in row order if there are several, and everything else gets 0."
    ),
    reference=_max_pool2d_backward,
    public=(
        Property(
            "values",
            "gives each window's gradient to its largest number, and 0 to the others",
            one(pooled(kinds=(WHOLE,)) | pooled() | pooled(sizes=(3, 2, 4), rest=True)),
        ),
        Property(
            "ties",
            "gives the gradient to the first of several largest numbers, row by row",
            one(pooled(ties=True)),
        ),
        Property(
            "inputs kept",
            "leaves x and the gradient as they were",
            one(pooled(kinds=(TENTHS,))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("given to all that are largest", to_all_that_are_largest, _TIE),
        Misconception("shared by all that are largest", shared_by_all_that_are_largest, _TIE),
        Misconception("given to the last of the largest", to_the_last_largest, _TIE),
        Misconception("given to the first, column by column", to_the_first_down_the_columns, _TIE),
        Misconception("row and column in the window swapped", place_in_the_window_transposed, _PLACE),
        Misconception("given to the whole window", to_the_whole_window, _LARGEST),
        Misconception("spread over the window", spread_over_the_window, _LARGEST),
        Misconception("given to the corner of the window", to_the_corner_of_the_window, _LARGEST),
        Misconception("given to the smallest", to_the_smallest, _LARGEST),
        Misconception("given to the farthest from 0", to_the_strongest, "Which is larger, -5 or 1?"),
        Misconception("largest number in place of the gradient", largest_number_kept, _STEEP),
        Misconception("multiplied by the largest number", times_the_largest_number, _STEEP),
        Misconception("1 in place of the gradient", ones_at_the_largest, _STEEP),
        Misconception(
            "rows and columns without a window cut off",
            rest_cut_off,
            "Your result should have the shape of x. What is the gradient of a number that no window holds?",
        ),
        Misconception("windows counted from the far end", windows_from_the_far_end, _WINDOWS),
        Misconception("windows overlap", windows_overlap, _WINDOWS),
        Misconception("windows of two", windows_of_two, "Call it with size=3: where does `size` come into your code?"),
        Misconception(
            "given to equal numbers in other windows",
            wherever_the_number_occurs,
            "Where do you look for the largest number: in its window, or in the whole of x?",
        ),
    ),
)

_ACCUMULATE = (
    "A pixel lies in several windows. What happens to what the first window gave it when the second one comes?"
)
_MEETS = (
    "map[i, j] has kernel[p, q] times image[i + p, j + q] in its sum. Which pixels did kernel[0, 0] meet, and which "
    "weight met the last pixel?"
)
_BOTH = "One gradient has the shape of the image, the other that of the kernel. Print both shapes."


def _conv2d_backward(image, kernel, grad):
    return ops.conv2d_backward(image, kernel, grad)


conv2d_backward = Exercise(
    name="conv2d_backward",
    signature="conv2d_backward(image, kernel, grad)",
    asks=(
        "Bring the gradient of a feature map back through a convolution without padding, stride 1: to the image and "
        "to the kernel, in this order."
    ),
    reference=_conv2d_backward,
    public=(
        Property(
            "values",
            "gives two gradients, the image's and the kernel's: the sum of all ways that each number reaches the map",
            one(convolved(kind=(WHOLE, WHOLE), largest=4) | convolved()),
        ),
        Property(
            "shapes",
            "works when the image, the kernel and the map are wider than high, or higher than wide",
            one(convolved(kind=(WHOLE, WHOLE), oblong=True)),
        ),
        Property(
            "inputs kept",
            "leaves the image, the kernel and the gradient as they were",
            one(convolved(kind=(TENTHS, TENTHS), largest=4)),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("kernel not flipped for the image", kernel_not_flipped, _MEETS),
        Misconception("kernel's gradient flipped", kernel_gradient_flipped, _MEETS),
        Misconception("image and kernel swapped", image_and_kernel_swapped, _BOTH),
        Misconception("image's gradient only", image_gradient_only, "A tuple holds two results: return one, two."),
        Misconception("image's gradient written over", written_over, _ACCUMULATE),
        Misconception(
            "kernel's gradient written over",
            kernel_gradient_written_over,
            "Every window tells the kernel something. What is left of what the first one said?",
        ),
        Misconception(
            "kernel's gradient averaged",
            kernel_gradient_averaged,
            "Each cell of the map has its own gradient. Does changing a weight change one of them, or all?",
        ),
        Misconception(
            "gradient taken for ones",
            gradient_taken_for_ones,
            "Call it with a gradient of zeros: nothing that happens to the map matters then.",
        ),
        Misconception(
            "image and kernel in each other's place",
            window_in_place_of_kernel,
            "When a pixel grows by 1, the map grows by what it is multiplied with: by a pixel, or by a weight?",
        ),
        Misconception(
            "gradient added up before it is used",
            sum_of_the_gradient,
            "Which cell of the gradient belongs to which window? A sum has forgotten it.",
        ),
        Misconception("kernel transposed", kernel_transposed, _MEETS),
        Misconception(
            "kernel shrunk to a single weight",
            image_gradient_of_the_map_only,
            "The last pixel of the image lies in one window. Is its gradient 0 in yours?",
        ),
        Misconception("image's gradient without its border", image_gradient_without_border, _BOTH),
        Misconception("image's gradient shifted by one", window_shifted_by_one, _MEETS),
        Misconception(
            "signs turned",
            gradients_negative,
            "A gradient points uphill. To go down is the step that comes after it.",
        ),
    ),
)


def _normalize_filters(filters):
    filters = np.asarray(filters)
    if filters.ndim != 4 or filters.size == 0 or filters.dtype.kind not in "biuf":
        raise ValueError(f"normalize_filters takes a bank of numbers (F, h, w, C), but got shape {filters.shape}")
    filters = filters.astype(np.float64)
    low, high = filters.min(axis=(1, 2, 3), keepdims=True), filters.max(axis=(1, 2, 3), keepdims=True)
    return (filters - low) / np.where(high > low, high - low, 1)


_OWN_RANGE = "Each filter has a smallest and a largest number of its own, over all its rows, columns and channels."
_CONSTANT = "A filter of equal numbers has a span of 0. What do you divide by, and what should come out?"
_FROM_0_TO_1 = "What becomes of the smallest number of a filter, and what of the largest? They should be 0 and 1."

normalize_filters = Exercise(
    name="normalize_filters",
    signature="normalize_filters(filters)",
    asks=(
        "Scale each filter of a bank so that its smallest number becomes 0 and its largest 1, to show it as a picture; "
        "a filter of equal numbers becomes zeros."
    ),
    reference=_normalize_filters,
    public=(
        Property(
            "values",
            "brings each filter on its own to 0 to 1",
            one(bank(kinds=(WHOLE,)) | bank()),
        ),
        Property(
            "constant filters",
            "makes zeros of a filter of equal numbers",
            one(bank(constant=True)),
        ),
        Property(
            "small weights",
            "brings filters of small numbers to 0 to 1, too",
            one(bank(kinds=(TENTHS, WHOLE), small=True)),
        ),
        Property(
            "input kept",
            "leaves the filters as they were",
            one(bank(kinds=(TENTHS,))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("one range for the whole bank", over_the_whole_bank, _OWN_RANGE),
        Misconception("a range for each channel", each_channel_on_its_own, _OWN_RANGE),
        Misconception("a range for each place", each_place_over_the_filters, _OWN_RANGE),
        Misconception("the first filter's range for all", range_of_the_first_filter, _OWN_RANGE),
        Misconception("divided by zero for a constant filter", divided_by_zero, _CONSTANT),
        Misconception("a constant filter becomes ones", constant_becomes_one, _CONSTANT),
        Misconception("a constant filter becomes halves", constant_becomes_a_half, _CONSTANT),
        Misconception("a constant filter stays", constant_stays, _CONSTANT),
        Misconception("divided by the largest number only", divided_by_the_maximum, _FROM_0_TO_1),
        Misconception("divided by the number farthest from 0", divided_by_the_strongest, _FROM_0_TO_1),
        Misconception("divided by the largest number, not the span", minimum_not_taken_from_the_span, _FROM_0_TO_1),
        Misconception("smallest number not subtracted", minimum_not_taken_from_the_weights, _FROM_0_TO_1),
        Misconception(
            "mean 0 and variance 1 instead",
            standardized,
            "Mean and variance play no part here; the smallest and the largest number do.",
        ),
        Misconception("from -1 to 1", from_minus_one, _FROM_0_TO_1),
        Misconception("from 0 to 255", up_to_255, _FROM_0_TO_1),
        Misconception("cut off below 0 and above 1", cut_to_0_to_1, _FROM_0_TO_1),
        Misconception("bright and dark turned around", turned_around, _FROM_0_TO_1),
        Misconception(
            "too much added to the span",
            too_much_added_below,
            "The largest number should become 1 exactly, also when all weights are tiny.",
        ),
    ),
)

_AS_GIVEN = "Each image belongs to the label at the same place. What keeps them together when you mix the images?"

train_and_predict = Exercise(
    name="train_and_predict",
    signature="train_and_predict(images, labels, new_images)",
    asks=(
        "Train a network of your own on images of signs, which are new in each call, with labels from 0 to 9; then "
        "give the labels of images that it has not seen. At least 85 of 100 must be right."
    ),
    reference=signs.read,
    public=(
        Property(
            "new images",
            "learns the signs well enough to read at least 85 of 100 new images",
            one(signs.lesson()),
            rule=signs.read_well,
        ),
        Property(
            "sorted images",
            "learns as well when the images come sorted by their label",
            one(signs.lesson(order="sorted")),
            rule=signs.read_well,
        ),
        Property(
            "inputs kept",
            "leaves the images and the labels as they were",
            one(signs.lesson()),
            rule=signs.read_well,
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "the most frequent label for all",
            the_most_frequent_label,
            "Does your answer depend on the new images at all? Does the loss fall while you train?",
        ),
        Misconception(
            "not trained",
            not_trained,
            "Print the loss before the first step and after the last one: has it fallen?",
        ),
        Misconception(
            "up the hill",
            up_the_hill,
            "Print the loss after each epoch. The gradient points to where it grows: which way do you step?",
        ),
        Misconception(
            "a single step",
            a_single_step,
            "How many times does each image get to change the weights? Go on until the loss hardly falls.",
        ),
        Misconception(
            "labels left in place while the images are mixed",
            labels_left_behind,
            _AS_GIVEN,
        ),
        Misconception(
            "one image after the other, once",
            one_image_after_the_other_once,
            "What has the network seen last when the images come sorted? Mix them, and go through them several times.",
        ),
        Misconception(
            "positions in place of labels",
            positions_among_the_labels,
            "With the labels 3 and 7, your answers should be 3 and 7. What do yours count?",
        ),
        Misconception(
            "probabilities in place of labels",
            probabilities_in_place_of_labels,
            "Print your result's shape. Which label is meant by a row of probabilities?",
        ),
        Misconception(
            "labels of the old images",
            labels_of_the_old_images,
            "For which images are labels wanted: for those that you have learned from?",
        ),
    ),
    share=0.25,
)

# In the order of the lesson.
EXERCISES = (
    cross_entropy,
    relu_backward,
    max_pool2d_backward,
    conv2d_backward,
    train_and_predict,
    normalize_filters,
)

# A question with numbers of one's own --------------------------------------------------------------


def _image_and_gradient(random):
    return {
        "image": [[random.randint(0, 9) for _ in range(3)] for _ in range(3)],
        "gradient": [[random.choice([-3, -2, -1, 1, 2, 3]) for _ in range(2)] for _ in range(2)],
    }


def _kernel_gradient(image, gradient):
    _, grad_kernel = ops.conv2d_backward(np.array(image), np.ones((2, 2)), np.array(gradient))
    return tuple(int(value) for value in grad_kernel.ravel())


QUESTIONS = (
    Question(
        "kernel_gradient",
        "A kernel of 2 × 2 slid over the image{image}and the gradient of the loss with respect to its map is{gradient}"
        "What is the gradient with respect to the kernel? Write its four numbers, the first row first.",
        _image_and_gradient,
        _kernel_gradient,
        (
            Misconception(
                "gradient turned around",
                lambda image, gradient: _kernel_gradient(image, np.array(gradient)[::-1, ::-1]),
                "The first cell of the gradient belongs to the first window.",
            ),
            Misconception(
                "answer in reverse",
                lambda image, gradient: _kernel_gradient(image, gradient)[::-1],
                "The kernel's first weight met the top left pixels of the windows.",
            ),
            Misconception(
                "down first, then across",
                lambda image, gradient: tuple(np.reshape(_kernel_gradient(image, gradient), (2, 2)).T.ravel().tolist()),
                "The four numbers are written row by row.",
            ),
            Misconception(
                "first window only",
                lambda image, gradient: tuple((gradient[0][0] * np.array(image)[:2, :2]).ravel().tolist()),
                "Each weight meets four pixels, one in each window: add up what all of them say.",
            ),
        ),
    ),
)
