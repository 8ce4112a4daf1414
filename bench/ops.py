"""Time cnnkit.ops against PyTorch on the CPU, SciPy and plain loops, and measure the memory of a layer.

    .venv/bin/python bench/ops.py [--seconds 1.0] [--only CASE]

A test asserts on none of these numbers. PyTorch is needed: ``pip install -e '.[torch]'``.

What is timed
-------------
All libraries have 2 threads (OpenBLAS and PyTorch are told so before they start) and float32 arrays in their own
layout: channels last for us, and for PyTorch whichever of its two layouts is the faster one in that case. A
`forward` is the call of the public function, checks included. A `backward` is the gradient with respect to all
arrays: for PyTorch ``torch.autograd.grad`` on a graph that is there already, which keeps what it needs of the forward
pass; for us the public function, which makes its columns again, and gets the result where it takes one (softmax and
max pooling).

The libraries take four turns, so that a busy moment of a shared machine hits all of them; `--seconds` is the sum of a
library's turns. Before each turn there is a pause and a call that does not count: the threads of the library before
go on spinning for some hundredths of a second, and would slow down the next one. The table has medians. Threads that
wait for each other suffer most from other work on the machine; so the means are printed for each one's fastest call
too. Ratios are the other's time over ours: above 1 we are faster.

scipy
    ``scipy.signal.correlate``, for each image and filter: with channels, so that one call sums over them. Images of
    the batch are left out when one takes long, and the time is scaled up; then the table says "~".
loops
    The formula in plain Python on nested lists, for one image and as many cells of its map as take half a second;
    scaled up to the whole case by the number of cells, which is what its time is proportional to; "~".

Memory
------
The peak that ``tracemalloc`` sees during a forward call (NumPy reports its arrays to it; the input is there before)
plus the input, over input + output + columns (im2col) of one image.
"""

import os

THREADS = 2
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(THREADS)  # before NumPy is imported

import argparse  # noqa: E402
import math  # noqa: E402
import platform  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402
import tracemalloc  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402

import numpy as np  # noqa: E402
import scipy.signal  # noqa: E402
import scipy.special  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional  # noqa: E402

from cnnkit import ops  # noqa: E402

#: How often each library gets its turn.
TURNS = 4
#: What the project set itself.
GOALS = {"forward": 1.0, "backward": 0.7, "loops": 200, "memory": 2.0}


@dataclass
class Case:
    """One operation on one input, as every library writes it; None where one does not."""

    name: str
    ours: Callable
    ours_back: Callable
    torch: list[Callable]
    torch_back: list[Callable]
    scipy: tuple[Callable, float] | None = None
    loops: Callable[[], float] | None = None
    memory: tuple[int, int] | None = None
    times: dict[str, float] = field(default_factory=dict)
    fastest: dict[str, float] = field(default_factory=dict)


def layer_case(name: str, n: int, side: int, channels: int, filters: int, size: int, pad: int) -> Case:
    """A convolutional layer with a bias, stride 1."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, side, side, channels)).astype(np.float32)
    bank = rng.normal(size=(filters, size, size, channels)).astype(np.float32)
    bias = rng.normal(size=filters).astype(np.float32)
    maps = ops.conv_layer(x, bank, bias, pad=pad)
    grad = rng.normal(size=maps.shape).astype(np.float32)

    runs, backs = [], []
    for layout in (torch.contiguous_format, torch.channels_last):
        tensors = [torch.tensor(np.moveaxis(array, -1, 1).copy()) for array in (x, bank, grad)]
        tx, tbank, tgrad = (tensor.contiguous(memory_format=layout) for tensor in tensors)
        tbias = torch.tensor(bias)
        runs.append(no_grad(lambda a=tx, b=tbank, c=tbias: functional.conv2d(a, b, c, padding=pad)))
        backs.append(torch_back(lambda *a: functional.conv2d(*a, padding=pad), [tx, tbank, tbias], tgrad))
    right = runs[0]().numpy()
    np.testing.assert_allclose(np.moveaxis(right, 1, -1), maps, rtol=1e-3, atol=1e-3 * np.abs(right).max())

    columns = maps.shape[1] * maps.shape[2] * bank[0].size * 4
    return Case(
        name,
        lambda: ops.conv_layer(x, bank, bias, pad=pad),
        lambda: ops.conv_layer_backward(x, bank, bias, grad, pad=pad),
        runs,
        backs,
        scipy_layer(x, bank, pad),
        lambda: loops(x, bank, bias, pad),
        (x.nbytes + maps.nbytes, columns),
    )


def single_case() -> Case:
    """One grey image, one kernel, no bias."""
    rng = np.random.default_rng(0)
    x, kernel, grad = (rng.normal(size=(side, side)).astype(np.float32) for side in (12, 3, 10))
    tx, tkernel, tgrad = (torch.tensor(array)[None, None] for array in (x, kernel, grad))
    lists = x[np.newaxis, :, :, np.newaxis], kernel[np.newaxis, :, :, np.newaxis], np.zeros(1)
    return Case(
        "12 × 12, one 3 × 3",
        lambda: ops.conv2d(x, kernel),
        lambda: ops.conv2d_backward(x, kernel, grad),
        [no_grad(lambda: functional.conv2d(tx, tkernel))],
        [torch_back(functional.conv2d, [tx, tkernel], tgrad)],
        (lambda: scipy.signal.correlate(x, kernel, mode="valid"), 1.0),
        lambda: loops(*lists, 0),
        (x.nbytes + grad.nbytes, grad.size * 9 * 4),
    )


def scipy_layer(x: np.ndarray, bank: np.ndarray, pad: int) -> tuple[Callable, float]:
    """A call that does a part of the layer, and what its time has to be multiplied with."""
    products = x[0].size * bank[0].size
    filters = bank[: max(1, min(len(bank), int(2e8 // products)))]
    images = x[: max(1, min(len(x), int(2e8 // (products * len(filters)))))]
    padded = np.pad(images, ((0, 0), (pad, pad), (pad, pad), (0, 0)))

    def run():
        for image in padded:
            for kernel in filters:
                scipy.signal.correlate(image, kernel, mode="valid")

    return run, len(x) * len(bank) / (len(images) * len(filters))


def loops(x: np.ndarray, bank: np.ndarray, bias: np.ndarray, pad: int) -> float:
    """Seconds that plain loops would take."""
    image = np.pad(x[0], ((pad, pad), (pad, pad), (0, 0))).tolist()
    weights, biases = bank.tolist(), bias.tolist()
    (count, h, w, depth), rows, cols = bank.shape, len(image) - len(bank[0]) + 1, len(image[0]) - bank.shape[2] + 1
    start, done, cells = time.perf_counter(), 0.0, 0
    while done < 0.5:
        for i in range(rows):
            for j in range(cols):
                for k in range(count):
                    total = biases[k]
                    for p in range(h):
                        for q in range(w):
                            for c in range(depth):
                                total += image[i + p][j + q][c] * weights[k][p][q][c]
                cells += 1
            done = time.perf_counter() - start
            if done > 0.5:
                break
    return done / cells * rows * cols * len(x)


def no_grad(function: Callable) -> Callable:
    def run():
        with torch.inference_mode():
            return function()

    return run


def torch_back(function: Callable, tensors: list, grad) -> Callable:
    tensors = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    result = function(*tensors)
    return lambda: torch.autograd.grad(result, tensors, grad, retain_graph=True)


def pool_case() -> Case:
    """Max pooling of 64 maps; ours are channels last."""
    rng = np.random.default_rng(0)
    x, grad = (rng.normal(size=(side, side, 64)).astype(np.float32) for side in (112, 56))
    tensors = [torch.tensor(np.moveaxis(a, -1, 0)[np.newaxis].copy()) for a in (x, grad)]
    layouts = [[t.contiguous(memory_format=f) for t in tensors] for f in (torch.contiguous_format, torch.channels_last)]
    pool, pooled = functional.max_pool2d, ops.max_pool2d(x)
    return Case(
        "max pool 2 × 2, 64 × 112 × 112",
        lambda: ops.max_pool2d(x),
        lambda: ops.max_pool2d_backward(x, grad, result=pooled),
        [no_grad(lambda a=tx: pool(a, 2)) for tx, _ in layouts],
        [torch_back(lambda a: pool(a, 2), [tx], tgrad) for tx, tgrad in layouts],
    )


def softmax_case() -> Case:
    rng = np.random.default_rng(0)
    x, grad = rng.normal(size=(2, 1024, 1000)).astype(np.float32)
    tx, tgrad, probs = torch.tensor(x), torch.tensor(grad), ops.softmax(x)
    return Case(
        "softmax 1024 × 1000",
        lambda: ops.softmax(x),
        lambda: ops.softmax_backward(x, grad, result=probs),
        [no_grad(lambda: tx.softmax(1))],
        [torch_back(lambda a: a.softmax(1), [tx], tgrad)],
        (lambda: scipy.special.softmax(x, axis=1), 1.0),
    )


def cases(only: str) -> list[Case]:
    layers = [
        # name, images, side, channels, filters, their side, padding
        ("64 × 28 × 28 × 1, six 5 × 5", 64, 28, 1, 6, 5, 0),
        ("64 × 12 × 12 × 6, sixteen 5 × 5", 64, 12, 6, 16, 5, 0),
        ("32 × 32 × 32 × 3, thirty-two 3 × 3", 32, 32, 3, 32, 3, 0),
        ("VGG-16 at 224: 3 to 64", 1, 224, 3, 64, 3, 1),
        ("VGG-16 at 224: 64 to 64", 1, 224, 64, 64, 3, 1),
        ("VGG-16 at 112: 64 to 128", 1, 112, 64, 128, 3, 1),
        ("VGG-16 at 56: 128 to 256", 1, 56, 128, 256, 3, 1),
        ("VGG-16 at 14: 512 to 512", 1, 14, 512, 512, 3, 1),
    ]
    makers = [("12 × 12, one 3 × 3", single_case)]
    makers += [(row[0], lambda row=row: layer_case(*row)) for row in layers]
    makers += [("max pool 2 × 2", pool_case), ("softmax 1024 × 1000", softmax_case)]
    return [make() for name, make in makers if only in name]


def in_turns(functions: dict[str, Callable], seconds: float) -> dict[str, list[float]]:
    """The times of each, in turns."""
    times = {name: [] for name in functions}
    for _ in range(TURNS):
        for name, function in functions.items():
            time.sleep(0.05)
            function()
            end = time.perf_counter() + seconds / TURNS
            while not times[name] or time.perf_counter() < end:
                start = time.perf_counter()
                function()
                times[name].append(time.perf_counter() - start)
    return times


def measure(case: Case, seconds: float) -> None:
    forward = {"ours": case.ours} | {f"torch {n}": run for n, run in enumerate(case.torch)}
    if case.scipy:
        forward["scipy"] = case.scipy[0]
    backward = {"ours back": case.ours_back} | {f"torch back {n}": run for n, run in enumerate(case.torch_back)}
    times = in_turns(forward, seconds) | in_turns(backward, seconds)
    for kept, chosen in ((case.times, statistics.median), (case.fastest, min)):
        value = {name: chosen(values) for name, values in times.items()}
        kept["ours"], kept["ours back"] = value["ours"], value["ours back"]
        kept["torch back"] = min(v for name, v in value.items() if name.startswith("torch back"))
        kept["torch"] = min(v for name, v in value.items() if name.startswith("torch") and "back" not in name)
    if case.scipy:
        case.times["scipy"] = statistics.median(times["scipy"]) * case.scipy[1]
    if case.loops:
        case.times["loops"] = case.loops()


def peak(case: Case) -> float:
    """Peak memory of a forward call over input + output + columns of one image."""
    arrays, columns = case.memory
    result = case.ours()
    given = arrays - result.nbytes
    del result
    tracemalloc.start()
    case.ours()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return (given + most) / (arrays + columns)


def text(seconds: float | None, about: bool = False) -> str:
    if seconds is None:
        return "-"
    unit, factor = ("µs", 1e6) if seconds < 1e-3 else ("ms", 1e3) if seconds < 1 else ("s", 1)
    shown = f"{seconds * factor:.3g} {unit}"
    return f"~{shown}" if about else shown


def table(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:{'<' if i == 0 else '>'}{widths[i]}}" for i, cell in enumerate(row)) + " |"
        for row in rows
    ]
    rule = "| " + " | ".join("-" * widths[0] if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def mean(values: list[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each function is timed")
    parser.add_argument("--only", default="", help="a part of the names of the cases to time")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    rows = [["case", "ours", "PyTorch", "ratio", "SciPy", "loops", "loops ratio", "back", "PyTorch", "ratio", "memory"]]
    done = cases(options.only)
    memory = []
    for case in done:
        measure(case, options.seconds)
        memory.append(peak(case) if case.memory else 0)
        times = case.times
        rows.append(
            [
                case.name,
                text(times["ours"]),
                text(times["torch"]),
                f"{times['torch'] / times['ours']:.2f}",
                text(times.get("scipy"), about=bool(case.scipy) and case.scipy[1] != 1),
                text(times.get("loops"), about=True) if "loops" in times else "-",
                f"{times['loops'] / times['ours']:.0f}" if "loops" in times else "-",
                text(times["ours back"]),
                text(times["torch back"]),
                f"{times['torch back'] / times['ours back']:.2f}",
                f"{memory[-1]:.2f}" if case.memory else "-",
            ]
        )
    print(
        f"NumPy {np.__version__}, PyTorch {torch.__version__}, SciPy {scipy.__version__}, {platform.machine()}, ",
        end="",
    )
    print(
        f"{os.cpu_count()} cores, {THREADS} threads each; float32; medians; memory in units of what is allowed once\n"
    )
    print(table(rows))
    print()
    for way, back in (("forward", ""), ("backward", " back")):
        for what, kept in (("medians", "times"), ("fastest", "fastest")):
            ratios = [getattr(case, kept)[f"torch{back}"] / getattr(case, kept)[f"ours{back}"] for case in done]
            worst = min(ratios)
            line = f"{way}, {what}: geometric mean {mean(ratios):.2f} (goal {GOALS[way]}), worst {worst:.2f}"
            print(f"{line}, {done[ratios.index(worst)].name}" + (" (goal 0.5)" if not back else ""))
    large = [case for case in done if "loops" in case.times and "12 × 12, one" not in case.name]
    slow = [case.times["loops"] / case.times["ours"] for case in large]
    if slow:
        print(f"loops: at least {min(slow):.0f} times (goal {GOALS['loops']})")
    if any(memory):
        print(f"memory: at most {max(memory):.2f} (goal {GOALS['memory']})")


if __name__ == "__main__":
    main()
