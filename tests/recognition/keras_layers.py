"""MTCNN's networks once more, slowly and in numpy, laid out as Keras computes them (NHWC).

Independent of the ONNX graphs on purpose: the tests compare the two.
"""

from __future__ import annotations

import math

import numpy as np

Weights = list[np.ndarray]


def convolve(image, kernel, bias):
    rows, columns = kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(image, (rows, columns), axis=(0, 1))
    return np.einsum("yxcij,ijco->yxo", windows, kernel) + bias


def prelu(x, slopes):
    return np.where(x >= 0, x, x * slopes)


def pool(x, size, same):
    height, width = x.shape[:2]
    out = [math.ceil(n / 2) if same else (n - size) // 2 + 1 for n in (height, width)]
    needed = [max((o - 1) * 2 + size - n, 0) if same else 0
              for o, n in zip(out, (height, width), strict=True)]  # fmt: skip
    edges = [(n // 2, n - n // 2) for n in needed]
    x = np.pad(x, [*edges, (0, 0)], constant_values=-np.inf)
    result = np.empty((*out, x.shape[2]))
    for row in range(out[0]):
        for column in range(out[1]):
            window = x[2 * row : 2 * row + size, 2 * column : 2 * column + size]
            result[row, column] = window.max(axis=(0, 1))
    return result


def softmax(x):
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _normalised(image_bgr):
    return (image_bgr[:, :, ::-1].astype(np.float64) - 127.5) / 128.0


def pnet(image_bgr, w: Weights):
    x = pool(prelu(convolve(_normalised(image_bgr), w[0], w[1]), w[2][0, 0]), 2, True)
    x = prelu(convolve(x, w[3], w[4]), w[5][0, 0])
    x = prelu(convolve(x, w[6], w[7]), w[8][0, 0])
    return convolve(x, w[9], w[10]), softmax(convolve(x, w[11], w[12]))[..., 1]


def _dense_input(x):
    return x.transpose(1, 0, 2).reshape(-1)


def rnet(image_bgr, w: Weights):
    x = pool(prelu(convolve(_normalised(image_bgr), w[0], w[1]), w[2][0, 0]), 3, True)
    x = pool(prelu(convolve(x, w[3], w[4]), w[5][0, 0]), 3, False)
    x = prelu(convolve(x, w[6], w[7]), w[8][0, 0])
    x = prelu(_dense_input(x) @ w[9] + w[10], w[11])
    return x @ w[12] + w[13], softmax(x @ w[14] + w[15])[1]


def onet(image_bgr, w: Weights):
    x = pool(prelu(convolve(_normalised(image_bgr), w[0], w[1]), w[2][0, 0]), 3, True)
    x = pool(prelu(convolve(x, w[3], w[4]), w[5][0, 0]), 3, False)
    x = pool(prelu(convolve(x, w[6], w[7]), w[8][0, 0]), 2, True)
    x = prelu(convolve(x, w[9], w[10]), w[11][0, 0])
    x = prelu(_dense_input(x) @ w[12] + w[13], w[14])
    return x @ w[15] + w[16], x @ w[17] + w[18], softmax(x @ w[19] + w[20])[1]
