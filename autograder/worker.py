"""The inside of the sandbox: a fork server that watches over its children, and the student's process.

Theory of operation
-------------------
bubblewrap starts this file as the *host* in a file system that holds Python, NumPy, IPython, matplotlib and
nothing of the course. The host imports NumPy and IPython once, then waits on a socket. For each submission the grader
sends four descriptors, and the host forks the *student's process* into new user, mount, PID, IPC and network
namespaces, stays outside of them, and is the only one who can signal it. It measures memory, processes and CPU time
from there, and reports how the process ended.

The student's process is PID 1 of its namespace, so when it ends, the kernel ends everything it started. It mounts a
tmpfs of its own over ``/tmp``, ``/dev/shm`` and ``/proc``, sets its limits, drops all capabilities, forbids itself
system calls that no honest notebook needs (seccomp), and only then reads commands: run a cell, call a function.

Before the first submission that draws pictures, the grader says so, and the host imports matplotlib as well: that
takes longer than all the rest of its start, and many a class needs none.

Nothing here decides a score. All that the student's process can do is answer; the grader treats whatever it
sends as hostile (:mod:`autograder.wire`). This file imports neither the hidden properties nor the reference:
they are not in its file system.
"""

import base64
import contextlib
import ctypes
import gc
import io
import json
import mmap
import os
import resource
import select
import signal
import socket
import struct
import sys
import time
import traceback
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

sys.path[:0] = json.loads(sys.argv[1])["paths"] if __name__ == "__main__" else []

import numpy as np  # noqa: E402

from autograder import wire  # noqa: E402  (found on the path that the line above sets)
from cnnkit.answers import (  # noqa: E402
    FORBIDDEN,
    NO_MEMORY,
    RAISED,
    STOPPED,
    UNUSABLE,
    VALUE,
    Answer,
    Text,
    answer_of,
    arrays_in,
    typed,
)

#: File descriptors that the grader sends for each child, in this order.
CHANNEL, CONTROL, STDOUT, STDERR = range(4)

#: The number of the system call: x86-64 counts in a way of its own.
_SYS_CLONE = 56 if os.uname().machine == "x86_64" else 220
_CLONE_NEW = 0x10000000 | 0x00020000 | 0x20000000 | 0x08000000 | 0x40000000  # user, mount, PID, IPC, network
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND = 1, 2, 4, 8, 4096
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 4, 38, 22
_SECCOMP_MODE_FILTER = 2
#: Seconds between two looks at a child's memory.
_SAMPLE = 0.05
#: Answers in one frame.
_MAX_ANSWERS = 64
_PILLOW_FILTERS = ("Filter", "BoxBlur", "HorizontalBoxBlur", "GaussianBlur", "UnsharpMask", "RankFilter", "ModeFilter")
_PILLOW_FILTERS += ("Reduce", "ReduceNxN", "Resample")

#: What a cell of a notebook looks like.
_WARM_UP = """
import numpy as np


def warm_up(image, number=1, stride=1):
    result = np.zeros(image.shape)
    for row in range(image.shape[0]):
        result[row] = number * image[row]
    return result
"""
_libc = ctypes.CDLL(None, use_errno=True)
_locked_libc = ctypes.PyDLL(None, use_errno=True)  # calls do not let go of Python's lock


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


# --- the host -------------------------------------------------------------------------------------------------


def host(config: dict) -> None:
    """Import what notebooks use, then fork a child for each set of descriptors that arrives, and watch all of them."""
    control = socket.socket(fileno=config["socket"])
    gc.disable()  # nothing that is imported goes away again
    if os.getuid() == 0 and config["uid"]:
        os.setgroups([])
        os.setresgid(config["uid"], config["uid"], config["uid"])
        os.setresuid(config["uid"], config["uid"], config["uid"])
        # A changed uid makes /proc/self belong to root; the children must write their uid_map there.
        _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    user = os.getuid(), os.getgid()
    watch = _Watch(config["limits"])
    shell = _make_shell(config)
    gc.freeze()  # the imported modules stay shared between the forks
    control.sendall(b"ready\n")
    watch.poll.register(control, select.POLLIN)
    pool, importing = ThreadPoolExecutor(1), None
    while True:
        ready = watch.wait(hurry=importing is not None)
        if importing and importing.done():
            pool.shutdown()
            # Python is done with the thread a moment before the system is: a child forked then would inherit its locks.
            while len(os.listdir("/proc/self/task")) > 1:
                time.sleep(0.001)
            importing.result()
            importing = None
            gc.freeze()
            watch.poll.register(control, select.POLLIN)
        if control.fileno() not in ready:
            continue
        message, descriptors, *_ = socket.recv_fds(control, 1, 4)
        if not message:
            watch.kill_all()
            return
        if message == b"p":
            # In a thread, for the children need to be watched meanwhile; no fork until it has ended.
            importing = pool.submit(_import_pictures, shell)
            watch.poll.unregister(control)
            continue
        try:
            pid = _fork_into_namespaces() if config["isolation"] == "bubblewrap" else os.fork()
        except OSError:
            _report(descriptors[CONTROL], {"error": traceback.format_exc()})
        else:
            if pid == 0:
                control.detach()  # its descriptor is about to be closed, and will be another file's
                _be_a_student(config, shell, user, descriptors)
            watch.add(pid, os.dup(descriptors[CONTROL]))
        for descriptor in descriptors:
            os.close(descriptor)
        with contextlib.suppress(OSError):  # the grader may have hung up
            control.sendall(b".")


def _fork_into_namespaces() -> int:
    """As os.fork(), but the child is the first process of namespaces of its own.

    With fork() and unshare() that would take two processes, as nobody moves to another PID namespace himself; and to
    copy the host is the most expensive of all that a submission needs. The calls before and after are those that
    os.fork() makes (Python/C API, "Operating System Utilities").
    """
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = _locked_libc.syscall(_SYS_CLONE, ctypes.c_ulong(_CLONE_NEW | signal.SIGCHLD), None, None, None, None)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    _check(min(pid, 0), "clone into new namespaces")
    return pid


def _be_a_student(config: dict, shell, user: tuple[int, int], descriptors: list[int]) -> None:
    """The whole life of a child."""
    gc.enable()
    try:
        if config["isolation"] == "bubblewrap":
            uid, gid = user
            for name, text in (("setgroups", "deny"), ("uid_map", f"1000 {uid} 1"), ("gid_map", f"1000 {gid} 1")):
                with open(f"/proc/self/{name}", "w") as file:
                    file.write(text)
    except BaseException:
        _report(descriptors[CONTROL], {"error": traceback.format_exc()})
        os._exit(1)
    try:
        confine(config, descriptors)
        serve(shell, socket.socket(fileno=descriptors[CHANNEL]))
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    os._exit(0)


def _report(control: int, message: dict) -> None:
    with contextlib.suppress(OSError):  # the grader may have hung up
        os.write(control, json.dumps(message).encode() + b"\n")


# --- the children, seen from outside --------------------------------------------------------------------------


@dataclass
class _Child:
    pid: int
    pidfd: int
    control: int
    why: str = ""  # what it was ended for

    def kill(self) -> None:
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)


class _Watch:
    """Obeys the grader (I: interrupt, K: kill, U: report usage), enforces the limits, reports how a child ended."""

    def __init__(self, limits: dict):
        self._limits = limits
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        _read(self._proc, f"{os.getpid()}/task/{os.getpid()}/children")  # without these we would be blind: fail now
        self._children: dict[int, _Child] = {}  # by their pidfds
        self._controls: dict[int, _Child] = {}
        self._looked = 0.0
        self.poll = select.poll()

    def add(self, pid: int, control: int) -> None:
        """Watch one more."""
        child = _Child(pid, os.pidfd_open(pid), control)
        self._children[child.pidfd] = self._controls[control] = child
        self.poll.register(child.pidfd, select.POLLIN)
        self.poll.register(control, select.POLLIN)

    def wait(self, hurry: bool) -> set[int]:
        """Wait until something happens, or only a moment with children or in a hurry; gives the ready descriptors."""
        ready = {number for number, _ in self.poll.poll(_SAMPLE * 1000 if self._children or hurry else None)}
        for control in ready & self._controls.keys():
            self._obey(self._controls[control])
        for pidfd in ready & self._children.keys():
            self._bury(self._children[pidfd])
        if time.monotonic() - self._looked >= _SAMPLE:
            self._looked = time.monotonic()
            for child in self._children.values():
                if not child.why:
                    self._look(child)
        return ready

    def kill_all(self) -> None:
        """The grader is gone."""
        for child in self._children.values():
            child.kill()

    def _obey(self, child: _Child) -> None:
        try:
            command = os.read(child.control, 1)
        except OSError:
            command = b""
        if command == b"I":
            signal.pidfd_send_signal(child.pidfd, signal.SIGINT)
        elif command == b"U":
            memory, _, cpu = _usage(child.pid, self._proc, exact_above=self._limits["memory"] / 2)
            if child.why:  # what has just been ended holds nothing any more
                memory = self._limits["memory"]
            waited = _waited(child.pid, self._proc, cpu)
            _report(child.control, {"cpu": cpu, "memory": memory, "waited": waited})
        else:  # K, or nobody is interested any more
            child.kill()
            self.poll.unregister(child.control)
            del self._controls[child.control]

    def _look(self, child: _Child) -> None:
        memory, processes, _ = _usage(child.pid, self._proc, exact_above=self._limits["memory"])
        if memory > self._limits["memory"]:
            child.why = "memory"
        elif processes > self._limits["processes"]:
            child.why = "processes"
        if child.why:
            child.kill()

    def _bury(self, child: _Child) -> None:
        _, status, usage = os.wait4(child.pid, 0)
        exit_code, cpu = os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        _report(child.control, {"exit": exit_code, "why": child.why, "cpu": cpu})
        self.poll.unregister(child.pidfd)
        if self._controls.pop(child.control, None):
            self.poll.unregister(child.control)
        del self._children[child.pidfd]
        os.close(child.pidfd)
        os.close(child.control)


def _usage(pid: int, proc: int, exact_above: float = float("inf")) -> tuple[int, int, float]:
    """Memory in bytes, number of processes and CPU seconds of a process and all that descend from it.

    Resident pages are counted first, which is cheap and counts pages shared between forks once for each; only
    when that is above `exact_above` is the proportional set size read, and a process that forbids this counts in full.
    """
    family, resident, cpu = [pid], {}, 0.0
    for member in family:  # grows while it is walked: orphans become children of `pid`, the first of its namespace
        try:
            text = _read(proc, f"{member}/stat")
            for thread in _list(proc, f"{member}/task"):
                family += [int(child) for child in _read(proc, f"{member}/task/{thread}/children").split()]
        except OSError:
            continue
        fields = text[text.rindex(b")") + 2 :].split()
        resident[member] = int(fields[21]) * resource.getpagesize()
        cpu += sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")
    memory = sum(resident.values())
    if memory > exact_above:
        memory = sum(_proportional(proc, member, otherwise=size) for member, size in resident.items())
    return memory, len(family), cpu


def _waited(pid: int, proc: int, cpu: float) -> float:
    """Seconds in which a process's main thread was ready to run, and processors were busy with others' work.

    `cpu` seconds are what it and its descendants have used: those beside its main thread may have been what it waited
    for, and are taken off. 0 if the kernel does not say. Source: the first two fields of ``/proc/PID/schedstat``, in
    nanoseconds (Documentation/scheduler/sched-stats.rst).
    """
    try:
        own, waited = (int(field) / 1e9 for field in _read(proc, f"{pid}/schedstat").split()[:2])
    except (OSError, ValueError):
        return 0.0
    return waited - max(0.0, cpu - own)


def _proportional(proc: int, pid: int, otherwise: int) -> int:
    try:
        text = _read(proc, f"{pid}/smaps_rollup")
    except PermissionError:
        return otherwise
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(b"Pss:")), 0)


def _list(directory: int, name: str) -> list[str]:
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=directory)
    try:
        return os.listdir(descriptor)
    finally:
        os.close(descriptor)


def _read(directory: int, name: str) -> bytes:
    descriptor = os.open(name, os.O_RDONLY, dir_fd=directory)
    try:
        return os.read(descriptor, 65536)
    finally:
        os.close(descriptor)


# --- the student's process: locking the door ------------------------------------------------------------------


def confine(config: dict, descriptors: list[int]) -> None:
    """Give up everything that a notebook does not need. Runs before any of the student's code."""
    limits = config["limits"]
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(descriptors[STDOUT], 1)
    os.dup2(descriptors[STDERR], 2)
    channel = descriptors[CHANNEL]
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2 and int(descriptor) != channel:
            with contextlib.suppress(OSError):
                os.close(int(descriptor))
    with open("/proc/self/statm") as file:
        mapped = int(file.read().split()[0]) * resource.getpagesize()
    isolated = config["isolation"] == "bubblewrap"
    if isolated:
        _mount("tmpfs", "/tmp", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, f"size={limits['disk']},nr_inodes=8192,mode=700")
        os.mkdir("/tmp/shm")
        _mount("/tmp/shm", "/dev/shm", _MS_BIND, None)
        _mount("tmpfs", "/proc", _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "size=0,mode=555")
        # Shared by all children, terminals would be a way from one to another; and a shared mapping of /dev/zero is
        # memory that no process is seen to hold.
        _mount("tmpfs", "/dev/pts", _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "size=0,mode=555")
        _mount("/dev/null", "/dev/zero", _MS_BIND, None)
        os.mkdir("/tmp/home")
        os.chdir("/tmp/home")
    cpu = int(limits["submission_seconds"]) + 1
    for kind, value in (
        (resource.RLIMIT_AS, mapped + limits["memory"]),
        (resource.RLIMIT_FSIZE, limits["disk"]),
        # What waits in sockets and pipes is memory that counts for no process.
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_CPU, cpu),
        # Counted per user: meaningful only where the user namespace is the child's own.
        *([(resource.RLIMIT_NPROC, limits["processes"])] if isolated else []),
    ):
        resource.setrlimit(kind, (value, value))
    _drop_capabilities()
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if isolated:
        _filter_system_calls(bytes.fromhex(config["seccomp"]))


def _mount(source: str, target: str, flags: int, options: str | None) -> None:
    kind = None if flags & _MS_BIND else b"tmpfs"
    data = options.encode() if options else None
    _check(_libc.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), data), f"mount {target}")


def _drop_capabilities() -> None:
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _check(_libc.capset(header, bytes(24)), "capset")


def _filter_system_calls(program: bytes) -> None:
    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    pointer = Program(len(program) // 8, program)
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(pointer), 0, 0), "seccomp")


# --- the student's process: a notebook ------------------------------------------------------------------------


class _Turn:
    """Whether the student's code is running: only then may an interrupt raise KeyboardInterrupt."""

    __slots__ = ("active",)

    def __init__(self):
        self.active = False

    def interrupt(self, *_):
        if self.active:
            self.active = False
            raise KeyboardInterrupt

    def __enter__(self):
        self.active = True

    def __exit__(self, *_):
        self.active = False


_turn = _Turn()


def _make_shell(config: dict):
    """An IPython shell that behaves as a notebook's kernel would, with its output going to the grader."""
    # NumPy loads these when they are first used: in the host once, not in every child.
    import numpy.fft
    import numpy.linalg
    import numpy.ma
    import numpy.polynomial
    import numpy.random  # noqa: F401
    import PIL.PngImagePlugin
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            self.shell.emit("execute_result", format_dict)

        def finish_displayhook(self):
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **_):
            self.shell.emit("display_data", data)

        def clear_output(self, wait=False):
            pass

    class Shell(InteractiveShell):
        displayhook_class = Hook
        display_pub_class = Publisher
        channel: socket.socket | None = None
        reader = wire.FrameReader(max_header=2**28, max_payload=2**30)  # from the grader, who is trusted

        def command(self):
            """The grader's next frame."""
            while (message := self.reader.next()) is None:
                data = self.channel.recv(wire.READ)
                if not data:
                    os._exit(0)
                self.reader.feed(data)
            return message

        def enable_gui(self, gui=None):
            pass  # there is no screen

        def emit(self, kind, data):
            _flush()
            payload, parts = bytearray(), {}
            for mime, content in data.items():
                if isinstance(content, str):  # pictures may come as base64 text
                    content = content.encode(errors="replace")
                    content = base64.b64decode(content) if mime.startswith("image/") else content
                if isinstance(content, bytes) and mime in ("text/plain", "image/png", "image/jpeg"):
                    parts[mime] = [len(payload), len(content)]
                    payload += content
            if self.channel is not None and len(payload) <= wire.MAX_RESULT:
                self.channel.sendall(wire.frame({"event": "output", "type": kind, "parts": parts}, payload))
                # What is printed next must not overtake it: the pipes are not the channel.
                while self.command()[0]["op"] != "noted":
                    pass

        def showtraceback(self, exc_tuple=None, **options):
            kind, value, _ = self._get_exc_info(exc_tuple)
            if isinstance(value, ImportError) and "not available while grading" in str(value):
                self._showtraceback(kind, value, [f"{kind.__name__}: {value}"])  # the stack would say nothing
            else:
                super().showtraceback(exc_tuple, **options)

        def _showtraceback(self, etype, evalue, stb):
            text = "\n".join(stb) if isinstance(stb, list) else str(stb)
            try:
                value = str(evalue)
            except Exception:
                value = ""
            name = getattr(etype, "__name__", str(etype))
            self.emit("error", {"text/plain": json.dumps([name, value[:2000], text[-20000:]])})

    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "neutral"
    settings.InteractiveShell.xmode = "Context"
    shell = Shell.instance(config=settings)
    # The first traceback loads half of IPython.
    shell.run_cell("raise NotImplementedError()", silent=True)
    _warm_up(shell)
    _forbid_libraries(config["forbidden"])
    _strip_pillow(PIL.PngImagePlugin.Image.core)
    return shell


def _warm_up(shell) -> None:
    """Run cells and answer calls until Python has adapted to them, which else it does in every child's own memory.

    Python 3.11 and later rewrite code that has run a few times for the types that it met (PEP 659).
    """
    before = set(shell.user_ns)
    payload = bytearray()
    call = [[wire.pack(np.ones((3, 4)), payload), 1], [["stride", 1]], True]
    header = {"function": "warm_up", "gather": 0.005, "calls": [call, call]}
    reader = wire.FrameReader()
    for _ in range(16):
        shell.run_cell(_WARM_UP, store_history=False)
        reader.feed(wire.frame(header, payload))
        _run_calls(shell, types.SimpleNamespace(sendall=lambda answers: None), *reader.next())
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]


def _import_pictures(shell) -> None:
    """Import matplotlib and draw once."""
    import matplotlib.backends.backend_agg
    import matplotlib.pyplot

    import cnnkit.images
    import cnnkit.plot  # noqa: F401

    shell.enable_matplotlib("inline")
    # The first figure loads fonts and the renderer; once here is cheaper than in every child.
    figure = matplotlib.pyplot.figure(figsize=(1, 1))
    figure.text(0, 0, "0")
    figure.savefig(io.BytesIO(), format="png")
    matplotlib.pyplot.close("all")


def _flush() -> None:
    """Bring printed text into the pipes before the next frame, so that the grader sees both in order."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # a student may have replaced sys.stdout with anything
            stream.flush()


def _forbid_libraries(names: list[str]) -> None:
    """Say in a student's words why an import fails; the files themselves are not in the sandbox."""

    class Finder:
        def find_spec(self, name, path=None, target=None):
            for forbidden in names:
                if name == forbidden or name.startswith(f"{forbidden}."):
                    text = f"{forbidden} is not available while grading: the exercises ask for NumPy only"
                    raise ModuleNotFoundError(text, name=forbidden)

    sys.meta_path.insert(0, Finder())


def _strip_pillow(core: types.ModuleType) -> None:
    """Take the convolutions and reductions out of Pillow, which is here only because matplotlib writes PNGs with it."""
    kind = type(core.new("L", (1, 1)))
    members = gc.get_referents(kind.__dict__)[0]
    for name in ("filter", "gaussian_blur", "box_blur", "unsharp_mask", "rankfilter", "modefilter", "reduce", "resize"):
        members.pop(name, None)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))
    library = ctypes.CDLL(core.__file__)
    for name in _PILLOW_FILTERS:
        with contextlib.suppress(AttributeError):  # another version of Pillow
            _trap(ctypes.cast(getattr(library, f"Imaging{name}"), ctypes.c_void_p).value)


def _trap(address: int) -> None:
    """Overwrite the start of a machine function, for those who would reach it through ctypes: a call ends the child."""
    first = address // mmap.PAGESIZE * mmap.PAGESIZE
    pages = ctypes.c_void_p(first), ctypes.c_size_t(address + 16 - first)
    if _libc.mprotect(*pages, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) == 0:
        ctypes.memset(address, 0xCC if os.uname().machine == "x86_64" else 0, 16)
        _libc.mprotect(*pages, mmap.PROT_READ | mmap.PROT_EXEC)


def serve(shell, channel: socket.socket) -> None:
    """Obey the grader until it closes the channel."""
    signal.signal(signal.SIGINT, _turn.interrupt)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = io.TextIOWrapper(io.FileIO(number, "w", closefd=False), "utf-8", "replace", line_buffering=True)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stdin = io.StringIO()
    os.environ.update(HOME=os.getcwd(), TMPDIR="/tmp")
    shell.channel = channel
    while True:
        header, payload = shell.command()
        if header["op"] == "cell":
            _run_cell(shell, channel, payload.decode())
        elif header["op"] == "calls":
            _run_calls(shell, channel, header, payload)
        elif header["op"] == "questions":
            sys.modules["cnnkit"].questions.update(header["questions"])
        elif header["op"] == "read":
            _read_variable(shell, channel, header["name"])


def _read_variable(shell, channel: socket.socket, name: str) -> None:
    """Send the text of a variable: what it means is decided outside."""
    if name not in shell.user_ns:
        channel.sendall(wire.frame({"event": "undefined"}))
        return
    text = ""
    # A value of the student's own class may do anything while it is turned into text.
    with contextlib.suppress(BaseException), _turn:
        text = typed(shell.user_ns[name])
    channel.sendall(wire.frame({"event": "text", "text": str.__str__(text)}))


def _run_cell(shell, channel: socket.socket, source: str) -> None:
    ended = "ok"
    sys.stdout, sys.stderr = sys.stdout or sys.__stdout__, sys.stderr or sys.__stderr__
    try:
        with _turn:
            result = shell.run_cell(source, store_history=True)
        if not result.success:
            ended = "error"
            error = result.error_in_exec or result.error_before_exec
            if _is_forbidden(error):
                ended = "forbidden"
            elif isinstance(error, KeyboardInterrupt):
                ended = "interrupted"
            elif isinstance(error, MemoryError):
                ended = "no memory"
    except KeyboardInterrupt:
        ended = "interrupted"
    _flush()
    channel.sendall(wire.frame({"event": "cell", "ended": ended}))


def _run_calls(shell, channel: socket.socket, header: dict, payload: bytearray) -> None:
    """Call the student's function once for each set of arguments; answers are sent together when they come quickly."""
    function = shell.user_ns.get(header["function"])
    if not callable(function):
        kind = "" if function is None else type(function).__name__
        channel.sendall(wire.frame({"event": "undefined", "kind": kind}))
        return
    answers, after, data, echoed, sent = [], [], bytearray(), bytearray(), time.monotonic()
    for number, (packed_args, packed_kwargs, echo) in enumerate(header["calls"], 1):
        args = [wire.unpack(value, payload) for value in packed_args]
        kwargs = {name: wire.unpack(value, payload) for name, value in packed_kwargs}
        answer = _answer(function, args, kwargs)
        answers.append(wire.pack_answer(answer, data))
        arrays = arrays_in((*args, *kwargs.values())) if echo else None
        after.append([wire.pack_array(array, echoed) for array in arrays] if echo else None)
        stop = wire.is_last(answer)
        full = len(answers) >= _MAX_ANSWERS or len(data) + len(echoed) > 2**18
        last = number == len(header["calls"])
        if stop or full or last or time.monotonic() - sent >= header["gather"]:
            channel.sendall(wire.answers_frame(answers, after, data, echoed))
            answers, after, data, echoed, sent = [], [], bytearray(), bytearray(), time.monotonic()
        if stop:
            break
    # What anybody else has sent in our name is noticed here, not in the next exercise.
    channel.sendall(wire.frame({"event": "calls done"}))


def _answer(function, args: list, kwargs: dict) -> Answer:
    try:
        try:
            with _turn:
                answer = answer_of(function(*args, **kwargs))
        except KeyboardInterrupt:
            return Answer(STOPPED, text=Text.of("late"))
        except MemoryError:
            return Answer(RAISED, text=NO_MEMORY)
        except BaseException as error:
            with _turn:
                return Answer(FORBIDDEN if _is_forbidden(error) else RAISED, text=_describe(error))
    except BaseException:
        return Answer(RAISED, text=Text.of("unprintable"))
    parts = answer.value if type(answer.value) is tuple else (answer.value,)
    if answer.kind == VALUE and sum([part.nbytes for part in parts]) > wire.MAX_RESULT:
        shapes = ", ".join(str(part.shape) for part in parts)
        return Answer(UNUSABLE, text=Text.of("too large", shapes=shapes))
    return answer


def _is_forbidden(error: BaseException | None) -> bool:
    """Whether it comes from :func:`_forbid_libraries`; a student who imitates it only loses the points."""
    return isinstance(error, ImportError) and "not available while grading" in str(error)


def _describe(error: BaseException) -> Text:
    text = str(error)
    if isinstance(error, NotImplementedError) and not text:
        return Text.of("unwritten")
    return Text.of("raised", error=f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__)


if __name__ == "__main__":
    host(json.loads(sys.argv[1]))
