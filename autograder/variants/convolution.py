"""Lesson 01: the many ways to be right about channels, grey and convolution."""

import numpy as np

# split_channels ---------------------------------------------------------------------------------


def split_by_index(image):
    return image[:, :, 0], image[:, :, 1], image[:, :, 2]


def split_by_moveaxis(image):
    return np.moveaxis(image, 2, 0)


def split_by_dsplit(image):
    return [part[..., 0] for part in np.dsplit(image, 3)]


def split_into_float_copies(image):
    return tuple(image[..., channel].astype(np.float32) for channel in range(3))


def split_into_lists(image):
    return [[[pixel[channel] for pixel in row] for row in image] for channel in range(3)]


# to_gray ----------------------------------------------------------------------------------------


def gray_by_sum(image):
    if image.dtype == np.uint8:
        image = image / 255
    return 0.2125 * image[:, :, 0] + 0.7154 * image[:, :, 1] + 0.0721 * image[:, :, 2]


def gray_by_matrix_product(image):
    gray = image @ np.array([0.2125, 0.7154, 0.0721])
    return gray / 255 if image.dtype == np.uint8 else gray


def gray_by_loops(image):
    top = 255 if np.issubdtype(image.dtype, np.integer) else 1
    gray = np.zeros(image.shape[:2])
    for i in range(image.shape[0]):
        for j in range(image.shape[1]):
            for channel, weight in enumerate((0.2125, 0.7154, 0.0721)):
                gray[i, j] += weight * image[i, j, channel] / top
    return gray


def gray_by_average(image):
    scaled = image.astype(np.float32) / (255 if image.dtype.kind == "u" else 1)
    return np.average(scaled, axis=-1, weights=[0.2125, 0.7154, 0.0721])


def gray_by_einsum(image):
    kinds = {np.dtype("uint8"): 255.0}
    return np.einsum("ijc,c->ij", image / kinds.get(image.dtype, 1.0), (0.2125, 0.7154, 0.0721))


# conv2d -----------------------------------------------------------------------------------------


def conv_four_loops(image, kernel, stride=1):
    (height, width), (h, w) = image.shape, kernel.shape
    rows, columns = (height - h) // stride + 1, (width - w) // stride + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            total = 0.0
            for p in range(h):
                for q in range(w):
                    total += float(image[i * stride + p, j * stride + q]) * float(kernel[p, q])
            out[i, j] = total
    return out


def conv_slices(image, kernel, stride=1):
    h, w = kernel.shape
    out = []
    for i in range(0, image.shape[0] - h + 1, stride):
        row = []
        for j in range(0, image.shape[1] - w + 1, stride):
            row.append(np.sum(image[i : i + h, j : j + w] * kernel))
        out.append(row)
    return np.array(out)


def conv_list_of_lists(image, kernel, stride=1):
    image, kernel = image.tolist(), kernel.tolist()
    h, w = len(kernel), len(kernel[0])
    return [
        [
            sum(image[i + p][j + q] * kernel[p][q] for p in range(h) for q in range(w))
            for j in range(0, len(image[0]) - w + 1, stride)
        ]
        for i in range(0, len(image) - h + 1, stride)
    ]


def conv_windows_einsum(image, kernel, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), kernel.shape)
    return np.einsum("ijpq,pq", windows[::stride, ::stride], kernel)


def conv_windows_tensordot(image, kernel, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride]
    return np.tensordot(windows.astype(np.float64), kernel, axes=2)


def conv_as_strided(image, kernel, stride=1):
    (h, w), (down, across) = kernel.shape, image.strides
    shape = ((image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1, h, w)
    steps = (down * stride, across * stride, down, across)
    windows = np.lib.stride_tricks.as_strided(image, shape, steps, writeable=False)
    return (windows * kernel).sum(axis=(2, 3))


def conv_im2col(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = (image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1
    patches = np.empty((rows * columns, h * w))
    for i in range(rows):
        for j in range(columns):
            patch = image[i * stride : i * stride + h, j * stride : j * stride + w]
            patches[i * columns + j] = patch.ravel()
    return (patches @ kernel.ravel()).reshape(rows, columns)


def conv_float32(image, kernel, stride=1):
    image, kernel = image.astype(np.float32), kernel.astype(np.float32)
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[np.vdot(image[i : i + h, j : j + w], kernel) for j in columns] for i in rows])


def conv_shifted_sums(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = image.shape[0] - h + 1, image.shape[1] - w + 1
    out = np.zeros((-(-rows // stride), -(-columns // stride)))
    for (p, q), weight in np.ndenumerate(kernel):
        out += weight * image[p : p + rows : stride, q : q + columns : stride]
    return out


def conv_fft(image, kernel, stride=1):
    size = (image.shape[0] + kernel.shape[0] - 1, image.shape[1] + kernel.shape[1] - 1)
    product = np.fft.rfft2(image, size) * np.fft.rfft2(kernel[::-1, ::-1], size)
    full = np.fft.irfft2(product, size)
    valid = full[kernel.shape[0] - 1 : image.shape[0], kernel.shape[1] - 1 : image.shape[1]]
    return valid[::stride, ::stride]


def conv_recursive(image, kernel, stride=1):
    def add(cells):
        if len(cells) == 1:
            p, q = cells[0]
            rows, columns = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
            return image[p : p + rows : stride, q : q + columns : stride] * float(kernel[p, q])
        half = len(cells) // 2
        return add(cells[:half]) + add(cells[half:])

    return add(list(np.ndindex(*kernel.shape)))


def conv_matrix(image, kernel, stride=1):
    # The whole operation as one sparse-looking matrix on the flattened image.
    h, w = kernel.shape
    rows, columns = (image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1
    matrix = np.zeros((rows, columns, *image.shape))
    for i, j in np.ndindex(rows, columns):
        matrix[i, j, i * stride : i * stride + h, j * stride : j * stride + w] = kernel
    return (matrix.reshape(rows * columns, -1) @ image.reshape(-1)).reshape(rows, columns)


# conv2d_channels --------------------------------------------------------------------------------


def deep_six_loops(image, kernel, stride=1):
    height, width, depth = image.shape
    h, w = kernel.shape[:2]
    rows, columns = (height - h) // stride + 1, (width - w) // stride + 1
    out = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            for p in range(h):
                for q in range(w):
                    for c in range(depth):
                        out[i, j] += float(image[i * stride + p, j * stride + q, c]) * float(kernel[p, q, c])
    return out


def deep_slices(image, kernel, stride=1):
    h, w, _ = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return [[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows]


def deep_sum_of_maps(image, kernel, stride=1):
    def conv(channel, weights):
        h, w = weights.shape
        rows = range(0, channel.shape[0] - h + 1, stride)
        columns = range(0, channel.shape[1] - w + 1, stride)
        return np.array([[(channel[i : i + h, j : j + w] * weights).sum() for j in columns] for i in rows])

    return sum(conv(image[:, :, c], kernel[:, :, c]) for c in range(image.shape[2]))


def deep_windows_einsum(image, kernel, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)[::stride, ::stride, 0]
    return np.einsum("ijpqc,pqc->ij", windows.astype(float), kernel.astype(float))


def deep_windows_tensordot(image, kernel, stride=1):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1))
    weights = kernel.transpose(2, 0, 1).astype(np.float64)
    return np.tensordot(windows[::stride, ::stride], weights, axes=([2, 3, 4], [0, 1, 2]))


def deep_as_strided(image, kernel, stride=1):
    (h, w, depth), (down, across, deep) = kernel.shape, image.strides
    shape = ((image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1, h, w, depth)
    steps = (down * stride, across * stride, down, across, deep)
    windows = np.lib.stride_tricks.as_strided(image, shape, steps, writeable=False)
    return (windows * kernel).sum(axis=(2, 3, 4))


def deep_im2col(image, kernel, stride=1):
    h, w, _ = kernel.shape
    rows, columns = (image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1
    patches = [
        image[i * stride : i * stride + h, j * stride : j * stride + w].flatten()
        for i in range(rows)
        for j in range(columns)
    ]
    return np.reshape(np.array(patches, dtype=float) @ kernel.flatten(), (rows, columns))


def deep_float32(image, kernel, stride=1):
    image, kernel = np.float32(image), np.float32(kernel)
    rows = image.shape[0] - kernel.shape[0] + 1
    columns = image.shape[1] - kernel.shape[1] + 1
    out = np.zeros((rows, columns), dtype=np.float32)
    for (p, q, c), weight in np.ndenumerate(kernel):
        out += weight * image[p : p + rows, q : q + columns, c]
    return out[::stride, ::stride]


def deep_fft(image, kernel, stride=1):
    size = (image.shape[0] + kernel.shape[0] - 1, image.shape[1] + kernel.shape[1] - 1)
    spectrum = np.fft.fft2(image, size, axes=(0, 1)) * np.fft.fft2(kernel[::-1, ::-1], size, axes=(0, 1))
    full = np.fft.ifft2(spectrum.sum(axis=2)).real
    valid = full[kernel.shape[0] - 1 : image.shape[0], kernel.shape[1] - 1 : image.shape[1]]
    return valid[::stride, ::stride]


RIGHT = {
    "split_channels": (
        split_by_index,
        split_by_moveaxis,
        split_by_dsplit,
        split_into_float_copies,
        split_into_lists,
    ),
    "to_gray": (gray_by_sum, gray_by_matrix_product, gray_by_loops, gray_by_average, gray_by_einsum),
    "conv2d": (
        conv_four_loops,
        conv_slices,
        conv_list_of_lists,
        conv_windows_einsum,
        conv_windows_tensordot,
        conv_as_strided,
        conv_im2col,
        conv_float32,
        conv_shifted_sums,
        conv_fft,
        conv_recursive,
        conv_matrix,
    ),
    "conv2d_channels": (
        deep_six_loops,
        deep_slices,
        deep_sum_of_maps,
        deep_windows_einsum,
        deep_windows_tensordot,
        deep_as_strided,
        deep_im2col,
        deep_float32,
        deep_fft,
    ),
}

#: Mutants that are no mistakes, by the reason: for the audit.
EQUIVALENT = {
    "split_channels": {
        "the last axis has one channel left, so its first is its last": ("split_by_dsplit: 0 → -1",),
    },
    "conv2d": {
        "every cell is written, whatever was in it": ("conv_four_loops: np.zeros → np.ones",),
        "all rows have one length, so the last says the same as the first": (
            "conv_list_of_lists: 0 → -1",
            "conv_list_of_lists: 0 → -1 (4)",
        ),
    },
    "conv2d_channels": {
        "the axis of windows over the channels has one place only": ("deep_windows_einsum: 0 → -1",),
    },
}
