"""cnnkit.exercises.wording: what is shown can be pasted, and gives the same arrays."""

import numpy as np
import pytest

from cnnkit.exercises.layouts import LAYOUTS, lay_out, layout_of
from cnnkit.exercises.model import Call
from cnnkit.exercises.wording import array_text, call_text


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.int64, np.float64, np.uint8, np.float32, np.bool_])
@pytest.mark.parametrize("shape", [(1, 2), (3, 2), (9, 8), (2, 5, 3), (6, 5, 2)])
def test_a_pasted_call_has_the_same_arrays(shape, dtype, layout):
    array = lay_out(np.arange(np.prod(shape)).reshape(shape).astype(dtype), layout)
    text = call_text("received", Call((array, 3), {"stride": (1, 2)}))
    pasted, three, stride = eval(text, {"np": np, "received": lambda image, n, stride: (image, n, stride)})
    np.testing.assert_array_equal(pasted, array, strict=True)
    assert (three, stride) == (3, (1, 2))
    assert layout_of(pasted) == layout_of(array)


def test_floats_keep_all_their_digits():
    value = np.array([[0.1 + 0.2]])
    assert call_text("f", Call((value,))) == "f(np.array([[0.30000000000000004]]))"


def test_a_dict_of_arrays_can_be_pasted():
    params = {"conv1.weight": np.asfortranarray([[1.5, 2], [3, 4]]), "conv1.bias": np.arange(40)}
    for given in (params, {"conv1.bias": np.arange(2)}):
        text = call_text("freeze", Call((given, ["conv1"])))
        pasted, names = eval(text, {"np": np, "freeze": lambda params, names: (params, names)})
        assert list(pasted) == list(given)
        for name, array in given.items():
            np.testing.assert_array_equal(pasted[name], array, strict=True)
            assert layout_of(pasted[name]) == layout_of(array)
        assert names == ["conv1"]
    assert text == "freeze({'conv1.bias': np.array([0, 1])}, ['conv1'])"


def test_a_long_call_is_broken_between_rows():
    assert call_text("conv2d", Call((np.arange(30).reshape(3, 10), np.array([[1]])), {"stride": 2})) == (
        "conv2d(\n"
        "    np.array([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],\n"
        "              [10, 11, 12, 13, 14, 15, 16, 17, 18, 19],\n"
        "              [20, 21, 22, 23, 24, 25, 26, 27, 28, 29]]),\n"
        "    np.array([[1]]),\n"
        "    stride=2,\n"
        ")"
    )


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([[1, 20], [300, 4]]), "[[  1,  20],\n [300,   4]]"),
        (np.array([[1.0, -0.25]]), "[[1, -0.25]]"),
        (np.array([[True, False]]), "[[True, False]]"),
        (np.array([[np.nan, np.inf]]), "[[nan, inf]]"),
        (np.zeros((0, 2)), "[]"),
        (np.float64(0.5), "0.5"),
        (3, "3"),
    ],
)
def test_arrays_as_tables(array, text):
    assert array_text(array) == text


def test_a_huge_array_is_shown_without_its_middle():
    assert len(array_text(np.arange(100_000).reshape(100, 1000))) < 1000
