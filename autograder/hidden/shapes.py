"""Lesson 05: what a submission must get right about output shapes, parameter counts and receptive fields.

Every answer is a count, so it is compared exactly.
"""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises.model import Call, Property
from cnnkit.exercises.shapes import axis, bank, image, local_image, one, stack, units

LESSON = "05-shapes-and-parameters"

_STRIDES, _PADS = (2, 3, 4, 5), (1, 2, 3, 4)


@st.composite
def _again(draw, calls: st.SearchStrategy[Call]) -> list[Call]:
    """Two calls, and both once more, the other way round."""
    first, other = draw(calls), draw(calls)
    return [first, other, other, first]


def _given(*calls: Call) -> st.SearchStrategy[list[Call]]:
    """Worked examples, each the only call."""
    return st.sampled_from(calls).map(lambda call: [call])


def _whole(value) -> int:
    return int(np.real(value))


# output_size --------------------------------------------------------------------------------------


@st.composite
def _just_fits(draw) -> Call:
    """A kernel as long as the row, with its padding: one place, whatever the stride."""
    pad = draw(st.integers(0, 4))
    size = draw(st.integers(1, 30))
    return Call((size, size + 2 * pad), {"stride": draw(st.integers(1, 5)), "pad": pad})


@st.composite
def _one_cell(draw) -> Call:
    """Kernels of one cell."""
    return Call((draw(st.integers(1, 50)), 1), {"stride": draw(st.integers(1, 7)), "pad": draw(st.integers(0, 3))})


@st.composite
def _stride_beyond(draw) -> Call:
    """Strides larger than the kernel, and than the row."""
    kernel = draw(st.integers(1, 5))
    size = draw(st.integers(kernel, 25))
    return Call((size, kernel, draw(st.integers(kernel + 1, 40))), {"pad": draw(st.integers(0, 2))})


@st.composite
def _longer(draw) -> list[Call]:
    """A row, and one that is longer by whole strides."""
    call = draw(axis(strides=_STRIDES, pads=(0, 1, 2)))
    size, kernel, *rest = call.args
    stride = call.kwargs.get("stride", rest[0] if rest else 1)
    return [call, Call((size + 3 * stride, kernel, *rest), call.kwargs)]


def _three_more(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.asarray(_whole(values[0]) + 3)


OUTPUT_SIZE = (
    Property("values", "counts the places where the kernel fits", one(axis()), weight=4),
    Property("padding", "counts `pad` cells more at each end", one(axis(pads=_PADS)), weight=2),
    Property("strides", "counts only places that whole steps reach", one(axis(strides=_STRIDES)), weight=2),
    Property(
        "strides and padding",
        "uses both at once",
        one(axis(strides=_STRIDES, pads=_PADS, largest=300)),
        weight=3,
    ),
    Property("a kernel that just fits", "finds one place for a kernel as long as the padded row", one(_just_fits())),
    Property("kernels of one cell", "finds a place at every step for a kernel of one cell", one(_one_cell())),
    Property("large steps", "works when a step is longer than the kernel, or than the row", one(_stride_beyond())),
    Property(
        "known layers",
        "gives the sizes of known networks",
        _given(
            Call((32, 5)),
            Call((32, 5), {"pad": 2}),
            Call((224, 7, 2, 3)),
            Call((224, 11), {"stride": 4, "pad": 2}),
            Call((112, 3, 2, 1)),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(axis(strides=(1, *_STRIDES), pads=(0, *_PADS))),
    ),
    Property(
        "longer rows",
        "finds three places more on a row that is longer by three steps",
        _longer(),
        relation=_three_more,
    ),
)


# conv_output_shape --------------------------------------------------------------------------------


@st.composite
def _as_large(draw) -> Call:
    """A kernel as large as one side of the padded image."""
    kernel, pad = draw(st.integers(3, 9)), draw(st.integers(0, 1))
    more = draw(st.integers(0, 9))
    sides = draw(st.permutations((kernel - 2 * pad, kernel - 2 * pad + more)))
    return Call(((*sides, draw(st.integers(1, 9))), draw(st.integers(1, 9)), kernel), {"pad": pad})


@st.composite
def _one_and_many(draw) -> Call:
    """One channel or one filter among many."""
    height, width = draw(st.integers(3, 60)), draw(st.integers(3, 60))
    channels, filters = draw(st.sampled_from(((1, 64), (64, 1), (1, 1), (512, 512), (3, 96))))
    return Call(((height, width, channels), filters, draw(st.integers(1, 3))))


@st.composite
def _more_filters(draw) -> list[Call]:
    """A layer, and one with another number of filters on an image of another depth."""
    call = draw(image(strides=(1, 2), pads=(0, 1)))
    (height, width, channels), filters, *rest = call.args
    return [call, Call(((height, width, channels + 5), filters + 7, *rest), call.kwargs)]


def _seven_deeper(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.real(values[0]).astype(np.float64) + np.array([0, 0, 7])


CONV_OUTPUT_SHAPE = (
    Property("values", "gives rows, columns and filters, in this order", one(image()), weight=4),
    Property("padding", "adds the padding on both sides of both directions", one(image(pads=_PADS)), weight=2),
    Property("strides", "uses the stride for rows and columns", one(image(strides=_STRIDES)), weight=2),
    Property(
        "strides and padding",
        "uses both at once",
        one(image(strides=_STRIDES, pads=_PADS)),
        weight=3,
    ),
    Property("kernels that just fit", "finds one place for a kernel as large as the image", one(_as_large())),
    Property("one or many", "keeps channels and filters apart, also when there is one of them", one(_one_and_many())),
    Property(
        "known layers",
        "gives the shapes of known networks",
        _given(
            Call(((32, 32, 3), 10, 5), {"pad": 2}),
            Call(((32, 32, 3), 6, 5)),
            Call(((28, 28, 1), 6, 5, 1, 2)),
            Call(((224, 224, 3), 64, 11), {"stride": 4, "pad": 2}),
            Call(((224, 160, 3), 64, 7, 2, 3)),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(image(strides=(1, 2, 3), pads=(0, 1, 2))),
    ),
    Property(
        "more filters",
        "gives a deeper output for more filters, with the same rows and columns, however deep the image is",
        _more_filters(),
        relation=_seven_deeper,
    ),
)


# conv_params and dense_params ---------------------------------------------------------------------


@st.composite
def _one_more_input(draw, calls: st.SearchStrategy[Call], place: int) -> list[Call]:
    """A layer, and one with another input channel or unit, whose number is argument number `place`."""
    call = draw(calls)
    args = list(call.args)
    args[place] += 1
    return [call, Call(tuple(args), call.kwargs)]


def _another_channel(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    kernel, _, n_filters = calls[0].args[:3]
    return np.asarray(_whole(values[0]) + kernel**2 * n_filters)


def _another_unit(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.asarray(_whole(values[0]) + calls[0].args[1])


@st.composite
def _with_and_without(draw, calls: st.SearchStrategy[Call]) -> list[Call]:
    """A layer without biases, and with them."""
    call = draw(calls)
    return [Call(call.args, {"bias": False}), Call(call.args, {"bias": True})]


def _one_more_each(place: int):
    def relation(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
        return np.asarray(_whole(values[0]) + calls[0].args[place])

    return relation


@st.composite
def _small_bank(draw) -> Call:
    """A kernel of one pixel, one channel or one filter."""
    args = draw(st.sampled_from(((1, 7, 5), (3, 1, 6), (5, 4, 1), (1, 1, 1), (1, 64, 16), (2, 1, 1))))
    return Call(args, {"bias": draw(st.booleans())})


# Odd counts above 2**24, which float32 rounds; small enough that whoever makes the weights to count them has room.


@st.composite
def _large_bank(draw) -> Call:
    args = draw(st.sampled_from((5, 7))), 1025 + 2 * draw(st.integers(0, 50)), 701 + 2 * draw(st.integers(0, 50))
    return Call(args, {"bias": False})


@st.composite
def _large_local(draw) -> Call:
    """Odd sides, an odd kernel and padding that keeps them."""
    height, width = (101 + 2 * draw(st.integers(0, 40)) for _ in range(2))
    return Call(((height, width, 3), 11 + 2 * draw(st.integers(0, 4)), 9), {"pad": 4, "bias": False})


@st.composite
def _huge_units(draw) -> Call:
    """Odd counts above 2**31, which do not fit in 32 bits either."""
    args = 60_001 + 2 * draw(st.integers(0, 5000)), 50_001 + 2 * draw(st.integers(0, 5000))
    return Call(args, {"bias": False})


CONV_PARAMS = (
    Property("values", "counts the weights of all filters and a bias for each", one(bank()), weight=4),
    Property(
        "without biases",
        "counts no biases when there are none",
        one(bank(biases=(False,))),
        weight=2,
    ),
    Property(
        "with or without biases",
        "counts the biases when they are asked for",
        one(bank(biases=(True, False))),
    ),
    Property("one of a kind", "works for one pixel, one channel and one filter", one(_small_bank())),
    Property("large layers", "counts millions of weights to the last one", one(_large_bank())),
    Property(
        "known layers",
        "gives the counts of known networks",
        _given(
            Call((5, 3, 10)),
            Call((3, 1, 5), {"bias": False}),
            Call((11, 3, 64)),
            Call((3, 512, 512)),
            Call((7, 3, 64, False)),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(bank(biases=(True, False))),
    ),
    Property(
        "one more channel",
        "counts one slice more for each filter when the image has one channel more",
        _one_more_input(bank(biases=(True, False)), 1),
        relation=_another_channel,
    ),
    Property(
        "what biases add",
        "counts one number more for each filter when there are biases",
        _with_and_without(bank()),
        relation=_one_more_each(2),
    ),
)


@st.composite
def _small_units(draw) -> Call:
    """One input or one output."""
    args = draw(st.sampled_from(((1, 9), (9, 1), (1, 1), (2, 1), (1, 1000))))
    return Call(args, {"bias": draw(st.booleans())})


DENSE_PARAMS = (
    Property("values", "counts the weights and a bias for each output", one(units()), weight=4),
    Property("without biases", "counts no biases when there are none", one(units(biases=(False,))), weight=2),
    Property(
        "with or without biases",
        "counts the biases when they are asked for",
        one(units(biases=(True, False))),
    ),
    Property("one of a kind", "works for one input and one output", one(_small_units())),
    Property("huge layers", "counts billions of weights to the last one", one(_huge_units())),
    Property(
        "known layers",
        "gives the counts of known networks, up to billions",
        _given(
            Call((400, 120)),
            Call((84, 10)),
            Call((25_088, 4096)),
            Call((3_000_000, 1000), {"bias": False}),
            Call((2048, 1000, True)),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(units(biases=(True, False))),
    ),
    Property(
        "one more input",
        "counts one weight more for each output when there is one input more",
        _one_more_input(units(biases=(True, False)), 0),
        relation=_another_unit,
    ),
    Property(
        "what biases add",
        "counts one number more for each output when there are biases",
        _with_and_without(units()),
        relation=_one_more_each(1),
    ),
)


# locally_connected_params -------------------------------------------------------------------------


@st.composite
def _one_place(draw) -> Call:
    """A kernel as large as the image: a single place, a dense layer in disguise."""
    side, pad = draw(st.integers(1, 8)), draw(st.integers(0, 2))
    shape = side, side, draw(st.integers(1, 4))
    return Call((shape, draw(st.integers(1, 5)), side + 2 * pad), {"pad": pad, "bias": draw(st.booleans())})


@st.composite
def _pixel_filters(draw) -> Call:
    shape = draw(st.integers(1, 20)), draw(st.integers(1, 20)), draw(st.integers(1, 5))
    return Call((shape, draw(st.integers(1, 5)), 1), {"bias": draw(st.booleans())})


@st.composite
def _local_biases(draw) -> list[Call]:
    """A layer that keeps the size of the image, without biases, and with them."""
    shape = draw(st.integers(1, 15)), draw(st.integers(1, 15)), draw(st.integers(1, 4))
    pad = draw(st.integers(0, 2))
    args = shape, draw(st.integers(1, 5)), 2 * pad + 1
    return [Call(args, {"pad": pad, "bias": False}), Call(args, {"pad": pad, "bias": True})]


def _one_more_for_each_output(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    (height, width, _), n_filters, _ = calls[0].args
    return np.asarray(_whole(values[0]) + height * width * n_filters)


_ALL_BIASES = (True, False)

LOCALLY_CONNECTED_PARAMS = (
    Property("values", "counts filters and biases for each place of the map", one(local_image()), weight=4),
    Property("without biases", "counts no biases when there are none", one(local_image(biases=(False,))), weight=2),
    Property("padding", "counts the places that the padding adds", one(local_image(pads=_PADS)), weight=2),
    Property("strides", "counts the places that the stride leaves", one(local_image(strides=_STRIDES)), weight=2),
    Property(
        "all options",
        "uses stride, padding and biases at once",
        one(local_image(strides=_STRIDES, pads=_PADS, biases=_ALL_BIASES)),
        weight=2,
    ),
    Property("one place", "counts one place for a kernel as large as the padded image", one(_one_place())),
    Property("kernels of one pixel", "counts a weight for each channel at each pixel", one(_pixel_filters())),
    Property("large layers", "counts millions of weights to the last one", one(_large_local())),
    Property(
        "known layers",
        "gives the counts of the lesson",
        _given(
            Call(((32, 32, 1), 5, 3, 1, 1, False)),
            Call(((32, 32, 1), 5, 3), {"pad": 1}),
            Call(((5, 4, 2), 3, 2)),
            Call(((152, 152, 3), 16, 9), {"bias": False}),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(local_image(strides=(1, 2), pads=(0, 1), biases=_ALL_BIASES)),
    ),
    Property(
        "more biases",
        "counts one number more for each output when there are biases",
        _local_biases(),
        relation=_one_more_for_each_output,
    ),
)


# receptive_field ----------------------------------------------------------------------------------


@st.composite
def _last_stride(draw) -> list[Call]:
    """A stack, and the same with another stride in its last layer."""
    (layers,) = draw(stack(most=4)).args
    kernel, stride = layers[-1]
    return [Call((layers,)), Call(([*layers[:-1], (kernel, stride + 1)],))]


@st.composite
def _first_layer_more(draw) -> list[Call]:
    """A stack, and the same behind one more layer."""
    (layers,) = draw(stack(most=4)).args
    first = draw(st.sampled_from(((3, 2), (2, 2), (5, 1), (7, 2), (1, 3))))
    return [Call((layers,)), Call(([first, *layers],))]


def _seen_through(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    kernel, stride = calls[1].args[0][0]
    return np.asarray((_whole(values[0]) - 1) * stride + kernel)


RECEPTIVE_FIELD = (
    Property("values", "adds up what each kernel adds, widened by all strides before it", one(stack()), weight=4),
    Property("stride 1", "adds up what each kernel adds to the window", one(stack(strides=(1,))), weight=2),
    Property("one layer", "gives the kernel itself for a single layer, whatever its stride", one(stack(most=1))),
    Property("deep stacks", "works for many layers", one(stack(least=7, most=14, strides=(1, 1, 2)))),
    Property(
        "kernels of one cell",
        "lets kernels of one cell see nothing more, though their strides count",
        one(stack(least=2, kernels=(1, 1, 3), strides=(2, 1, 3))),
    ),
    Property(
        "gaps",
        "works when a step is longer than the kernel",
        one(stack(least=2, most=4, kernels=(2, 1, 3), strides=(4, 5, 3))),
    ),
    Property(
        "known networks",
        "gives the receptive fields of known networks",
        _given(
            Call(([(3, 1), (3, 1)],)),
            Call(([(5, 1), (2, 2), (5, 1), (2, 2)],)),
            Call(([(3, 1)] * 2 + [(2, 2)] + [(3, 1)] * 2 + [(2, 2)],)),
            Call(([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)],)),
            Call(([(7, 2), (3, 2)],)),
        ),
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(stack()),
    ),
    Property(
        "the last stride",
        "gives the same whatever the stride of the last layer",
        _last_stride(),
    ),
    Property(
        "one more layer in front",
        "sees through one more layer in front: its stride spreads the window, its kernel widens it",
        _first_layer_more(),
        relation=_seen_through,
    ),
)

PROPERTIES = {
    "output_size": OUTPUT_SIZE,
    "conv_output_shape": CONV_OUTPUT_SHAPE,
    "conv_params": CONV_PARAMS,
    "dense_params": DENSE_PARAMS,
    "locally_connected_params": LOCALLY_CONNECTED_PARAMS,
    "receptive_field": RECEPTIVE_FIELD,
}
