{{ newest_extraction(source('lake', 'crm__campaign_touches')) }}
