"""cnnkit.ops backward: every gradient against central differences, on shapes that Hypothesis draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit import ops
from tests.cnnkit.test_ops_values import SEEDS, layer_calls, pool_calls, run

#: Step of the differences. Their error is about step ** 2 (curvature) + 1e-16 / step (rounding).
STEP = 1e-5
TOLERANCE = 1e-7


def check(name, arrays, options, constants=()):
    """Compare all gradients of ``ops.name`` with differences, under a random linear loss."""
    arrays = [None if array is None else np.array(array, float) for array in arrays]
    (result,) = run(name, (*arrays, *constants), options)
    grad = np.random.default_rng(5).normal(size=np.shape(result))
    grads = run(name, (*arrays, *constants), options, grad)
    differentiable = [array for array in arrays if array is not None]
    assert len(grads) == len(differentiable)
    for array, got in zip(differentiable, grads, strict=True):
        right = np.zeros(array.shape)
        for cell in np.ndindex(array.shape):
            kept = array[cell]
            losses = []
            for array[cell] in (kept + STEP, kept - STEP):
                losses.append((run(name, (*arrays, *constants), options)[0] * grad).sum())
            array[cell] = kept
            right[cell] = (losses[0] - losses[1]) / (2 * STEP)
        assert got.shape == array.shape
        np.testing.assert_allclose(got, right, atol=TOLERANCE * max(1, np.abs(right).max()))


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


sides = st.tuples(st.integers(1, 4), st.integers(1, 4))


@given(layer_calls())
def test_conv_layer(call):
    x, filters, bias, options = call
    check("conv_layer", (x, filters, bias), options)


@given(sides, sides, st.sampled_from([1, 2, (2, 1), (1, 3)]), SEEDS)
def test_conv2d_and_conv2d_channels(kernel, more, stride, seed):
    image = tuple(k + m - 1 for k, m in zip(kernel, more, strict=True))
    check("conv2d", (normal(seed, *image), normal(seed + 1, *kernel)), {"stride": stride})
    check("conv2d_channels", (normal(seed, *image, 2), normal(seed + 1, *kernel, 2)), {"stride": stride})


@pytest.mark.parametrize("mode", ["zero", "reflect", "symmetric"])
@given(sides, SEEDS)
def test_padding_and_the_same_size(mode, sides, seed):
    least = 1 if mode == "reflect" else 0
    pad = tuple(min(2, side - least) for side in sides)
    for shape in (sides, (*sides, 2), (2, *sides, 2)):
        check("pad2d", (normal(seed, *shape),), {"pad": pad, "mode": mode})
    kernel = tuple(2 * cells + 1 for cells in pad)
    check("conv2d_same", (normal(seed, *sides), normal(seed + 1, *kernel)), {"mode": mode})


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "sum_pool2d"])
@given(pool_calls(distinct=True))
def test_pools(name, call):
    x, size, stride = call
    check(name, (x,), {"size": size, "stride": stride})


def test_a_tied_maximum_goes_to_the_first_in_row_order():
    x = np.array([[0, 5, 1, 1, 9], [5, 5, 1, 1, 9], [9, 9, 9, 9, 9]])
    assert ops.max_pool2d_backward(x, [[1.0, 2.0]]).tolist() == [[0, 1, 2, 0, 0], [0] * 5, [0] * 5]
    assert ops.max_pool2d_backward([[1, 3, 2]], [[1.0, 2.0]], size=(1, 2), stride=1).tolist() == [[0, 3, 0]]


@given(pool_calls(distinct=False))
def test_a_result_that_was_kept_gives_the_same_gradient(call):
    x, size, stride = call
    result = ops.max_pool2d(x, size, stride)
    grad = np.arange(1.0, result.size + 1).reshape(result.shape)
    again = ops.max_pool2d_backward(x, grad, size, stride)
    np.testing.assert_array_equal(ops.max_pool2d_backward(x, grad, size, stride, result=result), again)
    x = x.astype(float)
    grad = np.arange(float(x.size)).reshape(x.shape)
    again = ops.softmax_backward(x, grad)
    np.testing.assert_allclose(ops.softmax_backward(x, grad, result=ops.softmax(x)), again, rtol=1e-12, atol=1e-12)


def test_each_cell_of_a_gradient_is_written():
    for _ in range(50):  # into memory that was in use before
        np.full((2, 2), np.nan)
        assert ops.max_pool2d_backward([[1.0, 2.0], [4.0, 3.0]], [[7.0]]).tolist() == [[0, 0], [7, 0]]
        np.full((2, 3), np.nan)
        assert ops.max_pool2d_backward([[1.0, 2.0, 9.0], [4.0, 3.0, 9.0]], [[7.0]]).tolist() == [[0, 0, 0], [7, 0, 0]]


@given(sides, SEEDS)
def test_the_functions_of_one_array(sides, seed):
    x = normal(seed, *sides)
    x = np.where(np.abs(x) < 0.01, 0.5, x)  # no differences across the bend of relu
    for name in ("relu", "sigmoid", "softmax", "flatten"):
        check(name, (x,), {})
    check("dropout", (x,), {"rate": 0.5})
    check("global_avg_pool", (normal(seed, *sides, 3),), {})
    check("global_avg_pool", (normal(seed, 2, *sides, 3),), {})
    check("flatten", (normal(seed, *sides, 2, 2),), {})
    check("top_sobel", (normal(seed, sides[0] + 2, sides[1] + 2),), {})


@given(sides, st.integers(1, 3), SEEDS)
def test_the_functions_of_several_arrays(sides, depth, seed):
    n, m = sides
    check("dense", (normal(seed, n, m), normal(seed + 1, m, depth), normal(seed + 2, depth)), {})
    check("locally_connected2d", (normal(seed, n + 1, m + depth - 1), normal(seed + 1, n, m, 2, depth)), {})
    scale = normal(seed + 1, depth), normal(seed + 2, depth)
    for x in (normal(seed, 3, n, m, depth), normal(seed, n + 2, depth)):
        check("batch_norm", (x, *scale), {"eps": 0.1})
        statistics = normal(seed, depth), normal(seed + 3, depth) ** 2
        check("batch_norm_inference", (x, *scale), {}, statistics)


@given(st.integers(1, 4), st.integers(2, 5), SEEDS)
def test_cross_entropy(n, k, seed):
    labels = np.random.default_rng(seed).integers(0, k, n)
    probs = (ops.softmax(normal(seed, n, k)) + 0.5) / (1 + k / 2)  # differences are poor at small ones
    check("cross_entropy", (probs,), {}, (labels,))
    scores, one_hot = normal(seed + 1, n, k), np.eye(k)[labels]
    through = ops.softmax_backward(scores, ops.cross_entropy_backward(ops.softmax(scores), labels, 3.0))
    np.testing.assert_allclose(through, 3 * (ops.softmax(scores) - one_hot) / n, atol=1e-12)


def test_gradients_do_not_overflow():
    x = np.array([-1e4, 1e4, 0.0])
    with np.errstate(all="raise"):
        assert ops.sigmoid_backward(x, np.ones(3)).tolist() == [0, 0, 0.25]
        assert np.isfinite(ops.softmax_backward(x, np.ones(3))).all()
