"""The reference: every operation of a convolutional network as a vectorized NumPy function.

Images are ``(H, W)`` or ``(H, W, C)``, channels last. Nothing here imports anything but NumPy.
"""

from cnnkit.ops.color import split_channels, to_gray
from cnnkit.ops.convolution import conv2d, conv2d_channels

__all__ = ["conv2d", "conv2d_channels", "split_channels", "to_gray"]
