"""The demo company on paper: its regions, people, products, stages and the words it uses."""

from __future__ import annotations

from dataclasses import dataclass

NAME = "极光仪器"
TIMEZONE = "Asia/Shanghai"
CURRENCY = "CNY"

# The salesops.yaml of this company.
SETTINGS = f"""\
# {NAME} (Aurora Instruments): the demo company. Paths are relative to this file.
company: {{name: {NAME}, timezone: {TIMEZONE}, currency: {CURRENCY}, \
language: zh, fiscal_year_start: 1, week_start: monday, holidays: CN}}
analysis: {{no_decision_reasons: [no decision, 未决定], on_time_basis: delivered, \
business_hours: "Mon-Fri 09:00-18:00"}}
sources:
  - {{name: crm, system: generic, url: "sqlite:///crm.db"}}
  - {{name: shop, system: generic, url: "sqlite:///shop.db", timezone: {TIMEZONE}}}
  - {{name: survey, system: generic, path: survey}}
"""

REGIONS = ("华东", "华南", "华北", "西南", "海外")
REGION_SHARE = (0.36, 0.22, 0.22, 0.12, 0.08)
ABROAD = 4
# Which kind of team sells in each region.
REGION_TEAM = (0, 1, 2, 1, 2)
TEAM_NAMES = ("华东组", "华南组", "华北组")
TEAM_REGIONS = ("华东", "华南", "华北")
CITIES = (
    ("上海", "苏州", "杭州", "南京", "宁波", "合肥", "无锡"),
    ("深圳", "广州", "东莞", "佛山", "厦门", "珠海"),
    ("北京", "天津", "青岛", "济南", "大连", "石家庄"),
    ("成都", "重庆", "昆明", "贵阳"),
    ("Stuttgart", "München", "Boston", "San Jose"),
)
# Of the cities abroad: country and currency.
ABROAD_COUNTRY = ("德国", "德国", "美国", "美国")
ABROAD_CURRENCY = ("EUR", "EUR", "USD", "USD")
FOREIGN_CURRENCIES = ("USD", "EUR")
FOREIGN_RATE = (7.18, 7.82)

INDUSTRIES = ("电子制造", "汽车制造", "能源电力", "通信", "科研教育", "医疗器械", "航空航天")
INDUSTRY_SHARE = (0.27, 0.18, 0.14, 0.14, 0.13, 0.08, 0.06)
SEGMENTS = ("大型企业", "中型企业", "小型企业", "科研院校")
SEGMENT_SHARE = (0.16, 0.36, 0.34, 0.14)
SEGMENT_SIZE = (2.6, 1.1, 0.55, 0.9)
SEGMENT_STAFF = (2400, 380, 60, 700)

BRAND_FIRST = tuple("博瑞华联天安中恒宏科德盛远新永凯利东晨海明光泰金信创维")
BRAND_SECOND = tuple("达通源泰锐辰创越诚佳朗威迪康润腾正捷鸿景")
TRADES = ("电子", "精密", "自动化", "科技", "测控", "机电", "半导体", "新能源", "仪表", "光电")
TRADES_ABROAD = ("Systems", "Labs", "Technik", "Instruments", "Controls", "Dynamics", "Works")

SURNAMES = tuple("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧")
GIVEN = ("伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明",
         "超", "秀英", "建华", "晓东", "雪梅", "志强", "文博", "子涵", "思远", "佳怡",
         "国栋")  # fmt: skip
TITLES = ("采购经理", "实验室主任", "研发工程师", "质量经理", "总经理", "设备主管")


@dataclass(frozen=True)
class Rep:
    """A seller's manner: odds of winning, deal size, pace, effort and discipline against 1."""

    name: str
    team: int
    win: float
    size: float
    pace: float
    effort: float
    delay_hours: float
    discount: float


# Eight sellers; larger companies repeat their manners under other names. The third leaves, the
# sixth is hired late, the eighth comes from another team (`people.py` says when).
REPS = (
    Rep("陈晓明", 0, 0.62, 1.15, 0.85, 1.25, 3, 0.8),
    Rep("王丽娟", 0, 0.10, 0.90, 1.00, 1.05, 6, 1.0),
    Rep("李国强", 0, -0.55, 0.85, 1.25, 0.75, 30, 1.5),
    Rep("黄志远", 1, 0.30, 1.35, 1.10, 1.10, 8, 0.9),
    Rep("林雅婷", 1, -0.10, 0.75, 0.80, 1.00, 2, 1.0),
    Rep("周子豪", 1, -0.35, 0.95, 1.15, 0.95, 14, 1.2),
    Rep("赵文静", 2, 0.15, 1.10, 0.95, 1.00, 5, 0.9),
    Rep("孙海波", 2, -0.75, 1.00, 1.20, 0.85, 40, 1.3),
)
# Hired so many months ago, with one deal of their own so far, which is won.
NEWCOMER, NEWCOMER_MONTHS = Rep("吴思远", 1, 0.0, 1.0, 1.0, 1.1, 4, 1.0), 2
DIRECTOR = "郑启明"
MANAGERS = ("许佩兰", "梁振宇", "高磊")
SERVICE_STAFF = ("何美玲", "罗建军")


@dataclass(frozen=True)
class Product:
    """One product. `launched` and `ended` are days after the demo's start; `stands_in` is the
    index of the product sold instead while this one is not on sale."""

    sku: str
    name: str
    category: str
    family: str
    price: float
    cost_share: float
    popularity: float
    usual_quantity: float
    companion: int
    launched: int | None = None
    ended: int | None = None
    stands_in: int = -1
    is_by_metre: bool = False


PRODUCTS = (
    Product("AX-1000", "台式示波器 100 MHz", "示波器", "AX 台式", 6800, 0.53, 5.0, 1.0, 20),
    Product("AX-2000", "台式示波器 200 MHz", "示波器", "AX 台式", 12800, 0.50, 3.5, 1.0, 20,
            ended=690, stands_in=4),
    Product("AX-5000", "台式示波器 1 GHz", "示波器", "AX 台式", 58000, 0.46, 0.7, 1.0, 21),
    Product("HX-20", "手持示波器", "示波器", "HX 手持", 3200, 0.55, 4.5, 1.3, 26),
    Product("AX-2000E", "台式示波器 200 MHz 二代", "示波器", "AX 台式", 13600, 0.47, 3.0, 1.0, 20,
            launched=610, stands_in=1),
    Product("DM-30", "手持万用表", "万用表", "DM 手持", 380, 0.50, 10.0, 4.0, 22),
    Product("DM-65", "台式万用表", "万用表", "DM 台式", 4200, 0.50, 4.0, 1.4, 22),
    Product("DM-80", "高精度万用表", "万用表", "DM 台式", 16500, 0.46, 1.0, 1.0, 27),
    Product("DM-35", "蓝牙手持万用表", "万用表", "DM 手持", 460, 0.48, 7.0, 4.0, 22,
            launched=320, stands_in=5),
    Product("SG-100", "信号发生器", "信号源", "SG", 5400, 0.51, 3.2, 1.1, 23),
    Product("SG-300", "射频信号源", "信号源", "SG", 32000, 0.47, 0.8, 1.0, 23),
    Product("PS-30", "直流电源", "电源", "PS", 1900, 0.54, 5.5, 2.0, 22),
    Product("PS-60", "可编程电源", "电源", "PS", 7600, 0.50, 2.4, 1.2, 13),
    Product("EL-15", "电子负载", "电源", "EL", 5900, 0.51, 1.9, 1.1, 12),
    Product("TS-10", "温度传感器", "传感器", "过程传感器", 120, 0.48, 9.0, 14.0, 24),
    Product("PR-20", "压力传感器", "传感器", "过程传感器", 680, 0.50, 6.5, 6.0, 24),
    Product("FL-40", "流量传感器", "传感器", "过程传感器", 2300, 0.52, 3.0, 2.0, 24),
    Product("VS-05", "振动传感器", "传感器", "过程传感器", 980, 0.47, 0.25, 4.0, 24,
            launched=790, stands_in=15),
    Product("SA-18", "频谱分析仪", "分析仪", "SA", 46000, 0.46, 0.8, 1.0, 23),
    Product("LA-34", "逻辑分析仪", "分析仪", "LA", 2800, 0.52, 2.6, 1.2, 20),
    Product("PB-100", "无源探头", "配件", "探头", 260, 0.42, 5.0, 3.0, 25),
    Product("PB-300", "差分探头", "配件", "探头", 2100, 0.45, 1.8, 1.4, 25),
    Product("TL-10", "测试线", "配件", "线材", 45, 0.40, 6.0, 8.0, 26),
    Product("CB-RF", "射频电缆 (米)", "配件", "线材", 36, 0.45, 3.0, 10.0, 22, is_by_metre=True),
    Product("CB-SH", "屏蔽电缆 (米)", "配件", "线材", 12.4, 0.45, 4.0, 30.0, 22, is_by_metre=True),
    Product("BX-01", "仪器箱", "配件", "附件", 180, 0.44, 2.5, 2.0, 26),
    Product("BAT-2", "电池组", "配件", "附件", 150, 0.43, 3.5, 3.0, 25),
    Product("CAL-STD", "标准校准", "服务", "校准", 600, 0.55, 5.0, 2.0, 28),
    Product("CAL-ADV", "高级校准", "服务", "校准", 1800, 0.54, 2.0, 1.5, 27),
    Product("MNT-Y", "年度维护", "服务", "维护", 3600, 0.52, 1.6, 1.0, 27),
    Product("TRN-D", "现场培训", "服务", "培训", 4800, 0.58, 0.6, 1.0, 28),
    Product("DM-10", "入门万用表", "万用表", "DM 手持", 290, 0.56, 3.0, 4.0, 22,
            ended=210, stands_in=5),
)  # fmt: skip
SERVICE_PRODUCTS = (27, 28, 29)

CHANNELS = ("direct", "distributor", "online")
CARRIERS = ("顺丰", "德邦", "京东物流", "DHL")
PAYMENT_METHODS = ("银行转账", "承兑汇票", "支付宝", "信用卡")
RETURN_REASONS = ("质量问题", "错发", "规格不符", "运输损坏", "客户改变主意")

LEAD_SOURCES = ("展会", "官网", "转介绍", "电话开发", "网络广告", "合作伙伴")
LEAD_SOURCE_SHARE = (0.22, 0.26, 0.10, 0.16, 0.18, 0.08)
LEAD_SOURCE_ODDS = (0.10, 0.0, 0.55, -0.35, -0.20, 0.25)
REFERRAL = 2
# What the marts should find, by the first day of the month so many months before the as-of month.
# Everything else stays as it was, so that each can be seen by itself.
BOTTLENECK_MONTHS, BOTTLENECK_STAGE, BOTTLENECK_FACTOR = 8, 2, 1.9
PRICE_RISE_MONTHS, PRICE_RISE_CATEGORY, PRICE_RISE = 4, "示波器", 1.15
# From then on more and more buyers of bench meters take a hand-held one.
MIX_MONTHS, MIX_FROM, MIX_TO, MIX_SHARE = 11, (6, 7), 8, 0.7
LAGGING_MONTHS, LAGGING_REGION, LAGGING_SHARE = 12, 3, 0.4
# Budgets of research institutes were cut: so many of them buy no more.
LEAVING_MONTHS, LEAVING_SEGMENT, LEAVING_SHARE = 6, 3, 0.6
# Service was short of people from so many months ago until so many.
SLUMP_MONTHS, SLUMP_END, SLUMP_FACTOR, SLUMP_MOOD = 5, 2, 5.0, 1.5
# Training: course, format, months before the as-of month, and who is invited, by the place among
# the eight; in a larger company all who have such a place. Of the first two courses a few were
# taught at a time, so that the others show what would have been; the third taught everybody at once.
TRAINING = (
    ("需求挖掘", "workshop", 33, (0, 1, 2, 3, 4, 6, 7)),
    ("产品线上课", "online", 27, (1, 6)),
    ("产品线上课", "online", 20, (0, 4, 7)),
    ("需求挖掘", "workshop", 17, (5,)),
    ("谈判演练", "role_play", 12, (1, 6)),
    ("谈判演练", "role_play", 6, (3, 4, 5)),
)
# What was practised helps in deals with known customers for so many days, then it is forgotten.
COURSE_THAT_WORKS, TAUGHT_ODDS, TAUGHT_DAYS = "谈判演练", 1.6, 120
# The kind of team that promises early and moves the date when it comes.
PUSHING_TEAM, PUSHING_HASTE = 2, 0.55
# Customers who were entered a second time, by the position of the first entry, and what gives them
# away. Some orders stand under the second entry.
TWICE = ((12, "tax_id"), (20, "email"), (26, "phone"), (33, "name_city"))

LOST_REASONS = ("价格", "竞争对手", "功能不符", "预算取消", "未决定", "交期")
LOST_REASON_SHARE = (0.28, 0.22, 0.12, 0.12, 0.20, 0.06)
COMPETITORS = ("Nordlux 测量", "恒信仪器", "Keystone Test", "天枢电子")
COMPETITOR_ODDS = (-0.45, -0.10, -0.25, 0.15)


@dataclass(frozen=True)
class Pipeline:
    """A sales process: open stages in order with probability and usual days, then won and lost."""

    pipeline_id: str
    name: str
    stages: tuple[str, ...]
    names: tuple[str, ...]
    probabilities: tuple[float, ...]
    days: tuple[float, ...]
    losses: tuple[float, ...]


# A lost deal was last in an open stage, by these shares.
SALES = Pipeline(
    "sales", "新业务", ("qualify", "discovery", "proposal", "negotiation"),
    ("资格确认", "需求分析", "方案演示", "商务谈判"), (0.10, 0.25, 0.50, 0.75),
    (14.0, 23.0, 33.0, 23.0), (0.26, 0.27, 0.29, 0.18),
)  # fmt: skip
RENEWAL = Pipeline(
    "renewal", "续约", ("review", "quote", "approval"),
    ("使用回顾", "续约报价", "客户审批"), (0.40, 0.60, 0.85),
    (16.0, 20.0, 14.0), (0.30, 0.45, 0.25),
)  # fmt: skip
PIPELINES = (SALES, RENEWAL)
WON, LOST = "won", "lost"
NEXT_STEPS = ("安排技术演示", "等待客户预算审批", "提交报价", "拜访实验室主任", "确认合同条款")
