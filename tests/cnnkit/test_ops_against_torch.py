"""cnnkit.ops against PyTorch, forward and gradient, on shapes that Hypothesis draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnkit import ops
from tests.cnnkit.test_ops_values import SEEDS, layer_calls, pool_calls

torch = pytest.importorskip("torch")
functional = torch.nn.functional

#: Rounding of float64 sums of at most some hundred terms of size 1.
TOLERANCE = 1e-11


def channels_first(array):
    """PyTorch's layout as a tensor that collects gradients: (H, W, C) is (1, C, H, W), filters (F, C, h, w)."""
    array = np.array(array, float)
    array = array[np.newaxis, :, :, np.newaxis] if array.ndim == 2 else array if array.ndim == 4 else array[np.newaxis]
    return torch.tensor(np.moveaxis(array, -1, 1).copy(), requires_grad=True)


def channels_last(tensor, shape):
    """A tensor in our layout."""
    return np.moveaxis(tensor.detach().numpy(), 1, -1).reshape(shape)


def agree(got, right):
    np.testing.assert_allclose(got, right, rtol=TOLERANCE, atol=TOLERANCE * max(1, np.abs(right).max(initial=0)))


def grads_agree(result, backward, tensors, shapes):
    """Send one random gradient through both; `backward` takes ours, in our layout."""
    grad = np.random.default_rng(3).normal(size=tuple(result.shape))
    result.backward(torch.tensor(grad))
    ours = backward(np.moveaxis(grad, 1, -1) if grad.ndim == 4 else grad)
    for got, tensor, shape in zip(ours if isinstance(ours, tuple) else (ours,), tensors, shapes, strict=True):
        assert got.shape == shape
        agree(got, channels_last(tensor.grad, shape) if tensor.ndim == 4 else tensor.grad.numpy())


@given(layer_calls())
def test_conv_layer(call):
    x, filters, bias, options = call
    (top, bottom), (left, right) = options["pad"]
    tensors = [channels_first(x), channels_first(filters)]
    tensors += [] if bias is None else [torch.tensor(bias, requires_grad=True)]
    padded = functional.pad(tensors[0], (left, right, top, bottom))
    others = {key: options[key] for key in ("stride", "dilation", "groups")}
    result = functional.conv2d(padded, *tensors[1:], **others)
    maps = ops.conv_layer(x, filters, bias, **options)
    agree(maps, channels_last(result, maps.shape))

    def backward(grad):
        return tuple(
            g for g in ops.conv_layer_backward(x, filters, bias, grad.reshape(maps.shape), **options) if g is not None
        )

    grads_agree(result, backward, tensors, [x.shape, filters.shape] + ([] if bias is None else [bias.shape]))


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")  # it copies the input: slow
@pytest.mark.parametrize("pad", ["same", "valid"])
@given(st.tuples(st.integers(1, 4), st.integers(1, 4)), st.integers(1, 2), SEEDS)
def test_padding_by_name(pad, size, dilation, seed):
    rng = np.random.default_rng(seed)
    x, filters = rng.normal(size=(2, 7, 8, 3)), rng.normal(size=(2, *size, 3))
    maps = ops.conv_layer(x, filters, pad=pad, dilation=dilation)
    result = functional.conv2d(channels_first(x), channels_first(filters), padding=pad, dilation=dilation)
    agree(maps, channels_last(result, maps.shape))


@pytest.mark.parametrize("name", ["max_pool2d", "avg_pool2d", "sum_pool2d"])
@given(pool_calls(distinct=True))
def test_pools(name, call):
    x, size, stride = call
    tensor = channels_first(x)
    if name == "max_pool2d":
        result = functional.max_pool2d(tensor, size, stride)
    else:
        result = functional.avg_pool2d(tensor, size, stride, divisor_override=1 if name == "sum_pool2d" else None)
    pooled = getattr(ops, name)(x, size, stride)
    agree(pooled, channels_last(result, pooled.shape))
    backward = getattr(ops, f"{name}_backward")
    grads_agree(result, lambda grad: backward(x, grad.reshape(pooled.shape), size, stride), [tensor], [x.shape])


@given(st.integers(1, 4), st.integers(1, 5), SEEDS)
def test_activations_dense_and_the_loss(n, k, seed):
    rng = np.random.default_rng(seed)
    scores = rng.normal(size=(n, k)) * 3
    for name, function in [("relu", torch.relu), ("sigmoid", torch.sigmoid), ("softmax", lambda t: t.softmax(-1))]:
        tensor = torch.tensor(scores, requires_grad=True)
        result = function(tensor)
        agree(getattr(ops, name)(scores), result.detach().numpy())
        backward = getattr(ops, f"{name}_backward")
        grads_agree(result, lambda grad, b=backward: b(scores, grad), [tensor], [scores.shape])
    arrays = scores, rng.normal(size=(k, 3)), rng.normal(size=3)
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    result = tensors[0] @ tensors[1] + tensors[2]
    agree(ops.dense(*arrays), result.detach().numpy())
    grads_agree(result, lambda grad: ops.dense_backward(*arrays, grad), tensors, [array.shape for array in arrays])
    labels, probs = rng.integers(0, k, n), ops.softmax(scores)
    tensor = torch.tensor(probs, requires_grad=True)
    loss = functional.nll_loss(torch.log(tensor), torch.tensor(labels))
    loss.backward()
    agree(ops.cross_entropy(probs, labels), loss.item())
    agree(ops.cross_entropy_backward(probs, labels), tensor.grad.numpy())


@pytest.mark.parametrize("training", [True, False])
@given(st.integers(1, 3), st.integers(1, 3), SEEDS)
def test_batch_norm(training, n, channels, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(2, 3, size=(n, 3, 4, channels))
    gamma, beta, mean = rng.normal(size=(3, channels))
    variance = rng.uniform(0.1, 4, channels)
    tensors = [channels_first(x), torch.tensor(gamma, requires_grad=True), torch.tensor(beta, requires_grad=True)]
    statistics = (None, None) if training else (torch.tensor(mean), torch.tensor(variance))
    result = functional.batch_norm(tensors[0], *statistics, *tensors[1:], training=training)
    arrays = (x, gamma, beta) if training else (x, gamma, beta, mean, variance)
    name = "batch_norm" if training else "batch_norm_inference"
    agree(getattr(ops, name)(*arrays), channels_last(result, x.shape))
    backward = getattr(ops, f"{name}_backward")
    grads_agree(result, lambda grad: backward(*arrays, grad), tensors, [x.shape, gamma.shape, beta.shape])


@pytest.mark.parametrize("mode", ["zero", "reflect"])
@given(SEEDS)
def test_padding(mode, seed):
    rng = np.random.default_rng(seed)
    x, (up, side) = rng.normal(size=(2, 4, 5, 3)), rng.integers(0, 4, 2).tolist()
    tensor = channels_first(x)
    torch_mode = {"zero": "constant"}.get(mode, mode)
    result = functional.pad(tensor, (side, side, up, up), mode=torch_mode)
    padded = ops.pad2d(x, (up, side), mode)
    agree(padded, channels_last(result, padded.shape))
    grads_agree(result, lambda grad: ops.pad2d_backward(x, grad, (up, side), mode), [tensor], [x.shape])


@pytest.mark.parametrize(("n", "height", "width", "pad"), [(2, 14, 15, 1), (1, 17, 31, 0), (1, 30, 16, 2)])
def test_a_large_float32_layer_that_is_computed_with_fewer_multiplications(n, height, width, pad):
    """Its rounding is some four times that of the plain sum of 9 · C terms: compared with PyTorch in float64."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(n, height, width, 33)).astype(np.float32)
    filters = rng.normal(size=(34, 3, 3, 33)).astype(np.float32)
    tensors = [channels_first(x), channels_first(filters)]
    result = functional.conv2d(*tensors, padding=pad)
    grad = rng.normal(size=tuple(result.shape)).astype(np.float32)
    result.backward(torch.tensor(grad, dtype=torch.float64))
    maps = ops.conv_layer(x, filters, None, pad=pad)
    grads = ops.conv_layer_backward(x, filters, None, np.moveaxis(grad, 1, -1), pad=pad)
    rights = [channels_last(t, a.shape) for t, a in ((result, maps), (tensors[0].grad, x), (tensors[1].grad, filters))]
    for got, right in zip((maps, *grads[:2]), rights, strict=True):
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, right, rtol=0, atol=2e-5 * np.abs(right).max())
