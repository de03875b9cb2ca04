"""The page of the sandbox: rendered here, escaped, with nothing from outside."""

from contacts_pipeline.sandbox.page.views import Page

__all__ = ["Page"]
