from tests.cli.conftest import invoke

__all__ = ["invoke"]
