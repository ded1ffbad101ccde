"""Everything memory raises. One base; a class's docstring is its default message; no HTTP words here."""

from __future__ import annotations


class MemoryFailure(Exception):
    """Memory could not do what was asked."""

    hint: str = ""
    """What to type or change, for the last line that a person sees."""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())
        if hint:
            self.hint = hint


class MemoryUnavailable(MemoryFailure):
    """The memory store cannot be reached."""


class MemoryBusy(MemoryFailure):
    """Another process holds the memory store's lock."""


class MemoryFull(MemoryFailure):
    """There is no room left where the memory store lives."""


class MemoryTooNew(MemoryFailure):
    """The memory store was written by a newer version of Stemma."""


class MemoryTooOld(MemoryFailure):
    """The memory server is older than the oldest supported one."""


class MemoryCorrupt(MemoryFailure):
    """The memory store is not one that Stemma can read."""


class EmbedderMismatch(MemoryFailure):
    """The memory was filled by another embedder."""


class NothingToReindex(MemoryFailure):
    """The memory holds no vectors of another embedder."""


class NotConfirmed(MemoryFailure):
    """The change was not confirmed, so nothing was changed."""


class EmbedderUnavailable(MemoryFailure):
    """The embedder cannot be loaded."""


class ExtractorUnavailable(MemoryUnavailable):
    """The claim extractor cannot be loaded."""


class RecallModelFailed(MemoryUnavailable):
    """The model that reranks hits or takes questions apart gave no usable answer."""


class UnknownItem(MemoryFailure):
    """There is no such item in this scope."""


class WiderItem(MemoryFailure):
    """The item belongs to a wider scope than the one that asked."""


class WiderDecision(WiderItem):
    """The decision was made with wider rights than those of who would lift it."""


class AlreadyTakenBack(MemoryFailure):
    """The item is withdrawn already, or in quarantine."""


class AlreadyGivenBack(MemoryFailure):
    """The retraction was lifted already."""


class AlreadyUndone(MemoryFailure):
    """The consolidation was undone already."""


class NotRetractable(MemoryFailure):
    """Only sources and claims are taken back; passages and answers follow from them."""


class SupersedesNewer(MemoryFailure):
    """A claim supersedes only claims that were recorded before it."""


class AlreadyResolved(MemoryFailure):
    """The contradiction was resolved already."""


class UnknownRecipe(MemoryFailure):
    """There is no such recall recipe."""


class InvalidMoment(MemoryFailure):
    """This is no moment to look back at."""


class UnreadableDocument(MemoryFailure):
    """The document cannot be read."""


class InvalidItem(MemoryFailure):
    """The item cannot be kept in the store."""


class LocalServerFailed(MemoryUnavailable):
    """The local Neo4j cannot be started."""


class LocalServerRuns(MemoryFailure):
    """A local Neo4j runs over this folder already."""


class PortTaken(MemoryFailure):
    """Another program listens on this port."""


class InvalidSetting(MemoryFailure):
    """A MEMORY_* setting has an impossible value."""


class InvalidExport(MemoryFailure):
    """The file is not an export of memory that this version can read."""


class ImportConflict(MemoryFailure):
    """Something else stands where an import would put a record."""
