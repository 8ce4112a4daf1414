# Lesson 06, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 6 · Train a CNN
#
# Up to here you have chosen the kernels. From now on, nobody does: a network begins with random numbers and **learns** its
# filters from examples. In this lesson you write what learning is made of: a number that says how wrong the network is, and
# for each layer the way back, which says how to make that number smaller. With it you train a first small network all by
# yourself. Then you train LeNet-5, look at its mistakes, at its filters and at its feature maps, and change it to see what
# each part is for.
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.

# %%
import matplotlib.pyplot as plt
import numpy as np

from cnnkit import check, plot, question

# %% [markdown]
# ## The pictures
#
# We train on handwritten digits that come with scikit-learn, so no network is needed: 1,437 to learn from, and 360 that are
# kept back. **What is kept back is never trained on.** Only there can you see whether a network has understood something
# or has learned its examples by heart, which is called **overfitting**.
#
# If you like photos of clothes better, write `CLOTHES = True`: that is Fashion-MNIST, which is downloaded once (30 MB).
# It is harder, and takes longer.

# %%
from cnnkit import data, nn, shapes

CLOTHES = False

pictures = data.fashion_mnist() if CLOTHES else data.digits()
train_images, train_labels = pictures.train_images[:6000], pictures.train_labels[:6000]
test_images, test_labels = pictures.test_images[:1000], pictures.test_labels[:1000]
print(pictures)
print("one picture:", train_images[0].shape, " its label:", pictures.names[train_labels[0]])
plot.row([image[:, :, 0] for image in train_images[:6]], titles=[pictures.names[n] for n in train_labels[:6]])

# %% [markdown]
# ## How wrong is the network?
#
# A network for ten kinds of pictures ends with ten scores, and softmax makes ten probabilities of them (lesson 3). If the
# picture is a 7, the probability of the 7 should be large. How large is large enough? Training needs a single number that
# becomes smaller as the network becomes better: the **loss**.
#
# The usual one for "one label of many" is the **cross-entropy**. For each picture, take the probability that the *right* label
# was given, and of that the negative natural logarithm. Then take the mean over all pictures:
#
#     loss = mean of -log(probability of the right label)
#
# | probability of the right label | -log |
# | --- | --- |
# | 1: sure, and right | 0 |
# | 0.5 | 0.69 |
# | 0.1: guessing among ten | 2.30 |
# | 0.01: sure of something else | 4.61 |
# | 0 | infinite |
#
# The last line is a trap. A probability can be rounded to 0, and one such picture makes the loss infinite. So a probability
# is never let below a tiny number: `np.maximum(p, 1e-12)`. Then the loss of that picture is 27.6: large, but a number.
#
# ## Exercise: `cross_entropy` (2 points)
#
# The labels are positions: in row n, look at column `labels[n]`. NumPy picks one number from each row with
# `probs[np.arange(len(labels)), labels]`; a loop does it as well.

# %% solution="cross_entropy"
def cross_entropy(probs, labels):
    """The mean of -log of the probability of the right label.

    probs: array of shape (N, K), K probabilities for each of N pictures
    labels: array of N integers from 0 to K - 1, the right labels
    Returns a number, which is large but not infinite where a probability is 0.
    """
    ### BEGIN SOLUTION
    right = probs[np.arange(len(labels)), labels]
    return -np.log(np.maximum(right, 1e-12)).mean()
    ### END SOLUTION

# %%
check("cross_entropy", cross_entropy)

# %% grade="cross_entropy" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more probabilities and labels than the check tries.
check("cross_entropy", cross_entropy)

# %%
probs = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
for labels in ([0, 2], [0, 1], [2, 1]):
    print("right labels", labels, " loss", round(float(cross_entropy(probs, np.array(labels))), 3))
print("guessing among ten:", round(float(cross_entropy(np.full((5, 10), 0.1), np.arange(5))), 3))

# %% [markdown]
# ## Downhill
#
# The loss depends on all weights of the network. Turn one weight a little, and the loss changes a little: by how much, for
# a turn of 1, is the **slope** of the loss at this weight. The slopes of all weights together are the **gradient**. It points
# uphill. So go the other way, with a small step:
#
#     weight = weight - rate * gradient
#
# `rate` is the **learning rate**. That is all: compute the gradient, make a step, and again. This is **gradient descent**.
# Here it is with a single weight, and a loss of (weight - 3)², whose slope is 2 · (weight - 3). With a good rate it finds
# the lowest point. With a rate that is too small it takes forever, and with one that is too large it jumps over the valley,
# higher each time.

# %%
for rate in (0.1, 0.01, 1.1):
    weight, steps = 0.0, [0.0]
    for _ in range(15):
        weight = weight - rate * 2 * (weight - 3)
        steps.append(weight)
    print(f"rate {rate:<5}", " ".join(f"{step:7.2f}" for step in steps[:5]), " ...", round(steps[-1], 2))

# %% [markdown]
# **Where does the gradient come from?** You can *measure* a slope: turn the weight a little up, then a little down, and see
# how much the loss has changed. For LeNet-5 with its 61,706 weights that takes 123,412 runs through the network for a
# single step. There is a better way. The network is a chain of layers, and the loss is at its end. If you know how the loss
# changes with the *output* of a layer, the layer can say how it changes with its *input*, and with its weights. So you go
# through the chain once, from the end to the beginning, and have all slopes. This is **back-propagation**.
#
# Each layer therefore has two functions: forward, which you wrote in the lessons before, and **backward**. Backward gets
# `grad`, the gradient at the layer's output, which has the output's shape. It gives the gradient at its input, which has
# the input's shape.
#
# ## Exercise: `relu_backward` (1 point)
#
# A ReLU lets positive numbers through and makes the others 0. If x was positive, the output grows as x grows, one for one:
# the gradient comes back as it is. If x was negative, the output is 0 and stays 0, whatever x does: the gradient is 0. (At 0
# itself there is no slope. It does not occur here.)

# %% solution="relu_backward"
def relu_backward(x, grad):
    """Bring the gradient back through a ReLU.

    x: array of any shape, what went into the ReLU
    grad: array of the same shape, the gradient at the ReLU's output
    Returns the gradient at x.
    """
    ### BEGIN SOLUTION
    return np.where(x > 0, grad, 0)
    ### END SOLUTION

# %%
check("relu_backward", relu_backward)

# %% grade="relu_backward" points=1
# Graded: 1 point. After you submit, hidden inputs are tried here:
# more arrays than the check tries.
check("relu_backward", relu_backward)

# %% [markdown]
# ## Exercise: `max_pool2d_backward` (4 points)
#
# Max pooling keeps the largest number of each window. If that number grows, the output grows with it. If another number of
# the window changes a little, nothing happens. So each window's gradient goes to **the place of its largest number**, and
# all other places get 0. If several are the largest, the first one gets it, row by row.
#
# Write it for a map of shape (H, W), with windows that touch: the stride is the size. `grad` has one number for each window.
# Rows and columns that fit in no window get 0, and the result has the shape of x.
#
# A hint: `window.argmax()` counts the window's numbers row by row, and gives the place of the first one that is the largest.
# `np.unravel_index(place, window.shape)` makes a row and a column of it.

# %% solution="max_pool2d_backward"
def max_pool2d_backward(x, grad, size=2):
    """Bring the gradient back through max pooling with windows that touch.

    x: array of shape (H, W), what was pooled
    grad: array of shape (H // size, W // size), the gradient at the pooled map
    size: rows and columns of a window
    Returns the gradient at x, of shape (H, W).
    """
    ### BEGIN SOLUTION
    result = np.zeros(x.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            top, left = i * size, j * size
            window = x[top : top + size, left : left + size]
            row, column = np.unravel_index(window.argmax(), window.shape)
            result[top + row, left + column] = grad[i, j]
    return result
    ### END SOLUTION

# %%
check("max_pool2d_backward", max_pool2d_backward)

# %% grade="max_pool2d_backward" points=4
# Graded: 4 points. After you submit, hidden inputs are tried here:
# more maps, gradients and sizes than the check tries.
check("max_pool2d_backward", max_pool2d_backward)

# %% [markdown]
# The map from lesson 3, two windows: 1 and 4 are the largest, so they get what comes back. In the first window the 1 stands
# there twice, and the first one gets all.

# %%
pooled_map = np.array([[1, 1, 0, 0], [0, 0, 1, 4]])
back = max_pool2d_backward(pooled_map, np.array([[10, 20]]))
print(np.array(back).astype(int))

# %% [markdown]
# And a digit. If every window of the pooled map counts the same, the gradient comes back as a grid of points: one in each
# window, where the ink is strongest. A max pooling learns from a quarter of its pixels.

# %%
digit = train_images[0, :, :, 0]
points = max_pool2d_backward(digit, np.ones((14, 14)))
print(f"{np.mean(np.array(points) > 0):.0%} of the pixels get a gradient")
plot.row([digit, points], titles=["a digit", "the gradient"])

# %% [markdown]
# ## The way back through a convolution
#
# A cell of the map is a sum of products:
#
#     map[i, j] = sum of kernel[p, q] * image[i + p, j + q]
#
# Look at one product. If the weight grows by 1, the product grows by the pixel. If the pixel grows by 1, it grows by the
# weight. Each time, the loss changes by `grad[i, j]` times as much. So for each window:
#
# - the **kernel** gets `grad[i, j]` times the window of the image,
# - the window of the **image** gets `grad[i, j]` times the kernel.
#
# All windows share the kernel, and each pixel lies in several windows. So what they get is **added up**. You may do exactly
# that: a loop over all windows. Or see what it comes to: the kernel's gradient is a convolution of the image with `grad`.
# The image's gradient is a convolution of `grad`, with a border of zeros around it, with the kernel *flipped* up-down and
# left-right.
#
# A small example: an image of 3 × 3, a kernel of 2 × 2, and a loss for which only the first cell of the map matters:
#
# | image | kernel | grad | gradient of the image | gradient of the kernel |
# | --- | --- | --- | --- | --- |
# | [[0,1,2],[3,4,5],[6,7,8]] | [[0,1],[2,3]] | [[1,0],[0,0]] | [[0,1,0],[2,3,0],[0,0,0]] | [[0,1],[3,4]] |
#
# ## Exercise: `conv2d_backward` (5 points)
#
# For a grey image, stride 1, without padding. Give two results, in this order: `return grad_image, grad_kernel`.

# %% solution="conv2d_backward"
def conv2d_backward(image, kernel, grad):
    """Bring the gradient of a feature map back to the image and to the kernel.

    image: array of shape (H, W)
    kernel: array of shape (h, w)
    grad: array of shape (H - h + 1, W - w + 1), the gradient at the feature map
    Returns two arrays: the gradient at the image, (H, W), and the gradient at the kernel, (h, w).
    """
    ### BEGIN SOLUTION
    height, width = kernel.shape
    grad_image, grad_kernel = np.zeros(image.shape), np.zeros(kernel.shape)
    for i in range(grad.shape[0]):
        for j in range(grad.shape[1]):
            grad_image[i : i + height, j : j + width] += grad[i, j] * kernel
            grad_kernel += grad[i, j] * image[i : i + height, j : j + width]
    return grad_image, grad_kernel
    ### END SOLUTION

# %%
check("conv2d_backward", conv2d_backward)

# %% grade="conv2d_backward" points=5
# Graded: 5 points. After you submit, hidden inputs are tried here:
# more images, kernels and gradients than the check tries.
check("conv2d_backward", conv2d_backward)

# %% [markdown]
# **Do you believe it?** Measure. Below, each weight of a kernel is turned a little up and a little down, and the loss is
# computed both times; here the loss is simply the sum of `grad` times the map. The slopes that are measured should be those
# that your function computes. This is how gradients are tested everywhere, and your grader does the same.

# %%
def conv2d(image, kernel):
    """Slide a kernel over a grey image (lesson 1, without strides)."""
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


image, kernel = np.arange(9.0).reshape(3, 3), np.arange(4.0).reshape(2, 2)
grad = np.array([[1.0, -2.0], [0.5, 3.0]])
measured, step = np.zeros(kernel.shape), 0.01
for place in np.ndindex(kernel.shape):
    up, down = kernel.copy(), kernel.copy()
    up[place] += step
    down[place] -= step
    measured[place] = ((grad * conv2d(image, up)).sum() - (grad * conv2d(image, down)).sum()) / (2 * step)

_, computed = conv2d_backward(image, kernel, grad)
print("measured:", measured.round(6).tolist())
print("computed:", np.array(computed).round(6).tolist())

# %% [markdown]
# ## Question: the gradient of a kernel (1 point)
#
# This question is for you and your pencil. Its numbers are your own: everybody has others. Write your id, the one under
# which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("kernel_gradient", STUDENT, COURSE)

# %% [markdown]
# Write down the four numbers as `kernel_gradient`, the first row first; for example as `"3, -4, 0, 12"`. The check can read
# your answer but does not tell whether it is right: you see that when the lesson is graded.

# %% solution="kernel_gradient"
kernel_gradient = ""  # write your four numbers between the quotation marks
### BEGIN SOLUTION
kernel_gradient = conv2d(numbers["image"], numbers["gradient"]).ravel()
### END SOLUTION

# %%
check("kernel_gradient", kernel_gradient)

# %% grade="kernel_gradient" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("kernel_gradient", kernel_gradient)

# %% [markdown]
# ## A network of your own
#
# Two gradients are still missing, and both are short. Of a **dense layer** `out = x @ weights + bias`, with a batch of rows:
#
#     grad_weights = x.T @ grad        grad_bias = grad.sum(axis=0)        grad_x = grad @ weights.T
#
# And of **softmax and cross-entropy together**, with respect to the scores: the probabilities, minus 1 at the right label,
# divided by the number of pictures. If the right label has too little, its score must rise; the others must fall.
#
#     grad_scores = (probs - one_hot) / N        where one_hot = np.eye(10)[labels]
#
# Nobody computes the gradient on all pictures before each step: a few at a time, a **batch**, give a gradient that is good
# enough, and many more steps. To go through all pictures once is an **epoch**. In each epoch the pictures come in a new random
# order; if they came sorted, the network would see nothing but sevens at the end, and forget the rest.
#
# ## Exercise: `train_and_predict` (5 points)
#
# Now train a network, from the first random number to the last answer. In each call your function gets pictures of 8 × 8
# with their labels, and new pictures without labels; give the labels of the new ones. The pictures show the signs of a
# made-up alphabet, **another one in each call**: there is nothing that you could know beforehand. Each sign has a label
# from 0 to 9. Usually only a few of the ten occur, and the pictures may come sorted.
#
# You are graded by what your network can do: **at least 85 of 100 new pictures must be right**. Which network it is, and how
# you train it, is up to you. Your function is called about twenty times and may take two seconds each time; a good solution
# needs less than a tenth of a second. A plan that works:
#
# 1. Make a row of 64 numbers of each picture: `x = images.reshape(len(images), -1)`.
# 2. Two dense layers: weights of shapes (64, 32) and (32, 10), small and random, `rng.normal(0, 0.2, shape)`; biases 0.
# 3. 30 epochs; in each, mix the pictures with `rng.permutation(len(x))` and take them 8 at a time. Mix the labels with them!
# 4. For each batch, go forward: dense, ReLU, dense, softmax. Then go backward, with `relu_backward` in the middle.
# 5. Step: each weight minus 0.2 times its gradient.
# 6. At the end, send the new pictures through, and give the label with the largest score: `argmax(axis=1)`.
#
# While you try, print the `cross_entropy` after each epoch. It should fall. If it does not, something is wrong.

# %% solution="train_and_predict"
def train_and_predict(images, labels, new_images):
    """Train a network on pictures with labels, and label new pictures with it.

    images: array of shape (N, 8, 8), numbers from 0 to 1
    labels: array of N integers from 0 to 9
    new_images: array of shape (M, 8, 8)
    Returns M labels, of which at least 85 of 100 are right.
    """
    ### BEGIN SOLUTION
    rng = np.random.default_rng(0)
    x, one_hot = images.reshape(len(images), -1), np.eye(10)[labels]
    weights1, bias1 = rng.normal(0, 0.2, (64, 32)), np.zeros(32)
    weights2, bias2 = rng.normal(0, 0.2, (32, 10)), np.zeros(10)
    rate = 0.2
    for _ in range(30):
        order = rng.permutation(len(x))
        for start in range(0, len(x), 8):
            some = order[start : start + 8]
            before = x[some] @ weights1 + bias1
            hidden = np.maximum(before, 0)
            scores = hidden @ weights2 + bias2
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            probs = powers / powers.sum(axis=1, keepdims=True)
            grad = (probs - one_hot[some]) / len(some)
            grad_before = relu_backward(before, grad @ weights2.T)
            weights2 -= rate * hidden.T @ grad
            bias2 -= rate * grad.sum(axis=0)
            weights1 -= rate * x[some].T @ grad_before
            bias1 -= rate * grad_before.sum(axis=0)
    hidden = np.maximum(new_images.reshape(len(new_images), -1) @ weights1 + bias1, 0)
    return (hidden @ weights2 + bias2).argmax(axis=1)
    ### END SOLUTION

# %%
check("train_and_predict", train_and_predict)

# %% grade="train_and_predict" points=5
# Graded: 5 points. After you submit, your function learns other alphabets here,
# and reads signs that it has not seen.
check("train_and_predict", train_and_predict)

# %% [markdown]
# Handwritten digits are harder than our signs: everybody writes them in another way. How well does your network read them?

# %%
tiny = data.digits(size=8)
answers = train_and_predict(tiny.train_images[:600, :, :, 0], tiny.train_labels[:600], tiny.test_images[:, :, :, 0])
print(f"digits that were kept back: {np.mean(answers == tiny.test_labels):.1%} right")

# %% [markdown]
# ## LeNet-5
#
# Your network looked at 64 numbers in a row, and did not know which of them were neighbours. Now comes one that does: LeNet-5,
# which read the amounts on bank cheques from 1998 on. From here on `cnnkit.nn` does the training, with the same steps that you
# have written: forward, backward, step, batch by batch. You know each line of its table from lesson 5.

# %%
model = nn.Model(shapes.LENET5, seed=0)
print(shapes.summary(shapes.LENET5))

# %% [markdown]
# At the beginning all weights are random, and what the network says is no better than guessing, one in ten or fewer. Then train. `validation` names the pictures on which the network is only measured, after each epoch. Adam is gradient
# descent with two improvements: it goes on in the direction in which it was going, and each weight has a rate of its own.

# %%
print(f"before: {nn.accuracy(model, test_images, test_labels):.1%} right")
history = nn.train(model, train_images, train_labels, epochs=8, batch=32, validation=(test_images, test_labels), seed=0)
print(f"after:  {nn.accuracy(model, test_images, test_labels):.1%} right")
plot.curves(history)

# %% [markdown]
# Read the curves. Both losses fall at first. Later the loss on the training pictures goes on falling, while that on the
# pictures kept back hardly does: from there on, the network learns more and more *these* pictures, and less and less about
# digits. If the second curve rises again, stop: that is overfitting, and to stop there is **early stopping**.
#
# (We look at the same pictures after each epoch, and might choose the best epoch by them. Then they are no longer a fair test.
# Who chooses anything keeps back two sets: one to choose by, for **validation**, and one for a single **test** at the very end.)
#
# ### Predict, and look at the mistakes
#
# A **confusion matrix** counts: row by row the true label, column by column what the network said. What is right stands on
# the diagonal. What is not shows which kinds it confuses.

# %%
predicted = model.predict(test_images)
plot.confusion_matrix(nn.confusion_matrix(test_labels, predicted, len(pictures.names)), names=pictures.names)

# %%
wrong = np.flatnonzero(predicted != test_labels)[:5]
titles = [f"{pictures.names[test_labels[n]]}, read as {pictures.names[predicted[n]]}" for n in wrong]
print(len(np.flatnonzero(predicted != test_labels)), "of", len(test_labels), "are wrong; the first of them:")
plot.row([test_images[n, :, :, 0] for n in wrong], titles=titles)

# %% [markdown]
# ## What has it learned?
#
# Nobody designed these filters. To look at them, walk through the layers, and take the weights of those that have filters.
# One thing is in the way: weights are positive and negative, and of any size, and a picture wants numbers from 0 to 1.
#
# ## Exercise: `normalize_filters` (2 points)
#
# Scale each filter so that its smallest number becomes 0 and its largest 1:
#
#     (filter - smallest) / (largest - smallest)
#
# Smallest and largest are those of the **whole filter**, all rows, columns and channels, and each filter has its own: a strong
# filter must not make a weak one look grey. A filter whose numbers are all the same has nothing to show: it becomes zeros. (What
# would the formula give?)

# %% solution="normalize_filters"
def normalize_filters(filters):
    """Scale each filter to 0..1, to show it as a picture.

    filters: array of shape (F, h, w, C), a bank of F filters
    Returns an array of the same shape; a filter of equal numbers becomes zeros.
    """
    ### BEGIN SOLUTION
    result = np.zeros(filters.shape)
    for k in range(len(filters)):
        smallest, largest = filters[k].min(), filters[k].max()
        if largest > smallest:
            result[k] = (filters[k] - smallest) / (largest - smallest)
    return result
    ### END SOLUTION

# %%
check("normalize_filters", normalize_filters)

# %% grade="normalize_filters" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more banks of filters than the check tries.
check("normalize_filters", normalize_filters)

# %% [markdown]
# The filters of the first layer, before training and after. They have one channel each, so each is one grey picture.

# %%
for name, layer in model.layers:
    if isinstance(layer, shapes.Conv):
        weights = model.params[f"{name}.weight"]
        print(f"{name}: {layer}, weights {weights.shape} from {weights.min():.2f} to {weights.max():.2f}")

start = nn.Model(shapes.LENET5, seed=0).params["conv1.weight"]
plot.row([one[:, :, 0] for one in normalize_filters(start)], titles=["before"] + [""] * 5)

# %%
first_layer = normalize_filters(model.params["conv1.weight"])
difference = np.abs(model.params["conv1.weight"] - start)
print(f"a weight has changed by {difference.mean():.2f} on average, by {difference.max():.2f} at most")
plot.row([one[:, :, 0] for one in first_layer], titles=["after"] + [""] * 5)

# %% [markdown]
# Compare them one by one: training has not made new filters. It has turned each weight a little, until together they were of
# use, and then there was nothing left to gain. So don't look for a Sobel among them. Filters that look like edges and spots
# come from large pictures and long training; you meet them in lesson 7.
#
# A filter of the second layer is 6 channels deep: it looks at six maps at once. Here are all 16, each as a column, with a
# picture for each channel. They are even harder to read, as a channel is no colour any more but "how much of pattern number 4".

# %%
plot.filters(normalize_filters(model.params["conv2.weight"]))

# %% [markdown]
# It is easier to see what filters do than what they are. Send one picture through the network, and look at what comes out
# of each layer: its **feature maps**. In the first ones you still see the picture. The deeper the layer, the smaller the maps, and
# the more each cell says "here is something" instead of showing it.

# %%
maps = model.feature_maps(test_images[:1])
for name, output in maps.items():
    print(f"{name:8} {' × '.join(map(str, output.shape[1:]))}")

probabilities = model.probabilities(test_images[:1])[0]
print("it says:", pictures.names[probabilities.argmax()], f"({probabilities.max():.1%})")
plot.feature_maps(maps)

# %% [markdown]
# ## Change one thing
#
# What is the ReLU good for? And the pooling? How many filters does it take? Don't believe what you read: take it out, and see.
# **Change one thing at a time**, and leave everything else as it is, the pictures, the number of epochs and the seeds;
# otherwise you will not know what made the difference.
#
# So that it is not too easy, half of the digits are now printed in negative, black on white. And all networks are also tested on
# digits that have moved one pixel to the right, which they have never seen.

# %%
def some_in_negative(images, seed):
    """Turn half of the pictures into their negatives."""
    chosen = np.random.default_rng(seed).random(len(images)) < 0.5
    return np.where(chosen[:, np.newaxis, np.newaxis, np.newaxis], 1 - images, images)


def network(filters=8, relu=True, pooling=True):
    """Two convolutional layers and a dense one."""
    layers = []
    for count in (filters, 2 * filters):
        layers.append(shapes.Conv(count, 3, pad=1))
        layers += [shapes.ReLU()] if relu else []
        layers += [shapes.Pool(2)] if pooling else []
    return [*layers, shapes.Flatten(), shapes.Dense(10)]


small = data.digits(size=12)
seen, kept_back = some_in_negative(small.train_images, 0), some_in_negative(small.test_images, 1)
moved = np.roll(kept_back, 1, axis=2)
plot.row([image[:, :, 0] for image in kept_back[:6]])

# %%
experiments = {
    "as it is": network(),
    "no ReLU": network(relu=False),
    "no pooling": network(pooling=False),
    "neither": network(relu=False, pooling=False),
    "more filters": network(filters=20),
}
results = {}
print(f"{'':14} weights  training  kept back   moved")
for name, layers in experiments.items():
    changed = nn.Model(layers, seed=0, input_shape=(12, 12, 1))
    results[name] = nn.train(
        changed,
        seen,
        small.train_labels,
        epochs=8,
        batch=48,
        optimizer=nn.Adam(0.005),
        validation=(kept_back, small.test_labels),
        progress=False,
    )
    weights = sum(array.size for array in changed.params.values())
    shares = [nn.accuracy(changed, *each) for each in ((seen, small.train_labels), (kept_back, small.test_labels))]
    shares.append(nn.accuracy(changed, moved, small.test_labels))
    print(f"{name:14} {weights:7,}  {shares[0]:8.1%}  {shares[1]:9.1%}  {shares[2]:6.1%}")

# %% [markdown]
# What do you see? In our runs:
#
# - **Neither ReLU nor pooling** is hopeless: what is left is linear, one layer in disguise (lesson 3). No linear layer can
#   say "a 7, in white *or* in black".
# - **No ReLU** alone makes little difference to digits that stand in their place! Max pooling is not linear either, so there
#   is still something between the layers. A surprise like this is why one tries.
# - **No pooling** reads even better, but at nine times the weights: the dense layer gets all cells of large maps.
# - **More filters** read better too, and best what has moved.
# - **Moved by a single pixel**, digits are much harder for all of them. Pooling tolerates a small shift only within its window;
#   who wants a network that reads moved digits must train it with moved digits.
#
# Differences of a point or two are luck: another seed gives other numbers. Before you believe one, train with a few seeds.
#
# ### Your own plot
#
# A table is good for looking things up. To compare, draw. The cell below draws one line: how many of the pictures kept back were
# right, after each epoch, for the network as it is. **Make it your own**: draw a line for each experiment, give the axes names,
# and a legend. Then think of one more change, and add it to the experiments: another size of the filters, average pooling, one
# layer more, dropout, a tenth of the pictures. Write down *before* you run it what you expect.

# %%
figure, axes = plt.subplots(figsize=(7, 3.5))
axes.plot(range(1, 9), results["as it is"].validation_accuracy, marker="o", label="as it is")
# Your lines here.
axes.set_xlabel("epoch")
axes.legend()
plt.show()

# %% [markdown]
# ## In your own words: reading curves (2 points)
#
# Somebody trains a network for 30 epochs. The loss on the training pictures falls to 0.01, and all of them are read right. The
# loss on the validation pictures falls to 0.35 until epoch 8, and then rises to 0.60, with 89 % right. What is going on? After
# which epoch should they have stopped? Name two more things that they could change, and say why each should help. And why may
# they not choose the epoch by the test pictures? Four or five sentences. A person reads your answer.

# %% [markdown] manual="reading-curves" points=2
# The network overfits: from epoch 8 on it learns its training pictures by heart, which does not help with new ones. They should
# have stopped after epoch 8 (early stopping), where the validation loss was lowest. More training pictures, also the same ones
# moved or turned a little, leave less to learn by heart; dropout keeps the network from relying on single values; fewer filters
# or a smaller dense layer have less room to store pictures in. If the epoch is chosen by the test pictures, it suits just these
# pictures, and the result on them is better than it would be on others: they are no longer new. (1 point for overfitting and
# epoch 8; 1 point for two changes with their reasons and a test set that nothing is chosen by.)

# %% [markdown]
# ## What you can now do
#
# - say what a loss is, and write the cross-entropy so that it is never infinite;
# - bring a gradient back through a ReLU, a max pooling and a convolution, and prove it right by measuring slopes;
# - write a training loop: mix, take a batch, forward, backward, step;
# - read the curves of a training, and say when to stop it;
# - read a confusion matrix;
# - walk through the layers of a network and show its filters and its feature maps;
# - find out what a part is for by changing one thing.
#
# Before you submit, choose *Kernel → Restart Kernel and Run All Cells* and see that all checks pass. In the next lesson you take
# a network that others have trained, and make it do something new.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 06-train-a-cnn`).

# %%
from cnnkit import flashcards

flashcards.drill("06-train-a-cnn")
