"""cnnkit.ops refuses every bad call with the shapes in question and the fix."""

import numpy as np
import pytest

from cnnkit import ops

RNG = np.random.default_rng(0)
NAN = np.nan


def z(*shape):
    return np.zeros(shape)


BAD_CALLS = [
    # Padding.
    (ops.pad2d, (z(4), 1), r"image in shape \(H, W\) or \(H, W, C\) or \(N, H, W, C\), but got shape \(4,\)"),
    (ops.pad2d, (z(4, 5), -1), "pad must be an integer from 0 up or a pair of them, but got -1"),
    (ops.pad2d, (z(4, 5), 1.5), r"but got 1\.5"),
    (ops.pad2d, (z(4, 5), (1, 2, 3)), r"but got \(1, 2, 3\)"),
    (ops.pad2d, (z(4, 5), 1, "same"), "mode must be one of 'zero', 'reflect', 'symmetric', but got 'same'"),
    (
        ops.pad2d,
        (z(4, 5), 4, "reflect"),
        r"cannot add 4 cells to the image \(4, 5\), .* 4 high: .* at most 3",
    ),
    (ops.pad2d, (z(4, 5), (0, 6), "symmetric"), r"cannot add 6 .* \(4, 5\), which is 5 wide: .* at most 5 .* 'zero'"),
    (ops.pad2d, (z(2, 4, 5, 3), (4, 0), "reflect"), r"image \(2, 4, 5, 3\), which is 4 high"),
    (ops.pad2d, ([["a"]], 1), r"pad2d takes numbers, but the image \(1, 1\) holds <U1"),
    (ops.pad2d_backward, (z(4, 5), z(4, 5), 1), r"grad has shape \(4, 5\), but .* of pad2d, \(6, 7\)"),
    # Convolution; conv2d and conv2d_channels have a table of their own.
    (ops.conv2d_backward, (z(4, 5), z(2, 2), z(4, 5)), r"grad has shape \(4, 5\), .* of conv2d, \(3, 4\)"),
    (ops.conv2d_backward, (z(4, 5), z(2, 2), z(3, 4), 2), r"grad has shape \(3, 4\), .* of conv2d, \(2, 2\)"),
    (ops.conv2d_backward, (z(4, 5), z(5, 2), z(1, 1)), r"kernel \(5, 2\) does not fit in the image \(4, 5\)"),
    (ops.conv2d_channels_backward, (z(4, 5, 3), z(2, 2, 3), z(3, 4, 3)), r"grad has shape \(3, 4, 3\), .*\(3, 4\)"),
    (ops.conv2d_same, (z(4, 5), z(2, 3)), r"odd sides, which has a middle, but got shape \(2, 3\): add a row or"),
    (ops.conv2d_same, (z(4, 5), z(3, 4)), r"odd sides, .* \(3, 4\)"),
    (ops.conv2d_same, (z(4, 5), z(3, 3), "wrap"), "mode must be one of .*, but got 'wrap'"),
    (ops.conv2d_same, (z(4, 5), z(9, 1), "reflect"), r"cannot add 4 cells to the image \(4, 5\)"),
    (
        ops.conv2d_same,
        (z(4, 5, 3), z(3, 3)),
        r"conv2d_same .* image in shape \(H, W\), but got shape \(4, 5, 3\)",
    ),
    (ops.conv2d_same_backward, (z(4, 5), z(3, 3), z(2, 3)), r"grad has shape \(2, 3\), .*\(4, 5\)"),
    (ops.top_sobel, (z(2, 5),), r"kernel \(3, 3\) does not fit in the image \(2, 5\): pad the image"),
    (ops.top_sobel, (z(4, 5, 3),), r"top_sobel takes the image in shape \(H, W\), but got shape \(4, 5, 3\)"),
    (ops.top_sobel_backward, (z(4, 5), z(4, 5)), r"grad has shape \(4, 5\), .*\(2, 3\)"),
    (ops.filter_image, (z(4, 5, 3), z(3, 3)), r"takes uint8, but the image \(4, 5, 3\) holds float64: scale it"),
    (ops.filter_image, (z(4, 5).astype(np.uint8), z(3, 3)), r"in shape \(H, W, C\), but got shape \(4, 5\)"),
    (ops.filter_image, (z(4, 5, 3).astype(np.uint8), z(2, 3)), r"odd sides, .* \(2, 3\)"),
    (ops.filter_image, (z(4, 5, 3).astype(np.uint8), z(11, 3)), r"cannot add 5 cells to the image \(4, 5, 3\)"),
    (ops.conv_layer, (z(4, 5), z(1, 2, 2, 1)), r"\(H, W, C\) or \(N, H, W, C\), but got shape \(4, 5\)"),
    (ops.conv_layer, (z(4, 5, 3), z(2, 2, 3)), r"filters in shape \(F, h, w, C\), but got shape \(2, 2, 3\)"),
    (ops.conv_layer, (z(4, 5, 3), z(0, 2, 2, 3)), r"filters of shape \(0, 2, 2, 3\) is empty"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 4)), r"\(4, 5, 3\) has 3 channels, .*\(1, 2, 2, 4\) are 4 deep: .*here 3"),
    (ops.conv_layer, (z(4, 5, 3), z(2, 2, 2, 3), z(3)), r"bias has shape \(3,\), .*\(2, 2, 2, 3\) need .* \(2,\)"),
    (ops.conv_layer, (z(4, 5, 3), z(2, 2, 2, 3), 1.0), r"bias in shape \(F,\), but got shape \(\)"),
    (
        ops.conv_layer,
        (z(4, 5, 3), z(1, 5, 2, 3)),
        r"\(1, 5, 2, 3\), .* span 5 × 2 .*\(4, 5, 3\), .* is 4 × 5 with",
    ),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 0), "stride must be a positive integer .*, but got 0"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, (1, -2)), r"stride must .*, but got \(1, -2\)"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, -1), "pad must be an integer from 0 up .*, but got -1"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, "full"), "pad must be 'valid', 'same' or .*, but got 'full'"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, ((1, 1), 2)), r"\(\(top, bottom\), .* got \(\(1, 1\), 2\)"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, ((1, 1), (0, -1))), r"but got \(0, -1\)"),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, 0, 0), "dilation must be a positive integer .*, but got 0"),
    (
        ops.conv_layer,
        (z(4, 5, 3), z(1, 3, 2, 3), None, 1, 0, 2),
        r"5 × 3 cells with dilation \(2, 2\), do not fit",
    ),
    (ops.conv_layer, (z(4, 5, 3), z(1, 2, 2, 3), None, 1, 0, 1, 0), "groups must be a positive integer, but got 0"),
    (ops.conv_layer, (z(4, 5, 3), z(2, 2, 2, 1), None, 1, 0, 1, 2), r"groups=2 does not divide the 3 channels"),
    (ops.conv_layer, (z(4, 5, 4), z(3, 2, 2, 2), None, 1, 0, 1, 2), r"and the 3 filters \(3, 2, 2, 2\): take a number"),
    (ops.conv_layer, (z(4, 5, 4), z(2, 2, 2, 4), None, 1, 0, 1, 2), "4 channels in 2 groups, .* are 4 deep: .* here 2"),
    (
        ops.conv_layer_backward,
        (z(2, 4, 5, 3), z(6, 2, 2, 3), z(6), z(3, 4, 6)),
        r"grad has shape \(3, 4, 6\), but must have the shape of the result of conv_layer, \(2, 3, 4, 6\)",
    ),
    # Pooling.
    (ops.max_pool2d, (z(4),), r"max_pool2d takes the input in shape \(H, W\) or .*, but got shape \(4,\)"),
    (ops.max_pool2d, (z(4, 5), 0), "size must be a positive integer .*, but got 0"),
    (ops.max_pool2d, (z(4, 5), 2, 0), "stride must be a positive integer .*, but got 0"),
    (ops.avg_pool2d, (z(4, 5, 3), 5), r"window of 5 × 5 does not fit in the input \(4, 5, 3\), which is 4 × 5: take"),
    (ops.sum_pool2d, (z(2, 4, 5, 3), (1, 6)), r"window of 1 × 6 does not fit in the input \(2, 4, 5, 3\)"),
    (ops.sum_pool2d, (z(0, 5),), r"input of shape \(0, 5\) is empty"),
    (ops.max_pool2d_backward, (z(5, 5), z(3, 3)), r"grad has shape \(3, 3\), .* of max_pool2d, \(2, 2\)"),
    (ops.avg_pool2d_backward, (z(5, 5, 3), z(2, 2)), r"grad has shape \(2, 2\), .* of avg_pool2d, \(2, 2, 3\)"),
    (ops.sum_pool2d_backward, (z(2, 5, 5, 3), z(2, 2, 3)), r"of sum_pool2d, \(2, 2, 2, 3\)"),
    (ops.global_avg_pool, (z(4, 5),), r"\(H, W, C\) or \(N, H, W, C\), but got shape \(4, 5\)"),
    (ops.global_avg_pool_backward, (z(4, 5, 3), z(5)), r"of global_avg_pool, \(3,\)"),
    # Activations.
    (ops.relu, (["a"],), r"relu takes numbers, but the input \(1,\) holds <U1"),
    (ops.relu_backward, (z(3), z(4)), r"grad has shape \(4,\), but must have the shape of the result of relu, \(3,\)"),
    (ops.sigmoid, ([1j],), r"sigmoid takes numbers, but the input \(1,\) holds complex128"),
    (ops.sigmoid_backward, (z(3, 2), z(2, 3)), r"grad has shape \(2, 3\), .*\(3, 2\)"),
    (ops.softmax, (1.0,), r"along the last axis, at least one, but got shape \(\)"),
    (ops.softmax, (z(3, 0),), r"at least one, but got shape \(3, 0\)"),
    (ops.softmax, ([[1.0, NAN]],), r"finite scores, but the largest of a row of \(1, 2\) is not finite"),
    (ops.softmax_backward, (z(3, 2), z(3, 2), z(2)), r"result has shape \(2,\), .* of softmax, \(3, 2\)"),
    (ops.max_pool2d_backward, (z(4, 4), z(2, 2), 2, 2, z(4, 4)), r"result has shape \(4, 4\), .* max_pool2d, \(2, 2\)"),
    (ops.softmax_backward, (z(3, 2), z(3)), r"grad has shape \(3,\), .*\(3, 2\)"),
    # Layers.
    (ops.batch_norm, (z(4, 5, 3), z(3), z(3)), r"\(N, H, W, C\) or \(N, C\), but got shape \(4, 5, 3\)"),
    (ops.batch_norm, (z(2, 4, 5, 3), z(4), z(3)), r"gamma has shape \(4,\), but the input \(2, 4, 5, 3\) .*\(3,\)"),
    (ops.batch_norm, (z(2, 3), z(3), z(1)), r"beta has shape \(1,\), .*\(2, 3\)"),
    (ops.batch_norm, (z(2, 3), z(3), z(3), 0), "eps must be positive, such as 1e-5, but got 0"),
    (ops.batch_norm_backward, (z(2, 3), z(3), z(3), z(3)), r"grad has shape \(3,\), .* of batch_norm, \(2, 3\)"),
    (ops.batch_norm_inference, (z(2, 3), z(3), z(3), z(2), z(3)), r"mean has shape \(2,\)"),
    (ops.batch_norm_inference, (z(2, 3), z(3), z(3), z(3), z(3) - 1), r"variance is at least 0, .* \(3,\) is -1"),
    (ops.batch_norm_inference, (z(2, 3), z(3), z(3), z(3), z(3) + NAN), r"variance is at least 0, .* is nan"),
    (ops.batch_norm_inference_backward, (z(2, 3), *[z(3)] * 4, z(2)), r"of batch_norm_inference, \(2, 3\)"),
    (ops.dropout, (z(2, 3), 1, RNG), r"from 0 to less than 1, but got 1: 0\.5 drops half of the \(2, 3\) numbers"),
    (ops.dropout, (z(2, 3), -0.1, RNG), r"but got -0\.1"),
    (ops.dropout, (z(2, 3), NAN, RNG), "but got nan"),
    (ops.dropout, (z(2, 3), 0.5, 0), r"rng must be a numpy\.random\.Generator, such as .*default_rng\(0\), but got 0"),
    (ops.dropout_mask, ((2, 3), 2, RNG), "but got 2"),
    (ops.dropout_backward, (z(2, 3), z(3, 2), 0.5, RNG), r"of dropout, \(2, 3\)"),
    (ops.flatten, (1.0,), r"a batch of shape \(N, \.\.\.\), .* but got shape \(\)"),
    (ops.flatten_backward, (z(2, 3, 4), z(2, 3, 4)), r"grad has shape \(2, 3, 4\), .* of flatten, \(2, 12\)"),
    (ops.dense, (z(2, 3, 4), z(12, 5), z(5)), r"input in shape \(N, D\), but got shape \(2, 3, 4\); flatten it first"),
    (ops.dense, (z(2, 3), z(4, 5), z(5)), r"input \(2, 3\) has 3 numbers a row, but the weights \(4, 5\) take 4"),
    (ops.dense, (z(2, 3), z(3, 5), z(3)), r"bias has shape \(3,\), but the weights \(3, 5\) .* \(5,\)"),
    (ops.dense_backward, (z(2, 3), z(3, 5), z(5), z(5, 2)), r"of dense, \(2, 5\)"),
    (ops.locally_connected2d, (z(4, 5, 3), z(3, 4, 2, 2)), r"image in shape \(H, W\), but got shape \(4, 5, 3\)"),
    (ops.locally_connected2d, (z(4, 5), z(3, 4)), r"\(H', W', h, w\), but got shape \(3, 4\)"),
    (ops.locally_connected2d, (z(4, 5), z(4, 5, 2, 2)), r"has 3 × 4 windows of 2 × 2, .*\(4, 5, 2, 2\) are for 4 × 5"),
    (ops.locally_connected2d, (z(4, 5), z(1, 1, 5, 2)), r"5 × 2 do not fit in the image \(4, 5\): pad"),
    (ops.locally_connected2d_backward, (z(4, 5), z(3, 4, 2, 2), z(4, 5)), r"of locally_connected2d, \(3, 4\)"),
    # The loss.
    (ops.cross_entropy, (z(3), [0]), r"probabilities in shape \(N, K\), but got shape \(3,\)"),
    (ops.cross_entropy, (z(2, 3), [0]), r"probabilities \(2, 3\) need one label a row, .* shape \(1,\)"),
    (ops.cross_entropy, (z(2, 3), z(2, 3)), r"labels in shape \(N,\), but got shape \(2, 3\)"),
    (ops.cross_entropy, (z(2, 3), [0, 3]), r"\(2, 3\) go from 0 to 2, but these go from 0 to 3: count .* from 0"),
    (ops.cross_entropy, (z(2, 3), [-1, 0]), "go from -1 to 0"),
    (ops.cross_entropy, (z(2, 3), [0.0, 1.0]), r"labels are integers, .* \(2,\) are float64: convert them"),
    (ops.cross_entropy, ([[NAN, 0.5]], [1]), r"from 0 to 1, but those of shape \(1, 2\) go from nan to nan"),
    (ops.cross_entropy, ([[-3.0, 2.0]], [1]), "go from -3 to 2: apply softmax"),
    (ops.cross_entropy_backward, ([[0.5, 0.5]], [2]), "go from 0 to 1, but these go from 2 to 2"),
    (ops.cross_entropy_backward, ([[0.5, 0.5]], [1], [1.0]), r"grad has shape \(1,\), .* of cross_entropy, \(\)"),
]


@pytest.mark.parametrize(("function", "arguments", "message"), BAD_CALLS)
def test_a_bad_call_names_the_shapes_and_the_fix(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)


def test_every_function_that_can_be_misused_is_in_the_table():
    elsewhere = {"conv2d", "conv2d_channels", "split_channels", "to_gray"}
    assert {function.__name__ for function, *_ in BAD_CALLS} | elsewhere == set(ops.__all__)
