"""`redline tend`: the one process beside workers, sinks and gateways."""

from __future__ import annotations

from redline.commands.root import bootstrap_option, data_option, main, say, settings_of, weaker_option


@main.command("tend")
@data_option
@bootstrap_option
@weaker_option
def tend_command(data: str | None, bootstrap: str | None, accepted: str | None) -> None:
    """Look at what came, decide days that are over, and let go of old rows, until told to stop."""
    from redline import weaker
    from redline.rotation import restarting
    from redline.tend import tend
    from redline.up import attached

    settings = settings_of(**{"data": data, "kafka.bootstrap": bootstrap, "privacy.accept_weaker": accepted})
    weaker.require_accepted(settings)
    live = attached(settings)
    restarting(live.kafka.connection).start()
    tend(live, say=say)
