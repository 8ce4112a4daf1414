"""Lesson 03: the many ways to be right about activation functions and pooling."""

import numpy as np

# relu -------------------------------------------------------------------------------------------


def relu_maximum(x):
    return np.maximum(x, 0)


def relu_where(x):
    return np.where(x > 0, x, 0)


def relu_mask(x):
    return x * (x > 0)


def relu_copy_and_assign(x):
    out = x.copy()
    out[out < 0] = 0
    return out


def relu_halved(x):
    return (x + np.abs(x)) / 2


def relu_number_by_number(x):
    return np.array([max(float(value), 0.0) for value in x.ravel()], dtype=np.float32).reshape(x.shape)


# sigmoid ----------------------------------------------------------------------------------------


def sigmoid_plain(x):
    # It only warns: exp of a large number is infinite, and 1 / infinity is 0.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def sigmoid_two_cases(x):
    out = np.zeros(x.shape)
    positive = x >= 0
    out[positive] = 1 / (1 + np.exp(-x[positive]))
    powers = np.exp(x[~positive])
    out[~positive] = powers / (1 + powers)
    return out


def sigmoid_by_tanh(x):
    return 0.5 + 0.5 * np.tanh(x / 2)


def sigmoid_clipped(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -60, 60)))


def sigmoid_by_logaddexp(x):
    return np.exp(-np.logaddexp(0, -x))


def sigmoid_float32(x):
    x = x.astype(np.float32)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, small) / (1 + small)


def sigmoid_number_by_number(x):
    def one(value):
        if value >= 0:
            return 1 / (1 + np.exp(-value))
        return np.exp(value) / (1 + np.exp(value))

    return np.array([one(float(value)) for value in x.flat]).reshape(x.shape)


# softmax ----------------------------------------------------------------------------------------


def softmax_keepdims(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def softmax_transposed(x):
    powers = np.exp((x.T - x.T.max(axis=0)).T)
    return (powers.T / powers.T.sum(axis=0)).T


def softmax_row_by_row(x):
    if x.ndim == 1:
        powers = np.exp(x - np.max(x))
        return powers / np.sum(powers)
    rows = []
    for row in x:
        powers = np.exp(row - np.max(row))
        rows.append(powers / np.sum(powers))
    return rows


def softmax_of_lists(x):
    def one(row):
        top = max(row)
        powers = [float(np.exp(score - top)) for score in row]
        total = sum(powers)
        return [power / total for power in powers]

    return one(x.tolist()) if x.ndim == 1 else [one(row) for row in x.tolist()]


def softmax_by_logarithms(x):
    total = np.logaddexp.reduce(x.astype(float), axis=-1, keepdims=True)
    return np.exp(x - total)


def softmax_float32(x):
    x = x.astype(np.float32)
    powers = np.exp(x - np.amax(x, axis=x.ndim - 1, keepdims=True))
    return np.divide(powers, np.sum(powers, axis=x.ndim - 1)[..., None])


def softmax_by_differences(x):
    # exp(b) / exp(a) = exp(b - a): one over the sum of the ratios.
    with np.errstate(over="ignore"):
        return 1 / np.exp(x[..., np.newaxis, :] - x[..., :, np.newaxis]).sum(axis=-1)


# pooling ----------------------------------------------------------------------------------------


def max_slices(x, size=2, stride=None):
    stride = stride or size
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].max(axis=(0, 1)) for j in columns] for i in rows])


def max_loops(x, size=2, stride=None):
    if stride is None:
        stride = size
    rows, columns = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    channels = x.reshape(*x.shape[:2], -1)
    out = np.zeros((rows, columns, channels.shape[2]))
    for i in range(rows):
        for j in range(columns):
            for c in range(channels.shape[2]):
                out[i, j, c] = max(
                    channels[i * stride + p, j * stride + q, c] for p in range(size) for q in range(size)
                )
    return out.reshape(rows, columns, *x.shape[2:])


def max_windows(x, size=2, stride=None):
    step = size if stride is None else stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))[::step, ::step]
    return windows.max(axis=(-2, -1))


def max_shifted(x, size=2, stride=None):
    step = size if stride is None else stride
    rows, columns = x.shape[0] - size + 1, x.shape[1] - size + 1
    shifted = [x[p : p + rows : step, q : q + columns : step] for p in range(size) for q in range(size)]
    return np.maximum.reduce(shifted)


def max_lists(x, size=2, stride=None):
    step = size if stride is None else stride

    def one(rows):
        return [
            [
                max(cell for row in rows[i : i + size] for cell in row[j : j + size])
                for j in range(0, len(rows[0]) - size + 1, step)
            ]
            for i in range(0, len(rows) - size + 1, step)
        ]

    if x.ndim == 2:
        return one(x.tolist())
    return np.moveaxis([one(x[:, :, c].tolist()) for c in range(x.shape[2])], 0, -1)


def max_as_strided(x, size=2, stride=None):
    step = size if stride is None else stride
    shape = ((x.shape[0] - size) // step + 1, (x.shape[1] - size) // step + 1, *x.shape[2:], size, size)
    down, across, *deep = x.strides
    strides = (down * step, across * step, *deep, down, across)
    windows = np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)
    return windows.reshape(*shape[:-2], -1).astype(np.float32).max(axis=-1)


def max_rows_then_columns(x, size=2, stride=None):
    step = size if stride is None else stride
    for _ in range(2):
        starts = range(0, x.shape[0] - size + 1, step)
        x = np.stack([x[i : i + size].max(axis=0) for i in starts]).swapaxes(0, 1)
    return x


def avg_slices(x, size=2, stride=None):
    stride = stride or size
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].mean(axis=(0, 1)) for j in columns] for i in rows])


def avg_loops(x, size=2, stride=None):
    if stride is None:
        stride = size
    rows, columns = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    channels = x.reshape(*x.shape[:2], -1)
    out = np.zeros((rows, columns, channels.shape[2]))
    for i in range(rows):
        for j in range(columns):
            for c in range(channels.shape[2]):
                out[i, j, c] = np.mean(channels[i * stride : i * stride + size, j * stride : j * stride + size, c])
    return out.reshape(rows, columns, *x.shape[2:])


def avg_windows(x, size=2, stride=None):
    step = size if stride is None else stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))[::step, ::step]
    return windows.mean(axis=(-2, -1))


def avg_shifted(x, size=2, stride=None):
    step = size if stride is None else stride
    rows, columns = x.shape[0] - size + 1, x.shape[1] - size + 1
    shifted = [x[p : p + rows : step, q : q + columns : step] for p in range(size) for q in range(size)]
    return sum(part.astype(float) for part in shifted) / len(shifted)


def avg_lists(x, size=2, stride=None):
    step = size if stride is None else stride

    def one(rows):
        return [
            [
                sum(sum(row[j : j + size]) for row in rows[i : i + size]) / size**2
                for j in range(0, len(rows[0]) - size + 1, step)
            ]
            for i in range(0, len(rows) - size + 1, step)
        ]

    if x.ndim == 2:
        return one(x.tolist())
    return np.moveaxis([one(x[:, :, c].tolist()) for c in range(x.shape[2])], 0, -1)


def avg_as_strided(x, size=2, stride=None):
    step = size if stride is None else stride
    shape = ((x.shape[0] - size) // step + 1, (x.shape[1] - size) // step + 1, *x.shape[2:], size, size)
    down, across, *deep = x.strides
    strides = (down * step, across * step, *deep, down, across)
    windows = np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)
    return windows.reshape(*shape[:-2], -1).astype(np.float32).mean(axis=-1)


def avg_rows_then_columns(x, size=2, stride=None):
    step = size if stride is None else stride
    for _ in range(2):
        starts = range(0, x.shape[0] - size + 1, step)
        x = np.stack([x[i : i + size].mean(axis=0) for i in starts]).swapaxes(0, 1)
    return x


def sum_slices(x, size=2, stride=None):
    stride = stride or size
    rows, columns = range(0, x.shape[0] - size + 1, stride), range(0, x.shape[1] - size + 1, stride)
    return np.array([[x[i : i + size, j : j + size].sum(axis=(0, 1)) for j in columns] for i in rows])


def sum_loops(x, size=2, stride=None):
    if stride is None:
        stride = size
    rows, columns = (x.shape[0] - size) // stride + 1, (x.shape[1] - size) // stride + 1
    channels = x.reshape(*x.shape[:2], -1)
    out = np.zeros((rows, columns, channels.shape[2]))
    for i in range(rows):
        for j in range(columns):
            for c in range(channels.shape[2]):
                out[i, j, c] = sum(
                    float(channels[i * stride + p, j * stride + q, c]) for p in range(size) for q in range(size)
                )
    return out.reshape(rows, columns, *x.shape[2:])


def sum_windows(x, size=2, stride=None):
    step = size if stride is None else stride
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(0, 1))[::step, ::step]
    return windows.sum(axis=(-2, -1))


def sum_shifted(x, size=2, stride=None):
    step = size if stride is None else stride
    rows, columns = x.shape[0] - size + 1, x.shape[1] - size + 1
    shifted = [x[p : p + rows : step, q : q + columns : step] for p in range(size) for q in range(size)]
    return np.sum(shifted, axis=0)


def sum_lists(x, size=2, stride=None):
    step = size if stride is None else stride

    def one(rows):
        return [
            [sum(sum(row[j : j + size]) for row in rows[i : i + size]) for j in range(0, len(rows[0]) - size + 1, step)]
            for i in range(0, len(rows) - size + 1, step)
        ]

    if x.ndim == 2:
        return one(x.tolist())
    return np.moveaxis([one(x[:, :, c].tolist()) for c in range(x.shape[2])], 0, -1)


def sum_as_strided(x, size=2, stride=None):
    step = size if stride is None else stride
    shape = ((x.shape[0] - size) // step + 1, (x.shape[1] - size) // step + 1, *x.shape[2:], size, size)
    down, across, *deep = x.strides
    strides = (down * step, across * step, *deep, down, across)
    windows = np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)
    return windows.reshape(*shape[:-2], -1).astype(np.float32).sum(axis=-1)


def sum_rows_then_columns(x, size=2, stride=None):
    step = size if stride is None else stride
    for _ in range(2):
        starts = range(0, x.shape[0] - size + 1, step)
        x = np.stack([x[i : i + size].sum(axis=0) for i in starts]).swapaxes(0, 1)
    return x


# global_avg_pool --------------------------------------------------------------------------------


def global_mean(x):
    return x.mean(axis=(0, 1))


def global_mean_twice(x):
    return np.mean(np.mean(x, axis=0), axis=0)


def global_reshaped(x):
    return x.reshape(-1, x.shape[-1]).mean(axis=0)


def global_channel_by_channel(x):
    return [float(x[:, :, c].mean()) for c in range(x.shape[2])]


def global_loops(x):
    height, width, depth = x.shape
    out = np.zeros(depth, dtype=np.float32)
    for i in range(height):
        for j in range(width):
            for c in range(depth):
                out[c] += x[i, j, c] / (height * width)
    return out


def global_einsum(x):
    return np.einsum("ijc->c", x.astype(float)) / (x.shape[0] * x.shape[1])


RIGHT = {
    "relu": (relu_maximum, relu_where, relu_mask, relu_copy_and_assign, relu_halved, relu_number_by_number),
    "sigmoid": (
        sigmoid_plain,
        sigmoid_two_cases,
        sigmoid_by_tanh,
        sigmoid_clipped,
        sigmoid_by_logaddexp,
        sigmoid_float32,
        sigmoid_number_by_number,
    ),
    "softmax": (
        softmax_keepdims,
        softmax_transposed,
        softmax_row_by_row,
        softmax_of_lists,
        softmax_by_logarithms,
        softmax_float32,
        softmax_by_differences,
    ),
    "max_pool2d": (
        max_slices,
        max_loops,
        max_windows,
        max_shifted,
        max_lists,
        max_as_strided,
        max_rows_then_columns,
    ),
    "avg_pool2d": (
        avg_slices,
        avg_loops,
        avg_windows,
        avg_shifted,
        avg_lists,
        avg_as_strided,
        avg_rows_then_columns,
    ),
    "sum_pool2d": (
        sum_slices,
        sum_loops,
        sum_windows,
        sum_shifted,
        sum_lists,
        sum_as_strided,
        sum_rows_then_columns,
    ),
    "global_avg_pool": (
        global_mean,
        global_mean_twice,
        global_reshaped,
        global_channel_by_channel,
        global_loops,
        global_einsum,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "relu": {
        "0 is 0 either way": (
            "relu_where: x > 0 → x >= 0",
            "relu_mask: x > 0 → x >= 0",
            "relu_copy_and_assign: out < 0 → out <= 0",
        ),
    },
    "max_pool2d": {
        "the axes may be taken in any order": (
            "max_slices: (0, 1) → (1, 0)",
            "max_windows: (-2, -1) → (-1, -2)",
            "max_windows: (0, 1) → (1, 0)",
        ),
        "every cell is written, whatever was in it": ("max_loops: np.zeros → np.ones",),
        "any negative length means what is left": ("max_loops: 1 → 2 (3)",),
    },
    "avg_pool2d": {
        "the axes may be taken in any order": (
            "avg_slices: (0, 1) → (1, 0)",
            "avg_windows: (-2, -1) → (-1, -2)",
            "avg_windows: (0, 1) → (1, 0)",
        ),
        "every cell is written, whatever was in it": ("avg_loops: np.zeros → np.ones",),
        "any negative length means what is left": ("avg_loops: 1 → 2 (3)",),
        "an array of up to three axes has no more lengths than three": ("avg_loops: 2 → 3 (3)",),
    },
    "sum_pool2d": {
        "the axes may be taken in any order": (
            "sum_slices: (0, 1) → (1, 0)",
            "sum_windows: (-2, -1) → (-1, -2)",
            "sum_windows: (0, 1) → (1, 0)",
        ),
        "every cell is written, whatever was in it": ("sum_loops: np.zeros → np.ones",),
        "any negative length means what is left": ("sum_loops: 1 → 2 (3)",),
    },
    "global_avg_pool": {
        "the axes may be taken in any order": (
            "global_mean: (0, 1) → (1, 0)",
            "global_mean_twice: 0 → 1 (2)",
        ),
        "any negative length means what is left": ("global_reshaped: 1 → 2",),
    },
    "sigmoid": {
        "it only warns": ("sigmoid_plain: np.errstate(over='ignore') → np.errstate()",),
        "both formulas are right close to 0": (
            "sigmoid_two_cases: x >= 0 → x > 0",
            "sigmoid_two_cases: 0 → 1",
            "sigmoid_two_cases: 0 → -1",
        ),
        "every cell is written, whatever was in it": ("sigmoid_two_cases: np.zeros → np.ones",),
        "the result is 0 or 1 long before the limit": (
            "sigmoid_clipped: 60 → 61",
            "sigmoid_clipped: 60 → 59",
            "sigmoid_clipped: 60 → 61 (2)",
            "sigmoid_clipped: 60 → 59 (2)",
        ),
    },
}
