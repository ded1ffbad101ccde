"""The pieces of interface that a project's `ui` brings, as the fragments of HTML that LoadExternalComponent puts in.

Decides that what is served is built already: one CommonJS file for each name, which exports its components by name as
`default`, and the style sheet of the same name beside it. Nothing is compiled here. The file is read for each answer,
so that a new build shows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stemma.graphs.errors import NotFound
from stemma.graphs.projects.model import Project

BUILT = (".js", ".cjs")
BUILD = (
    "npx esbuild {source} --bundle --format=cjs --jsx=automatic --external:react --external:react-dom --outfile={built}"
)
_CLOSING = re.compile(r"</(script|style)", re.IGNORECASE)
_FRAGMENT = """<script>(() => {{
const id = "{{{{shadowRootId}}}}", name = {name}, module = {{exports: {{}}}};
((module, exports, require) => {{
{script}
}})(module, module.exports, window[Symbol.for("LGUI_REQUIRE")]);
const components = module.exports.default ?? module.exports;
if (!(name in components)) throw new Error(`there is no component ${{name}}`);
const target = document.createElement("div");
document.getElementById(id).shadowRoot.appendChild(target);
window[Symbol.for("LGUI_EXT_STORE")].respond(id, components[name], target);
}})();</script>"""


@dataclass(frozen=True, slots=True)
class Components:
    """What a project has to show."""

    files: Mapping[str, Path] = field(default_factory=dict)
    """By the name in `ui`, which is a graph's name."""

    def __contains__(self, name: str) -> bool:
        return name in self.files

    def fragment(self, group: str, name: str) -> str:
        """HTML that shows one component. Raises `NotFound`, saying what to do."""
        file = self.files.get(group)
        if file is None:
            raise NotFound(f"the project has no components for {group!r}", hint='langgraph.json: {"ui": {NAME: FILE}}')
        if file.suffix not in BUILT:
            command = BUILD.format(source=file.name, built=file.with_suffix(".js").name)
            raise NotFound(f"{file.name} is not built", hint=f"{command}, and name that file in langgraph.json")
        try:
            script = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotFound(f"{file.name} cannot be read", hint="build it, or correct `ui` in langgraph.json") from error
        return _style(file.with_suffix(".css")) + _FRAGMENT.format(name=_quoted(name), script=_inside(script))


def components_of(project: Project) -> Components:
    """Where the files of a project's `ui` are. Nothing is read yet."""
    return Components({name: (project.folder / path).resolve() for name, path in project.ui.items()})


def _style(sheet: Path) -> str:
    try:
        text = sheet.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return "<style>" + _CLOSING.sub(r"<\\/\1", text) + "</style>"


def _inside(script: str) -> str:
    """A script that may stand inside its element: in JavaScript an escaped letter is the same letter."""
    return _CLOSING.sub(r"<\\/\1", script).replace("<!--", "<\\!--")


def _quoted(text: str) -> str:
    """A JavaScript string that may stand inside HTML."""
    return json.dumps(text).replace("<", "\\u003c")
