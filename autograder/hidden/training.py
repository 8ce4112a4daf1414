"""Lesson 06: what a submission must get right about the loss, gradients by hand, filters as pictures, and training.

Each gradient is held against the reference, and where the function has a slope everywhere, against central
differences of the way forward as well: two ways to be right that share nothing.
"""

import numpy as np
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.exercises import inputs, signs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import LAYOUTS, lay_out
from cnnkit.exercises.model import Call, Property
from cnnkit.exercises.training import activated, bank, classified, convolved, lost, one, pooled

LESSON = "06-train-a-cnn"

# Memory layouts other than plain row order come first here: they are what the property is about.
_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_ANY_LAYOUT = st.sampled_from(LAYOUTS)
#: Half the width of a central difference. All our functions are straight between two numbers of any example, which
#: differ by a tenth at least, so the difference is the slope, and a power of 2 loses nothing to rounding.
_STEP = 2.0**-5


def _numbers(values) -> np.ndarray:
    """An answer to calculate with: booleans do not subtract."""
    return np.real(values).astype(np.float64)


def _with(call: Call, *arrays: np.ndarray) -> Call:
    """The same call with other arrays in place of the first ones."""
    return Call((*arrays, *call.args[len(arrays) :]), call.kwargs, call.magnitude)


@st.composite
def _again(draw, calls: st.SearchStrategy[Call]) -> list[Call]:
    """A call, another one of the same shapes that could leave something behind, and the first one again."""
    first = draw(calls)
    return [first, _with(first, np.flip(first.args[0]).copy()), first]


def _slopes(forward, array: np.ndarray, grad: np.ndarray) -> np.ndarray:
    """How much the sum of ``grad * forward(array)`` grows with each number of the array: central differences."""
    array = array.astype(np.float64)
    slopes = np.zeros(array.shape)
    for place in np.ndindex(array.shape):
        step = np.zeros(array.shape)
        step[place] = _STEP
        slopes[place] = (grad * (forward(array + step) - forward(array - step))).sum() / (2 * _STEP)
    return slopes


def _mixed_gradients(call: Call) -> list[Call]:
    """The same call with its gradient, with another one, and with a mixture of both."""
    *arrays, grad = call.args
    other = np.flip(grad) + 1
    return [Call((*arrays, each), call.kwargs) for each in (grad, other, 2 * grad - 3 * other)]


def _same_mixture(calls: list[Call], values: list) -> np.ndarray:
    return 2 * _numbers(values[0]) - 3 * _numbers(values[1])


def _same_mixtures(calls: list[Call], values: list) -> tuple[np.ndarray, ...]:
    return tuple(2 * _numbers(one) - 3 * _numbers(other) for one, other in zip(*values, strict=True))


# cross_entropy ------------------------------------------------------------------------------------


@st.composite
def _guessing_between(draw) -> list[Call]:
    """A call, one of the same shapes in which all labels are equally likely, and the first one again."""
    call = draw(classified())
    probs, labels = call.args
    return [call, _with(call, np.full(probs.shape, 1 / probs.shape[1]), labels), call]


@st.composite
def _row_by_row(draw) -> list[Call]:
    """The rows one by one, and all together."""
    call = draw(classified(rows=st.integers(2, 4)))
    probs, labels = call.args
    return [*(_with(call, probs[n : n + 1].copy(), labels[n : n + 1].copy()) for n in range(len(labels))), call]


def _mean_of_all(calls: list[Call], values: list) -> np.ndarray:
    return _numbers(values).mean()


@st.composite
def _labels_renamed(draw) -> list[Call]:
    """The same columns in reverse, and the labels with them."""
    call = draw(classified())
    probs, labels = call.args
    return [call, _with(call, probs[:, ::-1].copy(), probs.shape[1] - 1 - labels)]


def _same_as_before(calls: list[Call], values: list) -> np.ndarray:
    return _numbers(values[0])


@st.composite
def _certain(draw) -> list[Call]:
    """Every right label has probability 1: nothing is lost."""
    count, kinds = draw(st.integers(1, 4)), draw(st.integers(2, 5))
    labels = np.array(draw(st.lists(st.integers(0, kinds - 1), min_size=count, max_size=count)))
    return [Call((np.eye(kinds)[labels], labels), magnitude=1.0)]


CROSS_ENTROPY = (
    Property(
        "values",
        "takes, in each row, the probability of the right label, and averages the negative natural logarithms",
        one(classified()),
        weight=4,
    ),
    Property(
        "small probabilities",
        "gives the exact loss also where the right label has a probability of a thousandth or less",
        one(classified(small=True)),
        weight=2,
    ),
    Property(
        "probability 0",
        "gives a large number, and not infinity, where the right label has probability 0",
        one(classified(impossible=True)),
        weight=2,
        rule=lost,
    ),
    Property(
        "as many labels as examples",
        "does not take rows for columns",
        one(classified(square=True, rows=st.integers(2, 5))),
    ),
    Property(
        "certainty",
        "gives 0 where every right label has probability 1",
        _certain(),
    ),
    Property(
        "one example",
        "works for a single example",
        one(classified(rows=st.just(1))),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(classified(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the probabilities and the labels as they were",
        one(classified(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _guessing_between(),
    ),
    Property(
        "row by row",
        "gives the mean of what the rows give one by one",
        _row_by_row(),
        relation=_mean_of_all,
    ),
    Property(
        "labels in reverse",
        "gives the same when the labels are counted from the other end",
        _labels_renamed(),
        relation=_same_as_before,
    ),
)


# relu_backward ------------------------------------------------------------------------------------


def _relu_slopes(calls: list[Call], values: list) -> np.ndarray:
    return _slopes(lambda x: np.maximum(x, 0), *calls[-1].args)


RELU_BACKWARD = (
    Property(
        "values",
        "lets the gradient through where x was positive, and gives 0 elsewhere",
        one(activated()),
        weight=4,
    ),
    Property(
        "shapes",
        "works on arrays of any number of axes",
        one(activated(axes=(4, 3, 1))),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(activated(axes=(2, 3), layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves x and the gradient as they were",
        one(activated(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(activated()),
    ),
    Property(
        "slopes",
        "gives the slopes that are measured by going a small step to both sides",
        one(activated(axes=(1, 2))),
        weight=2,
        relation=_relu_slopes,
    ),
    Property(
        "mixed gradients",
        "answers to 2 × one gradient - 3 × another with the same mixture of the two answers",
        activated().map(_mixed_gradients),
        relation=_same_mixture,
    ),
)


# max_pool2d_backward ------------------------------------------------------------------------------


def _gradient_given(call: Call, grad: np.ndarray) -> Call:
    return Call((call.args[0], grad, *call.args[2:]), call.kwargs)


@st.composite
def _mixed_pools(draw) -> list[Call]:
    call = draw(pooled())
    grad = call.args[1]
    other = np.flip(grad) + 1
    return [_gradient_given(call, each) for each in (grad, other, 2 * grad - 3 * other)]


@st.composite
def _all_equal(draw) -> list[Call]:
    """The same number everywhere, 0 or less or more."""
    call = draw(pooled(sizes=(2, 3)))
    value = draw(st.integers(-3, 3))
    return [_with(call, np.full(call.args[0].shape, value))]


def _pool_slopes(calls: list[Call], values: list) -> np.ndarray:
    x, grad = calls[-1].args[:2]
    size = calls[-1].kwargs.get("size", calls[-1].args[2] if len(calls[-1].args) > 2 else 2)
    return _slopes(lambda array: ops.max_pool2d(array, size), x, grad)


@st.composite
def _raised(draw) -> list[Call]:
    """The same numbers, all of them larger by some number."""
    call = draw(pooled(kinds=(WHOLE, TENTHS), sizes=(2, 3)))
    return [call, _with(call, call.args[0] + draw(st.sampled_from((-20, 20, 7))))]


MAX_POOL2D_BACKWARD = (
    Property(
        "values",
        "gives each window's gradient to its largest number, and 0 to the others",
        one(pooled()),
        weight=4,
    ),
    Property(
        "ties",
        "gives the gradient to the first of several largest numbers, row by row",
        one(pooled(ties=True)),
        weight=2,
    ),
    Property(
        "all equal",
        "gives the gradient to the first number of a window of equal ones",
        _all_equal(),
    ),
    Property(
        "rows and columns without a window",
        "gives 0 to what no window covers, and keeps the shape of x",
        one(pooled(sizes=(2, 3, 4), rest=True)),
        weight=2,
    ),
    Property(
        "shapes",
        "works when there are more windows across than down, or down than across",
        one(pooled(oblong=True)),
        weight=2,
    ),
    Property(
        "sizes",
        "works for windows of other sizes than 2",
        one(pooled(sizes=(3, 4, 1))),
    ),
    Property(
        "bytes",
        "works on a photo's 8-bit numbers",
        one(pooled(kinds=(BYTES,))),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(pooled(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves x and the gradient as they were",
        one(pooled(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(pooled()),
    ),
    Property(
        "slopes",
        "gives the slopes that are measured by going a small step to both sides",
        one(pooled(distinct=True, sizes=(2, 3))),
        weight=2,
        relation=_pool_slopes,
    ),
    Property(
        "mixed gradients",
        "answers to 2 × one gradient - 3 × another with the same mixture of the two answers",
        _mixed_pools(),
        relation=_same_mixture,
    ),
    Property(
        "larger numbers",
        "gives the same when all numbers of x are larger, or smaller, by the same",
        _raised(),
        relation=_same_as_before,
    ),
)


# conv2d_backward ----------------------------------------------------------------------------------


def _conv_slopes(calls: list[Call], values: list) -> tuple[np.ndarray, np.ndarray]:
    image, kernel, grad = calls[-1].args
    return (
        _slopes(lambda array: ops.conv2d(array, kernel.astype(float)), image, grad),
        _slopes(lambda array: ops.conv2d(image.astype(float), array), kernel, grad),
    )


@st.composite
def _one_cell(draw) -> list[Call]:
    """A gradient of zeros but for one cell: its window gets the kernel, and the kernel its window."""
    call = draw(convolved(kind=(WHOLE, WHOLE)))
    grad = np.zeros(call.args[2].shape, np.int64)
    grad[tuple(draw(st.integers(0, side - 1)) for side in grad.shape)] = draw(st.sampled_from((1, -2)))
    return [Call((*call.args[:2], grad))]


@st.composite
def _extremes(draw) -> list[Call]:
    """A kernel as large as the image, or of a single weight."""
    h, w = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    kernel = (h, w) if draw(st.booleans()) else (1, 1)
    shapes = (h, w), kernel, (h - kernel[0] + 1, w - kernel[1] + 1)
    return [Call(tuple(draw(inputs.numbers(shape, WHOLE)) for shape in shapes))]


@st.composite
def _square(draw) -> list[Call]:
    """Image, kernel and map are square: rows can be taken for columns."""
    kernel = draw(st.integers(2, 3))
    side = kernel + draw(st.integers(1, 2))
    shapes = (side, side), (kernel, kernel), (side - kernel + 1,) * 2
    return [Call(tuple(draw(inputs.numbers(shape, WHOLE)) for shape in shapes))]


@st.composite
def _laid_out(draw) -> Call:
    call = draw(convolved(kind=(WHOLE, WHOLE)))
    return Call(tuple(lay_out(array, draw(_ODD_LAYOUTS)) for array in call.args))


CONV2D_BACKWARD = (
    Property(
        "values",
        "gives two gradients, the image's and the kernel's: the sum of all ways that each number reaches the map",
        one(convolved()),
        weight=4,
    ),
    Property(
        "shapes",
        "works when the image, the kernel and the map are wider than high, or higher than wide",
        one(convolved(oblong=True)),
        weight=2,
    ),
    Property(
        "squares",
        "does not take rows for columns when all sides are equal",
        _square(),
    ),
    Property(
        "photos",
        "gives whole sums on a photo's 8-bit numbers, also above 255 and below 0",
        one(convolved(kind=(BYTES, WHOLE)) | convolved(kind=(BYTES, TENTHS))),
    ),
    Property(
        "one cell",
        "gives a window the kernel, and the kernel the window, when only one cell of the map matters",
        _one_cell(),
    ),
    Property(
        "largest and smallest kernels",
        "works with a kernel as large as the image, and with one of a single weight",
        _extremes(),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(_laid_out()),
    ),
    Property(
        "inputs kept",
        "leaves the image, the kernel and the gradient as they were",
        one(convolved(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(convolved(kind=(WHOLE, WHOLE))),
    ),
    Property(
        "slopes",
        "gives the slopes that are measured by going a small step to both sides, for every pixel and every weight",
        one(convolved(kind=(WHOLE, TENTHS), largest=4) | convolved(kind=(TENTHS, WHOLE), largest=4, oblong=True)),
        weight=2,
        relation=_conv_slopes,
    ),
    Property(
        "mixed gradients",
        "answers to 2 × one gradient - 3 × another with the same mixture of the two answers",
        convolved(kind=(TENTHS, WHOLE), largest=4).map(_mixed_gradients),
        relation=_same_mixtures,
    ),
)


# normalize_filters --------------------------------------------------------------------------------


@st.composite
def _moved(draw) -> list[Call]:
    """A bank, and the same with each filter brightened and stretched in its own way."""
    call = draw(bank(kinds=(WHOLE,)))
    filters = call.args[0]
    count = len(filters)
    factors = np.array(draw(st.lists(st.sampled_from((1, 2, 5)), min_size=count, max_size=count)))
    moves = np.array(draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count)))
    changed = filters * factors[:, np.newaxis, np.newaxis, np.newaxis] + moves[:, np.newaxis, np.newaxis, np.newaxis]
    return [call, _with(call, changed)]


@st.composite
def _one_by_one(draw) -> list[Call]:
    """Each filter alone, and all of them together."""
    call = draw(bank(kinds=(WHOLE, TENTHS), count=st.integers(2, 3)))
    filters = call.args[0]
    return [*(_with(call, filters[k : k + 1].copy()) for k in range(len(filters))), call]


def _stacked(calls: list[Call], values: list) -> np.ndarray:
    return np.concatenate([_numbers(value) for value in values])


@st.composite
def _different_scales(draw) -> list[Call]:
    """Filters, and channels, of very different sizes."""
    shape = (3, 2, draw(st.integers(1, 3)), draw(st.sampled_from((2, 3))))
    filters = draw(inputs.numbers(shape, TENTHS))
    sizes = np.array([1.0, 10.0, 0.1]).reshape(3, 1, 1, 1) * np.arange(1, shape[3] + 1)
    return [Call((filters * sizes + np.arange(shape[3]),), magnitude=1.0)]


NORMALIZE_FILTERS = (
    Property(
        "values",
        "brings each filter on its own to 0 to 1",
        one(bank()),
        weight=4,
    ),
    Property(
        "constant filters",
        "makes zeros of a filter of equal numbers",
        one(bank(constant=True)),
        weight=2,
    ),
    Property(
        "filters of different sizes",
        "gives each filter, but not each channel, a range of its own",
        _different_scales(),
        weight=2,
    ),
    Property(
        "small weights",
        "brings filters of small numbers to 0 to 1, too",
        one(bank(kinds=(TENTHS, WHOLE), small=True)),
    ),
    Property(
        "one filter",
        "works for a bank of a single filter",
        one(bank(count=st.just(1))),
    ),
    Property(
        "bytes",
        "works on 8-bit numbers",
        one(bank(kinds=(BYTES,))),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(bank(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "input kept",
        "leaves the filters as they were",
        one(bank(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(bank()),
    ),
    Property(
        "brightened filters",
        "gives the same when a filter is brightened, or stretched",
        _moved(),
        relation=_same_as_before,
    ),
    Property(
        "filters alone",
        "gives what the filters give one by one",
        _one_by_one(),
        relation=_stacked,
    ),
)


# train_and_predict --------------------------------------------------------------------------------


@st.composite
def _another_alphabet(draw) -> list[Call]:
    """Two alphabets of the same shapes; what was learned from the first is of no use for the second."""
    count = draw(st.sampled_from((3, 4)))
    return [draw(signs.lesson(counts=(count,))) for _ in range(2)]


TRAIN_AND_PREDICT = (
    Property(
        "new images",
        "learns the signs well enough to read at least 85 of 100 new images",
        one(signs.lesson()),
        weight=4,
        rule=signs.read_well,
    ),
    Property(
        "sorted images",
        "learns as well when the images come sorted by their label",
        one(signs.lesson(counts=(3, 5, 2), order="sorted")),
        rule=signs.read_well,
    ),
    Property(
        "memory layouts",
        "works on images however they lie in memory: in rows, in columns or as part of a larger array",
        one(signs.lesson(layouts=("F", "sliced"))),
        rule=signs.read_well,
    ),
    Property(
        "inputs kept",
        "leaves the images and the labels as they were",
        one(signs.lesson(counts=(3, 6))),
        rule=signs.read_well,
        keeps_inputs=True,
    ),
    Property(
        "another alphabet",
        "learns anew in each call, and keeps nothing of an earlier one",
        _another_alphabet(),
        rule=signs.read_well,
    ),
)

PROPERTIES = {
    "cross_entropy": CROSS_ENTROPY,
    "relu_backward": RELU_BACKWARD,
    "max_pool2d_backward": MAX_POOL2D_BACKWARD,
    "conv2d_backward": CONV2D_BACKWARD,
    "normalize_filters": NORMALIZE_FILTERS,
    "train_and_predict": TRAIN_AND_PREDICT,
}
