"""What is particular to lesson 06: gradients in pairs, losses that must be large, and training judged by its result."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given

from autograder import hidden
from autograder.variants.training import train_hidden_layer, train_nearest_image, train_small_cnn
from cnnkit import ops
from cnnkit.answers import answer_of
from cnnkit.exercises import find, find_question, signs, training
from cnnkit.exercises.model import Call
from cnnkit.exercises.training import classified, lost, pooled

SEEDS = [seed for seed in range(16) if signs._is_clear(seed, 3, "mixed")]


def misconception(exercise, name):
    return next(each.function for each in find(exercise).misconceptions if each.name == name)


def hidden_property(exercise, name):
    return next(prop for prop in hidden.properties(exercise) if prop.name == name)


def test_the_worked_numbers():
    probs = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    assert find("cross_entropy").reference(probs, np.array([0, 1])) == pytest.approx(1.3296, abs=1e-4)
    assert find("cross_entropy").reference(np.full((5, 10), 0.1), np.arange(5)) == pytest.approx(2.3026, abs=1e-4)
    back = find("max_pool2d_backward").reference(np.array([[1, 1, 0, 0], [0, 0, 1, 4]]), np.array([[10, 20]]))
    np.testing.assert_array_equal(back, [[10, 0, 0, 0], [0, 0, 0, 20]])
    one_cell = np.array([[1, 0], [0, 0]])
    image, kernel = find("conv2d_backward").reference(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2), one_cell)
    np.testing.assert_array_equal(image, [[0, 1, 0], [2, 3, 0], [0, 0, 0]])
    np.testing.assert_array_equal(kernel, [[0, 1], [3, 4]])


def test_the_question_of_the_kernels_gradient():
    question = find_question("kernel_gradient")
    numbers = {"image": [[0, 1, 2], [3, 4, 5], [6, 7, 8]], "gradient": [[1, 0], [0, 2]]}
    assert question.answer(**numbers) == (8, 11, 17, 20)
    assert question.mistake("0, 1, 3, 4", numbers).name == "first window only"
    assert question.mistake("8 17 11 20", numbers).name == "down first, then across"


@given(classified(impossible=True))
def test_an_impossible_label_is_there_and_its_loss_may_have_any_size_above_10(call):
    probs, labels = call.args
    chosen = probs[np.arange(len(labels)), labels]
    assert (chosen == 0).any()
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    for least, right in ((5e-5, False), (4e-5, True), (1e-12, True), (1e-300, True)):
        loss = np.mean(-np.log(np.where(chosen > 0, chosen, least)))
        assert (lost([call], [loss]) == "") == right


@given(classified(small=True))
def test_the_usual_ways_to_avoid_the_logarithm_of_0_are_right(call):
    probs, labels = call.args
    expected = ops.cross_entropy(probs, labels)
    chosen = probs[np.arange(len(labels)), labels]
    for safe in (np.maximum(chosen, 1e-15), chosen + 1e-8, np.clip(chosen, 1e-7, 1 - 1e-7)):
        assert abs(-np.log(safe).mean() - expected) <= 1e-4 * abs(expected) + 5e-6


@given(pooled(rest=True, sizes=(2, 3, 4)))
def test_some_rows_or_columns_are_in_no_window(call):
    x, grad = call.args[:2]
    size = call.kwargs.get("size", call.args[2] if len(call.args) > 2 else 2)
    assert any(side % size for side in x.shape)
    assert grad.shape == tuple(side // size for side in x.shape)


# --- two results ----------------------------------------------------------------------------------------------------

CALL = Call((np.arange(12.0).reshape(3, 4), np.array([[1.0, -2.0]]), np.array([[1.0, 0, 2], [0, 3, 1], [2, 0, -1]])))
SQUARE = Call((np.array([[1.0, 2.0]]), np.array([[3.0, -4.0]]), np.array([[2.0]])))


def judged(prop, function, *calls):
    expected = [answer_of(call.on(find("conv2d_backward").reference)).value for call in calls]
    return prop.failure(list(calls), [answer_of(call.on(function)) for call in calls], expected)


@pytest.mark.parametrize("call", [CALL, SQUARE], ids=["of different shapes", "of one shape"])
def test_slopes_that_are_measured_are_those_that_are_computed(call):
    slopes = hidden_property("conv2d_backward", "slopes")
    assert judged(slopes, find("conv2d_backward").reference, call) is None
    assert judged(slopes, lambda *args: [part.tolist() for part in ops.conv2d_backward(*args)], call) is None
    index, should, text = judged(slopes, misconception("conv2d_backward", "signs turned"), call)
    assert index == 0
    assert isinstance(should, tuple)
    assert text.startswith("result 1 of 2: ")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda *args: ops.conv2d_backward(*args)[0], "returned 3 results, but should return 2"),
        (lambda *args: ops.conv2d_backward(*args)[::-1], "result 1 of 2: shape is (1, 2), but should be (3, 4)"),
        (lambda image, kernel, grad: (image * np.nan, kernel), "gives numbers that are not finite (nan or inf)"),
        (lambda image, kernel, grad: (image * 0, kernel * 0), "gives the same number everywhere"),
        (lambda image, kernel, grad: "two", "returned text (str), but should return numbers"),
    ],
)
def test_a_relation_between_pairs_is_not_earned_by_something_else(function, text):
    for name, calls in (("slopes", [CALL]), ("mixed gradients", hidden.training._mixed_gradients(CALL))):
        assert judged(hidden_property("conv2d_backward", name), function, *calls)[2] == text


def test_a_mixture_of_gradients_gives_a_mixture_of_pairs():
    mixed = hidden_property("conv2d_backward", "mixed gradients")
    calls = hidden.training._mixed_gradients(CALL)
    assert judged(mixed, find("conv2d_backward").reference, *calls) is None
    squared = judged(mixed, lambda *args: tuple(part**2 for part in ops.conv2d_backward(*args)), *calls)
    assert "values are wrong" in squared[2]


# --- alphabets ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 5])
def test_an_alphabet_has_so_many_labels_and_images_in_tenths(count):
    images, labels, new_images, new_labels = signs.alphabet(7, count)
    assert set(labels) == set(new_labels)
    assert len(set(labels)) == count
    assert set(labels) <= set(range(10))
    for array in (images, new_images):
        assert array.min() == 0
        assert 0.5 < array.max() <= 1
        np.testing.assert_array_equal(array, np.round(array, 1))
    assert not np.array_equal(images[: len(new_images)], new_images)


def test_another_seed_is_another_alphabet_and_sorted_images_are_sorted():
    first, second = signs.alphabet(1), signs.alphabet(2)
    assert not np.array_equal(first[0], second[0])
    assert set(first[1]) != set(second[1])
    assert (np.diff(signs.alphabet(1, order="sorted")[1]) >= 0).all()
    assert (np.diff(first[1]) < 0).any()


@pytest.mark.parametrize("learner", [train_hidden_layer, train_nearest_image, train_small_cnn])
def test_whoever_trains_at_all_reads_nearly_everything(learner):
    shares = []
    for seed in SEEDS[:: 4 if learner is train_small_cnn else 1]:
        *given_images, truth = signs.alphabet(seed, 3)
        shares.append(np.mean(learner(*given_images) == truth))
    assert min(shares) > signs.REQUIRED + 0.05


def test_nobody_reads_a_new_alphabet_with_what_another_one_taught():
    images, labels, _, _ = signs.alphabet(SEEDS[0], 3)
    for seed in SEEDS[1:]:
        *given_images, _ = signs.alphabet(seed, 3)
        call = Call(tuple(given_images))
        assert signs.read_well([call], [signs.read(images, labels, call.args[2])]) != ""


def confused(given_images, truth):
    """Right for two of three."""
    guess = truth.copy()
    guess[::3] = np.roll(np.unique(truth), 1)[np.searchsorted(np.unique(truth), truth[::3])]
    return guess


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (lambda given_images, truth: truth, ""),
        (lambda given_images, truth: truth.astype(float), ""),
        (lambda given_images, truth: np.where(np.arange(len(truth)) < 5, truth[::-1], truth), ""),
        (confused, "too few of the new images"),
        (lambda given_images, truth: np.full(len(truth), truth[0]), "all new images get the same label"),
        (lambda given_images, truth: np.searchsorted(np.unique(truth), truth), "their positions in the sorted list"),
        (lambda given_images, truth: truth + 10, "only labels that no image"),
        (lambda given_images, truth: np.where(np.arange(len(truth)) % 2, truth, 10), "some new images get labels"),
        (lambda given_images, truth: np.random.default_rng(0).permutation(truth), "hardly better than by guessing"),
    ],
)
def test_what_is_said_of_a_reading(answer, text):
    *given_images, truth = signs.alphabet(SEEDS[0], 3)
    said = signs.read_well([Call(tuple(given_images))], [answer(given_images, truth)])
    assert text in said
    assert (said == "") == (text == "")


@pytest.mark.parametrize("module", [signs, training])
def test_what_the_rules_say_can_be_translated(module):
    source = Path(module.__file__).read_text()
    for text in module.SENTENCES:
        assert source.count(f'"{text}"') >= 2, f"{text!r} is listed, and said nowhere"
