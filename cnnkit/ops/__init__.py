"""The reference: every operation of a convolutional network as a vectorized NumPy function, and its gradient.

Images are ``(H, W)`` or ``(H, W, C)``, channels last; batches ``(N, H, W, C)``; banks of filters ``(F, h, w, C)``. The
gradient of ``name`` is ``name_backward``: it takes the same arrays, then the gradient that arrives, then the options,
and returns one gradient for each of the arrays, in their order. Float32 stays float32, and integers never overflow.
Nothing here imports anything but NumPy and the standard library.

To learn how a convolution works, read :mod:`cnnkit.ops.convolution`.
"""

from cnnkit.ops.activations import relu, relu_backward, sigmoid, sigmoid_backward, softmax, softmax_backward
from cnnkit.ops.color import split_channels, to_gray
from cnnkit.ops.convolution import (
    conv2d,
    conv2d_backward,
    conv2d_channels,
    conv2d_channels_backward,
    conv_layer,
    conv_layer_backward,
)
from cnnkit.ops.filtering import conv2d_same, conv2d_same_backward, filter_image, top_sobel, top_sobel_backward
from cnnkit.ops.layers import (
    batch_norm,
    batch_norm_backward,
    batch_norm_inference,
    batch_norm_inference_backward,
    dense,
    dense_backward,
    dropout,
    dropout_backward,
    dropout_mask,
    flatten,
    flatten_backward,
    locally_connected2d,
    locally_connected2d_backward,
)
from cnnkit.ops.losses import cross_entropy, cross_entropy_backward
from cnnkit.ops.padding import pad2d, pad2d_backward
from cnnkit.ops.pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    global_avg_pool,
    global_avg_pool_backward,
    max_pool2d,
    max_pool2d_backward,
    sum_pool2d,
    sum_pool2d_backward,
)

__all__ = [
    "avg_pool2d",
    "avg_pool2d_backward",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_inference",
    "batch_norm_inference_backward",
    "conv2d",
    "conv2d_backward",
    "conv2d_channels",
    "conv2d_channels_backward",
    "conv2d_same",
    "conv2d_same_backward",
    "conv_layer",
    "conv_layer_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "dense",
    "dense_backward",
    "dropout",
    "dropout_backward",
    "dropout_mask",
    "filter_image",
    "flatten",
    "flatten_backward",
    "global_avg_pool",
    "global_avg_pool_backward",
    "locally_connected2d",
    "locally_connected2d_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "pad2d",
    "pad2d_backward",
    "relu",
    "relu_backward",
    "sigmoid",
    "sigmoid_backward",
    "softmax",
    "softmax_backward",
    "split_channels",
    "sum_pool2d",
    "sum_pool2d_backward",
    "to_gray",
    "top_sobel",
    "top_sobel_backward",
]
