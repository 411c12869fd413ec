"""The only file that knows ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from recognition.errors import BrokenPack

PROVIDERS = ("CPUExecutionProvider",)
_ONLY_FATAL = 4

OnnxFailure: tuple[type[Exception], ...] = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
"""What ONNX Runtime raises for a file or an input that it cannot use."""


def session_options(threads: int) -> ort.SessionOptions:
    """Options with exactly `threads` computing threads and a quiet log.

    ONNX Runtime otherwise takes every core for every session, and several workers on one machine
    then slow each other down. Threads sleep, not spin, between runs for the same reason.
    """
    if threads < 1:
        raise ValueError("A model needs at least one thread.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _ONLY_FATAL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


class OnnxModel:
    """A loaded network: arrays in, arrays out.

    Args:
        model: a file, or a serialised model.
        threads: computing threads.

    Raises:
        BrokenPack: the model cannot be loaded.
    """

    def __init__(self, model: Path | bytes, threads: int) -> None:
        source = str(model) if isinstance(model, Path) else model
        try:
            self._session = ort.InferenceSession(
                source, session_options(threads), providers=list(PROVIDERS)
            )
        except OnnxFailure as error:
            name = model.name if isinstance(model, Path) else "A network built in memory"
            raise BrokenPack(
                f"{name} is not a model that ONNX Runtime can load. Install the pack again."
            ) from error

    def only_input(self) -> tuple[str, tuple[int | str | None, ...]]:
        """Name and shape of the one input; open axes are names or None.

        Raises:
            BrokenPack: there are several.
        """
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise BrokenPack(f"The network takes {len(inputs)} inputs, where one is expected.")
        return inputs[0].name, tuple(inputs[0].shape)

    def run(self, inputs: Mapping[str, npt.NDArray[np.generic]]) -> list[npt.NDArray[np.float32]]:
        """Run once; outputs in the graph's order."""
        outputs: list[npt.NDArray[np.float32]] = self._session.run(None, dict(inputs))
        return outputs
