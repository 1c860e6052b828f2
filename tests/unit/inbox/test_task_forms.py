"""What the main button of a task's form says."""

from portal.inbox.task_forms import chosen_option, fields_shown
from portal.web.forms import Form
from portal.workflow.forms import FormField, Option

DECISION = FormField("decision", "choice", ("结论", "Decision"), options=(Option("approve", ("同意", "Approve")),))
METHOD = FormField("method", "choice", ("方式", "Method"), options=(Option("cash", ("现金", "Cash")),), default="cash")
AMOUNT = FormField("amount", "money", ("金额", "Amount"))


def chosen(*fields: FormField, **entered: str) -> str | None:
    option = chosen_option(fields, fields_shown(fields, form=Form.filled(**entered), facts={}))
    return option.value if option else None


def test_the_decision_that_opens_a_form_names_its_button() -> None:
    assert chosen(DECISION, AMOUNT, decision="approve") == "approve"
    assert chosen(DECISION, AMOUNT) is None


def test_a_choice_among_other_fields_does_not_name_the_button() -> None:
    assert chosen(AMOUNT, METHOD) is None
    assert chosen() is None
