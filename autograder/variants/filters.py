"""Lesson 02: the many ways to be right about borders, named filters and filtered photos."""

import numpy as np

# pad2d ------------------------------------------------------------------------------------------


def pad_numpy(image, pad, mode="zero"):
    return np.pad(image, pad, mode="constant" if mode == "zero" else mode)


def pad_by_row_and_column_numbers(image, pad, mode="zero"):
    height, width = image.shape
    if mode == "zero":
        out = np.zeros((height + 2 * pad, width + 2 * pad))
        out[pad : pad + height, pad : pad + width] = image
        return out

    def places(n):
        skip = 1 if mode == "reflect" else 0
        before = [i + skip for i in reversed(range(pad))]
        after = [n - 1 - skip - i for i in range(pad)]
        return [*before, *range(n), *after]

    return image[places(height)][:, places(width)]


def pad_by_slices(image, pad, mode="zero"):
    height, width = image.shape
    out = np.zeros((height + 2 * pad, width + 2 * pad))
    out[pad : pad + height, pad : pad + width] = image
    if mode == "zero" or pad == 0:
        return out
    skip = 1 if mode == "reflect" else 0
    for i in range(pad):
        out[pad - 1 - i] = out[pad + i + skip]
        out[pad + height + i] = out[pad + height - 1 - i - skip]
    for j in range(pad):
        out[:, pad - 1 - j] = out[:, pad + j + skip]
        out[:, pad + width + j] = out[:, pad + width - 1 - j - skip]
    return out


def pad_cell_by_cell(image, pad, mode="zero"):
    height, width = image.shape

    def inside(i, n):
        if 0 <= i < n:
            return i
        if mode == "zero":
            return None
        if i < 0:
            return -i if mode == "reflect" else -i - 1
        return 2 * (n - 1) - i if mode == "reflect" else 2 * n - 1 - i

    out = []
    for i in range(-pad, height + pad):
        row = []
        for j in range(-pad, width + pad):
            p, q = inside(i, height), inside(j, width)
            row.append(0 if p is None or q is None else image[p, q])
        out.append(row)
    return out


def pad_by_stacking(image, pad, mode="zero"):
    if pad == 0:
        return image.copy()
    skip = 1 if mode == "reflect" else 0
    for _ in range(2):
        if mode == "zero":
            top = bottom = np.zeros((pad, image.shape[1]))
        else:
            top = image[skip : pad + skip][::-1]
            bottom = image[image.shape[0] - pad - skip : image.shape[0] - skip][::-1]
        image = np.vstack([top, image, bottom]).T
    return image


def pad_by_flipping(image, pad, mode="zero"):
    height, width = image.shape
    if mode == "zero":
        return np.block(
            [
                [np.zeros((pad, pad)), np.zeros((pad, width)), np.zeros((pad, pad))],
                [np.zeros((height, pad)), image, np.zeros((height, pad))],
                [np.zeros((pad, pad)), np.zeros((pad, width)), np.zeros((pad, pad))],
            ]
        )
    if mode == "symmetric":
        tiled = np.block(
            [
                [image[::-1, ::-1], image[::-1], image[::-1, ::-1]],
                [image[:, ::-1], image, image[:, ::-1]],
                [image[::-1, ::-1], image[::-1], image[::-1, ::-1]],
            ]
        )
        return tiled[height - pad : 2 * height + pad, width - pad : 2 * width + pad]
    out = np.concatenate([image[1 : pad + 1][::-1], image, image[height - 1 - pad : height - 1][::-1]], axis=0)
    return np.concatenate([out[:, 1 : pad + 1][:, ::-1], out, out[:, width - 1 - pad : width - 1][:, ::-1]], axis=1)


def pad_by_remainders(image, pad, mode="zero"):
    # Mirrored rows repeat after 2n - 2 of them, or 2n with the edges twice.
    if mode == "zero":
        return np.pad(image.astype(np.float32), pad, "constant", constant_values=0)
    out = image
    for axis in (0, 1):
        n = out.shape[axis]
        places = np.arange(-pad, n + pad)
        if mode == "symmetric":
            places = places % (2 * n)
            places = np.where(places < n, places, 2 * n - 1 - places)
        else:
            places = (n - 1) - np.abs((n - 1) - places % max(1, 2 * n - 2))
        out = np.take(out, places, axis=axis)
    return out


# conv2d_same ------------------------------------------------------------------------------------


def same_windows(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2, h // 2), (w // 2, w // 2)), mode="constant" if mode == "zero" else mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w))
    return np.einsum("ijpq,pq->ij", windows, kernel.astype(float))


def same_loops(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, [(h // 2,), (w // 2,)], mode={"zero": "constant"}.get(mode, mode))
    out = np.zeros(image.shape)
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            out[i, j] = np.sum(padded[i : i + h, j : j + w] * kernel)
    return out


def same_border_of_the_longer_reach(image, kernel, mode="zero"):
    # One width all around, as pad2d gives it, and then what is too much cut off.
    h, w = kernel.shape
    reach = max(h, w) // 2
    padded = np.pad(image, reach, mode="constant" if mode == "zero" else mode)
    up, left = reach - h // 2, reach - w // 2
    padded = padded[up : padded.shape[0] - up, left : padded.shape[1] - left]
    rows = range(padded.shape[0] - h + 1)
    columns = range(padded.shape[1] - w + 1)
    return np.array([[(padded[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def same_square_kernel(image, kernel, mode="zero"):
    # The kernel is made square with zeros, so that one border suits both directions.
    side = max(kernel.shape)
    down, across = (side - kernel.shape[0]) // 2, (side - kernel.shape[1]) // 2
    kernel = np.pad(kernel, ((down, down), (across, across)))
    padded = np.pad(image, side // 2, mode="constant" if mode == "zero" else mode)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side))
    return np.tensordot(windows, kernel, axes=((2, 3), (0, 1)))


def same_without_border(image, kernel, mode="zero"):
    height, width = image.shape
    h, w = kernel.shape

    def place(i, n):
        if mode == "zero" or 0 <= i < n:
            return i
        if i < 0:
            return -i - (mode == "symmetric")
        return 2 * n - 2 - i + (mode == "symmetric")

    out = []
    for i in range(height):
        row = []
        for j in range(width):
            total = 0.0
            for p in range(h):
                for q in range(w):
                    a, b = place(i + p - h // 2, height), place(j + q - w // 2, width)
                    if 0 <= a < height and 0 <= b < width:
                        total += float(image[a, b]) * float(kernel[p, q])
            row.append(total)
        out.append(row)
    return out


def same_shifted_sums(image, kernel, mode="zero"):
    h, w = kernel.shape
    height, width = image.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode="constant" if mode == "zero" else mode)
    out = np.zeros(image.shape, dtype=np.float32)
    for (p, q), weight in np.ndenumerate(kernel.astype(np.float32)):
        out += weight * padded[p : p + height, q : q + width].astype(np.float32)
    return out


def same_fft(image, kernel, mode="zero"):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2,), (w // 2,)), mode="constant" if mode == "zero" else mode)
    size = [a + b - 1 for a, b in zip(padded.shape, kernel.shape, strict=True)]
    full = np.fft.irfft2(np.fft.rfft2(padded, size) * np.fft.rfft2(kernel[::-1, ::-1], size), size)
    return full[h - 1 : padded.shape[0], w - 1 : padded.shape[1]]


# box_kernel -------------------------------------------------------------------------------------


def box_ones(n):
    return np.ones((n, n)) / n**2


def box_full(n):
    return np.full((n, n), 1 / (n * n), dtype=np.float32)


def box_of_lists(n):
    return [[1 / n / n for _ in range(n)] for _ in range(n)]


def box_outer(n):
    row = np.repeat(1.0, n) / n
    return np.outer(row, row)


def box_divided_by_its_sum(n):
    kernel = np.zeros((n, n)) + 3
    return kernel / kernel.sum()


# top_sobel --------------------------------------------------------------------------------------


def sobel_windows(image):
    kernel = np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    return (np.lib.stride_tricks.sliding_window_view(image, (3, 3)) * kernel).sum(axis=-1).sum(axis=-1)


def sobel_loops(image):
    kernel = [[1, 2, 1], [0, 0, 0], [-1, -2, -1]]
    rows, columns = image.shape[0] - 2, image.shape[1] - 2
    out = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            for p in range(3):
                for q in range(3):
                    out[i][j] += kernel[p][q] * float(image[i + p][j + q])
    return out


def sobel_slices(image):
    x = image.astype(float)
    above = x[:-2, :-2] + 2 * x[:-2, 1:-1] + x[:-2, 2:]
    below = x[2:, :-2] + 2 * x[2:, 1:-1] + x[2:, 2:]
    return above - below


def sobel_row_by_row(image):
    kernel = np.float32([[1, 2, 1], [0, 0, 0], [-1, -2, -1]])
    out = np.zeros((image.shape[0] - 2, image.shape[1] - 2))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.vdot(image[i : i + 3, j : j + 3].astype(np.float32), kernel)
    return out


def sobel_separated(image):
    # First the difference of rows two apart, then 1 2 1 along each row.
    difference = image[:-2].astype(np.int64 if image.dtype.kind in "ui" else float) - image[2:]
    return np.apply_along_axis(lambda row: np.convolve(row, [1, 2, 1], mode="valid"), 1, difference)


def sobel_einsum(image):
    kernel = np.outer([1, 0, -1], [1, 2, 1])
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(np.float64), (3, 3))
    return np.einsum("ijpq,pq", windows, kernel)


# filter_image -----------------------------------------------------------------------------------


def filter_windows(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image, ((h // 2, h // 2), (w // 2, w // 2), (0, 0)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (h, w), axis=(0, 1))
    return np.clip(np.rint(np.einsum("ijcpq,pq->ijc", windows, kernel)), 0, 255).astype(np.uint8)


def filter_channel_loops(image, kernel):
    h, w = kernel.shape
    out = np.zeros(image.shape, dtype=np.uint8)
    for channel in range(image.shape[2]):
        padded = np.pad(image[:, :, channel], ((h // 2,), (w // 2,)), mode="symmetric")
        for i in range(image.shape[0]):
            for j in range(image.shape[1]):
                answer = (padded[i : i + h, j : j + w] * kernel).sum()
                out[i, j, channel] = min(max(round(float(answer)), 0), 255)
    return out


def filter_stacked(image, kernel):
    h, w = kernel.shape

    def one(channel):
        padded = np.pad(channel.astype(np.float32), ((h // 2,), (w // 2,)), mode="symmetric")
        rows, columns = range(channel.shape[0]), range(channel.shape[1])
        return [[(padded[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows]

    answers = np.stack([one(image[:, :, c]) for c in range(image.shape[2])], axis=-1)
    return np.clip(answers, 0, 255).round().astype("uint8")


def filter_shifted_sums(image, kernel):
    h, w = kernel.shape
    height, width, _ = image.shape
    padded = np.pad(image, ((h // 2,), (w // 2,), (0,)), mode="symmetric")
    total = np.zeros(image.shape)
    for p in range(h):
        for q in range(w):
            total += float(kernel[p, q]) * padded[p : p + height, q : q + width]
    return np.floor(np.clip(total, 0, 255) + 0.5).astype(np.uint8)


def filter_border_of_the_longer_reach(image, kernel):
    h, w = kernel.shape
    reach = max(h, w) // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric").astype(float)
    up, left = reach - h // 2, reach - w // 2
    out = np.empty(image.shape)
    for i, j in np.ndindex(*image.shape[:2]):
        window = padded[i + up : i + up + h, j + left : j + left + w]
        out[i, j] = (window * kernel[:, :, np.newaxis]).sum(axis=(0, 1))
    out[out < 0] = 0
    out[out > 255] = 255
    return np.uint8(np.around(out))


def filter_transposed(image, kernel):
    h, w = kernel.shape
    padded = np.pad(image.transpose(2, 0, 1), ((0, 0), (h // 2, h // 2), (w // 2, w // 2)), mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (1, h, w))[:, :, :, 0]
    answers = np.tensordot(windows, kernel, axes=2).transpose(1, 2, 0)
    return np.minimum(np.maximum(np.round(answers), 0), 255).astype(np.uint8)


RIGHT = {
    "pad2d": (
        pad_numpy,
        pad_by_row_and_column_numbers,
        pad_by_slices,
        pad_cell_by_cell,
        pad_by_stacking,
        pad_by_flipping,
        pad_by_remainders,
    ),
    "conv2d_same": (
        same_windows,
        same_loops,
        same_border_of_the_longer_reach,
        same_square_kernel,
        same_without_border,
        same_shifted_sums,
        same_fft,
    ),
    "box_kernel": (box_ones, box_full, box_of_lists, box_outer, box_divided_by_its_sum),
    "top_sobel": (
        sobel_windows,
        sobel_loops,
        sobel_slices,
        sobel_row_by_row,
        sobel_separated,
        sobel_einsum,
    ),
    "filter_image": (
        filter_windows,
        filter_channel_loops,
        filter_stacked,
        filter_shifted_sums,
        filter_border_of_the_longer_reach,
        filter_transposed,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "pad2d": {
        "a border of 0 has no rows to copy, so the loops do nothing": ("pad_by_slices: 0 → -1 (2)",),
        "places inside the image have been returned before": (
            "pad_cell_by_cell: i < 0 → i <= 0",
            "pad_cell_by_cell: 0 → 1 (2)",
        ),
        "a negative place counts from the end of the image, which is the same cell": (
            "pad_cell_by_cell: 2 * n → n",
            "pad_cell_by_cell: 2 → 1 (2)",
        ),
    },
    "conv2d_same": {
        "every cell is written, whatever was in it": ("same_loops: np.zeros → np.ones",),
        "what a wider border adds is cut off again": (
            "same_border_of_the_longer_reach: max(h, w) // 2 → max(h, w) * 2",
            "same_border_of_the_longer_reach: max(h, w) // 2 → max(h, w)",
            "same_border_of_the_longer_reach: 2 → 1",
        ),
        "two axes are the default": (
            "same_square_kernel: np.tensordot(windows, kernel, axes=((2, 3), (0, 1))) → np.tensordot(windows, kernel)",
        ),
    },
    "top_sobel": {
        "the axes may be taken in any order": ("sobel_windows: 1 → 2 (6)",),
        "every cell is written, whatever was in it": ("sobel_row_by_row: np.zeros → np.ones",),
    },
    "box_kernel": {
        "another type of numbers, and still precise enough": (
            "box_full: np.full((n, n), 1 / (n * n), dtype=np.float32) → np.full((n, n), 1 / (n * n))",
        ),
    },
    "filter_image": {
        "every cell is written, whatever was in it": ("filter_channel_loops: np.zeros → np.ones",),
        "another type of numbers, and still precise enough": ("filter_stacked: np.float32 → np.uint8",),
    },
}
