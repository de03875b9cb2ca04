"""What a person can do about a contact that the plan holds, by the code of the hold.

In short what docs/identity.md says; a test holds the two against each other.
"""

HOLD_REMEDIES = {
    "ambiguous_match": "without an email its phone leads to several people: give the row an email",
    "shared_phone": "somebody else has its phone: give it an email",
    "value_taken": "another contact of the CRM holds what would find it: merge the two there",
    "two_contacts": "its rows were pushed as two contacts: merge the two in the CRM",
    "several_contacts": "the CRM holds its email or phone more than once: merge them there",
    "changed_email": "the CRM would not find it by its new email: see policy.changed_email",
    "changed_phone": "the CRM would not find it by its new phone: see policy.changed_email",
    "deleted_in_crm": "somebody deleted it in the CRM: remove the row, or policy.deleted_in_crm",
    "crm_edited": "edited here and in the CRM: make the two agree, or see policy.crm_edits",
    "additional_email": "its email is a further one of its contact: make it the primary one there",
    "unsettled": "an earlier request may have created it: push with crm_snapshot: always",
}
