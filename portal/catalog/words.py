"""What the catalogue's fields and recorded actions are called; joins the words of customers."""

from portal.customers import words
from portal.web.i18n import lazy_gettext as _

words.FIELDS.update(
    {
        "name_zh": _("Name in Chinese"),
        "description_zh": _("Description in Chinese"),
        "description_en": _("Description in English"),
        "category": _("Category"),
        "category_id": _("Category"),
        "kind": _("Kind"),
        "sku": _("Article number"),
        "marking": _("Marking"),
        "marking_raw": _("Marking as typed"),
        "list_price": _("List price"),
        "min_quantity": _("Smallest order"),
        "order_multiple": _("Multiple"),
        "pack_size": _("Pieces a box"),
        "lead_days": _("Days to make"),
        "unit_zh": _("Unit in Chinese"),
        "unit_en": _("Unit in English"),
        "price": _("Price"),
        "effect": _("Visibility"),
        "customer": _("Customer"),
        "package_code": _("Package code"),
        "shape": _("Shape"),
        "diameter": _("Diameter"),
        "thickness": _("Thickness"),
        "bore": _("Bore"),
        "abrasive": _("Abrasive"),
        "grit": _("Grit"),
        "grade": _("Grade"),
        "structure": _("Structure"),
        "bond": _("Bond"),
        "speed": _("Speed"),
    }
)
words.VALUES.update(
    {
        ("status", "discontinued"): _("Discontinued"),
        ("kind", "standard"): _("Standard"),
        ("kind", "custom"): _("Custom"),
        ("effect", "allow"): _("Allowed"),
        ("effect", "deny"): _("Denied"),
    }
)
words.ACTIONS.update(
    {
        "product.created": _("Product created"),
        "product.edited": _("Product edited"),
        "product.visibility": _("Visibility changed"),
        "variant.created": _("Item created"),
        "variant.edited": _("Item edited"),
        "variant.customer_price": _("Customer price changed"),
        "variant.code_added": _("Package code added"),
        "variant.code_removed": _("Package code removed"),
    }
)
