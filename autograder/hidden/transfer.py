"""Lesson 07: what a submission must get right about preprocessing, best guesses and freezing."""

import numpy as np
from hypothesis import strategies as st

from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES
from cnnkit.exercises.layouts import LAYOUTS
from cnnkit.exercises.model import Call, Property
from cnnkit.exercises.transfer import alike, freezing, guesses, layers_of, network, one, parameters, shares, single
from cnnkit.imagenet import DEVIATIONS, MEANS

LESSON = "07-transfer-learning"

_ODD_LAYOUTS = st.sampled_from(("F", "sliced", "C"))
_KINDS = ("unit", BYTES)


def _numbers(values) -> np.ndarray:
    """An answer to calculate with: a student's booleans do not subtract."""
    return np.real(values).astype(np.float64)


@st.composite
def _again(draw, calls: st.SearchStrategy[Call]) -> list[Call]:
    """A call, another one that could leave something behind, and the first one again."""
    first, other = draw(calls), draw(calls)
    return [first, other, first]


def _given(*calls: Call) -> st.SearchStrategy[list[Call]]:
    """Worked examples, each the only call."""
    return st.sampled_from(calls).map(lambda call: [call])


# preprocess ---------------------------------------------------------------------------------------


def _photos(layout=None) -> st.SearchStrategy[np.ndarray]:
    return st.sampled_from(_KINDS).flatmap(lambda kind: inputs.color_image(kind, layout=layout))


@st.composite
def _two_photos(draw) -> list[Call]:
    """Of the same shape, so that numbers left over from one fit into the other."""
    photo = draw(_photos())
    other = photo[::-1, ::-1].copy()
    return [Call((photo,)), Call((other,)), Call((photo,))]


@st.composite
def _photo_in_two_types(draw) -> list[Call]:
    photo = draw(inputs.color_image(BYTES) | inputs.color_image("dark"))
    return [Call((photo,)), Call((photo / 255,))]


def _same_as_before(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])


@st.composite
def _mixture(draw) -> list[Call]:
    first = draw(inputs.color_image("unit"))
    second = first[::-1, ::-1].copy()
    return [Call((first,)), Call((second,)), Call((0.25 * first + 0.75 * second,))]


def _same_mixture(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return 0.25 * _numbers(values[0]) + 0.75 * _numbers(values[1])


def _one_color(color, kind=np.float64) -> Call:
    return Call((np.broadcast_to(np.array(color, kind), (2, 3, 3)).copy(),))


PREPROCESS = (
    Property(
        "floats",
        "subtracts each colour's mean and divides by its deviation, and puts a batch axis in front",
        single(inputs.color_image("unit")),
        weight=4,
    ),
    Property(
        "photos",
        "brings the bytes 0 to 255 of a uint8 photo to the range 0 to 1 first",
        single(inputs.color_image(BYTES)),
        weight=3,
    ),
    Property(
        "dark photos",
        "treats a nearly black uint8 photo like any other uint8 photo",
        single(inputs.color_image("dark")),
    ),
    Property(
        "colours that are known",
        "makes 0 of the average colour, and 1 of a colour that lies one deviation above it",
        _given(
            _one_color(MEANS),
            _one_color(np.add(MEANS, DEVIATIONS)),
            _one_color((1, 1, 1)),
            _one_color((255, 255, 255), np.uint8),
            _one_color((0, 0, 0), np.uint8),
            _one_color((255, 0, 128), np.uint8),
        ),
    ),
    Property(
        "same photo, two types",
        "gives the same numbers for a photo in bytes and for the same photo in floats",
        _photo_in_two_types(),
        relation=_same_as_before,
    ),
    Property(
        "mixtures",
        "gives a mixture of the two results for a mixture of two photos, pixel by pixel",
        _mixture(),
        relation=_same_mixture,
    ),
    Property(
        "memory layouts",
        "works on a photo however it lies in memory: in rows, in columns or as part of a larger one",
        single(_photos(_ODD_LAYOUTS)),
    ),
    Property(
        "inputs kept",
        "leaves the photo as it was",
        single(_photos(st.sampled_from(LAYOUTS))),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _two_photos(),
    ),
)


# top_k --------------------------------------------------------------------------------------------


@st.composite
def _one_fewer(draw) -> list[Call]:
    """The best guesses, and one fewer of them."""
    probs = draw(shares(least=2, top=5))
    k = draw(st.integers(2, len(probs)))
    return [Call((probs, k)), Call((probs, k - 1))]


def _all_but_the_last(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return _numbers(values[0])[:-1]


@st.composite
def _read_backwards(draw) -> list[Call]:
    """Different probabilities, and the same in the opposite order."""
    counts = draw(st.lists(st.integers(0, 99), min_size=2, max_size=9, unique=True))
    probs = np.array(counts) / sum(counts)
    k = draw(st.integers(1, len(counts)))
    return [Call((probs, k)), Call((probs[::-1].copy(), k))]


def _from_the_other_end(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    return len(calls[0].args[0]) - 1 - _numbers(values[0])


@st.composite
def _everywhere_the_same(draw) -> Call:
    count = draw(st.integers(1, 30))
    return Call((np.full(count, 1 / count), draw(st.integers(1, count))))


@st.composite
def _as_sure_as_can_be(draw) -> Call:
    """One class has everything, so the further guesses are ties at 0."""
    count = draw(st.integers(2, 9))
    probs = np.zeros(count)
    probs[draw(st.integers(0, count - 1))] = 1.0
    return Call((probs, draw(st.integers(1, count))))


@st.composite
def _hardly_apart(draw) -> Call:
    """Probabilities that differ in the twelfth digit."""
    steps = np.array(draw(st.permutations(range(draw(st.integers(2, 7))))))
    return Call((0.1 + 1e-12 * steps, draw(st.integers(1, len(steps)))))


@st.composite
def _thousand_classes(draw) -> Call:
    """As many classes as ImageNet has."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scores = np.exp(rng.normal(scale=3, size=1000))
    return Call((scores / scores.sum(), 5))


TOP_K = (
    Property(
        "values",
        "gives the positions of the k largest values, the largest first",
        one(guesses(shares(top=99))),
        weight=4,
    ),
    Property(
        "ties",
        "puts the smaller position first among equal values",
        one(guesses(shares(least=2, top=2))),
        weight=2,
    ),
    Property(
        "many ties",
        "puts the smaller position first among many equal values, however long the row is",
        one(guesses(shares(least=20, most=60, top=2)) | _everywhere_the_same()),
    ),
    Property("one guess", "gives a list of one position for k = 1", one(guesses(shares(), st.just(1)))),
    Property("all guesses", "sorts all positions when k is their number", one(guesses(shares(top=4), st.just(99)))),
    Property(
        "sure of one", "goes on with the others when one class has all the probability", one(_as_sure_as_can_be())
    ),
    Property("hardly apart", "tells values apart that are nearly equal", one(_hardly_apart())),
    Property("a thousand classes", "works for the 1,000 classes of ImageNet", one(_thousand_classes())),
    Property(
        "inputs kept",
        "leaves the probabilities as they were",
        one(guesses(shares())),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "gives the same answer when it is called again, whatever came between",
        _again(guesses(shares(least=4, most=4, top=4), st.just(3))),
    ),
    Property(
        "one guess fewer",
        "gives the same guesses for a smaller k, without the last",
        _one_fewer(),
        relation=_all_but_the_last,
    ),
    Property(
        "read backwards",
        "finds the same values when the probabilities come in the opposite order",
        _read_backwards(),
        relation=_from_the_other_end,
    ),
)


# freeze -------------------------------------------------------------------------------------------


@st.composite
def _two_lists(draw) -> list[Call]:
    """Two lists of names, and both as one list."""
    params = draw(network(least=2))
    known = st.sampled_from([*layers_of(params), *params])
    first, second = (draw(st.lists(known, min_size=1, max_size=3, unique=True)) for _ in range(2))
    return [Call((params, names)) for names in (first, second, [*first, *second])]


def _in_both(calls: list[Call], values: list[np.ndarray]) -> np.ndarray:
    first, second = (_numbers(value) != 0 for value in values)
    return first & second


@st.composite
def _layer_by_its_parameters(draw) -> list[Call]:
    """A layer, and all its parameters by name."""
    params = draw(network(least=2))
    layer = draw(st.sampled_from(layers_of(params)))
    return [Call((params, [layer])), Call((params, [name for name in params if name.split(".")[0] == layer]))]


@st.composite
def _nothing_frozen(draw) -> Call:
    return Call((draw(network()), []))


@st.composite
def _all_frozen(draw) -> Call:
    params = draw(network())
    return Call((params, draw(st.sampled_from((layers_of(params), list(params))))))


@st.composite
def _said_twice(draw) -> Call:
    """A layer and one of its parameters, or a name that is there twice."""
    params = draw(network(least=2))
    layer = draw(st.sampled_from(layers_of(params)))
    parameter = next(name for name in params if name.split(".")[0] == layer)
    return Call((params, draw(st.sampled_from(([layer, parameter], [parameter, layer], [layer, layer])))))


@st.composite
def _swapped(draw) -> list[Call]:
    """A network, one with the same layers in the opposite order, and the first one again."""
    params = draw(network(least=2))
    names = [draw(st.sampled_from(layers_of(params)))]
    other = parameters(layers_of(params)[::-1])
    return [Call((params, names)), Call((other, names)), Call((params, names))]


_LENET = parameters(("conv1", "conv2", "dense1", "dense2", "dense11"))

FREEZE = (
    Property(
        "layers",
        "gives False for all parameters of the layers that are named, and True for the others",
        one(freezing("layers")),
        weight=4,
    ),
    Property(
        "parameters",
        "freezes the single parameters that are named, and nothing else of their layers",
        one(freezing("parameters")),
        weight=3,
    ),
    Property("both", "takes layers and single parameters in one list", one(freezing(least=2, most=5)), weight=2),
    Property(
        "names that look alike",
        "freezes `conv1` and not `conv10` or `preconv1` when `conv1` is named",
        one(alike()),
        weight=2,
    ),
    Property("nothing frozen", "lets everything train when the list of names is empty", one(_nothing_frozen())),
    Property("everything frozen", "lets nothing train when everything is named", one(_all_frozen())),
    Property("said twice", "does not mind a name that is said twice", one(_said_twice())),
    Property(
        "one layer",
        "works for a network of a single layer",
        one(freezing("layers", most=1)),
    ),
    Property(
        "feature extractors",
        "freezes the features of a network and leaves its head",
        _given(
            Call((_LENET, ["conv1", "conv2"])),
            Call((_LENET, ["conv1", "conv2", "dense1"])),
            Call((_LENET, ["dense1.bias", "conv2"])),
        ),
    ),
    Property(
        "inputs kept",
        "leaves the parameters as they were",
        one(freezing()),
        keeps_inputs=True,
    ),
    Property(
        "same answer again",
        "answers for the network that it is given, whatever came between",
        _swapped(),
    ),
    Property(
        "two lists",
        "lets train, with two lists in one, what trains with each of them",
        _two_lists(),
        relation=_in_both,
    ),
    Property(
        "a layer by its parameters",
        "gives the same for a layer and for all its parameters",
        _layer_by_its_parameters(),
        relation=_same_as_before,
    ),
)

PROPERTIES = {"preprocess": PREPROCESS, "top_k": TOP_K, "freeze": FREEZE}
