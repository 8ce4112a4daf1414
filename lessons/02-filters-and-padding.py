# Lesson 02, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 2 · Filters and padding
#
# In lesson 1 a kernel slid over an image and answered where the image looked like itself. In this lesson you meet the
# kernels that have a name: line detectors, the Sobel, sharpening, blurs. And you settle a question that was left open:
# what happens at the border, where the kernel hangs over?
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %% [markdown]
# From lesson 1 you need the convolution, for stride 1. Here it is in two lines: NumPy lays out all windows of the image
# side by side, and then all of them are multiplied with the kernel and added up at once. It gives the same numbers as
# your loops. The cat comes along, too.

# %%
def conv2d(image, kernel):
    """Slide a kernel over a grey image, only where it fits (lesson 1, without strides)."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


print(conv2d(np.arange(9).reshape(3, 3), np.array([[0, 1], [2, 3]])))

photo = images.load("chelsea")
small = photo[::3, ::3]  # every third row and column: enough to see the cat, and quick to compute with
gray = small @ np.array([0.2125, 0.7154, 0.0721]) / 255  # to_gray from lesson 1

# %% [markdown]
# ## The trouble at the border
#
# A kernel of 3 × 3 that stays inside the image has two rows and two columns less to stand on. So each convolution makes
# the picture smaller: from 9 × 9 to 7 × 7, then 5 × 5, 3 × 3, and after the fourth a single number is left. Try it:

# %%
shrinking = np.ones((9, 9))
while shrinking.shape[0] >= 3:
    shrinking = conv2d(shrinking, np.ones((3, 3)) / 9)
    print("the map is now", shrinking.shape[0], "x", shrinking.shape[1])

# %% [markdown]
# There is a second trouble. A pixel in the middle of the image lies under the kernel nine times, a pixel in the corner only
# once. What happens at the edge hardly counts.
#
# The remedy is **padding**: before the kernel slides, put a border around the image. With the right width, the map comes
# out in the image's own size. That is called a **same** convolution. Without a border, when whatever does not fit is
# dropped, it is called **valid**: that is what you have done so far.
#
# But what to write into the border? Three answers are common. Here they are for a row `1 2 3 4` and a border of 2:
#
# | mode | border | row | border | what it is |
# | --- | --- | --- | --- | --- |
# | `"zero"` | 0 0 | 1 2 3 4 | 0 0 | black all around |
# | `"reflect"` | 3 2 | 1 2 3 4 | 3 2 | a mirror *on* the outermost cell: it is not repeated |
# | `"symmetric"` | 2 1 | 1 2 3 4 | 4 3 | a mirror *behind* the outermost cell: it is repeated |
#
# Zeros are what most networks use: it is quick, and the network learns to live with it. For photos a mirror is better: with
# zeros every photo would have a black frame, and a kernel that looks for edges would find that frame.
#
# ## Exercise: `pad2d` (4 points)
#
# Write a function that puts a border of `pad` cells on **each** of the four sides of a grey image. An image of 4 × 6 with
# `pad=1` becomes 6 × 8. With `pad=0` the image stays as it is. In the two mirrored modes the corners are mirrored in
# both directions.
#
# Some hints:
#
# - For the zeros: make an array of zeros of the final size, and put the image into its middle:
#   `padded[pad : pad + height, ...] = image`.
# - For the mirrors: you may pick rows by a list of numbers. `image[[2, 1, 0, 1, 2]]` is a picture made of the rows 2, 1, 0, 1
#   and 2 of the image, in this order; and `image[:, [1, 0, 1]]` does the same with columns. So it is enough to find the right
#   list of numbers, once for the rows and once for the columns.
# - Take care with `padded[pad:-pad]`: for `pad=0` it is `padded[0:0]`, which is empty.
#
# (NumPy has a function for this, `np.pad`. It would be right here as well, but write it once yourself: then you know what
# it does.) You need not think of borders wider than the mirror reaches: they are not tried.

# %% solution="pad2d"
def pad2d(image, pad, mode="zero"):
    """Put a border around a grey image.

    image: array of shape (H, W)
    pad: how many cells on each side, 0 or more
    mode: "zero", "reflect" (mirrored, edge not repeated) or "symmetric" (mirrored, edge repeated)
    Returns an array of shape (H + 2 * pad, W + 2 * pad).
    """
    ### BEGIN SOLUTION
    height, width = image.shape
    if mode == "zero":
        padded = np.zeros((height + 2 * pad, width + 2 * pad))
        padded[pad : pad + height, pad : pad + width] = image
        return padded
    first = 1 if mode == "reflect" else 0
    mirrored = list(range(first, first + pad))  # from the edge inwards
    rows = mirrored[::-1] + list(range(height)) + [height - 1 - k for k in mirrored]
    columns = mirrored[::-1] + list(range(width)) + [width - 1 - k for k in mirrored]
    return image[rows][:, columns]
    ### END SOLUTION

# %%
check("pad2d", pad2d)

# %% grade="pad2d" points=4
# Graded: 4 points. After you submit, hidden inputs are tried here:
# more images, borders and modes than the check tries.
check("pad2d", pad2d)

# %% [markdown]
# Here are the three borders around a small matrix, and a wide one around a photo. In the two mirrors you see the
# cat's ears twice. The two look alike; on the matrix you see the difference.

# %%
matrix = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
for mode in ("zero", "reflect", "symmetric"):
    print(mode)
    print(pad2d(matrix, 2, mode).astype(int))

plot.row(
    [pad2d(gray, 30, mode) for mode in ("zero", "reflect", "symmetric")],
    titles=["zero", "reflect", "symmetric"],
)

# %% [markdown]
# ## How wide must the border be?
#
# A kernel of height h, laid with its middle on a cell, reaches `h // 2` rows up and just as many down, if h is odd: 1
# for a kernel of 3, 2 for a kernel of 5. So a border of `h // 2` rows makes up exactly for what is lost: the map
# has H + 2 · (h // 2) - h + 1 = H rows. The same holds for the width. That is why kernels nearly always have odd sides: an
# even kernel has no middle.
#
# ## Exercise: `conv2d_same` (3 points)
#
# Write the same convolution: pad the image in the given mode, then slide the kernel. The kernel has odd sides, but need
# not be square. A kernel of 3 × 5 needs a border of 1 row above and below, and of 2 columns left and right.
#
# Your `pad2d` gives one width all around. There is a trick: take the larger of the two widths. The map is then too large
# in one direction, by the same amount at both ends. Cut that off.

# %% solution="conv2d_same"
def conv2d_same(image, kernel, mode="zero"):
    """Slide a kernel over a grey image with a border, so that the map has the image's size.

    image: array of shape (H, W)
    kernel: array of shape (h, w), h and w odd
    mode: what the border holds, as in pad2d
    Returns the feature map, of shape (H, W).
    """
    ### BEGIN SOLUTION
    up, left = kernel.shape[0] // 2, kernel.shape[1] // 2
    pad = max(up, left)
    too_large = conv2d(pad2d(image, pad, mode), kernel)
    top, start = pad - up, pad - left
    return too_large[top : top + image.shape[0], start : start + image.shape[1]]
    ### END SOLUTION

# %%
check("conv2d_same", conv2d_same)

# %% grade="conv2d_same" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more images, kernels and modes than the check tries.
check("conv2d_same", conv2d_same)

# %% [markdown]
# ## Line detectors
#
# Two kernels to begin with. The first subtracts the column on the left from the column on the right: it answers to
# **vertical** edges. The second subtracts the row above from the row below: it answers to **horizontal** edges.
#
#     -1 0 1        -1 -1 -1
#     -1 0 1         0  0  0
#     -1 0 1         1  1  1
#
# Both have the sum 0, so their answer to a plain wall is 0, however bright it is. In the pictures, 0 is the middle
# grey; bright is a positive answer, dark a negative one. Look at the man's coat, at the tripod, and at the tall
# buildings: which lines does the first detector see that the second one misses?

# %%
vertical_lines = np.array([[-1, 0, 1]] * 3)
horizontal_lines = vertical_lines.T

camera = images.load("camera")[::3, ::3] / 255
vertical = conv2d_same(camera, vertical_lines, mode="symmetric")
horizontal = conv2d_same(camera, horizontal_lines, mode="symmetric")
print("photo:", camera.shape, "  maps:", vertical.shape, horizontal.shape)
plot.row([camera, vertical, horizontal], titles=["photo", "vertical lines", "horizontal lines"])

# %% [markdown]
# And why the mirrored border? Look at the numbers for a plain grey wall. With zeros around it, the wall has edges on its
# left and on its right that are not in the picture. With the mirror it is what it should be: nothing but wall.

# %%
wall = np.full((3, 5), 7)
for mode in ("zero", "symmetric"):
    print(f"{mode}:")
    print(conv2d_same(wall, vertical_lines, mode).astype(int))

# %% [markdown]
# ## Exercise: `top_sobel` (2 points)
#
# The **Sobel** kernels are line detectors that trust the middle column (or row) twice as much as its neighbours. The *top*
# Sobel looks for the top edges of dark things: it answers with a positive number where it is bright above and dark below.
#
#      1  2  1
#      0  0  0
#     -1 -2 -1
#
# Write a function that convolves a grey image with this kernel, **without** a border: only where it fits. The map of an
# image of H × W has the shape (H - 2, W - 2). Negative answers stay negative.

# %% solution="top_sobel"
def top_sobel(image):
    """Find top edges: bright above, dark below.

    image: array of shape (H, W)
    Returns the feature map, of shape (H - 2, W - 2).
    """
    ### BEGIN SOLUTION
    return conv2d(image, np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]))
    ### END SOLUTION

# %%
check("top_sobel", top_sobel)

# %% grade="top_sobel" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more images than the check tries.
check("top_sobel", top_sobel)

# %%
roof = np.array([[9, 9, 9, 9]] * 2 + [[0, 0, 0, 0]] * 2)  # sky, and a dark roof below
print("sky above a dark roof:", top_sobel(roof)[0], "  upside down:", top_sobel(roof[::-1])[0])
plot.row([camera, top_sobel(camera)], titles=["photo", "top Sobel"])

# %% [markdown]
# ### A warning: some libraries flip the kernel
#
# Mathematicians turn the kernel upside down and left to right before they slide it. So does `scipy.signal.convolve2d`. CNN
# libraries do not, and neither do we: what they call convolution, a mathematician calls cross-correlation. For a blur the
# two are the same, since a blur looks the same when turned. For a line detector **the sign changes**:

# %%
step = np.array([[0, 0, 9, 9]] * 3)  # dark on the left, bright on the right
print("ours:                    ", conv2d(step, vertical_lines)[0])

from scipy.signal import convolve2d

print("scipy's:                 ", convolve2d(step, vertical_lines, mode="valid")[0])
print("scipy's, kernel turned:  ", convolve2d(step, vertical_lines[::-1, ::-1], mode="valid")[0])

# %% [markdown]
# (SciPy has `correlate2d` for what we do. Note that the exercises here are done without SciPy: the grader has NumPy only.)
#
# ## The filters with a name
#
# | filter | kernel | what it answers to |
# | --- | --- | --- |
# | identity | 0 0 0 / 0 1 0 / 0 0 0 | the pixel itself: the image comes back |
# | edges, diagonal | 1 0 -1 / 0 0 0 / -1 0 1 | corners and slanted edges |
# | edges, 4 neighbours | 0 1 0 / 1 -4 1 / 0 1 0 | a pixel that differs from its four neighbours |
# | edges, 8 neighbours | -1 -1 -1 / -1 8 -1 / -1 -1 -1 | a pixel that differs from all eight neighbours |
# | sharpen | 0 -1 0 / -1 5 -1 / 0 -1 0 | the pixel, plus how it differs from its neighbours |
# | box blur | 1 1 1 / 1 1 1 / 1 1 1, divided by 9 | the average of nine pixels |
# | Gaussian blur (nearly) | 1 2 1 / 2 4 2 / 1 2 1, divided by 16 | an average in which near pixels count more |
#
# A look at the **sum** of the weights tells you a lot. Sum 0: a plain area gives 0, so the filter looks for *differences*.
# Sum 1: a plain area keeps its brightness, so the result still looks like a photo.

# %%
filters = {
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "edges, diagonal": np.array([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
    "edges, 4": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "edges, 8": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box blur": np.ones((3, 3)) / 9,
    "Gaussian blur": np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16,
}
for name, kernel in filters.items():
    print(f"{name}: the weights add up to {kernel.sum():.0f}")

# %%
shown = ["identity", "edges, diagonal", "edges, 4", "edges, 8"]
plot.row([conv2d_same(gray, filters[name], "symmetric") for name in shown], titles=shown)

# %%
# A detail, so that the single pixels can be seen; black is 0 and white is 1 in all four pictures.
eyes = gray[24:64, 40:105]
shown = ["identity", "sharpen", "box blur", "Gaussian blur"]
results = [np.clip(conv2d_same(eyes, filters[name], "symmetric"), 0, 1) for name in shown]
plot.row(results, titles=shown)

# %% [markdown]
# To get to know them, play. In the kernel explorer, choose one filter after the other, look at the sum of its weights, and
# point at places of the map: at plain fur, at a whisker, at the edge of an eye. Then change single weights. What becomes of
# the sharpened cat when the 5 is a 6? Of the edges, when the sum is no longer 0? And choose other borders: where, and by
# how much, does the map change?

# %%
from cnnkit import explore

explore.explore("chelsea", "sharpen", padding="symmetric")

# %% [markdown]
# ## Exercise: `box_kernel` (1 point)
#
# A larger box blurs more. Write a function that makes the box kernel of n × n: all weights are equal, and they add up to
# 1, so that the answer is the average of the window.

# %% solution="box_kernel"
def box_kernel(n):
    """Make the kernel of a box blur.

    n: the number of rows and columns, 1 or more
    Returns an array of shape (n, n) with equal weights that add up to 1.
    """
    ### BEGIN SOLUTION
    return np.ones((n, n)) / (n * n)
    ### END SOLUTION

# %%
check("box_kernel", box_kernel)

# %% grade="box_kernel" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more sizes than the check tries.
check("box_kernel", box_kernel)

# %%
sides = [1, 3, 7, 15]
plot.row([conv2d_same(gray, box_kernel(n), "symmetric") for n in sides], titles=[f"{n} x {n}" for n in sides])

# %% [markdown]
# ## From a feature map back to a photo
#
# A filter with sum 1 makes a photo out of a photo. But a photo file stores whole numbers from 0 to 255, `uint8`, and a filter's
# answers are neither whole nor within that range. Sharpening a bright pixel beside dark ones gives more than 255, and a
# dark one beside bright ones less than 0. Two steps are needed:
#
# - **round** to the nearest whole number: turning 99.9 into an integer by its type alone cuts it down to 99;
# - **clip**: everything below 0 becomes 0, everything above 255 becomes 255 (`np.clip`).
#
# If you forget to clip, the numbers *wrap around*: 256 becomes 0, 300 becomes 44, -1 becomes 255. White turns black and
# black turns white:

# %%
answers = np.array([-1.0, 99.9, 255.0, 256.0, 300.0])
print("answers:      ", answers)
print("cast only:    ", answers.astype(int).astype(np.uint8))
print("rounded, cut: ", np.clip(np.round(answers), 0, 255).astype(np.uint8))

sharper = conv2d_same(small[:, :, 1], filters["sharpen"], "symmetric")  # the green channel
print("the sharpened cat: from", sharper.min().astype(int), "to", sharper.max().astype(int))
plot.row(
    [small[:, :, 1], sharper.astype(int).astype(np.uint8), np.clip(np.round(sharper), 0, 255).astype(np.uint8)],
    titles=["before", "wrapped around", "clipped"],
)

# %% [markdown]
# ## Exercise: `filter_image` (4 points)
#
# Write a filter for colour photos, as an image editor has it. Each channel is filtered **on its own**, with the same 2-D
# kernel and with the `"symmetric"` border. Round, clip, and give back an image of type `np.uint8` in the same shape. The
# image may have any number of channels: three, but also one or five.
#
# Use your `conv2d_same`. To put channels together again, fill an array channel by channel, or use `np.stack(..., axis=2)`.

# %% solution="filter_image"
def filter_image(image, kernel):
    """Filter a photo, each channel on its own.

    image: array of type uint8 and shape (H, W, C)
    kernel: array of shape (h, w), h and w odd
    Returns an array of type uint8 and shape (H, W, C).
    """
    ### BEGIN SOLUTION
    filtered = np.zeros(image.shape, dtype=np.uint8)
    for channel in range(image.shape[2]):
        answers = conv2d_same(image[:, :, channel], kernel, mode="symmetric")
        filtered[:, :, channel] = np.clip(np.round(answers), 0, 255)
    return filtered
    ### END SOLUTION

# %%
check("filter_image", filter_image)

# %% grade="filter_image" points=4
# Graded: 4 points. After you submit, hidden inputs are tried here:
# more photos and kernels than the check tries.
check("filter_image", filter_image)

# %%
plot.row(
    [small, filter_image(small, filters["sharpen"]), filter_image(small, box_kernel(5))],
    titles=["photo", "sharpened", "blurred, 5 x 5"],
)

# %% [markdown]
# ## Practice: find a kernel
#
# Now the other way round: here is the picture, which kernel makes it? The explorer has six of them: vertical and horizontal
# edges, blur, sharpen, one diagonal, emboss. There is more than one right answer to each, since what counts is the picture.
# It tells how alike yours is, and gives hints when you ask for them. This is for practice and gives no points; what you
# have found is kept.

# %%
explore.explore(level="vertical")

# %% [markdown]
# And a workbench in numbers, with your own functions. Change the nine weights, run the cell, and look. Try to find a kernel
#
# - that finds **edges** of every direction, and answers 0 to a plain wall;
# - that **blurs**, and leaves the wall as bright as it is;
# - that **sharpens**, and leaves the wall as bright as it is;
# - that answers to **one diagonal**: strongly to `\`, not at all to `/`.

# %%
mine = np.array([
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
])  # change these

patterns = {
    "a plain wall of 1": np.ones((3, 3)),
    "a lone bright pixel": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "the diagonal \\": np.eye(3),
    "the diagonal /": np.eye(3)[::-1],
}
for name, pattern in patterns.items():
    print(f"{name}: {conv2d(pattern, mine)[0, 0]:.2f}")
plot.row([small, filter_image(small, mine)], titles=["photo", "my kernel"])

# %% [markdown]
# ## Question: the size of a map (1 point)
#
# Your functions are tried on many numbers; this question is for you and your pencil. Its numbers are your own: everybody
# has others. Write your id, the one under which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("map_with_border", STUDENT, COURSE)

# %% [markdown]
# Write the answer down as `map_with_border`, height first, such as `"20 x 30"`. The check can read your answer but does not
# tell whether it is right: you see that when the lesson is graded.

# %% solution="map_with_border"
map_with_border = ""  # write your answer between the quotation marks
### BEGIN SOLUTION
bordered = pad2d(np.zeros((numbers["height"], numbers["width"])), numbers["pad"])
map_with_border = conv2d(bordered, np.ones((numbers["side"], numbers["side"]))).shape
### END SOLUTION

# %%
check("map_with_border", map_with_border)

# %% grade="map_with_border" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("map_with_border", map_with_border)

# %% [markdown]
# ## Question: in your own words (2 points)
#
# A person reads this answer. **All kernels of this lesson were designed by people; in a CNN the weights are learned from
# examples. A network is to recognise objects by day and at dusk. Its first layer learned several kernels of 3 × 3: some
# have weights that add up to about 0, others to about 1. What does each sort answer to a plain wall, what can the next layers
# read from its maps, and which sort helps more against the change of light?** Three or four sentences are enough.

# %% [markdown] manual="sum-of-weights" points=2
# Sum 0: the answer to a plain wall is 0, whatever its brightness; the maps show where something changes, and the sign says in
# which direction: edges, lines, spots. Sum 1: the answer is the brightness of the wall itself; the maps are photos again,
# blurred or sharpened. Adding the same amount of light to every pixel leaves the maps of the first sort exactly as they are
# (half the light makes the answers half as large, but they stay at the same places), while those of the second sort change
# everywhere. So the edge detectors help more against the change of light.

# %% [markdown]
# ## What you can now do
#
# - say what padding is for, and choose between zeros, "reflect" and "symmetric";
# - tell valid from same, and compute how large a map comes out with a border of any width;
# - read a small kernel: what it looks for, and what the sum of its weights says;
# - detect vertical and horizontal lines, blur and sharpen;
# - bring a filter's answers back to 8 bits: round, clip, and know what happens without clipping;
# - remember that mathematics and SciPy flip the kernel, and that CNN libraries do not.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson you
# meet the two steps that follow a convolution: the activation and the pooling.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 02-filters-and-padding`).

# %%
from cnnkit import flashcards

flashcards.drill("02-filters-and-padding")
