"""Lesson 02: what a submission must get right about borders, named filters and filtered photos."""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises import inputs
from cnnkit.exercises.filters import (
    MIRRORED,
    MODES,
    box_call,
    padding,
    photo_and_kernel,
    picture,
    same_size,
)
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import LAYOUTS
from cnnkit.exercises.model import Call, Property

LESSON = "02-filters-and-padding"

# Memory layouts other than plain row order come first here: they are what the property is about.
_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_ANY_LAYOUT = st.sampled_from(LAYOUTS)


def _alone(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    return calls.map(lambda call: [call])


def _on(arguments: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    """Examples of one call, from a strategy of arrays or of tuples of arrays."""
    return arguments.map(lambda drawn: [Call(drawn if isinstance(drawn, tuple) else (drawn,))])


def _again(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """A call, one on other numbers of the same shapes, which could leave something behind, and the first again."""

    def turned(value):
        return value[::-1, ::-1].copy() if isinstance(value, np.ndarray) else value

    return calls.map(lambda call: [call, Call(tuple(map(turned, call.args)), call.kwargs), call])


def _numbers(values) -> np.ndarray:
    """An answer to calculate with: a student's bytes would wrap around, and booleans do not subtract."""
    return np.real(values).astype(np.float64)


def _same_sum(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 2 * _numbers(values[0]) - 3 * _numbers(values[1])


def _first_turned(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    """The first answer with its rows as columns."""
    return _numbers(values[0]).T


def _same_as_first(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])


# pad2d --------------------------------------------------------------------------------------------


@st.composite
def _sum_of_padded(draw) -> list[Call]:
    call = draw(padding(kinds=(TENTHS,)))
    image, *rest = call.args
    other = np.roll(image[::-1], 1, axis=1) + 1
    return [Call((each, *rest), call.kwargs) for each in (image, other, 2 * image - 3 * other)]


@st.composite
def _turned(draw, calls: st.SearchStrategy[Call]) -> list[Call]:
    """A call, and the same with the rows of all arrays as columns."""
    call = draw(calls)
    turned = tuple(value.T.copy() if isinstance(value, np.ndarray) else value for value in call.args)
    return [call, Call(turned, call.kwargs)]


@st.composite
def _two_borders(draw) -> list[Call]:
    """A wide border of zeros, and a narrow one around an image that has one already."""
    image = draw(picture(smallest=1, largest=5, kinds=(WHOLE, TENTHS)))
    inner, outer = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return [Call((image, inner + outer)), Call((np.pad(image, inner), outer))]


PAD2D = (
    Property(
        "values",
        "puts `pad` cells on every side: zeros, or the image mirrored as the mode says",
        _alone(padding()),
        weight=4,
    ),
    Property(
        "wide mirrors",
        "mirrors several cells in the order in which a mirror shows them, in the corners too",
        _alone(padding(modes=MIRRORED, pads=(2, 3))),
        weight=3,
    ),
    Property(
        "shapes",
        "works when the image is wider than high, or higher than wide",
        _alone(padding(oblong=True)),
        weight=2,
    ),
    Property(
        "as far as the mirror reaches",
        "works when the border is as wide as the image allows, on a single row or cell too",
        _alone(padding(tight=True, modes=("symmetric", "reflect", "zero"))),
        weight=2,
    ),
    Property(
        "a single row",
        "repeats a row or a column that is all there is",
        _alone(padding(pads=(1,), modes=("symmetric",), tight=True)),
    ),
    Property(
        "no border",
        "gives the image itself when pad is 0",
        _alone(padding(pads=(0,))),
    ),
    Property(
        "wide borders",
        "works for borders that are wider than the image",
        _alone(padding(modes=("zero",), pads=(4, 7), largest=4)),
    ),
    Property(
        "photos",
        "keeps a photo's 8-bit numbers as they are",
        _alone(padding(kinds=(BYTES,), pads=(1, 2))),
    ),
    Property(
        "memory layouts",
        "works on an image however it lies in memory: in rows, in columns or as part of a larger one",
        _alone(padding(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image as it was",
        _alone(padding(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(padding()),
    ),
    Property(
        "sums of images",
        "answers to 2 × one image - 3 × another with the same sum of the two results",
        _sum_of_padded(),
        relation=_same_sum,
    ),
    Property(
        "rows as columns",
        "gives the same result, turned, for an image whose rows have become columns",
        _turned(padding(oblong=True)),
        relation=_first_turned,
    ),
    Property(
        "two borders",
        "gives with one wide border of zeros what two narrow ones give, one around the other",
        _two_borders(),
        relation=_same_as_first,
    ),
)


# conv2d_same --------------------------------------------------------------------------------------


@st.composite
def _one_hot(draw) -> list[Call]:
    call = draw(same_size(kind=(WHOLE, WHOLE)))
    image, kernel, *mode = call.args
    hot = np.zeros_like(kernel)
    hot[tuple(draw(st.integers(0, side - 1)) for side in kernel.shape)] = 1
    return [Call((image, hot, *mode), call.kwargs)]


@st.composite
def _single_number(draw) -> list[Call]:
    call = draw(same_size())
    image, kernel, *mode = call.args
    return [Call((image, kernel[:1, :1].copy(), *mode), call.kwargs)]


@st.composite
def _sum_of_same(draw, which: int) -> list[Call]:
    call = draw(same_size(kind=(TENTHS, TENTHS)))
    drawn = call.args[which]
    other = np.roll(drawn[::-1], 1, axis=1) + 1
    changed = ((*call.args[:which], each, *call.args[which + 1 :]) for each in (drawn, other, 2 * drawn - 3 * other))
    return [Call(args, call.kwargs) for args in changed]


@st.composite
def _wider_kernel(draw) -> list[Call]:
    """A kernel, and the same kernel with a rim of zeros."""
    image = draw(picture(smallest=5, largest=8, kinds=(WHOLE, TENTHS)))
    h, w = draw(st.sampled_from(((3, 3), (1, 3), (3, 1), (1, 1))))
    kernel = draw(inputs.numbers((h, w), WHOLE))
    mode = draw(st.sampled_from(MODES))
    return [Call((image, kernel), {"mode": mode}), Call((image, np.pad(kernel, 1)), {"mode": mode})]


CONV2D_SAME = (
    Property(
        "values",
        "centres the kernel on every cell of the image, with the border that the mode says",
        _alone(same_size()),
        weight=4,
    ),
    Property(
        "mirrored borders",
        "mirrors the image at its edges as the mode says, for kernels that reach far",
        _alone(same_size(modes=MIRRORED, least=3)),
        weight=3,
    ),
    Property(
        "shapes",
        "works for kernels such as 3 × 5 and for images that are wider than high, or higher than wide",
        _alone(same_size(oblong=True)),
        weight=2,
    ),
    Property(
        "borders of zeros",
        "puts zeros around the image when no mode is given",
        _alone(same_size(modes=("zero",), least=3)),
        weight=2,
    ),
    Property(
        "large kernels",
        "works for a kernel as large as the image",
        _alone(same_size(tight=True)),
    ),
    Property(
        "kernels of one number",
        "gives each pixel times the number for a kernel of 1 × 1",
        _single_number(),
    ),
    Property(
        "photos",
        "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
        _alone(same_size(kind=(BYTES, WHOLE)) | same_size(kind=(BYTES, TENTHS))),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        _alone(same_size(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image and the kernel as they were",
        _alone(same_size(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(same_size()),
    ),
    Property(
        "a single 1",
        "moves the image when the kernel holds a single 1 among zeros",
        _one_hot(),
    ),
    Property(
        "sums of images",
        "answers to 2 × one image - 3 × another with the same sum of the two maps",
        _sum_of_same(0),
        relation=_same_sum,
    ),
    Property(
        "sums of kernels",
        "answers to 2 × one kernel - 3 × another with the same sum of the two maps",
        _sum_of_same(1),
        relation=_same_sum,
    ),
    Property(
        "rows as columns",
        "gives the same map, turned, when the rows of image and kernel have become columns",
        _turned(same_size(oblong=True, kind=(WHOLE, WHOLE))),
        relation=_first_turned,
    ),
    Property(
        "a rim of zeros",
        "gives the same map for a kernel with a rim of zeros around it",
        _wider_kernel(),
        relation=_same_as_first,
    ),
)


# box_kernel ---------------------------------------------------------------------------------------

BOX_KERNEL = (
    Property(
        "values",
        "gives n × n equal weights whose sum is 1",
        st.integers(1, 9).map(lambda n: [box_call(n)]),
        weight=4,
    ),
    Property(
        "large kernels",
        "works for large kernels",
        st.integers(10, 40).map(lambda n: [box_call(n)]),
    ),
    Property(
        "even sides",
        "works for an even n",
        st.integers(1, 8).map(lambda half: [box_call(2 * half)]),
    ),
    Property(
        "a single weight",
        "gives one row with one weight of 1 when n is 1",
        st.just([box_call(1)]),
    ),
    Property(
        "same answer again",
        "gives the same kernel when it is called again, whatever came between",
        st.tuples(st.integers(1, 12), st.integers(1, 12)).map(
            lambda pair: [box_call(pair[0]), box_call(pair[1]), box_call(pair[0])]
        ),
    ),
)


# top_sobel ----------------------------------------------------------------------------------------


@st.composite
def _sum_of_pictures(draw) -> list[Call]:
    image = draw(picture(kinds=(TENTHS,)))
    other = np.roll(image[::-1], 1, axis=1)
    return [Call((each,)) for each in (image, other, 2 * image - 3 * other)]


@st.composite
def _changed_picture(draw, change) -> list[Call]:
    image = draw(picture(kinds=(WHOLE, TENTHS)))
    return [Call((image,)), Call((change(image),))]


def _first_upside_down(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return -_numbers(values[0])[::-1]


def _first_mirrored(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])[:, ::-1]


TOP_SOBEL = (
    Property(
        "values",
        "gives the answer of the top Sobel kernel at every place where it fits",
        _on(picture()),
        weight=4,
    ),
    Property(
        "photos",
        "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
        _on(picture(kinds=(BYTES,))),
        weight=3,
    ),
    Property(
        "shapes",
        "works when the image is wider than high, or higher than wide",
        _on(picture(oblong=True)),
        weight=2,
    ),
    Property(
        "black and white",
        "gives the whole sum on a photo of black and white only, where the answers are largest",
        _on(picture(kinds=(BYTES,)).map(lambda image: np.where(image > 127, 255, 0).astype(np.uint8))),
    ),
    Property(
        "one place",
        "gives one row with one number for an image of 3 × 3",
        _on(picture(smallest=3, largest=3)),
    ),
    Property(
        "memory layouts",
        "works on an image however it lies in memory: in rows, in columns or as part of a larger one",
        _on(picture(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "input kept",
        "leaves the image as it was",
        _on(picture(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(picture().map(lambda image: Call((image,)))),
    ),
    Property(
        "sums of images",
        "answers to 2 × one image - 3 × another with the same sum of the two maps",
        _sum_of_pictures(),
        relation=_same_sum,
    ),
    Property(
        "brighter images",
        "gives the same map when every pixel is brighter by the same amount",
        _changed_picture(lambda image: image + 7),
        relation=_same_as_first,
    ),
    Property(
        "upside down",
        "gives the map upside down and with the other sign for an image upside down",
        _changed_picture(lambda image: image[::-1].copy()),
        relation=_first_upside_down,
    ),
    Property(
        "left and right",
        "gives the mirrored map for an image in which left and right are exchanged",
        _changed_picture(lambda image: image[:, ::-1].copy()),
        relation=_first_mirrored,
    ),
)


# filter_image -------------------------------------------------------------------------------------


@st.composite
def _untouched(draw) -> list[Call]:
    """A kernel that copies each pixel."""
    image, kernel = draw(photo_and_kernel())
    copying = np.zeros(kernel.shape)
    copying[kernel.shape[0] // 2, kernel.shape[1] // 2] = 1
    return [Call((image, copying))]


@st.composite
def _channels_exchanged(draw) -> list[Call]:
    image, kernel = draw(photo_and_kernel(depths=(2, 3, 5)))
    return [Call((image, kernel)), Call((image[:, :, ::-1].copy(), kernel))]


def _first_exchanged(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])[:, :, ::-1]


@st.composite
def _both_mirrored(draw) -> list[Call]:
    image, kernel = draw(photo_and_kernel())
    return [Call((image, kernel)), Call((image[:, ::-1].copy(), kernel[:, ::-1].copy()))]


@st.composite
def _channel_by_channel(draw) -> list[Call]:
    image, kernel = draw(photo_and_kernel(depths=(2, 3)))
    alone = [Call((image[:, :, c : c + 1].copy(), kernel)) for c in range(image.shape[2])]
    return [*alone, Call((image, kernel))]


def _side_by_side(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([_numbers(value) for value in values], axis=2)


FILTER_IMAGE = (
    Property(
        "values",
        "filters each channel on its own, rounds to the nearest whole number and clips to 0..255",
        _on(photo_and_kernel()),
        weight=4,
    ),
    Property(
        "bright and dark",
        "gives 255 where the answer is larger and 0 where it is negative",
        _on(photo_and_kernel(sorts=("whole", "mixed"), least=3)),
        weight=2,
    ),
    Property(
        "rounding",
        "rounds to the nearest whole number",
        _on(photo_and_kernel(sorts=("blur",), least=3)),
        weight=2,
    ),
    Property(
        "8 bits",
        "gives an image of type uint8",
        _on(photo_and_kernel()),
        weight=2,
        keeps_dtype=True,
    ),
    Property(
        "shapes",
        "works for kernels such as 3 × 5 and for images that are wider than high, or higher than wide",
        _on(photo_and_kernel(oblong=True)),
        weight=2,
    ),
    Property(
        "depths",
        "works for one channel, for two and for five",
        _on(photo_and_kernel(depths=(1, 2, 5))),
    ),
    Property(
        "borders",
        "mirrors the image with its edge repeated, for a kernel as large as the image too",
        _on(photo_and_kernel(tight=True, sorts=("blur", "mixed"), least=3)),
    ),
    Property(
        "memory layouts",
        "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
        _on(photo_and_kernel(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image and the kernel as they were",
        _on(photo_and_kernel(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(photo_and_kernel().map(lambda pair: Call(pair))),
    ),
    Property(
        "pixels copied",
        "gives the image itself when the kernel has a 1 in its middle and zeros elsewhere",
        _untouched(),
    ),
    Property(
        "channels exchanged",
        "gives the same channels in the other order when the image has them in the other order",
        _channels_exchanged(),
        relation=_first_exchanged,
    ),
    Property(
        "left and right",
        "gives the mirrored image when left and right are exchanged in image and kernel",
        _both_mirrored(),
        relation=_first_mirrored,
    ),
    Property(
        "channel by channel",
        "gives the channels that it gives when each comes alone",
        _channel_by_channel(),
        relation=_side_by_side,
    ),
)

PROPERTIES = {
    "pad2d": PAD2D,
    "conv2d_same": CONV2D_SAME,
    "box_kernel": BOX_KERNEL,
    "top_sobel": TOP_SOBEL,
    "filter_image": FILTER_IMAGE,
}
