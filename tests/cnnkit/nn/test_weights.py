"""Weights in and out: files of arrays, and PyTorch's layout, both ways and with real modules."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from cnnkit import nn, shapes
from cnnkit.nn import weights
from cnnkit.shapes import BatchNorm, Conv, Dense, Flatten, ReLU
from tests.cnnkit.nn.networks import LENET5, NETWORKS, batch, stirred, tensor, torch, torch_network, torch_twin

ALL = {**NETWORKS, "LeNet-5": LENET5}
KINDS = (".npz", ".safetensors")


def equal(model, other):
    assert list(model.params | model.buffers) == list(other.params | other.buffers)
    for name, array in (model.params | model.buffers).items():
        np.testing.assert_array_equal(array, (other.params | other.buffers)[name], strict=True)


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_what_was_saved_is_loaded(network, kind, dtype, tmp_path):
    model = stirred(network, dtype=dtype)
    nn.save(model, tmp_path / f"weights{kind}")
    other = nn.Model(network, 9, dtype)
    assert nn.load(other, str(tmp_path / f"weights{kind}")) is other
    equal(model, other)
    assert [path.name for path in tmp_path.iterdir()] == [f"weights{kind}"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_are_converted_to_the_models_type(kind, tmp_path):
    model = stirred(LENET5)
    nn.save(model, tmp_path / f"w{kind}")
    other = nn.load(nn.Model(LENET5, dtype=np.float32), tmp_path / f"w{kind}")
    for name, array in other.params.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, model.params[name].astype(np.float32))


def test_an_array_in_another_order_is_saved_as_what_it_is(tmp_path):
    model = stirred(LENET5)
    model.params["conv2.weight"] = np.asfortranarray(model.params["conv2.weight"])
    for kind in KINDS:
        nn.save(model, tmp_path / f"w{kind}")
        np.testing.assert_array_equal(
            nn.load(nn.Model(LENET5, dtype=np.float64), tmp_path / f"w{kind}").params["conv2.weight"],
            model.params["conv2.weight"],
        )


@pytest.mark.parametrize("kind", KINDS)
def test_a_save_that_is_cut_off_leaves_the_old_file_whole(kind, tmp_path, monkeypatch):
    path = tmp_path / f"w{kind}"
    model = stirred(LENET5)
    nn.save(model, path)
    before = path.read_bytes()
    monkeypatch.setattr(weights.Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        nn.save(stirred(LENET5, seed=1), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def damaged(path: Path, kind: str, how: str) -> None:
    nn.save(stirred(LENET5), path)
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[: len(whole) // 2], "empty": b"", "a page": b"<html>404</html>" * 20}[how])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", ["truncated", "empty", "a page"])
def test_a_damaged_file_is_named_and_the_model_stays_as_it_was(kind, how, tmp_path):
    path = tmp_path / f"lenet{kind}"
    damaged(path, kind, how)
    model = nn.Model(LENET5)
    with pytest.raises(
        ValueError, match=rf"lenet{kind} cannot be read as a {kind} file of arrays .* download it again"
    ):
        nn.load(model, path)
    equal(model, nn.Model(LENET5))


class Harmful:
    """What a pickle could do."""

    def __reduce__(self):
        return (Path.touch, (Path("was-run"),))


def test_a_file_that_holds_objects_runs_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arrays = dict(nn.Model(LENET5).params)
    arrays["conv1.bias"] = np.array([Harmful()], object)
    np.savez(tmp_path / "w.npz", allow_pickle=True, **arrays)
    (tmp_path / "bare.npz").write_bytes(pickle.dumps(Harmful()))
    for name in ("w.npz", "bare.npz"):
        with pytest.raises(ValueError, match=f"{name} cannot be read"):
            nn.load(nn.Model(LENET5), tmp_path / name)
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_of_another_network_are_refused_by_name(kind, tmp_path):
    path = tmp_path / f"w{kind}"
    nn.save(nn.Model(LENET5), path)
    wider = nn.Model([Conv(7, 5, pad=2), *LENET5.layers[1:]], input_shape=(28, 28, 1))
    longer = nn.Model([Conv(1, 1), *LENET5.layers], input_shape=(28, 28, 1))
    shorter = nn.Model([Flatten(), Dense(2)], input_shape=(1, 1, 1))
    for model, says in (
        (wider, r"w.*: 'conv1.weight' has shape \(6, 5, 5, 1\), but 'conv1.weight' of the model needs \(7, 5, 5, 1\)"),
        (longer, "has no 'conv3.weight'; it has: conv1.*Was it saved from the same layers?"),
        (shorter, "has 'conv1.bias|has 'conv1.weight', which the model lacks"),
    ):
        before = model.copy()
        with pytest.raises(ValueError, match=says):
            nn.load(model, path)
        equal(model, before)


@pytest.mark.parametrize("name", ["w.pth", "w.pt", "w.pkl"])
def test_pickles_are_refused_with_the_way_out(name, tmp_path):
    (tmp_path / name).write_bytes(b"anything")
    for act in (nn.load, nn.save):
        with pytest.raises(ValueError, match=r"a pickle, which can run any code .* safetensors.torch.save_file"):
            act(nn.Model(LENET5), tmp_path / name)


def test_other_names_and_missing_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"w.txt: weights are kept in files that end in .npz or .safetensors"):
        nn.save(nn.Model(LENET5), tmp_path / "w.txt")
    with pytest.raises(FileNotFoundError, match=r"there is no file .*w.npz: weights are written by nn.save"):
        nn.load(nn.Model(LENET5), tmp_path / "w.npz")


# --- PyTorch's layout -----------------------------------------------------------------------------


@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_a_module_with_our_weights_gives_our_scores_and_its_weights_come_back(network):
    model = stirred(network)
    twin = torch_twin(model).eval()
    images, _ = batch(network)
    np.testing.assert_allclose(twin(tensor(images)).detach().numpy(), model(images), rtol=1e-10, atol=1e-10)
    equal(nn.load_state_dict(nn.Model(network, 9, np.float64), twin.state_dict()), model)


@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_the_weights_of_a_module_give_its_scores(network):
    torch.manual_seed(3)
    twin = torch_network(network.layers, network.input_shape).double()
    images, _ = batch(network)
    twin(tensor(images))  # collects statistics
    model = nn.load_state_dict(nn.Model(network, 9, np.float64), twin.state_dict())
    right = twin.eval()(tensor(images)).detach().numpy()
    np.testing.assert_allclose(model(images), right, rtol=1e-10, atol=1e-10)


def test_the_names_of_a_sequential_are_the_default():
    model = nn.Model(NETWORKS["batch norm"])
    twin = torch_network(model.network.layers, model.input_shape)
    assert list(nn.to_state_dict(model)) == list(twin.state_dict())
    for name, array in nn.to_state_dict(model).items():
        assert array.shape == tuple(twin.state_dict()[name].shape)


class TorchLeNet(torch.nn.Module):
    """LeNet-5 as people write it: with names of their own, and in another order than the state has."""

    def __init__(self):
        super().__init__()
        nn_ = torch.nn
        self.classifier = nn_.Sequential(nn_.Linear(400, 120), nn_.ReLU(), nn_.Linear(120, 84), nn_.ReLU())
        self.head = nn_.Linear(84, 10)
        self.features = nn_.Sequential(
            *(nn_.Conv2d(1, 6, 5, padding=2), nn_.ReLU(), nn_.AvgPool2d(2)),
            *(nn_.Conv2d(6, 16, 5), nn_.ReLU(), nn_.AvgPool2d(2)),
        )

    def forward(self, x):
        return self.head(self.classifier(self.features(x).flatten(1)))


NAMES = [
    f"{layer}.{role}"
    for layer in ("features.0", "features.3", "classifier.0", "classifier.2", "head")
    for role in ("weight", "bias")
]


def test_a_list_of_names_takes_the_entries_in_its_order():
    module = TorchLeNet()
    model = nn.load_state_dict(nn.Model(LENET5, 9), module.state_dict(), NAMES)
    images, _ = batch(LENET5, dtype=np.float32)
    np.testing.assert_allclose(model(images), module(tensor(images)).detach().numpy(), atol=1e-5)
    back = nn.to_state_dict(model, NAMES)
    assert list(back) == NAMES
    for name, array in module.state_dict().items():
        np.testing.assert_array_equal(back[name], array.numpy())
    # In the state's own order it does not fit, and that is said.
    with pytest.raises(
        ValueError, match=r"'classifier.0.weight' has shape \(120, 400\), but 'conv1.weight' of the model"
    ):
        nn.load_state_dict(model, module.state_dict())


def test_counters_may_be_left_out():
    model = stirred(NETWORKS["batch norm"])
    twin = torch_twin(model)
    names = [name for name in twin.state_dict() if not name.endswith("num_batches_tracked")]
    equal(nn.load_state_dict(nn.Model(model.network, 9, np.float64), twin.state_dict(), names), model)
    assert list(nn.to_state_dict(model, names)) == names
    assert len(nn.to_state_dict(model)) == len(names) + 3


@pytest.mark.parametrize(
    "between", [[ReLU()], [BatchNorm()], [shapes.Dropout(0.1), BatchNorm(), ReLU()]], ids=["relu", "norm", "three"]
)
def test_what_lies_between_flattening_and_the_dense_layer_does_not_matter(between):
    layers = [Conv(3, 2), Flatten(), *between, Dense(4), BatchNorm(), Dense(2)]
    network = shapes.Network("between", (4, 6, 2), tuple(layers))
    model = stirred(network)
    images, _ = batch(network)
    right = torch_twin(model).eval()(tensor(images)).detach().numpy()
    np.testing.assert_allclose(model(images), right, rtol=1e-10, atol=1e-10)


def test_a_vector_that_was_flattened_twice_or_pooled_keeps_its_order():
    network = shapes.Network("twice", (4, 6, 2), (Conv(3, 2), Flatten(), Flatten(), Dense(4)))
    model = stirred(network)
    images, _ = batch(network)
    right = torch_twin(model).eval()(tensor(images)).detach().numpy()
    np.testing.assert_allclose(model(images), right, rtol=1e-10, atol=1e-10)


def test_the_state_is_a_copy():
    model = nn.Model(LENET5)
    nn.to_state_dict(model)["0.bias"][...] = 7
    assert not model.params["conv1.bias"].any()


def test_a_file_in_pytorchs_layout_goes_through_the_same_door(tmp_path):
    from safetensors.torch import save_file

    module = TorchLeNet()
    save_file(module.state_dict(), tmp_path / "torch.safetensors")
    model = nn.load_state_dict(nn.Model(LENET5), weights.read_arrays(tmp_path / "torch.safetensors"), NAMES)
    np.testing.assert_array_equal(model.params["dense3.bias"], module.head.bias.detach().numpy())


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m, s: nn.load_state_dict(m, {**s, "extra": 1}), r"10 entries \(conv1.weight, .*state has 11"),
        (lambda m, s: nn.load_state_dict(m, s, ["0.weight"]), r"the state has 1 \(0.weight\): are they of the same"),
        (lambda m, s: nn.load_state_dict(m, s, ["a.weight"]), "no entry 'a.weight'; it has: 0.weight"),
        (
            lambda m, s: nn.load_state_dict(m, {**s, "3.bias": ["x"] * 16}),
            "'3.bias' holds <U1, but weights are numbers",
        ),
        (lambda m, s: nn.to_state_dict(m, ["a"]), r"10 entries \(0.weight, .*\), but got 1 names"),
    ],
)
def test_a_bad_state_says_what_is_wrong_and_changes_nothing(call, says):
    model = nn.Model(LENET5)
    with pytest.raises(ValueError, match=says):
        call(model, nn.to_state_dict(nn.Model(LENET5, 5)))
    equal(model, nn.Model(LENET5))
