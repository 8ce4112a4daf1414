"""The face of the package: short imports, nothing heavy until it is used."""

import importlib.metadata
import subprocess
import sys

import pytest

import cnnkit


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("first", ["", "import cnnkit.checking;", "from cnnkit import exercises, plot;"])
def test_check_is_the_function(first):
    assert run(f"{first} from cnnkit import check, images, ops, plot; print(check.__name__)".lstrip()) == "check"


def test_importing_it_imports_nothing_heavy():
    heavy = "('numpy', 'matplotlib', 'hypothesis', 'PIL', 'IPython', 'skimage')"
    assert run(f"import sys, cnnkit; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_ops_needs_numpy_only():
    heavy = "('matplotlib', 'hypothesis', 'PIL', 'cnnkit.answers')"
    assert run(f"import sys, cnnkit.ops; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_networks_need_numpy_only_until_there_is_something_to_show_or_to_read():
    heavy = "('matplotlib', 'hypothesis', 'IPython', 'sklearn', 'pooch', 'tqdm', 'safetensors')"
    code = f"import sys, cnnkit.nn, cnnkit.data; print([name for name in {heavy} if name in sys.modules])"
    assert run(code) == "[]"


def test_attributes_work_without_an_import_of_their_own():
    assert run("import cnnkit; print(cnnkit.ops.conv2d([[2]], [[3]]), len(cnnkit.images.names()))") == "[[6]] 7"


def test_an_unknown_attribute_lists_the_known_ones():
    with pytest.raises(AttributeError, match="no attribute 'convolve'; it has: check, data, images, kernels, nn"):
        cnnkit.convolve  # noqa: B018


def test_the_version_is_the_one_that_is_installed():
    assert cnnkit.__version__ == importlib.metadata.version("cnnkit")
