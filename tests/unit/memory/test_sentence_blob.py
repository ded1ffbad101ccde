"""Sentence vectors as bytes: nothing but precision is lost, and foreign bytes are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.memory.bundles import SentenceVectors
from stemma.memory.errors import MemoryCorrupt
from stemma.memory.recall.sentence_blob import pack, quantised, unpack


@given(count=st.integers(0, 6), dimension=st.sampled_from([1, 3, 256, 384]), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_spans_come_back_exactly_and_vectors_nearly(count: int, dimension: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(count, dimension))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    spans = [(n * 100_000, n * 100_000 + 70_000) for n in range(count)]
    read = unpack(pack(SentenceVectors(spans, vectors.tolist())))
    assert list(read.spans) == spans
    assert len(read.vectors) == count
    for vector, before in zip(read.vectors, vectors, strict=True):
        assert np.asarray(vector) @ before == pytest.approx(1, abs=0.01)
    assert pack(read) == pack(unpack(pack(read)))


def test_a_passage_without_sentences_takes_only_a_header() -> None:
    read = unpack(pack(SentenceVectors([], [])))
    assert (list(read.spans), list(read.vectors)) == ([], [])
    assert len(pack(read)) == 9


def test_a_zero_vector_stays_zero() -> None:
    codes, scales = quantised(np.zeros((1, 4), np.float32))
    assert not (codes * scales[:, None]).any()


def test_spans_and_vectors_must_go_together() -> None:
    with pytest.raises(ValueError, match="2 sentences have 1 vectors"):
        pack(SentenceVectors([(0, 1), (1, 2)], [[1.0]]))


@pytest.mark.parametrize("cut", [0, 5, 12, -1])
def test_other_bytes_are_refused(cut: int) -> None:
    blob = pack(SentenceVectors([(0, 4)], [[0.6, 0.8]]))
    with pytest.raises(MemoryCorrupt):
        unpack(blob[:cut])
    with pytest.raises(MemoryCorrupt):
        unpack(b"\x02" + blob[1:])
