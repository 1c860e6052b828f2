"""Items that no database knows, for pure tests."""

from decimal import Decimal
from itertools import count
from typing import Any

from portal.catalog.indexing import marking_columns
from portal.catalog.items import Item

_numbers = count(1)


def an_item(marking: str = "1-400×50×203-WA60K5V-35m/s", **fields: Any) -> Item:
    """An item at 186.00 a piece, single pieces from one."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "variant_id": number, "sku": f"SKU-{number}", "product_id": 1, "product_code": "P1", "name_zh": "平形砂轮",
        "name_en": "Straight wheel", "category": "straight", "custom": False, "status": "active", "unit_zh": "片",
        "unit_en": "pcs", "list_price": Decimal("186.00"), "price": Decimal("186.00"), "price_source": "list",
        "min_quantity": 1, "order_multiple": 1, "pack_size": 1, "lead_days": 15, "note": "",
    }  # fmt: skip
    return Item(**(defaults | marking_columns(marking) | fields))
