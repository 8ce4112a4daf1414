"""Hold the reference against PyTorch: an implementation that shares no code with it.

:func:`compare` draws arguments from the whole domain of each function in :mod:`cnnkit.ops` and compares values and
gradients; :func:`confirm` compares the answers in a compiled corpus. What is compared with what is data, in
:mod:`autograder.counterparts`. How close is close enough: :mod:`autograder.roundoff`. PyTorch is
imported when it is needed, because grading works without it.
"""

import copy
import importlib.util
import inspect
import os
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from autograder.corpus import CorpusError, CorpusStore
from autograder.roundoff import ROUNDOFF, Bound
from cnnkit import exercises, ops
from cnnkit.exercises import Call, Exercise
from cnnkit.exercises.layouts import copy_of, lay_out, layout_of


class Disagreement(AssertionError):
    """The reference and PyTorch give different results; the message shows the call."""


class NotAvailable(RuntimeError):
    """What was asked for is not on this machine: PyTorch, or a GPU."""


@dataclass
class Line:
    """One line of a table: a function, with all cases of one dtype on one device."""

    function: str
    device: str
    dtype: str
    cases: int = 0
    error: float = 0.0
    #: The smallest case that disagrees, as text.
    disagreement: str = ""
    _smallest: float = field(default=np.inf, repr=False)

    def add(self, units: float, call: Call, remark: str = "") -> None:
        """Count a case."""
        self.cases += 1
        self.error = max(self.error, units)
        numbers = sum(array.size for array in call.arrays())
        if not units <= 1 and numbers < self._smallest:
            self._smallest = numbers
            self.disagreement = f"{self.function}, {self.dtype}: {remark or f'{units:.3g} tolerances apart'}\n{call}"


@dataclass
class Table:
    """What was compared, and how far apart the results were."""

    device: str
    kind: str
    lines: list[Line]
    remark: str = ""

    @property
    def agrees(self) -> bool:
        """Whether no result was further off than its tolerance."""
        return bool(self.lines) and all(line.error <= 1 for line in self.lines)

    @property
    def disagreements(self) -> list[str]:
        """For each line that disagrees, its smallest case."""
        return [line.disagreement for line in self.lines if not line.error <= 1]

    def __str__(self) -> str:
        cells = [("function", "cases", "device", "dtype", "largest error / tolerance")]
        for line in self.lines:
            error = f"{line.error:.2g}" if line.error <= 1 else f"{line.error:.2g} ABOVE 1"
            cells.append((line.function, str(line.cases), line.device, line.dtype, error))
        widths = [max(len(row[column]) for row in cells) for column in range(5)]
        rows = ["| " + " | ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) + " |" for row in cells]
        rule = "| " + " | ".join("-" * width for width in widths) + " |"
        return "\n".join([rows[0], rule, *rows[1:]])

    def write(self, path: Path) -> None:
        """Write the table into a Markdown file, in place of the one for the same kind of device.

        The rest of the file stays as it is; a new file gets a section for each kind.
        """
        text = path.read_text() if path.exists() else "# The cross-check\n\n## CPU\n\nnot run\n\n## GPU\n\nnot run\n"
        heading = f"## {self.kind}\n"
        if heading not in text:
            text = f"{text.rstrip()}\n\n{heading}"
        before, _, after = text.partition(heading)
        _, mark, rest = after.partition("\n## ")
        path.write_text(f"{before}{heading}\n{self.remark}\n\n{self}\n{mark}{rest}")


# --- comparing functions --------------------------------------------------------------------------


def compare(
    reference=ops,
    names: Iterable[str] | None = None,
    device: str | None = None,
    cases: int = 100,
    advance: Callable[[str], None] = lambda name: None,
) -> Table:
    """Compare functions and their gradients with PyTorch's, on arguments that Hypothesis draws.

    Parameters
    ----------
    reference : module or namespace, default cnnkit.ops
        Where the functions are looked up; the gradient of ``f`` is ``f_backward``.
    names : iterable of str, optional
        The functions to compare; all that have a counterpart unless it is given.
    device : str, optional
        ``"cuda"`` or ``"cpu"``; unless it is given, a GPU when there is one.
    cases : int, default 100
        How many cases for each function and dtype.
    advance : callable, optional
        Called with the name of each function before it is compared.

    Returns
    -------
    Table

    Raises
    ------
    NotAvailable
        When PyTorch or the device is missing.

    Notes
    -----
    For float32, PyTorch computes in float32 and the reference in float64, from the same numbers; the reference must
    also give float32 for float32, and be as close to its own float64. For integers, PyTorch computes in float64.

    Examples
    --------
    >>> table = compare(names=["conv2d"], device="cpu", cases=5)
    >>> table.agrees, {(line.function, line.cases) for line in table.lines} >= {("conv2d", 5), ("conv2d_backward", 5)}
    (True, True)

    A reference with a mistake in it:

    >>> from types import SimpleNamespace
    >>> flipped = SimpleNamespace(conv2d=lambda image, kernel, stride=1: ops.conv2d(image, kernel[::-1], stride))
    >>> compare(flipped, ["conv2d"], "cpu", cases=5).agrees
    False
    """
    device, shown = _device(device)
    from autograder.counterparts import COUNTERPARTS

    started, lines = time.perf_counter(), []
    for name in COUNTERPARTS if names is None else names:
        row = COUNTERPARTS[name]
        if row.draw is None:
            continue
        advance(name)
        wanted = [name, f"{name}_backward"] if row.gradient else [name]
        missing = [function for function in wanted if not hasattr(reference, function)]
        where = getattr(reference, "__name__", "the reference")
        lines += [
            Line(each, shown, "-", 0, np.inf, f"{each}: there is no such function in {where}") for each in missing
        ]
        calls = list(_drawn(row.draw, cases, name))
        for dtype in row.dtypes:
            own = [Line(each, shown, dtype) for each in wanted[: 2 if dtype in ROUNDOFF else 1]]
            for call in calls:
                _compare_one(reference, row, _cast(call, dtype, row.white), dtype, device, *own)
            lines += [line for line in own if line.function not in missing]
    seconds = time.perf_counter() - started
    remark = f"{shown}, PyTorch {_version()}, NumPy {np.__version__}; {seconds:.0f} s for the functions."
    return Table(shown, "GPU" if device == "cuda" else "CPU", lines, remark)


def _compare_one(
    reference, row, call: Call, dtype: str, device: str, forward: Line, backward: Line | None = None
) -> None:
    precision = dtype if dtype in ROUNDOFF else "float64"
    cotangent = partial(_cotangent, call, precision) if backward else None
    with _plain_arithmetic():
        (theirs, *gradients), grad = _theirs(row, row.theirs, [call], cotangent, precision, device)[0]
        bounds = _bounds(row, [call], None if grad is None else [grad], device)[0]
    if row.seeded:
        dropped = {name: value for name, value in call.kwargs.items() if name != "seed"}
        call = Call(call.args, dropped | {"rng": np.random.default_rng(call.kwargs["seed"])})
    _hold(reference, forward.function, call, dtype, (theirs,), bounds[:1], forward)
    if backward:
        with_grad = Call((*call.args, grad), call.kwargs)
        _hold(reference, backward.function, with_grad, dtype, tuple(gradients), bounds[1:], backward)


def _hold(reference, name: str, call: Call, dtype: str, theirs: tuple, bounds: list[Bound], line: Line) -> None:
    """Compare what the reference gives in float64, and in the dtype itself, with what PyTorch gave."""
    function = getattr(reference, name, None)
    if function is None:  # it has a line that says so
        return
    precision = dtype if dtype in ROUNDOFF else "float64"
    try:
        wide = _results(function, _cast(call, "float64") if dtype in ROUNDOFF else call, len(theirs))
        own = _results(function, call, len(theirs)) if dtype == "float32" else wide
    except Exception as error:  # whatever a function under test does, its line says so
        line.add(np.inf, call, f"raised {type(error).__name__}: {error}")
        return
    if len(wide) != len(theirs):
        line.add(np.inf, call, f"gave {len(wide)} results, but PyTorch {len(theirs)}")
        return
    units, remark = 0.0, ""
    for number, (bound, a, b, c) in enumerate(zip(bounds, wide, own, theirs, strict=True), 1):
        which = f"result {number} of {len(theirs)}: " if len(theirs) > 1 else ""
        if np.shape(a) != c.shape:
            remark = f"{which}shape is {np.shape(a)}, but PyTorch's {c.shape}"
        if dtype == "float32" and np.asarray(b).dtype != np.float32:
            units, remark = np.inf, f"{which}float32 became {np.asarray(b).dtype}"
        units = max(units, bound.units(a, c, precision), bound.units(b, a, precision))
    line.add(units, call, remark)


def _results(function: Callable, call: Call, wanted: int) -> tuple:
    """What a function gives, as a tuple; one array of several results, such as channels, is one result."""
    # A generator of random numbers starts anew.
    options = {name: copy.deepcopy(value) for name, value in call.kwargs.items()}
    result = Call(copy_of(call).args, options).on(function)
    if isinstance(result, tuple) and wanted > 1:
        return tuple(part for part in result if part is not None)  # no bias has no gradient
    return (np.asarray(result),)


def _drawn(strategy, count: int, name: str) -> Iterator[Call]:
    """As many cases as asked for, the same in every run."""
    import hypothesis

    found: list[Call] = []

    @hypothesis.seed(zlib.crc32(name.encode()))
    @hypothesis.settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(strategy)
    def collect(call):
        found.append(call)

    with _hypothesis_elsewhere():
        collect()
    return iter(found[:count])


@contextmanager
def _hypothesis_elsewhere() -> Iterator[None]:
    """Without this, Hypothesis writes what it learned from our sources into the folder that we are in."""
    name = "HYPOTHESIS_STORAGE_DIRECTORY"
    if name in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory() as os.environ[name]:
        try:
            yield
        finally:
            del os.environ[name]


def _cast(call: Call, dtype: str, white: float = 255) -> Call:
    """The same call in another type; for ``"uint8"`` and ``"uint8, float64"``, the first array in bytes."""

    def cast(position: int, value):
        if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
            return value
        if dtype in ROUNDOFF:
            changed = value.astype(dtype)
        elif dtype.startswith("uint8") and position == 0:
            changed = np.clip(np.abs(np.rint(value * (255 / white))), 0, 255).astype(np.uint8)
        elif dtype == "uint8, float64":
            changed = value
        else:
            changed = np.rint(value).astype(np.int64)
        return lay_out(changed, layout_of(value)) if value.ndim > 1 else changed

    return Call(tuple(cast(position, value) for position, value in enumerate(call.args)), call.kwargs)


def _cotangent(call: Call, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    """What the gradient of the loss with respect to an output of this shape might be."""
    rng = np.random.default_rng(zlib.crc32(repr((shape, call.kwargs)).encode()))
    return np.asarray(rng.normal(size=shape)).astype(dtype)


# --- confirming corpora ---------------------------------------------------------------------------


def confirm(exercise: Exercise, examples: list, device: str | None = None) -> str:
    """Compare the reference's results in a corpus with PyTorch's.

    Parameters
    ----------
    exercise : Exercise
    examples : list of autograder.corpus.Example
    device : str, optional
        ``"cuda"`` or ``"cpu"``; unless it is given, a GPU when there is one.

    Returns
    -------
    str
        For example ``"PyTorch 2.13.0 (2-core CPU), 212 results"``; empty when PyTorch is not installed or has no
        counterpart of the exercise: then nothing is confirmed.

    Raises
    ------
    Disagreement
    """
    if importlib.util.find_spec("torch") is None:
        return ""
    line = hold_corpus(exercise, examples, device)
    if line is None:
        return ""
    if not line.error <= 1:
        raise Disagreement(f"PyTorch disagrees with the reference: {line.disagreement}")
    return f"PyTorch {_version()} ({line.device}), {line.cases} results"


def hold_corpus(exercise: Exercise, examples: list, device: str | None = None) -> Line | None:
    """Compare a corpus with PyTorch, all calls with arguments of the same shapes at once.

    Returns
    -------
    Line or None
        None when PyTorch has no counterpart of the exercise.

    Raises
    ------
    NotAvailable
        When PyTorch or the device is missing.
    """
    device, shown = _device(device)
    from autograder.counterparts import COUNTERPARTS

    is_gradient = exercise.name not in COUNTERPARTS and exercise.name.endswith("_backward")
    row = COUNTERPARTS.get(exercise.name.removesuffix("_backward") if is_gradient else exercise.name)
    if row is None:
        return None
    groups: dict[tuple, list] = {}
    for example in examples:
        for call, expected in zip(example.calls, example.expected, strict=True):
            plain = _by_name(exercise.reference, call)
            if row.seeded:
                plain = _with_seed(plain)
            shapes = tuple((array.shape, array.dtype.str) for array in plain.args)
            groups.setdefault((shapes, repr(sorted(plain.kwargs.items()))), []).append((plain, expected, call))
    line = Line(f"corpus of {exercise.name}", shown, "as drawn")
    for group in groups.values():
        plain = [entry[0] for entry in group]
        grads = [call.args[-1] for call in plain] if is_gradient else None
        if is_gradient:
            plain = [Call(call.args[:-1], call.kwargs) for call in plain]
        with _plain_arithmetic():
            results = [found for found, _ in _theirs(row, row.theirs, plain, grads, "float64", device)]
            bounds = _bounds(row, plain, grads, device)
        if is_gradient:
            results, bounds = [found[1:] for found in results], [each[1:] for each in bounds]
        for (_, expected, call), theirs, bound in zip(group, results, bounds, strict=True):
            # Several results of one shape are stored as one array.
            ours = tuple(expected) if len(theirs) > 1 else (np.asarray(expected),)
            units = np.inf
            if len(ours) == len(theirs):
                units = max(b.units(a, c, "float64") for b, a, c in zip(bound, ours, theirs, strict=True))
            remark = f"{units:.3g} tolerances apart; the reference gives\n{expected}\nPyTorch gives\n{theirs}"
            line.add(units, call, remark)
    return line


def add_corpora(
    table: Table,
    corpora: CorpusStore,
    device: str | None = None,
    advance: Callable[[str], None] = lambda name: None,
) -> None:
    """Add a line to a table for each compiled corpus of a course; corpora that are missing are built.

    Parameters
    ----------
    table : Table
    corpora : CorpusStore
    device : str, optional
        As in :func:`compare`.
    advance : callable, optional
        Called with the name of each exercise.
    """
    wanted = [exercise for lesson in exercises.lessons().values() for exercise in lesson]
    try:
        advance("building corpora that are missing")
        corpora.prepare(exercise.name for exercise in wanted)
    except CorpusError:
        pass  # said again below, by the exercise that it is about
    started, without = time.perf_counter(), []
    for exercise in wanted:
        advance(f"corpus of {exercise.name}")
        try:
            line = hold_corpus(exercise, corpora.get(exercise.name).examples, device)
        except CorpusError as error:
            line = Line(f"corpus of {exercise.name}", table.device, "as drawn", 0, np.inf, str(error))
        if line is None:
            without.append(exercise.name)
        else:
            table.lines.append(line)
    table.remark += f" {time.perf_counter() - started:.0f} s for the corpora."
    if without:
        table.remark += f" Corpora without a counterpart in PyTorch: {', '.join(without)}."


def _by_name(reference: Callable, call: Call) -> Call:
    """The same call with its arrays by position and everything else by name."""
    arguments = inspect.signature(reference).bind(*call.args, **call.kwargs).arguments
    arrays = tuple(value for value in arguments.values() if isinstance(value, np.ndarray))
    return Call(arrays, {name: value for name, value in arguments.items() if not isinstance(value, np.ndarray)})


def _with_seed(call: Call) -> Call:
    """The same call with the seed of its generator in place of the generator."""
    kwargs = dict(call.kwargs)
    rng = kwargs.pop("rng")
    return Call(call.args, kwargs | {"seed": rng.bit_generator.seed_seq.entropy})


# --- PyTorch's side -------------------------------------------------------------------------------


def _tensors(calls: list[Call], dtype: str, device: str) -> list:
    """The arrays of calls of the same shapes, stacked; floats in `dtype`, integers as they are."""
    import torch

    # By position only: a dict of arrays stays as it is.
    stacks = [np.stack(arrays) for arrays in zip(*(Call(call.args).arrays() for call in calls), strict=True)]
    tensors = [torch.from_numpy(stack).to(device) for stack in stacks]
    return [t.to(getattr(torch, dtype)) if t.is_floating_point() else t for t in tensors]


def _apply(function: Callable, tensors: list, options: dict, together: bool):
    """A function on each of a stack of arguments: all at once where it can be, so that a GPU is kept busy."""
    import torch

    function = partial(function, **options)
    if not tensors:
        return function()[None]
    if len(tensors[0]) == 1:
        return function(*(tensor[0] for tensor in tensors))[None]
    if not together:
        return torch.stack([function(*each) for each in zip(*tensors, strict=True)])
    return torch.vmap(function)(*tensors)


def _theirs(row, function: Callable, calls: list[Call], grads, dtype: str, device: str) -> list[tuple]:
    """Calls of the same shapes: for each, the result and its gradients, and the gradient that it was given.

    `grads` holds the gradient with respect to each result, or gives one for a shape; with None, there are no
    gradients. They are with respect to the row's inputs, by automatic differentiation.
    """
    import torch

    tensors = _tensors(calls, dtype, device)
    if grads is None:
        with torch.no_grad():
            stack = _apply(function, tensors, calls[0].kwargs, row.together).cpu().numpy()
        # Calls without arrays are all the same call.
        results = stack if tensors else np.repeat(stack, len(calls), axis=0)
        return [((result,), None) for result in results]
    count = len(tensors) if row.inputs is None else row.inputs
    # In lessons, images are whole numbers, and have a gradient like any others.
    inputs = [t if t.is_floating_point() else t.to(torch.float64) for t in tensors[:count]]
    for tensor in inputs:
        tensor.requires_grad_()
    output = _apply(function, inputs + tensors[count:], calls[0].kwargs, row.together)
    if callable(grads):
        grads = [grads(tuple(output.shape[1:])) for _ in calls]
    cotangent = torch.from_numpy(np.stack([np.asarray(grad) for grad in grads])).to(device, output.dtype)
    gradients = torch.autograd.grad(output, inputs, cotangent)
    columns = [tensor.detach().cpu().numpy() for tensor in (output, *gradients)]
    return list(zip(zip(*columns, strict=True), grads, strict=True))


def _bounds(row, calls: list[Call], grads: list | None, device: str) -> list[list[Bound]]:
    """For each call, how far apart right results may be: of the function, then of each gradient."""
    if row.bound is not None:
        return [row.bound(call, grad) for call, grad in zip(calls, grads or [None] * len(calls), strict=True)]
    found = []
    for function, change in ((row.count or row.size, np.ones_like), (row.size, np.abs)):
        changed = [Call(tuple(map(change, call.arrays())), call.kwargs) for call in calls]
        slopes = None if grads is None else list(map(change, grads))
        results = _theirs(row, function or row.theirs, changed, slopes, "float64", device)
        found.append([[float(np.max(array, initial=0.0)) for array in result] for result, _ in results])
    return [[Bound(n, size) for n, size in zip(*pair, strict=True)] for pair in zip(*found, strict=True)]


@contextmanager
def _plain_arithmetic() -> Iterator[None]:
    """TF32 off, which would round the factors of float32 products to 11 bits; one thread, for small arrays."""
    import torch

    settings = [torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.mkldnn.conv]
    before, threads = [setting.fp32_precision for setting in settings], torch.get_num_threads()
    for setting in settings:
        setting.fp32_precision = "ieee"
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        for setting, value in zip(settings, before, strict=True):
            setting.fp32_precision = value


def _device(wanted: str | None) -> tuple[str, str]:
    """The device to use, and what to call it in a table."""
    if importlib.util.find_spec("torch") is None:
        raise NotAvailable("the cross-check needs PyTorch: pip install -e '.[torch]'")
    import torch

    if wanted == "cuda" and not torch.cuda.is_available():
        raise NotAvailable("--device cuda: PyTorch finds no GPU here; --device cpu works everywhere")
    if wanted == "cuda" or (wanted is None and torch.cuda.is_available()):
        return "cuda", torch.cuda.get_device_name()
    return "cpu", f"{os.cpu_count()}-core CPU"


def _version() -> str:
    import torch

    return str(torch.__version__)
