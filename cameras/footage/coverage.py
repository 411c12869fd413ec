"""How much of a stretch of footage was really looked at, and what was skipped."""

from dataclasses import dataclass

SHORTEST_PASSAGE_S = 1.0
"""Whoever is in view for this long or longer shall not be missed by sampling."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of the seconds that were asked for.

    A gap of g seconds between two looks counts min(g, 1) seconds as seen: that is the chance that
    someone in view for one second, at a random time, is in view at a look, times the gap's length.

    Attributes:
        looked_s: seen in frames that were given.
        still_s: seen to hold nothing that moves, so that only a look now and then was given.
        unseen_s: neither: damaged, missing, or skipped between two looks too far apart.
    """

    looked_s: float = 0.0
    still_s: float = 0.0
    unseen_s: float = 0.0

    @property
    def share(self) -> float:
        """Share of the time that was looked at or seen to be still, 0 to 1; 1 of no time."""
        asked_s = self.looked_s + self.still_s + self.unseen_s
        return (self.looked_s + self.still_s) / asked_s if asked_s > 0 else 1.0

    def since(self, earlier: "Coverage") -> "Coverage":
        """What was added after `earlier`."""
        return Coverage(
            self.looked_s - earlier.looked_s,
            self.still_s - earlier.still_s,
            self.unseen_s - earlier.unseen_s,
        )


class CoverageLog:
    """Adds up looks, glances and still stretches in order of time, from `from_s` on.

    The first look may come up to `first_gap_s` later without anything counting as unseen.
    """

    def __init__(self, from_s: float, first_gap_s: float = 0.0) -> None:
        self._at_s = from_s
        self._first_gap_s = first_gap_s
        self._looked_s = self._still_s = self._unseen_s = 0.0
        self._begun = False

    def look(self, at_s: float) -> None:
        """A frame was given at this time."""
        self._advance(at_s, is_look=True)

    def glance(self, at_s: float) -> None:
        """A frame was compared with the last one given, and nothing had moved."""
        self._advance(at_s, is_look=False)

    def still(self, from_s: float, until_s: float) -> None:
        """Nothing moved in this stretch, as its coded pictures tell.

        Whoever passes between the last look and the stretch for longer than the gap between them
        is in view at the one or moves in the other, so such a gap counts as one between two looks.
        """
        self._advance(max(from_s, self._at_s), is_look=False)
        self._still_s += max(0.0, until_s - self._at_s)
        self._at_s = max(self._at_s, until_s)

    def lost(self, until_s: float) -> None:
        """Up to this time nothing could be decoded."""
        self._unseen_s += max(0.0, until_s - self._at_s)
        self._at_s = max(self._at_s, until_s)
        self._begun = True

    def finish(self, seen_to_s: float, end_s: float) -> Coverage:
        """Close at the end of what was asked for; `seen_to_s` is how far it was decoded."""
        if self._begun:
            self._advance(min(seen_to_s, end_s), is_look=True)
        self.lost(end_s)
        return self.now

    @property
    def now(self) -> Coverage:
        """The sums so far."""
        return Coverage(self._looked_s, self._still_s, self._unseen_s)

    def _advance(self, at_s: float, *, is_look: bool) -> None:
        gap_s = at_s - self._at_s
        if gap_s <= 0:
            self._begun = True
            return
        seen_s = min(gap_s, SHORTEST_PASSAGE_S)
        if not self._begun and gap_s > self._first_gap_s:
            seen_s = 0.0  # nothing is known of the time before the first frame
        if is_look:
            self._looked_s += seen_s
        else:
            self._still_s += seen_s
        self._unseen_s += gap_s - seen_s
        self._at_s = at_s
        self._begun = True
