"""What can be checked before a run, and how to mend it.

A room that knows something worth checking offers ``examine(…)``, which yields findings; here it
becomes one of the ``EXAMINATIONS``, each of which is given the workspace.
"""

from contacts_pipeline.doctor.examine import EXAMINATIONS, Examination, examine

__all__ = ["EXAMINATIONS", "Examination", "examine"]
