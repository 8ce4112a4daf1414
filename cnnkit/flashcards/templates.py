"""The templates of the generated cards: which numbers are drawn, what is asked, and which wrong results are typical.

``static/generated.js`` has the same templates, line by line: the same draws in the same order and the same texts. Only
the right results are found in two ways, here by :mod:`cnnkit.ops` and :mod:`cnnkit.shapes` from what is shown. Numbers
are whole wherever they decide something, so that no rounding can set the two apart.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cnnkit import ops, shapes
from cnnkit.flashcards.cards import Matrix


class Random(Protocol):
    """What a template draws from; all bounds are whole numbers, the upper one included in `between`."""

    def below(self, count: int) -> int: ...

    def between(self, low: int, high: int) -> int: ...

    def pick(self, options): ...

    def shuffled(self, items: list) -> list: ...


@dataclass(frozen=True)
class Problem:
    """One drawing of a template.

    Parameters
    ----------
    front, back : str
        As on a card.
    answer : int or str
        The right result.
    mistakes : list of (int or str, str)
        Typical wrong results and what each means. If one of them is right, it is drawn again; of two that are the
        same, it cannot be told which was made, so neither is used.
    matrices : tuple of Matrix, optional
    choices : tuple of str, optional
        The options, when one is to be chosen; a number is asked for otherwise.
    """

    front: str
    back: str
    answer: int | str
    mistakes: list[tuple[int | str, str]]
    matrices: tuple[Matrix, ...] = ()
    choices: tuple[str, ...] = field(default=())


# Sizes and counts ---------------------------------------------------------------------------------

SIDES = ("rows", "columns")


def output_size(random: Random) -> Problem | None:
    size = (random.between(9, 60), random.between(9, 60))
    kernel = (random.between(2, 7), random.between(2, 7))
    stride = random.pick((1, 2, 2, 3, 3, 4))
    pad = random.between(0, 3)
    axis = random.below(2)
    if size[0] == size[1] or pad >= min(kernel):
        return None
    n, k, asked, other = size[axis], kernel[axis], SIDES[axis], SIDES[1 - axis]
    both = shapes.output_size(size, kernel, stride, pad)
    right = both[axis]
    span = n + 2 * pad - k
    mistakes = [
        (both[1 - axis], f"That is the number of {other}; asked are the {asked}."),
        (span // stride, "The first place takes no step: add 1."),
        ((n + 2 * pad) // stride, f"The whole kernel has to fit: take its {k} {asked} off. The first place adds 1."),
    ]
    if pad:
        mistakes.append(((n - k) // stride + 1, "You forgot the padding."))
        mistakes.append(((n + pad - k) // stride + 1, "The padding counts on both sides: add it twice."))
    if stride > 1:
        mistakes.append((span + 1, "You forgot the stride: it divides."))
    if span % stride:
        mistakes.append((-(-span // stride) + 1, "A last step that does not fit is dropped: round down."))
    if 2 * (span % stride) == stride:
        mistakes.append((f"{span // stride + 1}.5", "A last step that does not fit is dropped: there is no half step."))
    padding = f"**{pad}** zeros on every side" if pad > 1 else "**1** zero on every side" if pad else "no padding"
    front = (
        f"A kernel of **{kernel[0]} × {kernel[1]}** slides over an image of **{size[0]} × {size[1]}** (rows × columns) "
        f"with stride **{stride}** and {padding}.\n\nHow many {asked} does the feature map have?"
    )
    back = f"**{right}**\n\n$({n} + 2·{pad} - {k}) // {stride} + 1 = {span} // {stride} + 1 = {right}$"
    return Problem(front, back, right, mistakes)


def conv_params(random: Random) -> Problem | None:
    size = (random.between(12, 64), random.between(12, 64))
    kernel = (random.between(1, 7), random.between(1, 7))
    channels = random.between(2, 32)
    filters = random.between(3, 64)
    bias = random.below(4) > 0
    if size[0] == size[1] or kernel == (1, 1):
        return None
    area = kernel[0] * kernel[1]
    right = shapes.conv_params(kernel, channels, filters, bias)
    flat = filters * (area + bias)
    one = area * channels + bias
    local = shapes.locally_connected_params((*size, channels), filters, kernel, bias=bias)
    mistakes = [
        (flat, f"A filter is as deep as its input: it has a layer of weights for each of the {channels} channels."),
        (one, f"That is one filter; there are {filters}."),
        (local, "All places share the filters: the size of the image does not count."),
    ]
    if bias:
        mistakes.append((filters * area * channels, "You forgot the bias: one number more for each filter."))
        mistakes.append((filters * area * channels + 1, "Each filter has a bias of its own: add one per filter."))
        mistakes.append((filters * channels * (area + 1), "A filter has one bias in all, not one for each channel."))
    else:
        mistakes.append((filters * (area * channels + 1), "This layer has no biases."))
    front = (
        f"A convolutional layer gets **{channels}** channels of **{size[0]} × {size[1]}** and has **{filters}** "
        f"filters of **{kernel[0]} × {kernel[1]}**, {'each with a bias' if bias else 'without biases'}.\n\n"
        "How many numbers does it learn?"
    )
    weights = f"{kernel[0]}·{kernel[1]}·{channels}"
    sum_ = f"{filters}·({weights} + 1) = {filters}·{one}" if bias else f"{filters}·{weights}"
    return Problem(front, f"**{grouped(right)}**\n\n${sum_} = {grouped(right)}$", right, mistakes)


def dense_params(random: Random) -> Problem | None:
    size = (random.between(2, 12), random.between(2, 12))
    channels = random.between(3, 32)
    units = random.between(5, 200)
    bias = random.below(4) > 0
    if size[0] == size[1]:
        return None
    area = size[0] * size[1]
    n_in = area * channels
    right = shapes.dense_params(n_in, units, bias)
    mistakes = [
        (units * (area + bias), f"Flattening keeps all {channels} channels: each pixel has {channels} numbers."),
        (n_in + units, "Each unit has a weight for each input: multiply, don't add."),
    ]
    if bias:
        mistakes.append((n_in * units, "You forgot the bias: one number more for each unit."))
        mistakes.append((n_in * units + 1, "Each unit has a bias of its own: add one per unit."))
        mistakes.append((n_in * units + n_in, "The units have the biases, not the inputs."))
    else:
        mistakes.append(((n_in + 1) * units, "This layer has no biases."))
    front = (
        f"**{channels}** feature maps of **{size[0]} × {size[1]}** are flattened and go into a dense layer of "
        f"**{units}** units {'with' if bias else 'without'} biases.\n\nHow many numbers does the dense layer learn?"
    )
    inputs = f"{size[0]}·{size[1]}·{channels} = {grouped(n_in)}"
    sum_ = f"{units}·({n_in} + 1)" if bias else f"{units}·{n_in}"
    back = f"**{grouped(right)}**\n\nInputs: ${inputs}$. Numbers: ${sum_} = {grouped(right)}$"
    return Problem(front, back, right, mistakes)


def receptive_field(random: Random) -> Problem | None:
    layers, lines = [], []
    for _ in range(random.between(2, 4)):
        if random.below(3):
            layer = ((random.between(1, 5), random.between(1, 5)), random.between(1, 3))
            name = "convolution"
        else:
            layer = ((random.between(2, 3), random.between(2, 3)), random.between(2, 3))
            name = "max pooling"
        layers.append(layer)
        lines.append(f"- {name} {layer[0][0]} × {layer[0][1]}, stride {layer[1]}")
    axis = random.below(2)
    kernels, strides = [kernel[axis] for kernel, _ in layers], [stride for _, stride in layers]
    if any(kernel == (1, 1) for kernel, _ in layers) or max(strides[:-1]) == 1:
        return None
    asked, other = SIDES[axis], SIDES[1 - axis]
    both = shapes.receptive_field(layers)
    right = both[axis]
    late, step, terms = 1, 1, ["1"]
    for k, stride in zip(kernels, strides, strict=True):
        terms.append(f"{k - 1}·{step}")
        step *= stride
        late += (k - 1) * step
    product = 1
    for k in kernels:
        product *= k
    mistakes = [
        (both[1 - axis], f"Those are the {other}; asked are the {asked}."),
        (sum(kernels) - len(kernels) + 1, "You forgot the strides: behind one, cells lie further apart in the image."),
        (sum(kernels), "Windows overlap: a layer adds one less than its kernel, times the strides before it."),
        (product, "Windows don't multiply: a layer adds one less than its kernel, times the strides before it."),
        (late, "A layer's own stride does not widen its own window, only those of the layers behind it."),
        (right - 1, "The sum starts at 1, the cell itself."),
    ]
    front = (
        "An image goes through these layers, one after the other (rows × columns):\n\n"
        + "\n".join(lines)
        + f"\n\nHow many {asked} of the image does one cell of the last map see?"
    )
    back = (
        f"**{right}**\n\nEach layer adds (kernel - 1) times the product of the strides before it: "
        f"${' + '.join(terms)} = {right}$"
    )
    return Problem(front, back, right, mistakes)


def padded_size(random: Random) -> Problem | None:
    size = (random.between(5, 40), random.between(5, 40))
    channels = random.between(2, 6)
    pad = (random.between(1, 4), random.between(1, 4))
    what = random.below(3)
    axis = random.below(2)
    if size[0] == size[1] or pad[0] == pad[1]:
        return None
    (height, width), (above, left) = size, pad
    padded = ops.pad2d(np.zeros((height, width, channels)), pad)
    rows, columns = padded.shape[:2]
    front = (
        f"An image of **{height} × {width}** with **{channels}** channels gets a border of zeros: "
        f"**{above}** {'row' if above == 1 else 'rows'} above and as many below, **{left}** "
        f"{'column' if left == 1 else 'columns'} at the left and as many at the right.\n\n"
    )
    if what == 0:
        n, p, asked, other = size[axis], pad[axis], SIDES[axis], SIDES[1 - axis]
        right = padded.shape[axis]
        mistakes = [
            (n + p, "The padding counts on both sides: add it twice."),
            (n + 2 * pad[1 - axis], f"That is the padding of the {other}."),
            (padded.shape[1 - axis], f"Those are the {other}; asked are the {asked}."),
            (n, "That is the image before padding."),
        ]
        return Problem(
            f"{front}How many {asked} does it have then?", f"**{right}**\n\n${n} + 2·{p} = {right}$", right, mistakes
        )
    once = (height + above) * (width + left) * channels
    if what == 1:
        right = padded.size
        mistakes = [
            (once, "The padding counts on both sides: add it twice."),
            (rows * columns, f"Each of the {channels} channels is padded: that is one of them."),
            (rows * columns * (channels + 2), "Only rows and columns are padded: the channels stay as many."),
            (
                (height + 2 * left) * (width + 2 * above) * channels,
                "Rows and columns are mixed up: each has a padding of its own.",
            ),
        ]
        back = f"**{grouped(right)}**\n\n${rows}·{columns}·{channels} = {grouped(right)}$"
        return Problem(f"{front}How many numbers does it hold then?", back, right, mistakes)
    before = height * width * channels
    right = padded.size - before
    sides = 2 * (above * width + left * height) * channels
    corners = 4 * above * left * channels
    mistakes = [
        (once - before, "The padding counts on both sides: add it twice."),
        (padded.size, "Those are all its numbers; asked are the zeros that came in."),
        (sides, "The four corners are padding too."),
        (sides + 2 * corners, "You counted the four corners twice."),
        (right // channels, f"Each of the {channels} channels is padded: that is one of them."),
    ]
    back = (
        f"**{grouped(right)}**\n\n${rows}·{columns}·{channels} - {height}·{width}·{channels} = "
        f"{grouped(padded.size)} - {grouped(before)} = {grouped(right)}$"
    )
    return Problem(f"{front}How many zeros came in?", back, right, mistakes)


def stride_positions(random: Random) -> Problem | None:
    size = (random.between(6, 30), random.between(6, 30))
    kernel = (random.between(2, 5), random.between(2, 5))
    stride = random.between(2, 4)
    what = random.below(3)
    spans = (size[0] - kernel[0], size[1] - kernel[1])
    if size[0] == size[1] or spans[1] % stride == 0:
        return None
    rows, columns = shapes.output_size(size, kernel, stride)
    front = (
        f"A kernel of **{kernel[0]} × {kernel[1]}** moves over an image of **{size[0]} × {size[1]}** (rows × columns) "
        f"with stride **{stride}**, without padding.\n\n"
    )
    width, w, span = size[1], kernel[1], spans[1]
    last = (columns - 1) * stride
    if what == 0:
        right = rows * columns
        mistakes = [
            (rows + columns, "Each row of places has as many as there are across: multiply."),
            ((spans[0] + 1) * (span + 1), "You forgot the stride: it divides the way."),
            ((spans[0] // stride) * (span // stride), "The first place takes no step: add 1 in both directions."),
            ((-(-spans[0] // stride) + 1) * (columns + 1), "A last step that does not fit is dropped: round down."),
            ((size[0] // stride) * (width // stride), "The whole kernel has to fit: take its sides off, and add 1."),
        ]
        back = (
            f"**{right}**\n\nDown: $({size[0]} - {kernel[0]}) // {stride} + 1 = {rows}$. "
            f"Across: $({width} - {w}) // {stride} + 1 = {columns}$. Places: ${rows}·{columns} = {right}$"
        )
        return Problem(f"{front}At how many places does it stop?", back, right, mistakes)
    if what == 1:
        right = last
        mistakes = [
            (span, f"It does not get there in steps of {stride}: a last step that does not fit is dropped."),
            (columns - 1, f"That is how many steps it takes; each is {stride} columns wide."),
            (columns * stride, "The first place is column 0, so there is one step less than there are places."),
            (last + w - 1, "That is where its right edge lies; asked is the left one."),
        ]
        steps = f"$({width} - {w}) // {stride} = {columns - 1}$ steps"
        back = f"**{right}**\n\nIt takes {steps}: ${columns - 1}·{stride} = {right}$"
        question = "In which column, counted from 0, does its left edge lie at the last place of a row?"
        return Problem(f"{front}{question}", back, right, mistakes)
    right = span - last
    mistakes = [
        (0, f"The last step does not fit: {stride} does not divide {span}."),
        (stride - right, "That is how many columns are missing for one more step."),
        (width % stride, "The kernel's own columns are no steps: take them off before you divide."),
    ]
    back = (
        f"**{right}**\n\nThe left edge comes to column ${columns - 1}·{stride} = {last}$, so {last} + {w} = {last + w} "
        f"columns are passed, of {width}."
    )
    return Problem(f"{front}How many columns are left over to the right of its last place?", back, right, mistakes)


# Cells of maps ------------------------------------------------------------------------------------


def convolution_cell(random: Random) -> Problem | None:
    shape = (random.between(4, 6), random.between(5, 7))
    size = (random.between(2, 3), random.between(2, 3))
    stride = random.between(1, 2)
    i, j = random.below(3), random.below(3)
    image = [[random.between(-4, 9) for _ in range(shape[1])] for _ in range(shape[0])]
    kernel = [[random.between(-3, 3) for _ in range(size[1])] for _ in range(size[0])]
    rows, columns = shapes.output_size(shape, size, stride)
    if shape[0] == shape[1] or i == j or i >= rows or j >= columns:
        return None
    values, weights = np.array(image), np.array(kernel)
    cells = ops.conv2d(values, weights, stride)
    right = int(cells[i, j])
    top, left = i * stride, j * stride
    window = values[top : top + size[0], left : left + size[1]]
    mistakes = [
        (int(ops.conv2d(values, weights[::-1, ::-1], stride)[i, j]), "You flipped the kernel; a CNN does not."),
        (int(window.sum()), "Multiply each number by the kernel's before you add."),
        (int(np.abs(window * weights).sum()), "A product with one negative factor is negative."),
    ]
    if j < rows and i < columns:
        mistakes.append((int(cells[j, i]), "Row and column are mixed up: the row comes first."))
    if stride > 1:
        dense = ops.conv2d(values, weights)
        mistakes.append((int(dense[i, j]), f"You forgot the stride: the kernel moves {stride} cells at a time."))
    if i and j:
        mistakes.append((int(cells[i - 1, j - 1]), "Rows and columns are counted from 0."))
    front = (
        f"The kernel slides over the image with stride **{stride}**, without padding. Which number comes into row "
        f"**{i}**, column **{j}** of the feature map (both counted from 0)?"
    )
    products = " + ".join(
        f"{signed(x)}·{signed(w)}" for x, w in zip(window.ravel().tolist(), weights.ravel().tolist(), strict=True)
    )
    back = (
        f"**{right}**\n\nThe kernel lies on rows {top} to {top + size[0] - 1} and columns {left} to "
        f"{left + size[1] - 1}: ${products} = {right}$"
    )
    return Problem(front, back, right, mistakes, (_matrix("image", image), _matrix("kernel", kernel)))


def pooling_cell(random: Random) -> Problem | None:
    kind = random.pick(("max", "average", "sum"))
    shape = (random.between(4, 6), random.between(5, 7))
    if kind == "average":  # windows of 2 or 4 cells: their averages are short decimals
        size = random.pick(((2, 2), (1, 2), (2, 1), (1, 4), (4, 1)))
    else:
        size = (random.between(2, 3), random.between(2, 3))
    stride = random.between(1, 3)
    i, j = random.below(4), random.below(4)
    image = [[random.between(-9, 9) for _ in range(shape[1])] for _ in range(shape[0])]
    rows, columns = shapes.output_size(shape, size, stride)
    if shape[0] == shape[1] or i == j or i >= rows or j >= columns:
        return None
    values = np.array(image)
    largest = ops.max_pool2d(values, size, stride)[i, j]
    pool = {"max": ops.max_pool2d, "average": ops.avg_pool2d, "sum": ops.sum_pool2d}[kind]
    cells = pool(values, size, stride)
    total = ops.sum_pool2d(values, size, stride)[i, j]
    right = decimal(cells[i, j])
    window = values[i * stride : i * stride + size[0], j * stride : j * stride + size[1]]
    mistakes = []
    if kind != "max":
        mistakes.append((decimal(largest), f"That is the largest number; asked is the {kind}."))
    if kind == "average":
        mistakes.append((decimal(total), f"That is the sum: divide it by the {size[0] * size[1]} cells of the window."))
        mistakes.append((decimal(np.abs(window).mean()), "Negative numbers make the average smaller."))
    if kind == "sum":
        mistakes.append((decimal(np.abs(window).sum()), "Negative numbers make the sum smaller."))
    if kind == "max":
        mistakes.append((decimal(total), "That is the sum; asked is the largest number."))
        if -window.min() > largest:
            mistakes.append((decimal(window.min()), "The farthest from 0 is not the largest: the sign counts."))
    if stride > 1:
        dense = pool(values, size, 1)
        mistakes.append((decimal(dense[i, j]), f"You forgot the stride: the window moves {stride} cells at a time."))
    touching = pool(values, size, size)
    if size != (stride, stride) and i < len(touching) and j < len(touching[0]):
        mistakes.append((decimal(touching[i, j]), f"The window moves by the stride, {stride}, not by its own size."))
    if j < rows and i < columns:
        mistakes.append((decimal(cells[j, i]), "Row and column are mixed up: the row comes first."))
    front = (
        f"{kind.capitalize()} pooling with a window of **{size[0]} × {size[1]}** (rows × columns) and stride "
        f"**{stride}**. Which number comes into row **{i}**, column **{j}** of the result (both counted from 0)?"
    )
    seen = ", ".join(str(x) for x in window.ravel().tolist())
    if kind == "max":
        how = f"The largest is {right}."
    else:
        how = f"The sum is {decimal(total)}"
        how += f", divided by {size[0] * size[1]} that is {right}." if kind == "average" else "."
    back = f"**{right}**\n\nThe window begins in row {i * stride}, column {j * stride} and holds {seen}. {how}"
    return Problem(front, back, right, mistakes, (_matrix("image", image),))


def detector_response(random: Random) -> Problem | None:
    rows, columns = random.between(3, 4), random.between(4, 5)
    weight, minus = 10 * random.between(1, 5), -10 * random.between(1, 5)
    bias = 100 * random.between(-9, 9)
    relu = random.below(2) > 0
    column = random.below(columns)
    weights = []
    for _ in range(rows):
        beside = random.below(columns)
        weights.append([weight if c == column else minus if c == beside else 0 for c in range(columns)])
        column = min(max(column + random.between(-1, 1), 0), columns - 1)
    patch = [[10 * random.between(0, 9) for _ in range(columns)] for _ in range(rows)]
    if bias == 0 or not any(minus in row for row in weights):
        return None
    pixels, factors = np.array(patch), np.array(weights)
    linear = int(ops.conv2d(pixels, factors)[0, 0]) + bias
    right = int(ops.relu(np.array([linear]))[0]) if relu else linear
    found = [
        (linear - bias, "You forgot the bias."),
        (int((pixels * np.abs(factors)).sum()) + bias, "A bright pixel under a negative weight lowers the response."),
        (int((pixels * (factors > 0)).sum()) * weight + bias, "The negative weights count too."),
        (int(pixels[factors != 0].sum()) + bias, "Multiply each pixel by its weight before you add."),
        (int(pixels.sum()) * weight + bias, "Not all weights are the same, and under a 0 a pixel has no say."),
    ]
    # Behind ReLU, a mistake can end in the same 0 as the right way; then it says nothing.
    mistakes = [(wrong, why) for wrong, why in found if not relu or wrong > 0]
    if relu and linear < 0:
        mistakes.append((linear, "ReLU comes last: what is negative becomes 0."))
    question = "What is its response **after ReLU**?" if relu else "What is its response, **before** any activation?"
    front = f"A filter with these weights and a bias of **{bias}** lies on this patch of an image.\n\n{question}"
    cells = zip(pixels.ravel().tolist(), factors.ravel().tolist(), strict=True)
    products = " + ".join(f"{x}·{signed(w)}" for x, w in cells if w)
    back = f"**{right}**\n\n${products} + {signed(bias)} = {linear}$"
    if relu:
        back += f", and ReLU makes it {right}." if linear < 0 else ", and ReLU keeps it."
    return Problem(front, back, right, mistakes, (_matrix("patch", patch), _matrix("weights", weights)))


# Scores -------------------------------------------------------------------------------------------

LABELS = ("bird", "boat", "cat", "deer", "dog", "frog", "horse", "plane", "ship", "truck")


def softmax_order(random: Random) -> Problem | None:
    labels = random.shuffled(list(LABELS))[: random.between(4, 5)]
    tenths = [random.between(-60, 60) for _ in labels]
    if len({abs(score) for score in tenths}) < len(tenths):
        return None
    probabilities = ops.softmax([score / 10 for score in tenths])
    order = np.argsort(-probabilities).tolist()
    right = ", ".join(labels[k] for k in order)
    by_size = sorted(range(len(labels)), key=lambda k: -abs(tenths[k]))
    below = [k for k in order if tenths[k] < 0]
    turned = [k for k in order if tenths[k] >= 0] + below[::-1]
    mistakes = [
        (", ".join(labels[k] for k in order[::-1]), "That begins with the least probable one."),
        (", ".join(labels[k] for k in by_size), "The sign counts: a large negative score makes a tiny probability."),
        (", ".join(labels[k] for k in turned), "Of two negative scores, the one closer to 0 is larger."),
    ]
    options = [right, *(wrong for wrong, _ in mistakes)]
    if len(set(options)) < len(options):
        return None
    choices = tuple(random.shuffled(options))
    scores = [_tenths(score) for score in tenths]
    front = (
        "The last layer of a network gives these scores. Which order do the labels have after softmax, the most "
        "probable one first?"
    )
    back = (
        f"**{right}**\n\nSoftmax keeps the order of the scores: a larger score has a larger $exp$, and all of them are "
        "divided by the same sum."
    )
    return Problem(front, back, right, mistakes, (_matrix("scores", [labels, scores]),), choices)


# Numbers as texts ---------------------------------------------------------------------------------


def grouped(number: int) -> str:
    """A whole number with its thousands set apart, from 10,000 on.

    Examples
    --------
    >>> grouped(61706), grouped(4864)
    ('61,706', '4864')
    """
    return f"{number:,}" if abs(number) >= 10_000 else str(number)


def signed(number: int) -> str:
    """A whole number as it stands inside of a term.

    Examples
    --------
    >>> signed(-3), signed(3)
    ('(-3)', '3')
    """
    return f"({number})" if number < 0 else str(number)


def decimal(number) -> str:
    """A number with at most two decimals, which is exact for whole numbers and quarters.

    Examples
    --------
    >>> decimal(-2.5), decimal(np.float64(3)), decimal(0.25), decimal(-0.0)
    ('-2.5', '3', '0.25', '0')
    """
    text = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _tenths(number: int) -> str:
    return f"{'-' if number < 0 else ''}{abs(number) // 10}.{abs(number) % 10}"


def _matrix(name: str, rows) -> Matrix:
    return Matrix(name, tuple(tuple(row) for row in rows))
