"""Code that will not end, or takes what it can get: it ends, neighbours keep their marks, nothing goes on running."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.session import Session
from autograder.settings import Limits
from cnnkit.exercises.model import Call
from tests.attacks.conftest import FIND_CHANNEL, LIMITS, WITHOUT_CONV2D, assert_nothing_runs, printed

_SWALLOW = """
import os, signal, sys, threading, time
sys.setrecursionlimit(10**6)
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
"""
_FOREVER = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
#: Cells, with how they end. Each is followed by an innocent one, which must run.
CELLS = {
    "swallows every exception": (_FOREVER, ("died",)),
    "ignores and blocks every signal": (_SWALLOW + _FOREVER, ("died",)),
    "sleeps with signals blocked": (_SWALLOW + "time.sleep(1e6)", ("died",)),
    "a process that is copied without end": (
        "import os\nwhile True:\n    try:\n        os.fork()\n    except BaseException:\n        pass",
        ("died",),
    ),
    "threads without end": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(1e6,)).start()",
        ("error",),
    ),
    "memory of one process": ("hoard = []\nwhile True:\n    hoard.append(bytearray(2**24))", ("error", "died")),
    "memory that nobody holds": ("import mmap\nmmap.mmap(-1, 2**20)", ("error",)),
    "memory behind /dev/zero": (
        "import mmap, os\nmmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
        ("error",),
    ),
    "memory in files without a name": ("import os\nos.memfd_create('hoard')", ("error",)),
    "a full disk": ("file = open('/tmp/full', 'wb')\nwhile True:\n    file.write(bytes(2**20))", ("error",)),
    "a full disk in shared memory": (
        "with open('/dev/shm/full', 'wb') as file:\n    while True:\n        file.write(bytes(2**20))",
        ("error",),
    ),
    "files without end": ("import os\nfor n in range(10**6):\n    os.mkdir(f'/tmp/{n}')", ("error",)),
    "open files without end": ("hoard = []\nwhile True:\n    hoard.append(open('/dev/null'))", ("error",)),
    "a flood on stdout": ("while True:\n    print('x' * 10**5)", ("timeout", "died")),
    "a flood on stderr": ("import sys\nwhile True:\n    print('x' * 100, file=sys.stderr)", ("timeout", "died")),
    "a flood on descriptor 1 from many, through a large pipe": (
        "import fcntl, os\nfcntl.fcntl(1, 1031, 2**20)\nos.fork(), os.fork()\n"
        "while True:\n    try:\n        os.write(1, bytes(2**20))\n    except BaseException:\n        pass",
        ("died",),
    ),
    "a flood of displays": ("while True:\n    display('x' * 10**5)", ("timeout", "died")),
    "a flood of frames": (FIND_CHANNEL + """
output = frame({"event": "output", "type": "display_data", "parts": {"image/png": [0, 2**20]}}, bytes(2**20))
while True:
    try:
        channel.sendall(output)
    except BaseException:
        pass
""", ("died",)),
    "half a frame": (FIND_CHANNEL + "channel.sendall(zeros()[:20])\ntime.sleep(1e6)", ("died",)),
    "an out-of-band byte": (
        FIND_CHANNEL + "try:\n    channel.send(b'x', socket.MSG_OOB)\nfinally:\n    time.sleep(1e6)",
        ("died",),
    ),
    "every descriptor closed": ("import os\nos.closerange(0, 64)\nwhile True:\n    pass", ("died",)),
    "stops itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nos.kill(0, signal.SIGSTOP)", ("ok",)),
    "deep recursion": ("import sys\nsys.setrecursionlimit(10**9)\ndef f():\n    return f()\nf()", ("died", "error")),
    "deep recursion in C": (
        "import sys\nsys.setrecursionlimit(10**9)\nx = []\nfor _ in range(10**6):\n    x = [x]\nrepr(x)",
        ("died", "error"),
    ),
    "a null pointer": ("import ctypes\nctypes.string_at(0)", ("died",)),
    "os._exit": ("import os\nos._exit(0)", ("died",)),
    "os.abort": ("import os\nos.abort()", ("died",)),
    "sys.exit": ("import sys\nsys.exit(0)", ("error",)),
    "SystemExit": ("raise SystemExit('bye')", ("error",)),
    "exit in a thread": (
        "import os, threading\nthreading.Thread(target=os._exit, args=(3,)).start()\nimport time\ntime.sleep(60)",
        ("died",),
    ),
    "raises the limits": (
        "import resource\nfor kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):\n"
        "    resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))",
        ("error",),
    ),
    "new namespaces": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "done = [libc.unshare(0x10000000), libc.mount(b'x', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/proc', 2)]\n"
        "assert all(result == -1 for result in done)",
        ("ok",),
    ),
}  # fmt: skip


def test_memory_counts_even_where_nobody_may_look(host):
    source = """
import ctypes, os, time
ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
for _ in range(8):
    if os.fork() == 0:
        hoard = bytearray(100 * 2**20)
        hoard[::4096] = bytes(len(hoard[::4096]))
        time.sleep(60)
time.sleep(60)
"""
    with Session(host, Limits(**LIMITS)) as session:
        assert "more than 400 MiB of memory" in session.run_cell(source).text


@pytest.fixture(scope="module")
def cells(host, fresh_course):
    """All of them, a few at a time, each followed by an innocent one."""
    limits = Limits(**LIMITS | {"cell_seconds": 1.5})

    def run(source: str):
        with Session(host, limits) as session:
            return session.run_cell(source), session.run_cell("print('innocent')")

    with ThreadPoolExecutor(4) as pool:
        runs = dict(zip(CELLS, pool.map(run, [source for source, _ in CELLS.values()]), strict=True))
    assert_nothing_runs(host)
    return runs


@pytest.mark.parametrize("attack", CELLS)
def test_a_cell_that_takes_what_it_can_get_ends(cells, attack):
    run, innocent = cells[attack]
    endings = CELLS[attack][1]
    # What runs into a limit of the system may run into that of time before, on a slow machine.
    assert run.ended in endings or (run.ended == "timeout" and "ok" not in endings), (run.ended, printed(run)[:1000])
    assert len(str(run.outputs)) < 2**24
    assert printed(innocent) == "innocent\n"


def test_daemons_end_with_their_submission(host, fresh_course):
    marker = f"attack{os.getpid() % 10**6}"
    source = f"""
import ctypes, os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    ctypes.CDLL(None).prctl(15, b"{marker}")
    while True:
        time.sleep(1)
time.sleep(0.3)
print("started")
"""
    with Session(host, fresh_course.limits) as session:
        assert printed(session.run_cell(source)) == "started\n"
        assert _running(marker) == 1
    until = time.monotonic() + 20
    while _running(marker):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert_nothing_runs(host)


def _running(marker: str) -> int:
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            count += (process / "comm").read_text().strip() == marker
        except OSError:
            continue
    return count


def test_printing_gives_a_call_no_more_time(session):
    session.run_cell(
        FIND_CHANNEL
        + """
def slow():
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            time.sleep(0.05)
            display("still here")
        except KeyboardInterrupt:
            pass
    return 1
"""
    )
    start = time.monotonic()
    replies = session.call("slow", [Call(())], [False])
    assert replies.ended == "died"
    assert time.monotonic() - start < 20, "a call of 30 seconds was given its time"


def test_outputs_of_a_submission_are_limited_however_many_cells_it_has(session):
    size = 0
    for _ in range(40):
        run = session.run_cell(
            FIND_CHANNEL
            + """
output = frame({"event": "output", "type": "display_data", "parts": {"image/png": [0, 2**20]}}, bytes(2**20))
channel.sendall(output * 7)
"""
        )
        assert run.ended == "ok"
        size += sum(len(output["data"]["image/png"]) for output in run.outputs if "data" in output)
    assert size < 64 * 2**20


def test_answers_are_limited_all_together(session):
    session.run_cell("import numpy as np\ndef large():\n    return np.zeros(2**23, np.uint8)")
    replies = session.call("large", [Call(())] * 30, [False] * 30)
    kept = [answer.value.nbytes for answer in replies.answers if answer.value is not None]
    assert len(replies.answers) == 30
    assert sum(kept) <= 64 * 2**20
    assert replies.answers[-1].text == "returned far too many numbers, all calls together"


FUNCTIONS = {
    "swallows": "def conv2d(image, kernel, stride=1):\n    " + _FOREVER.replace("\n", "\n    "),
    "blocks signals": _SWALLOW + "def conv2d(image, kernel, stride=1):\n    time.sleep(1e6)\n",
    "forks": "import os\ndef conv2d(image, kernel, stride=1):\n    while True:\n        try:\n            os.fork()\n"
    "        except BaseException:\n            pass\n",
    "answers from a copy of itself": "import os, time\ndef conv2d(image, kernel, stride=1):\n    if os.fork():\n"
    "        time.sleep(1e6)\n    return 0\n",
    "floods": "import os\ndef conv2d(image, kernel, stride=1):\n    while True:\n        try:\n"
    "            os.write(2, bytes(2**16))\n        except BaseException:\n            pass\n",
    "takes memory": "hoard = []\ndef conv2d(image, kernel, stride=1):\n    while True:\n        try:\n"
    "            hoard.append(bytearray(2**22))\n        except MemoryError:\n            pass\n",
    "burns processor time in threads": "import hashlib, threading\ndef conv2d(image, kernel, stride=1):\n"
    "    for _ in range(4):\n        threading.Thread(target=hashlib.pbkdf2_hmac, "
    "args=('sha256', b'x', b'x', 10**9), daemon=True).start()\n    while True:\n        pass\n",
}


def test_functions_that_never_end_cost_only_themselves(new_course, run_class, write):
    course = new_course()
    with open(course.root / "nbgrader_config.py", "a") as config:
        # Not less: the exercise after a fork bomb must answer while the kernel still buries the bomb's processes.
        config.write("\nc.Limits.call_seconds = c.Limits.call_cpu_seconds = 1.0\nc.Limits.submission_seconds = 120.0\n")
    graded = run_class(Course(course.root), {name: write(conv2d=source) for name, source in FUNCTIONS.items()})
    for name in FUNCTIONS:
        assert graded.scores[name] == WITHOUT_CONV2D, (name, graded.rows[name])
