"""Lesson 05: the many ways to be right about shapes, parameters and receptive fields."""

import numpy as np

# output_size ------------------------------------------------------------------------------------


def size_by_formula(size, kernel, stride=1, pad=0):
    return (size + 2 * pad - kernel) // stride + 1


def size_by_range(size, kernel, stride=1, pad=0):
    return len(range(0, size + 2 * pad - kernel + 1, stride))


def size_by_walking(size, kernel, stride=1, pad=0):
    start, places = -pad, 0
    while start + kernel <= size + pad:
        places += 1
        start += stride
    return places


def size_by_floor(size, kernel, stride=1, pad=0):
    return np.floor((size + 2 * pad - kernel) / stride) + 1


def size_by_int(size, kernel, stride=1, pad=0):
    return int((size - kernel + 2 * pad + stride) / stride)


def size_by_slicing(size, kernel, stride=1, pad=0):
    starts = np.arange(size + 2 * pad)[: size + 2 * pad - kernel + 1]
    return starts[::stride].size


# conv_output_shape ------------------------------------------------------------------------------


def shape_by_formula(shape, n_filters, kernel, stride=1, pad=0):
    height, width, _ = shape
    return (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1, n_filters


def shape_by_helper(shape, n_filters, kernel, stride=1, pad=0):
    def places(size):
        return (size + 2 * pad - kernel) // stride + 1

    return (places(shape[0]), places(shape[1]), n_filters)


def shape_as_list(shape, n_filters, kernel, stride=1, pad=0):
    return [*((side + 2 * pad - kernel) // stride + 1 for side in shape[:2]), n_filters]


def shape_as_array(shape, n_filters, kernel, stride=1, pad=0):
    out = np.array(shape)
    out[:2] = (out[:2] + 2 * pad - kernel) // stride + 1
    out[2] = n_filters
    return out


def shape_of_ranges(shape, n_filters, kernel, stride=1, pad=0):
    rows = range(-pad, shape[0] + pad - kernel + 1, stride)
    columns = range(-pad, shape[1] + pad - kernel + 1, stride)
    return len(rows), len(columns), n_filters


def shape_as_floats(shape, n_filters, kernel, stride=1, pad=0):
    sides = np.floor((np.array(shape[:2], dtype=float) + 2 * pad - kernel) / stride) + 1
    return tuple(np.append(sides, n_filters))


# conv_params ------------------------------------------------------------------------------------


def params_by_formula(kernel, channels, n_filters, bias=True):
    return n_filters * (kernel * kernel * channels + (1 if bias else 0))


def params_in_steps(kernel, channels, n_filters, bias=True):
    weights = kernel**2 * channels * n_filters
    if bias:
        weights += n_filters
    return weights


def params_by_flag(kernel, channels, n_filters, bias=True):
    return (kernel * kernel * channels + bias) * n_filters


def params_of_arrays(kernel, channels, n_filters, bias=True):
    filters = np.empty((n_filters, kernel, kernel, channels), dtype=np.uint8)
    return filters.size + (np.zeros(n_filters).size if bias else 0)


def params_by_product(kernel, channels, n_filters, bias=True):
    return np.prod([kernel, kernel, channels, n_filters]) + n_filters * int(bias)


def params_added_up(kernel, channels, n_filters, bias=True):
    return float(sum(kernel * kernel * channels + int(bias) for _ in range(n_filters)))


# dense_params -----------------------------------------------------------------------------------


def dense_by_formula(n_in, n_out, bias=True):
    return n_in * n_out + (n_out if bias else 0)


def dense_by_units(n_in, n_out, bias=True):
    return n_out * (n_in + int(bias))


def dense_in_steps(n_in, n_out, bias=True):
    total = n_in * n_out
    if bias:
        total = total + n_out
    return total


def dense_by_branches(n_in, n_out, bias=True):
    if not bias:
        return n_in * n_out
    return (n_in + 1) * n_out


def dense_by_numpy(n_in, n_out, bias=True):
    return np.int64(n_in) * np.int64(n_out) + np.int64(n_out) * np.int64(bias)


def dense_as_float(n_in, n_out, bias=True):
    return float(n_in) * n_out + n_out * bias


# locally_connected_params -----------------------------------------------------------------------


def local_by_formula(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    height, width, channels = shape
    rows, columns = (height + 2 * pad - kernel) // stride + 1, (width + 2 * pad - kernel) // stride + 1
    return rows * columns * n_filters * (kernel * kernel * channels + (1 if bias else 0))


def local_in_two_parts(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    places = 1
    for side in shape[:2]:
        places *= (side + 2 * pad - kernel) // stride + 1
    weights = places * n_filters * kernel**2 * shape[2]
    return weights + places * n_filters if bias else weights


def local_place_by_place(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    total = 0
    for _ in range(-pad, shape[0] + pad - kernel + 1, stride):
        for _ in range(-pad, shape[1] + pad - kernel + 1, stride):
            total += n_filters * (kernel * kernel * shape[2] + int(bias))
    return total


def local_by_product(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    sides = (np.array(shape[:2]) + 2 * pad - kernel) // stride + 1
    return np.prod([*sides, n_filters, kernel * kernel * shape[2] + bias])


def local_by_outputs(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    def places(size):
        return (size + 2 * pad - kernel) // stride + 1

    outputs = places(shape[0]) * places(shape[1]) * n_filters
    return outputs * kernel * kernel * shape[2] + outputs * bias


def local_as_float(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    rows, columns = (np.floor((side + 2 * pad - kernel) / stride) + 1 for side in shape[:2])
    return rows * columns * n_filters * (kernel**2 * shape[2] + (bias is True))


# receptive_field --------------------------------------------------------------------------------


def field_forwards(layers):
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def field_backwards(layers):
    field = 1
    for kernel, stride in reversed(layers):
        field = (field - 1) * stride + kernel
    return field


def field_by_recursion(layers):
    def seen(rest):
        if not rest:
            return 1
        kernel, stride = rest[0]
        return kernel + stride * (seen(rest[1:]) - 1)

    return seen(list(layers))


def field_by_products(layers):
    total = 1
    for number, (kernel, _) in enumerate(layers):
        before = 1
        for _, stride in layers[:number]:
            before *= stride
        total += (kernel - 1) * before
    return total


def field_by_cumprod(layers):
    kernels, strides = np.array(layers).T
    steps = np.cumprod(np.concatenate(([1], strides[:-1])))
    return 1 + np.sum((kernels - 1) * steps)


def field_of_first_and_last(layers):
    # The cells that the first and the last cell of the window come from, layer by layer towards the input.
    first = last = 0
    for kernel, stride in layers[::-1]:
        first, last = first * stride, last * stride + kernel - 1
    return float(last - first + 1)


RIGHT = {
    "output_size": (
        size_by_formula,
        size_by_range,
        size_by_walking,
        size_by_floor,
        size_by_int,
        size_by_slicing,
    ),
    "conv_output_shape": (
        shape_by_formula,
        shape_by_helper,
        shape_as_list,
        shape_as_array,
        shape_of_ranges,
        shape_as_floats,
    ),
    "conv_params": (
        params_by_formula,
        params_in_steps,
        params_by_flag,
        params_of_arrays,
        params_by_product,
        params_added_up,
    ),
    "dense_params": (
        dense_by_formula,
        dense_by_units,
        dense_in_steps,
        dense_by_branches,
        dense_by_numpy,
        dense_as_float,
    ),
    "locally_connected_params": (
        local_by_formula,
        local_in_two_parts,
        local_place_by_place,
        local_by_product,
        local_by_outputs,
        local_as_float,
    ),
    "receptive_field": (
        field_forwards,
        field_backwards,
        field_by_recursion,
        field_by_products,
        field_by_cumprod,
        field_of_first_and_last,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "output_size": {
        "the quotient is rounded down once, here or there": (
            "size_by_floor: (size + 2 * pad - kernel) / stride → (size + 2 * pad - kernel) // stride",
        ),
    },
    "conv_output_shape": {
        "the quotient is rounded down once, here or there": (
            "shape_as_array: (out[:2] + 2 * pad - kernel) // stride → (out[:2] + 2 * pad - kernel) / stride",
        ),
    },
    "conv_params": {
        "only the number of cells is asked, whatever their type, order and content": (
            "params_of_arrays: np.empty((n_filters, kernel, kernel, channels), dtype=np.... → np.empty((n_filters, kernel, kernel, channels))",  # noqa: E501
            "params_of_arrays: (n_filters, kernel, kernel, channels) → (kernel, n_filters, kernel, channels)",
        ),
        "every cell is written before it is read": ("params_of_arrays: np.zeros → np.ones",),
    },
    "locally_connected_params": {
        "rows and columns enter the product alike": (
            "local_by_formula: (height, width, channels) → (width, height, channels)",
            "local_by_formula: (rows, columns) → (columns, rows)",
            "local_by_formula: ((height + 2 * pad - kernel) // stride + 1, (width + 2 * ... → ((width + 2 * pad - kernel) // stride + 1, (height + 2 * ...",  # noqa: E501
        ),
    },
    "receptive_field": {
        "both start at 1": ("field_forwards: (field, step) → (step, field)",),
    },
}
