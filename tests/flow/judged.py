"""One answered case, as Ragas' metrics see it."""

from __future__ import annotations

from stemma.evals.case import Case
from stemma.evals.ragas_rows import RagasRow

CASE = Case("set/q1", "set", "Who founded Northwind Lines?", gold=("set/a",), answers=("Elias Brandt",))
TEXTS = ("Northwind Lines was founded in 1987 by Elias Brandt.", "Reefers are plugged in at once.")
ROW = RagasRow(CASE, "answer", True, "It was founded by Elias Brandt.", "Elias Brandt", ("set/a", "set/b"), TEXTS)
