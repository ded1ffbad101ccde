"""How the falsehoods of a world get into a memory, and how its true changes do.

Decides what is written for each class of fault, and remembers under which ids: that is what the oracle tells at
containment. It refuses to judge whether it did any harm.
"""

from __future__ import annotations

from stemma.evals.propagation.subjects import Roots, Subject
from stemma.evals.propagation.world import (
    AS_ASKED,
    PARAPHRASES,
    STATEMENTS,
    Change,
    Fact,
    Fault,
    News,
    Page,
    Poisoned,
    World,
)
from stemma.memory.model import SourceKind


async def plant(world: World, subject: Subject, roots: Roots) -> None:
    """Everything but what the agent will make up by itself; `roots` gets the ids. Raises what the memory raises."""
    for target in world.poisoned:
        match target.fault:
            case Fault.FALSE_DOCUMENT:
                pages = [_copy(target), _note(target)]
                roots.sources += await subject.add(pages)
            case Fault.FALSE_UPDATE:
                text = target.fact.document(AS_ASKED, target.false_value)
                roots.sources += await subject.add([Page(target.fact.uri, target.fact.title, text)])
            case Fault.FALSE_TOOL:
                roots.sources += await subject.add([_note(target)], SourceKind.TOOL)
            case Fault.PARAPHRASE:
                await _plant_paraphrases(target, subject, roots)
            case Fault.SHARED_ANCESTOR:
                await _plant_shared(target, subject, roots)
            case Fault.INVENTION:
                continue


async def change(world: World, session: int, subject: Subject) -> None:
    """What became another fact in this session, as its documents tell it. Raises what the memory raises."""
    for each in world.changes:
        if each.news is News.ANNOUNCED and each.session == session:
            await subject.add([Page(f"{each.fact.uri}?news", f"{each.fact.entity}: news", each.now)])
        if _revised_at(each) == session:
            text = each.fact.document(STATEMENTS[0], each.value)
            await subject.add([Page(each.fact.uri, each.fact.title, text)])


def companion_of(truth: Fact) -> str:
    """F6: how the agent noted the truth that two documents state."""
    return truth.stated(PARAPHRASES[1])


def _revised_at(each: Change) -> int:
    return each.session + (1 if each.news is News.ANNOUNCED else 0)


async def _plant_paraphrases(target: Poisoned, subject: Subject, roots: Roots) -> None:
    sources = await subject.add([_note(target)])
    roots.sources += sources
    rests_on = await subject.passages_of(sources[0])
    for template in PARAPHRASES:
        written = await subject.add_statement(target.fact.stated(template, target.false_value), rests_on)
        rests_on = [written]


async def _plant_shared(target: Poisoned, subject: Subject, roots: Roots) -> None:
    truth = target.companion
    if truth is None:
        raise ValueError("a shared ancestor needs a companion")
    text = f"{target.falsehood} {truth.stated(AS_ASKED)}"
    sources = await subject.add([Page(f"{target.fact.uri}?memo", target.fact.subject, text)])
    roots.sources += sources
    register = Page(f"{truth.uri}?register", f"{truth.entity}: register", truth.stated(STATEMENTS[1]))
    for source in (*sources, *await subject.add([register])):
        await subject.add_statement(companion_of(truth), await subject.passages_of(source))


def _note(target: Poisoned) -> Page:
    """The falsehood and nothing else."""
    return Page(f"{target.fact.uri}?false=note", target.fact.subject, target.falsehood)


def _copy(target: Poisoned) -> Page:
    """The true document with the false value in it."""
    text = target.fact.document(STATEMENTS[0], target.false_value)
    return Page(f"{target.fact.uri}?false=copy", target.fact.title, text)
