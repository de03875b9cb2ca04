"""The CRM on this machine: HighLevel's contact API on loopback, to try, test and break."""

from contacts_pipeline.sandbox.faults import Fault, FaultKind, Faults, parse_faults
from contacts_pipeline.sandbox.handle import Reply, RunningSandbox, SandboxControlError
from contacts_pipeline.sandbox.options import (
    DEFAULT_TOKEN,
    SandboxCompany,
    SandboxCustomField,
    SandboxLocation,
    SandboxOAuthClient,
    SandboxOptions,
    SandboxRules,
)
from contacts_pipeline.sandbox.serving import running_sandbox, serving_process

__all__ = [
    "DEFAULT_TOKEN",
    "Fault",
    "FaultKind",
    "Faults",
    "Reply",
    "RunningSandbox",
    "SandboxCompany",
    "SandboxControlError",
    "SandboxCustomField",
    "SandboxLocation",
    "SandboxOAuthClient",
    "SandboxOptions",
    "SandboxRules",
    "parse_faults",
    "running_sandbox",
    "serving_process",
]
