"""Build the expectations of what stands in a text: its characters, its form, whom it names."""

from __future__ import annotations

from data_quality import messages
from data_quality.expectations import Expectation, Link, literal, rows

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

# What people call a record that they made to try something: nothing but words for trying and for
# what it is, or a mark in brackets, before a colon or behind a dash. `Test Devices Inc` and
# 某某检测有限公司 are real companies, and a demo is a step of many a sale.
_TRY = "test|tests|testing|tester|dummy|fake"
_DEMO = "demo|演示"
_TRY_ZH = "测试|測試|试验数据"
_NOUNS = (
    "account|acct|company|customer|client|contact|user|person|name|lead|deal|opportunity|order"
    "|record|data|entry|product|item|survey|response|answer|number|only|just|do|not|use|please"
    "|ignore|delete|remove|me|this|is|a|an|the|my|new|for|xxx*"
)
_NOUNS_ZH = (
    "客户|公司|账号|账户|用户|联系人|线索|商机|订单|数据|记录|产品|问卷|答卷|单位|有限公司"
    "|专用|勿删|请忽略|忽略|请勿使用|请删除|删除|新|的|用|一|二|三|甲|乙"
)
_BETWEEN = "[^a-z\u4e00-\u9fff]"
_NONSENSE = "asdf|asdfgh|qwer|qwerty|foo|bar|foobar|foo bar|lorem ipsum|aaa+|xxx+"
_PHRASES = "do not use|don.t use|please ignore|delete me|please delete|请忽略|请勿使用|请删除|勿删"


def _is_trial(text: str, *, has_demo: bool) -> str:
    """SQL: the name in lower case is one of a trial."""
    tried = f"{_TRY}|{_DEMO}" if has_demo else _TRY
    every = f"{tried}|{_TRY_ZH}"
    words = (
        f"^{_BETWEEN}*((({tried}|{_NOUNS})({_BETWEEN}+|$)|({_TRY_ZH}|{_NOUNS_ZH}){_BETWEEN}*))+$"
    )
    glued = "account|company|customer|client|contact|user|order|data"
    mixed = f"^({tried})[-_]?({_TRY_ZH}|{_NOUNS_ZH}|{glued})+[0-9]*$"
    told = (
        f"regexp_matches({text}, '{words}')"
        f" and regexp_matches({text}, '(^|{_BETWEEN})({tried})({_BETWEEN}|$)|{_TRY_ZH}')",
        f"regexp_matches({text}, '{mixed}')",
        f"regexp_matches({text}, '[(（【<[] *({every}) *[])）】>]')",
        f"regexp_matches({text}, '^({every})( *[:：_]| +[–/-] )')",
        f"regexp_matches({text}, '( [–/:-]+ |_)({every})[0-9]*$')",
        f"regexp_matches({text}, '({_PHRASES})')",
        f"regexp_matches({text}, '^({_NONSENSE})[0-9]*$')",
    )
    return f"(({') or ('.join(told)}))"


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
    return rows(
        f"{entity}.{column}.{kind}",
        (column,),
        "warn",
        "conformity",
        literal(f"regexp_matches(this.{column}, '{pattern}')"),
        *messages.characters(entity, column, kind),
        only_where=literal(f"regexp_matches({_joined(together)}, '{pattern}')"),
    )


def personal_data(entity: str, column: str) -> Expectation:
    """The free text names nobody's e-mail address, phone or identity number."""
    return rows(
        f"{entity}.{column}.personal_data",
        (column,),
        "warn",
        "relevance",
        literal(f"regexp_matches(this.{column}, '{PERSONAL}')"),
        *messages.personal_data(entity, column),
    )


def unmarked_test(
    entity: str,
    columns: tuple[str, ...],
    condition: str | None = None,
    links: tuple[Link, ...] = (),
) -> Expectation:
    """The record is no trial. `columns` are its names and e-mail, unless `condition` says how it
    is told. Who is called a demo is one; a deal, a campaign or a product may be about one."""
    has_demo = entity in ("users", "accounts", "contacts", "customers")
    return rows(
        f"{entity}.{columns[0]}.unmarked_test",
        columns,
        "warn",
        "relevance",
        (
            condition
            or " or ".join(is_trial(f"this.{column}", has_demo=has_demo) for column in columns)
        ),
        *messages.unmarked_test(entity, columns),
        links=links,
    )


def is_trial(column: str, *, has_demo: bool = False) -> str:
    """SQL: the name or the e-mail address in the column is one of a trial."""
    text = f"lower(trim({column}))"
    if column.endswith("email"):
        return literal(f"regexp_matches({text}, '{TEST_EMAIL}')")
    return literal(_is_trial(text, has_demo=has_demo))


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
    return rows(
        f"{entity}.phone.phone",
        ("phone",),
        "warn",
        "conformity",
        literal(f"trim(this.phone) <> '' and (({') or ('.join(tells)}))"),
        *messages.matches(entity, "phone", "phone"),
    )


def _joined(columns: tuple[str, ...]) -> str:
    # A blank between them: what ends one must not begin a pattern with the next.
    return f"concat_ws(' ', {', '.join(f'this.{column}' for column in columns)})"
