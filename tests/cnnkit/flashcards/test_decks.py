"""The decks of the course: complete, consistent with the lessons, and every number in them computed."""

import math
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cnnkit import kernels, ops, shapes
from cnnkit.flashcards import answering
from cnnkit.flashcards.cards import DECKS, KINDS, check, deck_names, load_deck
from cnnkit.flashcards.generated import TEMPLATES

LESSONS = Path(__file__).parents[3] / "lessons"
CARDS = load_deck("all").cards
BY_ID = {card.id: card for card in CARDS}


def ids(cards):
    return [card.id for card in cards]


# --- the whole --------------------------------------------------------------------------------------------------------


def test_no_deck_has_a_defect():
    assert check(DECKS) == []


def test_there_are_enough_cards_of_every_kind_and_lesson():
    assert len(CARDS) >= 150
    assert len(deck_names()) == 7
    per_deck, per_kind = Counter(card.deck for card in CARDS), Counter(card.kind for card in CARDS)
    assert min(per_deck.values()) >= 15, per_deck
    assert set(per_kind) == set(KINDS)
    assert per_kind["generated"] >= 20
    assert sum(bool(card.picture) for card in CARDS) >= 5
    assert sum(bool(card.matrices) for card in CARDS) >= 15


def test_every_template_is_used():
    assert {card.template for card in CARDS if card.template} == set(TEMPLATES)


def test_no_deck_uses_a_template_twice():
    # Two such cards would show the same numbers one after the other.
    used = Counter((card.deck, card.template) for card in CARDS if card.template)
    assert max(used.values()) == 1, used


def test_the_lessons_of_the_decks_exist():
    written = {path.stem for path in LESSONS.glob("*.py")}
    numbers = {name[:2] for name in written}
    assert {name for name in deck_names() if name[:2] in numbers} == written


def headings(lesson):
    (path,) = LESSONS.glob(f"{lesson}-*.py")
    lines = re.findall(r"^# #+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {line.strip() for line in lines}


@pytest.mark.parametrize("source", sorted({card.source for card in CARDS}))
def test_every_source_can_be_found(source):
    if source.startswith("doi:"):
        assert re.fullmatch(r"doi:10\.\d{4,5}/\S+", source)
        return
    lesson, section = re.fullmatch(r"lesson (0[1-7])(?:, section (.+))?", source).groups()
    if section is not None:
        assert section in headings(lesson)


def test_no_question_is_asked_twice():
    fronts = Counter((card.front, card.matrices, card.picture) for card in CARDS if card.kind != "generated")
    assert [front for front, count in fronts.items() if count > 1] == []


def test_fronts_are_short_enough_for_a_telephone():
    assert [card.id for card in CARDS if len(card.front) > 260] == []
    assert [card.id for card in CARDS if len(card.back) > 260] == []


def test_every_topic_has_more_than_one_card():
    tags = Counter(tag for card in CARDS for tag in card.tags)
    assert [tag for tag, count in tags.items() if count < 2] == []


def test_the_place_of_a_choice_does_not_give_it_away():
    places = Counter(card.choices.index(card.answers[0]) for card in CARDS if card.kind == "choice")
    assert max(places.values()) < 0.5 * places.total(), places


TOPICS = {  # of the curriculum, its own list for the flashcards first
    "how a CNN labels an image": ["layer-how-a-cnn-labels"],
    "how pictures and colours are stored": [
        "conv-grey-image-array",
        "conv-colour-image-shape",
        "conv-float-image-range",
    ],
    "the steps": ["layer-order-of-steps", "pool-three-steps", "layer-flatten-meaning"],
    "kernel, filter, feature detector": ["conv-kernel-meaning"],
    "one cell of a feature map": ["conv-one-cell-how", "conv-drawn-cell"],
    "stride and padding against size": ["conv-stride-map-size", "shape-formula"],
    "a strong response": ["conv-strong-response"],
    "why many filters": ["layer-why-many-filters"],
    "why ReLU": ["act-why-relu"],
    "what pooling does, its kinds": ["pool-meaning", "pool-kinds", "pool-buys-less-work"],
    "overfitting": ["train-overfitting-curve", "conv-dense-trouble-with-many-weights"],
    "softmax against sigmoid": ["act-softmax-or-sigmoid-one-label", "act-softmax-or-sigmoid-many-labels"],
    "parameter sharing": ["conv-parameter-sharing", "param-shared-45"],
    "receptive field": ["field-meaning", "field-lenet"],
    "transfer learning": ["transfer-meaning", "transfer-freeze"],
    "corrections of common errors": ["act-why-relu", "pool-no-rotation", "conv-equivariance", "conv-white-wall"],
    "batch norm, then scale and shift": ["layer-batch-norm-second-step"],
    "flipped kernels": ["filter-scipy-flips", "conv-no-turning"],
    "wrap around without clipping": ["filter-wraps-to-44", "conv-uint8-overflow"],
    "ResNet is a family": ["net-resnet-family", "net-skip-connection-why"],
}


@pytest.mark.parametrize("topic", TOPICS)
def test_the_curriculum_is_covered(topic):
    assert set(TOPICS[topic]) <= set(BY_ID)


# --- the numbers ------------------------------------------------------------------------------------------------------

SMALL, TWO = np.arange(9).reshape(3, 3), np.array([[0, 1], [2, 3]])
BINARY = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
X_SHAPE = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
COUNTING = np.arange(0, 80, 10).reshape(8, 1) + np.arange(1, 8)
POOLED = np.array([[1, 1, 0, 0], [0, 0, 1, 4]])
STRIPE = np.array([[0, 255, 255, 255, 0]] * 5)
SPOTS = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 1]])


def total(name):
    return shapes.summary(shapes.NETWORKS[name]).parameters


def layer_rows(name, kind):
    return [layer for layer in shapes.NETWORKS[name].layers if isinstance(layer, kind)]


def shape_behind(name, count):
    network = shapes.NETWORKS[name]
    shape = network.input_shape
    for layer in network.layers[:count]:
        shape = layer.output_shape(shape)
    return shape


def flat(name):
    at = next(i for i, layer in enumerate(shapes.NETWORKS[name].layers) if isinstance(layer, shapes.Flatten))
    return shape_behind(name, at)


def pooled_vgg():
    shape = flat("VGG-16")
    return shape[:2]


def halvings(side):
    while side > 7:
        side = shapes.output_size(side, 2, 2)
    return side, side


def shrinkings(side):
    count = 0
    while side > 1:
        side, count = shapes.output_size(side, 3), count + 1
    return count


def cells_under(row, column):
    touched = ops.conv2d_backward(np.zeros((9, 9)), np.ones((3, 3)), np.ones((7, 7)))[0]
    return touched[row, column]


def flipped(image, kernel):
    return ops.conv2d(image, np.asarray(kernel)[::-1, ::-1])


def kept_factor(rate):
    dropped = ops.dropout(np.ones(1000), rate, np.random.default_rng(0))
    return dropped.max()


def uint8(value):
    return int(np.array(value).astype(np.uint8))


#: Every numeric card: what its answer must be, computed by the course's own functions.
NUMBERS = {
    "conv-inputs-of-28-by-28": np.zeros((28, 28)).size,
    "conv-inputs-of-a-megapixel": 1000 * 1000 * 3,
    "conv-weights-of-a-dense-layer-on-a-photo": shapes.dense_params(3_000_000, 1000, bias=False),
    "conv-alexnet-year": 2012,
    "conv-uint8-overflow": (np.array([250], np.uint8) + np.array([10], np.uint8))[0],
    "conv-worked-first-cell": ops.conv2d(SMALL, TWO)[0, 0],
    "conv-worked-last-cell": ops.conv2d(SMALL, TWO)[-1, -1],
    "conv-worked-x-first-cell": ops.conv2d(BINARY, X_SHAPE)[0, 0],
    "conv-stride-map-of-8-by-7": ops.conv2d(COUNTING, np.ones((3, 3)), stride=2).shape,
    "conv-stride-second-sum": ops.conv2d(COUNTING, np.ones((3, 3)), stride=2)[0, 1],
    "conv-curve-response": 30 * np.dot(np.ones(6), [0, 50, 20, 50, 50, 50]),
    "conv-three-spots-at-most": ops.conv2d(SPOTS, SPOTS)[0, 0],
    "conv-edge-sign": ops.conv2d(STRIPE, [[1, 0, -1]] * 3)[0, 0],
    "conv-edge-plain-area": ops.conv2d(np.full((3, 3), 255), [[1, 0, -1]] * 3)[0, 0],
    "conv-products-on-rgb": shapes.conv_params(3, 3, 1, bias=False),
    "conv-maps-of-one-filter-on-rgb": shapes.conv_output_shape((9, 9, 3), 1, 3)[2],
    "conv-shared-weights-28": shapes.conv_params(3, 1, 1, bias=False),
    "pad-shrinking": shrinkings(9),
    "pad-corner-pixel": cells_under(0, 0),
    "pad-width-for-5": next(p for p in range(9) if shapes.output_size(32, 5, pad=p) == 32),
    "pad-4-by-6": ops.pad2d(np.zeros((4, 6)), 1).shape,
    "filter-sum-zero": ops.conv2d(np.full((3, 3), 77), kernels.NAMED["vertical_lines"])[0, 0],
    "filter-top-sobel-answer": ops.top_sobel([[9, 9, 9], [9, 9, 9], [0, 0, 0]])[0, 0],
    "filter-top-sobel-shape": ops.top_sobel(np.zeros((10, 20))).shape,
    "filter-edges-8-middle": kernels.NAMED["edges_8"][1, 1],
    "filter-sharpen-middle": kernels.NAMED["sharpen"][1, 1],
    "filter-gaussian-divisor": 1 / kernels.NAMED["gaussian_blur"][0, 0],
    "filter-box-5-weight": kernels.box_kernel(5)[0, 0],
    "filter-wraps-to-44": uint8(300),
    "act-relu-of-minus-three": ops.relu([-3])[0],
    "act-two-kernels-in-one": (shapes.receptive_field([(3, 1), (3, 1)]),) * 2,
    "act-relu-slope": ops.relu_backward([5.0], [1.0])[0],
    "pool-weights": shapes.Pool(2).parameters((4, 4, 1)),
    "pool-worked-stride-1": ops.max_pool2d(POOLED, 2, 1)[0],
    "pool-worked-average": ops.avg_pool2d(POOLED)[0, 1],
    "pool-28-by-28-by-6": ops.max_pool2d(np.zeros((28, 28, 6))).shape,
    "pool-all-negative": ops.max_pool2d([[-4, -7], [-2, -9]])[0, 0],
    "pool-kernel-behind-pooling": (shapes.receptive_field([(2, 2), (3, 1)]),) * 2,
    "pool-global-average": ops.global_avg_pool(np.zeros((7, 7, 512))).size,
    "act-sigmoid-of-zero": ops.sigmoid([0.0])[0],
    "act-softmax-equal-scores": ops.softmax([7.0] * 4)[0],
    "layer-one-filter-shape": ops.conv_layer(np.zeros((32, 32, 3)), np.zeros((1, 5, 5, 3))).shape,
    "layer-six-filters-shape": ops.conv_layer(np.zeros((32, 32, 3)), np.zeros((6, 5, 5, 3))).shape,
    "layer-next-filters-depth": shapes.conv_output_shape((32, 32, 3), 6, 5)[2],
    "layer-biases-count": shapes.conv_params(3, 8, 16) - shapes.conv_params(3, 8, 16, bias=False),
    "layer-bias-as-threshold": ops.relu([130 - 100])[0],
    "layer-one-by-one-weights": shapes.conv_params(1, 256, 64, bias=False),
    "layer-corner-threshold": ops.relu([4 - 5])[0],
    "layer-flatten-5-5-16": ops.flatten(np.zeros((1, 5, 5, 16))).shape[1],
    "layer-flatten-batch": ops.flatten(np.zeros((8, 5, 5, 16))).shape,
    "layer-dense-worked": ops.dense([[1, 2, 3]], [[1, 0], [0, 1], [1, 1]], [10, 20])[0, 0],
    "layer-dropout-scale-half": kept_factor(0.5),
    "layer-dropout-scale-quarter": kept_factor(0.25),
    "layer-batch-norm-middle": ops.batch_norm(np.array([1.0, 2, 3]).reshape(3, 1, 1, 1), [10.0], [100.0])[1, 0, 0, 0],
    "layer-local-weights-30": shapes.locally_connected_params((32, 32, 1), 1, 3, bias=False),
    "shape-valid": shapes.output_size(32, 5),
    "shape-7-3-2": shapes.output_size(7, 3, 2),
    "shape-8-3-2": shapes.output_size(8, 3, 2),
    "shape-224-7-2-3": shapes.output_size(224, 7, 2, 3),
    "shape-worked-ten-filters": shapes.conv_output_shape((32, 32, 3), 10, 5, pad=2),
    "shape-pooling-overlap": ops.max_pool2d(np.zeros((55, 55, 64)), 3, 2).shape,
    "param-one-filter": shapes.conv_params(5, 3, 1),
    "param-ten-filters": shapes.conv_params(5, 3, 10),
    "param-dense-400-120": shapes.dense_params(400, 120),
    "param-shared-45": shapes.conv_params(3, 1, 5, bias=False),
    "param-local-46080": shapes.locally_connected_params((32, 32, 1), 5, 3, pad=1, bias=False),
    "field-two-3": (shapes.receptive_field([(3, 1)] * 2),) * 2,
    "field-three-3": (shapes.receptive_field([(3, 1)] * 3),) * 2,
    "field-lenet": shapes.receptive_field([(5, 1), (2, 2), (5, 1)]),
    "field-two-3-against-5-weights": 2 * shapes.conv_params(3, 1, 1, bias=False),
    "param-lenet-total": total("LeNet-5"),
    "param-vgg-first-dense-inputs": math.prod(flat("VGG-16")),
    "param-batch-norm-count": shapes.BatchNorm().parameters((8, 8, 64)),
    "train-one-step": 0.5 - 0.1 * 2,
    "train-steps-per-epoch": 60_000 // 100,
    "train-cross-entropy-zero": ops.cross_entropy([[1.0, 0.0]], [0]),
    "train-cross-entropy-guessing": ops.cross_entropy(np.full((1, 10), 0.1), [3]),
    "train-cross-entropy-half": ops.cross_entropy([[0.5, 0.5]], [0]),
    "train-avg-pool-backward": ops.avg_pool2d_backward(np.ones((2, 2)), [[20.0]])[0, 0],
    "train-max-pool-backward-cell": ops.max_pool2d_backward([[0, 0], [1, 4]], [[20.0]])[1, 0],
    "train-kernel-gradient-cell": ops.conv2d_backward(SMALL, TWO, np.ones((2, 2)))[1][0, 0],
    "train-accuracy": 100 * 8_700 / 10_000,
    "train-confusion-accuracy": 100 * np.trace([[40, 10], [20, 30]]) / np.sum([[40, 10], [20, 30]]),
    "train-fashion-mnist-shape": shapes.LENET5.input_shape[:2],
    "train-normalize-filters-number": (0 - -2) / (6 - -2),
    "train-lenet-first-conv-pictures": shape_behind("LeNet-5", 1)[2],
    "net-lenet-layers": len(layer_rows("LeNet-5", shapes.Conv)),
    "net-lenet-flattened": math.prod(flat("LeNet-5")),
    "net-alexnet-first-map": shape_behind("AlexNet", 1),
    "net-vgg-filter-size": (3, 3),
    "net-vgg-poolings": pooled_vgg(),
    "net-skip-connection-number": -1 + 3,
    "net-resnet-dense-inputs": shape_behind("ResNet-50", -1)[0],
    "transfer-imagenet-classes": shape_behind("VGG-16", None)[0],
    "transfer-new-head-params": shapes.dense_params(4096, 5),
    "net-vgg-field-of-block": (shapes.receptive_field([(3, 1), (3, 1), (2, 2)]),) * 2,
}


def test_every_numeric_card_is_computed():
    assert set(NUMBERS) == {card.id for card in CARDS if card.kind == "numeric"}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_number_on_the_card_is_the_one_that_is_computed(name):
    card, right = BY_ID[name], np.ravel(NUMBERS[name])
    shown = answering.numbers_in(card.answers[0])
    assert len(shown) == len(right)
    for a, b in zip(shown, right, strict=True):
        assert abs(float(a) - float(b)) <= card.tolerance + 1e-9


#: Typical wrong results: what the feedback on them claims, computed.
MISTAKES = {
    ("conv-worked-first-cell", "5"): flipped(SMALL, TWO)[0, 0],
    ("conv-worked-last-cell", "29"): flipped(SMALL, TWO)[-1, -1],
    ("conv-worked-first-cell", "8"): SMALL[:2, :2].sum(),
    ("conv-worked-last-cell", "24"): SMALL[1:, 1:].sum(),
    ("conv-worked-x-first-cell", "6"): BINARY[:3, :3].sum(),
    ("conv-stride-map-of-8-by-7", "6 x 5"): ops.conv2d(COUNTING, np.ones((3, 3))).shape,
    ("conv-stride-second-sum", "117"): ops.conv2d(COUNTING, np.ones((3, 3)))[0, 1],
    ("conv-stride-second-sum", "135"): ops.conv2d(COUNTING, np.ones((3, 3)), 3)[0, 1],
    ("conv-stride-second-sum", "108"): ops.conv2d(COUNTING, np.ones((3, 3)))[0, 0],
    ("conv-weights-of-a-dense-layer-on-a-photo", "3000001000"): shapes.dense_params(3_000_000, 1000),
    ("conv-shared-weights-28", "6084"): shapes.locally_connected_params((28, 28, 1), 1, 3, bias=False),
    ("conv-shared-weights-28", "529984"): shapes.dense_params(784, 676, bias=False),
    ("pool-worked-average", "5"): ops.sum_pool2d(POOLED)[0, 1],
    ("pool-28-by-28-by-6", "27 x 27 x 6"): ops.max_pool2d(np.zeros((28, 28, 6)), 2, 1).shape,
    ("layer-one-by-one-weights", "16448"): shapes.conv_params(1, 256, 64),
    ("layer-dense-worked", "25"): ops.dense([[1, 2, 3]], [[1, 0], [0, 1], [1, 1]], [10, 20])[0, 1],
    ("shape-224-7-2-3", "109"): shapes.output_size(224, 7, 2),
    ("shape-7-3-2", "5"): shapes.output_size(7, 3),
    ("shape-8-3-2", "6"): shapes.output_size(8, 3),
    ("shape-worked-ten-filters", "28 x 28 x 10"): shapes.conv_output_shape((32, 32, 3), 10, 5),
    ("shape-pooling-overlap", "18 x 18 x 64"): ops.max_pool2d(np.zeros((55, 55, 64)), 3, 3).shape,
    ("param-one-filter", "75"): shapes.conv_params(5, 3, 1, bias=False),
    ("param-one-filter", "26"): shapes.conv_params(5, 1, 1),
    ("param-ten-filters", "750"): shapes.conv_params(5, 3, 10, bias=False),
    ("param-ten-filters", "260"): shapes.conv_params(5, 1, 10),
    ("param-dense-400-120", "48000"): shapes.dense_params(400, 120, bias=False),
    ("param-shared-45", "50"): shapes.conv_params(3, 1, 5),
    ("param-local-46080", "51200"): shapes.locally_connected_params((32, 32, 1), 5, 3, pad=1),
    ("field-lenet", "16"): shapes.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)]),
    ("train-kernel-gradient-cell", "24"): ops.conv2d_backward(SMALL, TWO, np.ones((2, 2)))[1][1, 1],
    ("net-alexnet-first-map", "54 x 54 x 64"): shapes.conv_output_shape((224, 224, 3), 64, 11, 4),
    ("transfer-new-head-params", "20480"): shapes.dense_params(4096, 5, bias=False),
    ("net-vgg-field-of-block", "5 x 5"): (shapes.receptive_field([(3, 1), (3, 1)]),) * 2,
}


@pytest.mark.parametrize(("name", "wrong"), MISTAKES)
def test_a_typical_mistake_gives_the_number_that_is_explained(name, wrong):
    assert wrong in BY_ID[name].feedback
    assert answering.numbers_in(wrong) == tuple(Fraction(int(part)) for part in np.ravel(MISTAKES[name, wrong]))


def test_numbers_in_words_on_backs():
    assert "61,100,840" in BY_ID["net-alexnet-total"].back
    assert total("AlexNet") == 61_100_840
    for name in ("VGG-16", "AlexNet", "ResNet-50", "LeNet-5"):
        assert f"{name} {total(name):,}" in BY_ID["net-vgg-total"].back
    by_layer = [layer.parameters(shape_behind("LeNet-5", i)) for i, layer in enumerate(shapes.LENET5.layers)]
    assert BY_ID["param-lenet-total"].back == f"{' + '.join(f'{n:,}' for n in by_layer if n)} = {total('LeNet-5'):,}"
    first = shapes.dense_params(math.prod(flat("VGG-16")), 4096)
    assert f"{first:,}" in BY_ID["param-vgg-first-dense-inputs"].back
    assert round(first / total("VGG-16"), 1) in (0.7, 0.8)
    assert total("ResNet-50") < total("VGG-16") / 5
    convs, denses = (len(layer_rows("VGG-16", kind)) for kind in (shapes.Conv, shapes.Dense))
    assert f"{convs} convolutions and {denses} dense" in BY_ID["net-vgg-16-meaning"].back
    assert {layer.kernel for layer in layer_rows("VGG-16", shapes.Conv)} <= {3, (3, 3)}
    assert f"{28 * 28 * 26 * 26:,}" in BY_ID["conv-shared-weights-28"].back


CHOSEN = {  # choice cards whose answer is a number or an array
    "pool-worked-stride-2": ops.max_pool2d(POOLED).tolist(),
    "filter-photo-edges-8": kernels.NAMED["edges_8"].sum(),
    "filter-diagonal-edges": ops.conv2d([[0, 9, 9]] * 3, kernels.NAMED["edges_diagonal"])[0, 0],
    "train-relu-backward": ", ".join(f"{g:.0f}" for g in ops.relu_backward([-2, 0, 3], [10.0, 20, 30])),
    "pad-reflect-row": " ".join(map(str, ops.pad2d(np.tile([1, 2, 3, 4], (3, 1)), 2, "reflect")[0].astype(int))),
    "filter-wraps-minus-one": f"white ({uint8(-1)})",
}


@pytest.mark.parametrize("name", CHOSEN)
def test_the_right_choice_is_the_computed_one(name):
    assert BY_ID[name].answers == (str(CHOSEN[name]),)


def test_the_other_choices_of_the_pooling_are_what_the_feedback_says():
    feedback = BY_ID["pool-worked-stride-2"].feedback
    assert feedback[str(ops.max_pool2d(POOLED, 2, 1).tolist())].startswith("That is stride 1")
    assert feedback[str(ops.avg_pool2d(POOLED).tolist())].startswith("That is average")
    assert feedback[str(ops.sum_pool2d(POOLED).tolist())].startswith("That is sum")


def test_what_the_cards_say_about_edges():
    step = np.array([[0, 0, 9, 9]] * 3)
    assert ops.conv2d(step, kernels.NAMED["vertical_lines"])[0, 0] > 0
    assert ops.conv2d(step.T, kernels.NAMED["vertical_lines"])[0, 0] == 0  # a horizontal edge
    assert ops.conv2d(step.T, kernels.NAMED["horizontal_lines"])[0, 0] > 0  # brighter below
    assert np.array_equal(kernels.NAMED["vertical_lines"][::-1, ::-1], -kernels.NAMED["vertical_lines"])
    curve = 30 * np.eye(4)
    on_curve, on_white, on_black = (
        ops.conv2d(x, curve)[0, 0] for x in (50 * np.eye(4), np.full((4, 4), 255), 0 * curve)
    )
    assert on_black < on_curve < on_white


# --- every card answers to itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize("card", [c for c in CARDS if c.kind not in ("basic", "generated")], ids=lambda card: card.id)
def test_the_card_takes_its_own_answers_and_explains_its_mistakes(card):
    forms = card.answers + ((answering.hidden_text(card.front),) if card.kind == "cloze" else ())
    assert forms
    for form in forms:
        assert answering.judge(card, form).right, form
    for wrong, text in card.feedback.items():
        judged = answering.judge(card, wrong)
        assert (judged.right, judged.close, judged.message) == (False, False, text)
    if card.kind == "choice":
        for choice in card.choices:
            assert answering.judge(card, choice).right == (choice in card.answers)
