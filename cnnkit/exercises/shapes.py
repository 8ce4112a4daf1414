"""Lesson 05: output shapes, parameter counts and receptive fields, computed without a network."""

from hypothesis import strategies as st

from cnnkit import shapes
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "05-shapes-and-parameters"


# What the exercises are tried on ------------------------------------------------------------------


@st.composite
def axis(draw, strides=(1,), pads=(0,), largest: int = 40) -> Call:
    """A call of output_size whose kernel fits, with what differs from the defaults by position or by name."""
    kernel = draw(st.integers(1, 11))
    size = draw(st.integers(kernel, max(kernel, largest)))
    return _optional(draw, (size, kernel), (("stride", strides, 1), ("pad", pads, 0)))


@st.composite
def image(draw, strides=(1,), pads=(0,), square: bool = False) -> Call:
    """A call of conv_output_shape; sides, channels and filters differ unless the image is to be `square`."""
    kernel = draw(st.integers(1, 7))
    height, width = draw(st.integers(kernel, 40)), draw(st.integers(kernel, 40))
    shape = height, height if square else width, draw(st.integers(1, 12))
    args = shape, draw(st.integers(1, 20)), kernel
    return _optional(draw, args, (("stride", strides, 1), ("pad", pads, 0)))


@st.composite
def local_image(draw, strides=(1,), pads=(0,), biases=(True,)) -> Call:
    """A call of locally_connected_params."""
    kernel = draw(st.integers(1, 6))
    shape = draw(st.integers(kernel, 20)), draw(st.integers(kernel, 20)), draw(st.integers(1, 5))
    args = shape, draw(st.integers(1, 6)), kernel
    return _optional(draw, args, (("stride", strides, 1), ("pad", pads, 0), ("bias", biases, True)))


@st.composite
def bank(draw, biases=(True,)) -> Call:
    """A call of conv_params."""
    args = draw(st.integers(1, 11)), draw(st.integers(1, 64)), draw(st.integers(1, 64))
    return _optional(draw, args, (("bias", biases, True),))


@st.composite
def units(draw, biases=(True,), largest: int = 500) -> Call:
    """A call of dense_params."""
    args = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    return _optional(draw, args, (("bias", biases, True),))


@st.composite
def stack(draw, least: int = 1, most: int = 6, strides=(1, 2, 3), kernels=(3, 2, 5, 1, 7, 4)) -> Call:
    """A call of receptive_field: a list of (kernel, stride)."""
    layer = st.tuples(st.sampled_from(kernels), st.sampled_from(strides))
    return Call((draw(st.lists(layer, min_size=least, max_size=most)),))


def one(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """Examples of a single call."""
    return calls.map(lambda call: [call])


def with_and_without(calls: st.SearchStrategy[Call]) -> st.SearchStrategy[list[Call]]:
    """Examples of two calls: one that says nothing about biases, and the same without them."""
    return calls.map(lambda call: [call, Call(call.args, {"bias": False})])


def _optional(draw, args: tuple, options) -> Call:
    """A call with options that are drawn, all by position or those that differ from the default by name."""
    chosen = [(name, draw(st.sampled_from(values)), usual) for name, values, usual in options]
    if draw(st.booleans()):
        while chosen and chosen[-1][1] == chosen[-1][2]:
            chosen.pop()
        return Call((*args, *(value for _, value, _ in chosen)))
    return Call(args, {name: value for name, value, usual in chosen if value != usual})


# output_size: wrong implementations ---------------------------------------------------------------


def pad_counted_once(size, kernel, stride=1, pad=0):
    return (size + pad - kernel) // stride + 1


def pad_forgotten(size, kernel, stride=1, pad=0):
    return (size - kernel) // stride + 1


def pad_subtracted(size, kernel, stride=1, pad=0):
    return (size - 2 * pad - kernel) // stride + 1


def stride_forgotten(size, kernel, stride=1, pad=0):
    return size + 2 * pad - kernel + 1


def one_forgotten(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - kernel) // stride


def one_added_before_dividing(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - kernel + 1) // stride


def rounded_up(size, kernel, stride=1, pad=0):
    return -(-(size + 2 * pad - kernel) // stride) + 1


def rounded_to_nearest(size, kernel, stride=1, pad=0):
    return round((size + 2 * pad - kernel) / stride) + 1


def not_rounded(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - kernel) / stride + 1


def kernel_forgotten(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - 1) // stride + 1


def stride_multiplied(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - kernel) * stride + 1


# conv_output_shape --------------------------------------------------------------------------------


def channels_left(shape, n_filters, kernel, stride=1, pad=0):
    height, width, channels = shape
    return (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1, channels


def channels_times_filters(shape, n_filters, kernel, stride=1, pad=0):
    height, width, channels = shape
    return (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1, channels * n_filters


def filters_first(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return n_filters, (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1


def width_first(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (width + 2 * pad - kernel) // stride + 1, (height + 2 * pad - kernel) // stride + 1, n_filters


def filters_left_out(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1


def square_assumed(shape, n_filters, kernel, stride=1, pad=0):
    side = (shape[0] + 2 * pad - kernel) // stride + 1
    return side, side, n_filters


def shape_pad_counted_once(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + pad - kernel) // stride + 1, (width + pad - kernel) // stride + 1, n_filters


def shape_pad_forgotten(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height - kernel) // stride + 1, (width - kernel) // stride + 1, n_filters


def shape_stride_forgotten(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return height + 2 * pad - kernel + 1, width + 2 * pad - kernel + 1, n_filters


def shape_stride_on_height_only(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + 2 * pad - kernel) // stride + 1, width + 2 * pad - kernel + 1, n_filters


def shape_one_forgotten(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + 2 * pad - kernel) // stride, (width + 2 * pad - kernel) // stride, n_filters


def shape_rounded_up(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return -(-(height + 2 * pad - kernel) // stride) + 1, -(-(width + 2 * pad - kernel) // stride) + 1, n_filters


def shape_not_rounded(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + 2 * pad - kernel) / stride + 1, (width + 2 * pad - kernel) / stride + 1, n_filters


# conv_params --------------------------------------------------------------------------------------


def never_a_bias(kernel, channels, n_filters, bias=True):
    return kernel * kernel * channels * n_filters


def always_a_bias(kernel, channels, n_filters, bias=True):
    return (kernel * kernel * channels + 1) * n_filters


def bias_the_other_way(kernel, channels, n_filters, bias=True):
    return (kernel * kernel * channels + (not bias)) * n_filters


def one_bias_for_the_layer(kernel, channels, n_filters, bias=True):
    return kernel * kernel * channels * n_filters + bias


def bias_for_each_channel(kernel, channels, n_filters, bias=True):
    return (kernel * kernel + bias) * channels * n_filters


def flat_filters(kernel, channels, n_filters, bias=True):
    return (kernel * kernel + bias) * n_filters


def one_side_of_the_kernel(kernel, channels, n_filters, bias=True):
    return (kernel * channels + bias) * n_filters


def kernel_doubled(kernel, channels, n_filters, bias=True):
    return (2 * kernel * channels + bias) * n_filters


def one_filter(kernel, channels, n_filters, bias=True):
    return kernel * kernel * channels + bias


def bias_for_each_input_channel(kernel, channels, n_filters, bias=True):
    return kernel * kernel * channels * n_filters + bias * channels


# dense_params -------------------------------------------------------------------------------------


def dense_never_a_bias(n_in, n_out, bias=True):
    return n_in * n_out


def dense_always_a_bias(n_in, n_out, bias=True):
    return (n_in + 1) * n_out


def dense_bias_the_other_way(n_in, n_out, bias=True):
    return (n_in + (not bias)) * n_out


def dense_bias_for_each_input(n_in, n_out, bias=True):
    return n_in * (n_out + bias)


def dense_one_bias(n_in, n_out, bias=True):
    return n_in * n_out + bias


def dense_added(n_in, n_out, bias=True):
    return n_in + n_out + (n_out if bias else 0)


def dense_bias_on_both_sides(n_in, n_out, bias=True):
    return n_in * n_out + (n_in + n_out if bias else 0)


# locally_connected_params -------------------------------------------------------------------------


def shared_after_all(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    return n_filters * (kernel * kernel * shape[2] + bias)


def bias_for_each_filter(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * kernel * kernel * shape[2] + bias * n_filters


def bias_for_each_place(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * (n_filters * kernel * kernel * shape[2] + bias)


def local_never_a_bias(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * kernel * kernel * shape[2]


def local_always_a_bias(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel * kernel * shape[2] + 1)


def filters_at_each_pixel(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    return shape[0] * shape[1] * n_filters * (kernel * kernel * shape[2] + bias)


def local_channels_forgotten(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel * kernel + bias)


def local_filters_forgotten(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * (kernel * kernel * shape[2] + bias)


def local_stride_forgotten(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = (side + 2 * pad - kernel + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel * kernel * shape[2] + bias)


def local_pad_forgotten(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel * kernel * shape[2] + bias)


def local_pad_counted_once(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel * kernel * shape[2] + bias)


def local_square_assumed(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    side = (shape[0] + 2 * pad - kernel) // stride + 1
    return side * side * n_filters * (kernel * kernel * shape[2] + bias)


def connected_to_all(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = ((side + 2 * pad - kernel) // stride + 1 for side in shape[:2])
    return rows * columns * n_filters * (shape[0] * shape[1] * shape[2] + bias)


# receptive_field ----------------------------------------------------------------------------------


def strides_left_out(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


def own_stride_counted_too(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        field += (kernel - 1) * step
    return field


def own_stride_only(layers):
    return 1 + sum((kernel - 1) * stride for kernel, stride in layers)


def last_stride_only(layers):
    field, before = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * before
        before = stride
    return field


def strides_added(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step += stride - 1
    return field


def kernels_added(layers):
    return sum(kernel for kernel, _ in layers)


def kernels_multiplied(layers):
    field = 1
    for kernel, _ in layers:
        field *= kernel
    return field


def whole_kernels_added(layers):
    field, step = 0, 1
    for kernel, stride in layers:
        field += kernel * step
        step *= stride
    return field


def one_cell_missing(layers):
    field, step = 0, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def last_layer_only(layers):
    return layers[-1][0]


def first_layer_only(layers):
    return layers[0][0]


def largest_kernel(layers):
    return max(kernel for kernel, _ in layers)


def layers_backwards(layers):
    field, step = 1, 1
    for kernel, stride in layers[::-1]:
        field += (kernel - 1) * step
        step *= stride
    return field


def field_on_the_way_back(layers):
    field = 1
    for kernel, stride in layers[::-1]:
        field = field * stride + kernel
    return field


# The exercises ------------------------------------------------------------------------------------

_PAD_TWICE = "pad=1 puts one cell at the left end and one at the right end: how long is the row then?"
_PAD_USED = "Call it with pad=0 and with pad=1: should the result be the same?"
_STRIDE_USED = "Call it with stride=1 and with stride=2: should the result be the same?"
_COUNT_ON_FINGERS = "Put a kernel of 2 on a row of 3 cells: how many places are there? Then try your formula on it."
_LEFT_OVER = "A last step that would carry the kernel over the end is not taken: is that rounding up or down?"
_BOTH_SIDES = "Which of the sizes in `shape` has your code not looked at? Try an image that is wider than high."

output_size = Exercise(
    name="output_size",
    signature="output_size(size, kernel, stride=1, pad=0)",
    asks=(
        "Count the places where a kernel of `kernel` cells can stand along an axis of `size` cells, with `pad` more "
        "cells at each end, when it moves `stride` cells at a time."
    ),
    reference=shapes.output_size,
    public=(
        Property("values", "counts the places where the kernel fits", one(axis(largest=12) | axis())),
        Property("padding", "counts `pad` cells more at each end", one(axis(pads=(1, 2, 3)))),
        Property("strides", "counts only places that whole steps reach", one(axis(strides=(2, 3, 4)))),
        Property(
            "strides and padding", "uses both at once", one(axis(strides=(2, 3, 4, 5), pads=(1, 2, 3), largest=60))
        ),
    ),
    misconceptions=(
        Misconception("padding counted once", pad_counted_once, _PAD_TWICE),
        Misconception("padding forgotten", pad_forgotten, _PAD_USED),
        Misconception("padding subtracted", pad_subtracted, "Does padding make a row longer or shorter?"),
        Misconception("stride forgotten", stride_forgotten, _STRIDE_USED),
        Misconception("one place missing", one_forgotten, _COUNT_ON_FINGERS),
        Misconception(
            "one added before dividing",
            one_added_before_dividing,
            "The first place costs no step. Is it counted in steps, or on top of them?",
        ),
        Misconception("rounded up", rounded_up, _LEFT_OVER),
        Misconception("rounded to the nearest", rounded_to_nearest, _LEFT_OVER),
        Misconception(
            "not rounded", not_rounded, "Half a place is no place: which division gives whole numbers in Python?"
        ),
        Misconception(
            "size of the kernel forgotten",
            kernel_forgotten,
            "A kernel as long as the row has one place: what does your formula say?",
        ),
        Misconception(
            "multiplied by the stride",
            stride_multiplied,
            "With larger steps, are there more places or fewer?",
        ),
    ),
)

conv_output_shape = Exercise(
    name="conv_output_shape",
    signature="conv_output_shape(shape, n_filters, kernel, stride=1, pad=0)",
    asks=(
        "Say which shape (H', W', F) a convolutional layer gives for an image of shape (H, W, C): F filters of "
        "`kernel` × `kernel`."
    ),
    reference=shapes.conv_output_shape,
    public=(
        Property(
            "values",
            "gives rows, columns and filters, in this order",
            one(image(square=True) | image()),
        ),
        Property(
            "padding and strides",
            "uses padding and stride for the rows and for the columns",
            one(image(pads=(1, 2, 0)) | image(strides=(2, 3, 1)) | image(strides=(2, 3, 4), pads=(1, 2, 3))),
        ),
    ),
    misconceptions=(
        Misconception(
            "channels instead of filters",
            channels_left,
            "How many maps come out of ten filters on a colour image? A filter is as deep as the image.",
        ),
        Misconception(
            "channels times filters",
            channels_times_filters,
            "A filter adds up over all channels: how many maps does one filter give on a colour image?",
        ),
        Misconception(
            "filters first", filters_first, "In this course channels come last: in which order are (H, W, C)?"
        ),
        Misconception("width before height", width_first, "In (H, W, C), which comes first, rows or columns?"),
        Misconception("filters left out", filters_left_out, "The output has three sizes: what is its depth?"),
        Misconception("square image assumed", square_assumed, _BOTH_SIDES),
        Misconception("padding counted once", shape_pad_counted_once, _PAD_TWICE),
        Misconception("padding forgotten", shape_pad_forgotten, _PAD_USED),
        Misconception("stride forgotten", shape_stride_forgotten, _STRIDE_USED),
        Misconception(
            "stride on the rows only",
            shape_stride_on_height_only,
            "The filter moves in two directions. Where does the stride appear for each of them?",
        ),
        Misconception("one place missing", shape_one_forgotten, _COUNT_ON_FINGERS),
        Misconception("rounded up", shape_rounded_up, _LEFT_OVER),
        Misconception(
            "not rounded", shape_not_rounded, "Half a place is no place: which division gives whole numbers in Python?"
        ),
    ),
)

_BIAS_FLAG = "Call it with bias=True and with bias=False: by how much should the results differ?"
_BIAS_EACH = "Each filter adds one number of its own to its map. How many such numbers has a layer of six filters?"

conv_params = Exercise(
    name="conv_params",
    signature="conv_params(kernel, channels, n_filters, bias=True)",
    asks=(
        "Count the numbers that a convolutional layer learns: `n_filters` filters of `kernel` × `kernel` × `channels` "
        "weights, each with a bias unless `bias` is False."
    ),
    reference=shapes.conv_params,
    public=(
        Property(
            "values",
            "counts the weights of all filters, and a bias for each unless there are none",
            with_and_without(bank()),
        ),
        Property("without biases", "counts no biases when there are none", one(bank(biases=(False,)))),
    ),
    misconceptions=(
        Misconception("biases never counted", never_a_bias, _BIAS_FLAG),
        Misconception("biases always counted", always_a_bias, _BIAS_FLAG),
        Misconception("bias the other way round", bias_the_other_way, _BIAS_FLAG),
        Misconception("one bias for the layer", one_bias_for_the_layer, _BIAS_EACH),
        Misconception("a bias for each channel of each filter", bias_for_each_channel, _BIAS_EACH),
        Misconception("a bias for each input channel", bias_for_each_input_channel, _BIAS_EACH),
        Misconception(
            "channels forgotten",
            flat_filters,
            "A 3 × 3 filter on a colour image: how many pixels' numbers does it multiply at one place, 9 or 27?",
        ),
        Misconception(
            "one side of the kernel only",
            one_side_of_the_kernel,
            "How many weights has a flat 3 × 3 filter? Draw it and count.",
        ),
        Misconception("kernel doubled", kernel_doubled, "How many weights has a flat 3 × 3 filter? Draw it and count."),
        Misconception("one filter only", one_filter, "Ten filters have ten times the weights of one."),
    ),
)

_UNITS = "Two inputs and three outputs: draw every connection, and a bias at every output. Count them."

dense_params = Exercise(
    name="dense_params",
    signature="dense_params(n_in, n_out, bias=True)",
    asks=(
        "Count the numbers that a dense layer learns: a weight for each pair of an input and an output, and a bias for "
        "each output unless `bias` is False."
    ),
    reference=shapes.dense_params,
    public=(
        Property(
            "values",
            "counts the weights, and a bias for each output unless there are none",
            with_and_without(units(largest=9) | units()),
        ),
        Property("without biases", "counts no biases when there are none", one(units(biases=(False,)))),
    ),
    misconceptions=(
        Misconception("biases never counted", dense_never_a_bias, _BIAS_FLAG),
        Misconception("biases always counted", dense_always_a_bias, _BIAS_FLAG),
        Misconception("bias the other way round", dense_bias_the_other_way, _BIAS_FLAG),
        Misconception("a bias for each input", dense_bias_for_each_input, _UNITS),
        Misconception("one bias for the layer", dense_one_bias, _UNITS),
        Misconception("inputs and outputs added", dense_added, _UNITS),
        Misconception("a bias for inputs and outputs", dense_bias_on_both_sides, _UNITS),
    ),
)

_PLACES = "Each place of the map has filters of its own. How many places are there? Compute the shape of the output."
_OUTPUTS = "Nothing is shared here, not even biases: how many numbers does the layer give, rows × columns × filters?"

locally_connected_params = Exercise(
    name="locally_connected_params",
    signature="locally_connected_params(shape, n_filters, kernel, stride=1, pad=0, bias=True)",
    asks=(
        "Count the numbers that a locally connected layer learns: at each place of the map `n_filters` filters of its "
        "own, and a bias for each output unless `bias` is False."
    ),
    reference=shapes.locally_connected_params,
    public=(
        Property(
            "values",
            "counts filters and biases for each place of the map",
            one(local_image()),
        ),
        Property(
            "padding and strides",
            "counts the places that padding and stride leave",
            one(local_image(pads=(1, 2)) | local_image(strides=(2, 3)) | local_image(strides=(2, 3), pads=(1, 2))),
        ),
        Property(
            "without biases",
            "counts no biases when there are none",
            one(local_image(biases=(False,))),
        ),
    ),
    misconceptions=(
        Misconception("filters shared", shared_after_all, _PLACES),
        Misconception("a bias for each filter, shared", bias_for_each_filter, _OUTPUTS),
        Misconception("a bias for each place", bias_for_each_place, _OUTPUTS),
        Misconception("biases never counted", local_never_a_bias, _BIAS_FLAG),
        Misconception("biases always counted", local_always_a_bias, _BIAS_FLAG),
        Misconception("filters at each pixel of the image", filters_at_each_pixel, _PLACES),
        Misconception(
            "channels forgotten",
            local_channels_forgotten,
            "A 3 × 3 filter on a colour image: how many numbers does it multiply at one place, 9 or 27?",
        ),
        Misconception(
            "one filter at each place",
            local_filters_forgotten,
            "Five filters at each place have five times the weights of one.",
        ),
        Misconception("stride forgotten", local_stride_forgotten, _STRIDE_USED),
        Misconception("padding forgotten", local_pad_forgotten, _PAD_USED),
        Misconception("padding counted once", local_pad_counted_once, _PAD_TWICE),
        Misconception("square image assumed", local_square_assumed, _BOTH_SIDES),
        Misconception(
            "connected to the whole image",
            connected_to_all,
            "An output of this layer sees one window only: how many numbers are in it?",
        ),
    ),
)

_STEP = (
    "Behind a layer of stride 2, two neighbouring cells are how far apart in the input? And behind two such layers? "
    "Only then comes what the next kernel adds."
)
_DRAW = "Draw two layers of kernel 3 and stride 1 on a row of cells: which input cells reach one output?"

receptive_field = Exercise(
    name="receptive_field",
    signature="receptive_field(layers)",
    asks=(
        "Given the layers as a list of (kernel, stride), first layer first, say how many input cells in a row one cell "
        "of the output depends on."
    ),
    reference=shapes.receptive_field,
    public=(
        Property(
            "values",
            "adds up what each kernel adds to the window, widened by all strides before it",
            one(stack(strides=(1,), most=4) | stack(most=3) | stack()),
        ),
        Property("one layer", "gives the kernel itself for a single layer", one(stack(most=1))),
    ),
    misconceptions=(
        Misconception("strides left out", strides_left_out, _STEP),
        Misconception(
            "own stride counted too",
            own_stride_counted_too,
            "Does the window of a single layer grow with its stride? The stride says how far the next window is.",
        ),
        Misconception("own stride only", own_stride_only, _STEP),
        Misconception("only the stride just before", last_stride_only, _STEP),
        Misconception("strides added up", strides_added, _STEP),
        Misconception("kernels added up", kernels_added, _DRAW),
        Misconception("kernels multiplied", kernels_multiplied, _DRAW),
        Misconception("whole kernels widened", whole_kernels_added, _DRAW),
        Misconception(
            "one cell missing",
            one_cell_missing,
            "Without any layer, a cell sees itself: how many cells is that?",
        ),
        Misconception("last layer only", last_layer_only, _DRAW),
        Misconception("first layer only", first_layer_only, _DRAW),
        Misconception("largest kernel", largest_kernel, _DRAW),
        Misconception(
            "layers in reverse order",
            layers_backwards,
            "The strides *before* a layer count: in which direction does your loop go?",
        ),
        Misconception(
            "overlap forgotten on the way back",
            field_on_the_way_back,
            "Two neighbouring windows share cells: how many cells do n windows of `kernel` cover at that stride?",
        ),
    ),
)

EXERCISES = (
    output_size,
    conv_output_shape,
    conv_params,
    dense_params,
    locally_connected_params,
    receptive_field,
)

# The quiz: questions with numbers of one's own ------------------------------------------------------


def _draw_padded(random):
    height, width = random.sample(range(20, 300), 2)
    return {"height": height, "width": width, "pad": random.randint(2, 9)}


padded_size = Question(
    "padded_size",
    "An image of {height} rows and {width} columns gets a border of {pad} cells on every side.\n"
    "How many rows and how many columns has it then?",
    _draw_padded,
    lambda height, width, pad: (height + 2 * pad, width + 2 * pad),
    (
        Misconception(
            "border counted once",
            lambda height, width, pad: (height + pad, width + pad),
            "There is a border above and one below, one on the left and one on the right.",
        ),
        Misconception(
            "columns before rows",
            lambda height, width, pad: (width + 2 * pad, height + 2 * pad),
            "Sizes are given as rows, then columns.",
        ),
        Misconception(
            "border taken away",
            lambda height, width, pad: (height - 2 * pad, width - 2 * pad),
            "Padding makes an image larger.",
        ),
    ),
)


def _draw_map(random):
    kernel, stride = random.choice((3, 5, 7)), random.choice((2, 3, 4))
    pad = random.randint(1, kernel // 2)
    height, width = random.sample(range(40, 260), 2)
    channels, filters = random.sample((1, 3, 4, 8, 12, 16, 20, 24, 32, 48, 64), 2)
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "filters": filters,
        "kernel": kernel,
        "stride": stride,
        "pad": pad,
    }


def _map(height, width, channels, filters, kernel, stride, pad):
    return shapes.conv_output_shape((height, width, channels), filters, kernel, stride, pad)


map_shape = Question(
    "map_shape",
    "An image of {height} x {width} x {channels} goes through a convolutional layer:\n"
    "{filters} filters of {kernel} x {kernel}, stride {stride}, padding {pad}.\n"
    "Which shape comes out (rows, columns, depth)?",
    _draw_map,
    _map,
    (
        Misconception(
            "padding counted once",
            lambda height, width, channels, filters, kernel, stride, pad: (
                (height + pad - kernel) // stride + 1,
                (width + pad - kernel) // stride + 1,
                filters,
            ),
            "The padding is added on both sides, so a row grows by twice as much.",
        ),
        Misconception(
            "padding forgotten",
            lambda height, width, channels, filters, kernel, stride, pad: _map(
                height, width, channels, filters, kernel, stride, 0
            ),
            "First the border is added, then the filters slide.",
        ),
        Misconception(
            "stride forgotten",
            lambda height, width, channels, filters, kernel, stride, pad: _map(
                height, width, channels, filters, kernel, 1, pad
            ),
            "With larger steps there are fewer places.",
        ),
        Misconception(
            "one place missing",
            lambda height, width, channels, filters, kernel, stride, pad: (
                (height + 2 * pad - kernel) // stride,
                (width + 2 * pad - kernel) // stride,
                filters,
            ),
            "The place where the kernel starts counts too.",
        ),
        Misconception(
            "depth of the image",
            lambda height, width, channels, filters, kernel, stride, pad: (
                *_map(height, width, channels, filters, kernel, stride, pad)[:2],
                channels,
            ),
            "Every filter gives one map, however deep the image is.",
        ),
        Misconception(
            "columns before rows",
            lambda height, width, channels, filters, kernel, stride, pad: _map(
                width, height, channels, filters, kernel, stride, pad
            ),
            "Sizes are given as rows, then columns.",
        ),
    ),
)


def _draw_layer(random):
    return {
        "side": random.randrange(24, 129),
        "kernel": random.choice((3, 5, 7)),
        "channels": random.randint(2, 40),
        "filters": random.randint(6, 90),
    }


layer_parameters = Question(
    "layer_parameters",
    "A layer has {filters} filters of {kernel} x {kernel}, each with a bias.\n"
    "Its input is {side} x {side} with {channels} channels. How many parameters has the layer?",
    _draw_layer,
    lambda side, kernel, channels, filters: shapes.conv_params(kernel, channels, filters),
    (
        Misconception(
            "biases forgotten",
            lambda side, kernel, channels, filters: kernel * kernel * channels * filters,
            "Each filter has one number more than its weights.",
        ),
        Misconception(
            "one bias",
            lambda side, kernel, channels, filters: kernel * kernel * channels * filters + 1,
            "Each filter has a bias of its own.",
        ),
        Misconception(
            "flat filters",
            lambda side, kernel, channels, filters: (kernel * kernel + 1) * filters,
            "A filter is as deep as the image.",
        ),
        Misconception(
            "filters at each pixel",
            lambda side, kernel, channels, filters: side * side * (kernel * kernel * channels + 1) * filters,
            "All places share the filters: the size of the image does not matter.",
        ),
    ),
)


def _draw_pool(random):
    size = random.choice((2, 3, 4))
    stride = random.choice([stride for stride in (1, 2, 3) if stride != size])
    height, width = random.sample(range(20, 130), 2)
    return {
        "height": height,
        "width": width,
        "depth": random.choice((6, 12, 16, 24, 32, 64, 96)),
        "size": size,
        "stride": stride,
    }


def _pooled(height, width, depth, size, stride):
    return (*shapes.output_size((height, width), size, stride), depth)


pooled_shape = Question(
    "pooled_shape",
    "Feature maps of {height} x {width} x {depth} go through max pooling:\n"
    "windows of {size} x {size}, stride {stride}; windows that do not fit are dropped.\n"
    "Which shape comes out (rows, columns, depth)?",
    _draw_pool,
    _pooled,
    (
        Misconception(
            "stride taken to be the size",
            lambda height, width, depth, size, stride: _pooled(height, width, depth, size, size),
            "The windows may overlap: how far a window moves is said by the stride.",
        ),
        Misconception(
            "depth pooled too",
            lambda height, width, depth, size, stride: (
                *_pooled(height, width, depth, size, stride)[:2],
                -(-depth // stride),
            ),
            "Each channel is pooled on its own: the depth stays.",
        ),
        Misconception(
            "one map",
            lambda height, width, depth, size, stride: (*_pooled(height, width, depth, size, stride)[:2], 1),
            "Each channel is pooled on its own: the depth stays.",
        ),
        Misconception(
            "divided by the stride only",
            lambda height, width, depth, size, stride: (height // stride, width // stride, depth),
            "It is the same formula as for a convolution without padding: the size of the window counts.",
        ),
        Misconception(
            "one place missing",
            lambda height, width, depth, size, stride: (
                (height - size) // stride,
                (width - size) // stride,
                depth,
            ),
            "The place where the window starts counts too.",
        ),
    ),
)


def _draw_stack(random):
    return {
        "first": random.choice((3, 4, 5, 7, 9, 11)),
        "pool": random.choice((2, 3, 4, 5)),
        "second": random.choice((3, 4, 5, 7, 9)),
        "step": random.choice((2, 3, 4)),
        "third": random.choice((3, 4, 5, 7, 9)),
    }


stack_field = Question(
    "stack_field",
    "Four layers in a row:\n"
    "  convolution {first} x {first}, stride 1\n"
    "  max pooling {pool} x {pool}, stride {pool}\n"
    "  convolution {second} x {second}, stride {step}\n"
    "  convolution {third} x {third}, stride 1\n"
    "One number of the last map depends on a square window of the input.\n"
    "How many pixels long is its side?",
    _draw_stack,
    lambda first, pool, second, step, third: shapes.receptive_field(
        [(first, 1), (pool, pool), (second, step), (third, 1)]
    ),
    (
        Misconception(
            "strides left out",
            lambda first, pool, second, step, third: first + pool + second + third - 3,
            "Behind a layer with a stride, neighbouring cells are further apart in the input.",
        ),
        Misconception(
            "kernels added up",
            lambda first, pool, second, step, third: first + pool + second + third,
            "Two kernels of 3 in a row see 5 cells, not 6: they share one.",
        ),
        Misconception(
            "only the stride just before",
            lambda first, pool, second, step, third: first + (pool - 1) + (second - 1) * pool + (third - 1) * step,
            "All strides before a layer multiply, not only the last one.",
        ),
        Misconception(
            "own stride counted too",
            lambda first, pool, second, step, third: (
                first + (pool - 1) * pool + (second - 1) * pool * step + (third - 1) * pool * step
            ),
            "How far a layer itself moves does not widen what one of its numbers sees.",
        ),
    ),
)


def _draw_detector(random):
    on, off = random.choice((20, 24, 30, 35, 40, 45, 50)), -random.choice((5, 8, 10, 12, 15))
    curve = [random.randint(0, 3) for _ in range(5)]
    kernel = [[on if column == place else 0 for column in range(4)] for place in curve]
    for row in random.sample(range(5), 3):
        kernel[row][random.choice([column for column in range(4) if column != curve[row]])] = off
    window = [[10 * random.choice((0, 0, 1, 2, 3, 4, 5)) for _ in range(4)] for _ in range(5)]
    return {"window": window, "kernel": kernel}


def _response(window, kernel):
    rows = zip(window, kernel, strict=True)
    return sum(a * b for pixels, weights in rows for a, b in zip(pixels, weights, strict=True))


detector_response = Question(
    "detector_response",
    "A detector for a curve has the weights{kernel}It lies on the pixels{window}How strong is its response?",
    _draw_detector,
    _response,
    (
        Misconception(
            "negative weights left out",
            lambda window, kernel: _response(window, [[max(0, weight) for weight in row] for row in kernel]),
            "What is bright beside the curve counts against it.",
        ),
        Misconception(
            "negative weights taken for positive",
            lambda window, kernel: _response(window, [[abs(weight) for weight in row] for row in kernel]),
            "What is bright beside the curve counts against it.",
        ),
        Misconception(
            "kernel turned around",
            lambda window, kernel: _response(window, [row[::-1] for row in kernel[::-1]]),
            "The kernel is laid on the pixels as it is.",
        ),
        Misconception(
            "all pixels counted",
            lambda window, kernel: sum(map(sum, window)) * max(map(max, kernel)),
            "A pixel under a weight of 0 counts nothing.",
        ),
        Misconception(
            "divided by the number of pixels",
            lambda window, kernel: round(_response(window, kernel) / 20, 3),
            "The products are added up; nothing is divided.",
        ),
    ),
)

# In the order of the lesson.
QUESTIONS = (padded_size, map_shape, pooled_shape, layer_parameters, stack_field, detector_response)
