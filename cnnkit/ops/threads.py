"""Pieces of an operation in several threads: NumPy does not hold Python's lock while it computes.

Each piece writes to memory of its own and is the same whoever computes it, so results do not depend on the threads.
"""

import ctypes
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache

import numpy as np


def _allowed() -> int:
    """As many threads as processors that we may use, or as NumPy's matrix products were told to use if that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = [os.environ.get(name, "") for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")]
    return min([cores, *(int(number) for number in told if number.isdecimal() and int(number) > 0)])


THREADS = _allowed()
#: Multiplications of a matrix product that one thread does in about a millisecond.
MILLISECOND = 2**24
_helpers: ThreadPoolExecutor | None = None


def each(work, pieces) -> None:
    """Call ``work(piece)`` for each of the pieces of a list or a range, in any order and several at a time."""
    if len(pieces) < 2:
        for piece in pieces:
            work(piece)
        return
    with _products_in_one_thread():
        _share(work, deque(pieces))


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The matrix product ``a @ b``: a small one in one thread, a large one in pieces, always the same ones.

    Left to itself, OpenBLAS starts its threads for both; on a busy machine they wait for each other, and the product of
    a small dense layer took 400 times as long.
    """
    if a.size * b.shape[1] <= MILLISECOND:
        with _products_in_one_thread():
            return a @ b
    result = np.empty((len(a), b.shape[1]), np.result_type(a, b))
    by_rows = len(a) >= b.shape[1]
    some = -(-max(result.shape) // 4)

    def multiply(start):
        part = slice(start, start + some)
        if by_rows:
            np.matmul(a[part], b, out=result[part])
        else:
            np.matmul(a, b[:, part], out=result[:, part])

    each(multiply, range(0, max(result.shape), some))
    return result


def _share(work, waiting: deque) -> None:
    def take():
        while waiting:
            try:
                piece = waiting.popleft()
            except IndexError:  # another thread took the last one
                return
            work(piece)

    futures = []
    try:
        for _ in range(min(THREADS, len(waiting)) - 1):
            # np.errstate, as the caller has set it, belongs to the context.
            futures.append(_pool().submit(copy_context().run, take))
    except RuntimeError:  # no more threads are allowed here, or Python is shutting down
        pass
    try:
        take()
    finally:
        # A helper that did not get to start has nothing left to do; the others are working on their last piece.
        running = [future for future in futures if not future.cancel()]
        waiting.clear()
        for future in running:
            future.result()


_working = 0  # calls of `each` that are sharing out work
_threads_before = 1
_lock = threading.Lock()


@contextmanager
def _products_in_one_thread() -> Iterator[None]:
    """Keep OpenBLAS from splitting a piece's matrix products once more.

    Its threads would stand in line with ours, which took up to 60 times as long; and a product that is split is rounded
    differently. The number of its threads belongs to the process, so it is set back when the last of us is done.
    """
    global _working, _threads_before
    blas = _openblas()
    if blas is None:
        yield
        return
    get_threads, set_threads = blas
    with _lock:
        if _working == 0 and (_threads_before := get_threads()) > 1:
            set_threads(1)
        _working += 1
    try:
        yield
    finally:
        with _lock:
            _working -= 1
            if _working == 0 and _threads_before > 1:
                set_threads(_threads_before)


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """How to ask for the number of threads of NumPy's OpenBLAS, and how to set it; None where that cannot be found."""
    try:
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # and whatever it is linked with
    except (OSError, AttributeError):
        return None
    for name in ("scipy_openblas_{}64_", "scipy_openblas_{}", "openblas_{}64_", "openblas_{}"):
        try:
            return tuple(library[name.format(f"{verb}_num_threads")] for verb in ("get", "set"))
        except AttributeError:
            continue
    return None


def _pool() -> ThreadPoolExecutor:
    global _helpers
    if _helpers is None:
        _helpers = ThreadPoolExecutor(THREADS - 1, thread_name_prefix="cnnkit.ops")
    return _helpers


def _forget() -> None:
    """A forked process has none of its parent's threads, and perhaps a lock that one of them held."""
    global _helpers, _lock
    _helpers, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
