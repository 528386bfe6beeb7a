"""`fastlanes-sim studio`: a page in the browser that answers while one changes things."""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.core.errors import FastlanesError


def studio(
    scenario: Annotated[
        Path | None, typer.Argument(help="Scenario file (YAML). Default: a small one to begin with.", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option(help="Port on this machine. Default: any that is free.", min=0, max=65_535, show_default=False)] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Change a scenario on a page, and see the verdict follow.

    The page is served to this machine alone, at an address that nobody can guess. It needs no network. Ctrl-C ends it. What was saved
    stays.
    """
    if find_spec("panel") is None:
        raise FastlanesError("the studio needs packages that are not installed", 'pip install "fastlanes_sim[studio]"')
    from fastlanes_sim.scenario.yaml.source import read_source
    from fastlanes_sim.starter.starter_text import Start, starter_text
    from fastlanes_sim.starter.workflow_line import EXAMPLES, parse_workflow
    from fastlanes_sim.studio.serving import studio as serve

    if scenario is None:
        text = starter_text(Start("first", [parse_workflow(EXAMPLES[kind]) for kind in ("sync", "cron")]))
    else:
        text = read_source(scenario).text
    served = serve(text, scenario, port)
    try:
        typer.echo(f"The studio is at {served.url}\nCtrl-C ends it.", err=True)
        if browser:
            webbrowser.open(served.url)
        served.run()
    except KeyboardInterrupt:  # its ordinary end; once it serves, Panel hears the signal first
        pass
    finally:
        served.close()
    typer.echo("The studio is closed.", err=True)
