"""Every key that `langgraph.json` may hold: its type, and what becomes of it here.

Decides what is known. A key that is not in this table is refused; a key that only an image build reads is accepted and
named once. It reads no file and keeps no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any


class Use(StrEnum):
    """What becomes of a key."""

    READ = "read"
    IMAGE = "ignored: only for building an image"
    OURS = "ignored: Stemma does this its own way"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Key:
    """One key, by its full name, as in `http.cors.max_age`."""

    name: str
    kind: str
    """One of `KINDS`."""
    use: Use
    meaning: str


KINDS: Mapping[str, tuple[type[Any], ...]] = MappingProxyType(
    {
        "text": (str,),
        "yes or no": (bool,),
        "number": (int, float),
        "whole number": (int,),
        "list of texts": (list,),
        "list of whole numbers": (list,),
        "list": (list,),
        "section": (dict,),
        "object": (dict,),
        "object of texts": (dict,),
        "text or object of texts": (str, dict),
        "anything": (object,),
    }
)
"""The words for a value's type -> the Python types JSON gives. The keys of a `section` are in the table themselves."""

_READ, _IMAGE, _OURS, _REFUSED = Use.READ, Use.IMAGE, Use.OURS, Use.REFUSED

KEYS: tuple[Key, ...] = (
    Key("$schema", "text", _IMAGE, "for editors"),
    Key("graphs", "object", _READ, 'name -> "./file.py:object", "module:object" or {path, description, healable}'),
    Key("dependencies", "list of texts", _READ, "local folders, put on sys.path; packages, which must be installed"),
    Key("env", "text or object of texts", _READ, "a file of NAME=value lines, or the variables; set ones stay"),
    Key("store", "section", _READ, "the store that graphs get"),
    Key("store.index", "section", _READ, "what of an item is searched by meaning"),
    Key("store.index.embed", "text", _OURS, "the embedder is MEMORY_EMBEDDER's, one for all of memory"),
    Key("store.index.dims", "whole number", _OURS, "follows from the embedder"),
    Key("store.index.fields", "list of texts", _READ, "paths into an item's value; $ is all of it"),
    Key("store.ttl", "section", _READ, "how long items are kept"),
    Key("store.ttl.default_ttl", "number", _READ, "minutes, for items that do not say"),
    Key("store.ttl.refresh_on_read", "yes or no", _READ, "reading an item makes its time begin again"),
    Key("store.ttl.sweep_interval_minutes", "number", _READ, "how often items whose time is over are removed"),
    Key("checkpointer", "section", _READ, "how long threads are kept"),
    Key("checkpointer.path", "text", _OURS, "checkpoints are kept by Stemma's saver"),
    Key("checkpointer.serde", "object", _OURS, "only safe types and those of a graph's schemas are built"),
    Key("checkpointer.ttl", "section", _READ, "the time of threads that do not say"),
    Key("checkpointer.ttl.strategy", "text", _READ, "delete, or keep_latest: only the newest state stays"),
    Key("checkpointer.ttl.default_ttl", "number", _READ, "minutes after a thread's last change"),
    Key("checkpointer.ttl.sweep_interval_minutes", "number", _READ, "how often threads are looked through"),
    Key("checkpointer.ttl.sweep_limit", "whole number", _OURS, "a sweep takes all threads whose time is over"),
    Key("auth", "section", _READ, "who may ask"),
    Key("auth.path", "text", _READ, "a langgraph_sdk.Auth object"),
    Key("auth.disable_studio_auth", "yes or no", _READ, "Studio gets no exception, even with an operator's key"),
    Key("auth.openapi", "object", _READ, "securitySchemes, security and paths for the OpenAPI document"),
    Key("auth.cache", "object", _OURS, "every request is authenticated anew"),
    Key("http", "section", _READ, "routes, middleware and browsers"),
    Key("http.app", "text", _READ, "a Starlette or FastAPI application: routes, middleware, lifespan"),
    Key("http.mount_prefix", "text", _READ, "stands before every path, as /api"),
    Key("http.middleware_order", "text", _READ, "middleware_first (default) or auth_first"),
    Key("http.enable_custom_route_auth", "yes or no", _READ, "the application's own routes need a credential too"),
    Key("http.disable_assistants", "yes or no", _READ, "no /assistants"),
    Key("http.disable_threads", "yes or no", _READ, "no /threads, except runs on them"),
    Key("http.disable_runs", "yes or no", _READ, "no /runs and no /threads/{id}/runs"),
    Key("http.disable_store", "yes or no", _READ, "no /store"),
    Key("http.disable_meta", "yes or no", _READ, "no /info, /metrics, /docs and /openapi.json"),
    Key("http.disable_ui", "yes or no", _READ, "no /ui"),
    Key("http.disable_mcp", "yes or no", _READ, "no /mcp; there is none anyway"),
    Key("http.disable_a2a", "yes or no", _READ, "no /a2a; there is none anyway"),
    Key("http.disable_webhooks", "yes or no", _READ, "a run with a webhook is refused"),
    Key("http.cors", "section", _READ, "which web pages may call"),
    Key("http.cors.allow_origins", "list of texts", _READ, "origins; * is any"),
    Key("http.cors.allow_origin_regex", "text", _READ, "a pattern for whole origins"),
    Key("http.cors.allow_methods", "list of texts", _READ, "methods, in place of all that are served"),
    Key("http.cors.allow_headers", "list of texts", _READ, "request headers, beside those the SDKs send"),
    Key("http.cors.expose_headers", "list of texts", _READ, "answer headers, beside those the SDKs read"),
    Key("http.cors.allow_credentials", "yes or no", _READ, "with cookies"),
    Key("http.cors.max_age", "whole number", _READ, "seconds a browser may keep the answer"),
    Key("http.configurable_headers", "section", _READ, "request headers that a run finds in its config's configurable"),
    Key("http.configurable_headers.includes", "list of texts", _READ, "names or patterns, as x-*"),
    Key("http.configurable_headers.excludes", "list of texts", _READ, "names or patterns that are left out"),
    Key("http.logging_headers", "object", _OURS, "no request headers are logged"),
    Key("webhooks", "section", _READ, "calls at a run's end"),
    Key("webhooks.env_prefix", "text", _READ, "which variables a header may name; LG_WEBHOOK_ by default"),
    Key("webhooks.headers", "object of texts", _READ, "sent with every call; ${{ env.NAME }} is put in"),
    Key("webhooks.url", "section", _READ, "which addresses may be called"),
    Key("webhooks.url.require_https", "yes or no", _READ, "only https"),
    Key("webhooks.url.allowed_domains", "list of texts", _READ, "hosts; *.example.com is any below it"),
    Key("webhooks.url.allowed_ports", "list of whole numbers", _READ, "ports"),
    Key("webhooks.url.max_url_length", "whole number", _READ, "characters"),
    Key("webhooks.url.disable_loopback", "yes or no", _READ, "no addresses without a host; here there are none anyway"),
    Key("ui", "object of texts", _READ, "name -> file of components that a run shows"),
    Key("ui_config", "object", _IMAGE, "how components are bundled"),
    Key("encryption", "object", _REFUSED, "the stores are not encrypted by Stemma; encrypt the disk"),
    Key("python_version", "text", _IMAGE, ""),
    Key("node_version", "text", _IMAGE, ""),
    Key("api_version", "text", _IMAGE, ""),
    Key("base_image", "text", _IMAGE, ""),
    Key("image_distro", "text", _IMAGE, ""),
    Key("pip_config_file", "text", _IMAGE, ""),
    Key("pip_installer", "text", _IMAGE, ""),
    Key("keep_pkg_tools", "anything", _IMAGE, ""),
    Key("dockerfile_lines", "list of texts", _IMAGE, ""),
    Key("docker_compose_file", "text", _IMAGE, ""),
    Key("source", "object", _IMAGE, ""),
    Key("_INTERNAL_docker_tag", "text", _IMAGE, ""),
)
"""In the order of the documentation."""

BY_NAME: Mapping[str, Key] = MappingProxyType({key.name: key for key in KEYS})
