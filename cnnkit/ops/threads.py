"""Pieces of an operation in several threads: NumPy does not hold Python's lock while it computes.

Each piece writes to memory of its own and is the same whoever computes it, so results do not depend on the threads.
"""

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context


def _allowed() -> int:
    """As many threads as processors that we may use, or as NumPy's matrix products were told to use if that is less."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = [os.environ.get(name, "") for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")]
    return min([cores, *(int(number) for number in told if number.isdecimal() and int(number) > 0)])


THREADS = _allowed()
_helpers: ThreadPoolExecutor | None = None


def each(work, pieces) -> None:
    """Call ``work(piece)`` for each of the pieces, in any order and several at a time."""
    waiting = deque(pieces)

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


def _pool() -> ThreadPoolExecutor:
    global _helpers
    if _helpers is None:
        _helpers = ThreadPoolExecutor(THREADS - 1, thread_name_prefix="cnnkit.ops")
    return _helpers


def _forget() -> None:
    """A forked process has none of its parent's threads."""
    global _helpers
    _helpers = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
