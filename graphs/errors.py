"""Everything graphs raises. One base; a class's docstring is its default message; no HTTP words here."""

from __future__ import annotations


class GraphFailure(Exception):
    """A graph, thread or run could not do what was asked."""

    hint: str = ""
    """What to type or change, for the last line that a person sees."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if hint:
            self.hint = hint


class Forbidden(GraphFailure):
    """The credential does not allow this."""


class NotFound(GraphFailure):
    """There is no such thing."""


class UnknownAssistant(NotFound):
    """There is no such assistant or graph."""


class UnknownKey(NotFound):
    """There is no such API key."""


class UnknownThread(NotFound):
    """There is no such thread."""


class UnknownRun(NotFound):
    """There is no such run."""


class UnknownCron(NotFound):
    """There is no such cron."""


class NeverHealed(NotFound):
    """This retraction has not been healed."""


class UnknownNamespace(NotFound):
    """The thread has no state in this namespace."""


class UnknownCheckpoint(NotFound):
    """There is no such checkpoint in this thread."""


class InvalidRequest(GraphFailure):
    """The request is well-formed but cannot be carried out; `field` names the part that is wrong."""

    def __init__(self, message: str = "", *, field: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class NotSupported(InvalidRequest):
    """A client may ask for it, but this server cannot do it."""


class Conflict(GraphFailure):
    """Something else is in the way."""


class AssistantExists(Conflict):
    """An assistant with this id exists."""


class ThreadExists(Conflict):
    """A thread with this id exists."""


class ThreadBusy(Conflict):
    """The thread has an active run."""


class NotWaiting(Conflict):
    """No interrupt with this id waits for an answer on the thread: somebody has given it, or it never asked."""


class RunActive(Conflict):
    """The run has not ended, so there is nothing yet to say about it."""


class IdempotencyConflict(Conflict):
    """The idempotency key was used before with another request."""


class HistoryTruncated(GraphFailure):
    """Events before this cursor were trimmed after the retention time."""


class RunFailed(GraphFailure):
    """The run ended with an error; `error` is the class of what ended it."""

    def __init__(self, message: str = "", *, error: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.error = error


class LostLease(GraphFailure):
    """Another worker took this run over; nothing more may be written for it."""


class WebhookRefused(GraphFailure):
    """The host has an internal address, which this server does not call."""


class WebhookFailed(GraphFailure):
    """There was no answer."""


class StoreUnavailable(GraphFailure):
    """The run store cannot be used."""


class StoreBusy(StoreUnavailable):
    """Another process holds the run store's lock."""


class StoreFull(StoreUnavailable):
    """There is no room left where the run store lives."""


class StoreTooNew(StoreUnavailable):
    """The run store was written by a newer version of Stemma."""


class StoreCorrupt(StoreUnavailable):
    """The run store is not one that Stemma can read."""


class ModelFailure(GraphFailure):
    """The model failed, timed out or answered with something that cannot be used."""


class ModelUnavailable(ModelFailure):
    """The model cannot be built: unknown provider, missing package or missing key."""


class InvalidSetting(GraphFailure):
    """A GRAPHS_* setting has an impossible value."""


class InvalidProject(GraphFailure):
    """A project's langgraph.json cannot be served as it stands."""


class CannotImport(InvalidProject):
    """What a path of langgraph.json names cannot be imported, or is not what is needed there."""
