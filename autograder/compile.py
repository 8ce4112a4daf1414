"""Build corpora, each in a process of its own: ``python -m autograder.compile FOLDER SEED EXAMPLES EXERCISE...``.

Apart, because Hypothesis draws constants from whatever modules are loaded: so the same seed gives the same examples.
The processes are forks of one that has imported everything, which takes longer than building most of them.
"""

import contextlib
import os
import sys
import traceback
from pathlib import Path

from autograder import crosscheck
from autograder.corpus import CorpusStore


def build_all(store: CorpusStore, names: list[str]) -> None:
    """Build the corpora of exercises, as many at a time as there are processors; what goes wrong is printed."""
    # The last first: a lesson's later exercises take longer, and should not be waited for in the end.
    waiting, running = names[::-1], {}
    while waiting or running:
        if waiting and len(running) < (os.cpu_count() or 1):
            if (pid := os.fork()) == 0:
                _build(store, waiting[0])
            running[pid] = waiting.pop(0)
        else:
            pid, status = os.wait()
            name = running.pop(pid)
            if os.WIFSIGNALED(status):
                print(f"{name}: killed by signal {os.WTERMSIG(status)}; 9 may be for lack of memory", file=sys.stderr)


def _build(store: CorpusStore, name: str) -> None:
    """The life of a fork."""
    try:
        store.build(name, crosscheck.confirm)
    except BaseException:
        print(f"{name}:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
    finally:
        os._exit(0)


if __name__ == "__main__":
    folder, seed, examples, *exercises = sys.argv[1:]
    with contextlib.suppress(ImportError):
        import autograder.counterparts  # noqa: F401  (and PyTorch with it, if it is there)
    build_all(CorpusStore(Path(folder), seed, int(examples)), exercises)
