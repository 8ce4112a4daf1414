"""The arithmetic of networks: output sizes, parameter counts, receptive fields; alone, and for known networks.

Sizes, kernels, strides and pads are ints, or (rows, columns) pairs. All results are exact Python ints.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from numbers import Integral
from typing import ClassVar

Pair = tuple[int, int]


# --- one layer ------------------------------------------------------------------------------------


def output_size(size, kernel, stride=1, pad=0):
    """How many places a sliding window has along an axis.

    Parameters
    ----------
    size : int or pair of int
        Cells of the input along the axis.
    kernel : int or pair of int
        Cells of the window: of a convolution's kernel, or of a pool.
    stride : int or pair of int, default 1
        Cells from one place to the next.
    pad : int or pair of int, default 0
        Cells added at *each* end.

    Returns
    -------
    int or pair of int
        A pair, rows first, when any argument is one.

    Raises
    ------
    ValueError
        When a number is not an integer or too small, or when the window does not fit.

    Notes
    -----
    The first place is free; each further one takes a whole stride, and what is left over is dropped::

        (size + 2 * pad - kernel) // stride + 1

    References
    ----------
    V. Dumoulin and F. Visin, "A guide to convolution arithmetic for deep learning", 2016.
    https://arxiv.org/abs/1603.07285

    Examples
    --------
    >>> output_size(32, 5)
    28
    >>> output_size(32, 5, pad=2)
    32
    >>> output_size(224, 7, stride=2, pad=3)
    112
    >>> output_size((32, 20), (5, 3), stride=2)
    (14, 9)
    """
    named = {
        "size": _numbers("size", size, 1),
        "kernel": _numbers("kernel", kernel, 1),
        "stride": _numbers("stride", stride, 1),
        "pad": _numbers("pad", pad, 0),
    }
    sizes = [_one_axis(*numbers) for numbers in zip(*(_twice(value) for value in named.values()), strict=True)]
    return tuple(sizes) if any(isinstance(value, tuple) for value in named.values()) else sizes[0]


def conv_output_shape(shape, n_filters, kernel, stride=1, pad=0):
    """The shape of what a convolutional layer gives.

    Parameters
    ----------
    shape : tuple of int
        (H, W, C) of the input.
    n_filters : int
    kernel : int or pair of int
        Side or (height, width) of each filter; it is as deep as the input.
    stride, pad : int or pair of int
        As in :func:`output_size`.

    Returns
    -------
    tuple of int
        (H', W', n_filters).

    Raises
    ------
    ValueError
        As in :func:`output_size`; and when `shape` is not (H, W, C).

    Examples
    --------
    >>> conv_output_shape((32, 32, 3), 10, 5, pad=2)
    (32, 32, 10)
    >>> conv_output_shape((32, 32, 3), 6, 5)
    (28, 28, 6)
    >>> conv_output_shape((224, 160, 3), 64, 7, stride=2, pad=3)
    (112, 80, 64)
    >>> conv_output_shape((9, 7, 2), 4, (3, 1), stride=(2, 3))
    (4, 3, 4)
    """
    height, width, _ = _image_shape(shape)
    rows, columns = output_size((height, width), kernel, stride, pad)
    return rows, columns, _number("n_filters", n_filters, 1)


def conv_params(kernel, channels, n_filters, bias=True):
    """How many numbers a convolutional layer learns.

    Parameters
    ----------
    kernel : int or pair of int
        Side or (height, width) of each filter.
    channels : int
        Channels of the input, which is how deep each filter is.
    n_filters : int
    bias : bool, default True
        Whether each filter has one more number.

    Returns
    -------
    int
        It does not depend on the size of the image: all places share the filters.

    Raises
    ------
    ValueError
        When a number is not a positive integer.

    Notes
    -----
    ``n_filters * (h * w * channels + 1)``, without the 1 when there is no bias.

    Examples
    --------
    >>> conv_params(5, channels=3, n_filters=10)
    760
    >>> conv_params(3, channels=1, n_filters=5, bias=False)
    45
    >>> conv_params((1, 7), channels=64, n_filters=2)
    898
    """
    height, width = _twice(_numbers("kernel", kernel, 1))
    weights = height * width * _number("channels", channels, 1)
    return _number("n_filters", n_filters, 1) * (weights + bool(bias))


def dense_params(n_in, n_out, bias=True):
    """How many numbers a dense layer learns: a weight for each pair of an input and an output.

    Parameters
    ----------
    n_in, n_out : int
    bias : bool, default True
        Whether each output has one more number.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        When a number is not a positive integer.

    Notes
    -----
    ``n_out * (n_in + 1)``, without the 1 when there is no bias.

    Examples
    --------
    >>> dense_params(400, 120)
    48120
    >>> dense_params(3_000_000, 1000, bias=False)  # a photo of one megapixel: why convolution
    3000000000
    """
    return _number("n_out", n_out, 1) * (_number("n_in", n_in, 1) + bool(bias))


def locally_connected_params(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    """How many numbers a layer learns that has filters of its own at each place.

    Parameters
    ----------
    shape : tuple of int
        (H, W, C) of the input.
    n_filters : int
        Filters at each place.
    kernel, stride, pad : int or pair of int
        As in :func:`output_size`.
    bias : bool, default True
        Whether each output, which is each filter at each place, has one more number.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        As in :func:`conv_output_shape`.

    Notes
    -----
    With an output of shape (H', W', F), ``H' * W' * F * (h * w * C + 1)``, without the 1 when there is no bias.

    Examples
    --------
    >>> locally_connected_params((32, 32, 1), 5, 3, pad=1, bias=False)  # shared, they would be 45
    46080
    >>> locally_connected_params((5, 4, 2), 3, (2, 3))  # 4 * 2 places, 3 filters of 12 weights and a bias
    312
    """
    rows, columns, filters = conv_output_shape(shape, n_filters, kernel, stride, pad)
    return rows * columns * conv_params(kernel, shape[2], filters, bias)


def receptive_field(layers):
    """The side of the window of the input that one output of a stack of layers sees.

    Parameters
    ----------
    layers : sequence of (kernel, stride)
        One for each convolution or pool, from the input on; each an int or a pair of int. What does not slide a
        window (ReLU, batch normalization) sees a single cell: leave it out.

    Returns
    -------
    int or pair of int
        A pair, rows first, when any kernel or stride is one.

    Raises
    ------
    ValueError
        When there is no layer, or a layer is not two positive integers or pairs of them.

    Notes
    -----
    A window of ``kernel`` cells reaches ``kernel - 1`` cells further, and a step between two cells there is as
    many steps in the input as the strides before it multiply to::

        1 + sum over layers of (kernel - 1) * product of the strides before

    Padding does not change it: near a border, part of the window lies on the padding. The stride of the last
    layer does not change it either.

    References
    ----------
    A. Araujo, W. Norris and J. Sim, "Computing receptive fields of convolutional neural networks", Distill, 2019.
    https://doi.org/10.23915/distill.00021

    Examples
    --------
    >>> receptive_field([(3, 1)]), receptive_field([(3, 1), (3, 1)])
    (3, 5)
    >>> receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)])  # LeNet-5, up to its dense layers
    16
    >>> receptive_field([((3, 1), 2), (3, (1, 4))])
    (7, 5)
    """
    layers = _checked_layers(layers)
    field = Field()
    for kernel, stride in layers:
        field = field.through(kernel, stride)
    in_pairs = any(isinstance(value, tuple) for layer in layers for value in layer)
    return field.window if in_pairs else field.window[0]


@dataclass(frozen=True)
class Field:
    """What one cell of a feature map sees of the input: how large a window, and how far from the next cell's.

    Parameters
    ----------
    window : pair of int
        Rows and columns of the input that the cell depends on.
    step : pair of int
        Cells of the input between this window and the one of the next cell.

    Examples
    --------
    >>> Field().through(3, stride=2).through(3)
    Field(window=(7, 7), step=(2, 2))
    """

    window: Pair = (1, 1)
    step: Pair = (1, 1)

    def through(self, kernel, stride=1) -> "Field":
        """The field of a cell of the map behind one more layer."""
        kernels, strides = _twice(kernel), _twice(stride)
        return Field(
            tuple(w + (k - 1) * s for w, k, s in zip(self.window, kernels, self.step, strict=True)),
            tuple(s * t for s, t in zip(self.step, strides, strict=True)),
        )


# --- layers as data -------------------------------------------------------------------------------

#: (H, W, C) of a stack of maps, or (D,) of a vector.
Shape = tuple[int, ...]


class Layer:
    """What a table of layers consists of: it knows its output shape, its parameters and its window.

    A layer is described for one image, without the batch axis.
    """

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of the output, for an input of this shape; unchanged unless a subclass says otherwise."""
        return shape

    def parameters(self, shape: Shape) -> int:
        """How many numbers are learned, for an input of this shape; none unless a subclass says otherwise."""
        return 0

    def field(self, field: Field | None, shape: Shape) -> Field | None:
        """What an output sees, given what an input sees; None is the whole image."""
        return field


@dataclass(frozen=True)
class Conv(Layer):
    """A convolutional layer with zero padding.

    Examples
    --------
    >>> layer = Conv(10, 5, pad=2)
    >>> layer.output_shape((32, 32, 3)), layer.parameters((32, 32, 3))
    ((32, 32, 10), 760)
    >>> print(layer)
    conv 5 × 5, 10 filters, pad 2
    """

    filters: int
    kernel: int | Pair
    stride: int | Pair = 1
    pad: int | Pair = 0
    bias: bool = True

    def output_shape(self, shape):
        return conv_output_shape(shape, self.filters, self.kernel, self.stride, self.pad)

    def parameters(self, shape):
        return conv_params(self.kernel, _image_shape(shape)[2], self.filters, self.bias)

    def field(self, field, shape):
        return field and field.through(self.kernel, self.stride)

    def __str__(self):
        filters = f"{self.filters} filter{'s' if self.filters > 1 else ''}"
        return f"conv {_sides(self.kernel)}, {filters}{_moves(self)}{'' if self.bias else ', no bias'}"


@dataclass(frozen=True)
class Pool(Layer):
    """Max or average pooling; windows that don't fit are dropped. The stride is the size unless it is given.

    Examples
    --------
    >>> Pool(2).output_shape((28, 28, 6))
    (14, 14, 6)
    >>> print(Pool(3, stride=2))
    max pool 3 × 3, stride 2
    """

    size: int | Pair
    stride: int | Pair | None = None
    pad: int | Pair = 0
    kind: str = "max"

    def __post_init__(self):
        if self.kind not in ("max", "average"):
            raise ValueError(f'kind must be "max" or "average", but got {self.kind!r}')

    @property
    def step(self) -> int | Pair:
        """The stride that is used."""
        return self.size if self.stride is None else self.stride

    def output_shape(self, shape):
        return *conv_output_shape(shape, 1, self.size, self.step, self.pad)[:2], shape[2]

    def field(self, field, shape):
        return field and field.through(self.size, self.step)

    def __str__(self):
        moves = _moves(self) if self.stride is not None else ""
        return f"{self.kind} pool {_sides(self.size)}{moves}"


@dataclass(frozen=True)
class GlobalPool(Layer):
    """The average of each map: (H, W, C) becomes (C,).

    Examples
    --------
    >>> GlobalPool().output_shape((7, 7, 512))
    (512,)
    """

    def output_shape(self, shape):
        return (_image_shape(shape)[2],)

    def field(self, field, shape):
        return field and field.through(shape[:2])

    def __str__(self):
        return "global average pool"


@dataclass(frozen=True)
class Flatten(Layer):
    """All numbers in one row.

    Examples
    --------
    >>> Flatten().output_shape((5, 5, 16))
    (400,)
    """

    def output_shape(self, shape):
        return (prod(shape),)

    def __str__(self):
        return "flatten"


@dataclass(frozen=True)
class Dense(Layer):
    """A dense layer.

    Examples
    --------
    >>> Dense(120).parameters((400,))
    48120
    """

    units: int
    bias: bool = True

    def output_shape(self, shape):
        if len(shape) != 1:
            raise ValueError(f"a dense layer takes a vector, but gets shape {shape}: put Flatten() before it")
        return (self.units,)

    def parameters(self, shape):
        return dense_params(shape[0], *self.output_shape(shape), self.bias)

    def field(self, field, shape):
        return None

    def __str__(self):
        return f"dense, {self.units} units{'' if self.bias else ', no bias'}"


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalization: a learned scale and shift for each channel.

    Examples
    --------
    >>> BatchNorm().parameters((56, 56, 64))
    128
    """

    def parameters(self, shape):
        return 2 * shape[-1]

    def __str__(self):
        return "batch norm"


@dataclass(frozen=True)
class ReLU(Layer):
    """The positive part of each number.

    Examples
    --------
    >>> ReLU().output_shape((28, 28, 6)), ReLU().parameters((28, 28, 6))
    ((28, 28, 6), 0)
    """

    def __str__(self):
        return "relu"


@dataclass(frozen=True)
class Dropout(Layer):
    """Sets some of the numbers to zero, in training only.

    Examples
    --------
    >>> print(Dropout(0.5))
    dropout 0.5
    """

    rate: float

    def __str__(self):
        return f"dropout {self.rate:g}"


@dataclass(frozen=True)
class Residual(Layer):
    """A block whose input is added to what its layers give: a skip connection.

    Parameters
    ----------
    body : tuple of Layer
    shortcut : tuple of Layer
        The layers that bring the input to the body's output shape; empty where it has that shape already.

    Examples
    --------
    >>> block = Residual((Conv(8, 3, stride=2, pad=1), ReLU(), Conv(8, 3, pad=1)), (Conv(8, 1, stride=2),))
    >>> block.output_shape((32, 32, 3)), block.parameters((32, 32, 3))
    ((16, 16, 8), 840)
    >>> Residual((Conv(8, 3),)).output_shape((32, 32, 8))
    Traceback (most recent call last):
        ...
    ValueError: the body gives (30, 30, 8) and the shortcut (32, 32, 8), which cannot be added: ...
    """

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()

    def output_shape(self, shape):
        body, shortcut = _last_shape(self.body, shape), _last_shape(self.shortcut, shape)
        if body != shortcut:
            raise ValueError(
                f"the body gives {body} and the shortcut {shortcut}, which cannot be added: "
                "give both the same stride, filters and padding"
            )
        return body

    def parameters(self, shape):
        return sum(row.parameters for branch in (self.body, self.shortcut) for row in _rows(branch, shape, Field()))

    def field(self, field, shape):
        return _larger(_last_field(self.body, shape, field), _last_field(self.shortcut, shape, field))

    def __str__(self):
        return "add the shortcut" if self.shortcut else "add the block's input"


@dataclass(frozen=True)
class Network:
    """Layers in a row, with the shape of the images that they are meant for.

    Examples
    --------
    >>> small = Network("small", (8, 8, 1), (Conv(2, 3), ReLU(), Flatten(), Dense(10)))
    >>> small.output_shape(), small.parameters()
    ((10,), 750)
    """

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]

    def output_shape(self, input_shape: Shape | None = None) -> Shape:
        """The shape of the output for one image."""
        return _last_shape(self.layers, input_shape or self.input_shape)

    def parameters(self, input_shape: Shape | None = None) -> int:
        """How many numbers are learned, in all layers together."""
        return summary(self, input_shape).parameters


# --- a network's table ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One line of a :class:`Summary`; `depth` is 1 in the body of a residual block, 2 on its shortcut."""

    layer: Layer
    output_shape: Shape
    parameters: int
    receptive_field: Pair | None
    depth: int = 0


@dataclass(frozen=True)
class Summary:
    """A network's layers, each with its output shape, parameters and receptive field; prints as a table."""

    rows: tuple[Row, ...]
    input_shape: Shape
    name: str = ""

    _HEADINGS: ClassVar = ("layer", "output shape", "parameters", "receptive field")

    @property
    def parameters(self) -> int:
        """The total."""
        return sum(row.parameters for row in self.rows)

    def __str__(self) -> str:
        lines = [self._HEADINGS, ("input", _shape(self.input_shape), "", "")]
        for row in self.rows:
            field = "all" if row.receptive_field is None else _sides(row.receptive_field)
            label = ("", "  ", "  shortcut: ")[row.depth] + str(row.layer)
            lines.append((label, _shape(row.output_shape), f"{row.parameters:,}" if row.parameters else "", field))
        lines.append((f"total{f' of {self.name}' if self.name else ''}", "", f"{self.parameters:,}", ""))
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        texts = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}".rstrip() for a, b, c, d in lines
        ]
        rule = "-" * (sum(widths) + 6)
        return "\n".join([texts[0], rule, *texts[1:-1], rule, texts[-1]])

    __repr__ = __str__


def summary(network, input_shape=None) -> Summary:
    """The table of a network: layer, output shape, parameters, receptive field.

    Parameters
    ----------
    network : Network, or sequence of Layer
    input_shape : tuple of int, optional
        (H, W, C) of an image; the network's own unless it is given.

    Returns
    -------
    Summary
        Prints as a table; its ``rows`` and ``parameters`` are there to calculate with. The receptive field is
        ``all`` behind a dense layer. It can be larger than the image: then it reaches into the padding.

    Raises
    ------
    ValueError
        When the layers do not fit together, or do not fit the image; the message names the layer.

    Examples
    --------
    >>> summary(LENET5)
    layer                         output shape  parameters  receptive field
    -----------------------------------------------------------------------
    input                         28 × 28 × 1
    conv 5 × 5, 6 filters, pad 2  28 × 28 × 6          156            5 × 5
    relu                          28 × 28 × 6                         5 × 5
    average pool 2 × 2            14 × 14 × 6                         6 × 6
    conv 5 × 5, 16 filters        10 × 10 × 16       2,416          14 × 14
    relu                          10 × 10 × 16                      14 × 14
    average pool 2 × 2            5 × 5 × 16                        16 × 16
    flatten                       400                               16 × 16
    dense, 120 units              120               48,120              all
    relu                          120                                   all
    dense, 84 units               84                10,164              all
    relu                          84                                    all
    dense, 10 units               10                   850              all
    -----------------------------------------------------------------------
    total of LeNet-5                                61,706
    """
    if isinstance(network, Network):
        layers, name = network.layers, network.name
        input_shape = network.input_shape if input_shape is None else input_shape
    else:
        layers, name = tuple(network), ""
    if input_shape is None:
        raise ValueError("a plain list of layers needs an input_shape, for example input_shape=(28, 28, 1)")
    input_shape = tuple(_number("input_shape", side, 1) for side in input_shape)
    return Summary(tuple(_rows(layers, input_shape, Field())), input_shape, name)


def _rows(layers: Sequence[Layer], shape: Shape, field: Field | None, depth: int = 0) -> Iterator[Row]:
    """A row for each layer; for a residual block, one for each of its layers and one for the sum."""
    for layer in layers:
        try:
            output = layer.output_shape(shape)
        except ValueError as error:
            raise ValueError(f"{layer}: {error}") from None
        if isinstance(layer, Residual):
            yield from _rows(layer.body, shape, field, depth=1)
            yield from _rows(layer.shortcut, shape, field, depth=2)
        parameters = 0 if isinstance(layer, Residual) else layer.parameters(shape)
        field = layer.field(field, shape)
        shape = output
        yield Row(layer, shape, parameters, field and field.window, depth)


def _last_shape(layers: Sequence[Layer], shape: Shape) -> Shape:
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def _last_field(layers: Sequence[Layer], shape: Shape, field: Field | None) -> Field | None:
    for layer in layers:
        field, shape = layer.field(field, shape), layer.output_shape(shape)
    return field


def _larger(first: Field | None, second: Field | None) -> Field | None:
    """The field of a sum: it sees what either part sees."""
    if first is None or second is None:
        return None
    return Field(tuple(map(max, first.window, second.window)), first.step)


# --- known networks -------------------------------------------------------------------------------


def _vgg(*stages: Sequence[int]) -> tuple[Layer, ...]:
    return tuple(
        layer
        for filters in stages
        for layer in (*(part for n in filters for part in (Conv(n, 3, pad=1), ReLU())), Pool(2))
    )


def _basic(filters: int, stride: int, project: bool) -> tuple[Layer, ...]:
    """ResNet's block of two 3 × 3 convolutions."""
    body = (
        *(Conv(filters, 3, stride, pad=1, bias=False), BatchNorm(), ReLU()),
        *(Conv(filters, 3, pad=1, bias=False), BatchNorm()),
    )
    return Residual(body, _projection(filters, stride) if project else ()), ReLU()


def _bottleneck(filters: int, stride: int, project: bool) -> tuple[Layer, ...]:
    """ResNet's block of 1 × 1, 3 × 3 and 1 × 1: few channels where the window is large, four times as many around."""
    body = (
        *(Conv(filters, 1, bias=False), BatchNorm(), ReLU()),
        *(Conv(filters, 3, stride, pad=1, bias=False), BatchNorm(), ReLU()),
        *(Conv(4 * filters, 1, bias=False), BatchNorm()),
    )
    return Residual(body, _projection(4 * filters, stride) if project else ()), ReLU()


def _projection(filters: int, stride: int) -> tuple[Layer, ...]:
    return Conv(filters, 1, stride, bias=False), BatchNorm()


def _resnet(block, blocks: Sequence[int]) -> tuple[Layer, ...]:
    layers = [Conv(64, 7, stride=2, pad=3, bias=False), BatchNorm(), ReLU(), Pool(3, stride=2, pad=1)]
    for stage, count in enumerate(blocks):
        for number in range(count):
            first = number == 0
            # The input of a stage has other sizes than its output, except that of a first stage of basic blocks.
            project = first and (stage > 0 or block is _bottleneck)
            layers += block(64 * 2**stage, stride=2 if first and stage else 1, project=project)
    return *layers, GlobalPool(), Dense(1000)


#: Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998,
#: https://doi.org/10.1109/5.726791; with ReLU, plain pools and full connections, as it is usually built today.
LENET5 = Network(
    "LeNet-5",
    (28, 28, 1),
    (
        *(Conv(6, 5, pad=2), ReLU(), Pool(2, kind="average")),
        *(Conv(16, 5), ReLU(), Pool(2, kind="average")),
        *(Flatten(), Dense(120), ReLU(), Dense(84), ReLU(), Dense(10)),
    ),
)

#: A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
#: https://arxiv.org/abs/1404.5997; the variant that torchvision has. The one of 2012 had two halves.
ALEXNET = Network(
    "AlexNet",
    (224, 224, 3),
    (
        *(Conv(64, 11, stride=4, pad=2), ReLU(), Pool(3, stride=2)),
        *(Conv(192, 5, pad=2), ReLU(), Pool(3, stride=2)),
        *(Conv(384, 3, pad=1), ReLU(), Conv(256, 3, pad=1), ReLU(), Conv(256, 3, pad=1), ReLU(), Pool(3, stride=2)),
        *(Flatten(), Dropout(0.5), Dense(4096), ReLU(), Dropout(0.5), Dense(4096), ReLU(), Dense(1000)),
    ),
)

#: K. Simonyan and A. Zisserman, "Very deep convolutional networks for large-scale image recognition", 2014,
#: https://arxiv.org/abs/1409.1556
VGG16 = Network(
    "VGG-16",
    (224, 224, 3),
    (
        *_vgg([64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3),
        *(Flatten(), Dense(4096), ReLU(), Dropout(0.5), Dense(4096), ReLU(), Dropout(0.5), Dense(1000)),
    ),
)

#: K. He et al., "Deep residual learning for image recognition", 2015, https://arxiv.org/abs/1512.03385
RESNET18 = Network("ResNet-18", (224, 224, 3), _resnet(_basic, (2, 2, 2, 2)))
#: The stride of a stage is on the 3 × 3 convolution, as in torchvision; in the paper it is on the first 1 × 1.
RESNET50 = Network("ResNet-50", (224, 224, 3), _resnet(_bottleneck, (3, 4, 6, 3)))

#: The networks of lesson 07, by name.
NETWORKS = {network.name: network for network in (LENET5, ALEXNET, VGG16, RESNET18, RESNET50)}


# --- arguments ------------------------------------------------------------------------------------


def _number(name: str, value, least: int) -> int:
    # True is an int, and never a size that anyone meant.
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, but got {value!r}{_rounded(value, least)}")
    return int(value)


def _rounded(value, least: int) -> str:
    whole = isinstance(value, float) and value.is_integer() and value >= least
    return f": write {int(value)}" if whole else ""


def _numbers(name: str, value, least: int) -> int | Pair:
    if not isinstance(value, tuple | list):
        return _number(name, value, least)
    if len(value) != 2:
        raise ValueError(f"{name} must be an integer or a pair (rows, columns), but got {value!r}")
    return _number(name, value[0], least), _number(name, value[1], least)


def _twice(value) -> Pair:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _one_axis(size: int, kernel: int, stride: int, pad: int) -> int:
    if kernel > size + 2 * pad:
        raise ValueError(
            f"a kernel of {kernel} does not fit in {size} cells with {pad} more at each end: "
            f"use a pad of at least {(kernel - size + 1) // 2}, or a smaller kernel"
        )
    return (size + 2 * pad - kernel) // stride + 1


def _image_shape(shape) -> Shape:
    if not isinstance(shape, tuple | list) or len(shape) != 3:
        fix = ": a grey image has one channel, (H, W, 1)" if isinstance(shape, tuple) and len(shape) == 2 else ""
        raise ValueError(f"shape must be (H, W, C), but got {shape!r}{fix}")
    return tuple(_number("each side of shape", side, 1) for side in shape)


def _checked_layers(layers) -> list[tuple]:
    layers = list(layers)
    if not layers:
        raise ValueError("receptive_field takes one layer or more, but got none: for example [(3, 1)]")
    for layer in layers:
        if not isinstance(layer, tuple | list) or len(layer) != 2:
            raise ValueError(f"each layer must be (kernel, stride), but got {layer!r}: for example (3, 1)")
    return [(_numbers("kernel", kernel, 1), _numbers("stride", stride, 1)) for kernel, stride in layers]


def _sides(value: int | Pair) -> str:
    return "{} × {}".format(*_twice(value))


def _shape(shape: Shape) -> str:
    return " × ".join(map(str, shape))


def _moves(layer: Conv | Pool) -> str:
    def text(value) -> str:
        return _sides(value) if isinstance(value, tuple) else str(value)

    stride = f", stride {text(layer.stride)}" if layer.stride != 1 else ""
    return stride + (f", pad {text(layer.pad)}" if layer.pad != 0 else "")
