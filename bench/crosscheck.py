"""What a GPU gains in the cross-check: CPU and CUDA, side by side in one run.

    .venv/bin/python bench/crosscheck.py [--cases 100] [--repeat 3]

Three lines, each on both devices, after a warm-up that does not count; medians of `--repeat` rounds:

functions
    ``autograder crosscheck`` on every function: thousands of small cases, one after another. `--cases` for each.
corpora
    The hidden examples of all lessons, as many calls at once as have the same shapes. They are built before, untimed.
large corpus
    One exercise (`conv_layer`) with many large calls of one shape, as a teacher's own lesson could have.

Without a GPU the second column says "not run". A test asserts on none of these numbers.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from autograder import crosscheck
from autograder.corpus import CorpusStore, Example
from cnnkit import exercises
from cnnkit.exercises import Call


def large_corpus(calls: int) -> list[Example]:
    """Examples of `conv_layer` that are all of one shape."""
    rng = np.random.default_rng(0)
    reference = exercises.find("conv_layer").reference
    made = []
    for _ in range(calls):
        arrays = rng.normal(size=(64, 64, 16)), rng.normal(size=(32, 5, 5, 16)), rng.normal(size=32)
        call = Call(arrays, {"pad": 2})
        made.append(Example("values", [call], [call.on(reference)], {}))
    return made


def seconds(run: Callable[[], object], repeat: int) -> float:
    """Median wall time; the first call of a device loads its libraries and does not count."""
    run()
    found = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def main() -> int:
    """Time the three jobs on both devices and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=100, help="for each function and dtype")
    parser.add_argument("--calls", type=int, default=128, help="of the large corpus")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    wanted = [exercise for lesson in exercises.lessons().values() for exercise in lesson]
    with tempfile.TemporaryDirectory() as folder:
        store = CorpusStore(Path(folder), seed="benchmark", examples=40)
        store.prepare(exercise.name for exercise in wanted)
        corpora = [(exercise, store.get(exercise.name).examples) for exercise in wanted]
    large = exercises.find("conv_layer"), large_corpus(options.calls)
    calls = sum(len(example.calls) for _, examples in corpora for example in examples)
    jobs = {
        f"functions, {options.cases} cases each": lambda d: crosscheck.compare(device=d, cases=options.cases),
        f"corpora of {len(corpora)} exercises, {calls} calls": lambda d: [
            crosscheck.hold_corpus(*each, device=d) for each in corpora
        ],
        f"large corpus, {options.calls} calls": lambda d: crosscheck.hold_corpus(*large, device=d),
    }
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    print(f"CPU: {torch.get_num_threads()} threads; GPU: {gpu or 'not run'}; PyTorch {torch.__version__}")
    print(f"{'seconds':44}{'CPU':>8}{'GPU':>10}{'ratio':>8}")
    for name, job in jobs.items():
        cpu = seconds(lambda job=job: job("cpu"), options.repeat)
        cuda = seconds(lambda job=job: job("cuda"), options.repeat) if gpu else None
        print(f"{name:44}{cpu:8.2f}" + (f"{cuda:10.2f}{cpu / cuda:8.2f}" if gpu else f"{'not run':>10}"), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
