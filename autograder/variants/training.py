"""Lesson 06: the many ways to be right about a loss, gradients, filters as pictures, and training."""

import numpy as np

# cross_entropy ----------------------------------------------------------------------------------


def entropy_indexed(probs, labels):
    chosen = probs[np.arange(len(labels)), labels]
    return -np.log(np.maximum(chosen, 1e-12)).mean()


def entropy_one_hot(probs, labels):
    wanted = np.eye(probs.shape[1])[labels]
    return -(wanted * np.log(probs + 1e-9)).sum() / len(probs)


def entropy_row_by_row(probs, labels):
    total = 0.0
    for row, label in zip(probs, labels):  # noqa: B905  as students write it
        total -= np.log(max(row[label], 1e-12))
    return total / len(labels)


def entropy_clipped(probs, labels):
    probs = np.clip(probs, 1e-7, 1 - 1e-7)
    return float(np.mean([-np.log(probs[n, label]) for n, label in enumerate(labels)]))


def entropy_taken_along(probs, labels):
    chosen = np.take_along_axis(probs, labels[:, None], axis=1)
    with np.errstate(divide="ignore"):
        losses = -np.log(chosen)
    return np.mean(np.minimum(losses, 30.0))


def entropy_float32(probs, labels):
    chosen = probs.astype(np.float32)[range(len(labels)), labels]
    return np.average(np.log(1 / np.maximum(chosen, np.float32(1e-30))))


def entropy_by_a_mask(probs, labels):
    right = np.arange(probs.shape[1]) == labels.reshape(-1, 1)
    return np.where(right, -np.log(np.where(probs > 0, probs, 1e-10)), 0).sum(axis=1).mean()


# relu_backward ----------------------------------------------------------------------------------


def gate_product(x, grad):
    return grad * (x > 0)


def gate_where(x, grad):
    return np.where(x > 0, grad, 0)


def gate_copy_and_assign(x, grad):
    out = np.array(grad)
    out[x <= 0] = 0
    return out


def gate_heaviside(x, grad):
    return np.heaviside(x, 0) * grad


def gate_number_by_number(x, grad):
    pairs = zip(x.ravel(), grad.ravel())  # noqa: B905  as students write it
    return np.array([g if value > 0 else 0.0 for value, g in pairs], dtype=np.float32).reshape(x.shape)


def gate_zeros_filled(x, grad):
    out = np.zeros_like(grad)
    open_ = x > 0
    out[open_] = grad[open_]
    return out


# max_pool2d_backward ----------------------------------------------------------------------------


def pool_back_argmax(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            window = x[i * size : i * size + size, j * size : j * size + size]
            row, column = np.unravel_index(window.argmax(), window.shape)
            out[i * size + row, j * size + column] = grad[i, j]
    return out


def pool_back_four_loops(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            best, where = x[i * size, j * size], (i * size, j * size)
            for p in range(i * size, (i + 1) * size):
                for q in range(j * size, (j + 1) * size):
                    if x[p, q] > best:
                        best, where = x[p, q], (p, q)
            out[where] += grad[i, j]
    return out


def pool_back_first_found(x, grad, size=2):
    out = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            window = x[i * size : (i + 1) * size, j * size : (j + 1) * size]
            rows, columns = np.where(window == window.max())
            out[i * size + rows[0], j * size + columns[0]] = grad[i, j]
    return out


def pool_back_reshaped(x, grad, size=2):
    rows, columns = grad.shape
    windows = x[: rows * size, : columns * size].reshape(rows, size, columns, size).transpose(0, 2, 1, 3)
    places = windows.reshape(rows, columns, -1).argmax(axis=2)
    spread = np.arange(size * size) == places[:, :, None]
    spread = (spread * grad[:, :, None]).reshape(rows, columns, size, size).transpose(0, 2, 1, 3)
    out = np.zeros(x.shape)
    out[: rows * size, : columns * size] = spread.reshape(rows * size, columns * size)
    return out


def pool_back_indexed(x, grad, size=2):
    out = np.zeros(x.shape, dtype=np.float32)
    i, j = np.indices(grad.shape)
    steps = [(p, q) for p in range(size) for q in range(size)]
    cells = np.stack([x[i * size + p, j * size + q] for p, q in steps])
    p, q = np.divmod(cells.argmax(axis=0), size)
    out[i * size + p, j * size + q] = grad
    return out


def pool_back_lists(x, grad, size=2):
    out = [[0.0] * x.shape[1] for _ in range(x.shape[0])]
    for i, line in enumerate(grad.tolist()):
        for j, value in enumerate(line):
            cells = [(i * size + p, j * size + q) for p in range(size) for q in range(size)]
            row, column = max(cells, key=lambda cell: x[cell])
            out[row][column] = value
    return out


# conv2d_backward --------------------------------------------------------------------------------


def conv_back_scattered(image, kernel, grad):
    h, w = kernel.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            grad_image[i : i + h, j : j + w] += grad[i, j] * kernel
            grad_kernel += grad[i, j] * image[i : i + h, j : j + w]
    return grad_image, grad_kernel


def conv_back_full(image, kernel, grad):
    h, w = kernel.shape
    padded = np.pad(grad, ((h - 1, h - 1), (w - 1, w - 1)))
    flipped = kernel[::-1, ::-1]
    grad_image = np.zeros(image.shape)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            grad_image[i, j] = (padded[i : i + h, j : j + w] * flipped).sum()
    grad_kernel = np.zeros(kernel.shape)
    for p in range(h):
        for q in range(w):
            grad_kernel[p, q] = (image[p : p + grad.shape[0], q : q + grad.shape[1]] * grad).sum()
    return grad_image, grad_kernel


def conv_back_by_weights(image, kernel, grad):
    rows, columns = grad.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for (p, q), weight in np.ndenumerate(kernel):
        grad_image[p : p + rows, q : q + columns] += weight * grad
        grad_kernel[p, q] = (image[p : p + rows, q : q + columns] * grad).sum()
    return grad_image, grad_kernel


def conv_back_four_loops(image, kernel, grad):
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            for p in range(kernel.shape[0]):
                for q in range(kernel.shape[1]):
                    grad_image[i + p, j + q] += grad[i, j] * kernel[p, q]
                    grad_kernel[p, q] += grad[i, j] * image[i + p, j + q]
    return [grad_image, grad_kernel]


def conv_back_windows(image, kernel, grad):
    def slide(picture, pattern):
        windows = np.lib.stride_tricks.sliding_window_view(picture, pattern.shape)
        return np.einsum("ijpq,pq->ij", windows.astype(float), pattern)

    border = [(side - 1, side - 1) for side in kernel.shape]
    return slide(np.pad(grad, border), np.flip(kernel)), slide(image, grad)


def conv_back_matrix(image, kernel, grad):
    (height, width), (h, w) = image.shape, kernel.shape
    matrix = np.zeros((grad.size, image.size), dtype=np.float32)
    for n, (i, j) in enumerate(np.ndindex(grad.shape)):
        for p in range(h):
            for q in range(w):
                matrix[n, (i + p) * width + j + q] = kernel[p, q]
    grad_image = (matrix.T @ grad.ravel()).reshape(height, width)
    columns = np.array([image[i : i + h, j : j + w].ravel() for i, j in np.ndindex(grad.shape)], dtype=float)
    return grad_image, (columns.T @ grad.ravel()).reshape(h, w)


# normalize_filters ------------------------------------------------------------------------------


def filters_by_axes(filters):
    low = filters.min(axis=(1, 2, 3), keepdims=True)
    span = filters.max(axis=(1, 2, 3), keepdims=True) - low
    return (filters - low) / np.where(span == 0, 1, span)


def filters_one_by_one(filters):
    out = np.zeros(filters.shape)
    for k in range(len(filters)):
        low, high = filters[k].min(), filters[k].max()
        if high > low:
            out[k] = (filters[k] - low) / (high - low)
    return out


def filters_in_a_list(filters):
    result = []
    for one in filters:
        moved = one - one.min()
        result.append(moved / moved.max() if moved.max() > 0 else moved * 0.0)
    return np.array(result)


def filters_flat(filters):
    flat = filters.reshape(len(filters), -1).astype(float)
    flat = flat - flat.min(axis=1)[:, None]
    span = flat.max(axis=1)
    span[span == 0] = 1
    return (flat / span[:, None]).reshape(filters.shape)


def filters_interpolated(filters):
    def one(weights):
        if np.ptp(weights) == 0:
            return np.zeros(weights.shape)
        return np.interp(weights, (weights.min(), weights.max()), (0, 1))

    return [one(weights) for weights in filters]


def filters_a_little_added(filters):
    low = np.amin(filters, axis=(1, 2, 3))[:, None, None, None]
    high = np.amax(filters, axis=(1, 2, 3))[:, None, None, None]
    return (filters - low) / (high - low + 1e-9)


def filters_without_nan(filters):
    filters = filters.astype(np.float32)
    low, high = filters.min((1, 2, 3), keepdims=True), filters.max((1, 2, 3), keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num((filters - low) / (high - low))


# train_and_predict ------------------------------------------------------------------------------


def train_hidden_layer(images, labels, new_images):
    rng = np.random.default_rng(0)
    x, wanted = images.reshape(len(images), -1), np.eye(10)[labels]
    first, second = rng.normal(0, 0.2, (64, 32)), rng.normal(0, 0.2, (32, 10))
    for _ in range(25):
        order = rng.permutation(len(x))
        for start in range(0, len(x), 8):
            some = order[start : start + 8]
            hidden = np.maximum(x[some] @ first, 0)
            powers = np.exp(hidden @ second)
            error = (powers / powers.sum(axis=1, keepdims=True) - wanted[some]) / len(some)
            back = (error @ second.T) * (hidden > 0)
            second -= 0.2 * hidden.T @ error
            first -= 0.2 * x[some].T @ back
    return (np.maximum(new_images.reshape(len(new_images), -1) @ first, 0) @ second).argmax(axis=1)


def train_image_by_image(images, labels, new_images):
    rng = np.random.default_rng(1)
    weights, bias = np.zeros((10, 64)), np.zeros(10)
    for _ in range(15):
        for n in rng.permutation(len(images)):
            x = images[n].ravel()
            powers = np.exp(weights @ x + bias)
            error = powers / powers.sum()
            error[labels[n]] -= 1
            weights -= 0.1 * np.outer(error, x)
            bias -= 0.1 * error
    return [int(np.argmax(weights @ image.ravel() + bias)) for image in new_images]


def train_in_batches(images, labels, new_images):
    rng = np.random.default_rng(2)
    flat = np.hstack([images.reshape(len(images), -1), np.ones((len(images), 1))])
    weights, speed = np.zeros((65, 10)), 0
    for _ in range(20):
        for some in np.array_split(rng.permutation(len(flat)), 4):
            powers = np.exp(flat[some] @ weights)
            probs = powers / powers.sum(axis=1, keepdims=True)
            probs[np.arange(len(some)), labels[some]] -= 1
            speed = 0.9 * speed - 0.1 * flat[some].T @ probs / len(some)
            weights = weights + speed
    return (new_images.reshape(len(new_images), -1) @ weights[:-1] + weights[-1]).argmax(axis=1)


def train_nearest_image(images, labels, new_images):
    found = []
    for image in new_images:
        found.append(labels[((images - image) ** 2).sum(axis=(1, 2)).argmin()])
    return np.array(found)


def train_small_cnn(images, labels, new_images):
    rng = np.random.default_rng(0)
    kernels, weights = rng.normal(0, 0.3, (3, 3, 6)), rng.normal(0, 0.2, (54, 10))
    bias, offsets = np.zeros(10), np.zeros(6)

    def forward(pictures):
        windows = np.lib.stride_tricks.sliding_window_view(pictures, (3, 3), axis=(1, 2))
        maps = np.einsum("nijpq,pqf->nijf", windows, kernels, optimize=True) + offsets
        cells = np.maximum(maps, 0).reshape(len(pictures), 3, 2, 3, 2, 6).transpose(0, 1, 3, 5, 2, 4)
        cells = cells.reshape(len(pictures), 3, 3, 6, 4)
        return windows, cells, cells.max(axis=-1).reshape(len(pictures), -1)

    for _ in range(15):
        order = rng.permutation(len(images))
        for start in range(0, len(images), 8):
            some = order[start : start + 8]
            windows, cells, flat = forward(images[some])
            scores = flat @ weights + bias
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            error = (powers / powers.sum(axis=1, keepdims=True) - np.eye(10)[labels[some]]) / len(some)
            back = (error @ weights.T).reshape(len(some), 3, 3, 6, 1)
            back = back * (np.arange(4) == cells.argmax(axis=-1)[..., None]) * (cells > 0)
            back = back.reshape(len(some), 3, 3, 6, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(len(some), 6, 6, 6)
            weights -= 0.3 * flat.T @ error
            bias -= 0.3 * error.sum(axis=0)
            kernels -= 0.3 * np.einsum("nijpq,nijf->pqf", windows, back, optimize=True)
            offsets -= 0.3 * back.sum(axis=(0, 1, 2))
    return (forward(new_images)[2] @ weights + bias).argmax(axis=1)


def train_adam_on_known_labels(images, labels, new_images):
    known, places = np.unique(labels, return_inverse=True)
    x = images.reshape(len(images), -1).astype(np.float32)
    x = np.hstack([x, np.ones_like(x[:, :1])])
    weights = np.zeros((65, len(known)), dtype=np.float32)
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, 101):
        scores = x @ weights
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = powers / powers.sum(axis=1, keepdims=True)
        probs[np.arange(len(x)), places] -= 1
        grad = x.T @ probs / len(x)
        mean, square = 0.9 * mean + 0.1 * grad, 0.999 * square + 0.001 * grad**2
        weights = weights - 0.02 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    scores = new_images.reshape(len(new_images), -1) @ weights[:-1] + weights[-1]
    return known[scores.argmax(axis=1)].tolist()


RIGHT = {
    "cross_entropy": (
        entropy_indexed,
        entropy_one_hot,
        entropy_row_by_row,
        entropy_clipped,
        entropy_taken_along,
        entropy_float32,
        entropy_by_a_mask,
    ),
    "relu_backward": (
        gate_product,
        gate_where,
        gate_copy_and_assign,
        gate_heaviside,
        gate_number_by_number,
        gate_zeros_filled,
    ),
    "max_pool2d_backward": (
        pool_back_argmax,
        pool_back_four_loops,
        pool_back_first_found,
        pool_back_reshaped,
        pool_back_indexed,
        pool_back_lists,
    ),
    "conv2d_backward": (
        conv_back_scattered,
        conv_back_full,
        conv_back_by_weights,
        conv_back_four_loops,
        conv_back_windows,
        conv_back_matrix,
    ),
    "normalize_filters": (
        filters_by_axes,
        filters_one_by_one,
        filters_in_a_list,
        filters_flat,
        filters_interpolated,
        filters_a_little_added,
        filters_without_nan,
    ),
    "train_and_predict": (
        train_nearest_image,
        train_hidden_layer,
        train_in_batches,
        train_image_by_image,
        train_small_cnn,
        train_adam_on_known_labels,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "cross_entropy": {
        "still far below every probability but 0": (
            "entropy_indexed: 1e-12 → 2e-12",
            "entropy_one_hot: 1e-09 → 2e-09",
            "entropy_row_by_row: 1e-12 → 2e-12",
            "entropy_clipped: 1e-07 → 2e-07",
        ),
        "no probability is above 1, and -log of nearly 1 is 0 to within rounding": (
            "entropy_clipped: 1 - 1e-07 → 1 + 1e-07",
            "entropy_clipped: 1 - 1e-07 → 1",
            "entropy_clipped: 1 → 2",
            "entropy_clipped: 1e-07 → 2e-07 (2)",
        ),
    },
    "relu_backward": {
        "no number that went in is 0": (
            "gate_product: x > 0 → x >= 0",
            "gate_where: x > 0 → x >= 0",
            "gate_copy_and_assign: x <= 0 → x < 0",
            "gate_heaviside: 0 → 1",
            "gate_heaviside: 0 → -1",
        ),
    },
    "max_pool2d_backward": {
        "each place gets the gradient of one window only": (
            "pool_back_four_loops: out[where] += grad[i, j] → out[where] = grad[i, j]",
        ),
        "NumPy takes any negative side as the rest": ("pool_back_reshaped: 1 → 2 (3)",),
    },
    "conv2d_backward": {
        "every cell is written before it is read": (
            "conv_back_full: np.zeros → np.ones",
            "conv_back_full: np.zeros → np.ones (2)",
            "conv_back_by_weights: np.zeros → np.ones (2)",
        ),
        "more zeros behind than any window reaches": (
            "conv_back_full: h - 1 → h + 1 (2)",
            "conv_back_full: h - 1 → h (2)",
            "conv_back_full: w - 1 → w + 1 (2)",
            "conv_back_full: w - 1 → w (2)",
            "conv_back_full: 1 → 0 (3)",
            "conv_back_full: 1 → 0 (5)",
        ),
    },
    "normalize_filters": {
        "smallest and largest numbers do not depend on the order of the axes": (
            "filters_by_axes: (1, 2, 3) → (2, 1, 3)",
            "filters_by_axes: (1, 2, 3) → (2, 1, 3) (2)",
        ),
        "0 divided by anything, or times anything, is 0": (
            "filters_by_axes: 1 → 2",
            "filters_in_a_list: moved * 0.0 → moved + 0.0",
            "filters_in_a_list: moved * 0.0 → moved",
            "filters_in_a_list: 0.0 → 1.0",
            "filters_flat: 1 → 2",
        ),
        "NumPy takes any negative side as the rest": ("filters_flat: 1 → 2 (3)",),
    },
}
