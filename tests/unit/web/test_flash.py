from portal.web import flash


def test_a_toast_survives_the_redirect_unless_somebody_touched_it() -> None:
    flash.configure("secret")
    value = str(flash.cookie(flash.toast("已保存", href="/orders/7", link="查看"), secure=True).value)
    assert flash.read(value) == [{"text": "已保存", "tone": "good", "href": "/orders/7", "link": "查看"}]
    assert flash.read(value[:-4] + "AAAA") == []
    flash.configure("another secret")
    assert flash.read(value) == []


def test_nonsense_is_no_toast() -> None:
    flash.configure("secret")
    for value in (None, "", ".", "a.b", "é.é", "x" * 10_000, f"{flash._signature('%%%')}.%%%"):
        assert flash.read(value) == []
