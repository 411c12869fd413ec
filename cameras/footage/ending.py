"""How far a reading of footage came, and why it ended."""

import math
from dataclasses import dataclass
from enum import StrEnum

from cameras.footage.decoding import DecodingTally

NO_KEY_FRAME_S = 0.2
"""A recording that can be decoded only later than this lacks a key frame at its start."""

_END_TOLERANCE_S = 1.0  # containers round their length, and sound may be longer than pictures


class EndReason(StrEnum):
    """Why a reading ended."""

    COMPLETE = "complete"
    STOPPED = "stopped"
    BROKEN_OFF = "broken_off"


class Interruption(StrEnum):
    """What, if anything, cut a reading short from outside."""

    NONE = "none"
    STOPPED = "stopped"
    ABANDONED = "abandoned"
    SILENCE = "silence"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class FootageEnd:
    """What a reading has covered, in seconds since the recording's first frame.

    `decodable_share` is the share of the asked time, 0 to 1, that could be decoded.
    """

    reason: EndReason
    decoded_from_s: float
    decoded_to_s: float
    expected_to_s: float
    decodable_share: float
    damaged_packets: int
    sentence: str


def footage_end(
    tally: DecodingTally,
    interruption: Interruption,
    *,
    from_s: float,
    to_s: float,
    declared_s: float | None,
    frame_s: float,
    key_frames_only: bool,
) -> FootageEnd:
    """Sum up a reading. `to_s` may be infinite; `declared_s` is the length as the file says."""
    reached_s = _reached_s(tally, frame_s, key_frames_only=key_frames_only)
    first_s = from_s if tally.first_at_s is None else max(tally.first_at_s, from_s)
    decoded_from_s = min(first_s, to_s)
    decoded_to_s = max(decoded_from_s, min(reached_s, to_s)) if tally.frames else decoded_from_s
    known_end_s = max(declared_s or 0.0, reached_s)
    # Silence cuts a live stream, of which all that was asked for was expected.
    silent = interruption is Interruption.SILENCE and math.isfinite(to_s)
    expected_to_s = to_s if silent else min(to_s, known_end_s)
    missing_s = expected_to_s - decoded_to_s
    reason = _reason(interruption, missing_s > max(_END_TOLERANCE_S, 2 * frame_s))
    asked_s = max(0.0, expected_to_s - from_s)
    seen_s = max(0.0, decoded_to_s - decoded_from_s - tally.unseen_s)
    if reason is EndReason.COMPLETE and missing_s > 0:
        seen_s += missing_s  # the container's rounding is no loss
    share = min(1.0, seen_s / asked_s) if asked_s > 0 else 1.0
    return FootageEnd(
        reason,
        decoded_from_s,
        decoded_to_s,
        expected_to_s,
        share,
        tally.damaged_packets,
        _sentence(reason, interruption, decoded_from_s - from_s, decoded_to_s, expected_to_s)
        + _damage_words(tally),
    )


def _reached_s(tally: DecodingTally, frame_s: float, *, key_frames_only: bool) -> float:
    if not tally.frames:
        return 0.0
    shown_to_s = tally.last_at_s + frame_s
    # A still scene may be one long frame; where packets are damaged, only frames are believed.
    trust_packets = key_frames_only or tally.damaged_packets == 0
    return max(shown_to_s, tally.packets_to_s) if trust_packets else shown_to_s


def _reason(interruption: Interruption, is_short: bool) -> EndReason:
    if interruption in (Interruption.STOPPED, Interruption.ABANDONED):
        return EndReason.STOPPED
    if interruption is Interruption.NONE and not is_short:
        return EndReason.COMPLETE
    return EndReason.BROKEN_OFF


def _sentence(
    reason: EndReason,
    interruption: Interruption,
    lost_at_start_s: float,
    decoded_to_s: float,
    expected_to_s: float,
) -> str:
    start = ""
    if lost_at_start_s > NO_KEY_FRAME_S:
        start = (
            f" The first {lost_at_start_s:.1f} s could not be decoded, because no key frame comes "
            "earlier."
        )
    if reason is EndReason.COMPLETE:
        return f"Read up to {decoded_to_s:.1f} s.{start}"
    if reason is EndReason.STOPPED:
        return f"Stopped at {decoded_to_s:.1f} s.{start}"
    if interruption is Interruption.SILENCE:
        return f"The stream fell silent after {decoded_to_s:.1f} of {expected_to_s:.1f} s.{start}"
    return (
        f"The recording breaks off at {decoded_to_s:.1f} of {expected_to_s:.1f} s: the rest is "
        f"damaged or was never copied.{start}"
    )


def _damage_words(tally: DecodingTally) -> str:
    words = ""
    if tally.damaged_packets:
        parts = (
            "One part was" if tally.damaged_packets == 1 else f"{tally.damaged_packets} parts were"
        )
        words = f" {parts} damaged."
    if tally.unseen_s >= 0.1:
        words += f" In between, {tally.unseen_s:.1f} s have no pictures: lost, or never recorded."
    return words
