"""The file system inside the sandbox: built file by file, so that what is not listed here is not there.

It holds the Python installation without its site-packages, the distributions that a notebook may import, the shared
libraries that these need, our worker, and a cnnkit without reference. The course folder, the gradebook, the home
directory, the environment and every other installed package are not in it.

Which files these are takes a second to find out, so it is kept in the user's cache folder until Python or an
installed package changes.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

HERE = Path(__file__).parent
#: The distributions that a notebook may import while it is graded; what they require comes along.
ALLOWED = ("numpy", "ipython", "matplotlib")
#: How the worker starts, seen from inside.
WORKER = ("/py/bin/python3", "-I", "-S", "/site/autograder/worker.py")
#: Parts of Pillow that convolve; matplotlib, which is why Pillow is there at all, does without.
_PILLOW_MASKED = ("ImageFilter.py", "ImageMorph.py", "ImageMath.py", "_imagingmorph*", "_imagingmath*")
#: bubblewrap would make these readable by their owner alone, who is root when the grader is.
_FOLDERS = ("/py", "/py/bin", "/py/lib", "/py/shared", "/site", "/site/autograder", "/site/cnnkit", "/site/photos")


def bubblewrap_arguments(scratch: Path, root: bool) -> list[str]:
    """Everything that bubblewrap shows inside and takes away.

    Parameters
    ----------
    scratch : Path
        A folder for files that are made for this sandbox; it must live as long.
    root : bool
        Whether the grader runs as root and may become another user.
    """
    arguments = ["--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    arguments += ["--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox", "--cap-drop", "ALL"]
    # Real root needs no user namespace here: the host gives root up itself, and each child enters its own.
    arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-user"]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    machine = _machine()
    loader = Path(machine["loader"])
    for folder in (*_FOLDERS, str(loader.parent)):
        arguments += ["--perms", "0755", "--dir", folder]
    inside = f"/py/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    shown = [(Path(sys.executable), "/py/bin/python3"), (stdlib, inside), (loader, str(loader))]
    shown += [(Path(library), f"/py/shared/{Path(library).name}") for library in machine["libraries"]]
    shown += [(source, f"/site/{target}") for source, target in _site_files()]
    missing = scratch / "missing.py"
    missing.write_text("raise ImportError('this part of Pillow is not available while grading')\n")
    pillow = next(source for source, target in _site_files() if target == "PIL")
    shown += [(missing, f"/site/PIL/{file.name}") for pattern in _PILLOW_MASKED for file in pillow.glob(pattern)]
    fonts = scratch / machine["fonts"]["name"]
    fonts.write_text(machine["fonts"]["text"])
    shown.append((fonts, f"/tmp/{fonts.name}"))
    for source, target in shown:
        arguments += ["--ro-bind", str(source.resolve()), target]
    for hidden in ("site-packages", "dist-packages", "test"):
        if (stdlib / hidden).is_dir():
            arguments += ["--tmpfs", f"{inside}/{hidden}"]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]


def plain_site(scratch: Path) -> Path:
    """The same packages as links in a folder, for isolation "none"."""
    site = scratch / "site"
    for source, target in _site_files():
        (site / target).parent.mkdir(parents=True, exist_ok=True)
        (site / target).symlink_to(source)
    return site


@cache
def _site_files() -> list[tuple[Path, str]]:
    """What may be imported inside, as (path here, path below /site)."""
    site = Path(sysconfig.get_path("purelib"))
    return [(site / name, name) for name in _machine()["packages"]] + _own_files()


def _own_files() -> list[tuple[Path, str]]:
    """Our files inside: the worker's own, and a cnnkit that shows pictures but has no reference and no check."""
    cnnkit = HERE.parent / "cnnkit"
    files = [(HERE / "__init__.py", "autograder/__init__.py")]
    files += [(HERE / name, f"autograder/{name}") for name in ("wire.py", "worker.py")]
    files += [(cnnkit / name, f"cnnkit/{name}") for name in ("answers.py", "images.py", "plot.py")]
    files += [(HERE / "stand_in" / "cnnkit.py", "cnnkit/__init__.py")]
    files += [(HERE / "stand_in" / name, f"cnnkit/{name}") for name in ("explore.py", "flashcards.py")]
    photos = map(Path, _machine()["photos"])
    return files + [(photo, f"photos/{photo.name}") for photo in photos]


# --- what has to be found out about this machine --------------------------------------------------------------


@cache
def _machine() -> dict:
    """The packages' files, the shared libraries, the fonts, the photos: from the cache, or found out now."""
    site, interpreter = Path(sysconfig.get_path("purelib")), Path(sys.executable).resolve()
    basis = [str(HERE), str(site), site.stat().st_mtime_ns, str(interpreter), interpreter.stat().st_mtime_ns]
    basis += [sys.version, ALLOWED, Path(__file__).read_bytes(), (HERE.parent / "cnnkit" / "images.py").read_bytes()]
    key = hashlib.sha256(repr(basis).encode()).hexdigest()[:16]
    path = platformdirs.user_cache_path("cnnkit-autograder") / f"machine-{key}.json"
    try:
        found = json.loads(path.read_text())
        if all(Path(file).exists() for file in (found["loader"], *found["libraries"], *found["photos"])):
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    from cnnkit import images

    packages = _package_files(site)
    loader, libraries = _shared_libraries([site / name for name in packages])
    found = {"packages": packages, "loader": loader, "libraries": libraries, "fonts": _fonts()}
    found["photos"] = [str(photo) for photo in images.files()]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(found, file)
        os.replace(file.name, path)
    except OSError:
        pass  # without a cache folder it is found out every time
    return found


def _package_files(site: Path) -> list[str]:
    """The files and folders in site-packages that belong to the allowed distributions and what they require."""
    names = set()
    for name in _requirements():
        for file in importlib.metadata.distribution(name).files or ():
            if file.parts[0] not in ("..", "__pycache__", "bin"):
                names.add(file.parts[0])
    return sorted(name for name in names if (site / name).exists())


def _fonts() -> dict[str, str]:
    """matplotlib's list of its own fonts, for the host, which would look for them again at each start."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": "", "MPLCONFIGDIR": folder, "MPLBACKEND": "agg"}
        command = [sys.executable, "-I", "-c", "import matplotlib.font_manager"]
        subprocess.run(command, env=environment, capture_output=True, check=True)
        path = next(Path(folder).glob("fontlist-*.json"))
        fonts = json.loads(path.read_text())
    for kind in ("ttflist", "afmlist"):  # the machine's own have whole paths, and are not in the sandbox
        fonts[kind] = [font for font in fonts[kind] if not os.path.isabs(font["fname"])]
    return {"name": path.name, "text": json.dumps(fonts)}


def _requirements() -> list[str]:
    """The allowed distributions and, recursively, what they require on this machine."""
    from packaging.requirements import Requirement

    found: dict[str, None] = {}
    queue = list(ALLOWED)
    while queue:
        name = re.sub(r"[-_.]+", "-", queue.pop()).lower()
        if name in found:
            continue
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # an optional requirement of another platform
        found[name] = None
        requirements = (Requirement(text) for text in distribution.requires or ())
        queue += [r.name for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})]
    return list(found)


def _shared_libraries(packages: list[Path]) -> tuple[str, list[str]]:
    """The dynamic loader and the system libraries that Python, its extension modules and the packages need."""
    stdlib = Path(sysconfig.get_path("stdlib")).resolve()
    objects = [Path(sys.executable).resolve(), *sorted((stdlib / "lib-dynload").glob("*.so"))]
    bundled = set()
    for package in packages:
        for path in package.rglob("*.so*"):
            (bundled.add(path.name) if package.name.endswith(".libs") else objects.append(path))
    # There is no screen, and Tk would bring X11 along.
    objects = [path for path in objects if not re.search("tkinter|tkagg|imagingtk|_test", path.name)]
    output = subprocess.run(["ldd", *map(str, objects)], capture_output=True, text=True, check=False).stdout
    libraries = {Path(path).name: path for path in re.findall(r"=> (/\S+) \(0x", output)}
    loaders = re.findall(r"^\t(/\S*ld\S*\.so\S*) \(0x", output, re.MULTILINE)
    if not loaders:
        raise RuntimeError("ldd names no dynamic loader; is this a glibc Linux? Only that is supported.")
    return loaders[0], [path for name, path in sorted(libraries.items()) if name not in bundled]
