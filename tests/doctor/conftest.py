from tests.push.conftest import crm, unused_url

__all__ = ["crm", "unused_url"]
