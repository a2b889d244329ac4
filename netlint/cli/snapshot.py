"""``netlint snapshot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlint.cli.source_options import (
    AllNamespaces,
    As,
    Context,
    Kubeconfig,
    Namespaces,
    RequestTimeout,
    RunTimeout,
    say,
    source,
)


def snapshot(  # noqa: PLR0913, PLR0917 - the command's options
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it.")],
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    user: As = None,
    namespace: Namespaces = None,
    all_namespaces: AllNamespaces = False,
    request_timeout: RequestTimeout = 60.0,
    timeout: RunTimeout = 1800.0,
) -> None:
    """Write all that the rules read of a live cluster to a file, for netlint check FILE.

    Whole objects as served, without managedFields and the environment of containers; never Secrets.
    It shows one moment: check FILE says what netlint check says of the cluster at its first look.
    The file is compressed where its name ends in .gz.
    """
    from signal import SIGTERM, default_int_handler, signal

    from netlint import catalogue, engine
    from netlint.snapshot import Reason
    from netlint.sources import LiveCluster
    from netlint.sources.live import snapshot_writer

    signal(SIGTERM, default_int_handler)  # whatever interrupts it, nothing is left behind
    kinds = engine.kinds_read(catalogue.selected((), ()))
    namespaces = None if all_namespaces else namespace
    target = source(None, kubeconfig, context, user, namespaces, request_timeout, timeout)
    assert isinstance(target, LiveCluster)
    written = snapshot_writer.write(target, kinds, output, say)
    served = [listing for listing in written.lists if listing.reason is not Reason.NOT_APPLICABLE]
    lacking = [listing.message for listing in served if listing.reason is not None]
    for message in lacking:
        say(f"not in it: {message}")
    say(f"{len(served) - len(lacking)} of {len(served)} lists written to {output}")
