"""Lesson 04: what a submission must get right about a convolutional layer and the layers around it."""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises import dropping, inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layers import batch, batch_call, layer_call, local_call, normalization, one, rows
from cnnkit.exercises.layouts import LAYOUTS
from cnnkit.exercises.model import Call, Property

LESSON = "04-layers"

# Memory layouts other than plain row order come first here: they are what the property is about.
_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_ANY_LAYOUT = st.sampled_from(LAYOUTS)
_PADS, _STRIDES = (1, 2, 3), (2, 3, 4)


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
    other = Call(
        tuple(np.flip(value).copy() if isinstance(value, np.ndarray) else value for value in first.args),
        first.kwargs,
        first.magnitude,
    )
    return [first, other, first]


def _same_sum(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 2 * _numbers(values[0]) - 3 * _numbers(values[1])


# conv_layer ---------------------------------------------------------------------------------------


@st.composite
def _one_for_one(draw) -> list[Call]:
    """Filters of a single pixel: each pixel gets a dense layer of its own."""
    depth, count = draw(inputs.depths()), draw(st.integers(1, 5))
    x = draw(inputs.numbers((draw(st.integers(1, 4)), draw(st.integers(1, 4)), depth), WHOLE))
    bank = draw(inputs.numbers((count, 1, 1, depth), TENTHS))
    return [Call((x, bank, draw(inputs.numbers((count,), TENTHS))))]


@st.composite
def _whole_image(draw) -> list[Call]:
    """Filters as large as the image."""
    h, w, depth, count = (draw(st.integers(1, most)) for most in (4, 5, 3, 3))
    x = draw(inputs.numbers((h, w, depth), TENTHS))
    bank = draw(inputs.numbers((count, h, w, depth), WHOLE))
    return [Call((x, bank, draw(inputs.numbers((count,), WHOLE))))]


@st.composite
def _zero_image(draw) -> list[Call]:
    call = draw(layer_call(kind=(WHOLE, TENTHS), pads=(0, 1), strides=(1, 2), filters=st.integers(2, 4)))
    return [_with(call, np.zeros_like(call.args[0]))]


@st.composite
def _filters_alone(draw) -> list[Call]:
    """Each filter on its own, with its bias, and all of them together."""
    call = draw(layer_call(kind=(WHOLE, TENTHS), strides=(1, 2), pads=(0, 1), filters=st.just(3), largest=4))
    x, bank, bias = call.args[:3]
    alone = [_with(call, x, bank[k : k + 1].copy(), bias[k : k + 1].copy()) for k in range(3)]
    return [*alone, call]


def _stacked(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([_numbers(value) for value in values], axis=2)


@st.composite
def _padded_before(draw) -> list[Call]:
    """An image that already has its border of zeros, and the same image with `pad`."""
    call = draw(layer_call(kind=(TENTHS, WHOLE), strides=(1, 2), largest=4))
    stride = call.kwargs.get("stride", call.args[3] if len(call.args) > 3 else 1)
    x, pad = call.args[0], draw(st.sampled_from((1, 2)))
    bordered = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    return [
        Call((bordered, *call.args[1:3]), {"stride": stride}),
        Call((x, *call.args[1:3]), {"stride": stride, "pad": pad}),
    ]


def _same_as_before(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])


@st.composite
def _sum_of_layers(draw) -> list[Call]:
    """The same layer on two images and on a mixture; the biases are mixed in the same way."""
    call = draw(layer_call(kind=(TENTHS, TENTHS), strides=(1, 2), pads=(0, 1), largest=4))
    x, bank, bias = call.args[:3]
    other = np.roll(x[::-1], 1, axis=1)
    calls = (x, bias), (other, 2 * bias), (2 * x - 3 * other, 2 * bias - 6 * bias)
    return [_with(call, image, bank, added) for image, added in calls]


CONV_LAYER = (
    Property(
        "values",
        "gives one map for each filter, along the last axis: the sum of all products, plus the filter's bias",
        one(layer_call()),
        weight=4,
    ),
    Property(
        "strides",
        "moves the filters by the stride, down and across",
        one(layer_call(strides=_STRIDES)),
        weight=2,
    ),
    Property(
        "padding",
        "adds `pad` zeros on every side before it slides",
        one(layer_call(pads=_PADS)),
        weight=2,
    ),
    Property(
        "strides and padding",
        "keeps stride and padding apart when both are given",
        one(layer_call(strides=_STRIDES, pads=_PADS)),
        weight=2,
    ),
    Property(
        "shapes",
        "works when the image, the filters and the maps are wider than high, or higher than wide",
        one(layer_call(oblong=True, strides=(1, 2), pads=(0, 1))),
        weight=2,
    ),
    Property(
        "photos",
        "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
        one(layer_call(kind=(BYTES, WHOLE), pads=(0, 1)) | layer_call(kind=(BYTES, TENTHS), pads=(0, 1))),
    ),
    Property(
        "filters of one pixel",
        "works with 1 × 1 filters: it mixes the channels of each pixel",
        _one_for_one(),
    ),
    Property(
        "filters as large as the image",
        "works when each filter has a single place to stand",
        _whole_image(),
    ),
    Property(
        "biases",
        "gives each map its own bias on an image of zeros",
        _zero_image(),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(layer_call(layout=_ODD_LAYOUTS, strides=(1, 2), pads=(0, 1))),
    ),
    Property(
        "inputs kept",
        "leaves the image, the filters and the biases as they were",
        one(layer_call(layout=_ANY_LAYOUT, strides=(1, 2), pads=(0, 1))),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(layer_call(strides=(1, 2), pads=(0, 1))),
    ),
    Property(
        "filters alone",
        "gives the maps that the filters give one by one",
        _filters_alone(),
        relation=_stacked,
    ),
    Property(
        "padded before",
        "answers to an image with `pad` as to the same image with the zeros already around it",
        _padded_before(),
        relation=_same_as_before,
    ),
    Property(
        "sums of images",
        "answers to 2 × one image - 3 × another with the same sum of the maps, if the biases are mixed in the same way",
        _sum_of_layers(),
        relation=_same_sum,
    ),
)


# batch_norm ---------------------------------------------------------------------------------------


@st.composite
def _oblong_batch(draw) -> Call:
    """All four sides differ, in any order."""
    shape = draw(st.permutations((2, 3, 4, 1)) | st.permutations((2, 3, 4, 5)).filter(lambda s: s[3] < 4))
    return draw(batch_call(shape=tuple(shape)))


@st.composite
def _lopsided(draw) -> Call:
    """Channels of very different sizes, which one common mean or variance would mix up."""
    call = draw(batch_call(shape=(2, 3, 2, 3), eighths=False))
    return _with(call, call.args[0] * np.array([1, 4, 16]) + np.array([0, 20, -50]))


@st.composite
def _single(draw) -> Call:
    """One number for each channel, or one channel."""
    shape = draw(st.sampled_from(((1, 1, 1, 3), (1, 1, 1, 1), (4, 1, 1, 2), (1, 3, 4, 1), (1, 2, 3, 4))))
    return draw(batch_call(shape=shape))


@st.composite
def _bytes(draw) -> Call:
    x = draw(inputs.numbers((2, 2, 3, draw(st.integers(1, 3))), BYTES))
    gamma, beta = (draw(inputs.numbers(x.shape[-1:], WHOLE)) for _ in range(2))
    return normalization(x, gamma, beta)


def _smaller(call: Call) -> Call:
    """The same call on numbers whose variance is about as large as the default eps."""
    return _with(call, call.args[0] / 1024)


@st.composite
def _moved(draw) -> list[Call]:
    """A batch, and the same with another number added to each channel."""
    call = draw(batch_call(eighths=draw(st.booleans())))
    moves = draw(inputs.numbers(call.args[1].shape, WHOLE)).astype(int)
    return [call, _with(call, call.args[0] + moves)]


@st.composite
def _shuffled(draw) -> list[Call]:
    """A batch, and its examples in another order."""
    call = draw(batch_call(shape=(3, 2, 2, 2)))
    return [call, _with(call, np.roll(call.args[0], 1, axis=0))]


def _examples_rolled(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.roll(_numbers(values[0]), 1, axis=0)


@st.composite
def _other_scales(draw) -> list[Call]:
    """A batch scaled and shifted in two ways, and in a mixture of them."""
    call = draw(batch_call())
    x, gamma, beta = call.args[:3]
    other = gamma[::-1] + 1, beta[::-1] - 2
    pairs = (gamma, beta), other, (2 * gamma - 3 * other[0], 2 * beta - 3 * other[1])
    return [normalization(x, scale, shift) for scale, shift in pairs]


BATCH_NORM = (
    Property(
        "values",
        "brings each channel to mean 0 and variance 1 over the whole batch, then scales and shifts it",
        one(batch_call()),
        weight=4,
    ),
    Property(
        "shapes",
        "takes mean and variance over examples, rows and columns, whatever their numbers",
        one(_oblong_batch()),
        weight=2,
    ),
    Property(
        "channels of different sizes",
        "treats each channel on its own",
        one(_lopsided()),
    ),
    Property(
        "constant channels",
        "gives beta, and no nan, where a channel holds the same number everywhere",
        one(batch_call(constant=True)),
    ),
    Property(
        "eps",
        "adds the given eps to the variance, under the root",
        one(batch_call(eps=(0.5, 2.0, 0.001, 10.0))),
        weight=2,
    ),
    Property(
        "small spreads",
        "adds an eps of 1e-5 when none is given: it shows where the numbers hardly differ",
        one(batch_call(eighths=False).map(_smaller)),
    ),
    Property(
        "one number, one channel",
        "works on a single example, a single pixel and a single channel",
        one(_single()),
    ),
    Property(
        "bytes",
        "works on 8-bit numbers, whose mean and squares are larger than 255",
        one(_bytes()),
    ),
    Property(
        "memory layouts",
        "works on a batch however it lies in memory: in rows, in columns or as part of a larger one",
        one(batch_call(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the batch, gamma and beta as they were",
        one(batch_call(layout=_ANY_LAYOUT, eighths=True)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(batch_call()),
    ),
    Property(
        "moved channels",
        "gives the same when another number is added to a whole channel",
        _moved(),
        relation=_same_as_before,
    ),
    Property(
        "order of the examples",
        "gives the same numbers, in the other order, when the examples come in another order",
        _shuffled(),
        relation=_examples_rolled,
    ),
    Property(
        "mixed scales",
        "answers to a mixture of two scales and shifts with the same mixture of the two answers",
        _other_scales(),
        relation=_same_sum,
    ),
)


# dropout ------------------------------------------------------------------------------------------

_MORE_RATES = (0.5, 0.25, 0.75, 0.1, 0.9, 0.6)

DROPOUT = (
    Property(
        "values",
        "makes each value 0, or divides it by 1 - rate",
        dropping.dropped() | dropping.dropped(zeros=True),
        weight=3,
        rule=dropping.scaled,
    ),
    Property(
        "each value on its own",
        "drops about the part `rate` of the values, each one on its own, wherever it stands",
        dropping.dropped(shapes=dropping.LARGE, rates=_MORE_RATES, seeds=3),
        weight=3,
        rule=dropping.drawn_apart,
    ),
    Property(
        "drawn from rng",
        "drops the same values for the same generator, and others for another one",
        dropping.dropped(seeds=3, again=True),
        weight=2,
        rule=dropping.from_generator,
    ),
    Property(
        "rate 0",
        "drops nothing at rate 0",
        dropping.dropped(shapes=(*dropping.SMALL, (1,), (1, 1), (4, 5), (2, 3, 4)), rates=(0, 0.0), zeros=True),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        dropping.dropped(shapes=((11, 13), (7, 21), (3, 7, 7), (7, 1, 7, 3)), layouts=("F", "sliced")),
        rule=dropping.scaled,
    ),
    Property(
        "inputs kept",
        "leaves the values as they were",
        dropping.dropped(layouts=LAYOUTS),
        rule=dropping.scaled,
        keeps_inputs=True,
    ),
)


# flatten ------------------------------------------------------------------------------------------


def _alone(arrays: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    return arrays.map(lambda x: [Call((x,))])


@st.composite
def _kinds_of_batches(draw, layout=None, axes: int | None = None) -> np.ndarray:
    return draw(batch(draw(st.sampled_from((WHOLE, TENTHS, BYTES))), axes, layout))


@st.composite
def _long_batch(draw) -> np.ndarray:
    """Sides that all differ, so that no axis can be taken for another."""
    shape = draw(st.sampled_from(((2, 3, 4, 5), (5, 4, 3, 2), (1, 6, 2, 3), (7, 1, 3, 2), (3, 5, 2), (4, 1, 1, 6))))
    return np.arange(np.prod(shape)).reshape(shape) * draw(st.sampled_from((1, -1, 3)))


@st.composite
def _example_by_example(draw) -> list[Call]:
    x = draw(batch(WHOLE, axes=4))
    x = np.concatenate([x, x[::-1] + 10])[:3]
    return [*(Call((x[n : n + 1].copy(),)) for n in range(len(x))), Call((x,))]


def _one_below_the_other(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([_numbers(value) for value in values])


FLATTEN = (
    Property(
        "values",
        "gives one row for each example, with its numbers row by row, the last axis fastest",
        _alone(_kinds_of_batches()),
        weight=4,
    ),
    Property(
        "shapes",
        "keeps the order of the numbers when all sides differ",
        _alone(_long_batch()),
        weight=2,
    ),
    Property(
        "one example",
        "gives one row, not a single line of numbers, for a batch of one",
        _alone(_kinds_of_batches(axes=4).map(lambda x: x[:1].copy())),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        _alone(_kinds_of_batches(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "input kept",
        "leaves the batch as it was",
        _alone(_kinds_of_batches(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_kinds_of_batches().map(lambda x: Call((x,)))),
    ),
    Property(
        "example by example",
        "gives the rows that the examples give one by one",
        _example_by_example(),
        relation=_one_below_the_other,
    ),
)


# dense --------------------------------------------------------------------------------------------


@st.composite
def _narrow(draw) -> Call:
    """One example, one input or one output."""
    count, n_in, n_out = draw(st.sampled_from(((1, 4, 3), (3, 1, 4), (4, 3, 1), (1, 1, 1), (1, 5, 1), (2, 1, 1))))
    x, weights = draw(inputs.numbers((count, n_in), TENTHS)), draw(inputs.numbers((n_in, n_out), WHOLE))
    return Call((x, weights, draw(inputs.numbers((n_out,), WHOLE))))


@st.composite
def _row_by_row(draw) -> list[Call]:
    call = draw(rows(kind=(WHOLE, TENTHS), largest=4))
    x = np.concatenate([call.args[0], call.args[0][::-1] + 1])[:3]
    return [*(_with(call, x[n : n + 1].copy()) for n in range(len(x))), _with(call, x)]


@st.composite
def _mixed_layers(draw) -> list[Call]:
    """Two sets of weights and biases, and a mixture of them."""
    call = draw(rows(kind=(WHOLE, TENTHS)))
    x, weights, bias = call.args
    other = np.roll(weights[::-1], 1, axis=1) + 1, bias[::-1] - 2
    pairs = (weights, bias), other, (2 * weights - 3 * other[0], 2 * bias - 3 * other[1])
    return [Call((x, *pair)) for pair in pairs]


DENSE = (
    Property(
        "values",
        "multiplies each row with each column of the weights, adds up, and adds each output's bias",
        one(rows()),
        weight=4,
    ),
    Property(
        "as many outputs as inputs",
        "does not take rows of the weights for columns",
        one(rows(square=True)),
        weight=2,
    ),
    Property(
        "bytes",
        "gives the whole sum on 8-bit numbers, also above 255 and below 0",
        one(rows(kind=(BYTES, WHOLE)) | rows(kind=(BYTES, TENTHS))),
    ),
    Property(
        "one of a kind",
        "works for one example, one input and one output",
        one(_narrow()),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(rows(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the inputs, the weights and the biases as they were",
        one(rows(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(rows()),
    ),
    Property(
        "row by row",
        "gives the rows that the examples give one by one",
        _row_by_row(),
        relation=_one_below_the_other,
    ),
    Property(
        "mixed weights",
        "answers to a mixture of two layers with the same mixture of the two answers",
        _mixed_layers(),
        relation=_same_sum,
    ),
)


# locally_connected2d ------------------------------------------------------------------------------


@st.composite
def _one_place(draw) -> list[Call]:
    """Filters of zeros but for one place."""
    call = draw(local_call(kind=(WHOLE, WHOLE)))
    x, filters = call.args
    place = tuple(draw(st.integers(0, side - 1)) for side in filters.shape[:2])
    only = np.zeros_like(filters)
    only[place] = filters[place]
    return [Call((x, only))]


@st.composite
def _shared(draw) -> list[Call]:
    """The same filter at every place."""
    call = draw(local_call(kind=(WHOLE, TENTHS)))
    x, filters = call.args
    return [Call((x, np.broadcast_to(filters[0, 0], filters.shape).copy()))]


@st.composite
def _sum_of_filters(draw) -> list[Call]:
    call = draw(local_call(kind=(WHOLE, TENTHS)))
    x, filters = call.args
    other = filters[::-1, :, ::-1] + 1
    return [Call((x, bank)) for bank in (filters, other, 2 * filters - 3 * other)]


LOCALLY_CONNECTED2D = (
    Property(
        "values",
        "multiplies each window with the filter of its own place and adds up",
        one(local_call()),
        weight=4,
    ),
    Property(
        "shapes",
        "works when the image, the filters and the map are wider than high, or higher than wide",
        one(local_call(oblong=True)),
        weight=2,
    ),
    Property(
        "squares",
        "does not take rows for columns when all sides are equal",
        one(local_call(square=True)),
        weight=2,
    ),
    Property(
        "photos",
        "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
        one(local_call(kind=(BYTES, WHOLE)) | local_call(kind=(BYTES, TENTHS))),
    ),
    Property(
        "one place",
        "answers at one place only when all other filters are zeros",
        _one_place(),
    ),
    Property(
        "shared filters",
        "gives what a convolution gives when all filters are the same",
        _shared(),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        one(local_call(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image and the filters as they were",
        one(local_call(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(local_call()),
    ),
    Property(
        "sums of filters",
        "answers to 2 × one set of filters - 3 × another with the same sum of the two maps",
        _sum_of_filters(),
        relation=_same_sum,
    ),
)

PROPERTIES = {
    "conv_layer": CONV_LAYER,
    "batch_norm": BATCH_NORM,
    "dropout": DROPOUT,
    "flatten": FLATTEN,
    "dense": DENSE,
    "locally_connected2d": LOCALLY_CONNECTED2D,
}
