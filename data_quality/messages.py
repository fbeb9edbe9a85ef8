"""Word what a failed expectation tells the owner of the row; never a value of the row."""

from __future__ import annotations

# What people call the rows of an entity: Chinese, English singular.
_LABELS = {
    "users": ("用户", "user"),
    "teams": ("团队", "team"),
    "accounts": ("客户公司", "account"),
    "contacts": ("联系人", "contact"),
    "leads": ("线索", "lead"),
    "pipeline_stages": ("销售阶段", "pipeline stage"),
    "opportunities": ("商机", "deal"),
    "opportunity_stage_history": ("商机阶段记录", "stage change"),
    "opportunity_lines": ("商机明细", "deal line"),
    "opportunity_splits": ("业绩分成", "deal split"),
    "competitors": ("竞争对手", "competitor"),
    "opportunity_competitors": ("商机竞争对手", "competitor of a deal"),
    "activities": ("销售活动", "activity"),
    "quotas": ("销售指标", "quota"),
    "commission_plans": ("提成方案", "commission plan"),
    "commission_tiers": ("提成档位", "commission tier"),
    "commission_assignments": ("提成方案分配", "commission assignment"),
    "campaigns": ("市场活动", "campaign"),
    "campaign_touches": ("活动触达", "campaign touch"),
    "tickets": ("服务工单", "ticket"),
    "training_sessions": ("培训场次", "training session"),
    "training_attendances": ("培训出勤", "training attendance"),
    "market_sizes": ("市场规模", "market size"),
    "research_notes": ("调研记录", "research note"),
    "targets": ("目标", "target"),
    "improvement_actions": ("改进措施", "improvement action"),
    "customers": ("客户", "customer"),
    "products": ("产品", "product"),
    "orders": ("订单", "order"),
    "order_lines": ("订单行", "order line"),
    "payments": ("付款", "payment"),
    "shipments": ("发货", "shipment"),
    "shipment_lines": ("发货行", "shipment line"),
    "returns": ("退货", "return"),
    "contracts": ("合同", "contract"),
    "exchange_rates": ("汇率", "exchange rate"),
    "surveys": ("问卷", "survey"),
    "survey_questions": ("问卷题目", "survey question"),
    "survey_invitations": ("问卷邀请", "survey invitation"),
    "survey_responses": ("问卷答卷", "survey response"),
    "survey_answers": ("问卷答案", "survey answer"),
}
_TYPE_LABELS = {
    "integer": ("整数", "a whole number"),
    "decimal": ("数字", "a number"),
    "rate": ("数字", "a number"),
    "boolean": ("是/否", "true or false"),
    "timestamp": ("日期时间", "a date and time"),
    "date": ("日期", "a date"),
}
_FORMS = {
    "email": ("电子邮箱地址", "an e-mail address"),
    "phone": ("电话号码", "a phone number that can be"),
    "currency": (
        " ISO 4217 币种代码（三个大写字母，如 CNY）",
        "a currency code of ISO 4217 (three capitals, such as CNY)",
    ),
}


def label(entity: str) -> tuple[str, str]:
    """What people call a row of the entity, in Chinese and English."""
    return _LABELS[entity]


def required(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}缺少 {column}。请在源系统中补填，补填后该行自动恢复。",
        f"This {en} has no {column}. Fill it in at the source; the row comes back by itself.",
    )


def unique(entity: str, key: tuple[str, ...]) -> tuple[str, str]:
    zh, en = label(entity)
    columns = ", ".join(key)
    return (
        f"多条{zh}使用了同一个主键（{columns}）。请在源系统中合并或删除重复的行。",
        f"More than one {en} has this key ({columns}). Merge or delete the others at the source.",
    )


def fits(entity: str, column: str, type_: str) -> tuple[str, str]:
    zh, en = label(entity)
    type_zh, type_en = _TYPE_LABELS[type_]
    return (
        f"{zh}的 {column} 不是{type_zh}，无法读取，现按空值处理。请在源系统中改为{type_zh}。",
        f"The {column} of this {en} is not {type_en} and is read as empty. Correct it.",
    )


def refers(entity: str, column: str, parent: str) -> tuple[str, str]:
    zh, en = label(entity)
    parent_zh, parent_en = label(parent)
    return (
        f"{zh}的 {column} 指向一个不存在的{parent_zh}。请改正，或在源系统中补建该{parent_zh}。",
        f"The {column} of this {en} names a {parent_en} that is not there. Correct it, or add the "
        f"{parent_en} at the source.",
    )


def not_future(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 晚于数据提取当天。请在源系统中改为实际日期。",
        f"The {column} of this {en} lies after the day it was extracted. Enter the real date.",
    )


def counted(entity: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}以前有数据，现在一行也没有。请检查源系统和提取设置。",
        f"Every {en} is gone since the last run. Check the source and the settings.",
    )


def in_set(entity: str, column: str, values: tuple[str, ...]) -> tuple[str, str]:
    zh, en = label(entity)
    listed = ", ".join(values)
    return (
        f"{zh}的 {column} 不在允许的取值（{listed}）之内。请改为其中之一。",
        f"The {column} of this {en} is none of: {listed}. Choose one of them.",
    )


def between(entity: str, column: str, minimum: str | None, maximum: str | None) -> tuple[str, str]:
    zh, en = label(entity)
    if maximum is None:
        return (
            f"{zh}的 {column} 小于 {minimum}。请核对并改正该数值。",
            f"The {column} of this {en} is below {minimum}. Check the figure and correct it.",
        )
    return (
        f"{zh}的 {column} 不在 {minimum} 到 {maximum} 之间。请核对并改正该数值。",
        f"The {column} of this {en} is not between {minimum} and {maximum}. Check the figure and "
        "correct it.",
    )


def matches(entity: str, column: str, form: str) -> tuple[str, str]:
    zh, en = label(entity)
    form_zh, form_en = _FORMS[form]
    return (
        f"{zh}的 {column} 不是有效的{form_zh}。请在源系统中改正。",
        f"The {column} of this {en} is not {form_en}. Correct it at the source.",
    )


def not_before(entity: str, later: str, earlier: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {later} 早于 {earlier}。请核对这两个日期。",
        f"The {later} of this {en} is earlier than its {earlier}. Check both dates.",
    )


_CHARACTERS = {
    "invisible_characters": ("看不见的字符", "characters that nobody sees"),
    "full_width": ("全角字母、数字或空格", "letters, digits or blanks of double width"),
}


def characters(entity: str, column: str, kind: str) -> tuple[str, str]:
    zh, en = label(entity)
    kind_zh, kind_en = _CHARACTERS[kind]
    return (
        f"{zh}的 {column} 含有{kind_zh}，会使相同的内容看起来不同。请在源系统中重新输入。",
        f"The {column} of this {en} has {kind_en}, which make equal things differ. Type it again.",
    )


def personal_data(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 里有电子邮箱、电话或身份证号。请删去，写到联系人的对应字段里。",
        f"The {column} of this {en} holds an e-mail address, a phone or identity number. Take it out "
        "and keep it in the fields meant for it.",
    )


def unmarked_test(entity: str, columns: tuple[str, ...]) -> tuple[str, str]:
    zh, en = label(entity)
    listed = ", ".join(columns)
    return (
        f"这条{zh}看起来是测试数据（{listed}），却没有标记。请删除，或在源系统中标为测试。",
        f"This {en} looks like a trial ({listed}) and is not marked as one. Delete it, or mark it.",
    )


def decimal_shift(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 与同类相比差了 10 倍、100 倍或更多，可能点错了小数点。请核对。",
        f"The {column} of this {en} is 10, 100 or more times off against its like: is the decimal "
        "point where it belongs? Check it.",
    )


def spelling(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 与另一个常用得多的取值只差一点写法。请改用常用的写法。",
        f"The {column} of this {en} is spelled nearly like a value used far more often. Use that one.",
    )


def near_duplicate(entity: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"这条{zh}与更早的一条很可能是同一个（name、编号、电话或邮箱相近）。请合并，或填写 "
        "merged_into_id。",
        f"This {en} is probably one that was there before (like name, code, phone or e-mail). Merge "
        "them, or fill in merged_into_id.",
    )


def cycle(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"沿着{zh}的 {column} 一级级往上，又回到了它自己。请改正其中一级的 {column}。",
        f"Following {column} upwards from this {en} leads back to it. Correct one {column} on the way.",
    )


def overlap(entity: str, columns: tuple[str, str]) -> tuple[str, str]:
    zh, en = label(entity)
    start, end = columns
    return (
        f"同一对象的两条{zh}在时间上重叠，会被重复计算。请改正 {start} 或 {end}，或删去一条。",
        f"This {en} and another of the same kind share days and are counted twice. Correct {start} "
        f"or {end}, or delete one.",
    )


def currency_mismatch(entity: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 currency_code 与同一国家、同一价目表的其他记录不同。请核对币种。",
        f"The currency_code of this {en} is not the one of its country or price list. Check it.",
    )


def percent_scale(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 应在 0 到 1 之间，这里像是百分数。请除以 100 后填写。",
        f"The {column} of this {en} looks like a percentage where 0 to 1 belongs. Divide it by 100.",
    )


def possible(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 是不可能的日期（太早或太晚）。请填写实际日期，不知道就留空。",
        f"The {column} of this {en} is a date that cannot be (too early or too late). Enter the real "
        "one, or none.",
    )


def clock_gap(entity: str, column: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"{zh}的 {column} 落在夏令时跳过的时段里，当地没有这个时刻，现按跳过之后计。请核对时间和时区。",
        f"The {column} of this {en} is a local time that the clocks skipped, and is read as after it. "
        "Check the time, or the source's timezone.",
    )


def never_filled(entity: str, topic: str) -> tuple[str, str]:
    zh, en = label(entity)
    return (
        f"这个数据源的{zh}从来没有 {topic}，依赖它的分析会是空的。请检查源系统是否记录、是否导出。",
        f"No {en} of this source ever has {topic}: what needs it stays empty. Check whether the source "
        "keeps it and delivers it.",
    )
