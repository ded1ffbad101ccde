"""`stemma webhooks …`: what a receiver needs to know."""

from __future__ import annotations

import typer

webhooks_app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Calls at a run's end.")


@webhooks_app.callback()
def webhooks() -> None:
    """Calls at a run's end."""


@webhooks_app.command("secret")
def secret() -> None:
    """Print the secret that signs them: GRAPHS_WEBHOOK_SECRET, or the one kept beside the run store."""
    from stemma.graphs.settings import GraphSettings
    from stemma.graphs.webhooks.secret import beside, kept_secret
    from stemma.graphs.webhooks.settings import WebhookSettings

    said = WebhookSettings().secret
    typer.echo(said.get_secret_value() if said else kept_secret(beside(GraphSettings().database_url)))
