# Lesson 01, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 1 · Convolution
#
# In this lesson you write, in a few lines of NumPy, the operation that gave convolutional neural networks
# (**CNNs**) their name. At the end you can say what a kernel is, what a feature map is, and why this is a better way
# to look at a picture than a plain neural network.
#
# How to work through it:
#
# - Run each cell from top to bottom with **Shift + Enter**.
# - Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it with your own code. As long as a
#   function is not written, a cell that uses it stops with `NotImplementedError`.
# - The cell after each exercise checks your function at once. If something is wrong, it shows you the smallest input
#   on which it goes wrong.
# - The cell marked "graded" is for the grader: leave it as it is.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %% [markdown]
# ## Data in which neighbours matter
#
# Swap two columns of a table of customers, and it is still the same table. Swap two columns of a photo, and it is
# damaged: a pixel means something only together with the pixels around it. An eye is a dark spot *inside* a bright
# spot. Such **local** or **spatial relations** are found wherever data has a structure of its own:
#
# | data | neighbours are | a local pattern |
# | --- | --- | --- |
# | image | pixels side by side | an edge, a corner, an eye |
# | audio | samples one after another | a click, a note |
# | text | words one after another | "not bad" |
# | video | pixels side by side and one frame later | a wave of the hand |
#
# CNNs are built for such data. They tag the photos on your phone, find lanes and pedestrians for self-driving cars,
# mark tumours on medical scans, and repaint a photo in the style of a painter.
#
# How strong are these relations? Below is a photo, and the same photo with its pixels shuffled. The numbers are the
# same; only the neighbourhood is gone.

# %%
photo = images.load("chelsea")
small = photo[::3, ::3]  # every third row and column: enough to see the cat, and quick to compute with

shuffled = np.random.default_rng(0).permutation(small.reshape(-1, 3)).reshape(small.shape)
for name, image in [("photo", small), ("shuffled", shuffled)]:
    steps = np.abs(np.diff(image.astype(float), axis=1))
    print(f"{name}: from one pixel to the next the value changes by {steps.mean():.1f} on average")
plot.row([small, shuffled], titles=["the photo", "its pixels, shuffled"])

# %% [markdown]
# ## Why not a dense network?
#
# In a **dense** (fully connected) layer, every unit has one weight for every input. A small grey picture of 28 × 28
# pixels, such as a scanned digit, is 784 inputs: that still works fine. A photo does not:

# %%
for name, inputs in [("28 x 28, grey", 28 * 28), ("1000 x 1000, colour", 1000 * 1000 * 3)]:
    weights = inputs * 1000
    print(f"{name}: {inputs:,} inputs, so 1,000 hidden units have {weights:,} weights")

# %% [markdown]
# Three billion weights, for the first layer alone. That is too much in three ways:
#
# - **memory**: at 4 bytes each they fill 12 GB;
# - **overfitting**: with far more weights than photos to learn from, the network can learn the photos by heart;
# - **no notion of neighbourhood**: shuffle the pixels of all photos in the same way, and a dense network learns exactly
#   as well as before. All that you saw in the left picture and missed in the right one, it never uses.
#
# ## A little history
#
# - **1959 and 1962.** David Hubel and Torsten Wiesel find cells in the visual cortex of cats that each watch a small part
#   of the picture and fire at one local pattern, such as an edge at one angle.
# - **1980.** Kunihiko Fukushima builds the *neocognitron*: layers of artificial cells that each see a small patch, and
#   that use the same pattern all over the picture.
# - **1989 and 1998.** Yann LeCun lets the network *learn* its patterns by back-propagation, and reads handwritten digits
#   with it. The network of 1998 is called LeNet-5.
# - **2012.** AlexNet, a larger CNN trained on graphics cards, wins the ImageNet competition by a wide margin. Since then
#   CNNs are everywhere.
#
# ## An image is numbers
#
# A **grey** image is a 2-D array: one number for each pixel, from 0 (black) to 255 (white). You count rows from the top
# and columns from the left, both from 0: `image[2, 0]` is the third row, first column.

# %%
drawing = np.array([
    [0, 0, 255, 0, 0],
    [0, 128, 255, 128, 0],
    [255, 255, 255, 255, 255],
    [0, 0, 192, 0, 0],
])
print("shape:", drawing.shape, "  pixel in row 2, column 0:", drawing[2, 0])
plot.matrix(drawing, title="4 rows, 5 columns")

# %% [markdown]
# ### Practice: make a matrix and a kernel
#
# Later a small matrix will slide over a large one. The small one is called a **kernel** (or filter). Make one of each
# with NumPy. This is for practice and gives no points: change the two lines, and run the cell until it says "yes" twice.
#
# - `matrix`: the numbers 0 to 8 in three rows of three. (Hint: `np.arange` and `.reshape`.)
# - `kernel`: 3 × 3, with 1 in the four corners and in the centre, 0 elsewhere. (Hint: `np.array` and a list of lists.)

# %%
matrix = np.zeros((2, 2))  # change this
kernel = np.zeros((2, 2))  # and this

for name, mine, wanted in [
    ("matrix", matrix, [[0, 1, 2], [3, 4, 5], [6, 7, 8]]),
    ("kernel", kernel, [[1, 0, 1], [0, 1, 0], [1, 0, 1]]),
]:
    print(f"{name}: {'yes' if np.array_equal(mine, wanted) else 'not yet'}")
    print(mine)

# %% [markdown]
# ### Colour
#
# A **colour** image is a 3-D array of shape (height, width, 3): for each pixel an amount of red, of green and of blue.
# The three 2-D arrays are called its **channels**. Mixed like coloured lights, they give every colour of the screen:
#
# | colour | red | green | blue |
# | --- | --- | --- | --- |
# | black | 0 | 0 | 0 |
# | white | 255 | 255 | 255 |
# | grey | 128 | 128 | 128 |
# | red | 255 | 0 | 0 |
# | green | 0 | 255 | 0 |
# | blue | 0 | 0 | 255 |
# | yellow | 255 | 255 | 0 |
# | magenta | 255 | 0 | 255 |
# | cyan | 0 | 255 | 255 |
# | orange | 255 | 165 | 0 |

# %%
plot.swatches({
    "black": (0, 0, 0), "white": (255, 255, 255), "grey": (128, 128, 128),
    "red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255),
    "yellow": (255, 255, 0), "magenta": (255, 0, 255), "cyan": (0, 255, 255), "orange": (255, 165, 0),
})

# %% [markdown]
# `images.load` gave you one of the photos that come with the library scikit-image, as an array like any other:

# %%
print("names:", images.names())
print("shape:", photo.shape, "  type:", photo.dtype, "  from", photo.min(), "to", photo.max())
print("the pixel in row 100, column 200:", photo[100, 200])
plot.channels(small)

# %% [markdown]
# The cat is orange, so it is bright in the red channel and dark in the blue one.
#
# ## Exercise: `split_channels` (2 points)
#
# Write a function that takes a colour image of shape (height, width, 3) and returns its three channels, red, green and
# blue, each of shape (height, width).
#
# To take a part of an array, name what you want along each axis; a colon means "all of it". From an array `a` with three
# axes, `a[:, 4, :]` takes everything along the first axis, number 4 along the second, everything along the third. On
# which axis are the channels?

# %% solution="split_channels"
def split_channels(image):
    """Take a colour image apart.

    image: array of shape (height, width, 3)
    Returns three arrays of shape (height, width): red, green, blue.
    """
    ### BEGIN SOLUTION
    return image[:, :, 0], image[:, :, 1], image[:, :, 2]
    ### END SOLUTION

# %%
check("split_channels", split_channels)

# %% grade="split_channels" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more images than the check tries.
check("split_channels", split_channels)

# %% [markdown]
# ## Exercise: `to_gray` (2 points)
#
# A pixel is stored in one of two ways, and you will meet both:
#
# - as a whole number from 0 to 255 (`uint8`: an **u**nsigned **int**eger of **8** bits);
# - as a decimal number (a *float*) from 0 to 1: the same, divided by 255.
#
# Take care with `uint8`: it has no room for 256. Numbers that grow too large start again at 0, without a warning: 250 + 10
# gives 4. So turn the image into floats before you calculate with it; multiplying by a float does that.
#
# Now, how bright is a colour? Not the plain average of the three numbers: our eyes are most sensitive to green and least to
# blue. So grey is a *weighted* sum:
#
#     grey = 0.2125 · red + 0.7154 · green + 0.0721 · blue
#
# Write a function that turns a colour image into a grey one, with floats from 0 (black) to 1 (white). It must take both
# kinds of images: if the numbers are `uint8`, from 0 to 255, divide by 255; floats are from 0 to 1 already.
# (Hint: `image.dtype == np.uint8`. Look at the type, not at the numbers: a very dark `uint8` image has only small ones.)

# %% solution="to_gray"
def to_gray(image):
    """Turn a colour image into a grey one.

    image: array of shape (height, width, 3), either uint8 from 0 to 255 or float from 0 to 1
    Returns a float array of shape (height, width), from 0 to 1.
    """
    ### BEGIN SOLUTION
    gray = 0.2125 * image[:, :, 0] + 0.7154 * image[:, :, 1] + 0.0721 * image[:, :, 2]
    return gray / 255 if image.dtype == np.uint8 else gray
    ### END SOLUTION

# %%
check("to_gray", to_gray)

# %% grade="to_gray" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more images than the check tries.
check("to_gray", to_gray)

# %% [markdown]
# Pure green is about ten times as bright as pure blue. And 250 + 10 is 4, as promised:

# %%
colors = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
print("red, green, blue, white:", to_gray(colors))

bright = np.array([250, 100], dtype=np.uint8)
print("plus 10, as uint8:", bright + np.uint8(10), "  as float:", bright.astype(float) + 10)

# %% [markdown]
# ## Slide, multiply, add
#
# Now to the operation itself. Lay a small matrix, the **kernel**, on the top left corner of an image. Multiply each
# number of the kernel with the pixel below it, and add up the products: that is one number. Slide the kernel one column
# to the right and do it again; at the end of the row, go down one row and start at the left. The numbers that you get,
# arranged as you got them, are the **feature map** (or activation map).
#
# Here is a 3 × 3 image and a 2 × 2 kernel:
#
#     0 1 2        0 1
#     3 4 5        2 3
#     6 7 8
#
# The kernel has four places to stand. In the top left corner it gives 0·0 + 1·1 + 3·2 + 4·3 = 19. Work out the other
# three on paper before you run the next cell.

# %%
image = np.arange(9).reshape(3, 3)
kernel = np.array([[0, 1], [2, 3]])

for row in range(2):
    for column in range(2):
        window = image[row : row + 2, column : column + 2]
        products = window * kernel
        print(f"row {row}, column {column}: products {products.ravel()}, sum {products.sum()}")

# %% [markdown]
# So the feature map is `[[19, 25], [37, 43]]`. Now do it with your hands. The next cell opens the **kernel explorer**:
#
# - Press *Slide*, and watch the window move and the map fill.
# - Point at a cell of the feature map, or go there with the Tab key and the arrow keys. Below it you see the window, each
#   product, and their sum.
# - Change a number of the kernel. Which cells of the map change with it, and why all of them?
#
# (If you see a still picture instead, nothing is lost: it shows how the second number comes about. In a terminal,
# `cnnkit explore` opens the explorer in your browser.)

# %%
from cnnkit import explore

explore.explore(image, kernel, cell=(0, 1))

# %% [markdown]
# **How large is the map?** The kernel must not hang over the border. In an image of height H, a kernel of height h
# can stand in H - h + 1 rows; the same holds for the width.
#
# **Stride.** The kernel may also take larger steps. With stride 2 it moves two columns at a time, and at the end of a row
# it goes down *two* rows. If the last step would carry it over the border, it is not taken. So the map has
#
#     (H - h) // stride + 1
#
# rows, and as many columns as you get from the widths in the same way. (`//` divides and rounds down.) For example, over
# an 8 × 7 image a 3 × 3 kernel gives a map of 6 × 5 with stride 1, of 3 × 3 with stride 2, and of 2 × 2 with stride 3.
#
# ## Exercise: `conv2d` (5 points)
#
# Write the function for any grey image, any kernel that fits into it (it need not be square) and any stride.
#
# A plan:
#
# 1. Read the heights and widths from `image.shape` and `kernel.shape`.
# 2. Compute the size of the map, and make one filled with zeros: `np.zeros((rows, columns))`.
# 3. With two loops, go through the rows and columns *of the map*. Where in the image does the window for this place
#    start, when the stride is 2?
# 4. Cut out the window, multiply, add, and store the number.
#
# The kernel stays as it is. In mathematics, "convolution" turns the kernel upside down and left to right first; what
# CNNs compute is called *cross-correlation* there. In this course, as in all CNN libraries, convolution means: no turning.

# %% solution="conv2d"
def conv2d(image, kernel, stride=1):
    """Slide a kernel over a grey image.

    image: array of shape (H, W)
    kernel: array of shape (h, w), not larger than the image
    stride: how many rows and columns the kernel moves at a time
    Returns the feature map, of shape ((H - h) // stride + 1, (W - w) // stride + 1).
    """
    ### BEGIN SOLUTION
    height, width = kernel.shape
    rows = (image.shape[0] - height) // stride + 1
    columns = (image.shape[1] - width) // stride + 1
    feature_map = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            window = image[top : top + height, left : left + width]
            feature_map[row, column] = (window * kernel).sum()
    return feature_map
    ### END SOLUTION

# %%
check("conv2d", conv2d)

# %% grade="conv2d" points=5
# Graded: 5 points. After you submit, hidden inputs are tried here:
# more images, kernels and strides than the check tries.
check("conv2d", conv2d)

# %% [markdown]
# ## Question: one cell of the map (1 point)
#
# Your functions are tried on many numbers; this question is for you and your pencil. Its numbers are your own: everybody
# has others. Write your id, the one under which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("one_cell", STUDENT, COURSE)

# %% [markdown]
# Multiply, add, and write the number down as `one_cell`. The check can read your answer but does not tell whether it is
# right: you see that when the lesson is graded. (You may of course let your `conv2d` do it, on `numbers["window"]` and
# `numbers["kernel"]`, but do it by hand once.)

# %% solution="one_cell"
one_cell = ""  # write your answer between the quotation marks
### BEGIN SOLUTION
one_cell = (numbers["window"] * numbers["kernel"]).sum()
### END SOLUTION

# %%
check("one_cell", one_cell)

# %% grade="one_cell" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("one_cell", one_cell)

# %% [markdown]
# ## What your `conv2d` can do
#
# First the example from above, then a larger one. The image is **binary**, 0 and 1 only, and the kernel has the shape of
# the letter X. So each number of the map counts how many of the five spots of an X are set in its window. The largest is
# 4: no window holds a whole X, but three of them come close. Which spot is missing there? In the explorer you see it.

# %%
binary = np.array([
    [1, 1, 1, 0, 0],
    [0, 1, 1, 1, 0],
    [0, 0, 1, 1, 1],
    [0, 0, 1, 1, 0],
    [0, 1, 1, 0, 0],
])
x_shape = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])

print(conv2d(np.arange(9).reshape(3, 3), np.array([[0, 1], [2, 3]])))
print(conv2d(binary, x_shape))
explore.explore(binary, x_shape, cell=(2, 2))

# %% [markdown]
# ### A kernel is a pattern detector
#
# A kernel answers strongly where the image looks like the kernel itself. This one is made for a curve: it has the
# weight 30 along the curve and 0 elsewhere. The window lies on pixels that follow the curve, not perfectly: 0, 50, 20,
# 50, 50, 50 from top to bottom. The kernel answers 30 · (0 + 50 + 20 + 50 + 50 + 50) = 6600. Over a blank window it
# answers 0.
#
# You have seen what a kernel of zeros and ones does on a binary image: it counts the spots that match. So
# `[[0, 1, 0], [0, 0, 0], [1, 0, 1]]` answers at most 3, and only where all three spots match. In the image from above
# that is nowhere.

# %%
curve = 30 * np.array([
    [0, 0, 0, 1],
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [1, 0, 0, 0],
    [1, 0, 0, 0],
    [0, 1, 0, 0],
])
window = np.array([
    [0, 0, 0, 0],
    [0, 0, 50, 0],
    [0, 20, 0, 0],
    [50, 0, 0, 0],
    [50, 0, 0, 0],
    [0, 50, 0, 0],
])
blank = np.zeros((6, 4))
white = np.full((6, 4), 255)
for name, pixels in [("on the curve", window), ("blank", blank), ("white", white)]:
    print(f"{name}: {conv2d(pixels, curve)[0, 0]:.0f}")

spots = np.array([[0, 1, 0], [0, 0, 0], [1, 0, 1]])
print("three spots, where all three match:", conv2d(spots, spots))
print("on the binary image from above:")
print(conv2d(binary, spots))

# %% [markdown]
# But the answer to a white wall is larger still! A kernel without negative weights is impressed by anything bright. With
# negative weights a kernel compares. The next one subtracts what is on the right from what is on the left. Where
# both sides are the same it answers 0; from **dark to bright the answer is negative, from bright to dark positive**. So
# it finds vertical edges: on the cat they come out black or white, and everything without an edge in the same grey.

# %%
stripe = np.array([[0, 255, 255, 255, 0]] * 5)
left_minus_right = np.array([[1, 0, -1]] * 3)
print(stripe)
print(left_minus_right)
print(conv2d(stripe, left_minus_right))

gray = to_gray(small)
edges = conv2d(gray, left_minus_right)
plot.row([gray, edges], titles=["grey", "left minus right"])

# %% [markdown]
# ### Strides
#
# A kernel of ones adds up its window. With a larger stride you get fewer of the same sums: stride 2 keeps every second
# row and column of the map, stride 3 every third.

# %%
counting = np.arange(0, 80, 10).reshape(8, 1) + np.arange(1, 8)
ones = np.ones((3, 3))
print(counting)
for stride in (1, 2, 3):
    sums = conv2d(counting, ones, stride=stride)
    print(f"stride {stride}: shape {sums.shape}")
    print(sums)

# %% [markdown]
# Step through it, and see the window jump. Raise the stride to 3: which rows and columns of the image does no window reach
# any more?

# %%
explore.explore(counting, ones, stride=2)

# %% [markdown]
# ## Colour: a filter is as deep as its input
#
# A colour image is three numbers deep, so the filter is too: 3 × 3 × 3, one 3 × 3 slice for each channel. At each place
# all 3 · 3 · 3 = 27 products are summed into **one** number. One filter gives one map, and the map is 2-D, however many
# channels the image has.
#
# ## Exercise: `conv2d_channels` (3 points)
#
# Write the function for an image of shape (height, width, channels) and a kernel with the same number of channels: three
# for a colour photo, but any other number must work too. There are two ways: change the window in your `conv2d`, or call
# `conv2d` once for each channel and add up the maps.

# %% solution="conv2d_channels"
def conv2d_channels(image, kernel, stride=1):
    """Slide a filter over an image with channels.

    image: array of shape (H, W, C)
    kernel: array of shape (h, w, C)
    stride: how many rows and columns the kernel moves at a time
    Returns one feature map, of shape ((H - h) // stride + 1, (W - w) // stride + 1).
    """
    ### BEGIN SOLUTION
    maps = [conv2d(image[:, :, c], kernel[:, :, c], stride) for c in range(image.shape[2])]
    return sum(maps)
    ### END SOLUTION

# %%
check("conv2d_channels", conv2d_channels)

# %% grade="conv2d_channels" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more images, kernels and strides than the check tries.
check("conv2d_channels", conv2d_channels)

# %% [markdown]
# Now you can look for colours. This filter wants red and objects to green and blue: its answer to grey is 0, and it is
# largest on the nose. And the second line shows an old friend: `to_gray` is a convolution, with a filter of shape
# 1 × 1 × 3.

# %%
red_filter = np.ones((3, 3, 3)) * [1, -0.5, -0.5]
grey_wall = np.full((3, 3, 3), 128)
print("weights:", red_filter.size, "  answer to grey:", conv2d_channels(grey_wall, red_filter))

gray_filter = np.array([0.2125, 0.7154, 0.0721]).reshape(1, 1, 3)
gray_map = conv2d_channels(small / 255, gray_filter)
print("to_gray is a convolution:", np.allclose(gray_map, to_gray(small)))

red_map = conv2d_channels(small / 255, red_filter)
plot.row([small, red_map], titles=["photo", "how red?"])

# %% [markdown]
# The same filter, to play with: one slice for each channel, 27 products, one sum. Make a filter that looks for blue, or one
# that tells the green of the eyes from the rest.

# %%
explore.explore(photo, red_filter)

# %% [markdown]
# ## Why this is better than a dense layer
#
# Two ideas are in those loops.
#
# - **Sparse connections.** A number in the map depends on one small window, not on the whole image.
# - **Parameter sharing.** The same few weights are used at every place. A pattern learned in one corner is known in all of
#   them.
#
# Compare three ways to get from a 28 × 28 image to a map of 26 × 26, as a 3 × 3 kernel does:

# %%
inputs, outputs = 28 * 28, 26 * 26
print(f"dense, everything connected:        {inputs * outputs:,} weights")
print(f"sparse, own 3 x 3 weights each:     {9 * outputs:,} weights")
print("sparse and shared, a convolution:   9 weights")

# %% [markdown]
# ### The map moves with the image
#
# Because the weights are the same everywhere, something follows: move the image, and the map moves along, unchanged
# otherwise. This is called translation **equivariance**. Below, the X is moved two rows down and three columns to the right:

# %%
before = np.zeros((11, 12), dtype=int)
before[3:6, 3:6] = x_shape
after = np.roll(before, (2, 3), axis=(0, 1))

map_before, map_after = conv2d(before, x_shape), conv2d(after, x_shape)
for name, feature_map in [("before", map_before), ("after", map_after)]:
    place = np.unravel_index(feature_map.argmax(), feature_map.shape)
    print(f"{name}: strongest answer {feature_map.max():.0f} in row {place[0]}, column {place[1]}")
moved = np.roll(map_before, (2, 3), axis=(0, 1))
print("the map moved along:", np.array_equal(map_after, moved))
print("the map stayed the same:", np.array_equal(map_after, map_before))

print("a stripe, upright:", conv2d(stripe, left_minus_right)[0])
print("the stripe, turned:", conv2d(np.rot90(stripe), left_minus_right)[0])

# %% [markdown]
# Be careful with the words:
#
# - Equivariant does not mean **invariant**. Invariant would be: move the image, and the result stays *the same*. The map
#   does not stay the same, it moves; that is useful, because it tells you *where* the pattern is.
# - It holds for moving only, **not for turning**. A kernel for vertical edges misses the same edges when you turn the image
#   by 90 degrees: that is what the last two lines show.
# - It holds away from the border, where nothing is cut off; and with stride 2, for moves by an even number of pixels.
#
# ## Question: in your own words (2 points)
#
# A person reads this answer. **A friend says: "If a kernel finds a cat's ear in the middle of a photo, it finds the ear
# wherever it is, also when the cat lies on its side, because a convolution does not care about position." What is right
# about that, what is not, and what would the feature map look like in each case?** Three or four sentences are enough.

# %% [markdown] manual="ears-everywhere" points=2
# Right: the same weights are used at every place, so an ear that is moved is found as well; the map is the same, but its
# strong answer moves with the ear (equivariance), so the position is not lost. Not right: this holds for moving only. An
# ear that is turned is another pattern; under the same kernel its answer is smaller, and another kernel would be needed for
# it. Close to the border the ear may be cut off.

# %% [markdown]
# ## What you can now do
#
# - say which data has local structure, and why a dense network is a poor choice for it;
# - read an image as an array: grey (height, width), colour (height, width, 3), `uint8` or float, and split it into channels;
# - compute a feature map by hand and with your own `conv2d`, for any stride, and say how large it will be;
# - read a feature map: large where the image looks like the kernel, and at an edge the sign says which side is bright;
# - apply a filter as deep as its input;
# - explain sparse connections, parameter sharing and translation equivariance.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson
# you meet the filters with a name, and learn what to do at the border.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 01-convolution`).

# %%
from cnnkit import flashcards

flashcards.drill("01-convolution")
