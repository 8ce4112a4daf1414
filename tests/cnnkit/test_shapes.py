"""cnnkit.shapes: the curriculum's numbers, PyTorch's shapes and counts, gradients that show a receptive field."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnkit import shapes
from cnnkit.shapes import (
    ALEXNET,
    LENET5,
    NETWORKS,
    RESNET18,
    RESNET50,
    VGG16,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    GlobalPool,
    Network,
    Pool,
    ReLU,
    Residual,
    conv_output_shape,
    conv_params,
    dense_params,
    locally_connected_params,
    output_size,
    receptive_field,
    summary,
)

torch = pytest.importorskip("torch")
nn = torch.nn


# --- PyTorch's layers, built from the same tables -------------------------------------------------


class _Add(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def module(layer, shape):
    """The torch.nn module that a layer of our tables describes, for an input of `shape`."""
    match layer:
        case Conv():
            return nn.Conv2d(shape[2], layer.filters, layer.kernel, layer.stride, layer.pad, bias=layer.bias)
        case Pool(kind="max"):
            return nn.MaxPool2d(layer.size, layer.stride, layer.pad)
        case Pool():
            return nn.AvgPool2d(layer.size, layer.stride, layer.pad)
        case GlobalPool():
            return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case Flatten():
            return nn.Flatten()
        case Dense():
            return nn.Linear(shape[0], layer.units, bias=layer.bias)
        case BatchNorm():
            return nn.BatchNorm2d(shape[-1])
        case ReLU():
            return nn.ReLU()
        case Dropout():
            return nn.Dropout(layer.rate)
        case Residual():
            return _Add(stack(layer.body, shape), stack(layer.shortcut, shape))
    raise AssertionError(f"no module for {layer}")


def stack(layers, shape):
    modules = []
    for layer in layers:
        modules.append(module(layer, shape))
        shape = layer.output_shape(shape)
    return nn.Sequential(*modules)


def count(built):
    return sum(parameter.numel() for parameter in built.parameters())


def channels_last(shape):
    """(1, C, H, W) → (H, W, C); (1, D) → (D,)."""
    return (*shape[2:], shape[1]) if len(shape) == 4 else tuple(shape[1:])


def rows_of_pytorch(layers, x):
    """(layer, output shape, parameters) as PyTorch has them, in the order of a summary's rows."""
    for layer in layers:
        if isinstance(layer, Residual):
            yield from rows_of_pytorch(layer.body, x)
            yield from rows_of_pytorch(layer.shortcut, x)
        built = module(layer, channels_last(x.shape))
        x = built(x)
        yield layer, channels_last(x.shape), 0 if isinstance(layer, Residual) else count(built)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_pytorch_gives_the_same_shape_and_count_layer_by_layer(network):
    height, width, channels = network.input_shape
    with torch.device("meta"):  # shapes without numbers: no memory, no time
        theirs = list(rows_of_pytorch(network.layers, torch.empty(1, channels, height, width)))
        total = count(stack(network.layers, network.input_shape))
    assert [(row.layer, row.output_shape, row.parameters) for row in summary(network).rows] == theirs
    assert network.parameters() == total


@pytest.mark.parametrize(
    ("network", "total"),
    [(LENET5, 61_706), (ALEXNET, 61_100_840), (VGG16, 138_357_544), (RESNET18, 11_689_512), (RESNET50, 25_557_032)],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_totals_of_the_curriculum(network, total):
    assert network.parameters() == summary(network).parameters == total
    assert f"{total:,}" in str(summary(network)).splitlines()[-1]


def test_most_parameters_are_in_the_dense_layers():
    for network in (LENET5, ALEXNET, VGG16):
        rows = summary(network).rows
        assert sum(row.parameters for row in rows if isinstance(row.layer, Dense)) > network.parameters() * 0.85


@pytest.mark.parametrize(
    ("network", "field"), [(LENET5, 16), (ALEXNET, 195), (VGG16, 212), (RESNET18, 435), (RESNET50, 427)]
)
def test_receptive_fields_of_the_last_maps(network, field):
    # As in the table of Araujo, Norris and Sim (2019), but for ResNet-50: torchvision strides at the 3 × 3.
    maps = [row for row in summary(network).rows if len(row.output_shape) == 3]
    assert maps[-1].receptive_field == (field, field)


# --- single functions against PyTorch -------------------------------------------------------------

SIDES, SMALL = st.integers(1, 40), st.integers(1, 7)


@given(SIDES, SMALL, SMALL, st.integers(0, 4))
def test_output_size_is_the_number_of_windows(size, kernel, stride, pad):
    assume(kernel <= size + 2 * pad)
    starts = range(0, size + 2 * pad - kernel + 1, stride)
    assert output_size(size, kernel, stride, pad) == len(starts)


@given(
    st.tuples(SIDES, SIDES, st.integers(1, 5)),
    st.integers(1, 9),
    st.tuples(SMALL, SMALL) | SMALL,
    st.tuples(SMALL, SMALL) | SMALL,
    st.tuples(*[st.integers(0, 3)] * 2) | st.integers(0, 3),
    st.booleans(),
)
def test_a_convolutional_layer_is_pytorchs(shape, filters, kernel, stride, pad, bias):
    layer = Conv(filters, kernel, stride, pad, bias)
    with torch.device("meta"):
        built = module(layer, shape)
        try:
            theirs = built(torch.empty(1, shape[2], *shape[:2])).shape
        except RuntimeError as error:
            assert "Kernel size can't be greater than actual input size" in str(error)  # noqa: PT017
            with pytest.raises(ValueError, match="does not fit"):
                conv_output_shape(shape, filters, kernel, stride, pad)
            return
    assert conv_output_shape(shape, filters, kernel, stride, pad) == channels_last(theirs)
    assert conv_params(kernel, shape[2], filters, bias) == count(built)
    places = theirs[2] * theirs[3]
    weights = count(module(Conv(filters, kernel, bias=False), shape)) + (filters if bias else 0)
    assert locally_connected_params(shape, filters, kernel, stride, pad, bias) == places * weights


@given(st.integers(1, 999), st.integers(1, 999), st.booleans())
def test_a_dense_layer_is_pytorchs(n_in, n_out, bias):
    with torch.device("meta"):
        assert dense_params(n_in, n_out, bias) == count(nn.Linear(n_in, n_out, bias=bias))


@given(
    st.lists(
        st.tuples(st.tuples(*[st.integers(1, 4)] * 2), st.tuples(*[st.integers(1, 3)] * 2)), max_size=4, min_size=1
    )
)
def test_a_gradient_reaches_exactly_the_receptive_field(layers):
    window = receptive_field(layers)
    x = torch.ones(1, 1, *(side + 1 for side in window), dtype=torch.float64, requires_grad=True)
    y = x
    for kernel, stride in layers:
        y = nn.functional.conv2d(y, torch.ones(1, 1, *kernel, dtype=torch.float64), stride=stride)
    y[0, 0, 0, 0].backward()
    seen = np.argwhere(x.grad[0, 0].numpy())
    # With strides longer than kernels there are holes: the window is from the first to the last cell.
    assert tuple(int(side) for side in seen.max(axis=0) + 1) == window
    assert seen.min(axis=0).tolist() == [0, 0]


@given(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=6))
def test_a_receptive_field_of_ints_is_an_int_and_of_pairs_a_pair(layers):
    side = receptive_field(layers)
    assert type(side) is int
    assert receptive_field([((k, k), s) for k, s in layers]) == (side, side)


# --- worked numbers, types, bad calls -------------------------------------------------------------


def test_the_worked_numbers_of_the_lesson():
    assert conv_output_shape((32, 32, 3), 10, 5, 1, 2) == (32, 32, 10)
    assert conv_params(5, 3, 10) == 760
    assert conv_params(5, 3, 1) == 76
    assert conv_params(3, 1, 5, bias=False) == 45
    assert locally_connected_params((32, 32, 1), 5, 3, pad=1, bias=False) == 46_080
    assert conv_output_shape((32, 32, 3), 1, 5) == (28, 28, 1)
    assert dense_params(3_000_000, 1000, bias=False) == 3_000_000_000


def test_results_are_exact_python_ints_whatever_the_type_of_the_arguments():
    side = np.int32(60_000)
    for result in (
        output_size(side, np.uint8(3)),
        conv_params(np.uint8(200), side, side),
        dense_params(side, side),
        locally_connected_params((side, side, side), side, np.int8(3)),
        receptive_field([(side, np.int16(30_000))] * 3),
        *conv_output_shape((side, side, 3), side, 3),
        *receptive_field([((np.uint8(250), 1), np.uint8(250))] * 3),
    ):
        assert type(result) is int
    assert dense_params(side, side) == 60_000 * 60_001
    assert receptive_field([(60_000, 30_000)] * 3) == 1 + 59_999 * (1 + 30_000 + 30_000**2)


def test_a_summary_can_be_calculated_with():
    table = summary([Conv(4, 3, pad=1), ReLU(), Flatten(), Dense(2, bias=False)], (6, 5, 3))
    assert [row.output_shape for row in table.rows] == [(6, 5, 4), (6, 5, 4), (120,), (2,)]
    assert [row.parameters for row in table.rows] == [112, 0, 0, 240]
    assert [row.receptive_field for row in table.rows] == [(3, 3), (3, 3), (3, 3), None]
    assert repr(table) == str(table)


def test_another_image_size_changes_shapes_and_dense_parameters():
    assert LENET5.output_shape((32, 32, 3)) == (10,)
    assert LENET5.parameters((32, 32, 3)) == 61_706 + 6 * 25 * 2 + 120 * 16 * (36 - 25)


def test_a_block_is_as_large_as_its_larger_branch():
    block = Residual((Conv(3, 3, pad=1), Conv(3, 3, pad=1)))
    assert summary([block], (9, 9, 3)).rows[-1].receptive_field == (5, 5)
    assert summary([Dense(3), Residual((ReLU(),))], (4,)).rows[-1].receptive_field is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: output_size(5, 7),
            "a kernel of 7 does not fit in 5 cells with 0 more at each end: use a pad of at least 1",
        ),
        (lambda: output_size(5, 3, 0), "stride must be an integer of at least 1, but got 0"),
        (lambda: output_size(5, 3, -1), "stride must be .* but got -1"),
        (lambda: output_size(5, 3, pad=-1), "pad must be an integer of at least 0, but got -1"),
        (lambda: output_size(5.0, 3), r"size must be an integer of at least 1, but got 5\.0: write 5"),
        (lambda: output_size(5, True), "kernel must be .* but got True"),
        (
            lambda: output_size((5, 5, 3), 3),
            r"size must be an integer or a pair \(rows, columns\), but got \(5, 5, 3\)",
        ),
        (
            lambda: conv_output_shape((5, 5), 2, 3),
            r"shape must be \(H, W, C\), but got \(5, 5\): a grey image .* \(H, W, 1\)",
        ),
        (lambda: conv_output_shape((5, 5, 0), 2, 3), "each side of shape must be an integer of at least 1, but got 0"),
        (lambda: conv_output_shape((5, 5, 1), 0, 3), "n_filters must be .* but got 0"),
        (lambda: conv_output_shape((5, 5, 1), 2, (3, 6)), "a kernel of 6 does not fit in 5 cells"),
        (lambda: conv_params(3, 0, 2), "channels must be .* but got 0"),
        (lambda: conv_params(3, 2, 1.5), r"n_filters must be .* but got 1\.5$"),
        (lambda: dense_params(0, 3), "n_in must be .* but got 0"),
        (lambda: dense_params(3, "4"), "n_out must be .* but got '4'"),
        (lambda: locally_connected_params((4, 4, 1), 1, 5), "a kernel of 5 does not fit in 4 cells"),
        (lambda: receptive_field([]), r"takes one layer or more, but got none: for example \[\(3, 1\)\]"),
        (lambda: receptive_field([3, 3]), r"each layer must be \(kernel, stride\), but got 3: for example \(3, 1\)"),
        (lambda: receptive_field([(3, 0)]), "stride must be .* but got 0"),
        (
            lambda: summary([Dense(3)], (4, 4, 1)),
            r"dense, 3 units: a dense layer takes a vector, but gets .*put Flatten",
        ),
        (
            lambda: summary([Conv(2, 3), Conv(2, 3)], (4, 4, 1)),
            "conv 3 × 3, 2 filters: a kernel of 3 does not fit in 2",
        ),
        (lambda: summary([Conv(2, 3)]), "a plain list of layers needs an input_shape"),
        (
            lambda: summary([Residual((Conv(2, 3),))], (4, 4, 1)),
            r"the body gives \(2, 2, 2\) and the shortcut \(4, 4, 1\)",
        ),
        (lambda: Pool(2, kind="median"), 'kind must be "max" or "average", but got \'median\''),
    ],
)
def test_bad_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_importing_it_needs_no_numpy():
    code = "import sys, cnnkit.shapes; print('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_networks_are_found_by_name():
    assert shapes.NETWORKS["VGG-16"] is VGG16
    assert all(isinstance(network, Network) for network in NETWORKS.values())
