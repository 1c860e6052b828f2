import pytest

from portal.accounts.queries import describe_device

WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 MicroMessenger/8.0.50"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (WECHAT, "WeChat · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0 Safari/537.36 Edg/130.0", "Edge · Windows"),
        ("curl/8.0", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_as_far_as_it_says_what_it_is(user_agent: str, words: str) -> None:
    assert describe_device(user_agent) == words
