"""Windows: where they read, and what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

from foldline.errors import NetworkError
from foldline.graph.windows import Sliding, check_size, convolution, means, pools, transposed_convolution


def sliding(k: int, step: int = 1, low: int = 0, high: int = 0, *, ceil: bool = False) -> Sliding:
    return Sliding((k,), (step,), (1,), (low,), (high,), ceil)


def test_a_convolution_is_numpys() -> None:
    rng = np.random.default_rng(0)
    kernel, x = rng.normal(size=3), rng.normal(size=8)
    W = convolution(kernel[None, None], [1, 8], sliding(3, low=1, high=2))
    np.testing.assert_allclose(W @ x, np.convolve(np.pad(x, (1, 2)), kernel[::-1], "valid"), rtol=0, atol=1e-14)


def test_a_transposed_convolution_is_the_transpose() -> None:
    kernels = np.random.default_rng(1).normal(size=(2, 3, 2))
    forward = convolution(kernels, [3, 6], sliding(2, 2))
    backward, shape = transposed_convolution(kernels, [2, 3], sliding(2, 2), 1, [0])
    assert shape == (3, 6) and np.array_equal(backward, forward.T)


def test_a_last_window_is_kept_only_if_it_starts_before_the_padding() -> None:
    assert sliding(2, 2).sizes([3]) == (1,)
    assert sliding(2, 2, ceil=True).sizes([3]) == (2,)
    assert sliding(2, 2, 1, 1, ceil=True).sizes([3]) == (2,)
    assert sliding(1, 2, 0, 1, ceil=True).sizes([3]) == (2,)


def test_counts_leave_out_what_lies_beyond_the_padding() -> None:
    window = sliding(3, 2, 1, 1, ceil=True)
    assert window.counts([4], padded=False).tolist() == [2, 3, 1]
    assert window.counts([4], padded=True).tolist() == [3, 3, 2]


def test_pools_read_each_channel_by_itself() -> None:
    assert pools([2, 4], sliding(2, 2)).tolist() == [[0, 1], [2, 3], [4, 5], [6, 7]]


def test_means_leave_out_padding() -> None:
    assert means(np.array([[0, -1], [0, 1]]), np.array([1, 2]), 2).tolist() == [[1, 0], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("kernel", "step", "low", "message"),
    [(0, 1, 0, "that fit one another"), (1, 0, 0, "that fit one another"), (1, 1, -1, "that fit one another")],
)
def test_a_window_of_no_size_is_refused(kernel: int, step: int, low: int, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        sliding(kernel, step, low)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(NetworkError, match="windows that fit; got a kernel"):
        sliding(4).sizes([3])
    with pytest.raises(NetworkError, match="a window of 2 axes"):
        sliding(1).sizes([3, 3])
    with pytest.raises(NetworkError, match="kernels for 3 channels in 2 groups"):
        convolution(np.ones((2, 1, 1)), [3, 4], sliding(1), 2)
    with pytest.raises(NetworkError, match="kernels that fit"):
        transposed_convolution(np.ones((2, 1, 1)), [2, 4], sliding(1), 1, [1])
    with pytest.raises(NetworkError, match="at most 33554432 numbers; got 8193 x 8192"):
        check_size(8193, 8192)
