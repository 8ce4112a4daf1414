"""Training: steps equal to PyTorch's, seeds, early stopping, freezing, and what is measured."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from cnnkit import data, nn
from cnnkit.nn import training
from cnnkit.shapes import Conv, Dense, Dropout, Flatten, ReLU
from tests.cnnkit.nn.networks import LENET5, NETWORKS, batch, stirred, tensor, torch, torch_twin

#: Ours, and PyTorch's of the same settings.
OPTIMIZERS = {
    "SGD": (lambda: nn.SGD(0.05), lambda p: torch.optim.SGD(p, 0.05)),
    "SGD with momentum": (lambda: nn.SGD(0.05, 0.9), lambda p: torch.optim.SGD(p, 0.05, 0.9)),
    "Adam": (lambda: nn.Adam(), lambda p: torch.optim.Adam(p)),
    "Adam with all settings": (
        lambda: nn.Adam(0.01, 0.8, 0.95, 1e-6),
        lambda p: torch.optim.Adam(p, 0.01, (0.8, 0.95), 1e-6),
    ),
}
#: The difference after 20 steps that is allowed; the rounding of float64, 1e-16, grows a little from step to step.
CLOSE = 1e-8

SMALL = [Conv(4, 3), ReLU(), Flatten(), Dense(3)]


def task(count=60, seed=0):
    """Images with a bright row, and which one it is: easy, but not for a network that does not look."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    images = rng.uniform(0, 0.3, (count, 6, 5, 1))
    images[np.arange(count), 2 * labels] += 0.7
    return images, labels


def small(seed=0, dtype=np.float64):
    return nn.Model(SMALL, seed, dtype, input_shape=(6, 5, 1))


# --- as PyTorch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", [LENET5, NETWORKS["batch norm"], NETWORKS["residual"]], ids=lambda n: n.name)
def test_twenty_steps_equal_those_of_pytorch(network, optimizer):
    ours, theirs = OPTIMIZERS[optimizer]
    model = stirred(network)
    twin = torch_twin(model).train()
    images, labels = batch(network, 80, seed=1)
    losses = []
    stepper = theirs(twin.parameters())
    # 20 steps: 4 epochs of 5 batches of 16, in the order that the documentation of train states.
    rng = np.random.default_rng(7)
    for _ in range(4):
        order = rng.permutation(80)
        for start in range(0, 80, 16):
            some = order[start : start + 16]
            stepper.zero_grad()
            loss = torch.nn.functional.cross_entropy(twin(tensor(images[some])), torch.from_numpy(labels[some]))
            loss.backward()
            stepper.step()
            losses.append(loss.item())
    before = {name: array.copy() for name, array in model.params.items()}
    history = nn.train(model, images, labels, epochs=4, batch=16, optimizer=ours(), seed=7)
    np.testing.assert_allclose(history.loss, np.reshape(losses, (4, 5)).mean(axis=1), rtol=0, atol=CLOSE)
    right = nn.load_state_dict(nn.Model(network, None, np.float64), twin.state_dict())
    for name, array in (model.params | model.buffers).items():
        np.testing.assert_allclose(array, (right.params | right.buffers)[name], rtol=0, atol=CLOSE, err_msg=name)
    moved = [np.abs(array - before[name]).max() for name, array in model.params.items()]
    assert min(moved) > 1e-5 or network is not LENET5  # a bias before a normalization does nothing
    assert max(moved) > 1e-3


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_parameter_without_a_gradient_stays_and_its_moments_too(optimizer):
    ours, theirs = OPTIMIZERS[optimizer]
    params = {"a": np.array([1.0, 2.0]), "b": np.array([[3.0]])}
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in params.items()}
    mine, other = ours(), theirs(tensors.values())
    for step in range(5):
        grads = {"a": np.array([0.3, -step])} | ({"b": np.array([[step + 0.5]])} if step % 2 else {})
        mine.step(params, grads)
        for name, t in tensors.items():
            t.grad = torch.tensor(grads[name]) if name in grads else None
        other.step()
    for name, array in params.items():
        np.testing.assert_allclose(array, tensors[name].detach().numpy(), rtol=1e-14)


def test_steps_change_the_arrays_in_place_in_their_type():
    for optimizer in (nn.SGD(0.1, 0.9), nn.Adam(0.1)):
        array = np.ones(3, np.float32)
        params, grad = {"a": array}, np.ones(3)
        optimizer.step(params, {"a": grad})
        optimizer.step(params, {"a": grad})
        assert params["a"] is array
        assert array.dtype == np.float32
        assert (grad == 1).all()


# --- the loop -------------------------------------------------------------------------------------


def test_lenet_learns_the_digits():
    split = data.digits()
    model, adam = nn.Model(LENET5, seed=0), nn.Adam(2e-3)
    history = nn.train(model, split.train_images, split.train_labels, epochs=6, batch=32, optimizer=adam)
    adam.rate /= 10  # small steps at the end: where they stop depends less on the last batches
    nn.train(model, split.train_images, split.train_labels, epochs=2, batch=32, optimizer=adam, seed=1)
    # 98 % for each of six seeds, so that 97 % leaves room for another processor's rounding.
    assert nn.accuracy(model, split.test_images, split.test_labels) >= 0.97
    assert history.loss[-1] < history.loss[0] / 5


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    images, labels = task()
    layers = [Conv(4, 3), ReLU(), Dropout(0.2), Flatten(), Dense(3)]

    def trained_with(seed):
        model = nn.Model(layers, 0, input_shape=(6, 5, 1))
        return nn.train(model, images, labels, epochs=2, batch=16, seed=seed), model

    (history, model), (same_history, same), (other_history, other) = map(trained_with, (1, 1, 2))
    assert history == same_history
    assert history != other_history
    for name, array in model.params.items():
        np.testing.assert_array_equal(array, same.params[name])
    assert not np.array_equal(model.params["conv1.weight"], other.params["conv1.weight"])


def test_history_has_a_number_for_each_epoch_that_is_what_was_measured():
    images, labels = task()
    model = small()
    held_back = task(20, seed=5)
    history = nn.train(model, images, labels, epochs=3, batch=25, validation=held_back, optimizer=nn.Adam(0.02))
    assert [len(line) for line in vars(history).values()] == [3, 3, 3, 3]
    assert history.validation_accuracy[-1] == nn.accuracy(model, *held_back)
    loss, _ = model.gradients(*held_back)
    assert history.validation_loss[-1] == pytest.approx(loss, rel=1e-12)
    assert str(history).startswith("3 epochs: loss ")
    # All images in one batch: the numbers of the epoch are those of the model before its step.
    before = model.copy()
    history = nn.train(model, images, labels, epochs=1, batch=60)
    assert history.loss[0] == pytest.approx(before.gradients(images, labels)[0], rel=1e-12)
    assert history.accuracy[0] == nn.accuracy(before, images, labels)
    assert history.validation_loss == []


def test_every_image_is_seen_once_an_epoch_and_the_last_batch_is_smaller(monkeypatch):
    seen = []
    learn = nn.Model.learn_from
    monkeypatch.setattr(nn.Model, "learn_from", lambda self, x, *a: seen.append(x[:, 0, 0, 0]) or learn(self, x, *a))
    images, labels = task(10)
    nn.train(small(), images, labels, epochs=2, batch=4)
    assert [len(some) for some in seen] == [4, 4, 2, 4, 4, 2]
    first, second = np.concatenate(seen[:3]), np.concatenate(seen[3:])
    assert sorted(first) == sorted(second) == sorted(images[:, 0, 0, 0])
    assert first.tolist() != second.tolist()


def test_every_image_counts_the_same_in_the_loss_also_one_of_a_smaller_batch():
    images, labels = task(10)
    model = small()
    loss, _ = model.gradients(images, labels)
    history = nn.train(model, images, labels, epochs=1, batch=4, optimizer=nn.SGD(1e-13))  # it hardly moves
    assert history.loss[0] == pytest.approx(loss, rel=1e-10)


def test_training_ends_early_and_goes_back_to_the_best_weights(monkeypatch):
    losses = iter([3.0, 2.0, 2.5, 1.0, 1.0, 1.5, 0.5])
    kept = []

    def measure(model, images, labels):
        kept.append({name: array.copy() for name, array in (model.params | model.buffers).items()})
        return next(losses), 0.5

    monkeypatch.setattr(training, "_measure", measure)
    network = NETWORKS["batch norm"]
    images, labels = batch(network, 12)
    model = nn.Model(network)
    history = nn.train(model, images, labels, epochs=20, batch=6, validation=(images, labels), patience=2)
    assert history.validation_loss == [3.0, 2.0, 2.5, 1.0, 1.0, 1.5]
    assert history.best == 3
    for name, array in (model.params | model.buffers).items():
        np.testing.assert_array_equal(array, kept[3][name])
    assert not np.array_equal(kept[3]["norm1.mean"], kept[5]["norm1.mean"])


def test_the_best_weights_also_come_back_when_no_patience_was_needed(monkeypatch):
    losses = iter([1.0, 2.0])
    monkeypatch.setattr(training, "_measure", lambda *_: (next(losses), 0.5))
    images, labels = task()
    first, model = small(), small()
    nn.train(first, images, labels, epochs=1, batch=16)
    nn.train(model, images, labels, epochs=2, batch=16, validation=(images, labels), patience=5)
    np.testing.assert_array_equal(model.params["conv1.weight"], first.params["conv1.weight"])


@pytest.mark.parametrize(
    ("frozen", "stays"),
    [
        (["conv1"], {"conv1.weight", "conv1.bias"}),
        (["conv1.weight", "dense1.bias"], {"conv1.weight", "dense1.bias"}),
        (("dense1",), {"dense1.weight", "dense1.bias"}),
        ([], set()),
    ],
)
def test_what_is_frozen_stays_and_the_rest_moves(frozen, stays):
    images, labels = task()
    model = small()
    before = {name: array.copy() for name, array in model.params.items()}
    nn.train(model, images, labels, epochs=1, batch=20, frozen=frozen)
    assert {name for name, array in model.params.items() if np.array_equal(array, before[name])} == stays


def test_the_name_of_a_layer_is_not_the_beginning_of_another():
    layers = [part for _ in range(10) for part in (Conv(1, 1), ReLU())]
    model = nn.Model([*layers, Flatten(), Dense(2)], input_shape=(2, 2, 1))
    assert training.trained(model, ["conv1"])[:2] == ["conv2.weight", "conv2.bias"]
    assert "conv10.weight" in training.trained(model, ["conv1"])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_is_shown_to_a_person_only(monkeypatch, capsys):
    images, labels = task()
    nn.train(small(), images, labels, epochs=1)
    assert capsys.readouterr() == ("", "")
    for progress in (True, False):
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        nn.train(small(), images, labels, epochs=2, progress=progress)
        monkeypatch.undo()
        assert ("epoch 2/2: 100%" in screen.getvalue()) is progress
        assert ("loss 1." in screen.getvalue() or "loss 0." in screen.getvalue()) is progress


@pytest.mark.parametrize(
    ("factor", "says"),
    [
        (
            1,
            r"became (inf|nan) in epoch \d+, batch \d: take a smaller rate than that of SGD\(rate=1000, .*\)$",
        ),
        (100, r"or scale the images, which go up to 9\d.\d*, to 0..1$"),
    ],
)
def test_a_rate_that_is_too_large_ends_with_advice(factor, says):
    images, labels = task()
    model = nn.Model([Flatten(), Dense(9), Dense(3)], input_shape=(6, 5, 1))
    with pytest.raises(FloatingPointError, match=says):
        nn.train(model, images * factor, labels, batch=20, optimizer=nn.SGD(1000))


# --- what is measured -----------------------------------------------------------------------------


def test_accuracy_is_the_share_of_right_labels():
    model = nn.Model([Flatten(), Dense(2)], seed=None, input_shape=(1, 1, 1))
    model.params["dense1.weight"][...] = [[-1, 1]]
    images = np.array([1.0, -1, 1, 1]).reshape(4, 1, 1, 1)
    assert nn.accuracy(model, images, [1, 0, 0, 1]) == 0.75


def test_confusion_matrix_counts_each_pair_where_it_belongs():
    rng = np.random.default_rng(0)
    labels, predicted = rng.integers(0, 5, (2, 300))
    counts = nn.confusion_matrix(labels, predicted, 6)
    assert counts.shape == (6, 6)
    for i in range(6):
        for j in range(6):
            assert counts[i, j] == ((labels == i) & (predicted == j)).sum()
    assert counts[1, 2] != counts[2, 1]
    assert nn.confusion_matrix(labels.astype(np.uint8), predicted, 6).tolist() == counts.tolist()


# --- what is wrong is said ------------------------------------------------------------------------

X, Y = task(6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: nn.train(small(), X, Y[:5]), r"6 images need labels of shape \(6,\)"),
        (lambda: nn.train(small(), X[:, :5], Y), r"takes images in shape \(N, 6, 5, 1\), but got shape \(6, 5, 5, 1\)"),
        (lambda: nn.train(small(), X, Y, epochs=0), "epochs must be a positive integer, but got 0"),
        (lambda: nn.train(small(), X, Y, batch=2.0), "batch must be a positive integer, but got 2.0"),
        (lambda: nn.train(small(), X, Y, patience=True, validation=(X, Y)), "patience must be .* got True"),
        (lambda: nn.train(small(), X, Y, patience=3), r"patience needs validation=\(images, labels\)"),
        (lambda: nn.train(small(), X, Y, validation=(X,)), r"validation must be \(images, labels\), but has 1 part"),
        (lambda: nn.train(small(), X, Y, validation=(X, Y + 3)), "from 0 to 2, but these go from 3 to"),
        (lambda: nn.train(small(), X, Y, frozen=["conv2"]), "frozen names 'conv2', .*; there are: conv1, dense1"),
        (
            lambda: nn.train(small(), X, Y, frozen="conv1"),
            r"must be a list of names, but got 'conv1': write \['conv1'\]",
        ),
        (lambda: nn.train(small(), X, Y, frozen=["conv1", "dense1"]), "all 4 parameters are frozen: nothing is left"),
        (lambda: nn.SGD(0), "rate must be positive, such as 0.01, but got 0"),
        (lambda: nn.Adam(float("nan")), "rate must be positive, such as 0.01, but got nan"),
        (lambda: nn.SGD(0.1, 1), "momentum must be from 0 to less than 1, such as 0.9, but got 1"),
        (lambda: nn.Adam(beta2=1.5), "beta2 must be from 0 .* got 1.5"),
        (lambda: nn.Adam(eps=0), "eps must be positive, such as 1e-8, but got 0"),
        (lambda: nn.SGD().step({"a": np.ones(2)}, {"b": np.ones(2)}), "gradient of 'b', but no such .* there are: a"),
        (lambda: nn.Adam().step({"a": np.ones(2)}, {"a": np.ones(3)}), r"of 'a' has shape \(3,\), but .* \(2,\)"),
        (lambda: nn.accuracy(small(), X, [0]), r"6 images need labels of shape \(6,\)"),
        (lambda: nn.confusion_matrix([0], [1], 0), "classes must be a positive integer, but got 0"),
        (lambda: nn.confusion_matrix([0, 1], [1], 2), r"shape \(2,\) and predictions of shape \(1,\) do not pair"),
        (
            lambda: nn.confusion_matrix([0, 2], [1, 1], 2),
            "labels must be integers from 0 to 1, but are int64 from 0 to 2",
        ),
        (lambda: nn.confusion_matrix([0], [0.5], 2), "predicted must be integers from 0 to 1, but are float64"),
        (lambda: nn.confusion_matrix([0], [-1], 2), "predicted must be .* from -1 to -1"),
    ],
)
def test_a_bad_call_says_what_is_wrong(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_history_says_what_it_has():
    assert str(nn.History()) == "no epoch yet"
    history = nn.History([2.0, 1.0], [0.25, 0.5])
    assert (len(history), history.best, str(history)) == (2, 1, "2 epochs: loss 1.0000, accuracy 50.0%")
    assert SimpleNamespace(**vars(history)).validation_loss == []


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="no attribute 'Momentum'; it has: SGD, Adam, History, Model"):
        nn.Momentum  # noqa: B018
