# Lesson 07, the text that is edited by hand; the notebooks in source/ and release/ are made from it.
# The cell grammar is in docs/lessons.md.

# %% [markdown]
# # 7 · Transfer learning
#
# Training a large network takes a million photos and weeks of computing. Others have done that, and have published their
# weights. In this lesson you meet four networks with a name, take one of them apart that has seen a million photos, and
# learn how to make a network that knows one thing learn another from a handful of examples. At the end you decide: when
# does that pay, and when not?
#
# Work from top to bottom. Where you see `# YOUR CODE HERE`, replace that line and the `raise` line below it. The cell
# after each exercise checks your function at once; the cell marked "graded" is for the grader.

# %%
import numpy as np

from cnnkit import check, images, plot, question

# %% [markdown]
# ## Four networks
#
# **LeNet-5** (1998) reads digits. You trained it in lesson 6. Two convolutions and two poolings find features, three dense
# layers decide. Here it is as a table: each layer, the shape that comes out of it, its parameters, and how much of the image
# one of its numbers sees.

# %%
from cnnkit import shapes

print(shapes.summary(shapes.LENET5))

# %% [markdown]
# **AlexNet** (2012) is the same idea, a thousand times as large: five convolutions, three dense layers. It won the ImageNet
# contest, in which 1,000 kinds of things have to be told apart on photos: dogs, cars, mushrooms. The second best was so far
# behind that nearly everybody has used CNNs for photos since. What was new was not so much the network as ReLU instead of sigmoid,
# dropout, a million labelled photos, and graphics cards to compute it all.

# %%
print(shapes.summary(shapes.ALEXNET))

# %% [markdown]
# **VGG-16** (2014) is simple and deep: nothing but convolutions of 3 × 3 and poolings of 2 × 2. Behind each pooling the maps are
# half as high and half as wide, and there are twice as many, up to 512. The 16 counts the layers with weights: 13 convolutions
# and 3 dense layers. (Three quarters of its parameters sit in a single one of them. You know which from lesson 5.)

# %%
print(shapes.summary(shapes.VGG16))

# %% [markdown]
# ### ResNet, and why a layer is skipped
#
# If deep is good, is deeper better? When people simply stacked more layers, the network got *worse*, on the training photos
# too. One thing that goes wrong is the way back. The gradient passes through all layers, and each multiplies it by its weights (lesson 6). If
# every layer makes it a little smaller, nothing is left at the beginning: it **vanishes**, and the first layers do not learn.
#
# **ResNet** (2015) adds the input of a block to its output:
#
#     output = block(x) + x
#
# This is a **skip connection**. The block only has to learn what should be *different* from its input. And the gradient has
# a second way back, around the block, where nothing makes it smaller.
#
# Measure it. Below, networks of 2 to 40 convolutions get small random weights, once in a row and once in blocks of two with
# a skip connection. How large is the gradient that arrives at the very first layer?

# %%
from cnnkit import nn, shapes


def deep(convolutions, skip):
    """A network of many small convolutions, in a row or in blocks of two with a skip connection."""
    two = (shapes.Conv(4, 3, pad=1), shapes.ReLU(), shapes.Conv(4, 3, pad=1))
    layers = []
    for _ in range(convolutions // 2):
        layers += [shapes.Residual(two), shapes.ReLU()] if skip else [*two, shapes.ReLU()]
    return [*layers, shapes.GlobalPool(), shapes.Dense(5)]


noise = np.random.default_rng(0).random((8, 8, 8, 4))
print("convolutions   in a row    with skips")
for convolutions in (2, 10, 20, 40):
    sizes = []
    for skip in (False, True):
        model = nn.Model(deep(convolutions, skip), seed=0, dtype=np.float64, input_shape=(8, 8, 4))
        for name, weights in model.params.items():
            if name.startswith("conv"):
                weights *= 0.5
        _, gradients = model.gradients(noise, np.arange(8) % 5)
        sizes.append(np.abs(gradients["conv1.weight"]).mean())
    print(f"{convolutions:>12}   {sizes[0]:8.0e}   {sizes[1]:8.0e}")

# %% [markdown]
# In a row, ten more layers make the gradient at the first layer more than a thousand times smaller; with skips it stays about as
# large as it is. (Good first weights help too, and so does batch normalization. ResNet has both.)
#
# ResNet is a family: the same four stages, with more or fewer blocks in each. A small block has two convolutions of 3 × 3, a large
# one three, of 1 × 1, 3 × 3 and 1 × 1. Together with the first convolution and the dense layer at the end, that gives the number
# in the name.

# %%
for name, blocks, convolutions in [
    ("ResNet-18", (2, 2, 2, 2), 2),
    ("ResNet-34", (3, 4, 6, 3), 2),
    ("ResNet-50", (3, 4, 6, 3), 3),
    ("ResNet-101", (3, 4, 23, 3), 3),
    ("ResNet-152", (3, 8, 36, 3), 3),
]:
    print(f"{name:<10}  blocks {blocks!s:<14} of {convolutions}:  1 + {convolutions} · {sum(blocks)} + 1 layers =",
          1 + convolutions * sum(blocks) + 1)

print()
table = str(shapes.summary(shapes.RESNET18)).splitlines()
print("\n".join([*table[:24], f"... {len(table) - 28} more lines ...", *table[-4:]]))

# %% [markdown]
# Each ResNet ends with a global average pooling, so that its only dense layer is small. The four side by side:

# %%
print(f"{'':10} {'with weights':>12} {'parameters':>13} {'of them dense':>14}")
for network in (shapes.LENET5, shapes.ALEXNET, shapes.VGG16, shapes.RESNET18, shapes.RESNET50):
    rows = shapes.summary(network).rows
    dense = sum(row.parameters for row in rows if isinstance(row.layer, shapes.Dense))
    # The convolutions on the shortcuts are not counted as layers.
    layers = sum(isinstance(row.layer, (shapes.Conv, shapes.Dense)) and row.depth < 2 for row in rows)
    print(f"{network.name:10} {layers:>12} {network.parameters():>13,} {dense / network.parameters():>14.0%}")

# %% [markdown]
# ## A network that has seen a million photos
#
# Take a photo. If you have one of a bird, put its file beside this notebook and write its name below, for example
# `PHOTO = "bird.jpg"`. Otherwise the cat will do.

# %%
PHOTO = ""  # the file of your own photo, between the quotation marks

photo = images.read(PHOTO) if PHOTO else images.load("chelsea")
print("a photo of shape", photo.shape, photo.dtype)
plot.show(photo)

# %% [markdown]
# ## Exercise: `preprocess` (3 points)
#
# A network can only be used on what it was trained on. VGG-16 was not trained on bytes from 0 to 255, but on numbers that were
# prepared like this:
#
# 1. Brightness from 0 to 1: a uint8 photo is divided by 255. (A photo of floats is from 0 to 1 already.)
# 2. For each colour, the mean over all photos of ImageNet is subtracted: 0.485 for red, 0.456 for green, 0.406 for blue.
# 3. Then it is divided by the standard deviation: 0.229 for red, 0.224 for green, 0.225 for blue.
#
# So an average pixel becomes 0, and nearly all numbers lie between -2 and 3. Give the network other numbers, and nothing
# complains. It just sees strange colours, and is wrong more often. That makes this mistake so common.
#
# And a network takes a batch: `(N, H, W, 3)`. A single photo is a batch of one, with an axis of length 1 in front. (Hint:
# `array[np.newaxis]`.)
#
# To tell the two sorts of photos apart, ask for `image.dtype == np.uint8`. Why not for the largest number? Think of a photo
# of the night.

# %% solution="preprocess"
def preprocess(image):
    """Make a photo what a network trained on ImageNet expects.

    image: array of shape (H, W, 3), uint8 from 0 to 255 or float from 0 to 1
    Returns an array of floats of shape (1, H, W, 3): each colour from 0 to 1, minus its mean, divided by its deviation.
    """
    ### BEGIN SOLUTION
    if image.dtype == np.uint8:
        image = image / 255
    means, deviations = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    return ((image - means) / deviations)[np.newaxis]
    ### END SOLUTION

# %%
check("preprocess", preprocess)

# %% grade="preprocess" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more photos, of both types, than the check tries.
check("preprocess", preprocess)

# %% [markdown]
# VGG-16 wants photos of 224 × 224. The next cell makes the photo smaller and cuts out the middle. Then your function
# prepares it. As pictures, the three channels look as before; but look at their numbers.

# %%
from cnnkit import imagenet

middle = imagenet.crop(photo)
batch = np.asarray(preprocess(middle))
print("cut out:", middle.shape, f"{middle.min()} to {middle.max()}")
print("prepared:", batch.shape, f"{batch.min():.2f} to {batch.max():.2f}")
plot.row([middle, *np.moveaxis(batch[0], 2, 0)], titles=["cut out", "red", "green", "blue"])

# %% [markdown]
# ## Exercise: `top_k` (2 points)
#
# The network answers with 1,000 probabilities, one for each class. Nobody wants to read them all: show the best five. Your
# function gives the **positions** of the k largest numbers, the largest first. For `[0.1, 0.6, 0.05, 0.25]` and k = 2 that is `[1, 3]`.
#
# If two are equally likely, the one with the smaller position comes first: otherwise the answer would depend on how the
# computer happens to sort. That is a trap! `np.argsort` sorts the small ones first, and promises nothing about the order of equal
# numbers, unless you ask for `kind="stable"`. And if you turn a stable order around, equal numbers are turned around too.

# %% solution="top_k"
def top_k(probs, k):
    """Find the k best guesses.

    probs: array of shape (K,), a probability for each class
    k: how many guesses, from 1 to K
    Returns the positions of the k largest, the largest first; of equal ones the smaller position first.
    """
    ### BEGIN SOLUTION
    return np.argsort(-probs, kind="stable")[:k]
    ### END SOLUTION

# %%
check("top_k", top_k)

# %% grade="top_k" points=2
# Graded: 2 points. After you submit, hidden inputs are tried here:
# more probabilities than the check tries.
check("top_k", top_k)

# %% [markdown]
# ### What does it see?
#
# Now the network itself. Its 138 million weights are a file of 528 MB, which the library PyTorch publishes. It is downloaded
# **only if you say so**: write `DOWNLOAD = True`. That happens once, and the file is kept if its hash, a kind of fingerprint, is
# the published one. You need the library PyTorch for it. Or you have the file already: then write its name at `WEIGHTS`.
#
# *No network, no PyTorch, or no patience?* Then the next cells say that they have nothing to show, and you miss nothing that you
# need for the rest of the lesson.

# %%
from cnnkit import nn

DOWNLOAD = False  # True: fetch the weights, 528 MB, once
WEIGHTS = None  # or the name of a file, such as "vgg16-397923af.pth"

try:
    vgg = nn.pretrained.vgg16(WEIGHTS, download=DOWNLOAD)
    print(vgg)
except (FileNotFoundError, ModuleNotFoundError) as reason:
    vgg = None
    print("No pretrained network here, so the two cells below have nothing to show.")
    print(f"The reason: {reason}")

# %% [markdown]
# Its best five guesses. ImageNet has 118 breeds of dogs, and 59 kinds of birds: those have the numbers 7 to 24, 80 to 100 and 127
# to 146. (The names of the classes come with the library torchvision, or as a file; without both you see the numbers.)

# %%
from cnnkit import nn

if vgg is None:
    print("No pretrained network: no guesses.")
else:
    names = nn.pretrained.class_names()
    probabilities = vgg.probabilities(batch)[0]
    for place in top_k(probabilities, 5):
        bird = 7 <= place <= 24 or 80 <= place <= 100 or 127 <= place <= 146
        print(f"{probabilities[place]:6.1%}  {place:4}  {names[place]}{'  (a bird)' if bird else ''}")

# %% [markdown]
# Its feature maps, layer by layer. The first ones see edges and colours, and you still recognize the photo. Then the maps get
# smaller and more numerous, and each answers to something more particular. At the end, most are dark: what they look for is
# not on your photo.

# %%
if vgg is None:
    print("No pretrained network: no feature maps.")
    shown = None
else:
    maps = vgg.feature_maps(batch)
    shown = plot.feature_maps(maps, ["conv1", "conv2", "conv4", "conv7", "conv10", "conv13", "pool5"])
shown

# %% [markdown]
# ## Old features, new head
#
# Edges, corners, fur, wheels: the features that VGG-16 has learned are good for many photos, not only for its 1,000 classes. Only
# its last layer, the **head**, is about these classes. Suppose you want to tell healthy leaves from sick ones, and have 100 photos.
# That is far too few to train 138 million weights. But:
#
# 1. take the pretrained network, and replace its head by a new one, with as many scores as you have classes;
# 2. **freeze** the features: their weights stay as they are;
# 3. train the head on your photos. It has few weights, so few photos will do.
#
# This is **transfer learning**. If you have more photos, you can go on and let the features learn as well, with a small learning
# rate, so that they change only a little. That is called **fine-tuning**.
#
# ## Exercise: `freeze` (3 points)
#
# A network's parameters are a dict: names and arrays. Each name is that of the layer, a dot, and that of the parameter:
# `"conv1.weight"`, `"conv1.bias"`, `"dense1.weight"`. Your function gets the dict, and a list of names of what is frozen. Such a name
# is that of a layer, `"conv1"`, which means all of its parameters, or that of a single parameter, `"conv1.weight"`.
#
# Give a list with a True or False for each parameter, in the order of the dict: True where it **still trains**.
#
# Beware of `name.startswith("conv1")`: there may be a layer `conv10`. (Hint: a text has a method `split`, which cuts it at its dots.)

# %% solution="freeze"
def freeze(params, names):
    """Say which parameters still train.

    params: dict of arrays by name, such as "conv1.weight"
    names: list of what is frozen: names of layers ("conv1") or of parameters ("conv1.weight")
    Returns a list of bool, one for each parameter in the order of params: True where it still trains.
    """
    ### BEGIN SOLUTION
    trains = []
    for name in params:
        layer = name.split(".")[0]
        trains.append(name not in names and layer not in names)
    return trains
    ### END SOLUTION

# %%
check("freeze", freeze)

# %% grade="freeze" points=3
# Graded: 3 points. After you submit, hidden inputs are tried here:
# more networks and lists of names than the check tries.
check("freeze", freeze)

# %% [markdown]
# ## Question: a new head (1 point)
#
# How few weights is "few"? This question is for you and your pencil. Its numbers are your own: everybody has others. Write
# your id, the one under which you hand in, between the quotation marks below, and run the two cells.

# %%
STUDENT = "your id"  # write here the id under which you hand in: your question has numbers of your own
COURSE = "set when the lesson is released"

# %%
numbers = question("new_head", STUDENT, COURSE)

# %% [markdown]
# Write the number down as `new_head`. The check can read your answer but does not tell whether it is right: you see that when
# the lesson is graded.

# %% solution="new_head"
new_head = ""  # write your number between the quotation marks
### BEGIN SOLUTION
inputs = numbers["rows"] * numbers["columns"] * numbers["depth"]
new_head = inputs * numbers["classes"] + numbers["classes"]
### END SOLUTION

# %%
check("new_head", new_head)

# %% grade="new_head" points=1
# Graded: 1 point. Your answer is compared with the right one for your numbers.
check("new_head", new_head)

# %% [markdown]
# ## A small network changes its job
#
# VGG-16 is too large to train here. So do the same in small, and for real: a network that knows the digits 0 to 4 learns 5 to 9.
# So that it has to learn something that is worth keeping, the digits do not fill their pictures: each lies somewhere on a
# larger sheet.

# %%
from cnnkit import data, nn, shapes
from cnnkit.nn import transfer

digits = data.digits(size=8)
rng = np.random.default_rng(0)
sheets, labels = transfer.on_sheets(digits.train_images, rng), digits.train_labels
test_sheets, test_labels = transfer.on_sheets(digits.test_images, rng), digits.test_labels
old, new, old_test, new_test = labels < 5, labels >= 5, test_labels < 5, test_labels >= 5
print(shapes.summary(transfer.NETWORK))
plot.row([sheet[:, :, 0] for sheet in sheets[:6]], titles=[str(label) for label in labels[:6]])

# %% [markdown]
# First the network learns what is there in abundance, the digits 0 to 4.

# %%
model = nn.Model(transfer.NETWORK, seed=0)
nn.train(model, sheets[old], labels[old], epochs=18, batch=32, optimizer=nn.Adam(0.005))
print(f"digits 0 to 4: {nn.accuracy(model, test_sheets[old_test], test_labels[old_test]):.0%} of the test images are right")

# %% [markdown]
# Now the new job: five examples of each of the digits 5 to 9, and no more. The network gets a new head, and everything else is
# frozen, by your function.

# %%
few = np.concatenate([np.flatnonzero(labels == digit)[:5] for digit in range(5, 10)])

changed_job = model.copy()
fresh = nn.Model(transfer.NETWORK, seed=1)
for name in ("dense1.weight", "dense1.bias"):
    changed_job.params[name][...] = fresh.params[name]

trains = freeze(changed_job.params, ["conv1", "conv2"])
frozen = [name for name, still in zip(changed_job.params, trains, strict=True) if not still]
before = changed_job.copy()
nn.train(changed_job, sheets[few], labels[few] - 5, epochs=100, batch=16, optimizer=nn.Adam(0.02), frozen=frozen)

for (name, array), still in zip(changed_job.params.items(), trains, strict=True):
    moved = np.abs(array - before.params[name]).max()
    print(f"{name:13} {'trains' if still else 'frozen':7} {array.size:6,} numbers, changed by {moved:.3f} at most")
right = nn.accuracy(changed_job, test_sheets[new_test], test_labels[new_test] - 5)
print(f"digits 5 to 9 from 25 examples: {right:.0%} of the test images are right (guessing: 20%)")

# %% [markdown]
# And fine-tuning: it goes on from there, with everything free to learn, in small steps.

# %%
nn.train(changed_job, sheets[few], labels[few] - 5, epochs=100, batch=16, optimizer=nn.Adam(0.001))
right = nn.accuracy(changed_job, test_sheets[new_test], test_labels[new_test] - 5)
print(f"after fine-tuning: {right:.0%}")

# %% [markdown]
# ## Does it pay?
#
# A number alone says nothing. Perhaps a network that has never seen a 0 would have learned as much from these 25 examples?
# Perhaps we were lucky with them? So compare, with the same number of steps and the same examples for all:
#
# - **features frozen**: the convolutions come from the digits 0 to 4, only the head learns;
# - **fine-tuned**: they come from there too, and learn along;
# - **from scratch**: nothing is taken over;
# - **random features frozen**: only the head learns, on top of convolutions that have never learned anything. Why that? If it
#   were just as good, the features would owe nothing to the digits 0 to 4.
#
# Each with 2, 5 and 20 examples of each new digit. And everything **four times**, from the very beginning, with other examples, other
# places and other first weights: only so can you see what is luck. These are 52 trainings, which take half a minute or so. (If
# you have patience, do it ten times.)

# %%
from cnnkit.nn import transfer

result = transfer.experiment(examples=(2, 5, 20), seeds=4)
print(result)

# %%
result.picture()

# %% [markdown]
# A bar shows one standard deviation up and down: how far a single run is off the mean. Where the bars of two ways overlap
# widely, do not believe in the difference. When we did it ten times:
#
# - With **2 examples** of each digit, frozen features are far ahead: 48 % instead of 27 % from scratch. Fine-tuning is not better
#   but worse than freezing, 41 %: so few examples are learned by heart, and the features suffer.
# - With **5**, freezing and fine-tuning are much the same, 57 % and 58 %, and both ahead of 45 % from scratch.
# - With **20**, fine-tuning is ahead, 68 %. Frozen features, 59 %, know only what the digits 0 to 4 have taught them, and starting
#   from scratch has caught up with them, 57 %. (With more steps it comes closer to fine-tuning, too.)
# - **Random features** hardly beat guessing. So it is what the network has learned from the digits 0 to 4 that helps.
#
# ## In your own words: when to fine-tune (3 points)
#
# Somebody wants to tell kinds of *mushrooms* apart on photos, and has VGG-16 with its weights from ImageNet. What would you advise
# (freeze the features, fine-tune, or train from scratch) with 50 photos in all, and what with 20,000? What would you advise
# somebody with 20,000 images that look quite different from photos, such as X-rays in grey? Say why each time, and use the result
# of the experiment above. And what should the learning rate be like when fine-tuning, and why? Six or seven sentences. A person
# reads your answer.

# %% [markdown] manual="when-to-fine-tune" points=3
# With 50 photos: freeze the features and train a new head only. Mushrooms are photos like those of ImageNet (some are even among
# them), so the features fit; and 50 photos are far too few for millions of weights, which would learn them by heart. In the
# experiment, frozen features were ahead with 2 examples of each digit, and fine-tuning was no better. With 20,000 photos:
# fine-tune. There are enough examples to adapt the features, and they are a better start than random weights: with 20 examples
# fine-tuning was ahead of frozen features, and no worse than starting from scratch. X-rays: the late features, fur and wheels,
# do not fit, only the early ones, edges and textures, may. So fine-tune all or most of the network, perhaps with the first layers
# frozen, or train from scratch and compare: with so many examples that has a chance. (Grey images need three equal channels, or
# a new first layer.) The learning rate should be small, and the new head trained first: large steps, driven by the errors of a
# head that knows nothing yet, would destroy the features before they are of use. (1 point for few examples: freeze, because of
# overfitting; 1 point for many: fine-tune, and for the X-rays an answer that looks at how much they resemble photos; 1 point for
# the small rate with its reason, and for using the experiment.)

# %% [markdown]
# ## What you can now do
#
# - read LeNet-5, AlexNet, VGG-16 and ResNet as tables of layers, and say what was new about each;
# - say what a skip connection does for the gradient, and show it;
# - prepare a photo for a pretrained network, and read its best guesses;
# - freeze the features of a network, give it a new head, and fine-tune it;
# - compare ways to learn fairly: the same examples, several seeds, error bars, and a control;
# - decide when to fine-tune and when not.
#
# This was the last lesson. You have come all the way from one kernel on a grey matrix to a network that has seen a million
# photos, and there is nothing in it that you have not written yourself. Before you submit, choose *Kernel → Restart Kernel and Run
# All Cells* and see that all checks pass.
#
# ## Five minutes a day
#
# What you understood today fades, unless you ask yourself for it now and then. The next cell is a drill: flashcards of this
# lesson that come back when you are about to forget them. Turn a card over with Space, type an answer where one is asked
# for, and say how well you knew it (1 to 4). It is not graded, and what you do there stays on your computer. The same cards
# wait for you in a terminal (`cnnkit drill 07-transfer-learning`).

# %%
from cnnkit import flashcards

flashcards.drill("07-transfer-learning")
