"""Lesson 01: what a submission must get right about channels, grey and convolution."""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import LAYOUTS
from cnnkit.exercises.model import Call, Property

LESSON = "01-convolution"

# Memory layouts other than plain row order come first here: they are what the property is about.
_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_ANY_LAYOUT = st.sampled_from(LAYOUTS)


def _single(drawn: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    """Examples of one call without a stride, from a strategy of arrays or of tuples of arrays."""
    return drawn.map(lambda arrays: [Call(arrays if isinstance(arrays, tuple) else (arrays,))])


def _strided(pairs: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    """Examples of one call with a stride above 1, by position or by name."""
    return pairs.flatmap(lambda pair: inputs.stride_call(*pair)).map(lambda call: [call])


def _numbers(values) -> np.ndarray:
    """An answer to calculate with: a student's bytes would wrap around, and booleans do not subtract."""
    return np.real(values).astype(np.float64)


@st.composite
def _again(draw, calls: st.SearchStrategy[tuple[Call, Call]]) -> list[Call]:
    """A call, another one that could leave something behind, and the first one again."""
    first, other = draw(calls)
    return [first, other, first]


# split_channels and to_gray -----------------------------------------------------------------------


@st.composite
def _two_images(draw, kind: str) -> tuple[Call, Call]:
    image = draw(inputs.color_image(kind))
    # Of the same shape, so that numbers left over from one fit into the other.
    return Call((image,)), Call((image[::-1, ::-1].copy(),))


@st.composite
def _photo_in_two_types(draw) -> list[Call]:
    photo = draw(inputs.color_image(BYTES))
    return [Call((photo,)), Call((photo / 255,))]


@st.composite
def _mixture(draw) -> list[Call]:
    first = draw(inputs.color_image("unit"))
    second = first[::-1, ::-1].copy()
    return [Call((first,)), Call((second,)), Call((0.25 * first + 0.75 * second,))]


def _same_as_before(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])


def _same_mixture(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 0.25 * _numbers(values[0]) + 0.75 * _numbers(values[1])


def _images(kinds: tuple[str, ...], layout=None) -> st.SearchStrategy[np.ndarray]:
    return st.sampled_from(kinds).flatmap(lambda kind: inputs.color_image(kind, layout=layout))


_ALL_KINDS, _GRAY_KINDS = (WHOLE, TENTHS, BYTES), ("unit", BYTES)

SPLIT_CHANNELS = (
    Property(
        "values",
        "gives the red, the green and the blue channel, in this order",
        _single(_images(_ALL_KINDS)),
        weight=4,
    ),
    Property(
        "memory layouts",
        "works on an image however it lies in memory: in rows, in columns or as part of a larger one",
        _single(_images(_ALL_KINDS, _ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image as it was",
        _single(_images(_ALL_KINDS, _ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_two_images(WHOLE)),
    ),
)

TO_GRAY = (
    Property(
        "floats",
        "weights red, green and blue and adds them up, for an image of floats from 0 to 1",
        _single(inputs.color_image("unit")),
        weight=3,
    ),
    Property(
        "photos",
        "brings an 8-bit image, 0 to 255, to the range 0 to 1",
        _single(inputs.color_image(BYTES)),
        weight=3,
    ),
    Property(
        "dark photos",
        "treats a nearly black 8-bit image like any other 8-bit image",
        _single(inputs.color_image("dark")),
    ),
    Property(
        "same photo, two types",
        "gives the same grey for a photo in bytes and for the same photo in floats",
        _photo_in_two_types(),
        relation=_same_as_before,
    ),
    Property(
        "mixtures",
        "gives a mixture of the two greys for a mixture of two images, pixel by pixel",
        _mixture(),
        relation=_same_mixture,
    ),
    Property(
        "memory layouts",
        "works on an image however it lies in memory: in rows, in columns or as part of a larger one",
        _single(_images(_GRAY_KINDS, _ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the image as it was",
        _single(_images(_GRAY_KINDS, _ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_two_images("unit") | _two_images(BYTES)),
    ),
)


# conv2d and conv2d_channels -----------------------------------------------------------------------


def _pairs(deep: bool, **wanted) -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    """An image and a kernel: 2-D for conv2d, with channels for conv2d_channels."""
    if not deep:
        return inputs.image_and_kernel(**wanted)
    return inputs.depths().flatmap(lambda depth: inputs.image_and_kernel(depth=depth, largest=6, **wanted))


@st.composite
def _maybe_strided(draw, pair: st.SearchStrategy) -> list[Call]:
    image, kernel = draw(pair)
    return [draw(inputs.stride_call(image, kernel)) if draw(st.booleans()) else Call((image, kernel))]


@st.composite
def _two_calls(draw, deep: bool) -> tuple[Call, Call]:
    image, kernel = draw(_pairs(deep))
    # Same shapes, other numbers: what is left over from one call fits into the next.
    return Call((image, kernel)), Call((image[::-1, ::-1].copy(), kernel[::-1, ::-1].copy()))


@st.composite
def _one_hot(draw, deep: bool) -> list[Call]:
    image, kernel = draw(_pairs(deep, kind=(WHOLE, WHOLE)))
    hot = np.zeros_like(kernel)
    hot[tuple(draw(st.integers(0, side - 1)) for side in kernel.shape)] = 1
    return [Call((image, hot))]


@st.composite
def _sum_of_images(draw, deep: bool) -> list[Call]:
    image, kernel = draw(_pairs(deep, kind=(TENTHS, TENTHS)))
    other = np.roll(image[::-1], 1, axis=1)
    return [Call((picture, kernel)) for picture in (image, other, 2 * image - 3 * other)]


@st.composite
def _sum_of_kernels(draw, deep: bool) -> list[Call]:
    image, kernel = draw(_pairs(deep, kind=(WHOLE, TENTHS)))
    other = np.roll(kernel[::-1], 1, axis=1) + 1
    return [Call((image, weights)) for weights in (kernel, other, 2 * kernel - 3 * other)]


def _same_sum(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 2 * _numbers(values[0]) - 3 * _numbers(values[1])


@st.composite
def _moved(draw, deep: bool) -> list[Call]:
    """A strided call, and the same on the image without some of its first rows and columns."""
    image, kernel = draw(_pairs(deep, kind=(WHOLE, WHOLE)))
    stride = draw(st.sampled_from((1, 2)))
    rows = draw(st.integers(0, (image.shape[0] - kernel.shape[0]) // stride))
    columns = draw(st.integers(0, (image.shape[1] - kernel.shape[1]) // stride))
    rest = image[rows * stride :, columns * stride :].copy()
    return [Call((image, kernel), {"stride": stride}), Call((rest, kernel), {"stride": stride})]


def _map_moved(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    stride = calls[0].kwargs["stride"]
    rows, columns = ((calls[0].args[0].shape[axis] - calls[1].args[0].shape[axis]) // stride for axis in (0, 1))
    return _numbers(values[0])[rows:, columns:]


@st.composite
def _channel_by_channel(draw) -> list[Call]:
    depth = draw(st.sampled_from((2, 3)))
    image, kernel = draw(inputs.image_and_kernel(depth=depth, kind=(TENTHS, WHOLE), largest=5))
    alone = [Call((image[:, :, c : c + 1].copy(), kernel[:, :, c : c + 1].copy())) for c in range(depth)]
    return [*alone, Call((image, kernel))]


def _sum_of_all(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.sum([_numbers(value) for value in values], axis=0)


def _convolution(deep: bool) -> tuple[Property, ...]:
    """The properties that conv2d and conv2d_channels share."""
    return (
        Property(
            "values",
            "multiplies each window of the image with the kernel, cell by cell, and adds up the products",
            _single(_pairs(deep)),
            weight=4,
        ),
        Property(
            "strides",
            "moves the kernel by the stride, down and across",
            _strided(_pairs(deep)),
            weight=3,
        ),
        Property(
            "shapes",
            "works when the image, the kernel and the map are wider than high, or higher than wide",
            _maybe_strided(_pairs(deep, oblong=True)),
            weight=2,
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            _single(_pairs(deep, kind=(BYTES, WHOLE)) | _pairs(deep, kind=(BYTES, TENTHS))),
        ),
        Property(
            "memory layouts",
            "works on arrays however they lie in memory: in rows, in columns or as part of a larger one",
            _maybe_strided(_pairs(deep, layout=_ODD_LAYOUTS)),
        ),
        Property(
            "inputs kept",
            "leaves the image and the kernel as they were",
            _maybe_strided(_pairs(deep, layout=_ANY_LAYOUT)),
            keeps_inputs=True,
        ),
        Property(
            "same answer again",
            "gives the same answer when it is called again, whatever came between",
            _again(_two_calls(deep)),
        ),
        Property(
            "a single 1",
            "copies a part of the image when the kernel holds a single 1 among zeros",
            _one_hot(deep),
        ),
        Property(
            "sums of images",
            "answers to 2 × one image - 3 × another with the same sum of the two maps",
            _sum_of_images(deep),
            relation=_same_sum,
        ),
        Property(
            "sums of kernels",
            "answers to 2 × one kernel - 3 × another with the same sum of the two maps",
            _sum_of_kernels(deep),
            relation=_same_sum,
        ),
        Property(
            "the map moves along",
            "gives the same map, moved, for an image that is moved by whole strides",
            _moved(deep),
            relation=_map_moved,
        ),
    )


CONV2D_CHANNELS = (
    *_convolution(deep=True),
    Property(
        "channel by channel",
        "gives the sum of what the channels give alone",
        _channel_by_channel(),
        relation=_sum_of_all,
    ),
)

PROPERTIES = {
    "split_channels": SPLIT_CHANNELS,
    "to_gray": TO_GRAY,
    "conv2d": _convolution(deep=False),
    "conv2d_channels": CONV2D_CHANNELS,
}
