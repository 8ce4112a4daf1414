"""Lesson 04: the many ways to be right about a convolutional layer and the layers around it."""

import numpy as np

# conv_layer -------------------------------------------------------------------------------------


def layer_seven_loops(x, filters, bias, stride=1, pad=0):
    height, width, depth = x.shape
    count, h, w, _ = filters.shape
    rows, columns = (height + 2 * pad - h) // stride + 1, (width + 2 * pad - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for k in range(count):
        for i in range(rows):
            for j in range(columns):
                total = float(bias[k])
                for p in range(h):
                    for q in range(w):
                        row, column = i * stride + p - pad, j * stride + q - pad
                        if 0 <= row < height and 0 <= column < width:
                            for c in range(depth):
                                total += float(x[row, column, c]) * float(filters[k, p, q, c])
                out[i, j, k] = total
    return out


def layer_slices(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count))
    for i in range(rows):
        for j in range(columns):
            window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
            for k in range(count):
                out[i, j, k] = np.sum(window * filters[k]) + bias[k]
    return out


def layer_stacked_maps(x, filters, bias, stride=1, pad=0):
    def conv(image, kernel):
        h, w = kernel.shape[:2]
        rows = range(0, image.shape[0] - h + 1, stride)
        columns = range(0, image.shape[1] - w + 1, stride)
        return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])

    padded = np.zeros((x.shape[0] + 2 * pad, x.shape[1] + 2 * pad, x.shape[2]))
    padded[pad : pad + x.shape[0], pad : pad + x.shape[1]] = x
    return np.stack([conv(padded, kernel) + b for kernel, b in zip(filters, bias, strict=True)], axis=-1)


def layer_windows_einsum(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x.astype(float), ((pad, pad), (pad, pad), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, filters.shape[1:3], axis=(0, 1))
    return np.einsum("ijcpq,kpqc->ijk", windows[::stride, ::stride], filters) + bias


def layer_tensordot(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0))).astype(np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(padded, filters.shape[1:])[::stride, ::stride, 0]
    return np.tensordot(windows, filters, axes=((2, 3, 4), (1, 2, 3))) + bias


def layer_im2col(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, [(pad, pad)] * 2 + [(0, 0)])
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    patches = [
        padded[i * stride : i * stride + h, j * stride : j * stride + w].flatten()
        for i in range(rows)
        for j in range(columns)
    ]
    maps = np.array(patches, dtype=float) @ filters.reshape(count, -1).T + bias
    return maps.reshape(rows, columns, count)


def layer_shifted_sums(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    count, h, w, _ = filters.shape
    rows, columns = padded.shape[0] - h + 1, padded.shape[1] - w + 1
    out = np.zeros((rows, columns, count)) + bias
    for p in range(h):
        for q in range(w):
            out += padded[p : p + rows, q : q + columns] @ filters[:, p, q, :].T.astype(float)
    return out[::stride, ::stride]


def layer_float32(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x.astype(np.float32), ((pad, pad), (pad, pad), (0, 0)))
    filters = filters.astype(np.float32)
    count, h, w, _ = filters.shape
    rows, columns = (padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1
    out = np.zeros((rows, columns, count), dtype=np.float32)
    for i, j, k in np.ndindex(rows, columns, count):
        window = padded[i * stride : i * stride + h, j * stride : j * stride + w]
        out[i, j, k] = np.vdot(window, filters[k]) + np.float32(bias[k])
    return out


def layer_list_of_lists(x, filters, bias, stride=1, pad=0):
    x, filters, bias = x.tolist(), filters.tolist(), bias.tolist()
    height, width, depth = len(x), len(x[0]), len(x[0][0])
    empty = [0] * depth
    padded = [[empty] * (width + 2 * pad) for _ in range(pad)]
    padded += [[empty] * pad + row + [empty] * pad for row in x]
    padded += [[empty] * (width + 2 * pad) for _ in range(pad)]
    h, w = len(filters[0]), len(filters[0][0])
    return [
        [
            [
                b
                + sum(
                    padded[i + p][j + q][c] * kernel[p][q][c] for p in range(h) for q in range(w) for c in range(depth)
                )
                for kernel, b in zip(filters, bias, strict=True)
            ]
            for j in range(0, width + 2 * pad - w + 1, stride)
        ]
        for i in range(0, height + 2 * pad - h + 1, stride)
    ]


def layer_as_strided(x, filters, bias, stride=1, pad=0):
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    _, h, w, depth = filters.shape
    down, across, deep = padded.strides
    shape = ((padded.shape[0] - h) // stride + 1, (padded.shape[1] - w) // stride + 1, h, w, depth)
    steps = (down * stride, across * stride, down, across, deep)
    windows = np.lib.stride_tricks.as_strided(padded, shape, steps, writeable=False)
    return (windows[:, :, None] * filters).sum(axis=(3, 4, 5)) + bias


# batch_norm -------------------------------------------------------------------------------------


def norm_by_axes(x, gamma, beta, eps=1e-5):
    mean, variance = x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta


def norm_channel_by_channel(x, gamma, beta, eps=1e-5):
    out = np.empty(x.shape)
    for c in range(x.shape[3]):
        values = x[:, :, :, c]
        out[:, :, :, c] = (values - np.mean(values)) / (np.var(values) + eps) ** 0.5 * gamma[c] + beta[c]
    return out


def norm_of_a_table(x, gamma, beta, eps=1e-5):
    table = x.reshape(-1, x.shape[-1])
    centred = table - np.average(table, axis=0)
    return (gamma * centred / np.sqrt((centred**2).mean(0) + eps) + beta).reshape(x.shape)


def norm_by_loops(x, gamma, beta, eps=1e-5):
    count, height, width, depth = x.shape
    number = count * height * width
    out = np.zeros(x.shape)
    for c in range(depth):
        total = squares = 0.0
        for place in np.ndindex(count, height, width):
            total += float(x[(*place, c)])
        for place in np.ndindex(count, height, width):
            squares += (float(x[(*place, c)]) - total / number) ** 2
        for place in np.ndindex(count, height, width):
            normal = (float(x[(*place, c)]) - total / number) / (squares / number + eps) ** 0.5
            out[(*place, c)] = normal * gamma[c] + beta[c]
    return out


def norm_one_factor(x, gamma, beta, eps=1e-5):
    x = x.astype(float)
    mean = np.einsum("nhwc->c", x) / x[..., 0].size
    variance = np.einsum("nhwc,nhwc->c", x, x) / x[..., 0].size - mean**2
    factor = gamma / np.sqrt(np.maximum(variance, 0) + eps)
    return x * factor + (beta - mean * factor)


def norm_float32(x, gamma, beta, eps=1e-5):
    x, gamma, beta = np.float32(x), np.float32(gamma), np.float32(beta)
    mean = x.mean(axis=(0, 1, 2), keepdims=True)
    variance = np.mean(np.square(x - mean), axis=(0, 1, 2), keepdims=True)
    return gamma.reshape(1, 1, 1, -1) * ((x - mean) / np.sqrt(variance + np.float32(eps))) + beta


def norm_channels_first(x, gamma, beta, eps=1e-5):
    planes = np.moveaxis(x, 3, 0).reshape(x.shape[3], -1)
    normal = (planes - planes.mean(1)[:, None]) / np.sqrt(planes.var(1)[:, None] + eps)
    scaled = normal * gamma[:, None] + beta[:, None]
    return np.moveaxis(scaled.reshape(x.shape[3], *x.shape[:3]), 0, 3)


def norm_as_lists(x, gamma, beta, eps=1e-5):
    mean, deviation = x.mean((0, 1, 2)).tolist(), np.sqrt(x.var((0, 1, 2)) + eps).tolist()
    parameters = list(zip(mean, deviation, gamma.tolist(), beta.tolist(), strict=True))
    return [
        [
            [[(v - m) / d * g + b for v, (m, d, g, b) in zip(pixel, parameters, strict=True)] for pixel in row]
            for row in picture
        ]
        for picture in x.tolist()
    ]


# dropout ----------------------------------------------------------------------------------------


def drop_by_mask(x, rate, rng):
    mask = rng.random(x.shape) >= rate
    return x * mask / (1 - rate)


def drop_by_where(x, rate, rng):
    return np.where(rng.uniform(size=x.shape) < rate, 0.0, x / (1 - rate))


def drop_by_binomial(x, rate, rng):
    return x * rng.binomial(1, 1 - rate, size=x.shape) / (1 - rate)


def drop_by_choice(x, rate, rng):
    return x * rng.choice([0, 1], size=x.shape, p=[rate, 1 - rate]) / (1 - rate)


def drop_an_exact_number(x, rate, rng):
    out = (x / (1 - rate)).flatten()
    out[rng.permutation(x.size)[: round(rate * x.size)]] = 0
    return out.reshape(x.shape)


def drop_chosen_places(x, rate, rng):
    out = np.array(x, dtype=float, order="C") / (1 - rate)
    out.reshape(-1)[rng.choice(x.size, int(rate * x.size), replace=False)] = 0
    return out


def drop_one_by_one(x, rate, rng):
    out = np.zeros(x.shape)
    for place in np.ndindex(*x.shape):
        if rng.random() >= rate:
            out[place] = x[place] / (1 - rate)
    return out


def drop_in_float32(x, rate, rng):
    kept = rng.random(x.shape, dtype=np.float32) >= rate
    return np.where(kept, x, 0).astype(np.float32) * np.float32(1 / (1 - rate))


def drop_in_a_copy(x, rate, rng):
    out = x.copy()
    out[rng.random(x.shape) < rate] = 0
    out /= 1 - rate
    return out


def drop_nothing_at_rate_0(x, rate, rng):
    if rate == 0:
        return x
    return x * (rng.random(x.shape) > rate) * (1 / (1 - rate))


def drop_by_shuffling(x, rate, rng):
    kept = np.arange(x.size) >= rate * x.size
    rng.shuffle(kept)
    return x * kept.reshape(x.shape) / (1 - rate)


def drop_by_a_child(x, rate, rng):
    child = np.random.default_rng(rng.integers(2**32))
    return np.where(child.random(x.shape) < 1 - rate, x, 0) / (1 - rate)


# flatten ----------------------------------------------------------------------------------------


def flatten_by_reshape(x):
    return x.reshape(len(x), -1)


def flatten_by_product(x):
    return np.reshape(x, (x.shape[0], int(np.prod(x.shape[1:]))))


def flatten_by_ravel(x):
    return np.array([example.ravel() for example in x])


def flatten_into_lists(x):
    def numbers(part):
        return [number for inner in part for number in numbers(inner)] if np.ndim(part) else [part]

    return [numbers(example) for example in x.tolist()]


def flatten_in_float32(x):
    out = np.empty((x.shape[0], x[0].size), dtype=np.float32)
    for n in range(x.shape[0]):
        out[n] = x[n].flatten()
    return out


def flatten_by_places(x):
    shape = x.shape[1:]
    return np.stack([x[(slice(None), *place)] for place in np.ndindex(*shape)], axis=1)


# dense ------------------------------------------------------------------------------------------


def dense_by_product(x, weights, bias):
    return x @ weights + bias


def dense_by_dot(x, weights, bias):
    return np.dot(x, weights) + bias[np.newaxis, :]


def dense_by_loops(x, weights, bias):
    out = np.zeros((x.shape[0], weights.shape[1]))
    for n in range(x.shape[0]):
        for m in range(weights.shape[1]):
            out[n, m] = bias[m]
            for d in range(x.shape[1]):
                out[n, m] += float(x[n, d]) * float(weights[d, m])
    return out


def dense_by_einsum(x, weights, bias):
    return np.einsum("nd,dm->nm", x, weights) + bias


def dense_row_by_row(x, weights, bias):
    return [(row[:, None] * weights).sum(axis=0) + bias for row in x]


def dense_float32(x, weights, bias):
    return np.float32(x) @ np.float32(weights) + np.float32(bias)


def dense_with_a_one(x, weights, bias):
    return np.hstack([x, np.ones((len(x), 1))]) @ np.vstack([weights, bias])


def dense_transposed_twice(x, weights, bias):
    return (weights.T @ x.T + bias.reshape(-1, 1)).T


def dense_into_lists(x, weights, bias):
    columns = list(zip(*weights.tolist(), strict=True))
    return [
        [b + sum(a * w for a, w in zip(row, column, strict=True)) for column, b in zip(columns, bias, strict=True)]
        for row in x.tolist()
    ]


# locally_connected2d ----------------------------------------------------------------------------


def local_four_loops(x, filters):
    rows, columns, h, w = filters.shape
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for p in range(h):
                for q in range(w):
                    out[i, j] += float(x[i + p, j + q]) * float(filters[i, j, p, q])
    return out


def local_slices(x, filters):
    rows, columns, h, w = filters.shape
    return np.array([[(x[i : i + h, j : j + w] * filters[i, j]).sum() for j in range(columns)] for i in range(rows)])


def local_windows_einsum(x, filters):
    windows = np.lib.stride_tricks.sliding_window_view(x, filters.shape[2:])
    return np.einsum("ijpq,ijpq->ij", windows.astype(float), filters)


def local_windows_sum(x, filters):
    windows = np.lib.stride_tricks.sliding_window_view(x, (filters.shape[2], filters.shape[3]))
    return (windows * filters).sum((2, 3))


def local_shifted_sums(x, filters):
    rows, columns, h, w = filters.shape
    return sum(x[p : p + rows, q : q + columns] * 1.0 * filters[:, :, p, q] for p in range(h) for q in range(w))


def local_float32(x, filters):
    x, filters = x.astype(np.float32), filters.astype(np.float32)
    rows, columns, h, w = filters.shape
    out = np.zeros((rows, columns), dtype=np.float32)
    for i, j in np.ndindex(rows, columns):
        out[i, j] = np.vdot(x[i : i + h, j : j + w], filters[i, j])
    return out


def local_into_lists(x, filters):
    x, filters = x.tolist(), filters.tolist()
    h, w = len(filters[0][0]), len(filters[0][0][0])
    return [
        [sum(x[i + p][j + q] * weights[p][q] for p in range(h) for q in range(w)) for j, weights in enumerate(row)]
        for i, row in enumerate(filters)
    ]


def local_matrix(x, filters):
    # The whole layer as one matrix on the flattened image.
    rows, columns, h, w = filters.shape
    matrix = np.zeros((rows, columns, *x.shape))
    for i, j in np.ndindex(rows, columns):
        matrix[i, j, i : i + h, j : j + w] = filters[i, j]
    return (matrix.reshape(rows * columns, -1) @ x.reshape(-1)).reshape(rows, columns)


def local_as_strided(x, filters):
    windows = np.lib.stride_tricks.as_strided(x, filters.shape, x.strides * 2, writeable=False)
    return np.sum(windows * filters, axis=(-2, -1))


RIGHT = {
    "conv_layer": (
        layer_seven_loops,
        layer_slices,
        layer_stacked_maps,
        layer_windows_einsum,
        layer_tensordot,
        layer_im2col,
        layer_shifted_sums,
        layer_float32,
        layer_list_of_lists,
        layer_as_strided,
    ),
    "batch_norm": (
        norm_by_axes,
        norm_channel_by_channel,
        norm_of_a_table,
        norm_by_loops,
        norm_one_factor,
        norm_float32,
        norm_channels_first,
        norm_as_lists,
    ),
    "dropout": (
        drop_by_mask,
        drop_by_where,
        drop_by_binomial,
        drop_by_choice,
        drop_an_exact_number,
        drop_chosen_places,
        drop_one_by_one,
        drop_in_float32,
        drop_in_a_copy,
        drop_nothing_at_rate_0,
        drop_by_shuffling,
        drop_by_a_child,
    ),
    "flatten": (
        flatten_by_reshape,
        flatten_by_product,
        flatten_by_ravel,
        flatten_into_lists,
        flatten_in_float32,
        flatten_by_places,
    ),
    "dense": (
        dense_by_product,
        dense_by_dot,
        dense_by_loops,
        dense_by_einsum,
        dense_row_by_row,
        dense_float32,
        dense_with_a_one,
        dense_transposed_twice,
        dense_into_lists,
    ),
    "locally_connected2d": (
        local_four_loops,
        local_slices,
        local_windows_einsum,
        local_windows_sum,
        local_shifted_sums,
        local_float32,
        local_into_lists,
        local_matrix,
        local_as_strided,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "conv_layer": {
        "every cell is written before it is read": (
            "layer_seven_loops: np.zeros → np.ones",
            "layer_slices: np.zeros → np.ones",
        ),
        "both have one entry for each filter": (
            "layer_stacked_maps: zip(filters, bias, strict=True) → zip(filters, bias)",
            "layer_stacked_maps: True → False",
        ),
    },
    "batch_norm": {
        "sums, means and maxima do not depend on the order of the axes; windows are square": (
            "norm_by_axes: (0, 1, 2) → (1, 0, 2)",
            "norm_by_axes: (0, 1, 2) → (1, 0, 2) (2)",
        ),
        "NumPy takes any negative side as the rest": ("norm_of_a_table: 1 → 2",),
        "every cell is written before it is read": ("norm_by_loops: np.zeros → np.ones",),
    },
    "dropout": {
        "the generator gives the rate itself with probability 0": (
            "drop_by_mask: rng.random(x.shape) >= rate → rng.random(x.shape) > rate",
            "drop_by_where: rng.uniform(size=x.shape) < rate → rng.uniform(size=x.shape) <= rate",
        ),
    },
    "flatten": {
        "NumPy takes any negative side as the rest": ("flatten_by_reshape: 1 → 2",),
    },
    "dense": {
        "every cell is written before it is read": ("dense_by_loops: np.zeros → np.ones",),
    },
    "locally_connected2d": {
        "sums, means and maxima do not depend on the order of the axes; windows are square": (
            "local_windows_sum: (2, 3) → (3, 2)",
        ),
    },
}
