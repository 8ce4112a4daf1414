"""Networks for the tests, and what PyTorch builds of the same layers."""

import numpy as np
import pytest

from cnnkit import nn, shapes
from cnnkit.shapes import BatchNorm, Conv, Dense, Dropout, Flatten, GlobalPool, Network, Pool, ReLU, Residual

torch = pytest.importorskip("torch")

#: Small networks; together they have every kind of layer, with pads, strides and pairs, on images that are not square.
NETWORKS = {
    "conv and dense": Network(
        "conv and dense",
        (9, 7, 2),
        (Conv(4, (3, 2), stride=(2, 1), pad=(1, 0)), ReLU(), Conv(3, 2, bias=False), Flatten(), Dense(5)),
    ),
    "max pool in a border": Network(
        "max pool in a border",
        (9, 8, 1),
        (Conv(3, 3), Pool(3, stride=2, pad=1), ReLU(), Flatten(), Dense(6), ReLU(), Dense(4, bias=False)),
    ),
    "average pool in a border": Network(
        "average pool in a border",
        (8, 9, 3),
        (Pool((2, 3), stride=2, pad=(0, 1), kind="average"), Conv(4, 2), ReLU(), GlobalPool(), Dense(3)),
    ),
    "batch norm": Network(
        "batch norm",
        (6, 5, 2),
        (
            *(Conv(4, 3, pad=1, bias=False), BatchNorm(), ReLU(), Pool(2)),
            *(Flatten(), BatchNorm(), Dropout(0), Dense(7), BatchNorm(), ReLU(), Dense(3)),
        ),
    ),
    "residual": Network(
        "residual",
        (6, 6, 2),
        (
            *(Conv(4, 3, pad=1, bias=False), BatchNorm(), ReLU()),
            Residual((Conv(4, 3, pad=1), ReLU(), Conv(4, 3, pad=1))),
            ReLU(),
            Residual((Conv(6, 3, 2, 1, bias=False), BatchNorm()), (Conv(6, 1, 2, bias=False), BatchNorm())),
            *(ReLU(), GlobalPool(), Dense(3)),
        ),
    ),
}


class TorchResidual(torch.nn.Module):
    """A residual block."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def torch_module(layer, shape):
    """The module that a layer describes, for an input of `shape`."""
    modules = torch.nn
    match layer:
        case Conv():
            return modules.Conv2d(shape[2], layer.filters, layer.kernel, layer.stride, layer.pad, bias=layer.bias)
        case Dense():
            return modules.Linear(shape[0], layer.units, bias=layer.bias)
        case BatchNorm():
            return (modules.BatchNorm2d if len(shape) == 3 else modules.BatchNorm1d)(shape[-1])
        case ReLU():
            return modules.ReLU()
        case Dropout():
            return modules.Dropout(layer.rate)
        case Pool():
            kind = modules.MaxPool2d if layer.kind == "max" else modules.AvgPool2d
            return kind(layer.size, layer.step, layer.pad)
        case GlobalPool():
            return modules.Sequential(modules.AdaptiveAvgPool2d(1), modules.Flatten())
        case Flatten():
            return modules.Flatten()
        case Residual():
            return TorchResidual(torch_network(layer.body, shape), torch_network(layer.shortcut, shape))
    raise TypeError(layer)


def torch_network(layers, shape):
    """The layers as one module."""
    modules = []
    for layer in layers:
        modules.append(torch_module(layer, shape))
        shape = layer.output_shape(shape)
    return torch.nn.Sequential(*modules)


def torch_twin(model):
    """A module with the layers and the weights of a model."""
    kind = torch.float64 if model.dtype == np.float64 else torch.float32
    twin = torch_network(model.network.layers, model.input_shape).to(kind)
    state = nn.to_state_dict(model, list(twin.state_dict()))
    twin.load_state_dict({name: torch.from_numpy(array) for name, array in state.items()})
    return twin


def tensor(images):
    """A batch in PyTorch's layout."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1)))


def batch(network, count=6, seed=0, dtype=np.float64):
    """Random images and labels for a network."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, network.output_shape()[0], count)
    return rng.normal(size=(count, *network.input_shape)).astype(dtype), labels


def stirred(network, seed=0, dtype=np.float64):
    """A model in which no number is 0 or 1 by chance, nor are the statistics."""
    model = nn.Model(network, seed, dtype)
    rng = np.random.default_rng(seed + 100)
    for name, array in (model.params | model.buffers).items():
        if not name.endswith("weight"):
            array += rng.uniform(0.1, 0.6, array.shape)
    return model


LENET5 = shapes.LENET5
