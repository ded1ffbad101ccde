"""Vectors of the made-up corpus: what an embedder would have made of it, had it a day.

Decides the geometry, which is MiniLM's in the large: directions by chance in 96 dimensions (two texts that have nothing
to do with each other have a cosine of 0 +- .1), a thousand subjects, passages of one subject at about .45, a sentence
at .8 to its passage. A question is at .4 to .8 to the sentence that it asks for, and by chance nearer to a few others
of the subject, of which there are ten times as many in a memory ten times as large. A text's vector depends on the text
and the house that it is of, and on nothing else.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bench.memory_scale_corpus import Question
from stemma.memory.ports import Embedder, EmbedderIdentity

DIMENSION = 384
IDENTITY = EmbedderIdentity("made-up", DIMENSION)
_SUBJECTS, _DIRECTIONS, _FREEDOM = 1_000, 8_192, 96
_OWN, _SENTENCE = 1.1, 0.75
"""How far a passage is from its subject, and a sentence from its passage, against a length of 1."""

Floats = NDArray[np.float32]


class MadeUpVectors:
    """`Embedder` of the corpus and its questions."""

    def __init__(self, names: Sequence[str], source_of: Sequence[int], questions: Sequence[Question]) -> None:
        chance = np.random.default_rng(7)
        axes = np.linalg.qr(chance.normal(size=(DIMENSION, _FREEDOM)))[0].T
        self._subjects = _unit(chance.normal(size=(_SUBJECTS, _FREEDOM)) @ axes)
        self._directions = _unit(chance.normal(size=(_DIRECTIONS, _FREEDOM)) @ axes)
        self._number = {name: number for number, name in enumerate(names[: len(source_of)])}
        self._subject = np.array([crc32(b"%d" % source) % _SUBJECTS for source in source_of])
        self._asked = {question.text: self._question(question) for question in questions}

    @property
    def identity(self) -> EmbedderIdentity:
        return IDENTITY

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if len(texts) == 1 and texts[0] in self._asked:
            return [self._asked[texts[0]]]
        return [array("f", row.tobytes()) for row in self._vectors(texts)]

    def _vectors(self, texts: Sequence[str]) -> Floats:
        """A passage is embedded as "Register 1 > Name. text", a sentence as "Register 1 > Name: sentence"."""
        numbers, keys, scales = [], [], []
        for text in texts:
            name, is_sentence = _whose(text)
            numbers.append(self._number.get(name, -1))
            keys.append(crc32(text.encode()))
            scales.append(_SENTENCE if is_sentence else 0.0)
        whole = self._passages(np.array(numbers))
        return _unit(whole + np.array(scales, np.float32)[:, None] * self._chance(np.array(keys)))

    def _passages(self, numbers: NDArray[np.int64]) -> Floats:
        """What is of no house has a direction of its own."""
        own = self._chance((numbers + 1) * 2_654_435_761)
        whole = self._subjects[self._subject[numbers]] + _OWN * own
        return _unit(np.where(numbers[:, None] >= 0, whole, own))

    def _chance(self, keys: NDArray[np.int64]) -> Floats:
        """One of 8,192 x 8,191 directions."""
        one, other = keys % _DIRECTIONS, keys // _DIRECTIONS % (_DIRECTIONS - 1)
        return _unit(self._directions[one] + self._directions[other - (other >= one)])

    def _question(self, question: Question) -> array[float]:
        houses = self._passages(np.array([self._number[name] for name in question.gold]))
        keys = np.array([crc32(text.encode()) for text in (question.sentence, question.text)])
        said, own = self._chance(keys)
        sentence = _unit((houses[0] + _SENTENCE * said)[None])[0]
        nearness = 0.45 + 0.5 * (crc32(question.text.encode()) % 1_000) / 1_000
        vector = nearness * sentence + 0.2 * houses[-1] + 0.65 * own
        return array("f", _unit(vector[None])[0].tobytes())


class Asking:
    """`Embedder` for questions: a real one embeds them, which is a part of what a recall costs, and the made-up vector
    is what it is answered with."""

    def __init__(self, made_up: Embedder, real: Embedder) -> None:
        self._made_up = made_up
        self._real = real

    @property
    def identity(self) -> EmbedderIdentity:
        return self._made_up.identity

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        if len(texts) == 1:
            await self._real.embed(texts)
        return await self._made_up.embed(texts)


def _whose(text: str) -> tuple[str, bool]:
    """The name that a text stands under, and whether it is a sentence."""
    words = text.partition(" > ")[2].split(" ", 2)
    if len(words) < 2:
        return "", False
    return f"{words[0]} {words[1].rstrip('.:')}", words[1].endswith(":")


def _unit(rows: NDArray[np.floating[Any]]) -> Floats:
    lengths = np.sqrt(np.vecdot(rows, rows))
    unit: Floats = (rows / np.maximum(lengths, 1e-9)[:, None]).astype(np.float32)
    return unit
