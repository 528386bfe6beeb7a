"""The PostgreSQL that the tests of the claim rules have, for the rig as well."""

from tests.rules.conftest import postgres as postgres
