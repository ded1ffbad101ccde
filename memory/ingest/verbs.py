"""Where an English sentence has its verb, by word lists and endings.

Decides what counts as a finite verb where a statement is looked for: auxiliaries, the frequent verbs in the third
person and the past, and words in -ed. It does not parse: a plural noun that is spelled like a verb ("calls") counts
as one, which is why a caller looks only behind a name. Pure.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


AUXILIARIES = _set("""
    is are was were am be been being has have had does did do can could will would shall should may might must isn't
    aren't wasn't weren't hasn't haven't hadn't doesn't didn't don't can't cannot couldn't won't wouldn't shouldn't
""")
INSTRUCTIONS = _set(
    """add apply ask avoid be call check choose click close complete compare confirm consider contact copy create delete
    do don't don’t download enable ensure enter fill find follow get give go ignore insert install keep leave let listen
    look make never note open please press provide put read refer remember remove replace report return run save see
    select send set sign start stop submit take tell try turn type use verify visit wait write"""
)
"""Words with which a sentence tells its reader what to do."""
_REGULAR = """
    accept account acquire act add address adopt aim allow announce answer appear apply appoint approve arrive ask
    assign attend award base become begin belong bind border bring build buy call carry cast cause change charge
    choose claim close collect combine come commission compete complete comprise confirm connect consist contain
    continue contribute control cost cover create cross cut date deal decide defeat defend define deliver depend
    derive describe design develop die differ direct discover dispatch distribute divide donate draw drive drop earn
    employ end enter equal establish exceed exclude exist expand expect expire explain export extend face fall
    feature fight fill finance find finish fit fly focus follow forbid form found fund gain get give go govern grant
    grow guarantee handle happen hate head help hire hold host house identify impose improve include increase inform
    inherit inspect install introduce invent invest invite issue join keep kill know lack last launch lay lead learn
    lease leave lend license lie like limit link list live load locate look lose love maintain make manage
    manufacture mark marry mean measure meet merge mine mount move name need occupy occur offer open operate order
    organise organize originate own pay perform permit place plan play portray possess prefer prepare prescribe
    present prevent print process produce prohibit promise promote propose protect provide publish purchase raise
    range rank reach read receive recommend record reduce refer refuse register reject release rely remain remove
    rent repair replace report represent require reserve reside resign rest restrict retain retire return reveal
    rise rule run sail say seat see seek seem sell send separate serve set settle share ship show sign sing sit
    speak specialise specialize specify spend split sponsor stand star start state stay stop store stretch study
    succeed suffer suggest supply support surround survive take teach tell test touch trade train transfer travel
    treat turn unload use vary visit vote want warn wash weigh win wish work write
"""
_IRREGULAR = """
    became began bought broke brought built came chose cost cut dealt died drew drove fell fought found founded flew
    forbade forgot gave got grew held hit hurt kept knew laid led left lent let lost made meant met paid put ran
    rang read rose said sang sat saw sent set shot sold sought spent spoke split spread stood swam swept taught
    thought told took understood went withdrew woke won wore wrote
"""
_NOT_VERBS = _set("bed hundred indeed need red seed shed sacred naked speed weed united")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LOWER = re.compile(r"(?<!\w)[a-z]+(?:['’]t)?(?!\w)")
_IN_GROUP = _set("been being be to in on at by for from with of into as not also no longer now never only")
_KEEPS_OPEN = _set("not also been being be no longer now never only")
_LONGEST_GROUP = 5


def find_verb(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Characters [start, end) of the first verb group that begins in this range: the verb, its participle and its
    preposition ("was born in"); None when there is none.
    """
    for word in _LOWER.finditer(text, start, end):
        if is_verb(word.group()):
            return word.start(), _group_end(text, word, end)
    return None


def is_verb(word: str) -> bool:
    """Whether a word in lower case can be the finite verb of a statement in the third person."""
    if word in _forms() or word.replace("’", "'") in AUXILIARIES:
        return True
    return len(word) > 4 and word.endswith("ed") and word not in _NOT_VERBS


def _group_end(text: str, verb: re.Match[str], end: int) -> int:
    last, opens = verb.end(), verb.group().replace("’", "'").lower() in AUXILIARIES
    for word in islice(_WORD.finditer(text, verb.end(), end), _LONGEST_GROUP - 1):
        said = word.group().lower()
        if text[last : word.start()].strip() or not (said in _IN_GROUP or (opens and _is_participle(said))):
            break
        last, opens = word.end(), said in _KEEPS_OPEN
    return last


def _is_participle(word: str) -> bool:
    return word.endswith(("ed", "wn", "rn")) or word in _irregular() or word in _plain()


@cache
def _plain() -> frozenset[str]:
    return frozenset(_REGULAR.split())


@cache
def _irregular() -> frozenset[str]:
    return frozenset(_IRREGULAR.split())


@cache
def _forms() -> frozenset[str]:
    """The third person of the regular verbs, and the irregular pasts; the pasts in -ed need no list."""
    return _irregular() | {_third_person(verb) for verb in _plain()}


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "sh", "ch", "x", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"
