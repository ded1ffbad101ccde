"""The `@auth.on` handlers of a project, as the rules its users act under.

Decides which handler is asked (the most particular one, in the order that `langgraph_sdk.Auth` documents), and what its
answer means. What is no answer, and whatever a handler raises besides its own refusals, refuses; so does a filter of a
handler of the store, where the protocol has none: items have no metadata, their namespace says whose they are.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable
from typing import Any, cast

from langgraph_sdk import Auth

from stemma.api.auth.refusals import HandlerFailure, Refusal
from stemma.graphs.errors import Forbidden
from stemma.graphs.filters import is_filter
from stemma.graphs.policy import Actor, Filter

logger = logging.getLogger("stemma.api")

CLOSED = frozenset({"evals"})
"""Not a user's own, and no resource of the protocol: open to nobody whom no handler lets in."""


class HandlerRules:
    """See `stemma.graphs.policy.Rules`. One for each user of a request."""

    def __init__(self, auth: Auth, user: Any) -> None:
        self.auth, self.user = auth, user

    async def decide(self, actor: Actor, resource: str, action: str, value: dict[str, Any]) -> Filter | None:
        """Raises `Forbidden`, `Refusal` with the status that a handler chose, `HandlerFailure`."""
        place, handler = self._handler(resource, action)
        if handler is None:
            if resource in CLOSED:
                raise Forbidden(f"no auth handler of this server lets anybody into {resource}")
            return None
        permissions = list((actor.profile or {}).get("permissions") or ())
        context = Auth.types.AuthContext(
            permissions=permissions,
            user=self.user,
            resource=cast("Any", resource),  # Stemma has resources that the SDK does not name
            action=cast("Any", action),
        )
        answer = await answered(handler(ctx=context, value=value), f"the handler of {resource}.{action}")
        if answer is None or answer is True:
            return None
        if answer is False:
            raise Forbidden(f"this user may not {action} {resource}")
        if not is_filter(answer):
            logger.error("the handler of %s.%s answered with what is no filter", resource, action)
            raise HandlerFailure
        if answer and place == "store":
            logger.error("the handler of store.%s answered with a filter: let it change the namespace instead", action)
            raise HandlerFailure
        return dict(answer)

    def _handler(self, resource: str, action: str) -> tuple[str, Any]:
        """The handler, and the resource it was written for; "*" is any."""
        for place in ((resource, action), (resource, "*"), ("*", action)):
            if found := self.auth._handlers.get(place):
                return place[0], found[-1]
        return "*", self.auth._global_handlers[-1] if self.auth._global_handlers else None


async def answered(call: Awaitable[Any], who: str, *, refused: int = 403) -> Any:
    """What a project's handler returns. Raises `Refusal` for what it refuses with (of the status `refused`, if it only
    asserts), `HandlerFailure` for what else it raises; of that only the kind and the place are logged.
    """
    outcome: Any = (await asyncio.gather(call, return_exceptions=True))[0]
    if not isinstance(outcome, BaseException):
        return outcome
    if isinstance(outcome, Auth.exceptions.HTTPException):
        raise Refusal(outcome.status_code, outcome.detail, outcome.headers)
    if isinstance(outcome, AssertionError):
        raise Refusal(refused, "an auth handler of this server refuses this")
    if not isinstance(outcome, Exception):
        raise outcome
    where = traceback.extract_tb(outcome.__traceback__)[-1]
    logger.error("%s raised %s in %s line %s", who, type(outcome).__name__, where.filename, where.lineno)
    raise HandlerFailure
