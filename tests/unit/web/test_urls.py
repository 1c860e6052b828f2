import pytest

from portal.web.urls import host_of, in_header, int_of, local_path, path_of, with_query


@pytest.mark.parametrize("text", ["/", "/orders/7", "/orders?status=open&page=2", "/desk/客户", "/continue/abc"])
def test_a_path_of_ours_is_kept(text: str) -> None:
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None, "", "orders", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example",
        "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "/a b", "/\t/evil.example", "/" + "x" * 3000, " /orders", "/\x00",
    ],
)  # fmt: skip
def test_nothing_leads_to_another_host_or_into_a_header(text: str | None) -> None:
    assert local_path(text) is None


def test_a_header_carries_ascii_only() -> None:
    assert in_header("/desk/客户?q=a%20b&c=1") == "/desk/%E5%AE%A2%E6%88%B7?q=a%20b&c=1"
    assert in_header("/a\x85😀") == "/a%C2%85%F0%9F%98%80"


def test_what_is_no_address_has_neither_host_nor_path() -> None:
    assert (host_of("http://[x/a?b"), path_of("http://[x/a?b", query=True)) == ("", "")
    assert (host_of("http://h:1/a?b"), path_of("http://h:1/a?b"), path_of("http://h/a?b", query=True)) == (
        "h:1",
        "/a",
        "/a?b",
    )


def test_empty_values_stay_out_of_an_address() -> None:
    assert with_query("/desk/users", {"q": "", "role": "finance", "page": None}) == "/desk/users?role=finance"
    assert with_query("/desk/users", {"q": ""}) == "/desk/users"


def test_a_number_in_an_address_may_be_nonsense() -> None:
    assert int_of("3", 1) == 3
    assert [int_of(text, 1) for text in (None, "", "-1", "x", "９", "9" * 30)] == [1] * 6
