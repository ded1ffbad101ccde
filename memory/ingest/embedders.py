"""Texts to unit vectors, without a network: MiniLM by onnxruntime, and feature hashing for tests.

Decides which embedder a setting names and how texts are run through it. It never calls a hosted model: for
`provider:model` it asks whoever offers an entry point, as `stemma.graphs` does.
"""

from __future__ import annotations

import asyncio
import os
from array import array
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from hashlib import blake2b
from importlib.metadata import entry_points
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from stemma.memory.errors import EmbedderUnavailable, InvalidSetting
from stemma.memory.ingest.minilm_weights import DIMENSION, INSTALL, MODEL_NAME, weights_folder
from stemma.memory.ports import Embedder, EmbedderIdentity
from stemma.memory.settings import MemorySettings
from stemma.memory.text import content_terms

if TYPE_CHECKING:  # numpy is loaded with the first vector: a server is ready sooner without it
    import numpy as np
    from numpy.typing import NDArray

_MAX_TOKENS = 256
OFFERS = "stemma.embedders"
HASHING_NAME = "hashing-1"


def open_embedder(settings: MemorySettings) -> Embedder:
    """The embedder that `MEMORY_EMBEDDER` names, by its name or as a store calls it; its model is loaded at first use.

    Raises: `InvalidSetting` for an unknown name; `EmbedderUnavailable` for `provider:model`, which memory cannot open.
    """
    name = settings.embedder.strip()
    if name in ("minilm", MODEL_NAME):
        return MiniLMEmbedder(settings.model_folder)
    if name in ("hashing", HASHING_NAME):
        return HashingEmbedder()
    if ":" in name:
        raise EmbedderUnavailable(
            f"the embedder {name} is a hosted model, which memory alone does not reach",
            hint="open the memory through stemma.graphs, or pass open_memory(embedder=…)",
        )
    raise InvalidSetting(
        f"MEMORY_EMBEDDER is {name!r}, which is no embedder", hint="use minilm, hashing, or provider:model"
    )


async def chosen_embedder(settings: MemorySettings) -> Embedder:
    """Like `open_embedder`, and for `provider:model` whatever offers itself under the entry point `stemma.embedders`.

    `stemma.graphs` offers LangChain's. An entry point is an `async (MemorySettings) -> Embedder | None`.
    """
    if ":" in settings.embedder:
        for offer in entry_points(group=OFFERS):
            embedder: Embedder | None = await offer.load()(settings)
            if embedder is not None:
                return embedder
    return open_embedder(settings)


class HashingEmbedder:
    """Signed feature hashing of stemmed terms and their pairs (Weinberger et al. 2009). Deterministic, needs no model.

    It knows shared words, not meaning: for tests and for trying things out.
    """

    def __init__(self, dimension: int = 256) -> None:
        self._identity = EmbedderIdentity(HASHING_NAME, dimension)

    @property
    def identity(self) -> EmbedderIdentity:
        return self._identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [_floats(self._vector(text)) for text in texts]

    def _vector(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        terms = content_terms(text) or [text.strip()]
        vector = np.zeros(self._identity.dimension, np.float64)
        pairs = [f"{first} {second}" for first, second in pairwise(terms)]
        for features, weight in ((Counter(terms), 1.0), (Counter(pairs), 0.5)):
            for feature, count in features.items():
                place, sign = _hashed(feature)
                vector[place % len(vector)] += sign * weight * count**0.5
        norm = float(np.linalg.norm(vector))
        if norm < 1e-9:  # features that cancel out still need a direction
            vector[0], norm = 1.0, 1.0
        return (vector / norm).astype(np.float32)


@lru_cache(maxsize=200_000)
def _hashed(feature: str) -> tuple[int, float]:
    value = int.from_bytes(blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    return value >> 1, 1.0 if value & 1 else -1.0


class _Loaded(NamedTuple):
    session: Any
    tokenizer: Any
    pool: ThreadPoolExecutor


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 as an int8 graph on the processor; texts are cut after 256 tokens.

    Each text is run by itself, on one processor, as many at once as there are processors. The int8 graph scales its
    activations by what is in the call: in a batch, a text's vector would depend on its neighbours, and the same corpus
    would score differently each time. By itself it is the same for ever, and no slower.

    Loads at the first use and works in threads, so that the event loop never waits for it. Safe to share.
    """

    def __init__(self, model_folder: Path, *, threads: int | None = None) -> None:
        """`threads`: how many texts run at once; by default as many as there are processors for this process."""
        self._model_folder = model_folder
        self._threads = threads or _processors()
        self._lock = Lock()
        self._loaded: _Loaded | None = None

    @property
    def identity(self) -> EmbedderIdentity:
        return EmbedderIdentity(MODEL_NAME, DIMENSION)

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Raises: `EmbedderUnavailable` when the weights or a package are missing."""
        if not texts:
            return []
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> list[array[float]]:
        session, tokenizer, pool = self._load()
        encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
        run = partial(_run, session)
        vectors = [run(encoded[0])] if len(encoded) == 1 else pool.map(run, encoded)
        return [_floats(vector) for vector in vectors]

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    def _open(self) -> _Loaded:
        try:
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as state
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EmbedderUnavailable(f"MiniLM needs the package {error.name}", hint=INSTALL) from error
        from stemma.memory.ingest.minilm_onnx import converted_model

        tokenizer = Tokenizer.from_file(str(weights_folder() / "tokenizer.json"))
        tokenizer.enable_truncation(_MAX_TOKENS)
        tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = converted_model(self._model_folder)
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except (state.InvalidProtobuf, state.InvalidArgument, state.InvalidGraph, state.Fail) as error:
            raise EmbedderUnavailable(
                f"{path} is not a model that onnxruntime can run", hint=f"remove {path}; it is made anew"
            ) from error
        return _Loaded(session, tokenizer, ThreadPoolExecutor(self._threads, "stemma-minilm"))


def _run(session: Any, ids: list[int]) -> NDArray[np.float32]:
    import numpy as np

    tokens = np.array([ids], np.int64)
    feeds = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
    vector: NDArray[np.float32] = session.run(None, feeds)[0][0]
    return vector


def _floats(vector: NDArray[np.float32]) -> array[float]:
    """The numbers as they are stored: a list of them costs ten times as much to make, and to pack."""
    return array("f", vector.tobytes())


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
