"""The studio's server: on this machine alone, and for whoever knows its address, which holds a random token."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.studio.processes import Processes

HOST = "127.0.0.1"
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline' blob:; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "form-action 'none'; base-uri 'none'"
)
"""What a browser may load, and where it may send anything: to this server alone. Bokeh and Ace need scripts of their own."""
_PAGE = f"""\
{{% extends base %}}
{{% block preamble %}}
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>html, body {{ margin: 0; background: #fff; }} @media (prefers-color-scheme: dark) {{ html, body {{ background: #16181c; }} }}</style>
{{% endblock %}}
"""


@dataclass(frozen=True, slots=True)
class Studio:
    """A server that is ready, and not yet running."""

    server: Any
    url: str
    processes: Processes

    def run(self) -> None:
        """Serve until the process is interrupted."""
        self.server.io_loop.start()

    def close(self) -> None:
        """Once."""
        self.server.stop()
        self.processes.close()


def studio(text: str, file: Path | None, port: int = 0) -> Studio:
    """
    Args:
        port: 0: one that is free.

    Raises:
        FastlanesError: the port is taken.
    """
    import panel as pn

    pn.extension("codeeditor", inline=True)
    from panel.io.server import get_server

    token = secrets.token_urlsafe(24)
    processes = Processes()
    try:
        port = port or _free_port()
        server = get_server(
            {token: lambda: _tab(text, file, processes)},
            port=port,
            address=HOST,
            title={token: "Studio"},
            use_index=False,  # it would tell the token
            redirect_root=False,
            location=False,
            websocket_origin=[f"{HOST}:{port}"],
            session_token_expiration=86_400,
        )
        server.start()
    except OSError as error:
        processes.close()
        raise FastlanesError(f"port {port} cannot be used: {error.strerror}", "choose another with --port, or leave it out") from error
    except BaseException:  # interrupted: Python would wait for the processes without end
        processes.close()
        raise
    return Studio(server, f"http://{HOST}:{port}/{token}", processes)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def _tab(text: str, file: Path | None, processes: Processes) -> Any:
    """A page with a tab of its own."""
    import panel as pn
    from bokeh.io import curdoc

    from fastlanes_sim.studio.component import Page, listener
    from fastlanes_sim.studio.tab import Tab

    page, document = Page(), curdoc()
    page.tab = Tab(text, file, processes, page.tell)
    later: Callable[[Callable[[], None]], object] = document.add_next_tick_callback
    processes.listen(page.tab.name, listener(page, later))
    tab = page.tab
    pn.state.on_session_destroyed(lambda _context: tab.close())
    document.template = _template()
    return page


def _template() -> Any:
    from bokeh.core.templates import get_env

    return get_env().from_string(_PAGE)
