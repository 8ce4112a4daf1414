"""cnnkit.nn.pretrained: the loader of published weights, on small weights of the same layout that the tests write."""

import hashlib
import pickle
import re
import sys

import numpy as np
import pytest

from cnnkit import imagenet, nn, shapes
from cnnkit.nn import pretrained

torch = pytest.importorskip("torch")

#: Like VGG-16: features, one flattening of maps that are not square, a classifier with dropout.
SMALL = shapes.Network(
    "small VGG",
    (8, 12, 3),
    (
        *(shapes.Conv(4, 3, pad=1), shapes.ReLU(), shapes.Conv(5, 3, pad=1), shapes.ReLU(), shapes.Pool(2)),
        *(shapes.Conv(6, 3, pad=1), shapes.ReLU(), shapes.Pool(2)),
        *(shapes.Flatten(), shapes.Dense(9), shapes.ReLU(), shapes.Dropout(0.5), shapes.Dense(7)),
    ),
)


class Theirs(torch.nn.Module):
    """The same network as torchvision would write it."""

    def __init__(self):
        super().__init__()
        conv, relu, pool = torch.nn.Conv2d, torch.nn.ReLU, torch.nn.MaxPool2d
        self.features = torch.nn.Sequential(
            *(conv(3, 4, 3, padding=1), relu(), conv(4, 5, 3, padding=1), relu(), pool(2)),
            *(conv(5, 6, 3, padding=1), relu(), pool(2)),
        )
        self.classifier = torch.nn.Sequential(
            torch.nn.Linear(36, 9), relu(), torch.nn.Dropout(0.5), torch.nn.Linear(9, 7)
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.features(x), 1))


@pytest.fixture
def theirs():
    torch.manual_seed(0)
    return Theirs().eval()


def written(theirs, path):
    """The weights in a file of the kind that the name says; a `.pth` in the format of that of VGG-16, which is old."""
    state = theirs.state_dict()
    if path.suffix == ".pth":
        torch.save(state, path, _use_new_zipfile_serialization=False)
    elif path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path)
    else:
        np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})
    return path


def hashed(path):
    """The file under a name that promises its hash."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return path.rename(path.with_name(f"{path.stem}-{digest[:8]}.pth"))


def scores(theirs, photos):
    with torch.no_grad():
        return theirs(torch.from_numpy(photos.transpose(0, 3, 1, 2).copy())).numpy()


PHOTOS = np.random.default_rng(0).normal(size=(3, 8, 12, 3)).astype(np.float32)


@pytest.mark.parametrize("kind", [".pth", ".safetensors", ".npz"])
def test_a_network_from_a_file_gives_the_scores_of_pytorch(theirs, tmp_path, kind):
    model = pretrained.load(SMALL, written(theirs, tmp_path / f"small{kind}"))
    np.testing.assert_allclose(model(PHOTOS), scores(theirs, PHOTOS), rtol=1e-4, atol=1e-5)
    assert model.dtype == np.float32


def test_a_new_pth_and_short_floats_can_be_read_too(theirs, tmp_path):
    torch.save(theirs.half().state_dict(), tmp_path / "half.pth")
    model = pretrained.load(SMALL, tmp_path / "half.pth")
    np.testing.assert_allclose(model(PHOTOS), scores(theirs.float(), PHOTOS), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", [".safetensors", ".npz"])
def test_what_nn_has_saved_can_be_read(theirs, tmp_path, kind):
    model = pretrained.load(SMALL, written(theirs, tmp_path / "small.pth"))
    nn.save(model, tmp_path / f"own{kind}")
    np.testing.assert_array_equal(pretrained.load(SMALL, tmp_path / f"own{kind}")(PHOTOS), model(PHOTOS))


def test_the_names_are_those_of_torchvision():
    def numbers(network, part):
        return [int(name.split(".")[1]) for name in pretrained.torch_names(network)[::2] if name.startswith(part)]

    assert numbers(shapes.VGG16, "features") == [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert numbers(shapes.VGG16, "classifier") == [0, 3, 6]
    assert numbers(shapes.ALEXNET, "features") == [0, 3, 6, 8, 10]
    assert numbers(shapes.ALEXNET, "classifier") == [1, 4, 6]
    assert pretrained.torch_names(SMALL) == list(Theirs().state_dict())
    with pytest.raises(ValueError, match=r"ResNet-18 is not features, one flattening .*: it has the layer batch norm"):
        pretrained.torch_names(shapes.RESNET18)
    with pytest.raises(ValueError, match="it has 0 flattenings"):
        pretrained.torch_names(shapes.Network("none", (4, 4, 1), (shapes.Conv(2, 3),)))


# --- files that are not what they should be ---------------------------------------------------------


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("write", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_a_pickle_that_runs_code_is_refused_and_not_run(theirs, tmp_path, write):
    write(theirs.state_dict() | {"features.0.bias": Bomb(tmp_path / "run")}, tmp_path / "bomb.pth")
    with pytest.raises(ValueError, match=r"bomb\.pth cannot be read as a file of weights .* holds more than arrays"):
        pretrained.load(SMALL, tmp_path / "bomb.pth")
    assert not (tmp_path / "run").exists()


def test_a_name_that_promises_a_hash_is_held_to_it(theirs, tmp_path):
    path = hashed(written(theirs, tmp_path / "small.pth"))
    assert pretrained.load(SMALL, path)(PHOTOS).shape == (3, 7)
    with open(path, "r+b") as file:
        file.seek(-1, 2)
        last = file.read(1)
        file.seek(-1, 2)
        file.write(bytes([last[0] ^ 1]))
    with pytest.raises(ValueError, match="is damaged, or something else: its SHA-256 hash should begin with"):
        pretrained.load(SMALL, path)


@pytest.mark.parametrize("kind", [".pth", ".safetensors", ".npz"])
@pytest.mark.parametrize("damage", [lambda data: data[:-100], lambda data: data[:10], lambda data: b""])
def test_a_truncated_file_is_named(theirs, tmp_path, kind, damage):
    path = written(theirs, tmp_path / f"small{kind}")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"small\{kind} cannot be read as a"):
        pretrained.load(SMALL, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda state: state.pop("classifier.0.weight"),
            r"the file has no 'classifier\.0\.weight'; it has features\.0",
        ),
        (lambda state: state.update(extra=torch.zeros(1)), "small VGG has no 'extra'; .* weights of small VGG"),
        (
            lambda state: state.update({"features.2.weight": torch.zeros(5, 4, 5, 5)}),
            r"'features\.2\.weight' has shape \(5, 4, 5, 5\), but .* needs \(5, 4, 3, 3\)",
        ),
    ],
)
def test_weights_of_another_network_are_refused(theirs, tmp_path, change, message):
    state = theirs.state_dict()
    change(state)
    torch.save(state, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=rf"other\.pth: .*{message}"):
        pretrained.load(SMALL, tmp_path / "other.pth")


def test_a_file_of_something_else_is_refused(tmp_path):
    torch.save([torch.zeros(3)], tmp_path / "list.pth")
    with pytest.raises(ValueError, match=r"list\.pth holds a list, but weights are tensors by name"):
        pretrained.load(SMALL, tmp_path / "list.pth")
    with pytest.raises(FileNotFoundError, match=r"there is no file .*gone\.pth: the weights of VGG-16 are at https"):
        pretrained.load(SMALL, tmp_path / "gone.pth")


def test_without_pytorch_a_pth_says_what_to_do_and_the_others_work(theirs, tmp_path, monkeypatch):
    paths = [written(theirs, tmp_path / f"small{kind}") for kind in (".pth", ".safetensors", ".npz")]
    right = scores(theirs, PHOTOS)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModuleNotFoundError, match=r"PyTorch is needed to read a \.pth file, .* pip install"):
        pretrained.load(SMALL, paths[0])
    for path in paths[1:]:
        np.testing.assert_allclose(pretrained.load(SMALL, path)(PHOTOS), right, rtol=1e-4, atol=1e-5)


# --- finding and downloading ------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Empty folders of the learner's own and of PyTorch's, a small network in the place of VGG-16."""
    monkeypatch.setenv("CNNKIT_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(shapes, "VGG16", SMALL)
    (tmp_path / "own").mkdir()
    (tmp_path / "torch" / "hub" / "checkpoints").mkdir(parents=True)
    return tmp_path / "own", tmp_path / "torch" / "hub" / "checkpoints"


def published(theirs, folder, monkeypatch):
    """Small weights at an address of the file system, as if they were the published ones."""
    folder.mkdir()
    path = hashed(written(theirs, folder / "vgg16.pth"))
    monkeypatch.setattr(pretrained, "SOURCE", path.as_uri())
    return path


def test_weights_that_are_not_there_are_not_downloaded_unasked(theirs, tmp_path, folders, monkeypatch):
    path = published(theirs, tmp_path / "web", monkeypatch)
    with pytest.raises(FileNotFoundError) as caught:
        pretrained.vgg16()
    text = str(caught.value)
    for part in (path.name, *map(str, folders), "vgg16(download=True)", "528 MB"):
        assert part in text
    assert not any(any(folder.iterdir()) for folder in folders)


def test_weights_are_downloaded_once_and_then_found(theirs, tmp_path, folders, monkeypatch):
    path = published(theirs, tmp_path / "web", monkeypatch)
    first = pretrained.vgg16(download=True)
    np.testing.assert_allclose(first(PHOTOS), scores(theirs, PHOTOS), rtol=1e-4, atol=1e-5)
    assert [each.name for each in folders[0].iterdir()] == [path.name]
    path.unlink()
    np.testing.assert_array_equal(pretrained.vgg16(download=True)(PHOTOS), first(PHOTOS))


def test_what_pytorch_has_downloaded_is_found(theirs, tmp_path, folders, monkeypatch):
    path = published(theirs, tmp_path / "web", monkeypatch)
    path.rename(folders[1] / path.name)
    assert pretrained.vgg16()(PHOTOS).shape == (3, 7)
    nn.save(pretrained.vgg16(), folders[0] / "vgg16.safetensors")
    (folders[1] / path.name).unlink()
    assert pretrained.vgg16()(PHOTOS).shape == (3, 7)


def test_a_download_with_another_hash_is_thrown_away(theirs, tmp_path, folders, monkeypatch):
    path = published(theirs, tmp_path / "web", monkeypatch)
    path.write_text("please sign in")
    with pytest.raises(ValueError, match=r"is not the published file .*sign-in page"):
        pretrained.vgg16(download=True)
    assert not any(folders[0].iterdir())


def test_without_a_network_it_says_so(folders, monkeypatch):
    monkeypatch.setattr(pretrained, "SOURCE", "http://127.0.0.1:1/vgg16-00000000.pth")  # nobody listens there
    with pytest.raises(
        FileNotFoundError, match=r"They could not be downloaded \(.*refused.*\)\. Or copy the file from"
    ):
        pretrained.vgg16(download=True)


# --- names, photos ----------------------------------------------------------------------------------


def test_names_of_the_classes_are_read_from_a_file_or_numbered(tmp_path, monkeypatch):
    monkeypatch.delenv("CNNKIT_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    assert pretrained.class_names()[::999] == ["class 0", "class 999"]
    path = tmp_path / pretrained.NAMES_FILE
    path.write_text("\n".join(f"bird number {n}" for n in range(1000)) + "\n")
    assert pretrained.class_names(path)[7] == "bird number 7"
    monkeypatch.setenv("CNNKIT_DATA", str(tmp_path))
    assert pretrained.class_names()[999] == "bird number 999"
    path.write_text("one\ntwo\n")
    with pytest.raises(ValueError, match="should have 1,000 lines, a name in each, but has 2"):
        pretrained.class_names()
    with pytest.raises(FileNotFoundError, match=re.escape(pretrained.NAMES_SOURCE)):
        pretrained.class_names(tmp_path / "gone.txt")


@pytest.mark.parametrize("shape", [(300, 451, 3), (451, 300, 3), (224, 224, 3), (60, 61, 3), (1, 1, 3)])
def test_the_middle_of_a_photo_is_cut_out(shape):
    rows, columns = np.indices(shape[:2])
    photo = np.stack([rows * 255 // max(1, shape[0] - 1), columns * 255 // max(1, shape[1] - 1), 0 * rows], axis=2)
    middle = imagenet.crop(photo.astype(np.uint8))
    assert middle.shape == (224, 224, 3)
    if min(shape[:2]) > 1:
        for channel, turned in ((0, middle), (1, middle.swapaxes(0, 1))):
            line = turned[:, 100, channel].astype(int)
            assert (np.diff(line) >= 0).all()
            assert abs(line[0] + line[-1] - 255) <= 4  # as much is missing on both sides


@pytest.mark.parametrize(
    ("photo", "size", "message"),
    [
        (np.zeros((4, 5), np.uint8), 224, r"uint8 of shape \(H, W, 3\), but got uint8 of shape \(4, 5\)"),
        (np.zeros((4, 5, 3)), 224, r"but got float64 of shape \(4, 5, 3\)"),
        (np.zeros((4, 5, 3), np.uint8), 0, "size must be a positive integer, but got 0"),
        (np.zeros((4, 5, 3), np.uint8), 2.5, r"but got 2\.5"),
    ],
)
def test_what_crop_refuses(photo, size, message):
    with pytest.raises(ValueError, match=message):
        imagenet.crop(photo, size)
