"""/ui: pieces of interface that a project brings for its graphs, for the JavaScript SDK's LoadExternalComponent."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from stemma.api.auth.access import AssistantsRead
from stemma.api.errors import documented
from stemma.api.json_wire import JsonRoute
from stemma.api.schemas.ui import ComponentAsked
from stemma.api.schemas.values import AssistantId
from stemma.api.services import Served

router = APIRouter(prefix="/ui", tags=["ui"], route_class=JsonRoute)


@router.post("/{assistant_id}", status_code=200, response_class=HTMLResponse, responses=documented(404))
async def load_component(
    assistant_id: AssistantId, body: ComponentAsked, actor: AssistantsRead, served: Served
) -> Response:
    """A fragment of HTML that shows a component of the project's `ui`; 404 when the project has none."""
    group = assistant_id
    if group not in served.components:
        group = (await served.runtime.assistants.get(actor, assistant_id)).graph_id
    # A page of another origin puts it in; on this one it must not become a page.
    headers = {"Content-Security-Policy": "sandbox", "Cache-Control": "no-cache"}
    return HTMLResponse(served.components.fragment(group, body.name), headers=headers)
