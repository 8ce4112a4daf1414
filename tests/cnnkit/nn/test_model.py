"""nn.Model: names, shapes and gradients; against PyTorch, and the gradients against central differences too."""

import numpy as np
import pytest

from cnnkit import nn, ops, shapes
from cnnkit.shapes import BatchNorm, Conv, Dense, Dropout, Flatten, Pool, ReLU
from tests.cnnkit.nn.networks import LENET5, NETWORKS, batch, stirred, tensor, torch, torch_twin

#: Rounding of float64 sums of at most some hundred terms of size 1, through a few layers.
TOLERANCE = 1e-10

ALL = {**NETWORKS, "LeNet-5": LENET5}


def agree(got, right):
    assert got.shape == tuple(right.shape)
    np.testing.assert_allclose(got, right, rtol=TOLERANCE, atol=TOLERANCE * max(1, np.abs(right).max()))


def grads_of_pytorch(twin, model):
    """PyTorch's gradients in our layout, under our names."""
    state = {name: parameter.grad.numpy() for name, parameter in twin.named_parameters()}
    other = nn.Model(model.network, None, model.dtype)
    # Buffers have no gradient: whatever stands there stays.
    state |= {name: buffer.numpy() for name, buffer in twin.named_buffers()}
    return nn.load_state_dict(other, state, list(twin.state_dict())).params


# --- names and shapes -----------------------------------------------------------------------------


def test_layers_are_named_by_kind_and_number():
    assert " ".join(name for name, _ in nn.Model(LENET5).layers) == (
        "conv1 relu1 pool1 conv2 relu2 pool2 flatten1 dense1 relu3 dense2 relu4 dense3"
    )
    model = nn.Model(NETWORKS["residual"])
    assert " ".join(name for name, _ in model.layers) == (
        "conv1 norm1 relu1 conv2 relu2 conv3 add1 relu3 conv4 norm2 conv5 norm3 add2 relu4 globalpool1 dense1"
    )
    assert [layer for _, layer in model.layers] == [row.layer for row in shapes.summary(model.network).rows]


def test_params_and_buffers_have_their_names_shapes_and_order():
    model = nn.Model(NETWORKS["batch norm"])
    assert {name: array.shape for name, array in model.params.items()} == {
        "conv1.weight": (4, 3, 3, 2),
        "norm1.gamma": (4,),
        "norm1.beta": (4,),
        "norm2.gamma": (24,),
        "norm2.beta": (24,),
        "dense1.weight": (24, 7),
        "dense1.bias": (7,),
        "norm3.gamma": (7,),
        "norm3.beta": (7,),
        "dense2.weight": (7, 3),
        "dense2.bias": (3,),
    }
    assert list(model.params)[:3] == ["conv1.weight", "norm1.gamma", "norm1.beta"]
    assert list(model.buffers) == [f"norm{n}.{what}" for n in (1, 2, 3) for what in ("mean", "variance")]


@pytest.mark.parametrize("name", ["LeNet-5", "AlexNet", "ResNet-18", "ResNet-50"])
def test_known_networks_have_the_parameters_of_their_tables(name):
    model = nn.Model(shapes.NETWORKS[name], seed=None)
    assert sum(array.size for array in model.params.values()) == shapes.NETWORKS[name].parameters()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_everything_stays_in_the_models_type(network, dtype):
    model = nn.Model(network, dtype=dtype)
    images, labels = batch(network)
    _, grads = model.gradients(images, labels)
    arrays = [*model.params.values(), *model.buffers.values(), *model.feature_maps(images).values(), *grads.values()]
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}
    assert model.probabilities(images).dtype == dtype


def test_weights_come_from_the_seed_and_have_the_size_that_relu_asks_for():
    first, same, other = (nn.Model(LENET5, seed) for seed in (3, 3, 4))
    for name, array in first.params.items():
        np.testing.assert_array_equal(array, same.params[name])
    assert not np.array_equal(first.params["conv1.weight"], other.params["conv1.weight"])
    weights = first.params["dense1.weight"]  # 48,000 of them: their deviation is known to a hundredth
    assert weights.std() == pytest.approx(np.sqrt(2 / 400), rel=0.02)
    assert not first.params["dense1.bias"].any()
    assert not any(array.any() for array in nn.Model(LENET5, seed=None).params.values())


def test_a_list_of_layers_with_an_input_shape_is_a_network():
    model = nn.Model([Conv(2, 3), Flatten(), Dense(3)], input_shape=(5, 6, 1))
    assert repr(model) == "Model: 3 layers, 95 parameters, float32"
    assert model(np.zeros((4, 5, 6, 1))).shape == (4, 3)
    assert nn.Model(LENET5, input_shape=(32, 32, 3)).params["conv1.weight"].shape == (6, 5, 5, 3)


# --- forward --------------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_forward_equals_pytorch(network, training):
    model = stirred(network)
    twin = torch_twin(model).train(training)
    images, _ = batch(network)
    agree(model.forward(images, training=training), twin(tensor(images)).detach().numpy())
    # What batch normalization collected on the way, in training only.
    state = twin.state_dict()
    collected = nn.load_state_dict(nn.Model(network, None, np.float64), state).buffers
    for name, array in model.buffers.items():
        agree(array, collected[name])


def test_the_border_of_a_pool_never_is_the_maximum_and_counts_as_0_in_a_mean():
    images = -1 - np.random.default_rng(0).random((2, 5, 6, 3))
    for kind in ("max", "average"):
        model = nn.Model([Pool((3, 2), stride=2, pad=1, kind=kind)], dtype=np.float64, input_shape=(5, 6, 3))
        agree(model(images), np.moveaxis(torch_twin(model)(tensor(images)).numpy(), 1, -1))


def test_vgg_16_in_float32_equals_pytorch_on_small_images():
    # At 224 × 224 the same layers take minutes of a test's time; bench/nn.py compares there.
    model = nn.Model(shapes.VGG16, input_shape=(64, 32, 3))
    images, _ = batch(model.network, 1, dtype=np.float32)
    with torch.inference_mode():
        right = torch_twin(model).eval()(tensor(images)).numpy()
    # Rounding of float32, 1e-7, in 16 layers, some of them by Winograd's algorithm.
    np.testing.assert_allclose(model(images), right, rtol=0, atol=1e-4 * np.abs(right).max())


def test_feature_maps_are_the_outputs_of_the_layers_in_order():
    model = stirred(LENET5)
    images, _ = batch(LENET5, 2)
    maps = model.feature_maps(images)
    assert list(maps) == [name for name, _ in model.layers]
    agree(maps["conv1"], ops.conv_layer(images, model.params["conv1.weight"], model.params["conv1.bias"], pad=2))
    agree(maps["pool2"], ops.avg_pool2d(maps["relu2"]))
    agree(maps["dense3"], model(images))
    residual = stirred(NETWORKS["residual"])
    images, _ = batch(NETWORKS["residual"], 2)
    maps = residual.feature_maps(images)
    assert list(maps) == [name for name, _ in residual.layers]
    agree(maps["add2"], maps["norm2"] + maps["norm3"])


def test_predictions_do_not_depend_on_how_many_are_computed_at_a_time():
    model = stirred(NETWORKS["batch norm"])
    images, _ = batch(model.network, 11)
    assert model.predict(images).tolist() == model(images).argmax(axis=1).tolist()
    agree(model.scores(images, batch=4), model(images))
    np.testing.assert_allclose(model.probabilities(images).sum(axis=1), 1)


def test_a_copy_shares_nothing():
    model = stirred(NETWORKS["batch norm"])
    copy = model.copy()
    images, labels = batch(model.network)
    before = copy(images)
    model.gradients(images, labels)  # collects statistics
    model.params["dense2.bias"] += 1
    np.testing.assert_array_equal(copy(images), before)
    assert not np.array_equal(model(images), before)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool, np.float16, ">f8"])
def test_images_may_be_of_any_numbers_and_are_not_changed(kind):
    model = nn.Model(LENET5)
    images = np.random.default_rng(0).integers(0, 2, (2, 28, 28, 1)).astype(kind)
    before = images.copy()
    np.testing.assert_array_equal(model(images), model(before.astype(np.float32)))
    model.gradients(images, [1, 2])
    np.testing.assert_array_equal(images, before, strict=True)


# --- backward -------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ALL.values(), ids=ALL)
def test_gradients_equal_pytorch(network):
    model = stirred(network)
    twin = torch_twin(model)
    images, labels = batch(network)
    right = torch.nn.functional.cross_entropy(twin(tensor(images)), torch.from_numpy(labels))
    right.backward()
    loss, grads = model.gradients(images, labels)
    assert loss == pytest.approx(right.item(), rel=TOLERANCE)
    assert list(grads) == list(model.params)
    for name, array in grads_of_pytorch(twin, model).items():
        agree(grads[name], array)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
def test_gradients_equal_central_differences(network):
    model = stirred(network, seed=2)
    images, labels = batch(network, 4, seed=5)
    _, grads = model.gradients(images, labels)
    rng = np.random.default_rng(0)
    step = 1e-6

    def loss_at(array, place, value):
        old = array[place]
        array[place] = value
        loss, _ = model.gradients(images, labels, trainable=model.params)
        array[place] = old
        return loss

    for name, array in model.params.items():
        for _ in range(3):
            place = tuple(rng.integers(0, side) for side in array.shape)
            ends = [loss_at(array, place, array[place] + sign * step) for sign in (1, -1)]
            # The error of the difference is of the order of step squared; rounding adds 1e-16 / step.
            assert grads[name][place] == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5, abs=1e-8), name


def test_gradients_through_dropout_equal_central_differences():
    layers = [Conv(3, 3), Dropout(0.3), ReLU(), Flatten(), Dropout(0.5), Dense(4)]
    model = nn.Model(layers, 1, np.float64, input_shape=(6, 5, 2))
    images, labels = batch(model.network, 5)

    def run():
        return model.gradients(images, labels, rng=np.random.default_rng(8))

    _, grads = run()
    for name, place in (("conv1.weight", (1, 2, 0, 1)), ("dense1.weight", (7, 2)), ("conv1.bias", (0,))):
        array, losses = model.params[name], []
        for step in (1e-6, -2e-6):
            array[place] += step
            losses.append(run()[0])
        array[place] += 1e-6
        assert grads[name][place] == pytest.approx((losses[0] - losses[1]) / 2e-6, rel=1e-5, abs=1e-8)


def test_dropout_drops_in_training_only():
    model = nn.Model([Flatten(), Dropout(0.5), Dense(2)], input_shape=(4, 4, 1))
    images = np.ones((3, 4, 4, 1))
    rng = np.random.default_rng(0)
    dropped = [model.forward(images, training=True, rng=rng) for _ in range(2)]
    assert not np.array_equal(*dropped)
    np.testing.assert_array_equal(model(images), model(images))


@pytest.mark.parametrize(
    "trainable",
    [["dense3.weight"], ["dense2.bias", "conv2.weight"], ["conv1.bias"], ["dense1.weight", "dense1.bias"], []],
)
def test_only_wanted_gradients_are_computed_and_they_are_the_same(trainable, monkeypatch):
    model = stirred(LENET5)
    images, labels = batch(LENET5)
    loss, everything = model.gradients(images, labels)
    backwards = []
    step = type(model.steps[0])
    monkeypatch.setattr(
        step, "backward", lambda self, *a, _old=step.backward: backwards.append(self.name) or _old(self, *a)
    )
    same, grads = model.gradients(images, labels, trainable=trainable)
    assert same == loss
    assert list(grads) == [name for name in model.params if name in trainable]
    for name, grad in grads.items():
        agree(grad, everything[name])
    lowest = min((int(name[4]) for name in trainable if name.startswith("conv")), default=3)
    assert backwards == [f"conv{number}" for number in (2, 1) if number >= lowest]


@pytest.mark.parametrize("name", ["conv4.weight", "conv5.weight", "norm1.gamma", "dense1.bias"])
def test_only_wanted_gradients_in_and_below_a_residual_block(name):
    model = stirred(NETWORKS["residual"])
    images, labels = batch(model.network)
    twin = torch_twin(model).eval()  # frozen normalizations go by what they have collected
    twin[1].train(name.startswith("norm1"))
    torch.nn.functional.cross_entropy(twin(tensor(images)), torch.from_numpy(labels)).backward()
    _, grads = model.gradients(images, labels, trainable=[name])
    assert list(grads) == [name]
    agree(grads[name], grads_of_pytorch(twin, model)[name])


def test_a_frozen_normalization_uses_and_keeps_what_it_has_collected():
    model = stirred(NETWORKS["batch norm"])
    images, labels = batch(model.network)
    before = {name: array.copy() for name, array in model.buffers.items()}
    trainable = [name for name in model.params if not name.startswith(("norm1", "norm2"))]
    model.gradients(images, labels, trainable=trainable)
    assert {name for name, array in model.buffers.items() if not np.array_equal(array, before[name])} == {
        "norm3.mean",
        "norm3.variance",
    }


def test_the_loss_is_right_where_probabilities_round_to_0():
    model = nn.Model([Flatten(), Dense(2)], input_shape=(1, 1, 1))
    model.params["dense1.weight"][...] = [[1000.0, -1000.0]]
    loss, grads = model.gradients([[[[1.0]]]], [1])
    assert loss == 2000.0
    assert grads["dense1.bias"].tolist() == [1.0, -1.0]


# --- what is wrong is said ------------------------------------------------------------------------

X = np.zeros((2, 28, 28, 1))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda m: m(X[0]),
            r"in shape \(N, 28, 28, 1\), but got shape \(28, 28, 1\): a batch of one .*image\[np.newaxis",
        ),
        (lambda m: m(X[..., 0]), r"\(2, 28, 28\): grey images have one channel, images\[..., np.newaxis\]"),
        (lambda m: m(np.zeros((2, 8, 8, 1))), r"\(2, 8, 8, 1\): make the model with input_shape=\(8, 8, 1\)"),
        (lambda m: m(np.zeros((2, 28, 28, 3))), r"but got shape \(2, 28, 28, 3\)$"),
        (lambda m: m(X[:0]), r"but got shape \(0, 28, 28, 1\)"),
        (lambda m: m(X.astype(str)), "images are numbers, but"),
        (lambda m: m.predict(X, batch=0), "batch must be a positive integer, but got 0"),
        (lambda m: m.gradients(X, [1]), r"2 images need labels of shape \(2,\), but these have shape \(1,\)"),
        (lambda m: m.gradients(X, [1.0, 2.0]), r"these are float64: convert them with labels.astype\(int\)"),
        (lambda m: m.gradients(X, [1, 10]), r"go from 0 to 9, but these go from 1 to 10: .*Dense\(11\)"),
        (lambda m: m.gradients(X, [-1, 1]), r"from 0 to 9, but these go from -1 to 1"),
        (lambda m: m.gradients(X, [1, 2], trainable=["conv9.weight"]), "no parameter 'conv9.weight'; there are: conv1"),
        (lambda m: nn.Model([Dense(2)]), "needs an input_shape, for example"),
        (lambda m: nn.Model([], input_shape=(1, 1, 1)), "at least one layer, but got none"),
        (lambda m: nn.Model([Conv(2, 3), Dense(2)], input_shape=(5, 5, 1)), r"dense, 2 units: .*put Flatten\(\)"),
        (
            lambda m: nn.Model([Pool(2, pad=2)], input_shape=(5, 5, 1)),
            "pool1, max pool 2 × 2: a border of 2 is more than half",
        ),
        (lambda m: nn.Model([shapes.Layer()], input_shape=(5, 5, 1)), r"layers from cnnkit.shapes \(Conv, Dense, "),
        (lambda m: nn.Model(LENET5, dtype=np.float16), "float32 or float64, but got <class 'numpy.float16'>"),
        (
            lambda m: nn.Model([Dropout(0.5)], input_shape=(5, 5, 1)).forward(np.ones((1, 5, 5, 1)), training=True),
            r"dropout1 drops numbers at random .* rng=np.random.default_rng\(0\)",
        ),
        (
            lambda m: nn.Model([Conv(2, 3)], input_shape=(5, 5, 1)).gradients(np.ones((1, 5, 5, 1)), [0]),
            r"output has shape \(3, 3, 2\), which are no scores of labels: end it with Flatten\(\) and Dense\(K\)",
        ),
    ],
)
def test_a_bad_call_says_what_is_wrong(call, says):
    with pytest.raises(ValueError, match=says):
        call(nn.Model(LENET5, seed=None))


def test_batch_norm_of_a_single_number_collects_a_finite_variance():
    model = nn.Model([Flatten(), BatchNorm(), Dense(2)], input_shape=(1, 1, 3))
    model.gradients(np.ones((1, 1, 1, 3)), [1])
    assert all(np.isfinite(array).all() for array in model.buffers.values())
