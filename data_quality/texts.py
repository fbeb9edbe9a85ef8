"""Build the expectations of what stands in a text: its characters, its form, whom it names."""

from __future__ import annotations

from data_quality import messages
from data_quality.expectations import Expectation, literal

# What nobody sees: marks of width and direction, soft hyphens, control characters, blanks that
# never break. The joiners U+200C and U+200D belong to some scripts and to emoji: only after a Latin
# letter, a digit or a Chinese character do they mean nothing.
_UNSEEN = (
    "\u00a0\u00ad\u180e\u200b\u200e\u200f\u2007\u2028-\u202f\u2060-\u2064\u2066-\u2069\ufeff"
    "\u0001-\u001f\u007f"
)
INVISIBLE = f"[{_UNSEEN}]|[A-Za-z0-9\u4e00-\u9fff][\u200c\u200d]"

# Letters, digits and blanks of double width. Chinese punctuation is written so, and stays.
FULL_WIDTH = "[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u3000]"

# No backslash and no brace: not every way to write a literal keeps them.
_DIGIT = "[0-9]"
_PERSONS = (
    # An e-mail address.
    "[A-Za-z0-9._%+-]+[@＠][A-Za-z0-9-]+([.][A-Za-z0-9-]+)+",
    # A Chinese identity number: region, day of birth, three digits and a check digit.
    f"(^|[^0-9])[1-9]{_DIGIT * 5}(19|20){_DIGIT * 2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
    f"{_DIGIT * 3}[0-9Xx]($|[^0-9A-Za-z])",
    # A phone number: Chinese mobiles, Chinese landlines, with a plus, North American, German, French.
    f"(^|[^0-9])1[3-9]{_DIGIT}[ -]?{_DIGIT * 4}[ -]?{_DIGIT * 4}($|[^0-9])",
    f"(^|[^0-9])0{_DIGIT * 2}[0-9]?[- ]{_DIGIT * 7}[0-9]?($|[^0-9])",
    f"[+＋][1-9]{f'[ ().-]*{_DIGIT}' * 7}",
    f"(^|[^0-9])[(]?[2-9]{_DIGIT * 2}[)]?[ .-]{_DIGIT * 3}[ .-]{_DIGIT * 4}($|[^0-9])",
    f"(^|[^0-9])0{_DIGIT * 2}[0-9]?[0-9]?/[ ]?{_DIGIT * 5}",
    f"(^|[^0-9])0[1-9]{f'[ .]{_DIGIT * 2}' * 4}($|[^0-9])",
)
PERSONAL = "|".join(f"({form})" for form in _PERSONS)

# What people call a record that they made to try something. The whole name says so, or a mark in
# brackets or before a dash: `Test Devices Inc` and 某某检测有限公司 are real companies.
_NOUNS = (
    "account|acct|company|customer|client|contact|user|person|name|lead|deal|opportunity|order"
    "|record|data|entry|product|item|survey|response|answer|only|do not use|please ignore|ignore"
    "|test|dummy|demo"
)
_NOUNS_ZH = (
    "客户|公司|账号|账户|用户|联系人|线索|商机|订单|数据|记录|产品|问卷|答卷"
    "|专用|勿删|请忽略|请勿使用"
)
_TRY = "test|tests|testing|tester|dummy|demo"
_TRY_ZH = "测试|測試|试验数据|演示"
TEST_NAME = "|".join(
    (
        f"^({_TRY})[ _.-]*(({_NOUNS})[ _.-]*)*[0-9]*$",
        f"^(({_NOUNS}|my|a|the|new|this is a?)[ _.-]+)+({_TRY})[ _.-]*[0-9]*$",
        f"[(（【<[][ ]*({_TRY}|{_TRY_ZH})[ ]*[)）】>]",
        "[[][ ]*(" + _TRY + "|" + _TRY_ZH + ")[ ]*[]]",
        f"^({_TRY}|{_TRY_ZH})[ ]*[_:：/-]+",
        f"[_:：/-]+[ ]*({_TRY}|{_TRY_ZH})[ ]*[0-9]*$",
        f"^({_TRY_ZH})[ ]*(({_NOUNS_ZH})[ ]*)*[0-9a-z一二三四五六七八九十]*$",
        f"^({_NOUNS_ZH})+[ ]*({_TRY_ZH})[ ]*[0-9]*$",
        "(do not use|please ignore|delete me|please delete|请忽略|请勿使用|请删除|勿删)",
        "^(asdf|qwer|asdfgh|qwerty|foo|bar|foobar|foo bar|lorem ipsum)[a-z]*[0-9]*$",
    )
)
TEST_EMAIL = (
    "@(example|test|testing|dummy|demo)[.](com|org|net|edu|cn|com[.]cn|de|io|co)$"
    "|^(test|tester|testing|dummy|asdf|qwerty)[0-9._+-]*@"
)


_EXTENSION = "ext|extension|x|#|转|分机|,|;|，|；"
_PHONE_WORDS = (
    "tel|phone|mobile|mob|cell|fax|office|ext|extension|x|o|m|t|f|电话|手机|传真|转|分机|或"
)
_LETTER = "[a-z@\u4e00-\u9fff]"
_MOBILE = "^1[3-9][0-9]+$"
# With China's code: mobiles, and Beijing's landlines, which begin with 1 as well.
_CHINA = "^ *([+＋]|00) *86[ ()-]*1"
_CHINESE = f"^(00)?861([3-9]{_DIGIT * 9}|0{_DIGIT * 7}[0-9]?)$"


def characters(
    entity: str, column: str, kind: str, pattern: str, together: tuple[str, ...]
) -> Expectation:
    """The text has none of the pattern's characters; `together` are the columns of one look."""
    zh, en = messages.characters(entity, column, kind)
    return Expectation(
        rule=f"{entity}.{column}.{kind}",
        kind="rows",
        columns=(column,),
        action="warn",
        dimension="conformity",
        message_zh=zh,
        message_en=en,
        condition=literal(f"regexp_matches(this.{column}, '{pattern}')"),
        only_where=literal(f"regexp_matches({_joined(together)}, '{pattern}')"),
    )


def personal_data(entity: str, column: str) -> Expectation:
    """The free text names nobody's e-mail address, phone or identity number."""
    zh, en = messages.personal_data(entity, column)
    return Expectation(
        rule=f"{entity}.{column}.personal_data",
        kind="rows",
        columns=(column,),
        action="warn",
        dimension="relevance",
        message_zh=zh,
        message_en=en,
        condition=literal(f"regexp_matches(this.{column}, '{PERSONAL}')"),
    )


def unmarked_test(
    entity: str, columns: tuple[str, ...], condition: str | None = None
) -> Expectation:
    """The record is no trial. `columns` are its names and e-mail, unless `condition` says how it
    is told."""
    told = [
        f"regexp_matches(lower(trim(this.{column})), '{TEST_EMAIL if column == 'email' else TEST_NAME}')"
        for column in columns
    ]
    zh, en = messages.unmarked_test(entity, columns)
    return Expectation(
        rule=f"{entity}.{columns[0]}.unmarked_test",
        kind="rows",
        columns=columns,
        action="warn",
        dimension="relevance",
        message_zh=zh,
        message_en=en,
        condition=condition or literal(" or ".join(told)),
    )


def phone(entity: str, table: str) -> Expectation:
    """The phone number can be one: 5 to 15 digits, not all the same or in a row, and no words.

    Bare numbers that begin like a Chinese mobile have its eleven digits, where nearly all do.
    """
    number = (
        f"regexp_replace(regexp_replace(lower(this.phone), '({_EXTENSION}).*$', ''),"
        " '[^0-9]', '', 'g')"
    )
    mobiles = (
        f"select trim(phone) as number from {table} where regexp_matches(trim(phone), '{_MOBILE}')"
    )
    tells = (
        f"length({number}) not between 5 and 15",
        f"regexp_matches(regexp_replace(lower(this.phone), '{_PHONE_WORDS}', '', 'g'), '{_LETTER}')",
        f"length({number}) >= 7 and (replace({number}, left({number}, 1), '') = ''"
        f" or contains('01234567890123456789', {number})"
        f" or contains('98765432109876543210', {number}))",
        f"regexp_matches(this.phone, '{_CHINA}') and not regexp_matches({number}, '{_CHINESE}')",
        f"regexp_matches(trim(this.phone), '{_MOBILE}') and length(trim(this.phone)) <> 11"
        " and (select count(*) >= 20 and avg(case when length(number) = 11 then 1 else 0 end) > 0.8"
        f" from ({mobiles}))",
    )
    zh, en = messages.matches(entity, "phone", "phone")
    return Expectation(
        rule=f"{entity}.phone.phone",
        kind="rows",
        columns=("phone",),
        action="warn",
        dimension="conformity",
        message_zh=zh,
        message_en=en,
        condition=literal(f"trim(this.phone) <> '' and (({') or ('.join(tells)}))"),
    )


def _joined(columns: tuple[str, ...]) -> str:
    # A blank between them: what ends one must not begin a pattern with the next.
    return f"concat_ws(' ', {', '.join(f'this.{column}' for column in columns)})"
