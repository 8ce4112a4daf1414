"""What PyTorch computes in place of each function of the reference, and how to draw arguments for it: as data.

This course has channels last, PyTorch has them first: the conversions are at the top of this module, and nowhere
else. Everything below them takes and gives this course's layout, so automatic differentiation gives gradients in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch.nn import functional

from autograder.roundoff import Bound
from cnnkit.exercises import Call
from cnnkit.exercises.layouts import LAYOUTS, lay_out


@dataclass(frozen=True)
class Counterpart:
    """One function of the reference, and PyTorch's way to compute it.

    Parameters
    ----------
    theirs : callable
        Takes tensors, and options by name, in this course's layout; gives a tensor.
    draw : SearchStrategy of Call, optional
        Arguments in float64, over the whole domain. Without it, only corpora are compared.
    dtypes : tuple of str, optional
        The types to try; ``"uint8"`` is an image of bytes with other arrays in int64, ``"uint8, float64"`` one with
        other arrays in float64.
    gradient : bool, optional
        Whether there is a gradient.
    inputs : int, optional
        How many of the arrays, from the first, have a gradient; all of them unless it is given.
    size, count : callable, optional
        For a sum of products that `theirs` does not show: with the magnitudes of the arguments, `size` gives the
        sums of magnitudes, and with ones, `count` gives the number of terms. `theirs` unless they are given.
    bound : callable, optional
        For what is not a sum of products: takes a call and its gradient (or None) and gives a
        :class:`~autograder.crosscheck.Bound` for the value and for each gradient.
    white : float, optional
        What becomes 255 when an image is cast to bytes: unless it is given, 255.
    seeded : bool, optional
        Whether the option ``seed`` stands for ``rng``, a generator with that seed, in the reference.
    together : bool, optional
        Whether calls of the same shapes may be computed as one batch, by ``torch.vmap``.
    """

    theirs: Callable
    draw: SearchStrategy[Call] | None = None
    dtypes: tuple[str, ...] = ("float64", "float32")
    gradient: bool = True
    inputs: int | None = None
    size: Callable | None = None
    count: Callable | None = None
    bound: Callable[[Call, np.ndarray | None], list[Bound]] | None = None
    white: float = 255
    seeded: bool = False
    together: bool = True


# --- layouts: channels last ↔ first ---------------------------------------------------------------


def _first(images):
    """(H, W), (H, W, C) or (N, H, W, C) as (N, C, H, W). A kernel is an image, a bank of filters a batch."""
    images = _real(images)
    if images.ndim == 2:
        return images[None, None]
    return (images if images.ndim == 4 else images[None]).movedim(-1, 1)


def _last(maps, ndim: int):
    """(N, C, H, W) in the layout of an input of `ndim` axes."""
    if ndim == 2:
        return maps[0, 0]
    maps = maps.movedim(1, -1)
    return maps if ndim == 4 else maps[0]


def _real(tensor):
    """Integers as float64: PyTorch does not convolve them."""
    return tensor if tensor.is_floating_point() else tensor.to(torch.float64)


# --- padding --------------------------------------------------------------------------------------

_TORCH_MODES = {"zero": "constant", "reflect": "reflect"}


def _pad(maps, sides, mode="zero"):
    """Pad (N, C, H, W) by sides ((top, bottom), (left, right))."""
    (top, bottom), (left, right) = sides
    if mode in _TORCH_MODES:
        return functional.pad(maps, (left, right, top, bottom), mode=_TORCH_MODES[mode])
    # PyTorch has no mode that repeats the edge and goes on inwards: take the rows and columns by number.
    for axis, (before, after) in ((2, (top, bottom)), (3, (left, right))):
        size = maps.shape[axis]
        places = torch.arange(-before, size + after, device=maps.device) % (2 * size)
        maps = maps.index_select(axis, torch.where(places < size, places, 2 * size - 1 - places))
    return maps


def _pair(value) -> tuple[int, int]:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _sides(pad):
    """An int, (rows, columns) or ((top, bottom), (left, right)), written out."""
    rows, columns = _pair(pad)
    return _pair(rows), _pair(columns)


def _pad2d(image, pad, mode="zero"):
    return _last(_pad(_first(image), _sides(pad), mode), image.ndim)


# --- convolution ----------------------------------------------------------------------------------


def _conv2d(image, kernel, stride=1):
    return functional.conv2d(_first(image), _first(kernel), stride=_pair(stride))[0, 0]


def _conv2d_same(image, kernel, mode="zero"):
    rows, columns = ((side // 2, side // 2) for side in kernel.shape)
    return functional.conv2d(_pad(_first(image), (rows, columns), mode), _first(kernel))[0, 0]


def _conv_layer(x, filters, bias=None, stride=1, pad=0, dilation=1, groups=1):
    strides, dilations = _pair(stride), _pair(dilation)
    maps = _first(x)
    spans = [(side - 1) * d + 1 for side, d in zip(filters.shape[1:3], dilations, strict=True)]
    if pad == "valid":
        pad = 0
    elif pad == "same":
        # As many outputs as strides fit in the input; of an odd number of cells, the one more is at the end.
        totals = [
            max(0, ((size - 1) // s) * s + span - size)
            for size, s, span in zip(maps.shape[2:], strides, spans, strict=True)
        ]
        pad = [(total // 2, total - total // 2) for total in totals]
    filters = _first(filters).to(maps.dtype)
    bias = None if bias is None else bias.to(maps.dtype)
    maps = functional.conv2d(_pad(maps, _sides(pad)), filters, bias, strides, 0, dilations, groups)
    return _last(maps, x.ndim)


def _locally_connected2d(x, filters):
    windows = _real(x).unfold(0, filters.shape[2], 1).unfold(1, filters.shape[3], 1)
    return (windows * _real(filters)).sum((-1, -2))


_TOP_SOBEL = ((1.0, 2.0, 1.0), (0.0, 0.0, 0.0), (-1.0, -2.0, -1.0))


def _top_sobel(image):
    return _conv2d(_real(image), torch.tensor(_TOP_SOBEL, dtype=_real(image).dtype, device=image.device))


def _top_sobel_size(image):
    return _conv2d(_real(image), torch.tensor(_TOP_SOBEL, dtype=torch.float64, device=image.device).abs())


def _filter_image(image, kernel):
    rows, columns = ((side // 2, side // 2) for side in kernel.shape)
    planes = _pad(_first(image).movedim(1, 0), (rows, columns), "symmetric")
    planes = functional.conv2d(planes, _first(kernel))[:, 0]
    return planes.round().clamp(0, 255).movedim(0, -1)


# --- pooling --------------------------------------------------------------------------------------


def _pooled(x, size, stride, pool):
    return _last(pool(_first(x), _pair(size), _pair(size if stride is None else stride)), x.ndim)


def _max_pool2d(x, size=2, stride=None):
    # Copied, with the channels first also where one channel makes that the same as channels last, which PyTorch
    # prefers then: its CUDA code for it reads doubles at misaligned addresses.
    def pool(maps, *sizes):
        return functional.max_pool2d(maps.clone(memory_format=torch.contiguous_format), *sizes)

    return _pooled(x, size, stride, pool)


def _avg_pool2d(x, size=2, stride=None):
    return _pooled(x, size, stride, functional.avg_pool2d)


def _sum_pool2d(x, size=2, stride=None):
    def pool(maps, size, stride):
        return functional.avg_pool2d(maps, size, stride, divisor_override=1)

    return _pooled(x, size, stride, pool)


def _global_avg_pool(x):
    return _real(x).mean((-3, -2))


def _global_sum_pool(x):
    return _real(x).sum((-3, -2))


# --- activations and losses -----------------------------------------------------------------------

#: Roundings of an exponential or a logarithm: 4 units in the last place, which NumPy, PyTorch and CUDA all keep.
_EXP = 8


def _sigmoid_bound(call: Call, grad) -> list[Bound]:
    # 1 / (1 + exp(-x)): an exponential, a sum, a division, all relative to the result. The gradient,
    # grad * s * (1 - s), loses what 1 - s cancels, relative to grad.
    with np.errstate(over="ignore"):
        value = 1 / (1 + np.exp(-call.args[0].astype(np.float64)))
    bounds = [Bound(_EXP + 2, value)]
    return bounds if grad is None else [*bounds, Bound(2 * (_EXP + 2) + 3, np.abs(grad))]


def _sigmoid(x):
    return torch.sigmoid(_real(x))


def _softmax(x):
    return functional.softmax(_real(x), -1)


def _softmax_bound(call: Call, grad) -> list[Bound]:
    # With d = max - x, an exponent is off by d roundings, so exp(-d) by _EXP + d; the sum adds one for each of
    # its terms, and, as d * exp(-d) is at most 0.37, less than one more for each term's own error.
    x = call.args[0].astype(np.float64)
    below = x.max(axis=-1, keepdims=True) - x
    value = np.exp(-below)
    value /= value.sum(axis=-1, keepdims=True)
    terms = 2 * (_EXP + x.shape[-1])
    bounds = [Bound(terms, value * (1 + below))]
    if grad is not None:
        # value * (grad - sum(grad * value)): both factors are off by as much, the second one is at most 2 * grad.
        largest = np.abs(grad).max(axis=-1, keepdims=True)
        bounds.append(Bound(terms + x.shape[-1], 4 * largest * value * (1 + below)))
    return bounds


#: As in the reference: a probability of 0 counts as this much.
_SMALLEST_PROBABILITY = 1e-12


def _cross_entropy(probs, labels):
    return functional.nll_loss(_real(probs).clamp_min(_SMALLEST_PROBABILITY).log(), labels)


def _cross_entropy_bound(call: Call, grad) -> list[Bound]:
    # A logarithm each, a mean of N; the gradient is one division for each row: -grad / (N * p).
    probs, labels = call.arrays()
    chosen = np.take_along_axis(probs.astype(np.float64), labels[:, np.newaxis], axis=1)
    chosen = np.maximum(chosen, _SMALLEST_PROBABILITY)
    bounds = [Bound(_EXP + len(labels), np.abs(np.log(chosen)).mean())]
    if grad is not None:
        bounds.append(Bound(3, np.abs(grad) / len(labels) / chosen))  # at the chosen, and 0 elsewhere
    return bounds


# --- layers ---------------------------------------------------------------------------------------


def _batch_norm(x, gamma, beta, eps=1e-5):
    maps = _real(x).movedim(-1, 1)
    scale, shift = gamma.to(maps.dtype), beta.to(maps.dtype)
    # torch.nn.functional's face of it refuses a single number per channel.
    return torch.batch_norm(maps, scale, shift, None, None, True, 0.0, eps, True).movedim(1, -1)


def _batch_norm_bound(call: Call, grad) -> list[Bound]:
    # Of M numbers per channel, mean and variance are off by M roundings of the largest |x|, which count
    # max|x| / deviation =: k times in the result: once in x - mean, and once in 1 / deviation, there times the result.
    x, gamma = call.args[0].astype(np.float64), np.abs(call.args[1].astype(np.float64))
    beta, eps = np.abs(call.args[2].astype(np.float64)), call.kwargs.get("eps", 1e-5)
    axes = tuple(range(x.ndim - 1))
    count = x[..., 0].size
    deviation = np.sqrt(x.var(axis=axes) + eps)
    normal = np.abs(x - x.mean(axis=axes)) / deviation
    k = 1 + np.abs(x).max(axis=axes) / deviation
    largest = 1 + normal.max(axis=axes)
    bounds = [Bound(count + 6, gamma * k * largest + beta)]
    if grad is not None:
        # gamma / deviation * (grad - mean(grad) - normal * mean(grad * normal)): each factor is off as above, and
        # normal, with an error of k * largest, counts twice in the last product.
        sizes = np.abs(grad).max(axis=axes)
        bounds += [
            Bound(2 * count + 12, gamma / deviation * sizes * k * largest**2),
            Bound(2 * count + 8, (np.abs(grad) * k * largest).sum(axis=axes)),
            Bound(count, np.abs(grad).sum(axis=axes)),
        ]
    return bounds


def _batch_norm_inference(x, gamma, beta, mean, variance, eps=1e-5):
    x, *parameters = (_real(array) for array in (x, gamma, beta, mean, variance))
    gamma, beta, mean, variance = (array.to(x.dtype) for array in parameters)
    maps = functional.batch_norm(x.movedim(-1, 1), mean, variance, gamma, beta, False, 0.0, eps)
    return maps.movedim(1, -1)


def _batch_norm_inference_bound(call: Call, grad) -> list[Bound]:
    # (x - mean) / deviation, scaled and shifted, or x * factor + shift: either way what x and mean cancel is lost.
    x, gamma, beta, mean, variance = (np.abs(array.astype(np.float64)) for array in call.args)
    deviation = np.sqrt(variance + call.kwargs.get("eps", 1e-5))
    bounds = [Bound(8, (x + mean) / deviation * gamma + beta)]
    if grad is not None:
        axes, count = tuple(range(x.ndim - 1)), x[..., 0].size
        bounds += [
            Bound(5, np.abs(grad) * gamma / deviation),
            Bound(count + 6, (np.abs(grad) * (x + mean) / deviation).sum(axis=axes)),
            Bound(count, np.abs(grad).sum(axis=axes)),
        ]
    return bounds


def _dropped(shape, rate, seed):
    # The reference's uniform numbers; what is below the rate is dropped.
    return torch.from_numpy(np.asarray(np.random.default_rng(seed).random(tuple(shape)) < rate))


def _dropout(x, rate, seed):
    x = _real(x)
    return x.masked_fill(_dropped(x.shape, rate, seed).to(x.device), 0) / (1 - rate)


def _dropout_mask(shape, rate, seed):
    return _dropout(torch.ones(shape, dtype=torch.float64), rate, seed)


def _dropout_bound(call: Call, grad) -> list[Bound]:
    # 1 - rate, its reciprocal and the product with it are each rounded.
    factor = 1 / (1 - call.kwargs["rate"])
    bounds = [Bound(3, factor * np.abs(call.args[0].astype(np.float64)) if call.args else factor)]
    return bounds if grad is None else [*bounds, Bound(3, factor * np.abs(grad))]


def _flatten(x):
    return x.reshape(len(x), -1)


def _dense(x, weights, bias=None):
    x = _real(x)
    return functional.linear(x, weights.to(x.dtype).mT, None if bias is None else bias.to(x.dtype))


# --- colour, kernels, display ---------------------------------------------------------------------


def _split_channels(image):
    return torch.stack(image.unbind(2))


def _to_gray(image):
    weights = torch.tensor([0.2125, 0.7154, 0.0721], dtype=_real(image).dtype, device=image.device)
    gray = functional.conv2d(_first(image), weights[None, :, None, None])[0, 0]
    return gray if image.is_floating_point() else gray / 255


def _sum_of_channels(image):
    return _real(image).sum(-1)


def _box_kernel(n):
    return torch.full((n, n), 1 / n**2, dtype=torch.float64)


def _preprocess(image):
    # As torchvision does it: bytes to tensors from 0 to 1, then normalized channel by channel.
    tensor = _first(image) if image.is_floating_point() else _first(image) / 255
    means, deviations = (
        torch.tensor(numbers, dtype=tensor.dtype, device=tensor.device)[:, None, None]
        for numbers in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    return ((tensor - means) / deviations).movedim(1, -1)


def _preprocess_bound(call: Call, grad) -> list[Bound]:
    # A scaling, a difference and a division; a difference is off by a rounding of what it cancels.
    return [Bound(4, 1 / 0.224)]


def _top_k(probs, k):
    # Not torch.topk, which leaves the order of equal values open.
    return torch.sort(probs, descending=True, stable=True).indices[:k]


def _freeze(params, names):
    # A tree of modules: what is frozen is told so by name, and each parameter is asked whether it still trains.
    network = torch.nn.Module()
    for name, values in params.items():
        layer, _, part = name.partition(".")
        if layer not in dict(network.named_children()):
            network.add_module(layer, torch.nn.Module())
        network.get_submodule(layer).register_parameter(part, torch.nn.Parameter(torch.from_numpy(values)))
    modules = dict(network.named_modules())
    for name in names:
        (modules[name] if name in modules else network.get_parameter(name)).requires_grad_(False)
    return torch.tensor([parameter.requires_grad for parameter in network.parameters()])


def _normalize_filters(filters):
    flat = _real(filters).flatten(1)
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    return torch.where(high > low, (flat - low) / (high - low), 0.0).reshape(filters.shape)


def _normalize_filters_bound(call: Call, grad) -> list[Bound]:
    # Two differences and a division; a difference is off by a rounding of what it cancels.
    flat = call.args[0].astype(np.float64).reshape(len(call.args[0]), -1)
    span = np.ptp(flat, axis=1)
    largest = np.abs(flat).max(axis=1)
    return [Bound(4, float(1 + np.divide(largest, span, out=np.zeros_like(span), where=span > 0).max()))]


def _train_and_predict(images, labels, new_images):
    # The gradients by PyTorch's own differentiation; a label that is told apart by rounding alone may differ.
    x, new = _real(images).reshape(len(images), -1), _real(new_images).reshape(len(new_images), -1)
    weights = torch.zeros(x.shape[1], 10, dtype=x.dtype, device=x.device, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.5, momentum=0.9)
    with torch.enable_grad():
        for _ in range(50):
            optimizer.zero_grad()
            functional.cross_entropy(x @ weights, labels).backward()
            optimizer.step()
    return (new @ weights.detach()).argmax(1).to(x.dtype)


# --- shapes and parameters: PyTorch's own layers, without memory ----------------------------------


def _whole(number: int):
    return torch.tensor(number, dtype=torch.float64)


def _empty(*shape: int):
    return torch.empty(*shape, device="meta")


def _count(layer) -> int:
    return sum(parameter.numel() for parameter in layer.parameters())


def _output_size(size, kernel, stride=1, pad=0):
    return _whole(torch.nn.Conv1d(1, 1, kernel, stride, pad, device="meta")(_empty(1, size)).shape[-1])


def _conv_output_shape(shape, n_filters, kernel, stride=1, pad=0):
    layer = torch.nn.Conv2d(shape[2], n_filters, kernel, stride, pad, device="meta")
    filters, height, width = layer(_empty(shape[2], *shape[:2])).shape
    return torch.tensor([height, width, filters], dtype=torch.float64)


def _conv_params(kernel, channels, n_filters, bias=True):
    return _whole(_count(torch.nn.Conv2d(channels, n_filters, kernel, bias=bias, device="meta")))


def _dense_params(n_in, n_out, bias=True):
    return _whole(_count(torch.nn.Linear(n_in, n_out, bias=bias, device="meta")))


def _locally_connected_params(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    # A layer with one filter for each output, and a bias for each.
    outputs = torch.nn.Conv2d(shape[2], n_filters, kernel, stride, pad, device="meta")(_empty(shape[2], *shape[:2]))
    return _whole(_count(torch.nn.Conv2d(shape[2], outputs.numel(), kernel, bias=bias, device="meta")))


def _receptive_field(layers):
    # The other way round: one output, through each layer's transpose, reaches all that it sees.
    cells = _empty(1, 1)
    for kernel, stride in reversed(layers):
        cells = functional.conv_transpose1d(cells, _empty(1, 1, kernel), stride=stride)
    return _whole(cells.shape[-1])


def _exact(call: Call, grad) -> list[Bound]:
    return [Bound(1, 1.0)]


# --- drawing arguments ----------------------------------------------------------------------------

#: Kinds of numbers, the simplest first. Whole numbers make ties, which a maximum must break.
_KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]] = {
    "whole": lambda rng, shape: rng.integers(-9, 10, shape),
    "tenths": lambda rng, shape: rng.integers(-50, 51, shape) / 10,
    "bytes": lambda rng, shape: rng.integers(0, 256, shape),
    "normal": lambda rng, shape: rng.normal(size=shape),
    "of all sizes": lambda rng, shape: rng.normal(size=shape) * 10.0 ** rng.integers(-4, 5, shape),
    "mostly zero": lambda rng, shape: rng.normal(size=shape) * (rng.random(shape) < 0.2),
    "one number": lambda rng, shape: np.full(shape, rng.normal()),
}


def _filled(shape: tuple[int, ...], kind: str, seed: int, layout: str) -> np.ndarray:
    array = _KINDS[kind](np.random.default_rng(seed), shape).astype(np.float64)
    return lay_out(array, layout) if array.ndim > 1 else array


def _numbers(*shape: int, kinds=tuple(_KINDS)) -> SearchStrategy[np.ndarray]:
    """float64 of one shape, in any memory layout."""
    seeds, layouts = st.integers(0, 2**32 - 1), st.sampled_from(LAYOUTS)
    return st.builds(_filled, st.just(shape), st.sampled_from(kinds), seeds, layouts)


_UNIFORM = ("tenths", "normal", "one number", "whole")
# Small sides find most mistakes; now and then a large one makes a sum long.
_EXTRA = st.integers(0, 7) | st.integers(0, 25)
_KERNEL = st.integers(1, 5)
_STRIDE = st.integers(1, 4)
_CHANNELS = st.integers(1, 5)
_EITHER_STRIDE = _STRIDE | st.tuples(_STRIDE, _STRIDE)
#: The axes before and after height and width: (H, W), (H, W, C) or (N, H, W, C).
_AROUND = st.sampled_from((((), ()), ((), (1,)), ((), (3,)), ((2,), (3,)), ((1,), (1,))))


@st.composite
def _image_and_kernel(draw, deep: bool = False) -> Call:
    kernel = draw(_KERNEL), draw(_KERNEL)
    image = tuple(side + draw(_EXTRA) for side in kernel)
    depth = (draw(_CHANNELS),) if deep else ()
    options = draw(st.fixed_dictionaries({}, optional={"stride": _EITHER_STRIDE}))
    return Call((draw(_numbers(*image, *depth)), draw(_numbers(*kernel, *depth))), options)


@st.composite
def _same(draw) -> Call:
    kernel = tuple(2 * draw(st.integers(0, 3)) + 1 for _ in range(2))
    mode = draw(st.sampled_from(("zero", "reflect", "symmetric")))
    # Mirrored cells must be there.
    least = max(side // 2 for side in kernel) + 1
    image = tuple(least + draw(_EXTRA) for _ in range(2))
    return Call((draw(_numbers(*image)), draw(_numbers(*kernel))), {} if mode == "zero" else {"mode": mode})


@st.composite
def _padding(draw) -> Call:
    sides = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    batch, depth = draw(_AROUND)
    mode = draw(st.sampled_from(("zero", "reflect", "symmetric")))
    most = [{"zero": 5, "reflect": side - 1, "symmetric": side}[mode] for side in sides]
    both, each = st.integers(0, min(most)), st.tuples(*(st.integers(0, cells) for cells in most))
    return Call((draw(_numbers(*batch, *sides, *depth)),), {"pad": draw(both | each), "mode": mode})


@st.composite
def _grey(draw, least: int = 3) -> Call:
    return Call((draw(_numbers(least + draw(_EXTRA), least + draw(_EXTRA))),))


@st.composite
def _picture(draw) -> Call:
    kernel = tuple(2 * draw(st.integers(0, 2)) + 1 for _ in range(2))
    image = tuple(side // 2 + draw(st.integers(1, 9)) for side in kernel)
    weights = draw(_numbers(*kernel, kinds=("whole",)))
    # A seventh, a ninth or a 21st of a whole number is never half way between two whole numbers.
    return Call(
        (draw(_numbers(*image, draw(_CHANNELS), kinds=("bytes",))), weights / draw(st.sampled_from((7, 9, 21))))
    )


@st.composite
def _layer(draw) -> Call:
    groups = draw(st.sampled_from((1, 1, 2, 3)))
    # Now and then as deep as in a real network, where other algorithms are chosen.
    depth = draw(st.integers(1, 3) | st.integers(1, 3) | st.sampled_from((16, 32)))
    filters = groups * draw(st.integers(1, 3) if depth < 16 else st.sampled_from((8, 32)))
    kernel = draw(_KERNEL), draw(_KERNEL)
    dilation = draw(st.sampled_from((1, 1, 2, 3)) | st.tuples(st.integers(1, 3), st.integers(1, 3)))
    pad = draw(_ANY_PAD)
    spans = [(side - 1) * d + 1 for side, d in zip(kernel, _pair(dilation), strict=True)]
    added = [(0, 0)] * 2 if isinstance(pad, str) else _sides(pad)
    least = [max(1, span - sum(sides)) for span, sides in zip(spans, added, strict=True)]
    image = tuple(side + draw(_EXTRA) for side in least)
    batch = draw(st.sampled_from(((), (1,), (3,))))
    arrays = (
        draw(_numbers(*batch, *image, groups * depth)),
        draw(_numbers(filters, *kernel, depth)),
        draw(_numbers(filters) | st.none()),
    )
    return Call(arrays, {"stride": draw(_EITHER_STRIDE), "pad": pad, "dilation": dilation, "groups": groups})


_PAD = st.integers(0, 3)
_ANY_PAD = _PAD | st.tuples(_PAD, _PAD) | st.tuples(*[st.tuples(_PAD, _PAD)] * 2) | st.sampled_from(("valid", "same"))


@st.composite
def _local(draw) -> Call:
    kernel = draw(_KERNEL), draw(_KERNEL)
    map_ = tuple(draw(st.integers(1, 8)) for _ in range(2))
    image = tuple(k + side - 1 for k, side in zip(kernel, map_, strict=True))
    return Call((draw(_numbers(*image)), draw(_numbers(*map_, *kernel))))


@st.composite
def _pool(draw) -> Call:
    size = draw(_KERNEL | st.tuples(_KERNEL, _KERNEL))
    stride = draw(st.none() | _EITHER_STRIDE)
    image = tuple(side + draw(_EXTRA) for side in _pair(size))
    batch, depth = draw(_AROUND)
    return Call((draw(_numbers(*batch, *image, *depth)),), {"size": size, "stride": stride})


@st.composite
def _maps(draw) -> Call:
    batch = draw(st.sampled_from(((), (2,))))
    return Call((draw(_numbers(*batch, *(draw(st.integers(1, 14)) for _ in range(2)), draw(_CHANNELS))),))


@st.composite
def _any_shape(draw, least: int = 1, most: int = 4) -> Call:
    shape = draw(st.lists(st.integers(1, 6), min_size=least, max_size=most))
    scale = draw(st.sampled_from((1.0, 100.0, 1e4)))
    values = draw(_numbers(*shape, kinds=("tenths", "whole", "normal", "one number", "mostly zero")))
    # Layouts survive the multiplication in place.
    values *= scale / max(1.0, np.abs(values).max())
    return Call((values,))


@st.composite
def _normalized(draw, collected: bool = False) -> Call:
    shape = draw(st.tuples(*[st.integers(1, 5)] * 4) | st.tuples(st.integers(1, 20), st.integers(1, 5)))
    parameters = [draw(_numbers(shape[-1], kinds=_UNIFORM)) for _ in range(3 if collected else 2)]
    if collected:
        parameters.append(np.abs(draw(_numbers(shape[-1]))))
    options = draw(st.fixed_dictionaries({}, optional={"eps": st.sampled_from((1e-5, 1e-3, 0.5))}))
    return Call((draw(_numbers(*shape, kinds=_UNIFORM)), *parameters), options)


@st.composite
def _dropping(draw) -> Call:
    rate = draw(st.sampled_from((0, 0.5, 0.1, 0.9)) | st.floats(0, 0.99))
    return Call(draw(_any_shape()).args, {"rate": rate, "seed": draw(st.integers(0, 999))})


@st.composite
def _mask(draw) -> Call:
    call = draw(_dropping())
    return Call((), {"shape": call.args[0].shape, **call.kwargs})


@st.composite
def _rows(draw) -> Call:
    n_in, n_out = draw(st.integers(1, 40)), draw(st.integers(1, 12))
    return Call((draw(_numbers(draw(st.integers(1, 5)), n_in)), draw(_numbers(n_in, n_out)), draw(_numbers(n_out))))


def _shares(rows: int, classes: int, seed: int) -> np.ndarray:
    """Rows of probabilities, none below 1e-6, that sum to 1."""
    rng = np.random.default_rng(seed)
    shares = np.exp(rng.normal(size=(rows, classes)) * rng.choice([0.1, 1, 4])) + 1e-5
    return shares / shares.sum(axis=1, keepdims=True)


@st.composite
def _classified(draw) -> Call:
    rows, classes, seed = draw(st.integers(1, 9)), draw(st.integers(1, 12)), draw(st.integers(0, 2**32 - 1))
    labels = np.random.default_rng(seed).integers(0, classes, rows)
    return Call((_shares(rows, classes, seed), labels))


@st.composite
def _color(draw) -> Call:
    shape = draw(st.integers(1, 9)), draw(st.integers(1, 9)), 3
    return Call((draw(_numbers(*shape, kinds=("bytes", "mostly zero"))),))


@st.composite
def _unit_color(draw) -> Call:
    return Call((np.clip(np.abs(draw(_color()).args[0]) / 255, 0, 1),))


# --- the table ------------------------------------------------------------------------------------

_FLOATS = ("float64", "float32")
_ALL = (*_FLOATS, "int64", "uint8")
_MIXED = (*_ALL, "uint8, float64")

#: Each function of the reference, and each graded function whose result PyTorch can compute.
COUNTERPARTS: dict[str, Counterpart] = {
    "split_channels": Counterpart(_split_channels, _color(), _ALL, gradient=False),
    "to_gray": Counterpart(
        _to_gray, _unit_color(), (*_FLOATS, "uint8"), gradient=False, count=_sum_of_channels, white=1
    ),
    "conv2d": Counterpart(_conv2d, _image_and_kernel(), _MIXED),
    "conv2d_channels": Counterpart(_conv2d, _image_and_kernel(deep=True), _MIXED),
    "pad2d": Counterpart(_pad2d, _padding(), _ALL),
    "conv2d_same": Counterpart(_conv2d_same, _same(), _MIXED),
    "top_sobel": Counterpart(_top_sobel, _grey(), _ALL, size=_top_sobel_size),
    "filter_image": Counterpart(_filter_image, _picture(), ("uint8, float64", "uint8"), gradient=False, bound=_exact),
    "max_pool2d": Counterpart(_max_pool2d, _pool(), _ALL, size=_sum_pool2d),
    "avg_pool2d": Counterpart(_avg_pool2d, _pool(), _ALL, count=_sum_pool2d),
    "sum_pool2d": Counterpart(_sum_pool2d, _pool(), _ALL),
    "global_avg_pool": Counterpart(_global_avg_pool, _maps(), _ALL, count=_global_sum_pool),
    "relu": Counterpart(functional.relu, _any_shape(), _ALL),
    "sigmoid": Counterpart(_sigmoid, _any_shape(), _ALL, bound=_sigmoid_bound),
    "softmax": Counterpart(_softmax, _any_shape(), _ALL, bound=_softmax_bound),
    "conv_layer": Counterpart(_conv_layer, _layer(), _MIXED),
    "locally_connected2d": Counterpart(_locally_connected2d, _local(), _MIXED),
    # On a GPU, PyTorch asks for a layout that vmap does not know.
    "batch_norm": Counterpart(_batch_norm, _normalized(), _ALL, bound=_batch_norm_bound, together=False),
    "batch_norm_inference": Counterpart(
        _batch_norm_inference, _normalized(collected=True), _ALL, inputs=3, bound=_batch_norm_inference_bound
    ),
    "dropout": Counterpart(_dropout, _dropping(), _ALL, bound=_dropout_bound, seeded=True),
    "dropout_mask": Counterpart(
        _dropout_mask, _mask(), ("float64",), gradient=False, bound=_dropout_bound, seeded=True
    ),
    "flatten": Counterpart(_flatten, _any_shape(), _ALL),
    "dense": Counterpart(_dense, _rows(), _MIXED),
    "cross_entropy": Counterpart(_cross_entropy, _classified(), _FLOATS, inputs=1, bound=_cross_entropy_bound),
    # Graded functions that are not in ops: only their corpora are compared.
    "box_kernel": Counterpart(_box_kernel, gradient=False, bound=_exact),
    "normalize_filters": Counterpart(_normalize_filters, gradient=False, bound=_normalize_filters_bound),
    "train_and_predict": Counterpart(_train_and_predict, gradient=False, bound=_exact, together=False),
    "output_size": Counterpart(_output_size, gradient=False, bound=_exact),
    "conv_output_shape": Counterpart(_conv_output_shape, gradient=False, bound=_exact),
    "conv_params": Counterpart(_conv_params, gradient=False, bound=_exact),
    "dense_params": Counterpart(_dense_params, gradient=False, bound=_exact),
    "locally_connected_params": Counterpart(_locally_connected_params, gradient=False, bound=_exact),
    "receptive_field": Counterpart(_receptive_field, gradient=False, bound=_exact),
    "preprocess": Counterpart(_preprocess, gradient=False, bound=_preprocess_bound),
    "top_k": Counterpart(_top_k, gradient=False, bound=_exact),
    "freeze": Counterpart(_freeze, gradient=False, bound=_exact),
}
