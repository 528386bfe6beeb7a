from tests.cli.conftest import invoke, small

__all__ = ["invoke", "small"]
