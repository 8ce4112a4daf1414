"""What each kind of layer does in a network: its first weights, its way forward and its way back.

A layer of :mod:`cnnkit.shapes` is data. A *step* is such a layer at its place in a network: it has a name, it knows the
shape that reaches it, and it finds its numbers by name in the network's dictionaries. Going forward it returns its
output and what it needs to remember; going back, it gets that again, and the gradient that arrives.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from cnnkit import ops, shapes
from cnnkit.ops.threads import product

#: The share of the newest batch in the statistics that batch normalization collects, as in PyTorch.
NEWEST = 0.1


@dataclass
class Run:
    """One way through a network: the numbers that it uses, and what it leaves behind.

    Parameters
    ----------
    params, buffers : dict of str to ndarray
    training : bool, default False
        Whether dropout drops and batch normalization uses the statistics of the batch, which it collects.
    rng : numpy.random.Generator, optional
        What dropout draws from.
    trainable : set of str
        The parameters that gradients are wanted for.
    maps : dict, optional
        Takes the output of each step.
    """

    params: dict[str, np.ndarray]
    buffers: dict[str, np.ndarray]
    training: bool = False
    rng: np.random.Generator | None = None
    trainable: frozenset[str] = frozenset()
    maps: dict[str, np.ndarray] | None = None
    grads: dict[str, np.ndarray] = field(default_factory=dict)


class Step:
    """A layer at its place in a network; a subclass for each kind of layer.

    Parameters
    ----------
    name : str
    layer : cnnkit.shapes.Layer
    shape : tuple of int
        Of the input for one image.
    maps_shape : tuple of int, optional
        The (H, W, C) of the maps that a vector was flattened from.
    """

    #: What the step's parameters and buffers are called, behind its name and a dot.
    roles: tuple[str, ...] = ()
    buffer_roles: tuple[str, ...] = ()

    def __init__(self, name: str, layer: shapes.Layer, shape, maps_shape=None):
        self.name, self.layer, self.shape, self.maps_shape = name, layer, shape, maps_shape

    @property
    def parameters(self) -> list[str]:
        """The names of what is learned."""
        return [f"{self.name}.{role}" for role in self.roles]

    @property
    def statistics(self) -> list[str]:
        """The names of what is collected in training."""
        return [f"{self.name}.{role}" for role in self.buffer_roles]

    def all(self) -> Iterator["Step"]:
        """The steps inside this one, and the step itself."""
        yield self

    def initial(self, rng: np.random.Generator | None, dtype) -> dict[str, np.ndarray]:
        """The first weights; zeros when there is no generator."""
        return {}

    def trains(self, run: Run) -> bool:
        """Whether a gradient is wanted for one of the parameters."""
        return any(name in run.trainable for name in self.parameters)

    def forward(self, x: np.ndarray, run: Run) -> tuple[np.ndarray, object]:
        """The output, and what the way back needs: the input, unless a subclass says otherwise."""
        raise NotImplementedError

    def backward(self, kept, grad: np.ndarray, run: Run, to_input: bool) -> np.ndarray | None:
        """The gradient of the input, if it is wanted; those of the parameters go to ``run.grads``."""
        raise NotImplementedError

    def numbers(self, run: Run) -> list[np.ndarray]:
        """The parameters' arrays."""
        return [run.params[name] for name in self.parameters]

    def leave(self, run: Run, *grads: np.ndarray) -> None:
        """Put the gradients of the parameters where they are collected, as far as they are wanted."""
        run.grads |= {n: g for n, g in zip(self.parameters, grads, strict=True) if n in run.trainable}


class Chain:
    """Steps one after the other."""

    def __init__(self, steps: list[Step]):
        self.steps = steps

    def all(self) -> Iterator[Step]:
        """All steps, those inside of others too, in the order of a table of layers."""
        for step in self.steps:
            yield from step.all()

    def lowest(self, run: Run, to_input: bool) -> int:
        """The number of the first step that the way back reaches."""
        if to_input:
            return 0
        return next((number for number, step in enumerate(self.steps) if step.trains(run)), len(self.steps))

    def forward(self, x: np.ndarray, run: Run, to_input: bool = False) -> tuple[np.ndarray, list]:
        """The output; and what each step remembers, as far down as the way back will go."""
        lowest, memory = self.lowest(run, to_input), []
        for number, step in enumerate(self.steps):
            x, kept = step.forward(x, run)
            memory.append(kept if number >= lowest else None)
            if run.maps is not None:
                run.maps[step.name] = x
        return x, memory

    def backward(self, memory: list, grad: np.ndarray, run: Run, to_input: bool = False) -> np.ndarray | None:
        """The gradient of the input, if it is wanted."""
        lowest = self.lowest(run, to_input)
        for number in reversed(range(lowest, len(self.steps))):
            # What a step remembers is not needed again: its memory can take the next gradient.
            grad = self.steps[number].backward(memory.pop(), grad, run, to_input or number > lowest)
        return grad


class ConvStep(Step):
    """Filters slide over the maps."""

    @property
    def roles(self):
        return ("weight", "bias") if self.layer.bias else ("weight",)

    def initial(self, rng, dtype):
        h, w = _twice(self.layer.kernel)
        weight = _he(rng, (self.layer.filters, h, w, self.shape[2]), h * w * self.shape[2], dtype)
        return dict(zip(self.parameters, (weight, np.zeros(self.layer.filters, dtype)), strict=False))

    def forward(self, x, run):
        return ops.conv_layer(x, *self.arrays(run), self.layer.stride, self.layer.pad), x

    def backward(self, kept, grad, run, to_input):
        grads = ops.conv_layer_backward(kept, *self.arrays(run), grad, self.layer.stride, self.layer.pad)
        self.leave(run, *(g for g in grads[1:] if g is not None))
        return grads[0]

    def arrays(self, run):
        return self.numbers(run) if self.layer.bias else (*self.numbers(run), None)


class DenseStep(Step):
    """Every input is connected with every output."""

    roles = ConvStep.roles

    def initial(self, rng, dtype):
        inputs, units = self.shape[0], self.layer.units
        return dict(
            zip(self.parameters, (_he(rng, (inputs, units), inputs, dtype), np.zeros(units, dtype)), strict=False)
        )

    def forward(self, x, run):
        weight, *bias = self.numbers(run)
        return ops.dense(x, weight, bias[0] if bias else np.zeros(self.layer.units, weight.dtype)), x

    def backward(self, kept, grad, run, to_input):
        weight = run.params[self.parameters[0]]
        # Each product only where it is wanted: in a large layer, one alone takes long.
        grads = {}
        if self.parameters[0] in run.trainable:
            grads["weight"] = product(kept.T, grad)
        if self.layer.bias and self.parameters[1] in run.trainable:
            grads["bias"] = grad.sum(axis=0)
        run.grads |= {f"{self.name}.{role}": array for role, array in grads.items()}
        return product(grad, weight.T) if to_input else None


class NormStep(Step):
    """Batch normalization: by the batch in training, by what was collected otherwise, and where it is frozen."""

    roles = ("gamma", "beta")
    buffer_roles = ("mean", "variance")

    def initial(self, rng, dtype):
        channels = self.shape[-1]
        return dict(zip(self.parameters, (np.ones(channels, dtype), np.zeros(channels, dtype)), strict=True))

    def collected(self, dtype) -> dict[str, np.ndarray]:
        """The statistics of a network that has seen nothing."""
        channels = self.shape[-1]
        return dict(zip(self.statistics, (np.zeros(channels, dtype), np.ones(channels, dtype)), strict=True))

    def by_batch(self, run: Run) -> bool:
        return run.training and self.trains(run)

    def forward(self, x, run):
        if not self.by_batch(run):
            return ops.batch_norm_inference(x, *self.numbers(run), *self.buffers(run)), x
        over = tuple(range(x.ndim - 1))
        count = x.size // x.shape[-1]
        # The collected variance estimates that of all data, so it divides by one less.
        newest = x.mean(axis=over), x.var(axis=over) * (count / max(1, count - 1))
        for collected, new in zip(self.buffers(run), newest, strict=True):
            collected += NEWEST * (new - collected)
        return ops.batch_norm(x, *self.numbers(run)), x

    def backward(self, kept, grad, run, to_input):
        if self.by_batch(run):
            grads = ops.batch_norm_backward(kept, *self.numbers(run), grad)
        else:
            grads = ops.batch_norm_inference_backward(kept, *self.numbers(run), *self.buffers(run), grad)
        self.leave(run, *grads[1:])
        return grads[0]

    def buffers(self, run):
        return [run.buffers[name] for name in self.statistics]


class ReLUStep(Step):
    """The positive part."""

    def forward(self, x, run):
        return ops.relu(x), x

    def backward(self, kept, grad, run, to_input):
        return ops.relu_backward(kept, grad)


class DropoutStep(Step):
    """Drops numbers in training; the mask is kept for the way back."""

    def forward(self, x, run):
        if not run.training or self.layer.rate == 0:
            return x, None
        if run.rng is None:
            raise ValueError(
                f"{self.name} drops numbers at random in training: give a generator, rng=np.random.default_rng(0)"
            )
        mask = ops.dropout_mask(x.shape, self.layer.rate, run.rng, x.dtype)
        return x * mask, mask

    def backward(self, kept, grad, run, to_input):
        return grad if kept is None else grad * kept


class PoolStep(Step):
    """Max or average pooling, of maps in a border if the layer has one."""

    def __init__(self, name, layer, shape, maps_shape=None):
        super().__init__(name, layer, shape, maps_shape)
        if any(2 * pad > size for pad, size in zip(_twice(layer.pad), _twice(layer.size), strict=True)):
            raise ValueError(
                f"{name}, {layer}: a border of {layer.pad} is more than half of a window of {layer.size}, so that a "
                "window could lie on the border only: take a smaller pad"
            )

    def forward(self, x, run):
        x = self.bordered(x)
        pool = ops.max_pool2d if self.layer.kind == "max" else ops.avg_pool2d
        y = pool(x, self.layer.size, self.layer.step)
        return y, (x, y)

    def backward(self, kept, grad, run, to_input):
        x, y = kept
        if self.layer.kind == "max":
            grad_x = ops.max_pool2d_backward(x, grad, self.layer.size, self.layer.step, result=y)
        else:
            grad_x = ops.avg_pool2d_backward(x, grad, self.layer.size, self.layer.step)
        down, across = _twice(self.layer.pad)
        return grad_x[:, down : down + self.shape[0], across : across + self.shape[1]]

    def bordered(self, x):
        """The border never is a maximum; in a mean it counts as zeros, as in PyTorch."""
        if self.layer.pad in (0, (0, 0)):
            return x
        down, across = _twice(self.layer.pad)
        border = -np.inf if self.layer.kind == "max" else 0
        return np.pad(x, ((0, 0), (down, down), (across, across), (0, 0)), constant_values=border)


class GlobalPoolStep(Step):
    """The mean of each map."""

    def forward(self, x, run):
        return ops.global_avg_pool(x), x

    def backward(self, kept, grad, run, to_input):
        return ops.global_avg_pool_backward(kept, grad)


class FlattenStep(Step):
    """All numbers of an image in one row."""

    def forward(self, x, run):
        return x.reshape(len(x), -1), x.shape

    def backward(self, kept, grad, run, to_input):
        return grad.reshape(kept)


class ResidualStep(Step):
    """A block: its input is added to what its layers give."""

    def __init__(self, name, layer, shape, body: Chain, shortcut: Chain):
        super().__init__(name, layer, shape)
        self.body, self.shortcut = body, shortcut

    def all(self):
        yield from self.body.all()
        yield from self.shortcut.all()
        yield self

    def trains(self, run):
        return any(step.trains(run) for chain in (self.body, self.shortcut) for step in chain.steps)

    def forward(self, x, run):
        # Whether the input's gradient will be wanted is not known here.
        y, body = self.body.forward(x, run, to_input=bool(run.trainable))
        z, shortcut = self.shortcut.forward(x, run, to_input=bool(run.trainable))
        return y + z, (body, shortcut)

    def backward(self, kept, grad, run, to_input):
        body = self.body.backward(kept[0], grad, run, to_input)
        shortcut = self.shortcut.backward(kept[1], grad, run, to_input)
        return body + shortcut if to_input else None


#: What the layers are called, and what they do.
KINDS: dict[type[shapes.Layer], tuple[str, type[Step]]] = {
    shapes.Conv: ("conv", ConvStep),
    shapes.Dense: ("dense", DenseStep),
    shapes.BatchNorm: ("norm", NormStep),
    shapes.ReLU: ("relu", ReLUStep),
    shapes.Dropout: ("dropout", DropoutStep),
    shapes.Pool: ("pool", PoolStep),
    shapes.GlobalPool: ("globalpool", GlobalPoolStep),
    shapes.Flatten: ("flatten", FlattenStep),
    shapes.Residual: ("add", ResidualStep),
}


def chain(layers, shape, counts: Counter | None = None) -> Chain:
    """The steps of layers in a row, named by kind and number: conv1, relu1, conv2, ..."""
    counts = Counter() if counts is None else counts
    steps, maps_shape = [], None
    for layer in layers:
        if type(layer) not in KINDS:
            known = ", ".join(kind.__name__ for kind in KINDS)
            raise ValueError(f"a network consists of layers from cnnkit.shapes ({known}), but got {layer!r}")
        kind, step = KINDS[type(layer)]
        if step is ResidualStep:
            branches = [chain(branch, shape, counts) for branch in (layer.body, layer.shortcut)]
            counts[kind] += 1
            steps.append(ResidualStep(f"{kind}{counts[kind]}", layer, shape, *branches))
        else:
            counts[kind] += 1
            steps.append(step(f"{kind}{counts[kind]}", layer, shape, maps_shape))
        if isinstance(layer, shapes.Flatten) and len(shape) == 3:
            maps_shape = shape
        elif isinstance(layer, shapes.Dense | shapes.GlobalPool):
            maps_shape = None
        shape = layer.output_shape(shape)
    return Chain(steps)


def _he(rng: np.random.Generator | None, shape, inputs: int, dtype) -> np.ndarray:
    """Normal weights that keep the size of the numbers from layer to layer, where ReLU halves their squares."""
    if rng is None:
        return np.zeros(shape, dtype)
    weights = rng.standard_normal(shape, dtype)
    weights *= np.sqrt(2 / inputs)
    return weights


def _twice(value) -> tuple[int, int]:
    return value if isinstance(value, tuple) else (value, value)
