"""What every `Embedder` must do, as plain `async def check_x(embedder)`; free of any one model."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence

from stemma.memory.ports import Embedder

TEXTS = [
    "The port of Merrow closed its northern berth in May.",
    "Kestrel Microsystems supplies the motor controllers.",
    "The northern berth of Merrow's port was closed in May.",
]


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def check_one_unit_row_for_each_text(embedder: Embedder) -> None:
    rows = await embedder.embed(TEXTS)
    assert len(rows) == len(TEXTS)
    assert {len(row) for row in rows} == {embedder.identity.dimension}
    assert all(math.isclose(math.hypot(*row), 1.0, abs_tol=1e-4) for row in rows)
    assert all(isinstance(value, float) for value in rows[0])


async def check_no_text_gives_no_row(embedder: Embedder) -> None:
    assert await embedder.embed([]) == []


async def check_strange_texts_have_unit_vectors(embedder: Embedder) -> None:
    strange = ["", " ", "\n", "!?", "😀", "東京は日本の首都です", "\x00", "the of and", "word " * 20_000, "x" * 20_000]
    for row in await embedder.embed(strange):
        assert math.isclose(math.hypot(*row), 1.0, abs_tol=1e-4)


async def check_same_text_has_the_same_vector_in_any_batch(embedder: Embedder) -> None:
    batch = await embedder.embed([*TEXTS, "A text of another length. " * 30] * 10)
    for index, text in enumerate(TEXTS):
        alone = (await embedder.embed([text]))[0]
        assert alone == batch[index] == batch[index + 4]


async def check_order_is_kept_and_like_texts_are_near(embedder: Embedder) -> None:
    rows = await embedder.embed(TEXTS)
    assert cosine(rows[0], rows[2]) > cosine(rows[0], rows[1]) + 0.2


async def check_callers_may_share_it(embedder: Embedder) -> None:
    alone = [await embedder.embed([text]) for text in TEXTS]
    together = await asyncio.gather(*(embedder.embed([text]) for text in TEXTS * 4))
    for index, rows in enumerate(together):
        assert cosine(rows[0], alone[index % len(TEXTS)][0]) > 0.999


async def check_identity_is_fixed(embedder: Embedder) -> None:
    before = embedder.identity
    await embedder.embed(TEXTS)
    assert embedder.identity == before
    assert before.name
    assert before.dimension > 0


Check = Callable[[Embedder], Awaitable[None]]
CHECKS: list[Check] = [
    check_one_unit_row_for_each_text,
    check_no_text_gives_no_row,
    check_strange_texts_have_unit_vectors,
    check_same_text_has_the_same_vector_in_any_batch,
    check_order_is_kept_and_like_texts_are_near,
    check_callers_may_share_it,
    check_identity_is_fixed,
]
