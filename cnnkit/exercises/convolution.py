"""Lesson 01: channels, grey, and the convolution of an image with a kernel."""

import numpy as np
from hypothesis import strategies as st

from cnnkit import ops
from cnnkit.exercises import inputs
from cnnkit.exercises.inputs import BYTES, TENTHS, WHOLE
from cnnkit.exercises.model import Call, Exercise, Misconception, Property
from cnnkit.exercises.questions import Question

LESSON = "01-convolution"


def _one(arguments: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    """Examples of a single call, from a strategy of arrays or of tuples of arrays."""
    return arguments.map(lambda drawn: [Call(drawn if isinstance(drawn, tuple) else (drawn,))])


def _strided(arguments: st.SearchStrategy) -> st.SearchStrategy[list[Call]]:
    return arguments.flatmap(lambda drawn: inputs.stride_call(*drawn)).map(lambda call: [call])


# split_channels: wrong implementations ------------------------------------------------------------


def channels_reversed(image):
    return image[:, :, 2], image[:, :, 1], image[:, :, 0]


def channels_from_rows(image):
    return image[0], image[1], image[2]


def first_channel_thrice(image):
    return image[:, :, 0], image[:, :, 0], image[:, :, 0]


def channels_keep_axis(image):
    return image[:, :, 0:1], image[:, :, 1:2], image[:, :, 2:3]


def channels_in_color(image):
    parts = []
    for channel in range(3):
        part = np.zeros_like(image)
        part[:, :, channel] = image[:, :, channel]
        parts.append(part)
    return tuple(parts)


def channels_transposed(image):
    return tuple(image.T)


# to_gray ------------------------------------------------------------------------------------------


def gray_mean(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    return scaled.mean(axis=2)


def gray_television(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    return scaled @ np.array([0.299, 0.587, 0.114])


def gray_blue_first(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    return scaled @ np.array([0.0721, 0.7154, 0.2125])


def gray_not_scaled(image):
    return image @ np.array([0.2125, 0.7154, 0.0721])


def gray_always_scaled(image):
    return image / 255 @ np.array([0.2125, 0.7154, 0.0721])


def gray_scaled_by_largest(image):
    scaled = image / image.max() if image.max() > 0 else image
    return scaled @ np.array([0.2125, 0.7154, 0.0721])


def gray_type_guessed(image):
    scaled = image / 255 if image.max() > 1 else image
    return scaled @ np.array([0.2125, 0.7154, 0.0721])


def gray_in_bytes(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    return np.round(scaled @ np.array([0.2125, 0.7154, 0.0721]) * 255).astype(np.uint8)


def gray_whole_division(image):
    scaled = image // 255 if image.dtype == np.uint8 else image
    return scaled @ np.array([0.2125, 0.7154, 0.0721])


def gray_three_channels(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    gray = scaled @ np.array([0.2125, 0.7154, 0.0721])
    return np.stack([gray, gray, gray], axis=2)


def gray_not_weighted(image):
    scaled = image / 255 if image.dtype == np.uint8 else image
    return scaled.sum(axis=2)


# conv2d -------------------------------------------------------------------------------------------


def kernel_flipped(image, kernel, stride=1):
    kernel = kernel[::-1, ::-1]
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def kernel_transposed(image, kernel, stride=1):
    kernel = kernel.T
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def result_transposed(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for i in rows] for j in columns])


def only_squares(image, kernel, stride=1):
    k = kernel.shape[0]
    n = (image.shape[0] - k) // stride + 1
    out = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            out[i, j] = (image[i * stride : i * stride + k, j * stride : j * stride + k] * kernel).sum()
    return out


def stride_on_rows_only(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(image.shape[1] - w + 1)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def stride_on_columns_only(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(image.shape[0] - h + 1), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def stride_ignored(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(image.shape[0] - h + 1), range(image.shape[1] - w + 1)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def stride_sizes_only(image, kernel, stride=1):
    h, w = kernel.shape
    out = np.zeros(((image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + h, j : j + w] * kernel).sum()
    return out


def last_row_and_column_missing(image, kernel, stride=1):
    h, w = kernel.shape
    out = np.zeros(((image.shape[0] - h) // stride, (image.shape[1] - w) // stride))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i * stride : i * stride + h, j * stride : j * stride + w]
            out[i, j] = (window * kernel).sum()
    return out


def padded_to_same_size(image, kernel, stride=1):
    h, w = kernel.shape
    padded = np.pad(image, (((h - 1) // 2, h // 2), ((w - 1) // 2, w // 2)))
    rows, columns = range(0, image.shape[0], stride), range(0, image.shape[1], stride)
    return np.array([[(padded[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def result_in_image_type(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    sums = np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])
    if image.dtype.kind in "ui":
        sums = np.trunc(sums).astype(np.int64)
    return sums.astype(image.dtype)


def mean_of_products(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).mean() for j in columns] for i in rows])


def kernel_brought_to_sum_one(image, kernel, stride=1):
    total = kernel.sum()
    kernel = kernel / total if total else kernel
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def matrix_product(image, kernel, stride=1):
    h, w = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] @ kernel).sum() for j in columns] for i in rows])


# conv2d_channels ----------------------------------------------------------------------------------


def deep_kernel_flipped(image, kernel, stride=1):
    kernel = kernel[::-1, ::-1]
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def deep_result_transposed(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for i in rows] for j in columns])


def deep_stride_on_rows_only(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(image.shape[1] - w + 1)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def deep_stride_on_columns_only(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(image.shape[0] - h + 1), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def deep_stride_ignored(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(image.shape[0] - h + 1), range(image.shape[1] - w + 1)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def deep_last_row_and_column_missing(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    out = np.zeros(((image.shape[0] - h) // stride, (image.shape[1] - w) // stride))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            window = image[i * stride : i * stride + h, j * stride : j * stride + w]
            out[i, j] = (window * kernel).sum()
    return out


def deep_padded_to_same_size(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    padded = np.pad(image, (((h - 1) // 2, h // 2), ((w - 1) // 2, w // 2), (0, 0)))
    rows, columns = range(0, image.shape[0], stride), range(0, image.shape[1], stride)
    return np.array([[(padded[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def deep_result_in_image_type(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    sums = np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])
    if image.dtype.kind in "ui":
        sums = np.trunc(sums).astype(np.int64)
    return sums.astype(image.dtype)


def one_map_per_channel(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    maps = [[(image[i : i + h, j : j + w] * kernel).sum(axis=(0, 1)) for j in columns] for i in rows]
    return np.array(maps)


def first_channel_only(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    product = [[image[i : i + h, j : j + w, 0] * kernel[:, :, 0] for j in columns] for i in rows]
    return np.array(product).sum(axis=(2, 3))


def channels_averaged(image, kernel, stride=1):
    h, w, depth = kernel.shape
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() / depth for j in columns] for i in rows])


def one_slice_for_all_channels(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    kernel = kernel[:, :, :1]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[(image[i : i + h, j : j + w] * kernel).sum() for j in columns] for i in rows])


def always_three_channels(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    out = np.zeros(((image.shape[0] - h) // stride + 1, (image.shape[1] - w) // stride + 1))
    for channel in range(3):
        for i in range(out.shape[0]):
            for j in range(out.shape[1]):
                window = image[i * stride : i * stride + h, j * stride : j * stride + w, channel]
                out[i, j] += (window * kernel[:, :, channel]).sum()
    return out


def map_keeps_channel_axis(image, kernel, stride=1):
    h, w = kernel.shape[:2]
    rows, columns = range(0, image.shape[0] - h + 1, stride), range(0, image.shape[1] - w + 1, stride)
    return np.array([[[(image[i : i + h, j : j + w] * kernel).sum()] for j in columns] for i in rows])


# The exercises ------------------------------------------------------------------------------------

_FLIP = (
    "Write out by hand the four products for a 2 × 2 image and the kernel [[1, 2], [3, 4]]: "
    "which image cell meets the 1?"
)
_TRANSPOSED = "Try an image that is wider than high. Which index counts rows, and which size limits it?"
_ONE_AXIS = "The kernel moves in two directions. Where in your code does the stride appear for each of them?"
_NO_STRIDE = "Call it with stride=1 and with stride=2 and compare the shapes: what should change?"
_OFF_BY_ONE = (
    "How many places are there for a kernel of 2 on a row of 3 cells? Count them with your finger, then "
    "compare with what your formula says."
)
_PADDED = "Nothing is added around the image here: the kernel only goes where it fits entirely."
_IMAGE_TYPE = (
    "What is 200 + 100 in np.uint8? And what is left of 0.5 in a whole-number array? Look at the dtype of "
    "the array that holds your sums."
)

split_channels = Exercise(
    name="split_channels",
    signature="split_channels(image)",
    asks="Take a colour image apart into its red, its green and its blue channel, each a 2-D array.",
    reference=ops.split_channels,
    public=(
        Property(
            "values",
            "gives the red, the green and the blue channel, in this order",
            _one(inputs.color_image(BYTES)),
        ),
        Property(
            "input kept",
            "leaves the image as it was",
            _one(inputs.color_image(WHOLE)),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "blue first",
            channels_reversed,
            "Make an image of one pure red pixel, [255, 0, 0]: which of your three results holds the 255?",
        ),
        Misconception(
            "split along the rows",
            channels_from_rows,
            "Print image.shape. Which of the three axes counts the colours, and which index do you fix?",
        ),
        Misconception(
            "the first channel three times",
            first_channel_thrice,
            "Compare your three results with each other. What should make the second differ from the first?",
        ),
        Misconception(
            "channel axis kept",
            channels_keep_axis,
            "Print the shape of one result. An index removes its axis, a slice such as 0:1 keeps it.",
        ),
        Misconception(
            "coloured pictures instead of channels",
            channels_in_color,
            "A channel alone is a table of numbers: for (H, W, 3) in, each result should have shape (H, W).",
        ),
        Misconception(
            "rows and columns swapped",
            channels_transposed,
            "Try an image that is wider than high: are your results wider than high too?",
        ),
    ),
)

_GRAY_WEIGHTS = "Try one pure red, one pure green and one pure blue pixel: compare with the lesson's weights."

to_gray = Exercise(
    name="to_gray",
    signature="to_gray(image)",
    asks=(
        "Turn a colour image, uint8 from 0 to 255 or float from 0 to 1, into a grey one, float from 0 to 1, "
        "with the weights 0.2125 (red), 0.7154 (green) and 0.0721 (blue)."
    ),
    reference=ops.to_gray,
    public=(
        Property(
            "floats",
            "weights red, green and blue and adds them up, for an image of floats from 0 to 1",
            _one(inputs.color_image("unit")),
        ),
        Property(
            "photos",
            "brings an 8-bit image, 0 to 255, to the range 0 to 1",
            _one(inputs.color_image(BYTES) | inputs.color_image("dark")),
        ),
        Property(
            "input kept",
            "leaves the image as it was",
            _one(inputs.color_image("unit")),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("plain mean", gray_mean, "Do all three colours look equally bright to the eye?"),
        Misconception("weights of old television", gray_television, _GRAY_WEIGHTS),
        Misconception(
            "blue first",
            gray_blue_first,
            "Which weight meets image[:, :, 0], and which colour is stored there?",
        ),
        Misconception(
            "bytes not scaled",
            gray_not_scaled,
            "What is white in a uint8 image, and what should it be in yours?",
        ),
        Misconception(
            "floats scaled too",
            gray_always_scaled,
            "A float image is from 0 to 1 already. How can you tell the two sorts apart?",
        ),
        Misconception(
            "scaled by the brightest value",
            gray_scaled_by_largest,
            "A dark photo must stay dark: by which number does every uint8 image have to be divided?",
        ),
        Misconception(
            "type guessed from the values",
            gray_type_guessed,
            "Think of a nearly black uint8 photo: is there a surer sign than its values?",
        ),
        Misconception(
            "back to bytes",
            gray_in_bytes,
            "The result should be floats from 0 to 1. What is your result's largest value?",
        ),
        Misconception("whole-number division", gray_whole_division, "What is 200 // 255, and what is 200 / 255?"),
        Misconception(
            "grey in three channels",
            gray_three_channels,
            "One number per pixel is enough for grey: compare your result's shape with (H, W).",
        ),
        Misconception("sum without weights", gray_not_weighted, "How bright does a white pixel come out?"),
    ),
)

conv2d = Exercise(
    name="conv2d",
    signature="conv2d(image, kernel, stride=1)",
    asks=(
        "Slide a kernel over a 2-D image, only where it fits entirely, `stride` cells at a time in both "
        "directions; at each place multiply cell by cell and add up."
    ),
    reference=ops.conv2d,
    public=(
        Property(
            "values",
            "multiplies each window of the image with the kernel, cell by cell, and adds up the products",
            _one(inputs.image_and_kernel(kind=(WHOLE, WHOLE)) | inputs.image_and_kernel()),
        ),
        Property(
            "strides",
            "moves the kernel by the stride, down and across",
            _strided(inputs.image_and_kernel(kind=(WHOLE, WHOLE))),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            _one(inputs.image_and_kernel(kind=(BYTES, WHOLE)) | inputs.image_and_kernel(kind=(BYTES, TENTHS))),
        ),
        Property(
            "inputs kept",
            "leaves the image and the kernel as they were",
            _one(inputs.image_and_kernel(kind=(TENTHS, TENTHS))),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("kernel flipped", kernel_flipped, _FLIP),
        Misconception(
            "kernel transposed",
            kernel_transposed,
            "Try a kernel of one row, [[1, 2]]: is it laid along a row of the image or down a column?",
        ),
        Misconception("rows and columns swapped", result_transposed, _TRANSPOSED),
        Misconception(
            "only square images",
            only_squares,
            "Try an image that is wider than high: how many places are there down, and how many across?",
        ),
        Misconception("stride on the rows only", stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", stride_on_columns_only, _ONE_AXIS),
        Misconception("stride ignored", stride_ignored, _NO_STRIDE),
        Misconception(
            "stride changes the size only",
            stride_sizes_only,
            "At stride 2, where in the image does the window of the map's second cell begin?",
        ),
        Misconception("last row and column missing", last_row_and_column_missing, _OFF_BY_ONE),
        Misconception("padded to the same size", padded_to_same_size, _PADDED),
        Misconception("sums kept in the image's type", result_in_image_type, _IMAGE_TYPE),
        Misconception(
            "mean instead of sum",
            mean_of_products,
            "With a kernel of ones on an image of ones, what does each cell of the map count?",
        ),
        Misconception(
            "kernel brought to sum 1",
            kernel_brought_to_sum_one,
            "The kernel is used as it is given: twice the kernel should give twice the map.",
        ),
        Misconception(
            "matrix product",
            matrix_product,
            "`@` combines rows with columns. What should each image cell be multiplied with here?",
        ),
    ),
)

_any_depth = inputs.depths().flatmap(lambda depth: inputs.image_and_kernel(depth=depth, largest=6))

conv2d_channels = Exercise(
    name="conv2d_channels",
    signature="conv2d_channels(image, kernel, stride=1)",
    asks=(
        "Slide a kernel as deep as the image over an image with channels; at each place all products, of all "
        "channels, go into one sum: one 2-D map comes out."
    ),
    reference=ops.conv2d_channels,
    public=(
        Property(
            "values",
            "adds up the products of all channels into one 2-D map",
            _one(inputs.image_and_kernel(depth=3, kind=(WHOLE, WHOLE), largest=6) | _any_depth),
        ),
        Property(
            "strides",
            "moves the kernel by the stride, down and across",
            _strided(inputs.image_and_kernel(depth=2, kind=(WHOLE, WHOLE), largest=7)),
        ),
        Property(
            "photos",
            "gives the whole sum on a photo's 8-bit numbers, also above 255 and below 0",
            _one(inputs.image_and_kernel(depth=3, kind=(BYTES, WHOLE), largest=6)),
        ),
        Property(
            "inputs kept",
            "leaves the image and the kernel as they were",
            _one(inputs.image_and_kernel(depth=3, kind=(TENTHS, TENTHS), largest=5)),
            keeps_inputs=True,
        ),
    ),
    misconceptions=(
        Misconception("kernel flipped", deep_kernel_flipped, _FLIP),
        Misconception("rows and columns swapped", deep_result_transposed, _TRANSPOSED),
        Misconception("stride on the rows only", deep_stride_on_rows_only, _ONE_AXIS),
        Misconception("stride on the columns only", deep_stride_on_columns_only, _ONE_AXIS),
        Misconception("stride ignored", deep_stride_ignored, _NO_STRIDE),
        Misconception("last row and column missing", deep_last_row_and_column_missing, _OFF_BY_ONE),
        Misconception("padded to the same size", deep_padded_to_same_size, _PADDED),
        Misconception("sums kept in the image's type", deep_result_in_image_type, _IMAGE_TYPE),
        Misconception(
            "one map per channel",
            one_map_per_channel,
            "How many numbers does one place of the kernel give? Compare your shape with (rows, columns).",
        ),
        Misconception(
            "first channel only",
            first_channel_only,
            "Put zeros in the first channel only, of image and kernel: should the map be all zeros?",
        ),
        Misconception(
            "channels averaged",
            channels_averaged,
            "A 3 × 3 filter on colour is 27 products in one number: what happens to them after multiplying?",
        ),
        Misconception(
            "one slice of the kernel for all channels",
            one_slice_for_all_channels,
            "The kernel has weights of its own for each channel: which ones does your green channel meet?",
        ),
        Misconception(
            "always three channels",
            always_three_channels,
            "Where does your code find out how deep the image is? Try one channel, and try five.",
        ),
        Misconception(
            "channel axis kept",
            map_keeps_channel_axis,
            "The map is 2-D: does your result's shape end in a 1?",
        ),
    ),
)

EXERCISES = (split_channels, to_gray, conv2d, conv2d_channels)

# A question with numbers of one's own --------------------------------------------------------------


def _window_and_kernel(random):
    rows = [[random.randint(0, 9) for _ in range(3)] for _ in range(3)]
    weights = [[random.randint(-3, 3) for _ in range(3)] for _ in range(3)]
    return {"window": rows, "kernel": weights}


def _cell(window, kernel):
    return int(ops.conv2d(np.array(window), np.array(kernel))[0, 0])


QUESTIONS = (
    Question(
        "one_cell",
        "The window of an image{window}lies under the kernel{kernel}Which number comes into the feature map?",
        _window_and_kernel,
        _cell,
        (
            Misconception(
                "kernel flipped",
                lambda window, kernel: _cell(window, [row[::-1] for row in kernel[::-1]]),
                "The kernel is laid on the window as it is, without turning it.",
            ),
            Misconception(
                "signs left out",
                lambda window, kernel: _cell(window, np.abs(kernel)),
                "Some weights are negative: their products are subtracted.",
            ),
            Misconception(
                "mean instead of sum",
                lambda window, kernel: round(_cell(window, kernel) / 9, 3),
                "The nine products are added up; nothing is divided.",
            ),
            Misconception(
                "products not made",
                lambda window, kernel: int(np.sum(window) + np.sum(kernel)),
                "Multiply each pixel with the weight that lies on it, then add up the nine products.",
            ),
        ),
    ),
)
