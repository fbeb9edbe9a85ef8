{{ newest_extraction(source('lake', 'crm__market_sizes')) }}
