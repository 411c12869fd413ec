"""Footage: what a recording is, when it began, and its frames.

The only part of the product that decodes video.
"""

from cameras.footage.coverage import SHORTEST_PASSAGE_S, Coverage
from cameras.footage.ending import EndReason, FootageEnd
from cameras.footage.gating import MotionGate
from cameras.footage.names import start_time_from_name
from cameras.footage.pictures import Frame
from cameras.footage.probing import FootageFacts, probe, sha256_of
from cameras.footage.reading import FrameReading, read_frames
from cameras.footage.watching import BackOff, Outage, StreamWatch

__all__ = [
    "SHORTEST_PASSAGE_S",
    "BackOff",
    "Coverage",
    "EndReason",
    "FootageEnd",
    "FootageFacts",
    "Frame",
    "FrameReading",
    "MotionGate",
    "Outage",
    "StreamWatch",
    "probe",
    "read_frames",
    "sha256_of",
    "start_time_from_name",
]
