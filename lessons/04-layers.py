# Lesson 04, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 4 · Layers
#
# A single filter finds a single pattern. In this lesson you build the layer that real networks are made of: many filters at
# once, each with a bias. Around it you build the other layers that a CNN needs to turn maps into an answer: flatten, dense,
# dropout and batch normalization. And you meet a cousin of the convolution that does not share its weights.
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %% [markdown]
# From lesson 3 you need two short functions:

# %%
def relu(x):
    """Negative numbers become 0 (lesson 3)."""
    return np.maximum(x, 0)


def max_pool2d(x, size=2):
    """The largest number of each window, for each channel; for windows that do not overlap (lesson 3)."""
    rows, columns = x.shape[0] // size, x.shape[1] // size
    windows = x[: rows * size, : columns * size].reshape(rows, size, columns, size, -1)
    return windows.max(axis=(1, 3))

# %% [markdown]
# ## Many filters, many maps
#
# Remember from lesson 1: a filter is as deep as its input, and it gives one map, which is 2-D. An image of 32 × 32 × 3 and
# a filter of 5 × 5 × 3 give a map of 28 × 28, since a 5 × 5 window has 32 - 5 + 1 = 28 places down and as many across. As
# an image with one channel: 28 × 28 × 1.
#
# One pattern is not much. So a **convolutional layer** has several filters, all of the same size. Each slides over the
# whole image and gives a map of its own. The maps are stacked, like the channels of a photo:
#
# | input | filters | output |
# | --- | --- | --- |
# | 32 × 32 × 3 | one of 5 × 5 × 3 | 28 × 28 × 1 |
# | 32 × 32 × 3 | six of 5 × 5 × 3 | 28 × 28 × 6 |
#
# The output looks like an image again: rows, columns, channels. Only that a channel does not mean "how red" any more, but
# "how much of pattern number 4". So the next layer can take it as its input: its filters are then 6 deep.
#
# **The bank of filters** is a 4-D array of shape (F, h, w, C): F filters of h rows, w columns and C channels. `filters[4]`
# is the fifth filter, a (h, w, C) array as you know it.
#
# **The bias.** Each filter has one more number, which is added to every cell of its map. Together with a ReLU it works as a
# threshold: with a bias of -100, only answers above 100 are left. A network learns the biases together with the weights.
#
# **Padding.** Layers usually come with a border of zeros, `pad` cells wide, on all four sides. The channels get no border.
#
# ## Exercise: `conv_layer` (5 points)
#
# A plan:
#
# 1. Put the image in the middle of a larger array of zeros; or use `np.pad`, which takes for each axis how many cells are
#    added in front and behind: `np.pad(x, ((2, 2), (2, 2), (0, 0)))`.
# 2. Compute how many rows and columns the maps have, from the size of the *padded* image.
# 3. Make an array of zeros for the result: rows, columns, filters.
# 4. Go through all places, as in lesson 1; and at each place, through all filters.
#
# Do not rely on square images, on three channels or on whole numbers.

# %% solution="conv_layer"
def conv_layer(x, filters, bias, stride=1, pad=0):
    """Slide a bank of filters over an image.

    x: array of shape (H, W, C)
    filters: array of shape (F, h, w, C)
    bias: array of shape (F,), one number for each filter
    stride: how many rows and columns the filters move at a time
    pad: how many rows and columns of zeros are added on each side
    Returns the maps, of shape (H', W', F), where H' = (H + 2 * pad - h) // stride + 1, and W' likewise.
    """
    ### BEGIN SOLUTION
    count, height, width, _ = filters.shape
    padded = np.pad(x, ((pad, pad), (pad, pad), (0, 0)))
    rows = (padded.shape[0] - height) // stride + 1
    columns = (padded.shape[1] - width) // stride + 1
    maps = np.zeros((rows, columns, count))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            window = padded[top : top + height, left : left + width]
            for k in range(count):
                maps[row, column, k] = (window * filters[k]).sum() + bias[k]
    return maps
    ### END SOLUTION

# %%
check("conv_layer", conv_layer)

# %% grade="conv_layer" points=5
# Graded: 5 points. After you submit, hidden inputs are tried here:
# more images, filters, strides and paddings than the check tries.
check("conv_layer", conv_layer)

# %% [markdown]
# First the two shapes from the table. Then a layer of four filters on a photo. Three of them look at brightness: two find
# edges, one blurs. The fourth looks at colour: red counts for it, green and blue against it. A ReLU follows, so everything
# that a filter does not like is black.

# %%
photo = images.load("coffee")
tiny = photo[:384:12, 100:484:12] / 255
noise = np.random.default_rng(0)
print("input: ", tiny.shape)
print("one filter: ", conv_layer(tiny, noise.normal(size=(1, 5, 5, 3)), np.zeros(1)).shape)
print("six filters:", conv_layer(tiny, noise.normal(size=(6, 5, 5, 3)), np.zeros(6)).shape)

# %%
small = photo[::5, ::5] / 255
vertical = [[-1, 0, 1]] * 3
horizontal = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
blur = np.ones((3, 3)) / 9
gray_weights = np.array([0.2125, 0.7154, 0.0721])
red_weights = np.array([1.0, -0.5, -0.5])

bank = np.zeros((4, 3, 3, 3))
bank[0] = np.array(vertical)[:, :, np.newaxis] * gray_weights
bank[1] = np.array(horizontal)[:, :, np.newaxis] * gray_weights
bank[2] = blur[:, :, np.newaxis] * gray_weights
bank[3] = blur[:, :, np.newaxis] * red_weights
print("filters:", bank.shape, "  weights:", bank.size)

maps = relu(conv_layer(small, bank, np.zeros(4), pad=1))
print("maps:   ", maps.shape)
plot.row([small, maps[:, :, 0], maps[:, :, 1]], titles=["photo", "vertical", "horizontal"])

# %%
maps = relu(conv_layer(small, bank[2:], np.zeros(2), pad=1))
plot.row([maps[:, :, 0], maps[:, :, 1]], titles=["blur", "red"])

# %% [markdown]
# ### Filters of a single pixel
#
# A filter may be as small as 1 × 1. On a grey image that would only make it brighter or darker. But a filter is as deep as
# its input: a 1 × 1 filter mixes the *channels* of one pixel, and does the same at all pixels. Grey is an example: the
# weights 0.2125, 0.7154 and 0.0721 are a filter of shape 1 × 1 × 3.
#
# Networks use **1 × 1 convolutions** to change the depth: rows and columns stay, and 256 maps become 64, for the price of
# few weights.

# %%
two_mixtures = np.array([[0.2125, 0.7154, 0.0721], [1.0, -0.5, -0.5]]).reshape(2, 1, 1, 3)
mixed = conv_layer(small, two_mixtures, np.zeros(2))
print("from", small.shape, "to", mixed.shape, "with", two_mixtures.size, "weights")

# %% [markdown]
# ## Question: one pixel, two filters (1 point)
#
# This question is for you and your pencil. Its numbers are your own: everybody has others. Write your id, the one under
# which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("one_by_one", STUDENT, COURSE)

# %% [markdown]
# Write down the two numbers as `one_by_one`, first filter first; for example as `"3, -4"`. The check can read your answer but does not tell
# whether it is right: you see that when the lesson is graded.

# %% solution="one_by_one"
one_by_one = ""  # write your two numbers between the quotation marks
### BEGIN SOLUTION
one_by_one = numbers["filters"] @ numbers["pixel"] + numbers["bias"]
### END SOLUTION

# %%
check("one_by_one", one_by_one)

# %% grade="one_by_one" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("one_by_one", one_by_one)

# %% [markdown]
# ## Layer upon layer: from lines to parts
#
# Why put one layer behind another? Because the second one sees patterns *of patterns*. Below is a drawing of a rectangle. The
# first layer has two filters: one answers where it gets brighter from left to right, the other where it gets brighter from
# top to bottom. Neither knows anything about corners.
#
# The second layer has a single filter, 3 × 3 and 2 deep. Its weights say: the first map must be bright here and *below*,
# the second map must be bright here and to the *right*. That is what a top left corner looks like, in the language of the
# first layer. On the corner the four products add up to 6; along a single line they reach at most 4. So a bias of -5,
# with a ReLU behind it, leaves the corner and nothing else.

# %%
drawing = np.zeros((12, 14, 1))
drawing[3:9, 4:11] = 1

lines = np.zeros((2, 2, 2, 1))
lines[0, :, :, 0] = [[-1, 1], [-1, 1]]
lines[1, :, :, 0] = [[-1, -1], [1, 1]]
first = relu(conv_layer(drawing, lines, np.zeros(2)))

corner = np.zeros((1, 3, 3, 2))
corner[0, :, :, 0] = [[0, 0, 0], [0, 1, 0], [0, 1, 0]]
corner[0, :, :, 1] = [[0, 0, 0], [0, 1, 1], [0, 0, 0]]
second = relu(conv_layer(first, corner, np.array([-5])))

print("first layer: ", first.shape, "  second layer:", second.shape)
print("the second layer answers only at", np.argwhere(second[:, :, 0] > 0).tolist())
plot.row(
    [drawing[:, :, 0], first[:, :, 0], first[:, :, 1], second[:, :, 0]],
    titles=["drawing", "layer 1: left edge", "layer 1: top edge", "layer 2: corner"],
)

# %% [markdown]
# Nobody chooses such filters by hand: a network finds them by training. But when people look into trained networks, they
# find just this. **Early filters see lines and colours, later ones corners and textures, late ones parts**: an eye, a
# wheel, a beak.
#
# So a CNN has two stages:
#
# 1. the **feature extractor**: convolution, ReLU, pooling, again and again. The maps get smaller and more numerous. They
#    say *what* is seen and roughly *where*;
# 2. the **classifier**: it takes all these numbers together and decides. For that it does not need neighbourhood any more,
#    and dense layers will do.
#
# ## Exercise: `flatten` (1 point)
#
# Between the two stages the maps are written as one long row of numbers. Networks work on many examples at once, a
# **batch**: the first axis counts the examples and stays as it is. A batch of 8 outputs of 5 × 5 × 16 becomes 8 rows of
# 400 numbers. The order is the one in which you read: row after row, and for each pixel all its channels.
#
# It must work for any number of further axes, as the docstring says. (Hint: NumPy has one method for this. It takes -1 for
# a size that it shall find out itself.)

# %% solution="flatten"
def flatten(x):
    """Write each example of a batch as one row.

    x: array of shape (N, ...): N examples of any shape
    Returns an array of shape (N, D), where D is how many numbers an example has.
    """
    ### BEGIN SOLUTION
    return x.reshape(len(x), -1)
    ### END SOLUTION

# %%
check("flatten", flatten)

# %% grade="flatten" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more batches than the check tries.
check("flatten", flatten)

# %% [markdown]
# ## Exercise: `dense` (2 points)
#
# In a **dense** layer every output is connected with every input. Output number m is the sum of all inputs, each multiplied
# with a weight of its own, plus a bias. For one example of three inputs, `1 2 3`, and two outputs:
#
#     weights   1  0        first output:  1·1 + 2·0 + 3·1 + 10 = 14
#               0  1        second output: 1·0 + 2·1 + 3·1 + 20 = 25
#               1  1
#     bias     10 20
#
# The weights have one row for each input and one column for each output. Do it for all examples of a batch, one per row.
# (Hint: "multiply and add up, rows with columns" has an operator in NumPy, `@`.)

# %% solution="dense"
def dense(x, weights, bias):
    """Connect every input with every output.

    x: array of shape (N, D): N examples of D numbers
    weights: array of shape (D, M)
    bias: array of shape (M,)
    Returns an array of shape (N, M).
    """
    ### BEGIN SOLUTION
    return x @ weights + bias
    ### END SOLUTION

# %%
check("dense", dense)

# %% grade="dense" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more sizes than the check tries.
check("dense", dense)

# %% [markdown]
# Here are both stages, from a photo to ten numbers, one for each of ten imagined classes. The weights are random, so the
# answer means nothing yet. But look at the shapes: rows and columns shrink, the depth grows, and at the end there is one
# row.

# %%
print(dense(np.array([[1, 2, 3]]), np.array([[1, 0], [0, 1], [1, 1]]), np.array([10, 20])))

rng = np.random.default_rng(0)
x = tiny
print("photo          ", x.shape)
for count in (6, 16):
    filters = rng.normal(size=(count, 5, 5, x.shape[2])) / 10
    x = relu(conv_layer(x, filters, np.zeros(count)))
    print("conv and relu  ", x.shape)
    x = max_pool2d(x)
    print("max pooling    ", x.shape)
x = flatten(x[np.newaxis])
print("flatten        ", x.shape)
x = relu(dense(x, rng.normal(size=(400, 120)) / 10, np.zeros(120)))
print("dense and relu ", x.shape)
x = dense(x, rng.normal(size=(120, 10)) / 10, np.zeros(10))
print("dense          ", x.shape)

# %% [markdown]
# ## Dropout
#
# A network with many weights can learn its training photos by heart: it **overfits**. **Dropout** makes that harder. In
# each step of the training, every number of a layer is set to 0 with some probability, the **rate**. Which numbers are hit
# is a matter of luck, and different in each step. So no unit can rely on one certain other unit: each has to be useful on
# its own. It is also as if a great many different networks were trained, each a part of the whole, and their answers
# averaged.
#
# **Why the rest is made larger.** With rate 0.5 about half of the numbers are gone, so a sum over them would be half as
# large as usual. When the network is used after training, nothing is dropped, and all sums would suddenly be twice as
# large as those that the next layer is used to. So during training the numbers that are kept are divided by 1 - rate:
# doubled at rate 0.5, multiplied by 4/3 at rate 0.25. Then the sums stay right on average, and after training dropout
# simply does nothing.
#
# ## Exercise: `dropout` (3 points)
#
# The luck comes from a **generator** of random numbers, which your function is given: `rng = np.random.default_rng(7)` makes
# one. `rng.random((2, 3))` gives a 2 × 3 array of random numbers from 0 to 1. Such a number is below 0.25 with a probability
# of 0.25. The 7 is the *seed*: another generator with the same seed gives the same numbers. So an experiment with luck
# can be repeated, as long as all luck comes from the generator.
#
# Take care of three things: each number is dropped or kept on its own; the array that you were given stays as it is; and
# rate 0 changes nothing.

# %% solution="dropout"
def dropout(x, rate, rng):
    """Drop numbers at random, and scale up the others.

    x: array of floats, of any shape
    rate: with which probability each number becomes 0, from 0 to less than 1
    rng: a generator of random numbers, such as np.random.default_rng(7)
    Returns an array of the shape of x.
    """
    ### BEGIN SOLUTION
    kept = rng.random(x.shape) >= rate
    return x * kept / (1 - rate)
    ### END SOLUTION

# %%
check("dropout", dropout)

# %% grade="dropout" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here. There are many
# right answers, so the grader looks at what they have in common: the part that is
# dropped, the factor, and whether the luck comes from rng.
check("dropout", dropout)

# %% [markdown]
# A photo with dropout, at three rates. Its mean stays nearly the same, because the pixels that are left are brighter. (The
# picture cannot show more than white, so it looks darker than it is.) And averaged over many draws, the photo comes back.

# %%
rng = np.random.default_rng(7)
gray = small @ gray_weights
print("rate 0.5:", dropout(np.arange(1.0, 9.0), 0.5, rng))

shown = [gray]
for rate in (0.25, 0.5):
    dropped = dropout(gray, rate, rng)
    zeros, before, after = np.mean(dropped == 0), gray.mean(), dropped.mean()
    print(f"rate {rate}: {zeros:.1%} are 0, mean {before:.3f} before, {after:.3f} after")
    shown.append(np.minimum(dropped, 1))
plot.row(shown, titles=["photo", "rate 0.25", "rate 0.5"])

# %%
dropped = dropout(gray, 0.9, rng)
print(f"rate 0.9: {np.mean(dropped == 0):.1%} are 0, mean {gray.mean():.3f} before, {dropped.mean():.3f} after")
average = np.mean([dropout(gray, 0.5, rng) for _ in range(200)], axis=0)
plot.row([np.minimum(dropped, 1), np.minimum(average, 1)], titles=["rate 0.9", "mean of 200 draws at 0.5"])

# %% [markdown]
# ## Batch normalization
#
# The numbers in a network can drift: in one channel they are around 1000, in another around 0.001, and with every step of
# the training this changes. Layers behind have to run after it. **Batch normalization** brings order into this, channel by
# channel, in two steps.
#
# 1. **Normalize.** Over all numbers of the channel in this batch (all examples, all rows, all columns) compute the mean and
#    the variance. Subtract the mean, divide by the root of the variance. Now the channel has mean 0 and variance 1 (but
#    for the eps below).
# 2. **Then scale and shift**: multiply by a number γ (*gamma*) and add a number β (*beta*). Each channel has its own, and
#    the network *learns* them. So if some other mean suits it better, it can have that: but now it is a choice, not an
#    accident.
#
# As a formula:
#
#     y = gamma · (x - mean) / sqrt(variance + eps) + beta
#
# The tiny number *eps* stands under the root so that nothing is divided by 0 when a channel holds the same number
# everywhere. The **variance** is the mean of the squared distances from the mean: of M numbers it is their sum divided by
# M, not by M - 1. That is what `np.var` computes.
#
# For example, a channel with the numbers 1, 2 and 3 has mean 2 and variance 2/3. It becomes -1.22, 0 and 1.22; and with
# gamma = 10 and beta = 100 that is 87.8, 100 and 112.2.
#
# (When the network is used after training, there may be no batch, only one photo. Then the mean and the variance are those
# that were collected during training. You write the function for training.)
#
# ## Exercise: `batch_norm` (3 points)
#
# Which axes belong to one channel? In a batch of shape (N, H, W, C) there must be exactly C means. NumPy's `mean` and `var`
# take several axes at once, such as `x.mean(axis=(0, 1))`.

# %% solution="batch_norm"
def batch_norm(x, gamma, beta, eps=1e-5):
    """Normalize each channel over the batch, then scale and shift it.

    x: array of shape (N, H, W, C)
    gamma, beta: arrays of shape (C,)
    eps: a small number that is added to the variance
    Returns an array of the shape of x.
    """
    ### BEGIN SOLUTION
    mean = x.mean(axis=(0, 1, 2))
    variance = x.var(axis=(0, 1, 2))
    return gamma * (x - mean) / np.sqrt(variance + eps) + beta
    ### END SOLUTION

# %%
check("batch_norm", batch_norm)

# %% grade="batch_norm" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more batches, and other values of eps, than the check tries.
check("batch_norm", batch_norm)

# %% [markdown]
# Three photos as a batch: the channels differ, red is the brightest. After normalizing they are all alike. Then they are
# scaled with gamma = 0.1 and shifted by beta = 0.3, 0.5 and 0.7: each channel has the mean and the spread that it is told to
# have, and blue is the brightest.

# %%
photos = [images.load(name)[:300:6, :300:6] for name in ("astronaut", "coffee", "chelsea")]
pictures = np.stack(photos) / 255
print("batch:", pictures.shape)

normal = batch_norm(pictures, np.ones(3), np.zeros(3))
told = batch_norm(pictures, np.array([0.1, 0.1, 0.1]), np.array([0.3, 0.5, 0.7]))
for name, values in [("before", pictures), ("normalized", normal), ("scaled and shifted", told)]:
    means, deviations = values.mean(axis=(0, 1, 2)), values.std(axis=(0, 1, 2))
    print(f"{name}: means {means.round(2) + 0.0}, standard deviations {deviations.round(2)}")

one_channel = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1)
print("1, 2, 3 become", batch_norm(one_channel, np.array([10]), np.array([100])).ravel().round(1))
plot.row([*pictures, *told], titles=["before", "", "", "after", "", ""])

# %% [markdown]
# ## Locally connected layers
#
# A convolution uses the same filter at every place. That is right when a pattern can turn up anywhere: a bird is a bird in
# every corner of the photo. But think of passport photos. They are all cropped alike: the eyes are always in the same two
# places, the mouth always below. There a layer may as well look for an eye where the eyes are, and for a mouth where the
# mouth is.
#
# A **locally connected** layer does that. A window slides over the image as before, but at each place it meets a filter of
# that place's own. Nothing is shared. The price is high: a 3 × 3 filter has 9 weights, and 9 own weights at each of 30 × 30
# places are 8,100. So it fits centred faces, and hardly anything else.
#
# ## Exercise: `locally_connected2d` (2 points)
#
# Write it for a grey image, with stride 1 and without padding. The filters come as an array with four axes: `filters[i, j]`
# is the filter for the place in row i, column j of the map.

# %% solution="locally_connected2d"
def locally_connected2d(x, filters):
    """Slide a window over a grey image, with another filter at each place.

    x: array of shape (H, W)
    filters: array of shape (H', W', h, w), where H' = H - h + 1 and W' = W - w + 1
    Returns the map, of shape (H', W').
    """
    ### BEGIN SOLUTION
    rows, columns, height, width = filters.shape
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = (x[i : i + height, j : j + width] * filters[i, j]).sum()
    return result
    ### END SOLUTION

# %%
check("locally_connected2d", locally_connected2d)

# %% grade="locally_connected2d" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more images and filters than the check tries.
check("locally_connected2d", locally_connected2d)

# %% [markdown]
# A face, with one filter for its upper half and another one for its lower half: above, the layer looks for vertical edges,
# below for horizontal ones. A convolution cannot do that. With the *same* filter everywhere, the layer is a convolution
# with a great many weights too many.

# %%
face = (images.load("astronaut")[:240:3, 130:330:3] / 255) @ gray_weights
rows, columns = face.shape[0] - 2, face.shape[1] - 2
own = np.zeros((rows, columns, 3, 3))
own[: rows // 2] = vertical
own[rows // 2 :] = horizontal

shared = np.zeros((rows, columns, 3, 3)) + np.array(vertical)
one_filter = np.array(vertical).reshape(1, 3, 3, 1)
convolved = conv_layer(face[:, :, np.newaxis], one_filter, np.zeros(1))[:, :, 0]
same = np.allclose(locally_connected2d(face, shared), convolved)
print("the same filter everywhere is a convolution:", same)
print(f"weights: {own.size:,} of its own, or 9 shared")
plot.row([face, locally_connected2d(face, own)], titles=["a face", "one filter above, one below"])

# %% [markdown]
# ## In your own words: what do the filters learn? (2 points)
#
# You train a CNN to tell birds from aeroplanes, and then look at its filters. What do you expect the filters of the first
# convolutional layer to respond to, and what those of a late one? Why can a late filter respond to something that large and
# complicated, though it is only 3 × 3 itself? And why would you not use locally connected layers for this task? Four or
# five sentences. A person reads your answer.

# %% [markdown] manual="what-filters-learn" points=2
# The first layer sees only a few pixels at a time, so its filters respond to simple things: edges in some direction, lines,
# spots of one colour. A late filter responds to parts, such as a beak, a wing with feathers or an aeroplane's engine. It
# can, because its input is not pixels but the maps of earlier layers: each of its nine cells already stands for a pattern
# over a large window of the photo, and the poolings and strides before it make the window larger still. So it combines
# patterns into larger patterns. Birds and aeroplanes can be anywhere in a photo, so what is learned at one place must hold
# at all of them: shared filters do that, while locally connected ones would have to learn the beak anew at each place, with
# very many weights. (1 point for lines early and parts late with the reason that layers build on layers; 1 point for
# objects at any place against filters of one place.)

# %% [markdown]
# ## What you can now do
#
# - say which shape a convolutional layer gives: one map for each filter, stacked as channels;
# - write such a layer yourself, with biases, stride and padding, and explain what a 1 × 1 convolution is for;
# - tell the two stages of a CNN apart, the feature extractor and the classifier, and say what early and late filters see;
# - flatten maps and feed them to a dense layer;
# - explain why dropout helps against overfitting, and why what is kept is scaled up;
# - normalize a batch channel by channel, and say what gamma and beta are for;
# - say when a locally connected layer fits, and what it costs.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson
# you count: the shape of every output and the parameters of every layer, up to the networks with a name.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 04-layers`).

# %%
from cnnkit import flashcards

flashcards.drill("04-layers")
