"""cnnkit.data: the digits; Fashion-MNIST from a folder, a cache and a server; files that are damaged or wrong."""

import gzip
import hashlib
import io
import itertools
import struct
import sys

import numpy as np
import pooch
import pytest
import requests

from cnnkit import data

NAMES = list(data.FILES)
#: Both kinds of compression, as a browser may unpack what it downloads.
PACKED = [True, False]


def idx(array) -> bytes:
    """An array as the bytes of an IDX file."""
    array = np.asarray(array)
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    head = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def arrays(train=12, test=5, seed=0):
    """Four arrays of the form of Fashion-MNIST."""
    rng = np.random.default_rng(seed)
    parts = []
    for count in (train, test):
        parts += [rng.integers(0, 256, (count, 28, 28), np.uint8), rng.integers(0, 10, count, np.uint8)]
    return parts


def write(folder, parts, packed=True):
    for name, array in zip(NAMES, parts, strict=True):
        content = idx(array)
        path = folder / (name if packed else name.removesuffix(".gz"))
        path.write_bytes(gzip.compress(content) if packed else content)
    return folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch, tmp_path):
    """No test may reach a server, nor the reader's own folders."""

    def refuse(*_, **__):
        raise requests.exceptions.ConnectionError("no network in tests")

    monkeypatch.setattr(requests, "get", refuse)
    monkeypatch.delenv(data.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)


# --- the digits -----------------------------------------------------------------------------------


def test_the_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    split = data.digits(size=8)
    written = load_digits()
    images = np.concatenate([split.train_images, split.test_images])[..., 0]
    labels = np.concatenate([split.train_labels, split.test_labels])

    def sorted_rows(images, labels):
        rows = np.column_stack([labels, images.reshape(len(images), -1)])
        return rows[np.lexsort(rows.T)]

    np.testing.assert_array_equal(
        sorted_rows(images * 16, labels), sorted_rows(written.images, written.target), strict=False
    )
    assert split.names == tuple("0123456789")


def test_larger_digits_fit_lenet_and_keep_range_and_mean():
    small, large = data.digits(size=8), data.digits()
    assert large.train_images.shape == (1437, 28, 28, 1)
    assert large.test_images.shape == (360, 28, 28, 1)
    assert large.train_images.dtype == np.float32
    assert large.train_labels.dtype == np.int64
    assert large.train_images.min() == 0
    assert large.train_images.max() == 1
    np.testing.assert_array_equal(large.test_labels, small.test_labels)
    means = [split.test_images.mean(axis=(1, 2, 3)) for split in (small, large)]
    np.testing.assert_allclose(*means, atol=0.03)


def test_interpolation_is_linear_between_the_centres_and_symmetric():
    ramp = data._interpolation(8, 28) @ np.arange(8.0)
    inner = ramp[(ramp > 0) & (ramp < 7)]
    np.testing.assert_allclose(np.diff(inner), 8 / 28, rtol=1e-5)
    np.testing.assert_allclose(ramp, 7 - ramp[::-1], atol=1e-6)
    np.testing.assert_array_equal(data._interpolation(8, 8), np.eye(8))


def test_the_seed_chooses_the_test_images():
    first, same, other = (data.digits(8, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.test_images, same.test_images)
    assert not np.array_equal(first.test_labels, other.test_labels)


@pytest.mark.parametrize("size", [7, 28.0, True, "28"])
def test_a_bad_size_is_refused(size):
    with pytest.raises(ValueError, match=f"size must be an integer of at least 8, .* but got {size!r}"):
        data.digits(size)


def test_without_scikit_learn_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ModuleNotFoundError, match=r"the digits come with scikit-learn, .*: pip install scikit-learn"):
        data.digits()


# --- Fashion-MNIST --------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", PACKED)
def test_a_folder_is_read(packed, tmp_path, monkeypatch, capsys):
    parts = arrays()
    write(tmp_path, parts, packed)
    split = data.fashion_mnist(tmp_path)
    for got, right in zip(split[:4], parts, strict=True):
        if right.ndim == 3:
            assert got.shape == (*right.shape, 1)
            assert got.dtype == np.float32
            np.testing.assert_allclose(got[..., 0] * 255, right, atol=1e-4)
        else:
            assert got.dtype == np.int64
            np.testing.assert_array_equal(got, right)
    assert split.names[9] == "ankle boot"
    assert repr(split).startswith("12 images to train on and 5 to test on, 28 × 28 × 1, of 10 kinds: T-shirt, ")
    monkeypatch.setenv(data.FOLDER_VARIABLE, str(tmp_path))
    for got, again in zip(split, data.fashion_mnist(), strict=True):
        np.testing.assert_array_equal(got, again)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("given", [True, False])
def test_without_a_network_the_digits_take_their_place_and_that_is_said(given, tmp_path, capsys):
    split = data.fashion_mnist(tmp_path / "mine" if given else None)
    for got, right in zip(split, data.digits(), strict=True):
        np.testing.assert_array_equal(got, right)
    notice = capsys.readouterr().out
    assert "could not be downloaded (ConnectionError). Here are the digits of scikit-learn instead" in notice
    assert "train-images-idx3-ubyte.gz" in notice
    assert "set CNNKIT_DATA to it" in notice
    assert not list(tmp_path.rglob("*ubyte*"))


class Server:
    """What a server would send, through the client that pooch uses."""

    def __init__(self, files, broken=()):
        self.files, self.broken, self.asked = files, broken, []

    def get(self, url, **options):
        self.asked.append(url)
        assert options["timeout"] == data.PATIENCE
        if url.startswith(tuple(self.broken)):
            raise requests.exceptions.Timeout(url)
        response = requests.Response()
        content = self.files[url.rsplit("/", 1)[1]]
        response.status_code = 200 if content is not None else 404
        response.raw = io.BytesIO(content or b"not here")
        return response


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Small files that count as the published ones."""
    (tmp_path / "server").mkdir()
    write(tmp_path / "server", arrays())
    files = {name: (tmp_path / "server" / name).read_bytes() for name in NAMES}
    monkeypatch.setattr(data, "FILES", {name: hashlib.md5(content).hexdigest() for name, content in files.items()})
    return files


def serve(monkeypatch, files, broken=()):
    server = Server(files, broken)
    monkeypatch.setattr(requests, "get", server.get)
    return server


def test_files_are_downloaded_once_into_the_cache(published, tmp_path, monkeypatch):
    server = serve(monkeypatch, published)
    split = data.fashion_mnist()
    assert [url.removeprefix(data.SOURCES[0]) for url in server.asked] == NAMES
    again = data.fashion_mnist()
    assert len(server.asked) == 4
    np.testing.assert_array_equal(split.train_images, again.train_images)
    assert sorted(path.name for path in (tmp_path / "cache").rglob("*ubyte.gz")) == sorted(NAMES)


def test_what_a_folder_lacks_is_downloaded_into_it(published, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    folder.mkdir()
    own = arrays(seed=5)
    (folder / NAMES[0].removesuffix(".gz")).write_bytes(idx(own[0]))
    server = serve(monkeypatch, published)
    split = data.fashion_mnist(folder)
    assert len(server.asked) == 3
    assert {path.name for path in folder.iterdir()} == {NAMES[0].removesuffix(".gz"), *NAMES[1:]}
    np.testing.assert_allclose(split.train_images[..., 0] * 255, own[0], atol=1e-4)


def test_the_second_source_is_asked_when_the_first_does_not_answer(published, monkeypatch):
    server = serve(monkeypatch, published, broken=[data.SOURCES[0]])
    assert len(data.fashion_mnist().train_images) == 12
    assert {url for url in server.asked if url.startswith(data.SOURCES[1])} == {
        data.SOURCES[1] + name for name in NAMES
    }


def test_a_file_that_is_gone_from_the_servers_is_like_no_network(published, monkeypatch, capsys):
    serve(monkeypatch, dict.fromkeys(published))
    assert len(data.fashion_mnist().train_images) == 1437
    assert "could not be downloaded (HTTPError)" in capsys.readouterr().out


def test_a_download_with_the_wrong_hash_is_an_error_and_is_not_kept(published, tmp_path, monkeypatch):
    serve(monkeypatch, published | {NAMES[1]: b"<html>Please sign in</html>"})
    with pytest.raises(ValueError, match=rf"downloaded as {NAMES[1]} is not the published file \(MD5.*sign-in page"):
        data.fashion_mnist()
    assert {path.name for path in (tmp_path / "cache").rglob("*ubyte.gz")} == {NAMES[0]}


def test_a_damaged_file_in_the_cache_is_downloaded_again(published, tmp_path, monkeypatch):
    server = serve(monkeypatch, published)
    data.fashion_mnist()
    path = next((tmp_path / "cache").rglob(NAMES[0]))
    path.write_bytes(path.read_bytes()[:-10])
    assert len(data.fashion_mnist().train_images) == 12
    assert len(server.asked) == 5


def test_the_hashes_are_md5_and_those_of_four_files():
    # Those of the published files, as torchvision states them; whether they are right, only a download can say.
    assert len(set(data.FILES.values())) == 4
    assert all(len(md5) == 32 and set(md5) <= set("0123456789abcdef") for md5 in data.FILES.values())


# --- the IDX format -------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_arrays_of_every_type_are_read(kind, packed, tmp_path):
    array = (np.random.default_rng(0).normal(size=(3, 4, 5)) * 50).astype(kind)
    content = idx(array)
    (tmp_path / "a").write_bytes(gzip.compress(content) if packed else content)
    got = data.read_idx(tmp_path / "a")
    np.testing.assert_array_equal(got, array, strict=True)
    got[0] = 0  # it is a fresh array


WHOLE = idx(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", r"is no IDX file: it begins with b''"),
        (b"\0\0\x08", r"is no IDX file: it begins with b'\\x00\\x00\\x08'"),
        (b"<html>not found</html>", r"is no IDX file: it begins with b'<htm'"),
        (b"\0\0\x07\x01\0\0\0\x01a", "is no IDX file"),
        (b"\0\0\x08\x00", "is no IDX file"),
        (WHOLE[:9], "ends after 9 bytes, within its header"),
        (WHOLE[:-1], r"is truncated: of 60 bytes of numbers, \(3, 4, 5\), it has 59"),
        (WHOLE[:16], r"is truncated: of 60 bytes of numbers, \(3, 4, 5\), it has 0"),
        (WHOLE + b"\0", r"goes on after the 60 bytes of numbers, \(3, 4, 5\)"),
        # It promises what no computer could hold; reading it must not try.
        (b"\0\0\x08\x03" + b"\xff" * 12 + b"abc", r"is truncated: of 79,228,162,458,924,105,385,300,197,375 bytes"),
        (gzip.compress(WHOLE)[:-12], r"is truncated or damaged \(Compressed file ended"),
        (gzip.compress(WHOLE)[:12], "is truncated or damaged"),
        (gzip.compress(WHOLE)[:20] + b"xx" + gzip.compress(WHOLE)[22:], "is truncated or damaged"),
        (gzip.compress(WHOLE[:-1]), "is truncated: of 60 bytes"),
        (gzip.compress(b"<html>"), "is no IDX file"),
    ],
    ids=itertools.count(),
)
def test_a_wrong_file_is_named_with_what_to_do(content, says, tmp_path):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"train-images-idx3-ubyte.gz {says}.*\. Delete it, so that .* again"):
        data.read_idx(path)


def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(WHOLE + bytes(2**26)))
    with pytest.raises(ValueError, match="goes on after the 60 bytes"):
        data.read_idx(path)


def test_every_cut_of_a_file_is_noticed(tmp_path):
    path = tmp_path / "a.gz"
    for whole in (WHOLE, gzip.compress(WHOLE, mtime=0)):
        for end in range(len(whole)):
            path.write_bytes(whole[:end])
            with pytest.raises(ValueError, match=r"a\.gz .* Delete it"):
                data.read_idx(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone"):
        data.read_idx(tmp_path / "gone")


@pytest.mark.parametrize(
    ("place", "array", "says"),
    [
        (
            0,
            np.zeros((12, 28), np.uint8),
            r"train-images\S* should hold images, .* but holds uint8 of shape \(12, 28\)",
        ),
        (0, np.zeros((12, 28, 28), np.float32), r"train-images\S* should hold images, .* but holds float32"),
        (0, np.zeros((0, 28, 28), np.uint8), r"train-images\S* should hold images, .* of shape \(0, 28, 28\)"),
        (1, np.zeros((12, 28, 28), np.uint8), r"train-labels\S* should hold labels, .* of shape \(12, 28, 28\)"),
        (1, np.zeros(11, np.uint8), r"train-labels\S* holds 11 labels, but \S*train-images\S* holds 12 images"),
        (3, np.full(5, 10, np.uint8), r"t10k-labels\S* should hold labels from 0 to 9, but one is 10"),
    ],
)
def test_a_file_of_the_wrong_content_is_named(place, array, says, tmp_path):
    parts = arrays()
    parts[place] = array
    write(tmp_path, parts)
    with pytest.raises(ValueError, match=says):
        data.fashion_mnist(tmp_path)
