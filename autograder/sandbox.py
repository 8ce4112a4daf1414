"""The outside of the sandbox: a fork server under bubblewrap, and a handle on each of its children.

Deny by default: see :mod:`autograder.rootfs` for what the file system inside holds, and :mod:`autograder.worker`
for what runs in it.
"""

import contextlib
import errno
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO

from autograder import rootfs
from autograder.settings import Limits

#: Imports that fail with a sentence for the student instead of "No module named".
FORBIDDEN = (
    *("scipy", "skimage", "cv2", "torch", "torchvision", "tensorflow", "keras", "jax", "sklearn", "imageio", "numba"),
    *("cupy", "pandas", "astropy", "mxnet", "theano", "dask", "xarray", "sympy", "hypothesis"),
    *("cnnkit.ops", "cnnkit.nn", "cnnkit.data", "cnnkit.exercises", "cnnkit.checking"),
    *("cnnkit.shapes", "cnnkit.kernels", "cnnkit.imagenet"),
    *("autograder.hidden", "autograder.variants"),
)
#: System calls that no honest notebook makes and that have been ways out of sandboxes or around memory limits.
_DENIED_CALLS = (
    *("mount", "umount2", "pivot_root", "chroot", "unshare", "setns", "move_mount", "open_tree", "fsopen", "fsmount"),
    *("ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open", "bpf"),
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open", "io_uring_setup", "userfaultfd"),
    *("keyctl", "add_key", "request_key", "init_module", "finit_module", "delete_module", "kexec_load", "reboot"),
    *("name_to_handle_at", "open_by_handle_at", "fanotify_init", "quotactl", "acct", "swapon", "swapoff", "syslog"),
    # A program started afresh would have the parts of Pillow that the worker takes out of its own process.
    *("execve", "execveat"),
)
#: Words without which a notebook draws nothing. Where one hides them and imports matplotlib nevertheless, that works;
#: but the import takes the submission's own time, and what is drawn is not kept.
_DRAWING = ("matplotlib", "pylab", "cnnkit", "PIL", "__import__", "import_module")
#: User id of student code when the grader itself runs as root: nobody's, and not one that services use.
_UNPRIVILEGED_UID = 61999
_HOST_ENDED = "the sandbox's host ended unexpectedly; run the command again"
_CLONE_NEWUSER = 0x10000000
_MAP_SHARED_ANONYMOUS = 0x21


class SandboxError(RuntimeError):
    """The sandbox cannot be built on this host; the message says what to do."""


def draws(text: str) -> bool:
    """Whether code may draw pictures, so that it is run where they can be drawn quickly.

    >>> draws("import numpy as np"), draws("import matplotlib.pyplot as plt")
    (False, True)
    """
    return any(word in text for word in _DRAWING)


class Host:
    """A fork server in a sandbox; :meth:`spawn` gives a fresh child for each submission.

    Parameters
    ----------
    limits : Limits

    Raises
    ------
    SandboxError
        When bubblewrap, libseccomp or user namespaces are missing; the message prints the fix.
    """

    def __init__(self, limits: Limits):
        self.isolation = limits.isolation
        self._scratch = tempfile.TemporaryDirectory(prefix="autograder-")
        ours, theirs = socket.socketpair()
        config = {
            "socket": theirs.fileno(),
            "isolation": limits.isolation,
            "limits": limits.for_worker(),
            "uid": _UNPRIVILEGED_UID if _is_root() and limits.isolation == "bubblewrap" else 0,
            "forbidden": FORBIDDEN,
        }
        with contextlib.ExitStack() as opened:
            opened.enter_context(theirs)
            failed = contextlib.ExitStack()  # what to undo when the host does not start
            failed.callback(self._scratch.cleanup)
            failed.callback(ours.close)
            opened.enter_context(failed)
            inherited = [theirs.fileno()]
            if limits.isolation == "bubblewrap":
                _require_tools()
                shown = rootfs.bubblewrap_arguments(Path(self._scratch.name), _is_root())
                arguments = opened.enter_context(_argument_file(shown))
                inherited.append(arguments.fileno())
                config |= {"paths": ["/site"], "seccomp": _system_call_filter().hex()}
                command = [shutil.which("bwrap"), "--args", str(arguments.fileno()), "--", *rootfs.WORKER]
            else:
                site = rootfs.plain_site(Path(self._scratch.name))
                config |= {"paths": [str(site)], "seccomp": ""}
                command = [sys.executable, "-I", f"{site}/autograder/worker.py"]
            self._process = subprocess.Popen(
                [*command, json.dumps(config)],
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=_environment(config["paths"][0], self._scratch.name if limits.isolation == "none" else "/tmp"),
                cwd=self._scratch.name,
            )
            failed.pop_all()
        self._control, self._forking = ours, threading.Lock()
        self._ready = self._pictures = False

    def wait_until_ready(self) -> None:
        """Block until the host has imported its libraries; raises SandboxError when it could not start."""
        if self._ready:
            return
        if not self._control.recv(6):
            text = self._process.stderr.read().decode(errors="replace")
            self.close()
            raise SandboxError(_explain(text))
        self._ready = True

    def import_pictures(self) -> None:
        """Have the host import what draws before it forks the next child; returns at once. Once is enough."""
        if not self._pictures:
            self._pictures = True
            with contextlib.suppress(OSError):  # if it has ended, the next fork says so
                self._control.sendall(b"p")

    def spawn(self) -> "Child":
        """Fork a child that has seen no student code; waits for the host's imports, so that the child need not."""
        self.wait_until_ready()
        channel, their_channel = socket.socketpair()
        control, their_control = socket.socketpair()
        (stdout, their_stdout), (stderr, their_stderr) = os.pipe(), os.pipe()
        theirs = [their_channel.fileno(), their_control.fileno(), their_stdout, their_stderr]
        child = Child(channel, control, stdout, stderr)
        try:
            with self._forking:
                socket.send_fds(self._control, [b"f"], theirs)
                if not self._control.recv(1):
                    raise ConnectionError("no answer")
        except OSError as error:
            child.close()
            raise SandboxError(_HOST_ENDED) from error
        finally:
            their_channel.close()
            their_control.close()
            os.close(their_stdout)
            os.close(their_stderr)
        return child

    def close(self) -> None:
        """End the host and everything in it."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for a fork
        self._control.close()
        if self._process.poll() is None:
            try:
                self._process.wait(1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process.stderr.close()
        self._scratch.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Child:
    """The grader's ends of one child: frames, a line to the host about it, and its stdout and stderr."""

    def __init__(self, channel: socket.socket, control: socket.socket, stdout: int, stderr: int):
        self.channel, self.control, self.stdout, self.stderr = channel, control, stdout, stderr

    def tell_host(self, command: bytes) -> None:
        """``b"I"`` interrupts, ``b"K"`` kills, ``b"U"`` asks for CPU time."""
        with contextlib.suppress(OSError):  # it has ended already; the reader of `control` will see that
            self.control.send(command)

    def close(self) -> None:
        """Kill whatever still runs and free the descriptors."""
        self.tell_host(b"K")
        self.channel.close()
        self.control.close()
        os.close(self.stdout)
        os.close(self.stderr)


def _environment(site: str, home: str) -> dict[str, str]:
    """All environment variables inside. One thread for linear algebra: a fork does not survive more."""
    return {
        "PATH": "/py/bin",
        "LD_LIBRARY_PATH": "/py/shared",
        "LANG": "C.UTF-8",
        "HOME": home,
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "agg",
        "CNNKIT_PHOTOS": f"{site}/photos",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _argument_file(arguments: list[str]) -> IO[bytes]:
    """bubblewrap reads its arguments from a file: hundreds of them would fill every list of processes."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    file.write(b"\0".join(map(os.fsencode, arguments)))
    file.seek(0)
    return file


def _is_root() -> bool:
    """Whether we are root and may become another user; the root of a bare user namespace may not."""
    ranges = (map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines())
    return os.getuid() == 0 and any(first <= _UNPRIVILEGED_UID < first + count for first, _, count in ranges)


# --- what the host must offer ---------------------------------------------------------------------------------


def _system_call_filter() -> bytes:
    """The BPF program that a child installs: everything is allowed but the calls that no notebook needs."""
    import pyseccomp

    program = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    for name in _DENIED_CALLS:
        try:
            program.add_rule(pyseccomp.ERRNO(errno.EPERM), name)
        except (OSError, ValueError, RuntimeError):
            continue  # this architecture or libseccomp does not know the call
    nested = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_NEWUSER, _CLONE_NEWUSER)
    program.add_rule(pyseccomp.ERRNO(errno.EPERM), "clone", nested)
    program.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags cannot be seen; libc falls back to clone
    # AF_VSOCK reaches the machine outside whatever the network namespace; asyncio needs AF_UNIX.
    program.add_rule(pyseccomp.ERRNO(errno.EPERM), "socket", pyseccomp.Arg(0, pyseccomp.NE, socket.AF_UNIX))
    # Its pages stay when a process lets go of them, so counting what processes hold would miss them.
    shared = pyseccomp.Arg(3, pyseccomp.MASKED_EQ, _MAP_SHARED_ANONYMOUS, _MAP_SHARED_ANONYMOUS)
    program.add_rule(pyseccomp.ERRNO(errno.EPERM), "mmap", shared)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return file.read()


def _require_tools() -> None:
    problems = [f"{name}: {fix}" for name, ok, fix in examine_host(start=False) if not ok]
    if problems:
        raise SandboxError("\n".join(problems))


def examine_host(start: bool = True) -> list[tuple[str, bool, str]]:
    """Check what the sandbox needs; each line is (what, whether it is there, the fix or a remark)."""
    lines = []
    lines.append(("Linux", sys.platform == "linux", "only Linux has the namespaces that the sandbox is made of"))
    lines.append(
        ("bubblewrap", shutil.which("bwrap") is not None, "type: sudo apt-get install -y bubblewrap"),
    )
    try:
        import pyseccomp  # noqa: F401

        lines.append(("libseccomp", True, ""))
    except Exception:
        lines.append(("libseccomp", False, "type: sudo apt-get install -y libseccomp2"))
    if start and all(ok for _, ok, _ in lines):
        try:
            with Host(Limits()) as host:
                host.wait_until_ready()
                lines.append(_examine_child(host))
        except SandboxError as error:
            lines.append(("sandbox", False, str(error)))
    return lines


def _examine_child(host: Host) -> tuple[str, bool, str]:
    child = host.spawn()
    try:
        child.control.settimeout(0.5)
        try:
            text = child.control.recv(4096).decode(errors="replace")
        except TimeoutError:
            return "sandbox", True, ""
        return "sandbox", False, _explain(text)
    finally:
        child.close()


def _explain(text: str) -> str:
    fix = ""
    if re.search(r"(namespace|uid map|No permissions to creat|unshare|setting up uid)", text, re.IGNORECASE):
        fix = (
            "\nThis host does not allow user namespaces. As root, type:\n"
            "  sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000\n"
            "and, on Ubuntu 24.04 and later:  sysctl -w kernel.apparmor_restrict_unprivileged_userns=0\n"
            "In a container, start it with permission to create user namespaces."
        )
    return f"the sandbox could not start: {text.strip()[-1500:] or 'no message'}{fix}"
