"""cnnkit.ops forward: the curriculum's worked numbers, slow loops and SciPy, types, layouts, and inputs kept."""

import doctest
import importlib
import inspect
import pkgutil
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import correlate2d
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from cnnkit import ops
from cnnkit.exercises.layouts import LAYOUTS, lay_out
from cnnkit.ops import convolution

SEEDS = st.integers(0, 2**32 - 1)
POOLS = {"max_pool2d": np.max, "avg_pool2d": np.mean, "sum_pool2d": np.sum}


# --- worked numbers -----------------------------------------------------------------------------------------------


def test_the_borders_of_a_row():
    row = np.array([[1, 2, 3, 4]])
    assert ops.pad2d(row, (0, 2)).tolist() == [[0, 0, 1, 2, 3, 4, 0, 0]]
    assert ops.pad2d(row, (0, 2), mode="reflect").tolist() == [[3, 2, 1, 2, 3, 4, 3, 2]]
    assert ops.pad2d(row, (0, 2), mode="symmetric").tolist() == [[2, 1, 1, 2, 3, 4, 4, 3]]


def test_the_pooled_example():
    x = [[1, 1, 0, 0], [0, 0, 1, 4]]
    assert ops.max_pool2d(x).tolist() == [[1, 4]]
    assert ops.max_pool2d(x, stride=1).tolist() == [[1, 1, 4]]
    assert ops.sum_pool2d(x).tolist() == [[2, 5]]
    assert ops.avg_pool2d(x).tolist() == [[0.5, 1.25]]


def test_the_layers_of_the_curriculum():
    image = np.zeros((32, 32, 3))
    assert ops.conv_layer(image, np.zeros((1, 5, 5, 3)), np.zeros(1)).shape == (28, 28, 1)
    assert ops.conv_layer(image, np.zeros((6, 5, 5, 3)), np.zeros(6)).shape == (28, 28, 6)
    assert ops.conv_layer(image, np.zeros((10, 5, 5, 3)), np.zeros(10), pad=2).shape == (32, 32, 10)


def test_scipy_flips_the_kernel_and_we_do_not():
    from scipy.signal import convolve2d

    image, lines = np.arange(20).reshape(4, 5) ** 2, np.array([[-1, 0, 1]] * 3)
    np.testing.assert_array_equal(ops.conv2d(image, lines), -convolve2d(image, lines, mode="valid"))


def test_filtering_rounds_and_clips_and_does_not_wrap():
    image = np.array([[[0], [100], [255]]], dtype=np.uint8)
    assert ops.filter_image(image, [[2.0]]).ravel().tolist() == [0, 200, 255]
    assert ops.filter_image(image, [[-1.0]]).ravel().tolist() == [0, 0, 0]
    assert ops.filter_image(image, [[0.006]]).ravel().tolist() == [0, 1, 2]
    assert ops.filter_image(image, [[1]]).dtype == np.uint8


# --- against independent implementations --------------------------------------------------------------------------


@st.composite
def layer_calls(draw):
    """Input, filters, bias and options of a convolutional layer that belong together."""
    groups, depth, each = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    size = draw(st.tuples(st.integers(1, 3), st.integers(1, 4)))
    stride, dilation = (draw(st.tuples(st.integers(1, 3), st.integers(1, 3))) for _ in range(2))
    pad = draw(st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2))
    sides = tuple(
        max(1, d * (length - 1) + 1 - sum(p)) + draw(st.integers(0, 4))
        for d, length, p in zip(dilation, size, pad, strict=True)
    )
    rng = np.random.default_rng(draw(SEEDS))
    batch = draw(st.sampled_from([(), (1,), (3,)]))
    x = lay_out(rng.normal(size=(*batch, *sides, groups * depth)), draw(st.sampled_from(LAYOUTS)))
    filters = lay_out(rng.normal(size=(groups * each, *size, depth)), draw(st.sampled_from(LAYOUTS)))
    bias = draw(st.sampled_from([None, rng.normal(size=groups * each)]))
    return x, filters, bias, {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups}


def slow_layer(x, filters, bias, stride, pad, dilation, groups):
    """The formula, loop by loop, of one image."""
    x = np.pad(x, (*pad, (0, 0)))
    (count, h, w, depth), (s, t), (d, e) = filters.shape, stride, dilation
    rows = (x.shape[0] - d * (h - 1) - 1) // s + 1
    cols = (x.shape[1] - e * (w - 1) - 1) // t + 1
    maps = np.zeros((rows, cols, count))
    for i, j, k, p, q, c in np.ndindex(rows, cols, count, h, w, depth):
        channel = k // (count // groups) * depth + c
        maps[i, j, k] += x[i * s + p * d, j * t + q * e, channel] * filters[k, p, q, c]
    return maps if bias is None else maps + bias


@given(layer_calls())
def test_a_layer_is_its_formula(call):
    x, filters, bias, options = call
    maps = ops.conv_layer(x, filters, bias, **options)
    right = [slow_layer(image, filters, bias, **options) for image in (x if x.ndim == 4 else [x])]
    assert maps.shape == ((len(right), *right[0].shape) if x.ndim == 4 else right[0].shape)
    np.testing.assert_allclose(maps if x.ndim == 4 else [maps], right, atol=1e-12)


@pytest.mark.parametrize("pad", ["valid", "same", 1, (1, 2), ((1, 2), (0, 3))])
@pytest.mark.parametrize("stride", [1, 2, (3, 1)])
def test_the_ways_to_say_how_much_padding(pad, stride):
    x, filters = np.random.default_rng(0).normal(size=(2, 7, 8, 2)), np.ones((1, 3, 4, 2))
    steps = stride if isinstance(stride, tuple) else (stride, stride)
    explicit = {"valid": ((0, 0), (0, 0)), 1: ((1, 1), (1, 1)), (1, 2): ((1, 1), (2, 2))}.get(pad, pad)
    maps = ops.conv_layer(x, filters, stride=stride, pad=pad)
    if pad == "same":
        assert maps.shape == (2, -(-7 // steps[0]), -(-8 // steps[1]), 1)
        if steps == (1, 1):
            explicit = ((1, 1), (1, 2))
            np.testing.assert_array_equal(maps, ops.conv_layer(x, filters, pad=explicit))
    else:
        padded = np.pad(x, ((0, 0), *explicit, (0, 0)))
        np.testing.assert_allclose(maps, ops.conv_layer(padded, filters, stride=stride), atol=1e-12)


def test_one_by_one_filters_mix_channels():
    rng = np.random.default_rng(0)
    x, weights = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(6, 1, 1, 5))
    np.testing.assert_allclose(ops.conv_layer(x, weights), x @ weights[:, 0, 0].T, atol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_reaches_no_window_that_it_is_not_in(value):
    """Also where several cells of a map come from one wide window, whose filters stand in rows of zeros."""
    assert convolution._copies_that_pay(np.zeros((3, 3, 3, 1)), (1, 1), (1, 1), 1, 8) > 1
    x, bank, grad = np.ones((2, 10, 10, 1)), np.ones((3, 3, 3, 1)), np.ones((2, 8, 8, 3))
    x[0, 4, 5], grad[0, 4, 5] = value, value
    maps = ops.conv_layer(x, bank)
    assert np.isfinite(maps).sum() == maps.size - 27
    grad_x, _, _ = ops.conv_layer_backward(np.ones(x.shape), bank, None, grad)
    assert np.isfinite(grad_x).sum() == x.size - 9
    corner = np.ones(x.shape)
    corner[0, 0, 0] = value  # which only the first weight of a filter meets
    _, grad_bank, _ = ops.conv_layer_backward(corner, bank, None, np.ones(grad.shape))
    assert np.isfinite(grad_bank).sum() == bank.size - 3


def test_a_large_layer_is_computed_in_pieces():
    """Several pieces in one image, and several images in a piece; the last ones smaller."""
    rng = np.random.default_rng(0)
    for shape, filters in [((2, 71, 66, 16), (3, 3, 3, 16)), ((130, 20, 21, 2), (3, 3, 4, 2))]:
        x, filters = rng.normal(size=shape), rng.normal(size=filters)
        maps = ops.conv_layer(x, filters)
        for n, i, j in [(0, 0, 0), (-1, -1, -1), (1, 11, 5), (-2, -3, 7)]:
            rows, cols = range(maps.shape[1])[i], range(maps.shape[2])[j]
            window = x[n, rows : rows + filters.shape[1], cols : cols + filters.shape[2]]
            np.testing.assert_allclose(maps[n, i, j], (filters * window).sum(axis=(1, 2, 3)), atol=1e-10)
        # The gradient of the sum of the maps: with respect to x it is what one image gives, to filters the sum.
        grad_x, grad_filters, _ = ops.conv_layer_backward(x, filters, None, np.ones_like(maps))
        alone = [ops.conv_layer_backward(image, filters, None, np.ones_like(maps[0])) for image in x]
        np.testing.assert_allclose(grad_x, [grads[0] for grads in alone], atol=1e-10)
        np.testing.assert_allclose(grad_filters, sum(grads[1] for grads in alone), rtol=1e-9, atol=1e-8)


@given(st.tuples(st.integers(1, 6), st.integers(1, 6)), st.data(), st.sampled_from(["zero", "reflect", "symmetric"]))
def test_padding_is_numpys(sides, data, mode):
    least = 1 if mode == "reflect" else 0
    pad = tuple(data.draw(st.integers(0, side - least)) for side in sides)
    shape = data.draw(st.sampled_from([sides, (*sides, 2), (3, *sides, 2)]))
    image = np.random.default_rng(0).integers(-9, 10, shape)
    widths = [(0, 0)] * len(shape)
    at = 1 if len(shape) == 4 else 0
    widths[at], widths[at + 1] = (pad[0], pad[0]), (pad[1], pad[1])
    right = np.pad(image, widths, mode="constant" if mode == "zero" else mode)
    np.testing.assert_array_equal(ops.pad2d(image, pad, mode), right, strict=True)


@given(SEEDS, st.sampled_from(["zero", "symmetric"]), st.sampled_from(LAYOUTS))
def test_the_same_size_is_scipys(seed, mode, layout):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=rng.choice([1, 3, 5], 2))
    image = lay_out(rng.normal(size=rng.integers(3, 8, 2)), layout)
    boundary = {"zero": "fill", "symmetric": "symm"}[mode]
    right = correlate2d(image, kernel, mode="same", boundary=boundary)
    np.testing.assert_allclose(ops.conv2d_same(image, kernel, mode), right, atol=1e-12)


@given(SEEDS)
def test_a_picture_is_filtered_channel_by_channel(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (*rng.integers(2, 7, 2), rng.integers(1, 5)), dtype=np.uint8)
    kernel = rng.normal(size=rng.choice([1, 3], 2))
    maps = [correlate2d(c, kernel, mode="same", boundary="symm") for c in np.moveaxis(image.astype(float), 2, 0)]
    right = np.clip(np.rint(np.stack(maps, axis=2)), 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(ops.filter_image(image, kernel), right, strict=True)


def slow_pool(combine, x, size, stride):
    rows, cols = ((x.shape[axis] - size[axis]) // stride[axis] + 1 for axis in (0, 1))
    window = [[x[i * stride[0] :][: size[0], j * stride[1] :][:, : size[1]] for j in range(cols)] for i in range(rows)]
    return np.array([[combine(cells, axis=(0, 1)) for cells in row] for row in window])


@st.composite
def pool_calls(draw, distinct=False):
    size = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.sampled_from([None, 1, 2, 3, (1, 2), (3, 1)]))
    sides = tuple(length + draw(st.integers(0, 4)) for length in size)
    shape = draw(st.sampled_from([sides, (*sides, 2), (2, *sides, 3)]))
    rng = np.random.default_rng(draw(SEEDS))
    x = rng.permutation(np.prod(shape)).reshape(shape) / 8.0 if distinct else rng.integers(-9, 10, shape)
    return lay_out(x, draw(st.sampled_from(LAYOUTS))), size, stride


@pytest.mark.parametrize("name", POOLS)
@given(pool_calls())
def test_a_pool_combines_each_window(name, call):
    x, size, stride = call
    steps = size if stride is None else stride if isinstance(stride, tuple) else (stride, stride)
    right = [slow_pool(POOLS[name], image, size, steps) for image in (x if x.ndim == 4 else [x])]
    pooled = getattr(ops, name)(x, size, stride)
    np.testing.assert_allclose(pooled if x.ndim == 4 else [pooled], right, atol=1e-12)


def test_nan_stays_visible():
    x = np.array([[1.0, np.nan], [2.0, 3.0]])
    assert np.isnan(ops.max_pool2d(x)).all()
    assert ops.max_pool2d_backward(x, [[1.0]]).tolist() == [[0, 1], [0, 0]]
    assert np.isnan(ops.relu([np.nan])).all()
    assert np.isnan(ops.conv2d(x, [[1.0]])).sum() == 1


@given(SEEDS, st.sampled_from([(), (3,), (2, 3), (2, 3, 4)]))
def test_activations_are_scipys_without_overflow(seed, shape):
    x = np.random.default_rng(seed).normal(size=shape) * 10.0 ** np.random.default_rng(seed).integers(-2, 5)
    with np.errstate(all="raise"):
        activated = ops.relu(x), ops.sigmoid(x), ops.softmax(x) if shape else None
    np.testing.assert_array_equal(activated[0], np.where(x > 0, x, 0), strict=True)
    np.testing.assert_allclose(activated[1], np.asarray(expit(x)), atol=1e-15, strict=True)
    if shape:
        np.testing.assert_allclose(activated[2], scipy_softmax(x, axis=-1), atol=1e-14, strict=True)


def test_a_normalized_batch_has_mean_0_and_variance_1():
    x = np.random.default_rng(0).normal(3, 5, size=(4, 5, 6, 3))
    result = ops.batch_norm(x, np.ones(3), np.zeros(3), eps=1e-12)
    np.testing.assert_allclose(result.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(result.var(axis=(0, 1, 2)), 1, atol=1e-9)
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    gamma, beta = np.array([1.0, -2, 3]), np.array([4.0, 5, -6])
    np.testing.assert_allclose(
        ops.batch_norm_inference(x, gamma, beta, mean, variance), ops.batch_norm(x, gamma, beta), atol=1e-12
    )


def test_dropout_drops_at_the_rate_and_keeps_the_mean():
    x = np.random.default_rng(0).normal(5, 1, size=(200, 300))
    kept = ops.dropout(x, 0.3, np.random.default_rng(1))
    assert abs((kept == 0).mean() - 0.3) < 6 * np.sqrt(0.3 * 0.7 / x.size)  # six standard deviations
    np.testing.assert_allclose(kept[kept != 0], (x / 0.7)[kept != 0])
    rng = np.random.default_rng(1)
    first, second = ops.dropout(x, 0.3, rng), ops.dropout(x, 0.3, rng)
    np.testing.assert_array_equal(first, kept)
    assert (first != second).any()
    np.testing.assert_array_equal(ops.dropout(x, 0, rng), x, strict=True)


@given(SEEDS, st.sampled_from(LAYOUTS))
def test_locally_connected_is_an_own_filter_at_each_position(seed, layout):
    rng = np.random.default_rng(seed)
    (h, w), (rows, cols) = rng.integers(1, 4, 2), rng.integers(1, 5, 2)
    x = lay_out(rng.normal(size=(rows + h - 1, cols + w - 1)), layout)
    filters = rng.normal(size=(rows, cols, h, w))
    right = [[(x[i : i + h, j : j + w] * filters[i, j]).sum() for j in range(cols)] for i in range(rows)]
    np.testing.assert_allclose(ops.locally_connected2d(x, filters), right, atol=1e-12)
    shared = np.broadcast_to(filters[0, 0], filters.shape)
    np.testing.assert_allclose(ops.locally_connected2d(x, shared), ops.conv2d(x, filters[0, 0]), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_impossible_label_is_finite(dtype):
    loss = ops.cross_entropy(np.array([[0, 1]], dtype), [0])
    assert np.isfinite(loss)
    assert loss > 10
    assert loss.dtype == dtype
    assert np.isfinite(ops.cross_entropy_backward(np.array([[0, 1]], dtype), [0])).all()


# --- every function -----------------------------------------------------------------------------------------------


def calls(kind):
    """One call of every function but the pictures', with arrays of the given type (and integer labels as they are)."""
    rng = np.random.default_rng(0)

    def array(*shape):
        return rng.integers(0, 9, shape).astype(kind)

    def probs(*shape):
        return ops.softmax(rng.normal(size=shape)).astype(kind) if np.dtype(kind).kind == "f" else array(*shape) > 4

    layer = array(2, 6, 5, 4), array(6, 2, 3, 2), array(6)
    norm = array(2, 3, 4, 3), array(3), array(3)
    return {
        "pad2d": ((array(3, 4),), {"pad": 1, "mode": "reflect"}),
        "conv2d": ((array(5, 6), array(2, 3)), {"stride": 2}),
        "conv2d_channels": ((array(5, 6, 2), array(2, 3, 2)), {}),
        "conv2d_same": ((array(5, 6), array(3, 1)), {"mode": "symmetric"}),
        "conv_layer": (layer, {"stride": (1, 2), "pad": "same", "groups": 2}),
        "top_sobel": ((array(5, 6),), {}),
        "max_pool2d": ((array(5, 6, 2),), {"size": 3, "stride": 2}),
        "avg_pool2d": ((array(5, 6, 2),), {"size": 3, "stride": 2}),
        "sum_pool2d": ((array(5, 6, 2),), {"size": 3, "stride": 2}),
        "global_avg_pool": ((array(5, 6, 2),), {}),
        "relu": ((array(3, 4) - np.asarray(4, kind),), {}),
        "sigmoid": ((array(3, 4),), {}),
        "softmax": ((array(3, 4),), {}),
        "batch_norm": (norm, {}),
        "batch_norm_inference": ((*norm, array(3), array(3)), {}),
        "dropout": ((array(3, 4),), {"rate": 0.25}),
        "flatten": ((array(3, 4, 2),), {}),
        "dense": ((array(3, 4), array(4, 2), array(2)), {}),
        "locally_connected2d": ((array(4, 5), array(3, 3, 2, 3)), {}),
        "cross_entropy": ((probs(3, 4), rng.integers(0, 4, 3)), {}),
    }


def run(name, arrays, options, grad=None):
    """The results of a call, or of its gradient, as a list."""
    if "rate" in options:
        options = {**options, "rng": np.random.default_rng(0)}
    arrays = arrays if grad is None else (*arrays, grad)
    result = getattr(ops, name if grad is None else f"{name}_backward")(*arrays, **options)
    return [part for part in (result if isinstance(result, tuple) else (result,)) if part is not None]


def test_every_function_has_a_gradient_and_is_in_the_table():
    without = {"split_channels", "to_gray", "filter_image", "dropout_mask"}  # reads, rounds, or draws
    names = {name for name in ops.__all__ if not name.endswith("_backward")}
    assert {f"{name}_backward" for name in names - without} == set(ops.__all__) - names
    assert set(calls(float)) == names - without


@pytest.mark.parametrize("name", calls(float))
def test_float32_stays_float32(name):
    arrays, options = calls(np.float32)[name]
    (result,) = run(name, arrays, options)
    assert result.dtype == np.float32
    for grad in run(name, arrays, options, np.ones_like(result)):
        assert grad.dtype == np.float32
    exact, _ = calls(np.float32)[name]
    right = run(name, [a.astype(float) if a.dtype == np.float32 else a for a in exact], options)
    np.testing.assert_allclose(result, right[0], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", calls(float))
def test_integers_are_right_and_their_gradients_are_float64(name):
    arrays, options = calls(np.uint8)[name]
    (result,) = run(name, arrays, options)
    exact = [a.astype(float) if a.dtype == np.uint8 else a for a in arrays]
    if name not in ("relu", "cross_entropy"):  # what is negative is another number in uint8
        np.testing.assert_allclose(result, run(name, exact, options)[0], atol=1e-12)
    for grad in run(name, arrays, options, np.ones(np.shape(result), int)):
        assert grad.dtype == np.float64


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", calls(float))
def test_any_memory_layout_and_the_arguments_are_kept(name, layout):
    arrays, options = calls(float)[name]
    laid_out = [lay_out(array, layout) if array.ndim > 1 else array for array in arrays]
    (result,) = run(name, laid_out, options)
    grad = np.random.default_rng(1).normal(size=np.shape(result))
    grads = run(name, laid_out, options, lay_out(grad, layout) if grad.ndim > 1 else grad)
    np.testing.assert_allclose(result, run(name, arrays, options)[0], atol=1e-12)
    for got, right in zip(grads, run(name, arrays, options, grad), strict=True):
        np.testing.assert_allclose(got, right, atol=1e-12)
    for before, after in zip(arrays, laid_out, strict=True):
        np.testing.assert_array_equal(before, after)
        assert not any(np.shares_memory(after, part) for part in [result, *grads])


def test_integers_never_overflow():
    bright = np.full((40, 40), 255, np.uint8)
    assert ops.conv2d_same(bright, np.ones((3, 3), np.uint8))[1, 1] == 9 * 255
    assert ops.sum_pool2d(bright, 40).item() == 1600 * 255
    assert ops.avg_pool2d(bright, 40).item() == 255
    assert ops.top_sobel(np.vstack([bright, 0 * bright]))[39, 0] == 4 * 255
    assert ops.dense(bright, bright, bright[0])[0, 0] == 40 * 255**2 + 255
    assert ops.global_avg_pool(bright[:, :, np.newaxis]).item() == 255
    huge = np.full((2, 2), np.iinfo(np.int64).max)
    assert ops.sum_pool2d(huge).item() == 2.0**65
    assert ops.sum_pool2d(np.full((2, 2), 2**64 - 1, np.uint64)).item() == 2.0**66
    assert ops.conv_layer(huge[:, :, np.newaxis], np.ones((1, 2, 2, 1), int), [1]).item() == 2.0**65
    assert ops.locally_connected2d(huge, huge.reshape(1, 1, 2, 2)).item() == 2.0**128
    # Between 2**53 and 2**63 sums are whole numbers that float64 does not hold.
    assert ops.conv2d([[2**60, 1]], [[1, 1]]).item() == 2**60 + 1


# --- what is written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ops.__all__)
def test_the_docstring_is_complete_and_shows_a_shape_or_a_number(name):
    text = inspect.getdoc(getattr(ops, name))
    order = ["Parameters", "Returns", "Raises", "Notes", "References", "Examples"]
    places = [text.find(f"\n{section}\n{'-' * len(section)}\n") for section in order]
    if name == "split_channels":  # it has no formula and no source
        places = [place for place in places if place > 0]
    assert -1 not in places
    assert places == sorted(places)
    assert doctest.DocTestParser().get_examples(text)


def test_every_module_imports_numpy_and_the_standard_library_only():
    for module in pkgutil.iter_modules(ops.__path__):
        source = inspect.getsource(importlib.import_module(f"cnnkit.ops.{module.name}"))
        for line in source.splitlines():
            if line.startswith(("import ", "from ")):
                assert line.split()[1].split(".")[0] in ("numpy", *sys.stdlib_module_names) or "cnnkit.ops" in line
