"""What can go wrong in `cameras`.

CamerasError
├── UnreadableRegistry     a file that is no registry at all (a bad row is reported, not raised)
├── InvalidCamera          values that no camera can have
├── InvalidWindow          a time window that ends before it starts, or times without a zone
├── RefusedAddress         a stream address that must not be opened
├── InvalidNamePattern     a file-name pattern that cannot be read
└── FootageError
    ├── EmptyFootage           no bytes
    ├── NotAVideo              bytes, but no video
    ├── NoVideoStream          a recording without pictures
    ├── UndecodableFootage     a video of which no frame can be decoded
    ├── UnsupportedFootage     a codec that this installation cannot decode
    └── StreamError
        ├── StreamDidNotAnswer   silence longer than the time-out
        └── StreamRefused        the other end answered, with a refusal

Each message is a sentence that says what is wrong and what to do. None contains a stream address.
"""


class CamerasError(ValueError):
    """Base of every error that `cameras` raises on purpose."""


class UnreadableRegistry(CamerasError):
    """The file cannot be read as a camera registry at all."""


class InvalidCamera(CamerasError):
    """A value that no camera can have, such as a field of view of 400 degrees."""


class InvalidWindow(CamerasError):
    """A time window ends before it starts, or its times carry no time zone."""


class RefusedAddress(CamerasError):
    """A stream address has a scheme or host that must not be opened."""


class InvalidNamePattern(CamerasError):
    """A file-name pattern has a directive that is not known."""


class FootageError(CamerasError):
    """Base of what can be wrong with footage."""


class EmptyFootage(FootageError):
    """The file has no bytes."""


class NotAVideo(FootageError):
    """The bytes are no video, whatever the file's name says."""


class NoVideoStream(FootageError):
    """The recording holds sound or data but no pictures."""


class UndecodableFootage(FootageError):
    """The container is a video, but not one frame of it can be decoded."""


class UnsupportedFootage(FootageError):
    """The pictures are coded in a way that this installation cannot decode."""


class StreamError(FootageError):
    """Base of what can be wrong with a live stream."""


class StreamDidNotAnswer(StreamError):
    """Nothing came from the stream within the time-out."""


class StreamRefused(StreamError):
    """The stream's server refused: wrong password, no such path, or no connection."""
