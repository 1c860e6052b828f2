"""How numbers, money and times are written, in one place for both languages (design notes, "Words")."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal import clock
from portal.web.i18n import current_locale, gettext, ngettext

NO_BREAK = "\N{NO-BREAK SPACE}"
DASH = "–"

_zone = ZoneInfo("Asia/Shanghai")


def set_timezone(name: str) -> None:
    """Show times in this zone from now on (a setting of the installation)."""
    global _zone
    _zone = ZoneInfo(name)


def local(moment: datetime) -> datetime:
    """Return the moment in the installation's zone."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(_zone)


def today() -> date:
    """Return the installation's present day."""
    return local(clock.now()).date()


def money(amount: Decimal | int | None, sign: bool = True) -> str:
    """Write an amount: ¥12,428.00; without the sign for tables; a dash for none."""
    if amount is None:
        return DASH
    text = f"{abs(amount):,.2f}"
    return ("-" if amount < 0 else "") + ("¥" if sign else "") + text


def number(value: Decimal | int | float | None) -> str:
    """Write a number with separators and no needless zeros; a dash for none."""
    if value is None:
        return DASH
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def quantity(value: Decimal | int | None, unit: str = "") -> str:
    """Write a quantity with its unit after a no-break space: 8 片."""
    return number(value) + (NO_BREAK + unit if unit and value is not None else "")


def day(value: date | datetime | None) -> str:
    """Write a day: 今天, 明天, 昨天, 7月25日 (en: 25 Jul); with the year when it is another."""
    if value is None:
        return DASH
    when = local(value).date() if isinstance(value, datetime) else value
    near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}.get((when - today()).days)
    return near or calendar_day(when)


def calendar_day(when: date) -> str:
    """Write a day without relation to today: 7月25日, 25 Jul; with the year when it is another."""
    same_year = when.year == today().year
    if current_locale() == "zh":
        return f"{when.month}月{when.day}日" if same_year else f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]}" + ("" if same_year else f" {when.year}")


def moment(value: datetime | None) -> str:
    """Write a moment: 今天 09:41, 7月25日 14:00."""
    return DASH if value is None else f"{day(value)} {local(value):%H:%M}"


def short_moment(value: datetime | None) -> str:
    """Write a moment for a narrow column of the desk: 今天 11:30, 昨天 17:00, then 7-24 周五 / 24 Jul Fri."""
    if value is None:
        return DASH
    when = local(value)
    if -1 <= (when.date() - today()).days <= 1:
        return moment(value)
    weekday = (_WEEKDAYS_ZH if current_locale() == "zh" else _WEEKDAYS_EN)[when.weekday()]
    if current_locale() == "zh":
        return f"{when:%Y-}{when.month}-{when:%d}" if when.year != today().year else f"{when.month}-{when:%d} {weekday}"
    return f"{when.day} {_MONTHS[when.month - 1]} " + (str(when.year) if when.year != today().year else weekday)


def stamp(value: datetime | None) -> str:
    """Write a moment in full for records and prints: 2026-07-25 14:00."""
    return DASH if value is None else f"{local(value):%Y-%m-%d %H:%M}"


def iso(value: date | datetime | None) -> str:
    """Write a date or moment for a machine (`<time datetime>`, `<input type=date>`)."""
    if value is None:
        return ""
    return local(value).isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def age(value: datetime | None) -> str:
    """Write how long ago a moment was: 1 天 3 时 (en: 1d 3h)."""
    return DASH if value is None else span(clock.now() - value)


def span(value: timedelta) -> str:
    """Write a length of time by its two largest parts: 1 天 3 时, 2 时 5 分, 8 分 (en: 1d 3h)."""
    minutes = int(abs(value).total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    day_sign, hour_sign, minute_sign = (" 天", " 时", " 分") if current_locale() == "zh" else ("d", "h", "m")
    parts = [f"{days}{day_sign}"] if days else []
    parts += [f"{hours}{hour_sign}"] if hours else []
    parts += [f"{minutes}{minute_sign}"] if not days and (minutes or not hours) else []
    return (
        " ".join(parts).replace(" 天", NO_BREAK + "天").replace(" 时", NO_BREAK + "时").replace(" 分", NO_BREAK + "分")
    )


def wait(seconds: int) -> str:
    """Write a time to wait in words: 30 秒, 5 分钟 (rounded up)."""
    if seconds < 60:
        return ngettext("%(num)s second", "%(num)s seconds", max(1, seconds))
    return ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60))


def percent(value: Decimal | float | int | None) -> str:
    """Write a percentage that is already in percent: 12.5 %."""
    return DASH if value is None else number(Decimal(str(value))) + NO_BREAK + "%"


def phone(e164: str | None) -> str:
    """Write a phone number as people of its country do: 138 0574 1234; foreign ones with +."""
    if not e164:
        return ""
    if e164.startswith("+86") and len(e164) == 14:
        return NO_BREAK.join((e164[3:6], e164[6:10], e164[10:]))
    return e164


def masked_phone(e164: str) -> str:
    """Write a phone number with its middle hidden: 138****1234."""
    shown = e164.removeprefix("+86")
    return f"{shown[:3]}****{shown[-4:]}" if len(shown) >= 8 else "****"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
