"""The quick way of large layers: against the plain sum, in float64, over shapes that do not fit its tiles."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.ops import winograd
from tests.cnnkit.test_ops_values import SEEDS

#: Unit roundoff of float32.
ROUNDOFF = 2.0**-24
BY_DEFAULT = {name: getattr(winograd, name) for name in ("LEAST", "CELLS_EACH", "PIECE")}


@pytest.fixture(autouse=True, scope="module")
def even_the_smallest():
    """Layers of any size go the quick way, in pieces of one row of tiles; Hypothesis draws within this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "LEAST", 1)
        patch.setattr(winograd, "CELLS_EACH", 0)
        patch.setattr(winograd, "PIECE", 1)
        yield


@pytest.fixture
def calls(monkeypatch):
    """The functions of the quick way that have been called."""
    called = []
    for name in ("slide", "filters_gradient"):
        monkeypatch.setattr(winograd, name, spy(name, getattr(winograd, name), called))
    return called


def spy(name, function, called):
    def call(*args):
        called.append(name)
        return function(*args)

    return call


def arrays(seed, n=2, side=(9, 14), channels=3, filters=5):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, *side, channels)).astype(np.float32)
    bank = rng.normal(size=(filters, 3, 3, channels)).astype(np.float32)
    return x, bank, rng.normal(size=filters).astype(np.float32)


def wide(*given):
    return [array.astype(float) for array in given]


def agree(got, right, terms, size):
    """Within the bound of a plain sum of so many terms, whose magnitudes add up to at most `size`.

    Each result comes from the 36 products of a tile; by default, only sums of more terms go the quick way.
    """
    assert got.dtype == np.float32
    assert got.shape == right.shape
    assert np.abs(got - right).max() <= (max(terms, 36) + 2) * ROUNDOFF * size


@given(
    st.integers(1, 3),
    st.tuples(st.integers(1, 15), st.integers(1, 15)),
    st.integers(1, 4),
    st.integers(1, 4),
    st.tuples(*[st.tuples(st.integers(0, 3), st.integers(0, 3))] * 2),
    st.booleans(),
    SEEDS,
)
def test_it_is_the_plain_sum(n, side, channels, filters, pad, with_bias, seed):
    side = [max(cells, 3 - sum(more)) for cells, more in zip(side, pad, strict=True)]
    x, bank, bias = arrays(seed, n, side, channels, filters)
    bias = bias if with_bias else None
    maps = ops.conv_layer(x, bank, bias, pad=pad)
    right = ops.conv_layer(*wide(x, bank), None if bias is None else bias.astype(float), pad=pad)
    # Each cell of a tile meets each weight, also those that no window brings together.
    weights = np.abs(bank).sum(axis=(1, 2, 3)).max()
    agree(maps, right, 9 * channels + 1, np.abs(x).max() * weights + np.abs(right).max())

    grad = np.random.default_rng(seed + 1).normal(size=maps.shape).astype(np.float32)
    grads = ops.conv_layer_backward(x, bank, bias, grad, pad=pad)
    rights = ops.conv_layer_backward(*wide(x, bank), None, grad.astype(float), pad=pad)
    agree(grads[0], rights[0], 9 * filters, np.abs(grad).max() * np.abs(bank).sum(axis=(0, 1, 2)).max())
    agree(grads[1], rights[1], grad[..., 0].size, np.abs(x).max() * np.abs(grad).sum(axis=(0, 1, 2)).max())


def test_it_rounds_at_most_some_four_times_as_much(monkeypatch):
    x, bank, _ = arrays(0, 1, (40, 40), 64, 64)
    right = ops.conv_layer(*wide(x, bank))
    quick = np.sqrt(np.square(ops.conv_layer(x, bank) - right).mean())
    monkeypatch.setattr(winograd, "LEAST", 1000)
    plain = np.sqrt(np.square(ops.conv_layer(x, bank) - right).mean())
    assert plain < quick < 6 * plain


def test_what_goes_the_quick_way(calls):
    x, bank, bias = arrays(1)
    ops.conv_layer(x, bank, bias, pad=1)
    ops.conv_layer(x[0], bank)
    assert calls == ["slide"] * 2
    calls.clear()
    ops.conv_layer_backward(x, bank, bias, np.ones((2, 9, 14, 5), np.float32), pad=1)
    assert calls == ["slide", "filters_gradient"]


@pytest.mark.parametrize(
    "change",
    [
        {"x": np.float64},
        {"x": np.uint8, "bank": np.int64},
        {"bank": np.float64},
        {"bias": np.float64},
        {"stride": 2},
        {"stride": (1, 2)},
        {"dilation": (2, 1)},
        {"groups": 3},
        {"size": (3, 2)},
        {"size": (1, 1)},
        {"size": (5, 5)},
    ],
    ids=str,
)
def test_what_does_not(change, calls):
    x, bank, bias = arrays(2, channels=3, filters=6)
    options = {name: change[name] for name in ("stride", "dilation", "groups") if name in change}
    h, w = change.get("size", (3, 3))
    bank = np.resize(bank, (6, h, w, 3 // options.get("groups", 1)))
    bias = None if change.get("x") == np.uint8 else bias
    given = [np.rint(array * 9).astype(change[name]) if name in change else array
             for name, array in (("x", x), ("bank", bank), ("bias", bias))]  # fmt: skip
    maps = ops.conv_layer(*given, **options)
    if given[0].dtype.kind == "u":
        assert maps.dtype == np.int64
    grad = np.ones(maps.shape, np.float32 if maps.dtype.kind == "f" else float)
    ops.conv_layer_backward(*given, grad, **options)
    assert calls == []


@pytest.mark.parametrize(
    ("side", "channels", "filters", "quick"),
    [(28, 1, 6, False), (12, 6, 16, False), (32, 3, 32, False), (14, 64, 64, False), (20, 32, 64, True)],
)
def test_only_large_layers_go_the_quick_way(side, channels, filters, quick, monkeypatch, calls):
    for name, value in BY_DEFAULT.items():
        monkeypatch.setattr(winograd, name, value)
    x, bank, bias = arrays(3, 1, (side, side), channels, filters)
    ops.conv_layer(x, bank, bias, pad=1)
    assert calls == ["slide"] * quick


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_what_is_not_finite_reaches_no_window_that_it_is_not_in(value):
    x, bank, bias = arrays(4)
    bank = np.abs(bank) + 2  # not 0 · inf; and 3e38 overflows
    x[0, 4, 4, 1] = value
    with np.errstate(all="ignore"):
        maps, right = ops.conv_layer(x, bank, bias), ops.conv_layer(*wide(x, bank, bias)).astype(np.float32)
    inside = np.zeros(maps.shape, bool)
    inside[0, 2:5, 2:5] = True
    np.testing.assert_array_equal(np.isfinite(maps), ~inside)
    np.testing.assert_allclose(maps, right, rtol=1e-4, atol=1e-4)
    grad = np.ones(maps.shape, np.float32)
    with np.errstate(all="ignore"):
        grad_x, grad_bank, _ = ops.conv_layer_backward(x, bank, bias, grad)
    assert np.isfinite(grad_x).all()
    np.testing.assert_array_equal(np.isfinite(grad_bank[..., [0, 2]]), True)


def test_a_warning_of_the_plain_way_is_the_only_one():
    x, bank, _ = arrays(5)
    x[0, 4, 4, 1] = 3e38
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        ops.conv_layer(x, np.abs(bank) + 2)


def test_the_matrices_are_those_of_the_polynomials():
    """Values of a product are products of values: 3 coefficients times 4 give 6."""
    a, b = np.array([1.0, -2, 3]), np.array([4.0, 5, -6, 7])
    product = winograd._evaluate(3) @ a * (winograd._evaluate(4) @ b)
    np.testing.assert_allclose(np.linalg.solve(winograd._evaluate(6), product), np.convolve(a, b))
