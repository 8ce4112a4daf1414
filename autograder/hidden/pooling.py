"""Lesson 03: what a submission must get right about activation functions and pooling."""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.layouts import LAYOUTS
from cnnkit.exercises.model import Call, Property
from cnnkit.exercises.pooling import EXTREME, deep_map, feature_map, scores_call, window_call

LESSON = "03-activation-and-pooling"

# Memory layouts other than plain row order come first here: they are what the property is about.
_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_ANY_LAYOUT = st.sampled_from(LAYOUTS)


def _alone(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    return calls.map(lambda call: [call])


def _on(arrays: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    return arrays.map(lambda array: [Call((array,))])


def _scores(arrays: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    return arrays.map(lambda array: [scores_call(array)])


def _with(call: Call, array: np.ndarray) -> Call:
    """The same call on another array."""
    return Call((array, *call.args[1:]), call.kwargs, call.magnitude)


def _again(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """A call, one on other numbers of the same shape, which could leave something behind, and the first again."""
    return calls.map(lambda call: [call, _with(call, -call.args[0][::-1].copy()), call])


@st.composite
def _changed(draw, calls: st.SearchStrategy[Call], change) -> list[Call]:
    """A call, and the same on a changed array."""
    call = draw(calls)
    return [call, _with(call, change(call.args[0]))]


def _numbers(values) -> np.ndarray:
    """An answer to calculate with: a student's bytes would wrap around, and booleans do not subtract."""
    return np.real(values).astype(np.float64)


def _same_as_first(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])


def _first_backwards(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    """The first answer with its last axis the other way round."""
    return _numbers(values[0])[..., ::-1]


def _first_turned(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.swapaxes(_numbers(values[0]), 0, 1)


def _same_sum(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 2 * _numbers(values[0]) - 3 * _numbers(values[1])


def _backwards(array: np.ndarray) -> np.ndarray:
    return array[..., ::-1].copy()


# relu ---------------------------------------------------------------------------------------------


def _rest_of_first(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    """A number is what the ReLU leaves of it, less what it leaves of its opposite."""
    return _numbers(values[0]) - calls[0].args[0]


def _three_times_first(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 3 * _numbers(values[0])


RELU = (
    Property("values", "sets negative numbers to 0 and keeps the others", _on(feature_map()), weight=4),
    Property(
        "shapes",
        "works on a row of numbers, on a matrix, and on arrays of three and four axes",
        _on(feature_map(axes=(1, 3, 4))),
        weight=2,
    ),
    Property(
        "small numbers",
        "keeps positive numbers below 1 and sets negative ones close to 0 to 0",
        _on(feature_map(kinds=(TENTHS,)).map(lambda array: array / 64)),
    ),
    Property("large numbers", "keeps large numbers as they are", _on(feature_map(kinds=(EXTREME,), axes=(1, 2)))),
    Property(
        "negative numbers",
        "gives zeros when all numbers are negative",
        _on(feature_map().map(lambda array: -np.abs(array) - 1)),
    ),
    Property(
        "memory layouts",
        "works on an array however it lies in memory: in rows, in columns or as part of a larger one",
        _on(feature_map(axes=(2, 3, 4), layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the array as it was",
        _on(feature_map(layout=_ANY_LAYOUT)),
        weight=2,
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(feature_map().map(lambda array: Call((array,)))),
    ),
    Property(
        "opposite numbers",
        "gives for -x what must be added to x to reach the answer for x",
        _changed(feature_map().map(lambda array: Call((array,))), lambda array: -array),
        relation=_rest_of_first,
    ),
    Property(
        "three times as much",
        "gives three times as much for 3 × x",
        _changed(feature_map().map(lambda array: Call((array,))), lambda array: 3 * array),
        relation=_three_times_first,
    ),
)


# sigmoid and softmax ------------------------------------------------------------------------------


def _one_less_first(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 1 - _numbers(values[0])


_SIGMOID_CALLS = feature_map().map(scores_call)

SIGMOID = (
    Property("values", "gives 1 / (1 + exp(-x)) for each number", _scores(feature_map()), weight=4),
    Property(
        "large numbers",
        "gives almost 0 and almost 1 for large numbers, not nan",
        _scores(feature_map(kinds=(EXTREME,), axes=(1, 2))),
        weight=3,
    ),
    Property(
        "shapes",
        "works on a row of numbers, on a matrix, and on arrays of three and four axes",
        _scores(feature_map(axes=(1, 3, 4))),
        weight=2,
    ),
    Property(
        "in between",
        "rises smoothly: halfway at 0, and close to its limits from about 10 on",
        _scores(feature_map(kinds=(TENTHS,), axes=(1, 2)).map(lambda array: 4 * array)),
    ),
    Property(
        "memory layouts",
        "works on an array however it lies in memory: in rows, in columns or as part of a larger one",
        _scores(feature_map(axes=(2, 3, 4), layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the array as it was",
        _scores(feature_map(kinds=(WHOLE, TENTHS, EXTREME), layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_SIGMOID_CALLS),
    ),
    Property(
        "opposite numbers",
        "gives for -x what is missing from 1 for x",
        _changed(_SIGMOID_CALLS, lambda array: -array),
        relation=_one_less_first,
    ),
    Property(
        "each on its own",
        "gives the same results in the other order for the same numbers in the other order",
        _changed(_SIGMOID_CALLS, _backwards),
        relation=_first_backwards,
    ),
)


@st.composite
def _levels(draw) -> np.ndarray:
    """Rows of scores far from each other, up to 10,000 in size."""
    scores = draw(feature_map(kinds=(WHOLE,), axes=(2,)))
    level = st.sampled_from((0, 1000, -1000, 9000, -9000))
    return scores + np.array([[draw(level)] for _ in scores])


@st.composite
def _square(draw) -> np.ndarray:
    """As many rows as columns, so that a sum along the wrong axis has a fitting shape."""
    return draw(feature_map(axes=(2,), kinds=(WHOLE, TENTHS)).filter(lambda array: array.shape[0] == array.shape[1]))


_SOFTMAX_CALLS = feature_map(axes=(2, 1)).map(scores_call)

SOFTMAX = (
    Property(
        "values",
        "gives exp of each score divided by the sum of exp along the last axis",
        _scores(feature_map(axes=(2, 1))),
        weight=4,
    ),
    Property(
        "large scores",
        "gives probabilities for large scores too, not nan",
        _scores(feature_map(kinds=(EXTREME,), axes=(1, 2))),
        weight=3,
    ),
    Property(
        "rows far apart",
        "works when the scores of one row are much larger than those of another",
        _scores(_levels()),
        weight=2,
    ),
    Property(
        "one row of scores",
        "works on a row of numbers, of one number too",
        _scores(feature_map(axes=(1,), largest=12)),
        weight=2,
    ),
    Property(
        "as many rows as labels",
        "gives probabilities of each row, when there are as many rows as labels too",
        _scores(_square()),
    ),
    Property(
        "memory layouts",
        "works on an array however it lies in memory: in rows, in columns or as part of a larger one",
        _scores(feature_map(axes=(2,), layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the array as it was",
        _scores(feature_map(kinds=(WHOLE, TENTHS, EXTREME), axes=(1, 2), layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_SOFTMAX_CALLS),
    ),
    Property(
        "higher scores",
        "gives the same when all scores are higher by the same number",
        _changed(_SOFTMAX_CALLS, lambda array: array + 8),
        relation=_same_as_first,
    ),
    Property(
        "other order",
        "gives the same probabilities in the other order for scores in the other order",
        _changed(_SOFTMAX_CALLS, _backwards),
        relation=_first_backwards,
    ),
)


# max_pool2d, avg_pool2d and sum_pool2d ------------------------------------------------------------


def _size(call: Call) -> int:
    return call.kwargs.get("size", call.args[1] if len(call.args) > 1 else 2)


@st.composite
def _channel_by_channel(draw) -> list[Call]:
    call = draw(window_call(kinds=(WHOLE, TENTHS), depths=(2, 3), largest=5))
    image = call.args[0]
    return [*(_with(call, image[:, :, c].copy()) for c in range(image.shape[2])), call]


def _stacked(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.stack([_numbers(value) for value in values], axis=2)


@st.composite
def _sum_of_images(draw) -> list[Call]:
    call = draw(window_call(kinds=(TENTHS,), depths=(None, 2), largest=6))
    image = call.args[0]
    other = np.roll(image[::-1], 1, axis=1) + 1
    return [call, _with(call, other), _with(call, 2 * image - 3 * other)]


@st.composite
def _larger_of_two(draw) -> list[Call]:
    call = draw(window_call(kinds=(WHOLE, TENTHS), depths=(None, 2), largest=6))
    image = call.args[0]
    other = np.roll(image[::-1], 1, axis=1)
    return [call, _with(call, other), _with(call, np.maximum(image, other))]


def _larger_answer(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return np.maximum(_numbers(values[0]), _numbers(values[1]))


def _brighter(cells) -> Property:
    """Twice the numbers plus 3; `cells` says how often the 3 counts in a window of a size."""

    def relation(calls, values):
        return 2 * _numbers(values[0]) + 3 * cells(_size(calls[0]))

    return Property(
        "brighter images",
        "answers to 2 × image + 3 as the image's own answer says",
        _changed(window_call(kinds=(WHOLE, TENTHS), depths=(None, 2), largest=6), lambda array: 2 * array + 3),
        relation=relation,
    )


@st.composite
def _moved(draw) -> list[Call]:
    """A call, and the same on the image without some whole strides of its first rows and columns."""
    size, stride = draw(st.sampled_from((2, 3))), draw(st.sampled_from((1, 2, 3)))
    call = draw(window_call(kinds=(WHOLE, TENTHS), sizes=(size,), strides=(stride,), largest=8))
    image = call.args[0]
    rows, columns = (draw(st.integers(0, (side - size) // stride)) for side in image.shape)
    whole = Call((image,), {"size": size, "stride": stride})
    return [whole, _with(whole, image[rows * stride :, columns * stride :].copy())]


def _map_moved(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    stride = calls[0].kwargs["stride"]
    rows, columns = ((calls[0].args[0].shape[axis] - calls[1].args[0].shape[axis]) // stride for axis in (0, 1))
    return _numbers(values[0])[rows:, columns:]


_LINEAR = Property(
    "sums of images",
    "answers to 2 × one image - 3 × another with the same sum of the two results",
    _sum_of_images(),
    relation=_same_sum,
)
_LARGER = Property(
    "the larger of two images",
    "gives for the larger of two images, cell by cell, the larger of the two results",
    _larger_of_two(),
    relation=_larger_answer,
)


def _pooling(claim: str, *own: Property) -> tuple[Property, ...]:
    """The properties that the three kinds of pooling share, and some of their own."""
    return (
        Property("values", f"{claim}", _alone(window_call(strides=("default",))), weight=4),
        Property(
            "strides",
            "moves the window by the stride, down and across, whether windows overlap or leave gaps",
            _alone(window_call(strides=(1, 2, 3, 4))),
            weight=3,
        ),
        Property(
            "channels",
            "treats each channel on its own and keeps the depth",
            _alone(window_call(depths=(3, 1, 2, 5), largest=5)),
            weight=3,
        ),
        Property(
            "no stride given",
            "moves the window by its size when the stride is None, for a size other than 2 too",
            _alone(window_call(sizes=(3, 1, 4), strides=("none", "default"), largest=9)),
            weight=2,
        ),
        Property(
            "shapes",
            "works when the image and the result are wider than high, or higher than wide",
            _alone(window_call(oblong=True, depths=(None, 2))),
            weight=2,
        ),
        Property(
            "windows that just fit",
            "works when one window is as high or as wide as the image",
            _alone(window_call(tight=True, depths=(None, 2))),
        ),
        Property(
            "negative numbers",
            "works when all numbers are negative",
            _alone(
                window_call(kinds=(WHOLE, TENTHS), depths=(None, 2)).map(
                    lambda call: _with(call, -np.abs(call.args[0]) - 1)
                )
            ),
        ),
        Property(
            "photos",
            "works on a photo's 8-bit numbers",
            _alone(window_call(kinds=(BYTES,), depths=(3, None, 1, 5), largest=6)),
        ),
        Property(
            "memory layouts",
            "works on an image however it lies in memory: in rows, in columns or as part of a larger one",
            _alone(window_call(depths=(None, 3), layout=_ODD_LAYOUTS)),
        ),
        Property(
            "inputs kept",
            "leaves the image as it was",
            _alone(window_call(depths=(None, 3), layout=_ANY_LAYOUT)),
            keeps_inputs=True,
        ),
        Property(
            "same answer again",
            "gives the same answer when it is called again, whatever came between",
            _again(window_call(kinds=(WHOLE, TENTHS), depths=(None, 2), largest=6)),
        ),
        Property(
            "channel by channel",
            "gives the channels that it gives when each comes alone",
            _channel_by_channel(),
            relation=_stacked,
        ),
        Property(
            "rows as columns",
            "gives the same result, turned, for an image whose rows have become columns",
            _changed(
                window_call(kinds=(WHOLE, TENTHS), depths=(None, 2), oblong=True),
                lambda array: np.swapaxes(array, 0, 1).copy(),
            ),
            relation=_first_turned,
        ),
        Property(
            "the result moves along",
            "gives the same result, moved, for an image that is moved by whole strides",
            _moved(),
            relation=_map_moved,
        ),
        *own,
    )


# global_avg_pool ----------------------------------------------------------------------------------


@st.composite
def _shuffled(draw) -> list[Call]:
    """An array, and the same pixels at other places."""
    array = draw(deep_map(kinds=(WHOLE, TENTHS)))
    pixels = array.reshape(-1, array.shape[2])
    order = draw(st.permutations(range(len(pixels))))
    return [Call((array,)), Call((pixels[order].reshape(array.shape),))]


@st.composite
def _sum_of_maps(draw) -> list[Call]:
    array = draw(deep_map(kinds=(TENTHS,)))
    other = np.roll(array[::-1], 1, axis=2) + 1
    return [Call((each,)) for each in (array, other, 2 * array - 3 * other)]


@st.composite
def _with_empty_channel(draw) -> np.ndarray:
    array = draw(deep_map(kinds=(WHOLE, TENTHS), depths=(3, 2, 5))).copy()
    array[:, :, draw(st.integers(0, array.shape[2] - 1))] = 0
    return array


_DEEP_CALLS = deep_map(kinds=(WHOLE, TENTHS)).map(lambda array: Call((array,)))

GLOBAL_AVG_POOL = (
    Property("values", "gives the mean of each channel", _on(deep_map()), weight=4),
    Property(
        "depths",
        "works for one channel, for two and for five",
        _on(deep_map(depths=(1, 2, 5))),
        weight=2,
    ),
    Property(
        "shapes",
        "works when the image is wider than high, or higher than wide",
        _on(deep_map(oblong=True)),
        weight=2,
    ),
    Property("photos", "works on a photo's 8-bit numbers", _on(deep_map(kinds=(BYTES,)))),
    Property(
        "larger maps",
        "works on larger arrays",
        _on(deep_map(depths=(3, 8), largest=9)),
    ),
    Property("empty channels", "gives 0 for a channel of zeros", _on(_with_empty_channel())),
    Property("one pixel", "gives the pixel itself for an image of one pixel", _on(deep_map(largest=1))),
    Property(
        "memory layouts",
        "works on an array however it lies in memory: in rows, in columns or as part of a larger one",
        _on(deep_map(layout=_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the array as it was",
        _on(deep_map(layout=_ANY_LAYOUT)),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(_DEEP_CALLS),
    ),
    Property(
        "pixels shuffled",
        "gives the same when the pixels stand at other places",
        _shuffled(),
        relation=_same_as_first,
    ),
    Property(
        "channels exchanged",
        "gives the same means in the other order when the channels come in the other order",
        _changed(_DEEP_CALLS, _backwards),
        relation=_first_backwards,
    ),
    Property(
        "sums of images",
        "answers to 2 × one image - 3 × another with the same sum of the two results",
        _sum_of_maps(),
        relation=_same_sum,
    ),
)

PROPERTIES = {
    "relu": RELU,
    "sigmoid": SIGMOID,
    "softmax": SOFTMAX,
    "max_pool2d": _pooling("takes the largest number of each window", _LARGER, _brighter(lambda size: 1)),
    "avg_pool2d": _pooling("takes the mean of each window", _LINEAR, _brighter(lambda size: 1)),
    "sum_pool2d": _pooling("takes the sum of each window", _LINEAR, _brighter(lambda size: size**2)),
    "global_avg_pool": GLOBAL_AVG_POOL,
}
