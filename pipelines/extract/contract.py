"""Declare what the platform takes from its sources: the contract's entities, columns, types, keys and references."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

VERSION = "1"

# Types and what they are in SQL. An id is text; money and quantities are decimals; instants are UTC.
SQL_TYPES = {
    "text": "varchar",
    "integer": "bigint",
    "decimal": "decimal(18, 4)",
    "rate": "decimal(18, 8)",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "date": "date",
}
TYPES = tuple(SQL_TYPES)


@dataclass(frozen=True)
class Column:
    """One column of an entity. `type` is one of TYPES (`decimal` is (18, 4), `rate` is (18, 8)
    where exact and a share otherwise); `references` names the entity whose key it holds."""

    name: str
    type: str
    is_required: bool = False
    references: str | None = None
    is_personal: bool = False


@dataclass(frozen=True)
class Entity:
    """One contract table. `key` are its key columns in the contract's order; `is_core` marks the
    bold entities that switch a domain on; `cursor` is `updated_at` where the entity has it."""

    name: str
    domain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_core: bool = False
    is_shared: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def cursor(self) -> str | None:
        return "updated_at" if "updated_at" in self.column_names else None

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where the entity has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")


# One line an entity, in the notation of the contract: `name[!][: type][-> entity]`, where `!` marks
# a column that every row must fill and `~` personal data. Keys come first, before the bar.
_CRM = """
users: user_id! | name! email~ manager_id->users team_id->teams role region hire_date:date leave_date:date is_active:boolean updated_at:timestamp
teams: team_id! | name! parent_team_id->teams region updated_at:timestamp
*accounts: account_id! | name tax_id external_id email~ phone~ parent_account_id->accounts industry segment employee_count:integer country region city website owner_id->users source created_at:timestamp updated_at:timestamp is_deleted:boolean merged_into_id->accounts
contacts: contact_id! | account_id->accounts name~ email~ phone~ title has_opted_out:boolean created_at:timestamp updated_at:timestamp is_deleted:boolean merged_into_id->contacts
leads: lead_id! | source campaign_id->campaigns status owner_id->users account_id->accounts contact_id->contacts referred_by_account_id->accounts created_at!:timestamp first_response_at:timestamp converted_at:timestamp converted_opportunity_id->opportunities updated_at:timestamp is_deleted:boolean
*pipeline_stages: pipeline_id! stage_id! | pipeline_name stage_name! position!:integer default_probability:rate is_closed!:boolean is_won!:boolean
*opportunities: opportunity_id! | name account_id->accounts owner_id->users pipeline_id! stage_id! type product_id->products amount:decimal currency_code probability:rate forecast_category lead_id->leads lead_source campaign_id->campaigns lost_reason next_step created_at:timestamp entered_at:timestamp expected_close_date:date closed_at:timestamp is_closed:boolean is_won:boolean updated_at:timestamp is_deleted:boolean merged_into_id->opportunities
opportunity_stage_history: history_id! | opportunity_id!->opportunities from_stage_id to_stage_id! amount:decimal expected_close_date:date owner_id->users changed_at!:timestamp changed_by->users
opportunity_lines: opportunity_line_id! | opportunity_id!->opportunities product_id->products quantity:decimal amount:decimal currency_code updated_at:timestamp
opportunity_splits: opportunity_id!->opportunities user_id!->users | share!:rate
competitors: competitor_id! | name!
opportunity_competitors: opportunity_id!->opportunities competitor_id!->competitors |
activities: activity_id! | type! direction owner_id->users account_id->accounts contact_id->contacts lead_id->leads opportunity_id->opportunities happened_at!:timestamp entered_at:timestamp duration_minutes:decimal outcome updated_at:timestamp
quotas: quota_id! | user_id->users team_id->teams period_start!:date period_end!:date measure! amount!:decimal currency_code updated_at:timestamp
commission_plans: plan_id! | name measure period_type
commission_tiers: plan_id!->commission_plans tier! | attainment_from!:rate rate!:rate is_retroactive:boolean cap_amount:decimal
commission_assignments: plan_id!->commission_plans user_id!->users valid_from!:date | valid_to:date
campaigns: campaign_id! | name type channel starts_on:date ends_on:date budget:decimal cost:decimal currency_code updated_at:timestamp
campaign_touches: touch_id! | campaign_id!->campaigns lead_id->leads contact_id->contacts account_id->accounts touched_at!:timestamp has_responded:boolean
tickets: ticket_id! | account_id->accounts contact_id->contacts customer_id->customers order_id->orders owner_id->users category priority channel created_at!:timestamp first_response_at:timestamp resolved_at:timestamp reopened_count:integer updated_at:timestamp
training_sessions: session_id! | course! format held_on!:date cost:decimal currency_code
training_attendances: session_id!->training_sessions user_id!->users | has_attended:boolean exam_score:rate feedback_score:rate
market_sizes: segment! region! period_start!:date vintage! | period_end!:date amount!:decimal currency_code source
research_notes: note_id! | kind noted_at!:timestamp source title body~ account_id->accounts competitor_id->competitors user_id->users segment tags
targets: metric! period_start!:date dimension! member! | period_end!:date amount!:decimal
improvement_actions: action_id! | metric! dimension member finding owner_id->users started_on!:date expected_change:decimal closed_on:date
"""

_ORDERS = """
*customers: customer_id! | account_id->accounts name tax_id external_id email~ phone~ country region city segment created_at:timestamp updated_at:timestamp is_deleted:boolean merged_into_id->customers
*products: product_id! | sku name category family unit_cost:decimal list_price:decimal currency_code is_active:boolean launched_on:date updated_at:timestamp
*orders: order_id! | order_number customer_id->customers channel status! sales_rep_id->users opportunity_id->opportunities region ordered_at!:timestamp entered_at:timestamp confirmed_at:timestamp cancelled_at:timestamp requested_date:date promised_date:date discount_amount:decimal total_amount:decimal shipping_amount:decimal currency_code is_test:boolean updated_at:timestamp is_deleted:boolean
*order_lines: order_line_id! | order_id!->orders product_id->products quantity!:decimal unit_price!:decimal discount_amount:decimal tax_amount:decimal unit_cost:decimal updated_at:timestamp
payments: payment_id! | order_id!->orders method amount!:decimal paid_at:timestamp status
shipments: shipment_id! | order_id!->orders shipped_at:timestamp delivered_at:timestamp carrier
shipment_lines: shipment_id!->shipments order_line_id!->order_lines | quantity!:decimal
returns: return_id! | order_line_id->order_lines order_id->orders product_id->products customer_id->customers quantity:decimal amount!:decimal returned_at:timestamp reason
contracts: contract_id! | customer_id!->customers product_id->products starts_on!:date ends_on:date monthly_amount!:decimal currency_code cancelled_on:date updated_at:timestamp
exchange_rates: currency_code! rate_date!:date | rate!:rate
"""

_SURVEY = """
*surveys: survey_id! | name! kind opened_on:date closed_on:date
*survey_questions: question_id! | survey_id!->surveys position:integer text kind! measure scale_min:decimal scale_max:decimal
survey_invitations: invitation_id! | survey_id!->surveys account_id->accounts customer_id->customers user_id->users sent_at:timestamp is_bounced:boolean
*survey_responses: response_id! | survey_id!->surveys invitation_id->survey_invitations account_id->accounts customer_id->customers user_id->users order_id->orders ticket_id->tickets started_at:timestamp submitted_at:timestamp replied_at:timestamp channel is_test:boolean
*survey_answers: response_id!->survey_responses question_id!->survey_questions choice | value_number:decimal value_text~
"""

# Users and teams serve every domain and switch none on.
_SHARED = ("users", "teams")


def _parsed_column(text: str) -> Column:
    text, _, references = text.partition("->")
    text, _, type_ = text.partition(":")
    name = text.rstrip("!~")
    marks = text[len(name) :]
    return Column(
        name=name,
        type=type_ or "text",
        is_required="!" in marks,
        references=references or None,
        is_personal="~" in marks,
    )


def _parsed_entity(line: str, domain: str) -> Entity:
    head, _, rest = line.partition(":")
    keys, _, others = rest.partition("|")
    key_columns = tuple(_parsed_column(word) for word in keys.split())
    columns = key_columns + tuple(_parsed_column(word) for word in others.split())
    name = head.lstrip("*")
    return Entity(
        name=name,
        domain=domain,
        columns=columns,
        key=tuple(column.name for column in key_columns),
        is_core=head.startswith("*"),
        is_shared=name in _SHARED,
    )


@cache
def entities() -> dict[str, Entity]:
    """Every contract entity by name, in the contract's order (crm, orders, survey)."""
    found: dict[str, Entity] = {}
    for domain, text in (("crm", _CRM), ("orders", _ORDERS), ("survey", _SURVEY)):
        for line in text.strip().splitlines():
            entity = _parsed_entity(line, domain)
            found[entity.name] = entity
    return found


def domains() -> tuple[str, ...]:
    """The domains of the contract in the order in which they are read."""
    return ("crm", "orders", "survey")


def needed_entities(domain: str) -> tuple[str, ...]:
    """The bold entities of a domain: any one of them switches it on, and then all are needed."""
    return tuple(e.name for e in entities().values() if e.domain == domain and e.is_core)
