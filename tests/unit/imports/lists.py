"""Lists as factories keep them, written in any file format."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

PRICE_HEADINGS = (
    "序号",
    "货号",
    "品名",
    "规格型号",
    "磨料",
    "单位",
    "含税单价(元)",
    "现有库存",
    "包装数量",
    "二维码内容",
    "备注",
)
CUSTOMER_HEADINGS = ("客户编号", "客户名称", "联系人", "电话", "收货地址", "客户类型", "业务员", "备注")


def csv_file(rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def workbook(rows: Sequence[Sequence[Any]], *, sheets_before: int = 0) -> bytes:
    book = Workbook()
    for _number in range(sheets_before):
        book.create_sheet(index=0)
    sheet = book.worksheets[-1]
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def price_row(number: int, marking: str, **cells: str) -> list[str]:
    row = {
        "序号": str(number),
        "货号": f"WA1-{number:04d}",
        "品名": "平形砂轮",
        "规格型号": marking,
        "磨料": "白刚玉",
        "单位": "片",
        "含税单价(元)": "¥186.00",
        "现有库存": "12",
        "包装数量": "10",
    }
    return [(row | cells).get(heading, "") for heading in PRICE_HEADINGS]


def customer_row(number: int, **cells: str) -> list[str]:
    row = {
        "客户编号": f"K{number:04d}",
        "客户名称": f"某市第{number}轴承厂",
        "联系人": "赵总",
        "电话": f"1990000{number:04d}",
        "收货地址": f"某市开发区{number}号",
        "客户类型": "类型一",
        "业务员": "外贸部",
    }
    return [(row | cells).get(heading, "") for heading in CUSTOMER_HEADINGS]


def price_list(*rows: Sequence[Any]) -> list[Sequence[Any]]:
    """With a title above and the headings as everybody writes them."""
    return [["产品价格表(含税)", *[""] * 10], PRICE_HEADINGS, *rows]
