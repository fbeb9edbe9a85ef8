{{ newest_extraction(source('lake', 'orders__exchange_rates')) }}
