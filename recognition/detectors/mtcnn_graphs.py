"""The three networks of MTCNN as ONNX graphs, from the weights that the `mtcnn` package ships.

The package itself imports TensorFlow; only its weight files are read here. They are lists of
arrays in Keras' order: kernel and bias of each layer, then its PReLU slopes, then the heads.

K. Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional
Networks", IEEE Signal Processing Letters 23 (2016).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from recognition.errors import BrokenPack, NoModelInstalled
from recognition.faces import FloatArray

PIXEL_MEAN = 127.5
PIXEL_SCALE = 128.0
_OPSET = 17
_IR_VERSION = 8
_ARRAYS = {"pnet": 13, "rnet": 16, "onet": 21}


@dataclass(frozen=True)
class Pool:
    """A max pooling of stride 2; `same` pads at the right and bottom edge as Keras does."""

    size: int
    same: bool


@dataclass(frozen=True)
class Plan:
    """Shape of one network: the pooling after each convolution, dense width, side of its input."""

    pools: tuple[Pool | None, ...]
    has_dense: bool
    heads: tuple[str, ...]
    side_px: int | None


PLANS = {
    "pnet": Plan((Pool(2, True), None, None), False, ("offsets", "score"), None),
    "rnet": Plan((Pool(3, True), Pool(3, False), None), True, ("offsets", "score"), 24),
    "onet": Plan(
        (Pool(3, True), Pool(3, False), Pool(2, True), None),
        True,
        ("offsets", "landmarks", "score"),
        48,
    ),
}


def weights_folder() -> Path:
    """Where the installed `mtcnn` package keeps its weights; the package is not imported.

    Raises:
        NoModelInstalled: the package is absent.
    """
    spec = importlib.util.find_spec("mtcnn")
    if spec is None or spec.origin is None:
        raise NoModelInstalled(
            "The face detector's weights are not installed. Install the package mtcnn with pip."
        )
    return Path(spec.origin).parent / "assets" / "weights"


def read_weights(path: Path) -> list[FloatArray]:
    """The arrays of one network.

    Raises:
        BrokenPack: the file is missing, damaged or holds something else.
    """
    broken = f"The detector's weights in {path.name} are damaged. Install the package mtcnn again."
    try:
        loaded = joblib.load(path)
    except (OSError, EOFError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise BrokenPack(broken) from error
    if not isinstance(loaded, list) or len(loaded) != _ARRAYS.get(path.stem):
        raise BrokenPack(broken)
    return [np.asarray(array, dtype=np.float32) for array in loaded]


def build(name: str, arrays: list[FloatArray]) -> bytes:
    """The network `name` as a serialised ONNX model.

    Input `image` is uint8[n, h, w, 3] in BGR order; colour order, mean and scale are folded into
    the first convolution. Outputs: `offsets` [n, 4], `landmarks` [n, 10] (O-Net), `score` [n];
    P-Net's are maps, [n, 4, h, w] and [n, h, w].
    """
    plan = PLANS[name]
    writer = _GraphWriter(iter(_for_raw_bgr(arrays)))
    flow = writer.node("Cast", ["image"], to=TensorProto.FLOAT)
    flow = writer.node("Transpose", [flow], perm=[0, 3, 1, 2])
    for pool in plan.pools:
        flow = writer.convolution(flow, pool)
    if plan.has_dense:
        flow = writer.dense_block(flow)
    for head in plan.heads:
        writer.head(head, flow, dense=plan.has_dense)
    return writer.model(name, plan)


def _for_raw_bgr(arrays: list[FloatArray]) -> list[FloatArray]:
    """Fold (x − mean) / scale and the colour order into the first kernel and bias.

    Exact, as the first convolution has no padding: every tap always sees a real pixel.
    """
    kernel, bias = arrays[0], arrays[1]
    scaled = kernel[:, :, ::-1, :] / PIXEL_SCALE
    return [scaled, bias - PIXEL_MEAN * scaled.sum(axis=(0, 1, 2)), *arrays[2:]]


class _GraphWriter:
    """Collects nodes and constants while the arrays are consumed in order."""

    def __init__(self, arrays: Iterator[FloatArray]) -> None:
        self._arrays = arrays
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def _next(self) -> FloatArray:
        return next(self._arrays)

    def constant(self, array: npt.NDArray[np.generic]) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def node(
        self,
        kind: str,
        inputs: list[str],
        output: str | None = None,
        **attributes: str | int | list[int],
    ) -> str:
        name = output or f"t{len(self._nodes)}"
        made = onnx.NodeProto(op_type=kind, input=inputs, output=[name])
        made.attribute.extend(helper.make_attribute(key, attributes[key]) for key in attributes)
        self._nodes.append(made)
        return name

    def convolution(self, flow: str, pool: Pool | None) -> str:
        """Convolution, PReLU with one slope a channel, max pooling."""
        kernel, bias, slopes = self._next(), self._next(), self._next()
        weights = [self.constant(kernel.transpose(3, 2, 0, 1)), self.constant(bias)]
        flow = self.node("Conv", [flow, *weights])
        flow = self.node("PRelu", [flow, self.constant(slopes.reshape(-1, 1, 1))])
        if pool is not None:
            padding = "SAME_UPPER" if pool.same else "VALID"
            flow = self.node(
                "MaxPool",
                [flow],
                auto_pad=padding,
                kernel_shape=[pool.size, pool.size],
                strides=[2, 2],
            )
        return flow

    def dense_block(self, flow: str) -> str:
        """Flatten and the wide dense layer; Keras flattens width first, then height, channels."""
        flow = self.node("Transpose", [flow], perm=[0, 3, 2, 1])
        flow = self.node("Flatten", [flow])
        flow = self._dense(flow)
        return self.node("PRelu", [flow, self.constant(self._next())])

    def _dense(self, flow: str, output: str | None = None) -> str:
        weights = [self.constant(self._next()), self.constant(self._next())]
        return self.node("Gemm", [flow, *weights], output)

    def head(self, name: str, flow: str, *, dense: bool) -> None:
        """One output; the score is the second class of a softmax."""
        raw = name if name != "score" else None
        if dense:
            flow = self._dense(flow, raw)
        else:
            kernel = self._next().transpose(3, 2, 0, 1)
            weights = [self.constant(kernel), self.constant(self._next())]
            flow = self.node("Conv", [flow, *weights], raw)
        if name == "score":
            both = self.node("Softmax", [flow], axis=1)
            self.node("Gather", [both, self.constant(np.asarray(1, np.int64))], name, axis=1)
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, None))

    def model(self, name: str, plan: Plan) -> bytes:
        shape = ["n", plan.side_px or "h", plan.side_px or "w", 3]
        image = helper.make_tensor_value_info("image", TensorProto.UINT8, shape)
        graph = helper.make_graph(self._nodes, name, [image], self._outputs, self._constants)
        opsets = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        serialised: bytes = model.SerializeToString()
        return serialised
