# Lesson 05, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 5 · Shapes and parameters
#
# Before anybody trains a network, somebody has worked out which shape comes out of each layer, how many numbers there are
# to learn, and how much of the photo a single number sees. It takes nothing but whole numbers, and you can do it for
# networks that would not fit on your computer. In this lesson you write six short functions for it. At the end they count
# four famous networks, layer by layer, to the last parameter.
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.
#
# Between the exercises there are six short questions for you and your pencil, each worth a point. Their numbers are your
# own: everybody has others. Write your id, the one under which you hand in, between the quotation marks below. You may type
# an answer as a number, `42`, or as text, `"28 x 28 x 6"`. The check after a question can read your answer but does not tell
# whether it is right: you see that when the lesson is graded.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %%
STUDENT = "your id"  # write here the id under which you hand in: your questions have numbers of your own
COURSE = "set when the lesson is released"

# %% [markdown]
# ## How many places are there?
#
# Take one direction alone: a row of n cells and a kernel of k cells. The kernel's first cell can stand on cell 0, 1, 2 and
# so on, as long as its last cell is still in the row. That makes n - k + 1 places. A row of 32 has 32 - 5 + 1 = 28 places
# for a kernel of 5.
#
# **Padding** makes the row longer: p cells more at *each* end, so n + 2p cells in all. With p = 2 a kernel of 5 has
# 32 + 4 - 5 + 1 = 32 places, as many as the row has cells. That is a "same" convolution.
#
# **Stride** s means: after the first place, always s cells further. From the first place to the last possible one there are
# n + 2p - k cells. How many whole steps of s fit into that? What is left over at the end is not enough for a step and is
# dropped. In all:
#
#     (n + 2p - k) // s + 1
#
# The 1 is the place where the kernel starts, before any step. The `//` divides and rounds down.
#
# Try it by hand: n = 7, k = 3, s = 2, p = 0. The kernel stands on cells 0, 2 and 4, three places, and (7 - 3) // 2 + 1 = 3.
# With n = 8 it is still three: a fourth place would begin on cell 6 and reach beyond the end.
#
# ## Exercise: `output_size` (2 points)

# %% solution="output_size"
def output_size(size, kernel, stride=1, pad=0):
    """Count the places of a kernel along one axis.

    size: cells of the row
    kernel: cells of the kernel
    stride: cells from one place to the next
    pad: cells that are added at each end
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    return (size + 2 * pad - kernel) // stride + 1
    ### END SOLUTION

# %%
check("output_size", output_size)

# %% grade="output_size" points=2
# Graded: 2 points. After you submit, hidden numbers are tried here:
# more sizes, kernels, strides and paddings than the check tries.
check("output_size", output_size)

# %%
for size, kernel, stride, pad in [(32, 5, 1, 0), (32, 5, 1, 2), (7, 3, 2, 0), (8, 3, 2, 0), (224, 7, 2, 3)]:
    places = output_size(size, kernel, stride, pad)
    print(f"row of {size}, kernel {kernel}, stride {stride}, padding {pad}: {places} places")

# %% [markdown]
# ## Question: a padded image (1 point)

# %%
numbers = question("padded_size", STUDENT, COURSE)

# %% [markdown]
# Write the two numbers down as `padded_size`.

# %% solution="padded_size"
padded_size = ""  # write your two numbers between the quotation marks, such as "10 x 20"
### BEGIN SOLUTION
padded_size = numbers["height"] + 2 * numbers["pad"], numbers["width"] + 2 * numbers["pad"]
### END SOLUTION

# %%
check("padded_size", padded_size)

# %% grade="padded_size" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("padded_size", padded_size)

# %% [markdown]
# ## The shape of a layer's output
#
# An image has two directions, and the same formula holds for each. Rows and columns need not be equal. And the depth? Each
# filter is as deep as its input and gives one map. So the output is as deep as there are filters, whatever the depth of the
# input was.
#
# The standard example: a colour image of 32 × 32 × 3 and ten filters of 5 × 5, with stride 1 and padding 2. Rows and columns:
# (32 + 4 - 5) // 1 + 1 = 32. Depth: 10. So 32 × 32 × 10. And without padding, with six filters: 28 × 28 × 6.
#
# ## Exercise: `conv_output_shape` (2 points)
#
# All filters here are square: `kernel` is one number. Your `output_size` will be of use.

# %% solution="conv_output_shape"
def conv_output_shape(shape, n_filters, kernel, stride=1, pad=0):
    """Say which shape comes out of a convolutional layer.

    shape: (H, W, C) of the input
    n_filters: how many filters the layer has
    kernel: rows, and also columns, of each filter
    stride, pad: as in output_size
    Returns (H', W', n_filters).
    """
    ### BEGIN SOLUTION
    rows = output_size(shape[0], kernel, stride, pad)
    columns = output_size(shape[1], kernel, stride, pad)
    return rows, columns, n_filters
    ### END SOLUTION

# %%
check("conv_output_shape", conv_output_shape)

# %% grade="conv_output_shape" points=2
# Graded: 2 points. After you submit, hidden numbers are tried here:
# more shapes, kernels, strides and paddings than the check tries.
check("conv_output_shape", conv_output_shape)

# %%
print("ten filters, padding 2:", conv_output_shape((32, 32, 3), 10, 5, pad=2))
print("six filters:           ", conv_output_shape((32, 32, 3), 6, 5))
print("a wide image, stride 2:", conv_output_shape((224, 160, 3), 64, 7, stride=2, pad=3))

# %% [markdown]
# ## Question: out of a convolution (1 point)

# %%
numbers = question("map_shape", STUDENT, COURSE)

# %% [markdown]
# Write the shape down as `map_shape`.

# %% solution="map_shape"
map_shape = ""  # write your three numbers between the quotation marks, such as "28 x 28 x 6"
### BEGIN SOLUTION
map_shape = conv_output_shape(
    (numbers["height"], numbers["width"], numbers["channels"]),
    numbers["filters"],
    numbers["kernel"],
    numbers["stride"],
    numbers["pad"],
)
### END SOLUTION

# %%
check("map_shape", map_shape)

# %% grade="map_shape" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("map_shape", map_shape)

# %% [markdown]
# ### Pooling
#
# A pooling window slides like a kernel, so the same formula gives rows and columns. But it takes each channel on its own:
# the depth stays. A pooling of 2 × 2 with stride 2 makes 28 × 28 × 6 into 14 × 14 × 6. When the stride is smaller than the
# window, as in AlexNet, the windows overlap: 3 × 3 with stride 2 makes 55 × 55 × 64 into 27 × 27 × 64.
#
# ## Question: out of a pooling layer (1 point)

# %%
numbers = question("pooled_shape", STUDENT, COURSE)

# %% [markdown]
# Write the shape down as `pooled_shape`.

# %% solution="pooled_shape"
pooled_shape = ""  # write your three numbers between the quotation marks
### BEGIN SOLUTION
rows, columns = (output_size(numbers[side], numbers["size"], numbers["stride"]) for side in ("height", "width"))
pooled_shape = rows, columns, numbers["depth"]
### END SOLUTION

# %%
check("pooled_shape", pooled_shape)

# %% grade="pooled_shape" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("pooled_shape", pooled_shape)

# %% [markdown]
# ## Parameters: the numbers that are learned
#
# A **parameter** is a number that training may change: a weight or a bias. A filter of 5 × 5 over a colour image has
# 5 · 5 · 3 = 75 weights and one bias: 76 parameters. Ten such filters have 760.
#
# Note what does *not* matter: the size of the image, the stride, the padding. A filter is shared by all places, so a
# layer for thumbnails has as many parameters as one for posters. Pooling, ReLU, flatten and dropout have none at all.
#
# Some layers go without biases, for instance when batch normalization follows, which shifts everything anyway.
#
# ## Exercise: `conv_params` (2 points)

# %% solution="conv_params"
def conv_params(kernel, channels, n_filters, bias=True):
    """Count the parameters of a convolutional layer.

    kernel: rows, and also columns, of each filter
    channels: how deep the input is
    n_filters: how many filters the layer has
    bias: True if each filter has a bias, False if there are none
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    weights = kernel * kernel * channels * n_filters
    return weights + n_filters if bias else weights
    ### END SOLUTION

# %%
check("conv_params", conv_params)

# %% grade="conv_params" points=2
# Graded: 2 points. After you submit, hidden numbers are tried here:
# more layers, with and without biases, than the check tries.
check("conv_params", conv_params)

# %%
print("one 5 x 5 filter on colour:", conv_params(5, 3, 1))
print("ten of them:               ", conv_params(5, 3, 10))
print("five 3 x 3 on grey, no bias:", conv_params(3, 1, 5, bias=False))

# %% [markdown]
# ## Question: how many parameters? (1 point)

# %%
numbers = question("layer_parameters", STUDENT, COURSE)

# %% [markdown]
# Write the number down as `layer_parameters`.

# %% solution="layer_parameters"
layer_parameters = ""  # write your number between the quotation marks
### BEGIN SOLUTION
layer_parameters = conv_params(numbers["kernel"], numbers["channels"], numbers["filters"])
### END SOLUTION

# %%
check("layer_parameters", layer_parameters)

# %% grade="layer_parameters" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("layer_parameters", layer_parameters)

# %% [markdown]
# ## Exercise: `dense_params` (1 point)
#
# In a dense layer each output has a weight for each input, and one bias. Remember lesson 1: a photo of one megapixel in
# colour has 3,000,000 numbers, and a layer of 1,000 units on top of it 3,000,000,000 weights.

# %% solution="dense_params"
def dense_params(n_in, n_out, bias=True):
    """Count the parameters of a dense layer.

    n_in, n_out: how many inputs and outputs the layer has
    bias: True if each output has a bias, False if there are none
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    return n_out * (n_in + 1) if bias else n_out * n_in
    ### END SOLUTION

# %%
check("dense_params", dense_params)

# %% grade="dense_params" points=1
# Graded: 1 point. After you submit, hidden numbers are tried here:
# more layers, with and without biases, than the check tries.
check("dense_params", dense_params)

# %% [markdown]
# ## Exercise: `locally_connected_params` (2 points)
#
# In a locally connected layer (lesson 4) nothing is shared: each place of the map has filters of its own. Biases are not
# shared either, so there is one for each *output*, that is, for each filter at each place.
#
# An example shows what sharing is worth. Five 3 × 3 filters slide over a grey image of 32 × 32 with padding 1, so that the
# maps are 32 × 32 too. Shared, they have 5 · 3 · 3 = 45 weights. With filters of its own at each place, the layer has
# 32 · 32 · 5 · 3 · 3 = 46,080 weights, a thousand times as many. (And 32 · 32 · 5 = 5,120 biases instead of 5.)
#
# Start with the output's shape: how many places are there?

# %% solution="locally_connected_params"
def locally_connected_params(shape, n_filters, kernel, stride=1, pad=0, bias=True):
    """Count the parameters of a locally connected layer.

    shape: (H, W, C) of the input
    n_filters: how many filters there are at each place
    kernel, stride, pad: as in conv_output_shape
    bias: True if each output has a bias, False if there are none
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    rows, columns, depth = conv_output_shape(shape, n_filters, kernel, stride, pad)
    outputs = rows * columns * depth
    weights = outputs * kernel * kernel * shape[2]
    return weights + outputs if bias else weights
    ### END SOLUTION

# %%
check("locally_connected_params", locally_connected_params)

# %% grade="locally_connected_params" points=2
# Graded: 2 points. After you submit, hidden numbers are tried here:
# more layers, with and without biases, than the check tries.
check("locally_connected_params", locally_connected_params)

# %%
own = locally_connected_params((32, 32, 1), 5, 3, pad=1, bias=False)
print(f"shared: {conv_params(3, 1, 5, bias=False)} weights;  own at each place: {own:,} weights")
print(f"with biases: {conv_params(3, 1, 5)};  {locally_connected_params((32, 32, 1), 5, 3, pad=1):,}")

# %% [markdown]
# ## What one number sees
#
# A number in the first map depends on one window of the image, 3 × 3 for a filter of 3 × 3. A number in the second map
# depends on a 3 × 3 window *of the first map*; and each of those nine depends on 3 × 3 pixels. How many pixels are that
# together? Not 9 × 9, because the windows overlap: they are one pixel apart. In each direction it is 3 pixels for the first
# of the three numbers, and one pixel more for each of the other two: 5. So two layers of 3 × 3 see 5 × 5, three see 7 × 7.
#
# This is the **receptive field**: the side of the window of the input that one number of the output depends on. Each kernel
# of k cells adds k - 1 *steps*.
#
# A step is one pixel at first. Behind a layer with stride 2, neighbouring numbers come from windows that are 2 pixels
# apart, so a step is 2 pixels; behind two such layers it is 4. Here is LeNet-5, whose two convolutions of 5 × 5 are each
# followed by a pooling of 2 × 2 with stride 2:
#
# | layer | adds | receptive field | a step behind it |
# | --- | --- | --- | --- |
# | the input itself | | 1 | 1 |
# | convolution 5, stride 1 | 4 steps of 1 | 5 | 1 |
# | pooling 2, stride 2 | 1 step of 1 | 6 | 2 |
# | convolution 5, stride 1 | 4 steps of 2 | 14 | 2 |
# | pooling 2, stride 2 | 1 step of 2 | 16 | 4 |
#
# Note the order: the stride of a layer makes the step larger for the layers *behind* it, not for itself. Padding plays no
# part.
#
# ## Exercise: `receptive_field` (3 points)
#
# Your function gets the layers as a list of pairs, first layer first: `[(5, 1), (2, 2), (5, 1), (2, 2)]` for the table above.
# Go through them and keep track of two numbers.

# %% solution="receptive_field"
def receptive_field(layers):
    """Say how many input cells in a row one cell of the output depends on.

    layers: a list of (kernel, stride), one for each convolution or pooling, from the input on
    Returns a whole number.
    """
    ### BEGIN SOLUTION
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field
    ### END SOLUTION

# %%
check("receptive_field", receptive_field)

# %% grade="receptive_field" points=3
# Graded: 3 points. After you submit, hidden stacks of layers are tried here:
# more than the check tries.
check("receptive_field", receptive_field)

# %% [markdown]
# The cat, as one number sees her, behind each of the five poolings of VGG-16, a network that you will meet in a moment. It
# has two or three convolutions of 3 × 3, then a pooling of 2 × 2 with stride 2, and so on. What lies outside of the window
# is dark. Behind the first pooling a number sees a few hairs, 6 × 6 pixels. The pictures show the window behind the third,
# the fourth and the fifth: a part of an eye, the eye and what is around it, half of the face.

# %%
photo = images.load("chelsea")
center = (115, 155)

layers, views = [], []
for convolutions in (2, 2, 3, 3, 3):
    layers += [(3, 1)] * convolutions + [(2, 2)]
    side = receptive_field(layers)
    top, left = (max(0, place - side // 2) for place in center)
    window = slice(top, top + side), slice(left, left + side)
    view = photo // 4
    view[window] = photo[window]
    views.append(view)
    print(f"behind {len(layers)} layers: {side} x {side} pixels")
plot.row(views[2:], titles=["third pooling", "fourth", "fifth"])

# %% [markdown]
# ## Question: a receptive field (1 point)

# %%
numbers = question("stack_field", STUDENT, COURSE)

# %% [markdown]
# Write the number down as `stack_field`.

# %% solution="stack_field"
stack_field = ""  # write your number between the quotation marks
### BEGIN SOLUTION
stack_field = receptive_field([
    (numbers["first"], 1),
    (numbers["pool"], numbers["pool"]),
    (numbers["second"], numbers["step"]),
    (numbers["third"], 1),
])
### END SOLUTION

# %%
check("stack_field", stack_field)

# %% grade="stack_field" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("stack_field", stack_field)

# %% [markdown]
# ## Question: the response of a detector (1 point)
#
# You know now how large the window is. Do you remember what a filter does with it? Here is a detector for a curve, as in
# lesson 1: large weights along the curve, and some negative ones beside it.

# %%
numbers = question("detector_response", STUDENT, COURSE)

# %% [markdown]
# Write the number down as `detector_response`.

# %% solution="detector_response"
detector_response = ""  # write your number between the quotation marks
### BEGIN SOLUTION
detector_response = (numbers["kernel"] * numbers["window"]).sum()
### END SOLUTION

# %%
check("detector_response", detector_response)

# %% grade="detector_response" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("detector_response", detector_response)

# %% [markdown]
# ## Counting the networks with a name
#
# Now put your functions together. The next cell is given: it goes through a list of layers, keeps the shape up to date and
# adds up the parameters. A layer is written as:
#
# - `("conv", filters, kernel, stride, pad)`
# - `("pool", size, stride)`
# - `("dense", units)`; before the first of them everything is flattened.

# %%
def walk(shape, layers):
    """Go through a network: for each layer its name, the shape behind it and its parameters."""
    rows = []
    for kind, *numbers in layers:
        count = 0
        if kind == "conv":
            filters, kernel, stride, pad = numbers
            count = conv_params(kernel, shape[2], filters)
            shape = conv_output_shape(shape, filters, kernel, stride, pad)
            name = f"conv {kernel} x {kernel}"
        elif kind == "pool":
            size, stride = numbers
            shape = (output_size(shape[0], size, stride), output_size(shape[1], size, stride), shape[2])
            name = f"pool {size} x {size}"
        else:
            count = dense_params(int(np.prod(shape)), numbers[0])
            shape = (numbers[0],)
            name = "dense"
        rows.append((name, shape, count))
    return rows


def show_table(title, shape, layers):
    """Print a network as a table."""
    rows = walk(shape, layers)
    print(title)
    print(f"  {'input':<12} {' x '.join(map(str, shape))}")
    for name, shape, count in rows:
        print(f"  {name:<12} {' x '.join(map(str, shape)):<16} {f'{count:,}' if count else '':>12}")
    print(f"  {'total':<29} {sum(count for _, _, count in rows):>12,}")

# %% [markdown]
# **LeNet-5** (1998) reads digits of 28 × 28 pixels. The first convolution has padding 2.

# %%
lenet5 = [
    ("conv", 6, 5, 1, 2), ("pool", 2, 2),
    ("conv", 16, 5, 1, 0), ("pool", 2, 2),
    ("dense", 120), ("dense", 84), ("dense", 10),
]
show_table("LeNet-5", (28, 28, 1), lenet5)

# %% [markdown]
# **AlexNet** (2012) tells 1,000 kinds of things apart on photos of 224 × 224 pixels. (There are several versions. This is
# the one that the PyTorch library comes with.)

# %%
alexnet = [
    ("conv", 64, 11, 4, 2), ("pool", 3, 2),
    ("conv", 192, 5, 1, 2), ("pool", 3, 2),
    ("conv", 384, 3, 1, 1), ("conv", 256, 3, 1, 1), ("conv", 256, 3, 1, 1), ("pool", 3, 2),
    ("dense", 4096), ("dense", 4096), ("dense", 1000),
]
show_table("AlexNet", (224, 224, 3), alexnet)

# %% [markdown]
# **VGG-16** (2014) has only small filters, but 13 convolutional layers of them. Two layers of 3 × 3 see as much as one of
# 5 × 5, as you know, and they need fewer weights for it: 2 · 9 instead of 25 for each pair of an input and an output
# channel. Besides, there is a ReLU more in between.

# %%
vgg16 = []
for filters, convolutions in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
    vgg16 += [("conv", filters, 3, 1, 1)] * convolutions + [("pool", 2, 2)]
vgg16 += [("dense", 4096), ("dense", 4096), ("dense", 1000)]
show_table("VGG-16", (224, 224, 3), vgg16)

# %% [markdown]
# **ResNet-50** (2015) is built from blocks. A block has three convolutions: 1 × 1 to make the depth smaller, 3 × 3, and 1 × 1
# to make it four times as large again. At the end, the block's input is added to its output: a *skip connection*. Where the
# depth changes, one more 1 × 1 convolution brings the input to the new shape. No convolution has biases, since each is
# followed by batch normalization, which has two parameters for each channel: gamma and beta. After the last block each
# of the 2,048 maps is averaged to one number, and a single dense layer follows.

# %%
def conv_and_norm(kernel, channels, filters):
    """The parameters of a convolution without biases, and of the batch normalization behind it."""
    return conv_params(kernel, channels, filters, bias=False) + 2 * filters


resnet50 = conv_and_norm(7, 3, 64)
channels = 64
for filters, blocks in [(64, 3), (128, 4), (256, 6), (512, 3)]:
    for block in range(blocks):
        resnet50 += conv_and_norm(1, channels, filters)
        resnet50 += conv_and_norm(3, filters, filters)
        resnet50 += conv_and_norm(1, filters, 4 * filters)
        if block == 0:
            resnet50 += conv_and_norm(1, channels, 4 * filters)
        channels = 4 * filters
resnet50_dense = dense_params(channels, 1000)
resnet50 += resnet50_dense
print(f"ResNet-50: {resnet50:,} parameters")

# %% [markdown]
# ### Where the parameters sit
#
# In the dense layers! The share of all parameters that they hold, for each network:

# %%
named = [
    ("LeNet-5", (28, 28, 1), lenet5),
    ("AlexNet", (224, 224, 3), alexnet),
    ("VGG-16", (224, 224, 3), vgg16),
]
totals = {}
for name, shape, layers in named:
    rows = walk(shape, layers)
    in_dense = sum(count for layer, _, count in rows if layer == "dense")
    totals[name] = (in_dense, sum(count for _, _, count in rows))
totals["ResNet-50"] = (resnet50_dense, resnet50)
for name, (in_dense, total) in totals.items():
    bar = "#" * round(40 * in_dense / total)
    print(f"{name:<10} {total:>12,} parameters, {in_dense / total:>4.0%} of them dense  {bar}")

# %% [markdown]
# One layer of VGG-16 stands out. Its first dense layer takes 7 · 7 · 512 = 25,088 numbers into 4,096 units: 102,764,544
# parameters, three quarters of the whole network. All thirteen convolutional layers together have 14,714,688. ResNet has
# learned from this: it averages each map to a single number first, so that its only dense layer is small. It is much
# deeper than VGG-16, and yet it has less than a fifth of the parameters.
#
# ## In your own words: a larger photo (2 points)
#
# Somebody wants to use VGG-16 on photos of 448 × 448 pixels instead of 224 × 224. What happens to the number of parameters
# of the convolutional layers, and why? What happens to the first dense layer? And why does ResNet-50 not have this problem?
# Three or four sentences. A person reads your answer.

# %% [markdown] manual="larger-photo" points=2
# The convolutional layers keep their parameters: a filter is shared by all places, so its size does not depend on the size
# of the image; there are only more places. But the maps behind the last pooling are 14 × 14 × 512 instead of 7 × 7 × 512, so
# the first dense layer gets four times as many inputs and needs four times as many weights, about 411 million; the trained
# weights do not fit any more. ResNet-50 averages each map to a single number, whatever its size, so its dense layer always
# gets 2,048 inputs. (1 point for shared filters whose number of parameters does not depend on the image; 1 point for the
# dense layer that grows fourfold, and averaging as the way out.)

# %% [markdown]
# ## What you can now do
#
# - compute the shape behind any convolution or pooling, with stride and padding, by hand and in code;
# - count the parameters of convolutional, dense and locally connected layers, and say what they do not depend on;
# - say what sharing weights saves, in numbers;
# - work out how much of the input one number of a deep layer sees;
# - read a network as a table of layers, and find the layer that holds most of the parameters.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson
# the parameters that you have counted start to learn: you train a network.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 05-shapes-and-parameters`).

# %%
from cnnkit import flashcards

flashcards.drill("05-shapes-and-parameters")
