"""serve: the exporter, until it is told to stop."""

from pathlib import Path

import click

from kafka_mirror_exporter.app.serve import Service, serve
from kafka_mirror_exporter.cli.options import ClusterOptions, cluster_options, log_options


@click.command("serve")
@cluster_options
@log_options
@click.option("--web.listen-address", "listen_address", help="Where HTTP is served (default :10015).")
@click.option(
    "--web.config.file", "web_config_file", type=click.Path(path_type=Path), help="TLS and users for HTTP."
)
@click.option("--web.enable-lifecycle", "has_lifecycle", is_flag=True, help="Allow POST /-/reload.")
def command(
    *,
    clusters: ClusterOptions,
    listen_address: str | None,
    web_config_file: Path | None,
    has_lifecycle: bool,
) -> None:
    """Polls both clusters, serves HTTP, until SIGTERM or SIGINT; SIGHUP reads the configuration again."""
    loaded = clusters.load()
    service = Service(
        loaded.config,
        config_file=loaded.path,
        listen_address=listen_address,
        web_config_file=web_config_file,
        has_lifecycle=has_lifecycle,
    )
    serve(service, on_listening=lambda port: click.echo(f"listening on port {port}", err=True))
