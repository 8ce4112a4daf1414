"""cnnkit.nn.transfer: the experiment is what it says, and its finding holds."""

import numpy as np
import pytest

from cnnkit import data, nn
from cnnkit.nn import transfer
from cnnkit.nn.transfer import FROZEN, RANDOM, SCRATCH, TUNED, Comparison


@pytest.fixture(scope="module")
def result():
    return transfer.experiment(examples=[5], seeds=2, steps=70, ways=[RANDOM, FROZEN], progress=False)


def test_features_that_have_learned_other_digits_are_worth_more_than_random_ones(result):
    assert (result.accuracy[FROZEN] > result.accuracy[RANDOM] + 0.05).all()
    assert (result.source > 0.5).all()
    assert result.wins(FROZEN, RANDOM).tolist() == [2]


def test_the_same_seeds_give_the_same_result_whatever_else_is_asked(result):
    again = transfer.experiment(examples=[5], seeds=1, steps=70, ways=[FROZEN], progress=False)
    np.testing.assert_array_equal(again.accuracy[FROZEN][0], result.accuracy[FROZEN][0])
    np.testing.assert_array_equal(again.source, result.source[:1])


def test_features_stay_where_they_are_frozen_and_nowhere_else():
    digits = data.digits(size=8)
    base = nn.Model(transfer.NETWORK, seed=0)
    images, labels = transfer._task(digits, np.random.default_rng(0), first=5)
    assert set(labels.tolist()) == set(range(5))
    fresh = nn.Model(transfer.NETWORK, seed=1000)
    for way, first in ((FROZEN, base), (TUNED, base), (SCRATCH, fresh), (RANDOM, fresh)):
        model = transfer._learned(way, base, images[:20], labels[:20], 5, seed=0)
        changed = {
            name: not np.array_equal(array, (first if name[:4] == "conv" else fresh).params[name])
            for name, array in model.params.items()
        }
        assert changed["dense1.weight"]
        assert changed["dense1.bias"]
        assert all(changed[name] == (way in (TUNED, SCRATCH)) for name in changed if name[:4] == "conv"), way


def test_a_head_that_is_trained_alone_is_the_head_of_a_network_whose_features_are_frozen():
    images, labels = np.random.default_rng(0).random((20, 16, 16, 1), np.float32), np.arange(20) % 5
    base = nn.Model(transfer.NETWORK, seed=0)
    quick = transfer._learned(FROZEN, base, images, labels, 6, seed=3)
    plain = nn.Model(transfer.NETWORK, seed=1003)
    for name in plain.params:
        if name[:4] == "conv":
            plain.params[name][...] = base.params[name]
    nn.train(plain, images, labels, 3, 16, nn.Adam(0.02), seed=3, frozen=transfer.FEATURES, progress=False)
    for name, array in plain.params.items():
        np.testing.assert_allclose(quick.params[name], array, rtol=1e-3, atol=1e-5, err_msg=name)


def test_no_test_digit_is_among_the_examples():
    digits = data.digits(size=8)
    rng = np.random.default_rng(0)
    train = {image.tobytes() for image in digits.train_images}
    assert not any(image.tobytes() in train for image in digits.test_images)
    images, labels = transfer._task(digits, rng, first=5, copies=3, test=True)
    assert len(labels) == 3 * (digits.test_labels >= 5).sum()
    assert images.shape[1:] == (16, 16, 1)


def test_sheets_hold_each_image_once_and_at_many_places():
    images = np.arange(1, 1 + 64, dtype=np.float32).reshape(1, 8, 8, 1).repeat(300, axis=0)
    sheets = transfer.on_sheets(images, np.random.default_rng(0))
    assert (sheets.sum(axis=(1, 2, 3)) == images[0].sum()).all()
    corners = {tuple(np.argwhere(sheet[..., 0] == 1)[0]) for sheet in sheets}
    assert {row for row, _ in corners} == {column for _, column in corners} == set(range(9))
    with pytest.raises(ValueError, match="images of 8 × 8 do not fit on a sheet of 7 × 7"):
        transfer.on_sheets(images, np.random.default_rng(0), side=7)


def test_a_table_and_a_picture():
    accuracy = {FROZEN: np.array([[0.5, 0.6], [0.7, 0.8]]), SCRATCH: np.array([[0.4, 0.7], [0.5, 0.7]])}
    found = Comparison((2, 20), accuracy, np.array([0.9, 1.0]))
    np.testing.assert_allclose(found.mean(FROZEN), [0.6, 0.7])
    np.testing.assert_allclose(found.spread(FROZEN), [np.sqrt(0.02)] * 2)
    assert found.wins(FROZEN, SCRATCH).tolist() == [2, 1]
    assert str(found).splitlines() == [
        "examples of each digit               2              20",
        "features frozen          60.0% ± 14.1%   70.0% ± 14.1%",
        "from scratch              45.0% ± 7.1%    70.0% ± 0.0%",
        "2 seeds; digits 0 to 4, where the features come from: 95.0%",
    ]
    panel = found.picture().axes[0]
    assert [text.get_text() for text in panel.get_legend().get_texts()] == [FROZEN, SCRATCH]
    assert [label.get_text() for label in panel.get_xticklabels()] == ["2", "20"]
    assert Comparison((2,), {FROZEN: np.array([[0.5]])}, np.array([0.9])).spread(FROZEN).tolist() == [0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"examples": []}, r"examples must be some numbers up to 100, but got \(\)"),
        ({"examples": [5, 101]}, r"up to 100, but got \(5, 101\)"),
        ({"examples": [0]}, "examples must be positive integers, but got 0"),
        ({"seeds": 0}, "seeds must be positive integers, but got 0"),
        ({"steps": 1.5}, r"steps must be positive integers, but got 1\.5"),
        ({"ways": ["by magic"]}, r"ways must be some of features frozen, .*, but got \['by magic'\]"),
        ({"ways": []}, r"but got \(\)"),
    ],
)
def test_what_the_experiment_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        transfer.experiment(**options)
