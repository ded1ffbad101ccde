"""Words by which it can be told whether a slot takes one value or many.

Decides which words stand before what there is one of, before what happens once, and before one of several. Where none
of them stands, nobody knows. Words in lists are compared by their stems. Pure
data.
"""

from __future__ import annotations

ONE_VALUED = """
    directed written composed founded created designed built painted invented discovered developed published
    owned acquired supplied operated led headed chaired born buried died killed located headquartered based
    situated married succeeded named capital mayor president chairman captain coach manager owner founder author
    director inventor designer architect editor publisher
"""
"""Before a name: "directed by", "born in", "the capital of"."""
MANY_VALUED = """
    starring stars star starred featuring features feature includes include including included such like with
    member members friend friends among plays played play appeared appears appear wrote write visited toured
    supplies serves recorded performed influenced studied taught works worked collaborated against or besides
    alongside
"""
"""Before one name of several."""
AMONG_OTHERS = frozenset({"such", "with", "against", "or"})
"""The same, in small words."""
ONCE = """
    born died killed buried married founded formed established incorporated created opened closed released
    published premiered launched built constructed completed signed abolished dissolved disbanded discovered
    invented debuted demolished destroyed sank expires expire ends end due scheduled introduced inaugurated
    consecrated ratified assassinated executed crowned merged
"""
"""Before a date: what happens once, so that another date is another story."""
BY_DEGREES = frozenset(
    {
        "until",
        "till",
        "before",
        "after",
        "only",
        "yet",
        "necessarili",
        "alway",
        "all",
        "every",
        "both",
        "fulli",
        "entir",
    }
)
"""Next to a negation: "not until May" says that it was so from May on."""
NEGATIONS = frozenset({"not", "never", "no", "nor", "neither"})
SUPPORT = frozenset({"do", "does", "did"})
"""What English puts in with a negation: "sells", "does not sell"."""
