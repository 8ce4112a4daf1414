"""How the weights take a step down the gradient."""

import numpy as np


class SGD:
    """Stochastic gradient descent, with momentum if wanted.

    Parameters
    ----------
    rate : float, default 0.01
        The learning rate: how far a step goes.
    momentum : float, default 0
        How much of the last step's velocity is kept, from 0 to less than 1.

    Raises
    ------
    ValueError
        When a number is out of its range.

    Notes
    -----
    As in PyTorch's ``torch.optim.SGD``, with velocity 0 at first::

        velocity = momentum * velocity + grad
        param    = param - rate * velocity

    References
    ----------
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.
    https://proceedings.mlr.press/v28/sutskever13.html

    Examples
    --------
    >>> params, sgd = {"weight": np.array([1.0])}, SGD(rate=0.1, momentum=0.5)
    >>> for _ in range(2):
    ...     sgd.step(params, {"weight": np.array([2.0])})
    >>> params["weight"].round(6)  # 1 - 0.1 * 2 - 0.1 * (0.5 * 2 + 2)
    array([0.5])
    """

    def __init__(self, rate=0.01, momentum=0.0):
        _check_rate(rate)
        _check_share("momentum", momentum)
        self.rate, self.momentum = rate, momentum
        self.velocity: dict[str, np.ndarray] = {}

    def __repr__(self) -> str:
        return f"SGD(rate={self.rate}, momentum={self.momentum})"

    def step(self, params, grads) -> None:
        """Change the parameters in place; those without a gradient stay as they are.

        Parameters
        ----------
        params, grads : dict of str to ndarray

        Raises
        ------
        ValueError
            When there is a gradient of no parameter, or of another shape than its parameter.
        """
        for name, param, grad in _pairs(params, grads):
            if self.momentum:
                if name in self.velocity:
                    self.velocity[name] *= self.momentum
                    self.velocity[name] += grad
                else:
                    self.velocity[name] = grad.astype(param.dtype)
                grad = self.velocity[name]
            param -= self.rate * grad


class Adam:
    """Adaptive moments: each weight has a step of its own, by how large and how steady its gradients are.

    Parameters
    ----------
    rate : float, default 0.001
        The learning rate: about how far a step goes for a steady gradient.
    beta1, beta2 : float, default 0.9 and 0.999
        How much is kept of the running means of the gradient and of its square, from 0 to less than 1.
    eps : float, default 1e-8
        Keeps the division from exploding where all gradients were 0.

    Raises
    ------
    ValueError
        When a number is out of its range.

    Notes
    -----
    As in PyTorch's ``torch.optim.Adam``; at step t, from 1 on::

        mean   = beta1 * mean + (1 - beta1) * grad
        square = beta2 * square + (1 - beta2) * grad ** 2
        param  = param - rate * (mean / (1 - beta1 ** t)) / (sqrt(square / (1 - beta2 ** t)) + eps)

    References
    ----------
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", 2015.
    https://doi.org/10.48550/arXiv.1412.6980

    Examples
    --------
    The first step is the rate, whatever the size of the gradient:

    >>> params = {"weight": np.array([1.0, 1.0])}
    >>> Adam(rate=0.1).step(params, {"weight": np.array([0.001, -1000.0])})
    >>> params["weight"].round(4)
    array([0.9, 1.1])
    """

    def __init__(self, rate=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
        _check_rate(rate)
        _check_share("beta1", beta1)
        _check_share("beta2", beta2)
        if not eps > 0:
            raise ValueError(f"eps must be positive, such as 1e-8, but got {eps!r}")
        self.rate, self.beta1, self.beta2, self.eps = rate, beta1, beta2, eps
        self.mean: dict[str, np.ndarray] = {}
        self.square: dict[str, np.ndarray] = {}
        self.steps: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"Adam(rate={self.rate}, beta1={self.beta1}, beta2={self.beta2}, eps={self.eps})"

    def step(self, params, grads) -> None:
        """Change the parameters in place; those without a gradient stay as they are.

        Parameters
        ----------
        params, grads : dict of str to ndarray

        Raises
        ------
        ValueError
            When there is a gradient of no parameter, or of another shape than its parameter.
        """
        for name, param, grad in _pairs(params, grads):
            if name not in self.mean:
                self.mean[name], self.square[name] = np.zeros_like(param), np.zeros_like(param)
            mean, square = self.mean[name], self.square[name]
            t = self.steps[name] = self.steps.get(name, 0) + 1
            mean *= self.beta1
            mean += (1 - self.beta1) * grad
            square *= self.beta2
            square += (1 - self.beta2) * np.square(grad)
            below = np.sqrt(square / (1 - self.beta2**t))
            below += self.eps
            param -= self.rate / (1 - self.beta1**t) * mean / below


def _pairs(params, grads):
    """Each gradient with its parameter."""
    for name, grad in grads.items():
        if name not in params:
            raise ValueError(f"there is a gradient of {name!r}, but no such parameter; there are: {', '.join(params)}")
        if np.shape(grad) != params[name].shape:
            raise ValueError(
                f"the gradient of {name!r} has shape {np.shape(grad)}, but the parameter {params[name].shape}"
            )
        yield name, params[name], np.asarray(grad)


def _check_rate(rate) -> None:
    if not (rate > 0 and np.isfinite(rate)):  # `not`, so that NaN does not pass
        raise ValueError(f"rate must be positive, such as 0.01, but got {rate!r}")


def _check_share(name: str, value) -> None:
    if not 0 <= value < 1:
        raise ValueError(f"{name} must be from 0 to less than 1, such as 0.9, but got {value!r}")
