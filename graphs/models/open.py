"""From `GRAPHS_MODEL` to a model: `extractive:` or `provider:model` as LangChain names them.

Decides what to tell a person whose provider package or key is missing. It refuses to guess a provider.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from langchain_core.language_models.chat_models import BaseChatModel

from stemma.graphs.errors import ModelUnavailable
from stemma.graphs.models.extractive import NAME, ExtractiveChatModel
from stemma.graphs.models.reasoning import ReasoningModel
from stemma.graphs.settings import GraphSettings


def open_model(settings: GraphSettings) -> ReasoningModel:
    """The model that the settings name. No call is made yet.

    Raises:
        ModelUnavailable: the name is malformed, the provider is unknown, or its package or key is missing.
    """
    provider, _, model = settings.model.partition(":")
    if provider == NAME:
        return ReasoningModel(NAME, ExtractiveChatModel(), extractive=True)
    if not provider or not model:
        raise ModelUnavailable(
            f"GRAPHS_MODEL is {settings.model!r}", hint="write provider:model (openai:gpt-5-mini) or extractive:"
        )
    return ReasoningModel(
        settings.model,
        _provider_model(provider, model),
        timeout=settings.model_timeout,
        attempts=settings.model_attempts,
    )


def _provider_model(provider: str, model: str) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    # A provider raises classes of its own for a missing key, and they cannot be named here: the future holds what was
    # raised as a value.
    with ThreadPoolExecutor(max_workers=1) as pool:
        made = pool.submit(init_chat_model, model, model_provider=provider)
    wrong = made.exception()
    if wrong is None:
        return made.result()
    if isinstance(wrong, ImportError):
        raise ModelUnavailable(
            f"the package for {provider!r} is not installed: {wrong}", hint=f"pip install {_package(wrong, provider)}"
        ) from wrong
    raise _refused(provider, model, wrong) from wrong


def _refused(provider: str, model: str, wrong: BaseException) -> ModelUnavailable:
    said = str(wrong).splitlines()[0][:300] if str(wrong) else type(wrong).__name__
    return ModelUnavailable(
        f"{provider}:{model} cannot be used: {said}",
        hint=f"set {provider.upper()}_API_KEY, or use GRAPHS_MODEL=extractive:",
    )


def _package(missing: ImportError, provider: str) -> str:
    name = missing.name or f"langchain_{provider}"
    return name.split(".")[0].replace("_", "-")
