"""Lesson 07: what a pretrained network is fed with, its best guesses, and which of its parameters stay as they are."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import imagenet, shapes
from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "07-transfer-learning"


# What the exercises are tried on ------------------------------------------------------------------


@st.composite
def shares(draw, least: int = 1, most: int = 9, top: int = 9) -> np.ndarray:
    """Probabilities of `least` to `most` classes that sum to 1: the smaller `top`, the more of them are equal."""
    counts = draw(st.lists(st.integers(0, top), min_size=least, max_size=most))
    if not any(counts):
        counts[draw(st.integers(0, len(counts) - 1))] = 1
    return np.array(counts) / sum(counts)


@st.composite
def guesses(draw, probs: st.SearchStrategy[np.ndarray], k: st.SearchStrategy[int] | None = None) -> Call:
    """A call of top_k, with k by position or by name."""
    row = draw(probs)
    wanted = min(draw(k), len(row)) if k is not None else draw(st.integers(1, len(row)))
    return Call((row, wanted)) if draw(st.booleans()) else Call((row,), {"k": wanted})


#: Layers by name, with their parameters and the shapes of these. Some names begin with another's, or end with it.
_CONV, _NORM = (("weight", (1, 1, 1, 2)), ("bias", (1,))), (("gamma", (1,)), ("beta", (1,)))
_DENSE = (("weight", (2, 1)), ("bias", (1,)))
LAYERS = {
    **dict.fromkeys(("conv1", "conv2", "conv10", "conv12", "conv1x1", "preconv1"), _CONV),
    **dict.fromkeys(("norm1", "norm10", "prenorm1"), _NORM),
    **dict.fromkeys(("dense1", "dense2", "dense11"), _DENSE),
}
#: Layers that are hard to tell apart when their names are not compared as a whole.
ALIKE = ("conv1", "conv10"), ("conv1", "preconv1"), ("dense1", "dense11"), ("norm1", "norm10"), ("conv1", "conv1x1")


def parameters(layers) -> dict[str, np.ndarray]:
    """The parameters of these layers by name, as small as can be."""
    sizes = {f"{layer}.{part}": shape for layer in layers for part, shape in LAYERS[layer]}
    return {name: np.arange(1.0, 1 + np.prod(shape)).reshape(shape) for name, shape in sizes.items()}


@st.composite
def network(draw, least: int = 1, most: int = 5) -> dict[str, np.ndarray]:
    """Parameters of a few layers, in an order that is not the alphabet's."""
    return parameters(draw(st.lists(st.sampled_from(list(LAYERS)), min_size=least, max_size=most, unique=True)))


def layers_of(params) -> list[str]:
    """The names of the layers, in order."""
    return list(dict.fromkeys(name.split(".")[0] for name in params))


@st.composite
def freezing(draw, kind: str = "either", least: int = 1, most: int = 4) -> Call:
    """A call of freeze with names of ``"layers"``, ``"parameters"`` or ``"either"``, in any order."""
    params = draw(network(least=min(2, most)))
    known = {"layers": layers_of(params), "parameters": list(params), "either": [*layers_of(params), *params]}[kind]
    names = draw(st.lists(st.sampled_from(known), min_size=least, max_size=most, unique=True))
    return Call((params, names))


@st.composite
def alike(draw) -> Call:
    """A call of freeze in which the name of one layer is part of another's."""
    pair = draw(st.sampled_from(ALIKE))
    others = draw(st.lists(st.sampled_from(("conv2", "dense2", "conv12")), max_size=2, unique=True))
    params = parameters(draw(st.permutations((*pair, *others))))
    return Call((params, [draw(st.sampled_from((pair[0], f"{pair[0]}.{LAYERS[pair[0]][0][0]}")))]))


def one(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """Examples of a single call."""
    return calls.map(lambda call: [call])


def single(images: st.SearchStrategy[np.ndarray]) -> st.SearchStrategy[list[Call]]:
    """Examples of a call with an image."""
    return images.map(lambda image: [Call((image,))])


# freeze: the reference ----------------------------------------------------------------------------


def freeze(params, names):
    """Say which parameters of a network still train when some of them are frozen.

    Parameters
    ----------
    params : dict of str to ndarray
        By name: that of the layer, a dot, and that of the parameter, such as ``"conv1.weight"``.
    names : sequence of str
        What is frozen: layers (``"conv1"``) or single parameters (``"conv1.weight"``).

    Returns
    -------
    list of bool
        For each parameter, in the order of `params`, whether it still trains.

    Raises
    ------
    TypeError
        When `names` is a single text, whose letters would be taken for names.
    ValueError
        When one of the names is neither a layer nor a parameter.

    Examples
    --------
    >>> params = {"conv1.weight": np.ones(9), "conv1.bias": np.ones(1), "conv10.weight": np.ones(9)}
    >>> freeze(params, ["conv1"])
    [False, False, True]
    >>> freeze(params, ["conv1.weight", "conv10"])
    [False, True, False]
    >>> freeze(params, ["conv2"])
    Traceback (most recent call last):
        ...
    ValueError: there is no layer or parameter 'conv2'; there are: conv1, conv10, conv1.weight, ...
    """
    if isinstance(names, str):
        raise TypeError(f"names is a list of names, but got the text {names!r}: write [{names!r}]")
    layers = [name.rpartition(".")[0] for name in params]
    for name in names:
        if name not in layers and name not in params:
            known = ", ".join([*dict.fromkeys(layers), *params])
            raise ValueError(f"there is no layer or parameter {name!r}; there are: {known}")
    return [name not in names and layer not in names for name, layer in zip(params, layers, strict=True)]


# preprocess: wrong implementations ----------------------------------------------------------------


def batch_axis_missing(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return (image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])


def batch_axis_last(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[..., np.newaxis]


def channels_first(image):
    image = image / 255 if image.dtype == np.uint8 else image
    normal = (image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    return normal.transpose(2, 0, 1)[np.newaxis]


def bytes_not_scaled(image):
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def floats_scaled_too(image):
    return ((image / 255 - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def type_guessed(image):
    image = image / 255 if image.max() > 1 else image
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def scaled_by_largest(image):
    image = image / image.max()
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def scaled_by_256(image):
    image = image / 256 if image.dtype == np.uint8 else image
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def scaled_last(image):
    normal = (image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    return (normal / 255 if image.dtype == np.uint8 else normal)[np.newaxis]


def only_scaled(image):
    return (image / 255 if image.dtype == np.uint8 else image.copy())[np.newaxis]


def mean_not_subtracted(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return (image / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def not_divided(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return (image - np.array([0.485, 0.456, 0.406]))[np.newaxis]


def divided_first(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return (image / np.array([0.229, 0.224, 0.225]) - np.array([0.485, 0.456, 0.406]))[np.newaxis]


def mean_added(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image + np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def multiplied(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.array([0.485, 0.456, 0.406])) * np.array([0.229, 0.224, 0.225]))[np.newaxis]


def divided_by_variance(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]) ** 2)[np.newaxis]


def means_and_deviations_swapped(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.array([0.229, 0.224, 0.225])) / np.array([0.485, 0.456, 0.406]))[np.newaxis]


def blue_first(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image[:, :, ::-1] - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225]))[np.newaxis]


def numbers_of_blue_first(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.array([0.406, 0.456, 0.485])) / np.array([0.225, 0.224, 0.229]))[np.newaxis]


def one_mean_for_all(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - np.mean([0.485, 0.456, 0.406])) / np.mean([0.229, 0.224, 0.225]))[np.newaxis]


def red_for_all(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - 0.485) / 0.229)[np.newaxis]


def half_and_half(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - 0.5) / 0.5)[np.newaxis]


def own_mean_and_deviation(image):
    image = image / 255 if image.dtype == np.uint8 else image
    return ((image - image.mean(axis=(0, 1))) / image.std(axis=(0, 1)))[np.newaxis]


def clipped(image):
    image = image / 255 if image.dtype == np.uint8 else image
    normal = (image - np.array([0.485, 0.456, 0.406])) / np.array([0.229, 0.224, 0.225])
    return np.clip(normal, 0, 1)[np.newaxis]


# top_k --------------------------------------------------------------------------------------------


def smallest_first(probs, k):
    return np.argsort(probs, kind="stable")[-k:]


def smallest_values(probs, k):
    return np.argsort(probs, kind="stable")[:k]


def larger_index_first(probs, k):
    return np.argsort(probs, kind="stable")[::-1][:k]


def sorted_and_turned_around(probs, k):
    return np.argsort(probs)[::-1][:k]


def order_of_ties_left_open(probs, k):
    return np.argsort(-probs)[:k]


def taken_set_to_zero(probs, k):
    probs, best = probs.copy(), []
    for _ in range(k):
        best.append(int(np.argmax(probs)))
        probs[best[-1]] = 0
    return best


def same_value_looked_up(probs, k):
    return [int(np.argmax(probs == value)) for value in sorted(probs, reverse=True)[:k]]


def values_given(probs, k):
    return np.sort(probs)[::-1][:k]


def in_order_of_place(probs, k):
    return np.sort(np.argsort(-probs, kind="stable")[:k])


def all_places(probs, k):
    return np.argsort(-probs, kind="stable")


def counted_from_one(probs, k):
    return np.argsort(-probs, kind="stable")[:k] + 1


def ranks_given(probs, k):
    return np.argsort(np.argsort(-probs, kind="stable"), kind="stable")[:k]


def best_only(probs, k):
    return int(np.argmax(probs))


def best_repeated(probs, k):
    return [int(np.argmax(probs))] * k


def kth_only(probs, k):
    return int(np.argsort(-probs, kind="stable")[k - 1])


def best_left_out(probs, k):
    return np.argsort(-probs, kind="stable")[1 : k + 1]


def one_too_few(probs, k):
    return np.argsort(-probs, kind="stable")[: k - 1]


def one_too_many(probs, k):
    return np.argsort(-probs, kind="stable")[: k + 1]


def places_and_values(probs, k):
    best = np.argsort(-probs, kind="stable")[:k]
    return np.stack([best, probs[best]], axis=1)


# freeze -------------------------------------------------------------------------------------------


def other_way_round(params, names):
    return [name in names or name.split(".")[0] in names for name in params]


def beginnings_compared(params, names):
    return [not any(name.startswith(frozen) for frozen in names) for name in params]


def names_anywhere(params, names):
    return [not any(frozen in name for frozen in names) for name in params]


def layers_only(params, names):
    return [name.split(".")[0] not in names for name in params]


def parameters_only(params, names):
    return [name not in names for name in params]


def whole_layer_of_a_parameter(params, names):
    layers = [frozen.split(".")[0] for frozen in names]
    return [name.split(".")[0] not in layers for name in params]


def biases_go_on(params, names):
    return [
        name not in names and (name.split(".")[0] not in names or name.endswith((".bias", ".beta"))) for name in params
    ]


def all_kinds_of_a_layer(params, names):
    kinds = [frozen.split(".")[0].rstrip("0123456789") for frozen in names]
    return [name.split(".")[0].rstrip("0123456789") not in kinds for name in params]


def first_name_only(params, names):
    return [name not in names[:1] and name.split(".")[0] not in names[:1] for name in params]


def last_name_only(params, names):
    return [name not in names[-1:] and name.split(".")[0] not in names[-1:] for name in params]


def all_up_to_there(params, names):
    frozen = [name in names or name.split(".")[0] in names for name in params]
    return [not any(frozen[place:]) for place in range(len(frozen))]


def all_if_any(params, names):
    return [not names] * len(params)


def alphabet(params, names):
    return [name not in names and name.split(".")[0] not in names for name in sorted(params)]


def one_for_each_layer(params, names):
    return [layer not in names for layer in dict.fromkeys(name.split(".")[0] for name in params)]


def one_for_each_name(params, names):
    return [False for _ in names]


# The exercises ------------------------------------------------------------------------------------

_BATCH = "Networks take a batch: its first axis counts the photos. Here it is one photo; how long is the first axis?"
_TWO_TYPES = "A photo comes as uint8 or as float: which range of numbers does each of them have?"
_BOTH_STEPS = "Two steps are asked for each colour: subtract its mean, divide by its deviation. Are both there?"
_ORDER = "A pixel of exactly the average colour: what should become of it, and what does your function make of it?"
_OWN_NUMBERS = "Red, green and blue each have a mean and a deviation of their own. Which pair does each channel meet?"
_WHOSE_MEAN = "The filters were trained with the means of a million photos. Should this photo's brightness get lost?"

preprocess = Exercise(
    name="preprocess",
    signature="preprocess(image)",
    asks=(
        "Turn a photo, uint8 from 0 to 255 or float from 0 to 1, into a batch of one, float of shape (1, H, W, 3): "
        "from each colour between 0 and 1 subtract its mean over ImageNet (0.485, 0.456, 0.406 for red, green, blue), "
        "and divide by its deviation (0.229, 0.224, 0.225)."
    ),
    reference=imagenet.preprocess,
    public=(
        Property(
            "floats",
            "subtracts each colour's mean and divides by its deviation, and puts a batch axis in front",
            single(inputs.color_image("unit")),
        ),
        Property(
            "photos",
            "brings the bytes 0 to 255 of a uint8 photo to the range 0 to 1 first",
            single(inputs.color_image(BYTES) | inputs.color_image("dark")),
        ),
        Property("input kept", "leaves the photo as it was", single(inputs.color_image("unit")), keeps_inputs=True),
    ),
    misconceptions=(
        Misconception("batch axis missing", batch_axis_missing, _BATCH),
        Misconception("batch axis last", batch_axis_last, _BATCH),
        Misconception(
            "channels first",
            channels_first,
            "Other libraries want the channels in front. Where are they in this course?",
        ),
        Misconception("bytes not scaled", bytes_not_scaled, "What is white in a uint8 photo, and in a float one?"),
        Misconception("floats scaled too", floats_scaled_too, _TWO_TYPES),
        Misconception(
            "type guessed from the values",
            type_guessed,
            "Think of a nearly black uint8 photo: is there a surer sign than its values?",
        ),
        Misconception(
            "scaled by the brightest value",
            scaled_by_largest,
            "A dark photo must stay dark: by which number does every uint8 photo have to be divided?",
        ),
        Misconception("scaled by 256", scaled_by_256, "White is 255 in bytes. Is it exactly 1 in your result?"),
        Misconception(
            "scaled last",
            scaled_last,
            "The means are numbers between 0 and 1. In which range must the photo be when they are subtracted?",
        ),
        Misconception("scaled and no more", only_scaled, _BOTH_STEPS),
        Misconception("mean not subtracted", mean_not_subtracted, _BOTH_STEPS),
        Misconception("not divided by the deviation", not_divided, _BOTH_STEPS),
        Misconception("divided before subtracting", divided_first, _ORDER),
        Misconception("mean added", mean_added, _ORDER),
        Misconception(
            "multiplied by the deviation",
            multiplied,
            "A colour that lies one deviation above its mean should become 1. What becomes of it?",
        ),
        Misconception(
            "divided by the variance",
            divided_by_variance,
            "A colour that lies one deviation above its mean should become 1. What becomes of it?",
        ),
        Misconception("means and deviations swapped", means_and_deviations_swapped, _ORDER),
        Misconception(
            "blue first",
            blue_first,
            "The network was trained on photos whose first channel is red. Which is yours?",
        ),
        Misconception("numbers of blue for red", numbers_of_blue_first, _OWN_NUMBERS),
        Misconception("one mean for all colours", one_mean_for_all, _OWN_NUMBERS),
        Misconception("the numbers of red for all colours", red_for_all, _OWN_NUMBERS),
        Misconception(
            "from -1 to 1",
            half_and_half,
            "Some networks want their photos from -1 to 1. This one was trained with other numbers: where are they?",
        ),
        Misconception("the photo's own mean", own_mean_and_deviation, _WHOSE_MEAN),
        Misconception(
            "clipped to 0..1",
            clipped,
            "A colour below its mean becomes negative. Is that a mistake, or what the network was trained with?",
        ),
    ),
)

_LARGEST = "Write five probabilities on paper and mark the two largest by hand: what should the list say?"
_TIES = "Try [0.5, 0.5]: both are equally likely. Which of them should come first, and which does in your result?"
_HOW_MANY = "How many guesses are asked for with k = 3, and how many does your function give?"

top_k = Exercise(
    name="top_k",
    signature="top_k(probs, k)",
    asks=(
        "Give the positions of the k largest of K probabilities, the largest first; of equal ones, the one with the "
        "smaller position first."
    ),
    reference=imagenet.top_k,
    public=(
        Property(
            "values",
            "gives the positions of the k largest values, the largest first",
            one(guesses(shares(top=99) | shares(most=6, top=3))),
        ),
        Property(
            "ties",
            "puts the smaller position first among equal values",
            one(guesses(shares(least=2, top=1)) | guesses(shares(least=20, most=40, top=2))),
        ),
        Property(
            "input kept", "leaves the probabilities as they were", one(guesses(shares(most=5))), keeps_inputs=True
        ),
    ),
    misconceptions=(
        Misconception("smallest first", smallest_first, "Which of your guesses comes first, the surest one?"),
        Misconception(
            "smallest values", smallest_values, "Sorting puts small numbers first: at which end are the best guesses?"
        ),
        Misconception("larger position first among equals", larger_index_first, _TIES),
        Misconception("sorted and turned around", sorted_and_turned_around, _TIES),
        Misconception(
            "order of equal values left to chance",
            order_of_ties_left_open,
            "NumPy's usual sort may shuffle equal values, above all in long rows. Which kinds of sort are there?",
        ),
        Misconception(
            "taken ones set to 0",
            taken_set_to_zero,
            "You cross out what was taken by setting it to 0. What if other probabilities are 0 as well?",
        ),
        Misconception(
            "equal values taken for one",
            same_value_looked_up,
            "You look up where a value stands. Where does that lead when two places have the same value?",
        ),
        Misconception(
            "values instead of positions",
            values_given,
            "To look up a class's name, do you need how likely it is, or which one it is?",
        ),
        Misconception(
            "in the order of their positions", in_order_of_place, "Is the first number of your result the surest guess?"
        ),
        Misconception("all positions", all_places, _HOW_MANY),
        Misconception("counted from 1", counted_from_one, "Which number has the first place of an array in Python?"),
        Misconception(
            "ranks instead of positions",
            ranks_given,
            "Your result says how good the first k places are. Asked is which places are the best.",
        ),
        Misconception("the best only", best_only, _HOW_MANY),
        Misconception("the best, k times", best_repeated, "Can the second guess be the same as the first?"),
        Misconception("the k-th only", kth_only, _HOW_MANY),
        Misconception("best one left out", best_left_out, _LARGEST),
        Misconception("one too few", one_too_few, _HOW_MANY),
        Misconception("one too many", one_too_many, _HOW_MANY),
        Misconception(
            "positions and values",
            places_and_values,
            "Only the positions are asked for: the values can be looked up with them.",
        ),
    ),
)

_DOT = "`conv1` and `conv10` are two layers. Where in the name of a parameter does the layer's name end?"
_LAYER_OR_PARAMETER = "In `names` there can be a layer, `conv1`, or a single parameter, `conv1.weight`. Try both."
_ALL_NAMES = "Freeze two layers at once: is each of the names looked at?"
_EACH_PARAMETER = "How many answers are asked for: one for each parameter, each layer or each name? In whose order?"
_NO_MORE = "Freeze a single layer, and look at the others: nothing but what is named should be frozen."

exercise_freeze = Exercise(
    name="freeze",
    signature="freeze(params, names)",
    asks=(
        "Given a network's parameters by name, such as `conv1.weight`, and a list of names of layers or parameters "
        "that are frozen, say for each parameter, in order, whether it still trains."
    ),
    reference=freeze,
    public=(
        Property(
            "layers",
            "gives False for all parameters of the layers that are named, and True for the others",
            one(freezing("layers")),
        ),
        Property(
            "parameters",
            "freezes single parameters too when they are named",
            one(freezing("parameters") | freezing()),
        ),
        Property("names that look alike", "freezes `conv1` and not `conv10` when `conv1` is named", one(alike())),
    ),
    misconceptions=(
        Misconception(
            "the other way round",
            other_way_round,
            "True means that a parameter still trains. Does it when it is named?",
        ),
        Misconception("only the beginnings compared", beginnings_compared, _DOT),
        Misconception("names found anywhere", names_anywhere, _DOT),
        Misconception("parameters not recognized", layers_only, _LAYER_OR_PARAMETER),
        Misconception("layers not recognized", parameters_only, _LAYER_OR_PARAMETER),
        Misconception("the whole layer of a parameter", whole_layer_of_a_parameter, _NO_MORE),
        Misconception("biases still train", biases_go_on, "Freeze a layer: does anything in it still change?"),
        Misconception("all layers of a kind", all_kinds_of_a_layer, _NO_MORE),
        Misconception("first name only", first_name_only, _ALL_NAMES),
        Misconception("last name only", last_name_only, _ALL_NAMES),
        Misconception("everything up to there", all_up_to_there, _NO_MORE),
        Misconception("everything, if anything", all_if_any, _NO_MORE),
        Misconception("in the order of the alphabet", alphabet, _EACH_PARAMETER),
        Misconception("one answer for each layer", one_for_each_layer, _EACH_PARAMETER),
        Misconception("one answer for each name", one_for_each_name, _EACH_PARAMETER),
    ),
)

EXERCISES = (preprocess, top_k, exercise_freeze)


# The question -------------------------------------------------------------------------------------


def _features_and_classes(random):
    rows, columns = random.sample(range(4, 10), 2)
    return {
        "rows": rows,
        "columns": columns,
        "depth": random.choice((96, 128, 192, 256, 384, 512)),
        "classes": random.randint(3, 19),
    }


QUESTIONS = (
    Question(
        "new_head",
        "A pretrained network's features end with {depth} maps of {rows} x {columns}, and are frozen. The maps are\n"
        "flattened, and a new head, one dense layer with biases, tells {classes} classes apart.\n"
        "How many parameters train?",
        _features_and_classes,
        lambda rows, columns, depth, classes: shapes.dense_params(rows * columns * depth, classes),
        (
            Misconception(
                "biases forgotten",
                lambda rows, columns, depth, classes: rows * columns * depth * classes,
                "Each class has one number more, its bias.",
            ),
            Misconception(
                "one bias",
                lambda rows, columns, depth, classes: rows * columns * depth * classes + 1,
                "Each class has a bias of its own.",
            ),
            Misconception(
                "averaged, not flattened",
                lambda rows, columns, depth, classes: (depth + 1) * classes,
                "Flattening keeps all numbers of all maps; a global average pooling would leave one of each map.",
            ),
            Misconception(
                "a single map",
                lambda rows, columns, depth, classes: (rows * columns + 1) * classes,
                "All maps are flattened, not one of them.",
            ),
            Misconception(
                "rows counted once",
                lambda rows, columns, depth, classes: (rows * depth + 1) * classes,
                "A map has rows and columns.",
            ),
        ),
    ),
)
