"""What is particular to lesson 07: photos as ImageNet's networks know them, and a dict as an argument."""

import re

import numpy as np
import pytest

from cnnkit import check, imagenet
from cnnkit.checking import CheckFailed
from cnnkit.exercises.layouts import copy_of
from cnnkit.exercises.model import Call
from cnnkit.exercises.transfer import freeze, parameters


def test_the_average_colour_becomes_zero_and_one_deviation_above_it_one():
    photo = np.array([[imagenet.MEANS, np.add(imagenet.MEANS, imagenet.DEVIATIONS)]])
    np.testing.assert_allclose(imagenet.preprocess(photo), [[[[0, 0, 0], [1, 1, 1]]]], atol=1e-12)
    assert imagenet.preprocess(photo.astype(np.float32)).dtype == np.float32


def test_bytes_and_floats_of_a_photo_are_the_same_to_it():
    photo = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    before = photo.copy()
    np.testing.assert_allclose(imagenet.preprocess(photo), imagenet.preprocess(photo / 255), rtol=1e-12)
    np.testing.assert_array_equal(photo, before)


@pytest.mark.parametrize("seed", range(20))
def test_the_best_guesses_are_those_of_a_sort_by_value_and_place(seed):
    probs = np.random.default_rng(seed).integers(0, 4, 30) / 100
    order = sorted(range(30), key=lambda place: (-probs[place], place))
    for k in (1, 7, 30):
        assert imagenet.top_k(probs, k).tolist() == order[:k]


PARAMS = parameters(("conv1", "conv10", "preconv1"))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: imagenet.preprocess(np.zeros((4, 5))), ValueError, r"\(H, W, 3\), but got shape \(4, 5\)"),
        (lambda: imagenet.preprocess(np.zeros((4, 5, 4))), ValueError, r"\(4, 5, 4\): drop the fourth channel"),
        (lambda: imagenet.preprocess(np.zeros((0, 5, 3))), ValueError, r"but got shape \(0, 5, 3\)"),
        (lambda: imagenet.preprocess(np.zeros((4, 5, 3), int)), ValueError, r"is int64: convert it with"),
        (lambda: imagenet.preprocess(np.full((1, 1, 3), 255.0)), ValueError, "from 255 to 255: divide it"),
        (lambda: imagenet.preprocess(np.full((1, 1, 3), np.nan)), ValueError, "goes from nan to nan"),
        (lambda: imagenet.top_k(np.zeros((1, 5)), 2), ValueError, r"\(K,\), but got float64 of shape \(1, 5\)"),
        (lambda: imagenet.top_k([], 1), ValueError, r"\(K,\), but got float64 of shape \(0,\)"),
        (lambda: imagenet.top_k([0.5, np.nan], 1), ValueError, "cannot sort nan, which is at 1 of 2"),
        (lambda: imagenet.top_k([0.5, 0.5], 0), ValueError, "k must be an integer from 1 to 2, .* but got 0"),
        (lambda: imagenet.top_k([0.5, 0.5], 3), ValueError, "from 1 to 2, .* but got 3"),
        (lambda: imagenet.top_k([0.5, 0.5], True), ValueError, "but got True"),
        (lambda: imagenet.top_k([0.5, 0.5], 1.0), ValueError, r"but got 1\.0"),
        (lambda: freeze(PARAMS, ["conv2"]), ValueError, r"'conv2'; there are: conv1, conv10, preconv1, conv1\.weight"),
        (lambda: freeze(PARAMS, ["weight"]), ValueError, "no layer or parameter 'weight'"),
        (lambda: freeze(PARAMS, "conv1"), TypeError, r"a list of names, but got the text 'conv1': write \['conv1'\]"),
    ],
)
def test_what_the_reference_refuses(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_names_are_compared_as_a_whole():
    assert freeze(PARAMS, ["conv1"]) == [False, False, True, True, True, True]
    assert freeze(PARAMS, ["conv1.bias", "preconv1"]) == [True, False, True, True, False, False]
    assert freeze(PARAMS, []) == [True] * 6


def test_a_copy_of_a_call_shares_no_dict_and_no_list():
    call = Call((PARAMS, ["conv1"]), {"layers": [(3, 1)]})
    copy = copy_of(call)
    copy.args[0]["conv1.bias"][:] = 9
    del copy.args[0]["conv10.bias"]
    copy.args[1].append("conv10")
    copy.kwargs["layers"].pop()
    assert list(PARAMS) == list(call.args[0])
    assert PARAMS["conv1.bias"].max() < 9
    assert call.args[1:] == (["conv1"],)
    assert call.kwargs == {"layers": [(3, 1)]}


def test_a_function_that_empties_its_list_is_compared_with_what_it_was_given():
    def emptied(layers):
        field, step = 1, 1
        while layers:
            kernel, stride = layers.pop(0)
            field, step = field + (kernel - 1) * step, step * stride
        return field

    check("receptive_field", emptied)


def test_what_is_shown_of_a_network_can_be_pasted():
    with pytest.raises(CheckFailed) as caught:
        check("freeze", lambda params, names: [True] * len(params))
    text = re.search(r"Try:\n(.*?\))\n\n", str(caught.value), re.DOTALL).group(1)
    params, names = eval(text.strip(), {"np": np, "freeze": lambda params, names: (params, names)})
    assert not all(freeze(params, names))
