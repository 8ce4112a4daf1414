# Lesson 03, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 3 · Activation and pooling
#
# A convolution gives a feature map. Two small steps usually follow it: an **activation**, which treats each number on its
# own, and a **pooling**, which makes the map smaller. In this lesson you write both, and at the end the two functions with
# which a network gives its answer: softmax and sigmoid.
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %% [markdown]
# From lessons 1 and 2 you need the convolution, a kernel, and the cat.

# %%
def conv2d(image, kernel):
    """Slide a kernel over a grey image, only where it fits (lesson 1, without strides)."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


photo = images.load("chelsea")
small = photo[::3, ::3]  # every third row and column: enough to see the cat, and quick to compute with
gray = small @ np.array([0.2125, 0.7154, 0.0721]) / 255
vertical_lines = np.array([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])

feature_map = conv2d(gray, vertical_lines)
print("from", feature_map.min().round(2), "to", feature_map.max().round(2))
plot.row([gray, feature_map], titles=["photo", "vertical lines"])

# %% [markdown]
# ## Why not one convolution after the other?
#
# A convolution is **linear**: it multiplies and adds, nothing else. Put two of them in a row, and what you get is a
# convolution again, with one larger kernel. Two kernels of 3 × 3 do no more than a single one of 5 × 5. The same holds for
# dense layers: a chain of linear layers is one linear layer, however long it is. You would pay for a hundred layers, and
# have one.
#
# See for yourself. The kernel of 5 × 5 below is computed from the two small ones, once. Then it does in one step what they
# do in two, on any image:

# %%
random = np.random.default_rng(1)
first, second = random.integers(-3, 4, (3, 3)), random.integers(-3, 4, (3, 3))

# Turned, because sliding one kernel over the other turns it.
one_kernel = conv2d(np.pad(second, 2), first[::-1, ::-1])
print(one_kernel)

two_steps = conv2d(conv2d(gray, first), second)
one_step = conv2d(gray, one_kernel)
print("the same map:", np.allclose(two_steps, one_step))

# %% [markdown]
# So between two layers there must be something that is **not** linear. It need not be complicated. The most common one is
# the **rectified linear unit**, in short **ReLU**: a negative number becomes 0, any other number stays what it is.
#
#     relu(x) = x if x > 0, otherwise 0
#
# What does it do to a feature map? A large answer means "here is the pattern". A negative answer means "here is its
# opposite", for the line detector an edge from bright to dark. After a ReLU, a map says only where the pattern is, and how
# strongly. (If the opposite is of use as well, the network learns another kernel for it.) The ReLU is also quick to
# compute, and for positive numbers its slope is 1, which makes deep networks easier to train.
#
# ## Exercise: `relu` (1 point)
#
# Write a function for an array of **any** shape. It must give a new array and leave the old one as it is.
# (Hint: `max` compares two numbers. `np.maximum` compares all numbers of an array at once.)

# %% solution="relu"
def relu(x):
    """Set negative numbers to 0.

    x: array of any shape
    Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    return np.maximum(x, 0)
    ### END SOLUTION

# %%
check("relu", relu)

# %% grade="relu" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more arrays than the check tries.
check("relu", relu)

# %%
print(relu(np.array([-3, -0.5, 0, 0.5, 3])))

rectified = relu(feature_map)
print(f"{(rectified == 0).mean():.0%} of the map is 0 now")

after_two = conv2d(relu(conv2d(gray, first)), second)
print("two layers with a ReLU in between, the same as one kernel:", np.allclose(after_two, one_step))
plot.row([feature_map, rectified], titles=["feature map", "after the ReLU"])

# %% [markdown]
# In the left picture, grey is 0. In the right one, black is 0: the edges from bright to dark are gone, those from dark to
# bright have stayed. And two layers with a ReLU between them are no longer one: that is the point of it.
#
# You may read that the ReLU is needed "because images are not linear". That is not the reason. The reason is the one that
# you have just seen: without it, many layers are worth one.
#
# ## Pooling
#
# **Pooling** makes a map smaller. A window of, say, 2 × 2 moves over the map, and each window becomes one number:
#
# - **max pooling** takes the largest number of the window,
# - **average pooling** the mean,
# - **sum pooling** the sum.
#
# As in a convolution there is a stride. If none is given, the window moves by its own size, so that the windows touch but do
# not overlap. A window that would hang over the edge is dropped. So, for a size k and a stride s, H rows become
#
#     (H - k) // s + 1
#
# and the width in the same way. There is nothing to learn in a pooling: it has no weights.
#
# An example: `[[1, 1, 0, 0], [0, 0, 1, 4]]`, max pooling with a window of 2 × 2. With stride 2 there are two windows, and the
# result is `[[1, 4]]`. With stride 1 there are three, and it is `[[1, 1, 4]]`. Check it with your finger, or in the kernel
# explorer: its kernel is a single 1, which changes nothing, so that only the pooling is left. Go through the cells of the
# pooled map, with the mouse or the arrow keys; then set the stride of the pooling to 1, and take the mean or the sum.

# %%
from cnnkit import explore

explore.explore([[1, 1, 0, 0], [0, 0, 1, 4]], [[1]], pool="max")

# %% [markdown]
# **Each channel is pooled on its own.** An image of 28 × 28 with 6 channels becomes 14 × 14 with 6 channels: pooling never
# changes the depth.
#
# ## Exercise: `max_pool2d` (4 points)
#
# Write the function for a grey image or a single map, of shape (H, W), **and** for one with channels, of shape (H, W, C). The
# size is one number: the window is square. When `stride` is `None`, it is as large as the size.
#
# Hints:
#
# - The largest number over the first two axes only, for each channel: `window.max(axis=(0, 1))`. For a window without channels
#   this gives a single number. So one line serves both.
# - The result has the shape `(rows, columns)` or `(rows, columns, C)`. You get both with `(rows, columns) + x.shape[2:]`.
# - Think of a map of negative numbers only: 0 is not the largest of them.

# %% solution="max_pool2d"
def max_pool2d(x, size=2, stride=None):
    """Take the largest number of each window.

    x: array of shape (H, W) or (H, W, C)
    size: rows and columns of the window
    stride: how far the window moves at a time; None means as far as its size
    Returns an array of shape (H', W') or (H', W', C), where H' is (H - size) // stride + 1.
    """
    ### BEGIN SOLUTION
    if stride is None:
        stride = size
    rows = (x.shape[0] - size) // stride + 1
    columns = (x.shape[1] - size) // stride + 1
    pooled = np.zeros((rows, columns) + x.shape[2:])
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            window = x[top : top + size, left : left + size]
            pooled[row, column] = window.max(axis=(0, 1))
    return pooled
    ### END SOLUTION

# %%
check("max_pool2d", max_pool2d)

# %% grade="max_pool2d" points=4
# Graded: 4 points. After you submit, hidden inputs are tried here:
# more images, sizes and strides than the check tries.
check("max_pool2d", max_pool2d)

# %%
example = np.array([[1, 1, 0, 0], [0, 0, 1, 4]])
for stride in (2, 1):
    print(f"stride {stride}:", np.array(max_pool2d(example, stride=stride)).astype(int).tolist())
print("28 x 28 with 6 channels becomes", max_pool2d(np.zeros((28, 28, 6))).shape)

# %% [markdown]
# ## Exercise: `avg_pool2d` (2 points)
#
# The same, with the mean of each window instead of its largest number.

# %% solution="avg_pool2d"
def avg_pool2d(x, size=2, stride=None):
    """Take the mean of each window.

    x, size, stride: as in max_pool2d
    Returns an array of shape (H', W') or (H', W', C).
    """
    ### BEGIN SOLUTION
    if stride is None:
        stride = size
    rows = (x.shape[0] - size) // stride + 1
    columns = (x.shape[1] - size) // stride + 1
    pooled = np.zeros((rows, columns) + x.shape[2:])
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            pooled[row, column] = x[top : top + size, left : left + size].mean(axis=(0, 1))
    return pooled
    ### END SOLUTION

# %%
check("avg_pool2d", avg_pool2d)

# %% grade="avg_pool2d" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more images, sizes and strides than the check tries.
check("avg_pool2d", avg_pool2d)

# %% [markdown]
# ## Exercise: `sum_pool2d` (1 point)
#
# And with the sum. Look closely at the two: you can write this one in a single line, with the help of the other.

# %% solution="sum_pool2d"
def sum_pool2d(x, size=2, stride=None):
    """Take the sum of each window.

    x, size, stride: as in max_pool2d
    Returns an array of shape (H', W') or (H', W', C).
    """
    ### BEGIN SOLUTION
    return avg_pool2d(x, size, stride) * size**2
    ### END SOLUTION

# %%
check("sum_pool2d", sum_pool2d)

# %% grade="sum_pool2d" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more images, sizes and strides than the check tries.
check("sum_pool2d", sum_pool2d)

# %% [markdown]
# ### Still a cat
#
# Pool the photo with 2 × 2, and a quarter of its pixels is left. It is still a cat. Pool it twice, and a sixteenth is left.
# Average pooling looks like the photo seen from further away; max pooling makes bright hairs grow, as it keeps the brightest
# pixel of each window.

# %%
half, quarter = avg_pool2d(small) / 255, avg_pool2d(avg_pool2d(small)) / 255
for name, image in [("photo", small), ("pooled", half), ("pooled twice", quarter)]:
    print(f"{name}: {image.shape}, {image.shape[0] * image.shape[1]:,} pixels")
plot.row([small, half, max_pool2d(small) / 255, quarter], titles=["photo", "average", "max", "average, twice"])

# %% [markdown]
# ### What pooling buys
#
# - **Less to compute.** A quarter of the numbers is a quarter of the work for the next layer.
# - **A wider view.** A kernel of 3 × 3 on a map that was pooled by 2 sees what a kernel of 6 × 6 would see before it. After
#   several poolings a small kernel sees the whole cat. (The part of the image that a number depends on is called its
#   *receptive field*. You compute it in lesson 5.)
# - **Tolerance of small shifts.** If a strong answer moves by one cell, it is often still in the same window, and the
#   pooled map does not change. Often, not always: a cell at the edge of its window moves into the next one.

# %%
spot = np.zeros((4, 8))
spot[1, 2] = 9
moved_once, moved_twice = np.roll(spot, 1, axis=1), np.roll(spot, 2, axis=1)
for name, image in [("the spot", spot), ("moved by 1", moved_once), ("moved by 2", moved_twice)]:
    print(f"{name}: column {image.argmax() % 8} of the map, pooled {max_pool2d(image)[0].astype(int)}")

# %% [markdown]
# What pooling does **not** do: it does not make a network invariant to turning or to distortion. A cat upside down gives
# other maps, and pooling them gives other small maps. If a network is to know cats in all positions, it must see cats in all
# positions while it learns.
#
# ## Exercise: `global_avg_pool` (1 point)
#
# The largest window possible is the whole map. **Global** average pooling takes the mean of each channel: an array of shape
# (H, W, C) becomes C numbers, one for each pattern: "how much of it is in the picture, no matter where?" Many networks end
# with this step, before the decision.

# %% solution="global_avg_pool"
def global_avg_pool(x):
    """Take the mean of each channel.

    x: array of shape (H, W, C)
    Returns an array of shape (C,).
    """
    ### BEGIN SOLUTION
    return x.mean(axis=(0, 1))
    ### END SOLUTION

# %%
check("global_avg_pool", global_avg_pool)

# %% grade="global_avg_pool" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more arrays than the check tries.
check("global_avg_pool", global_avg_pool)

# %%
print("mean red, green and blue of the cat:   ", global_avg_pool(small).round(1))
print("of the cat at a quarter of its pixels: ", global_avg_pool(avg_pool2d(small)).round(1))

# %% [markdown]
# ### The three steps together
#
# Convolution, ReLU, pooling: this is the brick that CNNs are built of. Here it is with two kernels, which give two maps
# stacked as channels. See how the shapes change.

# %%
maps = np.stack([conv2d(gray, vertical_lines), conv2d(gray, vertical_lines.T)], axis=2)
pooled = max_pool2d(relu(maps))
print("photo", gray.shape, "-> maps", maps.shape, "-> pooled", pooled.shape)
plot.row(
    [gray, pooled[:, :, 0], pooled[:, :, 1]], titles=["photo", "vertical lines", "horizontal lines"]
)

# %% [markdown]
# Play with all three. Point at a cell of the pooled map: the picture shows how much of the photo it depends on, more than
# the kernel's three pixels. Switch the ReLU off: what do the dark places of the map tell? Pool with larger windows: how
# small may the map become before you no longer see a cat?

# %%
explore.explore("chelsea", "vertical_lines", relu=True, pool="max")

# %% [markdown]
# ## From scores to probabilities
#
# At its end a network gives one number for each label, a **score**: any number, positive or negative. Two functions make
# probabilities of them, for two kinds of questions.
#
# **One label of many**: is this a cat, a dog or a bird? Then the answers compete. **Softmax** takes the exponential of each
# score, which makes it positive, and divides by the sum of all, so that they add up to 1:
#
#     softmax(x)[i] = exp(x[i]) / (exp(x[0]) + exp(x[1]) + ...)
#
# **Many labels, each yes or no**: is there a cat? Is there grass? Is it day? Several may be true, or none. Then each score is
# treated on its own. The **sigmoid** brings it between 0 and 1, with 0.5 for a score of 0:
#
#     sigmoid(x) = 1 / (1 + exp(-x))
#
# ### Large numbers
#
# The exponential grows fast: `np.exp(710)` is already more than a float can hold, and NumPy gives `inf`, infinity. Then
# infinity divided by infinity is `nan`, "not a number", and your network is lost. Both functions can be written so that this
# never happens:
#
# - In the softmax you may **subtract the same number from all scores** without changing the result: above and below the line
#   the same factor appears. Subtract the largest score of the row. Then all exponents are 0 or less, and nothing overflows.
# - In the sigmoid, look at what the exponential does: `exp(-x)` is infinite only for very negative x, and 1 / (1 + infinity)
#   is 0, which is right. (NumPy prints a warning; that costs nothing.) But written as `exp(x) / (1 + exp(x))` the same
#   function gives `nan` for large x.

# %%
with np.errstate(all="ignore"):  # we know that it overflows
    print("exp(710) =", np.exp(710.0), "  inf / inf =", np.exp(710.0) / np.exp(710.0))
    print("1 / (1 + inf) =", 1 / (1 + np.exp(710.0)))

# %% [markdown]
# ## Exercise: `sigmoid` (2 points)
#
# For an array of any shape, and for scores up to 10,000 of either sign.

# %% solution="sigmoid"
def sigmoid(x):
    """Bring each number on its own between 0 and 1.

    x: array of any shape
    Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    small = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, small) / (1 + small)
    ### END SOLUTION

# %%
check("sigmoid", sigmoid)

# %% grade="sigmoid" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more arrays than the check tries.
check("sigmoid", sigmoid)

# %% [markdown]
# ## Exercise: `softmax` (3 points)
#
# For the scores of one image, an array of shape (K,), or of several images, (N, K): one row for each image. Each row is
# treated on its own, so the largest score and the sum are taken **along the last axis**. Scores up to 10,000 must work, also
# when one row has much larger ones than another.
#
# (Hint: `x.max(axis=-1, keepdims=True)`. With `keepdims=True` the result keeps its axis, with length 1: for x of shape (2, 3)
# it has the shape (2, 1), and NumPy lines it up with the rows.)

# %% solution="softmax"
def softmax(x):
    """Turn scores into probabilities that add up to 1 along the last axis.

    x: array of shape (K,) or (N, K)
    Returns an array of the same shape.
    """
    ### BEGIN SOLUTION
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
    ### END SOLUTION

# %%
check("softmax", softmax)

# %% grade="softmax" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more scores than the check tries.
check("softmax", softmax)

# %% [markdown]
# Here are both on the same random scores. The softmax spends one whole probability on all labels together; the largest score
# gets most of it. The sigmoid judges each label alone, and the sum is whatever it is. With one score changed, *all* results
# of the softmax change, but only one of the sigmoid.

# %%
scores = np.random.default_rng(3).normal(0, 1, 5)
changed = scores.copy()
changed[2] += 2
for name, x in [("scores", scores), ("the third one higher", changed)]:
    print(f"{name}: {x.round(2)}")
    print(f"    softmax: {softmax(x).round(3)}, sum {softmax(x).sum():.3f}")
    print(f"    sigmoid: {sigmoid(x).round(3)}, sum {sigmoid(x).sum():.3f}")

# %% [markdown]
# ## Question: ReLU and pooling by hand (1 point)
#
# Your functions are tried on many numbers; this question is for you and your pencil. Its numbers are your own: everybody
# has others. Write your id, the one under which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("relu_then_pool", STUDENT, COURSE)

# %% [markdown]
# Write the four numbers down as `relu_then_pool`, row by row, with commas between them, such as `"1, 2, 3, 4"`. The check can
# read your answer but does not tell whether it is right: you see that when the lesson is graded.

# %% solution="relu_then_pool"
relu_then_pool = ""  # write your answer between the quotation marks
### BEGIN SOLUTION
relu_then_pool = max_pool2d(relu(numbers["feature_map"])).ravel()
### END SOLUTION

# %%
check("relu_then_pool", relu_then_pool)

# %% grade="relu_then_pool" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("relu_then_pool", relu_then_pool)

# %% [markdown]
# ## Question: in your own words (2 points)
#
# A person reads this answer. **A network sorts photos of street signs; another one says where in a photo each sign stands, to
# the pixel. A colleague proposes max pooling with large windows in both, "because pooling makes a network invariant". What is
# right about that, what is wrong, and in which of the two networks does strong pooling hurt more?** Three or four sentences
# are enough.

# %% [markdown] manual="when-to-pool" points=2
# Right: a strong answer that moves by a cell or two often stays in its window, so the pooled map tolerates small shifts; it also
# saves computing and widens the view. Wrong: it is tolerance, not invariance, since a shift across the edge of a window changes
# the map, and a sign that is turned or distorted gives other maps altogether. Pooling forgets where in its window the
# answer stood. For sorting that hardly matters, for the position to the pixel it is just what is needed: strong pooling
# hurts the second network more.

# %% [markdown]
# ## What you can now do
#
# - say why something non-linear must stand between two layers, and apply a ReLU to a map;
# - pool a map by hand and with your own functions, by maximum, mean and sum, with any size and stride, and tell its shape;
# - say what pooling buys (less to compute, a wider view, tolerance of small shifts) and what it does not;
# - reduce each channel to one number with global average pooling;
# - turn scores into probabilities: softmax for one label of many, sigmoid for many labels;
# - write both so that large numbers do not overflow.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson you
# build whole layers: many filters at once, and all that comes after them.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 03-activation-and-pooling`).

# %%
from cnnkit import flashcards

flashcards.drill("03-activation-and-pooling")
