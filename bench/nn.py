"""Train and run networks of cnnkit.nn and of PyTorch side by side: the same weights and batches, two threads each.

    .venv/bin/python bench/nn.py [--only steps|digits|vgg] [--seeds 3] [--runs 7]
    .venv/bin/python bench/nn.py --only fashion [--epochs 15]

A test asserts on none of these numbers. PyTorch is needed: ``pip install -e '.[torch]'``.

What is measured
----------------
steps
    20 training steps in float64 from the same weights, and how far the weights then are from PyTorch's: LeNet-5, and a
    small network with batch normalization; SGD with momentum, and Adam. Goal: 1e-8.
digits
    LeNet-5 on the digits of scikit-learn, for each of the seeds: 7 epochs in batches of 32 with Adam, and 3 more with a
    tenth of the rate. The seconds of `nn.train`, and of the same loop in PyTorch; the accuracy on the test images.
    Goal: 97 % in 30 s.
vgg
    VGG-16 forward for one image of 224 × 224 in float32, in turns: the call of the model; for PyTorch an
    ``nn.Sequential`` in inference mode, in whichever of its two layouts is the faster. The same random weights; how far
    the scores are apart. Goal: at most twice PyTorch's time.
fashion
    LeNet-5 on Fashion-MNIST, and the accuracy on its 10,000 test images. Goal: 89 %. It needs the data: downloaded, or
    in the folder that ``CNNKIT_DATA`` names. Not run unless asked for.

Seconds are on the clock, so other work on the machine counts. Threads that wait for each other suffer most from it,
and each library has its turn of it: the fastest run is printed beside the median.
"""

import os

THREADS = 2
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)  # before NumPy is imported

import argparse  # noqa: E402
import platform  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
import torch  # noqa: E402

from cnnkit import data, nn, shapes  # noqa: E402
from cnnkit.shapes import BatchNorm, Conv, Dense, Dropout, Flatten, Pool, ReLU  # noqa: E402

#: Epochs and rate of LeNet-5 on the digits.
STAGES = ((7, 2e-3), (3, 2e-4))
SMALL = shapes.Network(
    "a small network with batch norm",
    (12, 10, 3),
    (
        *(Conv(8, 3, pad=1, bias=False), BatchNorm(), ReLU(), Pool(2)),
        *(Conv(12, 3), BatchNorm(), ReLU(), Flatten(), Dropout(0), Dense(24), ReLU(), Dense(10)),
    ),
)
OPTIMIZERS = {
    "SGD with momentum": (lambda: nn.SGD(0.05, 0.9), lambda p: torch.optim.SGD(p, 0.05, 0.9)),
    "Adam": (lambda: nn.Adam(), lambda p: torch.optim.Adam(p)),
}


def module(layer, shape):
    """The module that a layer describes, for an input of `shape`, without weights."""
    match layer:
        case Conv():
            return torch.nn.Conv2d(shape[2], layer.filters, layer.kernel, layer.stride, layer.pad, bias=layer.bias)
        case Dense():
            return torch.nn.Linear(shape[0], layer.units, bias=layer.bias)
        case BatchNorm():
            return torch.nn.BatchNorm2d(shape[-1])
        case ReLU():
            return torch.nn.ReLU(inplace=True)
        case Dropout():
            return torch.nn.Dropout(layer.rate)
        case Pool():
            return (torch.nn.MaxPool2d if layer.kind == "max" else torch.nn.AvgPool2d)(layer.size, layer.step)
        case Flatten():
            return torch.nn.Flatten()
    raise TypeError(layer)


def twin(model):
    """PyTorch's network with the layers and copies of the weights of a model."""
    modules, shape = [], model.input_shape
    with torch.device("meta"):
        for layer in model.network.layers:
            modules.append(module(layer, shape))
            shape = layer.output_shape(shape)
        network = torch.nn.Sequential(*modules)
    state = {name: torch.from_numpy(array) for name, array in nn.to_state_dict(model).items()}
    network.load_state_dict(state, assign=True)
    return network.requires_grad_()


def tensor(images):
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1)))


def train_pytorch(network, images, labels, epochs, batch, stepper, seed) -> None:
    """What nn.train does: the same batches in the same order."""
    images, labels = tensor(images), torch.from_numpy(labels)
    rng = np.random.default_rng(seed)
    network.train()
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(images)))
        for some in order.split(batch):
            stepper.zero_grad()
            torch.nn.functional.cross_entropy(network(images[some]), labels[some]).backward()
            stepper.step()


def steps() -> None:
    print("20 training steps in float64: the largest difference of a weight to PyTorch's (goal 1e-8)\n")
    for network in (shapes.LENET5, SMALL):
        rng = np.random.default_rng(0)
        images, labels = rng.normal(size=(160, *network.input_shape)), rng.integers(0, 10, 160)
        for name, (ours, theirs) in OPTIMIZERS.items():
            model = nn.Model(network, 0, np.float64)
            other = twin(model)
            train_pytorch(other, images, labels, 4, 32, theirs(other.parameters()), 1)
            nn.train(model, images, labels, 4, 32, ours(), seed=1, progress=False)
            right = nn.load_state_dict(nn.Model(network, None, np.float64), other.state_dict())
            far = max(np.abs(array - right.params[key]).max() for key, array in model.params.items())
            print(f"    {network.name}, {name}: {far:.1e}")
    print()


def digits(seeds: int) -> None:
    split = data.digits()
    recipe = ", then ".join(f"{epochs} epochs of Adam({rate:g})" for epochs, rate in STAGES)
    print(f"LeNet-5 on the digits: {split!r}\n{recipe}, batches of 32; goal: 97 % in 30 s\n")
    for seed in range(seeds):
        model = nn.Model(shapes.LENET5, seed)
        other = twin(model)
        start, optimizer = time.perf_counter(), nn.Adam()
        for epochs, optimizer.rate in STAGES:
            nn.train(model, split.train_images, split.train_labels, epochs, 32, optimizer, seed=seed, progress=False)
        ours = time.perf_counter() - start
        time.sleep(0.1)
        start, stepper = time.perf_counter(), torch.optim.Adam(other.parameters())
        for epochs, stepper.param_groups[0]["lr"] in STAGES:
            train_pytorch(other, split.train_images, split.train_labels, epochs, 32, stepper, seed)
        theirs = time.perf_counter() - start
        with torch.inference_mode():
            predicted = other.eval()(tensor(split.test_images)).numpy().argmax(axis=1)
        print(
            f"    seed {seed}: {nn.accuracy(model, split.test_images, split.test_labels):.1%} in {ours:.2f} s; PyTorch "
            f"{(predicted == split.test_labels).mean():.1%} in {theirs:.2f} s; ratio of times {ours / theirs:.2f}"
        )
    print()


def vgg(runs: int) -> None:
    model = nn.Model(shapes.VGG16)
    network = twin(model).eval()
    image = np.random.default_rng(1).random((1, 224, 224, 3), np.float32)
    first = tensor(image)
    last = first.contiguous(memory_format=torch.channels_last)
    calls = {"ours": lambda: model(image), "PyTorch": lambda: network(first), "channels last": lambda: network(last)}
    times = {name: [] for name in calls}
    with torch.inference_mode():
        scores, right = model(image), network(first).numpy()
        for _ in range(runs):
            for name, call in calls.items():
                # The threads of the library before go on spinning for some hundredths of a second.
                time.sleep(0.1)
                call()
                start = time.perf_counter()
                call()
                times[name].append(time.perf_counter() - start)
    far = np.abs(scores - right).max()
    print(f"VGG-16 forward, one image of 224 × 224, float32, {runs} runs in turns\n")
    for what, chosen in (("median", statistics.median), ("fastest", min)):
        ours, *theirs = (chosen(values) for values in times.values())
        ratio = ours / min(theirs)
        print(
            f"    {what}: ours {ours * 1e3:.0f} ms; PyTorch {theirs[0] * 1e3:.0f} ms, channels last "
            f"{theirs[1] * 1e3:.0f} ms; ours in units of its faster layout {ratio:.2f} (goal: at most 2)"
        )
    print(f"    largest difference of a score {far:.1e}, of scores up to {np.abs(right).max():.2f}\n")


def fashion(epochs: int) -> None:
    split = data.fashion_mnist()
    if split.names != data.CLOTHES:
        return  # it has said why
    model = nn.Model(shapes.LENET5, seed=0)
    held_back = split.train_images[55_000:], split.train_labels[55_000:]
    start = time.perf_counter()
    history = nn.train(
        model,
        split.train_images[:55_000],
        split.train_labels[:55_000],
        epochs,
        optimizer=nn.Adam(1e-3),
        validation=held_back,
        patience=3,
    )
    seconds = time.perf_counter() - start
    print(f"LeNet-5 on Fashion-MNIST: {split!r}\nepoch {history.best + 1} of {len(history)} was best, by validation\n")
    share = nn.accuracy(model, split.test_images, split.test_labels)
    print(f"    {share:.2%} of the test images in {seconds:.0f} s (goal: 89 %)\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("steps", "digits", "vgg", "fashion"), help="one part")
    parser.add_argument("--seeds", type=int, default=3, help="how often LeNet-5 is trained on the digits")
    parser.add_argument("--runs", type=int, default=7, help="how often VGG-16 is run")
    parser.add_argument("--epochs", type=int, default=15, help="at most so many on Fashion-MNIST")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    print(
        f"NumPy {np.__version__}, PyTorch {torch.__version__}, {platform.machine()}, {os.cpu_count()} cores, ", end=""
    )
    print(f"{THREADS} threads each\n")
    if options.only in (None, "steps"):
        steps()
    if options.only in (None, "digits"):
        digits(options.seeds)
    if options.only in (None, "vgg"):
        vgg(options.runs)
    if options.only == "fashion":
        fashion(options.epochs)


if __name__ == "__main__":
    main()
