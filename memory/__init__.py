"""What agents know beyond one thread: sources, passages, claims, answers, and where each came from."""

from stemma.memory.learning import Antecedent, LearnedClaim
from stemma.memory.long_term import LongTermMemory
from stemma.memory.model import Answer, Claim, Document, Hit, Node, Passage, Scope, Source
from stemma.memory.open import open_memory
from stemma.memory.settings import MemorySettings

__all__ = [
    "Answer",
    "Antecedent",
    "Claim",
    "Document",
    "Hit",
    "LearnedClaim",
    "LongTermMemory",
    "MemorySettings",
    "Node",
    "Passage",
    "Scope",
    "Source",
    "open_memory",
]
